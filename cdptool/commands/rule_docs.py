"""`cdptool rules docs`: the data dictionary, every trait and segment as a sentence with what it reads and who uses it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cdptool.commands.files import write_file
from cdptool.commands.report import Report
from cdptool.commands.session import Settings
from cdptool.config import Project, load_project
from cdptool.errors import ConfigError
from cdptool.rules import Rule, RuleBook
from cdptool.rules.nodes import to_text
from cdptool.rules.reads import Reads, reads_of
from cdptool.rules.windows import window_text
from cdptool.rules.wording import condition_in_words, value_in_words

PAGE: Final = "rules.md"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A rule with all that is told of it."""

    rule: Rule
    is_segment: bool
    sentences: tuple[str, ...]  # the first one stands alone, the others are a list below it
    reads: Reads
    used_by: tuple[str, ...]


def document_rules(settings: Settings) -> Report:
    """
    Write the data dictionary of the project's rules, in Markdown.

    `--out` puts it into a folder as rules.md, or into a file that ends in .md; else it is printed.

    Raises:
        ConfigError: If the project has no rules.
    """
    project = load_project(settings.project, {}, os.environ)
    book = project.rules
    if book is None:
        raise ConfigError("the project has no `segments`", hint="add a rules.yaml: see docs/rules.md")
    entries = tuple(_entries(book, project))
    lines = tuple(_page(entries, book, project))
    told = f"{len(book.traits)} traits and {len(book.segments)} segments"
    written = None
    if settings.out is not None:
        written = settings.out if settings.out.suffix == ".md" else settings.out / PAGE
        write_file(written, ("\n".join(lines) + "\n").encode())
    return Report(
        verb="rules docs",
        summary=told if written is None else f"{told} written to {written}",
        data={
            "project": project.name,
            "rules": [_data(each) for each in entries],
            "written": None if written is None else str(written),
        },
        lines=lines if written is None else (),
        is_answer=True,
    )


def _entries(book: RuleBook, project: Project) -> Iterator[_Entry]:
    segments = frozenset(rule.name for rule in book.segments)
    catalog = project.catalog.with_splits(book)
    reads = {name: reads_of(rule, book, catalog) for name, rule in book.rules().items()}
    for name, rule in book.rules().items():
        named_by = tuple(f"`{other}`" for other, each in reads.items() if name in each.rules)
        yield _Entry(
            rule,
            name in segments,
            tuple(_sentences(rule, segments)),
            reads[name],
            (*named_by, *_uses(name, project)),
        )


def _sentences(rule: Rule, segments: frozenset[str]) -> Iterator[str]:
    """A rule in words: a sentence, and where it has several lines each of them."""
    if rule.labels:
        yield "The first of these that is so; nothing where none is:"
        for label, line in zip(rule.labels, rule.lines, strict=True):
            yield f"**{label}** if {condition_in_words(line, segments)}"
    elif rule.name not in segments:
        yield _sentence(value_in_words(rule.lines[0], segments))
    elif len(rule.lines) == 1:
        words = condition_in_words(rule.lines[0], segments)
        lead = "everybody for whom this is so:" if "they " in words else "everybody for whom"
        yield _sentence(f"{lead} {words}")
    else:
        yield "Everybody for whom all of this is so:"
        for line in rule.lines:
            yield condition_in_words(line, segments)


def _sentence(words: str) -> str:
    bare = words.lstrip("(")
    return f"{'(' * (len(words) - len(bare))}{bare[0].upper()}{bare[1:]}."


def _uses(name: str, project: Project) -> Iterator[str]:
    """The campaigns, caps and exports that name a rule."""
    plan = project.plan
    for campaign in plan.campaigns if plan else ():
        if campaign.to == name:
            yield f"campaign `{campaign.name}`"
    for cap in plan.caps if plan else ():
        if cap.only == name:
            yield f"cap `{cap.id}`"
    for export in project.exports:
        if name in (export.who, export.value, *export.columns):
            yield f"export `{export.name}`"


