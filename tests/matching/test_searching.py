"""The search for blocking keys: what is learned from pairs, what a key costs, and which keys are taken."""

import sys
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from cdptool.matching import comparisons
from cdptool.matching.candidates import LARGEST_BLOCK, candidates
from cdptool.matching.comparing import Comparison
from cdptool.matching.imagining import imagined, learned, sample_of
from cdptool.matching.parts import all_parts
from cdptool.matching.pricing import Prices

KINDS = (
    ("given", "given"),
    ("family", "family"),
    ("born", "birth_date"),
    ("email", "email"),
    ("phone", "phone"),
    ("city", "city"),
    ("postcode", "postcode"),
)
NAMES = [column for column, _ in KINDS]


def names(chance: np.random.Generator, n_names: int, n: int) -> list[str]:
    """Names of six letters, each held by many."""
    known = ["".join(chance.choice(list("abcdefghijklmnoprstuvz"), 6)) for _ in range(n_names)]
    return [known[code] for code in chance.integers(0, n_names, n)]


def doubles(n: int, seed: int, agrees: dict[str, float], moved: float = 0.0) -> tuple[Comparison, ...]:
    """
    So many people with two records each, one after the other.

    Each field but the place is the same on both with its probability, and else another's; who moved has another city
    and another postcode.
    """
    chance = np.random.default_rng(seed)
    texts = pl.DataFrame(
        {
            "given": names(chance, 300, 2 * n),
            "family": names(chance, 500, 2 * n),
            "born": [
                f"{1940 + a}{b:02}{c:02}"
                for a, b, c in zip(
                    *(chance.integers(1, top, 2 * n) for top in (60, 12, 28)),
                    strict=True,
                )
            ],
            "email": [f"user{code}@mail.example" for code in range(2 * n)],
            "phone": [f"8490{code:07}" for code in range(2 * n)],
            "city": [f"town{code}" for code in chance.integers(0, 40, 2 * n)],
            "postcode": [f"{code:06}" for code in chance.integers(100_000, 999_999, 2 * n)],
        }
    )
    has_moved = chance.random(n) < moved
    columns = {}
    for name in NAMES:
        is_same = ~has_moved if name in ("city", "postcode") else chance.random(n) < agrees[name]
        rows = np.arange(2 * n)
        rows[1::2] -= is_same
        columns[name] = texts[name].gather(rows)
    return comparisons(pl.DataFrame(columns), KINDS)


def whole(fields: tuple[Comparison, ...]) -> dict[str, int]:
    """The number of each field's whole value among the parts."""
    named = [part.name for part in all_parts(fields)]
    return {one.field: named.index(one.field) for one in fields}


@pytest.mark.parametrize("seed", range(6))
def test_made_up_pairs_agree_as_often_as_the_pairs_of_the_keys(seed: int) -> None:
    chance = np.random.default_rng(seed)
    agrees = {name: float(chance.uniform(0.6, 0.95)) for name in NAMES}
    moved = float(chance.uniform(0.1, 0.5))
    fields = doubles(6_000, seed, agrees, moved)
    pieces, number = all_parts(fields), whole(fields)
    left, right = np.arange(0, 12_000, 2), np.arange(1, 12_000, 2)
    samples = []
    for key in (("given", "phone"), ("email", "city"), ("born", "postcode")):
        caught = np.logical_and.reduce([pieces[number[name]].agrees(left, right) for name in key])
        parts = [number[name] for name in key]
        samples.append(sample_of(parts, fields, pieces, left[caught], right[caught])[0])
    found = learned(fields, pieces, imagined(fields, pieces), samples)
    for name in NAMES:
        truth = float(pieces[number[name]].agrees(left, right).mean())
        told = float(found[number[name]].mean())
        assert told == pytest.approx(truth, abs=0.05), name
    apart = found[number["city"]] != found[number["postcode"]]
    assert apart.mean() < 0.03, "who moves has another city and another postcode"


