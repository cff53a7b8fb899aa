"""
Access logs of web servers, and the pixels among them: one line, one row, the parameters of its address as columns.

A line is of the format or it is set aside with the column where it breaks; nothing is guessed. `-` is null. What
the client wrote is undone of the server's escapes (`\\"`, `\\x22`) and, in parameters, of its percent signs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.errors import Place, SourceError
from cdptool.sources.csv_blocks import Rejected, TextBlock
from cdptool.sources.csv_records import Fault, kept_raw
from cdptool.sources.log_formats import LOG_FORMATS, LogFormat, log_format
from cdptool.sources.user_agents import AGENT_COLUMNS, knows_agents, parse_agents
from cdptool.sources.window import Chunk, Window

QUERY: Final = "query."
Numbers = NDArray[np.int64]
_LONGEST_LINE: Final = 16 << 20
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_REQUEST: Final = r"^([A-Za-z_-]+) (.*?)(?: (HTTP/\d(?:\.\d)?))?$"
_ESCAPE: Final = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|([\\"nrt]))')
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"'}


@dataclass(frozen=True, slots=True)
class AccessLog:
    """An open log: its format, the names of its columns, and where its bytes begin in the file (None = unknown)."""

    form: LogFormat
    names: tuple[str, ...]
    place: Place
    byte_offset: int | None

    def blocks(self, chunks: Iterator[Chunk], needed: tuple[str, ...], block: int) -> Iterator[TextBlock]:
        """
        The lines of the log, in blocks of about so many bytes.

        Raises:
            SourceError: A line is longer than 16 MiB, or ua-parser is needed and not installed.
        """
        window, line, offset = Window(chunks), 1, self.byte_offset
        while part := self._whole_lines(window, block, line):
            lines = part.split(b"\n")
            lines.pop()
            numbers = np.arange(line, line + len(lines))
            yield self.block(lines, numbers, needed, byte_offset=offset)
            line += len(lines)
            offset = None if offset is None else offset + len(part)

    def _whole_lines(self, window: Window, size: int, line: int) -> bytes:
        part = window.take_lines(size, _LONGEST_LINE)
        if part is None:
            raise SourceError(
                "a line is longer than 16 MiB",
                place=Place(self.place.file, line),
                hint="this is no access log; declare the `format` in the source's dialect",
            )
        return part

    def block(
        self, lines: list[bytes], numbers: Numbers, needed: tuple[str, ...], *, byte_offset: int | None = None
    ) -> TextBlock:
        """Lines, without their ends and with their numbers, as one block; `byte_offset` is that of the first."""
        starts = np.cumsum([0] + [len(line) + 1 for line in lines])
        rejected: list[Rejected] = []

        def reject(at: int, fault: Fault) -> None:
            begin = None if byte_offset is None else byte_offset + int(starts[at])
            raw = kept_raw(lines[at].removesuffix(b"\r"))
            rejected.append(Rejected(int(numbers[at]), fault, raw, begin))

        texts, places, n_blank = [], [], 0
        for at, line in enumerate(lines):
            if not line or line.isspace():
                n_blank += 1
                continue
            try:
                texts.append(line.decode().removesuffix("\r"))
            except UnicodeDecodeError as error:
                reject(at, Fault("encoding", f"not UTF-8 (byte 0x{line[error.start]:02x})"))
                continue
            places.append(at)
        frame = parse_lines(pl.Series(texts, dtype=pl.String), self.form)
        is_row = frame["is_row"].to_numpy()
        has_time = frame["time"].is_not_null().to_numpy() if "time" in frame.columns else is_row
        for i in np.flatnonzero(~is_row):
            reject(places[i], Fault("log", self.form.first_fault(texts[i])))
        for i in np.flatnonzero(is_row & ~has_time):
            reject(places[i], Fault("time", "no such time"))
        kept = is_row & has_time
        at_rows = np.array(places, np.int64)[kept]
        wanted = tuple(self.names[int(i)] for i in needed)
        columns = columns_of(frame.filter(pl.Series(kept)), wanted, self.place)
        block = columns.rename(dict(zip(wanted, needed, strict=True)))
        rejected.sort(key=lambda item: item.line)
        return TextBlock(block, numbers[at_rows], tuple(rejected), n_blank, _raws(lines, at_rows))


def _raws(lines: list[bytes], places: Numbers) -> Callable[[int], bytes]:
    return lambda row: kept_raw(lines[int(places[row])].removesuffix(b"\r"))


def open_access_log(
    sample: bytes, declared: str | None, place: Place, *, wanted: tuple[str, ...], byte_offset: int | None
) -> AccessLog:
    """
    Know the format of a log from its first lines, or as declared, and the columns that it has.

    Args:
        sample: The first bytes of the text.
        declared: The name of a format, or one in Nginx's syntax; None = the one that fits most lines.
        place: What messages call the file.
        wanted: Columns that will be needed: `query.NAME` of a parameter may be rare, and those of the user agent
            need ua-parser: without it they are there only if they are wanted.
        byte_offset: Where the text begins in the file; None = unknown.

    Raises:
        SourceError: No line of the sample is of the format.
    """
    texts = pl.Series(sample.decode("utf-8", "replace").splitlines(), dtype=pl.String)
    texts = texts.filter(texts.str.strip_chars() != "")
    if len(texts) > 1 and not sample.endswith(b"\n"):
        texts = texts.head(-1)  # it may be cut
    form = _chosen(texts, declared, place)
    rows = parse_lines(texts, form).filter("is_row")
    asked = sorted({name for name in wanted if name.startswith(QUERY)} - set(form.columns))
    parameters = _parameters(rows["query"]) if "query" in rows.columns else {}
    found = [name for name in rows.columns if name != "is_row"]
    is_asked = knows_agents() or not set(AGENT_COLUMNS).isdisjoint(wanted)
    agents = AGENT_COLUMNS if is_asked and "user_agent" in found else ()
    names = (*found, *agents, *sorted({*asked, *(QUERY + name for name in parameters)}))
    return AccessLog(form, names, place, byte_offset)


def is_access_log(sample: bytes) -> bool:
    """Whether the first line is one of a known format."""
    first = sample[:65536].decode("utf-8", "replace").lstrip().split("\n", 1)[0].rstrip("\r")
    return any(re.match(log_format(name, syntax, Place("")).pattern, first) for name, syntax in LOG_FORMATS)


def _chosen(texts: pl.Series, declared: str | None, place: Place) -> LogFormat:
    known = dict(LOG_FORMATS)
    if declared is not None and declared not in known:
        candidates = [log_format("declared", declared, place)]
    else:
        candidates = [log_format(name, known[name], place) for name in known if declared in (None, name)]
    fitting = [int(texts.str.contains(form.pattern).sum()) for form in candidates]
    best = max(range(len(candidates)), key=lambda i: fitting[i])
    if len(texts) and not fitting[best]:
        raise SourceError(
            f"none of the first {len(texts):,} lines is of the format `{declared or 'access_log'}`",
            place=place,
            hint="copy the server's `log_format` into the source's dialect",
        )
    return candidates[best]


def format_of(names: tuple[str, ...], declared: str | None, place: Place) -> LogFormat:
    """The format that a log with these columns has, where its lines cannot tell: the longest they allow."""
    known = dict(LOG_FORMATS)
    if declared is not None:
        return log_format(
            "declared" if declared not in known else declared, known.get(declared, declared), place
        )
    forms = [log_format(name, syntax, place) for name, syntax in LOG_FORMATS]
    return next((form for form in forms if set(form.columns) <= set(names)), forms[-1])


def parse_lines(texts: pl.Series, form: LogFormat) -> pl.DataFrame:
    """
    Take lines apart.

    Returns:
        One row per line, in order: `is_row` (Boolean), the columns of the format (String), and of `request` or
        `target` its `method`, `path`, `query` and `protocol`. `time` is ISO with offset, null if there is no such moment.
    """
    parts = pl.col("line").str.extract_groups(form.pattern)
    lines = pl.DataFrame({"line": texts})
    names = {str(i): name for i, name in enumerate(form.columns, 1)}
    frame = lines.select(
        is_row=parts.struct.field("1").is_not_null(),
        **{name: parts.struct.field(i) for i, name in names.items()},
    )
    frame = frame.with_columns(pl.col(name).replace({"-": None, "": None}) for name in form.columns)
    frame = frame.with_columns(_unescaped(frame[name]) for name in form.columns if name != "time")
    if "time" in form.columns:
        frame = frame.with_columns(_iso(pl.col("time")).alias("time"))
    if "request" in form.columns:
        request = pl.col("request").str.extract_groups(_REQUEST).struct
        fresh = {"method": "1", "target": "2", "protocol": "3"}
        frame = frame.with_columns(
            **{name: request.field(i) for name, i in fresh.items() if name not in form.columns}
        )
    if "target" in frame.columns:
        split = pl.col("target").str.splitn("?", 2).struct
        fresh = {"path": "field_0", "query": "field_1"}
        frame = frame.with_columns(
            **{name: split.field(i) for name, i in fresh.items() if name not in form.columns}
        )
    return frame


def _iso(time: pl.Expr) -> pl.Expr:
    """`17/May/2015:10:05:03 +0000` as `2015-05-17T10:05:03+00:00`; other times stay; null if there is none such."""
    months = {month: f"{i:02}" for i, month in enumerate(_MONTHS, 1)}
    month = time.str.slice(3, 3).replace_strict(months, default="00", return_dtype=pl.String)
    zone = time.str.slice(21, 3) + ":" + time.str.slice(24, 2)
    local = time.str.slice(7, 4) + "-" + month + "-" + time.str.slice(0, 2) + "T" + time.str.slice(12, 8)
    iso = pl.when(time.str.slice(2, 1) == "/").then(local + zone).otherwise(time.str.replace("Z$", "+00:00"))
    moment = iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%:z", time_zone="UTC", strict=False)
    return pl.when(moment.is_not_null()).then(iso)


def _unescaped(column: pl.Series) -> pl.Series:
    """The column with the server's escapes undone, where there are any."""
    has = column.str.contains(r"\\").fill_null(False)
    if not has.any():
        return column
    texts = column.filter(has).unique()
    return column.replace(texts, pl.Series([_plain(text) for text in texts], dtype=pl.String))


