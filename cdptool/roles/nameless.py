"""
What the columns of a file are whose names say nothing, or say it in a language that nobody here knows: by their texts alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import polars as pl

from cdptool.fields.folding import fold
from cdptool.inspection.sample import Sample
from cdptool.matching.nicknames import GROUPS_OF
from cdptool.roles.columns import Columns
from cdptool.roles.contents import (
    AGE,
    POSTCODE,
    SEEN_OFTEN,
    WORDS,
    is_like_firms,
    is_likely_phone,
    may_be,
    role_by_values,
)

_IN_MAILS: Final = 0.2
_KNOWN: Final = 0.1  # of given names have short forms, in an English file
_SEXES: Final = (
    r"(?i)^(?:m|f|w|h|k|male|female|man|woman|herr|frau|nam|nữ|nu|homme|femme|hombre|mujer|м|ж|男|女)\.?$"
)
_STREET: Final = (
    r"(?i) (?:st|street|rd|road|ave|av|avenue|lane|ln|drive|court|ct|way|blvd|boulevard|place|close|terrace|square)\.?$"
    r"|^(?:rue|calle|via|ulica|rua|avenida|avda|ulitsa|c/) |str(?:aße|asse|\.|aat)\b"
)
_CODE: Final = r"^(?:[A-Za-z]{0,6}[\- ]?\d[\w.\-/ ]{5,}|\d[\d.\-/ ]{5,}[A-Za-z]?)$"
_YEAR: Final = r"^(?:1[5-9]|20)\d\d$"
_ROUND: Final = r"00$"
_ROW_LIKE: Final = 0.98
_FEWEST_AGES: Final = 25  # different ones at least, that they are ages


def roles_of_nameless(table: Columns, samples: Mapping[str, Sample], taken: set[str]) -> dict[str, str]:
    """
    Roles of columns that have no name worth the word, by their texts alone.

    Args:
        table: The columns of the file.
        samples: Their samples, in the order of the file: those to be told.
        taken: Roles that other columns have.
    """
    found = {name: role for name, sample in samples.items() if (role := role_by_values(sample))}
    written = [name for name in samples if name not in found and samples[name].matching(WORDS) > 0.9]
    streets = [name for name in samples if name not in found and samples[name].matching(_STREET) > 0.3]
    found |= {name: "address" for name in streets[:1] if "address" not in {*found.values(), *taken}}
    written = [name for name in written if name not in streets]
    names = [
        name for name in written if samples[name].n_distinct > max(SEEN_OFTEN, 0.05 * samples[name].n_rows)
    ]
    found |= _names(table, names, samples, [name for name, role in found.items() if role == "email"])
    said = {*found.values(), *taken}
    if not said & {"given", "family", "full_name", "organisation", "address"}:
        return found
    for name in [name for name in samples if name not in found]:
        role = _role_beside(samples[name], {*found.values(), *taken}, is_written=name in written)
        if role is not None:
            found[name] = role
    return found


def _names(
    table: Columns, names: list[str], samples: Mapping[str, Sample], mails: list[str]
) -> dict[str, str]:
    """The columns of names: two parts of them where given names are known, else a whole name, else two parts."""
    parts = _parts_of_names(table, names, samples, mails)
    if any(role == "given" and _share_of_known(samples[name]) > _KNOWN for name, role in parts.items()):
        return parts
    return _whole_name(names, samples) or parts


def _role_beside(sample: Sample, taken: set[str], *, is_written: bool) -> str | None:
    """The role of a column beside a name or an address."""
    if sample.matching(_SEXES) > 0.9:
        return "category"
    if sample.n_distinct < _ROW_LIKE * sample.n_rows and is_likely_phone(sample):
        return "phone"
    if may_be("website", sample) and sample.matching(r"^(?:https?://|www\.)\S+$|^\S+\.\pL{2,3}$") > 0.8:
        return "website"
    if not {"birth_date", "age", "organisation"} & taken and _are_ages(sample):
        return "age"
    return _role_of_place(sample, taken, is_written=is_written) or _role_of_code(sample)


def _are_ages(sample: Sample) -> bool:
    """Numbers up to a hundred and few above, each of them often."""
    is_small = sample.matching(AGE) > 0.99 and sample.matching(r"^(?:9\d|1\d\d)") < 0.1
    return is_small and sample.n_distinct >= _FEWEST_AGES


def _role_of_place(sample: Sample, taken: set[str], *, is_written: bool) -> str | None:
    """A state, a city or a postcode; further columns of words are sorts of something."""
    if is_written and "state" not in taken and sample.matching(r"^[A-Z]{2}$") > 0.9:
        return "state" if sample.n_distinct > 2 else None
    if sample.n_distinct <= SEEN_OFTEN or sample.n_distinct > 0.7 * sample.n_rows:
        return None
    if is_written:
        return ("category" if "city" in taken else "city") if sample.matching(r"^.{4}") > 0.5 else None
    return "postcode" if "postcode" not in taken and _are_postcodes(sample) else None


def _are_postcodes(sample: Sample) -> bool:
    """Codes of postmen, and no years, no numbers that count, no round sums."""
    if sample.matching(POSTCODE) < 0.9 or sample.matching(_YEAR) > 0.5 or sample.matching(_ROUND) > 0.5:
        return False
    lengths = sample.texts.str.extract(r"^(\d{5})-?\d{4}$").fill_null(sample.texts).str.len_chars()
    is_even = int((lengths == (lengths.mode().max() or 0)).sum()) > 0.8 * len(lengths)
    return is_even or sample.matching(r"^\d+$") < 0.9


def _role_of_code(sample: Sample) -> str | None:
    """A number of somebody: long, always as long, and held by some rows more than once."""
    if sample.matching(_ROUND) > 0.5:
        return None
    share = sample.n_distinct / max(sample.n_rows, 1)
    plain = sample.texts.str.replace_all(r"[^\w]", "").str.len_chars()
    is_even = int((plain == (plain.mode().max() or 0)).sum()) > 0.8 * len(plain)
    is_code = is_even and sample.matching(_CODE) > 0.9 and sample.matching(r"\D\d\d?\D|^-?\d+[.,]\d+$") < 0.5
    is_day = may_be("phone", sample) is False and may_be("birth_date", sample)
    return "identifier" if is_code and not is_day and 0.3 < share < _ROW_LIKE else None


def _whole_name(names: list[str], samples: Mapping[str, Sample]) -> dict[str, str]:
    """Of columns of letters the first of several words that seldom repeat: firms where they read so, else people."""
    for name in names:
        sample = samples[name]
        if sample.matching(r"\S \S") > 0.7 and sample.n_distinct > 0.25 * sample.n_rows:
            return {name: "organisation" if is_like_firms(sample) else "full_name"}
    return {}


def _parts_of_names(
    table: Columns, names: list[str], samples: Mapping[str, Sample], mails: list[str]
) -> dict[str, str]:
    """
    The two columns that are a given and a family name: e-mails are made from them, or they stand side by side.

    A given name is the one that nicknames are known for, else the one with fewer different texts.
    """
    if mails:
        some = table.some((*names, mails[0]))
        local = fold(some[mails[0]].str.replace("@.*$", ""))
        shares = {name: _share_inside(some[name], local) for name in names}
        likely = [name for name in names if shares[name] > _IN_MAILS]
    else:
        order = list(samples)
        single = [name for name in names if samples[name].matching(r"^\S{2,}$") > 0.7]
        likely = [
            each
            for pair in pairwise(single)
            if order.index(pair[1]) - order.index(pair[0]) <= 2
            for each in pair
        ]
    if len(likely) < 2:
        return {}
    first, second = sorted(likely[:2], key=lambda n: (-_share_of_known(samples[n]), samples[n].n_distinct))
    return {first: "given", second: "family"}


def _share_inside(texts: pl.Series, local: pl.Series) -> float:
    """How often the text stands in the e-mail of its row."""
    pairs = pl.DataFrame({"text": fold(texts).str.replace_all(r"[^a-z]", ""), "local": local}).drop_nulls()
    long = pairs.filter(pl.col("text").str.len_bytes() > 2)
    inside = long.select(pl.col("local").str.contains(pl.col("text"), literal=True).mean()).item()
    return float(inside or 0)


def _share_of_known(sample: Sample) -> float:
    """The share of rows whose text is a given name that has short forms."""
    return sample.share(fold(sample.texts).is_in(list(GROUPS_OF)))
