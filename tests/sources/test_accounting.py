"""Seen before or not: the table of record ids beside a plain set."""

from __future__ import annotations

import os

import numpy as np
import polars as pl
import pytest

from cdptool.errors import Place, SourceError
from cdptool.sources import Known
from cdptool.sources.accounting import Accounts, SeenRecords
from tests.sources.project import CRM

ROUNDS = int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))


@pytest.mark.parametrize("seed", range(20 * ROUNDS))
def test_fresh_records_are_those_a_set_does_not_hold(seed: int) -> None:
    """Ids that differ in high bits only meet in one place of the table: worst case for probing."""
    rng = np.random.default_rng(seed)
    known = pl.Series(rng.integers(0, 50, 20) << 40)
    seen, table = set(known.to_list()), SeenRecords(known)
    for _ in range(8):
        ids = [int(x) << 40 if x % 5 else None for x in rng.integers(0, 400, 100)]
        expected = []
        for row, value in enumerate(ids):
            if value is not None and value not in seen:
                seen.add(value)
                expected.append(row)
        rows = pl.DataFrame({"record_id": pl.Series(ids, dtype=pl.Int64), "row": range(100)})
        assert table.fresh(rows)["row"].to_list() == expected


def test_the_table_of_seen_records_grows() -> None:
    table = SeenRecords(None)
    rng = np.random.default_rng(1)
    for _ in range(5):
        ids = pl.Series(rng.integers(0, 2**62, 60_000))
        rows = pl.DataFrame({"record_id": ids, "row": range(60_000)})
        assert table.fresh(rows).height == 60_000
        assert table.fresh(rows).height == 0


def test_two_keys_with_one_id_are_refused() -> None:
    accounts = Accounts(CRM, Place("x.csv"))
    accounts.add(pl.Series([5, 5]), pl.Series([1, 2]), np.array([7, 8], np.uint32))
    with pytest.raises(SourceError, match="two different keys have the same 63-bit id"):
        accounts.settle(Known())


def test_one_key_with_two_contents_is_two_versions() -> None:
    accounts = Accounts(CRM, Place("x.csv"))
    accounts.add(pl.Series([5, 5, 5]), pl.Series([1, 2, 1]), np.array([7, 7, 7], np.uint32))
    settled = accounts.settle(Known())
    assert settled.is_duplicate is not None
    assert settled.is_duplicate.tolist() == [False, False, True]
