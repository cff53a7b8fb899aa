"""The judge of identity resolution: its counting against the slow way, and its made sets against their own promise."""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.frames import ROUNDS

BENCH = Path(__file__).resolve().parents[2] / "bench" / "identity"
_PLAIN = (
    "metrics",
    "pools",
    "slips",
    "sets",
    "people",
    "firms",
    "worlds",
    "customers",
    "ours",
    "ours_match",
    "peers",
    "accuracy",
)


@pytest.fixture(scope="module", autouse=True)
def _bench_modules():
    """The modules of the bench by their bare names, and gone again afterwards: other benches have namesakes."""
    sys.path.insert(0, str(BENCH))
    yield
    sys.path.remove(str(BENCH))
    for name in _PLAIN:
        sys.modules.pop(name, None)


def _slow(entity, cluster):
    """Pair precision and recall, B-cubed precision and recall, by looking at every two rows."""
    rows = range(len(entity))
    true = {pair for pair in combinations(rows, 2) if entity[pair[0]] == entity[pair[1]]}
    stated = {pair for pair in combinations(rows, 2) if cluster[pair[0]] == cluster[pair[1]]}
    both = len(true & stated)
    of_entity = [{row for row in rows if entity[row] == entity[one]} for one in rows]
    of_cluster = [{row for row in rows if cluster[row] == cluster[one]} for one in rows]
    shared = [len(mine & mates) for mine, mates in zip(of_entity, of_cluster, strict=True)]
    return (
        both / len(stated) if stated else 1.0,
        both / len(true) if true else 1.0,
        sum(n / len(mates) for n, mates in zip(shared, of_cluster, strict=True)) / len(entity),
        sum(n / len(mine) for n, mine in zip(shared, of_entity, strict=True)) / len(entity),
    )


def test_accuracy_oracle_looks_at_every_two_rows():
    """Counting cells of the table entity × cluster says the same as looking at pairs."""
    from metrics import accuracy

    for seed in range(60 * ROUNDS):
        rng = np.random.default_rng(seed)
        n, spread = int(rng.integers(1, 30)), int(rng.integers(1, 12))
        entity, cluster = rng.integers(0, spread, n), rng.integers(0, spread, n)
        found = accuracy(entity, cluster)
        figures = (found.precision, found.recall, found.b3_precision, found.b3_recall)
        assert figures == pytest.approx(_slow(entity, cluster)), seed
        assert found.largest == np.bincount(cluster).max()


def test_false_joins_are_counted_by_the_cuts_that_undo_them():
    from metrics import accuracy

    assert accuracy(np.array([1, 2, 3, 4]), np.array([1, 1, 2, 3])).n_false == 1
    assert accuracy(np.array([1, 1, 2, 3]), np.array([1, 1, 1, 1])).n_false == 2
    assert accuracy(np.array([1, 1, 2, 3]), np.array([1, 2, 3, 4])).n_false == 0


def test_components_oracle_is_networkx():
    import networkx
    from metrics import components

    for seed in range(60 * ROUNDS):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 40))
        left, right = rng.integers(0, n, (2, int(rng.integers(0, n + 5))))
        graph = networkx.Graph()
        graph.add_nodes_from(range(n))
        graph.add_edges_from(zip(left.tolist(), right.tolist(), strict=True))
        expected = np.empty(n, dtype=np.int64)
        for members in networkx.connected_components(graph):
            expected[list(members)] = min(members)
        assert components(n, left, right).tolist() == expected.tolist(), seed


def test_a_perfect_judge_joins_what_follows_from_true_candidates():
    """Rows 0-1 and 1-2 are candidates, so 0-2 follows; the fourth row of the entity is out of reach."""
    from metrics import ceiling, pair_recall

    entity = np.array([1, 1, 1, 1, 2])
    left, right = np.array([0, 1, 3]), np.array([1, 2, 4])
    assert pair_recall(entity, left, right) == pytest.approx(2 / 6)
    best = ceiling(entity, left, right)
    assert (best.precision, best.recall) == (1.0, pytest.approx(0.5))


