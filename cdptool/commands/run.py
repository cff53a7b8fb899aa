"""`cdptool run`: ingest → merge → retain → sessions → fit → segment → plan → export, each step only if its inputs changed."""

from __future__ import annotations

from collections.abc import Callable

from cdptool.commands import (
    audiences,
    export,
    fit,
    ingest,
    merge,
    plan,
    retain,
    rule_inputs,
    segment,
    sessions,
)
from cdptool.commands.as_of import AsOf, resolve_as_of
from cdptool.commands.files import are_in_place
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Say, Session, Settings, is_done, open_session
from cdptool.commands.unknowns import Unknowns
from cdptool.errors import Finding

COLUMNS = ("step", "result")


def run_all(
    settings: Settings, say: Say, *, allow_change: bool = False, unknown: Unknowns = "exclude"
) -> Report:
    """Run the command: one lease, one run id, one as-of for all steps."""
    with open_session(settings, writes=True) as session:
        say("ingest")
        first = ingest.ingest(session, (), say)
        done: list[tuple[str, str]] = [("ingest", first.summary)]
        findings: list[Finding] = list(first.findings)
        as_of = resolve_as_of(session.project, session.snapshot(), settings.as_of, session.now)
        for verb, mark, step in _steps(session, as_of, allow_change=allow_change, unknown=unknown):
            say(verb)
            if is_done(session, verb, mark()) and _in_place(session, verb):
                if verb not in dict(done):
                    done.append((verb, "unchanged"))
                continue
            report = step()
            findings += report.findings
            is_idle = verb == retain.VERB and not any(
                report.data[each] for each in ("rows", "reduced", "rolled")
            )
            done.append((verb, "unchanged" if is_idle else report.summary))
        findings += retain.purge(session)
    is_unchanged = all(result == "unchanged" for _, result in done[1:]) and not first.data["files"]
    head = "nothing changed" if is_unchanged else "done"
    return Report(
        verb="run",
        summary=f"{head}: as of {as_of.moment:%Y-%m-%d %H:%M} UTC; results in {session.shown_out}",
        data={
            "as_of": as_of.moment.isoformat(),
            "run_id": session.run_id,
            "out": session.shown_out,
            "changed": not is_unchanged,
            "steps": [dict(zip(COLUMNS, row, strict=True)) for row in done],
        },
        grids=(Grid("Run", COLUMNS, tuple(done)),),
        findings=tuple(findings),
        timings=tuple(session.timings.items()),
    )


def _steps(
    session: Session, as_of: AsOf, *, allow_change: bool, unknown: Unknowns
) -> tuple[tuple[str, Callable[[], str], Callable[[], Report]], ...]:
    """The steps that the project declares, in order: name, fingerprint, work."""
    project, moment = session.project, as_of.moment
    wished = audiences.Wishes(allow_change=allow_change, unknown=unknown)
    declared: list[tuple[str, Callable[[], str], Callable[[], Report]]] = []
    merging = ("merge", lambda: merge.fingerprint_of(session), lambda: merge.merge(session))
    if project.merge is not None:
        declared.append(merging)
    if retain.is_declared(session):
        # Who is who, first: a person's refusal holds their records back. Afterwards again, without what left.
        declared.append((retain.VERB, lambda: "", lambda: retain.retain(session, as_of)))
        if project.merge is not None:
            declared.append(merging)
    if project.sessions:
        declared.append(
            (
                "sessions",
                lambda: sessions.fingerprint_of(session, as_of),
                lambda: sessions.make_sessions(session, as_of),
            )
        )
    if project.models or fit.are_left(session):
        fitting = (lambda: rule_inputs.fingerprint_of(session, as_of), lambda: fit.fit(session, as_of))
        declared.append((rule_inputs.FIT, *fitting))
    if project.rules is not None:
        declared.append(
            (
                "segment",
                lambda: segment.mark_of(session, as_of, unknown),
                lambda: segment.segment(session, as_of, unknown=unknown),
            )
        )
    if project.plan is not None and project.plan.campaigns:
        declared.append(
            ("plan", lambda: plan.fingerprint_of(session, moment), lambda: plan.plan(session, moment))
        )
    if project.exports:
        declared.append(
            (
                "export",
                lambda: export.fingerprint_of(session, moment, wished),
                lambda: export.export(session, moment, wishes=wished),
            )
        )
    return tuple(declared)


def _in_place(session: Session, verb: str) -> bool:
    """Whether the files the step wrote are still there; a step without files has none to lose."""
    folders = {"export": session.project.out, "plan": session.project.out / plan.FOLDER}
    return verb not in folders or are_in_place(folders[verb])
