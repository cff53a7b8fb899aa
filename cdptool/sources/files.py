"""Which files a source means, and the digests that tell whether a file or its mapping was read before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from cdptool.errors import Finding, Place, SourceError
from cdptool.sources.remote import is_remote
from cdptool.sources.spec import ReadContext, SourceSpec

_CHUNK: Final = 1 << 20
# Declared since the first version: a source that does not use them keeps its digest, and its files stay read.
_LATER: Final = ("only", "unpivot", "deletes", "corrections")
_LATER_OF_DIALECT: Final = ("records", "sparse", "sheet")
_LATER_OF_COLUMNS: Final = ("expr", "first", "fallbacks", "part", "values")
# What a source says that changes nothing about how its files are read.
_NOT_READING: Final = (
    "files", "query", "purpose", "owner", "legal_basis", "keep_for_seconds", "expect", "max_lag", "every",
    "expected_from", "expected_until", "place", "declares_max_quarantined", "growing",
    "overlap_seconds",
)  # fmt: skip


def expand(spec: SourceSpec, folder: str) -> tuple[str, ...]:
    """
    The files of a source: its globs and folders expanded in the project's folder, each file once, sorted by path.

    A folder means every file right in it that is not hidden. `-` is no file, and remote ones are fetched elsewhere.

    Raises:
        SourceError: A glob or a path matches no file, a folder has none, or a file's name cannot be written down.
    """
    found: set[str] = set()
    findings = []
    for pattern in spec.files:
        if pattern == "-" or is_remote(pattern):
            continue
        try:
            paths = _files(folder, pattern)
        except ValueError:
            hint = "`**` stands alone between two slashes: `exports/**/*.csv`"
            findings.append(Finding(f"no pattern for files: `{pattern}`", spec.place, hint))
            continue
        except PermissionError:
            hint = "it must be readable for the user who runs cdptool"
            findings.append(Finding(f"permission denied: `{pattern}`", spec.place, hint))
            continue
        found.update(str(path) for path in paths)
        findings += [_unnameable(path, spec) for path in paths if not _has_text_name(path)]
        if not paths:
            is_glob = any(letter in pattern for letter in "*?[")
            problem = f"no file matches `{pattern}`" if is_glob else f"no such file: `{pattern}`"
            hint = f"paths of source `{spec.name}` are relative to the file that declares it"
            if (Path(folder) / pattern).is_dir():
                problem = f"there is no file in the folder `{pattern}`"
            elif (Path(folder) / pattern).exists():
                problem = f"a pipe or a device, not a file: `{pattern}`"
                hint = f'declare `files: "-"` and pipe it in: `cdptool ingest {spec.name} < {pattern}`'
            findings.append(Finding(problem, spec.place, hint))
    if findings:
        raise SourceError(*findings)
    return tuple(sorted(found))


def _has_text_name(path: Path) -> bool:
    """Whether its name is text: a Latin-1 name from an old archive is none, and no table could hold it."""
    return not any("\ud800" <= letter <= "\udfff" for letter in str(path))  # how Python spells such bytes


def _unnameable(path: Path, spec: SourceSpec) -> Finding:
    shown = str(path).encode("utf-8", "replace").decode()
    return Finding(f"the name of `{shown}` is not UTF-8", spec.place, "rename the file")


def _files(folder: str, pattern: str) -> list[Path]:
    top = Path(folder) / pattern
    if top.is_dir():
        return _listed(top)
    return [path for path in _glob(folder, pattern) if path.is_file()]


def files_in(folder: Path) -> tuple[Path, ...]:
    """
    The files right in a folder that are not hidden, by name.

    Raises:
        SourceError: The folder may not be listed, or there is none.
    """
    try:
        found = tuple(sorted(_listed(folder)))
    except PermissionError:
        hint = "it must be readable for the user who runs cdptool"
        raise SourceError("permission denied", place=Place(str(folder)), hint=hint) from None
    if not found:
        raise SourceError("there is no file in the folder", place=Place(str(folder)), hint="name the exports")
    return found


def _listed(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]


def _glob(folder: str, pattern: str) -> list[Path]:
    path = Path(folder) / pattern
    anchor = Path(path.anchor or ".")
    relative = path.relative_to(path.anchor) if path.anchor else path
    if ".." in relative.parts:  # pathlib does not match `..` in a pattern: resolve the fixed part first
        parts = relative.parts
        last = max(i for i, part in enumerate(parts) if part == "..")
        anchor = (anchor / Path(*parts[: last + 1])).resolve()
        relative = Path(*parts[last + 1 :])
    return list(anchor.glob(str(relative)))


def file_digest(path: str, end: int | None = None) -> str:
    """
    The SHA-256 of a file's bytes, or of its first so many.

    Raises:
        SourceError: The file is missing or not readable.
    """
    try:
        with Path(path).open("rb") as file:
            if end is None:
                return hashlib.file_digest(file, "sha256").hexdigest()
            digest = hashlib.sha256()
            while end > 0 and (part := file.read(min(_CHUNK, end))):
                digest.update(part)
                end -= len(part)
            return digest.hexdigest()
    except OSError as error:
        problem = "no such file" if isinstance(error, FileNotFoundError) else "not readable"
        hint = "it may have been removed meanwhile, or be another user's: run the command again"
        raise SourceError(problem, place=Place(path), hint=hint) from None


def mapping_digest(spec: SourceSpec, context: ReadContext | None = None) -> str:
    """
    The digest of how a source is mapped: what is declared, not where it is written.

    With a context, the project's defaults and schemas count too. A file is read again when this changes.
    """
    return hashlib.sha256(mapping_text(spec, context).encode()).hexdigest()


def mapping_text(spec: SourceSpec, context: ReadContext | None = None) -> str:
    """How a source is mapped, as JSON: what its digest is of, and what a later mapping is compared with."""
    declared = asdict(spec)
    for name in _NOT_READING:
        declared.pop(name)
    for name in _LATER:
        if not declared[name]:
            del declared[name]
    for mapped in (*declared["columns"], *declared["identifiers"], *([declared["at"]] if spec.at else ())):
        if not mapped["values"]:
            del mapped["otherwise"]
        for name in _LATER_OF_COLUMNS:
            if not mapped[name]:
                del mapped[name]
    for name in _LATER_OF_DIALECT:
        if not declared["dialect"][name]:
            del declared["dialect"][name]
    declared = _without_places(declared)
    if context is not None:
        target = context.target.columns if context.target else ()
        columns = context.profile_fields if spec.feeds == "records" else target
        declared["defaults"] = [context.tz, context.region, context.currency]
        declared["target"] = [[column.name, column.type] for column in columns]
    return json.dumps(declared, sort_keys=True, ensure_ascii=False)


def _without_places(declared: Any) -> Any:
    """The tree without the places where things are written."""
    if isinstance(declared, dict):
        return {name: _without_places(value) for name, value in declared.items() if name != "place"}
    if isinstance(declared, list | tuple):
        return [_without_places(value) for value in declared]
    return declared
