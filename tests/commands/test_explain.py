"""Why two records are, or are not, one person."""

from __future__ import annotations

import pytest

from cdptool.commands.explain import explain_merge
from cdptool.commands.ingest import ingest_files
from cdptool.errors import UsageError
from tests.commands.small import Small


def test_a_path_names_records_places_and_fields_and_masks_the_values(finished: Small) -> None:
    report = explain_merge(finished.settings(), "crm:K1", "crm:K2")
    assert report.data["same"] is True
    assert report.data["profile"].startswith("p_")
    (step,) = report.data["path"]
    assert (step["record"], step["and"], step["agree on"], step["pass"]) == (
        "crm:K1",
        "crm:K2",
        "email",
        "exact",
    )
    assert step["place"].endswith("crm.csv:2") and step["place of that"].endswith("crm.csv:3")
    assert "lan@example.vn" not in f"{report}"


def test_values_are_shown_where_asked_for(finished: Small) -> None:
    report = explain_merge(finished.settings(), "crm:K1", "crm:K2", show_values=True)
    assert [step["value"] for step in report.data["path"]] == ["lan@example.vn"]


def test_the_value_is_the_one_both_records_hold_though_one_of_them_has_a_newer_one(copied: Small) -> None:
    """K1 has another address since; what joins it to K2 is the old one."""
    copied.write("crm.csv", "id,email,name,born\nK1,zoe@example.vn,Nguyen Thi Lan,1990-01-01\n")
    copied.run()
    for pair in (("crm:K1", "crm:K2"), ("crm:K2", "crm:K1")):
        report = explain_merge(copied.settings(), *pair, show_values=True)
        assert [step["value"] for step in report.data["path"]] == ["lan@example.vn"]


def test_what_is_near_is_told_with_how_near(copied: Small) -> None:
    """Names in another order are the same; of a field that one of the records lacks nothing is said."""
    rule = "same(email) and near(name, 0.5) and (near(birth_date, 0.9) or missing(birth_date))"
    copied.edit("exact: same(customer_id) or same(email)", f"exact: same(customer_id) or {rule}")
    copied.write(
        "crm.csv",
        "id,email,name,born\nN1,ngan@acme.vn,Thi Lan Nguyen,\nN2,ngan@acme.vn,Nguyen Thi Lan,1990-01-01\n",
    )
    copied.run()
    (step,) = explain_merge(copied.settings(), "crm:N1", "crm:N2").data["path"]
    assert (step["agree on"], step["near"]) == ("email", "name 1.00")
    assert "near: name 1.00" in explain_merge(copied.settings(), "crm:N1", "crm:N2").lines[1]


def test_two_people_are_told_with_the_evidence_that_was_cut(finished: Small) -> None:
    """K3 gives the same address and another date of birth."""
    report = explain_merge(finished.settings(), "crm:K1", "crm:K3")
    assert report.data["same"] is False
    assert len(set(report.data["profiles"])) == 2
    reasons = {cut["cut because"] for cut in report.data["cut"]}
    assert reasons == {"never: differs(birth_date)"}


def test_two_people_without_evidence_between_them_are_told_so(finished: Small) -> None:
    report = explain_merge(finished.settings(), "crm:K1", "crm:K4")
    assert (report.data["cut"], report.lines) == ([], ("no pass joins them",))


@pytest.mark.parametrize(("judgement", "same"), [("same", True), ("different", False)])
def test_a_judgement_is_told_as_such(copied: Small, judgement: str, same: bool) -> None:
    left, right = ("crm:K1", "crm:K4") if same else ("crm:K1", "crm:K2")
    copied.edit("never:\n  - differs(birth_date)\n", "decisions: decisions.csv\n")
    word = "POSITIVE" if same else "NEGATIVE"
    rows = f"left,right,judgement,who,when,why\n{left},{right},{word},ann,2026-11-01,seen\n"
    copied.write("decisions.csv", rows)
    copied.run()
    report = explain_merge(copied.settings(), left, right)
    assert report.data["same"] is same
    told = (
        [step["agree on"] for step in report.data["path"]]
        if same
        else [c["cut because"] for c in report.data["cut"]]
    )
    assert f"judged {word}" in told


@pytest.mark.parametrize("record", ["crm:K9", "K1", "nobody"])
def test_a_record_that_is_not_there_is_refused_without_repeating_it(finished: Small, record: str) -> None:
    """What was typed may be an address."""
    with pytest.raises(UsageError) as caught:
        explain_merge(finished.settings(), "crm:K1", record)
    assert str(caught.value) == "no such record in the workspace"


def test_a_record_that_came_after_the_last_merge_says_so(copied: Small) -> None:
    copied.write("crm.csv", "id,email,name,born\nK7,new@example.vn,Le Hoa,1990-01-01\n")
    ingest_files(copied.settings(), (), lambda _: None)
    with pytest.raises(UsageError, match="came after the last merge"):
        explain_merge(copied.settings(), "crm:K1", "crm:K7")
