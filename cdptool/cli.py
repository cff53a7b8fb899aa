"""
The command line: what each verb takes, and which exit code each outcome has. Nothing heavy is imported here.

Every option stands once in OPTIONS; a verb names those it takes. 0 done · 1 a declared check failed · 2 could
not do it · 3 a bug · 4 the workspace is busy · 5 a feed is stale · 130 interrupted.
"""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cdptool.console import Voice, progress, show, show_error
from cdptool.errors import CdptoolError, Finding, UsageError

if TYPE_CHECKING:
    from cdptool.commands.report import Report
    from cdptool.commands.session import Say, Settings


def _group(text: str, **more: Any) -> typer.Typer:
    return typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=text, **more)


app = _group(
    "A customer data platform in one command: exports in, audiences out.",
    name="cdptool",
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="Example: cdptool run -C configs --as-of 2026-11-20T21:00+07:00",
    context_settings={"help_option_names": ["-h", "--help"]},
)
explain_app = _group("Say why two records are one person.")
workspace_app = _group("Verify, show and tidy the workspace.")
app.add_typer(explain_app, name="explain")
app.add_typer(workspace_app, name="workspace")
quarantine_app = _group("See, mend and retry the rows that ingest set aside.")
app.add_typer(quarantine_app, name="quarantine")


def _option(kind: Any, default: Any, *names: str, text: str, **more: Any) -> tuple[Any, Any]:
    return Annotated[kind, typer.Option(*names, help=text, **more)], default


def _argument(kind: Any, text: str, default: Any = inspect.Parameter.empty) -> tuple[Any, Any]:
    return Annotated[kind, typer.Argument(help=text)], default


