"""Texts as dates, in the one format that most texts of a column follow; the time of day is read where there is one."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

# (shape of the date part, formats that fit it; the first wins a tie)
FORMATS: Final = (
    (r"^\d{4}-\d{1,2}-\d{1,2}$", ("%Y-%m-%d",)),
    (r"^\d{4}/\d{1,2}/\d{1,2}$", ("%Y/%m/%d",)),
    (r"^\d{4}\.\d{1,2}\.\d{1,2}$", ("%Y.%m.%d",)),
    (r"^\d{1,2}/\d{1,2}/\d{4}$", ("%d/%m/%Y", "%m/%d/%Y")),
    (r"^\d{1,2}-\d{1,2}-\d{4}$", ("%d-%m-%Y", "%m-%d-%Y")),
    (r"^\d{1,2}\.\d{1,2}\.\d{4}$", ("%d.%m.%Y", "%m.%d.%Y")),
    (r"^\d{1,2}/\d{1,2}/\d{2}$", ("%d/%m/%y", "%m/%d/%y")),
    (r"^\d{1,2}\.\d{1,2}\.\d{2}$", ("%d.%m.%y",)),
    (r"^\d{1,2}[ -]\p{L}{3}[ -]\d{4}$", ("%d %b %Y",)),
    (r"^\d{1,2}[ -]\p{L}{4,}[ -]\d{4}$", ("%d %B %Y",)),
    (r"^\p{L}{3} \d{1,2},? \d{4}$", ("%b %d %Y",)),
    (r"^\p{L}{4,} \d{1,2},? \d{4}$", ("%B %d %Y",)),
)
COMPACT: Final = r"^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"
TIME: Final = r"^(.*?\d)[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s?(?:([AaPp])\.?[Mm]\.?)?\s?(Z|[+-]\d{2}:?\d{2})?$"


class DateReading(NamedTuple):
    """
    Per text its days since 1970-01-01 (NaN = not in the usual format) and whether it is a date in another one.

    `is_impossible`: written like the others, but no such day exists (30 February).
    """

    format: str | None
    days: NDArray[np.float64]
    is_other_format: NDArray[np.bool_]
    is_impossible: NDArray[np.bool_]
    has_time: bool


def read_dates(texts: pl.Series, counts: NDArray[np.int64], *, is_hinted: bool = False) -> DateReading:
    """
    Read stripped texts as dates.

    >>> reading = read_dates(pl.Series(["2026-01-02", "2026-02-30", "03/01/2026"]), np.array([9, 1, 1]))
    >>> reading.format, reading.is_other_format.tolist(), reading.is_impossible.tolist()
    ('%Y-%m-%d', [False, False, True], [False, True, False])
    """
    none = np.zeros(len(texts), np.bool_)
    empty = DateReading(None, np.full(len(texts), np.nan), none, none, False)
    if not len(texts) or not texts.head(200).str.contains(r"\d{1,4}[-/. ]\w+[-/., ]+\d{1,4}|^\d{8}$").any():
        return empty
    part, seconds = _parted(texts)
    fits = [part.str.contains(pattern).to_numpy() for pattern, _ in FORMATS]
    fits.append(part.str.contains(COMPACT).to_numpy() if is_hinted else none)
    weights = [int(counts[fit].sum()) for fit in fits]
    best = int(np.argmax(weights))
    if not weights[best] or weights[best] < 0.5 * counts.sum():
        return empty
    formats = FORMATS[best][1] if best < len(FORMATS) else ("%Y%m%d",)
    days, chosen = _best_format(part, fits[best], counts, formats)
    swapped = _any_day(part, fits[best], formats)
    is_other = np.logical_or.reduce([fit for index, fit in enumerate(fits) if index != best])
    is_other |= fits[best] & np.isnan(days) & swapped
    is_other |= ~fits[best] & part.str.contains(COMPACT).to_numpy()
    impossible = fits[best] & np.isnan(days) & ~swapped
    has_time = bool((seconds > 0).any())
    return DateReading(chosen, days + seconds / 86400, is_other & np.isnan(days), impossible, has_time)


def _parted(texts: pl.Series) -> tuple[pl.Series, NDArray[np.float64]]:
    """The date part of each text, and its seconds of the day in UTC where it says its zone."""
    fields = texts.to_frame("text").select(groups=pl.col("text").str.extract_groups(TIME)).unnest("groups")
    names = fields.columns
    if not fields[names[0]].is_not_null().any():
        return texts, np.zeros(len(texts))
    hour, minute, second = (
        fields[n].cast(pl.Float64, strict=False).fill_null(0).to_numpy() for n in names[1:4]
    )
    half = fields[names[4]].str.to_lowercase()
    hour = np.where((half == "p").fill_null(False).to_numpy(), hour % 12 + 12, hour)
    hour = np.where((half == "a").fill_null(False).to_numpy(), hour % 12, hour)
    zone = fields[names[5]].str.replace(":", "", literal=True)
    sign = np.where(zone.str.starts_with("-").fill_null(False).to_numpy(), -1.0, 1.0)
    ahead = zone.str.slice(1, 2).cast(pl.Float64, strict=False).fill_null(0).to_numpy() * 3600
    ahead = ahead + zone.str.slice(3, 2).cast(pl.Float64, strict=False).fill_null(0).to_numpy() * 60
    bare = fields[names[0]].str.strip_chars_end(",").alias("bare")
    part = pl.select(pl.coalesce(bare, texts.alias("text"))).to_series()
    return part, hour * 3600 + minute * 60 + second - sign * ahead


def _days(texts: pl.Series, form: str) -> NDArray[np.float64]:
    plain = texts.str.replace_all(r"[ ,-]+", " ") if "%b" in form.lower() else texts
    dates = plain.str.strptime(pl.Date, form, strict=False)
    return dates.cast(pl.Int32).cast(pl.Float64).fill_null(np.nan).to_numpy()


def _best_format(
    part: pl.Series, fits: NDArray[np.bool_], counts: NDArray[np.int64], formats: tuple[str, ...]
) -> tuple[NDArray[np.float64], str]:
    chosen = part.to_frame("text").select(pl.when(pl.Series(fits)).then("text")).to_series()
    read = [(_days(chosen, form), form) for form in formats]
    return max(read, key=lambda found: int(counts[~np.isnan(found[0])].sum()))


def _any_day(part: pl.Series, fits: NDArray[np.bool_], formats: tuple[str, ...]) -> NDArray[np.bool_]:
    chosen = part.to_frame("text").select(pl.when(pl.Series(fits)).then("text")).to_series()
    is_day: NDArray[np.bool_] = np.logical_or.reduce([~np.isnan(_days(chosen, form)) for form in formats])
    return is_day
