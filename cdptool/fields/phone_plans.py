"""
The numbering plans of all countries over whole columns: a text of digits that the library surely calls valid.

Every step is one of `phonenumbers.parse` and `is_valid_number`, in their order and with their own patterns, for
texts of digits after an optional `+`. Where such a step could go two ways the answer is null, and the library
itself is asked about that text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import polars as pl

from cdptool.fields.folding import replaced

if TYPE_CHECKING:
    from phonenumbers import PhoneMetadata
    from phonenumbers.phonemetadata import PhoneNumberDesc

# Kinds of numbers that make one valid: its type is known.
_KINDS: Final = (
    *("mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "personal_number"),
    *("voip", "uan", "pager", "voicemail"),
)
_FEW: Final = 32  # numbers of one country or region: fewer are not worth a look of their own
DIGITS: Final = r"^\+?[0-9]{6,17}$"  # texts that this page reads


@dataclass(frozen=True, slots=True)
class _Form:
    """What a number must be: of these lengths, and of this pattern from end to end."""

    lengths: tuple[int, ...]
    pattern: str

    def fits(self, numbers: pl.Series) -> pl.Series:
        fits = self.matches(numbers)
        return fits & numbers.str.len_bytes().is_in(self.lengths) if self.lengths else fits

    def matches(self, numbers: pl.Series) -> pl.Series:
        """Whether the pattern alone fits."""
        return numbers.str.contains(f"^(?:{self.pattern})$")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the library knows of a region."""

    code: str
    general: _Form
    local_lengths: tuple[int, ...]  # of numbers that can only be dialled nearby
    kinds: tuple[_Form, ...]
    leading: str | None  # how all numbers of the region begin, where it shares its code
    trunk: str | None  # what may stand before a national number
    is_rewritten: bool  # where the last group of `trunk` took part, the number is another one
    abroad: str  # what stands before the country's code where there is no `+`

    def is_known(self, numbers: pl.Series) -> pl.Series:
        """Whether the region has such numbers."""
        first, *others = self.kinds
        fits = first.fits(numbers)
        for form in others:
            if fits.all(ignore_nulls=False):
                break
            fits |= form.fits(numbers)
        return fits & self.general.fits(numbers)


def planned_numbers(texts: pl.Series, region: str) -> pl.Series:
    """
    E.164 of the texts that are valid numbers beyond doubt; null elsewhere.

    Args:
        texts: Digits after an optional `+`, as `DIGITS` says; null is left out.
        region: ISO 2 code of the country whose national numbers they may be.

    Fewer than 32 of a kind are left to the library.

    >>> planned_numbers(pl.Series(["+442079460018", "02079460018", "00442079460018"] * 40), "GB").unique().to_list()
    ['+442079460018']
    """
    nothing = pl.Series("value", [None], dtype=pl.String).new_from_index(0, len(texts))
    is_international = texts.str.starts_with("+")
    rows = is_international.arg_true()
    found = _put(nothing, rows, _international(texts.gather(rows).str.slice(1)))
    plan = _plan(region)
    if plan is None:
        return found
    rows = (~is_international).arg_true()
    return _put(found, rows, _national(texts.gather(rows), plan))


