"""Moments: kept in UTC, so a time without a zone needs one declared."""

from __future__ import annotations

from typing import ClassVar, Final

import polars as pl

from cdptool.fields.base import INVALID, FieldOptions, FieldType, Judgement, judged
from cdptool.fields.fixed_times import read_fixed
from cdptool.fields.times import is_zero, localised, quick_shape, read_times

_UTC: Final = pl.Datetime("us", "UTC")
_NO_ZONE: Final = "naive time needs a declared zone"
_NEVER: Final = "this local time never was: the clock jumped over it"


class Datetime(FieldType):
    """
    A moment: ISO 8601 unless the source declares formats; a format that ends in `Z` is UTC.

    A local time that the autumn clock shows twice is taken as the earlier one (or as `ambiguous` says); one that
    the spring clock jumps over is invalid.
    """

    name: ClassVar = "datetime"
    dtype: ClassVar = _UTC

    def quick(self, texts: pl.Series, options: FieldOptions, /) -> pl.Series:
        shape = quick_shape(texts, options)
        if shape is None or (shape.zone == "naive" and options.tz is None):
            return super().quick(texts, options)
        times = read_fixed(texts, shape)
        if shape.zone != "naive":
            return times.dt.replace_time_zone("UTC")
        return localised(times, options.tz or "UTC", options)

    def judge(self, texts: pl.Series, options: FieldOptions, /) -> Judgement:
        times, has_zone = read_times(texts, options)
        moments = times.dt.replace_time_zone("UTC")
        naive = times.is_not_null() & ~has_zone
        local = localised(times, options.tz, options) if options.tz else moments.clear(len(moments))
        values = moments.zip_with(~naive, local)
        expected = "the declared format" if options.formats else "ISO 8601, and no format declared"
        read = judged(values, f"not a time of {expected}", placeholders=is_zero(texts))
        unplaced = naive & values.is_null() & (read.verdicts == INVALID)
        reasons = read.reasons.set(unplaced, _NEVER if options.tz else _NO_ZONE)
        return Judgement(read.values, read.verdicts, reasons)

    def match_key(self, values: pl.Expr) -> pl.Expr:
        return values.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ")
