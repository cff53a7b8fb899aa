"""Splits: shares hold, arms stay, and another share or another profile moves only who must move."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from random import Random

import polars as pl
import pytest

from cdptool.errors import Place
from cdptool.profiles import arms, arms_of, arms_today
from cdptool.rules import RuleBook, Split
from cdptool.rules.compile import draw
from cdptool.tables import ALIASES, ARMS
from tests.frames import ROUNDS

PLACE = Place("rules.yaml", 1, 1)
THREE = Split("offer", "offer-v1", (("holdout", 0.1), ("voucher", 0.45), ("story", 0.45)), PLACE)
PEOPLE = pl.DataFrame({"profile_id": range(1, 20_001)}).with_columns(
    pl.when(pl.col("profile_id") % 7 > 0).then(pl.format("city {}", pl.col("profile_id") % 7)).alias("city")
)


def drawn(split: Split, people: pl.DataFrame = PEOPLE, before: pl.DataFrame | None = None) -> pl.DataFrame:
    return arms_of(RuleBook(splits=(split,)), people, before)


def stored(split: Split, found: pl.DataFrame) -> pl.DataFrame:
    return arms(found.lazy(), RuleBook(splits=(split,))).collect()


def moves(one: pl.DataFrame, other: pl.DataFrame) -> dict[tuple[str, str], int]:
    both = one.join(other, on="profile_id", suffix="_now").filter(pl.col("offer") != pl.col("offer_now"))
    counts = both.group_by("offer", "offer_now").len()
    return {(was, now): n for was, now, n in counts.iter_rows()}


def shares(found: pl.DataFrame) -> dict[str, float]:
    counts = found.group_by("offer").len()
    return {arm: n / found.height for arm, n in counts.iter_rows()}


def test_arms_have_their_shares_and_depend_on_the_salt() -> None:
    found = drawn(THREE)
    assert shares(found) == pytest.approx({"holdout": 0.1, "voucher": 0.45, "story": 0.45}, abs=0.012)
    other = drawn(replace(THREE, salt="offer-v2"))
    same = (found["offer"] == other["offer"]).mean()
    assert same == pytest.approx(0.1**2 + 2 * 0.45**2, abs=0.015)  # as often as by chance


def test_the_same_profile_has_the_same_arm_whoever_else_is_there() -> None:
    whole, some = drawn(THREE), drawn(THREE, PEOPLE.sample(300, shuffle=True, seed=1))
    assert some.equals(whole.join(some.select("profile_id"), on="profile_id", how="semi"))


def test_the_draw_never_changes_between_versions() -> None:
    """Arms of running experiments depend on these values."""
    found = drawn(THREE, pl.DataFrame({"profile_id": [1, 2, 3, 4, 5, 6, 2**62]}))
    assert found["offer"].to_list() == ["voucher", "voucher", "story", "story", "story", "voucher", "story"]


def test_another_share_of_one_arm_moves_profiles_into_that_arm_only() -> None:
    """Without `sticky` as many move as must: the arm that grew takes a tenth of all from the two others."""
    split = replace(THREE, sticky=False)
    grown = replace(split, arms=(("holdout", 0.2), ("voucher", 0.4), ("story", 0.4)))
    moved = moves(drawn(split), drawn(grown))
    assert set(moved) == {("voucher", "holdout"), ("story", "holdout")}
    assert sum(moved.values()) / PEOPLE.height == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("seed", range(8 * ROUNDS))
def test_whatever_shares_change_nobody_moves_to_an_arm_that_grew_less(seed: int) -> None:
    """
    Where several shares change at once, a few more move than must: t must, and at most 2t / (1 + t) do.

    No draw that knows nothing of the earlier shares can promise less for all changes (Bavarian et al., The optimality
    of correlated sampling, 2016).
    """
    chance = Random(seed)
    names = ["holdout", "voucher", "story", "quiz"][: chance.randint(2, 4)]
    old, new = ([chance.choice([0.5, 1, 2, 3, 8]) for _ in names] for _ in range(2))
    was, now = ({name: one / sum(all_) for name, one in zip(names, all_, strict=True)} for all_ in (old, new))
    one, other = (replace(THREE, sticky=False, arms=tuple(arms_.items())) for arms_ in (was, now))
    people = PEOPLE.select(pl.col("profile_id") + 10**6 * seed)
    moved = moves(drawn(one, people), drawn(other, people))
    grew = {name: now[name] / was[name] for name in names}
    assert all(grew[to] > grew[origin] for origin, to in moved)
    must = sum(max(0, now[name] - was[name]) for name in names)
    assert must - 0.02 <= sum(moved.values()) / people.height <= 2 * must / (1 + must) + 0.02


def test_who_has_an_arm_keeps_it_though_shares_change() -> None:
    first = drawn(THREE, PEOPLE.head(1_000))
    changed = replace(THREE, arms=(("holdout", 0.8), ("voucher", 0.1), ("story", 0.1)))
    later = drawn(changed, PEOPLE, stored(THREE, first))
    assert moves(first, later) == {}
    new = later.filter(pl.col("profile_id") > 1_000)
    assert shares(new)["holdout"] == pytest.approx(0.8, abs=0.02)


def test_who_has_an_arm_that_is_no_more_gets_another_and_nobody_else_moves() -> None:
    first = drawn(THREE)
    two = replace(THREE, arms=(("holdout", 0.1), ("voucher", 0.9)))
    moved = moves(first, drawn(two, PEOPLE, stored(THREE, first)))
    assert {was for was, _ in moved} == {"story"}
    # The holdout has its tenth already: who was treated does not come into it.
    assert moved.get(("story", "holdout"), 0) < 0.01 * PEOPLE.height
    assert sum(moved.values()) == first.filter(pl.col("offer") == "story").height


def test_another_salt_is_another_draw() -> None:
    first = drawn(THREE)
    again = replace(THREE, salt="offer-v2")
    assert drawn(again, PEOPLE, stored(THREE, first)).equals(drawn(again))


def test_strata_have_the_shares_each_give_or_take_one() -> None:
    split = replace(THREE, by=("city",))
    found = drawn(split).join(PEOPLE, on="profile_id")
    for (_,), part in found.group_by("city"):
        for arm, share in split.arms:
            assert abs(part.filter(pl.col("offer") == arm).height - share * part.height) <= 1


def test_many_small_strata_do_not_all_favour_one_arm() -> None:
    people = PEOPLE.with_columns(pl.col("profile_id").cast(pl.String).alias("city"))
    assert shares(drawn(replace(THREE, by=("city",)), people)) == pytest.approx(
        {"holdout": 0.1, "voucher": 0.45, "story": 0.45}, abs=0.012
    )


def test_new_profiles_fill_what_arms_of_their_stratum_lack_and_nobody_moves() -> None:
    split = replace(THREE, by=("city",))
    first = drawn(split, PEOPLE.head(3_000))
    later = drawn(split, PEOPLE, stored(split, first))
    assert moves(first, later) == {}
    for (_,), part in later.join(PEOPLE, on="profile_id").group_by("city"):
        for arm, share in split.arms:
            assert abs(part.filter(pl.col("offer") == arm).height - share * part.height) <= 2


def test_the_order_of_rows_changes_nothing() -> None:
    split = replace(THREE, by=("city",))
    mixed = PEOPLE.sample(fraction=1, shuffle=True, seed=3)
    assert drawn(split, mixed).equals(drawn(split))


def test_profiles_that_became_one_have_the_arm_of_the_id_that_stays() -> None:
    before = pl.DataFrame(
        [("offer", "s", 1, "holdout"), ("offer", "s", 2, "story"), ("offer", "s", 3, "voucher"),
         ("offer", "s", 4, "story")], schema=ARMS, orient="row",
    )  # fmt: skip
    aliases = pl.DataFrame([(1, 2), (3, 9), (4, 9)], schema=ALIASES, orient="row")
    assert arms_today(before.lazy(), aliases.lazy()).collect().rows() == [
        ("offer", "s", 2, "story"),
        ("offer", "s", 9, "voucher"),
    ]


def test_draws_of_two_salts_are_independent() -> None:
    """A hash that only shifts by the salt would give everybody's second arm away by the first."""
    salts = ("a", "b", "winback-v1", "winback-v2")
    shares_ = PEOPLE.select(draw("bucket", salt).alias(salt) for salt in salts)
    for one, other in combinations(salts, 2):
        together = shares_.select((pl.col(one) < 0.3) & (pl.col(other) < 0.3)).to_series().mean()
        assert together == pytest.approx(0.09, abs=0.01)
