"""
The peers' side, each run in a process of its own: `python peers.py NAME FILE OUT`. Prints one JSON object.

duckdb: COPY of typed and cleaned columns, source, row number and hashes, rejected rows kept. pyarrow: its CSV
stream into Parquet, all text. bare: Polars' scan of all text into Parquet.
"""

from __future__ import annotations

import json
import sys
from ast import literal_eval
from pathlib import Path

_EMAIL = r"CASE WHEN regexp_full_match(lower(trim(email)), '[a-z0-9._+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+') THEN lower(trim(email)) END"
_DIGITS = "regexp_replace(phone, '[^0-9+]', '', 'g')"
COLUMNS = {
    "orders": f"""
        trim(order_id) AS order_id, try_cast(line AS BIGINT) AS line,
        try_strptime(created_at, '%Y-%m-%d %H:%M:%S') - INTERVAL 7 HOUR AS at,
        trim(customer_id) AS customer_id, {_EMAIL} AS email, trim(sku) AS sku,
        try_cast(quantity AS DOUBLE) AS quantity,
        CAST(try_cast(total AS DECIMAL(18, 4)) * 10000 AS BIGINT) AS total, trim(channel) AS channel,
        trim(note) AS note, hash(order_id, line) AS event_id, hash(customer_id, email) AS record_id,
        hash(order_id, line, created_at, customer_id, email, sku, quantity, total, channel, note) AS content""",
    "customers": f"""
        trim(customer_id) AS customer_id, trim(name) AS name, {_EMAIL} AS email,
        CASE WHEN regexp_full_match({_DIGITS}, '(\\+84|0)[0-9]{{9}}') THEN '+84' || right({_DIGITS}, 9) END AS phone,
        try_cast(birth_date AS DATE) AS birth_date, lower(trim(gender)) AS gender, trim(address) AS address,
        trim(city) AS city, try_strptime(updated_at, '%Y-%m-%d %H:%M:%S') - INTERVAL 7 HOUR AS at,
        hash(customer_id) AS record_id,
        hash(customer_id, name, email, phone, birth_date, gender, address, city) AS content""",
}


def _names(path: str) -> str:
    with Path(path).open("rb") as file:
        names = file.readline().decode().strip().split(",")
    return str(dict.fromkeys(names, "VARCHAR"))


def duckdb(path: str, out: str) -> dict[str, int]:
    """Rows written, and the lines that the reader rejected."""
    import duckdb as db

    table = next(name for name in COLUMNS if name in path.rpartition("/")[2])
    con = db.connect()
    con.execute("SET threads = 2")
    options = "all_varchar=true, store_rejects=true, ignore_errors=true, header=true, delim=',', quote='\"', escape='\"'"
    read = f"read_csv('{path}', {options}, auto_detect=false, columns={_names(path)})"
    select = f"SELECT {COLUMNS[table]}, '{table}' AS source, row_number() OVER () AS row FROM {read}"
    con.execute(f"COPY ({select}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")
    rejected = con.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchone()
    rows = con.execute(f"SELECT count(*) FROM '{out}'").fetchone()
    return {"rows": rows[0], "rejected": rejected[0]}


def pyarrow(path: str, out: str) -> dict[str, int]:
    """Rows written."""
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    pa.set_cpu_count(2)
    convert = csv.ConvertOptions(column_types=dict.fromkeys(literal_eval(_names(path)), pa.string()))
    parse = csv.ParseOptions(newlines_in_values=True)
    rows = 0
    reader = csv.open_csv(path, parse_options=parse, convert_options=convert)
    with reader, pq.ParquetWriter(out, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return {"rows": rows}


def bare(path: str, out: str) -> dict[str, int]:
    """Rows written."""
    import polars as pl

    pl.scan_csv(path, infer_schema=False).sink_parquet(out)
    return {"rows": int(pl.scan_parquet(out).select(pl.len()).collect().item())}


if __name__ == "__main__":
    sides = {side.__name__: side for side in (duckdb, pyarrow, bare)}
    print(json.dumps(sides[sys.argv[1]](sys.argv[2], sys.argv[3])))
