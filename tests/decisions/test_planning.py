"""The plan: the worked example of the field notes, and traps of other tools."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from cdptool.decisions import plan, reservations
from cdptool.decisions.events import PLANNED
from cdptool.decisions.spec import Campaign, Cap, Channel, Window
from cdptool.errors import ConfigError, SchemaError
from cdptool.ids import hash63, printed_id
from cdptool.tables import DECISIONS
from tests.decisions.stories import EMAIL, PUSH, SMS, events_of, is_promo, local, people_of, planned
from tests.decisions.worlds import IS_PROMO

DAY = 86_400
CONSENT = [
    ("email", "new@x.vn", "all", "all", "granted", "2026-01-01T08:00"),
]
HELD = [(1, "email", "new@x.vn"), (1, "email", "old@x.vn"), (1, "phone", "+84901")]
ANN = {"profile_id": 1, "email": "new@x.vn", "phone": "+84901"}

# activation.md §4.3; zns is left out, and without deferral each message is asked at its own time
WORKED_CAPS = (
    Cap("law_sms_24h", 3, Window(seconds=DAY), channel="sms"),
    Cap("sms_day", 1, Window(calendar="day"), channel="sms"),
    Cap("promo_7d", 2, Window(seconds=7 * DAY), where=IS_PROMO),
    Cap("all_7d", 3, Window(seconds=7 * DAY)),
    Cap("gap", 1, Window(seconds=4 * 3600)),
)
WORKED_CHANNELS = (
    EMAIL,
    replace(SMS, quiet_from="22:00", quiet_until="07:00"),
    replace(PUSH, quiet_from="21:00", quiet_until="08:00"),
)
H = [
    ("phone", "+84901", "sms", "promo", "delivered", "2026-11-14T21:30"),
    ("email", "new@x.vn", "email", "promo", "opened", "2026-11-18T09:00"),
    ("phone", "+84901", "sms", "transactional", "delivered", "2026-11-20T10:00"),
    ("email", "old@x.vn", "email", "promo", "hard_bounced", "2026-11-19T09:00"),
]
CART_SENT = ("email", "new@x.vn", "email", "service", "sent", "2026-11-21T20:00")


def outcome(campaign: Campaign, at: str, sent=H, caps=WORKED_CAPS, consent=CONSENT):
    """decision, channel, reason, rule, reasons of one campaign for Ann, beside an exempt one."""
    otp = Campaign("otp", "all", ("sms",), "service", priority=100, kind="transactional", exempt=True)
    one = planned((campaign, otp), caps, WORKED_CHANNELS)
    people = people_of(one, {**ANN, "to:otp": campaign.name == "otp"})
    if campaign.name == "otp":
        one, people = (
            planned((otp,), caps, WORKED_CHANNELS),
            people.drop("to:otp").with_columns(pl.lit(True).alias("to:otp")),
        )
    events = events_of(HELD, consent=consent, sent=sent, plan=one)
    decided = plan(people, events, one, as_of=local(at), applies=is_promo).decisions.collect()
    return decided.select("decision", "channel", "reason", "rule", "reasons").row(0)


OTP = Campaign("otp", "all", ("sms",), "service", priority=100, kind="transactional", exempt=True)
CART = Campaign("cart", "all", ("push", "email"), "marketing", priority=90, kind="service")
FLASH = Campaign("flash_sale", "all", ("sms", "email"), "marketing", priority=80)
NEWSLETTER = Campaign("newsletter", "all", ("email",), "marketing", priority=10)


@pytest.mark.parametrize(
    ("campaign", "at", "sent", "expected"),
    [
        (OTP, "2026-11-21T22:30", H, ("send", "sms", "ok", None, [])),
        (CART, "2026-11-21T20:00", H, ("send", "email", "ok", None, ["push:no_consent", "push:no_address"])),
        (
            FLASH,
            "2026-11-21T21:45",
            [*H, CART_SENT],
            ("suppress", "sms", "capped", "gap", ["sms:capped:gap", "email:capped:gap"]),
        ),
        (FLASH, "2026-11-22T00:00", [*H, CART_SENT], ("send", "email", "ok", None, ["sms:quiet_hours"])),
        (FLASH, "2026-11-22T07:00", [*H, CART_SENT], ("send", "sms", "ok", None, [])),
        (
            NEWSLETTER,
            "2026-11-21T09:00",
            H,
            ("suppress", "email", "capped", "promo_7d", ["email:capped:promo_7d"]),
        ),
    ],
)
def test_the_worked_example_of_the_field_notes(campaign, at, sent, expected):
    """An old address that bounced stops nobody; an exempt text is neither checked nor counted."""
    consent = [*CONSENT, ("phone", "+84901", "sms", "marketing", "granted", "2026-01-01T08:00")]
    consent[0] = ("email", "new@x.vn", "email", "marketing", "granted", "2026-01-01T08:00")
    assert outcome(campaign, at, sent, consent=consent) == expected


def test_the_first_promo_ages_out_after_seven_days_to_the_microsecond():
    h1 = H[:2]
    assert outcome(NEWSLETTER, "2026-11-21T21:29:59.999999", h1)[2:4] == ("capped", "promo_7d")
    assert outcome(NEWSLETTER, "2026-11-21T21:30", h1)[2] == "ok"


def test_a_kind_renamed_today_does_not_change_what_was_sent():
    """Braze counts by the tags of today (braze-docs issue 75); here the kind stored with the send counts."""
    cap = (Cap("promo_week", 1, Window(calendar="week"), where=IS_PROMO),)
    sent = [("email", "new@x.vn", "email", "news", "sent", "2026-11-20T09:00")]
    assert outcome(NEWSLETTER, "2026-11-21T09:00", sent, cap)[0] == "send"


def test_without_caps_nothing_is_capped():
    """Mautic shipped a default rule of 0 that became active (issue 10416)."""
    assert outcome(NEWSLETTER, "2026-11-21T09:00", H * 20, ())[0] == "send"


def test_everybody_who_is_stopped_has_a_row_that_says_why():
    """Capped users leave no trace in Braze; here each leaves one row with every reason."""
    caps = (
        Cap("none", 0, Window(calendar="day")),
        Cap("none_by_mail", 0, Window(seconds=1), channel="email"),
    )
    one = planned((NEWSLETTER,), caps)
    people = people_of(one, {**ANN, "suppressed_by": "do_not_contact"})
    events = events_of(HELD, plan=one)
    report = plan(people, events, one, as_of=local("2026-11-21T09:00"), applies=is_promo).suppressed.collect()
    assert report.rows() == [
        (
            1,
            "newsletter",
            "email",
            "suppressed",
            "do_not_contact",
            ["email:suppressed", "email:no_consent", "email:capped:none", "email:capped:none_by_mail"],
        )
    ]


def test_a_planned_send_fills_the_cap_until_the_log_reports_it():
    one = planned((NEWSLETTER,), (Cap("day", 1, Window(seconds=DAY)),))
    first, second = local("2026-11-21T09:00"), local("2026-11-21T10:00")
    people = people_of(one, ANN)
    base = events_of(HELD, consent=CONSENT, plan=one)
    made = plan(people, base, one, as_of=first, applies=is_promo).decisions.collect()
    assert made["decision"].to_list() == ["send"]
    made_before = reservations(made.lazy(), one, as_of=second)
    tagged = made_before.with_columns(pl.lit("planned").alias("tag"))
    again = plan(people, pl.concat([base, tagged], how="diagonal"), one, as_of=second, applies=is_promo)
    assert again.decisions.collect()["rule"].to_list() == ["day"]
    failed = tagged.with_columns(pl.lit("sent").alias("tag"), pl.lit("failed").alias("status"))
    reported = pl.concat([base, tagged, failed], how="diagonal")
    freed = plan(people, reported, one, as_of=second, applies=is_promo).decisions.collect()
    assert freed["decision"].to_list() == ["send"]


def test_a_repeated_run_does_not_count_itself():
    one, as_of = planned((NEWSLETTER,)), local("2026-11-21T09:00")
    made = plan(people_of(one, ANN), events_of(HELD, consent=CONSENT), one, as_of=as_of, applies=is_promo)
    assert reservations(made.decisions, one, as_of=as_of).collect().is_empty()
    later = local("2026-11-22T09:00")
    counted = reservations(made.decisions, one, as_of=later).collect()
    assert counted.schema == pl.Schema(PLANNED)
    assert counted.height == 1


def test_the_dispatch_id_is_the_printed_hash_of_run_campaign_and_profile():
    one, as_of = planned((NEWSLETTER,)), local("2026-11-21T09:00")
    made = plan(people_of(one, ANN), events_of(HELD, consent=CONSENT), one, as_of=as_of, applies=is_promo)
    number = pl.select(
        hash63("dispatch", pl.lit("2026-11-21T02:00:00.000000Z"), pl.lit("newsletter"), pl.lit(1, pl.Int64))
    )
    assert made.decisions.collect()["dispatch_id"].to_list() == [printed_id(number.item(), "d")]


def test_a_campaign_runs_from_its_first_day_to_its_last_in_local_time():
    dated = replace(NEWSLETTER, starts_on="2026-11-20", ends_on="2026-11-21")
    reasons = {at: outcome(dated, at, [], ())[2] for at in (
        "2026-11-19T23:59:59", "2026-11-20T00:00", "2026-11-21T23:59:59", "2026-11-22T00:00")}  # fmt: skip
    assert list(reasons.values()) == ["not_started", "ok", "ok", "ended"]


def test_an_unknown_member_gets_nothing_and_is_under_the_cap():
    one = planned((NEWSLETTER,), (Cap("vip", 0, Window(calendar="year"), only="vip"),))
    rows = [{**ANN, "to:newsletter": to, "only:vip": only, "profile_id": i} for i, (to, only) in enumerate(
        [(None, False), (True, False), (True, None), (True, True)])]  # fmt: skip
    held = [(i, "email", "new@x.vn") for i in range(4)]
    events = events_of(held, consent=CONSENT, plan=one)
    decided = plan(people_of(one, *rows), events, one, as_of=local("2026-11-21T09:00"), applies=is_promo)
    assert decided.decisions.select("profile_id", "reason").collect().rows() == [
        (1, "ok"),
        (2, "capped"),
        (3, "capped"),
    ]


def test_exempt_passes_consent_and_hours_but_no_list():
    assert outcome(OTP, "2026-11-21T23:00", [], (), [])[2] == "ok"
    for status, reason in (
        ("complained", "complained"),
        ("unsubscribed", "unsubscribed"),
        ("hard_bounced", "hard_bounced"),
    ):
        sent = [("phone", "+84901", "sms", "promo", status, "2026-11-01T09:00")]
        assert outcome(OTP, "2026-11-21T23:00", sent, (), [])[2] == reason


def test_on_a_channel_without_consent_silence_passes_and_a_denial_stops():
    free = planned((NEWSLETTER,), channels=(Channel("email", "email", needs_consent=False),))
    said = [("email", "new@x.vn", "email", "marketing", "denied", "2026-11-01T09:00")]
    for consent, reason in (([], "ok"), (said, "denied")):
        events = events_of(HELD, consent=consent)
        decided = plan(people_of(free, ANN), events, free, as_of=local("2026-11-21T09:00"), applies=is_promo)
        assert decided.decisions.collect()["reason"].to_list() == [reason]


def test_a_plan_without_campaigns_decides_nothing():
    none = planned(())
    decided = plan(
        people_of(none, ANN), events_of(HELD), none, as_of=local("2026-11-21T09:00"), applies=is_promo
    )
    assert decided.decisions.collect().schema == pl.Schema(DECISIONS)


def test_an_unknown_channel_and_a_missing_column_are_named():
    at = local("2026-11-21T09:00")
    wrong = planned((replace(NEWSLETTER, channels=("fax",)),))
    with pytest.raises(ConfigError, match="uses channel `fax`"):
        plan(people_of(wrong, ANN), events_of(HELD), wrong, as_of=at, applies=is_promo)
    capped = planned((NEWSLETTER,), WORKED_CAPS)
    with pytest.raises(SchemaError, match="`cap:promo_7d`"):
        plan(people_of(capped, ANN), events_of(HELD), capped, as_of=at, applies=is_promo).decisions.collect()
