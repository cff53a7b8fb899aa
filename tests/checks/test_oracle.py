"""Every form against plain loops, on seeded random orders."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from cdptool.checks import judge
from tests.checks.data import NOW, line, orders
from tests.checks.oracle import CONDITIONS, Row, failing_files, failing_rows, is_late, missing_days
from tests.frames import ROUNDS

ROW_LINES = (*CONDITIONS, "unique(order_id)", "unique(order_id, line)", "unique(status, sku, line)")


def some_files(random: Random) -> list[tuple[bool, list[Row]]]:
    n_files = random.randint(1, 6)
    n_old = random.randint(0, n_files)
    return [(i >= n_old, [some_row(random) for _ in range(random.randint(0, 6))]) for i in range(n_files)]


def some_row(random: Random) -> Row:
    return {
        "at": random.choice([None, NOW + timedelta(hours=random.randint(-200, 4))]),
        "order_id": random.choice([None, "o1", "o2", "o3", "x"]),
        "line": random.choice([None, 1, 2, 3]),
        "sku": random.choice([None, "s1", "s2", "s9"]),
        "quantity": random.choice([None, float("nan"), -1.0, 0.0, 1.0, 2.0, 3.0]),
        "total": random.choice([None, 0, 19_999, 20_000, 30_000]),
        "status": random.choice([None, "paid", "open", "lost"]),
    }


def without_nan(files: list[tuple[bool, list[Row]]]) -> list[tuple[bool, list[Row]]]:
    """NaN is no number to the language, so the oracle sees nothing there."""
    return [
        (new, [{name: None if value != value else value for name, value in row.items()} for row in rows])
        for new, rows in files
    ]


@pytest.mark.parametrize("seed", range(60 * ROUNDS))
def test_rows_fail_as_a_loop_over_them_says(seed: int) -> None:
    files = some_files(Random(seed))
    n_new = sum(len(rows) for new, rows in files if new)
    results = judge([line(text) for text in ROW_LINES], orders(*files))
    for text, result in zip(ROW_LINES, results, strict=True):
        expected = failing_rows(text, without_nan(files))
        assert result.n_failing == (len(expected) if n_new else 0), text
        assert [str(place) for place in result.places] == expected[:20], text
        assert (result.n_checked, result.outcome == "failed") == (n_new, bool(expected)), text


@pytest.mark.parametrize("seed", range(60 * ROUNDS))
def test_files_and_feeds_fail_as_a_loop_over_them_says(seed: int) -> None:
    files = some_files(Random(seed))
    lines = [
        line("rows within 40% of history"),
        line("every 1d"),
        line("newest(at) within 30h"),
        line("rows >= 3"),
    ]
    volume, days, fresh, rows = judge(lines, orders(*files))
    assert [str(place) for place in volume.places] == failing_files(0.4, files)
    missing = missing_days(files)
    assert days.n_failing == (1 if missing is None else missing)
    assert (fresh.outcome == "failed") == is_late(30 * 3600, files)
    assert rows.n_failing == sum(new and len(held) < 3 for new, held in files)
