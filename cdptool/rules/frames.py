"""
The frames behind requests: rows of a stream with what their conditions need, and what is made of them for each profile.

All plain aggregates over a stream share one look at its rows, which stand in the order of profiles (`tallies`); what these
do not tell is grouped (`groups`). An aggregate whose condition looks around each row gets its rows cut to its window first. A
count in a pure time window around rows is a difference of two running totals (`timelines`), also among rows of the same text
(`lanes`), or a look at the ends of a profile; only what is left (other correlated conditions, other aggregates) pairs rows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from cdptool.rules.aggregates import COUNTS, Request, Rows, finish
from cdptool.rules.currencies import one_currency, with_one_currency
from cdptool.rules.groups import by_number, grouped, masks
from cdptool.rules.lanes import Asking, Counting, counted_in_lanes
from cdptool.rules.moments import moment
from cdptool.rules.references import profile_columns
from cdptool.rules.runs import NO_TIME, WHO, end_beside
from cdptool.rules.spans import Spans, between, in_window, mask_of, span
from cdptool.rules.stream_rows import KEY, ROW, StreamRows, columns_read
from cdptool.rules.subjects import ME, OUTER
from cdptool.rules.tallies import Look, Tallies, is_tallied
from cdptool.rules.timelines import Mask, Numbers
from cdptool.rules.windows import Bounds, Window


class _Asked(NamedTuple):
    """Rows (or pairs of rows) that are asked about, without the answers so far, and the columns that name one."""

    rows: pl.DataFrame
    stream: str
    ids: tuple[str, ...]


class _Group(NamedTuple):
    """Requests that share one pass: over a stream, cut to one window where conditions look around rows."""

    stream: str
    window: tuple[Window | None, object] | None


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Adds what requests ask to the profiles, of which there is one row each, in the order of `rows.profiles`."""

    rows: StreamRows
    profiles: pl.DataFrame
    stage: int = 0

    def with_aggregates(self, requests: Sequence[Request]) -> tuple[pl.LazyFrame, list[Request]]:
        """
        Add the columns of every request to the profiles.

        Returns:
            The profiles in their order, with bounds that are made when they are read; and the requests as the rows
            settled them: where all amounts are of one currency, none can mix two.
        """
        groups: dict[_Group, list[Request]] = {}
        for request in requests:
            rows = request.rows
            group = _Group(rows.stream, (rows.window, rows.cut) if rows.nested else None)
            groups.setdefault(group, []).append(request)
        frame, settled = self.profiles, list[Request]()
        # Streams whose rows ask of rows come to be held in memory: whoever looks at them after that finds them there.
        for _, together in sorted(groups.items(), key=lambda each: each[0].window is None):
            columns, made = self._made(together)
            frame, settled = frame.hstack(columns), settled + made
        return frame.lazy().with_columns([part for each in settled for part in finish(each)]), settled

    def _made(self, requests: list[Request]) -> tuple[list[pl.Series], list[Request]]:
        """The raw columns of requests over one stream, and the requests as they are settled."""
        asking = self._asking(requests) if requests[0].rows.nested else None
        some = [request for request in requests if is_tallied(request)]
        rest = [request for request in requests if not is_tallied(request)]
        columns, settled = list[pl.Series](), list[Request]()
        if some:
            tallies = self._tallies(some, asking)
            columns, settled, rest = tallies.columns(), tallies.requests, rest + tallies.left
        return columns + (self._grouped(rest, asking) if rest else []), settled + rest

    def _tallies(self, requests: list[Request], asking: pl.DataFrame | None) -> Tallies:
        """What is made of runs of rows: those that ask, those in memory, or those of a scan of the widest window."""
        look, stream, catalog = Look.of(requests), requests[0].rows.stream, self.rows.catalog
        spans = Spans([request.rows for request in requests], catalog)
        columns = look.columns | ({"event_id": pl.col("event_id")} if look.needs_ids else {})
        names, n_profiles = columns_read(requests)[stream], len(self.rows.profiles)
        if asking is not None or self.rows.has_numbers(stream):
            found = (
                self._looked_at(stream, look, columns)
                if asking is None
                else asking.lazy().select(WHO, "at", **columns).collect()
            )
            return Tallies(found, look, None if asking is not None else spans, n_profiles, catalog)
        if look.needs_at or not spans.is_one:
            columns["at"] = pl.col("at")
        rows, reads_at = self.rows.lazily(stream), "at" in columns or "at" in names
        if reads_at or spans.widest.first is not None or self.rows.has_later(stream, spans.widest.last):
            rows = rows.filter(between(spans.widest))
        found = self.rows.in_order(self._read(rows, requests, look, columns))
        return Tallies(found, look, None if spans.is_one else spans, n_profiles, catalog)

    def _looked_at(self, stream: str, look: Look, columns: dict[str, pl.Expr]) -> pl.DataFrame:
        """The rows of a stream in memory with expressions over their columns: what keys tell is worked out once a key."""
        told = self.rows.held(stream).told(columns, look.told_apart)
        rest = {name: each for name, each in columns.items() if name not in {column.name for column in told}}
        names = {name for each in rest.values() for name in each.meta.root_names()}
        found = self._held(stream, names).lazy().select(WHO, "at", **rest).collect()
        return found.hstack(told)

    def _read(
        self, rows: pl.LazyFrame, requests: list[Request], look: Look, columns: dict[str, pl.Expr]
    ) -> pl.DataFrame:
        """The columns of rows that are not held; where one condition is all that is asked, of those that may meet it."""
        stream, names = requests[0].rows.stream, columns_read(requests)[requests[0].rows.stream]
        specs = {request.rows.id: request.rows for request in requests}.values()
        only = requests[0].rows if len(specs) == 1 and requests[0].rows.condition is not None else None
        is_seen = None if only is None else look.names[f"{only.id}.possible"]
        asks_profile = any(name.startswith(ME) for name in names)
        if asks_profile or self.rows.refers(stream, names):
            looks = None if asks_profile else columns
            seen = None if is_seen is None else columns[is_seen]
            read = self.rows.collected(rows, stream, names, looks, seen)
            read = self._beside(self.rows.in_order(read), stream, names) if asks_profile else read
            rows = read.lazy()
            columns = {name: pl.col(name) if name in read.columns else each for name, each in columns.items()}
        if is_seen is not None:
            rows = rows.filter(columns[is_seen])
        return rows.select(KEY, **columns).collect(engine="streaming")

    def _grouped(self, requests: list[Request], asking: pl.DataFrame | None) -> list[pl.Series]:
        """The raw columns of requests over one stream by a group-by; rows that count for none are left out first."""
        only = requests[0].rows
        key = WHO if asking is not None or self.rows.has_numbers(only.stream) else KEY
        alike: dict[object, list[Request]] = {}
        for request in requests:  # of rows in memory, each window is looked at by itself
            window = (request.rows.window, request.rows.cut) if key == WHO else None
            alike.setdefault(window, []).append(request)
        lazy = []
        for each in alike.values():
            rows = self._scanned(only.stream, each) if asking is None else asking.lazy()
            lazy += self._plans(each, rows, [key])
        columns: list[pl.Series] = []
        for found in pl.collect_all(lazy, engine="streaming"):
            numbered = found if key == WHO else self.rows.in_order(found)
            columns += by_number(numbered.drop(KEY, strict=False), len(self.rows.profiles))
        return columns

    def _asking(self, requests: list[Request]) -> pl.DataFrame:
        """The rows of one window that ask of rows, with what they are told."""
        rows = requests[0].rows
        places = self.rows.held(rows.stream).places(span(rows, self.rows.catalog))
        nested = {each.id: each for request in requests for each in request.rows.nested}
        held = self._held(rows.stream, columns_read(requests)[rows.stream], places)
        return self._with_nested(held, rows.stream, tuple(nested.values()))

    def _plans(self, requests: list[Request], rows: pl.LazyFrame, keys: list[str]) -> list[pl.LazyFrame]:
        """The raw columns of requests by profile; of one window, only its rows are looked at."""
        specs = list({request.rows.id: request.rows for request in requests}.values())
        windows = {(spec.window, spec.cut) for spec in specs}
        inside = [in_window(spec, self.rows.catalog) for spec in specs]
        if len(windows) == 1:
            rows, inside = rows.filter(inside[0]), [pl.lit(True) for _ in specs]
        is_cut = len(specs) == 1 and specs[0].condition is None
        if len(specs) == 1 and specs[0].condition is not None:
            rows = rows.filter(specs[0].condition.fill_null(True))
        made = [mask for spec, within in zip(specs, inside, strict=True) for mask in masks(spec, within)]
        return grouped(requests, rows.with_columns(made), keys, is_cut=is_cut)

    def _mine(self, stream: str) -> pl.DataFrame:
        """What the rows of a stream ask of their profile, as far as earlier stages made it; in the profiles' order."""
        needs = self.rows.needs
        made = needs.rules_in_rows.get(stream, {})
        ready = {name for name, stage in made.items() if stage < self.stage}
        fields = needs.fields_in_rows.get(stream, set())
        names = sorted(profile_columns(self.rows.catalog, fields) | ready)
        return self.profiles.select(KEY, *(pl.col(name).alias(ME + name) for name in names))

    def _scanned(self, stream: str, requests: list[Request]) -> pl.LazyFrame:
        """Every row of a stream as requests read it, beside what it asks of its profile."""
        rows, mine = self.rows.scan(stream, columns_read(requests)[stream]), self._mine(stream)
        return rows.join(mine.lazy(), on=KEY, how="left") if mine.width > 1 else rows

    def _held(self, stream: str, names: Collection[str], places: Numbers | None = None) -> pl.DataFrame:
        """The same in memory, in the order of profiles, with the columns that are read of it."""
        return self._beside(self.rows.held(stream).some(names, places), stream, names)

    def _beside(self, rows: pl.DataFrame, stream: str, names: Collection[str]) -> pl.DataFrame:
        """Rows with WHO, and what they ask of their profile."""
        mine = self._mine(stream).drop(KEY)
        wanted = mine.select(name for name in mine.columns if name in names)
        return rows.hstack(wanted[rows[WHO]]) if wanted.width else rows

    def _with_nested(self, rows: pl.DataFrame, stream: str, nested: tuple[Request, ...]) -> pl.DataFrame:
        """Rows with what they ask of other rows, but for what depends on a row that encloses them."""
        asked = _Asked(rows, stream, (ROW,))
        for request in nested:
            if not request.rows.is_deep:
                rows = self._around(rows, asked, request)
        return rows

    def _around(self, frame: pl.DataFrame, asked: _Asked, request: Request) -> pl.DataFrame:
        """Add to each row (or pair of rows) what an aggregate makes of the rows around it."""
        rows, around = request.rows, request.rows.around
        assert around is not None
        ends = {"last": around.last} | ({} if around.first is None else {"first": around.first})
        frame = frame.with_columns(end.alias(request.named(name)) for name, end in ends.items())
        is_count = request.function in COUNTS and request.column is None
        if is_count and not rows.outer_columns:
            frame = frame.with_columns(self._counted(frame, asked, request))
        elif is_count and rows.shares_text and rows.stream != asked.stream:
            frame = frame.with_columns(self._counted_by_text(frame, asked, request))
        else:
            request = self._settled(request)
            frame = self._paired(frame, asked, request)
        return frame.with_columns(finish(request))

    def _counted(self, frame: pl.DataFrame, asked: _Asked, request: Request) -> list[pl.Series]:
        """How many rows lie in the window around each row; 1 for some where no number is asked for."""
        rows, around = request.rows, request.rows.around
        assert around is not None
        held, who = self.rows.held(rows.stream), frame[WHO].to_numpy()
        last = _microseconds(frame[request.named("last")])
        first = None if around.first is None else _microseconds(frame[request.named("first")])
        is_own, is_some = rows.stream == asked.stream, request.function != "count"
        reaches_on = around.last.meta.eq(moment(rows.cut))
        counted = []
        for name, mask in zip(_count_names(request), self._masks(request), strict=True):
            if is_some and (first is None or reaches_on):
                itself = _microseconds(frame["at"]) if is_own else None
                if itself is not None and mask is not None:
                    itself = np.where(mask[frame[ROW].to_numpy()], itself, NO_TIME)
                end = end_beside(held.counted(mask), held.at, who, itself, is_first=first is None)
                found = (end <= last if first is None else end >= first).astype(np.int64)
            elif is_some and first is not None and not is_own:
                seen = None if mask is None else np.take(mask, held.line.order)
                found = held.line.has_some(who, first, last, seen).astype(np.int64)
            else:
                seen = None if mask is None else np.take(mask, held.line.order)
                found = held.line.between(who, first, last, seen)
                if is_own:  # a row never counts itself
                    at = _microseconds(frame["at"])
                    is_inside = at <= last if first is None else (at <= last) & (at >= first)
                    found -= is_inside if mask is None else is_inside & mask[frame[ROW].to_numpy()]
            counted.append(pl.Series(name, found))
        return counted

    def _counted_by_text(self, frame: pl.DataFrame, asked: _Asked, request: Request) -> list[pl.Series]:
        """How many rows that share a text lie in the window around each row."""
        rows = request.rows
        ((own, other),) = rows.equal
        seen = self._with_nested(self._visible(request, asked), rows.stream, rows.nested)
        rest = pl.lit(True) if rows.rest is None else rows.rest
        counts = seen.select(certain=rest.fill_null(False), possible=rest.fill_null(True), who=WHO)
        certain, possible = counts["certain"].to_numpy(), counts["possible"].to_numpy()
        has_first = request.rows.around is not None and request.rows.around.first is not None
        first = _microseconds(frame[request.named("first")]) if has_first else None
        last, text = _microseconds(frame[request.named("last")]), frame[other.removeprefix(OUTER)]
        found = counted_in_lanes(
            Asking(_numbers(frame), first, last, text),
            Counting(_numbers(seen), _microseconds(seen["at"]), seen[own], certain, possible),
            len(self.rows.profiles),
        )
        return [pl.Series(name, each) for name, each in zip(_count_names(request), found, strict=True)]

    def _masks(self, request: Request) -> list[Mask | None]:
        """Which rows of the timeline count, for certain and possibly; None for all."""
        rows = request.rows
        held = self.rows.held(rows.stream)
        seen = mask_of(Bounds(None, rows.cut), held.at, held.bounds)
        if rows.condition is None:
            return [seen]
        names = columns_read([request])[rows.stream]
        inner = self._with_nested(self._held(rows.stream, names), rows.stream, rows.nested)
        condition = rows.condition
        found = inner.select(
            WHO, certain=condition.fill_null(False), possible=condition.fill_null(True)
        ).drop(WHO)
        return [each.to_numpy() if seen is None else each.to_numpy() & seen for each in found]

    def _paired(self, frame: pl.DataFrame, asked: _Asked, request: Request) -> pl.DataFrame:
        """Add raw columns made of pairs: each row with every row in the window around it."""
        rows, around = request.rows, request.rows.around
        assert around is not None
        ids = tuple(OUTER + name for name in asked.ids)
        first, last = request.named("first"), request.named("last")
        subjects = asked.rows.select(
            WHO,
            around.last.alias(last),
            *([] if around.first is None else [around.first.alias(first)]),
            *(pl.col(name).alias(OUTER + name) for name in dict.fromkeys((*asked.ids, *rows.outer_columns))),
        )
        inner = self._with_nested(self._visible(request, asked), rows.stream, rows.nested)
        pairs = _pairs(subjects.lazy(), inner.lazy(), rows).filter(pl.col("at") <= pl.col(last))
        if around.first is not None:
            pairs = pairs.filter(pl.col("at") >= pl.col(first))
        if rows.stream == asked.stream:
            pairs = pairs.filter(pl.col(ROW) != pl.col(OUTER + ROW))
        deep = [nested for nested in rows.nested if nested.rows.is_deep]
        if deep:
            these = _Asked(pairs.collect(engine="streaming"), rows.stream, (ROW, *ids))
            answered = these.rows
            for nested in deep:
                answered = self._around(answered, these, nested)
            pairs = answered.lazy()
        pairs = pairs.with_columns(masks(rows, pl.lit(True)))
        for found in pl.collect_all(grouped([request], pairs, list(ids)), engine="streaming"):
            frame = frame.join(found, left_on=asked.ids, right_on=ids, how="left", maintain_order="left")
        return frame

    def _visible(self, request: Request, asked: _Asked) -> pl.DataFrame:
        """The rows of a stream that some of those who ask may see."""
        rows, held = request.rows, self.rows.held(request.rows.stream)
        is_asked = np.zeros(len(self.rows.profiles), dtype=bool)
        is_asked[asked.rows[WHO].to_numpy()] = True
        places = held.places(Bounds(rows.since, rows.cut))
        places = places[np.take(is_asked, np.take(held.who, places))]
        return self._held(rows.stream, columns_read([request])[rows.stream], places)

    def _settled(self, request: Request) -> Request:
        """The request with the one currency of its amounts, where they have but one."""
        column = request.column
        if not request.checks_currency or column is None or column.currency is None:
            return request
        names = {*column.lo.meta.root_names(), *column.currency.meta.root_names()}
        held = self.rows.held(request.rows.stream).some(names)
        held = held.select(amount=column.lo, currency=column.currency)
        currency = one_currency(held["amount"], held["currency"])
        return request if currency is None else with_one_currency(request, currency)


