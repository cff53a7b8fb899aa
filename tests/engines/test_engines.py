"""The two engines of one machine: same verbs, same rows, nothing left behind."""

from __future__ import annotations

import errno
import random
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.engines import BucketEngine, LocalEngine
from cdptool.errors import SchemaError, StoreError
from cdptool.kernels import Engine, FileRef
from tests.engines.conformance import canonical

ROWS = pl.DataFrame({"k": [1, None, 2, 1, None, 3], "v": [1, 2, 3, 4, 5, 6]})


def total(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.group_by("k").agg(pl.col("v").sum())


def as_engines(local: LocalEngine, buckets: BucketEngine) -> tuple[Engine[pl.LazyFrame], ...]:
    """A strict type checker reads this as the proof that both keep the protocol."""
    return (local, buckets)


def test_rows_without_a_key_share_a_bucket(tmp_path: Path) -> None:
    with BucketEngine(8, tmp_path) as engine:
        result = engine.collect(engine.shuffle([ROWS.lazy()], [("k",)], total))
    assert sorted(result.rows(), key=str) == [(1, 5), (2, 3), (3, 6), (None, 7)]


@pytest.mark.parametrize("n", [1, 3, 8])
def test_a_job_of_several_steps_gives_the_same_rows(tmp_path: Path, n: int) -> None:
    random_ = random.Random(n)
    orders = pl.DataFrame(
        {"k": [random_.randrange(40) for _ in range(500)], "v": [random_.randrange(9) for _ in range(500)]}
    )
    people = pl.DataFrame({"id": list(range(60)), "group": [i % 5 for i in range(60)]})

    def join(left: pl.LazyFrame, right: pl.LazyFrame) -> pl.LazyFrame:
        return left.join(right, left_on="k", right_on="id")

    def job(engine: Engine[pl.LazyFrame]) -> pl.DataFrame:
        kept = engine.map(engine.of(orders), lambda rows: rows.filter(pl.col("v") > 2))
        joined = engine.shuffle([kept, engine.of(people)], [("k",), ("id",)], join)
        saved = engine.checkpoint(joined, "joined")
        return canonical(
            engine.collect(
                engine.shuffle([saved], [("group",)], lambda rows: rows.group_by("group").agg(pl.len()))
            )
        )

    with BucketEngine(n, tmp_path, slice_rows=37) as buckets:
        local, spilled = (job(engine) for engine in as_engines(LocalEngine(), buckets))
    assert_frame_equal(spilled, local)
    assert local["len"].sum() == orders.filter(pl.col("v") > 2).height


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with BucketEngine(3, tmp_path) as engine:
        result = engine.shuffle([ROWS.lazy()], [("k",)], total)
        assert list(tmp_path.iterdir()) != []
        assert list(tmp_path.rglob("in0/*/*")) == [], "a bucket goes as soon as it is used"
        assert engine.collect(result).height == 4
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_spilled_goes_with_the_next_engine(tmp_path: Path) -> None:
    (tmp_path / "buckets-killed" / "0001").mkdir(parents=True)
    with BucketEngine(3, tmp_path) as first, BucketEngine(3, tmp_path) as second:
        assert not (tmp_path / "buckets-killed").exists()
        result = first.collect(first.shuffle([ROWS.lazy()], [("k",)], total))
        assert_frame_equal(
            canonical(result), canonical(second.collect(second.shuffle([ROWS.lazy()], [("k",)], total)))
        )
    assert list(tmp_path.iterdir()) == []


def test_a_spill_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="is a file, not a folder"):
        BucketEngine(3, tmp_path / "file")


def test_keys_of_a_co_group_have_one_dtype(tmp_path: Path) -> None:
    """1 and "1" would land in different buckets without a word."""
    with BucketEngine(3, tmp_path) as engine, pytest.raises(SchemaError, match="differ in dtype"):
        engine.shuffle([ROWS.lazy(), ROWS.lazy().cast(pl.String)], [("k",), ("k",)], lambda a, b: a)


def test_a_schema_that_depends_on_data_is_refused(tmp_path: Path) -> None:
    def pivot(rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows.collect().with_columns(pl.lit(1).alias(f"n{rows.collect().height}")).lazy()

    with BucketEngine(3, tmp_path) as engine, pytest.raises(SchemaError, match="depend on its data"):
        engine.shuffle([ROWS.lazy()], [("k",)], pivot)


def test_collect_refuses_what_is_too_long() -> None:
    engine = LocalEngine()
    assert engine.collect(ROWS.lazy(), limit=6).height == 6
    with pytest.raises(StoreError, match="more than 5 rows"):
        engine.collect(ROWS.lazy(), limit=5)


def test_written_files_are_scanned_with_their_declared_schema(tmp_path: Path) -> None:
    engine = LocalEngine()
    engine.write(ROWS.lazy(), str(tmp_path / "a.parquet"))
    engine.write(ROWS.lazy().with_columns(w=pl.lit("x")), str(tmp_path / "b.parquet"))
    schema = (("k", pl.Int64()), ("v", pl.Int64()), ("w", pl.String()))
    ref = FileRef((str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")), schema)
    assert engine.collect(engine.scan(ref))["w"].null_count() == 6
    assert engine.collect(engine.scan(FileRef((), schema))).schema == dict(schema)
    assert [path.stat().st_mode & 0o777 for path in sorted(tmp_path.iterdir())] == [0o600, 0o600]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", full)
    with BucketEngine(3, tmp_path) as engine:
        for act in (
            lambda: engine.shuffle([ROWS.lazy()], [("k",)], total),
            lambda: engine.write(ROWS.lazy(), str(tmp_path / "a.parquet")),
        ):
            with pytest.raises(StoreError, match="the disk is full"):
                act()


def test_a_write_that_fails_leaves_no_file(tmp_path: Path) -> None:
    broken = ROWS.lazy().select(pl.col("v").cast(pl.String) + "x").select(pl.col("v").cast(pl.Int64))
    with pytest.raises(pl.exceptions.InvalidOperationError):
        LocalEngine().write(broken, str(tmp_path / "a.parquet"))
    assert list(tmp_path.iterdir()) == []
