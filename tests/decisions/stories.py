"""Short ways to write down people, consent and sends for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.decisions import cap_column, cap_columns, events_by_profile, people_schema
from cdptool.decisions.events import LEDGER, LOG
from cdptool.decisions.spec import Campaign, Cap, Channel, ConsentSpec, Plan, SendLog
from cdptool.tables import IDENTIFIERS

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
EMAIL, SMS, PUSH = Channel("email", "email"), Channel("sms", "phone"), Channel("push", "push_token")


def local(text: str) -> datetime:
    """An instant from its local time in Vietnam."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def planned(campaigns: tuple[Campaign, ...], caps: tuple[Cap, ...] = (), channels=(EMAIL, SMS, PUSH)) -> Plan:
    return Plan(channels, caps, campaigns, ConsentSpec("consent"), SendLog("sent"), "Asia/Ho_Chi_Minh")


def events_of(
    held: list[tuple[int, str, str]],
    *,
    consent: list[tuple[str, str, str, str, str, str]] = (),
    sent: list[tuple[str, str, str, str, str, str]] = (),
    plan: Plan | None = None,
) -> pl.LazyFrame:
    """
    Events from rows: held (profile, field, value); consent (field, value, channel, purpose, state, local time);
    sent (field, value, channel, kind, status, local time), each a dispatch of its own.
    """
    names = ("field", "value", "channel", "purpose", "state", "at")
    ledger = [{**dict(zip(names, row, strict=True)), "event_id": i} for i, row in enumerate(consent)]
    names = ("field", "value", "channel", "kind", "status", "at")
    log = [
        {**dict(zip(names, row, strict=True)), "event_id": i, "dispatch_id": f"d{i}", "campaign": "c"}
        for i, row in enumerate(sent)
    ]
    for row in (*ledger, *log):
        row["at"] = row["at"] and local(row["at"])
    caps = [c for c in plan.caps if c.where is not None] if plan else []
    return events_by_profile(
        pl.LazyFrame(held, schema=dict(IDENTIFIERS), orient="row"),
        ledger=pl.LazyFrame(ledger, schema=LEDGER),
        log=pl.LazyFrame(log, schema=LOG).with_columns(
            (pl.col("kind") == "promo").alias(cap_column(c)) for c in caps
        ),
        cap_columns=cap_columns(plan) if plan else (),
    )


def people_of(plan: Plan, *rows: dict[str, Any]) -> pl.LazyFrame:
    """People who are in every campaign, with the given columns."""
    schema = dict(people_schema(plan))
    blank = {name: True if name.startswith("to:") else None for name in schema}
    return pl.LazyFrame([{**blank, **row} for row in rows], schema=schema)


def is_promo(cap: Cap, campaign: Campaign, channel: str) -> bool:
    return campaign.kind == "promo"
