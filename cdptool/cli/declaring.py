"""
What it takes to be a verb: options by name, a body that imports its command itself, an exit code per outcome.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cdptool.cli.memory import reuse_memory
from cdptool.cli.options import OPTIONS, SETTINGS, VOICE
from cdptool.console import Voice, progress, show, show_error
from cdptool.errors import CdptoolError

if TYPE_CHECKING:
    from cdptool.commands.report import Report
    from cdptool.commands.session import Say, Settings


def group_of_verbs(text: str, **more: Any) -> typer.Typer:
    return typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=text, **more)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a verb: what the shared options say, how much to say, and whom to tell what is being done."""

    settings: Settings
    say: Say
    voice: Voice


def verb(
    group: typer.Typer, name: str, *options: str, example: str, is_dialogue: bool = False
) -> Callable[[Callable[..., Report]], Callable[..., Report]]:
    """
    Declare a verb: its options by name, and an example that works on the sample project.

    The body gets the `Call` and, by name, the options that are not shared; it imports its command itself, so
    that `--help` loads nothing heavy. A dialogue writes to the terminal itself, so no moving line stands in its way.
    """

    def declare(body: Callable[..., Report]) -> Callable[..., Report]:
        def run(**given: Any) -> None:
            voice = Voice(**{option: given.pop(option) for option in VOICE if option in given})
            chosen: dict[str, Any] = {option: given.pop(option) for option in SETTINGS if option in given}
            debug = given.pop("debug")
            _answer(
                lambda say: body(Call(_settings(chosen), say, voice), **given),
                voice,
                debug=debug,
                is_dialogue=is_dialogue,
            )

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [
            inspect.Parameter(option, kind, default=default, annotation=annotation)
            for option, (annotation, default) in ((option, OPTIONS[option]) for option in options)
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it there
        run.__annotations__ = {option: OPTIONS[option][0] for option in options}
        run.__doc__ = body.__doc__
        group.command(name, epilog=f"Example: {example}")(run)
        return body

    return declare


def _settings(chosen: dict[str, Any]) -> Settings:
    from cdptool.commands.session import Settings

    return Settings(**{"project": Path(), **chosen})  # `profile` needs none


def _answer(command: Callable[[Say], Report], voice: Voice, *, debug: bool, is_dialogue: bool) -> None:
    """Run a command, print its report, and map every outcome to its exit code."""
    reuse_memory()
    try:
        with progress(replace(voice, quiet=True) if is_dialogue else voice) as say:
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
