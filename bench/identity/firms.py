"""
Made firms with truth: legal forms written in many ways, branches of chains, several firms in one building.

A branch is a customer of its own: the same name, website and often the head office's phone, at another address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from random import Random

import numpy as np
import polars as pl
import pools
import slips
from people import Home, home, phone
from sets import TruthSet

_FIRST = """Blue Green Silver Golden North South Bright Prime Royal Grand Urban Alpine Pacific Atlantic Summit Pioneer Premier
    Crystal Eagle Falcon Lion Phoenix River Harbour Bridge Castle Crown Star Sun Moon Vertex Apex Nova Delta Sigma Omega
    Quantum Fusion Matrix Horizon Heritage Evergreen Cedar Maple Oak Amber Coral Jade Ruby Sapphire""".split()  # fmt: skip
_VN_FIRST = ("Hòa Bình", "An Phát", "Minh Long", "Thành Công", "Đại Dương", "Hoàng Gia", "Tân Tiến", "Phú Quý", "Hưng Thịnh",
             "Việt Hưng", "Sao Mai", "Bình Minh", "Đông Á", "Nam Á", "Thiên Long", "Hải Âu", "Kim Cương", "Ngọc Linh")  # fmt: skip
_TRADE = """Logistics|Foods|Textiles|Software|Consulting|Engineering|Furniture|Electronics|Bakery|Motors|Plumbing|Roofing
    |Dental Care|Pharmacy|Printing|Travel|Security Services|Cleaning Services|Coffee|Garden Centre|Media|Steel|Plastics
    |Insurance Brokers|Accounting""".replace("\n    ", "").split("|")  # fmt: skip
_VN_TRADE = ("Thương Mại", "Xây Dựng", "Vận Tải", "Dịch Vụ", "Thực Phẩm", "Dệt May", "Nội Thất", "Du Lịch", "Cơ Khí",
             "Thương Mại Dịch Vụ", "Xuất Nhập Khẩu", "Công Nghệ")  # fmt: skip
_FORMS = (("Limited", "Ltd", "Ltd.", "LTD", ""), ("Incorporated", "Inc", "Inc.", ""), ("GmbH", "G.m.b.H.", ""),
          ("Public Limited Company", "PLC", "plc", ""), ("LLC", "L.L.C.", "llc", ""), ("Company", "Co", "Co.", "& Co", ""))  # fmt: skip
_VN_FORMS = (("Công ty TNHH", "Cty TNHH", "CÔNG TY TNHH", "TNHH", "Công ty trách nhiệm hữu hạn"),
             ("Công ty Cổ phần", "CTCP", "Cty CP", "Công ty CP"), ("Doanh nghiệp tư nhân", "DNTN"))  # fmt: skip
_SHORTER = ((" and ", " & "), ("Services", "Svcs"), ("International", "Intl"), ("Engineering", "Eng."), ("Centre", "Center"),
            ("Thương Mại", "TM"), ("Dịch Vụ", "DV"), ("Xây Dựng", "XD"), ("Xuất Nhập Khẩu", "XNK"))  # fmt: skip
COLUMNS = (
    ("account_no", "no"), ("company_name", "firm"), ("street", "street"), ("city", "city"), ("postcode", "postcode"),
    ("phone", "phone"), ("website", "other"), ("vat_no", "code"), ("contact", "contact"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm, or one branch of a chain; `forms` are the ways its legal form is written."""

    name: str
    forms: tuple[str, ...]
    is_vietnamese: bool
    places: tuple[Home, ...]
    phones: tuple[str, ...]
    website: str
    vat: str
    contact: str


