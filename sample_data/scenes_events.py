"""Traps of what happened and when: broken and late rows, zones, consent, devices, carts, and messages that were enough."""

from __future__ import annotations

from datetime import timedelta

import files
from files import Trap
from people import Person
from world import (
    AS_OF,
    World,
    account,
    app_event,
    at,
    card,
    cart,
    consent,
    crm,
    day,
    receipt,
    send,
    web_event,
    web_order,
)

Cast = dict[int, Person]


def play(world: World, cast: Cast) -> None:
    """Add the scenes."""
    for scene in (
        broken_receipts,
        an_answer,
        times,
        taken_back,
        unreachable,
        devices,
        carts,
        had_enough,
        one_sms_a_day,
        returns,
    ):
        scene(world, cast)


def broken_receipts(world: World, cast: Cast) -> None:
    till = files.till_file("2026-11")
    first = receipt(world, at("2026-11-16 10:30"), [(world.article("Khăn lụa in hoa sen"), 1)], by=cast[160])[
        0
    ]
    again = Trap("till line sent twice", first.values["so_hd"], "receipt and line are the key: duplicate")
    world.add(till, (*first.order, "again"), (again,), **first.values)
    line = "0126111215202;1;12/11/2026 15:20;01;;0912406813;Lê Văn Phúc"
    off = Trap("till line that breaks off", "0126111215202", "quarantined: 7 fields, expected 11")
    world.raw(till, (at("2026-11-12 15:20"), "", 0), line, off)
    never = receipt(world, at("2026-10-28 16:05"), [(world.article("Khay tre đan"), 1)])[0]
    never.values["thoi_gian"] = "31/09/2026 16:05"
    expect = "no time, no row: quarantined"
    never.traps = (Trap("order at a time that does not exist", "31/09/2026 16:05", expect),)


def an_answer(world: World, cast: Cast) -> None:
    lines = Trap(
        "line break inside quotes", "bao giờ có hàng", "one answer on two lines, with doubled quotes"
    )
    values = {
        "id": "KS9001",
        "answered_at": "2026-11-03T09:00:00+07:00",
        "customer_no": cast[160].customer_no,
    }
    comment = 'Tôi hỏi "bao giờ có hàng?"\nvà không ai trả lời.'
    world.add(
        files.SURVEYS, (at("2026-11-03 09:00"),), (lines,), **values, kind="nps", score=3, comment=comment
    )


def times(world: World, cast: Cast) -> None:
    coat, shoes, oil = (world.article(name) for name in ("Áo khoác dạ", "Giày lười da", "Tinh dầu sả chanh"))
    late = Trap("late row", "30/10/2026 19:45", "an October receipt in November's file: counts in October")
    receipt(world, at("2026-10-30 19:45"), [(coat, 1)], late, by=cast[102], arrived=at("2026-11-02 08:00"))
    expect = "UTC in the shop, +07:00 at the till: in Hà Nội this was 1 November"
    zones = Trap("two zones", "2026-10-31 17:30:00+00:00", expect)
    web_order(world, at("2026-11-01 00:30"), [(shoes, 1)], cast[104], zones)
    receipt(
        world,
        AS_OF,
        [(oil, 1)],
        Trap("row at as-of itself", "20/11/2026 21:00", "windows end at as-of and hold it"),
    )
    after = Trap("row after as-of", "2026-11-20T14:04:00Z", "not seen by a run as of 21:00")
    web_event(world, AS_OF + timedelta(minutes=4), "a-late0001", "s-late", "page_view", after)
    cart(
        world,
        AS_OF + timedelta(minutes=2),
        [(world.article("Váy chữ A linen"), 1)],
        None,
        device="a-late0001",
    )


