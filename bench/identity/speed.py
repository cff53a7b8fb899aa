"""
The clock: CPU, wall and peak memory of ours and of Splink on customers of a size, in alternating rounds.

Ours is the whole command on raw Parquet, normalising and writing with it; Splink starts from a tidied table in its
database, its imports apart, and writes nothing. `net` takes from ours what the command costs on eight rows, as it takes
the imports from Splink. GoldenMatch runs beside them at the least size.
"""

from __future__ import annotations

import dataclasses
import hashlib
import statistics
import subprocess
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import customers
import metrics
import numpy as np
import ours
import peers
import polars as pl
from accuracy import Goal

# Rows: the least times that Splink's CPU must be ours.
FASTER = {100_000: 15.0, 1_000_000: 10.0, 5_000_000: 8.0}
MOST_MEMORY = 0.7
MOST_GROWTH = 12.0
MOST_CPU_AT_A_MILLION = 8.0
MOST_GB = {5_000_000: 5.0, 10_000_000: 16.0}
MOST_WALL_CSV = 5.0
WITHOUT_PEERS = 10_000_000
JUNK_IN_BLOCKS = 100


@dataclass(frozen=True, slots=True)
class Side:
    """Medians of one side at one size, and how right it was."""

    name: str
    rows: int
    wall: float
    cpu: float
    net: float
    mb: float
    found: metrics.Accuracy | None
    problem: str = ""


def made(path: Path, rows: int, seed: int, *, is_csv: bool = False) -> None:
    """Write the customers in another process, so that this one stays small."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(customers.write, path, rows, seed, is_csv=is_csv).result()


def at_size(folder: Path, rows: int, rounds: int, seed: int, *, beside: tuple[str, ...]) -> list[Side]:
    """Ours at a size, and those of Splink and GoldenMatch that are asked for."""
    file, few = folder / f"customers_{rows}.parquet", folder / "few.parquet"
    made(file, rows, seed)
    made(few, 8, seed)
    entity = np.load(file.with_suffix(".truth.npy"))
    runs: dict[str, list[ours.Used]] = {}
    found: dict[str, metrics.Accuracy] = {}
    sides = ["ours", "splink"] if "splink" in beside and rows < WITHOUT_PEERS else ["ours"]
    for nth in range(rounds):
        for side in sides:
            used = _ours(file, few, folder) if side == "ours" else _splink(file, folder, rows)
            runs.setdefault(side, []).append(used)
            if nth == 0:
                label = ours.clusters(folder, len(entity)) if side == "ours" else _listed(folder, len(entity))
                found[side] = metrics.accuracy(entity, label)
    answer = [_side(side, rows, runs[side], found[side]) for side in sides]
    if "goldenmatch" in beside and rows == min(FASTER):
        answer.append(_golden(file, folder, rows, entity))
    file.unlink()
    return answer


def _side(name: str, rows: int, runs: list[ours.Used], found: metrics.Accuracy) -> Side:
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return Side(name, rows, middle["wall"], middle["cpu"], middle["net"], middle["mb"], found)


def _ours(file: Path, few: Path, folder: Path) -> ours.Used:
    start = ours.dedupe(few, folder)
    used = ours.dedupe(file, folder)
    return used | {"net": max(used["cpu"] - start["cpu"], 0.01)}


def _splink(file: Path, folder: Path, rows: int) -> ours.Used:
    job = {"name": f"customers_{rows}", "kinds": customers.KINDS, "most": JUNK_IN_BLOCKS}
    used, whole = peers.run("splink", file, folder, job)
    return whole | {"net": used["cpu"], "mb": used["mb"]}


def _listed(folder: Path, n_rows: int) -> np.ndarray:
    return ours.labelled(pl.read_parquet(folder / "clusters.parquet"), n_rows)


def _golden(file: Path, folder: Path, rows: int, entity: np.ndarray) -> Side:
    """GoldenMatch on the same file, once for all: it takes minutes, and the file comes again from its seed."""

    def anew() -> dict[str, Any]:
        try:
            used, whole = peers.run("goldenmatch", file, folder, {"name": f"customers_{rows}", "kinds": {}})
        except (RuntimeError, subprocess.TimeoutExpired) as problem:
            return {"problem": peers.told_as(problem)}
        found = metrics.accuracy(entity, _listed(folder, len(entity)))
        return whole | {"net": used["cpu"], "mb": used["mb"], "found": dataclasses.asdict(found)}

    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()[:16]
    one, is_kept = peers.kept(f"goldenmatch customers_{rows} {digest}", anew)
    name = "goldenmatch k" if is_kept else "goldenmatch"
    if "problem" in one:
        return Side(name, rows, 0, 0, 0, 0, None, one["problem"])
    return Side(name, rows, one["wall"], one["cpu"], one["net"], one["mb"], metrics.Accuracy(**one["found"]))


def csv_from_cold(folder: Path, seed: int, rounds: int) -> float:
    """Wall seconds of `dedupe` on a CSV of 100,000 rows."""
    file = folder / "customers.csv"
    made(file, 100_000, seed, is_csv=True)
    return statistics.median(ours.dedupe(file, folder)["wall"] for _ in range(rounds))


def goals(sides: list[Side]) -> list[Goal]:
    """What the clock asks of ours at the sizes that were run."""
    mine = {one.rows: one for one in sides if one.name == "ours"}
    judged = []
    for other in sides:
        if other.name == "splink":
            ratio = other.net / mine[other.rows].net
            judged.append(Goal(f"Splink's CPU ÷ ours at {other.rows:,}", ratio, FASTER.get(other.rows, 0.0)))
            if other.rows >= 1_000_000:
                share = mine[other.rows].mb / other.mb
                judged.append(Goal(f"memory ÷ Splink's at {other.rows:,}", share, MOST_MEMORY, is_most=True))
    for rows, one in mine.items():
        if rows == 1_000_000:
            judged.append(Goal("CPU s at a million", one.cpu, MOST_CPU_AT_A_MILLION, is_most=True))
        if rows in MOST_GB:
            judged.append(Goal(f"GB at {rows:,}", one.mb / 1024, MOST_GB[rows], is_most=True))
        if rows * 10 in mine:
            growth = mine[rows * 10].cpu / one.cpu
            judged.append(Goal(f"cost {rows:,} to {rows * 10:,}", growth, MOST_GROWTH, is_most=True))
    return judged
