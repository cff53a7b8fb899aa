"""
The files of a source that lie in buckets: listed, and fetched where they are not known to have been read.

Which file was read is known by its content, as for any other. So that not every file is fetched every time, the log
`remote` remembers its size, when it was changed and the digests of what was in it, unless it had changed so shortly
before that it may have changed again without showing it.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from cdptool.commands.session import Session
from cdptool.errors import Place
from cdptool.sources import InputFile, SourceSpec
from cdptool.sources.inputs import taken_apart
from cdptool.sources.remote import RemoteFile, Store, is_remote

REMOTE: Final = "remote"
_SETTLED: Final = timedelta(minutes=1)  # stores tell times by the second, and clocks differ


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one remote file once it was read: the entry of the log, by the file's address."""

    address: str
    payload: dict[str, Any]


def fetch_files(
    session: Session, spec: SourceSpec, folder: Path, done: Collection[str]
) -> tuple[tuple[InputFile, ...], tuple[Memory, ...]]:
    """
    Fetch the remote files of a source into the folder, without those that are known to have been read.

    Args:
        session: Knows what was remembered.
        spec: The source.
        folder: Where they stand while they are read.
        done: The digests of what was read before, under this mapping.

    Returns:
        The inputs, and what is to be remembered when they are read.

    Raises:
        SourceError: A store refuses, or a pattern matches no file.
    """
    patterns = [pattern for pattern in spec.files if is_remote(pattern)]
    if not patterns:
        return (), ()
    known = {entry.key: dict(entry.payload) for entry in session.workspace.logs(REMOTE)}
    inputs: dict[str, list[InputFile]] = {}
    memories = []
    for pattern in patterns:
        store = Store(pattern, os.environ, spec.place)
        for file in store.files():
            before = known.get(file.address, {})
            is_same = before and before == _memory(file, before["digests"])
            if file.address in inputs or (is_same and set(before["digests"]) <= set(done)):
                continue
            path = str(folder / f"{spec.name}-{len(inputs)}")
            digest, place = store.fetch(file, path), Place(file.address)
            whole = InputFile(path, file.address, place)
            parts = [
                replace(one, known_digest=digest) if one.member is None else one for one in taken_apart(whole)
            ]
            inputs[file.address] = parts
            if file.modified_at is not None and file.modified_at < session.now - _SETTLED:
                payload = _memory(file, sorted(one.digest() for one in parts))
                memories += [Memory(file.address, payload)] if payload != before else []
    return tuple(one for parts in inputs.values() for one in parts), tuple(memories)


def _memory(file: RemoteFile, digests: list[str]) -> dict[str, Any]:
    modified = file.modified_at.isoformat() if file.modified_at else None
    return {"size": file.size, "modified_at": modified, "digests": digests}
