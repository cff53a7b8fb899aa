"""What people said, and what it takes to lift it."""

from __future__ import annotations

import polars as pl
import pytest

from cdptool.decisions import (
    bounced_addresses,
    capped,
    compile_program,
    consent_states,
    consented,
    ledger_findings,
    unsubscribed,
)
from cdptool.decisions.events import LEDGER
from cdptool.decisions.spec import Campaign, Cap, Window
from tests.decisions.stories import events_of, is_promo, local, people_of, planned

AS_OF = local("2026-11-21T09:00")
NEWS = Campaign("news", "all", ("email",), "marketing")
PLAN = planned((NEWS,))
A, B = "a@x.vn", "b@x.vn"
ONE = [(1, "email", A)]


def state(consent, channel="email", held=ONE, profile=1):
    events = events_of(held, consent=consent)
    rows = consent_states(events, pairs=((channel, "marketing"),), as_of=AS_OF).collect()
    found = rows.filter(pl.col("profile_id") == profile)["state"].to_list()
    return found[0] if found else None


def said(what, at, *, channel="email", purpose="marketing", value=A, field="email"):
    return (field, value, channel, purpose, what, at)


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        ([], None),
        ([said("granted", "2026-01-01")], "granted"),
        ([said("granted", "2026-01-02"), said("withdrawn", "2026-01-01")], "granted"),
        ([said("granted", "2026-01-01"), said("withdrawn", "2026-01-01")], "withdrawn"),
        ([said("granted", "2026-01-01"), said("", "2026-01-02")], "granted"),
        ([said("granted", "2026-01-01"), said("perhaps", "2026-01-02")], "denied"),
        ([said("granted", "2026-01-01"), said("withdrawn", "2026-12-31")], "granted"),
        ([said("granted", "2026-01-01"), said("withdrawn", "2026-01-02", channel=None, purpose="")], "withdrawn"),
        ([said("denied", "2026-01-01", channel="all"), said("granted", "2026-01-02")], "granted"),
        ([said("granted", "2026-01-01"), said("denied", "2026-01-02", channel="sms")], "granted"),
        ([said("granted", "2026-01-01"), said("denied", "2026-01-02", purpose="service")], "granted"),
        ([said("granted", None)], None),
        ([said("denied", None), said("granted", "2026-01-01")], "granted"),
        ([said("denied", None)], "denied"),
        ([said("Granted ", "2026-01-01", channel=" EMAIL")], "granted"),
    ],
)  # fmt: skip
def test_the_newest_word_decides_and_the_stricter_at_the_same_instant(consent, expected):
    assert state(consent) == expected


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        ([said("granted", "2026-01-01", channel="ads")], "granted"),
        ([said("granted", "2026-01-01", channel="ads"), said("denied", "2025-01-01")], "denied"),
        ([said("denied", "2025-01-01"), said("granted", "2026-01-01", channel="all")], "granted"),
        ([said("denied", "2026-01-01", channel="all"), said("granted", "2026-01-02")], "denied"),
    ],
)
def test_without_a_channel_the_strictest_of_its_channels_decides(consent, expected):
    assert state(consent, channel=None) == expected


def test_a_shared_phone_carries_its_denial_to_everybody_who_holds_it():
    held = [(1, "phone", "+84901"), (1, "email", A), (2, "phone", "+84901"), (3, "email", B)]
    consent = [said("granted", "2026-01-02"), said("denied", "2026-01-01", value="+84901", field="phone")]
    assert [state(consent, held=held, profile=p) for p in (1, 2, 3)] == ["denied", "denied", None]


def reasons_at_the_gate(consent, sent, channel="email"):
    people = pl.LazyFrame({"profile_id": [1]})
    events = events_of(ONE, consent=consent, sent=sent)
    gate = consented(people, events, PLAN, as_of=AS_OF, purpose="marketing", channel=channel)
    return gate.dropped.collect()["reason"].to_list()


def log(status, at, channel="email"):
    return ("email", A, channel, "promo", status, at)


