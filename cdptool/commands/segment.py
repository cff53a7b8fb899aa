"""`cdptool segment`: traits and segments of every profile, who entered and left, line by line how many remain."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from cdptool.commands.as_of import AsOf, resolve_as_of
from cdptool.commands.people import segments_are_of
from cdptool.commands.report import Grid, Report
from cdptool.commands.rule_inputs import answers_of, fingerprint_of, inputs_of, question_of
from cdptool.commands.session import (
    Session,
    Settings,
    mark_done,
    open_session,
)
from cdptool.errors import ConfigError, Finding, UsageError
from cdptool.profiles import (
    arms,
    changes,
    memberships,
    sizes,
    traits,
    under_todays_ids,
    waterfall,
)
from cdptool.profiles.guards import change_of_size, watched
from cdptool.rules import RuleBook, shortened
from cdptool.tables import ALIASES, ARMS, MEMBERSHIPS
from cdptool.workspace import Snapshot

OUTPUTS = ("traits", "memberships", "arms")
COLUMNS = ("segment", "in", "unknown", "entered", "left")
ARM_COLUMNS = ("split", "arm", "share", "profiles", "new", "moved")


class _Answers(NamedTuple):
    """
    What the rules say: TRAITS, MEMBERSHIPS, the waterfall, what changed since the last run; where rows are gone.

    `arms` and `held` are ARMS, of now and of the last run.
    """

    traits: pl.DataFrame
    memberships: pl.DataFrame
    waterfall: pl.DataFrame
    changes: pl.DataFrame
    shortened: tuple[Finding, ...]
    sudden: tuple[Finding, ...]
    arms: pl.DataFrame
    held: pl.DataFrame


def compute_segments(settings: Settings, *, dry_run: bool = False) -> Report:
    """Run the command."""
    with open_session(settings, writes=not dry_run) as session:
        as_of = resolve_as_of(session.project, session.snapshot(), settings.as_of, session.now)
        return segment(session, as_of, dry_run=dry_run)


def segment(session: Session, as_of: AsOf, *, dry_run: bool = False) -> Report:
    """
    Evaluate the rule book and commit its answers.

    Raises:
        ConfigError: If the project has no rules, or amounts of two currencies meet in one sum.
        UsageError: If nothing was merged yet, or nothing since the rules ask for another field.
    """
    book = session.project.rules
    if book is None:
        raise ConfigError("the project has no `segments`", hint="add a rules.yaml: see docs/rules.md")
    snapshot = session.snapshot()
    if not snapshot.has("profiles"):
        raise UsageError("there are no profiles yet", hint="run `cdptool merge` first, or `cdptool run`")
    with session.timed("evaluate"):
        answers = _answer(session, snapshot, book, as_of)
    if not dry_run:
        _commit(session, answers, as_of)
    return _report(session, book, answers, as_of, dry_run=dry_run)


def _commit(session: Session, answers: _Answers, as_of: AsOf) -> None:
    mark = fingerprint_of(session, as_of)
    also = {"as_of": as_of.moment.isoformat(), "of": segments_are_of(session)}
    with session.workspace.begin(
        session.manifest("segment", as_of.moment, inputs_of(session))
    ) as transaction:
        transaction.replace("traits", answers.traits)
        transaction.replace("memberships", answers.memberships, MEMBERSHIPS)
        if answers.arms.height or session.snapshot().has("arms"):
            transaction.replace("arms", answers.arms, ARMS)
        mark_done(transaction, "segment", mark, OUTPUTS, also=also)
        session.commit(transaction, sizes(answers.memberships))


def _answer(session: Session, snapshot: Snapshot, book: RuleBook, as_of: AsOf) -> _Answers:
    asked = question_of(session, snapshot, book, as_of)
    answers = answers_of(session, asked)
    before = under_todays_ids(snapshot.scan("memberships", MEMBERSHIPS), snapshot.scan("aliases", ALIASES))
    members = memberships(answers.lazy(), book).collect()
    return _Answers(
        traits=traits(answers.lazy(), book).collect(),
        memberships=members,
        waterfall=waterfall(answers.lazy(), book).collect(),
        changes=changes(before.unique(), members.lazy()).collect(),
        shortened=shortened(book, asked.question.catalog, as_of.moment, asked.question.gone_until or {}),
        sudden=_sudden(session, sizes(before.unique().collect()), sizes(members)),
        arms=arms(answers.lazy(), book).collect(),
        held=asked.question.arms if asked.question.arms is not None else pl.DataFrame(schema=ARMS),
    )


def _sudden(session: Session, before: dict[str, int], now: dict[str, int]) -> tuple[Finding, ...]:
    """Segments of quite another size than the last time, told long before they are exported."""
    guards, book = watched(session.project.guards), session.project.rules or RuleBook()
    found = (
        change_of_size(
            guards,
            rule.name,
            (before[rule.name], now.get(rule.name, 0)),
            since="the last run",
            severity="warning",
        )
        for rule in book.segments
        if rule.name in before
    )
    return tuple(each for each in found if each is not None)


def _report(session: Session, book: RuleBook, answers: _Answers, as_of: AsOf, *, dry_run: bool) -> Report:
    def count(frame: pl.DataFrame, segment: str, column: str, value: str) -> int:
        return frame.filter((pl.col("segment") == segment) & (pl.col(column) == value)).height

    rows = tuple(
        (
            rule.name,
            count(answers.memberships, rule.name, "state", "in"),
            count(answers.memberships, rule.name, "state", "unknown"),
            count(answers.changes, rule.name, "change", "entered"),
            count(answers.changes, rule.name, "change", "left"),
        )
        for rule in book.segments
    )
    n_profiles = answers.traits.height
    steps = answers.waterfall.filter(
        pl.col("segment").is_in([r.name for r in book.segments if len(r.lines) > 1])
    )
    falls = tuple(
        (segment, " → ".join(f"{n:,}" for n in part.sort("line")["n_in"]))
        for (segment,), part in steps.group_by(["segment"], maintain_order=True)
    )
    split_rows = _arm_rows(book, answers)
    what = "would be computed" if dry_run else "computed"
    return Report(
        verb="segment",
        summary=f"{len(rows)} segments {what} over {n_profiles:,} profiles, as of {as_of.moment:%Y-%m-%d %H:%M} UTC",
        data={
            "as_of": as_of.moment.isoformat(),
            "profiles": n_profiles,
            "segments": [dict(zip(COLUMNS, row, strict=True)) for row in rows],
            "waterfall": answers.waterfall.to_dicts(),
            "splits": [dict(zip(ARM_COLUMNS, row, strict=True)) for row in split_rows],
            "dry_run": dry_run,
        },
        grids=(
            Grid("Segments", COLUMNS, rows),
            *((Grid("Line by line", ("segment", "all → after each line"), falls),) if falls else ()),
            *((Grid("Splits", ARM_COLUMNS, split_rows),) if split_rows else ()),
        ),
        findings=(*session.project.warnings, *answers.shortened, *answers.sudden),
        timings=tuple(session.timings.items()),
    )


def _arm_rows(book: RuleBook, answers: _Answers) -> tuple[tuple[str, str, float, int, int, int], ...]:
    """Each arm with its declared share, how many profiles have it, had none before, had another one."""
    before = answers.held.select("split", "profile_id", pl.col("arm").alias("was"))
    known = answers.arms.join(before, on=["split", "profile_id"], how="left")
    found = known.group_by("split", "arm").agg(
        pl.len(),
        pl.col("was").is_null().sum().alias("new"),
        (pl.col("was") != pl.col("arm")).sum().alias("moved"),
    )
    counts = {(split, arm): tuple(rest) for split, arm, *rest in found.iter_rows()}
    return tuple(
        (split.name, arm, share, *counts.get((split.name, arm), (0, 0, 0)))
        for split in book.splits
        for arm, share in split.arms
    )
