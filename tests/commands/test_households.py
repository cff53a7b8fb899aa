"""Households and link modes from merge.yaml to the files that leave: what is made, told and refused."""

from __future__ import annotations

import csv

import pytest

from cdptool.commands.explain import explain_merge
from cdptool.commands.explain_profile import explain_profile
from cdptool.commands.merge import merge_records
from cdptool.commands.segment import compute_segments
from cdptool.config import load_project
from cdptool.errors import UsageError
from tests.commands.small import AS_OF, Small

RULE = "never:\n  - differs(birth_date)\n"
HOMES = f"{RULE}households: {{when: same(family_name) and same(birth_date), limit: 4}}\n"
LETTERS = (
    "  letters: {who: families, to: csv, columns: [household_id, household_size, name], one_per: household}\n"
)
PEOPLE = """
id,email,name,born
H1,hoa@example.vn,Le Thi Lan,1985-02-03
H2,hoa@example.vn,Lan Le Thi,1985-02-03
H3,nam@example.vn,Le Van Nam,1985-02-03
H4,tam@example.vn,Vu Van Minh,1970-05-05
"""


@pytest.fixture
def homes(copied: Small) -> Small:
    """Lan and Nam live together, and so do the two named Minh of before: by what little the small project knows."""
    copied.write("crm.csv", PEOPLE)
    copied.edit(RULE, HOMES)
    copied.edit("segments: {", "segments: {families: 'household_size > 1', ")
    copied.edit("  capped: {", f"{LETTERS}  capped: {{")
    copied.run()
    return copied


def test_one_letter_leaves_per_household_with_its_printed_id(homes: Small) -> None:
    with (homes.folder / "out" / "letters.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["household_id"] for row in rows}) == len(rows) == 2
    assert all(row["household_id"].startswith("h_") and row["household_size"] == "2" for row in rows)


def test_merge_tells_households_in_a_dry_run_too(homes: Small) -> None:
    report = merge_records(homes.settings(), dry_run=True)
    sizes = report.data["households"]["by_size"]
    assert {"people": 2, "households": 2} in sizes
    assert [grid.title for grid in report.grids][-1] == "Households"


def test_explain_says_who_lives_together(homes: Small) -> None:
    together = explain_merge(homes.settings(), "crm:H1", "crm:H3")
    assert together.data["same"] is False
    (told,) = together.data["households"]
    assert told.startswith("they live in one household, h_")
    assert explain_merge(homes.settings(), "crm:H1", "crm:H4").data["households"] == []
    (alone,) = explain_profile(homes.settings(), "crm:H1").data["households"]
    assert "of 2 people, by family_name + birth_date" in alone


def test_what_too_many_share_is_told_and_joins_nobody(homes: Small) -> None:
    homes.edit("limit: 4", "limit: 2")
    homes.write("crm.csv", PEOPLE + "H5,an@example.vn,Le An,1985-02-03\n")
    homes.run()
    (told,) = explain_merge(homes.settings(), "crm:H1", "crm:H5").data["households"]
    assert told == "no household, though they agree on family_name + birth_date: more than 2 people share it"
    report = merge_records(homes.settings(), dry_run=True)
    assert report.data["households"]["too_many"] == [
        {
            "match_key": "family_name + birth_date",
            "reason": "more than 2 people share it",
            "values": 1,
            "most_people": 3,
        }
    ]


def test_rules_that_ask_for_what_the_last_merge_did_not_make_say_so(copied: Small) -> None:
    """A crash before: profiles have the fields of the merge.yaml of their merge."""
    copied.edit(RULE, HOMES)
    copied.edit("segments: {", "segments: {families: 'household_size > 1', ")
    with pytest.raises(UsageError, match="`household_size`"):
        compute_segments(copied.settings(AS_OF))


def test_households_that_are_declared_no_more_are_gone(homes: Small) -> None:
    homes.edit(HOMES, RULE)
    homes.edit("families: 'household_size > 1', ", "families: 'not missing(email)', ")
    homes.edit(LETTERS, "")
    homes.run()
    assert explain_merge(homes.settings(), "crm:H1", "crm:H3").data["households"] == []
    assert not load_project(homes.folder).catalog.field("household_id")


def test_explain_says_when_a_list_or_link_only_keeps_two_records_apart(copied: Small) -> None:
    copied.edit(RULE, f"{RULE}unique_sources: [crm]\nlink: only\n")
    copied.run()
    told = explain_merge(copied.settings(), "crm:K1", "crm:K2").data["sources"]
    assert told == [
        "source crm holds each person once, and each of the two has a record of it",
        "link only: two records of one source are no evidence for `exact`",
    ]
