"""Equal rows give equal bytes: file names, and with them every table digest, rest on it."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from cdptool.engines import sinks
from cdptool.engines.local import LocalEngine
from cdptool.workspace import parquet

ROWS = 70_000  # more than one row group


def columns() -> pl.DataFrame:
    n = pl.int_range(ROWS)
    return pl.select(
        integer=n,
        text=pl.when(n % 3 > 0).then(n.cast(pl.String)),
        few=(n % 7).cast(pl.String),
        real=n / 7,
        flag=n % 2 == 0,
        day=pl.lit(date(2026, 1, 1)) + pl.duration(days=n % 900),
        at=pl.from_epoch(n, time_unit="s").cast(pl.Datetime("us", "UTC")),
        texts=pl.when(n % 5 > 0).then(pl.concat_list((n % 3).cast(pl.String), (n % 2).cast(pl.String))),
        pair=pl.struct(x=n % 4, y=n.cast(pl.String)),
        raw=n.cast(pl.String).cast(pl.Binary),
    )


def test_neither_chunks_nor_plans_nor_engines_change_a_byte(tmp_path: Path) -> None:
    """Polars' default page size fails this for lists: pages end where chunks ended."""
    whole = columns()
    cuts = sorted(random.Random(7).sample(range(1, ROWS), 9))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, ROWS], strict=True)]
    for i, piece in enumerate(pieces):
        piece.write_parquet(tmp_path / f"piece{i}.parquet", row_group_size=5_000)
    files = pl.scan_parquet([tmp_path / f"piece{i}.parquet" for i in range(10)])
    ways = {
        "whole": whole.lazy(),
        "chunks": pl.concat(pieces, rechunk=False).lazy(),
        "files": files,
        "filtered": files.filter(pl.col("integer") >= 0),
        "sorted": files.sort("few", "integer").sort("integer"),
    }
    digests = {}
    for name, frame in ways.items():
        parquet.write_rows(frame, tmp_path / name)
        digests[name] = parquet.sha256(tmp_path / name)
    LocalEngine().write(files, str(tmp_path / "engine"))
    digests["engine"] = parquet.sha256(tmp_path / "engine")
    assert set(digests.values()) == {digests["whole"]}, digests


def test_engine_and_workspace_write_alike() -> None:
    """Siblings never import each other, so the two constants stand twice."""
    assert (sinks.ROW_GROUP, sinks.ONE_PAGE) == (parquet.ROW_GROUP, parquet.ONE_PAGE)


@pytest.mark.parametrize("rows", [0, 3])
def test_rows_are_counted_from_the_footer(tmp_path: Path, rows: int) -> None:
    parquet.write_rows(pl.LazyFrame({"a": range(rows)}), tmp_path / "a.parquet")
    assert parquet.count_rows(tmp_path / "a.parquet") == rows
