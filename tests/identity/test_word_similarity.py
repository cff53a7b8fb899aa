"""How alike names, addresses and texts are, against figures that a person would give, and each other way round."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import polars as pl
import pytest

from cdptool.fields import field_type
from cdptool.identity.similarity import similarity
from cdptool.matching.values import encoded


def near(kind: str, one: Any, other: Any) -> float:
    keys = pl.DataFrame({"v": [one, other]}).select(field_type(kind).match_key(pl.col("v")))["v"]
    values = encoded(keys)
    there = similarity(kind, values, values.ids[:1], values.ids[1:])[0]
    back = similarity(kind, values, values.ids[1:], values.ids[:1])[0]
    assert there == back
    return float(there)


ONE_PERSON = (
    ("Robert Smith", "SMITH Bob"),
    ("Mohamed Antoun", "Antoun, Mhd"),
    ("Maria Sentosa", "Maria Luis Medina Sentosa"),
    ("Kristen Salinger", "Salenger, Kristin"),
    ("Anastassia Alexopoulos", "Nastassia Alexopoulos"),
    ("J Muir", "Jane Muir"),
    ("ВАСИЛЬЕВ, Александр Павлович", "Alexander Pavlovich Vasiliev"),
    ("فيصل صديقي", "Faisal Siddiqui"),
    ("张秀英", "Zhang Xiu Ying"),
    ("Nguyễn Thị Lan Anh", "NGUYEN THI LAN ANH"),
)
TWO_PEOPLE = (
    ("Mark Kusha", "Marsha Kusha"),
    ("Anna Anderson", "Annabelle Anderson"),
    ("Darla Anderson", "Darletta Anderson"),
    ("Nguyễn Thu Hoa", "Nguyễn Thi Hoa"),
    ("Christopher Montgomery-Smith", "Ann Montgomery-Smith"),
    ("王伟", "Wang Jie"),
    ("Александр Васильев", "Alexandra Petrova"),
)


@pytest.mark.parametrize("number", range(len(ONE_PERSON)))
def test_one_name_written_twice_is_near(number: int) -> None:
    assert near("person_name", *ONE_PERSON[number]) > 0.9


@pytest.mark.parametrize("number", range(len(TWO_PEOPLE)))
def test_a_family_name_in_common_makes_no_two_names_near(number: int) -> None:
    assert near("person_name", *TWO_PEOPLE[number]) < 0.93


def test_numbers_of_an_address_are_one_or_another() -> None:
    assert near("address", "1602 Brenville Pl", "160 Brenville Pl") < 0.7
    assert near("address", "12 Hai Ba Trung", "21 Hai Ba Trung") < 0.75
    assert near("address", "1515 Adela Lane, Las Vegas", "1515 Adela Ln LAS VEGAS") == 1
    assert near("address", "Hardenbergstraße 87, 66879", "Hardenbergstrasse 87 66879 Germany") > 0.9
    assert (
        near(
            "address",
            "4 Hillview Rise, Singapore 667979, Singapore",
            "#01-11, 4 Hillview Rise, 667979 Singapore",
        )
        > 0.9
    )


def test_the_least_alike_word_counts_half() -> None:
    """Of `li` and `lan` nothing is alike: what is left of a long name in common is the half that its letters say."""
    rng = random.Random(11)
    words = ["li", "an", "bo", "иван", "علي", "杰", "montgomery"]
    for _ in range(100):
        one, other = rng.sample(words[:-1], 2)
        assert near("person_name", f"{one} montgomery", f"{other} montgomery") < 0.55
        assert near("person_name", f"{one} montgomery", f"montgomery {one}") == 1


def test_dates_with_two_slips_are_further_than_with_one() -> None:
    day = date(1978, 12, 11)
    assert near("date", day, date(1978, 11, 12)) == pytest.approx(0.9)
    assert near("date", day, date(1979, 11, 12)) == pytest.approx(0.8)
    assert near("date", day, date(1978, 12, 12)) == pytest.approx(0.9)
    assert near("date", day, date(1954, 3, 31)) < 0.7
