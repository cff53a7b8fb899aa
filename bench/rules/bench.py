"""
Seventy rules over millions of events beside hand-written DuckDB SQL of the same meaning.

Both sides read the same Parquet files. Each rule is asked after the other in one process of either side, sides in turn
for some rounds; every answer is compared, row by row. The project as a whole is asked in a process of its own; so is each
rule once more, for comparison: the goal is on the rules in one process. Imports are apart everywhere. `--large` adds ten
times the events and customers.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from multiprocessing import get_context
from pathlib import Path

import polars as pl
from project import SEGMENTS, SEVEN, TRAITS, Asked
from world import AS_OF, write_world

HERE = Path(__file__).resolve().parent
PEERS = ("duckdb==2.0.0", "pyarrow==26.0.1")
SMALL, LARGE = (5_000_000, 200_000), (50_000_000, 2_000_000)
MOST_MB, MOST_GROWTH = 8_192.0, 11.0
Times = dict[str, dict[str, float]]


def main() -> int:
    """Run what was asked for, print the tables and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--large", action="store_true", help="50 million events too: ten minutes and 3 GB of disk"
    )
    given = parser.parse_args()
    goals: list[tuple[str, float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        small, goals = _size(Path(name) / "small", SMALL, given.rounds)
        if given.large:
            large, more = _size(Path(name) / "large", LARGE, given.rounds)
            growth = large["whole"]["cpu"] / small["whole"]["cpu"]
            mb = max(one["mb"] for one in large.values())
            goals += [(f"{told} at 50 M", found, goal) for told, found, goal in more]
            goals += [("cost of 50 M ÷ 5 M", growth, MOST_GROWTH), ("MB at 50 M", mb, MOST_MB)]
    print("rules: " + ", ".join(f"{told} {found:.4g} (goal <= {goal:g})" for told, found, goal in goals))
    return 0 if all(found <= goal for _, found, goal in goals) else 1


def _size(folder: Path, size: tuple[int, int], rounds: int) -> tuple[Times, list[tuple[str, float, float]]]:
    """Measure both sides on a world of this size; our times, and the goals with what was found."""
    # In a process of its own: a child's peak is never below that of the process it was started from.
    maker = get_context("spawn").Process(target=write_world, args=(folder, *size))
    maker.start()
    maker.join()
    mine, theirs = folder / "ours", folder / "duckdb"
    mine.mkdir(), theirs.mkdir()
    runs = []
    for _ in range(rounds):
        ours = _ours(folder, mine, "all") | _ours(folder, mine, "none", "whole")
        runs.append(
            (
                ours,
                _timed([_peer(), HERE / "duck.py", folder, theirs, "all", f"{AS_OF:%Y-%m-%d %H:%M:%S+00}"]),
            )
        )
    ours, duckdb = (_median([pair[side] for pair in runs]) for side in (0, 1))
    asked = (*TRAITS, *SEGMENTS)
    wrong = sum(_differ(one, folder) for one in asked)
    alone = sum(_ours(folder, mine, one.name)[one.name]["cpu"] for one in asked)
    together = sum(ours[one.name]["cpu"] for one in asked)
    _table(size[0], ours, duckdb, (alone, together))
    sums = {
        told: sum(ours[one.name]["cpu"] for one in some) / sum(duckdb[one.name]["cpu"] for one in some)
        for told, some in (("seven", SEVEN), ("all", asked))
    }
    ratios = {one.name: ours[one.name]["cpu"] / duckdb[one.name]["cpu"] for one in asked}
    return ours, [
        ("answers that differ", wrong, 0),
        ("the seven ÷ duckdb", sums["seven"], 1),
        ("all 70 ÷ duckdb", sums["all"], 1),
        (f"worst rule ({max(ratios, key=ratios.__getitem__)}) ÷ duckdb", max(ratios.values()), 2),
        ("whole project ÷ sum of its rules run singly", ours["whole"]["cpu"] / together, 0.2),
    ]


def _peer() -> Path:
    """The interpreter of the environment that holds DuckDB, made where it is missing."""
    folder = HERE / ".venv"
    if not (folder / "bin/python").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return folder / "bin/python"


def _ours(folder: Path, out: Path, *asked: str) -> Times:
    return _timed([sys.executable, HERE / "ours.py", folder, out, *asked])


def _timed(command: list[object]) -> Times:
    settings = {**os.environ, "PYTHONPATH": f"{HERE.parents[1]}:{HERE}"}
    settings.pop(
        "_RJEM_MALLOC_CONF", None
    )  # Polars leaves its own there: the child is to start as a user starts it
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, check=True, text=True, env=settings
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["name"]: {part: float(row[part]) for part in ("cpu", "wall", "mb")} for row in rows}


def _median(runs: list[Times]) -> Times:
    return {
        name: {part: statistics.median(run[name][part] for run in runs) for part in ("cpu", "wall", "mb")}
        for name in runs[0]
    }


def _differ(one: Asked, folder: Path) -> int:
    """How many profiles have another answer on the two sides, or in the project as a whole."""
    ours = pl.read_parquet(folder / "ours" / f"{one.name}.parquet").sort("profile_id")
    theirs = pl.read_parquet(folder / "duckdb" / f"{one.name}.parquet")
    whole = pl.read_parquet(folder / "ours/whole.parquet", columns=["profile_id", one.name]).sort(
        "profile_id"
    )
    apart = int(whole[one.name].ne_missing(ours["value"]).sum())
    if not one.is_trait:
        members = ours.filter("value").select("profile_id")
        return (
            apart
            + members.join(theirs, on="profile_id", how="anti").height
            + (theirs.height - members.height)
        )
    both = ours.join(theirs, on="profile_id", how="left", suffix="_duckdb")
    told = both["value_duckdb"] if one.empty is None else both["value_duckdb"].fill_null(one.empty)
    told = told.cast(ours["value"].dtype) if told.dtype != ours["value"].dtype else told
    return apart + int(told.ne_missing(both["value"]).sum())


def _table(n_events: int, ours: Times, duckdb: Times, singly: tuple[float, float]) -> None:
    print(f"\n{n_events:,} events; CPU and wall seconds, median")
    print(f"{'':22}{'ours CPU':>10}{'wall':>8}{'duckdb CPU':>12}{'wall':>8}{'ours ÷ it':>11}")
    for one in (*SEVEN, *(each for each in (*TRAITS, *SEGMENTS) if each not in SEVEN)):
        mine, its = ours[one.name], duckdb[one.name]
        ratio = mine["cpu"] / its["cpu"]
        print(
            f"{one.name:22}{mine['cpu']:10.3f}{mine['wall']:8.3f}{its['cpu']:12.3f}{its['wall']:8.3f}{ratio:11.2f}"
        )
    whole = ours["whole"]
    most = max(one["mb"] for one in duckdb.values())
    alone, together = singly
    print(
        f"{'the whole project':22}{whole['cpu']:10.3f}{whole['wall']:8.3f}   peak {whole['mb']:,.0f} MB, duckdb {most:,.0f} MB\n"
        f"{'its rules singly':22}{alone:10.3f} in processes of their own, {together:.3f} in one: "
        f"the whole is {whole['cpu'] / alone:.2f} and {whole['cpu'] / together:.2f} of it"
    )


if __name__ == "__main__":
    sys.exit(main())
