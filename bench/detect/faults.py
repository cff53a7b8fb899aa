"""
The planter: one function per kind of fault, each putting faults into the cells of some rows of a table.

A planter is given the rows it may take and says what it did as a `Truth`; it answers None where the table has no
place for its kind. The kinds: wrong_type, impossible_date (and impossible ages), malformed, near_duplicate_category,
outlier, broken_order, broken_sum, dangling_reference, duplicate_key, shifted_columns, mixed_units, mixed_encoding.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from table import Column, Table

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Truth:
    """
    One planted fault: its kind, the keys of the columns it stands in, and the rows (0-based).

    `excused` are rows that a finding may name beside them: the originals of duplicates.
    """

    kind: str
    columns: tuple[str, ...]
    rows: frozenset[int]
    excused: frozenset[int] = frozenset()
    note: str = ""


def _with_role(table: Table, *roles: str) -> list[str]:
    return [key for key, column in table.columns.items() if column.role in roles]


def _pick(rng: Rng, keys: list[str]) -> str:
    return str(rng.choice(sorted(keys)))


def wrong_type(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """Words among numbers, ages and dates."""
    keys = _with_role(table, "number", "measure", "age", "date", "birth")
    if not keys:
        return None
    key = _pick(rng, keys)
    numbers = ["unknown", "twelve", "không rõ", "see note", "x", "about 30", "1x4", "ask Tom", "-?-"]
    dates = ["tomorrow", "unknown", "Tết 2025", "not yet", "see note", "last week", "sometime in May"]
    words = dates if table.columns[key].role in ("date", "birth") else numbers
    words = rng.choice(words, int(rng.integers(1, 4)), replace=False).tolist()
    for row in rows:
        table.columns[key].cells[row] = str(rng.choice(words))
    return Truth("wrong_type", (key,), frozenset(rows.tolist()), note=", ".join(words))


def impossible_date(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """Days that no calendar has, years that no customer lives in, ages of nobody."""
    keys = _with_role(table, "date", "birth", "age")
    if not keys:
        return None
    key = _pick(rng, keys)
    column = table.columns[key]
    if column.role == "age":
        for row in rows:
            column.cells[row] = str(rng.choice(["-4", "-1", "172", "199", "230", "999"]))
        return Truth("impossible_date", (key,), frozenset(rows.tolist()), note="age")
    days = [("2025", "02", "30"), ("2024", "06", "31"), ("2025", "11", "31"), ("2023", "02", "29")]
    years = [
        ("1025", "03", "04"),
        ("2205", "06", "11"),
        ("1702", "05", "20"),
        ("9999", "01", "09"),
        ("2525", "07", "13"),
    ]
    births = [("2087", "03", "02"), ("1790", "08", "25"), ("2041", "10", "08")]
    choice = int(rng.integers(0, 3))
    values = (days, births if column.role == "birth" else years, days + years)[choice]
    for row in rows:
        year, month, day = values[int(rng.integers(0, len(values)))]
        text = column.form.replace("%Y", year).replace("%m", month).replace("%d", day)
        for mark, part in (("%H", "10"), ("%M", "42"), ("%S", "07")):
            text = text.replace(mark, part)
        column.cells[row] = text
    return Truth("impossible_date", (key,), frozenset(rows.tolist()), note=("days", "years", "both")[choice])


def _bad_email(text: str, rng: Rng) -> str:
    user, _, host = text.partition("@")
    forms = (user + host, f"{user}@@{host}", f"{user}@{host.split('.')[0]}", f"{user} @{host}", f"{user}@", f"@{host}",
             f"{user}@{host}.", f"{user}@{host.replace('.', ',')}", f"{user}@{host.replace('.', '..')}")  # fmt: skip
    return forms[int(rng.integers(0, len(forms)))]


def _bad_phone(text: str, rng: Rng) -> str:
    forms = (
        text[:5],
        text + "0045512",
        text[:4] + "ABC" + text[7:],
        "000",
        "n" + text[1:4],
        text + "@" + text[:3],
        "123",
    )
    return forms[int(rng.integers(0, len(forms)))]


def _bad_postcode(text: str, rng: Rng) -> str:
    forms = (
        text[:2],
        text + text[:2],
        "AB" + text[2:4],
        text[:3] + "O?" + text[5:],
        "#" + text[:3],
        text[:1],
    )
    return forms[int(rng.integers(0, len(forms)))]


MALFORMERS: dict[str, Callable[[str, Rng], str]] = {
    "email": _bad_email,
    "phone": _bad_phone,
    "postcode": _bad_postcode,
}


def malformed(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """E-mails, phones and postcodes that cannot be used."""
    keys = _with_role(table, *MALFORMERS)
    if not keys:
        return None
    key = _pick(rng, keys)
    column = table.columns[key]
    for row in rows:
        column.cells[row] = MALFORMERS[column.role](column.cells[row], rng)
    return Truth("malformed", (key,), frozenset(rows.tolist()), note=column.role)


def _without_marks(text: str) -> str:
    text = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def _variants(label: str, rng: Rng) -> list[str]:
    """Ways in which people write a label wrong."""
    i = int(rng.integers(1, len(label) - 2))
    return [
        label.upper(), label.lower(), label.title(), f"{label} ", f" {label}", label.replace(" ", "  "),
        label.replace(" ", "_"), label.replace(" ", ""), label.replace("-", " "), _without_marks(label),
        label[:i] + label[i + 1 :], label[:i] + label[i] + label[i:], label[:i] + label[i + 1] + label[i] + label[i + 2 :],
        f"{label}.",
    ]  # fmt: skip


def near_duplicate_category(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """One category written in one to three other ways."""
    places = []
    for key in _with_role(table, "category"):
        labels, counts = np.unique(table.columns[key].cells, return_counts=True)
        places += [
            (key, str(a)) for a, b in zip(labels, counts, strict=True) if b > 5 * len(rows) and len(a) >= 5
        ]
    if not places:
        return None
    key, label = places[int(rng.integers(0, len(places)))]
    column = table.columns[key]
    known = set(column.cells)
    fresh = sorted({text for text in _variants(label, rng) if text not in known})
    chosen = rng.choice(fresh, min(len(fresh), int(rng.integers(1, 4))), replace=False).tolist()
    for row in rows:
        column.cells[row] = str(rng.choice(chosen))
    return Truth("near_duplicate_category", (key,), frozenset(rows.tolist()), note=f"{label!r}: {chosen!r}")


def outlier(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """Numbers far from all others on their own scale: the logarithm where amounts are skewed."""
    keys = _with_role(table, "number", "measure")
    if not keys:
        return None
    key = _pick(rng, keys)
    column = table.columns[key]
    assert column.raw is not None
    values, rows = column.raw, rows[: max(3, table.height // 100)]
    middle, spread = np.median(values), float(np.std(values))
    positive = values[values > 0]
    log_spread = float(np.std(np.log(positive))) if len(positive) else 0.0
    is_skewed = values.min() >= 0 and (values.max() > middle + 7 * spread or log_spread > 0.5)
    for row in rows:
        if is_skewed:
            value = values.max() * max(20, np.exp(3 * log_spread)) * rng.uniform(1, 4)
        else:
            far = max(spread * rng.uniform(15, 60), values.max() - values.min())
            value = middle + far * (rng.choice([-1, 1]) if values.min() < 0 else 1)
        column.cells[row] = column.written(value)
    return Truth("outlier", (key,), frozenset(rows.tolist()), note="skewed" if is_skewed else "narrow")


def broken_order(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """Ends before their starts."""
    if not table.orders:
        return None
    start, end = table.orders[int(rng.integers(0, len(table.orders)))]
    first, last = table.columns[start], table.columns[end]
    assert first.raw is not None
    for row in rows:
        last.cells[row] = last.written(
            first.raw[row] - np.timedelta64(int(86400 * rng.uniform(1.1, 40)), "s")
        )
    return Truth("broken_order", (start, end), frozenset(rows.tolist()))


def broken_sum(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """Totals that are not their parts."""
    places = [*table.sums, *table.products]
    if not places:
        return None
    parts, total = places[int(rng.integers(0, len(places)))]
    column = table.columns[total]
    assert column.raw is not None
    for row in rows:
        value = float(column.raw[row])
        change = max(abs(value) * float(rng.choice([0.05, 0.1, 0.25, 0.5])), 3.0)
        column.cells[row] = column.written(value + change * float(rng.choice([-1, 1])))
    return Truth("broken_sum", (*parts, total), frozenset(rows.tolist()))


def dangling_reference(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """Ids of the right form that the other file does not have."""
    if not table.references:
        return None
    key, _, _ = table.references[0]
    cells = table.columns[key].cells
    for row in rows:
        text, tail = cells[row], ""
        head = text.rstrip("0123456789")
        tail = text[len(head) :]
        cells[row] = head + str(
            9 * 10 ** (len(tail) - 1) + int(rng.integers(0, 10 ** (len(tail) - 1)))
        ).zfill(len(tail))
    return Truth("dangling_reference", (key,), frozenset(rows.tolist()))


def duplicate_key(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """A key given twice: to a whole copy of the row, or (where nothing refers to it) to another row."""
    if len(table.key) != 1:
        return None
    cells = table.columns[table.key[0]].cells
    originals = rng.choice(np.setdiff1d(np.arange(table.height), rows), len(rows), replace=False)
    if table.is_parent or rng.random() < 0.4:
        copies = [table.append(int(row)) for row in rows]
        return Truth("duplicate_key", table.key, frozenset(copies), frozenset(rows.tolist()), "copies")
    for row, original in zip(rows, originals, strict=True):
        cells[row] = cells[original]
    return Truth(
        "duplicate_key", table.key, frozenset(rows.tolist()), frozenset(originals.tolist()), "in place"
    )


def shifted_columns(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """Rows whose cells stand one column too far to the right or left, from some column on."""
    keys = list(table.columns)
    start = int(rng.integers(1, max(2, len(keys) - 4)))
    moved = keys[start:]
    is_right = bool(rng.random() < 0.6)
    for row in rows:
        cells = [table.columns[key].cells[row] for key in moved]
        cells = ["", *cells[:-1]] if is_right else [*cells[1:], ""]
        for key, cell in zip(moved, cells, strict=True):
            table.columns[key].cells[row] = cell
    return Truth(
        "shifted_columns", tuple(moved), frozenset(rows.tolist()), note="right" if is_right else "left"
    )


def mixed_units(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """A minority measured in another unit, in half of the cases with the unit written behind."""
    keys = [key for key, column in table.columns.items() if column.units]
    if not keys:
        return None
    key = _pick(rng, keys)
    column = table.columns[key]
    assert column.raw is not None
    unit, factor, offset = column.units[int(rng.integers(0, len(column.units)))]
    is_named = bool(rng.random() < 0.3)
    for row in rows:
        value = float(column.raw[row]) * factor + offset
        more = Column("", "", [], form="2" + column.form[1:]) if factor < 1 else column
        column.cells[row] = more.written(value) + (f" {unit}" if is_named else "")
    return Truth(
        "mixed_units", (key,), frozenset(rows.tolist()), note=f"{unit} {'named' if is_named else ''}"
    )


def mixed_encoding(table: Table, rows: np.ndarray, rng: Rng) -> Truth | None:
    """Text that went through the wrong encoding: read as Windows-1252, lost letters, or raw bytes of it."""
    far = [key for key, column in table.columns.items() if column.role in ("text", "category")]
    marked = {
        key: [row for row, cell in enumerate(table.columns[key].cells) if not cell.isascii()] for key in far
    }
    places = [key for key, found in marked.items() if len(found) >= 3 * len(rows)]
    if not places:
        return None
    key = _pick(rng, places)
    cells = table.columns[key].cells
    free = np.setdiff1d(marked[key], sorted(table.taken))
    if len(free) < len(rows):
        return None
    rows = rng.choice(free, len(rows), replace=False)
    way = str(rng.choice(["misread", "misread", "lost", "raw"]))
    for row in rows:
        text = cells[row]
        if way == "misread":
            cells[row] = text.encode().decode("cp1252", errors="ignore")
        elif (
            way == "raw"
            and unicodedata.normalize("NFC", text).encode("cp1252", "ignore").decode("cp1252") == text
        ):
            table.raw_bytes[int(row), key] = text.encode("cp1252")
        else:
            cells[row] = "".join(letter if letter.isascii() else "\ufffd" for letter in text)
    return Truth("mixed_encoding", (key,), frozenset(rows.tolist()), note=way)


PLANTERS: tuple[tuple[str, Callable[[Table, np.ndarray, Rng], Truth | None]], ...] = (
    ("duplicate_key", duplicate_key),  # first: it may add rows
    ("wrong_type", wrong_type),
    ("impossible_date", impossible_date),
    ("malformed", malformed),
    ("near_duplicate_category", near_duplicate_category),
    ("outlier", outlier),
    ("broken_order", broken_order),
    ("broken_sum", broken_sum),
    ("dangling_reference", dangling_reference),
    ("mixed_units", mixed_units),
    ("mixed_encoding", mixed_encoding),
    ("shifted_columns", shifted_columns),
)


def plant(table: Table, rng: Rng) -> tuple[Truth, ...]:
    """Plant each kind with a chance of one half, every one in rows of its own; what was planted."""
    truths = []
    for _, planter in PLANTERS:
        if rng.random() < 0.5:
            continue
        free = np.setdiff1d(np.arange(table.height), sorted(table.taken))
        share = np.exp(rng.uniform(np.log(0.002), np.log(0.03)))
        rows = rng.choice(free, max(3, int(share * table.height)), replace=False)
        if truth := planter(table, np.sort(rows), rng):
            truths.append(truth)
            table.taken |= truth.rows | truth.excused
    return tuple(truths)
