"""
Values that identify nobody, as `ignore` lists them: records that hold one hold nothing there, for every pass and rule.

A value is written as profiles show it, or by its number (`v_…`), so that no personal value need stand in a file. It stays
in the golden profile: a placeholder phone is still what the source said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from cdptool.fields import field_type
from cdptool.identity.spec import MergePlan
from cdptool.ids import hash63, id_of, printed_id
from cdptool.kernels import Kernel
from cdptool.tables import Column

_PREFIX: Final = "v"


def value_number(field: str, kind: str) -> pl.Expr:
    """The number of each value of a field: of what `same` compares."""
    key = field_type(kind).match_key(pl.col(field))
    return pl.when(key.is_not_null()).then(hash63(field, key)).alias("number")


def printed_value(number: int) -> str:
    """The number of a value as merge.yaml names it."""
    return printed_id(number, _PREFIX)


def ignored(plan: MergePlan, types: Mapping[str, str]) -> dict[str, frozenset[int]]:
    """The numbers of the ignored values, by field."""
    found = {}
    for key in plan.keys:
        numbers = set()
        for text in key.ignore:
            if text.startswith(f"{_PREFIX}_") and len(text) == len(printed_value(0)):
                numbers.add(id_of(text))
            else:
                one = pl.DataFrame({key.field: [text]})
                numbers.add(int(one.select(value_number(key.field, types[key.field])).item() or 0))
        if numbers:
            found[key.field] = frozenset(numbers)
    return found


def without_ignored(columns: Sequence[Column], plan: MergePlan) -> Kernel:
    """A row-local kernel: records → the same, null where a value is ignored."""
    types = {column.name: column.type for column in columns}
    return _without(ignored(plan, types), types)


def without_barred(columns: Sequence[Column], barred: pl.DataFrame) -> Kernel:
    """A row-local kernel: records → the same, null where they hold a value of `barred` (`field`, `value`)."""
    types = {column.name: column.type for column in columns}
    numbers = {str(name): frozenset(part["value"].to_list()) for (name,), part in barred.group_by("field")}
    return _without(numbers, types)


def _without(numbers: Mapping[str, frozenset[int]], types: Mapping[str, str]) -> Kernel:

    def kernel(records: pl.LazyFrame) -> pl.LazyFrame:
        kept = [
            pl.when(~value_number(name, types[name]).is_in(sorted(of_field)).fill_null(False))
            .then(pl.col(name))
            .alias(name)
            for name, of_field in numbers.items()
        ]
        return records.with_columns(kept)

    return kernel
