"""
Everything the retailer's systems have written down, as rows of their exports; one function per kind of row.

Times are local (+07:00, without daylight saving) until a system that thinks in UTC writes them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any

import files
from catalogue import STORES, Product, products
from files import File, Row, Trap
from people import Person, plain

AS_OF = datetime.fromisoformat("2026-11-20 21:00")
HANOI = timezone(timedelta(hours=7))


@dataclass(slots=True)
class World:
    """Chance, the rows of every file so far, and who is behind which record."""

    rng: Random
    rows: dict[File, list[Row]] = field(default_factory=lambda: defaultdict(list))
    accounts: list[Row] = field(default_factory=list)
    web_orders: list[Row] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    products: tuple[Product, ...] = field(default_factory=products)
    phones: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def add(self, file: File, order: tuple[Any, ...], traps: tuple[Trap, ...] = (), **values: Any) -> Row:
        row = Row(order, values, traps=traps)
        self.rows[file].append(row)
        return row

    def raw(self, file: File, order: tuple[Any, ...], line: str, *traps: Trap) -> None:
        self.rows[file].append(Row(order, raw=line, traps=traps))

    def truth(self, source: str, key: str, person: Person) -> None:
        self.add(files.TRUTH, (source, key), source=source, source_key=key, person=f"{person.number:04d}")

    def article(self, name: str) -> Product:
        return next(product for product in self.products if product.name == name)

    def token(self, digits: int) -> str:
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"

    def free(self, text: str) -> str:
        """The text, or the text with a number behind it where it is taken."""
        n = 1
        while (name := text if n == 1 else f"{text}-{n}") in self.taken:
            n += 1
        self.taken.add(name)
        return name


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(local: datetime) -> datetime:
    return local.replace(tzinfo=HANOI).astimezone(UTC)


def zulu(local: datetime) -> str:
    return f"{utc(local):%Y-%m-%dT%H:%M:%SZ}"


def money(amount: int) -> str:
    """As the till prints it.

    >>> money(1250000)
    '1.250.000,00'
    """
    return f"{amount:,}".replace(",", ".") + ",00"


def crm(world: World, person: Person, updated: date, *traps: Trap, **changed: Any) -> Row:
    """A row of the CRM; `changed` replaces columns by name."""
    key = person.customer_no or ""
    if not any(r.order[0] == key for r in world.rows[files.CRM]):
        world.truth("crm", key, person)
    values = dict(
        zip(
            files.CRM.columns,
            (
                key,
                person.name,
                f"{person.birth:%d/%m/%Y}",
                person.gender,
                person.phone,
                person.email,
                person.address,
                person.city,
                person.postcode if world.rng.random() < 0.2 else None,
                f"{updated:%d/%m/%Y}",
            ),
            strict=True,
        )
    )
    return world.add(files.CRM, (key, updated), traps, **(values | changed))


def card(world: World, person: Person, number: str, updated: date, *traps: Trap, **changed: Any) -> Row:
    """A loyalty card. The old till knows no country codes and often no e-mail."""
    world.truth("loyalty", number, person)
    values = {
        "SoThe": number,
        "HoTen": person.name,
        "DienThoai": person.phone,
        "Email": person.email if world.rng.random() < 0.4 else None,
        "NgaySinh": f"{person.birth:%d/%m/%Y}" if world.rng.random() < 0.7 else None,
        "DiaChi": person.address,
        "TinhThanh": person.city,
        "Diem": world.rng.choice((0, 0, 20, 45, 80, 120, 160, 240, 310, 480, 520, 760, 1200)),
        "NgayCapNhat": f"{updated:%d/%m/%Y}",
    }
    return world.add(files.CARDS, (number,), traps, **(values | changed))


def account(world: World, person: Person, created: datetime, *traps: Trap, **changed: Any) -> Row:
    """An account in the web shop."""
    world.truth("shop", person.shop_id or "", person)
    values = {
        "account_id": person.shop_id,
        "full_name": person.name,
        "email": person.email,
        "phone": person.phone,
        "birth_date": person.birth if world.rng.random() < 0.35 else None,
        "city": person.city,
        "country": "VN",
        "created_at": utc(created),
        "updated_at": utc(created + timedelta(days=world.rng.randrange(60))),
    }
    row = Row((person.shop_id,), values | changed, traps=traps)
    world.accounts.append(row)
    return row


def receipt(
    world: World,
    when: datetime,
    lines: list[tuple[Product, float]],
    *traps: Trap,
    store: str = "01",
    by: Person | str | None = None,
    arrived: datetime | None = None,
) -> list[Row]:
    """A receipt of a till, `by` a card, or somebody who gave phone and name; the traps stand in its first line."""
    arrived = arrived or when
    number = world.free(f"{store}{when:%y%m%d%H%M}{world.rng.randrange(1, 4)}")
    name = f"{arrived:%Y}" if arrived.year < 2026 else f"{arrived:%Y-%m}"
    rows = []
    for n, (product, quantity) in enumerate(lines, 1):
        price = product.price if world.rng.random() < 0.8 else round(product.price * 0.9, -3)
        row = world.add(
            files.till_file(name),
            (arrived, number, n),
            traps if n == 1 else (),
            so_hd=number,
            dong=n,
            thoi_gian=f"{when:%d/%m/%Y %H:%M}",
            cua_hang=store,
            the=by if isinstance(by, str) else None,
            dien_thoai=by.phone if isinstance(by, Person) else None,
            khach=by.name if isinstance(by, Person) else None,
            sku=product.sku,
            so_luong=f"{quantity:g}".replace(".", ","),
            don_gia=money(int(price)),
            thanh_tien=money(round(price * quantity)),
        )
        rows.append(row)
    return rows


def web_order(
    world: World,
    when: datetime,
    lines: list[tuple[Product, float]],
    person: Person,
    *traps: Trap,
    guest: bool = False,
) -> None:
    """An order in the web shop, by account or as a guest (e-mail only). UTC."""
    number = world.free(f"W{when:%y%m%d%H%M%S}")
    for n, (product, quantity) in enumerate(lines, 1):
        values = {
            "order_id": number,
            "line": n,
            "placed_at": utc(when),
            "account_id": None if guest else person.shop_id,
            "email": person.email,
            "sku": product.sku,
            "quantity": int(quantity),
            "unit_price": product.price,
            "line_total": product.price * int(quantity),
        }
        world.web_orders.append(Row((when, number, n), values, traps=traps if n == 1 else ()))


def cart(
    world: World,
    when: datetime,
    lines: list[tuple[Product, float]],
    person: Person | None,
    *traps: Trap,
    device: str | None = None,
) -> None:
    """A cart as it was last touched. Without a log-in it only knows the browser."""
    dearest = max((product for product, _ in lines), key=lambda product: product.price)
    world.add(
        files.CARTS,
        (when,),
        traps,
        cart_id=world.free(f"C{when:%y%m%d%H%M%S}"),
        updated_at=zulu(when),
        account_id=person.shop_id if person else None,
        email=person.email if person else None,
        anonymous_id=device,
        sku=dearest.sku,
        price=dearest.price,
        items=sum(int(quantity) for _, quantity in lines),
        total=sum(product.price * int(quantity) for product, quantity in lines),
    )


def web_event(
    world: World,
    when: datetime,
    device: str | None,
    session: str,
    action: str,
    *traps: Trap,
    user: str | None = None,
    sku: str | None = None,
    query: str = "",
) -> None:
    """Something looked at in a browser; `query` is what the address says of the campaign that led there."""
    page = f"/san-pham/{sku}" if sku else {"login": "/dang-nhap", "search": "/tim-kiem"}.get(action, "/")
    values = {
        "anonymous_id": device,
        "session_id": session,
        "user_id": user,
        "event": action,
        "sku": sku,
        "page": page + query,
    }
    world.add(files.WEB, (when,), traps, event_id=world.token(12), ts=zulu(when), **values)


def app_event(
    world: World,
    when: datetime,
    person: Person,
    session: str,
    action: str,
    *traps: Trap,
    user: str | None = None,
    sku: str | None = None,
) -> None:
    """Something done in the app, whose clock writes its own zone."""
    values = {
        "device_id": person.device,
        "push_token": person.token,
        "session_id": session,
        "account_id": user,
    }
    at = f"{when:%Y-%m-%dT%H:%M:%S}+07:00"
    world.add(files.APP, (when,), traps, event_id=world.token(12), at=at, **values, event=action, sku=sku)


def send(
    world: World,
    when: datetime,
    channel: str,
    campaign: str,
    person: Person,
    status: str,
    *traps: Trap,
    kind: str = "promo",
    **changed: Any,
) -> Row:
    """A message that was sent, with how it ended."""
    values = {
        "dispatch_id": world.token(10),
        "sent_at": f"{when:%Y-%m-%d %H:%M:%S}",
        "channel": channel,
        "campaign": campaign,
        "kind": kind,
        "customer_no": person.customer_no,
        "to_email": person.email if channel == "email" else None,
        "to_phone": person.phone if channel == "sms" else None,
        "to_token": person.token if channel == "push" else None,
        "status": status,
        "cost": {"email": "12.5", "sms": "350", "push": "0"}[channel],
    }
    return world.add(files.SENDS, (when, person.number), traps, **(values | changed))


def consent(
    world: World,
    when: datetime,
    person: Person,
    channel: str,
    state: str,
    *traps: Trap,
    where: str = "web",
    email: str | None = None,
) -> None:
    """A line of the ledger of consent, under the identifier that was asked."""
    by_phone = channel == "sms"
    world.add(
        files.CONSENTS,
        (when, person.number, channel),
        traps,
        id=f"DY{len(world.rows[files.CONSENTS]) + 1:06d}",
        thoi_gian=f"{when:%d/%m/%Y %H:%M:%S}",
        ma_kh=person.customer_no if by_phone or not person.email or channel == "push" else None,
        email=None if by_phone and person.customer_no else email or person.email,
        dien_thoai=person.phone if by_phone else None,
        kenh=channel,
        muc_dich="advertising" if channel == "ads" else "marketing",
        trang_thai=state,
        noi_nhan=where,
    )


def western(person: Person) -> str:
    """The name with the given name first, as some people fill in a foreign-looking form."""
    return plain(f"{person.given} {person.middle} {person.family}")


def store_of(rng: Random, person: Person) -> str:
    """A shop near by, or one visited on a journey."""
    return rng.choice([store.code for store in STORES if store.city == person.city] or ["05"])
