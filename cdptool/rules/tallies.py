"""
Plain aggregates of rows that stand in the order of their profiles: the raw columns of `raw_columns`, made of runs.

Whole numbers, times, texts that are only told apart, and first or last values are made here. Floats, whose sum depends on
order, the most frequent value, and amounts of several currencies are left to a group-by (`Tallies.left`).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import and_
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.rules.aggregates import COUNTS, Request, Rows
from cdptool.rules.book import Catalog, Kind
from cdptool.rules.currencies import one_currency, with_one_currency
from cdptool.rules.days import distinct_periods
from cdptool.rules.raw_columns import bounds_needed, is_time, needs_ids
from cdptool.rules.runs import WHO, Runs
from cdptool.rules.spans import Spans
from cdptool.rules.timelines import Numbers

_WHOLE: Final[tuple[Kind, ...]] = ("number", "money", "time", "date")
_TOLD_APART: Final[tuple[Kind, ...]] = (*_WHOLE, "text", "truth")
_MOST_CODES: Final = 1 << 40


def is_tallied(request: Request) -> bool:
    """Whether an aggregate may be made of runs."""
    if request.column is None or request.function in COUNTS:
        return True
    if request.is_float or request.function == "mode":
        return False
    kind = request.column.kind
    if request.function in ("nunique", "first", "last"):
        return kind in (_WHOLE if bounds_needed(request) else _TOLD_APART)
    return kind in _WHOLE


@dataclass(frozen=True, slots=True)
class Look:
    """The columns of rows that some aggregates look at, each expression once: `names` says where each part stands."""

    requests: tuple[Request, ...]
    names: dict[str, str] = field(default_factory=dict)
    parts: dict[object, pl.Expr] = field(default_factory=dict)

    @classmethod
    def of(cls, requests: Iterable[Request]) -> Look:
        """What these read of rows."""
        look = cls(tuple(requests))
        for request in look.requests:
            rows, column = request.rows, request.column
            if rows.condition is not None and f"{rows.id}.certain" not in look.names:
                look._add(f"{rows.id}.certain", rows.condition.fill_null(False))
                look._add(f"{rows.id}.possible", rows.condition.fill_null(True))
            if column is not None and not _counts_periods(request):
                look._add(request.named("value"), column.lo)
                if request.looks_at_currency and column.currency is not None:
                    look._add(request.named("currency"), column.currency)
        return look

    def _add(self, name: str, part: pl.Expr) -> None:
        key: object = name
        with suppress(pl.exceptions.ComputeError):  # an expression that calls Python cannot be written down
            key = part.meta.serialize()
        number = list(self.parts).index(key) if key in self.parts else len(self.parts)
        self.names[name] = f"#part{number}"
        self.parts[key] = part

    @property
    def columns(self) -> dict[str, pl.Expr]:
        """Each part by the name of its column."""
        return {f"#part{i}": part for i, part in enumerate(self.parts.values())}

    @property
    def told_apart(self) -> set[str]:
        """The columns whose values matter only as far as they differ."""
        values = {
            self.names[each.named("value")]: each.function
            for each in sorted(self.requests, key=lambda each: each.function == "nunique", reverse=True)
            if each.named("value") in self.names
        }
        parts = {self.names[name] for name in self.names if not name.endswith(".value")}
        return {name for name, function in values.items() if function == "nunique"} - parts

    @property
    def needs_at(self) -> bool:
        """Whether the times of rows tell more than whether they lie in a window."""
        return self.needs_ids or any(_counts_periods(each) for each in self.requests)

    @property
    def needs_ids(self) -> bool:
        """Whether ties of time are to be decided."""
        return any(needs_ids(each) for each in self.requests)


class Tallies:
    """
    The raw columns of aggregates, one value per profile in the order of their numbers.

    Args:
        rows: Rows in the order of profiles with the columns of `look`; `at` and `event_id` where they are needed.
        look: The aggregates.
        spans: Their windows; None where all rows lie in all of them.
        n_profiles: Profiles in all.
        catalog: Tells the zone and the first day of weeks.
    """

    def __init__(
        self, rows: pl.DataFrame, look: Look, spans: Spans | None, n_profiles: int, catalog: Catalog
    ) -> None:
        self._rows, self._spans, self._n_profiles, self._catalog = rows, spans, n_profiles, catalog
        self._who = rows[WHO].to_numpy()
        self._names = look.names
        self._arrays: dict[str, NDArray[Any]] = {}
        self._runs: dict[tuple[object, ...], Runs] = {}
        self._only: dict[tuple[str, str], str | None] = {}
        self._columns: dict[int, tuple[NDArray[Any], pl.Series]] = {}  # by the array, which is kept
        self._are_same: dict[tuple[str, ...], bool] = {}
        self.requests: list[Request] = []  # with the one currency of their amounts
        self.left: list[Request] = []
        for request in look.requests:
            settled = self._settled(request)
            (self.left if settled is None else self.requests).append(settled or request)

    def columns(self) -> list[pl.Series]:
        """The raw columns of `requests`; what some rows tell is made together, and these rows are let go of then."""
        alike: dict[tuple[object, ...], list[Request]] = {}
        for request in self.requests:
            alike.setdefault(self._name_of(request, possible=False), []).append(request)
        columns = list[pl.Series]()
        for together in alike.values():
            columns += [column for request in together for column in self._raw(request)]
            self._runs.clear()
            self._columns.clear()
        return columns

    def _settled(self, request: Request) -> Request | None:
        """The aggregate with the only currency of its amounts; None where it cannot be made here."""
        column = request.column
        if column is None or request.function in COUNTS or _counts_periods(request):
            return request
        if self._value(request).dtype.is_float():
            return None
        if not request.checks_currency or column.currency is None:
            return request
        value, told = self._value(request), self._series(request.named("currency"))
        if (value.name, told.name) not in self._only:
            self._only[value.name, told.name] = one_currency(value, told)
        currency = self._only[value.name, told.name]
        return None if currency is None else with_one_currency(request, currency)

    def _series(self, name: str) -> pl.Series:
        return self._rows[self._names[name]]

    def _value(self, request: Request) -> pl.Series:
        return self._series(request.named("value"))

    def _values(self, request: Request) -> NDArray[Any]:
        """The values an aggregate is made of; those of what is null say nothing."""
        series = self._value(request)
        if series.name not in self._arrays:
            whole = series.to_physical()
            self._arrays[series.name] = (whole.fill_null(0) if whole.null_count() else whole).to_numpy()
        return self._arrays[series.name]

    def _inside(self, rows: Rows) -> Numbers | None:
        return None if self._spans is None else self._spans.places(rows, self._at)

    @cached_property
    def _at(self) -> Numbers:
        at: Numbers = self._rows["at"].to_physical().to_numpy()
        return at

    def _condition(self, rows: Rows, *, possible: bool) -> pl.Series | None:
        """Which rows meet the condition of an aggregate, certainly or possibly; the same where nothing is unknown."""
        if rows.condition is None:
            return None
        sure, perhaps = (self._series(f"{rows.id}.{name}") for name in ("certain", "possible"))
        names = (sure.name, perhaps.name)
        if names not in self._are_same:
            self._are_same[names] = bool((sure == perhaps).all())
        return perhaps if possible and not self._are_same[names] else sure

    def _some(self, request: Request, *, possible: bool) -> Runs:
        """The rows that count for certain, or possibly, and have a value."""
        key = self._name_of(request, possible=possible)
        if key not in self._runs:
            rows, condition = request.rows, self._condition(request.rows, possible=possible)
            value = self._nulls(request)
            masks = [None if condition is None or condition.all() else condition.to_numpy()]
            masks.append(None if value is None else value.is_not_null().to_numpy())
            given, places = [mask for mask in masks if mask is not None], self._inside(rows)
            if given:
                mask = reduce(and_, given)
                places = (
                    np.flatnonzero(mask)
                    if places is None
                    else np.take(places, np.flatnonzero(np.take(mask, places)))
                )
            self._runs[key] = Runs(self._who, places, self._n_profiles)
        return self._runs[key]

    def _nulls(self, request: Request) -> pl.Series | None:
        """The values an aggregate looks at, where some are null."""
        value = None if request.column is None or _counts_periods(request) else self._value(request)
        return value if value is not None and value.null_count() else None

    def _name_of(self, request: Request, *, possible: bool) -> tuple[object, ...]:
        """What tells the rows of one aggregate from those of another."""
        masks = self._condition(request.rows, possible=possible), self._nulls(request)
        return request.rows.window, request.rows.cut, *(None if each is None else each.name for each in masks)

    def _raw(self, request: Request) -> list[pl.Series]:
        certain, possible = (self._some(request, possible=each) for each in (False, True))
        made: dict[str, NDArray[Any] | pl.Series] = {}
        if request.function != "nunique":
            made["n"] = certain.counts
            if request.rows.condition is not None:
                made["possible"] = made["n"] if certain is possible else possible.counts
        if request.column is not None:
            made |= self._of_values(request, certain, possible)
        return [self._column(values).alias(request.named(name)) for name, values in made.items()]

    def _column(self, values: NDArray[Any] | pl.Series) -> pl.Series:
        """Values as a series; of an array that several aggregates tell, the same one."""
        if isinstance(values, pl.Series):
            return values
        if id(values) not in self._columns:
            self._columns[id(values)] = (values, pl.Series(values))
        return self._columns[id(values)][1]

    def _of_values(
        self, request: Request, certain: Runs, possible: Runs
    ) -> dict[str, NDArray[Any] | pl.Series]:
        made: dict[str, NDArray[Any] | pl.Series] = {}
        match request.function:
            case "sum":
                made |= self._sums(request, self._values(request), certain, possible)
            case "avg":
                made["sum"] = certain.totals(self._values(request))
            case "nunique":
                made["distinct"] = certain.distinct(self._codes(request, certain))
                same = certain is possible
                made["distinct_possible"] = (
                    made["distinct"] if same else possible.distinct(self._codes(request, possible))
                )
            case "first" | "last" if is_time(request):
                name = "min" if request.function == "first" else "max"
                made["end"] = self._bound(request, possible, name)
            case "first" | "last":
                made |= self._ends(request, possible)
        for bound in bounds_needed(request):
            made[f"certain_{bound}"] = self._bound(request, certain, bound)
            same = certain is possible
            made[f"possible_{bound}"] = (
                made[f"certain_{bound}"] if same else self._bound(request, possible, bound)
            )
        return made

    def _codes(self, request: Request, runs: Runs) -> Numbers:
        """A number from zero on for the value of each of some rows; those of what is null say nothing."""
        period = None if request.column is None else request.column.period
        if _counts_periods(request) and period is not None:
            at = runs.taken(self._at)
            codes = distinct_periods(at, period, self._catalog.tz, self._catalog.week_starts)
        else:
            values = self._value(request)
            values = values.cast(pl.Categorical) if values.dtype == pl.String else values
            codes = runs.taken(values.to_physical().cast(pl.Int64).fill_null(0).to_numpy())
        least, most = int(codes.min(initial=0)), int(codes.max(initial=0))
        if most - least >= _MOST_CODES:
            codes, least = np.unique(codes, return_inverse=True)[1], 0
        return codes - least

    def _sums(
        self, request: Request, values: NDArray[Any], certain: Runs, possible: Runs
    ) -> dict[str, NDArray[Any]]:
        if request.rows.condition is None or certain is possible:
            total = certain.totals(values)
            return {"sum": total} if request.rows.condition is None else {"sum": total, "sum_most": total}
        is_sure = self._series(f"{request.rows.id}.certain").to_numpy()
        return {
            "sum": possible.totals(np.where(is_sure | (values < 0), values, 0)),
            "sum_most": possible.totals(np.where(is_sure | (values > 0), values, 0)),
        }

    def _bound(self, request: Request, runs: Runs, bound: str) -> pl.Series:
        """The least or the greatest value of each profile, null where it has none."""
        values = self._values(request)
        found = runs.least(values) if bound == "min" else runs.greatest(values)
        is_empty = np.ones(self._n_profiles, dtype=bool)
        is_empty[runs.of] = False
        found[is_empty] = 0
        made = pl.Series(found).cast(self._value(request).dtype)
        return made.set(pl.Series(is_empty), None)

    def _ends(self, request: Request, possible: Runs) -> dict[str, NDArray[Any] | pl.Series]:
        """What the earliest (or latest) possible row says."""
        places = possible.ends(
            self._at, self._rows["event_id"].to_numpy(), is_first=request.function == "first"
        )
        of_profile = pl.Series([None], dtype=pl.UInt32).new_from_index(0, self._n_profiles)
        of_profile = of_profile.scatter(possible.of, places.astype(np.uint32))
        parts = {"end": self._value(request)}
        if not request.is_whole:
            parts["end_at"] = self._rows["at"]
        if request.rows.condition is not None:
            parts["end_certain"] = self._series(f"{request.rows.id}.certain")
        if request.looks_at_currency:
            parts["code"] = self._series(request.named("currency"))
        return {name: series.gather(of_profile) for name, series in parts.items()}


def _counts_periods(request: Request) -> bool:
    """Whether it counts the days, weeks, … that rows lie in."""
    return request.function == "nunique" and request.column is not None and request.column.period is not None
