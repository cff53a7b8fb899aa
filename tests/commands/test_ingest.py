"""A reference table says how things are now."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from cdptool.commands.ingest import ingest_files, replace_by_key
from cdptool.tables import Column, TableSchema
from tests.commands.small import Small

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
