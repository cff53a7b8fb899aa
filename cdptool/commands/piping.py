"""What is piped into `ingest`, kept in a file: its digest must be known before its rows are read."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from cdptool.errors import SourceError
from cdptool.sources import SourceSpec, reads_stdin


def spool_stdin(specs: tuple[SourceSpec, ...], folder: Path, *, is_asked_for: bool) -> str | None:
    """
    Write standard input to a file in the folder, if a source reads it.

    Args:
        specs: The sources that will be read.
        folder: Where the file stands as long as the run lasts.
        is_asked_for: Whether the sources were named. A run of all sources takes what is piped in if there is
            something; a named source insists.

    Returns:
        The file; None where no source reads standard input, or nothing came.

    Raises:
        SourceError: Nothing was piped into a named source, or two sources would read the same pipe.
    """
    readers = [spec for spec in specs if reads_stdin(spec)]
    if not readers:
        return None
    path = folder / "stdin"
    if not sys.stdin.isatty():
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
    if not path.exists() or not path.stat().st_size:
        if not is_asked_for:
            return None
        raise SourceError(
            f"source `{readers[0].name}` reads standard input, and nothing was piped in",
            place=readers[0].place,
            hint=f"pipe the export in: `cdptool ingest {readers[0].name} < FILE`",
        )
    if len(readers) > 1:
        raise SourceError(
            f"{len(readers)} sources read standard input: {', '.join(f'`{spec.name}`' for spec in readers)}",
            place=readers[1].place,
            hint=f"name the one it is for: `cdptool ingest {readers[0].name} < FILE`",
        )
    return str(path)
