"""
The texts that are compared: every field cleaned as its type cleans it, and kept where it cannot be read.

A date of the 84th of a month, half an e-mail address: nothing to store, and still evidence. So what a type
refuses is compared as it stands, in the order of year, month and day that the column writes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from cdptool.fields import FieldOptions, FieldReader, field_type, split_name
from cdptool.fields.folding import fold, is_placeholder, replaced, squeezed
from cdptool.matching.ages import age_texts
from cdptool.matching.values import Values, spread
from cdptool.roles.columns import Columns, columns_of
from cdptool.roles.days import day_texts
from cdptool.roles.firm_names import firm_texts
from cdptool.roles.phones import phone_texts
from cdptool.roles.proposal import Role
from cdptool.roles.titles import without_titles
from cdptool.roles.two_family_names import with_both_family_names
from cdptool.roles.words import NOBODYS_MAIL, NOTHING

_TICKET: Final = r"(?i)^([^/,]+)/([^/,]+?)(?: ?(?:mr|mrs|ms|miss|mstr|dr|chd|inf))?$"
_MOSTLY: Final = 0.5
_WHOLE: Final = r"^(\s*\d+)\.0+\s*$"  # a number that went through a spreadsheet
# What `squeezed` may make one of `NOTHING` or of `_ONE_DIGIT`, or nothing: it has no digit, one digit, or odd letters.
_LIKE_NOTHING: Final = r"^[^0-9]*$|[^\x00-\x7f]|" + "|".join(
    rf"^[^0-9A-Za-z]*(?:{n}[^0-9A-Za-z]*)+$" for n in "0123456789"
)
_LONGEST_NOTHING: Final = 90  # bytes
_OF_NOBODY: Final = f"(?i){NOBODYS_MAIL}"
_ONE_DIGIT: Final = tuple(digit * n for digit in "0123456789" for n in range(3, 16))
_HOSTS_OF_MANY: Final = (
    *(
        "facebook.com",
        "fb.com",
        "instagram.com",
        "linkedin.com",
        "twitter.com",
        "x.com",
        "youtube.com",
        "tiktok.com",
    ),
    *("yelp.com", "tripadvisor.com", "sites.google.com", "wixsite.com", "etsy.com", "shopee.vn", "linktr.ee"),
)


def match_values(
    columns: Columns, fields: tuple[Role, ...]
) -> tuple[dict[str, Values], tuple[tuple[str, str], ...]]:
    """
    The compared values of a file, one column per field (a whole name gives two), and the kind of each.

    Args:
        columns: The file's columns.
        fields: What to compare.
    """
    values: dict[str, Values] = {}
    kinds: list[tuple[str, str]] = []
    for role in fields:
        table, ids = columns.different(role.columns)
        made = _texts(table, role)
        values |= {name: spread(texts, ids) for name, texts in made.items()}
        kinds += [(name, role.kind if role.kind != "full_name" else name.rsplit(" ", 1)[1]) for name in made]
    return values, tuple(kinds)


def match_texts(
    table: pl.DataFrame, fields: tuple[Role, ...]
) -> tuple[pl.DataFrame, tuple[tuple[str, str], ...]]:
    """`match_values` of a table (String), with the texts of each row (null where it has none)."""
    values, kinds = match_values(columns_of(table), fields)
    rows = np.arange(len(table))
    return pl.DataFrame({name: one.at(rows) for name, one in values.items()}), kinds


def _texts(table: pl.DataFrame, role: Role) -> dict[str, pl.Series]:
    """The texts of one field by the name of the comparison."""
    if role.kind in ("birth_date", "founded"):
        return {role.field: day_texts(*(_said(table.select(name)) for name in role.columns))}
    joined = _meant(_said(table.select(role.columns)))
    if role.kind == "full_name":
        joined = without_titles(_in_reading_order(joined))
        parts = split_name(pl.col("text"))
        given = pl.concat_str(parts.given, parts.middle, separator=" ", ignore_nulls=True)
        both = joined.to_frame("text").select(given=squeezed(given), family=squeezed(parts.family))
        both = with_both_family_names(both)
        return {f"{role.field} {part}": _or_null(both[part]) for part in ("given", "family")}
    if role.kind == "email":
        return {role.field: _read(joined, "email", FieldOptions(), r"[^\w.@+-]")}
    if role.kind == "website":
        return {role.field: _websites(joined)}
    if role.kind == "phone":
        return {role.field: phone_texts(joined)}
    if role.kind == "age":
        return {role.field: age_texts(joined)}
    if role.kind in ("identifier", "registration", "postcode", "house_number"):
        joined = joined.str.replace(_WHOLE, "$1")
    plain = joined.to_frame("text").select(squeezed(pl.col("text"))).to_series()
    if role.kind in ("identifier", "registration", "postcode", "house_number"):
        plain = plain.str.replace_all(" ", "", literal=True)
    if role.kind in ("organisation", "workplace"):
        plain = firm_texts(plain)
    if role.kind in ("identifier", "registration"):
        plain = plain.str.replace(r"^0+(\d*)$", "$1")
    if role.kind == "postcode":
        plain = _postcodes(plain)
    return {role.field: _or_null(plain)}


def _postcodes(texts: pl.Series) -> pl.Series:
    """Postcodes of digits with the zeros that a spreadsheet took, and without what tells the round of a postman (ZIP+4)."""
    is_nine = texts.str.contains(r"^\d{9}$").fill_null(False)
    texts = texts.zip_with(~is_nine, texts.str.head(5))
    lengths = texts.filter(texts.str.contains(r"^\d+$").fill_null(False)).str.len_bytes()
    if not len(lengths):
        return texts
    usual = int(lengths.mode().max())  # type: ignore[arg-type]  # a whole number
    is_short = texts.str.contains(rf"^\d{{{usual - 1}}}$").fill_null(False)
    return texts.zip_with(~is_short, texts.str.zfill(usual))


def _in_reading_order(names: pl.Series) -> pl.Series:
    """Names as tickets write them (`SMITH/ANNA MRS`) as others do."""
    if float(names.str.contains(_TICKET).mean() or 0) < _MOSTLY:  # type: ignore[arg-type]  # a mean of truths is a number
        return names
    return names.str.replace(_TICKET, "$1, $2")


def _meant(texts: pl.Series) -> pl.Series:
    """The texts without those that people type where they know nothing; once per different text."""
    distinct = texts.drop_nulls().unique()
    may_be = distinct.filter(
        (distinct.str.len_bytes() <= _LONGEST_NOTHING) & distinct.str.contains(_LIKE_NOTHING)
    )
    plain = may_be.to_frame("text").select(squeezed(pl.col("text"))).to_series()
    bare = plain.str.replace_all(" ", "", literal=True)
    is_nothing = (plain.is_in(NOTHING) | bare.is_in(_ONE_DIGIT)).fill_null(True)
    of_nobody = distinct.filter(distinct.str.contains(_OF_NOBODY))
    nothing = pl.concat([may_be.filter(is_nothing), of_nobody])
    return texts.set(texts.is_in(nothing.implode()).fill_null(False), None) if len(nothing) else texts


def _said(columns: pl.DataFrame) -> pl.Series:
    """Several columns as one text; placeholders say nothing."""
    texts = [column.str.strip_chars() for column in columns]
    kept = [
        text.set(is_placeholder(text).fill_null(False) | (text == "").fill_null(False), None)
        for text in texts
    ]
    if len(kept) == 1:
        return kept[0]
    together = pl.DataFrame([text.alias(str(i)) for i, text in enumerate(kept)])
    return _or_null(together.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)).to_series())


def _or_null(texts: pl.Series) -> pl.Series:
    return texts.set((texts == "").fill_null(False), None)


def _read(texts: pl.Series, kind: str, options: FieldOptions, dropped: str) -> pl.Series:
    """The values as the type reads them; what is invalid stands as it is written, a placeholder says nothing."""
    read = FieldReader(field_type(kind), options).read(texts)
    nothing = read.flaws.filter(pl.col("verdict") == "placeholder")["row"]
    values = (
        read.values.cast(pl.String)
        .to_frame("value")
        .select(field_type(kind).match_key(pl.col("value")))
        .to_series()
    )
    rows = (values.is_null() & texts.is_not_null()).arg_true()
    written = fold(texts.gather(rows)).str.replace_all(dropped, "")
    both = replaced(values, rows, written)
    return _or_null(both.clone().scatter(nothing, None) if len(nothing) else both)


def _websites(texts: pl.Series) -> pl.Series:
    """The host, and the page on it where many have theirs on one host."""
    text = pl.col("text").str.to_lowercase().str.replace(r"^(?:https?:)?/*(?:www\d?\.)?", "")
    page = text.str.replace(r"[?#].*$", "").str.strip_chars_end("/")
    host = page.str.replace(r"[/:].*$", "")
    read = texts.to_frame("text").select(pl.when(host.is_in(_HOSTS_OF_MANY)).then(page).otherwise(host))
    return _or_null(read.to_series())
