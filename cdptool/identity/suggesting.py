"""
Values that look like placeholders, or that too many people share: proposed for `ignore`, never applied.

People are told apart by their names, where a project has one, else by the other keys: a phone of eighty names is a
till's, a phone of one name on eighty rows is a good customer's. A shape that nobody's value has (0900000000, test@…)
counts from the second name on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from cdptool.fields import field_type
from cdptool.identity.ignoring import value_number, without_ignored
from cdptool.identity.spec import MergePlan
from cdptool.ids import hash63
from cdptool.kernels import Engine
from cdptool.tables import Column

SUGGESTED: Final = {
    "field": pl.String(),
    "number": pl.Int64(),
    "value": pl.String(),
    "n_records": pl.Int64(),
    "n_people": pl.Int64(),
    "why": pl.String(),
}
REPEATED: Final = "digits that repeat"
COUNTED: Final = "digits that count up or down"
MADE_UP: Final = "a word for a test or for nothing"
OFFICE: Final = "the mailbox of an office"
SHARED: Final = "shared by far more people than others"
_LEAST_SHARED: Final = 6
_TIMES_USUAL: Final = 4
_ONE_DIGIT: Final = "|".join(rf"{digit}{{7}}$|^{digit}{{4,}}$" for digit in range(10))
_UP, _DOWN = "0123456789012345678", "9876543210987654321"
_NOTHING: Final = r"^(?:test\d*|tester|testing|demo|sample|example|none|null|unknown|no-?e?mail|na|nobody|fake|dummy|abc|xxx+|asdf\w*|qwerty|anonymous|khong-?co|khongco)$"
_OFFICES: Final = r"^(?:info|sales?|contact|office|hello|support|admin\w*|webmaster|no-?reply|reception|enquir\w+|accounts?|hr|help|mail|lienhe|cskh)$"
_NO_DOMAIN: Final = r"@(?:example|test|none|nomail|noemail|invalid|localhost)\.?[a-z.]*$"


def suggested(engine: Engine[Any], records: Any, columns: Sequence[Column], plan: MergePlan) -> pl.DataFrame:
    """
    The values of the keys that identify nobody, as SUGGESTED: those of most people first.

    Args:
        engine: Where the kernels run.
        records: A table of the engine: RECORDS.
        columns: The profile fields.
        plan: merge.yaml; what it ignores already is not proposed again.
    """
    types = {column.name: column.type for column in columns}
    known = engine.map(records, without_ignored(columns, plan))
    parts = [
        _of_field(engine, known, key.field, types, _people(key.field, types, plan))
        for key in plan.keys
        if not key.attach_only
    ]
    found = pl.concat([pl.DataFrame(schema=SUGGESTED), *parts])
    return found.sort("field", "n_people", "n_records", "number", descending=[False, True, True, False])


def _people(field: str, types: dict[str, str], plan: MergePlan) -> tuple[str, ...]:
    """What tells people apart: their names, else what the other keys hold."""
    names = [name for name, kind in types.items() if kind == "person_name"]
    keys = [key.field for key in plan.keys if not key.attach_only and key.field != field]
    return tuple(name for name in names or keys if name != field)


def _of_field(
    engine: Engine[Any], records: Any, field: str, types: dict[str, str], people: tuple[str, ...]
) -> pl.DataFrame:
    who = [field_type(types[name]).match_key(pl.col(name)).alias(f"who {name}") for name in people]
    is_named = (
        pl.any_horizontal(pl.col(f"who {name}").is_not_null() for name in people) if people else pl.lit(True)
    )
    of_person = hash63(*(pl.col(f"who {name}") for name in people)) if people else pl.col("record_id")

    def kernel(rows: pl.LazyFrame) -> pl.LazyFrame:
        seen = rows.select(
            "record_id", value_number(field, types[field]), pl.col(field).cast(pl.String).alias("value"), *who
        )
        return seen.filter(pl.col("number").is_not_null()).select(
            "record_id", "number", "value", person=pl.when(is_named).then(of_person)
        )

    held = engine.collect(engine.map(records, kernel))
    values = (
        held.group_by("number")
        .agg(
            pl.col("value").min(),
            n_records=pl.col("record_id").n_unique().cast(pl.Int64),
            n_people=pl.col("person").drop_nulls().n_unique().cast(pl.Int64),
        )
        .with_columns(field=pl.lit(field))
    )
    usual = float(values["n_people"].quantile(0.95, "lower") or 0)
    is_shared = (pl.col("n_people") >= _LEAST_SHARED) & (pl.col("n_people") >= _TIMES_USUAL * max(usual, 1.0))
    shape = _shape(types[field])
    why = pl.when(shape.is_not_null() & (pl.col("n_people") >= 2)).then(shape)
    return (
        values.with_columns(why=pl.coalesce(why, pl.when(is_shared).then(pl.lit(SHARED))))
        .filter(pl.col("why").is_not_null())
        .select(pl.col(name).cast(dtype) for name, dtype in SUGGESTED.items())
    )


def _shape(kind: str) -> pl.Expr:
    """Why a value looks like nobody's; null where it does not."""
    value = pl.col("value")
    if kind == "email":
        local = value.str.to_lowercase().str.replace("@.*$", "")
        nothing = local.str.contains(_NOTHING) | value.str.to_lowercase().str.contains(_NO_DOMAIN)
        office = local.str.contains(_OFFICES)
        return pl.when(nothing).then(pl.lit(MADE_UP)).when(office).then(pl.lit(OFFICE))
    digits = value.str.replace_all(r"\D", "")
    last = digits.str.tail(7)
    repeats = digits.str.contains(_ONE_DIGIT)
    counts = pl.lit(_UP).str.contains(last, literal=True) | pl.lit(_DOWN).str.contains(last, literal=True)
    counts = counts & (last.str.len_bytes() == 7)
    return pl.when(repeats).then(pl.lit(REPEATED)).when(counts).then(pl.lit(COUNTED))
