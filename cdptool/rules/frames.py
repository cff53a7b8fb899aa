"""
The frames behind requests: rows of a stream with what their conditions need, grouped by profile or by row.

All plain aggregates over a stream share one pass over it. An aggregate whose condition looks around each
row gets its rows cut to its window first. A count in a pure time window around rows is a difference of two
prefix counts found by as-of joins; only what is left (correlated conditions, other aggregates) pairs rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.rules.aggregates import COUNTS, Request, Rows, finish, mode_rows, raw
from cdptool.rules.book import Catalog
from cdptool.rules.moments import moment
from cdptool.rules.references import event_columns, follow, profile_columns
from cdptool.rules.subjects import ME, OUTER, Needs
from cdptool.rules.windows import Window, bounds

KEY = "profile_id"


class _Asked(NamedTuple):
    """
    Rows (or pairs of rows) that are asked about, without the answers so far, and the columns that name one.

    Whose rows to look at is read off these: the frame with the answers would stand in its own plan once more with
    every answer, twice as often each time.
    """

    rows: pl.LazyFrame
    stream: str
    ids: tuple[str, ...]


class _Group(NamedTuple):
    """Requests that share one pass: over a stream, cut to one window where conditions look around rows."""

    stream: str
    window: tuple[Window | None, object] | None


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Builds frames of rows from one profiles frame, one tagged events frame and small reference tables."""

    catalog: Catalog
    needs: Needs
    profiles: pl.LazyFrame
    events: pl.LazyFrame
    tables: Mapping[str, pl.DataFrame]
    stage: int = 0
    _base: dict[str, pl.LazyFrame] = field(default_factory=dict)

    def with_aggregates(self, requests: Iterable[Request]) -> pl.LazyFrame:
        """The profiles with the columns of every request. One row per profile, any order."""
        groups: dict[_Group, list[Request]] = {}
        for request in requests:
            rows = request.rows
            group = _Group(rows.stream, (rows.window, rows.cut) if rows.nested else None)
            groups.setdefault(group, []).append(request)
        frame = self.profiles
        for together in groups.values():
            frame = self._grouped(frame, together)
        return frame.with_columns(
            [part for together in groups.values() for each in together for part in finish(each)]
        )

    def _grouped(self, frame: pl.LazyFrame, requests: list[Request]) -> pl.LazyFrame:
        """Add the raw columns of requests over one stream; rows that count for none are left out first."""
        specs = {request.rows.id: request.rows for request in requests}
        only = requests[0].rows
        if len(specs) > 1 or only.nested:
            return _joined(frame, requests, self._masked(requests), [KEY], [KEY])
        rows, condition = self._rows(only.stream).filter(self._in_window(only)), only.condition
        if condition is not None:
            rows = rows.filter(condition.fill_null(True))
        rows = rows.with_columns(masks(only, pl.lit(True)))
        return _joined(frame, requests, rows, [KEY], [KEY], is_cut=condition is None)

    def _masked(self, requests: list[Request]) -> pl.LazyFrame:
        specs = list({request.rows.id: request.rows for request in requests}.values())
        if not specs[0].nested:
            frame = self._rows(specs[0].stream)
        else:
            nested = {each.id: each for spec in specs for each in spec.nested}
            frame = self._with_nested(specs[0].stream, self._in_window(specs[0]), tuple(nested.values()))
        return frame.with_columns([mask for spec in specs for mask in masks(spec, self._in_window(spec))])

    def _in_window(self, rows: Rows) -> pl.Expr:
        """Which rows lie in the window of a profile's aggregate."""
        zone = ZoneInfo(self.catalog.tz)
        seen = bounds(rows.window, rows.cut, rows.cut, zone, self.catalog.week_starts)
        inside = pl.col("at") <= moment(seen.last)
        return inside if seen.first is None else inside & (pl.col("at") >= moment(seen.first))

    def _rows(self, stream: str) -> pl.LazyFrame:
        """Every row of a stream: `profile_id`, `at`, `event_id`, its needed columns and references."""
        if stream not in self._base:
            self._base[stream] = self._new_rows(stream)
        return self._base[stream]

    def _new_rows(self, stream: str) -> pl.LazyFrame:
        schema = self.catalog.stream(stream)
        assert schema is not None
        paths = self.needs.columns.get(stream, set())
        own = event_columns(schema.columns, stream, paths)
        is_row = (pl.col("stream") == stream) & pl.col("at").is_not_null() & pl.col(KEY).is_not_null()
        rows = self.events.filter(is_row).select(KEY, "at", "event_id", *own)
        rows = follow(rows, f"{stream}.", schema.columns, paths, self.catalog, self.tables)
        made = self.needs.rules_in_rows.get(stream, {})
        ready = {name for name, stage in made.items() if stage < self.stage}
        fields = self.needs.fields_in_rows.get(stream, set())
        names = sorted(profile_columns(self.catalog, fields) | ready)
        if not names:
            return rows
        mine = self.profiles.select(KEY, *(pl.col(name).alias(ME + name) for name in names))
        return rows.join(mine, on=KEY, how="left")

    def _with_nested(self, stream: str, only: pl.Expr, nested: tuple[Request, ...]) -> pl.LazyFrame:
        """Rows with what they ask of other rows, but for what depends on a row that encloses them."""
        frame = self._rows(stream).filter(only)
        asked = _Asked(frame, stream, ("event_id",))
        for request in nested:
            if not request.rows.is_deep:
                frame = self._around(frame, asked, request)
        return frame

    def _around(self, frame: pl.LazyFrame, asked: _Asked, request: Request) -> pl.LazyFrame:
        """Add to each row (or pair of rows) what an aggregate makes of the rows around it."""
        rows, around = request.rows, request.rows.around
        assert around is not None
        inner = self._inner(request)
        frame = frame.with_columns(around.last.alias(request.named("last")))
        has_first = around.first is not None
        if around.first is not None:
            frame = frame.with_columns(around.first.alias(request.named("first")))
        if not _takes_ends(request):
            inner = inner.join(asked.rows.select(KEY), on=KEY, how="semi")
        if _asks_for_any(request, asked.stream, has_first=has_first):
            frame = _any_inside(
                frame, request, inner, has_first=has_first, is_own=rows.stream == asked.stream
            )
        elif request.function in COUNTS and request.column is None and not rows.outer_columns:
            frame = _prefix_counts(frame, request, inner, has_first)
            if rows.stream == asked.stream:
                frame = _without_itself(frame, request, inner, has_first)
        else:
            frame = self._paired(frame, asked, request, inner)
        return frame.with_columns(finish(request))

    def _inner(self, request: Request) -> pl.LazyFrame:
        """The rows that an aggregate around rows is made of, up to its cut, with what its condition needs."""
        rows, is_seen = request.rows, pl.col("at") <= moment(request.rows.cut)
        if rows.since is not None:
            is_seen &= pl.col("at") >= moment(rows.since)
        if rows.condition is None and request.column is None:
            return self._bare(rows.stream).filter(is_seen)
        inner = self._with_nested(rows.stream, is_seen, rows.nested)
        return (
            inner.cache() if rows.nested else inner
        )  # it is read several times, at each level of nesting again

    def _bare(self, stream: str) -> pl.LazyFrame:
        """Only whose each row of a stream is, and when."""
        is_row = (pl.col("stream") == stream) & pl.col("at").is_not_null() & pl.col(KEY).is_not_null()
        return self.events.filter(is_row).select(KEY, "at", "event_id")

    def _paired(
        self, frame: pl.LazyFrame, asked: _Asked, request: Request, inner: pl.LazyFrame
    ) -> pl.LazyFrame:
        """Add raw columns made of pairs: each row with every row in the window around it."""
        rows, around = request.rows, request.rows.around
        assert around is not None
        ids = tuple(OUTER + name for name in asked.ids)
        first, last = request.named("first"), request.named("last")
        subjects = asked.rows.select(
            KEY,
            around.last.alias(last),
            *([] if around.first is None else [around.first.alias(first)]),
            *(pl.col(name).alias(OUTER + name) for name in dict.fromkeys((*asked.ids, *rows.outer_columns))),
        )
        pairs = _pairs(subjects, inner, rows).filter(pl.col("at") <= pl.col(last))
        if around.first is not None:
            pairs = pairs.filter(pl.col("at") >= pl.col(first))
        if rows.stream == asked.stream:
            pairs = pairs.filter(pl.col("event_id") != pl.col(f"{OUTER}event_id"))
        deep = [nested for nested in rows.nested if nested.rows.is_deep]
        these = _Asked(pairs.cache() if deep else pairs, rows.stream, ("event_id", *ids))
        pairs = these.rows
        for nested in deep:
            pairs = self._around(pairs, these, nested)
        pairs = pairs.with_columns(masks(rows, pl.lit(True)))
        return _joined(frame, [request], pairs, [KEY, *ids], [KEY, *asked.ids])


