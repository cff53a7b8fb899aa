"""Keys that come twice, rows that come twice, and references to nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from cdptool.inspection.columns import Column, Mask, Rows, shapes
from cdptool.inspection.findings import Accused, Fault, Table, percent, written
from cdptool.inspection.headings import has_hint, words_of

LEAST_ROWS: Final = 40
MOST_TWICE: Final = 0.06
LEAST_HELD: Final = 0.93
SUPERIORS: Final = frozenset(
    ("manager", "parent", "boss", "supervisor", "lead", "referrer", "referred", "superior", "root")
)


def duplicate_rows(table: Table) -> list[Fault]:
    """Whole rows that come again, where chance would not make them: each but the first."""
    filled = [column for column in table.columns if column.n_filled]
    if table.n_rows < LEAST_ROWS or not filled:
        return []
    chance = sum(_log_chance(column, table.n_rows) for column in filled)
    again = _again(filled) & np.logical_or.reduce([column.codes >= 0 for column in filled])
    n = int(again.sum())
    expected = np.exp(min(chance, 0.0)) * table.n_rows**2 / 2
    key = max((len(column.texts) / table.n_rows for column in filled), default=0.0)
    if not n or n > MOST_TWICE * table.n_rows or key < 0.5 or (expected > 0.01 * n and key < 0.9):
        return []
    evidence = (
        f"{percent(1 - n / table.n_rows)} of the rows come once; these repeat an earlier row in every column"
    )
    return [
        Fault("duplicate_row", tuple(c.name for c in table.columns), np.flatnonzero(again), evidence, None)
    ]


def _log_chance(column: Column, n_rows: int) -> float:
    """The logarithm of the chance that two rows agree here."""
    shares = column.counts / n_rows
    empty = 1 - float(shares.sum())
    return float(np.log(max(float((shares**2).sum()) + empty**2, 1e-12)))


def _again(columns: Sequence[Column]) -> Mask:
    frame = pl.DataFrame({str(i): column.codes for i, column in enumerate(columns)})
    return (~frame.select(pl.struct(pl.all()).is_first_distinct()).to_series()).to_numpy()


def duplicate_keys(table: Table, accused: Accused, repeated: Mask) -> list[Fault]:
    """
    The rows of a key that comes more than once, all of them: which one is wrong, the file does not say.

    Args:
        table: The file.
        accused: Cells that are explained already.
        repeated: Rows that repeat an earlier row whole; they are told as such.
    """
    keys = [column for column in table.columns if _is_key(column, table, repeated)]
    has_whole_key = any(_is_whole_key(c, table, repeated) for c in table.columns)
    faults = []
    for column in keys:
        twice = _twice(column, repeated)
        rows = np.flatnonzero(twice & ~accused.of(column.name))
        expected = _repeats_by_chance(column, repeated)
        n_pairs = int(_twice(column, repeated).sum()) / 2
        is_key = expected >= 10 and n_pairs <= 0.15 * expected
        is_chance = 0.15 * expected < n_pairs < 4 * expected + 1
        if not len(rows) or (has_whole_key and not is_key) or (expected > 0.2 and is_chance):
            continue
        share = percent(1 - len(rows) / max(column.n_filled, 1))
        evidence = f"{share} of the rows have a value of their own"
        faults.append(
            Fault("duplicate_key", (column.name,), rows, evidence, f"unique({written(column.name)})")
        )
    return faults


def _twice(column: Column, repeated: Mask) -> Mask:
    seen = np.bincount(column.codes[~repeated & (column.codes >= 0)], minlength=len(column.texts))
    return column.mask((seen > 1) & ~column.is_placeholder) & ~repeated


def _names_rows(column: Column) -> bool:
    """Whether the column could name rows: one word with digits, not an amount, a date or a telephone."""
    if column.kind == "number":
        whole = column.stripped.str.contains(r"^\d+$").to_numpy()
        return column.share(whole) > 0.9 and (has_hint(column.name, "identifier") or _counts_rows(column))
    if column.kind not in ("code", "words", "text"):
        return False
    single = column.stripped.str.contains(r"^[^\s@]{3,64}$").to_numpy() & column.has_digit
    return column.share(single) > 0.9


def _counts_rows(column: Column) -> bool:
    """Whether the numbers are about those from 1 (or any other) to the number of rows, each once."""
    values = column.figures.values[~np.isnan(column.figures.values)]
    span = float(np.subtract(*np.quantile(values, (0.99, 0.01))))
    return len(column.texts) >= 0.9 * column.n_filled and span <= 1.2 * column.n_filled


def _is_key(column: Column, table: Table, repeated: Mask) -> bool:
    n = int((~repeated).sum())
    if n < LEAST_ROWS or column.n_meant < 0.97 * table.n_rows or not _names_rows(column):
        return False
    twice = int(_twice(column, repeated).sum())
    return 0 < twice <= max(0.065 * n, 2) and (
        has_hint(column.name, "identifier") or table.columns[0].name == column.name
    )


def _is_whole_key(column: Column, table: Table, repeated: Mask) -> bool:
    return _names_rows(column) and column.n_meant == table.n_rows and not _twice(column, repeated).any()


def _repeats_by_chance(column: Column, repeated: Mask) -> float:
    """How many pairs of rows would share a value if the numbers were drawn freely from their range; 0 = not known."""
    digits = (
        column.stripped.str.extract(r"(\d+)\D*$").cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    )
    known = digits[~np.isnan(digits)]
    if len(known) < LEAST_ROWS or column.stripped.str.contains(r"\d\D+\d").any():
        return 0.0
    low, high = np.quantile(known, (0.01, 0.99))
    n = float((~repeated).sum())
    return n * n / 2 / max(float(high - low) / 0.98 + 1, 1.0)


def dangling_references(table: Table, accused: Accused, tables: tuple[Table, ...]) -> list[Fault]:
    """Values of a column that nearly always stand in the key of a table, but not here."""
    faults: list[Fault] = []
    for column in table.columns:
        if (
            column.kind not in ("code", "number", "words", "text")
            or column.n_meant < LEAST_ROWS
            or len(column.texts) < 3
        ):
            continue
        targets = [
            (other, key)
            for other in tables
            for key in other.columns
            if key is not column and _could_refer(column, key, other, is_same=other is table)
        ]
        best: tuple[float, Rows, Table, Column] | None = None
        for other, key in targets:
            known = pl.concat([key.stripped, _lost_cells(other)])
            missing = ~column.stripped.is_in(known.implode()).to_numpy() & ~column.is_placeholder
            held = column.share(~missing)
            if (
                0 < missing.sum() <= key.n_filled - len(key.texts)
            ):  # a key that repeats has overwritten others
                missing &= _is_out_of_range(column, key)
                if not missing.any():
                    continue
            if held >= LEAST_HELD and (best is None or held > best[0]):
                best = held, column.rows(missing), other, key
        if best is not None:
            held, rows, other, key = best
            rows = rows[~accused.of(column.name)[rows]]
            if len(rows):
                where = f"`{key.name}`" + ("" if other is table else f" of {other.name}")
                evidence = f"{percent(held)} of the values stand in {where}"
                target = f"{other.name}.{key.name}" if other is not table else key.name
                faults.append(
                    Fault(
                        "dangling_reference",
                        (column.name,),
                        rows,
                        evidence,
                        f"{written(column.name)} in {target}",
                    )
                )
    return faults


def _is_out_of_range(column: Column, key: Column) -> Mask:
    """The numbers below or above all keys: they were never one."""
    ours, known = column.figures.values, key.figures.values[~np.isnan(key.figures.values)]
    if key.kind != "number" or not len(known):
        return np.zeros(len(ours), np.bool_)
    with np.errstate(invalid="ignore"):
        return np.asarray((ours < known.min()) | (ours > known.max()))


def _lost_cells(table: Table) -> pl.Series:
    """What stood in the records that are no rows: their keys are not gone."""
    cells = {cell.strip() for text in table.lost for cell in re.split(r"[,;|\t\"\r\n]", text)}
    return pl.Series("text", sorted(cells), dtype=pl.String)


def _could_refer(column: Column, key: Column, other: Table, *, is_same: bool) -> bool:
    """Whether the key is one, looks alike, and its heading or its table's name says that the column means it."""
    if len(key.texts) < 5 or len(key.texts) < 0.9 * key.n_filled or key.n_filled < 0.95 * other.n_rows:
        return False
    if key.kind not in ("code", "number", "words", "text"):
        return False
    if is_same and len(column.texts) > 0.9 * column.n_filled:
        return False
    if is_same and not (has_hint(column.name, "identifier") and has_hint(key.name, "identifier")):
        return _looks_alike(column, key) and key.kind == "code" and column.kind == "code"
    if is_same and not SUPERIORS.isdisjoint(words_of(column.name)):
        return True
    if _share_a_word(column, key, other):
        return True
    return _looks_alike(column, key) and key.kind == "code" and column.kind == "code"


def _share_a_word(column: Column, key: Column, other: Table) -> bool:
    plain = {"id", "key", "code", "no", "nr", "number", "num", "ref", "the", "of"}
    told = {_singular(w) for w in words_of(column.name)} - plain
    meant = {_singular(w) for w in (*words_of(key.name), *words_of(other.name))} - plain
    same = words_of(column.name) == words_of(key.name)
    names_key = has_hint(key.name, "identifier")
    return same or (bool(told & meant) and names_key and has_hint(column.name, "identifier"))


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word


def _looks_alike(column: Column, key: Column) -> bool:
    """Whether the two are codes of the same shape, with letters in it that say what they name."""
    ours, theirs = (shapes(c.stripped.head(2000)).value_counts(sort=True) for c in (column, key))
    top = column.stripped.head(2000).str.extract(r"^(\p{L}+[-_]?)").value_counts(sort=True).row(0)[0]
    their = key.stripped.head(2000).str.extract(r"^(\p{L}+[-_]?)").value_counts(sort=True).row(0)[0]
    return ours.row(0)[0] == theirs.row(0)[0] and top is not None and top == their
