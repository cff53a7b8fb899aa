"""Patterns of levels in halves say what whole patterns say."""

import sys

import numpy as np
import pytest

from cdptool.matching.patterns import patterns

MODULE = sys.modules[patterns.__module__]


@pytest.mark.parametrize("n_fields", [1, 2, 5, 16])
def test_halves_sum_and_count_as_pair_by_pair(n_fields: int) -> None:
    chance = np.random.default_rng(n_fields)
    n_codes = chance.integers(1, 30, n_fields).tolist()
    codes = np.stack([chance.integers(0, many, 400) for many in n_codes]).astype(np.uint8)
    found = patterns(codes, n_codes)
    assert (found.codes[:, found.of_pair] == codes).all()
    assert found.counts.sum() == 400
    tables = [chance.random((3, many)) for many in n_codes]
    summed = found.summed(tables)[:, found.of_pair]
    plain = sum(table[:, mine] for table, mine in zip(tables, codes, strict=True))
    assert np.allclose(summed, plain)
    counted = found.counted(found.counts)
    for mine, many, held in zip(codes, n_codes, counted, strict=True):
        assert held.tolist() == np.bincount(mine, minlength=many).tolist()


def test_a_part_stands_for_as_many_pairs_each() -> None:
    found = patterns(np.arange(9, dtype=np.uint8)[None], [9]).part(3)
    assert (found.codes.tolist(), found.counts.tolist()) == ([[0, 3, 6]], [3.0, 3.0, 3.0])


@pytest.mark.parametrize("largest", [64, 1_000, 100_000])  # of which the first two are too small for some
@pytest.mark.parametrize("n_fields", [1, 4, 9])
def test_numbers_ticked_off_in_a_table_are_those_of_sorting(
    n_fields: int, largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(n_fields)
    n_codes = chance.integers(2, 30, n_fields).tolist()
    codes = np.stack([np.minimum(chance.integers(0, many, 7_000), 4) for many in n_codes]).astype(np.uint8)
    plain = patterns(codes, n_codes)
    monkeypatch.setattr(MODULE, "_LARGEST_TABLE", largest)
    ticked = patterns(codes, n_codes)
    assert (ticked.of_pair == plain.of_pair).all()
    assert (ticked.codes == plain.codes).all()
