"""How written times become moments: declared formats or ISO 8601, and the zone of what is written without one."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

import polars as pl

from cdptool.errors import SchemaError
from cdptool.fields.base import FieldOptions
from cdptool.fields.fixed_times import Shape, read_fixed, shape_of_format, shape_of_iso
from cdptool.fields.folding import replaced

_ISO: Final = (
    r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:(Z|z|UTC)|([+-])(\d{2}):?(\d{2})?)?)?$"
)
_PARTS: Final = ("year", "month", "day", "hour", "minute", "second", "fraction", "utc", "sign", "oh", "om")
NAIVE: Final = pl.Datetime("us")
_COMMON_SHAPES: Final = 4
_STEADY_YEARS: Final = 60


def quick_shape(texts: pl.Series, options: FieldOptions) -> Shape | None:
    """The shape most texts of the block will have: the first format's, or that of the first text."""
    if options.formats:
        return shape_of_format(options.formats[0])
    first = texts.first(ignore_nulls=True)
    return shape_of_iso(first) if isinstance(first, str) else None


def read_times(texts: pl.Series, options: FieldOptions) -> tuple[pl.Series, pl.Series]:
    """
    Judgement times by the declared formats in order, or as ISO 8601.

    Returns:
        (times, has_zone): Datetime[us], in UTC where the text has a zone, else as written; null where no format fits.
    """
    if not options.formats:
        return _read_iso(texts)
    times = pl.Series("value", [None], dtype=NAIVE).new_from_index(0, len(texts))
    has_zone = pl.Series("has_zone", [False]).new_from_index(0, len(texts))
    for text in options.formats:
        rows = times.is_null().arg_true()
        found = _read_format(texts.gather(rows), text)
        times = replaced(times, rows, found)
        if "%z" in text or "%:z" in text or text.endswith("Z"):
            has_zone = replaced(has_zone, rows.filter(found.is_not_null()), pl.Series([True]))
    return times, has_zone


def _read_format(texts: pl.Series, text: str) -> pl.Series:
    shape = shape_of_format(text)
    if shape is not None and len(texts) and (fixed := read_fixed(texts, shape)).null_count() == 0:
        return fixed
    require_format(text)
    times = texts.str.to_datetime(text, strict=False, time_unit="us")
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone:
        times = times.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    strange = ~times.dt.year().is_between(1000, 9999)
    return times.set(strange, None) if strange.any() else times


@lru_cache(maxsize=256)
def require_format(text: str) -> None:
    """
    Refuse a strptime format that cannot be written or read with.

    Raises:
        SchemaError: Naming the format.

    >>> require_format("%d/%m/%Y %H:%M")
    """
    moment = pl.select(moment=pl.datetime(2024, 2, 29, 10, time_unit="us", time_zone="UTC"))
    try:
        written = moment["moment"].dt.to_string(text)
        written.str.to_datetime(text, strict=False, time_unit="us")
    except pl.exceptions.PolarsError as error:
        raise SchemaError(f"the time format `{text}` is not understood") from error


def _read_iso(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The shapes that most texts have first (a fraction is often left out where it is zero), then any other."""
    times = pl.Series("value", [None], dtype=NAIVE).new_from_index(0, len(texts))
    has_zone = pl.Series("has_zone", [False]).new_from_index(0, len(texts))
    rows = times.is_null().arg_true()
    for _ in range(_COMMON_SHAPES):
        rest = texts.gather(rows)
        shape = shape_of_iso(rest[0]) if len(rest) else None
        if shape is None:
            break
        found = read_fixed(rest, shape)
        times = replaced(times, rows, found)
        if shape.zone != "naive":
            has_zone = replaced(has_zone, rows.filter(found.is_not_null()), pl.Series([True]))
        rows = rows.filter(found.is_null())
    slow_times, slow_zones = _read_any_iso(texts.gather(rows))
    return replaced(times, rows, slow_times), replaced(has_zone, rows, slow_zones)


def _read_any_iso(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    parts = texts.str.extract_groups(_ISO).struct.rename_fields(list(_PARTS)).struct.unnest()
    number = {
        name: pl.col(name).cast(pl.Int32, strict=False).fill_null(0)
        for name in _PARTS
        if name not in ("utc", "sign")
    }
    micros = (pl.col("fraction") + "000000").str.slice(0, 6).cast(pl.Int32, strict=False).fill_null(0)
    exists = (
        number["month"].is_between(1, 12)
        & (number["day"] >= 1)
        & (number["hour"] <= 23)
        & (number["minute"] <= 59)
        & (number["second"] <= 59)
        & (number["oh"] <= 23)
        & (number["om"] <= 59)
        & number["year"].is_between(1000, 9999)
    )
    # The last day is checked by going back: the 30th of February would become the 1st of March.
    start = pl.date(pl.when(exists).then(number["year"]), number["month"], 1)
    day = start.dt.offset_by((number["day"] - 1).cast(pl.String) + "d")
    is_day = day.dt.month() == number["month"]
    clock = pl.duration(
        hours=number["hour"], minutes=number["minute"], seconds=number["second"], microseconds=micros
    )
    ahead = pl.duration(hours=number["oh"], minutes=number["om"])
    away = pl.when(pl.col("sign") == "-").then(-ahead).otherwise(ahead)
    frame = parts.select(
        value=pl.when(is_day).then(day.cast(NAIVE) + clock - away),
        has_zone=pl.col("utc").is_not_null() | pl.col("sign").is_not_null(),
    )
    return frame["value"], frame["has_zone"].fill_null(False)


def is_zero(texts: pl.Series) -> pl.Series:
    """Whether a text is MySQL's way to say that there is no date."""
    return texts.str.starts_with("0000-00-00")


def localised(times: pl.Series, tz: str, options: FieldOptions) -> pl.Series:
    """Naive times of a zone as UTC; null where the clock jumped over that time."""
    first, last = times.min(), times.max()
    if isinstance(first, datetime) and isinstance(last, datetime) and last.year - first.year <= _STEADY_YEARS:
        offset = _steady_offset(tz, first.year, last.year)
        if offset is not None:
            return (times.cast(pl.Int64) - offset).cast(NAIVE).dt.replace_time_zone("UTC")
    aware = times.dt.replace_time_zone(tz, ambiguous=options.ambiguous, non_existent="null")
    return aware.dt.convert_time_zone("UTC")


@lru_cache(maxsize=64)
def _steady_offset(tz: str, first_year: int, last_year: int) -> int | None:
    """Microseconds ahead of UTC where the zone's clocks never moved in these years, looked at hour by hour."""
    start, end = pl.datetime(first_year - 1, 12, 30), pl.datetime(last_year + 1, 1, 3)
    hours = pl.select(pl.datetime_range(start, end, "1h", time_zone="UTC", time_unit="us")).to_series()
    local = hours.dt.convert_time_zone(tz).dt.replace_time_zone(None).cast(pl.Int64)
    offsets = (local - hours.cast(pl.Int64)).unique()
    return int(offsets[0]) if len(offsets) == 1 else None
