"""Who only looks alike: what their own pairs teach, on small made-up families whose truth is known."""

import numpy as np
import polars as pl
import pytest

from cdptool.matching import Matching, match
from cdptool.matching.classes import likenesses

KINDS = [
    ("given", "given"),
    ("family", "family"),
    ("born", "birth_date"),
    ("phone", "phone"),
    ("address", "address"),
    ("city", "city"),
]


def families(seed: int, n_homes: int, *, one_name: bool) -> tuple[pl.DataFrame, np.ndarray]:
    """Two people a home, of one family name or of two; half of them twice, some moved in between; some cells are empty."""
    chance = np.random.default_rng(seed)

    def drawn(word: str, many: int, n: int) -> list[str]:
        letters = [f"{word}{chr(97 + k % 26)}{chr(97 + k * 7 % 26)}{k}" for k in range(many)]
        return [letters[k] for k in chance.integers(0, many, n)]

    n_people = 2 * n_homes
    home = np.arange(n_people) // 2
    streets, cities = drawn("street", 400, n_people), drawn("town", 20, n_people)
    numbers = chance.integers(1, 300, n_people)
    people = pl.DataFrame(
        {
            "given": drawn("given", 80, n_people),
            "family": pl.Series(drawn("family", 300, n_people)).gather(
                home if one_name else np.arange(n_people)
            ),
            "born": [
                f"{y}{m:02}{d:02}" for y, m, d in chance.integers((1940, 1, 1), (2005, 13, 29), (n_people, 3))
            ],
            "phone": pl.Series([f"{n}" for n in chance.integers(10**9, 10**10, n_people)]).gather(home),
            "address": pl.Series(
                [f"{n} {street}" for n, street in zip(numbers, streets, strict=True)]
            ).gather(home),
            "city": pl.Series(cities).gather(home),
        }
    )
    again = np.flatnonzero(chance.random(n_people) < 0.5)
    who = np.concatenate([np.arange(n_people), again])
    rows = people[who]
    moved = pl.Series((chance.random(len(who)) < 0.3) & (np.arange(len(who)) >= n_people))
    rows = rows.with_columns(
        pl.when(moved)
        .then(pl.Series(name, chance.permutation(rows[name].to_list())))
        .otherwise(name)
        .alias(name)
        for name in ("address", "city")
    )
    kept = {"given": 0.75, "born": 0.6, "phone": 0.7, "address": 0.9, "city": 0.9, "family": 1.0}
    rows = rows.select(
        pl.when(pl.Series(chance.random(len(who)) < kept[name])).then(name).alias(name)
        for name in rows.columns
    )
    return rows, who