def _pairs(subjects: pl.LazyFrame, inner: pl.LazyFrame, rows: Rows) -> pl.LazyFrame:
    """Each row with the rows of its profile that may meet the condition: where texts must be equal, those alone."""
    if not rows.equal:
        return subjects.join(inner, on=KEY, how="inner")
    own, others = ([pair[side] for pair in rows.equal] for side in (0, 1))
    same = subjects.join(
        inner, left_on=[KEY, *others], right_on=[KEY, *own], how="inner", coalesce=False, suffix="_of_row"
    ).drop(f"{KEY}_of_row")
    # What has no text may be equal: that is unknown, not false.
    no_text, no_own = (pl.any_horizontal(pl.col(names).is_null()) for names in (others, own))
    unknown = subjects.filter(no_text).join(inner, on=KEY, how="inner")
    unsure = subjects.filter(~no_text).join(inner.filter(no_own), on=KEY, how="inner")
    return pl.concat([same, unknown, unsure], how="diagonal")


def masks(rows: Rows, inside: pl.Expr) -> list[pl.Expr]:
    """Which rows count for certain, and which possibly; never null."""
    certain, possible = f"{rows.id}.certain", f"{rows.id}.possible"
    if rows.condition is None:
        return [inside.alias(certain)]
    return [
        (inside & rows.condition.fill_null(False)).alias(certain),
        (inside & rows.condition.fill_null(True)).alias(possible),
    ]


