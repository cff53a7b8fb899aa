"""One file through all steps: what is accepted, a duplicate or quarantined, and under which ids."""

from __future__ import annotations

import csv
import errno
import io
import os
import random
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cdptool.errors import CheckFailed, SourceError, StoreError
from cdptool.ids import hash63, printed_id
from cdptool.sources import Dialect, Mapped, file_digest, read_file
from cdptool.sources.outputs import main_schema, records_schema
from cdptool.tables import FILES, ISSUES, PROVENANCE, QUARANTINE, Column, StreamSchema, require
from tests.shared import shared_data
from tests.sources.project import (
    CONTEXT,
    CRM,
    ORDERS,
    SHOP,
    SHOP_HEADER,
    STOCK,
    mapped,
    read,
)

ROUNDS = int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))
SHOP_ROWS = (
    "1,2026-03-01 10:00:00,K1,an@example.com,10.50\n"
    "2,2026-03-01 11:00:00,K2,,20\n"
    "3,2026-03-01 12:00:00,,,30\n"
    "4,2026-03-01 13:00:00,K1,an@example.com,40\n"
)


def test_records_have_ids_from_source_and_key_and_rows_from_physical_lines(tmp_path: Path) -> None:
    found = read(tmp_path, 'id,email\n007,An@Example.com\n"0\n8",\n 9 ,b@example.com\n', CRM)
    records = found.tables["records"]
    assert records["source_key"].to_list() == ["007", "0\n8", "9"]
    assert records["customer_id"][0] == "007"
    assert records["email"].to_list() == ["an@example.com", None, "b@example.com"]
    assert records["row"].to_list() == [2, 3, 5]
    expected = records.select(hash63("record", "crm", pl.col("source_key")))["id"]
    assert records["record_id"].to_list() == expected.to_list()
    assert dict(records.schema) == main_schema(CRM, CONTEXT) == records_schema(CONTEXT)


def test_a_stream_stages_events_and_one_minimal_record_per_identifier_set(tmp_path: Path) -> None:
    found = read(tmp_path, SHOP_HEADER + SHOP_ROWS, SHOP)
    events, records = found.tables["stream_order"], found.tables["records"]
    assert found.counts == (4, 4, 0, 0)
    assert events["total"].to_list() == [105_000, 200_000, 300_000, 400_000]
    assert events["total_currency"].unique().to_list() == ["VND"]
    assert events["at"][0].isoformat() == "2026-03-01T03:00:00+00:00"
    assert events["record_id"].is_null().to_list() == [False, False, True, False]
    assert events["record_id"][0] == events["record_id"][3]
    assert records["source_key"].to_list() == ["customer_id=K1", "customer_id=K2"]
    assert records["row"].to_list() == [2, 3]
    assert records["observed_at"].null_count() == 2
    assert set(records["record_id"]) == set(events["record_id"].drop_nulls())
    assert dict(events.schema) == main_schema(SHOP, replace(CONTEXT, target=ORDERS))


def test_a_record_of_personal_identifiers_only_is_cited_by_its_printed_id(tmp_path: Path) -> None:
    """`source:source_key` is printed; an e-mail must not be."""
    found = read(tmp_path, SHOP_HEADER + "1,2026-03-01 10:00:00,,an@example.com,1\n", SHOP)
    record = found.tables["records"].row(0, named=True)
    assert record["source_key"] == printed_id(record["record_id"], "r")


def test_identical_rows_without_a_key_are_all_accepted(tmp_path: Path) -> None:
    row = "1,2026-03-01 10:00:00,K1,,5\n"
    found = read(tmp_path, SHOP_HEADER + row * 3, SHOP)
    assert found.counts == (3, 3, 0, 0)
    assert found.tables["stream_order"]["event_id"].n_unique() == 3


def test_overlapping_files_without_a_key_keep_the_larger_multiplicity(tmp_path: Path) -> None:
    row = "1,2026-03-01 10:00:00,K1,,5\n"
    first = read(tmp_path, SHOP_HEADER + row * 2, SHOP)
    second = read(tmp_path, SHOP_HEADER + row * 3, SHOP, known=first.known(), digest="d2")
    assert second.counts == (3, 1, 2, 0)
    assert "records" not in second.tables


