"""What is odd about a plan before it is run; what is wrong with it, the reader of its file has refused."""

from __future__ import annotations

from collections.abc import Iterator

from cdptool.decisions.events import folded
from cdptool.decisions.spec import Plan
from cdptool.errors import Finding


def plan_warnings(plan: Plan) -> Iterator[Finding]:
    """
    Campaigns that are exempt from caps, and yet are counted by them: their kind is also that of another one.

    >>> from cdptool.decisions.spec import Campaign
    >>> code = Campaign("code", "all", ("sms",), "service", exempt=True)
    >>> news = Campaign("news", "all", ("sms",), "marketing")
    >>> [str(finding) for finding in plan_warnings(Plan((), (), (code, news), None, None))]
    ['campaign `code` is exempt but shares its kind with `news`, which is not: its sends will fill caps']
    """
    for campaign in plan.campaigns:
        others = [c.name for c in plan.campaigns if not c.exempt and folded(c.kind) == folded(campaign.kind)]
        if campaign.exempt and others:
            yield Finding(
                f"campaign `{campaign.name}` is exempt but shares its kind with `{others[0]}`, which is not:"
                " its sends will fill caps",
                campaign.place,
                "give exempt campaigns a kind of their own, such as `transactional`",
                "warning",
            )
