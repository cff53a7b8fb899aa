"""Writing what leaves: whole or not at all, for the owner's eyes only, and not again when nothing changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cdptool.commands.writing import told_of, write_whole
from cdptool.destinations import comparable, manifest, manifest_bytes

MANIFEST: Final = "manifest.json"


def _told_of(path: Path) -> AbstractContextManager[None]:
    hint = "choose another folder, or free the space or rights it needs"
    return told_of(path, "the output cannot be written", hint=hint)


def write_file(path: Path, body: bytes) -> bool:
    """
    Write a file atomically with mode 0600; leave it alone where it already holds these bytes.

    Returns:
        Whether it was written.

    Raises:
        StoreError: If the folder or the disk refuses; then the old file is as it was.
    """
    with _told_of(path):
        if path.exists() and path.stat().st_size == len(body) and path.read_bytes() == body:
            path.chmod(0o600)
            return False
        for folder in reversed([one for one in path.parents if not one.exists()]):
            folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, body, mode=0o600)
    return True


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder; empty where there is none or it cannot be read."""
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def are_in_place(folder: Path) -> bool:
    """Whether the manifest and every file it lists are there, each with the size that was written."""
    document = read_manifest(folder)
    files = [(folder / entry["name"], entry["bytes"]) for entry in document.get("files", ())]
    return bool(document) and all(path.is_file() and path.stat().st_size == size for path, size in files)


def write_folder(
    folder: Path,
    files: Mapping[str, tuple[bytes, Mapping[str, Any]]],
    *,
    as_of: datetime,
    run: Mapping[str, Any],
    kept: tuple[Mapping[str, Any], ...] = (),
) -> tuple[str, ...]:
    """
    Write a set of files and their manifest, and remove those of the last manifest that are no more.

    Args:
        folder: Where; other files in it are never touched.
        files: Name → bytes and manifest entry.
        as_of: The moment the files are for.
        run: The manifest's block about this run; when only that would change, the manifest stays as it is.
        kept: Entries of the last manifest that stay though they are not written now.

    Returns:
        The names of the files that changed.
    """
    before = read_manifest(folder)
    entries = {entry["name"]: entry for entry in kept} | {name: entry for name, (_, entry) in files.items()}
    changed = [name for name, (body, _) in files.items() if write_file(folder / name, body)]
    for name in sorted({entry["name"] for entry in before.get("files", ())} - set(entries)):
        with _told_of(folder / name):
            (folder / name).unlink(missing_ok=True)
        changed.append(name)
    document = manifest(tuple(entries.values()), as_of=as_of, run=run)
    if comparable(document) != comparable(before):
        write_file(folder / MANIFEST, manifest_bytes(document))
        changed.append(MANIFEST)
    return tuple(changed)
