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

from cdptool.config.judgements import read_judgements
from cdptool.errors import ConfigError, Place, StoreError
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
    with _mapped(file), _locked(file.parent):
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
        _replace(file, before + gap + text.getvalue().encode())
    return True


def _pair(said: Judged) -> tuple[str, ...]:
    return tuple(sorted((said.left, said.right)))


def _line_end(data: bytes) -> str:
    return "\r\n" if b"\r\n" in data else "\n"


def _replace(file: Path, body: bytes) -> None:
    """Write beside the file and rename, with the rights that it had; a link stays one."""
    target = file.resolve()
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(body)
            opened.flush()
            os.fsync(opened.fileno())
        part.chmod(target.stat().st_mode & 0o777)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _mapped(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        hint = "the answers before it are kept; mend this and review again"
        raise StoreError(
            f"the answer cannot be written: {reason}", place=Place(str(file)), hint=hint
        ) from None
