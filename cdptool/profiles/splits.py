"""
Splits: which arm of an experiment each profile has, by salted hashes of its id, and kept from run to run.

Of each arm a profile draws a number from its id, the salt and the arm; the arm whose number is the smallest for its
share wins (weighted rendezvous hashing). So another share of one arm moves profiles into or out of that arm only.
Strata are filled by rank instead, because their shares hold in each of them: this looks at all profiles at once.
Source: Thaler and Ravishankar, Using name-based mappings to increase hit rates, IEEE/ACM ToN 6(1), 1998.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl

from cdptool.errors import Finding
from cdptool.ids import hash63
from cdptool.rules.book import RuleBook, Split
from cdptool.rules.compile import draw
from cdptool.tables import ARMS

KEY = "profile_id"
_SLACK = 0.02  # of all profiles, by which an arm may be off its share without a word


def arms_of(book: RuleBook, people: pl.DataFrame, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """
    The arm of every profile in every split of a book.

    Args:
        book: The book.
        people: All profiles: `profile_id` and the fields that splits are by.
        before: ARMS of the last run, under the ids of today and with one row per split and profile.

    Returns:
        `profile_id`, then a column per split (String, never null). Sorted by profile. The same for every order of
        rows, and for one profile whoever else is there, unless the split has strata or its arm was taken away: then it
        goes where others lack people, so that nobody comes into a holdout that is full.
    """
    found = people.select(KEY).sort(KEY)
    for split in book.splits:
        kept = _kept(split, before)
        arms = _in_strata(split, people, kept) if split.by else _drawn(split, people, kept, before)
        found = found.join(arms, on=KEY, how="left", maintain_order="left")
    return found


def arms(answers: pl.LazyFrame, book: RuleBook) -> pl.LazyFrame:
    """Who has which arm: ARMS, of what the kernel of a book gives. Sorted by split and profile. Lazy."""
    frames = [
        answers.select(
            pl.lit(split.name).alias("split"),
            pl.lit(split.salt).alias("salt"),
            KEY,
            pl.col(split.name).alias("arm"),
        ).sort(KEY)
        for split in sorted(book.splits, key=lambda split: split.name)
    ]
    return pl.concat(frames) if frames else pl.LazyFrame(schema=ARMS)


def arms_today(stored: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """
    What an earlier run stored, under the ids of today: profiles that became one have the arm of the id that stays.

    Args:
        stored: ARMS.
        aliases: ALIASES.

    Returns:
        ARMS, one row per split and profile. Where the id that stays had no arm, that of the smallest id. Lazy.
    """
    now = aliases.select(pl.col("old_profile_id").alias(KEY), pl.col(KEY).alias("now"))
    return (
        stored.join(now, on=KEY, how="left")
        .with_columns(pl.coalesce("now", KEY).alias("now"))
        .sort("split", "now", pl.col("now") != pl.col(KEY), KEY)
        .unique(["split", "now"], keep="first", maintain_order=True)
        .select("split", "salt", pl.col("now").alias(KEY), "arm")
    )


def off_shares(split: Split, sizes: Mapping[str, int]) -> Finding | None:
    """
    What to tell of a split whose profiles keep arms that they were given by other shares.

    Args:
        split: The split.
        sizes: How many profiles have each arm.

    Returns:
        A note where an arm has more or fewer than chance explains: four standard deviations, and 2 % of all.

    >>> from cdptool.errors import Place
    >>> split = Split("offer", "v1", (("holdout", 0.4), ("voucher", 0.6)), Place("rules.yaml", 9, 3))
    >>> off_shares(split, {"holdout": 51, "voucher": 449}).problem
    'split `offer` is not at its shares: `holdout` 10% instead of 40%, `voucher` 90% instead of 60%'
    >>> off_shares(split, {"holdout": 190, "voucher": 310})
    """
    total = sum(sizes.values())
    off = [
        f"`{name}` {sizes.get(name, 0) / total:.0%} instead of {share:.0%}"
        for name, share in split.arms
        if abs(sizes.get(name, 0) - total * share)
        > max(4 * math.sqrt(total * share * (1 - share)), total * _SLACK)
    ]
    if not off or not split.sticky:
        return None
    hint = "who has an arm keeps it, so new shares hold for who is new; `sticky: false` draws everybody again"
    if split.by:
        hint = (
            "who has an arm keeps it, so new shares hold for who is new; another `salt` draws everybody again"
        )
    return Finding(
        f"split `{split.name}` is not at its shares: {', '.join(off)}", split.place, hint, severity="note"
    )


def _kept(split: Split, before: pl.DataFrame | None) -> pl.DataFrame:
    """The arms that profiles keep: `profile_id` and the split's column."""
    if before is None or not split.sticky:
        return pl.DataFrame(schema={KEY: pl.Int64, split.name: pl.String})
    mine = (pl.col("split") == split.name) & (pl.col("salt") == split.salt)
    there = pl.col("arm").is_in([name for name, _ in split.arms])
    return before.filter(mine & there).select(KEY, pl.col("arm").alias(split.name))


