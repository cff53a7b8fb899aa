"""One file, written whole or not at all, and what people are told where the system refuses it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdptool.errors import Place, StoreError


def write_whole(path: Path, body: bytes, *, mode: int | None = None) -> None:
    """
    Put a file in its place whole: it is written beside it and renamed, so a crash leaves the old one or the new one.

    Args:
        path: Where; its folder is there.
        body: What it holds from then on.
        mode: Its rights; None = those that a new file gets here.

    Raises:
        OSError: If the system refuses; then nothing of the file is left, and the old one is as it was.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    # Always the same name: what a killed run left half written, the next one takes away.
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            part.chmod(mode)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def told_of(path: Path, problem: str, *, hint: str) -> Iterator[None]:
    """
    What the system refuses inside the block is told at the file: `problem: no space left on device`.

    Raises:
        StoreError: In the place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "the system refuses").lower()
        raise StoreError(f"{problem}: {reason}", place=Place(str(path)), hint=hint) from None