def _numbers(rows: pl.DataFrame) -> Numbers:
    return rows[WHO].cast(pl.Int64).to_numpy()


def _microseconds(times: pl.Series) -> Numbers:
    return times.to_physical().to_numpy()


def _pairs(subjects: pl.LazyFrame, inner: pl.LazyFrame, rows: Rows) -> pl.LazyFrame:
    """Each row with the rows of its profile that may meet the condition: where texts must be equal, those alone."""
    if not rows.equal:
        return subjects.join(inner, on=WHO, how="inner")
    own, others = ([pair[side] for pair in rows.equal] for side in (0, 1))
    same = subjects.join(
        inner, left_on=[WHO, *others], right_on=[WHO, *own], how="inner", coalesce=False, suffix="_of_row"
    ).drop(f"{WHO}_of_row")
    # What has no text may be equal: that is unknown, not false.
    no_text, no_own = (pl.any_horizontal(pl.col(names).is_null()) for names in (others, own))
    unknown = subjects.filter(no_text).join(inner, on=WHO, how="inner")
    unsure = subjects.filter(~no_text).join(inner.filter(no_own), on=WHO, how="inner")
    return pl.concat([same, unknown, unsure], how="diagonal")


def _count_names(request: Request) -> list[str]:
    return [request.named("n")] + ([] if request.rows.condition is None else [request.named("possible")])
