"""
What the name of a file and of its key columns says: what one row is, and whose.

Like the names of columns, hints only: `propose` asks for the texts as well.
"""

from __future__ import annotations

import re
from typing import Final

from cdptool.inspection.naming_words import words

_NOISE: Final = (
    *("data", "export", "exports", "exported", "dump", "csv", "full", "all", "final", "new", "file", "table"),
    *("report", "seed", "tbl", "raw", "sample", "v", "history", "list of", "part", "txt", "json", "parquet"),
)
_PEOPLE: Final = (
    *("customer", "contact", "person", "people", "user", "member", "subscriber", "client", "lead", "profile"),
    *(
        "account",
        "patient",
        "guest",
        "buyer",
        "shopper",
        "visitor",
        "donor",
        "employee",
        "owner",
        "kh",
        "khach",
    ),
    *("cust", "passenger", "student", "kunde", "cliente", "recipient", "respondent", "loyalty", "khachhang"),
)
_DEVICES: Final = (
    "device",
    "anonymous",
    "visitor",
    "cookie",
    "distinct",
    "push",
    "idfa",
    "gaid",
    "fbp",
    "browser",
    "anon",
)
_ID_WORDS: Final = (
    "id",
    "ids",
    "uuid",
    "guid",
    "no",
    "nr",
    "number",
    "num",
    "code",
    "key",
    "token",
    "ma",
    "so",
    "card",
    "ref",
)
_NOT_WHOSE: Final = (
    *(
        "type",
        "name",
        "list",
        "group",
        "count",
        "agent",
        "company",
        "tag",
        "address",
        "merge",
        "status",
        "role",
    ),
    *(
        "country",
        "segment",
        "phone",
        "mobile",
        "list",
        "pipeline",
        "property",
        "order",
        "session",
        "currency",
        "portal",
    ),
)
_CARDS: Final = (
    "the",
    "so the",
    "ma the",
    "sothe",
    "mathe",
    "loyalty card",
    "card no",
    "card number",
    "loyalty id",
)
_EVENTS: Final = (
    *(
        "order",
        "event",
        "click",
        "visit",
        "view",
        "transaction",
        "send",
        "sent",
        "session",
        "survey",
        "response",
    ),
    *(
        "invoice",
        "sale",
        "cart",
        "checkout",
        "payment",
        "ticket",
        "call",
        "submission",
        "activity",
        "log",
        "consent",
    ),
    *(
        "purchase",
        "refund",
        "message",
        "open",
        "receipt",
        "line",
        "item",
        "membership",
        "unsubscribe",
        "bounce",
    ),
)


def subject(stem: str) -> str:
    """
    What a file is about, from its name: without dates, numbers and words like `export`.

    >>> subject("Orders_export-2024-01"), subject("customer_data"), subject("2024")
    ('orders', 'customer', 'file 2024')
    """
    every = words(stem).split()
    left = [word for word in every if word not in _NOISE and not word.isdigit()]
    return " ".join(left) or " ".join(["file", *every])


def singular(word: str) -> str:
    """
    One of them.

    >>> singular("customers"), singular("companies"), singular("status")
    ('customer', 'company', 'status')
    """
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if re.search(r"[^su]s$", word) and len(word) > 3 else word


def is_about_people(about: str) -> bool:
    """Whether one row of such a file is somebody: its last word says so."""
    return (bool(about) and singular(about.split()[-1]) in _PEOPLE) or about.endswith("khach hang")


def is_about_events(about: str) -> bool:
    """Whether one row of such a file is something that happened."""
    return bool(about) and singular(about.split()[-1]) in _EVENTS


def says_whose(name: str) -> bool:
    """
    Whether a column of this name holds the key of a person or a device.

    >>> says_whose("customer_id"), says_whose("Mã KH"), says_whose("user_agent"), says_whose("order_id")
    (True, True, False, False)
    """
    spoken = words(name)
    tokens = {singular(word) for word in spoken.split()}
    if spoken in _CARDS:
        return True
    is_key = bool(tokens & set(_ID_WORDS)) or re.search(
        r"(?:user|customer|contact|client|member|person)id$", spoken
    )
    return bool(
        is_key and (tokens & {*_PEOPLE, *_DEVICES} or "userid" in spoken) and not tokens & set(_NOT_WHOSE)
    )


def says_device(name: str) -> bool:
    """Whether that key is one of a device, which several people may share."""
    return bool({singular(word) for word in words(name).split()} & set(_DEVICES))


def slug(name: str) -> str:
    """
    A name that rules can speak of.

    >>> slug("Ngày sinh"), slug("2nd e-mail"), slug("₫")
    ('ngay_sinh', 'c_2_nd_e_mail', 'column')
    """
    plain = re.sub(r"[^a-z0-9]+", "_", words(name)).strip("_")[:60]
    if not plain:
        return "column"
    return plain if plain[0].isalpha() else f"c_{plain}"
