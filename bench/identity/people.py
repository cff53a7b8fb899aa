"""
Made people with truth: households, movers, namesakes and the rest, written as customer systems write them.

A world is a set of rates and sizes. People are made in households, each with a life (former addresses and phones, a
name before the wedding); every record is one look at that life by one source, with that source's habits and slips.
Nothing here was made with an engine in mind: no file of this folder reads the matcher it judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
import polars as pl
import pools
import slips
from sets import TruthSet

SOURCES = ("crm", "till", "shop")
PLACEHOLDERS = {
    "phone": ("0900000000", "0000000000", "0123456789", "999999999"),
    "email": ("test@test.com", "none@none.com", "noemail@example.com", "khongco@gmail.com"),
    "born": ("1900-01-01", "1900-01-01", "1970-01-01"),
    "street": ("unknown", "n/a", "-", "xxx"),
    "city": ("unknown", "N/A"),
    "postcode": ("00000", "99999"),
    "given": ("unknown", "Guest", "."),
    "family": ("unknown", "Customer", "."),
    "name": ("unknown", "Khách lẻ", "Guest", "Walk-in customer"),
}
GAPS = {
    "born": 0.25,
    "email": 0.3,
    "phone": 0.15,
    "street": 0.15,
    "city": 0.1,
    "postcode": 0.15,
    "company": 0.3,
}


@dataclass(frozen=True, slots=True)
class World:
    """The rates and sizes of one set. `columns`: header and what stands under it; `counts`: weights of 1, 2, 3 … records."""

    name: str
    columns: tuple[tuple[str, str], ...]
    records: int = 10_000
    cultures: tuple[str, ...] = ("western",)
    counts: tuple[float, ...] = (5, 4, 2, 1)
    households: float = 0.25  # of the units that are made, how many are families
    movers: float = 0.15  # people with a former address and, half of them, a former phone
    family_phone: float = 0.1  # families with one phone for all
    sons: float = 0.15  # eldest sons named like their father
    shop_phone: float = 0.0  # rows with the phone of the shop that wrote them
    nicknames: float = 0.05  # records of people who have one
    wed: float = 0.05  # women with a second family name
    names: int = 0  # only so many given and family names (0: all)
    name_mail: float = 0.1  # e-mails made from the name and nothing else
    gaps: Mapping[str, float] = field(default_factory=lambda: GAPS)
    junk: float = 0.005  # cells that hold a placeholder
    slips: float = 1.0  # how often things go wrong, beside the usual
    accents: float = 0.7  # records that keep them
    swapped: float = 0.03  # records with the parts of the name in the other order
    day_form: str = "{y}-{m}-{d}"


@dataclass(frozen=True, slots=True)
class Home:
    """An address, its parts as its owner would write them."""

    street: str
    city: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Person:
    """One person; the last home, phone and family name are the present ones. `phones` are national digits."""

    culture: str
    is_male: bool
    given: str
    middle: str
    families: tuple[str, ...]
    born: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    homes: tuple[Home, ...]
    company: str


def make(world: World, seed: int) -> TruthSet:
    """
    The set of a world.

    Args:
        world: Its rates and sizes.
        seed: The same seed gives the same bytes.
    """
    rng = Random(f"{world.name} {seed}")
    rows: list[tuple[int, dict[str, str]]] = []
    people = _people(world, rng)
    shops = [phone(rng, world.cultures[0]) for _ in range(3)]
    for number, person in enumerate(people):
        if len(rows) >= world.records:
            break
        times = 1 + rng.choices(range(len(world.counts)), world.counts)[0]
        rows += [(number, record(person, world, rng, shops)) for _ in range(times)]
    rng.shuffle(rows)
    entity = np.array([number for number, _ in rows], dtype=np.int64)
    return TruthSet(world.name, _frame(world, [row for _, row in rows]), entity, kinds(world.columns))


def kinds(columns: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """What the columns of a layout hold, without those that only number or describe the row."""
    told = {"company": "firm"}
    return {header: told.get(part, part) for header, part in columns if part not in ("no", "source", "seen")}


def _frame(world: World, rows: list[dict[str, str]]) -> pl.DataFrame:
    columns = {}
    for header, part in world.columns:
        if part == "no":
            columns[header] = [f"{100_000 + at}" for at in range(len(rows))]
        else:
            columns[header] = [row.get(part) or None for row in rows]
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def _people(world: World, rng: Random) -> Iterator[Person]:
    while True:
        culture = rng.choice(world.cultures)
        head = _person(world, rng, culture)
        yield head
        if rng.random() < world.households:
            yield from _family(head, world, rng)


def _family(head: Person, world: World, rng: Random) -> Iterator[Person]:
    """The others of a household: a partner, children, twins, a son who bears his father's name."""
    shared = head.phones if rng.random() < world.family_phone else None
    known = {(head.given, head.middle)}

    def member(age: int, *, is_male: bool, given: str = "", born: str = "", own_name: bool = False) -> Person:
        other = _person(world, rng, head.culture, is_male=is_male, given=given)
        while not given and (other.given, other.middle) in known:
            other = _person(world, rng, head.culture, is_male=is_male)
        known.add((other.given, other.middle))
        families = other.families if own_name else head.families[-1:]
        year = min(2012, int(head.born[:4]) + age)
        other = replace(other, families=families, homes=head.homes, born=born or f"{year}{other.born[4:]}")
        return replace(other, emails=_emails(other, world, rng), phones=shared or other.phones)

    if rng.random() < 0.8:
        own_name = head.culture == "vietnamese" or rng.random() < 0.3
        yield member(rng.randrange(-6, 7), is_male=not head.is_male, own_name=own_name)
    children = rng.choices((0, 1, 2, 3), (3, 3, 3, 1))[0]
    for nth in range(children):
        is_male = rng.random() < 0.5
        like_father = is_male and head.is_male and nth == 0 and rng.random() < world.sons
        child = member(rng.randrange(20, 36), is_male=is_male, given=head.given if like_father else "")
        yield child
        if rng.random() < 0.08:
            yield member(0, is_male=rng.random() < 0.5, born=child.born)


