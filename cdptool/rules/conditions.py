"""A condition over single rows of one stream, such as the `where` of a cap: no windows, no other rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import polars as pl

from cdptool.errors import ConfigError, Finding
from cdptool.fields import field_type
from cdptool.rules.book import Catalog, RuleBook, find_column
from cdptool.rules.check import check_condition
from cdptool.rules.compile import Compiler
from cdptool.rules.nodes import Aggregate, At, Call, Name, Node, walk
from cdptool.rules.subjects import Subject
from cdptool.rules.values import Value
from cdptool.tables import UTC_TIME, StreamSchema

_ONE_ROW: Final = "compare columns of the one row that it is asked of"
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PlainCompiler(Compiler):
    """Compiles over a frame of the stream alone, whose columns are named as they are declared."""

    prefix = ""
    present: tuple[str, ...] | None = None

    def column(self, stream: StreamSchema, path: tuple[str, ...], around: str = "") -> Value:
        seen = super().column(stream, path, around)
        if self.present is None or path[0] in self.present:
            return seen
        declared = find_column(stream.columns, path[0])
        return replace(seen, lo=pl.lit(None, field_type(declared.type).dtype if declared else UTC_TIME))


def row_condition(
    node: Node,
    stream: StreamSchema,
    *,
    present: tuple[str, ...] | None = None,
    now: datetime | None = None,
    tz: str = "UTC",
) -> pl.Expr:
    """
    A condition over the rows of a stream as an expression.

    Args:
        node: The condition: columns of the row, constants, comparisons, and/or/not, missing, default, matches.
        stream: The stream whose columns it may name.
        present: The columns the frame has; what else is declared counts as null. None = all.
        now: What `now` is; None = it may not be named.
        tz: The zone of days, and of times written without one.

    Returns:
        A Boolean expression over columns named as declared, and `at`; null is unknown.

    Raises:
        ConfigError: If the condition does not pass its checks, or looks beyond the row.

    >>> from cdptool.errors import Place
    >>> from cdptool.rules.syntax import parse
    >>> from cdptool.tables import Column
    >>> sent = StreamSchema("sent", (Column("kind", "text"),))
    >>> promo = row_condition(parse('kind == "promo"', Place("plan.yaml")), sent)
    >>> pl.DataFrame({"kind": ["promo", "news", None]}).select(met=promo)["met"].to_list()
    [True, False, None]
    """
    catalog = Catalog(streams=(stream,), tz=tz)
    # What looks beyond the row is told alone: streams and fields that it names are not known here anyway.
    findings = _beyond(node, knows_now=now is not None) or check_condition(node, stream, catalog)
    if findings:
        raise ConfigError(*findings)
    clock = now or _NO_TIME
    compiler = PlainCompiler(RuleBook(), catalog, clock, {})
    compiler.present = present
    return compiler.truth(node, Subject(clock, stream))


def _beyond(node: Node, *, knows_now: bool) -> tuple[Finding, ...]:
    found = looks_beyond(node)
    now = [] if knows_now else [each for each in walk(node) if isinstance(each, Name) and each.name == "now"]
    return (*found, *(Finding("`now` is not known here", each.place, _ONE_ROW) for each in now))


def looks_beyond(node: Node) -> list[Finding]:
    """A finding for all in an expression that single rows cannot tell: other rows, other times, the profile's id."""
    looks = [each for each in walk(node) if isinstance(each, Aggregate | At)]
    ids = [each for each in walk(node) if isinstance(each, Call) and each.function == "bucket"]
    return [
        *(Finding("other rows are not looked at here", each.place, _ONE_ROW) for each in looks),
        *(Finding("`bucket` belongs to profiles, not to rows", each.place, _ONE_ROW) for each in ids),
    ]
