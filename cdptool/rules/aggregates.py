"""
Aggregates: what is counted inside a group, and the interval that is made of it.

A row is *certain* (its condition is true), *possible* (true or unknown) or out. A group gives raw columns over both masks
(`raw_columns`); `finish` turns them into bounds, which are open where the window reaches past what is known or back
beyond what retention left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from cdptool.rules.book import Kind
from cdptool.rules.moments import MomentBounds
from cdptool.rules.nodes import AggregateName
from cdptool.rules.values import Value
from cdptool.rules.windows import Window

COUNTS = ("exists", "none", "count")


@dataclass(slots=True)
class Reads:
    """What a part of a rule waits for: the stage that gives its rows, and cut points that are not known yet."""

    stage: int = 0
    waits: bool = False

    def add(self, other: Reads, *, later: int = 0) -> None:
        """Wait for what the other waits for, and that much longer."""
        self.stage = max(self.stage, other.stage + later)
        self.waits |= other.waits


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """
    The rows an aggregate is made of: of a stream, in a window, as of a cut, meeting a condition.

    `id` names its mask columns. The condition is three-valued over the rows; `nested` are the aggregates
    it needs beside them, `outer_columns` the columns of the enclosing row (correlated: rows are paired), `equal` the
    pairs of texts, its own and the enclosing row's, that have to be the same, `rest` what else the condition asks.
    """

    id: str
    stream: str
    window: Window | None
    cut: datetime
    condition: pl.Expr | None
    nested: tuple[Request, ...] = ()
    outer_columns: tuple[str, ...] = ()
    equal: tuple[tuple[str, str], ...] = ()
    rest: pl.Expr | None = None
    around: MomentBounds | None = None  # the window around each row; None: that of a profile
    since: datetime | None = None  # no row before counts for any subject
    is_deep: bool = False  # it depends on the row that encloses the subject
    reads: Reads = field(default_factory=Reads)

    @property
    def certain(self) -> pl.Expr:
        return pl.col(f"{self.id}.certain")

    @property
    def shares_text(self) -> bool:
        """Whether one text is all that a row has to share with the one that asks."""
        names = () if self.rest is None else self.rest.meta.root_names()
        looks_out = self.is_deep or any(each.rows.is_deep for each in self.nested)
        return len(self.equal) == 1 and not looks_out and not any(name.startswith("outer:") for name in names)

    @property
    def possible(self) -> pl.Expr:
        return self.certain if self.condition is None else pl.col(f"{self.id}.possible")


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """
    One aggregate to compute for a subject. `id` names its columns.

    `open` says whether rows may still be missing: a constant for a profile, an expression over the subject's
    columns for a row. `complete_until` is how far the stream is known. `short` says in the same way whether the
    oldest rows may have left the workspace.
    """

    id: str
    function: AggregateName
    rows: Rows
    column: Value | None
    is_float: bool
    open: bool | pl.Expr
    complete_until: datetime
    short: bool | pl.Expr = False

    @property
    def is_whole(self) -> bool:
        """Can no row be missing, whatever the subject?"""
        return self.open is False and self.short is False

    @property
    def lacks_rows(self) -> pl.Expr:
        """Whether rows may be missing at either end."""
        return _truth(self.open) | _truth(self.short)

    @property
    def is_exact(self) -> bool:
        """Can it be nothing but exact?"""
        return self.rows.condition is None and self.is_whole

    @property
    def checks_currency(self) -> bool:
        """Would two currencies make it meaningless?"""
        return self.looks_at_currency and self.function not in ("first", "last")

    @property
    def has_currency(self) -> bool:
        """Does the value carry a currency?"""
        carries = self.function in ("sum", "avg", "min", "max", "first", "last")
        return carries and self.column is not None and self.column.currency is not None

    @property
    def looks_at_currency(self) -> bool:
        """Is the currency of each row read?"""
        return self.has_currency and self.only_currency is None

    @property
    def only_currency(self) -> pl.Expr | None:
        """The currency of all amounts of the column, where they have but one."""
        currency = self.column.currency if self.column else None
        return currency if currency is not None and not currency.meta.root_names() else None

    def named(self, part: str) -> str:
        return f"{self.id}.{part}"


def result(request: Request) -> Value:
    """The aggregate as a value over the columns that `finish` makes."""
    lo = pl.col(request.named("lo"))
    if request.function in ("exists", "none"):
        some = lo > 0
        if not request.is_exact:
            some = pl.when(some).then(True).when(pl.col(request.named("hi")) == 0).then(False)
        return Value("truth", some if request.function == "exists" else ~some)
    kind: Kind = "number"
    if request.column is not None and request.function not in ("count", "nunique"):
        kind = request.column.kind
    currency = pl.col(request.named("currency")) if request.has_currency else None
    if request.is_exact:
        return Value(kind, lo, currency=currency)
    return Value(kind, lo, pl.col(request.named("hi")), pl.col(request.named("empty")), currency=currency)


def finish(request: Request) -> list[pl.Expr]:
    """Bounds (`<id>.lo`, and unless exact `.hi` and `.empty`) of the raw columns, null where there was no row."""
    n = pl.col(request.named("n")).fill_null(0)
    possible = n if request.rows.condition is None else pl.col(request.named("possible")).fill_null(0)
    lo, hi = _bounds(request, n, possible)
    ends = {"lo": lo}
    if not request.is_exact:
        ends["hi"] = hi
        if request.function not in ("exists", "none"):
            ends["empty"] = _empty(request, n, possible)
    parts: list[pl.Expr] = []
    if request.only_currency is not None and request.has_currency:
        parts.append(pl.when(possible > 0).then(request.only_currency).alias(request.named("currency")))
    elif request.has_currency:
        mixed = _mixed(request)
        # Null and unknown: whoever asks gets no answer, and the run says why (see `mixed_currency`).
        ends = {name: pl.when(~mixed).then(end) for name, end in ends.items()}
        parts.append(pl.when(~mixed).then(pl.col(request.named("code"))).alias(request.named("currency")))
    return parts + [end.alias(request.named(name)) for name, end in ends.items()]


def _empty(request: Request, n: pl.Expr, possible: pl.Expr) -> pl.Expr:
    """Whether there is no value."""
    if request.function in ("count", "sum", "nunique"):
        return pl.lit(False)
    is_none = possible == 0
    is_none = is_none if request.is_whole else is_none & ~request.lacks_rows
    return pl.when(n > 0).then(False).when(is_none).then(True)


def mixed_currency(request: Request) -> pl.Expr:
    """Were amounts of two currencies added up or compared for this subject? Never null."""
    return _mixed(request)


def _mixed(request: Request) -> pl.Expr:
    if not request.checks_currency:
        return pl.lit(False)
    code, other = pl.col(request.named("code")), pl.col(request.named("other_code"))
    return (code != other).fill_null(False)


def _bounds(request: Request, n: pl.Expr, possible: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    value: pl.Expr
    least: pl.Expr
    most: pl.Expr

    def part(name: str) -> pl.Expr:
        return pl.col(request.named(name))

    def closed(bound: pl.Expr) -> pl.Expr:
        return bound if request.is_whole else pl.when(~request.lacks_rows).then(bound)

    sure = request.rows.condition is None
    match request.function:
        case "exists" | "none" | "count":
            return n, closed(possible)
        case "nunique":
            return part("distinct").fill_null(0), closed(part("distinct_possible").fill_null(0))
        case "sum":
            least, most = part("sum"), part("sum" if sure else "sum_most")
            return closed(least.fill_null(0)), closed(most.fill_null(0))
        case "min" | "max" if request.is_exact:
            value = part(f"certain_{request.function}")
            return value, value
        case "min":
            most = pl.coalesce(part("certain_min"), closed(part("possible_max")))
            return closed(part("possible_min")), most
        case "max":
            least = pl.coalesce(part("certain_max"), closed(part("possible_min")))
            return least, closed(part("possible_max"))
        case "avg":
            value, decided = pl.when(n > 0).then(part("sum") / n), n == possible
        case "mode":
            value, decided = part("mode"), n == possible
        case _:
            value, decided = part("end"), pl.lit(True) if sure else part("end_certain").fill_null(False)
    least = value if sure else pl.when(decided).then(value).otherwise(part("possible_min"))
    most = value if sure else pl.when(decided).then(value).otherwise(part("possible_max"))
    if request.is_whole or request.function not in ("first", "last"):
        return closed(least), closed(most)
    if request.function == "last":
        # What has left is older than what is known: a row that counts for certain keeps the last place.
        stays = ~_truth(request.open) & (~_truth(request.short) | (n > 0))
        return pl.when(stays).then(least), pl.when(stays).then(most)
    # What is still to come is later than what is known, so an early first row stays the first.
    settled = decided & (part("end_at") <= request.complete_until).fill_null(False)
    kept = pl.when(~_truth(request.short) & settled).then(value)
    least, most = (pl.when(request.lacks_rows).then(kept).otherwise(end) for end in (least, most))
    return least, most


def _truth(value: bool | pl.Expr) -> pl.Expr:
    return pl.lit(value) if isinstance(value, bool) else value
