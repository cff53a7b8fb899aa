"""Typed Parquet columns, read as a person would have seen them in a CSV file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from cdptool.errors import SourceError
from cdptool.fields import field_type
from cdptool.sources.raw import RawForm
from cdptool.sources.reading import read_again
from cdptool.sources.retrying import quarantined_source
from cdptool.sources.texts import as_readable, as_text
from tests.sources.project import CONTEXT, CRM, ORDERS, SHOP, mapped, read_path


@pytest.mark.parametrize(
    ("values", "dtype", "texts"),
    [
        ([17850.0, None, 2.5, float("nan"), 1e22], pl.Float64, ["17850", None, "2.5", None, "1e+22"]),
        ([7, None], pl.Int32, ["7", None]),
        ([b"a", b"\xe9", None], pl.Binary, ["a", None, None]),
        ([True, None], pl.Boolean, ["true", None]),
        ([Decimal("1.50")], pl.Decimal(10, 2), ["1.50"]),
        ([date(2026, 3, 1)], pl.Date, ["2026-03-01"]),
        ([datetime(2026, 3, 1, 9)], pl.Datetime("ns"), ["2026-03-01T09:00:00"]),
        ([datetime(2026, 3, 1, 9, 0, 0, 5)], pl.Datetime("us"), ["2026-03-01T09:00:00.000005"]),
        (
            [datetime(2026, 3, 1, 9, tzinfo=UTC)],
            pl.Datetime("us", "Asia/Ho_Chi_Minh"),
            ["2026-03-01T09:00:00Z"],
        ),
        (["x"], pl.Categorical, ["x"]),
    ],
)
def test_a_value_is_the_text_people_know(values: list[object], dtype: pl.DataType, texts: list[str]) -> None:
    assert as_text(pl.Series("c", values, dtype=dtype)).to_list() == texts


def test_canonical_types_pass_and_floats_of_money_are_rounded() -> None:
    assert as_readable(pl.Series([0.1 + 0.2, float("inf")]), field_type("money")).to_list() == [3000, None]
    assert as_readable(pl.Series([5]), field_type("money")).to_list() == ["5"]
    assert as_readable(pl.Series([1.5, float("nan")]), field_type("number")).to_list() == [1.5, None]
    assert as_readable(pl.Series([7], dtype=pl.UInt8), field_type("integer")).dtype == pl.Int64


def test_a_parquet_file_is_read_like_the_csv_of_the_same_export(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame(
        {
            "order": [1.0, 2.0],
            "time": [datetime(2026, 3, 1, 10), None],
            "customer": [17850.0, None],
            "email": pl.Series([b"An@example.com", None], dtype=pl.Binary),
            "total": [2.55, 1.0],
            "tags": [["a"], []],
        }
    ).write_parquet(path)
    found = read_path(tmp_path, path, SHOP)
    events = found.tables["stream_order"]
    assert events["order_id"].to_list() == ["1", "2"]
    assert events["at"][0].isoformat() == "2026-03-01T03:00:00+00:00"
    assert events["total"].to_list() == [25_500, 10_000]
    assert events["row"].to_list() == [1, 2]
    assert found.tables["records"].select("customer_id", "email").rows() == [("17850", "an@example.com")]


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_texts_in_a_typed_file_are_read_as_declared_and_typed_values_as_they_are(
    tmp_path: Path, kind: str
) -> None:
    """A declared `format` or `decimal` was ignored there: no time at all, and 1.234,50 was 1.234 with a fault."""
    path = tmp_path / "x.bin"
    frame = pl.DataFrame(
        {
            "order": ["A", "B"],
            "time": ["01/03/2026 10:00", "2026-03-01 10:00"],
            "number": [20260301, None],
            "typed": [None, datetime(2026, 3, 2, 10, tzinfo=UTC)],
            "customer": ["K1", "K2"],
            "email": [None, None],
            "total": ["1.234", "2,50"],
        }
    )
    if kind == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_ipc(path)
    at = mapped("at", "datetime", "time", tz="UTC", format=("%d/%m/%Y %H:%M",), fallbacks=("typed", "number"))
    columns = (mapped("order_id", "identifier", "order"), mapped("total", "money", decimal=","))
    events = read_path(tmp_path, path, replace(SHOP, at=at, columns=columns)).tables["stream_order"]
    assert events["total"].to_list() == [12_340_000, 25_000]
    assert [at.isoformat() for at in events["at"]] == [
        "2026-03-01T10:00:00+00:00",
        "2026-03-02T10:00:00+00:00",
    ]
    days = replace(at, column="number", format=("%Y%m%d",), fallbacks=("typed",))
    again = read_path(tmp_path, path, replace(SHOP, at=days), digest="d2").tables["stream_order"]
    assert [at.isoformat() for at in again["at"]] == [
        "2026-03-01T00:00:00+00:00",
        "2026-03-02T10:00:00+00:00",
    ]


def test_a_typed_row_is_retried_with_the_declared_format_and_with_times_of_its_own(tmp_path: Path) -> None:
    """Quarantine keeps texts: what was a time of the file stands there as ISO 8601."""
    form = RawForm(("order", "time"))
    raws = [
        b'{"order": "A", "time": "01/03/2026 10:00"}',
        b'{"order": "B", "time": "2026-03-02T10:00:00.500000Z"}',
    ]
    rows = pl.DataFrame({"row": [1, 2], "raw": raws})
    at = mapped("at", "datetime", "time", tz="Asia/Ho_Chi_Minh", format=("%d/%m/%Y %H:%M",))
    spec = replace(SHOP, at=at, identifiers=(), columns=(mapped("order_id", "identifier", "order"),))
    staging = tmp_path / "staging"
    staging.mkdir()
    found = read_again(
        quarantined_source(rows, form, spec), spec, str(staging), replace(CONTEXT, target=ORDERS)
    )
    events = pl.read_parquet(next(one.path for one in found.staged if one.table == "stream_order"))
    assert [at.isoformat() for at in events["at"]] == [
        "2026-03-01T03:00:00+00:00",
        "2026-03-02T10:00:00.500000+00:00",
    ]


def test_a_nested_column_that_is_mapped_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"id": ["a"], "email": [["x"]]}).write_parquet(path)
    with pytest.raises(SourceError, match="column `email` hold lists or structs"):
        read_path(tmp_path, path, CRM)


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"id": ["a"], "email": ["x"]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match="damaged or truncated"):
        read_path(tmp_path, path, CRM)
