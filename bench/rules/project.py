"""
Seventy rules, each beside hand-written SQL of the same meaning: forty traits, thirty segments.

`{at}` is the moment the answer is for. A trait's query gives `profile_id` and `value` (a profile that it does not name
has `empty`); a segment's query gives the `profile_id` of its members. Money is in ten-thousandths in the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule, its lines, and the query that means the same; `empty` is what a trait is where there is no row."""

    name: str
    lines: tuple[str, ...]
    query: str
    is_trait: bool = False
    empty: int | None = 0


def _window(days: int, until: int = 0) -> str:
    return f"ts > {{at}} - INTERVAL {days} DAY AND ts <= {{at}} - INTERVAL {until} DAY"


def _carts_of(days: int) -> str:
    return _window(days).replace("ts", "c.ts")


def _trait(name: str, line: str, query: str, empty: int | None = 0) -> Asked:
    return Asked(name, (line,), query, is_trait=True, empty=empty)


def _grouped(value: str, stream: str, where: str = "ts <= {at}") -> str:
    return f'SELECT profile_id, {value} AS value FROM "{stream}" WHERE {where} GROUP BY profile_id'


_LOCAL: Final = "timezone('Asia/Ho_Chi_Minh', ts)"
_LOCAL_NOW: Final = "timezone('Asia/Ho_Chi_Minh', {at})"


def _over_windows() -> list[Asked]:
    found: list[Asked] = []
    for days in (30, 90, 180, 365):
        inside = _window(days)
        found += [
            _trait(f"orders_{days}d", f'count(order["{days}d"])', _grouped("count(*)", "order", inside)),
            _trait(f"spend_{days}d", f'sum(order.total["{days}d"])', _grouped("sum(total)", "order", inside)),
        ]
    for days in (30, 90, 365):
        inside = _window(days)
        found += [
            _trait(
                f"basket_{days}d",
                f'avg(order.total["{days}d"])',
                _grouped("round(avg(total))", "order", inside),
                None,
            ),
            _trait(
                f"largest_{days}d",
                f'max(order.total["{days}d"])',
                _grouped("max(total)", "order", inside),
                None,
            ),
        ]
    return found


def _traits() -> tuple[Asked, ...]:
    found = _over_windows()
    year = _window(365)
    for channel in ("online", "store", "phone"):
        mine = f"{year} AND channel = '{channel}'"
        where = f'["365d"].where(channel == "{channel}")'
        found += [
            _trait(f"orders_{channel}", f"count(order{where})", _grouped("count(*)", "order", mine)),
            _trait(f"spend_{channel}", f"sum(order.total{where})", _grouped("sum(total)", "order", mine)),
        ]
    for days in (7, 30, 90):
        found.append(
            _trait(f"carts_{days}d", f'count(cart["{days}d"])', _grouped("count(*)", "cart", _window(days)))
        )
    for days in (7, 30):
        found.append(
            _trait(f"sent_{days}d", f'count(sent["{days}d"])', _grouped("count(*)", "sent", _window(days)))
        )
    for channel in ("sms", "email", "push"):
        mine = f"{_window(30)} AND channel = '{channel}'"
        line = f'count(sent["30d"].where(channel == "{channel}"))'
        found.append(_trait(f"{channel}_30d", line, _grouped("count(*)", "sent", mine)))
    for category in ("k1", "k2", "k3"):
        query = (
            'SELECT profile_id, count(*) AS value FROM "order" JOIN products USING (sku) '
            f"WHERE {year} AND category = '{category}' GROUP BY profile_id"
        )
        found.append(
            _trait(f"orders_{category}", f'count(order["365d"].where(sku.category == "{category}"))', query)
        )
    last_month = f"{_LOCAL} >= date_trunc('month', {_LOCAL_NOW}) - INTERVAL 1 MONTH AND {_LOCAL} < date_trunc('month', {_LOCAL_NOW})"
    return (
        *found,
        _trait("days_bought", 'nunique(order.day["365d"])', _grouped(f"count(DISTINCT date_trunc('day', {_LOCAL}))", "order", year)),
        _trait("articles", 'nunique(order.sku["365d"])', _grouped("count(DISTINCT sku)", "order", year)),
        _trait("last_order_at", "last(order.at)", _grouped("max(ts)", "order"), None),
        _trait("first_order_at", "first(order.at)", _grouped("min(ts)", "order"), None),
        _trait("cart_value_30d", 'sum(cart.total["30d"])', _grouped("sum(total)", "cart", _window(30))),
        _trait("large_carts_90d", 'count(cart["90d"].where(items >= 3))', _grouped("count(*)", "cart", f"{_window(90)} AND items >= 3")),
        _trait("promos_90d", 'count(sent["90d"].where(kind == "promo"))', _grouped("count(*)", "sent", f"{_window(90)} AND kind = 'promo'")),
        _trait("spend_last_month", 'sum(order.total["month-1"])', _grouped("sum(total)", "order", last_month)),
        _trait("last_channel", "last(order.channel)", _grouped("arg_max(channel, (ts, event_id))", "order"), None),
    )  # fmt: skip


