"""Tables of several shapes as a business would have them, and faults planted in them, for the tests of the detectors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

Texts = dict[str, list[str | None]]
Random = np.random.Generator

CITIES = (
    "Hà Nội",
    "Đà Nẵng",
    "Hải Phòng",
    "Cần Thơ",
    "Huế",
    "Lyon",
    "Marseille",
    "Toulouse",
    "Bordeaux",
    "Kraków",
)
FIRST = (
    "Anna",
    "Marie",
    "Minh",
    "Lan",
    "Peter",
    "José",
    "Hanna",
    "Maria",
    "Tuấn",
    "Eva",
    "Karl",
    "Linh",
    "Otto",
)
LAST = ("Nguyễn", "Trần", "Müller", "Martin", "García", "Kowalski", "Smith", "Jones", "Lê", "Phạm", "Rossi")
CHANNELS = ("store", "web", "app", "phone")


class Planted(NamedTuple):
    """A table with faults: which rows (from 0) have which kind, in which column."""

    frame: pl.DataFrame
    kind: str
    rows: frozenset[int]
    accepted: frozenset[int]  # rows that may be named beside those


def day(start: date, days: float) -> str:
    return (start + timedelta(days=float(days))).isoformat()


def customers(n: int, random: Random) -> Texts:
    """People: an id, names, contact, birth, city and its postcode."""
    cities = random.choice(len(CITIES), n, p=np.arange(10, 0, -1) / 55)
    names = [f"{random.choice(FIRST)} {random.choice(LAST)}" for _ in range(n)]
    return {
        "customer_id": [f"C{100000 + i}" for i in range(n)],
        "name": list(names),
        "email": [f"user{i}.{random.integers(99)}@mail{random.integers(5)}.com" for i in range(n)],
        "phone": [f"09{random.integers(10**7, 10**8)}" for _ in range(n)],
        "birth_date": [day(date(1945, 1, 1), random.integers(0, 22000)) for _ in range(n)],
        "city": [CITIES[i] for i in cities],
        "postcode": [f"{10000 + 137 * i}" for i in cities],
        "signed_up": [day(date(2019, 1, 1), random.integers(0, 2000)) for _ in range(n)],
        "note": [str(random.choice(("called back", "prefers e-mail; 2 visits", "vip"))) if random.random() < 0.1 else None
                 for _ in range(n)],
    }  # fmt: skip


def orders(n: int, random: Random) -> Texts:
    """Orders: amounts with heavy tails, a product, three dates in order."""
    quantity = random.geometric(0.4, n)
    product = np.minimum(random.geometric(0.05, n), 60)
    price = np.round(np.exp(random.normal(3, 0.8, 61)), 2)[product]
    ordered = random.integers(0, 900, n) + random.random(n)
    shipped = ordered + random.exponential(2, n)
    return {
        "order_id": [str(500000 + i) for i in range(n)],
        "customer": [f"C{100000 + random.integers(max(n // 3, 5))}" for _ in range(n)],
        "sku": [f"SKU-{p:04d}" for p in product],
        "product": [f"Model {chr(65 + p % 26)}{p}" for p in product],
        "quantity": [str(q) for q in quantity],
        "price": [f"{p:.2f}" for p in price],
        "total": [f"{round(q * round(p, 2), 2):.2f}" for q, p in zip(quantity, price, strict=True)],
        "channel": [str(random.choice(CHANNELS, p=(0.5, 0.3, 0.15, 0.05))) for _ in range(n)],
        "ordered_on": [day(date(2023, 1, 1), o) for o in ordered],
        "shipped_on": [day(date(2023, 1, 1), s) for s in shipped],
        "delivered_on": [
            day(date(2023, 1, 1), s + d) for s, d in zip(shipped, random.exponential(4, n), strict=True)
        ],
    }


def visits(n: int, random: Random) -> Texts:
    """Measures of patients or machines: symmetric numbers, ages, skewed durations, balances of both signs."""
    low = random.normal(70, 8, n).round()
    return {
        "visit": [f"{random.integers(16**12):012x}" for _ in range(n)],
        "age": [str(int(a)) for a in np.clip(random.normal(45, 20, n), 0, 103)],
        "height_cm": [f"{h:.1f}" for h in random.normal(170, 9, n)],
        "min_pressure": [f"{v:.0f}" for v in low],
        "max_pressure": [f"{v + d:.0f}" for v, d in zip(low, random.gamma(8, 5, n), strict=True)],
        "seconds": [f"{s:.0f}" for s in np.exp(random.normal(5, 1.4, n))],
        "balance": [f"{b:.2f}" for b in random.standard_t(3, n) * 200],
        "fee": [f"{f:.2f}" for f in random.pareto(1.5, n) * 10 + 5],
        "paid": [f"{v:.2f}" for v in random.normal(80, 20, n).clip(10)],
        "grade": [str(random.choice(("A", "B", "C", "D"), p=(0.6, 0.3, 0.09, 0.01))) for _ in range(n)],
        "last_seen": [day(date(2020, 1, 1), 2000 - random.exponential(200)) for _ in range(n)],
    }


SHAPES: tuple[tuple[str, Callable[[int, Random], Texts]], ...] = (
    ("customers", customers),
    ("orders", orders),
    ("visits", visits),
)


def _put(texts: Texts, column: str, rows: np.ndarray, change: Callable[[str, int], str | None]) -> None:
    cells = texts[column]
    for count, row in enumerate(rows):
        cells[row] = change(cells[row] or "", count)


def _other_day(cell: str, days: int) -> str:
    return (date.fromisoformat(cell) + timedelta(days=days)).isoformat()


def _shift(texts: Texts, rows: np.ndarray, start: int) -> None:
    names = list(texts)
    for row in rows:
        values = [texts[name][row] for name in names]
        moved = [*values[:start], None, *values[start:-1]]
        for name, value in zip(names, moved, strict=True):
            texts[name][row] = value


# (shape, kind, column, how a cell is spoilt)
FAULTS: tuple[tuple[str, str, str, Callable[[str, int], str | None]], ...] = (
    ("orders", "wrong_type", "price", lambda c, i: ("abc", "n/a", "twelve", "see note")[i % 4]),
    ("orders", "wrong_type", "ordered_on", lambda c, i: "/".join(reversed(c.split("-")))),
    ("customers", "wrong_type", "name", lambda c, i: str(80000 + 17 * i)),
    ("customers", "impossible_date", "birth_date", lambda c, i: ("2051-04-03", "1900-01-01", "0001-01-01", "1871-05-05")[i % 4]),
    ("orders", "impossible_date", "ordered_on", lambda c, i: ("2093-01-01", "1970-01-01", "2023-02-30")[i % 3]),
    ("visits", "impossible_age", "age", lambda c, i: ("-4", "199", "999")[i % 3]),
    ("customers", "malformed", "email", lambda c, i: (c.replace("@", ""), c.replace("@", "@@"), c[:-4], c.replace(".com", ""))[i % 4]),
    ("customers", "malformed", "phone", lambda c, i: (c[:5], c + "123", c[:4] + "abc", "0000000000")[i % 4]),
    ("customers", "malformed", "postcode", lambda c, i: (c[:3], c + "9", "1O" + c[2:])[i % 3]),
    ("customers", "near_duplicate", "city", lambda c, i: (c.upper(), c + " ", c.replace(" ", ""), c[:-1])[i % 2]),
    ("orders", "near_duplicate", "channel", lambda c, i: (c.upper(), " " + c, c.title())[i % 3]),
    ("visits", "outlier", "height_cm", lambda c, i: f"{float(c) * (37, 700, 5000)[i % 3]:.1f}"),
    ("visits", "outlier", "paid", lambda c, i: "-" + c),
    ("visits", "mixed_units", "height_cm", lambda c, i: f"{float(c) / 2.54:.1f}"),
    ("visits", "mixed_units", "paid", lambda c, i: f"{float(c) * 1000:.0f}"),
    ("orders", "broken_order", "shipped_on", lambda c, i: _other_day(c, -30 - i % 9)),
    ("visits", "broken_order", "max_pressure", lambda c, i: f"{float(c) / 3:.0f}"),
    ("orders", "broken_sum", "total", lambda c, i: f"{float(c) * 1.2 + 3:.2f}"),
    ("customers", "duplicate_key", "customer_id", lambda c, i: "C100003"),
    ("orders", "mixed_encoding", "product", lambda c, i: "ModÃ¨le é"[:-1] + c),
    ("customers", "mixed_encoding", "city", lambda c, i: "HÃ  Ná»™i"),
    ("customers", "broken_dependency", "postcode", lambda c, i: "10685" if c != "10685" else "10000"),
    ("orders", "broken_dependency", "product", lambda c, i: "Model C2" if c != "Model C2" else "Model D3"),
)  # fmt: skip


def frame_of(texts: Texts) -> pl.DataFrame:
    return pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String))


def plant(fault: int, n: int, seed: int) -> Planted:
    """A table of n rows with one kind of fault in about 1 % of its rows, at least 4."""
    shape, kind, column, change = FAULTS[fault]
    random = np.random.default_rng([seed, fault, n])
    texts = dict(SHAPES)[shape](n, random)
    rows = np.sort(random.choice(n, max(4, n // 100), replace=False))
    if kind == "near_duplicate":
        most = max(set(texts[column]), key=texts[column].count)
        rows = np.array([r for r in range(n) if texts[column][r] == most])[3 :: max(n // 60, 8)][
            : max(3, n // 100)
        ]
    before = list(texts[column])
    _put(texts, column, rows, change)
    changed = frozenset(int(r) for r in rows if texts[column][r] != before[r])
    accepted = {i for i, cell in enumerate(texts[column]) if kind == "duplicate_key" and cell == "C100003"}
    return Planted(frame_of(texts), kind, changed, frozenset(accepted))


def plant_shift(n: int, seed: int) -> Planted:
    """Orders of which some rows lost a cell's place."""
    random = np.random.default_rng([seed, n])
    texts = orders(n, random)
    rows = np.sort(random.choice(n, max(3, n // 100), replace=False))
    _shift(texts, rows, 3)
    return Planted(frame_of(texts), "shifted_columns", frozenset(int(r) for r in rows), frozenset())
