"""What libraries there are, and the cut points one may freeze."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from cdptool.commands.cut_points import report_cuts
from cdptool.commands.rule_library import show_library
from cdptool.config.libraries import libraries
from cdptool.errors import UsageError
from cdptool.workspace import Workspace
from tests.commands.small import Small


def test_all_libraries_are_listed() -> None:
    assert [each["library"] for each in show_library(None).data["libraries"]] == sorted(libraries())


def test_one_is_shown_with_its_parameters_and_rules() -> None:
    data = show_library("rfm_frozen").data
    given = {each["name"]: each["default"] for each in data["parameters"]}
    assert (given["recency"], given["monetary"], given["window"]) == (
        "[30, 90, 180, 365]",
        "to be given",
        "null",
    )
    rules = {each["name"]: (each["is"], each["rule"]) for each in data["rules"]}
    assert rules["rfm_frequency"] == ("trait", "nunique(stream.order_id[window].where(bought))")
    assert rules["rfm_f"][1].endswith('4: rfm_frequency >= frequency_3; 3: rfm_frequency >= frequency_2; '
                                      '2: rfm_frequency >= frequency_1; 1: rfm_frequency < frequency_1')  # fmt: skip
    shown = {row[0]: row[2] for row in show_library("rfm_frozen").grids[0].rows}
    assert (shown["order_id"], shown["window"], shown["value"]) == ("order_id, or null", "null", "total")
    lines = {each["name"]: each["rule"] for each in show_library("second_purchase").data["rules"]}
    assert lines["nudge_second"] == "bought_once and nudge_after < now - first_purchase_at <= nudge_until"


def test_a_name_that_is_none_is_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no library `rmf`") as error:
        show_library("rmf")
    assert error.value.findings[0].hint == "did you mean `rfm`?"


def test_cut_points_are_quantiles_of_type_7_without_those_who_have_none(unread: Small) -> None:
    people = "".join(f"2026-11-19 20:00:00,m{n}@example.vn,S1,{(n * 37) % 91}\n" for n in range(60))
    unread.write("orders2.csv", "time,email,sku,total\n" + people)
    unread.edit(
        "traits: {spend: 'sum(order.total[\"30d\"])'}", 'traits: {spend: \'sum(order.total["20d":"1d"])\'}'
    )
    unread.run()
    with Workspace.open(unread.folder / "workspace") as workspace:
        stored = workspace.snapshot().scan("traits").collect()["spend"]
    amounts = [each / 10_000 for each in stored.drop_nulls() if each]
    report = report_cuts(unread.settings(), ("spend",), parts=4)
    row = report.data["traits"][0]
    assert row["profiles"] == len(amounts) > 50
    assert row["cut points"] == pytest.approx(list(np.quantile(amounts, [0.25, 0.5, 0.75])), abs=1e-4)
    assert stored.len() > pl.Series(amounts).len()


def test_what_cannot_be_cut_is_said(unread: Small) -> None:
    unread.edit("traits: {spend:", "traits: {last_sku: last(order.sku), spend:")
    unread.run()
    with pytest.raises(UsageError, match="there is no trait `spent`"):
        report_cuts(unread.settings(), ("spent",), parts=5)
    with pytest.raises(UsageError, match="`last_sku` is no number"):
        report_cuts(unread.settings(), ("last_sku",), parts=5)
