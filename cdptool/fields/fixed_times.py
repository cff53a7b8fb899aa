"""
Times written in fixed places (`2024-03-01T09:05:00Z`), read from their bytes.

All texts of one length lie side by side as a matrix of bytes; a digit is a column, a time a few sums over
columns. Exact: whatever is not a digit where a digit belongs is left to the slower reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

_WIDTHS: Final = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_SHORT: Final = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%R": "%H:%M"}
_DAY: Final = 86_400_000_000
_ISO: Final = re.compile(
    r"9999-99-99(?:[T ]99:99(?::99(?:\.(9{1,6}))?)?(Z|[+-]99:?99)?)?", re.ASCII
)  # digits already turned to 9

Digits = NDArray[np.int32]
Zone = Literal["naive", "utc", "offset"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the parts of a time stand: (directive, start, width) each, literals as (position, byte)."""

    length: int
    parts: tuple[tuple[str, int, int], ...]
    literals: tuple[tuple[int, int], ...]
    zone: Zone = "naive"
    sign: int = 1  # of the offset: shapes with + and with - are two shapes


def shape_of_format(text: str) -> Shape | None:
    """
    The shape of a strptime format whose parts all have a fixed width, or None.

    >>> shape_of_format("%d/%m/%Y").length, shape_of_format("%d %b %Y")
    (10, None)
    """
    for short, long in _SHORT.items():
        text = text.replace(short, long)
    parts, literals, at = [], [], 0
    for directive, literal in re.findall(r"%(.)|([^%])", text, re.DOTALL):
        width = _WIDTHS.get(directive, 0)
        if (directive and not width) or ord(literal or "0") > 127:
            return None
        if directive:
            parts.append((directive, at, width))
        else:
            literals.append((at, ord(literal)))
        at += width or 1
    units = [unit for unit, _, _ in parts]
    if len(set(units)) != len(units) or not {"Y", "m", "d"} <= set(units):
        return None
    return Shape(at, tuple(parts), tuple(literals), "utc" if text.endswith("Z") else "naive")


def shape_of_iso(text: str) -> Shape | None:
    """
    The shape of an ISO 8601 time, taken from one example, or None.

    >>> shape_of_iso("2024-03-01T09:05:00.123+07:00").zone
    'offset'
    """
    match = _ISO.fullmatch(re.sub(r"[0-9]", "9", text))
    if match is None:
        return None
    fraction, zone = match.groups()
    spare = (("H", 11, 2), ("M", 14, 2), ("S", 17, 2))
    end = len(text) - len(zone or "")
    parts = [("Y", 0, 4), ("m", 5, 2), ("d", 8, 2), *(part for part in spare if part[1] < end)]
    if fraction:
        parts.append(("f", 20, len(fraction)))
    if zone and zone != "Z":
        parts += [("h", end + 1, 2), ("n", len(text) - 2, 2)]
    taken = {start + i for _, start, width in parts for i in range(width)}
    literals = tuple((i, ord(letter)) for i, letter in enumerate(text) if i not in taken)
    kind: Zone = "naive" if not zone else "utc" if zone == "Z" else "offset"
    return Shape(len(text), tuple(parts), literals, kind, -1 if zone and zone[0] == "-" else 1)


def read_fixed(texts: pl.Series, shape: Shape) -> pl.Series:
    """
    The times of the texts that have this shape (Datetime[us], UTC where the shape has a zone, else as written).

    Null where the text has another shape, or names a day or hour that does not exist.

    >>> read_fixed(pl.Series(["01/02/2024", "30/02/2024"]), shape_of_format("%d/%m/%Y")).dt.date().to_list()
    [datetime.date(2024, 2, 1), None]
    """
    fits = (texts.str.len_bytes() == shape.length).fill_null(False)
    if fits.all():
        return _read_matrix(texts, shape)
    return _read_matrix(texts.set(~fits, "x" * shape.length), shape)  # no digits: null


def _read_matrix(texts: pl.Series, shape: Shape) -> pl.Series:
    if not len(texts):
        return pl.Series("value", [], dtype=pl.Datetime("us"))
    arrow = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = arrow.buffers()
    start = int(np.frombuffer(offsets, dtype=np.int64)[arrow.offset])
    size = len(texts) * shape.length
    matrix = np.frombuffer(data, dtype=np.uint8)[start : start + size].reshape(len(texts), shape.length)
    columns = matrix.T.copy()
    fits = np.ones(len(texts), dtype=np.bool_)
    for position, byte in shape.literals:
        fits &= columns[position] == byte
    columns -= 48
    numbers: dict[str, Digits] = {}
    for unit, begin, width in shape.parts:
        fits &= columns[begin : begin + width].max(axis=0) <= 9
        numbers[unit] = _number(columns[begin : begin + width])
    micros, exists = _microseconds(numbers, shape)
    series = pl.Series("value", micros).cast(pl.Datetime("us"))
    fits &= exists
    return series if fits.all() else series.set(pl.Series(~fits), None)


def _number(columns: NDArray[np.uint8]) -> Digits:
    number: Digits = columns[0].astype(np.int32)
    for column in columns[1:]:
        number *= 10
        number += column
    return number


def _microseconds(numbers: dict[str, Digits], shape: Shape) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    days, exists = _days(numbers["Y"], numbers["m"], numbers["d"])
    micros = days.astype(np.int64) * _DAY
    seconds: Digits = np.zeros(len(days), dtype=np.int32)
    for unit, limit, weight in (("H", 23, 3600), ("M", 59, 60), ("S", 59, 1)):
        if unit in numbers:
            exists &= numbers[unit] <= limit
            seconds += numbers[unit] * weight
    if "h" in numbers:
        exists &= (numbers["h"] <= 23) & (numbers["n"] <= 59)
        seconds -= shape.sign * (numbers["h"] * 3600 + numbers["n"] * 60)
    micros += seconds.astype(np.int64) * 1_000_000
    for unit, _, width in shape.parts:
        if unit == "f":
            micros += numbers["f"].astype(np.int64) * int(10 ** (6 - width))
    return micros, exists


def _days(year: Digits, month: Digits, day: Digits) -> tuple[Digits, NDArray[np.bool_]]:
    """Days since 1970-01-01, and whether the day exists."""
    starts, lengths = _months()
    at = (year << 4) + np.minimum(month, 15)
    exists = (day >= 1) & (day <= lengths.take(at, mode="clip"))  # what is no number, may be anything
    return starts.take(at, mode="clip") + day, exists


@lru_cache(maxsize=1)
def _months() -> tuple[Digits, NDArray[np.int8]]:
    """
    Of each month, at 16 × year + month: the day before its first, as days since 1970-01-01, and its length.

    Months that do not exist, and years before 1000, have no days.
    """
    firsts = np.arange("1000-01", "10000-01", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)
    following = np.append(firsts[1:], firsts[-1] + 31)
    starts, lengths = np.zeros((10_000, 16), np.int32), np.zeros((10_000, 16), np.int8)
    starts[1000:, 1:13] = firsts.reshape(-1, 12) - 1
    lengths[1000:, 1:13] = (following - firsts).reshape(-1, 12)
    return starts.ravel(), lengths.ravel()
