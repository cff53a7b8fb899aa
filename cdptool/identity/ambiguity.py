"""
Whom the evidence fits as well as another: a record that could be either of two people, who cannot be one, is neither.

Asked where merge.yaml says `ambiguous: apart`; otherwise such a record joins the first of them, which is a guess. Evidence
is equal within one branch and weight. What is surer has joined before; what is looser does not settle what was left open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final

import numpy as np

from cdptool.matching.connected import connected_components

AMBIGUOUS: Final = "fits two people who are not one"
Conflict = Callable[[int, int], bool]
# More groups than this that equal evidence brings together are a shared value, not two people and a doubt.
_MOST: Final = 500


def doubtful(
    crowds: Sequence[frozenset[int]], conflicts: Conflict
) -> list[tuple[frozenset[int], frozenset[int]]]:
    """
    The groups that must stay apart, though evidence joins them.

    Args:
        crowds: Groups, each named by a number, that equally strong evidence brings together, all with each other.
        conflicts: Whether two groups must not be one.

    Returns:
        (the groups that fit several, those they fit), each pair of sets once, in the order of their smallest groups.

    >>> fathers = {1, 2}
    >>> doubtful([frozenset({1, 3}), frozenset({2, 3}), frozenset({3, 4})], lambda a, b: {a, b} == fathers)
    [(frozenset({3, 4}), frozenset({1, 2}))]
    """
    found = []
    for together in _components(crowds):
        members = sorted(frozenset().union(*together))
        if not 2 < len(members) <= _MOST:
            continue
        pairs = {pair for pair in combinations(members, 2) if conflicts(*pair)}
        sided = frozenset(one for pair in pairs for one in pair)
        for free in _components([crowd - sided for crowd in together]):
            between = frozenset().union(*free)
            fitted = frozenset().union(*(crowd & sided for crowd in together if crowd & between))
            apart = frozenset(one for pair in pairs if fitted.issuperset(pair) for one in pair)
            if between and apart:
                found.append((between, apart))
    return found


def _components(crowds: Sequence[frozenset[int]]) -> list[list[frozenset[int]]]:
    """The crowds that hang together by members in common."""
    crowds = [crowd for crowd in crowds if crowd]
    if not crowds:
        return []
    ids = np.array(sorted(frozenset().union(*crowds)), dtype=np.int64)
    left = np.searchsorted(ids, np.array([min(crowd) for crowd in crowds for _ in crowd], dtype=np.int64))
    right = np.searchsorted(ids, np.array([one for crowd in crowds for one in crowd], dtype=np.int64))
    labels = connected_components(len(ids), left, right)
    of_label: dict[int, list[frozenset[int]]] = {}
    for crowd in sorted(crowds, key=min):
        label = int(labels[np.searchsorted(ids, min(crowd))])
        of_label.setdefault(label, []).append(crowd)
    return [of_label[label] for label in sorted(of_label)]
