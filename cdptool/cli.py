"""
The command line: what each verb takes, and which exit code each outcome has. Nothing heavy is imported here.

0 done · 1 a declared check failed · 2 could not do it · 3 a bug · 4 the workspace is busy · 5 a feed is stale
· 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cdptool.console import Voice, progress, show, show_error
from cdptool.errors import CdptoolError, Finding, UsageError

if TYPE_CHECKING:
    from cdptool.commands.report import Report
    from cdptool.commands.session import Say, Settings

app = typer.Typer(
    name="cdptool",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="A customer data platform in one command: exports in, audiences out.",
    epilog="Example: cdptool run -C configs --as-of 2026-11-20T21:00+07:00",
    context_settings={"help_option_names": ["-h", "--help"]},
)
explain_app = typer.Typer(
    no_args_is_help=True, help="Say why two records are one person.", rich_markup_mode=None
)
workspace_app = typer.Typer(
    no_args_is_help=True, help="Verify, show and tidy the workspace.", rich_markup_mode=None
)
app.add_typer(explain_app, name="explain")
app.add_typer(workspace_app, name="workspace")

Project = Annotated[
    Path, typer.Option("--project", "-C", help="The folder with project.yaml (or its configs/).")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also print steps and timings.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="The moment the answer is for [default: how far all live feeds are complete].",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")]
Wait = Annotated[
    float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long to wait while another run writes.")
]
Buckets = Annotated[
    int, typer.Option("--buckets", min=1, help="Work in this many hash buckets, to bound memory.")
]
WorkspaceFolder = Annotated[Path | None, typer.Option("--workspace", help="Use this workspace folder.")]
OutFolder = Annotated[Path | None, typer.Option("--out", help="Write files into this folder.")]

HERE = Path()


def _settings(
    project: Path,
    *,
    wait: float = 0.0,
    buckets: int = 1,
    workspace: Path | None = None,
    out: Path | None = None,
    as_of: str | None = None,
) -> Settings:
    from cdptool.commands.session import Settings

    return Settings(project=project, wait=wait, buckets=buckets, workspace=workspace, out=out, as_of=as_of)


def _answer(command: Callable[[Say], Report], voice: Voice, *, debug: bool = False) -> None:
    """Run a command, print its report, and map every outcome to its exit code."""
    try:
        with progress(voice) as say:
            report = command(say)
        show(report, voice)
        sys.stdout.flush()
    except CdptoolError as error:
        if debug:
            traceback.print_exc()
        show_error(error)
        raise typer.Exit(error.exit_code) from None


@app.command(epilog="Example: cdptool config -C configs")
def config(
    project: Project = HERE, as_json: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """Show every setting and where it comes from."""
    from cdptool.commands.config import show_config

    _answer(lambda _: show_config(_settings(project)), Voice(as_json=as_json, quiet=quiet), debug=debug)


@app.command(epilog="Example: cdptool ingest -C configs")
def ingest(
    sources: Annotated[list[str] | None, typer.Argument(help="Only these sources [default: all].")] = None,
    project: Project = HERE,
    dry_run: DryRun = False,
    wait: Wait = 0.0,
    workspace: WorkspaceFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Read the exports; every row is accounted for.

    Declared files become records, streams and reference tables. A file that was read before is left alone.
    """
    from cdptool.commands.ingest import ingest_files

    settings = _settings(project, wait=wait, workspace=workspace)
    voice = Voice(as_json=as_json, quiet=quiet, verbose=verbose)
    _answer(
        lambda say: ingest_files(settings, tuple(sources or ()), say, dry_run=dry_run), voice, debug=debug
    )


