"""What rules are asked of: the rows of streams with whom they belong to, how far streams are known, reference tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from cdptool.commands.as_of import AsOf, resolve_as_of
from cdptool.commands.events import latest_events, with_owner
from cdptool.commands.fitting import Models, fit_all
from cdptool.commands.gone import gone_until
from cdptool.commands.rolling import rolled_until, with_signals
from cdptool.commands.session import Session, digests_of, fingerprint, is_done
from cdptool.commands.sessions import current
from cdptool.config import Section
from cdptool.errors import UsageError
from cdptool.models import ModelSpec, Result, stored_table
from cdptool.profiles import answer, arms_today, evaluate, event_rows, require_one_currency
from cdptool.profiles.evaluation import with_arms
from cdptool.rules import BookNeeds, Question, RuleBook, needs, ranking_pass
from cdptool.rules.ranks import CutPoints, Ranking
from cdptool.sources.outputs import declared_schema
from cdptool.tables import ALIASES, ARMS
from cdptool.web import reassigned
from cdptool.workspace import Snapshot

FIT: Final = "fit"  # the step that writes the tables of models


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A rule book asked of the workspace: the question, the profiles, and by stream the rows with their profiles."""

    question: Question
    needs: BookNeeds
    profiles: pl.LazyFrame
    streams: Mapping[str, pl.LazyFrame]


def inputs_of(session: Session) -> dict[str, str]:
    """The tables that rules read, with their digests."""
    streams, tables = session.project.streams, session.project.tables
    names = (
        "profiles",
        "identity",
        "retention",
        "signals_until",
        *(s.signals_table for s in streams),
        *(s.table for s in streams),
        *(t.table for t in tables),
    )
    return digests_of(session.snapshot(), names)


def fingerprint_of(session: Session, as_of: AsOf) -> str:
    """What the answers depend on."""
    project, complete = session.project, sorted(as_of.complete_until.items())
    sections: tuple[Section, ...] = ("rules", "project", *(("merge",) if project.sessions else ()))
    parts = tuple(project.digest(section) for section in sections)  # merge: which keys are log-ins
    return fingerprint(inputs_of(session), as_of.moment, complete, *parts)


def moment_asked(session: Session, snapshot: Snapshot) -> AsOf:
    """
    The moment that questions about rules are for: that of `--as-of`, else of the last `segment`, else as for a run.

    Raises:
        UsageError: If it is not known from anything.
        StaleError: If it is neither said nor known from a run, and a live feed is late.
    """
    runs = session.steps("segment")
    last = str(runs[-1].payload["as_of"]) if runs else None
    return resolve_as_of(session.project, snapshot, session.settings.as_of or last, session.now)


def question_of(session: Session, snapshot: Snapshot, book: RuleBook, as_of: AsOf) -> Asked:
    """
    What a book reads of the workspace, as of a moment.

    Raises:
        ConfigError: If the book does not pass its checks.
        UsageError: If nothing was merged yet, or nothing since the rules ask for another field.
    """
    return _question(session, snapshot, book, as_of, None)


def models_of(
    session: Session, snapshot: Snapshot, as_of: AsOf, names: Collection[str] | None = None
) -> dict[ModelSpec, Result]:
    """The models of these names (None = all of the project), and those they need, fitted as of the moment."""

    def ask(book: RuleBook, models: Models) -> pl.DataFrame:
        return answers_of(session, _question(session, snapshot, book, as_of, models))

    return fit_all(session, snapshot, as_of, ask, names)


def _question(
    session: Session, snapshot: Snapshot, book: RuleBook, as_of: AsOf, models: Models | None
) -> Asked:
    """The question, with the tables of the models it speaks of; None = those of the workspace, or fitted now."""
    if not snapshot.has("profiles"):
        raise UsageError("there are no profiles yet", hint="run `cdptool merge` first, or `cdptool run`")
    catalog = session.project.catalog
    wanted = needs(book, catalog, as_of.moment)
    named = {spec.name for spec in session.project.models} & set(wanted.fields)
    known = (_models_now(session, snapshot, as_of, named) if models is None else models) if named else {}
    streams, complete = _streams_of(session, snapshot, wanted, as_of)
    gone, tables = gone_until(session, snapshot), _reference_tables(session, snapshot, wanted, known)
    held = arms_today(snapshot.scan("arms", ARMS), snapshot.scan("aliases", ALIASES)).collect()
    rolled = rolled_until(snapshot)
    question = Question(book, catalog, as_of.moment, complete, gone, rolled, tables, arms=held)
    profiles = _with_models(snapshot.scan("profiles"), {name: known[name] for name in sorted(named)})
    lacking = sorted(set(wanted.fields) - set(profiles.collect_schema()))
    if lacking:
        problem = f"the rules ask for `{lacking[0]}`, which profiles have from the next merge on"
        hint = "run `cdptool merge` first, or `cdptool run`"
        if session.known is not None:
            problem = f"the rules ask for `{lacking[0]}`, which profiles did not have at {session.now:%Y-%m-%d %H:%M} UTC"
            hint = "name segments without it, or a later time"
        raise UsageError(problem, hint=hint)
    return Asked(question, wanted, profiles, streams)


