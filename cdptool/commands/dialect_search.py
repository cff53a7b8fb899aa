"""
How a file nobody has described is to be read: with nothing declared, else with as few options as it takes.

Each option is asked for by an error, or proven by reading the file again: it stays where fewer rows are set
aside with it. What is found is written into the proposal; at ingest time nothing of this is guessed again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from cdptool.errors import Place, SourceError
from cdptool.fields.folding import fold
from cdptool.inspection.header_row import is_row
from cdptool.sources.blocks import OpenedSource, open_source
from cdptool.sources.csv_blocks import Rejected
from cdptool.sources.encodings import guess_encoding
from cdptool.sources.opening import open_text
from cdptool.sources.spec import Dialect
from cdptool.sources.texts import as_text

MOST_ROWS: Final = 200_000
_TRIAL_ROWS: Final = 20_000
_MOST_OPTIONS: Final = 6
_HEAD: Final = 64 << 10
_TITLE_ROWS: Final = 20  # in which a header is looked for
_FOOTER_ROWS: Final = 10
_UNREADABLE: Final = 0.5  # a file of which more rows cannot be read is not understood
_MOST_KEPT: Final = 2000
# Separators that are rare, or also stand in texts: as many as here must be in every line.
_RARE: Final = (("\x01", 1), ("\x1f", 1), ("\x1e", 1), ("^", 1), ("~", 1), (":", 2), ("#", 2))
_ASKED: Final = re.compile(r"`(encoding|skip_lines): ([\w-]+)`")
_TOTALS: Final = re.compile(
    r"(?:grand |sub-?)?totals?\b|tong(?: cong| so)?\b|cong\b|sum(?:me)?\b|somme\b|gesamt|suma\b|\u5408\u8ba1|\u603b\u8ba1"
    r"|(?:generated|exported|printed|created|downloaded) (?:by|on|at|from)\b|end of (?:file|report)|(?:number of )?rows?: ?\d"
    r"|\d+ (?:rows|records)\b|xuat (?:boi|luc|ngay)\b"
)


@dataclass(frozen=True, slots=True)
class Looked:
    """The rows of a file under a dialect: their texts and lines, and those that could not be read."""

    source: OpenedSource
    texts: pl.DataFrame
    lines: np.ndarray[tuple[int], np.dtype[np.int64]]
    is_whole: bool
    n_rejected: int = 0
    rules: tuple[str, ...] = ()  # of the first rejected rows, with their lines and bytes
    rejected_lines: tuple[int, ...] = ()
    raws: tuple[bytes, ...] = ()
    dialect: Dialect = field(default_factory=Dialect)

    @property
    def rejected_share(self) -> float:
        return self.n_rejected / max(1, self.n_rejected + self.texts.height)


class Option(NamedTuple):
    """An option of a dialect: as the configuration writes it, and the dialect with it."""

    key: str
    written: str
    dialect: Dialect


@dataclass(slots=True)
class _Search:
    """One file, and what had to be declared so far."""

    path: Path
    place: Place
    dialect: Dialect = field(default_factory=Dialect)
    said: list[tuple[str, str]] = field(default_factory=list)

    def take(self, option: Option) -> None:
        self.dialect = option.dialect
        self.said.append((option.key, option.written))

    def may_try(self, key: str) -> bool:
        return all(key != each for each, _ in self.said) and len(self.said) < _MOST_OPTIONS


def find_dialect(path: Path, place: Place) -> tuple[Looked, tuple[tuple[str, str], ...]]:
    """
    Read a file that nobody has described.

    Returns:
        Its rows, and the options that reading it took, as a dialect writes them.

    Raises:
        SourceError: It cannot be read as anything, or most of its rows cannot.
    """
    search = _Search(path, place)
    while True:
        try:
            looked = read_rows(path, search.dialect, place)
        except SourceError as error:
            option = _asked_for(search, error)
            if option is None:
                raise
        else:
            option = next(_improvements(search, looked), None)
            if option is None:
                _refuse_unreadable(looked, place)
                return looked, tuple(search.said)
        search.take(option)


def read_rows(path: Path, dialect: Dialect, place: Place, most: int = MOST_ROWS) -> Looked:
    """The first rows of a file as texts; columns that hold lists or structs are left out."""
    source = open_source(str(path), dialect, place)
    needed = tuple(str(i) for i, name in enumerate(source.names) if name not in source.nested)
    names = [source.names[int(i)] for i in needed]
    frames, lines = [], []
    rejected: list[Rejected] = []
    n_rows, n_rejected, is_whole = 0, 0, True
    for block in source.blocks(needed):
        n_rejected += len(block.rejected)
        rejected += block.rejected[: _MOST_KEPT - len(rejected)]
        if len(block.lines):
            columns = [as_text(block.frame[i]).alias(name) for i, name in zip(needed, names, strict=True)]
            frames.append(pl.DataFrame(columns))
            lines.append(block.lines)
            n_rows += len(block.lines)
        if n_rows + n_rejected >= most:
            is_whole = False
            break
    schema = dict.fromkeys(names, pl.String())
    return Looked(
        source,
        pl.concat(frames) if frames else pl.DataFrame(schema=schema),
        np.concatenate([*lines, np.empty(0, np.int64)]),
        is_whole,
        n_rejected,
        tuple(item.fault.rule for item in rejected),
        tuple(item.line for item in rejected),
        tuple(item.raw for item in rejected),
        dialect,
    )


def _asked_for(search: _Search, error: SourceError) -> Option | None:
    """The option that the error asks for, where it can be relied on."""
    problem, hint = error.findings[0].problem, error.findings[0].hint or ""
    asked = _ASKED.search(hint)
    if "only one column" in problem and search.may_try("delimiter"):
        return _delimiter(search)
    if "rows below it" in problem:
        quoted = next(_quoting(search, 1 << 60), None)
        is_title = asked is not None and _is_title(problem)
        return quoted or (_option(search, "skip_lines", int(asked[2])) if asked and is_title else None)
    if asked and asked[1] == "encoding" and search.may_try("encoding"):
        return _option(search, "encoding", asked[2])
    return None


def _is_title(problem: str) -> bool:
    """Whether the first line is no header that lacks a field or two."""
    above, below = map(int, re.findall(r"\d+", problem)[:2])
    return above <= max(1, below // 2)


def _option(search: _Search, key: str, value: str | int | bool) -> Option | None:
    if not search.may_try(key):
        return None
    written = str(value).lower() if isinstance(value, bool | int) else _written(value)
    return Option(key, written, replace(search.dialect, **{key: value}))  # type: ignore[arg-type]  # by name


def _written(text: str) -> str:
    if re.fullmatch(r"[a-z][a-z0-9_-]*", text):
        return text
    escaped = "".join(
        f"\\x{ord(letter):02x}" if ord(letter) < 32 else f"\\{letter}" if letter in '\\"' else letter
        for letter in text
    )
    return f'"{escaped}"'


def _delimiter(search: _Search) -> Option | None:
    """One that stands equally often in every line; else there is one column, which `,` says."""
    lines = [line for line in _head(search).decode("utf-8", "replace").splitlines() if line.strip()]
    for letter, least in _RARE:
        counts = {line.count(letter) for line in lines}
        if len(lines) > 1 and len(counts) == 1 and min(counts) >= least:
            return _option(search, "delimiter", letter)
    return _option(search, "delimiter", ",")


def _head(search: _Search) -> bytes:
    """The first lines of the text, all of them whole."""
    text = open_text(str(search.path), search.dialect, search.place)
    head = b""
    for chunk in text.chunks:
        head += chunk
        if len(head) >= _HEAD:
            return head[: head.rfind(b"\n") + 1]
    return head


def _improvements(search: _Search, looked: Looked) -> Iterator[Option]:
    """What would let more of the file be read, or what is read mean more."""
    if looked.source.notes[0] == "json" and _head(search).lstrip().startswith(b"{"):
        # The columns of a source decide whether an object is a record or holds records, unless it says so.
        yield from filter(None, [_option(search, "format", "json")])
    if looked.source.is_typed or not looked.source.notes[0].startswith("csv"):
        return
    if "encoding" in looked.rules and (option := _encoding(search, looked)):
        yield option
    if looked.n_rejected:
        yield from _quoting(search, looked.n_rejected)
    if option := _header(search, looked):
        yield option
    if (
        looked.is_whole
        and (n_lines := _footer_lines(looked))
        and (option := _option(search, "footer_lines", n_lines))
    ):
        yield option


def _encoding(search: _Search, looked: Looked) -> Option | None:
    """Another encoding, unless there are more rows that only UTF-8 explains: then a few are damaged."""
    raws = [raw for rule, raw in zip(looked.rules, looked.raws, strict=True) if rule == "encoding"]
    is_wide = pl.any_horizontal(pl.all().str.contains(r"[^\x00-\x7f]").fill_null(False))
    n_wide = looked.texts.select(is_wide.sum()).item() if looked.texts.width else 0
    if search.dialect.encoding is not None or n_wide > len(raws):
        return None
    found = guess_encoding(b"\n".join(raws))
    return _option(search, "encoding", found.name) if found else None


def _quoting(search: _Search, n_rejected: int) -> Iterator[Option]:
    """Another escape or quote, where most of what was set aside can be read with it."""
    if search.dialect.quote != '"' or search.dialect.escape:
        return
    head = _head(search)
    for key, value, sign in (("escape", "\\", b'\\"'), ("quote", "'", b"'")):
        if sign not in head or not (option := _option(search, key, value)):
            continue
        try:
            trial = read_rows(search.path, option.dialect, search.place, _TRIAL_ROWS)
        except SourceError:
            continue
        if trial.texts.height and trial.n_rejected * 2 < n_rejected and trial.rejected_share < _UNREADABLE:
            yield option


def _header(search: _Search, looked: Looked) -> Option | None:
    """A header further down, below title rows that a spreadsheet filled up with separators; or none at all."""
    names = looked.source.names
    n_empty = sum(name == f"column_{i + 1}" for i, name in enumerate(names))
    if search.dialect.has_header and 2 * n_empty > len(names) > 2:
        rows = looked.texts.head(_TITLE_ROWS).rows()
        for line, row in zip(looked.lines.tolist(), rows, strict=False):
            cells = [cell for cell in row if cell and cell.strip()]
            if len(cells) == len(row) == len(set(cells)) and not is_row(tuple(cells), _below(looked, line)):
                return _option(search, "skip_lines", line - 1)
    if search.dialect.has_header and is_row(names, looked.texts):
        return _option(search, "has_header", False)
    return None


def _below(looked: Looked, line: int) -> pl.DataFrame:
    """The rows below a line, their columns called by what stands on it."""
    at = int(np.searchsorted(looked.lines, line))
    rows = looked.texts.slice(at + 1)
    return rows.rename(dict(zip(rows.columns, looked.texts.row(at), strict=True)))


def _footer_lines(looked: Looked) -> int:
    """How many lines below the rows say that they are totals, and no row above them does."""
    if not looked.texts.width:
        return 0
    tail = looked.texts.tail(_FOOTER_ROWS)
    last = [
        (int(line), _first_cell(row))
        for line, row in zip(looked.lines[-tail.height :], tail.rows(), strict=True)
    ]
    cut = [
        (line, raw.decode("utf-8", "replace").lstrip('"'))
        for line, raw in zip(looked.rejected_lines[-_FOOTER_ROWS:], looked.raws[-_FOOTER_ROWS:], strict=True)
    ]
    below = sorted(last + cut)[-_FOOTER_ROWS:]
    is_total = [
        bool(_TOTALS.match(text)) for text in fold(pl.Series([text for _, text in below], dtype=pl.String))
    ]
    n_lines = next((i for i, each in enumerate(reversed(is_total)) if not each), len(is_total))
    if not n_lines or n_lines == len(looked.lines) + looked.n_rejected or any(is_total[:-n_lines]):
        return 0
    first = looked.texts.columns[0]
    above = looked.texts.slice(0, max(0, looked.texts.height - _FOOTER_ROWS))[first].drop_nulls().head(5000)
    return 0 if any(_TOTALS.match(text) for text in fold(above)) else n_lines


def _first_cell(row: tuple[str | None, ...]) -> str:
    return next((cell for cell in row if cell and cell.strip()), "")


def _refuse_unreadable(looked: Looked, place: Place) -> None:
    if looked.rejected_share <= _UNREADABLE:
        return
    n_rows = looked.n_rejected + looked.texts.height
    rule = max(sorted(set(looked.rules)), key=looked.rules.count)
    raise SourceError(
        f"{looked.n_rejected:,} of {n_rows:,} rows cannot be read, most for rule `{rule}`",
        place=Place(place.file, min(looked.rejected_lines)),
        hint="describe the source by hand: its `delimiter`, `quote`, `escape`, `encoding` and `skip_lines` in `dialect`",
    )