def _person(
    world: World, rng: Random, culture: str, *, is_male: bool | None = None, given: str = ""
) -> Person:
    male = rng.random() < 0.5 if is_male is None else is_male
    if culture == "vietnamese":
        givens, families = (pools.VN_MALE if male else pools.VN_FEMALE), pools.VN_FAMILY
        middle = pools.common(rng, pools.VN_MIDDLE_MALE if male else pools.VN_MIDDLE_FEMALE, world.names // 4)
    else:
        givens, families = (pools.MALE if male else pools.FEMALE), pools.FAMILY
        middle = ""
    # Every third Vietnamese is a Nguyễn; Western surnames have a long tail of rare ones.
    family = pools.common(rng, families, world.names, power=2.8 if culture == "vietnamese" else 1.6)
    if culture == "western" and not world.names and rng.random() < 0.5:
        family = rng.choice(families)
    names = (family,)
    if culture == "western" and not male and rng.random() < world.wed:
        names = (family, rng.choice(families))
    homes, phones = (home(rng, culture),), (phone(rng, culture),)
    if rng.random() < world.movers:
        homes = (home(rng, culture), *homes)
    if rng.random() < world.movers / 2:
        phones = (phone(rng, culture), *phones)
    born = f"{int(rng.triangular(1938, 2006, 1986))}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
    company = pools.common(rng, pools.COMPANIES)
    given = given or pools.common(rng, givens, world.names)
    person = Person(culture, male, given, middle, names, born, phones, (), homes, company)
    return replace(person, emails=_emails(person, world, rng))


def _emails(person: Person, world: World, rng: Random) -> tuple[str, ...]:
    """One address, sometimes two; made from the name alone as often as the world says."""
    found = []
    domain = pools.VN_MAIL if person.culture == "vietnamese" else pools.WEST_MAIL
    for _ in range(1 if rng.random() < 0.85 else 2):
        given, family = (slips.fold(text).lower() for text in (person.given, person.families[0]))
        family = family.replace("'", "")
        middle = slips.fold(person.middle).lower().replace(" ", "")
        if rng.random() < world.name_mail:
            local = f"{given}.{family}"
        else:
            form = rng.choice(
                (
                    "{g}.{f}{n}",
                    "{g}{f}{n}",
                    "{f}{g}{n}",
                    "{g}{m}{y}{k}",
                    "{g}_{f}{y}{k}",
                    "{f}.{g}{n}",
                    "{w}{n}",
                )
            )
            form = "{w}{n}" if rng.random() < 0.08 else form
            local = form.format(
                g=given, f=family, m=middle, y=person.born[2:4], n=rng.randrange(1, 9999), k=rng.randrange(1, 99),
                w=rng.choice(("sunshine", "bluesky", "bongbong", "tiger", "coolguy", "meocon", "lucky", "shopper")),
            )  # fmt: skip
        at = domain[0] if world.names and rng.random() < 0.7 else rng.choice(domain)
        found.append(f"{local}@{at}")
    return tuple(found)


def home(rng: Random, culture: str) -> Home:
    """Somewhere to live."""
    if culture == "vietnamese":
        city, code = pools.common(rng, pools.VN_TOWNS)
        number = rng.choice((f"{rng.randrange(1, 400)}", f"{rng.randrange(1, 200)}/{rng.randrange(1, 60)}"))
        return Home(f"{number} {rng.choice(pools.VN_STREETS)}", city, f"{code}{rng.randrange(0, 10000):04}")
    city, code = pools.common(rng, pools.TOWNS)
    flat = f"Flat {rng.randrange(1, 30)}, " if rng.random() < 0.2 else ""
    letters = "".join(rng.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
    postcode = f"{code}{rng.randrange(1, 30)} {rng.randrange(1, 10)}{letters}"
    return Home(f"{flat}{rng.randrange(1, 220)} {rng.choice(pools.STREETS)}", city, postcode)


def phone(rng: Random, culture: str) -> str:
    """A mobile number in national digits."""
    if culture == "vietnamese":
        return rng.choice(("09", "03", "07", "08", "05")) + f"{rng.randrange(10**8):08}"
    return f"07{rng.randrange(10**9):09}"


def record(person: Person, world: World, rng: Random, shops: list[str]) -> dict[str, str]:
    """One look at a person: the cells by what they hold, before they are put under headers."""
    source = rng.choice(SOURCES)
    row = {"source": source} | _named(person, world, rng, source)
    place = person.homes[0] if rng.random() < 0.35 else person.homes[-1]
    # Half of the former owners' phones in the files are only an old number, not an old address.
    number = person.phones[0] if rng.random() < 0.35 else person.phones[-1]
    if rng.random() < world.shop_phone:
        number = rng.choice(shops)
    row |= {"street": place.street, "city": place.city, "postcode": place.postcode, "company": person.company}
    row |= {"phone": number, "email": rng.choice(person.emails), "born": person.born}
    row["gender"] = ("M" if person.is_male else "F") if rng.random() < 0.8 else ""
    row["seen"] = f"20{rng.randrange(21, 27)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
    _spoil(row, world, rng)
    for part in PLACEHOLDERS:
        if rng.random() < world.gaps.get(part, 0.0):
            row[part] = ""
        elif rng.random() < world.junk:
            row[part] = rng.choice(PLACEHOLDERS[part])
    if rng.random() < world.gaps.get("company", 0.0):
        row["company"] = ""
    return _dressed(row, person.culture, world, rng)


def _named(person: Person, world: World, rng: Random, source: str) -> dict[str, str]:
    """The name as this source has it: nickname, initial, maiden name, order, accents, capitals."""
    given, middle, family = person.given, person.middle, rng.choice(person.families)
    short = pools.NICKNAMES.get(given)
    if short and rng.random() < world.nicknames:
        given = rng.choice(short.split())
    elif rng.random() < 0.02 * world.slips:
        given = given[0]
    if rng.random() < 0.15:
        middle = ""
    parts = [given, middle, family]
    if rng.random() >= world.accents:
        parts = [slips.fold(part) for part in parts]
    for at in (0, 2):
        parts[at] = _worn(rng, parts[at], 0.045 * world.slips)
    if source == "till" and rng.random() < 0.5:
        parts = [slips.cased(rng, part) for part in parts]
    given, middle, family = parts
    is_swapped = rng.random() < world.swapped
    western = person.culture == "western"
    order = (given, middle, family) if western != is_swapped else (family, middle, given)
    whole = " ".join(part for part in order if part)
    if not western and middle and rng.random() < 0.5:
        given = f"{middle} {given}"
    if is_swapped:
        given, family = family, given
    return {"given": given, "family": family, "name": whole}


def _worn(rng: Random, text: str, rate: float) -> str:
    """A text after one of the slips that befall words, at a rate."""
    if rng.random() >= rate:
        return text
    return rng.choice((slips.typo, slips.typo, slips.typo, slips.scanned, slips.cut, slips.spaced))(rng, text)


def _spoil(row: dict[str, str], world: World, rng: Random) -> None:
    """The slips of every cell but the name."""
    rate = world.slips
    row["street"] = _worn(rng, row["street"], 0.08 * rate)
    for long, short in (
        ("Street", "St"),
        ("Road", "Rd"),
        ("Avenue", "Ave"),
        ("Flat ", "Apt "),
        ("Drive", "Dr"),
    ):
        if rng.random() < 0.25:
            row["street"] = row["street"].replace(long, short)
    row["city"] = _worn(rng, row["city"], 0.03 * rate)
    if rng.random() < 0.03 * rate:
        row["postcode"] = slips.digit(rng, row["postcode"])
    if rng.random() < 0.025 * rate:
        row["phone"] = slips.digit(rng, row["phone"])
    if rng.random() < 0.025 * rate:
        local, at, domain = row["email"].partition("@")
        row["email"] = slips.typo(rng, local) + at + domain
    if rng.random() < 0.05 * rate:
        row["born"] = slips.date(rng, row["born"])


def _dressed(row: dict[str, str], culture: str, world: World, rng: Random) -> dict[str, str]:
    """Phones, dates and places in the forms of their source."""
    digits = row["phone"]
    if digits and digits not in PLACEHOLDERS["phone"]:
        code = "84" if culture == "vietnamese" else "44"
        spaced = f"{digits[:4]} {digits[4:7]} {digits[7:]}"
        forms = (
            digits,
            digits,
            digits,
            f"+{code}{digits[1:]}",
            f"{code}{digits[1:]}",
            spaced,
            spaced.replace(" ", "."),
        )
        row["phone"] = rng.choice(forms)
    if row["born"]:
        year, month, day = row["born"].split("-")
        row["born"] = world.day_form.format(y=year, m=month, d=day)
    if culture == "vietnamese" and rng.random() >= world.accents:
        row["street"], row["city"] = slips.fold(row["street"]), slips.fold(row["city"])
    if row["source"] == "shop" and rng.random() < 0.3:
        row["email"] = row["email"].capitalize()
    return row
