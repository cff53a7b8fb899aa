"""
Invented people: common Vietnamese name parts put together by chance, and the ways systems write them down.

Nobody here exists. E-mail addresses are under domains reserved for examples. Phone numbers have to look
like real mobile numbers, or no tool would accept them; nothing is known about who may hold them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

FAMILY = (
    *("Nguyễn",) * 12, *("Trần",) * 5, *("Lê",) * 4, *("Phạm",) * 3, *("Hoàng",) * 2, *("Phan",) * 2,
    *("Vũ",) * 2, "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Mai",
)  # fmt: skip
MIDDLE = {
    "Nữ": ("Thị", "Thị", "Thị", "Ngọc", "Thu", "Thanh", "Khánh", "Minh", "Bảo", "Diệu"),
    "Nam": ("Văn", "Văn", "Đức", "Minh", "Quốc", "Hữu", "Công", "Gia", "Anh", "Xuân"),
}
GIVEN = {
    "Nữ": (
        "Hương", "Lan", "Mai", "Ngọc", "Trang", "Hà", "Linh", "Thảo", "Hạnh", "Yến", "Phương", "Nhung", "Dung",
        "Vân", "Oanh", "Thủy", "Quỳnh", "Hiền", "Loan", "Nga", "Tuyết", "Châu", "Giang", "Vy", "My",
    ),
    "Nam": (
        "Hùng", "Dũng", "Tuấn", "Nam", "Long", "Hải", "Sơn", "Minh", "Quân", "Khoa", "Phúc", "Đạt", "Thắng",
        "Tùng", "Bình", "Cường", "Hiếu", "Kiên", "Lâm", "Phong", "Trung", "Việt", "Vinh", "Đăng", "Khôi",
    ),
}  # fmt: skip
STREETS = (
    "Hoa Sen", "Nguyễn Trãi", "Lê Lợi", "Trần Hưng Đạo", "Hai Bà Trưng", "Lý Thường Kiệt", "Phan Chu Trinh",
    "Điện Biên Phủ", "Cách Mạng Tháng Tám", "Bà Triệu", "Quang Trung", "Ngô Quyền", "Đinh Tiên Hoàng",
)  # fmt: skip
CITIES = {  # city → share of people, wards, postcode (rarely written down)
    "Hà Nội": (32, ("P. Hàng Bài", "P. Dịch Vọng", "P. Kim Liên"), "100000"),
    "TP. Hồ Chí Minh": (34, ("P. Bến Nghé", "P. Linh Trung", "P. 7"), "700000"),
    "Đà Nẵng": (12, ("P. Thạch Thang", "P. Hòa Cường"), "550000"),
    "Cần Thơ": (8, ("P. Tân An", "P. Xuân Khánh"), "900000"),
    "Hải Phòng": (8, ("P. Máy Tơ", "P. Lạch Tray"), "180000"),
    "Huế": (6, ("P. Phú Hội", "P. Vĩnh Ninh"), "530000"),
}
PREFIXES = (
    "032", "033", "034", "035", "036", "037", "038", "039", "070", "076", "077", "078", "079", "081", "082",
    "083", "084", "085", "086", "088", "090", "091", "093", "094", "096", "097", "098",
)  # fmt: skip


@dataclass(slots=True)
class Person:
    """Somebody, and the numbers under which the systems know them (None: that system does not)."""

    number: int
    family: str
    middle: str
    given: str
    gender: str
    birth: date
    phone: str
    email: str | None
    city: str
    address: str
    habit: str = "none"
    customer_no: str | None = None
    card: str | None = None
    shop_id: str | None = None
    browser: str | None = None
    device: str | None = None
    token: str | None = None

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.family, self.middle, self.given) if part)

    @property
    def postcode(self) -> str:
        return CITIES[self.city][2]


def plain(text: str) -> str:
    """
    Vietnamese without marks, as people type it where marks are a nuisance.

    >>> plain("Đặng Thuỳ Trang")
    'Dang Thuy Trang'
    """
    text = text.replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def a_phone(rng: Random, taken: set[str]) -> str:
    """A mobile number in today's ten digits that nobody else has and that does not look made up."""
    while True:
        phone = rng.choice(PREFIXES) + f"{rng.randrange(10**7):07d}"
        if len(set(phone[-7:])) > 3 and phone not in taken:
            taken.add(phone)
            return phone


def an_address(rng: Random, city: str) -> str:
    """House, street and ward."""
    return f"{rng.randrange(1, 260)} {rng.choice(STREETS)}, {rng.choice(CITIES[city][1])}"


def an_email(rng: Random, person_name: tuple[str, str, str], taken: set[str]) -> str:
    """An address made from the name, under a domain reserved for examples."""
    family, middle, given = (plain(part).lower().replace(" ", "") for part in person_name)
    while True:
        local = rng.choice(
            (f"{given}.{family}", f"{given}{middle}{family}", f"{family}.{given}", f"{given}.{middle}")
        )
        email = f"{local}{rng.choice(('', rng.randrange(60, 100), rng.randrange(1, 100)))}@" + rng.choice(
            ("example.com", "example.com", "mail.example.com", "example.org")
        )
        if email not in taken:
            taken.add(email)
            return email


def a_person(rng: Random, number: int, phones: set[str], emails: set[str]) -> Person:
    """An ordinary customer. Three in four have an e-mail address."""
    gender = "Nữ" if rng.random() < 0.62 else "Nam"
    middle = rng.choice(MIDDLE[gender])
    given = rng.choice([given for given in GIVEN[gender] if given != middle])
    name = (rng.choice(FAMILY), middle, given)
    city = rng.choices(list(CITIES), [share for share, _, _ in CITIES.values()])[0]
    birth = date(1958, 1, 1) + timedelta(days=rng.randrange(48 * 365))
    email = an_email(rng, name, emails) if rng.random() < 0.78 else None
    return Person(number, *name, gender, birth, a_phone(rng, phones), email, city, an_address(rng, city))


def spelt_phone(rng: Random, phone: str) -> str:
    """One of the ways in which people write a phone number down."""
    national = phone[1:]
    return rng.choices(
        (
            phone,
            f"{phone[:4]} {phone[4:7]} {phone[7:]}",
            f"{phone[:4]}.{phone[4:7]}.{phone[7:]}",
            f"+84 {national[:3]} {national[3:6]} {national[6:]}",
            f"84{national}",
            f"{national}.0",
        ),
        (69, 10, 8, 7, 5, 1),
    )[0]


def spelt_name(rng: Random, person: Person) -> str:
    """One of the ways in which a name is entered at a counter."""
    return rng.choices((person.name, person.name.upper(), plain(person.name)), (88, 7, 5))[0]
