"""
The command line: what each verb takes, and which exit code each outcome has. Nothing heavy is imported here.

`options` holds every option, `declaring` says what a verb is, `verbs` and the groups beside it declare them; here is
the way in. 0 done · 1 a declared check failed · 2 could not do it · 3 a bug · 4 the workspace is busy · 5 a feed is
stale · 130 interrupted.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import typer

from cdptool.cli.verbs import app
from cdptool.console import show_error
from cdptool.errors import CdptoolError, Finding, UsageError

__all__ = ["app", "main"]


def main() -> None:
    """Entry point of the console script: run, and exit with the code of the outcome."""
    _open_closed_streams()
    _write_every_letter()
    if sys.argv[1:] in (["--version"], ["-V"]):
        from cdptool import __version__

        print(f"cdptool {__version__}")  # noqa: T201  the console would be loaded for one line
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
    except Exception as error:  # noqa: BLE001  whatever it is, it is a bug: exit 3
        code = _refused(error) or _bug(error)
    sys.exit(code)


def _open_closed_streams() -> None:
    """Who starts us may have closed a stream (`>&-`): nothing comes from there, and what goes there is lost."""
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # The lowest free number is this one: no file of ours may get it, and be written into.
            handle = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(handle, "r" if number == 0 else "w", encoding="utf-8"))


def _write_every_letter() -> None:
    """A terminal may not know a letter, or a file's name not be text: then its code is written, and nothing fails."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError):  # it was a file when it was opened, and is a pipe by now
                stream.reconfigure(errors="backslashreplace")


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
            return command.main(["--help"], prog_name=name, standalone_mode=False)  # type: ignore[no-any-return]  # typer says no type
    return app(prog_name="cdptool", standalone_mode=False)  # type: ignore[no-any-return]  # typer says no type


def _usage(error: typer.TyperException) -> int:
    message = error.format_message().rstrip(".")
    if message.startswith("Usage:"):  # a group without a verb: the message is its help
        print(message, file=sys.stderr)  # noqa: T201  it is help, no error to be framed
        return 2
    hint = "`cdptool --help` lists what there is"
    show_error(UsageError(Finding(message[:1].lower() + message[1:], hint=hint)))
    return 2


def _refused(error: Exception) -> int | None:
    """What the operating system refuses: a full disk, a folder that may not be written."""
    from cdptool.cli.system_errors import system_error

    refused = system_error(error)
    if refused is None:
        return None
    if "--debug" in sys.argv:
        traceback.print_exception(error)
    show_error(refused)
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
