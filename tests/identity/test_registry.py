"""Ids that stay over full re-runs, splits and merges."""

from __future__ import annotations

import random

import polars as pl

from cdptool.identity.registry import carry_ids, changes
from cdptool.tables import ALIASES, IDENTITY
from tests.frames import ROUNDS

NO_ALIASES = pl.DataFrame(schema=ALIASES)
NOBODY = pl.DataFrame(schema=IDENTITY)


def labels(*clusters):
    rows = sorted((record, min(members)) for members in clusters for record in members)
    return pl.DataFrame(rows, schema={"record_id": pl.Int64, "cluster": pl.Int64}, orient="row")


def ids(registered):
    return dict(registered.identity.iter_rows())


def test_a_new_cluster_gets_an_id_from_its_smallest_record():
    """The same records make the same id on every machine."""
    one = carry_ids(labels([1, 2], [3]), NOBODY, NO_ALIASES)
    assert len(set(ids(one).values())) == 2
    assert carry_ids(labels([3], [2, 1]), NOBODY, NO_ALIASES).identity.equals(one.identity)


def test_a_full_rerun_keeps_every_id_though_the_smallest_record_changed():
    """A cluster id that is the smallest record id changes when data arrives (peers.md 7, 8)."""
    first = carry_ids(labels([5, 6]), NOBODY, NO_ALIASES)
    second = carry_ids(labels([1, 5, 6]), first.identity, first.aliases)
    assert ids(second)[5] == ids(first)[5] == ids(second)[1]


def test_the_larger_part_of_a_merge_keeps_its_id_and_the_other_becomes_an_alias():
    """Everything stored under the old id still leads to the person."""
    first = carry_ids(labels([1, 2, 3], [4]), NOBODY, NO_ALIASES)
    second = carry_ids(labels([1, 2, 3, 4]), first.identity, first.aliases)
    kept, lost = ids(first)[1], ids(first)[4]
    assert set(ids(second).values()) == {kept}
    assert second.aliases.rows() == [(lost, kept)]


def test_the_larger_part_of_a_split_keeps_the_id():
    """The smaller part gets a new one, even where it holds the record the old id was made from."""
    first = carry_ids(labels([1, 2, 3]), NOBODY, NO_ALIASES)
    second = carry_ids(labels([1], [2, 3]), first.identity, first.aliases)
    assert ids(second)[2] == ids(first)[1]
    assert ids(second)[1] != ids(first)[1]
    assert changes(second.identity, first.identity).n_profiles_split == 1


def test_who_is_parted_after_a_wrong_merge_gets_the_old_id_back() -> None:
    """Lists that hold the id from before the merge must not lead to the other person for ever (peers.md 15)."""
    first = carry_ids(labels([1, 2], [3]), NOBODY, NO_ALIASES)
    merged = carry_ids(labels([1, 2, 3]), first.identity, first.aliases)
    parted = carry_ids(labels([1, 2], [3]), merged.identity, merged.aliases)
    assert merged.aliases.rows() == [(ids(first)[3], ids(first)[1])]
    assert ids(parted) == ids(first)
    assert parted.aliases.is_empty()


def test_aliases_stay_flat_when_their_target_is_merged_again():
    """No alias points to an alias."""
    first = carry_ids(labels([1, 2, 3, 4], [5, 6], [7]), NOBODY, NO_ALIASES)
    second = carry_ids(labels([1, 2, 3, 4], [5, 6, 7]), first.identity, first.aliases)
    third = carry_ids(labels([1, 2, 3, 4, 5, 6, 7]), second.identity, second.aliases)
    assert set(third.aliases["profile_id"]) == {ids(first)[1]}
    assert set(third.aliases["old_profile_id"]) == {ids(first)[5], ids(first)[7]}


def test_oracle_random_histories_keep_ids_unique_and_old_ids_alive():
    """Over random re-clusterings: one id per cluster, every id ever given leads to a living profile."""
    for seed in range(40 * ROUNDS):
        rng = random.Random(seed)
        identity, aliases, given = NOBODY, NO_ALIASES, set()
        for _ in range(5):
            n_clusters = rng.randint(1, 6)
            parts = [[] for _ in range(n_clusters)]
            for record in range(12):
                parts[rng.randrange(n_clusters)].append(record)
            now = labels(*[part for part in parts if part])
            registered = carry_ids(now, identity, aliases)
            identity, aliases = registered
            pairs = now.join(identity, on="record_id").select("cluster", "profile_id").unique()
            assert pairs["cluster"].n_unique() == pairs["profile_id"].n_unique() == pairs.height, (
                f"seed {seed}"
            )
            given |= set(identity["profile_id"])
            living = set(identity["profile_id"])
            leads = dict(aliases.iter_rows())
            assert all(i in living or leads[i] in living for i in given), f"seed {seed}"
            assert not living & set(leads), f"seed {seed}: a living id is an alias"
            again = carry_ids(now, identity, aliases)
            assert again.identity.equals(identity), f"seed {seed}: a second run moves ids"
            assert again.aliases.equals(aliases), f"seed {seed}: a second run moves aliases"
