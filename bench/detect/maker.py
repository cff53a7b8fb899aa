"""How the cells of a clean column are made, Vietnamese or Western: names, contacts, dates, amounts, codes, words."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from table import Column

# As the customers of bench/ingest have them.
_NAMES = json.loads((Path(__file__).parents[1] / "vietnamese_names.json").read_text("utf-8"))
FAMILY = {
    "vi": _NAMES["family"],
    "west": [
        "Smith",
        "Müller",
        "García",
        "O'Brien",
        "Dubois",
        "Rossi",
        "Nowak",
        "Johansson",
        "Fernández",
        "Lefèvre",
        "Novák",
        "Brown",
        "Jones",
        "Kaya",
        "de-Vries",
    ],
}
MIDDLE = {"vi": _NAMES["middle"], "west": ["", "", "", "J.", "M."]}
GIVEN = {
    "vi": _NAMES["given"],
    "west": [
        "Anna",
        "José",
        "Chloé",
        "Liam",
        "Noah",
        "Zoë",
        "Jürgen",
        "Marta",
        "Oliver",
        "Sofía",
        "Björn",
        "Emma",
        "Lucas",
        "Renée",
        "Tom",
        "Ingrid",
        "Hélène",
    ],
}
CITIES = {
    "vi": [
        "Hà Nội",
        "Hà Nam",
        "Hồ Chí Minh",
        "Đà Nẵng",
        "Hải Phòng",
        "Hải Dương",
        "Cần Thơ",
        "Quảng Nam",
        "Quảng Ngãi",
    ],
    "west": [
        "Berlin",
        "Bern",
        "London",
        "Londonderry",
        "Paris",
        "Lyon",
        "Madrid",
        "Málaga",
        "New York",
        "Newark",
        "Zürich",
    ],
}
NOTES = {
    "vi": [
        "giao giờ hành chính",
        "gọi trước khi giao",
        "khách quen, để ở quầy lễ tân",
        "không lấy hoá đơn",
        "quà tặng",
    ],
    "west": [
        "please ring twice",
        "leave at the café next door",
        "gift, no invoice",
        'asked for "express", late',
        "VIP",
    ],
}
VIETNAMESE_PREFIXES = [
    "32",
    "33",
    "36",
    "38",
    "56",
    "70",
    "77",
    "79",
    "81",
    "83",
    "86",
    "90",
    "91",
    "93",
    "96",
    "97",
    "98",
]
VIETNAMESE_HEADERS = {
    "customer_id": "Mã khách hàng", "full_name": "Họ tên", "email": "Email", "phone": "Điện thoại",
    "birth_date": "Ngày sinh", "city": "Tỉnh/Thành", "postcode": "Mã bưu chính", "note": "Ghi chú",
    "order_id": "Mã đơn", "ordered_at": "Ngày đặt", "shipped_at": "Ngày giao", "total": "Tổng tiền",
    "quantity": "Số lượng", "unit_price": "Đơn giá", "line_total": "Thành tiền", "status": "Trạng thái",
    "channel": "Kênh", "age": "Tuổi", "weight_kg": "Cân nặng (kg)", "height_cm": "Chiều cao (cm)",
    "amount": "Số tiền", "department": "Phòng ban", "salary": "Lương", "category": "Nhóm hàng",
}  # fmt: skip


def plain(text: str) -> str:
    """Lower-case ASCII letters of a name."""
    text = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return re.sub("[^a-z]", "", text)


class Maker:
    """Makes the columns of one table of `n` rows, in one locale and one style of headers and dates."""

    def __init__(self, rng: np.random.Generator, locale: str, n: int) -> None:
        self.rng, self.locale, self.n = rng, locale, n
        styles = ("snake", "title", "camel", "upper") + (("vietnamese",) * 2 if locale == "vi" else ())
        self.style = str(rng.choice(styles))
        days = ("%Y-%m-%d", "%d/%m/%Y") if locale == "vi" else ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y")
        self.day = str(rng.choice(days))
        self.time = str(rng.choice(("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", f"{self.day} %H:%M")))
        self.has_comma = locale == "west" and rng.random() < 0.25
        self.columns: dict[str, Column] = {}

    def add(self, key: str, role: str, cells: Sequence[str], **more: Any) -> Column:
        """A column of ready cells."""
        self.columns[key] = Column(self._header(key), role, list(cells), **more)
        return self.columns[key]

    def _header(self, key: str) -> str:
        if self.style == "vietnamese" and key in VIETNAMESE_HEADERS:
            return VIETNAMESE_HEADERS[key]
        if self.style == "title":
            return key.replace("_", " ").title()
        if self.style == "camel":
            first, *rest = key.split("_")
            return first + "".join(word.title() for word in rest)
        return key.upper() if self.style == "upper" else key

    def number(
        self, key: str, raw: np.ndarray, decimals: int = 0, role: str = "number", **more: Any
    ) -> np.ndarray:
        """A column of numbers, rounded as it is written; its values."""
        raw = np.round(raw.astype(float), decimals) + 0.0
        column = self.add(key, role, (), raw=raw, form=f"{decimals}{',' if self.has_comma else ''}", **more)
        column.cells = [column.written(value) for value in raw]
        return raw

    def money(self, key: str, middle: float, spread: float) -> np.ndarray:
        """Skewed amounts: whole dong by the thousand, or with cents."""
        raw = self.rng.lognormal(np.log(middle), spread, self.n)
        return self.number(key, np.round(raw, -3 if middle > 5000 else 2), 0 if middle > 5000 else 2)

    def moment(self, key: str, raw: np.ndarray, role: str = "date", *, is_day: bool = False) -> np.ndarray:
        """A column of times or days; its values as written."""
        form = self.day if is_day else self.time
        raw = raw.astype("datetime64[D]" if is_day else "datetime64[s]").astype("datetime64[s]")
        column = self.add(key, role, (), raw=raw, form=form)
        column.cells = [moment.strftime(form) for moment in raw.tolist()]
        return raw

    def seasonal(self) -> np.ndarray:
        """Times of two years, with a peak in November and hardly a night."""
        month = self.rng.choice(24, self.n, p=np.array(([1, 1, 2, 1, 1, 2, 1, 1, 1, 2, 6, 4]) * 2) / 46)
        start = np.datetime64("2024-01", "M") + month
        second = self.rng.integers(0, 28, self.n) * 86400 + self.rng.normal(52000, 12000, self.n).clip(
            0, 86399
        )
        return start.astype("datetime64[s]") + second.astype(int)

    def later(self, raw: np.ndarray, days: float) -> np.ndarray:
        """Some time after each, at most a little over three times the usual."""
        return raw + (self.rng.exponential(days, self.n).clip(0, 3.3 * days) * 86400 + 60).astype(int)

    def births(self, key: str = "birth_date", youngest: int = 16) -> np.ndarray:
        """Birth dates of people up to ninety-odd."""
        age = youngest + self.rng.beta(2, 4, self.n) * (92 - youngest)
        raw = np.datetime64("2025-12-31", "s") - (age * 365.25 * 86400).astype(int)
        return self.moment(key, raw, "birth", is_day=True)

    def people(self) -> None:
        """Names and the e-mails made of them."""
        pick = self.rng.choice
        family, given = pick(FAMILY[self.locale], self.n), pick(GIVEN[self.locale], self.n)
        middle = pick(MIDDLE[self.locale], self.n)
        names = [f"{a} {b} {c}" if self.locale == "vi" else " ".join(f"{c} {b} {a}".split()) for a, b, c in zip(family, middle, given, strict=True)]  # fmt: skip
        self.add("full_name", "text", names)
        hosts = pick(["gmail.com", "yahoo.com", "example.co.uk", "mail.example.vn", "x-corp.io"], self.n)
        tags = pick(["", "", "", "", "+shop"], self.n)
        cells = [
            f"{plain(c)}.{plain(f)}{i}{tag}@{host}"
            for i, (f, c, host, tag) in enumerate(zip(family, given, hosts, tags, strict=True))
        ]
        self.add("email", "email", cells)

    def phones(self, key: str = "phone") -> None:
        """Different numbers of one country, written in one way or two."""
        number = self.rng.permutation(np.arange(1_000_000, 1_000_000 + self.n * 37, 37))
        if self.locale == "vi":
            prefix, plus = self.rng.choice(VIETNAMESE_PREFIXES, self.n), self.rng.random(self.n) < 0.3
            cells = [f"{'+84' if q else '0'}{p}{x:07d}" for x, p, q in zip(number, prefix, plus, strict=True)]
        else:
            form = str(self.rng.choice(["+1 212-{}-{}", "(415) {}-{}", "+1 617 {} {}"]))
            cells = [form.format(210 + x // 10_000, f"{x % 10_000:04d}") for x in number]
        self.add(key, "phone", cells)

    def postcodes(self, key: str = "postcode") -> None:
        """Postcodes with leading zeros, some of them with the longer form."""
        code = self.rng.integers(1000, 99_999, self.n)
        if self.locale == "vi":
            cells = [f"{x:05d}0" for x in code]
        else:
            longer = self.rng.random(self.n) < 0.1
            cells = [
                f"{x:05d}-{x % 9000 + 1000}" if y else f"{x:05d}" for x, y in zip(code, longer, strict=True)
            ]
        self.add(key, "postcode", cells)

    def words(self, key: str, names: Sequence[str], role: str = "category") -> list[str]:
        """Categories of falling frequency, the last one rare."""
        weights = np.array([1 / (i + 1) for i in range(len(names))])
        weights[-1] /= 5
        cells = self.rng.choice(names, self.n, p=weights / weights.sum()).tolist()
        return self.add(key, role, cells).cells

    def ids(self, key: str, prefix: str, role: str = "key") -> list[str]:
        """Different ids, with gaps."""
        first = int(self.rng.integers(1, 40_000))
        number = first + np.cumsum(self.rng.integers(1, 4, self.n))
        return self.add(key, role, [f"{prefix}{x:07d}" for x in number]).cells

    def sparse(self, key: str, cells: Sequence[str], share: float, role: str = "free") -> None:
        """A column that is mostly empty."""
        keep = self.rng.random(self.n) < share
        self.add(key, role, [cell if kept else "" for cell, kept in zip(cells, keep, strict=True)])

    def notes(self, share: float = 0.08) -> None:
        """Free text, mostly empty, some with a number of its own."""
        text = self.rng.choice(NOTES[self.locale], self.n)
        tail = self.rng.integers(0, 90, self.n)
        self.sparse(
            "note", [f"{a} {b}" if b < 30 else str(a) for a, b in zip(text, tail, strict=True)], share
        )
