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
from cdptool.inspection.guess import guess_column
from cdptool.matching.columns import Columns, columns_of
from cdptool.matching.phones import phone_texts
from cdptool.matching.role_words import NOBODYS_MAIL, NOTHING
from cdptool.matching.roles import Role
from cdptool.matching.two_family_names import with_both_family_names
from cdptool.matching.values import Values, spread

_TICKET: Final = r"(?i)^([^/,]+)/([^/,]+?)(?: ?(?:mr|mrs|ms|miss|mstr|dr|chd|inf))?$"
_MANY: Final = 0.5
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
_DEFAULT_DATES: Final = ("19000101", "18991230", "99991231", "00000000", "19700101", "11111111")


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
    if role.kind == "birth_date":
        return {role.field: _dates(table.select(role.columns))}
    joined = _meant(_said(table.select(role.columns)))
    if role.kind == "full_name":
        joined = _in_reading_order(joined)
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
    plain = joined.to_frame("text").select(squeezed(pl.col("text"))).to_series()
    if role.kind in ("identifier", "postcode", "house_number"):
        plain = plain.str.replace_all(" ", "", literal=True)
    if role.kind == "identifier":
        plain = plain.set(plain.str.contains(r"^0*$").fill_null(False), None)
    return {role.field: _or_null(plain)}


def _in_reading_order(names: pl.Series) -> pl.Series:
    """Names as tickets write them (`SMITH/ANNA MRS`) as others do."""
    if float(names.str.contains(_TICKET).mean() or 0) < _MANY:  # type: ignore[arg-type]  # a mean of truths is a number
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


def _dates(columns: pl.DataFrame) -> pl.Series:
    """
    Days as YYYYMMDD, whether there is such a day or not.

    Where nothing tells day from month the first number is taken for the day: in one file both ways compare alike.
    """
    if columns.width == 3:
        year, month, day = columns.columns
        parts = columns.select(
            pl.col(year).str.zfill(4), pl.col(month).str.zfill(2), pl.col(day).str.zfill(2)
        )
        return parts.select(pl.concat_str(pl.all())).to_series()
    texts = _said(columns.select(columns.columns[:1])).alias("text")
    numbers = texts.str.replace(r"[T ]\d\d?:.*$", "").str.extract_all(r"\d+")
    is_written_out = (texts.str.contains(r"\p{L}{3}").fill_null(False)).mean() or 0
    days = _of_words(texts) if float(is_written_out) > _MANY else _of_numbers(texts, numbers)  # type: ignore[arg-type]  # a mean of truths is a number
    return _or_null(days.set(days.is_in(_DEFAULT_DATES).fill_null(False), None))


def _of_words(texts: pl.Series) -> pl.Series:
    """Months as words, by the format that the column's own values prove."""
    formats = guess_column("birth_date", texts).format
    read = FieldReader(field_type("date"), FieldOptions(formats=formats)).read(texts)
    return read.values.dt.to_string("%Y%m%d")


def _of_numbers(texts: pl.Series, numbers: pl.Series) -> pl.Series:
    """Three numbers in the order that the column keeps to, or one number as it stands."""
    frame = pl.DataFrame({"text": texts, "n": numbers})
    three = frame.filter(pl.col("n").list.len() == 3).select(
        pl.col("n").list.get(i).alias(str(i)) for i in range(3)
    )
    if three.height < _MANY * int(frame["text"].is_not_null().sum()):
        return texts.str.replace_all(r"\D", "")
    year = max(range(3), key=lambda i: int((three[str(i)].str.len_bytes() == 4).sum()))
    others = [i for i in range(3) if i != year]
    above_12 = [int((three[str(i)].cast(pl.Int64, strict=False) > 12).sum()) for i in others]
    is_iso = year == 0 and above_12[0] <= above_12[1]
    month, day = others if is_iso or above_12[1] > above_12[0] else reversed(others)
    pieces = [
        pl.col("n").list.get(place, null_on_oob=True).str.zfill(width)
        for place, width in ((year, 4), (month, 2), (day, 2))
    ]
    compact = pl.col("text").str.replace_all(r"\D", "")
    whole = pl.when(pl.col("n").list.len() == 3).then(pl.concat_str(pieces)).otherwise(compact)
    return frame.select(whole).to_series()
