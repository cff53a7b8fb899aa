"""
The verbs of `cdptool` itself, in the order of `--help`; groups of verbs stand in files of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdptool.cli.checking import check_group
from cdptool.cli.declaring import Call, group_of_verbs, verb
from cdptool.cli.explain import explain_group
from cdptool.cli.options import READS, VOICE, WRITES
from cdptool.cli.quarantine import quarantine_group
from cdptool.cli.report import report_group
from cdptool.cli.rules import rules_group
from cdptool.cli.workspace import workspace_group

if TYPE_CHECKING:
    from cdptool.commands.report import Report
    from cdptool.commands.unknowns import Unknowns

app = group_of_verbs(
    "A customer data platform in one command: exports in, audiences out.",
    name="cdptool",
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="Example: cdptool run -C configs --as-of 2026-11-20T21:00+07:00",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(check_group, name="check")
app.add_typer(explain_group, name="explain")
app.add_typer(report_group, name="report")
app.add_typer(rules_group, name="rules")
app.add_typer(workspace_group, name="workspace")
app.add_typer(quarantine_group, name="quarantine")


@verb(app, "config", "project", "as_json", "quiet", "debug", example="cdptool config -C configs")
def config(call: Call) -> Report:
    """Show every setting and where it comes from."""
    from cdptool.commands.config import show_config

    return show_config(call.settings)


@verb(
    app, "init", "files", "into", "tz", "region", "currency", "name", "force", "dry_run",
    "as_json", "quiet", "verbose", "debug",
    example="cdptool init sample_data/crm/customers.csv sample_data/shop/orders.parquet --into mine",
)  # fmt: skip
def init(
    call: Call,
    *,
    files: list[Path],
    into: Path,
    tz: str | None,
    region: str | None,
    currency: str | None,
    name: str | None,
    force: bool,
    dry_run: bool,
) -> Report:
    """Propose a project for files nobody has described yet.

    Types, keys, times and identifiers are guessed from the contents; the evidence stands beside each as a comment.
    """
    from cdptool.commands.init import Wishes, init_project

    wishes = Wishes(into, tz, region, currency, name, force, dry_run)
    return init_project(tuple(files), wishes, call.say)


@verb(app, "ingest", "sources", "project", "dry_run", *WRITES, example="cdptool ingest -C configs")
def ingest(call: Call, *, sources: list[str] | None, dry_run: bool) -> Report:
    """Read the exports; every row is accounted for.

    Declared files become records, streams and reference tables. A file that was read before is left alone.
    """
    from cdptool.commands.ingest import ingest_files

    return ingest_files(call.settings, tuple(sources or ()), call.say, dry_run=dry_run)


@verb(
    app, "merge", "project", "dry_run", "refit", "suggest", "show_values", "buckets", *WRITES,
    example="cdptool merge -C configs --dry-run",
)  # fmt: skip
def merge(call: Call, *, dry_run: bool, refit: bool, suggest: bool, show_values: bool) -> Report:
    """Decide which records are one person.

    Profile ids stay from run to run; each profile shows its surviving values with their lineage. With --suggest
    nothing is merged: placeholders and values that too many people share come as lines for merge.yaml.
    """
    if suggest:
        from cdptool.commands.suggest import suggest as propose

        return propose(call.settings, show_values=show_values)
    from cdptool.commands.merge import merge_records

    return merge_records(call.settings, dry_run=dry_run, refit=refit)


@verb(
    app, "review", "limit", "show_values", "who", *READS,
    example="cdptool review -C configs", is_dialogue=True,
)  # fmt: skip
def review(call: Call, *, limit: int, show_values: bool, who: str | None) -> Report:
    """Judge the pairs that a learned pass left in doubt, the most telling first.

    In a terminal one by one: y = same, n = different, u = unsure, s = skip, q = quit; each answer is written to
    decisions.csv at once, and `merge` heeds it. In a pipe a plain list. Values are masked unless --show-values is
    given: who judges by more than names and marks will need them.
    """
    from cdptool.cli.reviewing import judge_pairs
    from cdptool.commands.review import open_review, review_list
    from cdptool.console import is_dialogue

    reviewing = open_review(call.settings, limit=limit, show_values=show_values)
    if call.voice.as_json or call.voice.quiet or not (reviewing.doubts and is_dialogue()):
        return review_list(reviewing)
    return judge_pairs(reviewing, who, call.voice)


@verb(
    app, "sessions", "project", "as_of", "dry_run", "buckets", *WRITES,
    example="cdptool sessions -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def sessions(call: Call, *, dry_run: bool) -> Report:
    """Cut web and app events into sessions.

    Where each came from, whether it was engaged, whose it is; first and last touch of every profile.
    """
    from cdptool.commands.sessions import show_sessions

    return show_sessions(call.settings, dry_run=dry_run)


@verb(
    app, "fit", "project", "as_of", "dry_run", "buckets", *WRITES,
    example="cdptool fit -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def fit(call: Call, *, dry_run: bool) -> Report:
    """Fit the models of rules.yaml: lifetime value, churn by one's own rhythm, look-alikes.

    Each becomes a table keyed by profile whose columns rules may name, such as clv.alive; its parameters and how far
    off it was out of sample stand beside. Where there is too little to learn from, it says what is missing.
    """
    from cdptool.commands.fit import fit_models

    return fit_models(call.settings, dry_run=dry_run)


@verb(
    app, "segment", "project", "as_of", "known_at", "unknown", "dry_run", "buckets", *WRITES,
    example="cdptool segment -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def segment(call: Call, *, dry_run: bool, unknown: Unknowns) -> Report:
    """Compute traits and segments.

    Who is in, who entered and left since the last time, and of how many it is not known yet: these are no members,
    unless --unknown include. `include:` in rules.yaml brings ready-made ones: RFM, lifecycle, second purchase and
    more (docs/library.md). With --known-at it tells what a run of that time said, and writes nothing: rows, people and
    reference tables are those of then (--as-of alone cuts the streams), rules those of today.
    """
    from cdptool.commands.segment import compute_segments

    return compute_segments(call.settings, dry_run=dry_run, unknown=unknown)


@verb(
    app, "test", "tests", "project", "junit", "as_json", "quiet", "debug",
    example="cdptool test -C configs --junit out/rule_tests.xml",
)  # fmt: skip
def test(call: Call, *, tests: list[str] | None, junit: Path | None) -> Report:
    """Run the rule tests in tests/*.yaml; exit 1 where one fails.

    Each gives a small world by hand and says who must be in, out or unknown. Needs no workspace; tells which rules and
    conditions no test is about.
    """
    from cdptool.commands.rule_tests import run_rule_tests

    return run_rule_tests(call.settings, tuple(tests or ()), junit=junit)


@verb(
    app, "diff", "segments", "since", "against", "known_before", "as_of", "changes_to", *READS,
    example="cdptool diff -C configs --since 2026-11-13 --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def diff(
    call: Call,
    *,
    segments: list[str] | None,
    since: str | None,
    against: Path | None,
    known_before: str | None,
    changes_to: Path | None,
) -> Report:
    """Say who entered and left since a moment, by other rules, or by late rows.

    By segment: in and out, unknown that is known now, and the other way; --to writes who. Computed anew from the rows,
    so both sides are as the data of today knows them; with --known-at the side before is as the data of then knew it,
    people and reference tables too.
    """
    from cdptool.commands.diff import Wanted, diff_segments

    return diff_segments(
        call.settings, tuple(segments or ()), Wanted(since, against, known_before, changes_to)
    )


@verb(
    app, "backtest", "condition", "months", "as_of", "known_at", *READS,
    example="cdptool backtest buyers_90d -C configs --months 6 --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def backtest(call: Call, *, condition: str, months: int) -> Report:
    """Show how many were in a segment at the end of each month.

    A segment of rules.yaml or any condition, such as 'count(order["90d"]) >= 3': its size, who entered and left, and of
    how many it was unknown. As the data of today knows those months, or that of an earlier time with --known-at.
    """
    from cdptool.commands.backtest import backtest as run

    return run(call.settings, condition, months=months)


@verb(
    app, "plan", "project", "as_of", "dry_run", "buckets", "out", *WRITES,
    example="cdptool plan -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def plan(call: Call, *, dry_run: bool) -> Report:
    """Decide who gets which message, and why not.

    Campaigns by priority against consent, caps and quiet hours; writes out/plan/.
    """
    from cdptool.commands.plan import plan_campaigns

    return plan_campaigns(call.settings, dry_run=dry_run)


@verb(
    app, "export", "exports", "project", "as_of", "unknown_members", "dry_run", "allow_change", "out", *WRITES,
    example="cdptool export -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def export(
    call: Call,
    *,
    exports: list[str] | None,
    unknown_members: Unknowns | None,
    dry_run: bool,
    allow_change: bool,
) -> Report:
    """Write audience and suppression files.

    Consent is joined last; each file is whole or absent, and listed in out/manifest.json. A segment of quite another
    size than the last time (`guard:` in rules.yaml) stops it with exit 1, unless --allow-change. Of whom it is not
    known whether they are in a segment is no member; with --unknown include they are, and plain files say who.
    """
    from cdptool.commands.audiences import Wishes
    from cdptool.commands.export import export_audiences

    wishes = Wishes(allow_change, unknown_members)
    return export_audiences(call.settings, tuple(exports or ()), dry_run=dry_run, wishes=wishes)


@verb(
    app, "retain", "project", "as_of", "dry_run", "buckets", *WRITES,
    example="cdptool retain -C configs --as-of 2026-11-20T21:00+07:00 --dry-run",
)  # fmt: skip
def retain(call: Call, *, dry_run: bool) -> Report:
    """Let go of what is older than its `keep_for`, for good.

    `run` does this too. Refusals outlive it, and files read again do not bring back what has left.
    """
    from cdptool.commands.retain import retain_data

    return retain_data(call.settings, call.say, dry_run=dry_run)


@verb(
    app, "run", "project", "as_of", "unknown", "buckets", "allow_change", "out", *WRITES,
    example="cdptool run -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def run(call: Call, *, unknown: Unknowns, allow_change: bool) -> Report:
    """Do all of it, each step only if needed.

    ingest, merge, retain, sessions, fit, segment, plan, export: a step whose inputs did not change is left out.
    """
    from cdptool.commands.run import run_all

    return run_all(call.settings, call.say, allow_change=allow_change, unknown=unknown)


@verb(
    app, "profile", "files", "limit", "show_values", *VOICE, "debug",
    example="cdptool profile sample_data/products.csv sample_data/stores.csv",
)  # fmt: skip
def profile(call: Call, *, files: list[Path], limit: int, show_values: bool) -> Report:
    """Describe files and find faults in them.

    Types, empty cells, frequent values, likely keys; then cells that break what nearly all others keep, each with
    its place and an `expect:` line that would watch for it. Needs no project and changes nothing.
    """
    from cdptool.commands.profile import profile_files

    return profile_files(tuple(str(file) for file in files), call.say, limit=limit, show_values=show_values)


@verb(
    app, "dedupe", "table_file", "out", "at_least", "rows", "with_report", "show_values", "dry_run",
    *VOICE, "debug",
    example="cdptool dedupe sample_data/crm/customers.csv --dry-run",
)  # fmt: skip
def dedupe(
    call: Call, *, table_file: Path, dry_run: bool, rows: tuple[int, int] | None, **wishes: Any
) -> Report:
    """Find the rows of one file that are the same person or firm.

    What to compare is proposed from the columns' names and what they hold; the weights are learned from the file
    itself. Writes clusters, their rows below each other, golden rows and weighed pairs; needs no project. --explain says why two rows are one or not, and writes
    nothing; --report adds figures for trust, the weights in bits, and clusters at risk.
    """
    from cdptool.commands.dedupe import Wishes, dedupe_file

    wished = Wishes(call.settings.out, is_dry=dry_run, explain=rows, **wishes)
    return dedupe_file(table_file, wished, call.say)


@verb(app, "status", *READS, example="cdptool status -C configs")
def status(call: Call) -> Report:
    """Show what is in the workspace and what ran."""
    from cdptool.commands.status import show_status

    return show_status(call.settings)