def make(name: str, seed: int, *, records: int, chains: float, vietnamese: float) -> TruthSet:
    """
    A set of firms.

    Args:
        name: Its name.
        seed: The same seed gives the same bytes.
        records: About how many rows.
        chains: Share of the firms that are chains of 3 to 12 branches.
        vietnamese: Share of Vietnamese firms.
    """
    rng = Random(f"{name} {seed}")
    rows: list[tuple[int, dict[str, str]]] = []
    number = 0
    buildings = [home(rng, "western") for _ in range(records // 60)]
    while len(rows) < records:
        first = _firm(rng, buildings, is_vietnamese=rng.random() < vietnamese)
        branches = [first]
        if rng.random() < chains:
            branches += [_branch(rng, first) for _ in range(rng.randrange(2, 12))]
        for firm in branches:
            times = rng.choices((1, 2, 3, 4, 5), (4, 4, 3, 2, 1))[0]
            rows += [(number, _row(rng, firm)) for _ in range(times)]
            number += 1
    rng.shuffle(rows)
    entity = np.array([one for one, _ in rows], dtype=np.int64)
    columns = {header: [row.get(part) or None for _, row in rows] for header, part in COLUMNS}
    columns["account_no"] = [f"A{at:06}" for at in range(len(rows))]
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    told = {header: part for header, part in COLUMNS if part not in ("no", "contact")} | {"contact": "other"}
    return TruthSet(name, frame, entity, told)


def _firm(rng: Random, buildings: list[Home], *, is_vietnamese: bool) -> Firm:
    culture = "vietnamese" if is_vietnamese else "western"
    if is_vietnamese:
        name, forms = f"{rng.choice(_VN_TRADE)} {rng.choice(_VN_FIRST)}", rng.choice(_VN_FORMS)
        if rng.random() < 0.3:
            name += f" {rng.choice(_VN_FIRST).split()[-1]}"
    elif rng.random() < 0.35:
        name, forms = (
            f"{pools.common(rng, pools.FAMILY)} and {rng.choice(('Sons', 'Partners', 'Brothers'))}",
            rng.choice(_FORMS),
        )
    else:
        name, forms = f"{rng.choice(_FIRST)} {rng.choice(_TRADE)}", rng.choice(_FORMS)
        if rng.random() < 0.4:
            name = f"{rng.choice(_FIRST)} {name}"
    place = rng.choice(buildings) if not is_vietnamese and rng.random() < 0.35 else home(rng, culture)
    places = (home(rng, culture), place) if rng.random() < 0.15 else (place,)
    site = slips.fold(name).lower().replace(" and ", "").replace(" ", "")
    site += rng.choice((".com", ".co.uk", ".net")) if not is_vietnamese else rng.choice((".vn", ".com.vn"))
    vat = f"{rng.randrange(10**9, 10**10)}"
    contact = f"{pools.common(rng, pools.MALE)} {pools.common(rng, pools.FAMILY)}"
    return Firm(
        name, forms, is_vietnamese, places, (_line(rng, is_vietnamese=is_vietnamese),), site, vat, contact
    )


def _branch(rng: Random, first: Firm) -> Firm:
    """Another branch: its own address and people, half of the time its own phone."""
    culture = "vietnamese" if first.is_vietnamese else "western"
    own = (_line(rng, is_vietnamese=first.is_vietnamese),)
    contact = f"{pools.common(rng, pools.MALE)} {pools.common(rng, pools.FAMILY)}"
    phones = own if rng.random() < 0.5 else first.phones
    return replace(first, places=(home(rng, culture),), phones=phones, contact=contact)


def _line(rng: Random, *, is_vietnamese: bool) -> str:
    if is_vietnamese:
        return f"02{rng.randrange(10**9):09}" if rng.random() < 0.7 else phone(rng, "vietnamese")
    return f"01{rng.randrange(10**9):09}"


def _row(rng: Random, firm: Firm) -> dict[str, str]:
    form = rng.choice(firm.forms)
    name = firm.name
    for long, short in _SHORTER:
        if rng.random() < 0.25:
            name = name.replace(long, short)
    whole = f"{form} {name}" if firm.is_vietnamese else f"{name} {form}"
    if rng.random() < 0.09:
        whole = rng.choice((slips.typo, slips.scanned, slips.cut))(rng, whole.strip())
    if rng.random() < 0.15:
        whole = slips.cased(rng, whole)
    place = rng.choice(firm.places)
    number = rng.choice(firm.phones)
    street = slips.typo(rng, place.street) if rng.random() < 0.06 else place.street
    for long, short in (("Street", "St"), ("Road", "Rd"), ("Avenue", "Ave")):
        if rng.random() < 0.25:
            street = street.replace(long, short)
    if rng.random() < 0.03:
        number = slips.digit(rng, number)
    spaced = f"{number[:5]} {number[5:8]} {number[8:]}"
    code = "84" if firm.is_vietnamese else "44"
    if firm.is_vietnamese and rng.random() < 0.35:
        whole, street, place = (
            slips.fold(whole),
            slips.fold(street),
            replace(place, city=slips.fold(place.city)),
        )
    cells = {
        "firm": whole.strip(),
        "street": street,
        "city": place.city,
        "postcode": place.postcode,
        "phone": rng.choice((number, spaced, f"+{code} {number[1:]}")),
        "other": rng.choice((firm.website, f"www.{firm.website}", f"https://{firm.website}/")),
        "code": firm.vat,
        "contact": firm.contact,
    }
    gaps = {"postcode": 0.15, "phone": 0.2, "other": 0.4, "code": 0.6, "contact": 0.3, "street": 0.05}
    return {part: "" if rng.random() < gaps.get(part, 0.0) else cell for part, cell in cells.items()}


MAKERS = {
    "firms": partial(make, "firms", records=10_000, chains=0.0, vietnamese=0.25),
    "chains": partial(make, "chains", records=8_000, chains=0.25, vietnamese=0.1),
}
