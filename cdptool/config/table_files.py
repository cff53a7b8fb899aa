"""
`file:` of a table in project.yaml: what SQL, Python or a notebook found out about people, as one Parquet or CSV file.

Such a table needs no source of its own in sources.yaml: the file has its columns by the same names. It is read, kept and
told of like any other source, so an answer can always be traced to the bytes it came from.
"""

from __future__ import annotations

from collections.abc import Iterator

from cdptool.config.forms import nearest
from cdptool.config.project import Basics
from cdptool.errors import ConfigError, Finding
from cdptool.sources.spec import Dialect, Mapped, SourceSpec
from cdptool.tables import TableSchema


def table_sources(basics: Basics, sources: tuple[SourceSpec, ...]) -> tuple[SourceSpec, ...]:
    """
    A source for each table that names its file.

    Raises:
        ConfigError: Where the key is no profile field, so that nobody could have a row; where a name is taken.
    """
    tables = [table for table in basics.tables if table.file is not None]
    findings = [finding for table in tables for finding in _findings(table, basics, sources)]
    if findings:
        raise ConfigError(*findings)
    return tuple(_source(table) for table in tables)


def _findings(table: TableSchema, basics: Basics, sources: tuple[SourceSpec, ...]) -> Iterator[Finding]:
    fields = [column.name for column in basics.fields]
    if table.key not in fields:
        problem = f"table `{table.name}` has a `file`, but its key `{table.key}` is no profile field"
        yield Finding(problem, table.place, nearest(table.key, fields))
    if table.name in fields:
        problem = f"`{table.name}` is a profile field and a table with a `file`"
        yield Finding(problem, table.place, "rename one of the two")
    if any(source.name == table.name or source.target == table.name for source in sources):
        problem = f"table `{table.name}` has a `file` and a source in sources.yaml"
        yield Finding(problem, table.place, "take one of the two away")


def _source(table: TableSchema) -> SourceSpec:
    return SourceSpec(
        name=table.name,
        files=(table.file or "",),
        feeds="table",
        target=table.name,
        dialect=Dialect(),
        key=(table.key,),
        at=None,
        identifiers=(),
        columns=tuple(
            Mapped(name=column.name, type=column.type, column=column.name, place=column.place)
            for column in table.columns
        ),
        place=table.place,
    )