@pytest.mark.parametrize(
    ("consent", "sent", "expected"),
    [
        ([said("granted", "2026-01-01")], [], []),
        ([], [], ["no_consent"]),
        ([said("granted", "2026-01-01")], [log("unsubscribed", "2026-02-01")], ["unsubscribed"]),
        ([said("granted", "2026-02-01")], [log("unsubscribed", "2026-02-01")], ["unsubscribed"]),
        ([said("granted", "2026-02-02")], [log("unsubscribed", "2026-02-01")], []),
        ([said("granted", "2026-01-01"), said("granted", "2026-02-02", purpose="service")], [log("unsubscribed", "2026-02-01")], ["unsubscribed"]),
        ([said("granted", "2026-02-02", channel="all")], [log("unsubscribed", "2026-02-01")], ["unsubscribed"]),
        ([said("granted", "2026-02-02")], [log("unsubscribed", "2026-02-01", None)], ["unsubscribed_all"]),
        ([said("granted", "2026-02-02", channel="all")], [log("unsubscribed", "2026-02-01", "all")], []),
        ([said("granted", "2026-01-01")], [log("unsubscribed", "2026-02-01", "sms")], []),
        ([said("granted", "2026-03-01")], [log("complained", "2026-02-01", "sms")], ["complained"]),
        ([said("granted", "2026-03-01")], [log("unsubscribed", "2026-12-01")], []),
    ],
)  # fmt: skip
def test_an_unsubscribe_is_lifted_only_by_a_newer_grant_for_the_same_channel_and_purpose(
    consent, sent, expected
):
    assert reasons_at_the_gate(consent, sent) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([log("hard_bounced", "2026-02-01")], [(1, A)]),
        ([log("hard_bounced", "2026-02-01"), log("delivered", "2026-02-01")], [(1, A)]),
        ([log("hard_bounced", "2026-02-01"), log("opened", "2026-02-02")], []),
        ([log("hard_bounced", "2026-02-01"), log("sent", "2026-02-02")], [(1, A)]),
        ([("email", B, "email", "promo", "hard_bounced", "2026-02-01")], [(1, B)]),
        ([("customer_id", "c1", "email", "promo", "hard_bounced", "2026-02-01")], []),
    ],
)
def test_the_bounced_list_names_addresses_and_a_later_delivery_lifts_one(sent, expected):
    """B is an address the person no longer uses: it is listed too. An event that names none cannot be."""
    held = [(1, "email", A), (1, "email", B), (1, "customer_id", "c1")]
    found = bounced_addresses(events_of(held, sent=sent), PLAN, as_of=AS_OF, channel="email").collect()
    assert found.rows() == expected


def test_the_unsubscribed_list_holds_everybody_who_said_no_on_the_channel():
    held = [(1, "email", A), (2, "email", B), (3, "email", "c@x.vn")]
    consent = [said("withdrawn", "2026-01-01"), said("granted", "2026-01-01", value="c@x.vn")]
    sent = [("email", B, "email", "promo", "unsubscribed", "2026-01-01")]
    events = events_of(held, consent=consent, sent=sent)
    found = unsubscribed(
        events, PLAN, as_of=AS_OF, channel="email", purposes=("marketing", "service")
    ).collect()
    assert found.select("profile_id", "reason", "rule").rows() == [
        (1, "withdrawn", "marketing"),
        (2, "unsubscribed", "marketing"),
    ]


def test_the_gate_lists_erased_people_first_and_counts_everybody_once():
    people = pl.LazyFrame({"profile_id": [2, 1, 2, 3]})
    lists = pl.LazyFrame({"profile_id": [1, 2], "suppressed_by": ["erased", "dnc"]})
    gate = consented(people, events_of(ONE), PLAN, as_of=AS_OF, purpose="x", channel=None, suppressed=lists)
    assert gate.dropped.select("profile_id", "reason", "rule").collect().rows() == [
        (1, "erased", "erased"),
        (2, "suppressed", "dnc"),
        (3, "no_consent", "x"),
    ]
    assert gate.kept.collect().is_empty()


def test_capped_names_the_first_full_cap():
    caps = (Cap("sms", 0, Window(calendar="day"), channel="sms"), Cap("week", 1, Window(calendar="week")))
    plan = planned((NEWS,), caps)
    events = events_of(ONE, sent=[log("sent", "2026-11-20T09:00")])
    people = people_of(plan, {"profile_id": 1}, {"profile_id": 2})
    program = compile_program(plan, as_of=AS_OF, applies=is_promo)
    assert capped(people, events, program).collect()["rule"].to_list() == ["sms", "sms"]
    by_mail = capped(people, events, program, channel="email").collect()
    assert by_mail.select("profile_id", "rule").rows() == [(1, "week")]


def test_odd_ledger_rows_are_counted_without_their_values():
    rows = [
        {"event_id": 1, "field": "email", "value": A, "channel": "email", "state": "perhaps", "at": None},
        {
            "event_id": 1,
            "field": "phone",
            "value": "+84901",
            "channel": "email",
            "state": "perhaps",
            "at": None,
        },
        {"event_id": 2, "field": "email", "value": A, "channel": "fax", "state": "granted", "at": AS_OF},
        # No campaign is for advertising, so the plan need not know the channels of such a consent.
        {
            "event_id": 3,
            "field": "email",
            "value": A,
            "channel": "ads",
            "purpose": "advertising",
            "state": "granted",
            "at": AS_OF,
        },
    ]
    found = ledger_findings(pl.LazyFrame(rows, schema=LEDGER), PLAN)
    assert [str(finding) for finding in found] == [
        "1 consent events have a state that is not granted, denied or withdrawn",
        "1 consent events have no time",
        "1 consent events name a channel that the plan does not declare",
    ]