TRAITS: Final = _traits()


def _some(stream: str, where: str) -> str:
    return f'SELECT DISTINCT profile_id FROM "{stream}" WHERE {where}'


def _none(stream: str, where: str) -> str:
    return f'SELECT profile_id FROM profiles WHERE profile_id NOT IN (SELECT profile_id FROM "{stream}" WHERE {where})'


def _having(stream: str, where: str, having: str) -> str:
    return f'SELECT profile_id FROM "{stream}" WHERE {where} GROUP BY profile_id HAVING {having}'


def _hours(first: int, last: int) -> str:
    return f"c.ts > {{at}} - INTERVAL {first} HOUR AND c.ts <= {{at}} - INTERVAL {last} HOUR"


def _open_carts(first: int, last: int, more: str = "true") -> str:
    """Carts in a range of hours without a later order."""
    return (
        f"SELECT DISTINCT c.profile_id FROM cart c LEFT JOIN products p USING (sku) WHERE {_hours(first, last)} AND {more} AND NOT EXISTS "
        '(SELECT 1 FROM "order" o WHERE o.profile_id = c.profile_id AND o.ts >= c.ts AND o.ts <= {at})'
    )


_CALM_SMS: Final = _none("sent", "ts > {at} - INTERVAL 24 HOUR AND ts <= {at} AND channel = 'sms'")
_THIS_MONTH: Final = f"{_LOCAL} >= date_trunc('month', {_LOCAL_NOW}) AND ts <= {{at}}"
_CALM_MONTH: Final = (
    "SELECT profile_id FROM profiles WHERE profile_id NOT IN "
    f"(SELECT profile_id FROM sent WHERE {_THIS_MONTH} GROUP BY profile_id HAVING count(*) >= 20)"
)
_VIP: Final = _having(
    "order",
    _window(365),
    "coalesce(sum(total) FILTER (ts > {at} - INTERVAL 90 DAY), 0) >= 50000000000 AND count(*) >= 3",
)

