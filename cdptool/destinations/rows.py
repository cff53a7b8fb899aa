"""
Which rows of finished cells are written: complete addresses, at least one identifier, no row twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Final

import polars as pl

from cdptool.destinations.spec import FileColumn

LEFT_OUT: Final[dict[str, pl.DataType]] = {"profile_id": pl.Int64(), "reason": pl.String()}
NO_IDENTIFIER: Final = "nothing to reach the profile by"
NO_VALID_IDENTIFIER: Final = "no valid value to reach the profile by"
SAME_ROW: Final = "same row as another profile"
SAME_HOUSEHOLD: Final = "another one of the household has a row"
_STRONGEST_FIRST: Final = (SAME_ROW, SAME_HOUSEHOLD, NO_VALID_IDENTIFIER, NO_IDENTIFIER)


@dataclass(frozen=True, slots=True)
class Slot:
    """One column as it stands in the file: its header, and the name of its cells (headers repeat, names do not)."""

    header: str
    name: str  # "0", "1", …
    column: FileColumn


def blank_incomplete(cells: pl.DataFrame, slots: tuple[Slot, ...]) -> pl.DataFrame:
    """Empty the cells whose column `needs` a header that is empty in the row; all are judged at once."""
    return cells.with_columns(
        pl.when(_all_filled(slot.column.needs, slots)).then(pl.col(slot.name)).alias(slot.name)
        for slot in slots
        if slot.column.needs
    )


def split_reachable(
    cells: pl.DataFrame, slots: tuple[Slot, ...], require_any: tuple[tuple[str, ...], ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows in which one of the sets of headers is filled, and the others."""
    reachable = reduce(or_, (_all_filled(headers, slots) for headers in require_any))
    return cells.filter(reachable), cells.filter(~reachable)


def split_households(
    cells: pl.DataFrame, slots: tuple[Slot, ...], households: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """
    The rows of one profile of each household, and those of the others.

    Args:
        cells: `profile_id` and the slots' cells.
        slots: What is written.
        households: `profile_id`, `household_id` of every profile; one without a household stands for itself.

    Returns:
        Two parts of `cells`. The profile that fills most columns stays, of several the lowest `profile_id`.
    """
    filled = pl.sum_horizontal(pl.lit(0), *(pl.col(slot.name).is_not_null() for slot in slots))
    fullest = cells.with_columns(filled=filled).group_by("profile_id").agg(pl.col("filled").max())
    own = pl.concat_str(pl.lit("profile "), pl.col("profile_id").cast(pl.String))
    first = (
        fullest.join(households, on="profile_id", how="left")
        .with_columns(pl.col("household_id").fill_null(own))
        .sort("filled", "profile_id", descending=[True, False])
        .unique("household_id", keep="first", maintain_order=True)
    )
    chosen = pl.col("profile_id").is_in(first["profile_id"].implode())
    return cells.filter(chosen), cells.filter(~chosen)


def split_doubles(
    cells: pl.DataFrame, slots: tuple[Slot, ...], *, drop: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """
    Sort rows by what is written and take out those whose identifiers stand there already.

    Args:
        cells: `profile_id` and the slots' cells.
        slots: What is written.
        drop: False keeps doubles: a plain list has one row per profile.

    Returns:
        The rows written, sorted by their cells; the doubles. Of equal rows the lowest `profile_id` stays.
    """
    names = [slot.name for slot in slots]
    ordered = cells.sort(*names, "profile_id", "row", nulls_last=True)
    if not drop:
        return ordered, ordered.clear()
    identifiers = [slot.name for slot in slots if slot.column.source != "value"]
    first = ordered.sort("profile_id", "row", nulls_last=True).unique(
        subset=identifiers, keep="first", maintain_order=True
    )
    written = ordered.join(first.select("row"), on="row", how="semi", maintain_order="left")
    return written, ordered.join(first.select("row"), on="row", how="anti", maintain_order="left")


def left_out(
    unreachable: pl.DataFrame,
    others: Mapping[str, pl.DataFrame],
    written: pl.DataFrame,
    refused: pl.DataFrame,
) -> pl.DataFrame:
    """
    The profiles that have no row in the file, with the reason.

    Args:
        unreachable: Rows without an identifier.
        others: By reason, rows for which another one stands.
        written: The rows of the file.
        refused: `row` of each value that was refused.

    Returns:
        LEFT_OUT, one row per profile (one per row where `profile_id` is null), sorted.
    """
    had_values = pl.col("row").is_in(refused["row"].implode())
    reason = pl.when(had_values).then(pl.lit(NO_VALID_IDENTIFIER)).otherwise(pl.lit(NO_IDENTIFIER))
    same = [rows.select("profile_id", reason=pl.lit(why)) for why, rows in others.items()]
    rows = pl.concat([*same, unreachable.select("profile_id", reason=reason)])
    absent = rows.join(written.select("profile_id"), on="profile_id", how="anti")
    absent = absent.sort("profile_id", pl.col("reason").cast(pl.Enum(_STRONGEST_FIRST)))
    bare = absent.filter(pl.col("profile_id").is_null())
    named = absent.filter(pl.col("profile_id").is_not_null())
    return pl.concat([bare, named.unique("profile_id", keep="first", maintain_order=True)])


def _all_filled(headers: tuple[str, ...], slots: tuple[Slot, ...]) -> pl.Expr:
    return reduce(and_, (_filled(header, slots) for header in headers))


def _filled(header: str, slots: tuple[Slot, ...]) -> pl.Expr:
    return reduce(or_, (pl.col(slot.name).is_not_null() for slot in slots if slot.header == header))