def _page(entries: tuple[_Entry, ...], book: RuleBook, project: Project) -> Iterator[str]:
    yield f"# What the rules of {project.name} say"
    yield ""
    yield "Written by `cdptool rules docs`; do not edit. A row of a stream is one thing that happened, such as one line of an order."
    yield f"“The last 90 days” are 90 times 24 hours up to the moment of the answer; days, weeks and months of the calendar are those of {project.tz}."
    yield "Of whom a segment cannot be decided yet, because a feed is late or a value is missing, that is *unknown*: not in it, and counted apart."
    for title, is_segment in (("Traits", False), ("Segments", True)):
        chosen = [each for each in entries if each.is_segment is is_segment]
        if chosen:
            yield ""
            yield f"## {title}"
        for each in chosen:
            yield from _section(each, project)
    if book.splits:
        yield ""
        yield "## Splits"
        yield ""
    for split in book.splits:
        arms = ", ".join(f"{name} {share:.0%}" for name, share in split.arms)
        by = f", within each {' and '.join(f'`{name}`' for name in split.by)}" if split.by else ""
        kept = "; who has an arm keeps it" if split.sticky else ""
        yield f"- `{split.name}`: {arms}, drawn by the salt “{split.salt}”{by}{kept}"


def _section(entry: _Entry, project: Project) -> Iterator[str]:
    first, *rest = entry.sentences
    yield ""
    yield f"### {entry.rule.name}"
    yield ""
    yield first
    if rest:
        yield ""
        yield from (f"{i}. {each}" for i, each in enumerate(rest, 1))
    yield ""
    yield f"- Rule: {_written(entry.rule)} ({_place(entry.rule, project)})"
    reads = tuple(_reads(entry.reads, project))
    if reads:
        yield f"- Reads: {'; '.join(reads)}"
    if entry.used_by:
        yield f"- Used by: {', '.join(entry.used_by)}"


def _written(rule: Rule) -> str:
    texts = [to_text(line) for line in rule.lines]
    labels = rule.labels or ("",) * len(texts)
    pairs = zip(labels, texts, strict=True)
    return ", ".join(f"{label}: `{text}`" if label else f"`{text}`" for label, text in pairs)


def _place(rule: Rule, project: Project) -> str:
    """File and line as they are seen from the project, the same wherever it lies."""
    path = Path(rule.place.file)
    file = path.relative_to(project.root) if path.is_relative_to(project.root) else path
    return f"{file}:{rule.place.line}"


def _reads(reads: Reads, project: Project) -> Iterator[str]:
    """Streams, then what stands on the profile, in tables, models and splits, then other rules."""
    for each in reads.streams:
        columns = f" ({_named(each.columns)})" if each.columns else ""
        windows = ", ".join("all time" if w is None else f"`{window_text(w)}`" for w in each.windows)
        yield f"stream `{each.stream}`{columns}, {windows}"
    models = {spec.name for spec in project.models}
    splits = {split.name for split in project.rules.splits} if project.rules else set()
    modelled = {name for name in reads.tables if name.partition(".")[0] in models}
    for what, names in (
        ("profile", [name for name in reads.fields if name not in models | splits]),
        ("tables", [name for name in reads.tables if name not in modelled]),
        ("models", [name for name in reads.tables if name in modelled]),
        ("splits", [name for name in reads.fields if name in splits]),
        ("rules", reads.rules),
    ):
        if names:
            yield f"{what} {_named(names)}"


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _data(entry: _Entry) -> dict[str, Any]:
    rule, reads = entry.rule, entry.reads
    return {
        "name": rule.name,
        "kind": "segment" if entry.is_segment else "trait",
        "place": str(rule.place),
        "sentences": list(entry.sentences),
        "lines": [to_text(line) for line in rule.lines],
        "labels": list(rule.labels),
        "reads": {
            "streams": [
                {
                    "stream": each.stream,
                    "columns": list(each.columns),
                    "windows": [None if window is None else window_text(window) for window in each.windows],
                }
                for each in reads.streams
            ],
            "fields": list(reads.fields),
            "tables": list(reads.tables),
            "rules": list(reads.rules),
        },
        "used_by": list(entry.used_by),
    }
