"""What plan.yaml declares: channels, consent, caps, campaigns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cdptool.errors import Place
from cdptool.rules.syntax import Node

Calendar = Literal["day", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Window:
    """A cap's window: rolling (`seconds`, half-open: (t - seconds, t]) or one calendar period holding t."""

    seconds: int | None = None
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach people: the key field it needs, its consent, and the hours it must stay silent."""

    name: str
    address: str  # a profile field: email, phone, push_token, …
    needs_consent: bool = True
    quiet_from: str | None = None  # "22:00", local time
    quiet_until: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `max` sends in `per`, of one channel or of all, of rows that meet `where`, for segment `only`."""

    id: str
    max: int
    per: Window
    channel: str | None = None
    where: Node | None = None  # over columns of the send: campaign, kind, channel, …
    only: str | None = None  # a segment
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Campaign:
    """Something to send: to whom, on which channels in order, for which purpose, and how urgent it is."""

    name: str
    to: str  # a segment
    channels: tuple[str, ...]
    purpose: str
    priority: int = 50  # 0–100, higher first
    kind: str = "promo"
    exempt: bool = False  # transactional: caps, consent of advertising and quiet hours do not apply
    starts_on: str | None = None
    ends_on: str | None = None
    owner: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ConsentSpec:
    """Which stream is the consent ledger, and which are the other lists that stop a send."""

    stream: str  # columns: channel, purpose, state (granted / denied / withdrawn)


@dataclass(frozen=True, slots=True)
class SendLog:
    """Which stream is the log of sends: columns channel, campaign, kind, status, dispatch_id."""

    stream: str
    counted: tuple[str, ...] = ("sent", "delivered", "opened", "clicked", "soft_bounced")
    hard_bounced: tuple[str, ...] = ("hard_bounced",)
    complained: tuple[str, ...] = ("complained",)
    unsubscribed: tuple[str, ...] = ("unsubscribed",)


@dataclass(frozen=True, slots=True)
class Plan:
    """plan.yaml, read."""

    channels: tuple[Channel, ...]
    caps: tuple[Cap, ...]
    campaigns: tuple[Campaign, ...]
    consent: ConsentSpec | None
    sends: SendLog | None
    tz: str = "UTC"
    week_starts: Literal["monday", "sunday", "saturday"] = "monday"
