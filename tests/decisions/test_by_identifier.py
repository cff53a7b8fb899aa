"""A row of a stream speaks about everybody whose identifier its record holds."""

from __future__ import annotations

from cdptool.decisions import by_identifier
from tests.decisions.kernel_cases import RECORDS, ROWS


def test_a_row_is_told_of_every_identifier_its_record_ever_held_once():
    """Record 11 is stored in two versions that both hold the address."""
    found = by_identifier(("email", "phone"))(ROWS.lazy(), RECORDS.lazy()).collect()
    assert sorted(found.select("event_id", "field", "value").rows()) == [
        (1, "email", "a@x.vn"),
        (1, "email", "b@x.vn"),
        (1, "phone", "+84900000001"),
        (2, "email", "c@x.vn"),
        (2, "email", "c@x.vn"),
        (2, "phone", "+84900000001"),
        (2, "phone", "+84900000001"),
    ]


def test_both_versions_of_an_event_stay_so_that_the_stricter_one_can_decide():
    found = by_identifier(("email",))(ROWS.lazy(), RECORDS.lazy()).collect()
    assert set(found.filter(event_id=2)["state"]) == {"denied", "granted"}


def test_without_key_fields_nothing_is_said_about_anybody():
    found = by_identifier(())(ROWS.lazy(), RECORDS.lazy()).collect()
    assert found.is_empty()
    assert dict(found.schema) == {
        **ROWS.drop("record_id").schema,
        "field": found.schema["field"],
        "value": found.schema["field"],
    }
