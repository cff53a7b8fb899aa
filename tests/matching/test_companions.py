"""What is believed of a pair beside its companions, against a slow version, and on the stories that it is for."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from cdptool.matching import Matching, match
from cdptool.matching.companions import believed
from cdptool.matching.scaling import scaled

KINDS = [
    ("given", "given"),
    ("family", "family"),
    ("born", "birth_date"),
    ("phone", "phone"),
    ("street", "address"),
]


def households(seed: int, n_families: int = 300) -> tuple[pl.DataFrame, np.ndarray]:
    """
    Families of one to three at one address, often a son of his father's name, and of each one to five records with gaps.

    And whom each record is of.
    """
    chance = np.random.default_rng(seed)
    rows, who = [], []
    for family in range(n_families):
        given = [f"given{chance.integers(60)}" for _ in range(chance.integers(1, 4))]
        if len(given) > 1 and chance.random() < 0.4:
            given[1] = given[0]
        for number, name in enumerate(given):
            phone = f"09{chance.integers(10**8):08}"
            born = f"19{chance.integers(30, 99)}{chance.integers(1, 13):02}{chance.integers(1, 29):02}"
            whole = [
                name,
                f"family{family % 90}",
                born,
                phone,
                f"{family + 1} street{family % 40} lane{family % 7}",
            ]
            for _ in range(chance.integers(1, 6)):
                empty = chance.random(5) < (0.05, 0.05, 0.5, 0.4, 0.3)
                rows.append([None if none else text for text, none in zip(whole, empty, strict=True)])
                who.append(3 * family + number)
    order = chance.permutation(len(rows))
    names = [name for name, _ in KINDS]
    frame = pl.DataFrame([rows[at] for at in order], schema=dict.fromkeys(names, pl.String), orient="row")
    return frame, np.array(who)[order]


@pytest.fixture(scope="module", params=range(3))
def made(request: pytest.FixtureRequest) -> tuple[Matching, np.ndarray]:
    frame, who = households(request.param)
    return match(frame, KINDS), who


def loss(odds: np.ndarray, is_one: np.ndarray) -> float:
    """The mean logarithmic loss of log odds."""
    return float(np.logaddexp(0, np.where(is_one, -odds, odds)).mean())


def all_scores(found: Matching) -> np.ndarray:
    """What any two records say, and no pair more than eight."""
    n = len(found.clusters)
    low, high = np.triu_indices(n, 1)
    scores = np.zeros((n, n))
    scores[low, high] = scores[high, low] = found.model.stated(low, high).clip(-8, 8)
    return scores


def met(scores: np.ndarray, members: list[int], one: int, other: int) -> tuple[float, int, int]:
    """Join the nearest parts of a cluster until these two meet; the mean of the scores then, and the sizes of the parts."""
    parts = [[member] for member in members]
    while True:
        means = {
            (a, b): scores[np.ix_(parts[a], parts[b])].mean() for a, b in combinations(range(len(parts)), 2)
        }
        a, b = max(means, key=lambda pair: means[pair])
        if {one, other} & set(parts[a]) and {one, other} & set(parts[b]):
            sizes = len(parts[a]), len(parts[b])
            return float(means[a, b]), min(sizes), max(sizes)
        parts[a] += parts.pop(b)


def slowly(
    clusters: np.ndarray, scores: np.ndarray, one: int, other: int, odds: float
) -> tuple[float, int, int]:
    """The mean log odds between the two groups that a pair would join, and their sizes."""
    groups = [np.flatnonzero(clusters == clusters[row]).tolist() for row in (one, other)]
    if groups[0] == groups[1]:
        return met(scores, groups[0], one, other) if len(groups[0]) > 2 else (odds, 1, 1)
    sizes = len(groups[0]), len(groups[1])
    some = [group[:8] for group in groups]
    mean = float(scores[np.ix_(*some)].mean()) if max(sizes) > 1 else odds
    return mean, min(sizes), max(sizes)


@pytest.mark.parametrize("seed", range(3))
def test_companions_say_what_a_slow_version_says_oracle(seed: int) -> None:
    found = match(households(seed, n_families=100)[0], KINDS)
    scores = all_scores(found)
    sizes = np.unique_counts(found.clusters).counts
    of_record = np.bincount(found.clusters, minlength=len(found.clusters))[found.clusters]
    left, right = found.candidates.left, found.candidates.right
    odds, now = scaled(found.stated, found.model.scale), found.believed()
    same = found.clusters[left] == found.clusters[right]
    is_sure = same & (of_record[left] > 2) & (found.stated >= np.log(9))
    several = sizes[sizes > 2]
    missed = -np.log(1 - (is_sure.sum() + 1) / ((several * (several - 1) // 2).sum() + 3))
    knots = found.model.scale
    lift = (knots.found - knots.stated)[1:-1].mean() if len(knots.found) else 0.0
    by_chance = found.model.expected[0] / found.model.n_pairs * len(sizes)
    shares = np.zeros(2 * sizes.max() + 1)
    for size in range(1, len(shares)):
        near = [max(at, 1) for at in range(size - size // 4, size + size // 4 + 1) if at < len(shares)]
        shares[size] = np.mean([(sizes == at).sum() for at in near])
        shares[size] += 100 * by_chance ** (size - 1) / (1 + by_chance) ** size
    shares /= shares.sum()
    doubtful = np.flatnonzero((odds > -7) & ((odds < 4.6) | ~same))
    assert len(doubtful) > 100
    expected = odds.copy()
    for at in doubtful.tolist():
        mean, fewer, more = slowly(found.clusters, scores, int(left[at]), int(right[at]), float(odds[at]))
        own = 0.0 if same[at] else 1 / 3
        if more > 1:
            expected[at] = own * odds[at] + (1 - own) * mean + lift + 0.65 - 0.16 * fewer * missed
        prior = np.log(shares[fewer + more] / shares[fewer] / shares[more] / by_chance)
        expected[at] += np.clip(prior, -9, 9)
    assert np.allclose(now, expected)


def test_companions_make_what_is_said_truer(made: tuple[Matching, np.ndarray]) -> None:
    found, who = made
    left, right = found.candidates.left, found.candidates.right
    is_one = who[left] == who[right]
    doubtful = np.abs(found.log_odds) < 4
    before, now = (loss(odds[doubtful], is_one[doubtful]) for odds in (found.log_odds, found.believed()))
    assert now < 0.95 * before


def test_a_father_and_a_son_of_many_records_are_kept_apart_by_them() -> None:
    frame, who = households(1)
    found = match(frame, KINDS)
    sizes = np.bincount(found.clusters, minlength=len(found.clusters))[found.clusters]
    left, right = found.candidates.left, found.candidates.right
    two = (found.clusters[left] != found.clusters[right]) & (np.minimum(sizes[left], sizes[right]) > 2)
    namesakes = two & (who[left] != who[right]) & (who[left] // 3 == who[right] // 3)
    alone, beside = (1 / (1 + np.exp(-odds[namesakes])) for odds in (found.log_odds, found.believed()))
    assert (alone > 0.2).sum() > 20
    assert (beside > 0.2).sum() < 0.2 * (alone > 0.2).sum()


def test_two_alone_are_rather_one_where_everybody_has_a_second_record() -> None:
    frame, _ = households(2)
    found = match(frame, KINDS)
    model, pair = found.model, (np.array([0]), np.array([1]))
    twos, ones = np.repeat(np.arange(2, 1_002, 2), 2), np.arange(2, 1_002)
    said = np.array([0.0])
    of_twos, of_ones = (
        float(believed(model, np.append([0, 1], others), *pair, said)[0]) for others in (twos, ones)
    )
    assert of_twos > of_ones + 3


def test_before_any_cluster_is_seen_two_alone_are_believed_as_stated() -> None:
    model = match(households(2)[0], KINDS).model
    n_alone = int(np.sqrt(2 * model.n_pairs)) // 100
    alone = float(believed(model, np.arange(n_alone), np.array([0]), np.array([1]), np.array([0.0]))[0])
    assert abs(alone - float(scaled(np.array([0.0]), model.scale)[0])) < 0.5


def test_clusters_may_be_named_by_any_of_their_rows(made: tuple[Matching, np.ndarray]) -> None:
    found, _ = made
    last = np.zeros_like(found.clusters)
    last[found.clusters] = np.arange(len(last))
    left, right = found.candidates.left, found.candidates.right
    again = believed(found.model, last[found.clusters], left, right, found.stated)
    assert np.allclose(again, found.believed())


def test_sides_of_a_large_cluster_that_is_not_looked_into_say_nothing() -> None:
    frame = pl.DataFrame({"given": ["an"] * 70, "phone": ["0901234567"] * 70})
    found = match(frame, [("given", "given"), ("phone", "phone")])
    one = np.zeros(70, dtype=np.int64)
    ends = np.array([0, 1]), np.array([2, 3])
    stated = np.array([0.5, -0.5])
    assert np.array_equal(believed(found.model, one, *ends, stated), scaled(stated, found.model.scale))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_no_pairs_say_nothing(n: int) -> None:
    names = [f"name{number}" for number in range(n)]
    found = match(pl.DataFrame({"given": names}, schema={"given": pl.String}), [("given", "given")])
    assert found.believed().tolist() == []
