"""
Every value as the text it is written as: ISO dates, money in units, true/false, printed profile ids.

Typed values become text here, before any step of `normalize` sees them; nothing is rounded and no money
passes through a float.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdptool.errors import SchemaError
from cdptool.tables import MONEY_SCALE

if TYPE_CHECKING:
    from polars._typing import PolarsDataType

_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"


def as_text(name: str, schema: pl.Schema) -> pl.Expr:
    """
    A column of the audience as text: String, or List(String) where the column is a list.

    Args:
        name: The column. `profile_id` becomes its printed form, an Int64 with a `<name>_currency` beside it
            is money.
        schema: The audience's.

    Returns:
        The text, named `name`. Null stays null.

    Raises:
        SchemaError: If the dtype has no text form (a struct, say).
    """
    dtype, column = schema[name], pl.col(name)
    if name == "profile_id" and dtype == pl.Int64:
        return printed_ids(column)
    if f"{name}_currency" in schema and dtype == pl.Int64:
        return money_text(column)
    if isinstance(dtype, pl.List):
        return column.list.eval(_scalar_text(pl.element(), dtype.inner, name))
    return _scalar_text(column, dtype, name)


def _scalar_text(value: pl.Expr, dtype: PolarsDataType, name: str) -> pl.Expr:
    if dtype == pl.Datetime:
        return value.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    if dtype.is_float():
        return pl.when(value.is_finite()).then(value).cast(pl.String)
    if dtype == pl.Null or dtype.is_integer() or dtype.is_decimal():
        return value.cast(pl.String)
    if dtype in (pl.String, pl.Boolean, pl.Date, pl.Categorical, pl.Enum):
        return value.cast(pl.String)
    raise SchemaError(f"column `{name}` is {dtype}, which an export cannot write")


def money_text(amount: pl.Expr) -> pl.Expr:
    """
    Ten-thousandths (Int64) as units with at most four decimals.

    >>> pl.Series("total", [50_000_000_000, -5_000, 12_345_678]).to_frame().select(
    ...     money_text(pl.col("total")))["total"].to_list()
    ['5000000', '-0.5', '1234.5678']
    """
    sign = pl.when(amount < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    units = (amount.abs() // MONEY_SCALE).cast(pl.String)
    decimals = (amount.abs() % MONEY_SCALE).cast(pl.String).str.zfill(4).str.strip_chars_end("0")
    point = pl.when(decimals != "").then(pl.lit(".")).otherwise(pl.lit(""))
    # sign and point are never null, amount may be
    return (
        pl.when(amount.is_not_null()).then(sign + units + point + decimals).alias(amount.meta.output_name())
    )


def printed_ids(ids: pl.Expr) -> pl.Expr:
    """
    `tables.printed_id` for a whole column (Int64, >= 0): thirteen letters of five bits, the last one padded.

    >>> pl.Series("profile_id", [1]).to_frame().select(printed_ids(pl.col("profile_id"))).item()
    'p_aaaaaaaaaaaac'
    """
    alphabet = pl.lit(pl.Series(list(_BASE32)))
    fives = [(ids // 2**shift) % 32 for shift in range(59, 0, -5)]
    letters = [alphabet.gather(five) for five in (*fives, (ids % 16) * 2)]
    return pl.concat_str(pl.lit("p_"), *letters).alias(ids.meta.output_name())
