"""
Ingest of large CSV files beside DuckDB, pyarrow and a bare Polars scan: CPU, wall, peak memory, and what was rejected.

Ours is `cdptool ingest` of the file into an empty workspace, from digest to commit: real types, de-duplication by
key, ids, quarantine. The peers only copy, typed (DuckDB) or as text. Each run is a process of its own, in
alternating rounds; the median counts. All find their file in the page cache.
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
import venv
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import polars as pl
from customers import CUSTOMERS
from orders import ORDERS
from planting import Files, Table, write

HERE = Path(__file__).resolve().parent
PEERS = ("duckdb==2.0.0", "pyarrow==26.0.1")
N_BAD = 1_000
MEGABYTES = 600
# Side, its file, and the most CPU ours may take of it there (None = shown only).
GOALS = {
    ("orders", "clean"): (("duckdb", 1.0), ("bare", 2.5), ("pyarrow", None)),
    ("orders", "dirty"): (("duckdb", 2.0),),
    ("customers", "clean"): (("duckdb", 1.5), ("pyarrow", None)),
    ("customers", "dirty"): (("duckdb", None),),
}
Measured = dict[str, float]


def peers_python() -> str:
    """The interpreter of an environment of the peers' own, made where it is absent."""
    folder = HERE / ".venv"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", *PEERS], check=True)
        (folder / "ready").touch()
    return str(folder / "bin/python")


def made(table: Table, folder: str, megabytes: int) -> Files:
    """The files, written by another process: what a child uses at most counts from its parent's memory on."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(write, table, Path(folder), megabytes, N_BAD).result()


def command(side: str, path: Path, folder: Path, table: str) -> list[str]:
    """The command line of one side. Ours is the whole command, as a user runs it, into an empty workspace."""
    if side != "ours":
        python = sys.executable if side == "bare" else peers_python()
        return [python, str(HERE / "peers.py"), side, str(path), str(folder / "out.parquet")]
    shutil.copy(HERE / f"{table}.yaml", folder / "project.yaml")
    (folder / "input.csv").symlink_to(path)
    return [str(Path(sys.executable).parent / "cdptool"), "ingest", "-C", str(folder), "--json"]


def environment() -> dict[str, str]:
    """What a shell has: without the settings of the allocator that polars, which makes the data, left in ours."""
    return {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}


def measure(side: str, path: Path, table: str, files: Files) -> Measured:
    """Run one side in a process of its own, its file in the page cache."""
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        line = command(side, path, Path(folder), table)
        begin = time.perf_counter()
        process = subprocess.Popen(line, stdout=subprocess.PIPE, env=environment())
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{side} failed on {path.name}")
        found = {"wall": time.perf_counter() - begin, "cpu": usage.ru_utime + usage.ru_stime}
        found["mb"] = usage.ru_maxrss / 1024
        answer = json.loads(out)
        if side == "ours":
            found |= _judged(answer, Path(folder), files, is_dirty=path == files.dirty)
        else:
            found["rejected"] = float(answer.get("rejected", -1))
    return found


def _judged(answer: dict[str, int], folder: Path, files: Files, *, is_dirty: bool) -> Measured:
    """Bad rows that were missed, and good ones that were not: by physical line and rule."""
    parts = sum(answer[f"rows_{name}"] for name in ("accepted", "duplicate", "quarantined"))
    planted = Counter(files.planted if is_dirty else ())
    assert answer["rows_read"] == parts == files.n_rows + planted.total()
    from cdptool.tables import QUARANTINE
    from cdptool.workspace import Workspace

    rows = Workspace.open(folder / "workspace").snapshot().scan("quarantine", QUARANTINE)
    found = Counter(rows.select(pl.col("row"), "rule").collect().rows())
    return {
        "rejected": float(answer["rows_quarantined"]),
        "missed": float((planted - found).total()),
        "extra": float((found - planted).total()),
    }


def compare(table: Table, files: Files, rounds: int) -> dict[tuple[str, str], Measured]:
    """The medians of each side on each copy of one table."""
    runs: dict[tuple[str, str], list[Measured]] = {}
    for _ in range(rounds):
        for copy, path in (("clean", files.clean), ("dirty", files.dirty)):
            for side in (*(side for side, _ in GOALS[table.name, copy]), "ours"):
                runs.setdefault((side, copy), []).append(measure(side, path, table.name, files))
    return {
        key: {name: statistics.median(run[name] for run in found) for name in found[0]}
        for key, found in runs.items()
    }


def report(
    table: Table, files: Files, found: dict[tuple[str, str], Measured]
) -> list[tuple[str, float, float]]:
    """Print the table's lines; what was measured against a goal: name, figure, goal."""
    size = files.clean.stat().st_size / 1e6
    print(
        f"\n{table.name}: {size:,.0f} MB, {files.n_rows:,} rows, {len(files.planted):,} bad ones in the dirty copy"
    )
    print(f"{'':26}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'rejected':>10}{'ours ÷ it':>11}")
    judged = []
    for (side, copy), one in found.items():
        ratio = found["ours", copy]["cpu"] / one["cpu"]
        rejected = f"{one['rejected']:,.0f}" if one["rejected"] >= 0 else "-"
        print(
            f"{side + ', ' + copy:26}{one['wall']:8.1f}{one['cpu']:8.1f}{one['mb']:9.0f}{rejected:>10}{ratio:11.2f}"
        )
        goal = dict(GOALS[table.name, copy]).get(side)
        if goal is not None:
            judged.append((f"{table.name} {copy} ÷ {side}", ratio, goal))
    ours = found["ours", "dirty"]
    judged.append((f"{table.name} missed or extra", ours["missed"] + ours["extra"], 0))
    judged.append((f"{table.name} MB", max(ours["mb"], found["ours", "clean"]["mb"]), MEGABYTES))
    return judged


def main() -> int:
    """Write the files, compare, print the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=1000, help="size of each file (default 1000)")
    parser.add_argument(
        "--large", type=int, default=5000, help="orders for the memory at size (default 5000; 0 = none)"
    )
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    judged = []
    for table in (ORDERS, CUSTOMERS):
        with tempfile.TemporaryDirectory() as folder:
            files = made(table, folder, given.mb)
            judged += report(table, files, compare(table, files, given.rounds))
    if given.large:
        with tempfile.TemporaryDirectory() as folder:
            files = made(ORDERS, folder, given.large)
            files.clean.unlink()
            ours = measure("ours", files.dirty, "orders", files)
        print(f"\norders of {given.large:,} MB: {ours['cpu']:.1f} CPU s, {ours['mb']:.0f} MB")
        judged.append((f"MB at {given.large / 1000:g} GB", ours["mb"], MEGABYTES))
        judged.append((f"missed or extra at {given.large / 1000:g} GB", ours["missed"] + ours["extra"], 0))
    print("ingest: " + ", ".join(f"{name} {figure:.4g} (goal <= {goal:g})" for name, figure, goal in judged))
    return 0 if all(figure <= goal for _, figure, goal in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
