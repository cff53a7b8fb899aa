"""Words of names that need knowing: titles, suffixes, Vietnamese family names, what stands for nobody. All folded."""

from __future__ import annotations

from typing import Final

# Dropped at the beginning where at least one name follows.
TITLES: Final = (
    *("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "madam", "madame", "mme", "mlle"),
    *("herr", "frau", "monsieur", "sr", "sra", "srta", "rev", "ths", "pgs", "gs", "bs", "ts"),
)
# Vietnamese forms of address, dropped where at least this many names follow. `Anh` and `Chi` are also among the
# commonest given names, and written first where the parts are swapped (`Anh Nguyễn Văn`): there two are not enough.
ADDRESS_FORMS: Final = (
    ("ong", 2),
    ("ba", 2),
    ("anh", 3),
    ("chi", 3),
    ("co", 3),
    ("em", 3),
    ("chu", 3),
    ("bac", 3),
)
# Dropped at the end where at least two names stand before.
SUFFIXES: Final = ("jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "mba", "cpa")
# About 98 % of people in Vietnam. Names that are common first names elsewhere (Kim, Van, Mai, An) are left out.
FAMILY_NAMES: Final = (
    *("nguyen", "tran", "le", "pham", "hoang", "huynh", "phan", "vu", "vo", "dang", "bui", "do", "ho", "ngo"),
    *("duong", "ly", "truong", "trinh", "dinh", "doan", "luong", "luu", "dao", "cao", "lam", "ta", "phung"),
    *("chau", "thai", "quach", "mac", "trieu", "tong", "kieu", "vuong", "ton", "la", "nghiem", "khuat", "ha"),
    *("tang", "giang", "bach", "to", "dam", "diep", "hua", "lai", "luc", "nghiem", "thach", "tieu", "ung"),
)
NOBODY: Final = (
    *("test", "test test", "tester", "testing", "unknown", "no name", "noname", "khong ten", "khong ro"),
    *(
        "khong co",
        "khong co ten",
        "chua co ten",
        "chua ro",
        "khach le",
        "khach hang",
        "khach",
        "khach vang lai",
    ),
    *("khach hang le", "khach mua le", "ban le", "guest", "guest user", "guest customer", "anonymous"),
    *("customer", "walk in", "walk in customer", "first last", "first name last name", "asdf", "qwerty"),
    *("xxx", "aaa", "abc", "abcd", "na", "none", "null", "n a", "user", "undefined undefined", "null null"),
)
