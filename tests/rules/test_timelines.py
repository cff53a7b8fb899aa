"""Counts by running totals beside plain counting, on random rows: ticks of a microsecond, of a second, and coarser ones."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from cdptool.rules.lanes import Asking, Counting, counted_in_lanes
from cdptool.rules.timelines import Timeline

N = 60


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("unit", "n_profiles"), [(1, 5), (1_000_000, 5), (1_000_000, 2**40), (1, 2**60), (7, 2**58)]
)
def test_rows_in_a_stretch_are_counted_as_one_by_one(seed: int, unit: int, n_profiles: int) -> None:
    chance = np.random.default_rng(seed)
    base, span = 1_700_000_000_000_000, 40 * unit
    who, asked = (chance.integers(0, 5, N) for _ in range(2))
    at = base + chance.integers(0, 40, N) * unit
    first = base + chance.integers(-span, 2 * span, N)
    last = first + chance.integers(-unit, span, N)
    line, mask = Timeline(who, at, n_profiles), chance.random(N) < 0.5
    for counts in (None, mask):
        kept = np.ones(N, dtype=bool) if counts is None else counts
        rows = [(w, t) for w, t, k in zip(line.who, line.at, kept, strict=True) if k]
        for start in (first, None):
            expected = [
                sum(w == p and t <= b and (a is None or t >= a) for w, t in rows)
                for p, a, b in zip(asked, [None] * N if start is None else start, last, strict=True)
            ]
            assert line.between(asked, start, last, counts).tolist() == expected
            if start is not None:
                assert line.has_some(asked, start, last, counts).tolist() == [n > 0 for n in expected]


@pytest.mark.parametrize(("unit", "n_profiles"), [(1, 7), (1_000, 7), (1, 2**50)])
def test_many_rows_in_no_order_are_found_as_one_by_one(unit: int, n_profiles: int) -> None:
    chance, n = np.random.default_rng(unit), 12_000
    who, asked = (chance.integers(0, 7, n) for _ in range(2))
    at, first = (chance.integers(0, 10**11, n) * unit for _ in range(2))
    last = first + chance.integers(0, 10**8, n) * unit
    mine = [np.sort(at[who == profile]) for profile in range(7)]
    upto = [np.searchsorted(mine[p], b, side="right") for p, b in zip(asked, last, strict=True)]
    before = [np.searchsorted(mine[p], a) for p, a in zip(asked, first, strict=True)]
    line, expected = Timeline(who, at, n_profiles), np.array(upto) - np.array(before)
    assert 0 < (expected > 0).mean() < 1
    assert line.between(asked, first, last, None).tolist() == expected.tolist()
    assert line.has_some(asked, first, last, None).tolist() == (expected > 0).tolist()


@pytest.mark.parametrize("seed", range(12))
def test_rows_of_the_same_text_are_counted_as_one_by_one(seed: int) -> None:
    chance = np.random.default_rng(seed)
    texts = np.array(["a", "b", "c", None if seed % 3 else "d"], dtype=object)
    who, asked = (chance.integers(0, 4, N) for _ in range(2))
    text, wanted = (pl.Series(chance.choice(texts, N).tolist(), dtype=pl.String) for _ in range(2))
    at, last = (chance.integers(0, 40, N) for _ in range(2))
    first = None if seed % 2 else last - chance.integers(-2, 30, N)
    possible = chance.random(N) < 0.7
    certain = possible & (chance.random(N) < 0.7) if seed % 4 else possible
    found = counted_in_lanes(
        Asking(asked, first, last, wanted), Counting(who, at, text, certain, possible), 4
    )
    for sure, counts in ((True, found[0]), (False, found[1])):
        for i in range(N):
            rows = [
                j for j in range(N)
                if who[j] == asked[i] and at[j] <= last[i] and (first is None or at[j] >= first[i])
            ]  # fmt: skip
            if sure:
                n = sum(certain[j] and text[j] is not None and text[j] == wanted[i] for j in rows)
            else:
                n = sum(possible[j] and (None in (text[j], wanted[i]) or text[j] == wanted[i]) for j in rows)
            assert counts[i] == n, (seed, i, sure)
