"""A reference table says how things are now."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest

from cdptool.commands.ingest import ingest_files, replace_by_key
from cdptool.errors import SourceError
from cdptool.tables import Column, TableSchema
from tests.commands.small import FILES, PROJECT, Small

PRODUCTS = TableSchema("products", "sku", (Column("sku", "identifier"), Column("name", "text")))


def replaced(small: Small, *versions: dict[str, list[object]]) -> pl.DataFrame:
    """The table after files of these rows, one after the other in one transaction."""
    with small.session(writes=True) as session:
        with session.workspace.begin(session.manifest("ingest", None, {})) as transaction:
            for number, rows in enumerate(versions):
                path = Path(transaction.staging) / f"{number}.parquet"
                pl.DataFrame(rows).write_parquet(path)
                replace_by_key(transaction, PRODUCTS, path)
            session.commit(transaction, {})
        return session.snapshot().scan("table_products").collect()


def test_a_later_row_of_the_same_key_takes_the_place_of_the_earlier_one(unread: Small) -> None:
    found = replaced(
        unread,
        {"sku": ["S2", "S1"], "name": ["old", "kept"]},
        {"sku": ["S3", "S2"], "name": ["third", "new"]},
    )
    assert found.rows() == [("S1", "kept"), ("S2", "new"), ("S3", "third")]


def test_the_table_is_sorted_by_its_key_whatever_the_order_of_the_rows(unread: Small) -> None:
    assert replaced(unread, {"sku": ["S9", "S1"], "name": ["n", "m"]})["sku"].to_list() == ["S1", "S9"]


def test_a_new_file_of_products_changes_those_it_names(unread: Small) -> None:
    ingest_files(unread.settings(), ("products",), lambda _: None)
    unread.write("products_2.csv", "sku,name\nS2,Áo len\nS3,Mũ\n")
    report = ingest_files(unread.settings(), ("products",), lambda _: None)
    assert report.data["rows_accepted"] == 2
    with unread.session() as session:
        found = session.snapshot().scan("table_products").select("sku", "name").collect()
    assert found.rows() == [("S1", "Khăn"), ("S2", "Áo len"), ("S3", "Mũ")]


def test_the_same_file_again_brings_nothing(unread: Small) -> None:
    for expected in (12, 0):
        report = ingest_files(unread.settings(), (), lambda _: None)
        assert report.data["rows_read"] == expected
    assert report.summary == "nothing new in 5 sources"


def test_a_file_read_again_under_another_mapping_counts_once(unread: Small) -> None:
    """Orders without a key would otherwise stand there twice, once with each meaning."""
    ingest_files(unread.settings(), (), lambda _: None)
    unread.edit("columns: {sku: sku, total: total}", "columns: {sku: sku}")
    unread.edit(
        "columns: {customer_id: id, email: email, name: name,", "columns: {customer_id: id, email: email,"
    )
    report = ingest_files(unread.settings(), (), lambda _: None)
    assert report.data["rows_read"] == 6
    with unread.session() as session:
        snapshot = session.snapshot()
        orders = snapshot.scan("stream_order").select("sku", "total").sort("sku").collect()
        people = snapshot.scan("records").filter(pl.col("source") == "crm").select("name").collect()
        files = snapshot.scan("files").filter(pl.col("source").is_in(["crm", "shop"])).collect()
    assert orders.rows() == [("S1", None), ("S2", None)]
    assert people["name"].to_list() == [None] * 4
    assert files.height == 2


PIPED = PROJECT.replace("files: crm.csv", 'files: "-"')


def _pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_source_reads_what_is_piped_in_and_knows_it_again(
    unread: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread.write("project.yaml", PIPED)
    piped = FILES["crm.csv"].lstrip().encode()
    for expected in (1, 0):
        _pipe(monkeypatch, piped)
        assert ingest_files(unread.settings(), ("crm",), lambda _: None).data["files"] == expected
    with unread.session() as session:
        assert session.snapshot().scan("files").select("path").collect()["path"].to_list() == ["stdin"]


def test_a_run_of_all_sources_goes_without_a_pipe_and_a_named_source_does_not(
    unread: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread.write("project.yaml", PIPED)
    _pipe(monkeypatch, b"")
    assert ingest_files(unread.settings(), (), lambda _: None).data["files"] == 4
    with pytest.raises(SourceError, match="nothing was piped in"):
        ingest_files(unread.settings(), ("crm",), lambda _: None)


def test_one_pipe_is_not_for_two_sources(unread: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    unread.write("project.yaml", PIPED.replace("files: consents.csv", 'files: "-"'))
    _pipe(monkeypatch, b"id,email\n")
    with pytest.raises(SourceError, match="2 sources read standard input: `crm`, `consents`"):
        ingest_files(unread.settings(), (), lambda _: None)


def test_the_files_of_an_archive_are_read_one_by_one(unread: Small) -> None:
    unread.write("project.yaml", PROJECT.replace("files: products*.csv", "files: products.zip"))
    archive = unread.folder / "products.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("1.csv", "sku,name\nS1,Khăn\n")
        packed.writestr("2.ndjson", '{"sku": "S2", "name": "Mũ"}\n')
    for expected in (2, 0):
        report = ingest_files(unread.settings(), ("products",), lambda _: None)
        assert report.data["rows_accepted"] == expected
    with unread.session() as session:
        paths = session.snapshot().scan("files").select("path").collect()["path"].to_list()
    assert sorted(paths) == ["products.zip/1.csv", "products.zip/2.ndjson"]
