"""
Write docs/reference.md from `--help`: one section per command, so that no help is written twice.

`--check` compares instead, and exits 1 when the page is stale.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from cdptool.cli import app

PAGE = Path(__file__).with_name("reference.md")
HEAD = "# Commands\n\nWritten by `make docs` from `cdptool --help`; do not edit.\n"


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command below one, itself first, by its full name."""
    yield name, command
    for verb, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{name} {verb}")


def help_of(command: Any, name: str) -> str:
    """What `name --help` prints."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        command.main(["--help"], prog_name=name, standalone_mode=False, terminal_width=100)
    return text.getvalue().rstrip()


def page() -> str:
    """The whole page."""
    root = typer.main.get_command(app)
    sections = [
        f"## {name}\n\n```text\n{help_of(command, name)}\n```\n"
        for name, command in commands(root, "cdptool")
    ]
    return "\n".join([HEAD, *sections])


def main() -> int:
    """Write or check the page."""
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("error: docs/reference.md is stale\n  hint: make docs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