def test_identical_records_without_a_key_are_numbered(tmp_path: Path) -> None:
    found = read(tmp_path, "id,email\nA,\nA,\nB,\n", replace(CRM, key=()))
    keys = found.tables["records"]["source_key"].to_list()
    assert found.counts == (3, 3, 0, 0)
    assert keys[1] == keys[0] + ".2"
    assert found.tables["records"]["record_id"].n_unique() == 3


def test_a_repeated_key_is_a_duplicate_with_the_same_content_and_a_version_with_other(tmp_path: Path) -> None:
    found = read(tmp_path, "id,email\n1,a@example.com\n1,b@example.com\n1,a@example.com\n", CRM)
    assert found.counts == (3, 2, 1, 0)
    assert found.tables["records"]["row"].to_list() == [2, 3]
    assert found.tables["records"]["record_id"].n_unique() == 1


def test_the_same_file_again_brings_nothing(tmp_path: Path) -> None:
    first = read(tmp_path, SHOP_HEADER + SHOP_ROWS, replace(SHOP, key=("order",)))
    again = read(
        tmp_path, SHOP_HEADER + SHOP_ROWS, replace(SHOP, key=("order",)), known=first.known(), digest="d2"
    )
    assert again.counts == (4, 0, 4, 0)
    assert not again.tables


def test_a_row_whose_key_is_empty_is_quarantined(tmp_path: Path) -> None:
    found = read(tmp_path, "id,email\n ,a@example.com\n1,\n", CRM)
    assert found.counts == (2, 1, 0, 1)
    assert found.tables["quarantine"]["rule"].to_list() == ["key"]


def test_required_values_quarantine_and_others_become_issues(tmp_path: Path) -> None:
    spec = replace(SHOP, at=mapped("at", "datetime", "time", tz="UTC", required=True))
    rows = "1,2026-02-31 10:00:00,K1,,1\n2,,K1,,2\n3,2026-03-01 10:00:00,K1,x@@y,abc\n"
    found = read(tmp_path, SHOP_HEADER + rows, spec)
    assert found.counts == (3, 1, 0, 2)
    quarantine, issues = found.tables["quarantine"], found.tables["issues"]
    assert quarantine.select("row", "column", "rule").rows() == [
        (2, "time", "invalid"),
        (3, "time", "required"),
    ]
    assert quarantine["raw"][1] == b"2,,K1,,2"
    assert issues.select("row", "column", "verdict", "raw").rows() == [
        (4, "email", "invalid", "x@@y"),
        (4, "total", "invalid", "abc"),
    ]
    require(quarantine.lazy(), QUARANTINE, "quarantine")
    require(issues.lazy(), ISSUES, "issues")


def test_a_table_keeps_one_row_per_key_whatever_the_order(tmp_path: Path) -> None:
    rows = ["A,apple\n", "B,bread\n", "A,apple\n", "A,pear\n"]
    seen = set()
    for seed in range(6):
        random.Random(seed).shuffle(rows)
        found = read(tmp_path, "sku,name\n" + "".join(rows), STOCK)
        kept = found.tables["table_products"].sort("sku")
        assert kept["sku"].to_list() == ["A", "B"]
        assert sum(found.counts[1:]) == found.counts[0] == 4
        assert found.tables["quarantine"]["rule"].unique().to_list() == ["key"]
        seen.add(kept["name"][0])
    assert len(seen) == 1


def test_constants_fill_columns(tmp_path: Path) -> None:
    note = Mapped("note", "text", value="store")
    found = read(tmp_path, SHOP_HEADER + SHOP_ROWS, replace(SHOP, columns=(*SHOP.columns, note)))
    assert found.tables["stream_order"]["note"].unique().to_list() == ["store"]


