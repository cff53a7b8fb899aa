"""The records of a stream, each once: beside a plain set, with a table that forgets."""

from __future__ import annotations

import os

import numpy as np
import polars as pl
import pytest

from cdptool.sources.seen_records import SeenRecords, once_each

ROUNDS = int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))


@pytest.mark.parametrize("seed", range(20 * ROUNDS))
def test_fresh_records_are_those_a_set_does_not_hold(seed: int) -> None:
    """Ids that differ in high bits only meet in one place of the table: worst case for probing."""
    rng = np.random.default_rng(seed)
    seen: set[int] = set()
    table = SeenRecords()
    for _ in range(8):
        ids = [int(x) << 40 if x % 5 else None for x in rng.integers(0, 400, 100)]
        expected = []
        for row, value in enumerate(ids):
            if value is not None and value not in seen:
                seen.add(value)
                expected.append(row)
        rows = pl.DataFrame({"record_id": pl.Series(ids, dtype=pl.Int64), "row": range(100)})
        assert table.fresh(rows)["row"].to_list() == expected
    assert not table.has_forgotten


def test_the_table_grows() -> None:
    table = SeenRecords()
    rng = np.random.default_rng(1)
    for _ in range(5):
        ids = pl.Series(rng.integers(0, 2**62, 60_000))
        rows = pl.DataFrame({"record_id": ids, "row": range(60_000)})
        assert table.fresh(rows).height == 60_000
        assert table.fresh(rows).height == 0


@pytest.mark.parametrize("seed", range(20 * ROUNDS))
@pytest.mark.parametrize("bucket", [1, 20, 1000])
def test_what_a_small_table_forgot_is_made_good_in_the_end(seed: int, bucket: int) -> None:
    rng = np.random.default_rng(seed)
    table, staged, first = SeenRecords(limit=30), [], {}
    for start in range(0, 400, 50):
        ids = rng.integers(0, 120, 50)
        rows = pl.DataFrame({"record_id": ids, "row": range(start, start + 50)})
        staged.append(table.fresh(rows))
        for row, value in zip(rows["row"], ids.tolist(), strict=True):
            first.setdefault(value, row)
    known = rng.integers(0, 120, 25)
    found = pl.concat(once_each(pl.concat(staged).lazy(), pl.LazyFrame({"id": known}), bucket))
    expected = {value: row for value, row in first.items() if value not in set(known.tolist())}
    assert dict(found.rows()) == expected
    assert found.height == len(expected)
