"""
How many planted faults `cdptool profile` finds in tables it has never seen, and how many clean columns it accuses.

24 tables of twelve shapes, Vietnamese and Western, 300 to 50,000 rows, in 18 sets of files that belong together; each
of twelve kinds of fault is planted with a chance of one half wherever a table has a place for it, in 0.2 to 3 % of the
rows (outliers at most 1 %) and at least 3, every fault in rows of its own; the other half of the places stays clean.
Every run draws a new seed and prints it; `--seed` repeats it. Shapes, values and faults were written without a look at
the detector. When a finding counts as right stands in `scoring.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from faults import plant
from scoring import KINDS, Found, Planted, Score, Tally, ratio, read_findings, score
from shapes import make_sets
from table import Table

GOAL = 0.9


def write_sets(folder: Path, seed: int, scale: float) -> tuple[list[list[Path]], list[Planted], int]:
    """Make, spoil and write all sets; their files, what was planted, and the number of rows."""
    rng = np.random.default_rng(seed)
    files, planted, rows = [], [], 0
    for number, tables in enumerate(make_sets(rng, scale)):
        files.append([])
        for table in tables:
            path = folder / f"{number:02}_{table.name}.csv"
            planted += _spoil(table, path.name, rng)
            table.write(path)
            rows += table.height
            files[-1].append(path)
    return files, planted, rows


def _spoil(table: Table, file: str, rng: np.random.Generator) -> list[Planted]:
    return [
        Planted(
            file,
            truth.kind,
            frozenset(table.headers(truth.columns)),
            frozenset(row + 1 for row in truth.rows),
            frozenset(row + 1 for row in truth.excused),
            truth.note,
        )
        for truth in plant(table, rng)
    ]


def profile(files: list[Path]) -> list[Found]:
    """What `cdptool profile` finds in files that belong together."""
    command = [sys.executable, "-m", "cdptool", "profile", *map(str, files), "--json"]
    environment = {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if "no such command" in done.stderr.lower():
        raise SystemExit("detect: this cdptool has no `profile` yet, nothing to score")
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        names = ", ".join(path.name for path in files)
        print(f"no answer for {names} (exit {done.returncode}): {done.stderr.strip()[:400]}")
        return []
    found = list(read_findings(answer, files[0].name))
    unknown = {one.kind for one in found} - set(KINDS)
    if unknown:
        print(f"kinds that are none of the twelve: {', '.join(sorted(unknown))}")
    return found


def show(result: Score) -> bool:
    """Print the table and the last line; whether the goal is met."""
    print(f"{'':26}{'planted':>8}{'found':>7}{'recall':>8}{'right':>7}{'wrong':>7}{'also':>6}{'precision':>11}{'rows: P':>9}{'R':>7}")  # fmt: skip
    whole = Tally()
    for kind, tally in result.tallies.items():
        whole.add(tally)
        print(_line(kind, tally))
    print(_line("all", whole))
    recall = ratio(whole.found, whole.planted) or 0.0
    precision = ratio(whole.right, whole.right + whole.wrong) or 0.0
    print(f"detect: precision {precision:.3f} recall {recall:.3f} (goal >= {GOAL} >= {GOAL})")
    return precision >= GOAL and recall >= GOAL


def _line(name: str, tally: Tally) -> str:
    shares = (
        ratio(tally.found, tally.planted),
        ratio(tally.right, tally.right + tally.wrong),
        ratio(tally.rows_right, tally.rows_right + tally.rows_wrong),
        ratio(tally.rows_found, tally.rows_planted),
    )
    recall, precision, *rows = ["-" if share is None else f"{share:.2f}" for share in shares]
    return (
        f"{name:26}{tally.planted:8}{tally.found:7}{recall:>8}{tally.right:7}{tally.wrong:7}{tally.also_true:6}"
        f"{precision:>11}{rows[0]:>9}{rows[1]:>7}"
    )


def explain(result: Score) -> None:
    """Every fault that was missed and every clean column that was accused (all values here are made up)."""
    for fault in result.missed:
        print(
            f"missed  {fault.file} {fault.kind} {sorted(fault.columns)} {len(fault.rows)} rows: {fault.note}"
        )
    for one in result.accused:
        print(
            f"accused {one.file} {one.kind} {sorted(one.columns)} {one.n} rows, e.g. {sorted(one.rows)[:5]}"
        )


def main() -> int:
    """Parse the command line; plant, profile, score."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, help="repeat a run (default: a new one)")
    parser.add_argument("--scale", type=float, default=1.0, help="more or fewer rows (never under 300)")
    parser.add_argument("--explain", action="store_true", help="list what was missed and who was accused")
    parser.add_argument(
        "--only-write", type=Path, help="write the files and truth.json to a folder, run nothing"
    )
    given = parser.parse_args()
    seed = secrets.randbelow(1 << 31) if given.seed is None else given.seed
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.only_write or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        files, planted, rows = write_sets(folder, seed, given.scale)
        n_files = sum(map(len, files))
        print(f"seed {seed}: {n_files} tables, {rows:,} rows, {len(planted)} faults planted", flush=True)
        if given.only_write:
            truth = [(one.file, one.kind, sorted(one.columns), sorted(one.rows), one.note) for one in planted]
            (folder / "truth.json").write_text(
                json.dumps(truth, ensure_ascii=False, indent=0), encoding="utf-8"
            )
            return 0
        begin = time.perf_counter()
        findings = [one for together in files for one in profile(together)]
        result = score(planted, findings)
        print(f"profiled in {time.perf_counter() - begin:.0f} s")
    if given.explain:
        explain(result)
    return 0 if show(result) else 1


if __name__ == "__main__":
    sys.exit(main())
