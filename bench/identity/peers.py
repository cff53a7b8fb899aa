"""
The peers: an environment of their own, runs in processes of their own, and what they found on sets that do not change.

A peer's figures on a set are kept in `data/peers.json` under the digest of the set, of the peer's version and of the
code that runs it, so a rerun of the bench only runs what is ours. The table marks what was kept.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import statistics
import subprocess
import venv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import metrics
import numpy as np
import ours
import polars as pl
from metrics import Accuracy
from sets import TruthSet

HERE = Path(__file__).resolve().parent
# pandas 3 breaks recordlinkage 0.16; GoldenMatch needs polars on some files and does not ask for it.
PACKAGES = (
    "splink==5.0.0",
    "duckdb==2.0.0",
    "goldenmatch==3.22.0",
    "recordlinkage==0.16",
    "pandas<3",
    "polars==2.1.0",
    "pyarrow==26.0.1",
)
VERSIONS = {"splink": "5.0.0", "goldenmatch": "3.22.0", "recordlinkage": "0.16"}
GRID = (0.5, 0.8, 0.9, 0.95, 0.99)
USUAL = 0.95
TIMEOUT = 1_200.0
KEPT = HERE / "data" / "peers.json"


@dataclass(frozen=True, slots=True)
class Found:
    """
    A peer's figures on one set, medians over the rounds.

    `usual` is at the peer's default (Splink p >= .95); `best_f1` and `best_b3` are the best of its threshold grid, each
    for itself; `ceiling_*` is what a perfect judge of its candidates would reach. None where it does not tell.
    """

    used: dict[str, float]
    usual: Accuracy
    best_f1: float
    best_b3: float
    pair_recall: float | None
    ceiling_f1: float | None
    ceiling_b3: float | None
    bins_off: int | None
    problem: str = ""
    is_kept: bool = False


@cache
def python() -> str:
    """The interpreter of the peers' environment, made where it is absent."""
    folder = HERE / ".venv"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (folder / "ready").touch()
    return str(folder / "bin/python")


def run(peer: str, file: Path, folder: Path, job: dict[str, object]) -> tuple[ours.Used, ours.Used]:
    """
    One run; results are left in `folder`.

    Returns:
        What it used from the tidied table to the clusters, and what the whole process used.
    """
    path = folder / "job.json"
    told = {"peer": peer, "file": str(file), "out": str(folder), "threshold": USUAL} | job
    path.write_text(json.dumps(told), encoding="utf-8")
    whole, out = ours.measured([python(), str(HERE / "peer_runner.py"), str(path)], folder, timeout=TIMEOUT)
    return json.loads(out.splitlines()[-1]), whole


def on_set(peer: str, truth: TruthSet, folder: Path, rounds: int) -> Found:
    """A peer's figures on a set, from the file of kept ones where they stand there."""

    # GoldenMatch draws nothing at random, and recordlinkage starts from fixed values: once is enough.
    seeds = range(1, 1 + (rounds if peer == "splink" else 1))

    def anew() -> dict[str, Any]:
        file = truth.write(folder)
        return dataclasses.asdict(_median([_one(peer, truth, file, folder, seed) for seed in seeds]))

    one, is_kept = kept(f"{peer} {truth.name} {truth.digest()} x{len(seeds)}", anew)
    return Found(**(one | {"usual": Accuracy(**one["usual"]), "is_kept": is_kept}))


def kept(key: str, anew: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
    """What stands under a key (which begins with the peer's name) for this version and code; else made anew and kept."""
    key = f"{key} {VERSIONS[key.split()[0]]} {_code()}"
    known = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    if key in known:
        return known[key], True
    found = anew()
    problem = found.get("problem", "")
    if (
        problem and "timed out" not in problem
    ):  # it may be the environment's; one that never ends would never end again
        return found, False
    known = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(known | {key: found}, indent=1))
    return found, False


def _code() -> str:
    text = b"".join((HERE / name).read_bytes() for name in ("peer_runner.py", "splink_side.py"))
    return hashlib.sha256(text).hexdigest()[:8]


def _one(peer: str, truth: TruthSet, file: Path, folder: Path, seed: int) -> Found:
    for name in ("pairs", "clusters"):
        (folder / f"{name}.parquet").unlink(missing_ok=True)
    n = len(truth.entity)
    alone = metrics.accuracy(truth.entity, np.arange(n))
    try:
        used, _ = run(peer, file, folder, {"name": truth.name, "kinds": truth.kinds, "seed": seed})
    except (RuntimeError, subprocess.TimeoutExpired) as problem:
        return Found({}, alone, 0.0, 0.0, None, None, None, None, told_as(problem))
    told = folder / "pairs.parquet"
    listed = folder / "clusters.parquet"
    pairs = ours.read_pairs(told) if told.exists() else None
    grid = {cut: metrics.accuracy(truth.entity, joined(n, pairs, cut)) for cut in GRID} if pairs else {}
    usual = (
        metrics.accuracy(truth.entity, ours.labelled(pl.read_parquet(listed), n))
        if listed.exists()
        else grid[0.5]
    )
    best_f1, best_b3 = (max(getattr(one, name) for one in (*grid.values(), usual)) for name in ("f1", "b3"))
    if not pairs:
        return Found(used, usual, best_f1, best_b3, None, None, None, None)
    top = metrics.ceiling(truth.entity, pairs.left, pairs.right)
    recall = metrics.pair_recall(truth.entity, pairs.left, pairs.right)
    bins = metrics.calibration(pairs.probability, truth.entity[pairs.left] == truth.entity[pairs.right])
    off = sum(one.is_off for one in bins)
    return Found(used, usual, best_f1, best_b3, recall, top.f1, top.b3, off)


def told_as(problem: Exception) -> str:
    """One line for the table."""
    if isinstance(problem, subprocess.TimeoutExpired):
        return f"timed out after {TIMEOUT:.0f} s"
    return str(problem).splitlines()[-1][:90]


def joined(n_rows: int, pairs: ours.Pairs, threshold: float) -> np.ndarray:
    """Clusters as components of the pairs at or above a threshold."""
    at_least = pairs.probability >= threshold
    return metrics.components(n_rows, pairs.left[at_least], pairs.right[at_least])


def _median(runs: list[Found]) -> Found:
    """The run in the middle by its F1 at the default, with the medians of what the runs used and of their bests."""
    good = sorted((one for one in runs if not one.problem), key=lambda one: one.usual.f1)
    if not good:
        return runs[0]
    used = {name: statistics.median(one.used[name] for one in good) for name in good[0].used}
    best = {name: statistics.median(getattr(one, name) for one in good) for name in ("best_f1", "best_b3")}
    return dataclasses.replace(good[(len(good) - 1) // 2], used=used, **best)
