"""
Consent: the latest word of each identifier, and the strictest of a profile's identifiers.

Said for (channel, purpose): an event on channel or purpose `all` speaks for each of them, and the newest
event that speaks for the pair decides, the stricter at the same instant. Nothing said is no consent. A
merge can therefore only take the stricter side: the states of all identifiers stay and the strictest wins.

A null channel asks about a purpose without a channel (an ad audience): then the strictest of the channels
that the identifier spoke about decides.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from cdptool.decisions.events import ALL, LEDGER, folded, plain, tagged
from cdptool.decisions.spec import Plan
from cdptool.errors import Finding
from cdptool.tables import UTC_TIME, require

Pair = tuple[str | None, str]  # channel (None = whatever the channel) and purpose

STATES: Final = ("granted", "withdrawn", "denied")  # from lax to strict
CONSENT: Final[dict[str, pl.DataType]] = {
    "profile_id": pl.Int64(),
    "channel": pl.String(),
    "purpose": pl.String(),
    "state": pl.String(),
    "since": UTC_TIME,  # null where a denial came without a time
    "event_id": pl.Int64(),
}

_STRICTNESS = pl.col("state").replace_strict(dict(zip(STATES, range(3), strict=True)), return_dtype=pl.Int64)
_IDENTIFIER = ("profile_id", "field", "value")


def consent_states(events: pl.LazyFrame, *, pairs: tuple[Pair, ...], as_of: datetime) -> pl.LazyFrame:
    """
    What each profile has consented to, of the pairs asked about.

    Args:
        events: EVENTS (`events_by_profile`).
        pairs: The (channel, purpose) to answer for.
        as_of: Events after it are not seen.

    Returns:
        CONSENT, one row per profile and pair that any of its identifiers spoke about; who has no row has
        given no consent. `since` and `event_id` are those of the newest event of the deciding strictness.
        No order. Lazy; key-local by `profile_id`.

    A state other than granted, denied and withdrawn counts as denied; an empty one is no event. A grant
    without a time is none, a denial without a time is older than everything else.
    """
    latest = _latest(_spoken(events, as_of), (*_IDENTIFIER, "channel", "purpose"))
    asked = pl.LazyFrame(
        list(dict.fromkeys(pairs)),
        schema={"asked_channel": pl.String, "asked_purpose": pl.String},
        orient="row",
    )
    via = _channels_to_ask(latest, asked)
    speaking = via.join(latest, on=_IDENTIFIER).filter(
        (pl.col("channel") == ALL) | (pl.col("channel") == pl.col("via")),
        (pl.col("purpose") == ALL) | (pl.col("purpose") == plain("asked_purpose")),
    )
    per_identifier = _latest(speaking, (*_IDENTIFIER, "asked_channel", "asked_purpose", "via"))
    return (
        per_identifier.sort(_STRICTNESS, "at", "event_id")
        .unique(["profile_id", "asked_channel", "asked_purpose"], keep="last", maintain_order=True)
        .select(
            "profile_id",
            pl.col("asked_channel").alias("channel"),
            pl.col("asked_purpose").alias("purpose"),
            "state",
            pl.col("at").alias("since"),
            "event_id",
        )
    )


def grants(events: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """The events that give consent, at a known time not after `as_of`; EVENTS."""
    return tagged(events, "consent", as_of=as_of).filter(
        pl.col("at").is_not_null() & (pl.col("state") == "granted")
    )


def ledger_findings(ledger: pl.LazyFrame, plan: Plan) -> tuple[Finding, ...]:
    """
    What is odd about the ledger: other states, missing times, channels the plan does not know. Collects counts.

    Args:
        ledger: LEDGER, one row per event and identifier.
        plan: For the names of its channels, and the purposes of its campaigns: only for these an unknown channel
            is odd (consent to advertising may speak of channels that no campaign uses).
    """
    require(ledger, LEDGER, "the consent ledger")
    state, channel = plain("state"), plain("channel")
    channels = [*(folded(c.name) for c in plan.channels), ALL]
    is_asked = plain("purpose").fill_null(ALL).is_in([*(folded(c.purpose) for c in plan.campaigns), ALL])
    spoken = state.is_not_null()
    odd = pl.col("event_id").filter
    counts = (
        ledger.select(
            states=odd(spoken & ~state.is_in(STATES)).n_unique(),
            times=odd(spoken & pl.col("at").is_null()).n_unique(),
            channels=odd(spoken & is_asked & channel.is_not_null() & ~channel.is_in(channels)).n_unique(),
        )
        .collect()
        .row(0, named=True)
    )
    said = {
        "states": ("have a state that is not granted, denied or withdrawn", "they are treated as denied"),
        "times": ("have no time", "a grant without a time does not count, a denial counts as the oldest"),
        "channels": ("name a channel that the plan does not declare", "spell it as in `channels:`"),
    }
    return tuple(
        Finding(f"{counts[key]} consent events {problem}", hint=hint, severity="warning")
        for key, (problem, hint) in said.items()
        if counts[key]
    )


def _spoken(events: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """Consent events that say something: state one of STATES, an unknown text as denied."""
    state = pl.col("state")
    return (
        tagged(events, "consent", as_of=as_of)
        .filter(state.is_not_null())
        .with_columns(pl.when(state.is_in(STATES)).then(state).otherwise(pl.lit("denied")).alias("state"))
        .filter(pl.col("at").is_not_null() | (state != "granted"))
        .select(*_IDENTIFIER, "channel", "purpose", "state", "at", "event_id")
    )


def _latest(rows: pl.LazyFrame, keys: tuple[str, ...]) -> pl.LazyFrame:
    """The newest row of each key; the stricter at the same instant. Rows without a time sort first."""
    return rows.sort("at", _STRICTNESS, "event_id").unique(keys, keep="last", maintain_order=True)


def _channels_to_ask(latest: pl.LazyFrame, asked: pl.LazyFrame) -> pl.LazyFrame:
    """For each identifier and pair, the channels `via` which the answer is sought: its own when it names one."""
    named = asked.filter(pl.col("asked_channel").is_not_null()).with_columns(
        plain("asked_channel").alias("via")
    )
    unnamed = asked.filter(pl.col("asked_channel").is_null())
    spoken = latest.select(*_IDENTIFIER, pl.col("channel").alias("via")).unique()
    return pl.concat(
        [
            latest.select(_IDENTIFIER).unique().join(named, how="cross"),
            spoken.join(unnamed, how="cross").select(*_IDENTIFIER, "asked_channel", "asked_purpose", "via"),
        ]
    )
