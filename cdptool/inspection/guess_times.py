"""
How a column writes its days and times: ISO 8601, or the format that its own values prove.

`05/06/2024` says nothing about which number is the day. Only a value above twelve proves an order; without
one both formats are named and none is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import polars as pl

from cdptool.fields import FieldOptions
from cdptool.inspection.sample import Sample, valid_share

_NUMBERS: Final = r"^(\d{1,2})([/.\-])(\d{1,2})[/.\-](\d{4}|\d{2})(?:,?[T ]+\d{1,2}:\d{2}.*)?$"
_CLOCKS: Final = (
    ("", r""),
    (" %H:%M", r"[ ]\d{1,2}:\d{2}"),
    (" %H:%M:%S", r"[ ]\d{1,2}:\d{2}:\d{2}"),
    (" %I:%M %p", r"[ ]\d{1,2}:\d{2} [AaPp][Mm]"),
    (" %I:%M:%S %p", r"[ ]\d{1,2}:\d{2}:\d{2} [AaPp][Mm]"),
    (", %H:%M", r",[ ]\d{1,2}:\d{2}"),
    (", %H:%M:%S", r",[ ]\d{1,2}:\d{2}:\d{2}"),
)
# Ways of writing that leave nothing open: the pattern that such a text matches, and its format.
_WRITTEN: Final[tuple[tuple[str, str], ...]] = (
    (r"^\d{1,2}/[A-Za-z]{3}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}$", "%d/%b/%Y:%H:%M:%S %z"),
    (r"^[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}$", "%a, %d %b %Y %H:%M:%S %z"),
    *(
        (rf"^{pattern}{clock}$", shape + written)
        for (pattern, shape), (written, clock) in product(
            (
                (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
                (r"\d{1,2}-[A-Za-z]{3}-\d{2}", "%d-%b-%y"),
                (r"\d{1,2} [A-Za-z]{3} \d{4}", "%d %b %Y"),
                (r"\d{1,2} [A-Za-z]{3,9} \d{4}", "%d %B %Y"),
                (r"[A-Za-z]{3} \d{1,2}, \d{4}", "%b %d, %Y"),
                (r"[A-Za-z]{3,9} \d{1,2}, \d{4}", "%B %d, %Y"),
                (r"\d{4}\.\d{1,2}\.\d{1,2}", "%Y.%m.%d"),
            ),
            _CLOCKS,
        )
    ),
)
# Digits only: read as times where the name speaks of one.
_COMPACT: Final[tuple[tuple[str, str], ...]] = (
    (r"^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$", "%Y%m%d"),
    (r"^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{6}$", "%Y%m%d%H%M%S"),
    (r"^1[0-9]{9}$", "%s"),
)
_ENOUGH: Final = 0.9
_FAR_MORE: Final = 20


@dataclass(frozen=True, slots=True)
class Times:
    """How times are written: `formats` (none: ISO 8601), or two that fit alike (`either`). `zone` is their own."""

    formats: tuple[str, ...]
    share: float
    has_clock: bool
    zone: str | None = None
    either: tuple[str, ...] = ()
    why: str = ""


def guess_times(sample: Sample, *, is_named_time: bool) -> Times | None:
    """
    How the texts write times; None where most of them do not.

    Args:
        sample: The column's texts.
        is_named_time: Whether the column's name speaks of a time: then digits alone may be one.
    """
    if sample.matching(r"\d") < _ENOUGH:
        return None
    if sample.matching(r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}") >= _ENOUGH:
        return _times_of_iso(sample)
    if sample.matching(_NUMBERS) >= _ENOUGH:
        return _ordered(sample)
    written = _COMPACT if is_named_time and sample.matching(r"^\d+$") >= _ENOUGH else _WRITTEN
    formats = [shape for pattern, shape in written if sample.matching(pattern) > 0]
    return _times(sample, tuple(formats)) if formats else None


def _times_of_iso(sample: Sample) -> Times | None:
    share = valid_share(sample, "datetime", FieldOptions(tz="UTC"))
    return _with_zone(sample, Times((), share, _has_clock(sample))) if share >= _ENOUGH else None


def _times(sample: Sample, formats: tuple[str, ...]) -> Times | None:
    useful, share = _fewest(sample, formats)
    if share < _ENOUGH:
        return None
    has_clock = any("%H" in each or "%I" in each or each == "%s" for each in useful)
    return _with_zone(sample, Times(useful, share, has_clock))


def _fewest(sample: Sample, formats: tuple[str, ...]) -> tuple[tuple[str, ...], float]:
    """The formats that each read what those before them do not, the one that reads most first; and their share."""
    alone = {each: _share(sample, (each,)) for each in formats}
    useful: tuple[str, ...] = ()
    share = 0.0
    for each in sorted(alone, key=lambda shape: -alone[shape]):
        if alone[each] > 0 and share < 1 and (more := _share(sample, (*useful, each))) > share:
            useful, share = (*useful, each), more
    return useful, share


def _share(sample: Sample, formats: tuple[str, ...]) -> float:
    return valid_share(sample, "datetime", FieldOptions(tz="UTC", formats=formats))


def _has_clock(sample: Sample) -> bool:
    return sample.matching(r"\d{1,2}:\d{2}") > 0.01


def _with_zone(sample: Sample, times: Times) -> Times:
    if not times.has_clock:
        return times
    if times.formats == ("%s",):
        return Times(times.formats, times.share, has_clock=True, zone="UTC", why="seconds since 1970")
    offset = sample.texts.str.extract(r"\d\s*(Z|z|UTC|[+-]\d{2}:?\d{2})$", 1)
    if sample.share(offset.is_not_null()) < 0.99:
        return times
    own = offset.str.replace(r"^(?:[zZ]|UTC|[+-]00:?00)$", "UTC").unique().sort().to_list()
    return Times(
        times.formats, times.share, has_clock=True, zone=own[0] if len(own) == 1 else "several offsets"
    )


def _ordered(sample: Sample) -> Times | None:
    """Day and month as numbers: which is which is only known where one of them is above twelve."""
    parts = sample.texts.str.extract_groups(_NUMBERS).struct.unnest()
    first, second = (parts[name].cast(pl.Int32, strict=False) for name in ("1", "3"))
    sign = parts["2"].drop_nulls().mode().sort()[0]
    year = "%y" if parts["4"].str.len_bytes().mode().sort()[0] == 2 else "%Y"
    n_day_first = int(((first > 12) & (second <= 12)).sum())
    n_month_first = int(((second > 12) & (first <= 12)).sum())
    options = {order: _clocked(sample, sign.join((*order.split(), year))) for order in ("%d %m", "%m %d")}
    day_first, month_first = options["%d %m"], options["%m %d"]
    if n_day_first and n_day_first >= _FAR_MORE * n_month_first and day_first:
        return _proven(day_first, n_day_first, "day")
    if n_month_first and n_month_first >= _FAR_MORE * n_day_first and month_first:
        return _proven(month_first, n_month_first, "month")
    if n_day_first or n_month_first or not day_first or not month_first:
        return None
    return Times(
        (),
        day_first.share,
        day_first.has_clock,
        day_first.zone,
        either=(day_first.formats[0], month_first.formats[0]),
        why="no value shows which number is the day",
    )


def _clocked(sample: Sample, day: str) -> Times | None:
    return _times(sample, tuple(day + clock for clock, _ in _CLOCKS))


def _proven(times: Times, n: int, part: str) -> Times:
    why = f"the {part} stands first: {n:,} different text{'s' * (n != 1)} cannot be read otherwise"
    return Times(times.formats, times.share, times.has_clock, times.zone, why=why)
