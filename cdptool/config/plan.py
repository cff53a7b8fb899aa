"""
The section of plan.yaml: channels, consent, the log of sends, caps and campaigns.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from cdptool.config.forms import (
    Into,
    ListOf,
    MapOf,
    Reading,
    Shape,
    check_known,
    refused,
    wrong,
)
from cdptool.config.names import columns_of
from cdptool.config.passes import parse_condition
from cdptool.config.reader import Scalar, Table, Value
from cdptool.config.scalars import (
    Integer,
    Known,
    boolean,
    date_text,
    duration,
    safe_name,
    text,
    time_of_day,
)
from cdptool.decisions.spec import Calendar, Campaign, Cap, Channel, ConsentSpec, Plan, SendLog, Window
from cdptool.errors import ConfigError, Finding

Quiet: TypeAlias = tuple[str, str]

_CALENDAR: Final[tuple[Calendar, ...]] = ("day", "week", "month", "quarter", "year")
_WORD: Final = re.compile(r"[^\W\d]+\Z")


def quiet(value: Value, reading: Reading) -> Quiet:
    """From when until when a channel stays silent."""
    hint = 'write `quiet: ["22:00", "07:00"]`'
    if isinstance(value, Scalar):
        raise wrong("two times of day", value, hint)
    times = ListOf(time_of_day)(value, reading)
    if len(times) != 2:
        raise refused(f"expected two times of day, found {len(times)}", value.place, hint)
    if times[0] == times[1]:
        raise refused("quiet hours that begin when they end", value.place, hint)
    return times[0], times[1]


_CHANNEL: Final = Shape(
    "a channel",
    Channel,
    {
        "address": Known("field"),
        "needs_consent": boolean,
        "quiet": Into(quiet, ("quiet_from", "quiet_until")),
    },
)


def window(value: Value, reading: Reading) -> Window:
    """A length that rolls, or a word of the calendar."""
    written = text(value, reading)
    for word in _CALENDAR:
        if written == word:
            return Window(calendar=word)
    hint = f"write a length such as `24h` or `7d`, or one of {', '.join(f'`{word}`' for word in _CALENDAR)}"
    if _WORD.match(written):
        raise refused(f"unknown window `{written}`", value.place, hint)
    try:
        return Window(seconds=duration(value, reading))
    except ConfigError:
        raise refused("expected a window", value.place, hint) from None


_CAP: Final = Shape(
    "a cap",
    Cap,
    {
        "id": safe_name,
        "max": Integer(least=0),
        "per": window,
        "channel": Known("channel"),
        "where": parse_condition,
        "only": Known("segment"),
    },
)


def caps(value: Value, reading: Reading) -> tuple[Cap, ...]:
    """The caps in order; each id once, since decisions cite it."""
    found = ListOf(_CAP)(value, reading)
    ids = [each.id for each in found]
    repeated = [each for i, each in enumerate(found) if each.id in ids[:i]]
    if repeated:
        raise ConfigError(
            *(Finding(f"repeated cap `{each.id}`", each.place, "give it another id") for each in repeated)
        )
    return found


def campaign_dates(value: Table) -> None:
    """A campaign does not end before it begins."""
    start, end = value.get("from"), value.get("until")
    if isinstance(start, Scalar) and isinstance(end, Scalar) and end.text < start.text:
        raise refused("`until` lies before `from`", end.place, "swap the two dates")


_CAMPAIGN: Final = Shape(
    "a campaign",
    Campaign,
    {
        "to": Known("segment"),
        "channels": ListOf(Known("channel"), or_one=True, least=1),
        "purpose": text,
        "priority": Integer(0, 100),
        "kind": text,
        "exempt": boolean,
        "from": Into(date_text, ("starts_on",)),
        "until": Into(date_text, ("ends_on",)),
        "owner": text,
    },
    check=campaign_dates,
)


class _Ledger:
    """A stream that must have certain columns."""

    def __init__(self, what: str, columns: tuple[str, ...]) -> None:
        self.what, self.columns = what, columns

    def __call__(self, value: Value, reading: Reading) -> str:
        stream = text(value, reading)
        check_known("stream", stream, value.place, reading)
        declared = reading.names.get(columns_of("stream", stream))
        missing = [name for name in self.columns if declared is not None and name not in declared]
        if missing:
            lacking = ", ".join(f"`{name}`" for name in missing)
            hint = "declare it under `streams` in project.yaml"
            raise refused(f"stream `{stream}` lacks {lacking}, which {self.what} needs", value.place, hint)
        return stream


_STATES: Final = ListOf(text, or_one=True)
PLAN_SHAPE: Final = Shape(
    "plan.yaml",
    Plan,
    {
        "consent": Shape(
            "`consent`", ConsentSpec, {"stream": _Ledger("consent", ("channel", "purpose", "state"))}
        ),
        "sends": Shape(
            "`sends`",
            SendLog,
            {
                "stream": _Ledger(
                    "the log of sends", ("channel", "campaign", "kind", "status", "dispatch_id")
                ),
                "counted": _STATES,
                "hard_bounced": _STATES,
                "complained": _STATES,
                "unsubscribed": _STATES,
            },
        ),
        "channels": MapOf(_CHANNEL.named, safe_name),
        "caps": caps,
        "campaigns": MapOf(_CAMPAIGN.named, safe_name),
    },
    otherwise={"consent": None, "sends": None, "channels": (), "caps": (), "campaigns": ()},
)
