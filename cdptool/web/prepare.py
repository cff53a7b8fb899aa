"""From the rows of a stream to what the kernels read: which device each row is of, whether somebody logged in."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from cdptool.ids import hash63
from cdptool.kernels import Kernel
from cdptool.rules import row_condition
from cdptool.tables import StreamSchema
from cdptool.web.cutting import EVENTS
from cdptool.web.spec import PARTS, SessionSpec


def with_device(spec: SessionSpec, known: Collection[str]) -> Kernel:
    """
    A kernel by `record_id` over rows of a stream and the records their identifiers make.

    Args:
        spec: Which profile fields are devices; of a record the first that it has counts.
        known: The fields that say more than a device: who has one of them has logged in.

    Returns:
        A function that gives the columns of the rows, then `#device` (Int64, null where it has none) and
        `#is_known` (Boolean): the stream may well have a column `device`. No order.
    """

    def kernel(rows: pl.LazyFrame, records: pl.LazyFrame) -> pl.LazyFrame:
        device = pl.coalesce(
            *(
                pl.when(pl.col(name).is_not_null()).then(hash63("device", name, pl.col(name)))
                for name in spec.device
            )
        )
        is_known = pl.any_horizontal(*(pl.col(name).is_not_null() for name in known), pl.lit(False))
        told = records.select("record_id", device.alias("#device"), is_known.alias("#is_known"))
        one = told.group_by("record_id").agg(pl.col("#device").min(), pl.col("#is_known").max())
        return rows.join(one, on="record_id", how="left").with_columns(pl.col("#is_known").fill_null(False))

    return kernel


def visits(rows: pl.LazyFrame, spec: SessionSpec, stream: StreamSchema, tz: str) -> pl.LazyFrame:
    """
    Row-local: the rows in the shape the kernels read.

    Args:
        rows: With `#device` and `#is_known`, and the columns of the stream.
        spec: Which column holds what, and which rows are page views and conversions.
        stream: The declared columns.
        tz: The zone of days that conditions speak of.

    Returns:
        EVENTS. Without `pages` a row with a url is a page; without either every row is.
    """
    columns = dict(spec.parts)
    url = columns.get("url")
    if spec.pages is not None:
        is_page = row_condition(spec.pages, stream, tz=tz).fill_null(False)
    else:
        is_page = pl.col(url).is_not_null() if url else pl.lit(True)
    converts = (
        row_condition(spec.conversion, stream, tz=tz).fill_null(False) if spec.conversion else pl.lit(False)
    )
    parts = [
        (pl.col(columns[part]).cast(pl.String) if part in columns else pl.lit(None, pl.String)).alias(
            f"#{part}"
        )
        for part in PARTS
    ]
    shaped = rows.with_columns(is_page.alias("#is_page"), converts.alias("#is_conversion"), *parts)
    own = {"device", "is_known", "is_page", "is_conversion", *PARTS}
    return shaped.select(pl.col(f"#{name}" if name in own else name).alias(name) for name in EVENTS)