def _models_now(session: Session, snapshot: Snapshot, as_of: AsOf, names: Collection[str]) -> Models:
    """The tables of the models as of the moment: those of the workspace where they are of it."""
    if is_done(session, FIT, fingerprint_of(session, as_of)):
        return {spec.name: snapshot.scan(stored_table(spec)).collect() for spec in session.project.models}
    found = models_of(session, snapshot, as_of, names)
    return {spec.name: result.table for spec, result in found.items()}


def _with_models(profiles: pl.LazyFrame, models: Models) -> pl.LazyFrame:
    """Profiles with a field for each model that refers to its table; null for who has no row there."""
    for name, table in models.items():
        refers = table.lazy().select("profile_id", pl.col("profile_id").alias(name))
        profiles = profiles.join(refers, on="profile_id", how="left")
    return profiles


def answers_of(session: Session, asked: Asked) -> pl.DataFrame:
    """
    What the book says of every profile.

    Returns:
        The table that `rules.answer_kernel` describes, sorted by `profile_id`.

    Raises:
        ConfigError: If amounts of two currencies meet in one sum.
    """
    engine, question = session.engine, asked.question
    rows = event_rows(asked.streams, asked.needs, question.catalog)
    # Rules look at a stream several times, and to tell its latest versions and their owners is dear.
    events = {name: engine.checkpoint(engine.of(each), name) for name, each in rows.items()}
    found = answer(engine, engine.of(asked.profiles), events, question)
    answers = engine.collect(found).sort("profile_id")
    require_one_currency(answers)
    return answers


def with_rest(session: Session, asked: Asked) -> tuple[pl.LazyFrame, dict[Ranking, CutPoints]]:
    """What answers depend on that only all profiles together tell: profiles with their arms, and what is ranked."""
    engine, question, cuts = session.engine, asked.question, dict[Ranking, CutPoints]()
    profiles = engine.of(asked.profiles)
    if question.book.splits:
        profiles = with_arms(engine, profiles, question)
    while (next_pass := ranking_pass(question, cuts)) is not None:
        rows = event_rows(asked.streams, asked.needs, question.catalog)
        events = {name: engine.of(each) for name, each in rows.items()}
        cuts |= next_pass.cut_points(engine.collect(evaluate(engine, profiles, events, next_pass.kernel)))
    return profiles, cuts


def _streams_of(
    session: Session, snapshot: Snapshot, wanted: BookNeeds, as_of: AsOf
) -> tuple[dict[str, pl.LazyFrame], dict[str, datetime]]:
    """
    The rows of every stream the rules read, with the profile each belongs to, and how far the streams are known.

    A stream that is cut into sessions says of each event whose it is; sessions are known as far as their events.
    """
    project, complete = session.project, dict(as_of.complete_until)
    rows: dict[str, pl.LazyFrame] = {}
    owners: dict[str, pl.LazyFrame] = {}
    for spec in project.sessions:
        if {spec.name, spec.of} & set(wanted.streams):
            rows[spec.name], owned = current(session, snapshot, spec, as_of)
            owners.setdefault(spec.of, owned)  # of a stream cut twice the first says whose its events are
        if spec.of in complete:
            complete[spec.name] = complete[spec.of]
    for schema in project.streams:
        if schema.name in wanted.streams:
            found = latest_events(session, snapshot, schema, wanted.streams[schema.name].columns)
            found = with_signals(session, snapshot, schema, found)
            told = owners.get(schema.name)
            kernel, by = reassigned, [("event_id",), ("event_id",)]
            rows[schema.name] = found if told is None else session.engine.shuffle([found, told], by, kernel)
    known = {
        name: with_owner(session, snapshot, frame) for name, frame in rows.items() if name in wanted.streams
    }
    return known, complete


def _reference_tables(
    session: Session, snapshot: Snapshot, wanted: BookNeeds, models: Models
) -> dict[str, pl.DataFrame]:
    """The reference tables the rules follow, only the columns they read; models are some of them."""
    declared = {table.name: table for table in session.project.tables}
    found = {
        name: snapshot.scan(declared[name].table, declared_schema(declared[name].columns))
        .select(columns)
        .collect()
        for name, columns in wanted.tables.items()
        if name in declared
    }
    return found | {
        name: table.select(wanted.tables[name]) for name, table in models.items() if name in wanted.tables
    }