def _put(found: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    return values.rename("value") if len(rows) == len(found) else replaced(found, rows, values)


def _international(numbers: pl.Series) -> pl.Series:
    """E.164 of digits that begin with a country's code."""
    found = pl.Series("value", [None], dtype=pl.String).new_from_index(0, len(numbers))
    codes = numbers.str.extract(f"^({'|'.join(_codes())})", 1)
    for code, count in codes.value_counts().rows():
        plan = None if code is None or count < _FEW else _plan(_main_region(code))
        if plan is not None:
            rows = (codes == code).fill_null(False).arg_true()
            found = _put(found, rows, _valid(numbers.gather(rows).str.slice(len(code)), plan))
    return found


def _national(numbers: pl.Series, plan: _Plan) -> pl.Series:
    """E.164 of digits as they are dialled in a country."""
    found = pl.Series("value", [None], dtype=pl.String).new_from_index(0, len(numbers))
    is_abroad = numbers.str.contains(f"^(?:{plan.abroad})")
    if is_abroad.any():
        rest = numbers.str.extract(f"^(?:{plan.abroad})([0-9]*)$", 1)
        rows = (is_abroad & ~rest.str.starts_with("0")).fill_null(False).arg_true()
        found = _put(found, rows, _international(rest.gather(rows)))
    has_code = numbers.str.starts_with(plan.code) & ~is_abroad
    is_home = ~is_abroad & ~has_code
    if has_code.any():
        is_home |= has_code & plan.general.fits(numbers)  # so that the code is none
        bare = numbers.str.slice(len(plan.code))
        is_bare = has_code & plan.general.fits(bare) & ~plan.general.matches(numbers)
        if plan.trunk is not None:
            is_bare &= ~bare.str.contains(f"^(?:{plan.trunk})")
        rows = is_bare.arg_true()
        found = _put(found, rows, _international(numbers.gather(rows)))
    rows = is_home.arg_true()
    return _put(found, rows, _valid(numbers.gather(rows), plan))


def _valid(numbers: pl.Series, plan: _Plan) -> pl.Series:
    """E.164 of national digits, with or without what stands before them within the country."""
    digits = _significant(numbers, plan)
    valid = _is_valid(digits, plan.code) & ~digits.str.slice(-7).is_in(junk_endings().implode())
    return ("+" + plan.code + digits).set(~valid.fill_null(False), None)


def _significant(numbers: pl.Series, plan: _Plan) -> pl.Series:
    """The digits without the trunk prefix; null where it is in doubt whether they begin with one."""
    if plan.trunk is None:
        return numbers
    is_plain = plan.trunk.isdigit()
    begins = numbers.str.starts_with(plan.trunk) if is_plain else numbers.str.contains(f"^(?:{plan.trunk})")
    if not begins.any():
        return numbers
    n_groups = re.compile(plan.trunk).groups
    pattern = f"^(?:{plan.trunk})([0-9]*)$"
    rest = numbers.str.slice(len(plan.trunk)) if is_plain else numbers.str.extract(pattern, n_groups + 1)
    # What it is without the prefix must be a number; where only this plan judges it, that is asked there.
    is_sure = plan.general.fits(rest) if len(_regions(plan.code)) > 1 else rest.is_not_null()
    if plan.local_lengths:
        is_sure &= ~rest.str.len_bytes().is_in(plan.local_lengths)
    if plan.is_rewritten and n_groups:
        is_sure &= numbers.str.extract(pattern, n_groups).is_null()
    rest = rest.set(~is_sure.fill_null(False), None)
    return rest if begins.all() else rest.zip_with(begins, numbers)


def _is_valid(digits: pl.Series, code: str) -> pl.Series:
    """Whether the first region of the code whose numbers begin so, or that has such numbers, has this one."""
    regions = _regions(code)
    plan = _plan(regions[0])
    assert plan is not None
    if len(regions) == 1:
        return plan.is_known(digits)
    valid = pl.Series([False]).new_from_index(0, len(digits))
    rows = digits.is_not_null().arg_true()
    for region in regions:
        plan = _plan(region)
        if plan is None or len(rows) < _FEW:
            break
        part = digits.gather(rows)
        is_here = part.str.contains(f"^(?:{plan.leading})") if plan.leading else plan.is_known(part)
        here = rows.filter(is_here)
        known = plan.is_known(part.filter(is_here)) if plan.leading else None
        valid = replaced(
            valid, here, pl.Series([True]).new_from_index(0, len(here)) if known is None else known
        )
        rows = rows.filter(~is_here)
    return valid


@cache
def _plan(region: str) -> _Plan | None:
    """The plan of a region; None where there is none, or where it cannot be told with these patterns."""
    from phonenumbers import PhoneMetadata

    data: PhoneMetadata | None = PhoneMetadata.metadata_for_region(region)
    if data is None or data.general_desc is None:
        return None
    general = _form(data.general_desc)
    kinds: dict[tuple[int, ...], list[str]] = {}
    for kind in _KINDS:
        form = _form(getattr(data, kind))
        if form is not None:
            kinds.setdefault(form.lengths, []).append(form.pattern)
    if general is None or not kinds:
        return None
    forms = tuple(_Form(lengths, "|".join(patterns)) for lengths, patterns in kinds.items())
    trunk, leading = data.national_prefix_for_parsing, data.leading_digits
    plan = _Plan(
        code=str(data.country_code),
        general=general,
        local_lengths=tuple(data.general_desc.possible_length_local_only),
        kinds=forms,
        leading=_ascii(leading) if leading else None,
        trunk=_ascii(trunk) if trunk else None,
        is_rewritten=bool(data.national_prefix_transform_rule),
        abroad=_ascii(data.international_prefix or "00"),
    )
    return plan if _is_understood(plan) else None


def _is_understood(plan: _Plan) -> bool:
    """Whether every pattern means the same to Polars: it knows no look-ahead."""
    patterns = (plan.general.pattern, *(form.pattern for form in plan.kinds), plan.abroad)
    return not any(
        re.search(r"\(\?[^:]|\\[^d]", pattern)
        for pattern in (*patterns, plan.trunk or "", plan.leading or "")
    )


def _form(described: PhoneNumberDesc | None) -> _Form | None:
    if described is None or not described.national_number_pattern:
        return None
    lengths = tuple(length for length in described.possible_length if length > 0)
    if len(lengths) < len(described.possible_length):  # -1: the region has no such numbers
        return None
    return _Form(lengths, _ascii(described.national_number_pattern))


def _ascii(pattern: str) -> str:
    """The pattern for ASCII digits alone, which is much less to look for."""
    return pattern.replace(r"\d", "[0-9]")


@cache
def _codes() -> tuple[str, ...]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return tuple(str(code) for code in sorted(COUNTRY_CODE_TO_REGION_CODE))


def _regions(code: str) -> tuple[str, ...]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    regions: tuple[str, ...] = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    return regions


def _main_region(code: str) -> str:
    return _regions(code)[0]


@cache
def junk_endings() -> pl.Series:
    """The last seven digits of numbers that somebody leant on the keyboard for."""
    few = {
        "".join(digits)
        for pair in {tuple(sorted((a, b))) for a in "0123456789" for b in "0123456789"}
        for digits in _words(pair)
    }
    return pl.Series(sorted(few | keyboard_runs()))


def _words(pair: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [tuple(pair[(number >> i) & 1] for i in range(7)) for number in range(128)]


@cache
def keyboard_runs() -> frozenset[str]:
    """Seven digits up or down as they stand on a keyboard: 0 before 1, or after 9."""
    keys = "01234567890"
    return frozenset(line[i : i + 7] for line in (keys, keys[::-1]) for i in range(5))
