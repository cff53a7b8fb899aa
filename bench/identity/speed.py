"""
The clock: CPU, wall and peak memory of ours and of Splink on customers of a size, in alternating rounds.

Both start from a normalised table in memory and end at clusters, imports apart; `ours, raw` starts from raw Parquet.
Splink runs twice: under our blocking keys, which it is given as columns (their making is not on its clock), and under
seven cheaper rules of its own. GoldenMatch runs beside them at the least size.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import statistics
import subprocess
import sys
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
MOST_APART = 0.001
OURS = ("ours", "ours, raw")
OUR_KEYS, OWN_RULES = SPLINK = ("splink, our keys", "splink, own rules")
HERE = Path(__file__).resolve().parent


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
    pairs: int = 0


def made(path: Path, rows: int, seed: int, *, is_csv: bool = False) -> None:
    """Write the customers in another process, so that this one stays small."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(customers.write, path, rows, seed, is_csv=is_csv).result()


def at_size(folder: Path, rows: int, rounds: int, seed: int, *, beside: tuple[str, ...]) -> list[Side]:
    """Ours at a size, and those of Splink and GoldenMatch that are asked for."""
    file, table = folder / f"customers_{rows}.parquet", folder / f"normalised_{rows}.parquet"
    made(file, rows, seed)
    _match("normalise", file, table)
    entity = np.load(file.with_suffix(".truth.npy"))
    runs: dict[str, list[ours.Used]] = {}
    found: dict[str, metrics.Accuracy] = {}
    keys = folder / f"keys_{rows}.parquet"
    problems: dict[str, str] = {}
    sides = [*OURS, *(SPLINK if "splink" in beside and rows < WITHOUT_PEERS else ())]
    if OUR_KEYS in sides:
        _match("keys", table, keys)
    for nth in range(rounds):
        for side in [one for one in sides if one not in problems]:
            try:
                used = (
                    _ours(side, file, table, folder)
                    if side in OURS
                    else _splink(file, folder, rows, keys if side == OUR_KEYS else None)
                )
            except (RuntimeError, subprocess.TimeoutExpired) as problem:
                problems[side] = peers.told_as(problem)
                continue
            runs.setdefault(side, []).append(used)
            if nth == 0:
                found[side] = metrics.accuracy(entity, _listed(folder, len(entity)))
    answer = [
        Side(side, rows, 0, 0, 0, 0, None, problems[side])
        if side in problems
        else _side(side, rows, runs[side], found[side])
        for side in sides
    ]
    if "goldenmatch" in beside and rows == min(FASTER):
        answer.append(_golden(file, folder, rows, entity))
    for one in (file, table, keys):
        one.unlink(missing_ok=True)
    return answer


def _side(name: str, rows: int, runs: list[ours.Used], found: metrics.Accuracy) -> Side:
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    used = (middle[key] for key in ("wall", "cpu", "net", "mb"))
    return Side(name, rows, *used, found, pairs=int(middle["pairs"]))


def _ours(side: str, file: Path, table: Path, folder: Path) -> ours.Used:
    out = folder / "clusters.parquet"
    told = _match("raw", file, out) if side == "ours, raw" else _match("match", table, out)
    used: ours.Used = json.loads(told)
    return used | {"net": used["cpu"]}


def _match(what: str, source: Path, target: Path) -> str:
    settings = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    settings.pop(
        "_RJEM_MALLOC_CONF", None
    )  # Polars leaves its own there: the child is to start as a user starts it
    command = [sys.executable, HERE / "ours_match.py", what, source, target]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env=settings).stdout


def _splink(file: Path, folder: Path, rows: int, keys: Path | None) -> ours.Used:
    job: dict[str, Any] = {"name": f"customers_{rows}", "kinds": customers.KINDS, "most": JUNK_IN_BLOCKS}
    used, whole = peers.run("splink", file, folder, job | ({"keys": str(keys)} if keys else {}))
    return whole | {"net": used["cpu"], "mb": used["mb"], "pairs": used["pairs"]}


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


def _beside(mine: Side, other: Side) -> list[Goal]:
    """The goals beside Splink, which are of the same blocking rules; of its own where it does not bear ours."""
    at = f"at {mine.rows:,}" if other.name == OUR_KEYS else f"under its own rules at {mine.rows:,}"
    judged = [Goal(f"Splink's CPU ÷ ours {at}", other.net / mine.net, FASTER.get(mine.rows, 0.0))]
    if other.name == OUR_KEYS:
        apart = abs(other.pairs / mine.pairs - 1)
        judged.append(Goal(f"pairs apart {at}", apart, MOST_APART, is_most=True))
    if mine.rows >= 1_000_000:
        share = mine.mb / other.mb
        judged.append(Goal(f"memory ÷ Splink's {at}", share, MOST_MEMORY, is_most=True))
    return judged


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
        if other.name == "ours, raw" and other.rows == 1_000_000:
            judged.append(Goal("CPU s of a raw million", other.cpu, MOST_CPU_AT_A_MILLION, is_most=True))
        if other.name == OUR_KEYS:
            own = next(one for one in sides if one.name == OWN_RULES and one.rows == other.rows)
            judged += _beside(mine[other.rows], other if other.found is not None else own)
    for rows, one in mine.items():
        if rows in MOST_GB:
            judged.append(Goal(f"GB at {rows:,}", one.mb / 1024, MOST_GB[rows], is_most=True))
        if rows * 10 in mine:
            growth = mine[rows * 10].cpu / one.cpu
            judged.append(Goal(f"cost {rows:,} to {rows * 10:,}", growth, MOST_GROWTH, is_most=True))
    return judged
