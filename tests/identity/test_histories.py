"""
Merging day by day is merging at once: random histories of records added, changed and removed, and of judgements.

Every world is a history of its own; a few hundred of them are merged together, since their values have nothing in
common. `settled.md` 8: the same saved model and id registry give the same clusters and the same ids.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.identity import Previous, Resolution
from cdptool.identity.growing import NEGATIVE
from cdptool.identity.spec import Judged, Key, MergePlan, Pass
from cdptool.matching.exchange import to_text
from cdptool.matching.saving import Saved
from tests.frames import ROUNDS
from tests.identity.oracle import Version
from tests.identity.worlds import (
    NOTHING,
    as_records,
    judged,
    partition,
    plan,
    random_plan,
    random_world,
    resolved,
)

N_WORLDS = 260
N_DAYS = 4
COMPARED = ("name", "birth_date", "phone", "email")


class Day(NamedTuple):
    """What there is to merge on a day: every living record version and every word so far."""

    records: pl.DataFrame
    judgements: tuple[Judged, ...]


class History:
    """One world from day to day."""

    def __init__(self, rng: random.Random, number: int, *, alike: bool) -> None:
        self.rng = rng
        self.number = number
        self.coming = person_world(rng, number) if alike else random_world(rng, number)
        self.living: list[Version] = []
        self.judgements: list[Judged] = []

    def pass_a_day(self, day: int) -> None:
        """Some records come, some change, some go; now and then somebody judges a pair."""
        rng = self.rng
        n_come = rng.randint(0, 4) if day < N_DAYS - 1 else len(self.coming)
        self.living += [
            self.coming.pop(rng.randrange(len(self.coming))) for _ in range(min(n_come, len(self.coming)))
        ]
        ids = sorted({version["record_id"] for version in self.living})
        if ids and rng.random() < 0.4:
            gone = rng.choice(ids)
            self.living = [version for version in self.living if version["record_id"] != gone]
        if self.living and rng.random() < 0.5:
            place = rng.randrange(len(self.living))
            other = rng.choice(self.living)
            field = rng.choice(COMPARED)
            self.living[place] = {
                **self.living[place],
                field: other[field],
                "content": rng.randrange(1 << 40),
            }
        if len(ids) > 1 and rng.random() < 0.4:
            left, right = rng.sample(ids, 2)
            word = rng.choice(["POSITIVE", "NEGATIVE", "NEGATIVE", "UNSURE"])
            self.judgements.append(judged(left, right, word, f"2026-01-{day + 1:02d}"))


def person_world(rng: random.Random, number: int) -> list[Version]:
    """A few records of two people with slips, for learned passes."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    made = []
    for person in range(2):
        word = "".join(rng.choice(letters) for _ in range(7))
        made.append(
            {
                "name": f"{word.title()} {''.join(rng.choice(letters) for _ in range(8)).title()}",
                "birth_date": f"{rng.randint(1940, 2004)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
                "phone": f"+84{rng.randint(10**8, 10**9 - 1)}",
                "email": f"{word}{number}@w{person}.example",
                "customer_id": f"C{number}-{person}",
                "device_id": None,
            }
        )
    world = []
    for record in range(rng.randint(3, 7)):
        values = dict(rng.choice(made))
        for field in COMPARED:
            if rng.random() < 0.15:
                values[field] = None
        if rng.random() < 0.7:
            values["customer_id"] = None
        if values["name"] and rng.random() < 0.2:
            values["name"] = values["name"].replace("a", "e", 1)
        content = rng.randrange(1 << 40)
        world.append(
            {"record_id": number * 100 + record, "observed_at": None, "content": content, "n": 0, **values}
        )
    return world


def days(seed: int, *, alike: bool) -> Iterator[Day]:
    """The days of all worlds together."""
    rng = random.Random(seed)
    worlds = [History(rng, number, alike=alike) for number in range(N_WORLDS)]
    for day in range(N_DAYS):
        for world in worlds:
            world.pass_a_day(day)
        yield Day(
            as_records([world.living for world in worlds if world.living]),
            tuple(word for world in worlds for word in world.judgements),
        )


def carried(result: Resolution) -> Previous:
    return Previous(result.identity, result.aliases, result.models)


def ids_oracle(found: pl.DataFrame, before: dict[int, int]) -> None:
    """Of every two old ids the one that shares more records with a profile is the profile's; told profile by profile."""
    clusters: dict[int, set[int]] = {}
    for record, profile in found.iter_rows():
        clusters.setdefault(profile, set()).add(record)
    olds: dict[int, set[int]] = {}
    for record, profile in before.items():
        olds.setdefault(profile, set()).add(record)
    for profile, members in clusters.items():
        shared = {
            before[record]: len(members & olds[before[record]]) for record in members if record in before
        }
        if profile in olds:
            continue
        for old, n in shared.items():
            taken = clusters.get(old)
            assert taken is not None, "an id that a profile could have carried is lost"
            assert len(taken & olds[old]) >= n, "a smaller part took the id"


def learned_plan(judgements: tuple[Judged, ...] = ()) -> MergePlan:
    keys = (Key("customer_id", limit=1), Key("email"), Key("phone", shared_by=6))
    base = plan("customer_id", keys=keys, judgements=judgements)
    return replace(base, passes=(*base.passes, Pass("likely", (), "compare", COMPARED)))


