"""Cells that are of another type than nearly all others of their column, or not well formed for its type."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from cdptool.inspection.columns import Column, Mask, shapes
from cdptool.inspection.findings import Accused, Fault, Table, percent, written
from cdptool.inspection.headings import has_hint

LEAST_ROWS: Final = 20
MOST_ODD: Final = 0.1
LEAST_NAMED: Final = 3  # numbers with a unit behind them before it is another unit and no slip
EMAIL: Final = (
    r"(?i)^[\p{L}\d!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\d!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([\p{L}\d]([\p{L}\d-]*[\p{L}\d])?\.)+\p{L}{2,}$"
)
POSTCODES: Final = (
    r"^\d{3}$", r"^\d{4}$", r"^\d{5}$", r"^\d{6}$", r"^\d{7}$", r"^\d{8}$", r"^\d{5}-\d{4}$", r"^\d{5}-\d{3}$",
    r"^\d{3}-\d{4}$", r"^\d{2}-\d{3}$", r"^\d{3} \d{2}$",
    r"(?i)^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$", r"(?i)^[A-Z]\d[A-Z][ -]?\d[A-Z]\d$", r"(?i)^\d{4} ?[A-Z]{2}$",
    r"(?i)^[A-Z]{1,2}-\d{4,6}$",
)  # fmt: skip


def wrong_types(table: Table, accused: Accused) -> list[Fault]:
    """Text among numbers, dates in two formats, numbers among names."""
    faults = []
    for column in table.columns:
        if column.n_meant < LEAST_ROWS:
            continue
        odd, what, expect = _odd_texts(column)
        if what:
            rows = _not_accused(column, odd, accused)
            if 0 < len(rows) <= MOST_ODD * column.n_filled:
                evidence = f"{percent(1 - len(rows) / column.n_filled)} of the filled cells are {what}"
                named = np.isin(rows, column.rows(_names_a_unit(column) & odd))
                if named.any():
                    text = f"{evidence}; these name a unit"
                    faults.append(Fault("mixed_units", (column.name,), rows[named], text, expect))
                if not named.all():
                    faults.append(Fault("wrong_type", (column.name,), rows[~named], evidence, expect))
    return faults


def malformed(table: Table, accused: Accused) -> list[Fault]:
    """E-mails, phones and postcodes that cannot be any."""
    faults = []
    for column in table.of_kind("email", "phone", "postcode"):
        if column.n_meant < LEAST_ROWS:
            continue
        judge = {"email": _odd_emails, "phone": _odd_phones, "postcode": _odd_postcodes}[column.kind]
        rows = _not_accused(column, judge(column) & ~column.is_placeholder, accused)
        if 0 < len(rows) <= 0.25 * column.n_filled:
            shape = r"^[^@\\s]+@[^@\\s]+\\.[^@\\s.]{2,}$" if column.kind == "email" else None
            expect = f'matches({written(column.name)}, "{shape}")' if shape else None
            share = percent(1 - len(rows) / column.n_filled)
            faults.append(
                Fault(
                    "malformed",
                    (column.name,),
                    rows,
                    f"{share} of the filled cells are well-formed {column.kind}s",
                    expect,
                )
            )
    return faults


def _not_accused(column: Column, odd: Mask, accused: Accused) -> np.ndarray:
    rows = column.rows(odd)
    return rows[~accused.of(column.name)[rows]]


def _odd_texts(column: Column) -> tuple[Mask, str, str | None]:
    name = written(column.name)
    unread = (
        f"not missing({name})" if column.n_meant == column.n_rows else None
    )  # a cell that is no number is empty
    if column.kind == "number":
        return _odd_numbers(column), "numbers", unread
    if column.kind == "date":
        reading = column.dates
        odd = np.isnan(reading.days) & ~reading.is_impossible & ~_usual_placeholders(column)
        return odd, f"dates written as {reading.format}", unread
    if column.kind == "words":
        return _odd_words(column), "words without digits", f'not matches({name}, "[0-9]")'
    return np.zeros(len(column.texts), np.bool_), "", None


def _usual_placeholders(column: Column) -> Mask:
    """One word for nothing that comes often is how this system writes null; a rare one is a slip."""
    return column.is_placeholder & (column.counts > max(3, 0.04 * column.n_filled))


def _odd_numbers(column: Column) -> Mask:
    odd = np.isnan(column.figures.values) & ~_usual_placeholders(column)
    if _is_code(column):  # invoice C536379 among 536379: another number, not another type
        odd &= ~column.stripped.str.contains(r"^\p{L}{0,3}-?\d+\p{L}{0,3}$").to_numpy()
    share = column.share(odd)
    repeated = odd & (column.counts > max(5, 0.02 * column.n_filled))
    return odd & ~repeated if share > 0.03 else odd


def _names_a_unit(column: Column) -> Mask:
    """Numbers with one and the same unit behind them, in a column of bare numbers."""
    none = np.zeros(len(column.texts), np.bool_)
    if column.kind != "number":
        return none
    unit = column.stripped.str.extract(r"^[-+]?\d[\d.,]*\s?(°?\p{L}{1,4}|″|\")$").fill_null("")
    for one in unit.unique():
        has_it = (unit == one).to_numpy()
        if one and int(column.counts[has_it].sum()) >= LEAST_NAMED:
            none |= has_it
    return none


def _is_code(column: Column) -> bool:
    digits = column.stripped.str.contains(r"^\d+$").to_numpy()
    if column.share(digits) < 0.8:
        return False
    has_leading_zero = column.share(column.stripped.str.contains(r"^0\d").to_numpy()) > 0.01
    lengths = column.stripped.str.len_chars().to_numpy()
    longest = (
        max(column.share(lengths == n) for n in np.unique(lengths) if n >= 4) if lengths.max() >= 4 else 0.0
    )
    return has_leading_zero or (longest >= 0.85 and len(column.texts) > 50)


def _odd_words(column: Column) -> Mask:
    """Numbers, dates and e-mails where names are usual; not a figure that comes so often that it is a value."""
    is_host = column.share(column.stripped.str.contains(r"^\S+[./]\S+$").to_numpy()) > 0.3
    if column.share(~column.has_digit) < 0.95 or is_host:
        return np.zeros(len(column.texts), np.bool_)
    foreign = column.stripped.str.contains(r"^[\d\s.,:/+\-()]*\d[\d\s.,:/+\-()]*$|^\S+@\S+\.\S+$").to_numpy()
    n_digits = column.stripped.str.count_matches(r"\d").to_numpy()
    mixed = (2 * n_digits >= column.stripped.str.len_chars().to_numpy()) & (
        column.share(~column.has_digit) >= 0.98
    )
    short = column.stripped.str.len_chars().to_numpy() <= 40
    is_prose = column.share(~short) > 0.2
    odd = foreign if is_prose else foreign | (mixed & short)
    return odd & (column.counts <= max(3, 0.01 * column.n_filled))


def _odd_emails(column: Column) -> Mask:
    return ~column.stripped.str.contains(EMAIL).to_numpy()


def _odd_phones(column: Column) -> Mask:
    """Letters, far too few or many digits, one digit repeated, or a length that its own style never has."""
    texts = column.stripped
    bare = texts.str.replace(r"(?i)\s*(ext\.?|x|#)\s*\d{1,6}$", "")
    digits = bare.str.replace_all(r"\D", "")
    n_digits = digits.str.len_chars().to_numpy()
    odd = bare.str.contains(r"[^\d\s+().\-/]").to_numpy() | (n_digits < 6) | (n_digits > 15)
    odd |= digits.str.contains(r"^(0+|1+|2+|3+|4+|5+|6+|7+|8+|9+)$").to_numpy()
    odd |= texts.str.contains(r"^[^+]+\+").to_numpy()
    style = pl.select(
        pl.when(bare.str.starts_with("+"))
        .then(bare.str.slice(0, 3))
        .otherwise(pl.when(bare.str.starts_with("0")).then(pl.lit("0")).otherwise(pl.lit("9")))
    ).to_series()
    for one in style.unique():
        here = (style == one).to_numpy() & ~odd
        odd |= here & _rare_lengths(n_digits, column.counts, here)
    return odd


def _rare_lengths(lengths: np.ndarray, counts: np.ndarray, here: Mask) -> Mask:
    total = int(counts[here].sum())
    if total < LEAST_ROWS:
        return np.zeros(len(lengths), np.bool_)
    found, places = np.unique(lengths[here], return_inverse=True)
    weights = np.bincount(places, counts[here])
    if weights.max() < 0.92 * total:
        return np.zeros(len(lengths), np.bool_)
    common = found[weights >= 0.05 * total]
    rare: Mask = (lengths < common.min()) | (lengths > common.max())
    return rare


def _odd_postcodes(column: Column) -> Mask:
    families = [column.stripped.str.contains(pattern).to_numpy() for pattern in POSTCODES]
    shares = [column.share(family) for family in families]
    known: Mask = np.logical_or.reduce(families)
    if column.share(known) < 0.8:  # a country we do not know: go by the shape
        shape = shapes(column.stripped).str.replace_all(r"\s+", " ")
        frame = pl.DataFrame({"shape": shape, "n": column.counts}).with_columns(
            all=pl.col("n").sum().over("shape")
        )
        usual = (frame["all"] >= 0.05 * column.n_meant).to_numpy()
        return ~usual if column.share(usual) >= 0.9 else np.zeros(len(column.texts), np.bool_)
    common = [family for family, share in zip(families, shares, strict=True) if share >= 0.05]
    if common and column.share(np.logical_or.reduce(common)) >= 0.9 and max(shares) >= 0.75:
        known = np.logical_or.reduce(common)
    odd: Mask = ~known
    return odd


def ages(table: Table, accused: Accused) -> list[Fault]:
    """Ages below 0 or above 120, in a column that its heading calls one."""
    faults = []
    for column in table.of_kind("number"):
        if has_hint(column.name, "age") and column.n_meant >= LEAST_ROWS:
            values = column.figures.values
            odd = (values < 0) | (values > 120)
            typical = column.share((values >= 0) & (values <= 120))
            rows = _not_accused(column, odd, accused)
            if typical >= 0.9 and len(rows):
                evidence = f"{percent(typical)} of the ages lie between 0 and 120"
                faults.append(
                    Fault(
                        "impossible_age",
                        (column.name,),
                        rows,
                        evidence,
                        f"0 <= {written(column.name)} <= 120",
                    )
                )
    return faults
