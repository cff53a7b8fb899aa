"""Seen before or not, in this file or an earlier one: numbers on disk beside a plain Python count."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from cdptool.errors import Place, SourceError
from cdptool.sources import Known
from cdptool.sources.accounting import Accounts
from cdptool.sources.ids import copy_ids
from cdptool.sources.spill import Spill
from tests.sources.project import CRM, SHOP, STOCK

ROUNDS = int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))


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


@pytest.mark.parametrize("seed", range(30 * ROUNDS))
@pytest.mark.parametrize("bucket", [1, 7, 1000])
def test_rows_settle_as_counting_one_by_one_says(seed: int, bucket: int) -> None:
    rng = np.random.default_rng(seed)
    n, kind = int(rng.integers(0, 40)), (CRM, replace(SHOP, key=("order",)), STOCK)[seed % 3]
    ids, contents = rng.integers(0, 12, n) << 40, rng.integers(0, 3, n)
    accounts = Accounts(kind, Place("x.csv"), bucket=bucket)
    for cut in np.array_split(np.arange(n), 3):
        checks = np.zeros(cut.size, np.uint32) if kind.key else None
        accounts.add(pl.Series(ids[cut]), pl.Series(contents[cut]), checks)
    rows = pl.LazyFrame({"id": rng.integers(0, 12, 9) << 40, "content": rng.integers(0, 3, 9)})
    known = set(rows.collect().rows())
    settled = accounts.settle(Known(rows=rows))
    duplicates = settled.is_duplicate.tolist() if settled.is_duplicate is not None else [False] * n
    conflicts = settled.is_conflict.tolist() if settled.is_conflict is not None else [False] * n
    seen: set[tuple[int, int]] = set()
    for i, pair in enumerate(zip(ids.tolist(), contents.tolist(), strict=True)):
        if kind.feeds == "table":
            smallest = min(c for j, c in zip(ids, contents, strict=True) if j == pair[0])
            assert conflicts[i] == (pair[1] != smallest)
            assert duplicates[i] == (pair[1] == smallest and pair in seen)
        else:
            assert duplicates[i] == (pair in seen or pair in known)
        seen.add(pair)


@pytest.mark.parametrize("bucket", [1, 1000])
def test_copies_of_rows_without_a_key_are_numbered_and_known_by_their_own_ids(bucket: int) -> None:
    keyless = replace(SHOP, key=())
    first = Accounts(keyless, Place("x.csv"), bucket=bucket)
    same = pl.Series([5, 7, 5, 5])
    first.add(same, same, None)
    copies = first.settle(Known()).copies
    assert copies is not None
    assert copies.rows() == [(2, 1), (3, 2)]
    second = copy_ids(pl.Series([5]), pl.Series([1]))
    known = Known(rows=pl.LazyFrame({"id": [5, second[0]], "content": [5, 5]}))
    again = Accounts(keyless, Place("x.csv"), bucket=bucket)
    again.add(same, same, None)
    settled = again.settle(known)
    assert settled.is_duplicate is not None
    assert settled.is_duplicate.tolist() == [True, False, True, False]


def test_numbers_on_disk_are_those_that_were_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdptool.sources.spill._PART", 8)
    rng = np.random.default_rng(3)
    expected, column = np.empty(0, np.int64), Spill(np.int64)
    for _ in range(20):
        more = rng.integers(0, 99, int(rng.integers(0, 9)))
        column.append(more)
        expected = np.append(expected, more)
        at = np.flatnonzero(rng.random(expected.size) < 0.3)
        column.put(at, -expected[at])
        expected[at] = -expected[at]
        assert column.at(at).tolist() == expected[at].tolist()
        assert [n for _, part in column.parts() for n in part.tolist()] == expected.tolist()