def check_day(day: Day, merge_plan: MergePlan, previous: Previous, seed: int) -> Resolution:
    """Merge a day on top of the ones before, and hold it against merging everything at once."""
    found = resolved(day.records, merge_plan, previous)
    at_once = resolved(day.records, merge_plan, Previous(NOTHING.identity, NOTHING.aliases, previous.models))
    assert partition(found.identity) == partition(at_once.identity)
    assert_frame_equal(found.edges, at_once.edges)
    assert_frame_equal(found.conflicts, at_once.conflicts)
    assert_frame_equal(found.doubtful, at_once.doubtful)
    for one, other in zip(found.models, at_once.models, strict=True):
        assert_frame_equal(one, other)
    shuffled = resolved(day.records.sample(fraction=1, shuffle=True, seed=seed), merge_plan, previous)
    assert_frame_equal(shuffled.identity, found.identity)
    assert_frame_equal(shuffled.aliases, found.aliases)
    again = resolved(day.records, merge_plan, carried(found))
    assert_frame_equal(again.identity, found.identity)
    ids_oracle(found.identity, dict(previous.identity.iter_rows()))
    for word in {judgement_key(one): one for one in merge_plan.judgements}.values():
        check_word(word, found)
    return found


def judgement_key(word: Judged) -> tuple[str, ...]:
    return tuple(sorted((word.left, word.right)))


def check_word(word: Judged, found: Resolution) -> None:
    """NEGATIVE is never broken, POSITIVE only where a NEGATIVE forbids it, and that is told."""
    ids = sorted(int(name.removeprefix("crm:")) for name in (word.left, word.right))
    profiles = dict(found.identity.iter_rows())
    left, right = (profiles.get(record) for record in ids)
    if left is None or right is None:
        return
    if word.judgement == "NEGATIVE":
        assert left != right
    if word.judgement == "POSITIVE" and left != right:
        told = found.conflicts.filter(pl.col("reason") == NEGATIVE)
        assert tuple(ids) in set(told.select("record_id_l", "record_id_r").iter_rows())


@pytest.mark.parametrize("seed", range(2 * ROUNDS))
def test_oracle_rule_passes_day_by_day_are_rule_passes_at_once(seed: int) -> None:
    """2 × 260 histories."""
    base = random_plan(random.Random(50_000 + seed), bound=seed % 2 == 0)
    previous = NOTHING
    for number, day in enumerate(days(50_000 + seed, alike=False)):
        previous = carried(check_day(day, replace(base, judgements=day.judgements), previous, number))


@pytest.mark.parametrize("seed", range(2 * ROUNDS))
def test_oracle_learned_passes_day_by_day_are_learned_passes_at_once(seed: int) -> None:
    """2 × 260 histories; the model is that of the first day, as long as it holds."""
    previous = NOTHING
    origins = []
    for number, day in enumerate(days(60_000 + seed, alike=True)):
        found = check_day(day, learned_plan(day.judgements), previous, number)
        origins.append(found.origins[0].origin)
        previous = carried(found)
    assert origins[0] == "learned"
    assert "kept" in origins


def test_a_world_alone_is_merged_as_it_is_among_all_others() -> None:
    """Under a kept model what two records weigh depends on them alone, not on who else is there."""
    *_, before, last = days(61_000, alike=True)
    models = resolved(before.records, learned_plan()).models
    everyone = partition(resolved(last.records, learned_plan(), Previous(*NOTHING[:2], models)).identity)
    pinned = pinned_plan(models)
    for number in range(25):
        alone = last.records.filter(pl.col("record_id") // 100 == number)
        if not alone.is_empty():
            own = partition(resolved(alone, pinned).identity)
            assert own <= everyone


def pinned_plan(models: Saved) -> MergePlan:
    base = learned_plan()
    *rules, learned = base.passes
    return replace(base, passes=(*rules, replace(learned, model=to_text("likely", models))))


@pytest.mark.parametrize("refit", [False, True])
def test_ids_stay_when_one_record_in_twenty_comes_changes_or_goes(*, refit: bool) -> None:
    """Of the profiles that nothing happened to, at least 99.9 % keep their id and their records."""
    rng = random.Random(62_000)
    versions = [version for number in range(1_200) for version in person_world(rng, number)]
    rng.shuffle(versions)
    n = len(versions) // 20
    late, gone, changed = versions[:n], versions[n : 2 * n], versions[2 * n : 3 * n]
    stay = versions[3 * n :]
    first = resolved(as_records([gone + changed + stay]), learned_plan())
    slips = [
        {**version, "phone": None, "email": None, "content": rng.randrange(1 << 40)} for version in changed
    ]
    previous = Previous(first.identity, first.aliases, None if refit else first.models)
    second = resolved(as_records([late + slips + stay]), learned_plan(), previous)
    assert second.origins[0].origin == ("learned" if refit else "kept")
    touched = {version["record_id"] // 100 for version in (*late, *gone, *changed)}
    ids = dict(second.identity.iter_rows())
    untouched = [
        (record, profile) for record, profile in first.identity.iter_rows() if record // 100 not in touched
    ]
    assert len(untouched) > 1_000
    kept = sum(ids[record] == profile for record, profile in untouched)
    assert kept >= 0.999 * len(untouched)
    olds = set(first.identity["profile_id"])
    leads = dict(second.aliases.iter_rows())
    alive = set(second.identity["profile_id"])
    lost = [old for old in olds if leads.get(old, old) not in alive]
    records_of = {profile: record for record, profile in first.identity.iter_rows()}
    assert all(records_of[old] in {version["record_id"] for version in gone} for old in lost)
