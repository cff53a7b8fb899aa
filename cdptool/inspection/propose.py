"""
What a file could feed: records where a row is somebody, a stream where something happened, else a table.

The proposal names columns of the file by their role. What our names for them are, and which files speak of
the same people, is decided for all files together (`project`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cdptool.inspection.facts import ColumnFacts, FileFacts, find_key
from cdptool.inspection.file_words import is_about_events, is_about_people, says_device, says_whose
from cdptool.inspection.naming_words import says_birth, words

Feeds = Literal["records", "stream", "table"]
_AT_WORDS: Final = (
    *(
        "occurred",
        "event",
        "timestamp",
        "datetime",
        "time",
        "ts",
        "at",
        "date",
        "created",
        "ordered",
        "placed",
    ),
    *("sent", "processed", "thoi gian", "ngay", "createdate"),
)
_STATE_WORDS: Final = (
    "updated",
    "modified",
    "changed",
    "lastmodified",
    "last updated",
    "cap nhat",
    "capnhat",
)
_LATE_WORDS: Final = (
    *(
        "synced",
        "loaded",
        "ingested",
        "expires",
        "expiry",
        "end",
        "ends",
        "closed",
        "cancelled",
        "deleted",
        "due",
    ),
    *("until", "close", "first", "last", "scheduled", "next", "expected", "archived", "closedate"),
)
_OTHERS: Final = (
    "from",
    "sender",
    "reply",
    "owner",
    "agent",
    "company",
    "support",
    "staff",
    "created by",
    "filtered",
)


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """
    What one file could feed, in columns of the file.

    `at` is the column of the time (None: no column has one). `who` are the columns that say whose row it is, for a
    stream. `reason` is why it feeds that.
    """

    file: FileFacts
    feeds: Feeds
    key: tuple[str, ...]
    at: str | None
    who: tuple[str, ...]
    reason: str


def draft_source(file: FileFacts) -> SourceDraft:
    """Propose what a file feeds. It always finds something: a stream without a time is the last resort."""
    key = find_key(file)
    single = key[0] if len(key) == 1 else None
    contacts = _contacts(file)
    whose = tuple(
        c.name
        for c in file.columns
        if c.guess.type in ("identifier", "text") and not c.is_empty and says_whose(c.name)
    )
    is_person_key = single is not None and (
        single in whose or file.column(single).guess.type == "email" or is_about_people(file.about)
    )
    if single and _is_somebody(file, contacts, is_person_key=is_person_key):
        reason = f"one row per {_shown(single)}" + (", and it says who somebody is" if contacts else "")
        return SourceDraft(file, "records", key, _time_of_state(file), (), reason)
    who = (*whose, *(c for c in contacts if c not in whose))
    at = _time_of_event(file)
    if at is not None and (who or single is None or is_about_events(file.about)):
        reason = (
            "it has a time, and says whose it is" if who else "it has a time, and says of nobody whose it is"
        )
        return SourceDraft(file, "stream", key, at, who, reason)
    if single is not None and not who:
        return SourceDraft(file, "table", key, None, (), f"one row per {_shown(single)}, and nobody in it")
    if contacts and not is_about_events(file.about):
        return SourceDraft(file, "records", key, _time_of_state(file), (), "it says who somebody is")
    return SourceDraft(file, "stream", key, None, who, "no column names a row or holds a time")


def _is_somebody(file: FileFacts, contacts: tuple[str, ...], *, is_person_key: bool) -> bool:
    if is_about_events(file.about):
        return False
    if is_about_people(file.about):
        return True
    return bool(contacts) and (is_person_key or not _has_repeats(file, contacts)) and not _is_log(file)


def _is_log(file: FileFacts) -> bool:
    """Amounts of money beside a time that is not the row's own state: something was bought."""
    return bool(file.of_type("money")) and _time_of_event(file) is not None


def _has_repeats(file: FileFacts, contacts: tuple[str, ...]) -> bool:
    found = [file.column(name).guess for name in contacts]
    return any(guess.n_distinct < 0.9 * guess.n_rows for guess in found if guess.type in ("email", "phone"))


def _contacts(file: FileFacts) -> tuple[str, ...]:
    """The columns by which somebody can be reached: one e-mail, one phone; and a name beside a phone."""
    email = _first(file, "email")
    phone = _first(file, "phone")
    name = _first(file, "person_name") if email or phone else None
    names = [c.name for c in file.of_type("person_name")] if name else []
    return tuple(each for each in (email, phone, *names[:1]) if each is not None)


def _first(file: FileFacts, kind: str) -> str | None:
    found = [column for column in file.of_type(kind) if not _has_word(column.name, _OTHERS)]
    return max(found, key=lambda column: column.guess.n_rows).name if found else None


def _times(file: FileFacts) -> list[ColumnFacts]:
    return [c for c in file.of_type("datetime", "date") if not c.guess.either and not says_birth(c.name)]


def _time_of_event(file: FileFacts) -> str | None:
    rows = file.texts.height
    full = [c for c in _times(file) if c.guess.n_rows >= 0.9 * rows]
    return min(full, key=lambda c: _time_rank(c, (*_AT_WORDS,))).name if full else None


def _time_of_state(file: FileFacts) -> str | None:
    found = [c for c in _times(file) if c.guess.n_rows >= 0.5 * file.texts.height]
    return min(found, key=lambda c: _time_rank(c, _STATE_WORDS)).name if found else None


def _time_rank(column: ColumnFacts, wanted: tuple[str, ...]) -> tuple[int, int, int]:
    is_late = _has_word(column.name, _LATE_WORDS) and not (
        wanted == _STATE_WORDS and _has_word(column.name, wanted)
    )
    return int(is_late), int(not _has_word(column.name, wanted)), int(column.guess.type == "date")


def _has_word(name: str, wanted: tuple[str, ...]) -> bool:
    spaced = f" {words(name)} "
    return any(f" {word} " in spaced for word in wanted)


def _shown(name: str) -> str:
    return "`" + " ".join(name.split()) + "`"


def is_device(name: str) -> bool:
    """Whether this key is one of a device: it brings events to a person, and joins nobody."""
    return says_device(name)
