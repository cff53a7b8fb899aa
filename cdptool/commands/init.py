"""`cdptool init`: files nobody has described → a whole project, proposed with its evidence."""

from __future__ import annotations

import glob
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from cdptool.commands.any_file import stem
from cdptool.commands.looking import look_at
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Say
from cdptool.commands.writing import told_of, write_whole
from cdptool.config import load_project
from cdptool.config.project import require_region, require_zone
from cdptool.errors import ConfigError, Finding, Place, SourceError, UsageError
from cdptool.inspection.facts import ColumnFacts, FileFacts, column_facts
from cdptool.inspection.file_words import slug
from cdptool.inspection.project import ProjectProposal, propose_project
from cdptool.inspection.render import quoted, render
from cdptool.inspection.settling import Defaults
from cdptool.sources.files import files_in


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says: the folder, and what the files do not tell."""

    into: Path = Path("configs")
    tz: str | None = None
    region: str | None = None
    currency: str | None = None
    name: str | None = None
    force: bool = False
    dry_run: bool = False


def init_project(files: tuple[Path, ...], wishes: Wishes, say: Say) -> Report:
    """
    Propose a project for files, and write it.

    Raises:
        UsageError: Where no file is given, or the folder holds project files already.
        ConfigError: Where a zone or region is none.
        SourceError: Where no file could be read.
    """
    if not files:
        raise UsageError(
            "no file is named", hint="name the exports to begin with: `cdptool init customers.csv`"
        )
    paths = [path for given in files for path in _files_of(given)]
    if wishes.tz is not None:
        require_zone(wishes.tz, Place("--tz"))
    if wishes.region is not None:
        require_region(wishes.region, Place("--region"))
    _refuse_existing(wishes)
    say("read")
    looked, findings = _look_at_all(paths, wishes)
    defaults, notes, warnings = _defaults(looked, wishes)
    say("propose")
    proposal = propose_project(looked, defaults)
    name = wishes.name or wishes.into.absolute().name
    written = render(proposal, name=name, notes=notes)
    _check(written)
    if not wishes.dry_run:
        _write(written, wishes)
    return _report(proposal, written, wishes, (*findings, *warnings))


def _files_of(given: Path) -> list[Path]:
    """The file itself; of a folder its files, without hidden ones and what describes a project."""
    if not given.is_dir():
        return [given]
    found = [each for each in files_in(given) if each.suffix not in (".yaml", ".yml")]
    if not found:
        raise UsageError(
            "there is no export in the folder", place=Place(str(given)), hint="name the exports to begin with"
        )
    return found


def _refuse_existing(wishes: Wishes) -> None:
    if wishes.force or wishes.dry_run:
        return
    there = [
        name
        for name in ("project.yaml", "sources.yaml", "merge.yaml", "rules.yaml")
        if (wishes.into / name).exists()
    ]
    if there:
        hint = "name another folder with --into, or overwrite them with --force"
        raise UsageError(
            *(Finding("the file is there already", Place(str(wishes.into / each)), hint) for each in there)
        )


def _look_at_all(paths: list[Path], wishes: Wishes) -> tuple[tuple[FileFacts, ...], list[Finding]]:
    """What is known of each file; files of one shape and subject are one source. What cannot be read is told."""
    looked: dict[tuple[str, ...], FileFacts] = {}
    findings: list[Finding] = []
    for path in paths:
        try:
            found = look_at(path, wishes.into)
        except SourceError as error:
            findings += error.findings
            continue
        shape = (found.about, *found.texts.columns, str(found.dialect))
        looked[shape] = _together(looked[shape], found) if shape in looked else found
    if not looked:
        raise SourceError(*findings)
    left_out = [replace(each, severity="warning", problem=f"left out: {each.problem}") for each in findings]
    named = zip(_names(tuple(looked.values()), wishes), looked.values(), strict=True)
    return tuple(
        replace(
            found, name=name, columns=column_facts(found.texts, wishes.region), files=_pattern(found, wishes)
        )
        for name, found in named
    ), left_out


def _names(files: tuple[FileFacts, ...], wishes: Wishes) -> Iterator[str]:
    """A name for each: what it is about; where two are about the same, the name of the file or of its folder too."""
    paths = [Path(os.path.normpath(wishes.into.absolute() / file.files[0])) for file in files]
    plain = [_word(file.about) for file in files]
    whole = [
        _word(stem(path)) if len(file.files) == 1 else "" for file, path in zip(files, paths, strict=True)
    ]
    inside = [f"{slug(path.parent.name)}_{name}" for path, name in zip(paths, plain, strict=True)]
    used: set[str] = set()
    for own in zip(plain, whole, inside, strict=True):
        columns = zip((plain, whole, inside), own, strict=True)
        free = [name for every, name in columns if name and every.count(name) == 1 and name not in used]
        numbered = (f"{own[0]}_{n}" for n in range(1, len(files) + 2))
        name = free[0] if free else next(name for name in numbered if name not in used)
        used.add(name)
        yield name


def _word(text: str) -> str:
    """A name for a source; words that YAML takes for no text are none."""
    found = slug(text)
    return f"file_{found}" if found in ("null", "true", "false", "yes", "no", "on", "off") else found


def _pattern(found: FileFacts, wishes: Wishes) -> tuple[str, ...]:
    """The files as one pattern, where it means them and no others."""
    names = tuple(glob.escape(file) for file in found.files)
    folder = wishes.into.absolute()
    paths = [Path(os.path.normpath(folder / file)) for file in found.files]
    if len(paths) < 2 or len({path.parent for path in paths}) > 1:
        return names
    shortest = min(len(path.name) for path in paths)
    start = _common([path.name for path in paths])
    end = _common([path.name[::-1] for path in paths])[: shortest - len(start)][::-1]
    pattern = f"{glob.escape(start)}*{glob.escape(end)}"
    if set(paths[0].parent.glob(pattern)) != set(paths):
        return names
    return (str(Path(glob.escape(str(Path(found.files[0]).parent))) / pattern),)


def _common(names: list[str]) -> str:
    """What all of them begin with."""
    first, last = min(names), max(names)
    return first[: next((i for i, letter in enumerate(first) if letter != last[i]), len(first))]


def _together(first: FileFacts, second: FileFacts) -> FileFacts:
    return replace(
        first,
        files=(*first.files, *second.files),
        texts=pl.concat([first.texts, second.texts]),
        is_whole=first.is_whole and second.is_whole,
        n_rejected=first.n_rejected + second.n_rejected,
        rejected_share=max(first.rejected_share, second.rejected_share),
    )


def _defaults(files: tuple[FileFacts, ...], wishes: Wishes) -> tuple[Defaults, dict[str, str], list[Finding]]:
    """Zone, region and currency: as said, else as the files show; what neither says is warned of."""
    columns = [column for file in files for column in file.columns]
    notes: dict[str, str] = {}
    warnings: list[Finding] = []
    tz = wishes.tz or _zone_of(columns)
    notes["tz"] = "as said with --tz"
    if tz and not wishes.tz:
        notes["tz"] = "the offset that the files' times carry; write the zone by name where its clocks change"
    elif not tz:
        tz, notes["tz"] = "UTC", "nobody said: no time in the files carries a zone of its own"
        if any(column.guess.type == "datetime" and column.guess.tz_hint is None for column in columns):
            hint = "say it with --tz, such as `--tz Asia/Ho_Chi_Minh`, or correct `tz` in project.yaml and sources.yaml"
            warnings.append(Finding("times without a zone are taken as UTC", None, hint, "warning"))
    region = wishes.region or _most(column.guess.region for column in columns if not column.guess.either)
    notes["region"] = "as said with --region" if wishes.region else "the numbering plan that most numbers fit"
    if not region:
        notes["region"] = "not known; needed for phone numbers without a country code"
        if any(column.guess.type == "phone" and column.guess.either for column in columns):
            hint = "say it with --region, such as `--region US`"
            warnings.append(
                Finding("national phone numbers fit several countries, and stay texts", None, hint, "warning")
            )
    currency = wishes.currency or _most(column.guess.currency for column in columns)
    notes["currency"] = "as said with --currency" if wishes.currency else "the currency that the amounts name"
    if not currency:
        notes["currency"] = "not known; amounts without one are plain numbers until somebody says it"
    return Defaults(tz, region, currency), notes, warnings


def _zone_of(columns: list[ColumnFacts]) -> str | None:
    """The one whole-hour offset that all times with an offset carry."""
    found = {c.guess.tz_hint for c in columns if c.guess.tz_hint and c.guess.format != ("%s",)}
    if len(found) != 1:
        return None
    offset = found.pop()
    if offset == "UTC":
        return "UTC"
    hours = re.fullmatch(r"([+-])(\d\d):?00", offset or "")
    if not hours or int(hours[2]) > 12:
        return None
    sign = "-" if hours[1] == "+" else "+"  # POSIX counts them the other way round
    return f"Etc/GMT{sign}{int(hours[2])}"


def _most(values: Iterator[str | None]) -> str | None:
    counted = Counter(value for value in values if value)
    return min(counted, key=lambda value: (-counted[value], value)) if counted else None


def _check(written: dict[str, str]) -> None:
    """
    Load what would be written, beside nothing else.

    Raises:
        UsageError: Where an option is no zone, region or currency; the place is a line of the proposal.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, text in written.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        try:
            load_project(Path(folder))
        except ConfigError as error:
            found = [replace(each, place=_beside(each.place)) for each in error.findings]
            raise UsageError(*found) from None


