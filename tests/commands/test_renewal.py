"""`report renewal`: from orders of a workspace to a table that rules can follow."""

from __future__ import annotations

import polars as pl
import pytest

from cdptool.commands.renewal import report_renewal
from cdptool.errors import ConfigError, UsageError
from tests.commands.small import Small


@pytest.fixture
def shop(unread: Small) -> Small:
    """Twelve people bought a towel and again 30 days later; one line of it is a return."""
    people = "".join(
        f"2026-09-01 10:00:00,m{n}@example.vn,S1,100\n2026-10-01 23:30:00,m{n}@example.vn,S1,100\n"
        for n in range(12)
    )
    returned = "2026-09-05 10:00:00,m0@example.vn,S1,-100\n"
    unread.write("orders2.csv", "time,email,sku,total\n" + people + returned)
    unread.run()
    return unread


def test_the_days_are_those_of_the_project_s_zone(shop: Small) -> None:
    report = report_renewal(shop.settings(), "order.sku", where="total > 0")
    towel = report.data["renewals"][0]
    assert towel == {"sku": "S1", "purchases": 25, "renewals": 12, "quarter_days": 30, "renewal_days": 30}


def test_rows_may_be_left_out_and_references_followed(shop: Small) -> None:
    assert report_renewal(shop.settings(), "order.sku").data["renewals"][0]["renewals"] == 13
    assert report_renewal(shop.settings(), "order.sku.name").data["renewals"][0]["name"] == "Khăn"


def test_the_file_is_a_table_by_kind(shop: Small) -> None:
    path = shop.folder / "renewals.csv"
    report_renewal(shop.settings(), "order.sku", where="total > 0", to=path)
    assert path.read_text(encoding="utf-8").splitlines()[:2] == [
        "sku,purchases,renewals,quarter_days,renewal_days",
        "S1,25,12,30,30",
    ]


def test_the_file_may_be_parquet_but_nothing_else(shop: Small) -> None:
    path = shop.folder / "renewals.parquet"
    report = report_renewal(shop.settings(), "order.sku", to=path)
    assert pl.read_parquet(path).to_dicts() == report.data["renewals"]
    with pytest.raises(UsageError, match="neither a CSV nor a Parquet file"):
        report_renewal(shop.settings(), "order.sku", to=path.with_suffix(".txt"))


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ("ordr.sku", "unknown stream `ordr`"),
        ("order", "this names no column"),
        ("order.skU", "unknown column `skU` of stream `order`"),
        ("order.total.name", "`total` refers to no table, so it has no `name`"),
        ("order.total", "`total` is of type `money`, which is no kind of thing"),
        ("order.paid_by", "`paid_by` is of type `email`, which is no kind of thing"),
        ("order.sku.nam", "unknown column `nam` of table `products`"),
    ],
)
def test_what_is_not_there_is_said(shop: Small, what: str, problem: str) -> None:
    shop.edit("order: {max_lag: 6h, columns: {", "order: {max_lag: 6h, columns: {paid_by: email, ")
    with pytest.raises(UsageError) as error:
        report_renewal(shop.settings(), what)
    assert str(error.value) == problem


def test_the_condition_is_checked(shop: Small) -> None:
    with pytest.raises(ConfigError, match="unknown name `totl`"):
        report_renewal(shop.settings(), "order.sku", where="totl > 0")
