"""
A rule book as one kernel: all rows of some profiles in, one row per profile out.

The kernel takes the profiles and one tagged long frame of events, both keyed by `profile_id`; small
reference tables are bound in. It is lazy, opens nothing, and its answers do not depend on the order of
rows or on how profiles are spread over buckets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from cdptool.errors import ConfigError, Finding
from cdptool.kernels import Kernel
from cdptool.rules.aggregates import mixed_currency
from cdptool.rules.book import Catalog, RuleBook, find_column
from cdptool.rules.check import check_rules
from cdptool.rules.compile import Compiler
from cdptool.rules.frames import KEY, Frames, event_columns, follow, with_currency
from cdptool.rules.naming import order
from cdptool.rules.values import Value

MIXED_CURRENCY = "#mixed_currency"


@dataclass(frozen=True, slots=True)
class StreamNeed:
    """What the rules read of one stream: which of its columns, and from when on (None = from the first row)."""

    columns: tuple[str, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class BookNeeds:
    """What a rule book reads. Columns include the currency beside each money column."""

    streams: Mapping[str, StreamNeed]
    fields: tuple[str, ...]
    tables: Mapping[str, tuple[str, ...]]


def needs(book: RuleBook, catalog: Catalog, as_of: datetime) -> BookNeeds:
    """
    What a rule book reads, so that no more is read.

    Args:
        book: The rules.
        catalog: The names they speak of.
        as_of: The time the answer is for; the widest window of a stream, seen from it, gives `since`.

    Returns:
        Columns per stream with the earliest time needed, profile columns, columns per reference table.

    Raises:
        ConfigError: If the book does not pass its checks.
    """
    compiler, _, _ = _compiled(book, catalog, as_of, {})
    found = compiler.needs
    streams = {
        name: StreamNeed(_own_columns(catalog, name, found.columns[name]), found.since[name])
        for name in sorted(found.columns)
    }
    fields = {name for path in found.fields for name in _field_columns(catalog, path[0])}
    return BookNeeds(streams, tuple(sorted(fields)), _table_columns(compiler))


def evaluate_kernel(
    book: RuleBook,
    catalog: Catalog,
    *,
    as_of: datetime,
    complete_until: Mapping[str, datetime],
    gone_until: Mapping[str, datetime] | None = None,
    rolled_until: Mapping[str, datetime] | None = None,
    tables: Mapping[str, pl.DataFrame] | None = None,
) -> Kernel:
    """
    The kernel of a rule book.

    Args:
        book: Traits and segments.
        catalog: The names they may speak of.
        as_of: The time the answer is for (UTC). Later rows are invisible.
        complete_until: How far each stream is known; a stream that is not named is complete.
        gone_until: The time of the newest row of each stream that retention took away. A window that begins there
            or before is answered only as far as what is left decides it.
        rolled_until: Up to when each stream is kept as signals only (the first instant of a day; rows before come
            as `profiles.signal_rows` gives them).
        tables: The reference tables the rules follow references into, by name.

    Returns:
        A kernel of (profiles, events). profiles: one row per `profile_id` with the fields of `needs`.
        events: `profile_id`, `stream`, `at`, `event_id`, `<stream>.<column>` as `tagged_events` makes them.
        It gives one row per profile, sorted by `profile_id` (Int64): each trait (null = null or unknown;
        money in ten-thousandths with `<trait>_currency`) and `<trait>#known` (Boolean); each segment
        (Boolean, null = unknown) and the running truth of its lines, `<segment>#1`, `<segment>#2`, …;
        `#mixed_currency` (Boolean): amounts of two currencies met in one aggregate, so it has no value.

    Raises:
        ConfigError: If the book does not pass its checks, or asks more of signals than they tell.
    """
    compiler, traits, segments = _compiled(book, catalog, as_of, complete_until, gone_until, rolled_until)
    bound = dict(tables or {})

    def kernel(profiles: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
        found = compiler.needs
        columns = sorted({name for path in found.fields for name in _field_columns(catalog, path[0])})
        known = follow(profiles.select(KEY, *columns), "", catalog.fields, found.fields, catalog, bound)
        requests = [
            request for subject in compiler.profiles.values() for request in subject.requests.values()
        ]
        frame = Frames(catalog, found, known, events, bound).with_aggregates(requests)
        mixed = [mixed_currency(request) for request in requests if request.checks_currency]
        frame = frame.with_columns(pl.any_horizontal(pl.lit(False), *mixed).alias(MIXED_CURRENCY))
        for layer in compiler.layers:
            frame = frame.with_columns(layer)
        return _output(frame, book, traits, segments).sort(KEY)

    return kernel


def shortened(
    book: RuleBook, catalog: Catalog, as_of: datetime, gone_until: Mapping[str, datetime]
) -> tuple[Finding, ...]:
    """
    The windows of profiles that look back beyond what retention left, as warnings at their places.

    Raises:
        ConfigError: If the book does not pass its checks.
    """
    if not gone_until:
        return ()
    compiler, _, _ = _compiled(book, catalog, as_of, {}, gone_until)
    return tuple(
        Finding(
            f"this looks back beyond what retention left: rows of `{stream}` up to"
            f" {gone_until[stream]:%Y-%m-%d %H:%M} UTC are gone",
            place,
            "what the rest does not decide is unknown; shorten the window, or lengthen `keep_for`",
            "warning",
        )
        for place, stream in sorted(
            compiler.shortened.items(), key=lambda each: (each[0].line or 0, each[0].column or 0)
        )
    )


def _compiled(
    book: RuleBook,
    catalog: Catalog,
    as_of: datetime,
    complete_until: Mapping[str, datetime],
    gone_until: Mapping[str, datetime] | None = None,
    rolled_until: Mapping[str, datetime] | None = None,
) -> tuple[Compiler, dict[str, Value], dict[str, Value]]:
    findings = [finding for finding in check_rules(book, catalog) if finding.severity == "error"]
    if findings:
        raise ConfigError(*findings)
    compiler = Compiler(book, catalog, as_of, complete_until, gone_until, rolled_until)
    values = {name: compiler.rule(name, as_of) for name in order(book)}
    if compiler.refused:
        raise ConfigError(*compiler.refused)
    traits = {rule.name: values[rule.name] for rule in book.traits}
    return compiler, traits, {rule.name: values[rule.name] for rule in book.segments}


def _output(
    frame: pl.LazyFrame, book: RuleBook, traits: dict[str, Value], segments: dict[str, Value]
) -> pl.LazyFrame:
    columns = [pl.col(KEY)]
    for name, value in traits.items():
        known = (
            pl.lit(True)
            if value.is_exact
            else value.is_known | (value.is_empty == pl.lit(True)).fill_null(False)
        )
        seen = value.lo if value.is_exact else pl.when(value.is_known).then(value.lo)
        columns.append(_written(seen, value).alias(name))
        columns.append(known.alias(f"{name}#known"))
        if value.kind == "money":
            currency = pl.lit(None, pl.String) if value.currency is None else value.currency
            columns.append(currency.alias(f"{name}_currency"))
    for rule in book.segments:
        columns.append(segments[rule.name].lo.alias(rule.name))
        columns += [pl.col(f"{rule.name}#{i + 1}") for i in range(len(rule.lines))]
    output = frame.select(*columns, MIXED_CURRENCY)
    return output.with_columns(
        pl.col(name).cast(pl.Float64() if dtype.is_float() else pl.Int64())
        for name, dtype in output.collect_schema().items()
        if dtype.is_numeric() and dtype not in (pl.Int64, pl.Float64)
    )


def _written(seen: pl.Expr, value: Value) -> pl.Expr:
    return seen.round(0).cast(pl.Int64) if value.kind == "money" else seen


def _own_columns(catalog: Catalog, stream: str, paths: set[tuple[str, ...]]) -> tuple[str, ...]:
    schema = catalog.stream(stream)
    assert schema is not None
    return tuple(name.removeprefix(f"{stream}.") for name in event_columns(schema.columns, stream, paths))


def _field_columns(catalog: Catalog, name: str) -> tuple[str, ...]:
    column = catalog.field(name)
    return (name,) if column is None else with_currency(column)


def _table_columns(compiler: Compiler) -> dict[str, tuple[str, ...]]:
    """Which columns of which reference tables the paths run through, keys included."""
    catalog, found = compiler.catalog, compiler.needs
    wanted: dict[str, set[str]] = {}
    starts = [(catalog.fields, found.fields)]
    for name, paths in found.columns.items():
        schema = catalog.stream(name)
        starts.append((schema.columns if schema else (), paths))
    for columns, paths in starts:
        for path in paths:
            for length in range(1, len(path)):
                base = catalog.follow(find_column(columns, path[0]), path[1:length])
                table = catalog.table(base.ref if base else None)
                column = find_column(table.columns, path[length]) if table else None
                if table and column:
                    wanted.setdefault(table.name, {table.key}).update(with_currency(column))
    return {name: tuple(sorted(columns)) for name, columns in sorted(wanted.items())}
