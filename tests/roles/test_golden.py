"""Golden rows hold what most rows of a cluster say, as a slow count by hand finds it."""

import numpy as np
import polars as pl
import pytest

from cdptool.roles.columns import columns_of
from cdptool.roles.golden import golden_rows

TEXTS = ("a", "b", "ab", "ba", "é", "xyz", None)


def most_said(texts: list[str | None]) -> str | None:
    """The text that stands most often; the longest of several, then the first in the alphabet."""
    said = sorted(text for text in texts if text is not None)
    return min(said, key=lambda text: (-said.count(text), -len(text), text.encode()), default=None)


@pytest.mark.parametrize("seed", range(30))
def test_every_column_keeps_what_most_rows_say(seed: int) -> None:
    chance = np.random.default_rng(seed)
    n = int(chance.integers(1, 80))
    table = pl.DataFrame(
        {
            name: pl.Series([TEXTS[i] for i in chance.integers(0, len(TEXTS), n)], dtype=pl.String)
            for name in ("name", "records")
        }
    )
    clusters = pl.Series([f"c{number}" for number in chance.integers(0, 30, n)])
    found = golden_rows(columns_of(table), clusters)
    assert found.columns == ["cluster", "records", "name", "records_in_file"]
    assert found["cluster"].to_list() == sorted(set(clusters))
    for cluster, records, *texts in found.iter_rows():
        rows = table.filter(clusters == cluster)
        assert records == len(rows)
        assert texts == [most_said(rows[name].to_list()) for name in table.columns]


def test_no_rows_are_no_golden_rows() -> None:
    table = pl.DataFrame(schema={"name": pl.String})
    assert golden_rows(columns_of(table), pl.Series([], dtype=pl.String)).is_empty()
