"""
From a guess to what can be declared: a type, the options it needs, and what is still open.

What no value proves is not declared: such a column stays a text until somebody says which of two readings it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cdptool.inspection.facts import ColumnFacts, FileFacts
from cdptool.inspection.guess import Guess
from cdptool.inspection.naming_words import words

_CURRENCY_WORDS: Final = ("currency", "tien te", "devise", "moneda", "waehrung", "wahrung", "currency code")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the project says where a column does not: zone, region, currency (None: nobody knows)."""

    tz: str
    region: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A type that can be declared, its options (name, text), and the sentence that stands beside it."""

    type: str
    options: tuple[tuple[str, str], ...]
    evidence: str


def settle(column: ColumnFacts, file: FileFacts, defaults: Defaults) -> Settled:
    """What to declare for a column."""
    guess = column.guess
    if guess.type == "phone":
        return _phone(guess, defaults)
    if guess.either:
        first, second = (f"`{each}`" for each in guess.either[:2])
        kind = (
            f"{guess.type} with format"
            if guess.type in ("date", "datetime")
            else f"{guess.type} with decimal"
        )
        return Settled(
            "text",
            (),
            f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} {first} or {second}: {guess.evidence.split('; ')[-1]}, so say which",
        )
    if guess.type in ("date", "datetime"):
        return Settled(
            guess.type, _time_options(guess, defaults), guess.evidence + _zone_note(guess, defaults)
        )
    if guess.type == "money":
        return _money(column, file, defaults)
    options = _decimal(guess) if guess.type in ("number", "integer") else ()
    return Settled(guess.type, options, guess.evidence)


def settle_time(column: ColumnFacts, defaults: Defaults) -> Settled:
    """What to declare for `at`: a moment, whatever the column's own type."""
    guess = column.guess
    is_naive = guess.tz_hint is None or guess.format == ("%s",)
    zone = "UTC" if guess.format == ("%s",) else defaults.tz
    options = (*_format(guess), *((("tz", zone),) if is_naive else ()))
    note = f"; no zone in them: {defaults.tz} is the project's" if guess.tz_hint is None else ""
    return Settled("datetime", options, guess.evidence + note)


def _time_options(guess: Guess, defaults: Defaults) -> tuple[tuple[str, str], ...]:
    if guess.type == "date":
        return _format(guess)
    if guess.format == ("%s",):
        return (*_format(guess), ("tz", "UTC"))
    return (*_format(guess), *((("tz", defaults.tz),) if guess.tz_hint is None else ()))


def _zone_note(guess: Guess, defaults: Defaults) -> str:
    if guess.type == "date" or guess.tz_hint is not None:
        return ""
    return f"; no zone in them: {defaults.tz} is the project's"


def _format(guess: Guess) -> tuple[tuple[str, str], ...]:
    return tuple(("format", each) for each in guess.format)


def _decimal(guess: Guess) -> tuple[tuple[str, str], ...]:
    return (("decimal", ","),) if guess.decimal == "," else ()


def _phone(guess: Guess, defaults: Defaults) -> Settled:
    if guess.region is None:
        return Settled("phone", (), guess.evidence)
    if guess.either and defaults.region is None:
        return Settled("identifier", (), guess.evidence)
    options = () if guess.region == defaults.region else (("region", guess.region),)
    return Settled("phone", options, guess.evidence)


def _money(column: ColumnFacts, file: FileFacts, defaults: Defaults) -> Settled:
    guess = column.guess
    beside = currency_column(file)
    options = _decimal(guess)
    if beside is not None:
        return Settled(
            "money", (("currency_from", beside), *options), f"{guess.evidence}; the currency stands beside it"
        )
    if guess.currency is not None and guess.currency != defaults.currency:
        return Settled("money", (("currency", guess.currency), *options), guess.evidence)
    if guess.currency is None and defaults.currency is None:
        return Settled("number", options, f"{guess.evidence}; money once somebody says the currency")
    note = "" if guess.currency else f"; no currency in them: {defaults.currency} is the project's"
    return Settled("money", options, guess.evidence + note)


def currency_column(file: FileFacts) -> str | None:
    """The column that holds the currency of every row, if there is one."""
    for column in file.columns:
        spaced = f" {words(column.name)} "
        if column.is_full and any(f" {word} " in spaced for word in _CURRENCY_WORDS):
            texts = file.texts[column.name].str.strip_chars()
            if bool(texts.str.contains(r"^[A-Za-z]{3}$").all()):
                return column.name
    return None
