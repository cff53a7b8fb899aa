"""
Names of people: kept as people write them, compared without case, accents, titles and order.

Vietnamese names stand family, middle, given; Western names given, middle, family. `auto` takes a name as
Vietnamese where it begins with a Vietnamese family name, and guesses nothing else.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, NamedTuple

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, bullets, judged
from cdptool.fields.folding import folded, once_per_value, squeezed
from cdptool.fields.name_words import ADDRESS_FORMS, FAMILY_NAMES, NOBODY, SUFFIXES, TITLES

# Capital, then small letters, two words or more: nothing to tidy. Signs that NFC replaces are left out.
_PLAIN: Final = (
    r"^[\p{Lu}&&[^\x{1f71}-\x{1fff}\x{2126}\x{212a}\x{212b}]][\p{Ll}&&[^\x{1f71}-\x{1fff}]]*"
    r"(?: [\p{Lu}&&[^\x{1f71}-\x{1fff}\x{2126}\x{212a}\x{212b}]][\p{Ll}&&[^\x{1f71}-\x{1fff}]]+)+$"
)
# Any of these words may begin a placeholder, so `quick` leaves such names to `judge`.
_MAYBE_NOBODY: Final = r"(?i)^(?:test|unknown|no|kh[oô]ng|ch[uư]a|kh[aá]ch|b[aá]n|guest|anonymous|customer|walk|first|user|null|undefined|none)\b"
NameOrder = Literal["vn", "western", "auto"]


class NameParts(NamedTuple):
    """The parts of full names, as expressions. Null where there is no such part."""

    given: pl.Expr
    middle: pl.Expr
    family: pl.Expr


class PersonName(FieldType):
    """
    A person's full name. Spaces are tidied; all capitals or all small letters get capitals at word starts.

    Titles stay in the value and are dropped for comparing and splitting.
    """

    name: ClassVar = "person_name"
    dtype: ClassVar = pl.String()
    is_personal: ClassVar = True

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        plain = texts.str.contains(_PLAIN) & ~texts.str.contains(_MAYBE_NOBODY)
        return texts if plain.all() and not plain.null_count() else texts.set(~plain.fill_null(False), None)

    def judge(self, texts: pl.Series, _options: FieldOptions, /) -> Judgement:
        single = texts.alias("name").to_frame().select(pl.col("name").str.replace_all(r"\s+", " "))
        name = pl.col("name")
        is_shouted = name.str.to_uppercase() == name
        is_whispered = name.str.to_lowercase() == name
        has_letters = name.str.contains(r"\p{L}") & ~name.str.contains("@")
        frame = single.select(
            value=pl.when(has_letters)
            .then(pl.when(is_shouted | is_whispered).then(name.str.to_titlecase()).otherwise(name))
            .str.normalize("NFC"),
            nobody=squeezed(name).is_in(pl.Series(NOBODY).implode()).fill_null(False),
        )
        return judged(frame["value"], "no letters of a name", placeholders=frame["nobody"])

    def match_key(self, values: pl.Expr) -> pl.Expr:
        """
        The name's words, folded and sorted, without titles: swapped parts agree.

        >>> names = pl.DataFrame({"name": ["Ông Nguyễn Văn Hoà", "HÒA NGUYỄN VĂN"]})
        >>> names.select(PersonName().match_key(pl.col("name"))).to_series().to_list()
        ['hoa nguyen van', 'hoa nguyen van']
        """
        return once_per_value(values, _sorted_words)

    def mask(self, value: str) -> str:
        return " ".join(bullets(word) for word in value.split())


def _sorted_words(names: pl.Expr) -> pl.Expr:
    words = squeezed(names).str.replace(rf"^(?:(?:{'|'.join(TITLES)}) )+(\S)", "$1")
    for least in (2, 3):
        forms = "|".join(word for word, names_after in ADDRESS_FORMS if names_after == least)
        words = words.str.replace(rf"^(?:{forms}) (\S+(?: \S+){{{least - 1},}})$", "$1")
    words = words.str.replace(rf"^(\S+ .*\S) (?:{'|'.join(SUFFIXES)})$", "$1")
    return words.str.split(" ").list.sort().list.join(" ")


def split_name(values: pl.Expr, order: NameOrder = "auto") -> NameParts:
    """
    Split full names into parts, without titles and suffixes; accents and case stay.

    Args:
        values: Full names (String).
        order: `vn` (family first), `western` (given first), `auto`. `Family, Given` is understood where not `vn`.

    Returns:
        Three String expressions. A single word is the given name.

    >>> parts = split_name(pl.col("n"), "auto")
    >>> pl.DataFrame({"n": ["Nguyễn Thị Lan Anh", "Mr John Smith"]}).select(g=parts.given, f=parts.family).rows()
    [('Anh', 'Nguyễn'), ('John', 'Smith')]
    """
    tidy = values.str.normalize("NFC").str.replace_all(r"\s+", " ").str.strip_chars()
    titles = "|".join(TITLES)
    tidy = tidy.str.replace(rf"(?i)^(?:(?:{titles})\.? )+(\S)", "$1")
    for word, least in (("ông", 2), ("bà", 2), ("anh", 3), ("chị", 3), ("cô", 3)):
        tidy = tidy.str.replace(rf"(?i)^{word} (\S+(?: \S+){{{least - 1},}})$", "$1")
    tidy = tidy.str.replace(rf"(?i)^(\S+ .*?\S),? (?:{'|'.join(SUFFIXES)})\.?$", "$1")
    if order != "vn":
        tidy = tidy.str.replace(r"^([^,]+), ?([^,]+)$", "$2 $1")
    words = pl.when(tidy != "").then(tidy.str.split(" "))
    first, last, many = words.list.first(), words.list.last(), words.list.len() > 1
    between = words.list.slice(1, words.list.len().cast(pl.Int64) - 2).list.join(" ")
    if order == "auto":
        is_family_first = folded(first).is_in(pl.Series(FAMILY_NAMES).implode())
    else:
        is_family_first = pl.lit(order == "vn")
    family = pl.when(is_family_first).then(first).otherwise(last)
    given = pl.when(is_family_first).then(last).otherwise(first)
    return NameParts(
        given=pl.when(many).then(given).otherwise(first),
        middle=pl.when(words.list.len() > 2).then(between),
        family=pl.when(many).then(family),
    )
