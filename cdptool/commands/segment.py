"""`cdptool segment`: traits and segments of every profile, who entered and left, line by line how many remain."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from cdptool.commands.as_of import AsOf, resolve_as_of
from cdptool.commands.people import segments_are_of
from cdptool.commands.report import Grid, Report
from cdptool.commands.rule_inputs import answers_of, fingerprint_of, inputs_of, moment_asked, question_of
from cdptool.commands.session import (
    Session,
    Settings,
    fingerprint,
    mark_done,
    open_session,
)
from cdptool.commands.unknowns import STATES, Unknowns, require_decided
from cdptool.errors import ConfigError, Finding, UsageError
from cdptool.profiles import (
    arms,
    changes,
    memberships,
    sizes,
    traits,
    undecided,
    under_todays_ids,
    waterfall,
)
from cdptool.profiles.guards import change_of_size, watched
from cdptool.profiles.splits import off_shares
from cdptool.rules import RuleBook, shortened
from cdptool.tables import ALIASES, ARMS, MEMBERSHIPS
from cdptool.workspace import Snapshot

OUTPUTS = ("traits", "memberships", "arms")
COLUMNS = ("segment", "in", "unknown", "entered", "left")
INCLUDED = {"unknown": "of them unknown"}  # what the columns are called where those count as members
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


def compute_segments(settings: Settings, *, dry_run: bool = False, unknown: Unknowns = "exclude") -> Report:
    """Run the command. What was known at an earlier time is only told: the tables are those of today."""
    dry_run = dry_run or settings.known_at is not None
    with open_session(settings, writes=not dry_run) as session:
        snapshot = session.snapshot()
        if session.known is not None:
            as_of = moment_asked(session, snapshot)
        else:
            as_of = resolve_as_of(session.project, snapshot, settings.as_of, session.now)
        return segment(session, as_of, dry_run=dry_run, unknown=unknown)


def segment(session: Session, as_of: AsOf, *, dry_run: bool = False, unknown: Unknowns = "exclude") -> Report:
    """
    Evaluate the rule book and commit its answers.

    Raises:
        CheckFailed: If nothing may be `unknown`, and something is; then nothing is committed.
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
        answers = _answer(session, snapshot, book, as_of, unknown)
    if unknown == "fail":
        places = ((rule.name, rule.place) for rule in book.segments)
        require_decided(places, undecided(answers.memberships), stopped="no segment was written")
    if not dry_run:
        _commit(session, answers, as_of, unknown)
    return _report(session, book, answers, as_of, dry_run=dry_run, unknown=unknown)


def mark_of(session: Session, as_of: AsOf, unknown: Unknowns) -> str:
    """What the answers depend on; that of no run where the stored ones are not known and have to be."""
    if unknown == "fail":
        stored = session.snapshot().scan("memberships", MEMBERSHIPS).collect()
        return "" if undecided(stored) else _mark(session, as_of, unknown)
    return _mark(session, as_of, unknown)


def _mark(session: Session, as_of: AsOf, unknown: Unknowns) -> str:
    return fingerprint(fingerprint_of(session, as_of), unknown == "include")


def _commit(session: Session, answers: _Answers, as_of: AsOf, unknown: Unknowns) -> None:
    mark = _mark(session, as_of, unknown)
    also = {"as_of": as_of.moment.isoformat(), "of": segments_are_of(session), "unknown": unknown}
    with session.workspace.begin(
        session.manifest("segment", as_of.moment, inputs_of(session))
    ) as transaction:
        transaction.replace("traits", answers.traits)
        transaction.replace("memberships", answers.memberships, MEMBERSHIPS)
        if answers.arms.height or session.snapshot().has("arms"):
            transaction.replace("arms", answers.arms, ARMS)
        mark_done(transaction, "segment", mark, OUTPUTS, also=also)
        session.commit(transaction, sizes(answers.memberships))


