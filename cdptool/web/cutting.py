"""
Where one session ends and the next begins, and whose each event is: a few passes over sorted arrays.

A session is a run of events of one device. A new one begins after more than the idle time, where asked for at
midnight of the project's zone, and where asked for when a visit comes in by another campaign than the one the
session came by. Its id is a hash of its first event: later events never change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.ids import hashes
from cdptool.tables import UTC_TIME
from cdptool.web.addresses import CAMPAIGN, SIGNS, campaigns
from cdptool.web.spec import Cutting

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]

EVENTS: Final[dict[str, pl.DataType]] = {
    "device": pl.Int64(),  # a hash: which device it was
    "at": UTC_TIME,
    "event_id": pl.Int64(),
    "record_id": pl.Int64(),
    "is_known": pl.Boolean(),  # the record says more than a device: somebody logged in
    "is_page": pl.Boolean(),
    "is_conversion": pl.Boolean(),
    "url": pl.String(),
    "referrer": pl.String(),
    **dict.fromkeys(CAMPAIGN, pl.String()),
}
OWNED: Final[dict[str, pl.DataType]] = {
    "event_id": pl.Int64(),
    "session_id": pl.Int64(),
    "record_id": pl.Int64(),  # of the log-in that says whose the event is; its own where none does
    "known_by": pl.String(),  # login (of this session) | earlier | later; null = nobody knows
}
_TEXTS: Final = ("url", "referrer", *CAMPAIGN)
_KNOWN_BY: Final = ("login", "earlier", "later")


@dataclass(frozen=True, slots=True)
class Cut:
    """Events in order, and where in them each session begins and ends."""

    events: pl.DataFrame  # EVENTS without texts, by device, time and event
    texts: pl.DataFrame  # their texts, as they came: few are looked at, so they are not moved
    place: Places  # of each row of `events` its row in `texts`
    carriers: pl.DataFrame  # `row`, CAMPAIGN: the events that came in by a campaign
    first: Places  # of each session its first row
    last: Places
    session: Places  # of each row its session

    @property
    def ids(self) -> pl.Series:
        """The id of each session."""
        return hashes("session", self.events["event_id"].gather(self.first))


def cut(events: pl.DataFrame, cutting: Cutting) -> Cut:
    """
    Cut events into sessions.

    Args:
        events: EVENTS, one row per event in any order. Rows without a device or a time are in no session.
        cutting: When a new one begins.

    Returns:
        The events in order with their sessions.
    """
    is_whole = not (events["device"].null_count() or events["at"].null_count())
    given = events if is_whole else events.drop_nulls(["device", "at"])
    texts = given.select(_TEXTS)
    events = given.select(pl.exclude(_TEXTS)).with_row_index("#place").sort("device", "at", "event_id")
    place = events["#place"].to_numpy().astype(np.int64)
    carriers = _carriers(texts, place)
    starts = _breaks(events, cutting)
    if cutting.at_campaign:
        starts = starts | _new_campaigns(events, carriers, starts)
    first = np.flatnonzero(starts)
    last = np.append(first[1:], events.height)[: len(first)] - 1
    return Cut(events.drop("#place"), texts, place, carriers, first, last, np.cumsum(starts) - 1)


def owners(done: Cut, rows: Places | None = None) -> pl.DataFrame:
    """
    Whose each event is: of that session's log-in (the last before it, else the first after it), else of the
    device's last earlier one, else of its first later one, else of nobody but the device.

    Args:
        done: The events, cut.
        rows: Only these of them; None = all.

    Returns:
        OWNED, in the order of the rows.
    """
    events = done.events
    asked = np.arange(events.height) if rows is None else rows
    is_known = _flags(events["is_known"])
    known = np.flatnonzero(is_known)
    before = (np.cumsum(is_known) - 1)[asked]
    after = before + ~is_known[asked]
    earlier = known[before] if len(known) else asked
    later = known[np.minimum(after, len(known) - 1)] if len(known) else asked
    has_earlier, has_later = before >= 0, after < len(known)
    session, device = done.session, events["device"].to_numpy()
    holds = [
        has_earlier & (session[earlier] == session[asked]),
        has_later & (session[later] == session[asked]),
        has_earlier & (device[earlier] == device[asked]),
        has_later & (device[later] == device[asked]),
    ]
    teller = np.select(holds, [earlier, later, earlier, later], asked)
    by = np.select(holds, [0, 0, 1, 2], -1)
    return pl.DataFrame(
        {
            "event_id": events["event_id"].gather(asked),
            "session_id": done.ids.gather(session[asked]),
            "record_id": events["record_id"].gather(teller),
            "known_by": pl.Series(by).replace_strict(
                dict(enumerate(_KNOWN_BY)), default=None, return_dtype=pl.String
            ),
        },
        schema=OWNED,
    )


def _carriers(texts: pl.DataFrame, place: Places) -> pl.DataFrame:
    """The events that say by which campaign they came, in a column or in the address; in order."""
    beside = pl.any_horizontal(pl.col(name).is_not_null() for name in CAMPAIGN)
    inside = pl.col("url").str.contains_any(list(SIGNS)).fill_null(False)
    may = texts.with_row_index("row").filter(beside | inside)
    said = campaigns(may["url"])
    told = may.select("row", *(may[name].zip_with(may[name].is_not_null(), said[name]) for name in CAMPAIGN))
    told = told.filter(beside)
    rank = np.empty(len(place), dtype=np.int64)
    rank[place] = np.arange(len(place))
    return told.with_columns(pl.Series("row", rank[told["row"].to_numpy()])).sort("row")


def _breaks(events: pl.DataFrame, cutting: Cutting) -> Flags:
    """Where another device, a pause or midnight begins a session whatever its events say."""
    starts = np.ones(events.height, dtype=np.bool_)
    device, at = events["device"].to_numpy(), events["at"].to_physical().to_numpy()
    starts[1:] = (device[1:] != device[:-1]) | (at[1:] - at[:-1] > cutting.idle_seconds * 1_000_000)
    if cutting.at_midnight_of is not None:
        days = events["at"].dt.convert_time_zone(cutting.at_midnight_of).dt.date().to_physical().to_numpy()
        starts[1:] |= days[1:] != days[:-1]
    return starts


def _new_campaigns(events: pl.DataFrame, carriers: pl.DataFrame, starts: Flags) -> Flags:
    """
    Where an event comes in by another campaign than the session did.

    A session that came by none is ended by the first that comes, once it has shown a page: what is recorded
    before the first page of a landing belongs to the landing.
    """
    begins = np.zeros(events.height, dtype=np.bool_)
    row = carriers["row"].to_numpy()
    if not len(row):
        return begins
    name = hashes("campaign", *(carriers[part] for part in ("source", "medium", "campaign"))).to_numpy()
    run = np.cumsum(starts)[row]
    follows = np.zeros(len(row), dtype=np.bool_)
    follows[1:] = run[1:] == run[:-1]
    is_other = np.zeros(len(row), dtype=np.bool_)
    is_other[1:] = name[1:] != name[:-1]
    is_page = _flags(events["is_page"])
    pages: Places = np.cumsum(is_page) - is_page
    start = np.flatnonzero(starts)[run - 1]
    begins[row] = np.where(follows, is_other, pages[row] > pages[start])
    return begins


def _flags(column: pl.Series) -> Flags:
    flags: NDArray[Any] = column.fill_null(False).to_numpy()
    return flags
