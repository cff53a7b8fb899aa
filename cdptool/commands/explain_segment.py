"""`cdptool explain segment NAME CUSTOMER`: what each line of a rule says of one profile, and the rows that decided it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import polars as pl

from cdptool.commands.answered import answer_data, told_answer
from cdptool.commands.citing import profile_of
from cdptool.commands.report import Report
from cdptool.commands.rule_inputs import Asked, moment_asked, question_of, with_rest
from cdptool.commands.session import Session, Settings, open_session
from cdptool.commands.traced import Telling
from cdptool.errors import ConfigError, UsageError
from cdptool.ids import printed_id
from cdptool.profiles.seen_rows import SeenRow
from cdptool.profiles.tracing import Trace, Traced, trace
from cdptool.profiles.worlds import World
from cdptool.rules import Rule, RuleBook
from cdptool.rules.naming import nearest
from cdptool.rules.narrowing import narrowed
from cdptool.rules.nodes import Name
from cdptool.sources.outputs import declared_schema
from cdptool.tables import FILES, PROVENANCE, STREAM
from cdptool.workspace import Snapshot


def explain_segment(settings: Settings, name: str, who: str, *, show_values: bool = False) -> Report:
    """
    A segment or trait of one profile, line by line.

    Args:
        settings: Where the project is, and as of when.
        name: The segment or trait.
        who: A profile id of today or of any time before, or one of its records as `source:source_key`.
        show_values: Print personal values as they are instead of masked.

    Raises:
        ConfigError: If the project has no rules.
        UsageError: If there is no such rule, profile or record.
    """
    with open_session(settings, writes=False) as session:
        book = session.project.rules
        if book is None:
            raise ConfigError("the project has no `segments`", hint="add a rules.yaml: see docs/rules.md")
        rule = rule_named(name, book)
        snapshot = session.snapshot()
        profile = profile_of(snapshot, who)
        as_of = moment_asked(session, snapshot)
        asked = question_of(session, snapshot, narrowed(book, [name]), as_of)
        world = world_of(session, asked, profile)
        found = trace(world, rule, book)
        telling = Telling(_places(session, snapshot, found), book, session.project.catalog, show_values)
        report = _report(found, telling, profile, is_segment=rule in book.segments)
        summary = f"{report.summary}, {session.when(as_of)}"
        return replace(report, summary=summary, data={**report.data, **session.when_data(as_of)})


def rule_named(name: str, book: RuleBook) -> Rule:
    """
    The trait or segment of this name.

    Raises:
        UsageError: If there is none; the hint names the nearest.
    """
    rules = book.rules()
    if name not in rules:
        hint = nearest(name, rules) or f"the segments are {', '.join(rule.name for rule in book.segments)}"
        raise UsageError(f"there is no segment or trait `{name}`", hint=hint)
    return rules[name]


def world_of(session: Session, asked: Asked, profile: int) -> World:
    """One profile of the workspace with its rows, and what is ranked over all of them."""
    question, is_it = asked.question, pl.col("profile_id") == profile
    everybody, cuts = with_rest(session, asked)
    splits = (split.name for split in question.book.splits)
    profiles = everybody.select("profile_id", *asked.needs.fields, *splits).filter(is_it).collect()
    streams = {}
    for name, rows in asked.streams.items():
        schema = question.catalog.stream(name)
        columns = declared_schema(schema.columns) if schema else {}
        wanted = [each for each in (*STREAM, *columns) if each in rows.collect_schema().names()]
        streams[name] = rows.filter(is_it).select("profile_id", *wanted).collect()
    return World(
        question.catalog,
        question.as_of,
        profiles,
        streams,
        question.tables,
        question.complete_until,
        question.gone_until or {},
        cuts,
    )


def _report(found: Trace, telling: Telling, profile: int, *, is_segment: bool) -> Report:
    rule = found.rule
    came = found.came if is_segment else telling.answer(Name(rule.name, rule.place), found.came)
    told = told_answer(came, telling.tz)
    states = {"true": "in", "false": "not in"}
    name, who = rule.name, printed_id(profile)
    if not is_segment:
        said = f"`{name}` of {who} is {told}"
    elif told == "unknown":
        said = f"it is not known whether {who} is in `{name}`"
    else:
        said = f"{who} is {states[told]} `{name}`"
    lines = (f"{rule.place}: `{name}` of {who}", *telling.lines(found))
    return Report(
        verb="explain segment",
        summary=said,
        data={
            "rule": name,
            "place": str(rule.place),
            "profile": who,
            **answer_data(came),
            "lines": telling.data(found),
        },
        lines=lines,
        is_answer=True,
    )


def _places(session: Session, snapshot: Snapshot, found: Trace) -> dict[tuple[str, int], str]:
    """File and line of every row that is shown; what is made of rows (sessions, counted days) has none."""
    shown: dict[str, set[int]] = {}
    for row in _rows(found.lines):
        shown.setdefault(row.stream, set()).add(row.event_id)
    files = snapshot.scan("files", FILES).select("file_id", "path")
    places = {}
    for stream in session.project.streams:
        if stream.name not in shown or not snapshot.has(stream.table):
            continue
        schema = {**STREAM, **PROVENANCE}
        # Of an event one version counts, the same that rules read.
        order = ("version_rank", "at", "content")
        rows = (
            snapshot.scan(stream.table, schema)
            .filter(pl.col("event_id").is_in(sorted(shown[stream.name])))
            .join(files, on="file_id", how="left")
            .sort(*order, "path", "row", descending=[False, False, False, True, True], nulls_last=False)
            .unique("event_id", keep="last", maintain_order=True)
            .select("event_id", "path", "row")
            .collect()
        )
        for event, path, row in rows.iter_rows():
            places[stream.name, event] = f"{session.shown(path)}:{row}"
    return places


def _rows(parts: Iterable[Traced]) -> Iterator[SeenRow]:
    for traced in parts:
        for row in traced.rows.rows if traced.rows else ():
            yield row
            yield from row.inner
        yield from _rows(traced.parts)
