"""Where the values of a golden profile come from, and what else its records offer."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.commands.golden import explain_golden
from cdptool.commands.history import show_ids
from cdptool.errors import UsageError
from tests.commands.small import Small
from tests.commands.test_history import BRIDGE
from tests.commands.test_removals import AN, BINH, delivered, project


def test_every_value_has_its_record_and_rule_and_others_are_listed(finished: Small) -> None:
    told = explain_golden(finished.settings(), "crm:K1", show_values=True).data
    email, name = (
        next(row for row in told["fields"] if row["field"] == field) for field in ("email", "name")
    )
    assert (email["value"], email["rule"], email["values offered"]) == ("lan@example.vn", "only", 1)
    assert name["values offered"] == 2
    offered = [name["value"], *(row["value"] for row in told["others"] if row["field"] == "name")]
    assert sorted(offered) == ["Lan Nguyen", "Nguyen Thi Lan"]
    assert explain_golden(finished.settings(), told["profile"], show_values=True).data == told


def test_values_are_masked_unless_asked_for(finished: Small) -> None:
    told = str(explain_golden(finished.settings(), "crm:K1").data)
    assert "lan@example.vn" not in told
    assert "1990-01-01" not in told, "the waterfall of explain merge shows the year alone"


def test_an_old_id_shows_the_profile_of_today(tmp_path: Path) -> None:
    settings = project(tmp_path)
    delivered(settings, "a.csv", AN + BINH)
    delivered(settings, "b.csv", BRIDGE)
    event = show_ids(settings, None).data["events"][0]
    assert explain_golden(settings, event["from"]).data["profile"] == event["to"]


@pytest.mark.parametrize("who", ["crm:nobody", "p_aaaaaaaaaaaac", "p_x"])
def test_nobody_is_told(finished: Small, who: str) -> None:
    with pytest.raises(UsageError):
        explain_golden(finished.settings(), who)
