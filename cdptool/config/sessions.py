"""
The key `sessions` of project.yaml: which stream is cut into sessions, and how.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cdptool.config.forms import Into, ListOf, MapOf, Reading, Shape, check_known, refused
from cdptool.config.names import columns_of
from cdptool.config.passes import parse_condition
from cdptool.config.project import rule_name
from cdptool.config.reader import Entry, Table
from cdptool.config.scalars import Known, OneOf, duration, text
from cdptool.errors import ConfigError, Finding, Place
from cdptool.rules import Node, row_condition
from cdptool.tables import StreamSchema
from cdptool.web.spec import PARTS, SessionSpec, Split


@dataclass(frozen=True, slots=True)
class _Written:
    """Sessions as they are written: a key for each column."""

    name: str
    of: str
    device: tuple[str, ...]
    url: str | None = None
    referrer: str | None = None
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None
    idle_seconds: int = 1800
    split: tuple[Split, ...] = ()
    pages: Node | None = None
    conversion: Node | None = None
    lookback_seconds: int = 90 * 86_400
    ignore_referrers: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)


_SHAPE: Final = Shape(
    "sessions",
    _Written,
    {
        "of": Known("stream"),
        "device": ListOf(Known("field"), or_one=True, least=1),
        **dict.fromkeys(PARTS, text),
        "idle": Into(duration, ("idle_seconds",)),
        "split": ListOf(OneOf(("midnight", "campaign"), "split"), or_one=True),
        "pages": parse_condition,
        "conversion": parse_condition,
        "lookback": Into(duration, ("lookback_seconds",)),
        "ignore_referrers": ListOf(text, or_one=True),
    },
)


def session(entry: Entry, reading: Reading) -> SessionSpec:
    """Sessions under their name, which no declared stream may have."""
    if entry.key.text in reading.types("stream"):
        problem = f"`{entry.key.text}` is a stream already"
        raise refused(problem, entry.key.place, "give the sessions a name of their own")
    written = _SHAPE.named(entry, reading)
    parts = tuple((part, column) for part in PARTS if (column := getattr(written, part)) is not None)
    kind = columns_of("stream", written.of)
    for part, column in parts:
        check_known(kind, column, _place(entry, part), reading)
    return SessionSpec(
        name=written.name,
        of=written.of,
        device=written.device,
        parts=parts,
        idle_seconds=written.idle_seconds,
        split=written.split,
        pages=written.pages,
        conversion=written.conversion,
        lookback_seconds=written.lookback_seconds,
        ignore_referrers=tuple(name.lower().removeprefix("www.") for name in written.ignore_referrers),
        place=written.place,
    )


def _place(entry: Entry, key: str) -> Place:
    value = entry.value.get(key) if isinstance(entry.value, Table) else None
    return value.place if value is not None else entry.key.place


def judge_sessions(sessions: Iterable[SessionSpec], streams: Iterable[StreamSchema]) -> tuple[Finding, ...]:
    """What the rule language refuses in `pages` and `conversion`."""
    declared = {stream.name: stream for stream in streams}
    findings: list[Finding] = []
    for spec in sessions:
        cut = declared.get(spec.of)
        if cut is not None and cut.keep is not None:
            problem = f"`{spec.of}` is cut into sessions row by row, so it cannot be kept as signals"
            findings.append(Finding(problem, cut.place, "take `keep:` away"))
        for node in (spec.pages, spec.conversion):
            if node is None or spec.of not in declared:
                continue
            try:
                row_condition(node, declared[spec.of])
            except ConfigError as error:
                findings += error.findings
    return tuple(findings)


SESSIONS_KEYS: Final = {"sessions": MapOf(session, rule_name)}