def _beside(place: Place | None) -> Place | None:
    return place and replace(place, file=Path(place.file).name)


def _write(written: dict[str, str], wishes: Wishes) -> None:
    with told_of(wishes.into, "cannot be written", hint="choose another folder with --into"):
        wishes.into.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            write_whole(wishes.into / name, text.encode())


def _report(
    proposal: ProjectProposal, written: dict[str, str], wishes: Wishes, findings: tuple[Finding, ...]
) -> Report:
    columns = ("source", "rows", "feeds", "key", "time", "columns")
    rows = tuple(
        (
            source.name,
            source.draft.file.texts.height,
            source.draft.feeds if source.target is None else f"{source.draft.feeds} {source.target}",
            ", ".join(source.draft.key) or "–",
            source.draft.at or "–",
            len(source.columns) + len(source.identifiers),
        )
        for source in proposal.sources
    )
    folder = str(wishes.into)
    lines = tuple(f"--- {name}\n{text}" for name, text in written.items()) if wishes.dry_run else ()
    verb = "would write" if wishes.dry_run else "wrote"
    then = "cdptool run" if any(source.at for source in proposal.sources) else "cdptool ingest"
    summary = f"{verb} {', '.join(written)} into {folder}; read them, then: {then} -C {quoted(folder)}"
    return Report(
        verb="init",
        summary=summary,
        data={
            "folder": folder,
            "files": dict(written) if wishes.dry_run else list(written),
            "sources": [dict(zip(columns, row, strict=True)) for row in rows],
        },
        grids=(Grid("Proposed", columns, rows),),
        lines=lines,
        findings=findings,
    )