def _drawn(
    split: Split, people: pl.DataFrame, kept: pl.DataFrame, before: pl.DataFrame | None
) -> pl.DataFrame:
    """Arms by rendezvous, but for those who keep theirs; whose arm was taken away goes where the others lack people."""
    new = people.select(KEY, _by_lot(split, dict(split.arms)).alias("new")).join(kept, on=KEY, how="left")
    arm = pl.coalesce(split.name, "new").alias(split.name)
    if before is None or not split.sticky:
        return new.select(KEY, arm)
    mine = before.filter((pl.col("split") == split.name) & (pl.col("salt") == split.salt))
    known = people.join(mine, on=KEY, how="semi").height
    sizes = dict(new.drop_nulls(split.name).group_by(split.name).len().iter_rows())
    if sum(sizes.values()) == known:
        return new.select(KEY, arm)
    lacking = {name: max(share * known - sizes.get(name, 0), 0) for name, share in split.arms}
    was_taken = pl.col(split.name).is_null() & pl.col(KEY).is_in(mine[KEY].implode())
    moved = pl.when(was_taken).then(_by_lot(split, lacking)).otherwise(arm)
    return new.select(KEY, moved.alias(split.name))


def _by_lot(split: Split, weights: Mapping[str, float]) -> pl.Expr:
    """The arm with the smallest -ln(draw) / weight, of those that have any."""
    lots = {name: -_draw(split.salt, name).log() / weight for name, weight in weights.items() if weight > 0}
    least = pl.min_horizontal(*lots.values())
    arm: pl.Expr = pl.lit(None, pl.String)
    for name, lot in reversed(lots.items()):
        arm = pl.when(lot == least).then(pl.lit(name)).otherwise(arm)
    return arm


def _draw(salt: str, arm: str) -> pl.Expr:
    """A number in (0, 1) of a profile for an arm."""
    return draw("split", salt, arm) + 2**-54


def _in_strata(split: Split, people: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """
    Arms by rank: in each stratum those without an arm fill what its arms lack.

    The seats of a stratum are counted off along one line of all arms from a start that the salt and the stratum
    draw, so each arm has as many as it is due, give or take one, and small strata do not all favour the same arm.
    """
    strata = [pl.col(name) for name in split.by]
    known = people.select(KEY, *strata).join(kept, on=KEY, how="left")
    known = known.with_columns(hash63(hash63("stratum", split.salt, *strata)).alias("stratum"))
    arm = pl.col(split.name)
    lacking = known.group_by("stratum").agg(
        arm.is_null().sum().alias("n_new"),
        *(
            (pl.len() * share - (arm == name).sum()).clip(lower_bound=0).alias(f"{i}")
            for i, (name, share) in enumerate(split.arms)
        ),
    )
    due = [pl.col(f"{i}") for i in range(len(split.arms))]
    start = pl.col("stratum") // 2**10 / 2**53
    borders = [
        (pl.sum_horizontal(due[: i + 1]) / pl.sum_horizontal(due) * pl.col("n_new") + start).alias(f"{i}")
        for i in range(len(due))
    ]
    lot = draw("split", split.salt).alias("lot")
    new = known.filter(arm.is_null()).with_columns(lot).sort("stratum", "lot", KEY)
    new = new.with_columns(pl.int_range(1, pl.len() + 1).over("stratum").alias("seat"))
    new = new.join(lacking.select("stratum", *borders), on="stratum", how="left", maintain_order="left")
    seat: pl.Expr = pl.lit(_last(split))
    for i, (name, _) in reversed(list(enumerate(split.arms))):
        seat = pl.when(pl.col("seat") <= pl.col(f"{i}")).then(pl.lit(name)).otherwise(seat)
    return pl.concat(
        [known.filter(arm.is_not_null()).select(KEY, arm), new.select(KEY, seat.alias(split.name))]
    )


def _last(split: Split) -> str:
    """The arm of whom rounding leaves without a seat: the last one that takes anybody."""
    return next(name for name, share in reversed(split.arms) if share > 0)
