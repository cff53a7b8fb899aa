"""What a column's heading says about its cells: a hint, never the judge."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

HINTS: Final[dict[str, frozenset[str]]] = {
    "date": frozenset(
        ["date", "day", "dob", "datum", "fecha", "data", "ngay", "birthday", "birthdate", "at", "on"]
    ),
    "birth": frozenset(
        [
            "birth",
            "dob",
            "birthdate",
            "birthday",
            "born",
            "geburtsdatum",
            "geburtstag",
            "sinh",
            "nascimento",
            "naissance",
        ]
    ),
    "age": frozenset(["age", "ages", "alter", "edad", "idade", "tuoi"]),
    "phone": frozenset(
        [
            "phone",
            "phones",
            "telephone",
            "tel",
            "mobile",
            "cell",
            "cellphone",
            "msisdn",
            "fax",
            "telefon",
            "telefono",
            "handy",
            "sdt",
            "thoai",
            "whatsapp",
        ]
    ),
    "postcode": frozenset(
        ["postcode", "postal", "zip", "zipcode", "plz", "cep", "postleitzahl", "buu", "pincode"]
    ),
    "identifier": frozenset(
        [
            "id",
            "ids",
            "key",
            "code",
            "no",
            "nr",
            "number",
            "num",
            "sku",
            "uuid",
            "guid",
            "ref",
            "reference",
            "identifier",
            "ma",
            "invoice",
            "card",
            "account",
            "iban",
            "ean",
            "isbn",
            "barcode",
            "serial",
        ]
    ),
    "signed": frozenset(
        [
            "balance",
            "delta",
            "diff",
            "difference",
            "change",
            "changes",
            "profit",
            "margin",
            "temperature",
            "temp",
            "lat",
            "latitude",
            "lon",
            "lng",
            "longitude",
            "refund",
            "adjustment",
            "adjust",
            "score",
            "growth",
            "return",
            "returns",
            "variance",
            "offset",
            "pnl",
            "gain",
            "loss",
            "elevation",
            "credit",
            "x",
            "y",
            "z",
            "nps",
            "points",
            "delta",
        ]
    ),
    "low": frozenset(["min", "minimum", "low", "lower", "from", "start", "begin", "lo", "floor", "cost"]),
    "high": frozenset(["max", "maximum", "high", "upper", "to", "end", "until", "hi", "ceiling", "finish"]),
    "total": frozenset(
        ["total", "sum", "grand", "gross", "amount", "subtotal", "all", "value", "revenue", "turnover"]
    ),
}


def words_of(name: str) -> tuple[str, ...]:
    """
    The words of a heading, without case and accents.

    >>> words_of("orderDate"), words_of("Ngày sinh"), words_of("ZIP_code2")
    (('order', 'date'), ('ngay', 'sinh'), ('zip', 'code', '2'))
    """
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", plain)
    return tuple(re.findall(r"[^\W\d_]+|\d+", parted.lower()))


def has_hint(name: str, kind: str) -> bool:
    """
    Whether the heading holds a word of this kind.

    >>> has_hint("birth_date", "birth"), has_hint("Mã bưu chính", "postcode"), has_hint("storage", "age")
    (True, True, False)
    """
    words = words_of(name)
    joined = "".join(words)
    hints = HINTS[kind]
    return joined in hints or not hints.isdisjoint(words)
