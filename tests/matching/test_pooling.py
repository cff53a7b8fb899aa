"""What two clusters say together, against a slow version, and on the story that it is for."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from cdptool.matching import Matching, match
from cdptool.matching.clusters import sure_components
from cdptool.matching.comparing import compared
from cdptool.matching.pooling import resolved
from cdptool.matching.scaling import scaled

KINDS = [("given", "given"), ("family", "family"), ("email", "email"), ("phone", "phone"), ("city", "city")]


def people(seed: int) -> pl.DataFrame:
    """Three records of each of 400 people, most fields of each left empty: names, e-mail, telephone, city."""
    chance = np.random.default_rng(seed)
    names = [[f"{stem}{number}" for number in range(40)] for stem in ("anna", "berg")]
    rows = []
    for person in range(400):
        whole = [
            str(chance.choice(names[0])),
            str(chance.choice(names[1])),
            f"p{person}@x.vn",
            f"09{person:08}",
            f"city{person % 9}",
        ]
        for _ in range(3):
            empty = chance.random(5) < 0.4
            rows.append([None if none else text for text, none in zip(whole, empty, strict=True)])
    return pl.DataFrame(rows, schema=dict.fromkeys([name for name, _ in KINDS], pl.String), orient="row")


@pytest.fixture(scope="module", params=range(3))
def found(request: pytest.FixtureRequest) -> Matching:
    return match(people(request.param), KINDS)


def slowly(found: Matching, labels: np.ndarray) -> Iterator[tuple[int, float]]:
    """The surest doubtful pair between two clusters, and what all pairs between them say with their best levels."""
    between: dict[tuple[int, int], list[int]] = {}
    for at, ends in enumerate(
        zip(labels[found.candidates.left], labels[found.candidates.right], strict=True)
    ):
        if ends[0] != ends[1] and found.stated[at] >= -2:
            between.setdefault((int(min(ends)), int(max(ends))), []).append(at)
    for (one, other), doubtful in between.items():
        pairs = [(i, j) for i in np.flatnonzero(labels == one) for j in np.flatnonzero(labels == other)]
        if not 1 < len(pairs) <= 40:
            continue
        best = [levels.max(keepdims=True) for levels in compared(found.model.comparisons, *np.array(pairs).T)]
        weighed = float(found.model.stated_of(best)[0]) - np.log(len(pairs))
        at = max(doubtful, key=lambda place: found.stated[place])
        yield at, max(weighed, float(found.stated[at]))


def test_clusters_say_together_what_a_slow_version_says_oracle(found: Matching) -> None:
    left, right = found.candidates.left, found.candidates.right
    labels = sure_components(1_200, left, right, found.stated, 0.9)
    expected = found.stated.copy()
    for at, weighed in slowly(found, labels):
        expected[at] = weighed
    assert np.allclose(found.evidence, scaled(expected, found.model.scale))
    assert (found.evidence > found.log_odds).any()


def test_what_is_said_together_joins_and_separates_nothing(found: Matching) -> None:
    again = resolved(
        found.model, 1_200, found.candidates.left, found.candidates.right, found.stated, at_least=0.9
    )
    assert again.clusters.tolist() == found.clusters.tolist()
    assert (found.evidence >= found.log_odds).all()
    labels = sure_components(
        1_200, found.candidates.left, found.candidates.right, found.evidence, at_least=0.9
    )
    assert all(len(set(labels[found.clusters == name].tolist())) == 1 for name in set(found.clusters))


def test_no_pairs_are_no_clusters() -> None:
    nothing = match(pl.DataFrame({name: ["a", "b"] for name, _ in KINDS}), KINDS)
    assert (nothing.evidence.tolist(), nothing.clusters.tolist()) == ([], [0, 1])
