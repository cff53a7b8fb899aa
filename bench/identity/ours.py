"""
Our side: `cdptool dedupe FILE --out FOLDER`, the whole command from a cold start, configured by nothing.

This is the one place that knows what the command writes: `clusters.csv` with `row` (data row of the file, from 1) and
`cluster_id`, and `pairs.parquet` with `row_l`, `row_r`, `probability` of every candidate pair from 0.001.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

HERE = Path(__file__).resolve().parent
Used = dict[str, float]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs by row number from 0, each once, and the probability stated for it."""

    left: np.ndarray
    right: np.ndarray
    probability: np.ndarray


class NotThereError(Exception):
    """This cdptool has no `dedupe`."""


def measured(command: list[str], folder: Path, *, timeout: float | None = None) -> tuple[Used, str]:
    """What a command used (wall, cpu, mb) and its stdout; RuntimeError with the end of its stderr where it failed."""
    note = folder / "used.json"
    environment = {name: value for name, value in os.environ.items() if name != "_RJEM_MALLOC_CONF"}
    line = [sys.executable, "-S", "-E", str(HERE / "measure.py"), str(note), *command]
    with (folder / "stderr.txt").open("w+") as talk:
        process = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=talk, text=True, env=environment, start_new_session=True
        )
        try:
            out, _ = process.communicate(timeout=timeout)
        except BaseException:  # it has a session of its own, and nobody else would end it
            os.killpg(process.pid, 9)
            process.communicate()
            raise
        talk.seek(0)
        said = talk.read()
    if process.returncode:
        raise RuntimeError(said.strip()[-400:])
    return json.loads(note.read_text()), out


def dedupe(file: Path, folder: Path) -> Used:
    """Run the command; its results are left in `folder`/out."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    command = [sys.executable, "-m", "cdptool", "dedupe", str(file), "--out", str(folder / "out")]
    try:
        return measured(command, folder)[0]
    except RuntimeError as problem:
        if "no such command" in str(problem).lower():
            raise NotThereError from None
        raise


def clusters(folder: Path, n_rows: int) -> np.ndarray:
    """The cluster of each row (int64); a row that is not listed is alone."""
    found = pl.read_csv(folder / "out/clusters.csv", schema_overrides={"cluster_id": pl.String})
    return labelled(found.select("row", "cluster_id"), n_rows)


def labelled(found: pl.DataFrame, n_rows: int) -> np.ndarray:
    """Labels of rows 0 to `n_rows` - 1 from `row` (from 1) and `cluster_id` of any type; an unlisted row is alone."""
    label = -np.arange(1, n_rows + 1, dtype=np.int64)
    label[found["row"].to_numpy() - 1] = found["cluster_id"].rank("dense").cast(pl.Int64).to_numpy()
    return label


def pairs(folder: Path) -> Pairs | None:
    """The candidate pairs, or None where none were written."""
    path = folder / "out/pairs.parquet"
    return read_pairs(path) if path.exists() else None


def read_pairs(path: Path) -> Pairs:
    """Candidate pairs from a file that counts rows from 1."""
    found = pl.read_parquet(path, columns=["row_l", "row_r", "probability"])
    left, right = (found[name].cast(pl.Int64).to_numpy() - 1 for name in ("row_l", "row_r"))
    return Pairs(left, right, found["probability"].cast(pl.Float64).to_numpy())
