"""
Ingest of a large CSV of orders beside a bare Polars copy of it to Parquet, in CPU seconds and peak memory.

Ours is `cdptool ingest` of the file with bad rows in it, from digest to commit, with real types, de-duplication
by key, records and quarantine. Bare Polars cannot read that file at all, so it gets the same rows without the bad
ones, every column as text.
Each run is a process of its own, alternating; the median counts. Both find their file in the page cache: a first
read from disk costs more CPU here than the whole of bare Polars.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from generate import generate

HERE = Path(__file__).resolve().parent
GOAL_RATIO, GOAL_MB = 2.5, 1024


def bare(path: str, folder: str) -> dict[str, int]:
    """All columns as text, straight to Parquet."""
    import polars as pl

    pl.scan_csv(path, infer_schema=False).sink_parquet(f"{folder}/bare.parquet")
    return {"rows": int(pl.scan_parquet(f"{folder}/bare.parquet").select(pl.len()).collect().item())}


def command(kind: str, path: Path, folder: Path) -> list[str]:
    """The command line of one side. Ours is the whole command, as a user runs it, into an empty workspace."""
    if kind == "bare":
        return [sys.executable, __file__, "--bare", str(path), "--folder", str(folder)]
    shutil.copy(HERE / "project.yaml", folder)
    (folder / "dirty.csv").symlink_to(path)
    return [str(Path(sys.executable).parent / "cdptool"), "ingest", "-C", str(folder), "--json"]


def environment() -> dict[str, str]:
    """What a shell has: without the settings of the allocator that polars, which makes the data, left in ours."""
    return {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}


def measure(kind: str, path: Path) -> dict[str, float]:
    """Run one of the two in a process of its own, its file in the page cache."""
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command(kind, path, Path(folder)), stdout=subprocess.PIPE, env=environment()
        )
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{kind} failed")
    answer = json.loads(out)
    found = {name: float(value) for name, value in answer.items() if name.startswith("rows")}
    found |= {"wall": time.perf_counter() - begin, "cpu": usage.ru_utime + usage.ru_stime}
    return found | {"mb": usage.ru_maxrss / 1024}


def compare(megabytes: int, rounds: int, folder: Path) -> bool:
    """Print the table; whether the goal is met."""
    clean, dirty, n_bad = generate(folder, megabytes)
    runs: dict[str, list[dict[str, float]]] = {"bare": [], "ours": []}
    for _ in range(rounds):
        runs["bare"].append(measure("bare", clean))
        runs["ours"].append(measure("ours", dirty))
    first = runs["ours"][0]
    parts = sum(first[f"rows_{name}"] for name in ("accepted", "duplicate", "quarantined"))
    assert first["rows_read"] == parts == runs["bare"][0]["rows"] + n_bad
    assert first["rows_quarantined"] == n_bad, f"{n_bad} bad rows planted, {first['rows_quarantined']} found"
    middle = {
        kind: {name: statistics.median(run[name] for run in found) for name in ("wall", "cpu", "mb")}
        for kind, found in runs.items()
    }
    size = clean.stat().st_size / 1e6
    print(f"{size:,.0f} MB, {first['rows_read']:,.0f} rows, {n_bad:,} of them bad; median of {rounds}")
    print(f"{'':34}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'CPU ratio':>11}")
    names = {"bare": "bare Polars, all text, clean copy", "ours": "cdptool, typed, with bad rows"}
    for kind, found in middle.items():
        ratio = found["cpu"] / middle["bare"]["cpu"]
        print(f"{names[kind]:34}{found['wall']:8.1f}{found['cpu']:8.1f}{found['mb']:9.0f}{ratio:11.2f}")
    ratio, peak = middle["ours"]["cpu"] / middle["bare"]["cpu"], middle["ours"]["mb"]
    print(f"ingest: cpu {ratio:.2f}× peak {peak:.0f} MB (goal <={GOAL_RATIO}× <{GOAL_MB} MB)")
    return ratio <= GOAL_RATIO and peak < GOAL_MB


def main() -> int:
    """Parse the command line; run one side, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=1000, help="size of the file (default 1000)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        print(json.dumps(bare(given.bare, given.folder)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return 0 if compare(given.mb, given.rounds, Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
