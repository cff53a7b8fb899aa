"""What became of profiles: events between two identities, against an oracle that looks at every profile."""

from __future__ import annotations

import random
from collections import Counter

import polars as pl

from cdptool.identity.history import events, fate
from cdptool.identity.registry import carry_ids, changes
from cdptool.tables import ALIASES, IDENTITY
from tests.frames import ROUNDS
from tests.identity.test_registry import labels

NOBODY = pl.DataFrame(schema=IDENTITY)


def oracle(now: dict[int, int], before: dict[int, int]) -> list[tuple]:
    """Profile by profile, in plain Python."""
    found = []
    for old in set(before.values()):
        went = Counter(now[record] for record, its in before.items() if its == old and record in now)
        if not went:
            found.append(("gone", old, None, list(before.values()).count(old)))
            continue
        lives = old in now.values()
        main = min(went, key=lambda to: (-went[to], to))
        for to, n in went.items():
            if to != old:
                found.append(("merge" if to == main and not lives else "split", old, to, n))
    for new in set(now.values()) - set(before.values()):
        members = [record for record, its in now.items() if its == new]
        if not any(record in before for record in members):
            found.append(("new", None, new, len(members)))
    return sorted(found, key=lambda event: tuple(-1 if part is None else part for part in event))


def test_oracle_events_say_where_every_record_went() -> None:
    for seed in range(150 * ROUNDS):
        rng = random.Random(seed)
        identity, aliases = NOBODY, pl.DataFrame(schema=ALIASES)
        for _ in range(4):
            parts: list[list[int]] = [[] for _ in range(rng.randint(1, 6))]
            for record in range(12):
                if rng.random() < 0.85:
                    rng.choice(parts).append(record)
            found = carry_ids(labels(*[part for part in parts if part]), identity, aliases)
            told = events(found.identity, identity)
            now, before = dict(found.identity.iter_rows()), dict(identity.iter_rows())
            assert told.rows() == oracle(now, before), f"seed {seed}"
            difference = changes(found.identity, identity)
            kinds = Counter(told["kind"])
            assert kinds["merge"] == difference.n_profiles_merged_away, f"seed {seed}"
            assert kinds["gone"] == difference.n_profiles_gone, f"seed {seed}"
            same = {
                one
                for one in set(now.values()) & set(before.values())
                if {r for r in now if now[r] == one} == {r for r in before if before[r] == one}
            }
            assert difference.n_profiles_unchanged == len(same), f"seed {seed}"
            identity, aliases = found


def test_an_old_id_leads_to_its_profile_of_today_with_all_that_happened() -> None:
    first = carry_ids(labels([1, 2, 3], [4]), NOBODY, pl.DataFrame(schema=ALIASES))
    second = carry_ids(labels([1, 2, 3, 4]), first.identity, first.aliases)
    old, now = dict(first.identity.iter_rows())[4], dict(second.identity.iter_rows())[4]
    log = pl.concat(
        one.select(pl.lit(number, pl.Int64).alias("merge"), *one.columns)
        for number, one in enumerate(
            (events(first.identity, NOBODY), events(second.identity, first.identity)), 1
        )
    )
    found = fate(old, second.identity, second.aliases, log)
    assert found.profile_id == now
    assert [row[:2] for row in found.events.rows()] == [(1, "new"), (1, "new"), (2, "merge")]
    assert fate(12345, second.identity, second.aliases, log).profile_id is None
