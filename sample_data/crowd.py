"""The ordinary customers: who is known where, what they buy, look at, get sent and say. All by seeded chance."""

from __future__ import annotations

from datetime import datetime, timedelta

import files
from catalogue import Product
from people import Person, a_person, spelt_name, spelt_phone
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
    receipt,
    send,
    store_of,
    utc,
    web_event,
    web_order,
    western,
)  # fmt: skip

N_PEOPLE = 372
WALK_INS = 260
STRANGERS = 55  # browsers that never log in
HABITS = ("vip", "regular", "rare", "lapsed", "festive", "none")
CAMPAIGNS = (  # when, channel, name, kind
    (at("2026-09-21 09:00"), "email", "trung-thu", "promo"),
    (at("2026-10-16 09:00"), "email", "phu-nu-20-10", "promo"),
    (at("2026-10-18 10:00"), "sms", "phu-nu-20-10", "promo"),
    (at("2026-11-10 19:00"), "push", "sale-11-11", "promo"),
    (at("2026-11-17 09:30"), "email", "ban-tin-thang-11", "promo"),
)
COMMENTS = (
    "Nhân viên nhiệt tình", "Giao hàng hơi chậm", "Chất vải đẹp, đúng mô tả", "Giá hơi cao", "", "", "",
    "Sẽ quay lại", "Đổi hàng mất nhiều thời gian", "Gói quà đẹp",
)  # fmt: skip


def populate(world: World) -> None:
    """Add the crowd and everything it does."""
    for number in range(1001, 1001 + N_PEOPLE):
        person = a_person(world.rng, number, world.phones, world.emails)
        person.habit = world.rng.choices(HABITS, (8, 34, 22, 13, 6, 17))[0]
        world.people.append(person)
        enroll(world, person)
        for when in shopping_days(world, person):
            buy(world, person, when)
        browse(world, person)
        permit(world, person)
        answer(world, person)
        receive(world, person)
    for _ in range(WALK_INS):
        receipt(
            world,
            opening_hours(world, world.rng.randrange(1, 320)),
            basket(world),
            store=world.rng.choice("123456").zfill(2),
        )
    for _ in range(STRANGERS):
        stroll(world, f"a-{world.token(10)}", None)


def enroll(world: World, person: Person) -> None:
    """Give the person records in some of the three systems that know people, at least one."""
    rng = world.rng
    in_crm, in_loyalty = rng.random() < 0.72, rng.random() < 0.52
    in_shop = person.email is not None and rng.random() < 0.66
    if not (in_crm or in_loyalty or in_shop):
        in_loyalty = True
    joined = opening_hours(world, rng.randrange(40, 1000))
    if in_crm:
        person.customer_no = f"{person.number - 1000 + 200:07d}"
        crm(
            world,
            person,
            (joined + timedelta(days=rng.randrange(30))).date(),
            **{"Họ và tên": spelt_name(rng, person), "Điện thoại": spelt_phone(rng, person.phone)},
        )
    if in_loyalty:
        person.card = f"004{person.number:05d}{rng.randrange(100):02d}"
        card(world, person, person.card, joined.date())
        if rng.random() < 0.08:
            card(
                world,
                person,
                f"005{person.number:05d}{rng.randrange(100):02d}",
                (joined + timedelta(days=39)).date(),
            )
    if in_shop:
        person.shop_id = f"{person.number * 7 % 10000:06d}"
        person.browser = f"a-{world.token(10)}"
        name = western(person) if rng.random() < 0.15 else spelt_name(rng, person)
        account(world, person, joined, full_name=name, phone=person.phone if rng.random() < 0.7 else None)
        if rng.random() < 0.3:
            person.device, person.token = f"m-{world.token(10)}", f"fcm-{world.token(24)}"


