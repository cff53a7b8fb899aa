"""How right ours and the peers are on one set, and what ours has to reach there."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

import metrics
import ours
import peers
from metrics import Accuracy
from peers import Found
from sets import PUBLIC, TruthSet

# What the public sets ask: figure, goal.
FIXED = {
    "febrl3": (("f1", 0.997),),
    "historical_50k": (("b3", 0.90), ("f1", 0.87), ("largest", 40)),
    "rldata10000": (("f1", 0.93),),
    "fake_1000": (("f1", 0.89),),
}
BEST_PEER = ("restaurants", "chicago_sites")
ABOVE_SPLINK = {"f1": 0.05, "b3": 0.04}
BELOW_CEILING = 0.01
FALSE_PER_ROW = 1 / 10_000


@dataclass(frozen=True, slots=True)
class Ours:
    """Our figures on a set: at the shipped threshold, and at p >= .95 (components of the pairs, no guard)."""

    used: dict[str, float]
    shipped: Accuracy
    at_95: Accuracy | None
    pair_recall: float | None
    ceiling_f1: float | None
    ceiling_b3: float | None
    bins: tuple[metrics.Bin, ...]
    is_same: bool  # whether all rounds gave the same clusters


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure, what it has to reach, and whether less is better."""

    name: str
    figure: float
    goal: float
    is_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it is reached."""
        return self.figure <= self.goal if self.is_most else self.figure >= self.goal

    def __str__(self) -> str:
        sign = "<=" if self.is_most else ">="
        return f"{self.name} {self.figure:.4g} (goal {sign} {self.goal:.4g})"


def ours_on(truth: TruthSet, folder: Path, rounds: int) -> Ours:
    """Our figures on a set, of a number of runs that must agree."""
    file = truth.write(folder)
    n = len(truth.entity)
    runs, labels = [], []
    for _ in range(rounds):
        runs.append(ours.dedupe(file, folder))
        labels.append(ours.clusters(folder, n))
    used = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    shipped = metrics.accuracy(truth.entity, labels[0])
    is_same = all((label == labels[0]).all() for label in labels)
    pairs = ours.pairs(folder)
    if pairs is None:
        return Ours(used, shipped, None, None, None, None, (), is_same)
    at_95 = metrics.accuracy(truth.entity, peers.joined(n, pairs, 0.95))
    top = metrics.ceiling(truth.entity, pairs.left, pairs.right)
    recall = metrics.pair_recall(truth.entity, pairs.left, pairs.right)
    bins = metrics.calibration(pairs.probability, truth.entity[pairs.left] == truth.entity[pairs.right])
    return Ours(used, shipped, at_95, recall, top.f1, top.b3, bins, is_same)


def goals(truth: TruthSet, mine: Ours, found: dict[str, Found]) -> list[Goal]:
    """What ours has to reach on a set, given what the peers reached."""
    name, at = truth.name, mine.shipped
    judged = (
        [Goal(f"{name} bins off", sum(one.is_off for one in mine.bins), 0, is_most=True)] if mine.bins else []
    )
    judged.append(Goal(f"{name} runs that differ", 0 if mine.is_same else 1, 0, is_most=True))
    if name in FIXED:
        return judged + [
            Goal(f"{name} {figure}", getattr(at, figure), goal, is_most=figure == "largest")
            for figure, goal in FIXED[name]
        ]
    done = {peer: one for peer, one in found.items() if not one.problem}
    if name in BEST_PEER and done:
        best = {
            figure: max(getattr(one, f"best_{figure}") for one in done.values()) for figure in ABOVE_SPLINK
        }
        return judged + [Goal(f"{name} {figure}", getattr(at, figure), goal) for figure, goal in best.items()]
    if name in PUBLIC:
        return judged
    if len(set(truth.entity.tolist())) == len(truth.entity):
        return [
            *judged,
            Goal(f"{name} false joins", at.n_false, FALSE_PER_ROW * len(truth.entity) * 1.001, is_most=True),
        ]
    return judged + [
        Goal(f"{name} {figure}", getattr(at, figure), bar) for figure, bar in bars(mine, done).items()
    ]


def bars(mine: Ours, found: dict[str, Found]) -> dict[str, float]:
    """
    Pair F1 and B-cubed to reach on a made set: Splink's best and a step, at most the ceiling less a hundredth.

    The ceiling is the higher one of ours and of Splink's candidates: who finds few candidates must not be measured by them.
    """
    bar = {}
    for figure, step in ABOVE_SPLINK.items():
        splink = found.get("splink")
        tops = [getattr(one, f"ceiling_{figure}") for one in (mine, splink) if one]
        tops = [top - BELOW_CEILING for top in tops if top is not None]
        asked = [max(tops)] if tops else []
        if splink:
            asked.append(getattr(splink, f"best_{figure}") + step)
        if asked:
            bar[figure] = min(asked)
    return bar
