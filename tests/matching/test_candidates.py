"""The pairs that are compared: as many as their number of matches asks for, and none twice."""

import sys
from itertools import combinations, pairwise

import numpy as np
import polars as pl
import pytest

from cdptool.matching import comparisons
from cdptool.matching import match as matched
from cdptool.matching.blocks import Neighbours, hashed
from cdptool.matching.candidates import Candidates, candidates, pair_budget
from cdptool.matching.gathering import Gathered

KINDS = (("given", "given"), ("family", "family"), ("born", "birth_date"), ("email", "email"))


def people(n: int) -> pl.DataFrame:
    """Every other row is the one before it with another first name."""
    chance = np.random.default_rng(5)
    who = np.arange(n) // 2
    born = [
        f"19{year}0{month}1{day}" for year, month, day in zip(*chance.integers(1, 9, (3, n)), strict=True)
    ]
    return pl.DataFrame(
        {
            "given": pl.Series(chance.integers(0, 40, n)).cast(pl.String) + "an",
            "family": pl.Series(chance.integers(0, 90, n)[who]).cast(pl.String) + "er",
            "born": pl.Series(born).gather(who),
            "email": pl.Series(who).cast(pl.String) + "@mail.vn",
        }
    )


def found(n: int, budget: int | None = None) -> Candidates:
    """The candidates of so many people."""
    return candidates(comparisons(people(n), KINDS), n, budget)


def test_a_budget_is_kept_and_pairs_are_sorted_and_different() -> None:
    for budget in (1, 900, 5_000, None):
        pairs = found(1_000, budget)
        codes = (pairs.left * 1_000 + pairs.right).tolist()
        assert all(one < other for one, other in pairwise(codes))
        assert (pairs.left < pairs.right).all()
        assert len(codes) <= (budget or pair_budget(1_000))
        assert len(codes) == sum(key.n_new for key in pairs.keys)


def test_doubles_are_among_the_pairs() -> None:
    pairs = found(1_000)
    assert int((pairs.left // 2 == pairs.right // 2).sum()) == 500


@pytest.mark.parametrize("n_known", [0, 10, 300])
def test_a_kept_key_is_a_key_also_where_few_records_hold_its_field(n_known: int) -> None:
    """None of the made-up pairs held a passport where 10 of 3,000 records did: the key was gone without a word."""
    texts = pl.DataFrame(
        {
            "given": [f"g{row % 50}" for row in range(3_000)],
            "passport": [f"p{row // 2}x99887" if row < n_known else None for row in range(3_000)],
        },
        schema={"given": pl.String, "passport": pl.String},
    )
    fields = comparisons(texts, [("given", "given"), ("passport", "identifier")])
    pairs = candidates(fields, 3_000, keys=("passport",))
    assert pairs.left.tolist() == list(range(0, n_known, 2))
    assert [key.name for key in pairs.keys] == ["passport"]


@pytest.mark.parametrize("n_records", [10, 1_000, 100_000, 10_000_000])
def test_fewer_matches_never_ask_for_more_pairs(n_records: int) -> None:
    budgets = [
        pair_budget(n_records, n_matches) for n_matches in (0, n_records / 10, n_records, 9 * n_records)
    ]
    assert budgets == sorted(budgets)
    assert budgets[-1] <= pair_budget(n_records)


def test_a_few_people_of_many_records_each_are_compared() -> None:
    chance = np.random.default_rng(2)
    who = np.repeat(np.arange(20), 150)
    table = pl.DataFrame(
        {
            "given": [f"given{n % 7}" for n in who],
            "family": [f"family{n % 11}" for n in who],
            "born": [f"19{50 + n}0{1 + n % 9}15" for n in who],
            "email": [f"user{n}@mail.example" if chance.random() < 0.9 else None for n in who],
        }
    )
    found = matched(table, KINDS)
    assert len(set(found.clusters.tolist())) == 20


@pytest.mark.parametrize("seed", range(30))
def test_pairs_are_gathered_once_and_within_the_budget(seed: int) -> None:
    chance = np.random.default_rng(seed)
    budget = int(chance.integers(5, 120))
    pairs, expected = Gathered(30, budget), set()
    for _ in range(12):
        values = chance.integers(-1, 20, 30)
        sizes = np.bincount(values + 1, minlength=21)[1:]
        both = {
            (i, j)
            for i, j in combinations(range(30), 2)
            if -1 < values[i] == values[j] and sizes[values[i]] < 4
        }
        n_brought = pairs.add(Neighbours.of(*hashed(values.astype(np.int32)), largest=3))
        is_taken = len(expected | both) <= budget
        assert n_brought == (len(both) if is_taken else None)
        expected |= both if is_taken else set()
        if chance.random() < 0.3:
            assert pairs.count() == len(expected)
    left, right, n_new = pairs.all()
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == sorted(expected)
    assert int(n_new.sum()) == len(expected)


def test_pairs_stay_when_the_last_key_brings_none_after_a_count() -> None:
    pairs, found = Gathered(4, 10), hashed(np.array([0, 0, 1, 1], dtype=np.int32))
    for _ in range(2):
        pairs.add(Neighbours.of(*found, largest=3))
        assert pairs.count() == 2
    left, right, _ = pairs.all()
    assert (left.tolist(), right.tolist()) == ([0, 2], [1, 3])


@pytest.mark.parametrize("room", [0.02, 0.3, 3.0])
def test_a_part_of_many_pairs_tells_whether_they_are_too_many(
    room: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(7)
    first, second = (
        Neighbours.of(*hashed(chance.integers(0, 4_000, 20_000).astype(np.int32)), largest=90)
        for _ in range(2)
    )
    taken = []
    for telling in (100, 1_000_000):
        monkeypatch.setattr(sys.modules[Gathered.__module__], "_TELLING", telling)
        pairs = Gathered(20_000, 1_000_000)
        brought = pairs.add(first)
        assert brought is not None and brought == pairs.count()
        pairs.budget = round((1 + room) * brought)
        taken.append((pairs.add(second), pairs.add(first), pairs.count()))  # the first one's are all known
    assert taken[0] == taken[1]
    assert (taken[0][0] is None) == (room < 1) and taken[0][1] is not None