def shopping_days(world: World, person: Person) -> list[datetime]:
    """When the person bought something, by habit."""
    rng = world.rng
    days = {
        "vip": lambda: (
            [rng.randrange(1, 88) for _ in range(rng.randrange(3, 6))]
            + [rng.randrange(90, 800) for _ in range(rng.randrange(4, 8))]
        ),
        "regular": lambda: [rng.randrange(1, 700) for _ in range(rng.randrange(2, 6))],
        "rare": lambda: [rng.randrange(1, 500) for _ in range(rng.randrange(1, 3))],
        "lapsed": lambda: [rng.randrange(190, 530) for _ in range(rng.randrange(2, 4))],
        "festive": lambda: [
            year * 365 + rng.randrange(278, 310) for year in (0, 0, 1, 2)[rng.randrange(2) :]
        ],
        "none": list,
    }[person.habit]()
    return sorted(opening_hours(world, day) for day in days)


def opening_hours(world: World, days_ago: int) -> datetime:
    day = AS_OF.replace(hour=9, minute=0) - timedelta(days=days_ago)
    return day + timedelta(minutes=world.rng.randrange(12 * 60), seconds=world.rng.randrange(60))


def basket(world: World, dear: bool = False) -> list[tuple[Product, float]]:
    """One to three articles; cloth is sold by the metre."""
    pool = [p for p in world.products if p.price >= 900_000] if dear else list(world.products)
    chosen = world.rng.sample(pool, world.rng.choices((1, 2, 3), (55, 30, 15))[0])
    return [
        (p, world.rng.choice((1.5, 2, 2.5)) if p.category == "fabric" else world.rng.choice((1, 1, 1, 2)))
        for p in chosen
    ]


def buy(world: World, person: Person, when: datetime) -> None:
    """An order on the web, often out of a cart, or at a till: with the card, the phone, or unrecognised."""
    rng = world.rng
    lines = basket(world, person.habit in ("vip", "festive") and rng.random() < 0.8)
    if person.shop_id and rng.random() < 0.6:
        lines = [(product, max(1, int(quantity))) for product, quantity in lines]
        web_order(world, when, lines, person, guest=rng.random() < 0.12)
        if when > AS_OF - timedelta(days=60):
            cart(world, when - timedelta(minutes=rng.randrange(5, 170)), lines, person, device=person.browser)
        return
    known = rng.random()
    by = person.card if person.card and known < 0.75 else person if known < 0.9 else None
    rows = receipt(world, when.replace(second=0), lines, store=store_of(rng, person), by=by)
    if rng.random() < 0.02 and when < AS_OF - timedelta(days=8):  # brought back a few days later
        product, quantity = lines[0]
        receipt(
            world,
            when.replace(second=0) + timedelta(days=6),
            [(product, -quantity)],
            store=rows[0].values["cua_hang"],
            by=by,
        )


def browse(world: World, person: Person) -> None:
    """What account holders look at, in a browser or in the app, and the carts that they leave behind."""
    rng = world.rng
    if not person.shop_id:
        return
    if rng.random() < 0.4:
        stroll(world, person.browser, person.shop_id)
    if person.device and rng.random() < 0.8:
        start = opening_hours(world, rng.randrange(1, 30))
        session = world.token(8)
        app_event(world, start, person, session, "login", user=person.shop_id)
        for n in range(rng.randrange(1, 5)):
            sku = rng.choice(world.products).sku
            app_event(
                world,
                start + timedelta(seconds=40 * n + 25),
                person,
                session,
                "product_view",
                user=person.shop_id,
                sku=sku,
            )
    if rng.random() < 0.12:
        left = opening_hours(world, rng.randrange(1, 60))
        cart(world, left, [(product, 1) for product, _ in basket(world)], person, device=person.browser)


