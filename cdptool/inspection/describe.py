"""What a column holds, in figures: its type, what is missing, how many values, the most frequent, whether it is a key."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import numpy as np

from cdptool.fields import field_type
from cdptool.fields.base import bullets
from cdptool.inspection.columns import Column
from cdptool.inspection.findings import Table
from cdptool.inspection.guess import Guess, guess_column
from cdptool.inspection.naming_words import speaks_of_people

TOP: Final = 5
OPEN_TYPES: Final = ("boolean", "gender", "country", "date", "datetime", "number", "integer", "money")
# Beside what stands for nothing in any column: defaults that systems and people type to get past a form.
DEFAULTS: Final = (
    r"(?i)^(0{3,}|9{3,}|1900-01-01.*|01[/.]01[/.]1900|9999-12-31.*|31[/.]12[/.]9999|0001-01-01.*|1970-01-01( 00:00.*)?"
    r"|test|test\d*@.*|(.*@)(test|example)\..*|no-?reply@.*|none@.*|na@.*|asdf.*|qwerty|dummy|12345+|xxx+)$"
)
_CONTACT: Final = re.compile(r"@|(?:\d[ .()/-]{0,2}){8}")  # an address, or as many digits as a phone has


class Description(NamedTuple):
    """One column: counts of rows, lengths in letters, and the most frequent texts with their counts."""

    name: str
    guess: Guess
    n_rows: int
    n_empty: int
    n_distinct: int
    shortest: int
    typical: int
    longest: int
    top: tuple[tuple[str, int], ...]
    placeholders: tuple[tuple[str, int], ...]
    is_key: bool
    is_nearly_key: bool

    @property
    def is_personal(self) -> bool:
        """Whether its type says that a cell may tell who somebody is."""
        return field_type(self.guess.type).is_personal


def describe(column: Column) -> Description:
    """
    Describe a column.

    >>> import polars as pl
    >>> from cdptool.inspection.columns import read_column
    >>> found = describe(read_column("size", pl.Series(["S", "M", "M", None, "n/a"])))
    >>> found.n_empty, found.n_distinct, found.top[0], found.placeholders
    (1, 3, ('M', 2), (('n/a', 1),))
    """
    texts = column.texts.gather(column.codes[column.codes >= 0]) if column.n_filled else column.texts
    lengths = column.texts.str.len_chars().to_numpy()
    order = np.argsort(lengths, kind="stable")
    middle = np.searchsorted(np.cumsum(column.counts[order]), column.n_filled / 2) if len(lengths) else 0
    pairs = list(zip(column.texts.head(TOP), column.counts[:TOP].tolist(), strict=True))
    nothing = column.is_placeholder | column.stripped.str.contains(DEFAULTS).to_numpy()
    standing = [(column.texts[int(i)], int(column.counts[i])) for i in np.flatnonzero(nothing)[:TOP]]
    n_distinct, n_rows = len(column.texts), column.n_rows
    return Description(
        column.name,
        guess_column(column.name, texts),
        n_rows,
        n_rows - column.n_filled,
        n_distinct,
        int(lengths.min()) if n_distinct else 0,
        int(lengths[order][middle]) if n_distinct else 0,
        int(lengths.max()) if n_distinct else 0,
        tuple(pairs),
        tuple(standing),
        n_rows > 1 and n_distinct == n_rows,
        n_rows >= 20 and n_distinct < n_rows and n_distinct >= 0.98 * n_rows,
    )


def candidate_keys(table: Table, descriptions: tuple[Description, ...]) -> tuple[tuple[str, ...], ...]:
    """
    The columns that could be the key: those of which each row has its own value; else pairs of columns.

    Amounts and times may be unique by chance and are left out, as are texts of free length.
    """
    open_types = ("money", "number", "datetime", "date", "person_name", "address", "boolean")
    named = [d for d in descriptions if d.is_key and d.guess.type not in open_types and d.longest <= 64]
    if named:
        return tuple((d.name,) for d in named)
    by_name = {column.name: column for column in table.columns}
    parts = [
        d.name for d in descriptions if not d.n_empty and d.n_distinct > 1 and d.guess.type not in open_types
    ]
    parts = sorted(parts, key=lambda name: -len(by_name[name].texts))[:8]
    found = []
    for i, first in enumerate(parts):
        for second in parts[i + 1 :]:
            pair = by_name[first].codes * len(by_name[second].texts) + by_name[second].codes
            if table.n_rows > 1 and len(np.unique(pair)) == table.n_rows:
                found.append((first, second))
    return tuple(found[:3])


def masked(description: Description, text: str) -> str:
    """
    The text as a screen may show it: whole only where its type can tell nothing of anybody.

    Texts of no type may hold anything: they are shown where they come often enough to be a category, and hold nothing
    by which somebody is reached.
    """
    kind = field_type(description.guess.type)
    if kind.is_personal:
        return kind.mask(text)
    if description.guess.type not in OPEN_TYPES and speaks_of_people(description.name):
        return field_type("person_name").mask(text)
    is_category = description.n_distinct <= max(
        50, 0.02 * description.n_rows
    ) and description.n_distinct < 0.3 * (description.n_rows - description.n_empty + 1)
    is_frequent = dict(description.top).get(text, 0) >= 3 and not _CONTACT.search(text)
    if (description.guess.type in OPEN_TYPES and not _looks_personal(text)) or (is_category and is_frequent):
        return text
    return bullets(text)


def _looks_personal(text: str) -> bool:
    """Whether a cell of a harmless column is itself harmless: an e-mail or a name may stand in any."""
    return not all(c.isdigit() or c in ".,:-/+ TZ%" for c in text) or sum(c.isdigit() for c in text) > 14