@app.command(epilog="Example: cdptool merge -C configs --dry-run")
def merge(
    project: Project = HERE,
    dry_run: DryRun = False,
    wait: Wait = 0.0,
    buckets: Buckets = 1,
    workspace: WorkspaceFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Decide which records are one person.

    Profile ids stay from run to run; each profile shows its surviving values with their lineage.
    """
    from cdptool.commands.merge import merge_records

    settings = _settings(project, wait=wait, buckets=buckets, workspace=workspace)
    voice = Voice(as_json=as_json, quiet=quiet, verbose=verbose)
    _answer(lambda _: merge_records(settings, dry_run=dry_run), voice, debug=debug)


@app.command(epilog="Example: cdptool segment -C configs --as-of 2026-11-20T21:00+07:00")
def segment(
    project: Project = HERE,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    wait: Wait = 0.0,
    buckets: Buckets = 1,
    workspace: WorkspaceFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Compute traits and segments.

    Who is in, who entered and left since the last time, and of how many it is not known yet.
    """
    from cdptool.commands.segment import compute_segments

    settings = _settings(project, wait=wait, buckets=buckets, workspace=workspace, as_of=as_of)
    voice = Voice(as_json=as_json, quiet=quiet, verbose=verbose)
    _answer(lambda _: compute_segments(settings, dry_run=dry_run), voice, debug=debug)


@app.command(epilog="Example: cdptool plan -C configs --as-of 2026-11-20T21:00+07:00")
def plan(
    project: Project = HERE,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    wait: Wait = 0.0,
    buckets: Buckets = 1,
    workspace: WorkspaceFolder = None,
    out: OutFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Decide who gets which message, and why not.

    Campaigns by priority against consent, caps and quiet hours; writes out/plan/.
    """
    from cdptool.commands.plan import plan_campaigns

    settings = _settings(project, wait=wait, buckets=buckets, workspace=workspace, out=out, as_of=as_of)
    voice = Voice(as_json=as_json, quiet=quiet, verbose=verbose)
    _answer(lambda _: plan_campaigns(settings, dry_run=dry_run), voice, debug=debug)


@app.command(epilog="Example: cdptool export -C configs --as-of 2026-11-20T21:00+07:00")
def export(
    names: Annotated[list[str] | None, typer.Argument(help="Only these exports [default: all].")] = None,
    project: Project = HERE,
    as_of: AsOf = None,
    dry_run: DryRun = False,
    wait: Wait = 0.0,
    workspace: WorkspaceFolder = None,
    out: OutFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Write audience and suppression files.

    Consent is joined last; each file is whole or absent, and listed in out/manifest.json.
    """
    from cdptool.commands.export import export_audiences

    settings = _settings(project, wait=wait, workspace=workspace, out=out, as_of=as_of)
    voice = Voice(as_json=as_json, quiet=quiet, verbose=verbose)
    _answer(lambda _: export_audiences(settings, tuple(names or ()), dry_run=dry_run), voice, debug=debug)


@app.command(epilog="Example: cdptool run -C configs --as-of 2026-11-20T21:00+07:00")
def run(
    project: Project = HERE,
    as_of: AsOf = None,
    wait: Wait = 0.0,
    buckets: Buckets = 1,
    workspace: WorkspaceFolder = None,
    out: OutFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Do all of it, each step only if needed.

    ingest, merge, segment, plan, export: a step whose inputs did not change is left out.
    """
    from cdptool.commands.run import run_all

    settings = _settings(project, wait=wait, buckets=buckets, workspace=workspace, out=out, as_of=as_of)
    voice = Voice(as_json=as_json, quiet=quiet, verbose=verbose)
    _answer(lambda say: run_all(settings, say), voice, debug=debug)


@app.command(epilog="Example: cdptool status -C configs")
def status(
    project: Project = HERE,
    workspace: WorkspaceFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Show what is in the workspace and what ran."""
    from cdptool.commands.status import show_status

    settings = _settings(project, workspace=workspace)
    _answer(lambda _: show_status(settings), Voice(as_json=as_json, quiet=quiet), debug=debug)


@explain_app.command(
    "merge", epilog="Example: cdptool explain merge crm:0000101 loyalty:0045210143 -C configs"
)
def explain_merge(
    left: Annotated[str, typer.Argument(help="A record, as source:source_key.")],
    right: Annotated[str, typer.Argument(help="Another record.")],
    project: Project = HERE,
    workspace: WorkspaceFolder = None,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Print personal values unmasked.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Why two records are, or are not, one person: the shortest path of evidence with file and row."""
    from cdptool.commands.explain import explain_merge as explain

    settings = _settings(project, workspace=workspace)
    voice = Voice(as_json=as_json, quiet=quiet)
    _answer(lambda _: explain(settings, left, right, show_values=show_values), voice, debug=debug)


@workspace_app.command("verify", epilog="Example: cdptool workspace verify -C configs")
def workspace_verify(
    project: Project = HERE,
    workspace: WorkspaceFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compare every file with the digest in the catalog; exit 1 where one differs."""
    from cdptool.commands.upkeep import verify

    _answer(
        lambda _: verify(_settings(project, workspace=workspace)),
        Voice(as_json=as_json, quiet=quiet),
        debug=debug,
    )


@workspace_app.command("history", epilog="Example: cdptool workspace history -C configs")
def workspace_history(
    project: Project = HERE,
    workspace: WorkspaceFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """The snapshots that are kept: when, which verb, which tables."""
    from cdptool.commands.upkeep import history

    _answer(
        lambda _: history(_settings(project, workspace=workspace)),
        Voice(as_json=as_json, quiet=quiet),
        debug=debug,
    )


@workspace_app.command("tidy", epilog="Example: cdptool workspace tidy -C configs --keep 10")
def workspace_tidy(
    project: Project = HERE,
    keep: Annotated[int, typer.Option("--keep", min=1, help="How many snapshots to keep.")] = 10,
    wait: Wait = 0.0,
    workspace: WorkspaceFolder = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compact tables of many small files, drop old snapshots, and remove files nobody needs."""
    from cdptool.commands.upkeep import tidy

    settings = _settings(project, wait=wait, workspace=workspace)
    _answer(lambda _: tidy(settings, keep=keep), Voice(as_json=as_json, quiet=quiet), debug=debug)


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
    *verbs, last = arguments or [""]
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
