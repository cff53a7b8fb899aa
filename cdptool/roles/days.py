"""
Days as they are compared: YYYYMMDD, or as much of it as is known, whatever form a column, or each of its values, has.

Where nothing tells day from month the first number is taken for the day: in one file both ways compare alike. What is no
day (the 84th of a month) stays as it is written: it is still evidence.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.fields import FieldOptions, FieldReader, field_type
from cdptool.inspection.guess import guess_column

_MANY: Final = 0.5
_DEFAULT: Final = (
    *("19000101", "18991230", "99991231", "00000000", "19700101", "11111111", "1900", "9999"),
    *("1900010", "0000", "18991231"),
)
_YEAR_FIRST: Final = r"^(?:1[6-9]|20)\d\d(?:0\d|1[0-2])[0-3]\d$"
_YEAR_LAST: Final = r"^([0-3]\d)([0-3]\d)((?:1[89]|20)\d\d)$"
_SERIAL: Final = r"^[1-5]\d{4}$|^\d{5}\.0+$"  # days since the end of 1899, as spreadsheets count them
_BEGINNINGS_OF_MONTHS: Final = (
    ("jan", "ene", "gen", "oca"), ("feb", "fev", "fév", "sub", "şub"), ("mar", "mär", "mrt", "maa"),
    ("apr", "avr", "abr", "nis"), ("may", "mai", "mei", "mag"), ("jun", "juin", "giu", "haz"),
    ("jul", "juil", "lug", "tem"), ("aug", "aoû", "aou", "ago", "ağu"), ("sep", "set", "eyl"),
    ("oct", "okt", "ott", "out", "eki"), ("nov", "kas"), ("dec", "dez", "déc", "dic", "ara"),
)  # fmt: skip
_CENTURY: Final = 25  # a year of two digits up to this one is of this century


def day_texts(first: pl.Series, *others: pl.Series) -> pl.Series:
    """
    The days of a column (String), or of three with year, month and day; null where a default stands for none.

    >>> day_texts(pl.Series(["3/5/1980", "1980-05-03", "May 3, 1980", "29344", "1980", "1/1/1900"])).to_list()
    ['19800503', '19800503', '19800503', '19800503', '1980', None]
    """
    if others:
        month, day = (part.str.zfill(2) for part in others)
        parts = pl.DataFrame({"year": first.str.zfill(4), "month": month, "day": day})
        return parts.select(pl.concat_str(pl.all())).to_series()
    texts = first.alias("text").str.replace(r"[T ]\d\d?:.*$", "")
    days = pl.select(pl.coalesce(_of_serials(texts), _of_words(texts), _of_numbers(texts))).to_series()
    return days.set((days.is_in(_DEFAULT) | (days == "")).fill_null(False), None)


def _of_serials(texts: pl.Series) -> pl.Series:
    """Days that a spreadsheet wrote as the number that they are to it; else null."""
    numbers = texts.set(~texts.str.contains(_SERIAL).fill_null(True), None)
    days = numbers.cast(pl.Float64, strict=False).cast(pl.Int32) - 25_569  # from 1899-12-30 to 1970-01-01
    return days.cast(pl.Date).dt.to_string("%Y%m%d")


def _of_words(texts: pl.Series) -> pl.Series:
    """Days whose month is a word; else null. Where most are, as the column's own values prove."""
    is_written_out = texts.str.contains(r"\p{L}{3}").fill_null(False)
    if not is_written_out.any():
        return pl.Series([None] * len(texts), dtype=pl.String)
    letters = texts.str.to_lowercase().str.extract(r"(\p{L}{3,})")
    month = pl.coalesce(
        pl.when(letters.str.starts_with(start)).then(pl.lit(f"{number:02}"))
        for number, starts in enumerate(_BEGINNINGS_OF_MONTHS, 1)
        for start in starts
    )
    numbers = texts.str.extract_all(r"\d+")
    frame = pl.DataFrame({"n": numbers}).select(
        month=month,
        n=pl.col("n").list.len(),
        year=pl.coalesce(
            pl.col("n").list.eval(pl.element().filter(pl.element().str.len_bytes() == 4)).list.first(),
            pl.when(pl.col("n").list.len() == 2).then(_in_full(pl.col("n").list.last())),
        ),
        day=pl.col("n").list.eval(pl.element().filter(pl.element().str.len_bytes() < 3)).list.first(),
    )
    read = frame.select(
        pl.when(pl.col("n") <= 2).then(
            pl.concat_str("year", "month", pl.col("day").str.zfill(2).fill_null(""))
        )
    ).to_series()
    if float(is_written_out.mean() or 0) <= _MANY:  # type: ignore[arg-type]  # a mean of truths is a number
        return read
    formats = guess_column("birth_date", texts).format
    proved = FieldReader(field_type("date"), FieldOptions(formats=formats)).read(texts)
    return pl.select(pl.coalesce(read, proved.values.dt.to_string("%Y%m%d"))).to_series()