def test_a_currency_comes_from_a_column_where_declared(tmp_path: Path) -> None:
    total = Mapped("total", "money", column="total", currency_from="note")
    text = "order,time,customer,email,total,note\n1,2026-03-01 10:00:00,K1,,5,usd\n2,2026-03-01 10:00:00,K1,,5,\n"
    found = read(tmp_path, text, replace(SHOP, columns=(total,)))
    assert found.tables["stream_order"]["total_currency"].to_list() == ["USD", None]


def test_the_files_row_says_what_was_read(tmp_path: Path) -> None:
    found = read(tmp_path, "\n" + SHOP_HEADER + SHOP_ROWS + "\n\n", SHOP)
    row = found.result.file.row(0, named=True)
    assert dict(found.result.file.schema) == FILES
    assert (row["rows_read"], row["blank_lines"]) == (4, 3)
    assert row["newest_at"].isoformat() == "2026-03-01T06:00:00+00:00"
    assert row["dialect"] == "csv, delimiter `,` (detected), utf-8"
    assert row["path"] == "data/file.csv"


@pytest.mark.parametrize("declares", [False, True])
def test_too_many_quarantined_rows_refuse_the_file_and_leave_nothing(tmp_path: Path, declares: bool) -> None:
    spec = replace(CRM, max_quarantined_ratio=0.1, declares_max_quarantined=declares)
    with pytest.raises(CheckFailed if declares else SourceError) as caught:
        read(tmp_path, "id,email\n1,\n2\n3,\n", spec)
    assert "1 of 3 rows are quarantined (33.3%, allowed 10.0%): fields 1" in str(caught.value)
    assert str(caught.value).startswith("data/file.csv:3: ")
    assert not list((tmp_path / "staging").iterdir())


def test_all_missing_columns_are_named_at_once_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "id,emial\n1,x\n", replace(CRM, key=("zzz",)))
    problems = [(finding.problem, finding.hint) for finding in caught.value.findings]
    assert problems == [
        ("column `email` is missing", "did you mean `emial`?"),
        ("column `zzz` is missing", "it has `id`, `emial`"),
    ]