def taken_back(world: World, cast: Cast) -> None:
    ha, tai, oanh = cast[170], cast[171], cast[172]
    old, ha.shop_id = "thuha.bui@example.org", "900170"
    crm(world, ha, day("2023-08-01"), **{"E-mail": old})
    account(world, ha, at("2026-05-02 21:00"))
    web_order(world, at("2026-11-08 21:00"), [(world.article("Bộ chăn ga lụa tơ tằm"), 1)], ha)
    consent(world, at("2023-08-01 10:00"), ha, "email", "granted", where="cua hang", email=old)
    consent(world, at("2026-05-02 21:01"), ha, "email", "granted")
    expect = "the profile shows a newer address, and is not written to there either"
    under_old = Trap("unsubscribed under an old e-mail", old, expect)
    send(world, at("2026-08-15 09:00"), "email", "he-2026", ha, "unsubscribed", under_old, to_email=old)
    consent(world, at("2026-08-15 09:12"), ha, "email", "withdrawn", where="email", email=old)
    crm(world, tai, day("2025-03-01"))
    consent(world, at("2025-03-01 09:30"), tai, "email", "granted", where="cua hang")
    latest = Trap("granted, then withdrawn", "07/10/2026 14:02:11", "the latest word counts: no e-mail")
    consent(world, at("2026-10-07 14:02:11"), tai, "email", "withdrawn", latest, where="tong dai")
    crm(world, oanh, day("2026-02-02"))
    expect = "a yes and a no in the same second: decided alike in any file order"
    tie = Trap("two rows of one instant", "12/06/2026 08:00:00", expect)
    consent(world, at("2026-06-12 08:00"), oanh, "email", "granted")
    consent(world, at("2026-06-12 08:00"), oanh, "email", "withdrawn", tie, where="email")


def unreachable(world: World, cast: Cast) -> None:
    cuong, yen = cast[173], cast[174]
    for person in (cuong, yen):
        crm(world, person, day("2024-05-05"))
        consent(world, at("2024-05-05 10:00"), person, "email", "granted", where="cua hang")
    gone = Trap(
        "address that bounced hard", "cuong.ly@example.com", "no further e-mail there, consent or not"
    )
    send(world, at("2026-09-21 09:03"), "email", "trung-thu", cuong, "hard_bounced", gone)
    angry = Trap("spam complaint", "yen.ho@example.org", "stops every e-mail")
    send(world, at("2026-10-16 09:08"), "email", "phu-nu-20-10", yen, "complained", angry)


def devices(world: World, cast: Cast) -> None:
    ha = cast[180]
    ha.shop_id = "900180"
    crm(world, ha, day("2026-07-01"))
    account(world, ha, at("2026-07-02 20:20"))
    for date, product in (("02", 0), ("06", 3), ("10", 3)):
        expect = "these views belong to her since she logged in on 12 November"
        traps = [Trap("anonymous, later known", "a-ha0001", expect)] if date == "02" else []
        seen = world.products[product].sku
        web_event(
            world, at(f"2026-11-{date} 21:04:05"), "a-ha0001", f"s-ha{date}", "product_view", *traps, sku=seen
        )
    web_event(world, at("2026-11-12 20:15"), "a-ha0001", "s-ha12", "login", user=ha.shop_id)
    for person, hour in ((cast[181], 19), (cast[182], 22)):
        person.shop_id = f"900{person.number}"
        crm(world, person, day("2025-01-01"))
        account(world, person, at("2025-02-02 12:00"), phone=None)
        expect = "both log in on one tablet: it joins nobody"
        traps = [Trap("device shared by two people", "a-tablet01", expect)] if hour == 22 else []
        web_event(
            world,
            at(f"2026-11-08 {hour}:00"),
            "a-tablet01",
            f"s-{hour}",
            "login",
            *traps,
            user=person.shop_id,
        )
        seen = world.products[hour].sku
        web_event(
            world,
            at(f"2026-11-08 {hour}:01"),
            "a-tablet01",
            f"s-{hour}",
            "product_view",
            user=person.shop_id,
            sku=seen,
        )


