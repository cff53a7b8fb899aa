"""
Rule passes that ask more than `same`: the pairs within a block that also meet the other conditions.

What must be the same makes the blocks. Within a block records that do not differ in anything the conditions look at
are compared once, together; a block of too many different ones is split by a further key, the beginnings of the words of
a field that must be near. How many pairs that makes is counted first, and refused over a budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from cdptool.errors import ConfigError, Finding
from cdptool.identity.blocking import block_of, branches, conditional
from cdptool.identity.conditions import (
    OF_TWO_SOURCES,
    Branch,
    Missing,
    Near,
    Truths,
    Units,
    feature_names,
    features,
)
from cdptool.identity.similarity import WORDED
from cdptool.identity.spec import MergePlan
from cdptool.ids import hash63
from cdptool.kernels import Engine, Kernel, over_all_rows
from cdptool.matching.blocks import pairs_of_blocks
from cdptool.matching.values import Rows
from cdptool.tables import Column

EVIDENCE: Final = {
    "branch": pl.Int64(),
    "block": pl.Int64(),
    "record_id_l": pl.Int64(),
    "record_id_r": pl.Int64(),
    "weight": pl.Float64(),
    "within": pl.Int64(),
}
PAIR_BUDGET: Final = 20_000_000
_COUNTS: Final = {"branch": pl.Int64(), "within": pl.Int64(), "n_pairs": pl.Int64(), "n_split": pl.Int64()}
_LARGEST: Final = 2_000
_AT_ONCE: Final = 1_000_000
_BEGINNING: Final = 2
_FEW_TIMES: Final = 4


class Paired(NamedTuple):
    """EVIDENCE (`within` is the block that brought a pair, `weight` how alike), and what was split."""

    edges: pl.DataFrame
    findings: tuple[Finding, ...]


def paired(
    engine: Engine[Any], records: Any, columns: Sequence[Column], plan: MergePlan, budget: int = PAIR_BUDGET
) -> Paired:
    """
    The evidence of all branches with conditions, of all versions of the records.

    Raises:
        ConfigError: A pass would compare more pairs than the budget; names it and its key.
    """
    asked = conditional(plan)
    if not asked:
        return Paired(pl.DataFrame(schema=EVIDENCE), ())
    types = {column.name: column.type for column in columns}
    by = [("branch", "within")]
    members = engine.checkpoint(engine.map(records, candidates(plan, types)), "pairing")
    counted = engine.collect(engine.shuffle([members], by, counts(asked, types)))
    totals = counted.drop("within").group_by("branch").sum().sort("branch")
    findings = []
    for branch, n_pairs, n_split in totals.iter_rows():
        step, fields = branches(plan)[branch]
        key = " + ".join(fields)
        if n_pairs > budget:
            problem = (
                f"pass `{step.name}` would compare {n_pairs:,} pairs of the same {key}, more than {budget:,}"
            )
            held = [key.field for key in plan.keys if key.field in fields]
            hint = f"list what too many share under `ignore` of `{held[0]}`, or " if held else ""
            hint += "ask `same` of one more field"
            raise ConfigError(problem, place=step.place, hint=hint)
        if n_split:
            problem = f"pass `{step.name}`: {n_split:,} values of {key} are shared by so many records"
            hint = "of these only records with a word beginning alike were compared; see `shared_by`"
            findings.append(Finding(problem, step.place, hint, "warning"))
    found = engine.collect(engine.shuffle([members], by, agreements(asked, types)))
    return Paired(found, tuple(findings))


def candidates(plan: MergePlan, types: Mapping[str, str]) -> Kernel:
    """
    A row-local kernel: records → `branch`, `within` (the block), `record_id` and the features of all conditions.

    Features that a branch does not look at are null in its rows. Any order.
    """
    asked = conditional(plan)
    needed = features(tuple(asked.values()), types)

    def kernel(records: pl.LazyFrame) -> pl.LazyFrame:
        parts = []
        for number, condition in asked.items():
            fields = branches(plan)[number][1]
            mine = feature_names(condition, types)
            nothing = [pl.lit(None).cast(_dtype(name)).alias(name) for name in needed if name not in mine]
            part = records.select(
                pl.lit(number, pl.Int64).alias("branch"),
                block_of(fields, types).alias("within"),
                "record_id",
                *(needed[name] for name in mine),
            ).filter(pl.col("within").is_not_null())
            parts.append(part.with_columns(nothing).select("branch", "within", "record_id", *needed))
        return pl.concat(parts)

    return kernel


def _dtype(feature: str) -> pl.DataType:
    _, _, how = feature.partition(" ")
    return {"?": pl.Boolean(), "#": pl.Float64()}.get(how, pl.String())


def counts(asked: Mapping[int, Branch], types: Mapping[str, str]) -> Kernel:
    """
    A kernel over all rows of some (`branch`, `within`): how many pairs each block makes, and whether it is split.

    Output: `branch`, `within`, `n_pairs`, `n_split` (0 or 1), of blocks that make any. Any order.
    """

    def work(rows: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([_Blocks(rows, number, asked[number], types).counts() for number in asked])

    return lambda members: over_all_rows(members, work, _COUNTS)


def agreements(asked: Mapping[int, Branch], types: Mapping[str, str]) -> Kernel:
    """
    A kernel over all rows of some (`branch`, `within`): members → EVIDENCE.

    Records that are one to the conditions and meet them are a star with a block of their own, and so are all of two such
    kinds that agree; every other pair is a block by itself, for who agrees with two need not agree with both of their
    blocks. Any order.
    """

    def work(rows: pl.DataFrame) -> pl.DataFrame:
        found = [_Blocks(rows, number, asked[number], types).evidence() for number in asked]
        return pl.concat(found)

    return lambda members: over_all_rows(members, work, EVIDENCE)


class _Blocks:
    """The members of one branch as units: what the conditions cannot tell apart within a block is one."""

    def __init__(self, rows: pl.DataFrame, number: int, condition: Branch, types: Mapping[str, str]) -> None:
        self.number, self.condition, self.types = number, condition, types
        names = feature_names(condition, types)
        mine = rows.filter(pl.col("branch") == number).select("within", "record_id", *names).unique()
        self.units = mine.select("within", *names).unique().sort("within", *names).with_row_index("unit")
        self.members = mine.join(self.units, on=["within", *names], nulls_equal=True).select(
            "unit", "record_id"
        )
        sizes = self.units.group_by("within").len()
        self.too_large = sizes.filter(pl.col("len") > _LARGEST)["within"]
        near = (one.test for one in condition if isinstance(one.test, Near) and one.holds)
        self.split_by = next((test.field for test in near if types[test.field] in WORDED), None)
        self.n_split = len(self.too_large) if self.split_by else 0
        self.keys = self._keys()

    def _keys(self) -> pl.DataFrame:
        """`unit`, `within`, `key` (UInt64): units of a key are compared; a unit of a block that is split has several."""
        if not self.n_split or self.split_by is None:
            return self.units.select("unit", "within", key=pl.col("within").cast(pl.UInt64))
        is_large = pl.col("within").is_in(self.too_large.implode())
        words = (
            pl.col(self.split_by).str.split(" ").list.eval(pl.element().str.head(_BEGINNING)).list.unique()
        )
        split = (
            self.units.filter(is_large)
            .with_columns(words.alias("word"))
            .explode("word")
            .filter(pl.col("word").is_not_null())
        )
        return pl.concat(
            [
                self.units.filter(~is_large).select("unit", "within", key=pl.col("within").cast(pl.UInt64)),
                split.select("unit", "within", key=hash63("split", "within", pl.col("word")).cast(pl.UInt64)),
            ]
        )

    def counts(self) -> pl.DataFrame:
        """One row per block that makes pairs."""
        held = pl.Series("held", self._sizes()).gather(self.keys["unit"])
        sizes = (
            self.keys.with_columns(held)
            .group_by("within", "key")
            .agg(
                pl.len().cast(pl.Int64).alias("n"),
                ((pl.col("held").sum() ** 2 - (pl.col("held") ** 2).sum()) // 2).alias("n_most"),
            )
        )
        blocks = sizes.group_by("within").agg((pl.col("n") * (pl.col("n") - 1) // 2).sum().alias("n_pairs"))
        if all(isinstance(one.test, Missing) or one == OF_TWO_SOURCES for one in self.condition):
            blocks = self._of_records()
        elif self._may_be_many(_total(blocks["n_pairs"]), _total(sizes["n_most"])):
            both = pl.concat([blocks, self._of_records()])
            blocks = both.group_by("within").agg(pl.col("n_pairs").max())
        is_split = pl.col("within").is_in(self.too_large.implode()) & pl.lit(self.n_split > 0)
        named = blocks.filter(pl.col("n_pairs") > 0).with_columns(
            pl.lit(self.number, pl.Int64).alias("branch"), n_split=is_split.cast(pl.Int64)
        )
        return named.select(pl.col(name).cast(dtype) for name, dtype in _COUNTS.items())

    def _may_be_many(self, n_pairs: int, n_most: int) -> bool:
        """Whether these pairs of units may be so many more of records that it is worth looking which of them agree."""
        is_more = n_most > max(_AT_ONCE, _FEW_TIMES * (n_pairs + self.members.height))
        return is_more and n_pairs <= PAIR_BUDGET

    def _of_records(self) -> pl.DataFrame:
        """
        `within`, `n_pairs`: how many pairs of records are evidence.

        Many where only sources and what is missing count, and where units do not agree with themselves: two sources
        with one name each under one telephone are a pair of units, and every record of one with every one of the other.
        """
        tested = Units(self.units, self.types)
        alone, sizes = self._alone(tested), self._sizes()
        within, found = self.units["within"], [pl.DataFrame(schema={"within": pl.Int64, "n_pairs": pl.Int64})]
        for left, right in self._pairs():
            met = tested.met(self.condition, left, right)[0]
            left, right = left[met], right[met]
            is_whole = alone[left] & alone[right]
            n = np.where(is_whole, sizes[left] + sizes[right], sizes[left] * sizes[right])
            found.append(pl.DataFrame({"within": within.gather(left), "n_pairs": n}))
        return pl.concat(found).group_by("within").agg(pl.col("n_pairs").sum())

    def _alone(self, tested: Units) -> Truths:
        """The units whose records agree with each other."""
        everyone = np.arange(self.units.height, dtype=np.int64)
        return tested.met(self.condition, everyone, everyone)[0]

    def _sizes(self) -> Rows:
        """How many records each unit has."""
        return np.bincount(self.members["unit"].to_numpy(), minlength=self.units.height).astype(np.int64)

    def evidence(self) -> pl.DataFrame:
        tested = Units(self.units, self.types)
        alone, sizes = self._alone(tested), self._sizes()
        found = [self._stars(np.flatnonzero(alone))]
        # Pairs of many records in two units that agree each within itself: no pair of all of these does not.
        for left, right in self._pairs():
            met, strength = tested.met(self.condition, left, right)
            left, right, strength = left[met], right[met], strength[met]
            is_whole = alone[left] & alone[right] & (np.maximum(sizes[left], sizes[right]) > 1)
            found.append(self._together(left[is_whole], right[is_whole], strength[is_whole]))
            found.append(self._between(left[~is_whole], right[~is_whole], strength[~is_whole]))
        return pl.concat(found)

    def _pairs(self) -> list[tuple[Rows, Rows]]:
        """All pairs of units that are compared, each once, in parts."""
        units = self.keys["unit"].to_numpy()
        keys = self.keys["key"].to_numpy()
        i, j = pairs_of_blocks(_spread(keys), np.arange(len(keys), dtype=np.int64), largest=len(keys) + 1)
        left, right = np.minimum(units[i], units[j]), np.maximum(units[i], units[j])
        codes = left.astype(np.int64) * (self.units.height + 1) + right
        if self.n_split:
            codes = np.unique(codes)
        parts = [codes[start : start + _AT_ONCE] for start in range(0, len(codes), _AT_ONCE)]
        return [(part // (self.units.height + 1), part % (self.units.height + 1)) for part in parts]

    def _stars(self, units: Rows) -> pl.DataFrame:
        """Records of one unit that agree with each other: edges from the smallest."""
        mine = self.members.filter(pl.col("unit").is_in(pl.Series(units, dtype=pl.UInt32).implode()))
        blocks = self._named_units()
        hub = pl.col("record_id").min().over("unit")
        stars = mine.with_columns(hub.alias("record_id_l")).filter(
            pl.col("record_id") != pl.col("record_id_l")
        )
        return self._named(
            stars.join(blocks, on="unit").with_columns(weight=1.0, record_id_r=pl.col("record_id"))
        )

    def _named_units(self) -> pl.DataFrame:
        """`unit`, `within` and `block`, which is the same however the blocks are spread over buckets."""
        features = (pl.col(name) for name in self.units.columns[2:])
        return self.units.select("unit", "within", block=hash63("unit", "within", *features))

    def _together(self, left: Rows, right: Rows, strength: Any) -> pl.DataFrame:
        """Records of two units of which all agree with all: edges from the smallest, as few as there are records."""
        units = self._named_units()
        pairs = pl.DataFrame({"unit": left, "other": right, "weight": strength}).cast(
            {"unit": pl.UInt32, "other": pl.UInt32}
        )
        named = (
            pairs.with_row_index("pair")
            .join(units, on="unit")
            .join(units.select(other="unit", beside="block"), on="other")
            .with_columns(
                block=hash63(
                    "pair", pl.min_horizontal("block", "beside"), pl.max_horizontal("block", "beside")
                )
            )
        )
        sides = [named.select("pair", "within", "weight", "block", unit=end) for end in ("unit", "other")]
        members = pl.concat(sides).join(self.members, on="unit").unique(["pair", "record_id"])
        stars = members.with_columns(record_id_l=pl.col("record_id").min().over("pair"))
        return self._named(
            stars.filter(pl.col("record_id") != pl.col("record_id_l")).with_columns(record_id_r="record_id")
        )

    def _between(self, left: Rows, right: Rows, strength: Any) -> pl.DataFrame:
        """All pairs of records of two units that agree."""
        pairs = pl.DataFrame({"unit": left, "other": right, "weight": strength}).cast(
            {"unit": pl.UInt32, "other": pl.UInt32}
        )
        both = (
            pairs.join(self.members, on="unit")
            .join(self.members.rename({"unit": "other"}), on="other", suffix="_r")
            .filter(pl.col("record_id") != pl.col("record_id_r"))
            .join(self.units.select("unit", "within"), on="unit")
            .select(
                "within",
                "weight",
                record_id_l=pl.min_horizontal("record_id", "record_id_r"),
                record_id_r=pl.max_horizontal("record_id", "record_id_r"),
            )
        )
        # Of several versions the most alike count.
        best = both.group_by("within", "record_id_l", "record_id_r").agg(pl.col("weight").max())
        if self.condition == (OF_TWO_SOURCES,):  # as of blocks: the more share a value, the less it says
            shared = (
                self.members.join(self.units, on="unit")
                .group_by("within")
                .agg(n=pl.col("record_id").n_unique())
            )
            best = best.join(shared, on="within").with_columns(weight=-pl.col("n").cast(pl.Float64))
        return self._named(
            best.with_columns(
                block=hash63("pair", pl.col("within"), pl.col("record_id_l"), pl.col("record_id_r"))
            )
        )

    def _named(self, edges: pl.DataFrame) -> pl.DataFrame:
        return edges.with_columns(branch=pl.lit(self.number, pl.Int64)).select(
            pl.col(name).cast(dtype) for name, dtype in EVIDENCE.items()
        )


def _spread(keys: Any) -> Any:
    """Keys as 1, 2, … in their high bits, which `pairs_of_blocks` groups by."""
    _, numbers = np.unique(keys, return_inverse=True)
    return numbers.astype(np.uint64) << np.uint64(32)


def _total(numbers: pl.Series) -> int:
    return int(numbers.cast(pl.Int64).to_numpy().sum())