@pytest.mark.parametrize(
    ("n", "share", "is_off"),
    [(99, 0.0, False), (100, 0.86, False), (100, 0.85, True), (10_000, 0.9, False), (10_000, 0.89, True)],
)
def test_a_bin_is_off_beyond_slack_and_two_standard_errors(n, share, is_off):
    """Stated 0.95 in every pair: the bound is 0.05 + 2·√(.95·.05/n), and bins of fewer than 100 are not judged."""
    from metrics import calibration

    is_true = np.arange(n) < round(share * n)
    bins = calibration(np.full(n, 0.95), is_true)
    assert [one.n for one in bins] == [0] * 9 + [n]
    assert bins[9].is_off is is_off


def test_made_sets_come_again_from_their_seed_and_hold_no_truth():
    """No cell of the key column tells who a row is: keys are unique and in the order of the rows."""
    from worlds import MAKERS, made

    assert len(MAKERS) >= 12
    for name in ("households", "no_duplicates", "firms"):
        one, again = made(name, 5), made(name, 5)
        assert one.digest() == again.digest() != made(name, 6).digest()
        key = one.frame[one.frame.columns[0]]
        assert key.n_unique() == one.frame.height and key.is_sorted()
        assert set(one.kinds) <= set(one.frame.columns)
    entity = made("no_duplicates", 5).entity
    assert len(set(entity.tolist())) == len(entity)


def test_customers_are_the_same_however_the_file_is_cut(tmp_path, monkeypatch):
    """Parts are written one by one; mean two records a person, six at most."""
    import customers
    import polars as pl

    customers.write(tmp_path / "whole.parquet", 4_000, 1)
    monkeypatch.setattr(customers, "PART", 900)
    customers.write(tmp_path / "parts.parquet", 4_000, 1)
    assert pl.read_parquet(tmp_path / "whole.parquet").equals(pl.read_parquet(tmp_path / "parts.parquet"))
    entity = np.load(tmp_path / "whole.truth.npy")
    assert (entity == np.load(tmp_path / "parts.truth.npy")).all()
    sizes = np.unique(entity, return_counts=True)[1]
    assert 1.9 < sizes.mean() < 2.2 and sizes.max() <= 6


def test_a_command_is_measured_and_its_failure_is_told(tmp_path):
    from ours import measured

    used, out = measured([sys.executable, "-S", "-c", "print(sum(range(3_000_000)))"], tmp_path)
    assert out.strip() == "4499998500000"
    assert 0 < used["cpu"] < 10 and used["wall"] > 0 and used["mb"] < 100
    with pytest.raises(RuntimeError, match="broken"):
        measured([sys.executable, "-S", "-c", "raise SystemExit('broken')"], tmp_path)


def test_a_row_that_is_not_listed_is_alone():
    import polars as pl
    from ours import labelled

    label = labelled(pl.DataFrame({"row": [4, 1], "cluster_id": ["p_b", "p_b"]}), 4)
    assert label[0] == label[3] and len(set(label.tolist())) == 3


def test_the_bar_is_a_step_above_splink_but_under_the_higher_ceiling():
    from accuracy import Ours, bars
    from metrics import accuracy
    from peers import Found

    at = accuracy(np.array([1]), np.array([1]))
    mine = Ours({}, at, None, 0.5, 0.7, 0.8, (), True)

    def splink(best, ceiling):
        return {"splink": Found({}, at, best, best, 0.5, ceiling, ceiling, 0)}

    assert bars(mine, splink(0.6, 0.9)) == pytest.approx({"f1": 0.65, "b3": 0.64})
    assert bars(mine, splink(0.9, 0.9)) == pytest.approx({"f1": 0.89, "b3": 0.89})
    assert bars(mine, {}) == pytest.approx({"f1": 0.69, "b3": 0.79})


def test_written_keys_bring_the_pairs_that_ours_compares(tmp_path):
    """Splink blocks on equal numbers of these columns; so it is given our pairs, each null and large block left out."""
    import customers
    import ours_match

    customers.write(tmp_path / "raw.parquet", 800, 3)
    ours_match.normalise(tmp_path / "raw.parquet", tmp_path / "table.parquet")
    ours_match.keys(tmp_path / "table.parquet", tmp_path / "keys.parquet")
    together = set()
    keys = pl.read_parquet(tmp_path / "keys.parquet").with_row_index("row")
    for name in keys.columns[1:]:
        for rows in keys.drop_nulls(name).group_by(name).agg("row")["row"]:
            together.update(combinations(sorted(rows), 2))
    _, n_pairs = ours_match.from_table(pl.read_parquet(tmp_path / "table.parquet"))
    assert len(together) == n_pairs > 800
