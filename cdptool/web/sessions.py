"""
What each session was: how long, which pages, where it came from. A kernel by device, over sorted arrays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from cdptool.ids import hashes
from cdptool.kernels import Kernel, over_all_rows
from cdptool.tables import UTC_TIME
from cdptool.web.addresses import CAMPAIGN, host, page, referral
from cdptool.web.channel import channel
from cdptool.web.cutting import OWNED, Cut, Places, cut, owners
from cdptool.web.spec import Cutting

ENGAGED_SECONDS: Final = 10
SESSIONS: Final[dict[str, pl.DataType]] = {
    "event_id": pl.Int64(),  # the id of the session
    "record_id": pl.Int64(),  # whose its first event is
    "at": UTC_TIME,  # its first event
    "source": pl.String(),
    "content": pl.Int64(),
    "device": pl.Int64(),
    "ended_at": UTC_TIME,
    "seconds": pl.Int64(),
    "events": pl.Int64(),
    "pages": pl.Int64(),
    "conversions": pl.Int64(),
    "engaged": pl.Boolean(),
    "bounced": pl.Boolean(),
    "is_open": pl.Boolean(),
    "entry_page": pl.String(),
    "exit_page": pl.String(),
    "referrer": pl.String(),
    "traffic_source": pl.String(),
    "traffic_medium": pl.String(),
    "campaign": pl.String(),
    "term": pl.String(),
    "ad_content": pl.String(),
    "channel": pl.String(),
    "number": pl.Int64(),
    "identified_at": UTC_TIME,
    "known_by": pl.String(),
}
_CALLED: Final = dict(
    zip(CAMPAIGN, ("traffic_source", "traffic_medium", "campaign", "term", "ad_content"), strict=True)
)


def sessions_kernel(cutting: Cutting, as_of: datetime | None = None) -> Kernel:
    """
    A kernel by `device`: EVENTS in, SESSIONS out.

    Args:
        cutting: When a new session begins.
        as_of: Sessions that may still go on at this moment are open. None = none is.
    """

    def work(events: pl.DataFrame) -> pl.DataFrame:
        return _sessions(cut(events, cutting), cutting, as_of)

    return lambda events: over_all_rows(events, work, SESSIONS)


def owners_kernel(cutting: Cutting) -> Kernel:
    """A kernel by `device`: EVENTS in, OWNED out."""

    def work(events: pl.DataFrame) -> pl.DataFrame:
        return owners(cut(events, cutting))

    return lambda events: over_all_rows(events, work, OWNED)


def _sessions(done: Cut, cutting: Cutting, as_of: datetime | None) -> pl.DataFrame:
    events, first, last = done.events, done.first, done.last
    owned = owners(done, first)
    device = events["device"].gather(first)
    facts = pl.DataFrame(
        {
            "event_id": done.ids,
            "record_id": owned["record_id"],
            "at": events["at"].gather(first),
            "source": pl.repeat("sessions", len(first), eager=True, dtype=pl.String),
            "device": device,
            "ended_at": events["at"].gather(last),
            "events": pl.Series(last - first + 1, dtype=pl.Int64),
            "pages": _count(done, "is_page"),
            "conversions": _count(done, "is_conversion"),
            "number": _numbers(device),
            "identified_at": _gathered(events["at"], _first_in(done, _places(events["is_known"]))),
            "known_by": owned["known_by"],
        }
    )
    facts = facts.hstack(_origin(done, cutting)).with_columns(
        (pl.col("ended_at") - pl.col("at")).dt.total_seconds().alias("seconds"),
        pl.lit(False).alias("is_open")
        if as_of is None
        else (pl.lit(as_of, UTC_TIME) - pl.col("ended_at") <= pl.duration(seconds=cutting.idle_seconds)).alias("is_open"),
        channel(*(pl.col(name) for name in ("traffic_source", "traffic_medium", "campaign"))),
    )  # fmt: skip
    facts = facts.with_columns(*_judged())
    content = hashes(
        "session", *(facts[name] for name in ("record_id", "ended_at", "events", "channel", "is_open"))
    )
    return facts.with_columns(content.alias("content")).select(*SESSIONS)


def _judged() -> tuple[pl.Expr, pl.Expr]:
    """Engaged and bounced; what an open session may still change is not decided."""
    converted = pl.col("conversions") > 0
    engaged = (pl.col("seconds") >= ENGAGED_SECONDS) | (pl.col("pages") > 1) | converted
    bounced = (pl.col("pages") <= 1) & ~converted
    is_open = pl.col("is_open")
    return (
        pl.when(engaged | ~is_open).then(engaged).alias("engaged"),
        pl.when(~bounced | ~is_open).then(bounced).alias("bounced"),
    )


def _origin(done: Cut, cutting: Cutting) -> pl.DataFrame:
    """Pages and origin of each session: its first campaign, else the site that linked to its first page."""
    pages = _places(done.events["is_page"])
    entry, leave = _first_in(done, pages), _last_in(done, pages)
    landing = np.where(entry >= 0, entry, done.first)
    came = _first_in(done, done.carriers["row"].to_numpy(), positions=True)
    said = pl.DataFrame({_CALLED[name]: _gathered(done.carriers[name], came) for name in CAMPAIGN})
    urls = pl.DataFrame(
        {
            "entry": _text(done, "url", entry),
            "exit": _text(done, "url", leave),
            "url": _text(done, "url", landing),
            "link": _text(done, "referrer", landing),
            "by_campaign": came >= 0,
        }
    )
    site = urls.select(_outside(cutting.ignore_referrers).alias("referrer"))
    source, medium = referral(pl.col("referrer"))
    by_link = ~pl.col("by_campaign")
    return (
        said.hstack(urls)
        .hstack(site)
        .select(
            page(pl.col("entry")).alias("entry_page"),
            page(pl.col("exit")).alias("exit_page"),
            "referrer",
            pl.when(by_link).then(source).otherwise("traffic_source").alias("traffic_source"),
            pl.when(by_link).then(medium).otherwise("traffic_medium").alias("traffic_medium"),
            "campaign",
            "term",
            "ad_content",
        )
    )


def _outside(ignored: tuple[str, ...]) -> pl.Expr:
    """The site of the link, where it is another one than that of the page and none that is passed over."""
    linked = pl.when(pl.col("link").is_not_null()).then("url")  # without a link nobody asks where the page is
    here, there = host(linked), host(pl.col("link"))
    is_ours = (here == there) | here.str.ends_with("." + there) | there.str.ends_with("." + here)
    for name in ignored:
        is_ours = is_ours.fill_null(False) | (there == name) | there.str.ends_with(f".{name}")
    return pl.when(~is_ours.fill_null(False)).then(there)


def _places(flags: pl.Series) -> Places:
    """The rows where a flag is set."""
    return np.flatnonzero(flags.fill_null(False).to_numpy())


def _first_in(done: Cut, rows: Places, *, positions: bool = False) -> Places:
    """Of each session the first of some rows (or its position among them); -1 where it has none."""
    place = np.searchsorted(rows, done.first)
    inside = place < len(rows)
    inside[inside] = rows[place[inside]] <= done.last[inside]
    found = place if positions or not len(rows) else rows[np.minimum(place, len(rows) - 1)]
    return np.where(inside, found, -1)


def _last_in(done: Cut, rows: Places) -> Places:
    """Of each session the last of some rows; -1 where it has none."""
    if not len(rows):
        return np.full(len(done.first), -1)
    found = rows[np.maximum(np.searchsorted(rows, done.last, side="right") - 1, 0)]
    return np.where((found >= done.first) & (found <= done.last), found, -1)


def _gathered(column: pl.Series, rows: Places) -> pl.Series:
    """The values of some rows; null for row -1."""
    places = pl.Series(rows, dtype=pl.Int64)
    return column.gather(places.set(places < 0, None).cast(pl.UInt32))


def _text(done: Cut, name: str, rows: Places) -> pl.Series:
    """A text of some rows; null for row -1."""
    return _gathered(done.texts[name], np.where(rows >= 0, done.place[rows], -1) if len(done.place) else rows)


def _count(done: Cut, flag: str) -> pl.Series:
    total = np.concatenate([[0], np.cumsum(done.events[flag].fill_null(False).to_numpy())])
    return pl.Series(total[done.last + 1] - total[done.first], dtype=pl.Int64)


def _numbers(device: pl.Series) -> pl.Series:
    """The how manieth session of its device each is; devices stand together."""
    n = len(device)
    begins = np.ones(n, dtype=np.bool_)
    begins[1:] = device.to_numpy()[1:] != device.to_numpy()[:-1]
    starts = np.flatnonzero(begins)
    return pl.Series(np.arange(n) - starts[np.cumsum(begins) - 1] + 1 if n else [], dtype=pl.Int64)
