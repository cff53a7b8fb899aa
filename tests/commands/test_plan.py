"""Which caps a planned message would fill, asked of the row it would leave."""

from __future__ import annotations

import pytest

from cdptool.commands.plan import applies_of
from cdptool.decisions.spec import Campaign
from tests.commands.small import Small

CAPS = """caps:
  - {id: all, max: 1, per: 24h}
  - {id: promo, max: 1, per: 24h, where: 'kind == "promo"'}
  - {id: sms, max: 1, per: 24h, where: 'channel == "sms"'}
  - {id: thanks, max: 1, per: 24h, where: 'campaign == "thanks" and status == "sent"'}
  - {id: unknowable, max: 1, per: 24h, where: 'dispatch_id == "d1"'}
"""


@pytest.mark.parametrize(
    ("kind", "channel", "filled"),
    [
        ("promo", "email", {"all", "promo", "thanks", "unknowable"}),
        ("service", "sms", {"all", "sms", "thanks", "unknowable"}),
    ],
)
def test_a_message_fills_the_caps_it_meets_and_those_that_cannot_be_told(
    unread: Small, kind: str, channel: str, filled: set[str]
) -> None:
    unread.edit("caps: [{id: day, max: 1, per: 24h}]\n", CAPS)
    campaign = Campaign("thanks", "buyers", ("email", "sms"), "marketing", kind=kind)
    with unread.session(writes=True) as session:
        assert session.project.plan is not None
        applies = applies_of(session)
        found = {cap.id for cap in session.project.plan.caps if applies(cap, campaign, channel)}
    assert found == filled


def test_what_is_odd_about_the_ledger_is_said_with_the_plan(unread: Small) -> None:
    unread.write(
        "consents.csv",
        "time,email,channel,purpose,state\n2026-01-01 10:00:00,lan@example.vn,mail,marketing,yes\n",
    )
    problems = [finding.problem for finding in unread.run().findings]
    assert "1 consent events have a state that is not granted, denied or withdrawn" in problems
    assert "1 consent events name a channel that the plan does not declare" in problems
