"""`cdptool report renewal`: after how many days people buy the same thing again, as a table rules can follow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from cdptool.commands.as_of import AsOf
from cdptool.commands.events import latest_events, with_owner
from cdptool.commands.report import Grid, Report
from cdptool.commands.rule_inputs import moment_asked
from cdptool.commands.session import Session, Settings, open_session
from cdptool.commands.table_files import require_table_file, write_table_file
from cdptool.errors import Place, UsageError
from cdptool.fields import field_type
from cdptool.models.renewal import renewals
from cdptool.rules import parse, row_condition
from cdptool.rules.book import find_column
from cdptool.rules.naming import nearest
from cdptool.sources.outputs import declared_schema
from cdptool.tables import UTC_TIME, Column, StreamSchema
from cdptool.workspace import Snapshot

COLUMNS: Final = ("purchases", "bought again", "a quarter again within", "half again within")
_MOST: Final = 30  # kinds shown; the file and --json have all
_NO_KINDS: Final = ("money", "number", "date", "datetime")


@dataclass(frozen=True, slots=True)
class _Path:
    """What is bought, as `order.sku.category`: a column of a stream, and tables followed from it."""

    stream: StreamSchema
    column: Column
    steps: tuple[tuple[str, str, str], ...] = ()  # table, its key, the column looked up

    @property
    def name(self) -> str:
        return self.steps[-1][2] if self.steps else self.column.name


def report_renewal(
    settings: Settings, what: str, *, where: str | None = None, to: Path | None = None
) -> Report:
    """
    Run the command.

    Args:
        settings: Where the project is, and as of when.
        what: What is bought: `stream.column`, or `stream.column.column` through references.
        where: A condition on the rows that count.
        to: Also write all of it there, as CSV or Parquet.

    Raises:
        ConfigError: If the condition does not pass its checks.
        UsageError: If `what` names nothing the project has, or `to` is neither CSV nor Parquet.
    """
    require_table_file(to)
    with open_session(settings, writes=False) as session:
        path = _path(session, what)
        snapshot = session.snapshot()
        as_of = moment_asked(session, snapshot)
        found = _renewals(session, snapshot, path, as_of, where)
    table = found.rename({"kind": path.name, "median_days": "renewal_days"})
    if to is not None:
        write_table_file(to, table)
    rows = tuple(table.head(_MOST).iter_rows())
    more = f"; the first {_MOST} are shown" if table.height > _MOST else ""
    written = f"; written to {to}" if to is not None else ""
    return Report(
        verb="report renewal",
        summary=f"{table.height:,} kinds of `{path.name}`, as of {as_of.moment:%Y-%m-%d %H:%M} UTC{more}{written}",
        data={"as_of": as_of.moment.isoformat(), "by": path.name, "renewals": table.to_dicts()},
        grids=(Grid("Days until the next purchase", (path.name, *COLUMNS), rows),),
        is_answer=True,
    )


def _path(session: Session, what: str) -> _Path:
    project = session.project
    name, *parts = what.split(".")
    stream = next((each for each in project.streams if each.name == name), None)
    if stream is None:
        raise UsageError(
            f"unknown stream `{name}`", hint=nearest(name, [each.name for each in project.streams])
        )
    if not parts:
        hint = "name what is bought as well, such as `order.sku` or `order.sku.category`"
        raise UsageError("this names no column", hint=hint)
    column, steps = _column(stream.columns, parts[0], f"stream `{name}`"), list[tuple[str, str, str]]()
    followed = column
    for part in parts[1:]:
        table = project.catalog.table(followed.ref)
        if table is None:
            raise UsageError(f"`{followed.name}` refers to no table, so it has no `{part}`")
        followed = _column(table.columns, part, f"table `{table.name}`")
        steps.append((table.name, table.key, part))
    is_of_person = field_type(followed.type).is_personal and followed.type != "identifier"
    if followed.type in _NO_KINDS or is_of_person:  # amounts are many, and addresses nobody's business
        hint = "name what is bought, such as `order.sku` or `order.sku.category`"
        raise UsageError(
            f"`{followed.name}` is of type `{followed.type}`, which is no kind of thing", hint=hint
        )
    return _Path(stream, column, tuple(steps))


def _column(columns: tuple[Column, ...], name: str, of: str) -> Column:
    column = find_column(columns, name)
    if column is None:
        known = [each.name for each in columns]
        raise UsageError(f"unknown column `{name}` of {of}", hint=nearest(name, known))
    return column


def _renewals(
    session: Session, snapshot: Snapshot, path: _Path, as_of: AsOf, where: str | None
) -> pl.DataFrame:
    """The days on which each profile bought each kind, and what they say, up to where the stream is complete."""
    stream, project = path.stream, session.project
    moment = as_of.seen_until(stream.name)
    names = [
        name
        for each in stream.columns
        for name in ((each.name, f"{each.name}_currency") if each.type == "money" else (each.name,))
    ]
    rows = latest_events(session, snapshot, stream, names).filter(pl.col("at") <= pl.lit(moment, UTC_TIME))
    if where is not None:
        node = parse(where, Place("--where", 1, 1))
        rows = rows.filter(row_condition(node, stream, tz=project.tz))
    zoned = pl.col("at").dt.convert_time_zone(project.tz)
    chosen = rows.select(
        "record_id",
        "event_id",
        zoned.dt.date().alias("day"),
        pl.col(path.column.name).cast(pl.String).alias("kind"),
    )
    for name, key, wanted in path.steps:
        chosen = _followed(snapshot, session, (name, key, wanted), chosen)
    days = with_owner(session, snapshot, chosen).select("profile_id", "kind", "day")
    until = pl.select(pl.lit(moment, UTC_TIME).dt.convert_time_zone(project.tz).dt.date()).item()
    return renewals(session.engine.collect(days), until)


def _followed(
    snapshot: Snapshot, session: Session, step: tuple[str, str, str], rows: pl.LazyFrame
) -> pl.LazyFrame:
    name, key, wanted = step
    table = next(each for each in session.project.tables if each.name == name)
    known = snapshot.scan(table.table, declared_schema(table.columns)).select(
        pl.col(key).cast(pl.String).alias("kind"), pl.col(wanted).cast(pl.String).alias("followed")
    )
    return rows.join(known, on="kind", how="left").drop("kind").rename({"followed": "kind"})