def _of_numbers(texts: pl.Series) -> pl.Series:
    """Three numbers in the order that the column keeps to, or one number in the order of year, month and day."""
    numbers = texts.str.extract_all(r"\d+")
    frame = pl.DataFrame({"text": texts, "n": numbers})
    three = frame.filter(pl.col("n").list.len() == 3).select(
        pl.col("n").list.get(i).alias(str(i)) for i in range(3)
    )
    compact = _in_one(texts.str.replace_all(r"\D", ""))
    if not three.height:
        return compact
    year = _place_of_year(three)
    others = [i for i in range(3) if i != year]
    # Values that begin with a year are ISO's, whatever the others are.
    rest = three.filter(pl.col("0").str.len_bytes() != 4) if year else three
    above_12 = [int((rest[str(i)].cast(pl.Int64, strict=False) > 12).sum()) for i in others]
    is_month_first = year == 0 and above_12[0] <= above_12[1]
    month, day = others if is_month_first or above_12[1] > above_12[0] else reversed(others)

    def pieces(*places: int) -> pl.Expr:
        parts = [pl.col("n").list.get(place, null_on_oob=True) for place in places]
        return pl.concat_str(_in_full(parts[0]), *(part.str.zfill(2) for part in parts[1:]))

    begins_with_year = pl.col("n").list.first().str.len_bytes() == 4
    usual = pieces(year, month, day)
    read = pl.when(begins_with_year & pl.lit(year != 0)).then(pieces(0, 1, 2)).otherwise(usual)
    return frame.select(pl.when(pl.col("n").list.len() == 3).then(read).otherwise(compact)).to_series()


def _place_of_year(three: pl.DataFrame) -> int:
    """Where most years stand: numbers of four digits, else those that are no day of a month; else the last."""
    of_four = [int((three[str(i)].str.len_bytes() == 4).sum()) for i in (2, 0, 1)]
    no_day = [int((three[str(i)].cast(pl.Int64, strict=False) > 31).sum()) for i in (2, 0, 1)]
    told = of_four if any(of_four) else no_day
    return (2, 0, 1)[told.index(max(told))]


def _in_full(year: pl.Expr) -> pl.Expr:
    """A year of two digits with its century."""
    century = (
        pl.when(year.cast(pl.Int64, strict=False) <= _CENTURY).then(pl.lit("20")).otherwise(pl.lit("19"))
    )
    return pl.when(year.str.len_bytes() == 2).then(century + year).otherwise(year.str.zfill(4))


def _in_one(digits: pl.Series) -> pl.Series:
    """Days of eight digits without a sign between them, turned round where the year stands last in most."""
    first, last = (digits.str.contains(form).fill_null(False) for form in (_YEAR_FIRST, _YEAR_LAST))
    is_turned = last & ~first
    if int(is_turned.sum()) <= int(first.sum()):
        return digits
    parts = digits.str.extract_groups(_YEAR_LAST).struct.unnest()
    a, b, year = parts.get_columns()
    a_above, b_above = (int((part.cast(pl.Int64, strict=False) > 12).sum()) for part in (a, b))
    month, day = (a, b) if b_above > a_above else (b, a)
    return pl.select(pl.when(is_turned).then(year + month + day).otherwise(digits)).to_series()