def dirty_text(rng: random.Random, n_rows: int) -> str:
    """Rows of orders, some ragged, broken, repeated or with wrong values."""
    rows = []
    for i in range(n_rows):
        row = [
            str(rng.randrange(n_rows // 2)),
            rng.choice(("2026-03-01 10:00:00", "2026-03-02", "gestern", "")),
            rng.choice(("K1", "K2", "", "N/A", "Kéo, dài")),
            rng.choice(("an@example.com", "x", "")),
            rng.choice(("1", "2.50", "abc", "")),
        ]
        line = io.StringIO()
        csv.writer(line, lineterminator=rng.choice(("\n", "\r\n"))).writerow(row)
        text = line.getvalue()
        kind = rng.random()
        if kind < 0.05:
            text = text.rstrip("\r\n") + ",more\n"
        elif kind < 0.1:
            text = f"{i},short\n"
        elif kind < 0.12:
            text = "\n"
        elif kind < 0.14:
            text = f'{i},2026-03-01,"a" b,,\n'
        elif kind < 0.17:
            text = f'{i},2026-03-01,"two\nlines",,3\n'
        rows.append(text)
    return SHOP_HEADER + "".join(rows)


@pytest.mark.parametrize("seed", range(4 * ROUNDS))
@pytest.mark.parametrize("key", [(), ("order",)])
def test_the_counts_add_up_with_an_independent_count(tmp_path: Path, seed: int, key: tuple[str, ...]) -> None:
    """Broken quotes of this kind end with their line, so the csv module splits the same records."""
    text = dirty_text(random.Random(seed), 60)
    found = read(tmp_path, text, replace(SHOP, key=key))
    records = list(csv.reader(io.StringIO(text, newline="")))[1:]
    n_rows = sum(1 for row in records if row)
    n_ragged = sum(1 for row in records if row and len(row) != 5)
    n_broken = text.count('"a" b')
    n_read, n_accepted, n_duplicate, n_quarantined = found.counts
    assert (n_read, n_quarantined) == (n_rows, n_ragged + n_broken)
    assert n_read == n_accepted + n_duplicate + n_quarantined
    assert found.result.file["blank_lines"].item() == sum(1 for row in records if not row)
    assert found.tables["stream_order"].height == n_accepted
    if not key:
        assert n_duplicate == 0


@pytest.mark.parametrize("seed", range(2 * ROUNDS))
@pytest.mark.parametrize("spec", [SHOP, replace(SHOP, key=("order",))])
def test_block_size_changes_no_byte(tmp_path: Path, seed: int, spec: object) -> None:
    text = dirty_text(random.Random(seed), 60)
    whole = read(tmp_path, text, spec)
    expected = {staged.table: Path(staged.path).read_bytes() for staged in whole.result.staged}
    for block in (64, 300, 1500):
        found = read(tmp_path, text, spec, block=block)
        assert_frame_equal(found.result.file, whole.result.file)
        for table, frame in whole.tables.items():
            assert_frame_equal(found.tables[table], frame)
        main = next(staged for staged in found.result.staged if staged.table == "stream_order")
        assert Path(main.path).read_bytes() == expected["stream_order"]


@settings(max_examples=25 * ROUNDS, deadline=None)
@given(seed=st.integers(0, 10_000), keyed=st.booleans())
def test_shuffled_rows_change_provenance_only(
    tmp_path_factory: pytest.TempPathFactory, seed: int, keyed: bool
) -> None:
    folder = tmp_path_factory.mktemp("shuffled")
    rng = random.Random(seed)
    rows = [line for line in SHOP_ROWS.splitlines(keepends=True) for _ in range(rng.randrange(1, 4))]
    rows += ["4,2026-03-01 13:00:00,K1,an@example.com,41\n", "short\n"]
    spec = replace(SHOP, key=("order",) if keyed else ())
    straight = read(folder, SHOP_HEADER + "".join(rows), spec)
    rng.shuffle(rows)
    shuffled = read(folder, SHOP_HEADER + "".join(rows), spec)
    assert straight.counts == shuffled.counts
    for table, frame in straight.tables.items():
        columns = [name for name in frame.columns if name not in (*PROVENANCE, "byte_offset")]
        assert_frame_equal(
            frame.select(columns).sort(columns), shuffled.tables[table].select(columns).sort(columns)
        )


def test_online_retail_keeps_every_line(tmp_path: Path) -> None:
    """541,909 lines, 4,372 customers, 135,080 lines of nobody, 9,747,747.93 in all."""
    path = shared_data("tx_online_retail") / "online_retail.parquet"
    stream = StreamSchema(
        "order",
        (Column("sku", "identifier"), Column("quantity", "number"), Column("price", "money")),
    )
    spec = replace(
        SHOP,
        at=mapped("at", "datetime", "InvoiceDate", tz="Europe/London"),
        identifiers=(mapped("customer_id", "identifier", "CustomerID"),),
        columns=(
            mapped("sku", "identifier", "StockCode"),
            mapped("quantity", "number", "Quantity"),
            mapped("price", "money", "UnitPrice", currency="GBP"),
        ),
        dialect=Dialect(),
    )
    context = replace(CONTEXT, target=stream, digest=file_digest(str(path)))
    result = read_file(str(path), spec, str(tmp_path), context)
    row = result.file.row(0, named=True)
    assert (row["rows_read"], row["rows_accepted"]) == (541_909, 541_909)
    assert (row["rows_duplicate"], row["rows_quarantined"]) == (0, 0)
    tables = {staged.table: pl.read_parquet(staged.path) for staged in result.staged}
    events = tables["stream_order"]
    assert tables["records"].height == 4_372
    assert events["record_id"].null_count() == 135_080
    assert round((events["quantity"] * events["price"]).sum() / 10_000, 2) == 9_747_747.93


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "x"), pl.exceptions.ComputeError("No space left on device (os error 28)")]
)
def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It was called a bug of ours."""

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr("cdptool.sources.spill.Spill.append", full)
    with pytest.raises(StoreError, match="the disk is full"):
        read(tmp_path, "id,email\n1,a@x.vn\n", CRM)
    assert list((tmp_path / "staging").iterdir()) == []