def _joined(
    frame: pl.LazyFrame,
    requests: list[Request],
    rows: pl.LazyFrame,
    keys: list[str],
    onto: list[str],
    *,
    is_cut: bool = False,
) -> pl.LazyFrame:
    """Group the rows by the keys and join the raw columns of the requests onto the frame."""
    parts = {part.meta.output_name(): part for request in requests for part in raw(request, is_cut=is_cut)}
    grouped = rows.group_by(keys).agg(parts.values())
    frame = frame.join(grouped, left_on=onto, right_on=keys, how="left")
    for request in requests:
        if request.function == "mode":
            frame = frame.join(mode_rows(request, rows, keys), left_on=onto, right_on=keys, how="left")
    return frame


def _asks_for_any(request: Request, stream: str, *, has_first: bool) -> bool:
    """Whether it is enough to know the row nearest to an end of the window: no number is asked for."""
    rows = request.rows
    if request.function == "count" or request.column is not None or rows.outer_columns:
        return False
    return rows.stream != stream or (not has_first and rows.condition is None)


def _takes_ends(request: Request) -> bool:
    """Whether the window reaches to as-of: then the newest row of each profile tells all, and all windows share it."""
    rows = request.rows
    return (
        rows.around is not None
        and rows.around.last.meta.eq(moment(rows.cut))
        and rows.around.first is not None
    )


