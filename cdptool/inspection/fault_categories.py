"""Spellings of a frequent value: case, spaces, accents, a letter off. And text that was decoded wrongly."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from cdptool.fields import field_type
from cdptool.fields.country_names import COUNTRIES
from cdptool.fields.folding import fold
from cdptool.inspection.columns import Column, Mask, Rows
from cdptool.inspection.findings import Accused, Fault, Table, written
from cdptool.inspection.guess import guess_column
from cdptool.inspection.naming_words import speaks_of_people

LEAST_ROWS: Final = 40
MOST_FOLDED: Final = 5000
MOST_TYPED: Final = 400
MOST_SLIPS: Final = 0.03  # of the rows can hold one slip
BROKEN_LETTER: Final = r"\p{L}\?+\p{L}"


def near_duplicates(table: Table, accused: Accused) -> list[Fault]:
    """Rare spellings of frequent values, in columns of values that come again and again."""
    faults = []
    for column in table.of_kind("words", "text", "code"):
        if not _is_categorical(column):
            continue
        odd = _other_spelling(column) | _typos(column)
        rows = column.rows(odd)
        rows = rows[~accused.of(column.name)[rows]]
        if 0 < len(rows) <= 0.15 * column.n_filled:
            evidence = (
                f"{int(odd.sum())} rare spelling{'s' * (int(odd.sum()) != 1)} of values that come far more often,"
                f" among {len(column.texts) - int(odd.sum())} values"
            )
            values = column.texts.filter(pl.Series(~odd))
            faults.append(Fault("near_duplicate", (column.name,), rows, evidence, _expect(column, values)))
    return faults


def _expect(column: Column, values: pl.Series) -> str | None:
    if len(values) > 12 or column.kind != "words":
        return None
    is_personal = field_type(guess_column(column.name, column.texts).type).is_personal
    if is_personal or speaks_of_people(column.name):  # a few people are no category to print
        return None
    listed = ", ".join(f'"{value}"' for value in values.sort())
    return f"{written(column.name)} in [{listed}]"


def _is_categorical(column: Column) -> bool:
    n = column.n_meant
    is_path = column.share(column.stripped.str.contains(r"\S/\S|@").to_numpy()) > 0.5
    if is_path or n < LEAST_ROWS or column.share(column.has_letter) < 0.9 or len(column.texts) > MOST_FOLDED:
        return False
    return float(column.counts[column.counts >= 4].sum()) >= 0.7 * n and len(column.texts) <= 0.25 * n


def _keys(column: Column) -> pl.Series:
    """What a text is compared by: no case, accents, spaces or punctuation; grades such as `A-` keep their sign."""
    folded = fold(column.stripped)
    bare = folded.str.replace_all(r"[^\p{L}\d+&#]", "").alias("bare")
    plain = folded.str.replace_all(r"\s", "").alias("plain")
    is_short = bare.str.len_chars() <= 2
    return pl.select(pl.when(is_short).then(plain).otherwise(bare)).to_series()


def _other_spelling(column: Column) -> Mask:
    """The same letters with other case, spaces, accents or signs; only case and spaces may come more often."""
    plain = column.texts.str.to_lowercase().str.replace_all(r"\s+", "")
    frame = pl.DataFrame({"key": _keys(column), "plain": plain, "n": column.counts}).with_columns(
        top=pl.col("n").max().over("key"),
        top_plain=pl.col("n").max().over("plain"),
        size=pl.len().over("key"),
    )
    is_word = (pl.col("key").str.len_chars() > 1) & (pl.col("top_plain") >= 4)
    rare = frame.select(
        (pl.col("size") > 1)
        & (pl.col("key") != "")
        & (pl.col("top") >= 4)
        & ((pl.col("n") <= 0.25 * pl.col("top")) | (is_word & (pl.col("n") <= 0.5 * pl.col("top_plain"))))
    )
    odd = rare.to_series().to_numpy()
    n_odd = int(column.counts[odd].sum())
    return odd if n_odd <= 0.15 * column.n_filled else np.zeros(len(odd), np.bool_)


def _typos(column: Column) -> Mask:
    """A slip of the hand off a frequent value, where frequent values are never a slip apart."""
    none = np.zeros(len(column.texts), np.bool_)
    keys = _keys(column).to_list()
    top: dict[str, int] = {}
    for key, count in zip(keys, column.counts.tolist(), strict=True):
        top[key] = top.get(key, 0) + count
    names = sorted(key for key, count in top.items() if count >= max(6, 0.002 * column.n_meant))
    rare = [key for key, count in top.items() if count <= MOST_SLIPS * column.n_meant]
    if not 1 < len(names) <= MOST_TYPED or len(rare) > 20 * MOST_TYPED:
        return none
    slips = {key for key in rare if _is_slip(key, names, top)}
    usual = [name for name in names if name not in slips]
    if _near_each_other(usual, np.array([top[name] for name in usual])) > 0.03 * len(usual):
        return none
    odd = np.array([key in slips for key in keys]) & ~column.is_placeholder
    return odd if column.counts[odd].sum() <= 0.1 * column.n_filled else none


def _is_slip(key: str, names: list[str], top: dict[str, int]) -> bool:
    """Whether a far more frequent value is this one, typed right."""
    if len(key) < 4 or key in _countries():
        return False
    most = 2 if len(key) >= 9 else 1
    found = process.extract(key, names, scorer=OSA.distance, score_cutoff=most, limit=5)
    for name, distance, _ in found:
        if (
            distance
            and _digits(name) == _digits(key)
            and top[key] <= _most_of(key, name, int(distance)) * top[name] + 1
        ):
            return top[name] >= 6 and top[name] > 3 * top[key]
    return False


def _most_of(slip: str, name: str, distance: int) -> float:
    """How often a slip may come, for each time that the value is right: what is no other word may come more often."""
    if distance > 1:
        is_longer = slip in (name[: len(slip)], name[-len(slip) :]) or name in (
            slip[: len(name)],
            slip[-len(name) :],
        )
        return 0.0 if is_longer or min(len(slip), len(name)) < 10 else 0.03
    if sorted(slip) == sorted(name) or _undoubled(slip) == _undoubled(name):
        return 0.3
    is_ending = slip[:-1] == name or name[:-1] == slip or (slip[:-1] == name[:-1])
    return 0.06 if is_ending or min(len(slip), len(name)) < 5 else 0.2


def _undoubled(text: str) -> str:
    return "".join(letter for place, letter in enumerate(text) if place == 0 or text[place - 1] != letter)


def _near_each_other(names: list[str], counts: Rows) -> int:
    """Frequent values within a letter of another: then a letter off says nothing here."""
    if not names:
        return 0
    near = process.cdist(names, names, scorer=OSA.distance, score_cutoff=2)
    long = np.array([len(name) for name in names])
    allowed = np.where(np.minimum.outer(long, long) >= 9, 2, 1)
    of_a_size = np.minimum.outer(counts, counts) > 0.06 * np.maximum.outer(
        counts, counts
    )  # else one is a slip
    close = of_a_size & (near <= allowed) & (near > 0) & (np.minimum.outer(long, long) >= 4)
    return int(close.any(axis=1).sum())


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


@cache
def _countries() -> frozenset[str]:
    """The folded names of all countries, letters and digits only."""
    names = [name for line in COUNTRIES.split("\n") for name in line[7:].split("|")]
    return frozenset("".join(c for c in name if c.isalnum()) for name in fold(pl.Series(names)) if name)


def mixed_encodings(table: Table, _accused: Accused) -> list[Fault]:
    """Texts that were UTF-8 and were read as Windows-1252, and letters that were lost."""
    faults = []
    for column in table.columns:
        doubtful = column.texts.str.contains(r"[^\x00-\x7f]").to_numpy()
        odd = np.zeros(len(column.texts), np.bool_)
        for place in np.flatnonzero(doubtful):
            odd[place] = _is_garbled(column.texts[int(place)])
        if column.kind == "words" and column.share(column.stripped.str.len_chars().to_numpy() <= 40) > 0.9:
            odd |= column.stripped.str.contains(BROKEN_LETTER).to_numpy()
        rows = column.rows(odd)
        if len(rows):
            evidence = (
                f"{len(rows):,} of {column.n_filled:,} texts were written in one encoding and read in another"
            )
            expect = f'not matches({written(column.name)}, "Ã.|Â.|â€|áº|á»|\ufffd")'
            faults.append(Fault("mixed_encoding", (column.name,), rows, evidence, expect))
    return faults


def _is_garbled(text: str) -> bool:
    """
    Whether a text holds UTF-8 that was read as Windows-1252 or Latin-1, or letters that were lost.

    >>> _is_garbled("CafÃ©"), _is_garbled("SÃO PAULO"), _is_garbled("café"), _is_garbled("Vi\ufffdt")
    (True, False, False, True)
    """
    if "\ufffd" in text or "ï¿½" in text:
        return True
    places = [index for index, letter in enumerate(text) if letter in _LEADS]
    return any(_decodes(text[place : place + 4]) for place in places)


def _decodes(part: str) -> bool:
    """Whether this begins with one letter of UTF-8, byte by byte."""
    lead = _bytes(part[0])
    n = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    data = bytes(b for b in (_bytes(letter) for letter in part[:n]) if b >= 0)
    try:
        return len(data) == n and len(data.decode()) == 1
    except UnicodeDecodeError:
        return False


def _bytes(letter: str) -> int:
    """The byte that Windows-1252 (else Latin-1) writes this letter as; -1 = none."""
    try:
        return letter.encode("cp1252")[0]
    except UnicodeEncodeError:
        return ord(letter) if ord(letter) < 256 else -1


_LEADS: Final = frozenset(chr(code) for code in range(0xC2, 0xF5))
