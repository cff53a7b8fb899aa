"""What is wrong with a plan before it runs."""

from __future__ import annotations

import pytest

from cdptool.decisions import plan_findings
from cdptool.decisions.caps import cap_window, exempt_kinds
from cdptool.decisions.pipeline import is_quiet
from cdptool.decisions.spec import Campaign, Cap, Channel, Window
from tests.decisions.stories import EMAIL, local, planned

DAY = Window(calendar="day")
OK = Campaign("ok", "all", ("email",), "marketing")


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        (planned((OK,)), None),
        (planned((Campaign("a", "all", (), "m"),)), "campaign `a` names no channel"),
        (planned((Campaign("a", "all", ("fax",), "m"),)), "campaign `a` uses channel `fax`, which the plan does not declare"),
        (planned((OK, OK)), "campaign `ok` is declared 2 times"),
        (planned((OK,), (Cap("c", 1, DAY, channel="fax"),)), "cap `c` names channel `fax`, which the plan does not declare"),
        (planned((OK,), (Cap("c", -1, DAY),)), "cap `c` has a negative `max`"),
        (planned((OK,), (Cap("c", 1, Window()),)), "cap `c` needs one window"),
        (planned((), channels=(Channel("s", "phone", quiet_from="22:00"),)), "channel `s` has one end of its quiet hours only"),
        (planned((), channels=(Channel("s", "phone", quiet_from="22h", quiet_until="07:00"),)), "channel `s` has quiet hours that are no times"),
        (planned((), channels=(Channel("s", "phone", quiet_from="22:00", quiet_until="22:00"),)), "channel `s` is quiet all day"),
        (planned((Campaign("a", "all", ("email",), "m", starts_on="tomorrow"),)), "campaign `a` has a start or end that is no date"),
        (planned((Campaign("a", "all", ("email",), "m", starts_on="2026-02-01", ends_on="2026-01-01"),)), "campaign `a` ends before it starts"),
        (
            planned((OK, Campaign("a", "all", ("email",), "m", exempt=True))),
            "campaign `a` is exempt but shares its kind with `ok`, which is not: its sends will fill caps",
        ),
    ],
)  # fmt: skip
def test_each_fault_of_a_plan_is_named(plan, problem):
    assert [str(finding) for finding in plan_findings(plan)] == ([problem] if problem else [])


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