def test_what_every_key_asks_for_stays_as_it_was() -> None:
    fields = doubles(2_000, 3, dict.fromkeys(NAMES, 0.7))
    pieces, number = all_parts(fields), whole(fields)
    left, right = np.arange(0, 4_000, 2), np.arange(1, 4_000, 2)
    before = imagined(fields, pieces)
    samples = [
        sample_of([number[a], number[b]], fields, pieces, left, right)[0]
        for a, b in (("given", "phone"), ("family", "email"))
    ]
    found = learned(fields, pieces, before, samples)
    for name in NAMES:
        is_asked_for_by_all = name in ("given", "family")
        assert np.array_equal(found[number[name]], before[number[name]]) == is_asked_for_by_all, name


def test_relatives_are_not_taken_for_one_person() -> None:
    """A family: the same name, telephone and house, another given name and another day of birth."""
    fields = doubles(1_000, 4, {**dict.fromkeys(NAMES, 1.0), "given": 0.0, "born": 0.0})
    pieces, number = all_parts(fields), whole(fields)
    left, right = np.arange(0, 2_000, 2), np.arange(1, 2_000, 2)
    sample, relatives = sample_of([number["family"], number["phone"]], fields, pieces, left, right)
    assert relatives > 0.8
    assert sample.agrees.shape[1] < 200  # days and names are alike by chance here and there


@pytest.mark.parametrize("seed", range(20))
def test_a_price_is_the_number_of_new_pairs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told of all records it is exact, told of a part nearly so."""
    fields = doubles(1_500, seed, dict.fromkeys(NAMES, 0.8), 0.2)
    pieces = all_parts(fields)
    number = whole(fields)
    chance = np.random.default_rng(seed)
    keys = [list(key) for key in combinations(number.values(), 2)]
    chance.shuffle(keys)
    key, taken = keys[0], keys[1 : 1 + seed % 4]

    columns = [pieces[k].numbered()[0] for k in number.values()]
    of = dict(zip(number.values(), columns, strict=True))

    def pairs(parts: list[int]) -> set[tuple[int, int]]:
        held: dict[tuple[int, ...], list[int]] = {}
        for row in range(3_000):
            held.setdefault(tuple(int(of[part][row]) for part in parts), []).append(row)
        return {
            pair for rows in held.values() if len(rows) <= LARGEST_BLOCK for pair in combinations(rows, 2)
        }

    known = set().union(*(pairs(other) for other in taken)) if taken else set()
    n_new = len(pairs(key) - known)
    module = sys.modules[Prices.__module__]
    monkeypatch.setattr(module, "_PAIRS", 1_000_000)
    assert Prices(pieces, 3_000, LARGEST_BLOCK).n_new(key, taken) == pytest.approx(n_new)
    monkeypatch.setattr(module, "_RECORDS", 1_000)
    assert Prices(pieces, 3_000, LARGEST_BLOCK).n_new(key, taken) == pytest.approx(n_new, rel=0.35, abs=60)


def test_the_pieces_of_what_is_never_mistyped_are_no_keys() -> None:
    """Two records of one person hold the same value or another one: nothing is gained by the first letters of a name."""
    fields = doubles(8_000, 5, dict.fromkeys(NAMES, 0.75), 0.25)
    found = candidates(fields, 16_000)
    is_true = (found.left % 2 == 0) & (found.left + 1 == found.right)
    assert is_true.sum() > 7_900
    assert len(found.left) < 12_000


@pytest.mark.parametrize("agreeing", [0.5, 0.75, 0.95])
def test_the_coverage_is_the_share_of_pairs_that_is_found(agreeing: float) -> None:
    fields = doubles(8_000, 6, dict.fromkeys(NAMES, agreeing), 0.3)
    found = candidates(fields, 16_000, budget=9_000)
    caught = int(((found.left % 2 == 0) & (found.left + 1 == found.right)).sum())
    assert found.keys[-1].coverage == pytest.approx(caught / 8_000, abs=0.02)