# The seven of rules.md §9.
SEVEN: Final = (
    Asked("frequent", ('count(order["90d"]) >= 3',), _having("order", _window(90), "count(*) >= 3")),
    Asked("cart_3h", ('exists(cart["5h":"3h"].where(none(order["+"])))',), _open_carts(5, 3)),
    Asked(
        "lost_carts",
        ('exists(cart["365d"].where(none(order["+3h"])))',),
        "SELECT DISTINCT profile_id FROM (SELECT c.profile_id, c.ts, o.ts AS bought FROM cart c ASOF LEFT JOIN "
        '(SELECT profile_id, ts FROM "order" WHERE ts <= {at}) o ON c.profile_id = o.profile_id AND o.ts >= c.ts '
        "WHERE c.ts > {at} - INTERVAL 365 DAY AND c.ts <= {at} - INTERVAL 3 HOUR) "
        "WHERE bought IS NULL OR bought >= ts + INTERVAL 3 HOUR",
    ),
    Asked(
        "same_article",
        ('exists(cart["30d"].where(none(order["+"].where(sku == outer.sku))))',),
        f"SELECT DISTINCT profile_id FROM cart c WHERE {_carts_of(30)} AND NOT EXISTS "
        '(SELECT 1 FROM "order" o WHERE o.profile_id = c.profile_id AND o.sku = c.sku AND o.ts >= c.ts AND o.ts <= {at})',
    ),
    Asked(
        "festive",
        ('1 <= count(order["365d"]) <= 2', 'avg(order.total["365d"]) >= 2_000_000', "count(order) >= 3"),
        _having(
            "order",
            "ts <= {at}",
            "count(*) FILTER (ts > {at} - INTERVAL 365 DAY) BETWEEN 1 AND 2 "
            "AND avg(total) FILTER (ts > {at} - INTERVAL 365 DAY) >= 20000000000 AND count(*) >= 3",
        ),
    ),
    Asked(
        "capped",
        ('count(sent["24h"].where(channel == "sms")) < 1', 'count(sent["month"]) < 20'),
        f"({_CALM_SMS}) INTERSECT ({_CALM_MONTH})",
    ),
    Asked(
        "lapsed_vip",
        ('at("90d", sum(order.total["365d"]) >= 5_000_000)', 'none(order["90d"])'),
        _having(
            "order",
            _window(455),
            "coalesce(sum(total) FILTER (ts <= {at} - INTERVAL 90 DAY), 0) >= 50000000000 "
            "AND count(*) FILTER (ts > {at} - INTERVAL 90 DAY) = 0",
        ),
    ),
)
SEGMENTS: Final = (
    *SEVEN,
    Asked("buyers_30d", ('exists(order["30d"])',), _some("order", _window(30))),
    Asked("buyers_90d", ('exists(order["90d"])',), _some("order", _window(90))),
    Asked(
        "quiet",
        ('exists(order["365d":"90d"]) and none(order["90d"])',),
        f"{_some('order', _window(365, 90))} EXCEPT ({_some('order', _window(90))})",
    ),
    Asked(
        "winback",
        ('exists(order["540d":"180d"])', 'none(order["180d"])'),
        f"{_some('order', _window(540, 180))} EXCEPT ({_some('order', _window(180))})",
    ),
    Asked("cart_5h", ('exists(cart["7h":"5h"].where(none(order["+"])))',), _open_carts(7, 5)),
    Asked("cart_7h", ('exists(cart["9h":"7h"].where(none(order["+"])))',), _open_carts(9, 7)),
    Asked("cart_day", ('exists(cart["24h":"3h"].where(none(order["+"])))',), _open_carts(24, 3)),
    Asked(
        "cart_3h_large",
        ('exists(cart["5h":"3h"].where(none(order["+"]) and (items >= 3 or total >= 1_000_000)))',),
        _open_carts(5, 3, "(items >= 3 OR total >= 10000000000)"),
    ),
    Asked("vip", ("spend_90d >= 5_000_000", "orders_365d >= 3"), _VIP),
    Asked(
        "vip_ha_noi",
        ("vip", 'city == "Hà Nội"'),
        f"{_VIP} INTERSECT SELECT profile_id FROM profiles WHERE city = 'Hà Nội'",
    ),
    Asked(
        "members",
        ("default(points, 0) >= 500 and not vip",),
        f"SELECT profile_id FROM profiles WHERE coalesce(points, 0) >= 500 EXCEPT ({_VIP})",
    ),
    Asked("store_regulars", ("orders_store >= 3",), _having("order", f"{_window(365)} AND channel = 'store'", "count(*) >= 3")),
    Asked(
        "k1_90d",
        ('exists(order["90d"].where(sku.category == "k1"))',),
        f"SELECT DISTINCT profile_id FROM \"order\" JOIN products USING (sku) WHERE {_window(90)} AND category = 'k1'",
    ),
    Asked(
        "k1_without_k2",
        ("k1_90d", 'none(order["90d"].where(sku.category == "k2"))'),
        f"SELECT DISTINCT profile_id FROM \"order\" JOIN products USING (sku) WHERE {_window(90)} AND category = 'k1' EXCEPT "
        f"(SELECT profile_id FROM \"order\" JOIN products USING (sku) WHERE {_window(90)} AND category = 'k2')",
    ),
    Asked(
        "urgent",
        ('exists(cart["72h":"3h"].where(none(order["+"]) and (sku.stock <= 5 or sku.price_now < price)))',),
        _open_carts(72, 3, "(p.stock <= 5 OR p.price_now < c.price)"),
    ),
    Asked(
        "second_purchase",
        ("count(order) == 1", "30 < now - last_order_at <= 45"),
        _having("order", "ts <= {at}", "count(*) = 1 AND max(ts) < {at} - INTERVAL 30 DAY AND max(ts) >= {at} - INTERVAL 45 DAY"),
    ),
    Asked("calm_sms", ('count(sent["24h"].where(channel == "sms")) < 1',), _CALM_SMS),
    Asked("calm_month", ('count(sent["month"]) < 20',), _CALM_MONTH),
    Asked("new_buyers", ('exists(order["30d"].where(none(order)))',), _having("order", "ts <= {at}", "min(ts) > {at} - INTERVAL 30 DAY")),
    Asked("large_ever", ("exists(order.where(total >= 8_000_000))",), _some("order", "ts <= {at} AND total >= 80000000000")),
    Asked(
        "restarted",
        ('exists(order["365d":"90d"]) and none(order["90d":"30d"]) and exists(order["30d"])',),
        f"({_some('order', _window(365, 90))} INTERSECT {_some('order', _window(30))}) EXCEPT ({_some('order', _window(90, 30))})",
    ),
    Asked(
        "online_only",
        ("orders_online >= 1", "orders_store == 0", "orders_phone == 0"),
        _having("order", _window(365), "bool_and(channel = 'online')"),
    ),
    Asked(
        "weekly",
        ('nunique(order.week["week-4":"week-1"]) >= 3',),
        _having(
            "order",
            f"{_LOCAL} >= date_trunc('week', {_LOCAL_NOW}) - INTERVAL 28 DAY AND {_LOCAL} < date_trunc('week', {_LOCAL_NOW})",
            f"count(DISTINCT date_trunc('week', {_LOCAL})) >= 3",
        ),
    ),
)  # fmt: skip