# Name → its annotation and default. Arguments of a verb come before its options.
OPTIONS: Final[dict[str, tuple[Any, Any]]] = {
    "sources": _argument(list[str] | None, "Only these sources [default: all].", None),
    "exports": _argument(list[str] | None, "Only these exports [default: all].", None),
    "files": _argument(list[Path], "Exports to look at, or folders of them."),
    "left": _argument(str, "A record, as source:source_key."),
    "right": _argument(str, "Another record."),
    "project": _option(
        Path, Path(), "--project", "-C", text="The folder with project.yaml (or its configs/)."
    ),
    "as_of": _option(
        str | None,
        None,
        "--as-of",
        metavar="TIME",
        text="The moment the answer is for [default: how far all live feeds are complete].",
    ),
    "into": _option(
        Path, Path("configs"), "--into", metavar="FOLDER", text="The folder to write the project into."
    ),
    "tz": _option(
        str | None,
        None,
        "--tz",
        metavar="ZONE",
        text="The zone of times without one [default: from the files, else UTC].",
    ),
    "region": _option(
        str | None,
        None,
        "--region",
        metavar="CODE",
        text="The country of national phone numbers, such as VN.",
    ),
    "currency": _option(
        str | None,
        None,
        "--currency",
        metavar="CODE",
        text="The currency of amounts that name none, such as VND.",
    ),
    "name": _option(
        str | None, None, "--name", text="The name of the project [default: that of the folder]."
    ),
    "force": _option(bool, False, "--force", text="Overwrite project files that are there."),
    "keep": _option(int, 10, "--keep", min=1, text="How many snapshots to keep."),
    "show_values": _option(bool, False, "--show-values", text="Print personal values unmasked."),
    "rule": _option(str | None, None, "--rule", text="Only rows with this fault, such as `fields`."),
    "file": _option(str | None, None, "--file", text="Only rows of this file."),
    "limit": _option(int, 20, "--limit", min=1, text="How many to show."),
    "issues": _option(bool, False, "--issues", text="Also count the values that were set to null."),
    "export": _option(
        Path | None,
        None,
        "--export",
        metavar="PATH",
        text="Write the rows of one source to a new CSV file, to mend them.",
    ),
    "mended": _option(
        Path | None,
        None,
        "--from",
        metavar="PATH",
        text="Take the rows of this file, written by `show --export` and mended.",
    ),
    "dry_run": _option(bool, False, "--dry-run", text="Say what would change; write nothing."),
    "junit": _option(
        Path | None,
        None,
        "--junit",
        metavar="PATH",
        text="Also write the results as JUnit XML, for CI systems.",
    ),
    "everything": _option(
        bool, False, "--all", text="Check all data again, not only what came since the last check."
    ),
    "clock": _option(
        str | None, None, "--as-of", metavar="TIME", text="The moment feeds are judged at [default: now]."
    ),
    "wait": _option(
        float, 0.0, "--wait", metavar="SECONDS", min=0, text="How long to wait while another run writes."
    ),
    "buckets": _option(int, 1, "--buckets", min=1, text="Work in this many hash buckets, to bound memory."),
    "workspace": _option(Path | None, None, "--workspace", text="Use this workspace folder."),
    "out": _option(Path | None, None, "--out", text="Write files into this folder."),
    "as_json": _option(bool, False, "--json", text="Print one JSON object on stdout."),
    "quiet": _option(bool, False, "--quiet", "-q", text="Print errors only."),
    "verbose": _option(bool, False, "--verbose", "-v", text="Also print steps and timings."),
    "debug": _option(bool, False, "--debug", text="Show the traceback of an error."),
}
SETTINGS: Final = ("project", "wait", "buckets", "workspace", "out", "as_of")
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3)
VOICE: Final = ("as_json", "quiet", "verbose")
READS: Final = ("project", "workspace", "as_json", "quiet", "debug")
WRITES: Final = ("wait", "workspace", "as_json", "quiet", "verbose", "debug")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a verb: what the shared options say, and whom to tell what is being done."""

    settings: Settings
    say: Say


def _verb(
    group: typer.Typer, name: str, *options: str, example: str
) -> Callable[[Callable[..., Report]], Callable[..., Report]]:
    """
    Declare a verb: its options by name, and an example that works on the sample project.

    The body gets the `Call` and, by name, the options that are not shared; it imports its command itself, so
    that `--help` loads nothing heavy.
    """

    def declare(body: Callable[..., Report]) -> Callable[..., Report]:
        def run(**given: Any) -> None:
            voice = Voice(**{option: given.pop(option) for option in VOICE if option in given})
            chosen: dict[str, Any] = {option: given.pop(option) for option in SETTINGS if option in given}
            debug = given.pop("debug")
            _answer(lambda say: body(Call(_settings(chosen), say), **given), voice, debug=debug)

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [
            inspect.Parameter(option, kind, default=default, annotation=annotation)
            for option, (annotation, default) in ((option, OPTIONS[option]) for option in options)
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {option: OPTIONS[option][0] for option in options}
        run.__doc__ = body.__doc__
        group.command(name, epilog=f"Example: {example}")(run)
        return body

    return declare


def _settings(chosen: dict[str, Any]) -> Settings:
    from cdptool.commands.session import Settings

    return Settings(**{"project": Path(), **chosen})  # `profile` needs none


def _answer(command: Callable[[Say], Report], voice: Voice, *, debug: bool) -> None:
    """Run a command, print its report, and map every outcome to its exit code."""
    _keep_memory()
    try:
        with progress(voice) as say:
            report = command(say)
        show(report, voice)
        sys.stdout.flush()
        if report.exit_code:
            raise typer.Exit(report.exit_code)
    except CdptoolError as error:
        if debug:
            traceback.print_exc()
        show_error(error)
        raise typer.Exit(error.exit_code) from None


def _keep_memory() -> None:
    """
    Let buffers that are freed be used again instead of given back: large files come in equal blocks.

    A fifth of an ingest went into pages that the kernel cleared anew for every block. Before polars is imported,
    for its allocator reads the environment once; numpy and Python use the one of the C library.
    """
    os.environ.setdefault(
        "OPENBLAS_NUM_THREADS", "1"
    )  # numpy's: we multiply no matrices, and idle threads spin
    os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0")
    if sys.platform == "linux":
        import ctypes

        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            library.mallopt(_MMAP_THRESHOLD, 1 << 30)
            library.mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)


@_verb(app, "config", "project", "as_json", "quiet", "debug", example="cdptool config -C configs")
def config(call: Call) -> Report:
    """Show every setting and where it comes from."""
    from cdptool.commands.config import show_config

    return show_config(call.settings)


@_verb(
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


@_verb(app, "ingest", "sources", "project", "dry_run", *WRITES, example="cdptool ingest -C configs")
def ingest(call: Call, *, sources: list[str] | None, dry_run: bool) -> Report:
    """Read the exports; every row is accounted for.

    Declared files become records, streams and reference tables. A file that was read before is left alone.
    """
    from cdptool.commands.ingest import ingest_files

    return ingest_files(call.settings, tuple(sources or ()), call.say, dry_run=dry_run)


@_verb(
    app, "check", "sources", "project", "clock", "everything", "junit", *WRITES,
    example="cdptool check -C configs --as-of 2026-11-20T21:00+07:00 --junit out/checks.xml",
)  # fmt: skip
def check(
    call: Call, *, sources: list[str] | None, clock: str | None, everything: bool, junit: Path | None
) -> Report:
    """Hold new data against what sources.yaml expects; exit 1 where it fails.

    Feeds that are late or have gaps, rows that break a rule, columns that nobody planned; with file and line.
    """
    from cdptool.commands.check import check_data

    return check_data(call.settings, tuple(sources or ()), as_of=clock, everything=everything, junit=junit)


@_verb(app, "merge", "project", "dry_run", "buckets", *WRITES, example="cdptool merge -C configs --dry-run")
def merge(call: Call, *, dry_run: bool) -> Report:
    """Decide which records are one person.

    Profile ids stay from run to run; each profile shows its surviving values with their lineage.
    """
    from cdptool.commands.merge import merge_records

    return merge_records(call.settings, dry_run=dry_run)


@_verb(
    app, "segment", "project", "as_of", "dry_run", "buckets", *WRITES,
    example="cdptool segment -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def segment(call: Call, *, dry_run: bool) -> Report:
    """Compute traits and segments.

    Who is in, who entered and left since the last time, and of how many it is not known yet.
    """
    from cdptool.commands.segment import compute_segments

    return compute_segments(call.settings, dry_run=dry_run)


@_verb(
    app, "plan", "project", "as_of", "dry_run", "buckets", "out", *WRITES,
    example="cdptool plan -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def plan(call: Call, *, dry_run: bool) -> Report:
    """Decide who gets which message, and why not.

    Campaigns by priority against consent, caps and quiet hours; writes out/plan/.
    """
    from cdptool.commands.plan import plan_campaigns

    return plan_campaigns(call.settings, dry_run=dry_run)


@_verb(
    app, "export", "exports", "project", "as_of", "dry_run", "out", *WRITES,
    example="cdptool export -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def export(call: Call, *, exports: list[str] | None, dry_run: bool) -> Report:
    """Write audience and suppression files.

    Consent is joined last; each file is whole or absent, and listed in out/manifest.json.
    """
    from cdptool.commands.export import export_audiences

    return export_audiences(call.settings, tuple(exports or ()), dry_run=dry_run)


@_verb(
    app, "run", "project", "as_of", "buckets", "out", *WRITES,
    example="cdptool run -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def run(call: Call) -> Report:
    """Do all of it, each step only if needed.

    ingest, merge, segment, plan, export: a step whose inputs did not change is left out.
    """
    from cdptool.commands.run import run_all

    return run_all(call.settings, call.say)


@_verb(
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


@_verb(app, "status", *READS, example="cdptool status -C configs")
def status(call: Call) -> Report:
    """Show what is in the workspace and what ran."""
    from cdptool.commands.status import show_status

    return show_status(call.settings)


@_verb(
    explain_app, "merge", "left", "right", "show_values", *READS,
    example="cdptool explain merge crm:0000101 loyalty:0045210143 -C configs",
)  # fmt: skip
def explain_merge(call: Call, *, left: str, right: str, show_values: bool) -> Report:
    """Say why two records are, or are not, one person.

    The shortest path of evidence between them, with file and row; where there is none, what was cut.
    """
    from cdptool.commands.explain import explain_merge as explain

    return explain(call.settings, left, right, show_values=show_values)


@_verb(
    quarantine_app, "list", "sources", "rule", "issues", *READS,
    example="cdptool quarantine list -C configs --issues",
)  # fmt: skip
def quarantine_list(call: Call, *, sources: list[str] | None, rule: str | None, issues: bool) -> Report:
    """Count the rows that were set aside, by reason.

    With --issues also the values that were set to null in rows that were accepted.
    """
    from cdptool.commands.quarantine import Chosen, list_quarantine

    chosen = Chosen(tuple(sources or ()), rule=rule)
    return list_quarantine(call.settings, chosen, with_issues=issues)


@_verb(
    quarantine_app, "show", "sources", "file", "rule", "limit", "show_values", "export", *READS,
    example="cdptool quarantine show till -C configs",
)  # fmt: skip
def quarantine_show(
    call: Call, *, sources: list[str] | None, limit: int, show_values: bool, export: Path | None, **which: Any
) -> Report:
    """Show the rows that were set aside.

    File and line, why, and the record: its shape, or with --show-values the text. --export writes them to a file.
    """
    from cdptool.commands.quarantine import Chosen, export_quarantine, show_quarantine

    chosen = Chosen(tuple(sources or ()), **which)
    if export is not None:
        return export_quarantine(call.settings, chosen, export)
    return show_quarantine(call.settings, chosen, limit=limit, show_values=show_values)


@_verb(
    quarantine_app, "retry", "sources", "project", "mended", "dry_run", *WRITES,
    example="cdptool quarantine retry till -C configs --dry-run",
)  # fmt: skip
def quarantine_retry(call: Call, *, sources: list[str] | None, mended: Path | None, dry_run: bool) -> Report:
    """Read the rows that were set aside once more.

    Under today's mapping, or with --from as they were mended. Those that are good now leave quarantine.
    """
    from cdptool.commands.retry import retry_rows

    return retry_rows(call.settings, tuple(sources or ()), call.say, mended=mended, dry_run=dry_run)


@_verb(workspace_app, "verify", *READS, example="cdptool workspace verify -C configs")
def workspace_verify(call: Call) -> Report:
    """Compare every file with its digest; exit 1 where one differs."""
    from cdptool.commands.upkeep import verify

    return verify(call.settings)


@_verb(workspace_app, "history", *READS, example="cdptool workspace history -C configs")
def workspace_history(call: Call) -> Report:
    """Show the snapshots that are kept."""
    from cdptool.commands.upkeep import history

    return history(call.settings)


@_verb(
    workspace_app, "tidy", "project", "keep", *WRITES, example="cdptool workspace tidy -C configs --keep 10"
)
def workspace_tidy(call: Call, *, keep: int) -> Report:
    """Compact tables of many small files and drop old snapshots.

    Files that no kept snapshot names are removed.
    """
    from cdptool.commands.upkeep import tidy

    return tidy(call.settings, keep=keep)


def main() -> None:
    """Entry point of the console script: run, and exit with the code of the outcome."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from cdptool import __version__

        print(f"cdptool {__version__}")  # noqa: T201
        return
    try:
        code = _invoke(sys.argv[1:]) or 0
        sys.stdout.flush()
    except typer.TyperException as error:
        code = _usage(error)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except (BrokenPipeError, SystemExit):
        # The reader hung up (`| head`), which Typer makes an exit of 1: done. Point both streams elsewhere, so
        # that the last flush does not fail again.
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001
        code = _bug(error)
    sys.exit(code)


