"""Consent, caps and plan against slow loops over many random worlds, and the properties they must keep."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.decisions import consent_states, consented, plan, plan_kernel
from cdptool.tables import DECISIONS
from tests.decisions import oracle
from tests.decisions.worlds import MOMENTS, PURPOSES, Row, World, applies, frames, random_plan, random_world

ROUNDS = 21 * int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))
CASES = 100  # small cases in a round: 2,100 by default


def drawn(seed: int, cases: int = CASES):
    rng = random.Random(seed)
    drawn_plan, as_of = random_plan(rng), rng.choice(MOMENTS)
    return drawn_plan, as_of, random_world(rng, drawn_plan, as_of, cases=cases)


def people_of(world: World) -> list[tuple[World, Row]]:
    return [(case, person) for case in world.cases() for person in case.people]


def decide(world: World, drawn_plan, as_of) -> pl.DataFrame:
    people, events = frames(world, drawn_plan, as_of)
    return plan(people, events, drawn_plan, as_of=as_of, applies=applies).decisions.collect()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_plan_equals_the_slow_loops(seed):
    drawn_plan, as_of, world = drawn(seed)
    actual = decide(world, drawn_plan, as_of).to_dicts()
    decided = [row for case in world.cases() for row in oracle.decide(case, drawn_plan, as_of)]
    expected = sorted(decided, key=lambda row: (row["campaign"], row["profile_id"]))
    for row in actual:
        assert (row.pop("dispatch_id") is not None) == (row["decision"] == "send")
    assert len(actual) == len(expected)
    for got, wanted in zip(actual, expected, strict=True):
        assert got == wanted, f"seed {seed}"


@pytest.mark.parametrize("seed", range(max(1, ROUNDS // 3)))
def test_consent_equals_the_slow_loops(seed):
    drawn_plan, as_of, world = drawn(10_000 + seed)
    pairs = tuple((c, p) for c in ("email", "sms", None) for p in PURPOSES)
    _, events = frames(world, drawn_plan, as_of)
    rows = consent_states(events, pairs=pairs, as_of=as_of).collect().to_dicts()
    actual = {
        (r["profile_id"], r["channel"], r["purpose"]): (r["state"], r["since"], r["event_id"]) for r in rows
    }
    assert len(actual) == len(rows)
    for case, person in people_of(world):
        for channel, purpose in pairs:
            said = oracle.consent(case, person["profile_id"], channel, purpose, as_of)
            wanted = said and (said["state"], said["at"], said["event_id"])
            assert actual.get((person["profile_id"], channel, purpose)) == wanted, f"seed {seed}"


@pytest.mark.parametrize("seed", range(max(1, ROUNDS // 6)))
def test_nobody_leaves_without_consent_and_nobody_is_lost(seed):
    drawn_plan, as_of, world = drawn(20_000 + seed)
    people, events = frames(world, drawn_plan, as_of)
    for channel in ("email", "push", None):
        gate = consented(
            people, events, drawn_plan, as_of=as_of, purpose="marketing", channel=channel, suppressed=people
        )
        kept, dropped = (frame["profile_id"].to_list() for frame in pl.collect_all(gate))
        allowed = []
        for case, person in people_of(world):
            profile = person["profile_id"]
            said = oracle.consent(case, profile, channel, "marketing", as_of)
            is_silent_channel = channel == "push" and not drawn_plan.channels[2].needs_consent
            may = said["state"] == "granted" if said else is_silent_channel
            left = oracle.has_left(case, profile, "all", "marketing", as_of)
            left |= channel is not None and oracle.has_left(case, profile, channel, "marketing", as_of)
            complained = oracle.status_rows(case, profile, ("complained",), as_of)
            if may and not left and not complained and person["suppressed_by"] is None:
                allowed.append(profile)
        assert kept == allowed, f"seed {seed}"
        assert sorted(kept + dropped) == sorted(p["profile_id"] for p in world.people)


def sends(decisions: pl.DataFrame) -> set[tuple[int, str]]:
    return set(decisions.filter(pl.col("decision") == "send").select("profile_id", "campaign").rows())


@pytest.mark.parametrize("seed", range(6))
def test_a_denial_never_makes_anyone_newly_reachable(seed):
    """Without caps: under a cap, who loses one message may get the next one instead."""
    drawn_plan, as_of, world = drawn(30_000 + seed)
    drawn_plan = replace(drawn_plan, caps=())
    rng = random.Random(seed)
    denials = [
        {**rng.choice(world.ledger), "state": rng.choice(("denied", "withdrawn")), "event_id": 9_000_000 + i}
        for i in range(100)
    ]
    more = replace(world, ledger=world.ledger + denials)
    before, after = (sends(decide(w, drawn_plan, as_of)) for w in (world, more))
    assert after <= before


@pytest.mark.parametrize("seed", range(6))
def test_raising_a_priority_never_loses_that_campaign_a_send(seed):
    drawn_plan, as_of, world = drawn(40_000 + seed)
    before = sends(decide(world, drawn_plan, as_of))
    for campaign in drawn_plan.campaigns:
        raised = tuple(replace(c, priority=99) if c == campaign else c for c in drawn_plan.campaigns)
        after = sends(decide(world, replace(drawn_plan, campaigns=raised), as_of))
        lost = {pair for pair in before - after if pair[1] == campaign.name}
        assert not lost, f"seed {seed}"


@pytest.mark.parametrize("seed", range(8))
def test_a_merge_takes_the_stricter_side(seed):
    """Two people become one: who was stopped by a list or by consent on either side is stopped after."""
    drawn_plan, as_of, world = drawn(50_000 + seed, cases=60)
    permissions = (
        "erased",
        "suppressed",
        "complained",
        "unsubscribed",
        "unsubscribed_all",
        "denied",
        "withdrawn",
    )
    into = {p["profile_id"]: p["profile_id"] // 10 * 10 for p in world.people}
    merged_people = {}
    for person in world.people:
        kept = merged_people.setdefault(
            into[person["profile_id"]], {**person, "profile_id": into[person["profile_id"]]}
        )
        for name, value in person.items():
            if name == "suppressed_by" or kept[name] is None or name.startswith("to:"):
                kept[name] = kept[name] or value
    merged = World(
        [{**row, "profile_id": into[row["profile_id"]]} for row in world.identifiers],
        world.ledger,
        world.log,
        [{**row, "profile_id": into[row["profile_id"]]} for row in world.decisions],
        list(merged_people.values()),
    )
    before, after = decide(world, drawn_plan, as_of), decide(merged, drawn_plan, as_of)
    stopped = {
        (into[row["profile_id"]], row["campaign"], text.split(":")[0])
        for row in before.to_dicts()
        for text in row["reasons"]
        if text.split(":")[1] in permissions
    }
    reached = set(
        after.filter(pl.col("decision") == "send").select("profile_id", "campaign", "channel").rows()
    )
    assert stopped and not stopped & reached


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_rows_give_the_same_bytes(seed):
    drawn_plan, as_of, world = drawn(60_000 + seed)
    assert_frame_equal(decide(world, drawn_plan, as_of), decide(world.shuffled(seed), drawn_plan, as_of))


@pytest.mark.parametrize("n_buckets", [1, 3, 8])
def test_buckets_of_profiles_give_the_same_decisions(n_buckets):
    drawn_plan, as_of, world = drawn(70_001)
    people, events = (frame.collect() for frame in frames(world, drawn_plan, as_of))
    kernel = plan_kernel(drawn_plan, as_of=as_of, applies=applies)
    bucket = pl.col("profile_id").hash(seed=1) % n_buckets
    parts = [
        kernel(people.lazy().filter(bucket == i), events.lazy().filter(bucket == i)).collect()
        for i in range(n_buckets)
    ]
    whole = decide(world, drawn_plan, as_of)
    assert_frame_equal(pl.concat(parts).sort("campaign", "profile_id"), whole)


def test_the_kernel_tells_its_schema_on_empty_frames():
    drawn_plan, as_of, world = drawn(70_002, cases=1)
    kernel = plan_kernel(drawn_plan, as_of=as_of, applies=applies)
    empty = [frame.clear() for frame in frames(world, drawn_plan, as_of)]
    assert kernel(*empty).collect_schema() == pl.Schema(DECISIONS)
    assert kernel(*empty).collect().is_empty()


def test_the_random_worlds_meet_every_reason():
    reasons: Counter[str] = Counter()
    for seed in range(12):
        drawn_plan, as_of, world = drawn(seed, cases=60)
        reasons.update(
            row["reason"] for case in world.cases() for row in oracle.decide(case, drawn_plan, as_of)
        )
    assert set(reasons) == {
        "ok", "erased", "suppressed", "complained", "unsubscribed", "unsubscribed_all", "hard_bounced", "denied",
        "withdrawn", "no_consent", "no_address", "quiet_hours", "not_started", "ended", "capped",
    }  # fmt: skip
