"""
Columns that say what others have said: a whole address beside its parts, an address for letters that is the one of the house.

What is said twice is no evidence twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Final

import numpy as np
import polars as pl

from cdptool.fields.folding import folded
from cdptool.roles.columns import Columns
from cdptool.roles.names import said_by
from cdptool.roles.subjects import RECIPIENTS

_PLACES: Final = ("address", "postcode", "city", "state")
_PEOPLE: Final = ("given", "family", "full_name", "organisation")
_MOSTLY: Final = 0.8
_OFTEN: Final = 0.3
_SELDOM: Final = 0.2
_ENOUGH: Final = 20  # pairs of one name


def repeated(table: Columns, named: Mapping[str, str | None]) -> dict[str, None]:
    """
    The columns that give way, in the order of the file.

    Args:
        table: The columns of the file.
        named: Their roles by name.
    """
    found: dict[str, None] = {}
    asked = (*_PLACES, *_PEOPLE)
    of_role = {role: [name for name, each in named.items() if each == role] for role in asked}
    if of_role["postcode"] or of_role["city"]:
        for whole, part in permutations(of_role["address"], 2):
            if whole not in found and part not in found and _holds(table, whole, part):
                found[whole] = None
    for role, names in of_role.items():
        first, *others = [name for name in names if name not in found] or [""]
        for other in others:
            is_recipient = role in _PEOPLE and _is_of_recipient(other) and not _is_of_recipient(first)
            if is_recipient or _are_mostly_one(table, first, other):
                found[other] = None
    return found


def of_each_row(table: Columns, named: Mapping[str, str | None]) -> dict[str, None]:
    """
    The days of firms that rows of one name (in one place) do not share: those of an entry, not those on which a firm began.

    Args:
        table: The columns of the file.
        named: Their roles by name.
    """
    by_role = {role: name for name, role in reversed(list(named.items())) if role}
    firm = [by_role[role] for role in ("organisation", "postcode", "address", "city") if role in by_role][:2]
    days = [name for name, role in named.items() if role == "founded"]
    return {day: None for day in days if "organisation" in by_role and _differ_within(table, firm, day)}


def _differ_within(table: Columns, group: list[str], other: str) -> bool:
    """Whether rows of one group hardly ever hold the same of another column, as far as there are enough."""
    others = table.by_name[other].ids
    held = np.bitwise_or.reduce([others, *(table.by_name[name].ids for name in group)])
    rows, groups = np.flatnonzero(held >= 0), table.different(group)[1]
    rows = rows[np.argsort(groups[rows], kind="stable")]
    of_one = groups[rows[1:]] == groups[rows[:-1]]
    same = others[rows[1:]] == others[rows[:-1]]
    return bool(of_one.sum() >= _ENOUGH and same[of_one].mean() < _SELDOM)


def _is_of_recipient(name: str) -> bool:
    return not RECIPIENTS.isdisjoint(said_by(name).tokens)


def _holds(table: Columns, whole: str, part: str) -> bool:
    """Whether the texts of one column mostly stand in the other, with more around them."""
    both = _both(table, whole, part)
    inside = both.filter(pl.col("one").str.contains(pl.col("other"), literal=True))
    longer = inside.filter(pl.col("one") != pl.col("other"))
    return both.height > 0 and longer.height > _MOSTLY * both.height


def _are_mostly_one(table: Columns, one: str, other: str) -> bool:
    """Whether two columns hold the same in a good part of the rows, and more often than by chance."""
    both = _both(table, one, other)
    n_rows = max(both.height, 1)
    same = both.filter(pl.col("one") == pl.col("other")).height / n_rows
    by_chance = both.filter(pl.col("one") == pl.col("other").shift(1)).height / n_rows
    return same > _OFTEN + (1 - _OFTEN) * by_chance


def _both(table: Columns, one: str, other: str) -> pl.DataFrame:
    """Some rows that hold both, folded."""
    texts = table.some((one, other)).select(one=folded(pl.col(one)), other=folded(pl.col(other))).drop_nulls()
    return texts.filter((pl.col("one") != "") & (pl.col("other") != ""))
