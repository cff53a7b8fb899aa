"""
A rule book as one kernel: all rows of some profiles in, one row per profile out.

The kernel takes the profiles and the rows of each stream that the rules read, all keyed by `profile_id`; small
reference tables are bound in. It works when it is called, opens nothing, and its answers do not depend on the order
of rows or on how profiles are spread over buckets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Generic, TypeVar

import polars as pl

from cdptool.errors import ConfigError, Finding
from cdptool.kernels import Kernel
from cdptool.rules.answering import MIXED_CURRENCY, computed, field_columns
from cdptool.rules.book import Catalog, RuleBook, find_column
from cdptool.rules.check import check_rules
from cdptool.rules.compile import Compiler
from cdptool.rules.currencies import CODES
from cdptool.rules.naming import order
from cdptool.rules.nodes import Call, walk
from cdptool.rules.ranks import CutPoints, Ranking, cut_points
from cdptool.rules.references import event_columns, with_currency
from cdptool.rules.stream_rows import KEY
from cdptool.rules.values import Value

Of = TypeVar("Of")


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
    compiler, _, _ = _compiled(Question(book, catalog, as_of), {})
    found = compiler.needs
    splits = {split.name for split in book.splits}
    found.fields |= {(name,) for split in book.splits for name in split.by}
    streams = {
        name: StreamNeed(_own_columns(catalog, name, found.columns[name]), found.since[name])
        for name in sorted(found.columns)
    }
    keyed = compiler.catalog.keyed
    fields = {
        keyed.get(name, name) for path in found.fields for name in field_columns(compiler.catalog, path[0])
    }
    return BookNeeds(streams, tuple(sorted(fields - splits)), _table_columns(compiler))


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """
    A rule book to be answered as of a moment.

    `complete_until` says how far each stream is known (one that is not named is complete), `gone_until` the time of
    the newest row of each stream that retention took away: a window that begins there or before is answered only as
    far as what is left decides it. Before `rolled_until` a stream is kept as signals only (the first instant of a
    day; rows before come as `profiles.signal_rows` gives them). `tables` are the reference tables the rules follow.
    """

    book: RuleBook
    catalog: Catalog
    as_of: datetime
    complete_until: Mapping[str, datetime] = field(default_factory=dict)
    gone_until: Mapping[str, datetime] | None = None
    rolled_until: Mapping[str, datetime] | None = None
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    arms: pl.DataFrame | None = None  # ARMS of the last run, under the ids of today: who has an arm keeps it

    @property
    def known(self) -> Catalog:
        """The catalog, with the arms of splits."""
        return self.catalog.with_splits(self.book)


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
    The kernel of a rule book that ranks nothing; see `Question` for the arguments and `answer_kernel` for the rest.

    Raises:
        ConfigError: If the book does not pass its checks, or asks more of signals than they tell.
    """
    question = Question(
        book, catalog, as_of, complete_until, gone_until, rolled_until, tables if tables is not None else {}
    )
    return answer_kernel(question, {})


def answer_kernel(question: Question, cuts: Mapping[Ranking, CutPoints]) -> Kernel:
    """
    The kernel that answers a rule book.

    Args:
        question: The book, and what it is asked of.
        cuts: The cut points of its rankings: `ranking_pass` says what is needed to find them.

    Returns:
        A kernel of (profiles, *streams). profiles: one row per `profile_id` with the fields of `needs`, and the
        arm of each split (String; `profiles.answer` adds them).
        streams: the rows of each stream of `needs`, in that order, as `profiles.event_rows` makes them.
        It gives one row per profile, sorted by `profile_id` (Int64): each trait (null = null or unknown;
        money in ten-thousandths with `<trait>_currency`, Categorical) and `<trait>#known` (Boolean); each segment
        (Boolean, null = unknown) and the running truth of its lines, `<segment>#1`, `<segment>#2`, …; the arm
        of each split; `#mixed_currency` (Boolean): amounts of two currencies met in one aggregate, so it has no value.

    Raises:
        ConfigError: If the book does not pass its checks, or asks more of signals than they tell.
        ValueError: If a ranking has no cut points: a kernel that sees some profiles cannot rank them.
    """
    book = question.book
    compiler, traits, segments = _compiled(question, cuts)
    if set(compiler.rankings) - set(cuts):
        raise ValueError("the rules rank profiles, and the cut points are not given")

    read = sorted(compiler.needs.columns)

    def kernel(profiles: pl.LazyFrame, *streams: pl.LazyFrame) -> pl.LazyFrame:
        rows = dict(zip(read, streams, strict=True))
        return computed(
            compiler, question.tables, profiles, rows, lambda frame: _output(frame, book, traits, segments)
        )

    return kernel


@dataclass(frozen=True, slots=True, eq=False)
class RankingPass:
    """
    A pass over all profiles that tells what some rankings rank.

    The kernel takes what `answer_kernel`'s takes and gives one row per profile: per ranking `<i>.lo`, `<i>.hi`,
    `<i>.empty` and `<i>.currency`, of the i-th of `rankings`.
    """

    rankings: tuple[Ranking, ...]
    kernel: Kernel

    def cut_points(self, values: pl.DataFrame) -> dict[Ranking, CutPoints]:
        """
        The cut points of the rankings, from what the kernel gives for all profiles.

        Raises:
            ConfigError: If amounts of two currencies would be ranked together.
        """
        found = {}
        for i, ranking in enumerate(self.rankings):
            if values[f"{i}.currency"].n_unique() - bool(values[f"{i}.currency"].null_count()) > 1:
                problem = "`ntile` would rank amounts of two currencies together"
                raise ConfigError(
                    Finding(
                        problem, ranking.value.place, "keep one currency with .where(…) in what is ranked"
                    )
                )
            bounds = {name: pl.col(f"{i}.{name}") for name in ("lo", "hi", "empty")}
            found[ranking] = cut_points(values.select(**bounds), ranking.n)
        return found


