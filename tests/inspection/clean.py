"""Clean columns of many shapes, as shops, clinics, plants, offices and web servers would have them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import numpy as np

Random = np.random.Generator
Maker = Callable[[int, Random], list[str]]

NAMES: Final = ["Anna", "Marie", "Lan", "Minh", "José", "Hanna", "Eva", "Karl", "Linh", "Otto", "Ana", "Anne", "Jon", "John", "Maria", "Mario", "Chloé", "Zoë", "Søren", "Łukasz", "Nguyễn", "Trần", "Müller", "García", "Kowalski", "Smith", "Jones", "Lê", "Phạm", "Rossi", "O'Brien", "McDonald", "Yılmaz", "Ivanov", "Silva", "Araújo"]  # fmt: skip
WORDS: Final = [
    "late",
    "parcel",
    "blue",
    "box",
    "called",
    "twice",
    "wants",
    "refund",
    "customer",
    "happy",
    "size",
    "too",
    "small",
    "green",
    "chair",
    "for",
    "her",
    "son",
]


def _numbers(draw: Callable[[int, Random], np.ndarray], decimals: int) -> Maker:
    return lambda n, random: [f"{value:.{decimals}f}" for value in draw(n, random)]


def _choices(*values: str, steepness: float = 1.6) -> Maker:
    weights = np.array([steepness**-i for i in range(len(values))])
    return lambda n, random: list(random.choice(values, n, p=weights / weights.sum()))


def _often(rare: float, usual: str, other: Maker) -> Maker:
    return lambda n, random: [usual if random.random() >= rare else text for text in other(n, random)]


def _made(make: Callable[[int, Random], str]) -> Maker:
    return lambda n, random: [make(i, random) for i in range(n)]


def _times(written: str, days: float) -> Maker:
    def moment(_: int, random: Random) -> str:
        return (datetime(2019, 1, 1) + timedelta(days=float(random.random() * days))).strftime(written)

    return _made(moment)


def _name(_: int, random: Random) -> str:
    return " ".join(random.choice(NAMES, int(random.integers(1, 4))))


def _note(_: int, random: Random) -> str:
    return " ".join(random.choice(WORDS, int(random.integers(0, 9))))


COLUMNS: Final[tuple[tuple[str, Maker], ...]] = (
    ("height_cm", _numbers(lambda n, r: r.normal(170, 9, n), 1)),
    ("weight", _numbers(lambda n, r: np.exp(r.normal(4.28, 0.2, n)), 1)),
    ("systolic", _numbers(lambda n, r: r.normal(125, 16, n), 0)),
    ("body temperature", _numbers(lambda n, r: 36.4 + r.gamma(2, 0.3, n), 1)),
    ("outside", _numbers(lambda n, r: r.normal(12, 9, n), 1)),
    ("Preis", lambda n, r: [f"{v:.2f}".replace(".", ",") for v in np.exp(r.normal(3, 1, n))]),
    ("don_gia", _numbers(lambda n, r: np.round(np.exp(r.normal(12.5, 0.9, n)), -3), 0)),
    ("amount", _numbers(lambda n, r: np.exp(r.normal(4, 1.5, n)), 2)),
    ("balance", _numbers(lambda n, r: r.standard_t(4, n) * 300, 2)),
    ("duration_ms", _numbers(lambda n, r: np.exp(r.normal(6, 1.1, n)), 0)),
    ("wait_minutes", _numbers(lambda n, r: r.exponential(12, n), 0)),
    ("cantidad", _numbers(lambda n, r: r.geometric(0.4, n), 0)),
    ("rating", _choices("5", "4", "3", "2", "1", steepness=2.2)),
    ("stock", _numbers(lambda n, r: r.gamma(1.2, 80, n), 0)),
    ("salary", _numbers(lambda n, r: np.round(np.exp(r.normal(10.5, 0.4, n)), -2), 0)),
    ("discount", _numbers(lambda n, r: np.where(r.random(n) < 0.85, 0, r.exponential(10, n)), 2)),
    ("percent_done", _numbers(lambda n, r: 100 * r.beta(5, 1, n), 1)),
    ("page_views", _numbers(lambda n, r: np.exp(r.exponential(0.8, n)), 0)),
    ("mileage", _numbers(lambda n, r: r.uniform(0, 200000, n), 0)),
    ("latitude", _numbers(lambda n, r: r.normal(48, 2, n), 5)),
    ("pressure_hpa", _numbers(lambda n, r: r.normal(1013, 8, n), 1)),
    ("pH", _numbers(lambda n, r: r.normal(7.2, 0.3, n), 2)),
    ("credit_limit", _choices("1000", "2000", "5000", "10000", "50000")),
    ("nps", _choices("9", "10", "8", "7", "6", "5", "3", "0", steepness=1.4)),
    ("year", _numbers(lambda n, r: r.integers(1990, 2026, n), 0)),
    ("age", _numbers(lambda n, r: np.clip(r.normal(45, 18, n), 0, 101), 0)),
    ("card_last4", _made(lambda _, r: f"{r.integers(10**4):04d}")),
    ("status", _choices("paid", "open", "unpaid", "refunded", "cancelled")),
    ("size", _choices("M", "L", "S", "XL", "XXL", "XS")),
    ("gender", _choices("female", "male", "other", steepness=4)),
    ("Giới tính", _choices("Nữ", "Nam", "Khác", steepness=4)),
    ("direction", _choices("inbound", "outbound", "import", "export")),
    ("country", _choices("Austria", "Australia", "Niger", "Nigeria", "Iran", "Iraq", "Slovakia", "Slovenia")),
    ("Tỉnh", _choices("Hà Nội", "Hà Nam", "Hồ Chí Minh", "Đà Nẵng", "Quảng Nam", "Quảng Ngãi", "Huế", "Hải Dương")),
    ("day", _choices("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Sunday", steepness=1.2)),
    ("grade", _choices("A", "B", "C", "A+", "A-", "B+")),
    ("utm_source", _choices("google", "facebook", "newsletter", "bing", "fb", "(direct)")),
    ("currency", _choices("EUR", "USD", "GBP", "CHF")),
    ("is_active", _choices("true", "false")),
    ("first_name", lambda n, r: list(r.choice(NAMES, n))),
    ("full_name", _made(_name)),
    ("note", _made(_note)),
    ("email", _made(lambda i, r: f"{r.choice(WORDS)}.{i}@mail{r.integers(5)}.example.com")),
    ("phone", _made(lambda _, r: f"+49 {r.integers(100, 999)} {r.integers(10**6, 10**8)}")),
    ("Điện thoại", _made(lambda _, r: f"09{r.integers(10**7, 10**8)}")),
    ("zip", _made(lambda _, r: f"{r.integers(10000, 99999)}")),
    ("postcode", _made(lambda _, r: f"{r.choice(['SW', 'E', 'M', 'LS'])}{r.integers(1, 20)} {r.integers(1, 9)}{r.choice(['AB', 'CD', 'EF'])}")),
    ("order_id", _made(lambda i, _: f"ORD-{100000 + i}")),
    ("uuid", _made(lambda _, r: f"{r.integers(16**8):08x}-{r.integers(16**4):04x}-4{r.integers(16**3):03x}-a{r.integers(16**3):03x}-{r.integers(16**12):012x}")),
    ("customer", _made(lambda _, r: f"C{r.integers(1000, 1400)}")),
    ("sku", _made(lambda _, r: f"{r.choice(['AB', 'XK', 'PQ'])}-{r.geometric(0.05):04d}")),
    ("invoice", _made(lambda i, _: str(536365 + i // 3))),
    ("version", _choices("1.0.2", "1.1.0", "2.0.0", "1.0.3")),
    ("path", _made(lambda _, r: f"/{r.choice(WORDS)}/{r.integers(1, 300)}")),
    ("ip", _made(lambda _, r: ".".join(str(x) for x in r.integers(1, 255, 4)))),
    ("product", _made(lambda _, r: f"{r.choice(WORDS).title()} {r.choice(['Mini', 'Maxi', 'Pro', 'Pro 2', '500 ml'])}")),
    ("created_at", _times("%Y-%m-%dT%H:%M:%SZ", 1500)),
    ("ngày đặt", _times("%d/%m/%Y", 900)),
    ("Datum", _times("%d.%m.%Y", 2000)),
    ("last_seen", _times("%Y-%m-%d %H:%M", 300)),
    ("valid_to", _often(0.3, "9999-12-31", _times("%Y-%m-%d", 900))),
    ("birth_date", _made(lambda _, r: str((datetime(1945, 1, 1) + timedelta(days=int(r.integers(0, 22000)))).date()))),
    ("source_row", _numbers(lambda n, r: np.arange(n) * 1.0 + 1, 0)),
    ("blood", _choices("O+", "A+", "B+", "AB+", "O-", "A-", "B-", "AB-")),
    ("icd", _made(lambda _, r: f"{r.choice(list('EIJKM'))}{r.integers(10, 14)}.{r.integers(0, 5)}")),
)  # fmt: skip


def clean_columns(n: int, random: Random) -> dict[str, list[str | None]]:
    """One column of each shape, a few cells of some of them empty; drawn apart, so that no two hang together."""
    columns: dict[str, list[str | None]] = {}
    for name, make in COLUMNS:
        empty = random.choice((0.0, 0.0, 0.05, 0.3))
        texts = make(n, random)
        columns[name] = [text if random.random() >= empty else None for text in texts]
    return columns
