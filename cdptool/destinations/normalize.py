"""
The named steps that turn a canonical value into the form one platform asks for.

A step is tiny, works on text and returns null for what it refuses; a destination spec lists steps by name, in
order. There is no general "normalise": the same mailbox has five forms at five platforms. Hashing is not a
step (`hashing`); cleaning raw input is the field types' work (`cdptool.fields`), not done again here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

META = "developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters"
GOOGLE = "developers.google.com/data-manager/api/devguides/concepts/formatting"

EMPTY: Final = "empty after normalisation"


@dataclass(frozen=True, slots=True)
class Step:
    """A named step: what it does, why it refuses, and the page that asks for it."""

    name: str
    apply: Callable[[pl.Expr], pl.Expr]  # text → text; null = refused
    reason: str  # said when the step makes null of a value
    source: str


def nfc(text: pl.Expr) -> pl.Expr:
    """
    Compose letters and marks (Unicode NFC): `nguyễn` is 6 code points, whatever keyboard wrote it.

    >>> pl.select(nfc(pl.lit("e\\u0301")).str.len_chars()).item()
    1
    """
    return text.str.normalize("NFC")


def trim(text: pl.Expr) -> pl.Expr:
    """Cut white space at both ends."""
    return text.str.strip_chars()


def lower(text: pl.Expr) -> pl.Expr:
    """Lower-case all scripts; what was NFC stays NFC."""
    return text.str.to_lowercase()


def rm_space(text: pl.Expr) -> pl.Expr:
    """Delete white space everywhere.

    >>> pl.select(rm_space(pl.lit("đà nẵng"))).item()
    'đànẵng'
    """
    return text.str.replace_all(r"\s+", "")


def rm_punct(text: pl.Expr) -> pl.Expr:
    """
    Delete punctuation and symbols of any script; letters, marks and digits stay.

    >>> pl.select(rm_punct(pl.lit("o'brien-lê"))).item()
    'obrienlê'
    """
    return text.str.replace_all(r"[\p{P}\p{S}]+", "")


def rm_titles(text: pl.Expr) -> pl.Expr:
    """
    Delete titles before a lower-case name.

    >>> pl.select(rm_titles(pl.lit("mrs. jane"))).item()
    'jane'
    """
    return text.str.replace(r"^(?:(?:mr|mrs|ms|miss|dr|prof|sir)(?:\.\s*|\s+))+", "")


def rm_suffixes(text: pl.Expr) -> pl.Expr:
    """
    Delete suffixes after a lower-case name.

    >>> pl.select(rm_suffixes(pl.lit("king, jr."))).item()
    'king'
    """
    return text.str.replace(r"(?:(?:,\s*|\s+)(?:jr|sr|ii|iii|iv|phd|md)\.?)+$", "")


def gmail_dots_tags(text: pl.Expr) -> pl.Expr:
    """
    Delete dots and `+tag` before the @ of gmail.com and googlemail.com; the domain stays as it is.

    >>> pl.select(gmail_dots_tags(pl.lit("jane.doe+vip@googlemail.com"))).item()
    'janedoe@googlemail.com'
    """
    local = text.str.extract(r"^([^@+]*)", 1).str.replace_all(".", "", literal=True)
    domain = text.str.extract(r"(@.*)$", 1)
    return pl.when(text.str.contains(r"@(?:gmail|googlemail)\.com$")).then(local + domain).otherwise(text)


def email_address(text: pl.Expr) -> pl.Expr:
    """Refuse what has no local part, no domain with a dot, more than one @, or white space."""
    return _only(text, r"^[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+$")


def digits_no_plus(text: pl.Expr) -> pl.Expr:
    """
    The digits of an international phone number, without `+`.

    A number without `+` or `00` counts as international from 11 digits on, when it does not begin with 0:
    `0987654321` and `987654321` are refused, for nobody can know the country any more. `+84 0…` is refused
    too: a Vietnamese number has no 0 after its country code, the digest would match nobody.

    >>> pl.Series(["+84 98 765 43 21", "0044 207 123 4567", "0987654321"]).to_frame("p").select(
    ...     digits_no_plus(pl.col("p")))["p"].to_list()
    ['84987654321', '442071234567', None]
    """
    text = _only(text.str.strip_chars(), r"^\+?[^\p{L}+]*$")
    digits = text.str.replace_all(r"[^0-9]+", "").str.replace("^00", "")
    least = pl.when(text.str.contains(r"^(?:\+|00)")).then(8).otherwise(11)
    whole = digits.str.contains("^[1-9]") & digits.str.len_bytes().is_between(least, 15)
    return pl.when(whole & ~digits.str.starts_with("840")).then(digits)


def e164_plus(text: pl.Expr) -> pl.Expr:
    """The same number with `+` before it (E.164)."""
    return "+" + digits_no_plus(text)


def first5_us_zip(text: pl.Expr) -> pl.Expr:
    """
    Cut the extension of a 5+4 postcode, a shape that only US ZIP codes (and Saudi ones, same rule) have.

    >>> pl.select(first5_us_zip(pl.lit("90210-1234"))).item()
    '90210'
    """
    return text.str.replace(r"^(\d{5})-\d{4}$", "${1}")


def iso2_lower(text: pl.Expr) -> pl.Expr:
    """A two-letter country code, lower case."""
    return _only(text, "^[A-Za-z]{2}$").str.to_lowercase()


def iso2_upper(text: pl.Expr) -> pl.Expr:
    """A two-letter country code, upper case."""
    return _only(text, "^[A-Za-z]{2}$").str.to_uppercase()


def gender_mf(text: pl.Expr) -> pl.Expr:
    """`m` or `f`; every other gender has no letter at Meta."""
    return _only(text.str.to_lowercase(), "^(?:m|male|f|female)$").str.head(1)


def yyyymmdd(text: pl.Expr) -> pl.Expr:
    """An ISO date without its hyphens."""
    return _only(text, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$").str.replace_all("-", "", literal=True)


def year(text: pl.Expr) -> pl.Expr:
    """A year of four digits."""
    return _only(text, "^[0-9]{4}$")


def mobile_ad_id(text: pl.Expr) -> pl.Expr:
    """An advertising id in lower case, hyphens kept; the all-zero id of who switched tracking off is refused."""
    form = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
    return pl.when(text.str.contains(form) & text.str.contains("[^0-]")).then(text)


def not_negative(text: pl.Expr) -> pl.Expr:
    """A number, whole or decimal, that is not below zero."""
    return _only(text, r"^[0-9]+(?:\.[0-9]+)?$")


def _only(text: pl.Expr, pattern: str) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(text)


STEPS: Final[tuple[Step, ...]] = (
    Step("nfc", nfc, EMPTY, "unicode.org/reports/tr15"),
    Step("trim", trim, EMPTY, META),
    Step("lower", lower, EMPTY, META),
    Step("rm_space", rm_space, EMPTY, META),
    Step("rm_punct", rm_punct, EMPTY, META),
    Step("rm_titles", rm_titles, EMPTY, GOOGLE),
    Step("rm_suffixes", rm_suffixes, EMPTY, GOOGLE),
    Step("gmail_dots_tags", gmail_dots_tags, EMPTY, GOOGLE),
    Step("email_address", email_address, "not an e-mail address", "www.rfc-editor.org/rfc/rfc5321"),
    Step("digits_no_plus", digits_no_plus, "phone without country code, or no phone number", META),
    Step("e164_plus", e164_plus, "phone without country code, or no phone number", GOOGLE),
    Step("first5_us_zip", first5_us_zip, EMPTY, META),
    Step("iso2_lower", iso2_lower, "not a two-letter country code", META),
    Step("iso2_upper", iso2_upper, "not a two-letter country code", GOOGLE),
    Step("gender_mf", gender_mf, "neither m nor f", META),
    Step("yyyymmdd", yyyymmdd, "not an ISO date", META),
    Step("year", year, "not a year of four digits", META),
    Step("mobile_ad_id", mobile_ad_id, "not an advertising id, or all zeros", META),
    Step(
        "not_negative",
        not_negative,
        "not a number of zero or more",
        "facebook.com/business/help/1033094474356222",
    ),
)
STEP_NAMES: Final[tuple[str, ...]] = tuple(step.name for step in STEPS)


def steps_named(names: tuple[str, ...]) -> tuple[Step, ...]:
    """The steps of these names, in this order. `destinations.check_destination` has vouched for the names."""
    return tuple(next(step for step in STEPS if step.name == name) for name in names)


def normalize(frame: pl.LazyFrame, names: tuple[str, ...]) -> pl.LazyFrame:
    """
    Put the column `value` through the named steps and say why a value was refused.

    Args:
        frame: Any columns beside `value` (String).
        names: Names of steps, applied in order.

    Returns:
        The frame with `value` (String, null = nothing to send, never empty) and `reason` (String, null
        unless a value was there and is gone). Same rows, same order, lazy.
    """
    frame = frame.with_columns(reason=pl.lit(None, pl.String))
    for step in (*steps_named(names), _NOT_EMPTY):
        after = step.apply(pl.col("value"))
        lost = pl.col("value").is_not_null() & (after.is_null() | (after == ""))
        reason = pl.when(pl.col("value") == "").then(pl.lit(EMPTY)).otherwise(pl.lit(step.reason))
        frame = frame.with_columns(
            value=pl.when(after != "").then(after),
            reason=pl.when(lost).then(reason).otherwise(pl.col("reason")),
        )
    return frame


# The last step of every column, so that a column without steps writes no empty text either.
_NOT_EMPTY: Final = Step("not_empty", lambda text: pl.when(text != "").then(text), EMPTY, "")
