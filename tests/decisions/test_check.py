"""What is wrong with a plan before it runs."""

from __future__ import annotations

import pytest

from cdptool.decisions.caps import cap_window, exempt_kinds
from cdptool.decisions.pipeline import is_quiet
from cdptool.decisions.spec import Campaign, Cap, Channel, Window
from tests.decisions.stories import EMAIL, local, planned

DAY = Window(calendar="day")
OK = Campaign("ok", "all", ("email",), "marketing")


@pytest.mark.parametrize(
    ("at", "quiet"),
    [("2026-11-21T21:59:59.999999", False), ("2026-11-21T22:00", True), ("2026-11-21T00:00", True),
     ("2026-11-21T06:59:59.999999", True), ("2026-11-21T07:00", False)],
)  # fmt: skip
def test_quiet_hours_pass_midnight_and_end_on_time(at, quiet):
    channel = Channel("sms", "phone", quiet_from="22:00", quiet_until="07:00")
    assert is_quiet(channel, "Asia/Ho_Chi_Minh", as_of=local(at)) is quiet
    assert not is_quiet(EMAIL, "Asia/Ho_Chi_Minh", as_of=local(at))


def test_a_calendar_day_begins_at_local_midnight():
    window = cap_window(Cap("c", 1, DAY), planned(()), as_of=local("2026-11-21T06:00"))
    assert (window.first, window.last) == (local("2026-11-21T00:00"), local("2026-11-21T06:00"))


def test_a_kind_is_exempt_only_when_no_other_campaign_uses_it():
    otp = Campaign("otp", "all", ("sms",), "service", kind="Transactional", exempt=True)
    loud = Campaign("loud", "all", ("sms",), "service", kind="promo", exempt=True)
    assert exempt_kinds(planned((OK, otp, loud))) == ("transactional",)
