"""
The manifest of a folder of exports: what was written, for whom, how well filled, with digests.

A pure function of the files. What differs from run to run (run id, wall times) stands in one `run` block,
which comparisons leave out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from cdptool.destinations.render import Rendered
from cdptool.destinations.spec import DestinationSpec, ExportSpec

VERSION = 1


def manifest_entry(
    name: str, rendered: Rendered, export: ExportSpec, destination: DestinationSpec
) -> dict[str, Any]:
    """
    Describe one file.

    Args:
        name: The file's name in the folder.
        rendered: Its bytes and counts.
        export: What was asked for.
        destination: The spec it follows.

    Returns:
        Plain JSON values. `left_out` and `refused` hold counts by reason, never a value or an id.
    """
    return {
        "name": name,
        "export": export.name,
        "kind": export.kind,
        "who": export.who,
        "destination": destination.id,
        "spec_version": destination.spec_version,
        "spec_source": destination.source,
        "spec_checked_on": destination.checked_on,
        "recipient": destination.recipient,
        "country": destination.country,
        "purpose": export.purpose or destination.consent_purpose,
        "channel": export.channel,
        "rows": rendered.rows,
        "fill": [{"header": header, "cells": cells} for header, cells in rendered.fill],
        "left_out": _counts(rendered.left_out, "reason"),
        "refused": _counts(rendered.refused, "header", "reason"),
        "bytes": len(rendered.body),
        "sha256": hashlib.sha256(rendered.body).hexdigest(),
    }


def manifest(
    entries: tuple[Mapping[str, Any], ...], *, as_of: datetime, run: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """
    Describe a folder of files.

    Args:
        entries: One `manifest_entry` per file.
        as_of: The moment the audiences are for.
        run: What belongs to this run only; `comparable` leaves it out.

    Returns:
        Plain JSON values, files sorted by name.
    """
    return {
        "version": VERSION,
        "as_of": as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "files": sorted((dict(entry) for entry in entries), key=lambda entry: entry["name"]),
        "run": dict(run or {}),
    }


def comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest without its `run` block: equal for equal inputs.

    >>> comparable({"files": [], "run": {"run_id": "r1"}})
    {'files': []}
    """
    return {key: value for key, value in document.items() if key != "run"}


def manifest_bytes(document: Mapping[str, Any]) -> bytes:
    """The manifest as UTF-8 JSON, indented, ending with a newline."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _counts(frame: pl.DataFrame, *keys: str) -> dict[str, int]:
    counted = frame.group_by(*keys).len().sort(*keys)
    return {": ".join(row[:-1]): row[-1] for row in counted.iter_rows()}
