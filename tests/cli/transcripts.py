"""
Transcripts: the `console` blocks of a Markdown page are run and compared whole, output and exit code.

Lines that begin with `$ ` are run by bash, in order, in one folder per page, which holds copies of `configs/`
and `sample_data/`. What follows a command is its output (stdout and stderr together), then `[exit N]` where it
is not 0. `CDPTOOL_WRITE_TRANSCRIPTS=1` writes the pages anew instead of comparing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def prepare(folder: Path) -> dict[str, str]:
    """Fill the folder of a page, and make the environment its commands run in."""
    for name in ("configs", "sample_data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("real", "__pycache__"))
    binaries = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CDPTOOL_", "COV_"))}
    return {**kept, "PATH": f"{binaries}:{kept['PATH']}", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def run_block(block: str, folder: Path, environment: dict[str, str]) -> str:
    """The block as it is when its commands are run now."""
    lines = []
    for line in block.splitlines():
        if not line.startswith("$ "):
            continue
        done = subprocess.run(
            ["bash", "-c", line[2:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        lines.append(line)
        lines += [output.rstrip() for output in done.stdout.splitlines()]
        if done.returncode:
            lines.append(f"[exit {done.returncode}]")
    return "\n".join(lines) + "\n"


def rerun(page: Path, folder: Path, **more: str) -> tuple[str, str]:
    """The page as written, and as it is when all its commands are run again in a fresh folder, with `more` set."""
    environment = prepare(folder) | more
    written = page.read_text(encoding="utf-8")
    now = BLOCK.sub(lambda match: f"```console\n{run_block(match[1], folder, environment)}```", written)
    return written, now
