"""What a project says of its sessions, and the columns that the stream of sessions has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from cdptool.errors import Place
from cdptool.rules import Node
from cdptool.tables import Column, StreamSchema

Split = Literal["midnight", "campaign"]

# Which column of the stream holds what, where it has it: the address of the page, the link that led there, and
# the campaign where the export tells it beside the address.
PARTS: Final = ("url", "referrer", "source", "medium", "campaign", "term", "content")

# What rules may say of a session, beside `at`, its first moment.
COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("ended_at", "datetime"),  # its last event
    ("seconds", "integer"),  # from the first to the last event, whole seconds
    ("events", "integer"),
    ("pages", "integer"),
    ("conversions", "integer"),
    ("engaged", "boolean"),  # 10 seconds, 2 pages or a conversion; null while open and not yet so
    ("bounced", "boolean"),  # at most one page and no conversion; null while open and still so
    ("is_open", "boolean"),  # as of the run it may still go on
    ("entry_page", "text"),  # without scheme, parameters and fragment
    ("exit_page", "text"),
    ("referrer", "text"),  # the site that linked here; never our own
    ("traffic_source", "text"),  # `source` and `content` are fixed columns of every stream
    ("traffic_medium", "text"),
    ("campaign", "text"),
    ("term", "text"),
    ("ad_content", "text"),
    ("channel", "text"),  # of the default channel groups of GA4
    ("touch_at", "datetime"),  # the last visit, up to this one, that did not come direct: when …
    ("touch_source", "text"),  # … and from where; this one where there was none
    ("touch_medium", "text"),
    ("touch_campaign", "text"),
    ("touch_channel", "text"),
    ("number", "integer"),  # the first of its device is 1
    ("identified_at", "datetime"),  # the first log-in inside it
    ("known_by", "text"),  # whose it is was told by: login | earlier | later; null = nobody knows
)


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """Sessions of one stream: when a new one begins, and which columns say where it came from."""

    name: str
    of: str  # the stream of events
    device: tuple[str, ...]  # profile fields that tell devices apart; of a row the first that it has
    parts: tuple[tuple[str, str], ...] = ()  # of PARTS: its column in the stream
    idle_seconds: int = 1800
    split: tuple[Split, ...] = ()
    pages: Node | None = None  # which rows are page views; None = those with a url
    conversion: Node | None = None
    lookback_seconds: int = 90 * 86_400  # how far back a visit that came direct looks for one that did not
    ignore_referrers: tuple[str, ...] = ()  # sites of ours, and payment pages on the way
    place: Place | None = field(default=None, compare=False)

    @property
    def schema(self) -> StreamSchema:
        """The stream of sessions, as rules know it."""
        columns = tuple(Column(name, kind) for name, kind in COLUMNS)
        return StreamSchema(self.name, columns, place=self.place)

    @property
    def events_table(self) -> str:
        """The table that says of each event in which session it is and whose it is."""
        return f"events_of_{self.name}"


@dataclass(frozen=True, slots=True)
class Cutting:
    """What a kernel needs to know to cut events into sessions."""

    idle_seconds: int = 1800
    at_midnight_of: str | None = None  # the zone whose midnight ends a session
    at_campaign: bool = False
    ignore_referrers: tuple[str, ...] = ()
