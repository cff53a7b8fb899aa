"""`cdptool merge --suggest`: values that identify nobody, as lines for merge.yaml; nothing is applied."""

from __future__ import annotations

import polars as pl

from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Settings, open_session
from cdptool.errors import ConfigError, UsageError
from cdptool.fields import field_type
from cdptool.identity import living_records
from cdptool.identity.ignoring import printed_value
from cdptool.identity.spec import Key
from cdptool.identity.suggesting import suggested
from cdptool.rules.windows import length_text
from cdptool.sources.outputs import declared_schema
from cdptool.tables import records_schema

COLUMNS = ("field", "value", "records", "people", "why")


def suggest(settings: Settings, *, show_values: bool = False) -> Report:
    """
    Look for placeholders and for values that too many people share.

    Args:
        settings: Where the project is.
        show_values: Print values as they are instead of masked.

    Raises:
        UsageError: Nothing is ingested yet.
        ConfigError: The project has no merge.yaml.
    """
    with open_session(settings, writes=False) as session:
        snapshot, plan = session.snapshot(), session.project.merge
        if plan is None:
            raise ConfigError("the project has no `passes`", hint="add a merge.yaml: see docs/merging.md")
        if not snapshot.has("files"):
            raise UsageError("nothing is ingested yet", hint="run `cdptool ingest` first, or `cdptool run`")
        columns = session.project.fields
        stored = snapshot.scan("records", records_schema(declared_schema(columns)))
        records = session.engine.of(stored)
        if stored.select(pl.col("is_deleted").any()).collect().item():
            records = living_records(session.engine, records)
        found = suggested(session.engine, records, columns, plan)
    types = {column.name: field_type(column.type) for column in columns}
    rows = tuple(
        (field, value if show_values else types[field].mask(value), n_records, n_people, why)
        for field, _, value, n_records, n_people, why in found.iter_rows()
    )
    return Report(
        verb="merge",
        summary=f"{len(rows):,} value{' identifies' if len(rows) == 1 else 's identify'} nobody"
        + ("; paste the lines under `keys:` of merge.yaml" if rows else ""),
        data={
            "suggested": [dict(zip(COLUMNS, row, strict=True)) for row in rows],
            "lines": list(_lines(found, plan.keys)),
        },
        grids=(Grid("Values that identify nobody", COLUMNS, rows),) if rows else (),
        lines=_lines(found, plan.keys),
        is_answer=True,
    )


def _lines(found: pl.DataFrame, keys: tuple[Key, ...]) -> tuple[str, ...]:
    """Each key with all that it declares, and its ignored values by their numbers."""
    lines = []
    for key in keys:
        numbers = found.filter(pl.col("field") == key.field)["number"]
        if not len(numbers):
            continue
        parts = [f"limit: {_limit(key)}"]
        if key.shared_by is not None:
            parts.append(f"shared_by: {key.shared_by}")
        values = (*key.ignore, *map(printed_value, numbers))
        lines.append(f"  {key.field}: {{{', '.join(parts)}, ignore: [{', '.join(values)}]}}")
    return ("keys:", *lines) if lines else ()


def _limit(key: Key) -> str:
    if key.limit is None:
        return "many"
    return str(key.limit) if key.per is None else f"{{most: {key.limit}, per: {length_text(key.per)}}}"
