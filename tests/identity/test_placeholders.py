"""Values that identify nobody: a phone on one row in twenty joins no two people, by rules or by a learned pass."""

from __future__ import annotations

import random
from dataclasses import replace

import polars as pl
import pytest

from cdptool.engines import LocalEngine
from cdptool.identity.ignoring import printed_value
from cdptool.identity.spec import Key, MergePlan, Pass
from cdptool.identity.suggesting import COUNTED, MADE_UP, OFFICE, REPEATED, SHARED, suggested
from tests.identity.test_pairing import rules
from tests.identity.worlds import COLUMNS, partition, people, plan, records, resolved

GIVEN = [
    "An",
    "Binh",
    "Chau",
    "Dung",
    "Giang",
    "Hanh",
    "Khanh",
    "Lan",
    "Minh",
    "Nam",
    "Oanh",
    "Phuong",
    "Quan",
    "Thao",
    "Tuan",
    "Vinh",
    "Xuan",
    "Yen",
    "Hoa",
    "Long",
]
MIDDLE = ["Thi", "Van", "Duc", "Ngoc", "Quoc", "Thanh", "Huu", "Kim", "Gia", "Bao"]
FAMILY = ["Nguyen", "Tran", "Le", "Pham", "Hoang", "Huynh", "Phan", "Vu", "Dang", "Bui"]
PLACEHOLDER = "+84900000000"
LEARNED = Pass("likely", (), "compare", ("name", "birth_date", "phone", "email"))


def crowd() -> tuple[pl.DataFrame, dict[int, int]]:
    """2,667 records of about 1,300 people, one in twenty with the till's phone; record → person."""
    rng = random.Random(2667)
    rows, person_of = ["id  customer_id  email  phone  name  birth_date"], {}
    record = person = 0
    while record < 2_667:
        name = f"{rng.choice(FAMILY)}_{rng.choice(MIDDLE)}_{rng.choice(GIVEN)}"
        phone = f"+849{rng.randrange(10**7, 10**8)}"
        email = f"{name.lower().replace('_', '.')}{person}@mail.example"
        born = f"{rng.randint(1950, 2005)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        for _ in range(min(rng.choice([1, 1, 2, 3, 4]), 2_667 - record)):
            held = PLACEHOLDER if rng.random() < 0.05 else phone if rng.random() < 0.8 else "-"
            rows.append(
                f"{record}  {f'K{person}' if rng.random() < 0.4 else '-'}  {email if rng.random() < 0.6 else '-'}  "
                f"{held}  {name}  {born if rng.random() < 0.7 else '-'}"
            )
            person_of[record] = person
            record += 1
        person += 1
    frame = records("\n".join(rows)).with_columns(pl.col("name").str.replace_all("_", " "))
    return frame, person_of


@pytest.fixture(scope="module")
def of_the_till() -> tuple[pl.DataFrame, dict[int, int]]:
    return crowd()


BY_RULES = rules(
    "same(customer_id) or same(email) or same(phone)",
    keys=(Key("customer_id"), Key("email"), Key("phone", shared_by=6)),
)


@pytest.mark.parametrize(
    "merge_plan",
    [
        BY_RULES,
        rules(
            "same(email)", "same(phone) and near(name, 0.95)", keys=(Key("email"), Key("phone", shared_by=6))
        ),
        replace(BY_RULES, passes=(LEARNED,)),
        replace(BY_RULES, passes=(LEARNED,), keys=(Key("email"), Key("phone"))),
        replace(BY_RULES, keys=(Key("customer_id"), Key("email"), Key("phone", ignore=(PLACEHOLDER,)))),
    ],
    ids=["shared_by", "near", "learned", "learned without limits", "ignore"],
)
def test_a_placeholder_phone_joins_no_two_people(
    merge_plan: MergePlan, of_the_till: tuple[pl.DataFrame, dict[int, int]]
) -> None:
    """134 rows of 81 people were one cluster in another tool, and nobody was told (peers.md 8)."""
    frame, person_of = of_the_till
    assert frame.filter(pl.col("phone") == PLACEHOLDER).height > 0.045 * frame.height
    found = partition(resolved(frame, merge_plan).identity)
    mixed = [part for part in found if len({person_of[record] for record in part}) > 1]
    assert mixed == []
    assert len(found) < 0.8 * frame.height


def test_the_till_is_proposed_and_what_is_proposed_can_be_pasted(
    of_the_till: tuple[pl.DataFrame, dict[int, int]],
) -> None:
    frame, person_of = of_the_till
    engine = LocalEngine()
    merge_plan = plan("email or phone", keys=(Key("email"), Key("phone")))
    found = suggested(engine, engine.of(frame), COLUMNS, merge_plan)
    assert found.select("field", "value", "why").rows() == [("phone", PLACEHOLDER, REPEATED)]
    pasted = plan(
        "email or phone", keys=(Key("email"), Key("phone", ignore=(printed_value(found["number"][0]),)))
    )
    assert suggested(engine, engine.of(frame), COLUMNS, pasted).is_empty()
    parts = partition(resolved(frame, pasted).identity)
    assert all(len({person_of[record] for record in part}) == 1 for part in parts)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("phone", "+84900000000", REPEATED),
        ("phone", "+84901234567", COUNTED),
        ("phone", "+84912349587", None),
        ("customer_id", "9999", REPEATED),
        ("email", "test@gmail.com", MADE_UP),
        ("email", "lan@example.com", MADE_UP),
        ("email", "info@shop.vn", OFFICE),
        ("email", "teston@gmail.com", None),
    ],
)
def test_a_shape_that_nobody_has_counts_from_the_second_name_on(
    field: str, value: str, why: str | None
) -> None:
    rows = f"id  {field}  name\n1  {value}  Lan\n2  {value}  Nam\n3  -  Hoa"
    engine = LocalEngine()
    merge_plan = plan(keys=(Key(field),))
    found = suggested(engine, engine.of(records(rows)), COLUMNS, merge_plan)
    assert found["why"].to_list() == ([why] if why else [])
    alone = records(rows.replace("Nam", "Lan"))
    assert suggested(engine, engine.of(alone), COLUMNS, merge_plan).is_empty()


def test_a_value_of_many_names_is_proposed_whatever_its_shape() -> None:
    rows = "\n".join(
        f"{i}  {'+84912349587' if i < 8 else f'+849123{i:05d}'}  N{chr(97 + i)}" for i in range(20)
    )
    engine = LocalEngine()
    found = suggested(
        engine, engine.of(records(f"id  phone  name\n{rows}")), COLUMNS, plan(keys=(Key("phone"),))
    )
    assert found.select("n_records", "n_people", "why").rows() == [(8, 8, SHARED)]


def test_an_ignored_value_is_no_evidence_but_stays_in_the_profile() -> None:
    frame = records("""
        id  email      phone
        1   a@x.vn     +84900000000
        2   b@x.vn     +84900000000
        3   b@x.vn     -
    """)
    assert people(
        frame, plan("email or phone", keys=(Key("phone", ignore=(PLACEHOLDER,)), Key("email")))
    ) == [
        [1],
        [2, 3],
    ]