def _answer(session: Session, snapshot: Snapshot, book: RuleBook, as_of: AsOf, unknown: Unknowns) -> _Answers:
    asked = question_of(session, snapshot, book, as_of)
    answers = answers_of(session, asked)
    stored = snapshot.scan("memberships", MEMBERSHIPS).select("segment", "profile_id", "state")
    before = under_todays_ids(stored, snapshot.scan("aliases", ALIASES))
    members = memberships(answers.lazy(), book, unknown=STATES.get(unknown, "unknown")).collect()
    return _Answers(
        traits=traits(answers.lazy(), book).collect(),
        memberships=members,
        waterfall=waterfall(answers.lazy(), book).collect(),
        changes=changes(before, members.lazy()).collect(),
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


def _report(
    session: Session, book: RuleBook, answers: _Answers, as_of: AsOf, *, dry_run: bool, unknown: Unknowns
) -> Report:
    rows = _size_rows(book, answers)
    n_profiles = answers.traits.height
    columns = COLUMNS if unknown != "include" else tuple(INCLUDED.get(name, name) for name in COLUMNS)
    falls = _falls(book, answers.waterfall)
    split_rows = _arm_rows(book, answers)
    what = "would be computed" if dry_run else "computed"
    n_open = sum(row[2] > 0 for row in rows)
    included = ", who are counted in" if unknown == "include" else ""
    open_ = f" ({n_open} with unknown people{included})" if n_open else ""
    return Report(
        verb="segment",
        summary=f"{len(rows)} segments{open_} {what} over {n_profiles:,} profiles, {session.when(as_of)}",
        data={
            **session.when_data(as_of),
            "profiles": n_profiles,
            "segments": [dict(zip(COLUMNS, row, strict=True)) for row in rows],
            "waterfall": answers.waterfall.to_dicts(),
            "splits": [dict(zip(ARM_COLUMNS, row, strict=True)) for row in split_rows],
            "unknown": unknown,
            "dry_run": dry_run,
        },
        grids=(
            Grid("Segments", columns, rows),
            *((Grid("Line by line", ("segment", "all → after each line"), falls),) if falls else ()),
            *((Grid("Splits", ARM_COLUMNS, split_rows),) if split_rows else ()),
        ),
        findings=(
            *session.project.warnings,
            *answers.shortened,
            *answers.sudden,
            *_off_shares(book, split_rows),
        ),
        timings=tuple(session.timings.items()),
    )


def _size_rows(book: RuleBook, answers: _Answers) -> tuple[tuple[str, int, int, int, int], ...]:
    """Each segment with its members, of how many it is not known, and who came and went; columns of COLUMNS."""
    people, open_ = sizes(answers.memberships), undecided(answers.memberships)
    counted = answers.changes.group_by("segment", "change").len()
    moved = {(segment, change): n for segment, change, n in counted.iter_rows()}
    return tuple(
        (
            rule.name,
            people.get(rule.name, 0),
            open_.get(rule.name, 0),
            moved.get((rule.name, "entered"), 0),
            moved.get((rule.name, "left"), 0),
        )
        for rule in book.segments
    )


def _falls(book: RuleBook, steps: pl.DataFrame) -> tuple[tuple[str, str], ...]:
    """Each segment of several lines with how many remain after each, and of how many more it is not known."""

    def shown(n_in: int, n_unknown: int) -> str:
        return f"{n_in:,}" + (f" ({n_unknown:,} unknown)" if n_unknown else "")

    several = [rule.name for rule in book.segments if len(rule.lines) > 1]
    counts = steps.filter(pl.col("segment").is_in(several)).sort("line")
    return tuple(
        (
            name,
            " → ".join(
                shown(*row)
                for row in counts.filter(pl.col("segment") == name).select("n_in", "n_unknown").iter_rows()
            ),
        )
        for name in several
    )


def _off_shares(
    book: RuleBook, rows: tuple[tuple[str, str, float, int, int, int], ...]
) -> tuple[Finding, ...]:
    """Splits whose profiles keep arms of other shares."""
    found = (
        off_shares(split, {arm: n for name, arm, _, n, *_ in rows if name == split.name})
        for split in book.splits
    )
    return tuple(each for each in found if each is not None)


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
