"""
Phone numbers as E.164, judged by the world's numbering plans (`phonenumbers`).

A plain national or international number of any country is recognised by the library's own patterns, vectorised
(`phone_plans`); everything else goes through the library, once per distinct text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

import polars as pl

from cdptool.fields.base import (
    INVALID,
    PLACEHOLDER,
    STANDS_FOR_NOTHING,
    VALID,
    FieldOptions,
    FieldType,
    Judgement,
    gathered,
)
from cdptool.fields.folding import replaced
from cdptool.fields.phone_plans import DIGITS, keyboard_runs, planned_numbers
from cdptool.fields.vietnamese_numbers import renumbered

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

Judged = tuple[str | None, str, str | None]
_SEPARATORS: Final = r"[ .()\x{a0}-]+"
_FLOAT_TAIL: Final = re.compile(r"^(\+?\d+)\.0+$")
_EXPONENT: Final = re.compile(r"[-+]?\d+(?:[.,]\d+)?[eE][-+]?\d+")
_LIST: Final = re.compile(r"[/;,|\r\n]+")
_LONGEST: Final = 40  # with separators


class Phone(FieldType):
    """
    A phone number. Of a list (`/ ; , |` or lines) the first valid one is taken; an extension is dropped.

    Keyboard numbers (at most two digits, or a run up or down, in the last seven) are placeholders even where
    the plan would allow them. Old Vietnamese numbers are rewritten where that is unambiguous.
    """

    name: ClassVar = "phone"
    dtype: ClassVar = pl.String()
    is_personal: ClassVar = True
    is_dear: ClassVar = True

    def quick(self, texts: pl.Series, options: FieldOptions, /) -> pl.Series:
        rows = (~texts.str.contains(DIGITS)).arg_true()
        if not len(rows):
            return planned_numbers(texts, options.region)
        parted = texts.gather(rows)
        # A separator changes nothing in a number, but `.0` is a spreadsheet's tail and not a separator.
        is_odd = parted.str.contains(r"\.0+\s*$") | (parted.str.len_bytes() > _LONGEST)
        bare = parted.set(is_odd, None).str.replace_all(_SEPARATORS, "")
        bare = bare.set(~bare.str.contains(DIGITS), None)
        return planned_numbers(replaced(texts, rows, bare), options.region)

    def judge(self, texts: pl.Series, options: FieldOptions, /) -> Judgement:
        return gathered([judge_number(text, options.region) for text in texts])

    def mask(self, value: str) -> str:
        return f"{value[:3]}•••••{value[-3:] if len(value) > 8 else ''}"


def is_junk(digits: str) -> bool:
    """
    Whether somebody leant on the keyboard: at most two digits, or a run up or down, in the last seven.

    >>> is_junk("900000000"), is_junk("901234567"), is_junk("903817264")
    (True, True, False)
    """
    last = digits[-7:]
    return len(last) == 7 and (len(set(last)) <= 2 or last in keyboard_runs())


def judge_number(text: str, region: str) -> Judged:
    """
    One text: (E.164 or None, verdict, reason or None).

    >>> judge_number("01687 654 312 / 113", "VN")
    ('+84387654312', 'valid', None)
    """
    if _EXPONENT.fullmatch(text):
        return None, INVALID, "a spreadsheet exponent: the last digits are lost"
    one = _judge_one(text, region)
    if one[1] == VALID or text.startswith("tel:") or not _LIST.search(text):
        return one
    several = [_judge_one(part, region) for part in _LIST.split(text) if part.strip()]
    for found in several:
        if found[1] == VALID:
            return found
    if several and all(found[1] == PLACEHOLDER for found in several):
        return several[0]
    return None, INVALID, "a list without a valid number"


def _judge_one(text: str, region: str) -> Judged:
    e164, national, reason = read_number(text, region)
    if is_junk(national):
        return None, PLACEHOLDER, STANDS_FOR_NOTHING
    return e164, VALID if e164 is not None else INVALID, reason


def read_number(text: str, region: str) -> tuple[str | None, str, str | None]:
    """
    What the numbering plan says of one number: (E.164 or None, national digits, reason or None).

    >>> read_number("0900000000", "VN")
    ('+84900000000', '900000000', None)
    """
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_valid_number,
        national_significant_number,
        parse,
    )

    text = _FLOAT_TAIL.sub(r"\1", text.strip())
    digits = "".join(character for character in text if character.isdecimal())
    short = "a short code, not a phone number" if 3 <= len(digits) <= 6 else None
    try:
        number = parse(text, region)
    except NumberParseException:
        return None, digits, short or "not a phone number"
    if not is_valid_number(number):
        number = _renumbered(number) or number
    national = national_significant_number(number)
    if not is_valid_number(number):
        return None, national, short or "no number of its country's plan"
    return format_number(number, PhoneNumberFormat.E164), national, None


def _renumbered(number: PhoneNumber) -> PhoneNumber | None:
    from phonenumbers import PhoneNumber, is_valid_number

    if number.country_code != 84:
        return None
    today = renumbered(str(number.national_number))
    if today is None:
        return None
    candidate = PhoneNumber(country_code=84, national_number=int(today))
    return candidate if is_valid_number(candidate) else None
