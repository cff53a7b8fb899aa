"""Amounts of money: exact ten-thousandths, never through a float. The currency is a column of its own."""

from __future__ import annotations

from typing import ClassVar, Final

import polars as pl

from cdptool.fields.base import FieldOptions, FieldType, Judgement, judged
from cdptool.fields.numerals import plain_number

_PLAIN: Final = r"^-?[0-9]{1,15}(?:\.[0-9]{1,4})?$"
_GROUPED: Final = {
    ".": r"^-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,4})?$",
    ",": r"^-?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,15})(?:,[0-9]{1,4})?$",
}
_SIGNS: Final = {
    "₫": "VND",
    "đ": "VND",
    "Đ": "VND",
    "VNĐ": "VND",
    "vnđ": "VND",
    "đồng": "VND",
    "dong": "VND",
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₩": "KRW",
    "฿": "THB",
    "₹": "INR",
    "S$": "SGD",
    "A$": "AUD",
    "C$": "CAD",
    "HK$": "HKD",
    "NT$": "TWD",
    "RM": "MYR",
    "Rp": "IDR",
    "₱": "PHP",
    "₽": "RUB",
    "zł": "PLN",
    "R$": "BRL",
    "Fr.": "CHF",
    "元": "CNY",
    "円": "JPY",
}
_CURRENCY: Final = r"(?:\p{Sc}|[A-Za-z]{1,3}\$|[A-Za-z]{3}|VNĐ|vnđ|[đĐ]ồng|[đĐ]|RM|Rp\.?|zł|Fr\.|元|円)"


class Money(FieldType):
    """
    An amount as Int64 in ten-thousandths of the unit.

    A currency sign or code before or after is passed over (`currency_code` reads it). More than four decimals,
    or more than 922 trillion, is invalid. `(12.00)` and `12-` are negative.
    """

    name: ClassVar = "money"
    dtype: ClassVar = pl.Int64()

    def quick(self, texts: pl.Series, options: FieldOptions, /) -> pl.Series:
        if options.decimal == ".":
            is_plain = texts.str.contains(_PLAIN)
            if is_plain.all():
                return _ten_thousandths(texts)
        fits = texts.str.contains(_GROUPED[options.decimal]).fill_null(False)
        if not fits.any():
            return super().quick(texts, options)
        thousands = "," if options.decimal == "." else "."
        digits = texts.set(~fits, None).str.replace_all(thousands, "", literal=True)
        return _ten_thousandths(digits.str.replace(",", ".", literal=True))

    def judge(self, texts: pl.Series, options: FieldOptions, /) -> Judgement:
        bare = (
            texts.str.replace(rf"^([-+−(]?)\s*{_CURRENCY}\s*", "$1")
            .str.replace(rf"\s*{_CURRENCY}(\)?)$", "$1")
            .str.strip_chars()
        )
        plain = plain_number(bare, options.decimal)
        exact = plain.set(~plain.str.contains(_PLAIN), None)
        values = _ten_thousandths(exact)
        return judged(values, f"not an amount of at most 4 decimals with decimal sign `{options.decimal}`")


def _ten_thousandths(plain: pl.Series) -> pl.Series:
    # Decimal keeps every digit; its 128-bit representation at scale 4 is the number we store.
    return plain.cast(pl.Decimal(38, 4), strict=False).to_physical().cast(pl.Int64, strict=False)


def currency_code(texts: pl.Series) -> pl.Series:
    """
    The ISO 4217 code of a currency, or of an amount with one. Null where there is none.

    Bare `$` is USD, `¥` is JPY: declare the column's currency where it is another one.

    >>> currency_code(pl.Series(["₫", "usd", "1.500 đ", "12"])).to_list()
    ['VND', 'USD', 'VND', None]
    """
    sign = texts.str.strip_chars().str.extract(rf"({_CURRENCY})", 1)
    known = sign.replace_strict(list(_SIGNS), list(_SIGNS.values()), default=None, return_dtype=pl.String)
    code = sign.set(~sign.str.contains(r"^[A-Za-z]{3}$"), None).str.to_uppercase()
    return known.zip_with(known.is_not_null(), code).alias("currency")
