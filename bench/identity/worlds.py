"""The made sets: sixteen worlds that differ in kind, each a few rates away from the usual one."""

from __future__ import annotations

from functools import partial

import firms
from people import GAPS, World, make
from sets import TruthSet

CRM = (
    ("customer_no", "no"), ("first_name", "given"), ("surname", "family"), ("dob", "born"), ("email", "email"),
    ("phone", "phone"), ("street", "street"), ("city", "city"), ("postcode", "postcode"),
)  # fmt: skip
SHOP = (
    ("id", "no"), ("Full Name", "name"), ("E-mail", "email"), ("Mobile", "phone"), ("Address", "street"),
    ("Town", "city"), ("ZIP", "postcode"), ("Date of birth", "born"), ("Source", "source"),
)  # fmt: skip
VIETNAM = (
    ("Mã KH", "no"), ("Họ và tên", "name"), ("Ngày sinh", "born"), ("Giới tính", "gender"), ("Số điện thoại", "phone"),
    ("Email", "email"), ("Địa chỉ", "street"), ("Tỉnh/Thành phố", "city"),
)  # fmt: skip
VIETNAM_PARTS = (
    ("ma_khach_hang", "no"), ("ho", "family"), ("ten", "given"), ("ngay_sinh", "born"), ("dien_thoai", "phone"),
    ("email", "email"), ("dia_chi", "street"), ("thanh_pho", "city"),
)  # fmt: skip
BUSINESS = (
    ("contact_id", "no"), ("name", "name"), ("email", "email"), ("phone", "phone"), ("address", "street"),
    ("city", "city"), ("company", "company"),
)  # fmt: skip
TILL = (
    ("card_no", "no"), ("fname", "given"), ("lname", "family"), ("birth_date", "born"), ("phone_number", "phone"),
    ("email_address", "email"), ("addr1", "street"), ("town", "city"), ("post_code", "postcode"), ("last_visit", "seen"),
)  # fmt: skip
FORENAMES = tuple(
    (header.replace("first_name", "Forename").replace("dob", "DOB"), part) for header, part in CRM
)
ALIKE = (1.0,) * 6
TEN = (0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1)
HALF = dict.fromkeys(GAPS, 0.5) | {"phone": 0.4, "born": 0.6, "email": 0.45, "company": 0.6}
DAYS_FIRST = "{d}/{m}/{y}"

WORLDS = (
    World("households", CRM, households=0.9, family_phone=0.35, movers=0.05),
    World("movers", TILL, movers=0.75, households=0.1),
    World(
        "shared_phones",
        SHOP,
        cultures=("western", "vietnamese"),
        households=0.5,
        family_phone=0.6,
        shop_phone=0.05,
    ),
    World("nicknames", FORENAMES, nicknames=0.5, wed=0.3),
    World(
        "namesakes",
        BUSINESS,
        cultures=("vietnamese",),
        names=12,
        name_mail=0.9,
        households=0.0,
        swapped=0.05,
        counts=ALIKE,
    ),
    World("namesakes_west", CRM, names=14, name_mail=0.85, households=0.05, gaps=GAPS | {"born": 0.45}),
    World("few_duplicates", CRM, counts=(49, 1), households=0.3),
    # No sons named like their father here: without a birth date nobody could tell them from a duplicate.
    World("no_duplicates", TILL, counts=(1,), households=0.4, family_phone=0.3, sons=0.0),
    World("many_duplicates", SHOP, counts=TEN, slips=1.3),
    World("vietnamese", VIETNAM, cultures=("vietnamese",), accents=0.5, swapped=0.15, day_form=DAYS_FIRST),
    World(
        "vietnamese_parts", VIETNAM_PARTS, cultures=("vietnamese",), accents=0.6, swapped=0.08, name_mail=0.3
    ),
    World("western", CRM, records=20_000),
    World("missing", TILL, gaps=HALF),
    World("placeholders", CRM, junk=0.12, shop_phone=0.03),
    World("mixed", SHOP, cultures=("western", "vietnamese"), slips=2.0, accents=0.5, day_form=DAYS_FIRST),
)
MAKERS = {world.name: partial(make, world) for world in WORLDS} | firms.MAKERS


def made(name: str, seed: int) -> TruthSet:
    """
    The made set of this name.

    Args:
        name: One of `MAKERS`.
        seed: Draws other people of the same kind.
    """
    return MAKERS[name](seed)