def carts(world: World, cast: Cast) -> None:
    trang, viet, thao, thang = (cast[number] for number in (190, 191, 192, 193))
    for person in (trang, viet, thao, thang):
        person.shop_id = f"900{person.number}"
        crm(world, person, day("2025-06-01"))
        account(world, person, at("2025-06-02 19:00"))
        for channel in ("email", "push"):
            consent(world, at("2025-06-02 19:05"), person, channel, "granted")
    trang.device, trang.token = "m-trang0001", f"fcm-{world.token(24)}"
    app_event(world, at("2026-11-20 17:31"), trang, "s-tr1", "login", user=trang.shop_id)
    bedding, cushion, candle = (
        world.article(n) for n in ("Bộ chăn ga cotton", "Gối tựa lưng thổ cẩm", "Nến thơm hương sen")
    )
    left = Trap("cart of 3 hours ago, no order", "2026-11-20T10:40:00Z", "the reminder's case: in `cart_3h`")
    cart(world, at("2026-11-20 17:40"), [(bedding, 1), (cushion, 1), (candle, 1)], trang, left)
    shoes, shawl, jumper = (
        world.article(n) for n in ("Giày lười da", "Khăn lụa in hoa sen", "Áo len mỏng cổ tim")
    )
    expect = "bought at a till at 19:05 with a loyalty card: no reminder"
    bought = Trap("cart, then order under another identifier", "2026-11-20T10:20:00Z", expect)
    cart(world, at("2026-11-20 17:20"), [(shoes, 1)], viet, bought)
    card(world, viet, "0045010191", day("2024-02-02"))
    receipt(world, at("2026-11-20 19:05"), [(shoes, 1)], by="0045010191")
    three = Trap(
        "cart exactly 3 hours old", "2026-11-20T11:00:00Z", 'in `cart_3h`: "5h":"3h" is (16:00, 18:00]'
    )
    cart(world, at("2026-11-20 18:00"), [(shawl, 1)], thao, three)
    five = Trap("cart exactly 5 hours old", "2026-11-20T09:00:00Z", "not in `cart_3h` any more: in `cart_5h`")
    cart(world, at("2026-11-20 16:00"), [(jumper, 1)], thang, five)


def a_vip(world: World, person: Person) -> None:
    """Somebody who bought four dear things lately, and may be written to everywhere."""
    person.shop_id = f"900{person.number}"
    crm(world, person, day("2024-01-01"))
    account(world, person, at("2024-01-02 12:00"))
    for channel in ("email", "sms", "ads"):
        consent(world, at("2024-01-02 12:05"), person, channel, "granted")
    dear = (
        "Bộ chăn ga lụa tơ tằm",
        "Áo dài gấm truyền thống",
        "Tranh sơn mài hoa sen",
        "Giày cao gót 5 phân",
    )
    for n, name in enumerate(dear):
        web_order(
            world,
            at("2026-11-16 14:00") - timedelta(days=19 * n, minutes=person.number),
            [(world.article(name), 1)],
            person,
        )


def had_enough(world: World, cast: Cast) -> None:
    week = ("2026-11-16 09:00", "2026-11-17 19:30", "2026-11-18 12:00", "2026-11-19 20:15")
    for person in (cast[195], cast[196]):
        a_vip(world, person)
        rows = [
            send(world, at(sent), "email", f"tuan-47-{n}", person, "opened" if n % 2 else "delivered")
            for n, sent in enumerate(week, 1)
        ]
        if person is cast[195]:
            rows[3].traps = (
                Trap(
                    "week's messages used up",
                    "2026-11-19 20:15:00",
                    "four since Monday: `all_week` stops the fifth",
                ),
            )
            again = Trap(
                "report of one send twice",
                rows[2].values["dispatch_id"],
                "one dispatch, one send: counts once in the cap",
            )
            world.add(files.SENDS, rows[2].order, (again,), **rows[2].values)


def one_sms_a_day(world: World, cast: Cast) -> None:
    a_vip(world, cast[197])
    recent = Trap("SMS within 24 hours", "nhac-lich-hen", "`sms_day` stops the next SMS, not the e-mail")
    send(
        world, at("2026-11-20 09:00"), "sms", "nhac-lich-hen", cast[197], "delivered", recent, kind="service"
    )


def returns(world: World, cast: Cast) -> None:
    dress, silk = world.article("Đầm maxi hoa nhí"), world.article("Vải lụa tơ tằm (mét)")
    receipt(world, at("2026-11-05 16:00"), [(dress, 1)], by=cast[155])
    back = receipt(world, at("2026-11-08 16:00"), [(dress, -1)], by=cast[155])[0]
    back.traps = (
        Trap("return", back.values["thanh_tien"], "a negative amount: counts against what was spent"),
    )
    metres = receipt(world, at("2026-11-14 11:25"), [(silk, 2.5)])[0]
    metres.traps = (Trap("decimal comma", ";2,5;", "2.5 metres; and 1.050.000,00 is a million"),)
