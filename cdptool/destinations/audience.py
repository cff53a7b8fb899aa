"""
The audience as a destination's columns ask for it: each source a column of text, or of lists of text.

Knows the derived sources (`emails` from `email`, name parts from `name`, `birth_year` from `birth_date`,
`value` from the export's trait). What the project has no field for becomes an empty column.
"""

from __future__ import annotations

import polars as pl

from cdptool.destinations.spec import NOTHING, VALUE, ExportSpec, FileColumn
from cdptool.destinations.values import as_text
from cdptool.errors import SchemaError
from cdptool.fields import split_name

_NAME_PARTS = ("given_name", "family_name")


def prepare(audience: pl.DataFrame, export: ExportSpec, columns: tuple[FileColumn, ...]) -> pl.DataFrame:
    """
    Bring the audience into the shape the columns are made from.

    Args:
        audience: One row per profile: `profile_id` (Int64), profile fields, `<key>s` lists, traits. Money is
            Int64 with a `<name>_currency` beside it.
        export: Its `value` names the trait that the source `value` stands for.
        columns: What will be written.

    Returns:
        `row` (UInt32, from 0), `profile_id` (Int64), then one column per source of `columns`, named
        `from:<source>` (String or List(String)). A column with `one_row_each` has its list exploded.

    Raises:
        SchemaError: If `profile_id` or the trait of `value` is missing, or a column has no text form.
    """
    audience = _with_name_parts(audience, columns)
    schema = audience.schema
    sources = tuple(dict.fromkeys(column.source for column in columns))
    needed = ("profile_id", *((export.value,) if VALUE in sources and export.value else ()))
    if missing := [name for name in needed if name not in schema]:
        raise SchemaError(*(f"export `{export.name}` lacks column `{name}`" for name in missing))
    prepared = audience.select(
        pl.col("profile_id").cast(pl.Int64),
        *(_source_text(source, export, schema).alias(f"from:{source}") for source in sources),
    )
    for column in columns:
        if column.one_row_each and isinstance(prepared.schema[f"from:{column.source}"], pl.List):
            # a profile without a value keeps a row, so that it is accounted for
            prepared = prepared.explode(f"from:{column.source}", empty_as_null=True)
    return prepared.with_row_index("row")


def can_provide(source: str, schema: pl.Schema) -> bool:
    """Whether the audience has the source, or what it is derived from."""
    derived = {"birth_year": "birth_date", **dict.fromkeys(_NAME_PARTS, "name")}
    return source in schema or source.removesuffix("s") in schema or derived.get(source) in schema


def _source_text(source: str, export: ExportSpec, schema: pl.Schema) -> pl.Expr:
    """The text of one source: a field, a list of all its values, a derived field, or null."""
    if source == VALUE and export.value:
        return as_text(export.value, schema)
    if source == NOTHING:
        return pl.lit(None, pl.String)
    singular = source.removesuffix("s")
    is_plural = source != singular and isinstance(schema.get(source, pl.List(pl.String)), pl.List)
    if is_plural and singular in schema and not isinstance(schema[singular], pl.List):
        return _all_values(singular, source, schema)
    if source in schema:
        return as_text(source, schema)
    if source == "birth_year" and schema.get("birth_date") == pl.Date:
        return pl.col("birth_date").dt.year().cast(pl.String).str.zfill(4)
    return pl.lit(None, pl.String)


def _all_values(singular: str, plural: str, schema: pl.Schema) -> pl.Expr:
    """The survivor first, then the other values in their order: the first columns of a file match best."""
    survivor = pl.concat_list(as_text(singular, schema))
    if not isinstance(schema.get(plural), pl.List):
        return survivor
    others = as_text(plural, schema)
    empty = pl.lit([], pl.List(pl.String))
    return (
        pl.concat_list(survivor, others.fill_null(empty)).list.drop_nulls().list.unique(maintain_order=True)
    )


def _with_name_parts(audience: pl.DataFrame, columns: tuple[FileColumn, ...]) -> pl.DataFrame:
    """Split `name` where a column asks for a part that is no field of the project."""
    if audience.schema.get("name") != pl.String:
        return audience
    parts = split_name(pl.col("name"))
    derived = {"given_name": parts.given, "family_name": parts.family}
    wanted = {column.source for column in columns} - set(audience.columns)
    return audience.with_columns(**{part: made for part, made in derived.items() if part in wanted})
