"""
Twelve shapes of clean tables, in sets of files that refer to each other, each Vietnamese or Western.

Clean is not smooth: amounts are skewed, refunds negative, categories rare or alike (Hà Nam, Hà Nội), columns mostly
empty, codes begin with zeros, future bookings lie in the future, order ids repeat on lines.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from maker import CITIES, Maker
from table import Table


def _m(seed: np.random.Generator, locale: str, n: int) -> tuple[Maker, np.random.Generator, bool, float]:
    maker = Maker(seed, locale, n)
    return maker, seed, locale == "vi", 250_000.0 if locale == "vi" else 38.0


def customers(rng: np.random.Generator, locale: str, n: int) -> Table:
    """A CRM export."""
    m, _, is_vi, middle = _m(rng, locale, n)
    m.ids("customer_id", "KH" if is_vi else "")
    m.people()
    m.phones()
    m.births()
    m.words("gender", ["Nữ", "Nam"] if is_vi else ["Female", "Male", "Non-binary"], "label")
    m.words("city", CITIES[locale])
    m.postcodes()
    joined = m.moment("joined_at", m.seasonal())
    m.moment("last_seen_at", m.later(joined, 90))
    m.words("tier", ["Standard", "Silver", "Gold", "Platinum"])
    m.number("points", rng.negative_binomial(1, 0.002, n))
    m.number("credit_limit", middle * rng.choice([0, 2, 10, 200], n, p=[0.6, 0.25, 0.13, 0.02]), 0, "few")
    m.words("newsletter", ["Y", "N"], "flag")
    m.notes(0.04)
    return Table("customers", m.columns, ("customer_id",), (("joined_at", "last_seen_at"),), is_parent=True)


def orders(rng: np.random.Generator, locale: str, n: int, parents: list[str]) -> Table:
    """Orders with their steps in time, and a total of parts."""
    m, _, is_vi, middle = _m(rng, locale, n)
    m.ids("order_id", "DH" if is_vi else "SO-")
    m.add("customer_id", "reference", rng.choice(parents, n).tolist())
    ordered = m.moment("ordered_at", m.seasonal())
    shipped = m.moment("shipped_at", m.later(ordered, 1.5))
    m.moment("delivered_at", m.later(shipped, 3))
    m.words("status", ["completed", "processing", "cancelled", "returned", "on hold"])
    m.words("channel", ["website", "mobile app", "store", "hotline", "marketplace"])
    decimals = 0 if is_vi else 2
    subtotal = m.money("subtotal", middle * 3, 0.9)
    shipping = m.number("shipping_fee", rng.choice([0, 0, middle / 10, middle / 5], n), decimals)
    tax = m.number("tax", np.round(subtotal * 0.08, decimals), decimals)
    m.number("total", subtotal + shipping + tax, decimals)
    m.sparse("coupon", [f"SALE{x:03d}" for x in rng.integers(0, 30, n)], 0.06, "code")
    m.notes()
    orders = (("ordered_at", "shipped_at"), ("shipped_at", "delivered_at"))
    sums = ((("subtotal", "shipping_fee", "tax"), "total"),)
    ref = (("customer_id", "customers", "customer_id"),)
    return Table("orders", m.columns, ("order_id",), orders, sums, (), ref, True)


def payments(rng: np.random.Generator, locale: str, n: int, parents: list[str]) -> Table:
    """Payments and refunds: amounts below zero, last digits of cards with leading zeros."""
    m, _, is_vi, middle = _m(rng, locale, n)
    m.ids("payment_id", "TT" if is_vi else "pay_")
    m.add("order_id", "reference", rng.choice(parents, n).tolist())
    m.moment("paid_at", m.seasonal())
    m.words("method", ["Visa credit", "Visa debit", "bank transfer", "cash on delivery", "e-wallet"])
    sign = np.where(rng.random(n) < 0.05, -1, 1)
    decimals = 0 if is_vi else 2
    amount = m.number(
        "amount", np.round(sign * rng.lognormal(np.log(middle * 3), 0.8, n), decimals), decimals
    )
    fee = m.number("fee", np.abs(amount) * 0.029 + middle / 100, decimals)
    m.number("net", amount - fee, decimals, "number")
    m.add("card_last4", "code", [f"{x:04d}" for x in rng.integers(0, 10_000, n)])
    m.add("merchant", "code", ["M-0042"] * n)
    m.add("authorisation", "code", [f"{x:06X}" for x in rng.integers(0, 1 << 24, n)])
    m.words("currency", ["VND"] if is_vi else ["USD", "EUR", "GBP"], "flag")
    ref = (("order_id", "orders", "order_id"),)
    sums = ((("net", "fee"), "amount"),)
    return Table("payments", m.columns, ("payment_id",), (), sums, (), ref)


def products(rng: np.random.Generator, locale: str, n: int) -> Table:
    """A catalogue: barcodes with leading zeros, sizes that differ by one letter."""
    m, _, is_vi, middle = _m(rng, locale, n)
    m.add("sku", "key", [f"{a}{i:05d}" for i, a in enumerate(rng.choice(["AO-", "QU-", "GI-"], n))])
    kind = ["Áo thun", "Áo khoác", "Quần dài", "Giày thể thao", "Phụ kiện"] if is_vi else ["T-Shirts", "Jackets", "Trousers", "Shoes", "Décor"]  # fmt: skip
    names = rng.choice(kind, n)
    m.add("title", "text", [f"{a} {b}" for a, b in zip(names, rng.integers(100, 999, n), strict=True)])
    m.words("category", kind)
    m.words("brand", ["Northwind", "Contoso", "Fabrikam", "Adventure Works", "Litware"])
    m.words("size", ["M", "S", "L", "XL", "XS", "XXL"], "flag")
    m.add("barcode", "code", [f"0{x:012d}" for x in rng.integers(10**11, 10**12, n)])
    m.number(
        "list_price", np.round(rng.lognormal(np.log(middle), 0.6, n), -3 if is_vi else 2), 0 if is_vi else 2
    )
    m.number("weight_g", rng.normal(420, 70, n).clip(180, 700), 0, "measure", units=(("kg", 0.001, 0.0),))
    m.number("stock", rng.negative_binomial(2, 0.02, n))
    launched = m.moment("launched_on", m.seasonal(), is_day=True)
    m.moment("next_delivery_on", m.later(launched, 120) + 86400, is_day=True)
    m.words("is_active", ["true", "false"], "flag")
    orders = (("launched_on", "next_delivery_on"),)
    return Table("products", m.columns, ("sku",), orders, is_parent=True)


def lines(rng: np.random.Generator, locale: str, n: int, parents: list[str]) -> Table:
    """Order lines: the order repeats, the order with the line does not."""
    m, _, is_vi, middle = _m(rng, locale, n)
    per = rng.integers(1, 6, n)
    order = np.repeat(np.arange(n), per)[:n]
    number = np.concatenate([np.arange(1, k + 1) for k in per])[:n]
    m.ids("line_id", "")
    m.add("order_id", "code", [f"{100_000 + x}" for x in order])
    m.add("line", "code", [str(x) for x in number])
    m.add("sku", "reference", rng.choice(parents, n).tolist())
    price = m.money("unit_price", middle, 0.6)
    quantity = m.number("quantity", 1 + rng.negative_binomial(1, 0.6, n))
    m.number("line_total", price * quantity, 0 if is_vi else 2)
    m.number("discount_percent", rng.choice([0, 0, 0, 5, 10, 15], n), 0, "few")
    m.words(
        "warehouse",
        ["Hà Nội 1", "Hà Nội 2", "Bình Dương"] if is_vi else ["Leeds North", "Leeds South", "Gdańsk"],
    )
    m.moment("picked_at", m.seasonal())
    m.notes(0.02)
    products = ((("unit_price", "quantity"), "line_total"),)
    return Table("lines", m.columns, ("line_id",), (), (), products, (("sku", "products", "sku"),))


def events(rng: np.random.Generator, locale: str, n: int) -> Table:
    """Web events: long tails, sparse revenue, paths."""
    m, _, is_vi, middle = _m(rng, locale, n)
    m.add("event_id", "key", [f"{x:016x}" for x in rng.integers(1 << 60, 1 << 62, n)])
    at = m.moment("occurred_at", m.seasonal())
    m.moment("received_at", m.later(at, 0.002))
    m.words("event_name", ["page_view", "product_view", "add_to_cart", "checkout", "purchase"])
    m.add("device", "code", [f"{x:012x}" for x in rng.integers(0, n // 4 + 9, n) * 977_351])
    m.add("path", "text", [f"/{a}/{b}" for a, b in zip(rng.choice(["áo", "quần", "giày"] if is_vi else ["café", "shoes", "sale"], n), rng.integers(0, 500, n), strict=True)])  # fmt: skip
    m.words("referrer", ["google", "facebook", "newsletter", "direct", "zalo" if is_vi else "bing"])
    m.number("duration_ms", rng.lognormal(8, 1.1, n))
    m.number("scroll_percent", 100 * rng.beta(0.6, 0.8, n), 0, "few")
    m.sparse("revenue", [f"{x:.0f}" for x in rng.lognormal(np.log(middle), 1, n)], 0.03, "code")
    m.words("browser", ["Chrome", "Safari", "Firefox", "Samsung Internet"])
    m.add("ip", "code", [f"10.{a}.{b}.{c}" for a, b, c in rng.integers(0, 255, (n, 3))])
    return Table("events", m.columns, ("event_id",), (("occurred_at", "received_at"),))


def shipments(rng: np.random.Generator, locale: str, n: int) -> Table:
    """Parcels of a carrier."""
    m, _, is_vi, middle = _m(rng, locale, n)
    m.ids("tracking_no", "VN" if is_vi else "1Z")
    picked = m.moment("picked_up_on", m.seasonal(), is_day=True)
    m.moment("delivered_on", m.later(picked, 4) + 86400, is_day=True)
    carriers = ["Giao Hàng Nhanh", "Giao Hàng Tiết Kiệm", "Viettel Post"] if is_vi else ["Royal Mail", "DHL Express", "DHL Parcel", "La Poste Française"]  # fmt: skip
    m.words("carrier", carriers)
    m.add("receiver", "text", [f"{a}" for a in rng.choice(CITIES[locale], n)])
    m.phones("receiver_phone")
    m.postcodes("to_postcode")
    m.number(
        "weight_kg",
        rng.normal(9, 1.7, n).clip(4, 15),
        2,
        "measure",
        units=(("g", 1000.0, 0.0), ("gr", 1000.0, 0.0)),
    )
    base = m.money("base_fee", middle / 5, 0.4)
    extra = m.number(
        "surcharge", np.where(rng.random(n) < 0.8, 0, np.round(middle / 20, 0)), 0 if is_vi else 2, "few"
    )
    m.number("cost", base + extra, 0 if is_vi else 2)
    m.number("latitude", rng.normal(21 if is_vi else 48, 0.4, n), 5, "few")
    m.number("longitude", rng.normal(105.8 if is_vi else -1.5, 0.4, n), 5, "few")
    m.words("service", ["economy", "express", "same day"])
    m.notes(0.1)
    sums = ((("base_fee", "surcharge"), "cost"),)
    return Table("shipments", m.columns, ("tracking_no",), (("picked_up_on", "delivered_on"),), sums)


def staff(rng: np.random.Generator, locale: str, n: int) -> Table:
    """People of a company; managers are people of the same table."""
    m, _, is_vi, _ = _m(rng, locale, n)
    ids = m.ids("employee_no", "NV" if is_vi else "E")
    m.people()
    m.phones()
    m.births(youngest=20)
    hired = m.moment(
        "hired_on",
        np.datetime64("2012-01-01", "s") + (rng.beta(2, 1, n) * 13 * 31e6).astype(int),
        is_day=True,
    )
    m.moment("contract_until", m.later(hired, 900) + 30 * 86400, is_day=True)
    names = ["Kinh doanh", "Kế toán", "Nhân sự", "Kỹ thuật", "Pháp chế"] if is_vi else ["Sales", "Sales Support", "Finance", "Engineering", "Légal"]  # fmt: skip
    m.words("department", names)
    m.words("grade", ["G1", "G2", "G3", "G4", "G5"], "flag")
    m.money("salary", 15e6 if is_vi else 3900.0, 0.45)
    m.add(
        "badge",
        "code",
        [f"{x:04d}{y}" for x, y in zip(rng.integers(0, 9999, n), rng.choice(["A", "B", ""], n), strict=True)],
    )
    m.add("manager_no", "code", rng.choice(ids[: max(5, n // 20)], n).tolist())
    m.number("height_cm", rng.normal(167, 8, n).clip(145, 200), 0, "measure", units=(("m", 0.01, 0.0),))
    m.number("leave_days", rng.integers(0, 26, n), 0, "few")
    return Table("staff", m.columns, ("employee_no",), (("hired_on", "contract_until"),))


def sensors(rng: np.random.Generator, locale: str, n: int) -> Table:
    """Readings of stations: seasons, dry days, one series of small steps."""
    m, _, _, _ = _m(rng, locale, n)
    m.ids("reading_id", "")
    m.words(
        "station",
        ["Tây Hồ", "Thủ Đức", "Sơn Trà"] if locale == "vi" else ["Högalid", "Malmö North", "Malmö South"],
    )
    raw = np.datetime64("2025-01-01", "s") + np.arange(n) * 600
    m.moment("measured_at", raw)
    day = np.arange(n) / 144
    m.number(
        "temperature_c",
        24 + 3 * np.sin(day * 6.283) + rng.normal(0, 1, n),
        1,
        "measure",
        units=(("F", 1.8, 32.0),),
    )
    m.number("humidity", 65 + 15 * np.sin(day / 9) + rng.normal(0, 4, n), 1)
    m.number(
        "pressure_hpa",
        1013 + rng.normal(0, 1, n).cumsum().clip(-30, 30) / 3,
        1,
        "measure",
        units=(("Pa", 100.0, 0.0), ("kPa", 0.1, 0.0)),
    )
    m.number("rain_mm", np.where(rng.random(n) < 0.85, 0, rng.gamma(0.7, 6, n)), 1)
    m.number(
        "battery_mv",
        4100 - (np.arange(n) % 4000) * 0.2 + rng.normal(0, 8, n),
        0,
        "measure",
        units=(("V", 0.001, 0.0),),
    )
    m.number("pm25", rng.lognormal(3.2, 0.6, n), 1)
    m.words("quality", ["good", "suspect", "estimated"])
    m.sparse("operator_note", rng.choice(["vệ sinh cảm biến", "thay pin"] if locale == "vi" else ["sensor cleaned", "réglage"], n).tolist(), 0.02)  # fmt: skip
    return Table("sensors", m.columns, ("reading_id",))


def surveys(rng: np.random.Generator, locale: str, n: int) -> Table:
    """Answers: scales of few values, alike labels, free text."""
    m, _, is_vi, _ = _m(rng, locale, n)
    m.ids("response_id", "R")
    begun = m.moment("started_at", m.seasonal())
    m.moment("submitted_at", m.later(begun, 0.01))
    m.number("age", 16 + rng.beta(2, 3, n) * 70, 0, "age")
    m.words("region", CITIES[locale])
    m.number("customer_since", 2025 - rng.geometric(0.25, n).clip(0, 14), 0, "few")
    m.number("nps", rng.choice(11, n, p=np.array([2, 1, 1, 1, 2, 4, 5, 12, 20, 22, 30]) / 100), 0, "few")
    agree = ["Đồng ý", "Rất đồng ý", "Không đồng ý", "Rất không đồng ý"] if is_vi else ["Agree", "Strongly agree", "Disagree", "Strongly disagree"]  # fmt: skip
    m.words("satisfied", agree)
    m.words("frequency", ["weekly", "monthly", "yearly", "never before"])
    comment = ["Tốt lắm", "Giao hàng chậm quá", "Sẽ quay lại", "Bình thường"] if is_vi else ["Très bien", "Slow delivery", "Will come again", "It's OK"]  # fmt: skip
    m.sparse("comment", [f"{a}{b}" for a, b in zip(rng.choice(comment, n), rng.choice(["", "!", ", cảm ơn" if is_vi else ", thanks"], n), strict=True)], 0.5, "text")  # fmt: skip
    m.people()
    m.postcodes()
    m.number(
        "household_size",
        rng.choice([1, 2, 3, 4, 5, 6, 7], n, p=[0.2, 0.28, 0.2, 0.2, 0.08, 0.03, 0.01]),
        0,
        "few",
    )
    return Table("surveys", m.columns, ("response_id",), (("started_at", "submitted_at"),))


def bookings(rng: np.random.Generator, locale: str, n: int) -> Table:
    """Nights of a hotel, many of them still to come."""
    m, _, is_vi, middle = _m(rng, locale, n)
    m.ids("booking_ref", "BK")
    m.people()
    m.phones("guest_phone")
    booked = m.seasonal()
    m.moment("booked_at", booked)
    check_in = m.moment("check_in", m.later(booked, 60) + 86400, is_day=True)
    nights = 1 + rng.negative_binomial(2, 0.5, n)
    m.moment("check_out", check_in + nights * 86400, is_day=True)
    m.words("room_type", ["Double", "Double deluxe", "Single", "Family suite"])
    count = m.number("nights", nights)
    rate = m.money("rate", middle * 4, 0.35)
    m.number("price_total", count * rate, 0 if is_vi else 2)
    m.words("source", ["booking.com", "direct", "travel agent", "walk-in"])
    m.number("guests", rng.integers(1, 5, n), 0, "few")
    m.notes(0.15)
    orders = (("check_in", "check_out"),)
    return Table("bookings", m.columns, ("booking_ref",), orders, (), ((("rate", "nights"), "price_total"),))


def patients(rng: np.random.Generator, locale: str, n: int) -> Table:
    """Visits to a clinic: people with bodies."""
    m, _, is_vi, middle = _m(rng, locale, n)
    m.ids("visit_no", "")
    m.people()
    m.births("born_on", 3)
    m.phones()
    admitted = m.moment("admitted_at", m.seasonal())
    m.moment("discharged_at", m.later(admitted, 2) + 3600)
    m.number("height_cm", rng.normal(166, 8, n).clip(140, 200), 0, "measure", units=(("m", 0.01, 0.0),))
    m.number("weight_kg", rng.normal(64, 9, n).clip(42, 110), 1, "measure", units=(("g", 1000.0, 0.0),))
    m.number(
        "body_temperature", rng.normal(36.8, 0.4, n).clip(35, 40.5), 1, "measure", units=(("F", 1.8, 32.0),)
    )
    m.number("systolic", rng.normal(124, 13, n))
    m.words("ward", ["Nội tổng hợp", "Ngoại tổng hợp", "Nhi khoa", "Sản khoa"] if is_vi else ["Cardiology", "Radiology", "Paediatrics", "Orthopædics"])  # fmt: skip
    m.words("insured", ["yes", "no"], "flag")
    m.money("bill", middle * 9, 1.0)
    return Table("patients", m.columns, ("visit_no",), (("admitted_at", "discharged_at"),))


SINGLE: tuple[Callable[[np.random.Generator, str, int], Table], ...] = (
    events, shipments, staff, sensors, surveys, bookings, patients,
)  # fmt: skip


def make_sets(rng: np.random.Generator, scale: float) -> list[list[Table]]:
    """All sets of tables of a run: each shape in both locales, of 300 to 50,000 rows."""
    sets: list[list[Table]] = []

    def size(least: int = 300) -> int:
        most = 50_000 if least > 6000 or rng.random() < 0.1 else 6000
        return max(300, int(scale * np.exp(rng.uniform(np.log(least), np.log(most)))))

    for locale in ("vi", "west"):
        buyers = customers(rng, locale, size())
        sold = orders(rng, locale, size(), buyers.columns["customer_id"].cells)
        paid = payments(rng, locale, size(), sold.columns["order_id"].cells)
        goods = products(rng, locale, size())
        sets += [[buyers, sold, paid], [goods, lines(rng, locale, size(), goods.columns["sku"].cells)]]
        large = int(rng.integers(0, len(SINGLE)))
        sets += [[shape(rng, locale, size(20_000 if i == large else 300))] for i, shape in enumerate(SINGLE)]
    for tables in sets:
        for table in tables:
            table.delimiter = str(rng.choice([",", ",", ",", ";", "\t"]))
            if any(column.form.endswith(",") for column in table.columns.values()):
                table.delimiter = ";"
    return sets