def _invoke(arguments: list[str]) -> int | None:
    """
    Run the command. `verb --help` asks the verb itself.

    Going through the group would validate its options first, for which typer imports all of pydantic: twice
    the time of everything else.
    """
    *verbs, last = arguments or ["--help"]
    if last in ("--help", "-h"):
        command: Any = typer.main.get_command(app)
        for verb in verbs:
            command = getattr(command, "commands", {}).get(verb)
        if command is not None:
            name = " ".join(["cdptool", *verbs])
            return command.main(["--help"], prog_name=name, standalone_mode=False)  # type: ignore[no-any-return]
    return app(prog_name="cdptool", standalone_mode=False)  # type: ignore[no-any-return]


def _usage(error: typer.TyperException) -> int:
    message = error.format_message().rstrip(".")
    if message.startswith("Usage:"):  # a group without a verb: the message is its help
        print(message, file=sys.stderr)  # noqa: T201
        return 2
    hint = "`cdptool --help` lists what there is"
    show_error(UsageError(Finding(message[:1].lower() + message[1:], hint=hint)))
    return 2


def _bug(error: Exception) -> int:
    """An exception nobody meant: name its kind and place, never its message, which may quote a value."""
    if "--debug" in sys.argv:
        traceback.print_exception(error)
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    where = f" in {Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""
    show_error(
        CdptoolError(
            f"a bug in cdptool: {type(error).__name__}{where}", hint="run again with --debug and report it"
        )
    )
    return 3
