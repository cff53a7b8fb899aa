"""Pass expressions: their disjunctive form against a truth table, and what is refused."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdptool.config.forms import Reading
from cdptool.config.passes import pass_branches
from cdptool.config.reader import Scalar
from cdptool.errors import ConfigError, Place

FIELDS = ("email", "phone", "name", "city")


def scalar(text: str) -> Scalar:
    return Scalar(text, False, Place("m.yaml", 7, 12), Place("m.yaml", 7, 12))


def branches(text: str) -> tuple[tuple[str, ...], ...]:
    return pass_branches("loose", scalar(text), Reading({"field": dict.fromkeys(FIELDS, "text")}))


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        branches(text)
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
        (
            "(same(email) or same(phone)) and (same(name) or same(city))",
            (("email", "name"), ("email", "city"), ("phone", "name"), ("phone", "city")),
        ),
    ],
)
def test_a_pass_becomes_branches_in_the_order_written(text: str, expected: object) -> None:
    assert branches(text) == expected


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


def test_a_branch_without_same_would_compare_everybody() -> None:
    assert refused("same(email) or near(name, 0.9)") == [
        "m.yaml:7:27: `near` is not supported yet in a pass",
        "m.yaml:7:12: pass `loose` would compare every pair of records",
    ]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("same(email) and missing(name)", "m.yaml:7:28: `missing` is not supported yet in a pass"),
        ("same(email) and not same(name)", "m.yaml:7:28: `not` is not supported yet in a pass"),
        ("same(email) and a.name == b.name", "m.yaml:7:28: this is not supported yet in a pass"),
        ("same(emial)", "m.yaml:7:17: unknown field `emial`"),
        ("same(email, phone)", "m.yaml:7:12: `same` takes 1 argument, found 2"),
    ],
)
def test_what_this_version_cannot_do_is_said(text: str, finding: str) -> None:
    assert refused(text) == [finding]


def test_a_pass_of_too_many_branches_is_refused() -> None:
    pair = "(same(email) and same(name) or same(phone) and same(city) or same(name))"
    text = " and ".join(f"({' or '.join(f'same(f{i}{j})' for j in range(3))})" for i in range(4))
    names = {f"f{i}{j}": "text" for i in range(4) for j in range(3)}
    with pytest.raises(ConfigError, match="81 branches, expected at most 64"):
        pass_branches("loose", scalar(text), Reading({"field": names}))
    assert len(branches(pair)) == 3
