"""
How long ten million events take to become sessions, beside a DuckDB window query that cuts and counts only.

`python bench/sessions/bench.py [events]`: CPU and wall seconds of each, three rounds in turn, both reading Parquet.
DuckDB's query knows idle time, counts and first and last page; ours also campaigns from addresses, channels,
owners, engagement. DuckDB runs in the environment that `make bench-ingest` makes for its peers.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

PEERS = Path(__file__).resolve().parents[1] / "ingest/.venv/bin/python"
QUERY = """
SELECT count(*), sum(events), sum(pages) FROM (
  SELECT device, session, min("at") AS started, max("at") AS ended, count(*) AS events, count(url) AS pages,
         arg_min(url, "at") AS entry, arg_max(url, "at") AS leave
  FROM (
    SELECT *, sum(starts) OVER (PARTITION BY device ORDER BY "at", event_id) AS session
    FROM (
      SELECT *, CASE WHEN "at" - lag("at") OVER (PARTITION BY device ORDER BY "at", event_id) <= INTERVAL 30 MINUTE
                     THEN 0 ELSE 1 END AS starts
      FROM read_parquet('{path}')
    )
  ) GROUP BY device, session
)
"""


def write_events(path: Path, n: int) -> None:
    """Events of n / 20 devices over ninety days; one page in ten was come to by a campaign."""
    import numpy as np
    import polars as pl

    chance = np.random.default_rng(7)
    query = pl.Series(["", *[f"?utm_source=google&utm_medium=cpc&utm_campaign=c{i}" for i in range(50)]])
    which = np.where(chance.random(n) < 0.1, chance.integers(1, 51, n), 0)
    pages = pl.Series([f"https://www.example.com/p/{i}" for i in range(5_000)])
    visits = chance.integers(0, 90 * 24, n // 4)  # hours at which the visits of a device begin
    visit = chance.integers(0, n // 4, n)
    seconds = visits[visit] * 3_600 + chance.integers(0, 1_500, n)
    none = pl.repeat(None, n, dtype=pl.String, eager=True)
    pl.DataFrame(
        {
            "device": pl.Series(visit // 5, dtype=pl.Int64),
            "at": pl.Series((1_790_000_000 + seconds) * 1_000_000).cast(pl.Datetime("us", "UTC")),
            "event_id": pl.Series(chance.permutation(n), dtype=pl.Int64),
            "record_id": pl.Series(visit // 5, dtype=pl.Int64),
            "is_known": chance.random(n) < 0.02,
            "is_page": True,
            "is_conversion": False,
            "url": pages.gather(chance.integers(0, 5_000, n)) + query.gather(which),
            "referrer": none,
            **dict.fromkeys(("source", "medium", "campaign", "term", "content"), none),
        }
    ).write_parquet(path)


def ours(path: Path) -> None:
    """Sessions with all their columns, and whose each event is."""
    from cdptool.cli.memory import reuse_memory

    reuse_memory()  # as the command line does
    import polars as pl

    from cdptool.web import Cutting, sessions_kernel

    found = sessions_kernel(Cutting())(pl.scan_parquet(path)).collect()
    print(found.height, found["events"].sum(), found["pages"].sum())


def peer(path: Path) -> None:
    """DuckDB's cut and counts."""
    import duckdb

    duckdb.execute("SET TimeZone = 'UTC'")
    print(*duckdb.execute(QUERY.format(path=path)).fetchone())


def measured(option: str, path: Path) -> tuple[float, float, str]:
    """CPU and wall seconds of a process, start of Python and imports included, and what it said."""
    import resource

    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    python = str(PEERS) if option == "--peer" else sys.executable
    command = [python, __file__, option, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - start, done.stdout.strip()


def main() -> None:
    """Write the events, then measure both."""
    if sys.argv[1:2] in (["--ours"], ["--peer"]):
        (ours if sys.argv[1] == "--ours" else peer)(Path(sys.argv[2]))
        return
    if not PEERS.exists():
        sys.exit("run `make bench-ingest` once: it makes the environment of the peers")
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        write_events(path, n)
        for _ in range(3):
            for option in ("--ours", "--peer"):
                cpu, wall, said = measured(option, path)
                print(f"{option[2:]:5} cpu {cpu:6.1f} s  wall {wall:6.1f} s  sessions, events, pages: {said}")


if __name__ == "__main__":
    main()
