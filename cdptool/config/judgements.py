"""
decisions.csv: what people said of two records, line by line, with everything wrong in it at once.

The cells may hold personal data, so findings name lines and columns, never what stands in them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from dataclasses import fields
from typing import Final, NamedTuple, cast, get_args

from cdptool.errors import Finding, Place
from cdptool.identity.spec import Judged, Judgement

_COLUMNS: Final = tuple(each.name for each in fields(Judged) if each.name != "place")
_WORDS: Final[tuple[Judgement, ...]] = get_args(Judgement)


class Judgements(NamedTuple):
    """The judgements that could be read, in the order of the file, and the findings."""

    judged: tuple[Judged, ...]
    findings: tuple[Finding, ...]


def read_judgements(data: bytes, file: str, sources: Collection[str] | None) -> Judgements:
    """
    Read decisions.csv.

    Args:
        data: The bytes of the file: UTF-8, comma-separated, with a header.
        file: Its name, for places.
        sources: Names of the declared sources; None = not known, so not judged.

    Returns:
        Judgements. A pair judged twice in the same way is kept once; judged in two ways it is a finding.

    >>> read_judgements(b"left,right,judgement,who,when,why\\na:1,b:2,POSITIVE,x,,\\n", "d.csv", None).judged[0].left
    'a:1'
    """
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place(file, data.count(b"\n", 0, error.start) + 1)
        return Judgements((), (Finding("the file is not UTF-8", place, "save it as UTF-8"),))
    start = 1
    lines = csv.reader(io.StringIO(content), strict=True)
    rows: list[tuple[Place, list[str]]] = []
    try:
        for cells in lines:
            rows.append((Place(file, start), [cell.strip() for cell in cells]))
            start = lines.line_num + 1
    except csv.Error:
        broken = Finding("a quote in this line is not closed", Place(file, start), "close it, or double it")
        return Judgements((), (broken,))
    rows = [(place, cells) for place, cells in rows if any(cells)]
    header = rows[0][1] if rows else []
    if header != list(_COLUMNS):
        place = rows[0][0] if rows else Place(file, 1)
        return Judgements((), (Finding("an unknown header", place, f"write `{','.join(_COLUMNS)}`"),))
    return _judge(rows[1:], sources)


def _judge(rows: list[tuple[Place, list[str]]], sources: Collection[str] | None) -> Judgements:
    judged: dict[tuple[str, ...], Judged] = {}
    findings: list[Finding] = []
    for place, cells in rows:
        found = _line_findings(place, cells, sources)
        findings += found
        if found:
            continue
        left, right, word, who, when, why = cells
        line = Judged(left, right, cast(Judgement, word.upper()), who, when, why, place)
        first = judged.setdefault(tuple(sorted((left, right))), line)
        if first.judgement != line.judgement and first.place:
            hint = f"the other stands in line {first.place.line}; keep one of them"
            findings.append(Finding("this pair is judged in two ways", place, hint))
    return Judgements(tuple(judged.values()), tuple(findings))


def _line_findings(place: Place, cells: list[str], sources: Collection[str] | None) -> list[Finding]:
    if len(cells) != len(_COLUMNS):
        hint = "put quotes around a text that holds a comma"
        return [Finding(f"expected {len(_COLUMNS)} fields, found {len(cells)}", place, hint)]
    findings = []
    for column, cell in zip(("left", "right"), cells, strict=False):
        source, colon, key = cell.partition(":")
        if not (source and colon and key):
            findings.append(Finding(f"`{column}` does not name a record", place, "write `source:source_key`"))
        elif sources is not None and source not in sources:
            known = ", ".join(f"`{name}`" for name in sorted(sources))
            findings.append(
                Finding(f"`{column}` names a source that is not declared", place, f"one of {known}")
            )
    if cells[0] and cells[0] == cells[1]:
        findings.append(Finding("`left` and `right` are the same record", place, "judge two records"))
    if cells[2].upper() not in _WORDS:
        findings.append(
            Finding("an unknown judgement", place, f"one of {', '.join(f'`{w}`' for w in _WORDS)}")
        )
    return findings
