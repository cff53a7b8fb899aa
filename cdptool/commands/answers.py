"""
One more line in decisions.csv: whole or not at all, never a pair twice, the lines of others left as they are.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cdptool.commands.writing import told_of, write_whole
from cdptool.config.judgements import read_judgements
from cdptool.errors import ConfigError
from cdptool.identity.spec import Judged

HEADER: Final = "left,right,judgement,who,when,why"


def add_answer(file: Path, said: Judged) -> bool:
    """
    Append a judgement to decisions.csv, unless the pair is judged there already.

    The file is read again under a lock on its folder and replaced whole, so that two people may review at a time and
    a crash leaves the old file or the new one.

    Returns:
        Whether it was written.

    Raises:
        ConfigError: If the file can no longer be read as judgements.
        StoreError: If the folder or the disk refuses; then the file is as it was.
    """
    hint = "the answers before it are kept; mend this and review again"
    with told_of(file, "the answer cannot be written", hint=hint), _locked(file.parent):
        before = file.read_bytes()
        found = read_judgements(before, str(file), None)
        if found.findings:
            raise ConfigError(*found.findings)
        if _pair(said) in {_pair(one) for one in found.judged}:
            return False
        text = io.StringIO()
        cells = (said.left, said.right, said.judgement, said.who, said.when, said.why)
        csv.writer(text, lineterminator=_line_end(before)).writerow(cells)
        gap = b"" if before.endswith(b"\n") else _line_end(before).encode()
        target = file.resolve()  # a link stays one
        after = before + gap + text.getvalue().encode()
        write_whole(target, after, mode=target.stat().st_mode & 0o777)
    return True


def _pair(said: Judged) -> tuple[str, ...]:
    return tuple(sorted((said.left, said.right)))


def _line_end(data: bytes) -> str:
    return "\r\n" if b"\r\n" in data else "\n"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
