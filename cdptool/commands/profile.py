"""`cdptool profile`: what a file that nobody declared holds, and what seems to be wrong in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cdptool.commands.any_file import read_any, stem
from cdptool.commands.report import Report
from cdptool.commands.session import Say, today
from cdptool.errors import Place
from cdptool.inspection.describe import Description, candidate_keys, describe, masked
from cdptool.inspection.fault_finding import find_faults, table_of
from cdptool.inspection.findings import Fault, Table
from cdptool.sources.files import files_in
from cdptool.sources.inputs import InputFile, taken_apart
from cdptool.sources.texts_of_file import MOST_BYTES, FileTexts

COLUMNS: Final = ("column", "type", "empty", "distinct", "letters", "most frequent")
WIDTH: Final = 80


@dataclass(frozen=True, slots=True)
class _Looked:
    """A file that was looked at: its texts, its columns, and what is at fault; and whether values may be shown."""

    path: str
    texts: FileTexts
    table: Table
    described: tuple[Description, ...]
    faults: tuple[Fault, ...]
    show_values: bool

    def shown(self, of: Description, text: str) -> str:
        """A value as it may be printed."""
        return text if self.show_values else masked(of, text)


def profile_files(files: tuple[str, ...], say: Say, *, limit: int, show_values: bool) -> Report:
    """Read the files, describe each column, and find what is at fault. Nothing is written."""
    read, tables = [], []
    inputs = tuple(file for path in files for found in _in_folder(path) for file in _inputs(found))
    files = tuple(file.shown for file in inputs)
    for file in inputs:
        say(f"reading {file.shown}")
        with tempfile.TemporaryDirectory() as folder, file.unpacked(folder) as path:
            texts = read_any(path, file.place)
        read.append(texts)
        tables.append(table_of(stem(Path(file.shown)), texts.frame, today=today(), lost=texts.lost))
    lines: list[str] = []
    answers = []
    n_faults = 0
    for path, texts, table in zip(files, read, tables, strict=True):
        say(f"looking for faults in {path}")
        whole = tuple(t for t, r in zip(tables, read, strict=True) if not r.is_sample or t is table)
        faults = find_faults(table, whole)
        described = tuple(describe(column) for column in table.columns)
        looked = _Looked(path, texts, table, described, faults, show_values)
        answers.append(_answer(looked))
        lines += _told(looked, limit)
        n_faults += len(answers[-1]["findings"])
    several = len(answers) > 1
    data: dict[str, Any] = {"files": answers, "findings": [
        {"file": answer["file"], **finding} for answer in answers for finding in answer["findings"]
    ]}  # fmt: skip
    summary = f"{len(files)} file{'s' * several}, {sum(t.n_rows for t in read):,} rows: {n_faults} finding{'s' * (n_faults != 1)}"
    return Report("profile", summary, data, lines=tuple(lines), is_answer=True)


def _in_folder(path: str) -> tuple[str, ...]:
    """The files of a folder by name, else the path itself."""
    folder = Path(path)
    if not folder.is_dir():
        return (path,)
    return tuple(str(file) for file in files_in(folder))


def _inputs(path: str) -> Iterator[InputFile]:
    """The file, or the files of the archive that it is."""
    return taken_apart(InputFile(path, path, Place(path)))


def _rows(texts: FileTexts, fault: Fault) -> list[int]:
    return [int(row) for row in texts.rows[fault.rows]]


def _answer(looked: _Looked) -> dict[str, Any]:
    texts, table, described = looked.texts, looked.table, looked.described
    findings = [
        {
            "kind": fault.kind,
            "columns": list(fault.columns),
            "rows": _rows(texts, fault),
            "count": len(fault.rows),
            "evidence": fault.evidence,
            "expect": fault.expect,
        }
        for fault in looked.faults
    ]
    if texts.rejected:
        findings.append(_ragged(texts))
    return {
        "file": looked.path,
        "notes": list(texts.notes),
        "rows": texts.n_rows,
        "rows_looked_at": table.n_rows,
        "is_sample": texts.is_sample,
        "keys": [list(key) for key in candidate_keys(table, described)],
        "columns": [
            {
                "name": d.name,
                "type": d.guess.type,
                "format": list(d.guess.format),
                "evidence": d.guess.evidence,
                "empty": d.n_empty,
                "distinct": d.n_distinct,
                "length": {"min": d.shortest, "typical": d.typical, "max": d.longest},
                "top": [{"value": looked.shown(d, text), "count": count} for text, count in d.top],
                "placeholders": [
                    {"value": looked.shown(d, text), "count": count} for text, count in d.placeholders
                ],
                "is_unique": d.is_key,
                "is_nearly_unique": d.is_nearly_key,
            }
            for d in described
        ],
        "findings": findings,
    }


def _ragged(texts: FileTexts) -> dict[str, Any]:
    """Records with too many or too few fields, which no column can be held against."""
    reasons = sorted({reason for _, _, reason in texts.rejected})
    return {
        "kind": "shifted_columns",
        "columns": [],
        "rows": [row for row, _, _ in texts.rejected],
        "count": len(texts.rejected),
        "evidence": f"these records are no rows of this table: {'; '.join(reasons[:3])}",
        "expect": None,
    }


def _told(looked: _Looked, limit: int) -> list[str]:
    """The file for people, at most 80 letters wide."""
    path, texts, table, described = looked.path, looked.texts, looked.table, looked.described
    lines = [f"{path}: {texts.n_rows:,} rows, {len(described)} columns", *_wrapped(", ".join(texts.notes))]
    if texts.is_sample:
        size = MOST_BYTES >> 20
        text = f"more than {size} MiB of text: looked at {table.n_rows:,} rows, whole blocks spread evenly over it"
        lines += _wrapped(text)
    lines += ["", *_columns(looked)]
    keys = candidate_keys(table, described)
    if keys:
        lines += ["", "could be the key: " + ", ".join(" + ".join(key) for key in keys)]
    nearly = [d.name for d in described if d.is_nearly_key and not d.is_personal]
    if nearly:
        lines.append("nearly unique: " + ", ".join(nearly))
    lines.append("")
    total = len(looked.faults) + bool(texts.rejected)
    if not total:
        return [*lines, "no faults found", ""]
    lines.append(f"{total} finding{'s' * (total != 1)}")
    for fault in looked.faults[:limit]:
        lines += ["", *_fault(looked, fault)]
    if texts.rejected and len(looked.faults) < limit:
        found = _ragged(texts)
        lines += [
            "",
            f"shifted_columns: {found['count']:,} row{'s' * (found['count'] != 1)}",
            f"  {found['evidence']}",
        ]
        lines += [f"  {path}:{line}" for _, line, _ in texts.rejected[:3]]
    if total > limit:
        lines += ["", f"… and {total - limit} more findings (`--limit {total}`, `--json` for all)"]
    return [*lines, ""]


def _columns(looked: _Looked) -> list[str]:
    rows = [COLUMNS]
    for d in looked.described:
        text, count = d.top[0] if d.top else ("", 0)
        often = f"{_short(looked.shown(d, text), 16)} ({_share(count, d.n_rows)})" if count > 1 else "–"
        lengths = f"{d.shortest}-{d.longest}" if d.shortest != d.longest else str(d.shortest)
        rows.append(
            (
                _short(d.name, 20),
                d.guess.type,
                _share(d.n_empty, d.n_rows),
                f"{d.n_distinct:,}",
                lengths,
                often,
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    right = (False, False, True, True, True, False)
    told = []
    for row in rows:
        cells = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)]
        told.append(("  " + "  ".join(cells)).rstrip()[:WIDTH])
    return told


def _share(part: int, whole: int) -> str:
    if not part:
        return "0"
    share = part / max(whole, 1)
    return "< 1%" if share < 0.005 else f"{share:.0%}"


def _short(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _fault(looked: _Looked, fault: Fault) -> list[str]:
    """One finding: what, why, where the first three stand, and the line that would watch for it."""
    columns = ", ".join(fault.columns[:3]) + (
        f" and {len(fault.columns) - 3} more" if len(fault.columns) > 3 else ""
    )
    n = len(fault.rows)
    lines = [f"{fault.kind} in {columns}: {n:,} row{'s' * (n != 1)}", *_wrapped(fault.evidence)]
    cells = {column.name: column for column in looked.table.columns}
    by_name = {d.name: d for d in looked.described}
    for row in fault.rows[:3]:
        values = []
        for name in fault.columns[:3]:
            code = cells[name].codes[row]
            text = cells[name].texts[int(code)] if code >= 0 else ""
            values.append(looked.shown(by_name[name], text))
        width = max(WIDTH - len(looked.path) - 12, 24)
        lines.append(f"  {looked.path}:{looked.texts.lines[row]}  {_short(' | '.join(values), width)}")
    if n > 3:
        lines.append(f"  … and {n - 3:,} more")
    if fault.expect:
        lines.append(f"  expect: {fault.expect}")
    return lines


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
