"""What columns are whose names say nothing, or say it in a language that nobody here knows."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from cdptool.roles.proposal import roles

GIVEN = (
    "William",
    "Robert",
    "Elizabeth",
    "Margaret",
    "Thomas",
    "Katherine",
    "Edward",
    "Susan",
    "Anna",
    "Olga",
    "Ines",
    "Uwe",
)
FAMILY = (
    "Brown",
    "Silva",
    "Kowalski",
    "Rossi",
    "Jansen",
    "Demir",
    "Garcia",
    "Weber",
    "Novak",
    "Moreau",
    "Lund",
    "Oneill",
)
CITIES = tuple(
    f"{name}{end}"
    for name in ("Brook", "Stan", "Ash", "Hart", "Mal", "Wes")
    for end in ("ford", "ton", "ham", "wick", "burg")
)
N = 600


def _people() -> dict[str, list[str | None]]:
    chance = Random(3)
    rows = [
        {
            "row": str(i),
            "given": chance.choice(GIVEN) + chance.choice(("", "", "a", "e", "o", "ine")),
            "family": chance.choice(FAMILY) + chance.choice(("", "s", "sen", "er", "ez", "sky")),
            "sex": chance.choice("MF"),
            "age": str(chance.randrange(1, 90)),
            "street": f"{chance.randrange(1, 999)} {chance.choice(FAMILY)} Street",
            "city": chance.choice(CITIES),
            "zip": f"{chance.randrange(60_000, 60_200)}"
            + chance.choice(("", f"{chance.randrange(10_000):04}")),
            "paid": f"{chance.randrange(10, 900)}000",
            "latitude": f"{chance.random() + 51:.6f}",
            "tax": f"{chance.randrange(10**9):09}X" if i % 3 else None,
        }
        for i in range(N)
    ]
    rows += [{**row, "row": str(N + i)} for i, row in enumerate(rows[:150])]
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("called", ["column_{}", "Слово{}"], ids=["numbered", "unknown"])
def test_a_file_of_people_is_read_without_a_word(called: str) -> None:
    columns = _people()
    table = pl.DataFrame({called.format(i): texts for i, texts in enumerate(columns.values())})
    found = {role.columns[0]: role.kind for role in roles(table).fields}
    assert {name: found.get(called.format(i)) for i, name in enumerate(columns)} == {
        "row": None, "given": "given", "family": "family", "sex": "category", "age": "age", "street": "address",
        "city": "city", "zip": "postcode", "paid": None, "latitude": None, "tax": "identifier",
    }  # fmt: skip


def test_a_file_of_firms_is_read_without_a_word() -> None:
    chance = Random(4)
    firms = [
        f"{chance.choice(FAMILY)} {chance.choice(CITIES)} {chance.choice(('Ltd', 'Group', 'Foods'))}"
        for _ in range(N)
    ]
    streets = [f"{chance.choice(CITIES)} {chance.choice(('Road', 'Lane', 'Street'))}" for _ in range(N)]
    sites = [f"www.{firm.lower().replace(' ', '')}.co.uk" for firm in firms]
    table = pl.DataFrame({"column_1": firms, "column_2": streets, "column_3": sites})
    table = pl.concat([table, table.head(100)])
    kinds = {role.field: role.kind for role in roles(table).fields}
    assert kinds == {"column_1": "organisation", "column_2": "address", "column_3": "website"}


def test_things_that_are_sold_are_nobody() -> None:
    titles = [
        f"{Random(i).choice(GIVEN)} {Random(i).choice(CITIES)} {Random(-i).choice(FAMILY)}" for i in range(N)
    ]
    assert not roles(pl.DataFrame({"title": titles, "price": [str(i % 70) for i in range(N)]})).fields
