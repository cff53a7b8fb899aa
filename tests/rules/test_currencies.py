"""The one currency of amounts: told beforehand only where every row has it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cdptool.rules import needs
from cdptool.rules.compile import Compiler
from cdptool.rules.currencies import with_known_currencies
from tests.rules.books import AS_OF, CATALOG, answer, book

SPENT = book({"spent": "sum(order.total)", "orders": "count(order)", "last": "last(order.total)"})


@pytest.mark.parametrize(
    ("codes", "known"),
    [
        (["VND", "VND"], "VND"),
        (["VND", "USD"], None),
        (["VND", None], None),
        ([None, "VND"], None),
        ([], None),
    ],
)
@pytest.mark.parametrize("is_file", [False, True])
def test_a_currency_is_known_where_every_row_has_it(
    codes: list[str | None], known: str | None, is_file: bool, tmp_path: Path
) -> None:
    frame = pl.DataFrame(
        {"profile_id": range(len(codes)), "total_currency": codes},
        schema={"profile_id": pl.Int64, "total_currency": pl.String},
    )
    frame.write_parquet(tmp_path / "order.parquet", row_group_size=1)
    rows = pl.scan_parquet(tmp_path / "order.parquet") if is_file else frame.lazy()
    compiler = Compiler(SPENT, CATALOG, AS_OF, {})
    for name in SPENT.rules():
        compiler.rule(name, AS_OF)
    asked = tuple(compiler.profile(AS_OF).requests.values())
    made = with_known_currencies(asked, {"order": rows}, pl.col("profile_id") <= 0)
    told = {each.function: each.only_currency for each in made}
    assert told["count"] is None and told["last"] is None
    found = told["sum"]
    assert (None if found is None else pl.select(found).item()) == known


def test_rows_of_other_profiles_take_no_currency_away() -> None:
    given = {
        "order": [
            {"who": 1, "at": "09:00", "total": 10},
            {"who": 2, "at": "09:00", "total": 20, "total_currency": "USD"},
            {"who": 3, "at": "09:00", "total": None, "total_currency": None},
        ]
    }
    found = answer(SPENT, given=given)
    assert found.select("spent", "spent_currency").rows() == [(10, "VND"), (20, "USD"), (0, None)]
    assert not found["#mixed_currency"].any()


def test_the_currency_is_still_what_a_rule_needs() -> None:
    assert needs(SPENT, CATALOG, AS_OF).streams["order"].columns == ("total", "total_currency")
