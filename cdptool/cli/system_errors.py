"""What the operating system refuses: no bug of ours, so it gets its place and a next step, and exit code 2."""

from __future__ import annotations

import errno
import os
import re
from typing import Final

from cdptool.errors import Place, UsageError

_ROOM: Final = "make room and run the command again"
_MAY: Final = "it must be readable, or its folder writable, for the user who runs cdptool"
_HINTS: Final[dict[int, str]] = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`) and run the command again",
    errno.EACCES: _MAY,
    errno.EPERM: _MAY,
    errno.EROFS: "write to another folder",
    errno.EIO: "check the disk, then run `cdptool workspace verify`",
    errno.ENOENT: "it may have been removed meanwhile: run the command again",
    errno.EISDIR: "name a file in it",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EEXIST: "name another folder, or move what is there",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.ELOOP: "its links go round in a circle: correct them",
    errno.EMFILE: "raise the limit on open files (`ulimit -n`)",
}


def system_error(error: Exception) -> UsageError | None:
    """
    What the operating system refused, as an error for people; None where it is something else.

    Polars wraps what it meets while it writes; such errors are known by their number.

    >>> system_error(OSError(28, "No space left on device", "out/x.csv"))
    UsageError('out/x.csv: no space left on device')
    >>> system_error(ValueError("x")) is None
    True
    """
    number, file = getattr(error, "errno", None), getattr(error, "filename", None)
    if not isinstance(error, OSError):
        if not type(error).__module__.startswith("polars"):
            return None
        told = re.search(r"\(os error (\d+)\)", str(error))
        number = int(told[1]) if told else None
    if number not in _HINTS:
        return None
    place = Place(os.fsdecode(file)) if isinstance(file, str | bytes) else None
    return UsageError(os.strerror(number).lower(), place=place, hint=_HINTS[number])