def stated_and_true(found: Matching, who: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    """The mean probability of some candidates, and the share of them that are one person."""
    stated = 1 / (1 + np.exp(-found.log_odds[chosen]))
    pairs = found.candidates
    return float(stated.mean()), float((who[pairs.left] == who[pairs.right])[chosen].mean())


def test_a_pair_of_one_home_without_a_given_name_is_weighed_by_how_many_share_homes() -> None:
    rows, who = families(3, 1500, one_name=True)
    found = match(rows, KINDS)
    left, right = (rows[side] for side in (found.candidates.left, found.candidates.right))
    at_home = (left["address"] == right["address"]) & (left["family"] == right["family"])
    others_empty = left["born"].is_null() | right["born"].is_null()
    unnamed = left["given"].is_null() | right["given"].is_null()
    chosen = np.flatnonzero((at_home & others_empty & unnamed).fill_null(value=False).to_numpy())
    assert len(chosen) > 200
    stated, true = stated_and_true(found, who, chosen)
    assert abs(stated - true) < 0.06


def test_couples_of_two_names_who_share_a_phone_are_housemates_and_not_one_person() -> None:
    rows, who = families(4, 1000, one_name=False)
    found = match(rows, KINDS)
    expected = dict(zip(found.model.names, found.model.expected, strict=True))
    assert expected["housemates"] > 300
    assert expected["household"] < 0.1 * expected["housemates"]
    joined = [(a, b) for a, b in enumerate(found.clusters) if a != b]
    assert sum(who[a] == who[b] for a, b in joined) >= 0.99 * len(joined)


def test_the_levels_of_every_class_sum_to_one() -> None:
    rows, _ = families(5, 400, one_name=True)
    model = match(rows, KINDS).model
    for tables in model.tables[2:]:
        for one, table in zip(model.comparisons, tables, strict=True):
            assert np.allclose(table.sum(axis=1), 1), one.field
    assert [one.name for one in likenesses(model.comparisons)] == list(model.names[2:])


def test_an_empty_second_number_does_not_hide_what_the_first_teaches() -> None:
    rows, _ = families(6, 600, one_name=True)
    alone = match(rows, KINDS).model
    with_fax = match(rows.with_columns(fax=pl.lit(None, pl.String)), [*KINDS, ("fax", "phone")]).model
    learned = alone.shares[alone.names.index("household") - 2]["phone"]
    assert learned > 0.9, "all of a home have one number"
    assert with_fax.shares[alone.names.index("household") - 2]["phone"] == pytest.approx(learned, abs=1e-6)


def test_branches_whose_names_are_only_alike_are_not_one_firm() -> None:
    """Houses of one charity have its number and its name with a word more, and each a street of its own."""
    chance = np.random.default_rng(7)
    n_charities, rows, who = 120, [], []
    for charity in range(n_charities):
        words = " ".join(f"{word}{chance.integers(400)}" for word in ("care", "help"))
        number = str(chance.integers(10**9, 10**10))
        for house in range(int(chance.integers(1, 6))):
            street = f"{chance.integers(1, 900)} street{chance.integers(500)}"
            name = f"{words} house{chance.integers(60)}"
            for _ in range(int(chance.integers(1, 4))):
                rows.append((name if chance.random() < 0.7 else words, street, number))
                who.append((charity, house))
    texts = pl.DataFrame(rows, schema=["name", "street", "phone"], orient="row")
    found = match(texts, [("name", "organisation"), ("street", "address"), ("phone", "phone")])
    expected = dict(zip(found.model.names, found.model.expected, strict=True))
    assert expected["branches"] > 500
    joined = [(a, b) for a, b in enumerate(found.clusters) if a != b]
    assert sum(who[a] == who[b] for a, b in joined) >= 0.98 * len(joined)


def test_sister_firms_of_one_house_are_not_one_firm() -> None:
    """They have its address, often its number, and the first word of their names in common; few tell their code."""
    chance = np.random.default_rng(8)

    def word() -> str:
        return "".join(chance.choice(list("abdegiklmnoprstu"), 7))

    trades, rows, who = [word() for _ in range(25)], [], []
    for house in range(250):
        stem, street, number = (
            word(),
            f"{chance.integers(900)} {word()} street",
            chance.integers(10**9, 10**10),
        )
        for firm in range(int(chance.integers(1, 5))):
            name = f"{stem} {chance.choice(trades)} {chance.choice(trades)}"
            own = number if chance.random() < 0.5 else chance.integers(10**9, 10**10)
            cells = [str(own), street, str(chance.integers(10**7, 10**8))]
            for _ in range(int(chance.integers(1, 4))):
                short = name if chance.random() < 0.8 else " ".join(name.split()[:2])
                kept = chance.random(3) < (0.7, 0.9, 0.5)
                rows.append(
                    (short, *(cell if is_kept else None for cell, is_kept in zip(cells, kept, strict=True)))
                )
                who.append((house, firm))
    texts = pl.DataFrame(rows, schema=["name", "phone", "street", "code"], orient="row")
    kinds = [("name", "organisation"), ("phone", "phone"), ("street", "address"), ("code", "identifier")]
    found = match(texts, kinds)
    expected = dict(zip(found.model.names, found.model.expected, strict=True))
    assert expected["neighbours"] > 1_000
    joined = [(a, b) for a, b in enumerate(found.clusters) if a != b]
    assert len(joined) > 500
    assert sum(who[a] == who[b] for a, b in joined) >= 0.85 * len(joined)