def ranking_pass(question: Question, cuts: Mapping[Ranking, CutPoints]) -> RankingPass | None:
    """
    The next pass over all profiles that a book needs before it can be answered; None where no more is needed.

    A ranking of what itself is made of rankings waits for these.

    Raises:
        ConfigError: As `answer_kernel`.
    """
    if not _ranks(question.book):
        return None
    whole, _, _ = _compiled(question, cuts)
    ready = [
        ranking for ranking, (_, reads) in whole.rankings.items() if ranking not in cuts and not reads.waits
    ]
    if not ready:
        return None
    compiler = _compiler(question, cuts)  # of what is ranked alone: other rules need not be looked at
    values = [compiler.value(ranking.value, compiler.profile(ranking.cut)) for ranking in ready]

    read = sorted(whole.needs.columns)

    def kernel(profiles: pl.LazyFrame, *streams: pl.LazyFrame) -> pl.LazyFrame:
        rows = dict(zip(read, streams, strict=True))
        parts = [part for i, value in enumerate(values) for part in _bounds_of(i, value)]
        return computed(compiler, question.tables, profiles, rows, lambda frame: frame.select(KEY, *parts))

    return RankingPass(tuple(ready), kernel)


def _ranks(book: RuleBook) -> bool:
    nodes = (node for rule in book.rules().values() for line in rule.lines for node in walk(line))
    return any(isinstance(node, Call) and node.function == "ntile" for node in nodes)


def _bounds_of(i: int, value: Value) -> tuple[pl.Expr, ...]:
    empty = value.lo.is_null() if value.is_exact else value.is_empty
    parts = {"lo": value.lo, "hi": value.upper, "empty": empty, "currency": _currency(value)}
    return tuple(part.alias(f"{i}.{name}") for name, part in parts.items())


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
    compiler, _, _ = _compiled(Question(book, catalog, as_of, {}, gone_until), {})
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
    question: Question, cuts: Mapping[Ranking, CutPoints]
) -> tuple[Compiler, dict[str, Value], dict[str, Value]]:
    book = question.book
    findings = _errors(_Same(book), _Same(question.catalog))
    if findings:
        raise ConfigError(*findings)
    compiler = _compiler(question, cuts)
    compiler.needs.fields |= {(split.name,) for split in book.splits}
    values = {name: compiler.rule(name, question.as_of) for name in order(book)}
    if compiler.refused:
        raise ConfigError(*compiler.refused)
    traits = {rule.name: values[rule.name] for rule in book.traits}
    return compiler, traits, {rule.name: values[rule.name] for rule in book.segments}


@dataclass(frozen=True, slots=True, eq=False)
class _Same(Generic[Of]):
    """A thing that is equal to itself alone: equal books may stand at other places."""

    of: Of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.of is other.of

    def __hash__(self) -> int:
        return id(self.of)


@lru_cache(maxsize=4)  # a book is checked for what it needs, and again for its answers
def _errors(book: _Same[RuleBook], catalog: _Same[Catalog]) -> tuple[Finding, ...]:
    return tuple(finding for finding in check_rules(book.of, catalog.of) if finding.severity == "error")


def _compiler(question: Question, cuts: Mapping[Ranking, CutPoints]) -> Compiler:
    return Compiler(
        question.book,
        question.known,
        question.as_of,
        question.complete_until,
        question.gone_until,
        question.rolled_until,
        cuts,
    )


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
            columns.append(_currency(value).alias(f"{name}_currency"))
    for rule in book.segments:
        columns.append(segments[rule.name].lo.alias(rule.name))
        columns += [pl.col(f"{rule.name}#{i + 1}") for i in range(len(rule.lines))]
    columns += [pl.col(split.name) for split in book.splits]
    output = frame.select(*columns, MIXED_CURRENCY)
    return output.with_columns(
        pl.col(name).cast(pl.Float64() if dtype.is_float() else pl.Int64())
        for name, dtype in output.collect_schema().items()
        if dtype.is_numeric() and dtype not in (pl.Int64, pl.Float64)
    )


def _currency(value: Value) -> pl.Expr:
    return (pl.lit(None) if value.currency is None else value.currency).cast(CODES)


def _written(seen: pl.Expr, value: Value) -> pl.Expr:
    # An amount too large to be told is null; Polars would refuse it, and say which amount it is.
    return seen.round(0).cast(pl.Int64, strict=False) if value.kind == "money" else seen


def _own_columns(catalog: Catalog, stream: str, paths: set[tuple[str, ...]]) -> tuple[str, ...]:
    schema = catalog.stream(stream)
    assert schema is not None
    return tuple(name.removeprefix(f"{stream}.") for name in event_columns(schema.columns, stream, paths))


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
