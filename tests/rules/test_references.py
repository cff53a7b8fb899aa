"""References of rows in memory: what a key tells is looked up once a key, and is the same as of each row."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.rules.references import References, by_key, event_columns, references
from tests.rules.books import CATALOG, PRODUCTS

PATHS: set[tuple[str, ...]] = {("sku", "category"), ("sku", "stock")}
TABLES = by_key({"products": PRODUCTS}, CATALOG)


def behind() -> References:
    schema = CATALOG.stream("order")
    assert schema is not None
    return references("order.", schema.columns, PATHS, CATALOG, TABLES)


def some_rows(keys: list[str | None], n: int) -> pl.DataFrame:
    chosen = np.random.default_rng(n).choice(np.array(keys, dtype=object), n).tolist()
    return pl.DataFrame({"order.sku": pl.Series(chosen, dtype=pl.String), "row": range(n)})


@pytest.mark.parametrize("keys", [["s1", "s2", "s3"], ["s1", None, "gone"], [None], ["gone"]])
@pytest.mark.parametrize("n", [0, 1, 50])
def test_followed_in_memory_is_followed_by_joins(keys: list[str | None], n: int) -> None:
    rows, about = some_rows(keys, n), behind()
    joined = about.join(rows.lazy()).collect()
    assert_frame_equal(about.followed(rows), joined)
    category, stock = pl.col("order.sku.category"), pl.col("order.sku.stock")
    looks = {
        "a": (category == "k1").fill_null(True),
        "b": (stock > 2) & (category == "k2"),
        "c": pl.col("row"),
    }
    found = about.followed(rows, looks)
    assert found.schema["a"] == pl.Boolean
    assert_frame_equal(
        about.followed(rows, {"s": stock, "a": looks["a"]}).select("s", "a"),
        joined.select(s=stock, a=looks["a"]),
    )
    assert found.columns == [*rows.columns, "a", "b"]
    assert_frame_equal(found.select("a", "b"), joined.select(a=looks["a"], b=looks["b"]))
    for seen in ((category == "k2").fill_null(True), (category == "k2").fill_null(False), looks["a"]):
        kept = about.narrowed(joined.lazy().select(rows.columns), seen).collect()
        assert_frame_equal(about.join(kept.lazy()).filter(seen).collect(), joined.filter(seen))


def test_a_condition_that_few_keys_meet_leaves_rows_out() -> None:
    rows = some_rows(["s1", "s2", "s3"], 50)
    seen = (pl.col("order.sku.category") == "k2").fill_null(True)
    kept = behind().narrowed(rows.lazy(), seen).collect()
    assert set(kept["order.sku"]) == {"s3"}


def test_only_what_is_declared_is_read() -> None:
    schema = CATALOG.stream("order")
    assert schema is not None
    assert event_columns(schema.columns, "order", PATHS) == ["order.sku"]
