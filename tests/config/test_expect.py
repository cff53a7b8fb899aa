"""Expectations and the collection plan in sources.yaml: what is understood, and what is refused where."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.config import load_project
from tests.config.projects import SOURCES, broken, write_project

TILL = "    max_quarantined: 2%\n"
REFUSED = (
    ("expect: [totl > 0]", "24:14: unknown name `totl`", "did you mean `total`?"),
    ("expect: {check: sku in product}", "24:13: expected a list, found a mapping", None),
    (
        "expect: [{check: sku in product}]",
        "24:29: unknown table or stream `product`",
        "did you mean `products`?",
    ),
    ("expect: [{chek: total > 0}]", "24:14: missing key `check` in an expectation", None),
    (
        "expect: [{check: total > 0, severty: warning}]",
        "24:33: unknown key `severty` in an expectation",
        None,
    ),
    ("expect: [{check: total > 0, severity: fatal}]", "24:43: unknown severity `fatal`", None),
    ("expect: [{check: total > 0, at_least: 120%}]", "24:43: expected a share of at most 100%", None),
    ("every: monthly", "24:12: expected a length of time, found text", None),
    ("keep_for: ever", "24:15: expected a length of time, found text", None),
    ("from: 1/1/2026", "24:11: expected a date", None),
    ("ownr: me", "24:5: unknown key `ownr` in a source", "did you mean `owner`?"),
)


def test_plan_and_expectations_are_read_in_order(tmp_path: Path) -> None:
    written = (
        "    owner: shops\n    legal_basis: contract\n    keep_for: 2w\n    max_lag: 6h\n    every: 1d\n"
        "    from: 2026-01-01\n    until: 2026-12-31\n    expect:\n      - total >= 0\n"
        "      - {check: sku in products, severity: warning, name: known, at_least: 99%}\n"
    )
    project = load_project(write_project(tmp_path, sources=SOURCES.replace(TILL, TILL + written)))
    till = next(source for source in project.sources if source.name == "till")
    assert (till.owner, till.legal_basis, till.keep_for_seconds) == ("shops", "contract", 14 * 86_400)
    assert [(each.label, each.severity, each.at_least) for each in till.expectations] == [
        ("max_lag 6h", "error", 1.0),
        ("every 1d", "error", 1.0),
        ("from 2026-01-01", "error", 1.0),
        ("until 2026-12-31", "error", 1.0),
        ("total >= 0", "error", 1.0),
        ("known", "warning", 0.99),
    ]
    names = {setting.name for setting in project.settings}
    assert {"sources.till.owner", "sources.till.keep_for", "sources.till.expect.1.check"} <= names


@pytest.mark.parametrize(("written", "problem", "hint"), REFUSED, ids=[each[0] for each in REFUSED])
def test_mistake_is_told_with_its_place(written: str, problem: str, hint: str | None, tmp_path: Path) -> None:
    (said, told), *_ = broken(tmp_path, "sources.yaml", TILL, f"{TILL}    {written}\n")
    assert said == f"sources.yaml:{problem}"
    assert hint in (None, told)


def test_table_promises_nothing_by_the_day(tmp_path: Path) -> None:
    old = "    columns: {sku: sku, price: {column: p, currency: USD}}\n"
    said = broken(tmp_path, "sources.yaml", old, f"{old}    every: 1d\n")
    assert said[0][0].endswith("`every` needs rows with a time")