def _any_inside(
    frame: pl.LazyFrame, request: Request, inner: pl.LazyFrame, *, has_first: bool, is_own: bool
) -> pl.LazyFrame:
    """1 in place of the counts where some row lies in the window, else 0."""
    rows, last = request.rows, pl.col(request.named("last"))
    condition = rows.condition
    kept = [None] if condition is None else [condition.fill_null(False), condition.fill_null(True)]
    for name, mask in zip(_count_names(request), kept, strict=True):
        some = inner if mask is None else inner.filter(mask)
        at, first = f"{name}_at", pl.col(request.named("first"))
        if _takes_ends(request):
            newest = some.group_by(KEY).agg(pl.col("at").max().alias(at))
            frame, is_inside = frame.join(newest, on=KEY, how="left"), pl.col(at) >= first
        elif has_first:
            frame = frame.sort(request.named("first"), KEY).join_asof(
                some.select(KEY, pl.col("at").alias(at)).sort(at),
                left_on=request.named("first"), right_on=at, by=KEY, strategy="forward", check_sortedness=False,
            )  # fmt: skip
            is_inside = pl.col(at) <= last
        else:
            times = some.group_by(KEY, "at").len() if is_own else some.select(KEY, "at", len=1)
            oldest = times.group_by(KEY).agg(
                pl.col("at").min().alias(at), pl.col("len").min_by("at").alias(f"{name}_len")
            )
            frame, is_inside = frame.join(oldest, on=KEY, how="left"), pl.col(at) <= last
            if is_own:  # a row never counts itself
                is_inside &= (pl.col(at) < pl.col("at")) | (pl.col(f"{name}_len") > 1)
        frame = frame.with_columns(is_inside.fill_null(False).cast(pl.Int64).alias(name))
    return frame


def _prefix_counts(
    frame: pl.LazyFrame, request: Request, inner: pl.LazyFrame, has_first: bool
) -> pl.LazyFrame:
    names = _count_names(request)
    upto = (
        inner.group_by(KEY, "at")
        .agg(_counted(request))
        .sort(KEY, "at")
        .with_columns(pl.col(names).cum_sum().over(KEY))
        .sort("at", KEY)
    )
    frame = _as_of(frame, upto, request.named("last"), names, strictly=False)
    if not has_first:
        return frame.with_columns([pl.col(name).fill_null(0) for name in names])
    before = upto.rename({name: f"{name}_before" for name in names})
    frame = _as_of(frame, before, request.named("first"), [f"{name}_before" for name in names], strictly=True)
    some = pl.col(request.named("first")) <= pl.col(request.named("last"))
    counts = [pl.col(name).fill_null(0) - pl.col(f"{name}_before").fill_null(0) for name in names]
    return frame.with_columns(
        [
            pl.when(some).then(count).otherwise(0).alias(name)
            for count, name in zip(counts, names, strict=True)
        ]
    )


def _as_of(
    frame: pl.LazyFrame, counts: pl.LazyFrame, moments: str, names: list[str], *, strictly: bool
) -> pl.LazyFrame:
    at = f"{moments}_at"
    return frame.sort(moments, KEY).join_asof(
        counts.select(KEY, pl.col("at").alias(at), *names),
        left_on=moments, right_on=at, by=KEY, strategy="backward",
        allow_exact_matches=not strictly, check_sortedness=False,
    )  # fmt: skip


def _without_itself(
    frame: pl.LazyFrame, request: Request, inner: pl.LazyFrame, has_first: bool
) -> pl.LazyFrame:
    """A row never counts itself."""
    names = _count_names(request)
    own = inner.group_by(KEY, "event_id").agg(
        [part.alias(f"{name}_own") for part, name in zip(_counted(request), names, strict=True)]
    )
    inside = pl.col("at") <= pl.col(request.named("last"))
    if has_first:
        inside &= pl.col("at") >= pl.col(request.named("first"))
    return frame.join(own, on=[KEY, "event_id"], how="left").with_columns(
        [pl.when(inside).then(pl.col(name) - pl.col(f"{name}_own").fill_null(0)).otherwise(pl.col(name)).alias(name)
         for name in names]
    )  # fmt: skip


def _count_names(request: Request) -> list[str]:
    return [request.named("n")] + ([] if request.rows.condition is None else [request.named("possible")])


def _counted(request: Request) -> list[pl.Expr]:
    condition, names = request.rows.condition, _count_names(request)
    if condition is None:
        return [pl.len().cast(pl.Int64).alias(names[0])]
    either = (condition.fill_null(False), condition.fill_null(True))
    return [part.sum().cast(pl.Int64).alias(name) for part, name in zip(either, names, strict=True)]