def stroll(world: World, device: str | None, user: str | None) -> None:
    """One visit of a browser: some pages, perhaps out of an ad, and a log-in on the way if it is somebody's."""
    rng = world.rng
    start = opening_hours(world, rng.randrange(1, 30))
    session = world.token(8)
    query = ""
    if rng.random() < 0.35:
        network, campaign = rng.choice(
            (("google", "tim-kiem-chan-ga"), ("meta", "ao-khoac-thu-dong"), ("tiktok", "hoa-sen-2026"))
        )
        values = {
            "click_id": f"{network[:2]}{world.token(12)}",
            "clicked_at": f"{utc(start - timedelta(seconds=3)):%Y-%m-%dT%H:%M:%SZ}",
        }
        world.add(files.CLICKS, (start,), **values, network=network, campaign=campaign, anonymous_id=device)
        source = "facebook" if network == "meta" else network
        query = f"?utm_source={source}&utm_medium=cpc&utm_campaign={campaign}"
    web_event(world, start, device, session, "page_view", query=query)
    login = rng.randrange(4) if user else 9
    for n in range(rng.randrange(1, 6)):
        moment = start + timedelta(seconds=35 * n + rng.randrange(5, 30))
        if n == login:
            web_event(world, moment, device, session, "login", user=user)
        else:
            sku = rng.choice(world.products).sku
            web_event(
                world, moment, device, session, "product_view", user=user if n > login else None, sku=sku
            )


def permit(world: World, person: Person) -> None:
    """What the person allows. Most who are asked say yes, some say no, a few take it back."""
    rng = world.rng
    shares = {"email": 0.8 if person.email else 0, "sms": 0.55 if person.customer_no else 0}
    shares |= {"push": 0.9 if person.token else 0, "ads": 0.5 if person.email else 0}
    asked = AS_OF - timedelta(days=rng.randrange(35, 900), minutes=rng.randrange(600))
    for channel, share in shares.items():
        if rng.random() < share:
            state = "granted" if rng.random() < 0.93 else "denied"
            consent(world, asked, person, channel, state, where="web" if person.shop_id else "cua hang")
            if rng.random() < 0.05:
                consent(
                    world,
                    asked + timedelta(days=rng.randrange(1, 34)),
                    person,
                    channel,
                    "withdrawn",
                    where="tong dai",
                )


def answer(world: World, person: Person) -> None:
    """A survey after a purchase, now and then."""
    rng = world.rng
    if person.habit == "none" or rng.random() > 0.22 or not (person.customer_no or person.email):
        return
    when = AS_OF - timedelta(days=rng.randrange(1, 240), minutes=rng.randrange(700))
    kind = rng.choice(("nps", "nps", "csat"))
    score = (
        rng.choices(range(11), (1, 1, 1, 2, 2, 4, 6, 10, 18, 20, 22))[0]
        if kind == "nps"
        else rng.randrange(1, 6)
    )
    who = {"customer_no": person.customer_no, "email": None if person.customer_no else person.email}
    answered = f"{when:%Y-%m-%dT%H:%M:%S}+07:00"
    number = f"KS{len(world.rows[files.SURVEYS]) + 1:04d}"
    world.add(
        files.SURVEYS,
        (when,),
        id=number,
        answered_at=answered,
        **who,
        kind=kind,
        score=score,
        comment=rng.choice(COMMENTS),
    )


def receive(world: World, person: Person) -> None:
    """The campaigns of this autumn, to those who can be reached, with what became of each message."""
    rng = world.rng
    reach = {"email": bool(person.email), "sms": bool(person.customer_no), "push": bool(person.token)}
    for start, channel, campaign, kind in CAMPAIGNS:
        if not reach[channel] or rng.random() > 0.45:
            continue
        statuses = {
            "email": (
                ("delivered", 50),
                ("opened", 30),
                ("clicked", 12),
                ("soft_bounced", 4),
                ("hard_bounced", 2),
                ("unsubscribed", 2),
            ),
            "sms": (("delivered", 92), ("sent", 5), ("hard_bounced", 3)),
            "push": (("sent", 60), ("opened", 35), ("hard_bounced", 5)),
        }[channel]
        status = rng.choices([name for name, _ in statuses], [weight for _, weight in statuses])[0]
        send(
            world,
            start + timedelta(seconds=rng.randrange(1800)),
            channel,
            campaign,
            person,
            status,
            kind=kind,
        )
