"""
One run of one peer in a process of its own: `python peer_runner.py JOB.json`. Runs in the peers' environment.

Prints one JSON object: wall and CPU seconds and peak memory from the tidied table to the clusters, imports apart.
Writes `pairs.parquet` (row_l, row_r, probability) where the peer tells its pairs, and `clusters.parquet`
(row, cluster_id); rows count from 1.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import resource
import sys
import time
from csv import reader
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Clock:
    """What the process used since it was started."""

    wall: float = 0.0
    cpu: float = 0.0

    def start(self) -> None:
        """Count from here."""
        self.wall, self.cpu = time.perf_counter(), _cpu()

    def read(self) -> dict[str, float]:
        """Seconds since the start and the peak of the whole process so far."""
        peak = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        )
        return {"wall": time.perf_counter() - self.wall, "cpu": _cpu() - self.cpu, "mb": peak / 1024}


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def splink(job: dict, out: Path, clock: Clock) -> dict[str, float]:
    """Splink 5 on DuckDB with two threads."""
    import duckdb
    import splink_side

    con = duckdb.connect()
    con.execute("SET threads = 2")
    columns = splink_side.tidy(con, job["name"], job["file"], job["kinds"], job.get("most", 0))
    n_keys = splink_side.add_keys(con, job["keys"]) if "keys" in job else 0
    clock.start()
    n_pairs = splink_side.resolve(con, job["name"], columns, job.get("seed"), job["threshold"], n_keys)
    used = clock.read() | {"pairs": n_pairs}
    for table in ("pairs", "clusters"):
        con.execute(f"COPY (FROM {table}) TO '{out / table}.parquet' (FORMAT parquet)")
    return used


def goldenmatch(job: dict, out: Path, clock: Clock) -> dict[str, float]:
    """GoldenMatch without any configuration, on the file as it is."""
    os.environ["DO_NOT_TRACK"] = "1"
    import goldenmatch as gm
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    path = job["file"]
    if path.endswith(".csv"):
        with Path(path).open(encoding="utf-8") as file:
            names = next(reader(file))
        options = csv.ConvertOptions(strings_can_be_null=True, column_types=dict.fromkeys(names, pa.string()))
        table = csv.read_csv(
            path, parse_options=csv.ParseOptions(newlines_in_values=True), convert_options=options
        )
    else:
        table = pq.read_table(path)
    clock.start()
    result = gm.dedupe_df(table, allow_red_config=True, confidence_required=False)
    used = clock.read()
    rows, ids = [], []
    for number, cluster in result.clusters.items():
        for member in cluster["members"]:
            rows.append(int(member) + 1)
            ids.append(int(number))
    pq.write_table(pa.table({"row": rows, "cluster_id": ids}), out / "clusters.parquet")
    return used


def recordlinkage(job: dict, out: Path, clock: Clock) -> dict[str, float]:
    """Its unsupervised ECM classifier on agree/disagree vectors, on the table and under the rules that Splink gets."""
    import duckdb
    import pandas as pd
    import recordlinkage as rl
    import splink_side

    con = duckdb.connect()
    columns = splink_side.tidy(con, job["name"], job["file"], job["kinds"], job.get("most", 0))
    asked = splink_side.rules(job["name"], columns)
    keys = sorted({part for rule in asked for part in rule if "(" in part})
    made = "".join(f', {key} AS "{key}"' for key in keys)
    frame = con.execute(f"SELECT *{made} FROM tidied").df().set_index("unique_id")
    clock.start()
    # Missing keys meet each other in this library; a block without its null rows cannot be said otherwise.
    pairs = pd.MultiIndex.from_tuples([], names=["unique_id_1", "unique_id_2"])
    for rule in asked:
        known = frame.dropna(subset=list(rule))
        pairs = pairs.union(rl.index.Block(list(rule)).index(known))
    compare = rl.Compare()
    for name in columns:
        if name == "both_names":
            continue
        if name.partition("_")[0] in ("given", "family", "name", "firm", "street"):
            compare.string(name, name, method="jarowinkler", threshold=0.88, label=name)
        elif name.partition("_")[0] in ("email", "phone", "code", "born", "postcode"):
            compare.string(name, name, method="levenshtein", threshold=0.8, label=name)
        else:
            compare.exact(name, name, label=name)
    vectors = compare.compute(pairs, frame)
    model = rl.ECMClassifier(binarize=0.5)
    model.fit(vectors)
    found = model.prob(vectors)
    used = clock.read()
    answer = pd.DataFrame(
        {
            "row_l": pairs.get_level_values(0),
            "row_r": pairs.get_level_values(1),
            "probability": found.to_numpy(),
        }
    )
    con.register("answer", answer)
    con.execute(f"COPY (FROM answer) TO '{out / 'pairs'}.parquet' (FORMAT parquet)")
    return used


def main() -> None:
    """Run the job; talk of the peers goes to stderr, the last line of stdout is the answer."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    logging.disable(logging.WARNING)
    sides = {side.__name__: side for side in (splink, goldenmatch, recordlinkage)}
    with contextlib.redirect_stdout(io.StringIO()):
        used = sides[job["peer"]](job, Path(job["out"]), Clock())
    print(json.dumps(used))


if __name__ == "__main__":
    main()
