"""Pass expressions: their disjunctive form against a truth table, and what is refused."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdptool.config.forms import Reading
from cdptool.config.passes import PassBranches, never_branches, pass_branches
from cdptool.config.reader import Scalar
from cdptool.errors import ConfigError, Place
from cdptool.identity.conditions import Condition, Missing, Near, Same

FIELDS = ("email", "phone", "name", "city")
TYPES = {**dict.fromkeys(FIELDS, "text"), "born": "date", "age": "integer"}


def scalar(text: str) -> Scalar:
    return Scalar(text, False, Place("m.yaml", 7, 12), Place("m.yaml", 7, 12))


def read(text: str) -> PassBranches:
    return pass_branches("loose", scalar(text), Reading({"field": TYPES}))


def branches(text: str) -> tuple[tuple[str, ...], ...]:
    return read(text).fields


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        read(text)
    return [str(each) for each in error.value.findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("same(email)", (("email",),)),
        ("same(email) and same(phone) or same(name)", (("email", "phone"), ("name",))),
        ("same(email) and (same(phone) or same(name))", (("email", "phone"), ("email", "name"))),
        ("(same(email))", (("email",),)),
        ("same(email) or same(email)", (("email",),)),
        ("same(email) and same(email)", (("email",),)),
        ("not (differs(email) or differs(phone))", (("email", "phone"),)),
        (
            "(same(email) or same(phone)) and (same(name) or same(city))",
            (("email", "name"), ("email", "city"), ("phone", "name"), ("phone", "city")),
        ),
    ],
)
def test_a_pass_becomes_branches_in_the_order_written(text: str, expected: object) -> None:
    assert branches(text) == expected


def test_conditions_stand_beside_the_fields_of_their_branch() -> None:
    found = read("same(phone) and (near(name, 0.88) or missing(a.name) or not same(city))")
    assert found.fields == (("phone",), ("phone",), ("phone",))
    assert found.conditions == (
        (Condition(Near("name", 0.88)),),
        (Condition(Missing("name", "a")),),
        (Condition(Same("city"), holds=False),),
    )


_TEXTS = st.recursive(
    st.sampled_from(FIELDS).map(lambda field: f"same({field})"),
    lambda inner: st.tuples(inner, st.sampled_from(("and", "or")), inner).map(
        lambda parts: f"({' '.join(parts)})"
    ),
    max_leaves=6,
)


@given(_TEXTS)
def test_the_branches_say_what_the_expression_says(text: str) -> None:
    found = branches(text)
    for truths in itertools.product((True, False), repeat=len(FIELDS)):
        agrees = dict(zip(FIELDS, truths, strict=True))
        expected = eval(text, {"same": agrees.get, **{field: field for field in FIELDS}})
        assert any(all(agrees[field] for field in branch) for branch in found) == expected


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("same(email) or near(name, 0.9)", "m.yaml:7:27: pass `loose` would compare every pair of records"),
        ("missing(name)", "m.yaml:7:12: pass `loose` would compare every pair of records"),
        (
            "same(email) and not (same(name) and near(city, 0.9)) or not same(phone)",
            "m.yaml:7:68: pass `loose` would compare every pair of records",
        ),
    ],
)
def test_a_branch_without_same_would_compare_everybody(text: str, finding: str) -> None:
    assert refused(text) == [finding]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("same(emial)", "m.yaml:7:17: unknown field `emial`"),
        ("same(email) and missing(a.nmae)", "m.yaml:7:36: unknown field `nmae`"),
        ("same(email, phone)", "m.yaml:7:12: `same` takes 1 argument, found 2"),
        ("same(email) and bucket(name) < 0.1", "m.yaml:7:28: `bucket` cannot be compared here"),
        ("same(email) and ntile(name, 3)", "m.yaml:7:28: `ntile` is no test of two records"),
        ("same(email) and near(name, 2)", "m.yaml:7:39: how near is a number above 0 and up to 1"),
        (
            "same(email) and near(age, 0.9)",
            "m.yaml:7:33: `age` is of type `integer`, whose values are not more or less near",
        ),
        ("same(email) and a.name < b.name", "m.yaml:7:28: texts have no order here"),
        ("same(email) and a.age < b.born", "m.yaml:7:28: this compares fields of different kinds"),
        ("same(email) and c.age < b.age", "m.yaml:7:28: `c.age` is no field of one of the records"),
        ("same(email) and 1 < 2", "m.yaml:7:28: this compares no field"),
        ('same(email) and a.born < "1990-13-01"', "m.yaml:7:37: this is no day"),
        ("same(email) and a.born < 1990", "m.yaml:7:28: this compares a date with a number"),
        (
            "same(email) and a.born < b.born - a.born",
            "m.yaml:7:28: this compares a date with days between two dates",
        ),
        ('same(email) and a.age < "many"', "m.yaml:7:36: this compares a number with a text"),
        (
            'same(email) and a.born - b.born < "1990-01-01"',
            "m.yaml:7:46: this compares days between two dates with a text",
        ),
        ("same(email) and a.name - b.name < 2", "m.yaml:7:28: texts have no difference"),
    ],
)
def test_what_is_no_test_of_two_records_is_said(text: str, finding: str) -> None:
    assert refused(text) == [finding]


def test_a_never_rule_of_one_field_needs_no_pairs() -> None:
    reading = Reading({"field": TYPES})
    assert never_branches(scalar("differs(born)"), reading) == ("born", ())
    field, found = never_branches(scalar("differs(born) and not near(name, 0.95)"), reading)
    assert field == ""
    assert found == ((Condition(Same("born"), holds=False), Condition(Near("name", 0.95), holds=False)),)


def test_a_pass_of_too_many_branches_is_refused() -> None:
    pair = "(same(email) and same(name) or same(phone) and same(city) or same(name))"
    text = " and ".join(f"({' or '.join(f'same(f{i}{j})' for j in range(3))})" for i in range(4))
    names = {f"f{i}{j}": "text" for i in range(4) for j in range(3)}
    with pytest.raises(ConfigError, match="81 branches, expected at most 64"):
        pass_branches("loose", scalar(text), Reading({"field": names}))
    assert len(branches(pair)) == 3
