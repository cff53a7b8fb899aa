"""What is known of a file before anything is proposed: a guess for each column, which are whole, which unique."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import polars as pl

from cdptool.fields import FieldOptions, field_type
from cdptool.inspection.file_words import is_about_people, says_whose, singular
from cdptool.inspection.guess import Guess, guess_column
from cdptool.inspection.naming_words import words

_KEY_TYPES: Final = ("identifier", "email", "phone", "integer", "text")
_MOST_PAIRED: Final = 10
_FEW_VERSIONS: Final = 0.03


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """
    A column: what it probably is.

    `is_full`: no row is empty. `n_repeats`: how many rows have the text of an earlier row, whole copies of rows apart.
    """

    name: str
    guess: Guess
    is_full: bool
    n_repeats: int

    @property
    def is_unique(self) -> bool:
        """Whether it names a row."""
        return self.is_full and self.n_repeats == 0

    @property
    def is_empty(self) -> bool:
        return self.guess.n_rows == 0


@dataclass(frozen=True, slots=True)
class FileFacts:
    """
    A file, looked at.

    `name` is unique among the files, `about` the words of the file's name. `texts` are the rows read (columns as
    in the file, String), all of them where `is_whole`. `dialect` are the options that reading it took.
    """

    name: str
    about: str
    files: tuple[str, ...]
    texts: pl.DataFrame
    columns: tuple[ColumnFacts, ...]
    is_whole: bool = True
    dialect: tuple[tuple[str, str], ...] = ()
    notes: str = ""
    n_rejected: int = 0
    rejected_share: float = 0.0  # of its worst file

    def of_type(self, *types: str) -> tuple[ColumnFacts, ...]:
        """The columns of these types, in the file's order."""
        return tuple(column for column in self.columns if column.guess.type in types and not column.is_empty)

    def column(self, name: str) -> ColumnFacts:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)


def column_facts(texts: pl.DataFrame, region: str | None = None) -> tuple[ColumnFacts, ...]:
    """
    Look at every column of a frame of texts.

    >>> [(c.name, c.is_full, c.is_unique) for c in column_facts(pl.DataFrame({"id": ["1", "2"], "x": ["a", None]}))]
    [('id', True, True), ('x', False, False)]
    """
    different = texts.unique(maintain_order=True) if texts.width else texts
    return tuple(_facts(name, texts[name], different[name], region) for name in texts.columns)


def _facts(name: str, texts: pl.Series, different: pl.Series, region: str | None) -> ColumnFacts:
    keys = field_type("identifier").read(different, FieldOptions()).values  # `n/a` names no row
    is_full = not keys.null_count()
    return ColumnFacts(name, guess_column(name, texts, region=region), is_full, len(keys) - keys.n_unique())


def find_key(file: FileFacts) -> tuple[str, ...]:
    """
    The smallest set of columns that names a row: one, else two; none where there is no such.

    A column of amounts, times or yes and no is never a key, however different its values.
    """
    fit = [column for column in file.columns if column.is_full and column.guess.type in _KEY_TYPES]
    single = [column for column in fit if column.is_unique and _may_be_key(column, file)]
    single = single or [column for column in fit if _has_versions(column, file)]
    if single:
        return (min(single, key=lambda column: _key_rank(column, file)).name,)
    different = file.texts.unique(maintain_order=True)
    if different.height < 2:
        return ()
    parts = [column for column in fit if column.guess.type in ("identifier", "integer", "email")][
        :_MOST_PAIRED
    ]
    for left, right in combinations(parts, 2):
        if "identifier" not in (left.guess.type, right.guess.type):
            continue
        if different.select(pl.struct(left.name, right.name).n_unique()).item() == different.height:
            return left.name, right.name
    return ()


def _has_versions(column: ColumnFacts, file: FileFacts) -> bool:
    """Whether this is the number of a person of whom a few rows are corrections of earlier ones."""
    is_own = says_whose(column.name) or words(column.name) in ("id", "uuid", "guid")
    is_own = is_own and column.guess.type == "identifier" and is_about_people(file.about)
    return is_own and column.n_repeats <= _FEW_VERSIONS * file.texts.height


def _may_be_key(column: ColumnFacts, file: FileFacts) -> bool:
    if column.guess.type in ("identifier", "email"):
        return True
    return file.texts.height > 2 and column.name == file.columns[0].name


def _key_rank(column: ColumnFacts, file: FileFacts) -> tuple[int, int]:
    """Better keys rank lower: `id`, the file's own id, another identifier, anything else; then the order."""
    spoken = words(column.name).split()
    place = file.columns.index(column)
    if spoken in (["id"], ["uuid"], ["guid"], ["key"]):
        return 0, place
    about = {singular(word) for word in file.about.split()}
    if about & {singular(word) for word in spoken} and column.guess.type == "identifier":
        return 1, place
    return (2 if says_whose(column.name) or column.guess.type == "identifier" else 3), place