def _plain(text: str) -> str:
    """Bytes that are not UTF-8 stay escaped: nothing is decoded lossily."""

    def bytes_of(match: re.Match[str]) -> bytes:
        return bytes([int(match[1], 16)]) if match[1] else _LETTERS[match[2]].encode()

    parts, end = [], 0
    for match in _ESCAPE.finditer(text):
        parts += [text[end : match.start()].encode(), bytes_of(match)]
        end = match.end()
    try:
        return b"".join([*parts, text[end:].encode()]).decode()
    except UnicodeDecodeError:
        return text


def _parameters(queries: pl.Series) -> dict[str, dict[str, str]]:
    """By parameter: the (first) value in each distinct query."""
    found: dict[str, dict[str, str]] = {}
    for query in queries.drop_nulls().unique(maintain_order=True):
        for name, value in _pairs(query):
            found.setdefault(name, {}).setdefault(query, value)
    return found


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:  # not UTF-8: as written
        pairs = (part.partition("=") for part in query.split("&") if part)
        return [(name, value) for name, _, value in pairs]


def columns_of(frame: pl.DataFrame, wanted: tuple[str, ...], place: Place) -> pl.DataFrame:
    """
    The wanted columns of parsed lines, in order.

    Raises:
        SourceError: A column of the user agent is wanted and ua-parser not installed.
    """
    columns = {name: frame[name] for name in wanted if name in frame.columns}
    rest = [name for name in wanted if name not in columns]
    if any(name in AGENT_COLUMNS for name in rest):
        columns |= parse_agents(frame["user_agent"], place).to_dict()
    parameters = _parameters(frame["query"]) if any(name.startswith(QUERY) for name in rest) else {}
    for name in rest:
        if name.startswith(QUERY):
            values = parameters.get(name.removeprefix(QUERY), {})
            columns[name] = frame["query"].replace_strict(values, default=None, return_dtype=pl.String)
    return pl.DataFrame({name: columns[name].alias(name) for name in wanted})
