"""Days of the calendar, such as a birthday: no time, no zone."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Final

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, judged
from cdptool.fields.fixed_times import read_fixed
from cdptool.fields.times import is_zero, quick_shape, read_times

# What systems write where they know no day: the first and last day of their calendars, and spreadsheets' day 0.
DEFAULT_DAYS: Final = (date(1899, 12, 30), date(1900, 1, 1), date(9999, 12, 31))


class Date(FieldType):
    """
    A date: ISO 8601 unless the source declares formats. `05/06/2024` is never guessed at.

    A text with a time gives the day as written, whatever the zone. The days that stand for "not known" in
    other systems (DEFAULT_DAYS) are placeholders.
    """

    name: ClassVar = "date"
    dtype: ClassVar = pl.Date()

    def quick(self, texts: pl.Series, options: FieldOptions, /) -> pl.Series:
        shape = quick_shape(texts, options)
        if shape is None or shape.zone == "offset":  # the day as written is not the day in UTC
            return super().quick(texts, options)
        days = read_fixed(texts, shape).dt.date()
        return days.set(_is_default(days), None)

    def judge(self, texts: pl.Series, options: FieldOptions, /) -> Judgement:
        written = texts if options.formats else texts.str.replace(r"\s*(?:Z|z|UTC|[+-]\d\d:?\d\d)$", "")
        times, _ = read_times(written, options)
        days = times.dt.date()
        return judged(days, _reason(options), placeholders=is_zero(texts) | _is_default(days))

    def match_key(self, values: pl.Expr) -> pl.Expr:
        return values.dt.to_string("%Y-%m-%d")


def _is_default(days: pl.Series) -> pl.Series:
    return days.is_in(DEFAULT_DAYS).fill_null(False)


def _reason(options: FieldOptions) -> str:
    return (
        "not a date of the declared format"
        if options.formats
        else "not an ISO 8601 date, and no format declared"
    )
