"""What a line under `expect:` may say, and what is said of one that cannot be read."""

from __future__ import annotations

import pytest

from cdptool.checks.spec import Every, FileRows, Fresh, Holds, Refers, Steady, Target, Unique, Volume
from cdptool.errors import ConfigError
from tests.checks.data import read

FORMS = (
    ("unique(order_id)", Unique(("order_id",))),
    ("  unique( order_id ,line ) ", Unique(("order_id", "line"))),
    ("every 1d", Every(86_400)),
    ("newest(at) within 2d", Fresh("at", 172_800)),
    ("rows within 50% of history", Volume(0.5)),
    ("drift(status) < 0.2", Steady("status", 0.2)),
    ("sku in products", Refers("sku", Target("table", "products", "sku"))),
    ("sku in products.sku", Refers("sku", Target("table", "products", "sku"))),
    ("order_id in parcel.order_id", Refers("order_id", Target("stream", "parcel", "order_id"))),
    ("order_id in records.customer_id", Refers("order_id", Target("records", "records", "customer_id"))),
)
REFUSED = (
    ("quantty > 0", ":7:9: unknown name `quantty`", "did you mean `quantity`?"),
    ("quantity > 0 and statuss == 'x'", ":7:26: unknown name `statuss`", "did you mean `status`?"),
    ("unique(order_id, lin)", ":7:26: unknown column `lin`", "did you mean `line`?"),
    ("uniqe(order_id)", ":7:9: unknown function `uniqe`", "did you mean `unique`?"),
    ("newest(quantity) within 2d", ":7:16: `quantity` is no time and no date", None),
    ("newest(at) within 2y", ":7:27: `2y` is not a length", "such as `1d`"),
    ("every monday", ":7:15: `monday` is not a length", "such as `1d`"),
    ("rows within half of history", ":7:9: cannot read this `rows`", "write `rows >= 100` or `rows within 50% of history`"),
    ("drift(at) < 0.2", ":7:15: `at` cannot be compared with its history", "time always moves on; name another column"),
    ("drift(quantity) < 0.2.1", ":7:27: expected a number", None),
    ("sku in produts", ":7:16: unknown table or stream `produts`", "did you mean `products`?"),
    ("order_id in parcel", ":7:21: `parcel` needs a column", "write `parcel.column`"),
    ("line in products", ":7:17: `line` is of type integer, `products.sku` of type identifier", "compare columns of one type"),
    ("count(order) > 1", ":7:9: other rows are not looked at here", "compare columns of the one row that it is asked of"),
    ("quantity", ":7:9: this is a number, expected a condition", "compare it with something"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "form"), FORMS, ids=[text for text, _ in FORMS])
def test_line_is_read_as_its_form(text: str, form: object) -> None:
    assert read(text) == form


def test_everything_else_is_a_condition_over_rows_or_over_the_number_of_rows() -> None:
    assert isinstance(read("quantity > 0 or missing(sku)"), Holds)
    assert isinstance(read('total_currency == "VND"'), Holds)
    assert isinstance(read('day >= "2026-01-01"'), Holds)
    assert isinstance(read("100 <= rows <= 200"), FileRows)


@pytest.mark.parametrize(("text", "problem", "hint"), REFUSED, ids=[text for text, *_ in REFUSED])
def test_line_that_cannot_be_read_is_told_with_its_place_and_the_nearest_name(
    text: str, problem: str, hint: str | None
) -> None:
    with pytest.raises(ConfigError) as error:
        read(text)
    (finding,) = error.value.findings
    assert (str(finding), finding.hint) == (f"sources.yaml{problem}", hint)


@pytest.mark.parametrize("text", ["every 1d", "at <= now", 'day >= "2026-01-01"', "newest(at) within 1d"])
def test_table_has_no_time(text: str) -> None:
    with pytest.raises(ConfigError):
        read(text, has_time=False)
