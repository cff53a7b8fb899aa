"""The learned pass on small made-up worlds whose truth is known."""

import numpy as np
import polars as pl
import pytest

from cdptool.matching import comparisons, match
from cdptool.matching.clusters import clusters
from cdptool.matching.comparing import compared

KINDS = [
    ("given", "given"),
    ("family", "family"),
    ("born", "birth_date"),
    ("phone", "phone"),
    ("email", "email"),
]


def world(seed: int, n_people: int, share_twice: float) -> tuple[pl.DataFrame, np.ndarray]:
    """People with a slip here and there in their second record; and who each record is."""
    chance = np.random.default_rng(seed)
    given = chance.choice([f"given{chr(97 + n % 26)}{n}" for n in range(60)], n_people)
    family = chance.choice([f"family{chr(97 + n % 26)}{n}" for n in range(120)], n_people)
    born = [
        f"{y}{m:02d}{d:02d}"
        for y, m, d in zip(
            chance.integers(1940, 2005, n_people),
            chance.integers(1, 13, n_people),
            chance.integers(1, 29, n_people),
            strict=True,
        )
    ]
    phone = [str(number) for number in chance.integers(10**9, 10**10, n_people)]
    email = [
        "".join(chance.choice(list("abcdefghijklmnop"), 9)) + f"@mail{n % 7}.org" for n in range(n_people)
    ]
    who = np.concatenate([np.arange(n_people), np.flatnonzero(chance.random(n_people) < share_twice)])
    rows = pl.DataFrame({"given": given, "family": family, "born": born, "phone": phone, "email": email})[who]
    changed = [
        pl.when(pl.Series(chance.random(len(who)) < 0.15)).then(None).otherwise(pl.col(name)).alias(name)
        for name in rows.columns
    ]
    return rows.select(changed), who


@pytest.mark.parametrize("seed", range(3))
def test_doubles_are_found_and_strangers_stay_apart(seed: int) -> None:
    texts, who = world(seed, 1500, 0.3)
    found = match(texts, KINDS).clusters
    joined = [(a, b) for a, b in enumerate(found) if a != b]
    right = sum(who[a] == who[b] for a, b in joined)
    assert right >= 0.995 * len(joined), "hardly anybody is joined with another"
    assert right >= 0.97 * (len(who) - 1500)


def test_without_doubles_nobody_is_joined() -> None:
    texts, _ = world(11, 5000, 0.0)
    found = match(texts, KINDS).clusters
    assert (found == np.arange(len(texts))).all()


def test_the_order_of_records_does_not_decide_who_is_one() -> None:
    texts, _ = world(5, 600, 0.4)
    order = np.random.default_rng(1).permutation(len(texts))
    straight, shuffled = match(texts, KINDS).clusters, match(texts[order], KINDS).clusters
    together = {frozenset(np.flatnonzero(straight == name)) for name in np.unique(straight)}
    again = {frozenset(order[np.flatnonzero(shuffled == name)]) for name in np.unique(shuffled)}
    assert len(together & again) >= 0.99 * len(together)


def test_one_likeness_does_not_chain_two_groups() -> None:
    left, right = np.array([0, 0, 1, 3, 3, 4, 2]), np.array([1, 2, 2, 4, 5, 5, 3])
    odds = np.array([6.0, 6, 6, 6, 6, 6, 3])

    def weigh(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        known = {(int(a), int(b)): float(w) for a, b, w in zip(left, right, odds, strict=True)}
        return np.array([known.get((min(a, b), max(a, b)), -5.0) for a, b in zip(one, other, strict=True)])

    assert clusters(6, left, right, odds, weigh, 0.9).tolist() == [0, 0, 0, 3, 3, 3]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_record_is_no_trouble(n: int) -> None:
    texts = pl.DataFrame(
        {name: ["x"] * n for name, _ in KINDS}, schema={name: pl.String for name, _ in KINDS}
    )
    assert len(match(texts, KINDS).clusters) == n


def test_names_in_the_wrong_columns_are_compared_across() -> None:
    texts, _ = world(2, 400, 0.0)
    twice = pl.concat(
        [
            texts,
            texts.head(20).select(
                pl.col("family").alias("given"), pl.col("given").alias("family"), "born", "phone", "email"
            ),
        ]
    )
    found = match(twice.with_columns(pl.col("born", "phone").fill_null("")), KINDS)
    whole = texts.head(20).with_row_index("row").drop_nulls()["row"].to_list()
    assert [int(found.clusters[400 + row]) for row in whole] == whole


def test_a_slip_in_a_family_name_among_given_names_is_near() -> None:
    rows = [("linh thi", "nguyen"), ("nguyyen thi", "linh"), ("nam", "tran")] + [("lan", "nguyen")] * 3
    texts = pl.DataFrame(rows, schema=["given", "family"], orient="row")
    fields = comparisons(texts, [("given", "given"), ("family", "family")])
    given, family = (int(level[0]) for level in compared(fields, np.array([0]), np.array([1])))
    assert (given, family) == (5, 5), "nearly so, and one slip"


def test_a_lone_name_in_the_wrong_column_agrees_with_the_other_one() -> None:
    rows = [("eric", "spence"), ("spence", None), (None, "eric"), ("nam", "tran")]
    texts = pl.DataFrame(rows, schema=["given", "family"], orient="row")
    fields = comparisons(texts, [("given", "given"), ("family", "family")])
    exact = [one.first_exact for one in fields]
    for lone, (given, family) in ((1, (False, True)), (2, (True, False))):
        for left, right in ((0, lone), (lone, 0)):
            found = compared(fields, np.array([left]), np.array([right]))
            levels = [int(level[0]) for level in found]
            assert [level >= least for level, least in zip(levels, exact, strict=True)] == [given, family]
            assert 0 in levels, "the name that is not there says nothing"
