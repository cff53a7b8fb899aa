"""Blocks give every pair of their members once, and nothing else."""

from itertools import combinations

import numpy as np
import pytest

from cdptool.matching import blocks as module
from cdptool.matching.blocks import blocks, drawn_pairs, hashed, pairs_of_blocks


@pytest.mark.parametrize("bits", [64, 9], ids=["side by side", "mixed"])
@pytest.mark.parametrize("seed", range(20))
def test_pairs_are_those_of_a_slow_double_loop(seed: int, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BITS", bits)
    chance = np.random.default_rng(seed)
    columns = [chance.integers(-1, 6, 60).astype(np.int32) for _ in range(2)]
    left, right = pairs_of_blocks(*hashed(*columns), largest=100)
    expected = {
        (i, j)
        for i, j in combinations(range(60), 2)
        if all(column[i] == column[j] and column[i] >= 0 for column in columns)
    }
    found = list(zip(left.tolist(), right.tolist(), strict=True))
    assert len(found) == len(expected)
    assert {(min(pair), max(pair)) for pair in found} == expected


def test_larger_blocks_give_no_pair() -> None:
    keys, rows = hashed(np.array([1, 1, 1, 2, 2], dtype=np.int32))
    left, right = pairs_of_blocks(keys, rows, largest=2)
    assert (left.tolist(), right.tolist()) == ([3], [4])


def test_nothing_known_is_no_block() -> None:
    keys, rows = hashed(np.array([-1, -1], dtype=np.int32))
    assert [len(side) for side in pairs_of_blocks(keys, rows, largest=9)] == [0, 0]


@pytest.mark.parametrize("seed", range(10))
def test_drawing_every_number_draws_every_pair_once(seed: int) -> None:
    keys = hashed(np.random.default_rng(seed).integers(-1, 9, 70).astype(np.int32))
    groups = blocks(*keys, largest=50)
    left, right = drawn_pairs(groups, np.arange(groups.n_pairs))
    drawn = sorted(zip(left.tolist(), right.tolist(), strict=True))
    assert drawn == sorted(zip(*(side.tolist() for side in pairs_of_blocks(*keys, largest=50)), strict=True))
