"""
What one column of texts probably is: a field type, decided by what is in it, with the words of its name as a hint.

Each test looks at the texts and says a type or nothing; the first that speaks decides. A name alone never
does. What the texts leave open (which number is the day, what a comma means) is said in `either`, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from cdptool.fields import FieldOptions, currency_code, field_type
from cdptool.fields.base import PLACEHOLDER, VALID
from cdptool.fields.folding import fold
from cdptool.fields.name_words import FAMILY_NAMES
from cdptool.inspection.guess_times import Times, guess_times
from cdptool.inspection.naming_words import hinted_types, says_birth, words
from cdptool.inspection.sample import Sample, sample_of, valid_share

Decimal = Literal[".", ","]
_SURE: Final = 0.9  # without a word in the name
_LIKELY: Final = 0.7  # with one
_FAR_MORE: Final = 20
_NEARLY: Final = 0.2  # a few numbers more or less
_SIGNS: Final[tuple[Decimal, Decimal]] = (".", ",")
# Numbering plans that are tried where nobody said which country the numbers are of.
# fmt: off
_REGIONS: Final = (
    "VN", "US", "GB", "DE", "FR", "IN", "AU", "JP", "KR", "CN", "TH", "SG", "MY", "ID", "PH", "TW", "HK", "ES",
    "IT", "NL", "BE", "CH", "AT", "PL", "SE", "NO", "DK", "FI", "PT", "IE", "BR", "MX", "CA", "NZ", "ZA",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Guess:
    """
    What a column probably is.

    `type` is a name in `cdptool.fields`. `format` are strptime formats (none: ISO 8601), `decimal` the decimal
    sign, `tz_hint` the zone that the times themselves carry (an offset, `UTC`, `several offsets`; None: they carry
    none), `region` that of national phone numbers (None: not needed, or not known), `currency` what the amounts
    name. `share` of the non-empty rows looked at reads as valid. `either` are two readings of which no value proves
    one (two time formats, or two decimal signs): then the type should not be relied on before somebody says
    which. `evidence` is a sentence about all of this, without any value.
    """

    type: str
    format: tuple[str, ...] = ()
    decimal: Decimal = "."
    tz_hint: str | None = None
    region: str | None = None
    share: float = 0.0
    evidence: str = ""
    currency: str | None = None
    either: tuple[str, ...] = ()
    n_distinct: int = 0
    n_rows: int = 0  # not empty, no placeholder


@dataclass(frozen=True, slots=True)
class _Column:
    """What the tests look at."""

    name: str
    hints: tuple[str, ...]
    sample: Sample
    region: str | None

    def least(self, kind: str) -> float:
        """The share that must be valid for this type."""
        return _LIKELY if kind in self.hints else _SURE

    def guess(self, kind: str, share: float, what: str, note: str = "", **more: Any) -> Guess:
        """The guess with its sentence."""
        count, rows = self.sample.n_distinct, self.sample.n_rows
        text = f"{_percent(share)} of {rows:,} text{'s' * (rows != 1)} ({count:,} different) are {what}"
        evidence = f"{text}; {note}" if note else text
        return Guess(kind, share=share, evidence=evidence, n_distinct=count, n_rows=rows, **more)


def guess_column(name: str, texts: pl.Series, *, region: str | None = None) -> Guess:
    """
    Guess what a column is.

    Args:
        name: The column's name in the file.
        texts: Its texts (String), all that were read.
        region: The country whose numbering plan reads national phone numbers; None tries several.

    >>> found = guess_column("mail", pl.Series(["an@hoasen.vn", "binh@hoasen.vn"]))
    >>> found.type, found.evidence
    ('email', '100 % of 2 texts (2 different) are valid e-mails')
    >>> guess_column("ngay", pl.Series(["25/12/2024", "1/2/2025"])).format
    ('%d/%m/%Y',)
    >>> guess_column("day", pl.Series(["05/06/2024"])).either
    ('%d/%m/%Y', '%m/%d/%Y')
    """
    sample = sample_of(texts)
    if not sample.n_rows:
        return Guess("text", evidence="no text in it: nothing to tell by")
    column = _Column(name, hinted_types(name), sample, region)
    for test in _TESTS:
        found = test(column)
        if found is not None:
            return found
    return column.guess("text", 1.0, "texts of no narrower type")


def _email(column: _Column) -> Guess | None:
    if column.sample.matching("@") < column.least("email"):
        return None
    share = valid_share(column.sample, "email", FieldOptions())
    return column.guess("email", share, "valid e-mails") if share >= column.least("email") else None


def _boolean(column: _Column) -> Guess | None:
    if column.sample.n_distinct > 12:
        return None
    share = valid_share(column.sample, "boolean", FieldOptions())
    said = set(column.sample.texts.str.to_lowercase())
    is_plain = (
        bool(said & {"true", "false", "yes", "no", "có", "không"}) or said >= {"y", "n"} or said >= {"t", "f"}
    )
    if share < _SURE or not (is_plain or "boolean" in column.hints):
        return None
    return column.guess("boolean", share, "yes or no")


def _gender(column: _Column) -> Guess | None:
    if column.sample.n_distinct > 30:
        return None
    share = valid_share(column.sample, "gender", FieldOptions())
    said = set(column.sample.texts.str.to_lowercase())
    is_plain = len(said & {"male", "female", "nam", "nữ", "nu"}) > 1
    if share < column.least("gender") or not (is_plain or "gender" in column.hints):
        return None
    return column.guess("gender", share, "words for a gender")


def _country(column: _Column) -> Guess | None:
    if "country" not in column.hints:
        return None
    share = valid_share(column.sample, "country", FieldOptions())
    return column.guess("country", share, "countries") if share >= _LIKELY else None


def _postcode(column: _Column) -> Guess | None:
    if "postcode" not in column.hints:
        return None
    share = valid_share(column.sample, "postcode", FieldOptions())
    return column.guess("postcode", share, "postal codes") if share >= _LIKELY else None


def _fitting(sample: Sample) -> tuple[str, ...]:
    """The regions whose plans read nearly as many of a few numbers as the best: plans are dear to build."""
    few = sample.few(24)
    shares = {each: _share_of_few(few, each) for each in _REGIONS}
    best = max(shares.values())
    return tuple(each for each in _REGIONS if shares[each] >= best - _NEARLY)


def _share_of_few(few: Sample, region: str) -> float:
    """`valid_share` of a few numbers: asking about each is cheaper than a look at all."""
    said = field_type("phone").judge(few.texts, FieldOptions(region=region)).verdicts.to_list()
    counts = few.counts.to_list()
    total = sum(count for count, verdict in zip(counts, said, strict=True) if verdict != PLACEHOLDER)
    valid = sum(count for count, verdict in zip(counts, said, strict=True) if verdict == VALID)
    return valid / total if total else 0.0


def _phone(column: _Column) -> Guess | None:
    sample = column.sample
    is_international = sample.matching(r"^\s*(?:\+|00)[1-9][\d .()\-]{6,}") >= _SURE
    if not is_international and "phone" not in column.hints:
        return None
    if sample.matching(r"(?:\d[^\dA-Za-z]*){6}") < column.least("phone"):
        return None
    regions = (column.region,) if column.region else _fitting(sample)
    some = sample.few(300)
    shares = {each: valid_share(some, "phone", FieldOptions(region=each)) for each in regions}
    best = max(shares, key=lambda each: shares[each])
    if shares[best] < _LIKELY:
        return None
    alike = [each for each in shares if shares[each] >= shares[best] - 0.02]
    if len(alike) == len(_REGIONS) and not column.region:
        return column.guess("phone", shares[best], "valid phone numbers", "with their country code")
    share = shares[best]
    if len(alike) > 1:
        also = f"national numbers; they fit {', '.join(alike[:5])} alike, so say which `region`"
        return column.guess(
            "phone", share, f"valid phone numbers of {best}", also, region=best, either=tuple(alike[:5])
        )
    return column.guess("phone", share, f"valid phone numbers of {best}", region=best)


def _time(column: _Column) -> Guess | None:
    is_named = bool({"date", "datetime"} & set(column.hints))
    found = guess_times(column.sample, is_named_time=is_named)
    if found is None:
        return None
    kind = "datetime" if found.has_clock and not _is_birthday(column, found) else "date"
    return column.guess(
        kind,
        found.share,
        _said_of(found),
        found.why,
        format=found.formats,
        tz_hint=found.zone,
        either=found.either,
    )


def _is_birthday(column: _Column, found: Times) -> bool:
    """A birthday with the clock at midnight is a day."""
    return says_birth(column.name) and found.zone is None


def _said_of(times: Times) -> str:
    if times.either:
        return f"times written as `{times.either[0]}` or `{times.either[1]}`"
    if times.formats:
        return "times written as " + ", ".join(f"`{each}`" for each in times.formats)
    own = {None: " without a zone", "UTC": " in UTC"}.get(times.zone, f" with {times.zone}")
    return "ISO 8601 " + ("times" + own if times.has_clock else "days")


def _code(column: _Column) -> Guess | None:
    """Keys by their looks: UUIDs, hashes, leading zeros, more digits than a number holds."""
    sample = column.sample
    uuid = sample.matching(r"(?i)^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$")
    if uuid >= _SURE:
        return column.guess("identifier", uuid, "UUIDs")
    hashes = sample.matching(r"(?i)^(?:[0-9a-f]{16,})$")
    if hashes >= _SURE and sample.matching(r"[a-fA-F]") > 0:
        return column.guess("identifier", hashes, "hashes")
    digits = sample.matching(r"^\d+$")
    if digits >= _SURE and (zeros := sample.matching(r"^0\d")) > 0.01:
        return column.guess(
            "identifier", digits, "digits", f"{_percent(zeros)} begin with a zero, which a number would lose"
        )
    if digits >= _SURE and sample.matching(r"^\d{16,}$") > 0.01:
        return column.guess("identifier", digits, "digits", "some are longer than a number holds exactly")
    is_code = "identifier" in column.hints and sample.matching(r"^\S{1,80}$") >= _SURE
    if is_code and not {"money", "datetime"} & set(column.hints[: column.hints.index("identifier")]):
        return column.guess("identifier", 1.0, "texts without spaces", "and the name speaks of a key")
    return None


def _number(column: _Column) -> Guess | None:
    sample = column.sample
    if "phone" in column.hints and sample.matching(r"^\d{7,}$") >= _SURE:
        return None  # numbers of a kind, but not to reckon with
    if sample.matching(r"^\+\d{7,}$") > 0.01:
        return None  # nobody writes an amount so: the plus is part of a phone number that may not be valid
    if sample.matching(r"^[^\p{L}]*\d[^\p{L}]*$|^\D{0,5}\d[\d.,'’\s]*\D{0,6}$") < column.least("money"):
        return None
    shares = {sign: _share_of_numbers(column, sign) for sign in _SIGNS}
    best = max(_SIGNS, key=lambda sign: shares[sign][1])
    kind, share = shares[best]
    if share < column.least(kind):
        return None
    proven, note = _decimal_sign(sample)
    what = {"money": "amounts", "integer": "whole numbers", "number": "numbers"}
    if proven is not None and shares[proven][1] >= share - 0.05:
        best, (kind, share) = proven, shares[proven]
    either: tuple[str, ...] = ()
    if proven is None and shares["."][1] >= share - 0.02 and shares[","][1] >= share - 0.02:
        either, note = (".", ","), "no value shows whether the sign parts decimals or thousands"
    currency = _currency(sample) if kind == "money" else None
    return column.guess(kind, share, what[kind], note, decimal=best, currency=currency, either=either)


def _share_of_numbers(column: _Column, sign: Decimal) -> tuple[str, float]:
    options = FieldOptions(decimal=sign)
    money = valid_share(column.sample, "money", options)
    is_money = "money" in column.hints or column.sample.matching(r"\p{Sc}|\d\s*(?:đ|VND|USD|EUR|GBP)$") >= 0.5
    if is_money and money >= _LIKELY:
        return "money", money
    whole = valid_share(column.sample, "integer", options)
    number = valid_share(column.sample, "number", options)
    return ("integer", whole) if whole >= number - 0.02 else ("number", number)


def _decimal_sign(sample: Sample) -> tuple[Decimal | None, str]:
    """Which sign parts decimals, where some value proves it; `.` where no sign stands in any."""
    digits = sample.texts.str.replace_all(r"[^\d.,]", "")
    signed = digits.filter(digits.str.contains(r"[.,]"))
    if not len(signed):
        return ".", ""
    proofs = {sign: _proofs_of_decimals(signed, sign) for sign in _SIGNS}
    if proofs["."] != proofs[","]:
        best = max(_SIGNS, key=lambda sign: proofs[sign])
        if proofs[best] >= _FAR_MORE * proofs[_other(best)]:
            return best, "`,` parts the decimals" if best == "," else ""
        return None, ""
    plain = digits.filter(~digits.str.contains(r"[.,]"))
    for sign in _SIGNS:
        thousands = _other(sign)
        if signed.str.contains(rf"\{thousands}\d{{3}}\{thousands}").any():
            return sign, f"`{thousands}` parts thousands"
        has_groups = signed.str.contains(rf"^[1-9]\d{{0,2}}(?:\{thousands}\d{{3}})+$").all()
        if has_groups and len(plain) >= 3 and plain.str.len_bytes().max() == 3:
            return sign, f"`{thousands}` parts thousands: no number above 999 is without it"
    return None, ""


def _proofs_of_decimals(signed: pl.Series, sign: Decimal) -> int:
    """How many texts can only be read with this decimal sign: it stands once, last, and not before three digits."""
    once = signed.str.contains(rf"^[^\{sign}]*\{sign}\d*$")
    shows = rf"\{_other(sign)}.*\{sign}|^0*\{sign}|\{sign}(?:\d{{0,2}}|\d{{4,}})$"
    return int((once & signed.str.contains(shows)).sum())


def _other(sign: Decimal) -> Decimal:
    return "," if sign == "." else "."


def _currency(sample: Sample) -> str | None:
    codes = currency_code(sample.texts).drop_nulls()
    found = codes.unique().to_list()
    return str(found[0]) if len(found) == 1 and len(codes) >= len(sample.texts) // 2 else None


def _person_name(column: _Column) -> Guess | None:
    sample = column.sample
    if "person_name" not in column.hints and words(column.name) not in ("name", "ten", "contact", "customer"):
        return None
    letters = sample.matching(r"^[\p{L}\p{M}][\p{L}\p{M}'’`.\- ]*(?:,? [\p{L}\p{M}'’`.\-]+){0,7}$")
    if letters < (_LIKELY if "person_name" in column.hints else _SURE):
        return None
    if "person_name" not in column.hints and not _reads_like_people(sample):
        return None
    share = valid_share(sample, "person_name", FieldOptions())
    return column.guess("person_name", share, "names in letters") if share >= _LIKELY else None


def _reads_like_people(sample: Sample) -> bool:
    """Where the name of the column only says `name`: most begin with a family name of Vietnam."""
    first = fold(sample.texts.str.extract(r"^(\S+) ", 1))
    return sample.share(first.is_in(list(FAMILY_NAMES))) >= 0.5


def _address(column: _Column) -> Guess | None:
    if "address" not in column.hints or column.sample.matching(r"\p{L}.*\s|\s.*\p{L}") < 0.5:
        return None
    return column.guess("address", 1.0, "lines of text", "and the name speaks of an address")


def _key(column: _Column) -> Guess | None:
    """What is left and looks like keys: one word with digits in it, or whatever is named a key."""
    sample = column.sample
    if (
        "identifier" in column.hints
        and sample.matching(r"^\S(?:.{0,78}\S)?$") >= _SURE
        and sample.matching(r"\d") > 0.5
    ):
        return column.guess("identifier", 1.0, "short texts", "and the name speaks of a key")
    coded = sample.matching(r"^(?:[A-Za-z_\-.:/#]*\d[\w\-.:/#]*)$")
    is_various = sample.n_distinct > 20 and sample.n_distinct > 0.5 * sample.n_rows
    if coded >= 0.95 and is_various and sample.matching(r"[A-Za-z]") > 0.5:
        return column.guess("identifier", coded, "codes of letters and digits")
    return None


_TESTS: Final[tuple[Callable[[_Column], Guess | None], ...]] = (
    _email,
    _boolean,
    _gender,
    _country,
    _postcode,
    _phone,
    _time,
    _code,
    _number,
    _person_name,
    _address,
    _key,
)


def _percent(share: float) -> str:
    """
    A share as people write it; never 100 % where something is missing.

    >>> _percent(1.0), _percent(0.98654), _percent(0.99999)
    ('100 %', '98.7 %', '99.9 %')
    """
    if share >= 1:
        return "100 %"
    return f"{min(share * 100, 99.9):.1f} %".replace(".0 %", " %")
