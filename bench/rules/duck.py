"""DuckDB's side: the same files as views, every rule's query by itself; answers kept for the judge."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import duckdb
from project import SEGMENTS, TRAITS

STREAMS, TABLES = ("cart", "order", "sent"), ("products", "profiles")


def main() -> None:
    """`duck.py FOLDER OUT NAMES|all AS_OF`."""
    folder, out, names, as_of = sys.argv[1:]
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    for name in (*STREAMS, *TABLES):
        columns = '* RENAME ("at" AS ts)' if name in STREAMS else "*"  # AT is a word of its own in SQL
        connection.execute(f"CREATE VIEW \"{name}\" AS SELECT {columns} FROM '{folder}/{name}.parquet'")
    for one in (*TRAITS, *SEGMENTS):
        if names != "all" and one.name not in names.split(","):
            continue
        query = one.query.format(at=f"TIMESTAMPTZ '{as_of}'")
        started, cpu = time.perf_counter(), time.process_time()
        found = connection.sql(query).to_arrow_table()
        figures = {"wall": time.perf_counter() - started, "cpu": time.process_time() - cpu}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"name": one.name, **figures, "mb": peak}), flush=True)
        connection.register("found", found)
        connection.execute(f"COPY found TO '{Path(out) / one.name}.parquet' (FORMAT parquet)")
        connection.unregister("found")


if __name__ == "__main__":
    main()
