"""
Whom a platform must remove: people that an earlier export sent there and that are nobody's profile any more.

A record that its source deleted leaves its profile, and so the next audience file. But what was sent before is still at
the platform: the ledger says under which identifiers, as they were sent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import polars as pl

from cdptool.config import Project
from cdptool.destinations import DestinationSpec, ExportSpec, Rendered, manifest_entry, render
from cdptool.destinations.render import columns_written
from cdptool.profiles import under_todays_ids
from cdptool.tables import ALIASES
from cdptool.workspace import Snapshot

_LEDGER: Final = {name: pl.String() for name in ("export", "header", "value")} | {"profile_id": pl.Int64()}


def removal(
    snapshot: Snapshot, project: Project, export: ExportSpec, destination: DestinationSpec, current: Rendered
) -> tuple[str, Rendered, dict[str, Any]] | None:
    """
    The list of people to remove from an audience that was exported before.

    Args:
        snapshot: With the ledger of earlier exports, the profiles of today, and the ids that were merged away.
        project: Which fields identify people, and whose destination `csv` is.
        export: The audience.
        destination: Where it goes.
        current: The audience as it is today: an identifier that stands in it stays.

    Returns:
        The name of the file, the file (a row per person and identifier, as it was sent) and its entry in the manifest; None
        where nobody is to be removed.
    """
    identifying = _identifying(project)
    columns = columns_written(export, destination)
    headers = list(dict.fromkeys(one.header for one in columns if one.source in identifying))
    if export.kind != "audience" or not headers:
        return None
    sent = snapshot.scan("ledger", _LEDGER).filter(
        (pl.col("export") == export.name) & pl.col("header").is_in(headers)
    )
    mine = under_todays_ids(sent.select("profile_id", "header", "value"), snapshot.scan("aliases", ALIASES))
    living = snapshot.scan("profiles", {"profile_id": pl.Int64()}).select("profile_id")
    gone = mine.unique().join(living, on="profile_id", how="anti").collect()
    gone = gone.join(current.ledger, on=["header", "value"], how="anti").sort("profile_id", "header", "value")
    if gone.is_empty():
        return None
    numbered = gone.with_columns(n=pl.int_range(pl.len()).over("profile_id", "header"))
    wide = numbered.pivot(on="header", index=["profile_id", "n"], values="value").sort("profile_id", "n")
    missing = [pl.lit(None, pl.String).alias(header) for header in headers if header not in wide.columns]
    csv = next(one for one in project.destinations if one.id == "csv")
    spec = ExportSpec(export.name, "removed", "csv", kind="suppression", columns=tuple(headers))
    kept = wide.with_columns(missing).drop("n")
    rendered = render(kept if "profile_id" in headers else kept.select("profile_id", *headers), spec, csv)
    name = f"{export.name}.removed.csv"
    entry = manifest_entry(name, rendered, replace(spec, to=export.to), destination)
    return name, rendered, {**entry, "bytes": len(rendered.body)}


def _identifying(project: Project) -> set[str]:
    """The fields, and their lists, that say who somebody is or where they are reached."""
    keys = {key.field for key in project.merge.keys} if project.merge else set()
    addresses = {channel.address for channel in project.plan.channels} if project.plan else set()
    found = keys | addresses
    return found | {f"{name}s" for name in found}
