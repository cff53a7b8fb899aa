"""The planter of faults and its scorer: clean tables are clean, and the score says what its page says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import phonenumbers
import pytest
from email_validator import validate_email

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "detect"))

from scoring import KINDS, Found, Planted, read_findings, score
from shapes import make_sets

from bench import write_sets

ROWS = frozenset(range(1, 11))
FAULT = Planted("a.csv", "outlier", frozenset({"amount"}), ROWS, frozenset())


@pytest.fixture(scope="module")
def tables():
    """Both locales of every shape, 300 rows each."""
    return [table for together in make_sets(np.random.default_rng(5), 0.001) for table in together]


def numbers(table, key):
    return np.array([float(cell.replace(",", ".")) for cell in table.columns[key].cells])


def test_clean_tables_hold_what_they_promise(tables):
    """Keys once, ends after starts, totals that add up: as written, not as drawn."""
    assert len(tables) == 24
    for table in tables:
        keys = list(zip(*(table.columns[key].cells for key in table.key), strict=True))
        assert len(set(keys)) == table.height == 300
        for start, end in table.orders:
            assert (table.columns[start].raw <= table.columns[end].raw).all(), (table.name, start, end)
        for parts, total in table.sums:
            assert np.allclose(sum(numbers(table, key) for key in parts), numbers(table, total), atol=0.011)
        for parts, total in table.products:
            product = np.prod([numbers(table, key) for key in parts], axis=0)
            assert np.allclose(product, numbers(table, total), rtol=0, atol=0.011)


def test_clean_contacts_are_valid(tables):
    for table in tables:
        for column in table.columns.values():
            for cell in column.cells[:60]:
                if column.role == "email":
                    validate_email(cell, check_deliverability=False)
                if column.role == "phone":
                    region = "VN" if cell.startswith("0") else "US"
                    assert phonenumbers.is_valid_number(phonenumbers.parse(cell, region)), cell


def test_references_are_in_the_other_file():
    for together in make_sets(np.random.default_rng(6), 0.001):
        by_name = {table.name: table for table in together}
        for table in together:
            for key, other, its_key in table.references:
                assert set(table.columns[key].cells) <= set(by_name[other].columns[its_key].cells)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_names_what_was_planted_gets_all(tmp_path, seed):
    """Every kind is planted somewhere, in at least three rows; the same seed plants the same."""
    _, planted, _ = write_sets(tmp_path, seed, 0.001)
    assert {fault.kind for fault in planted} == set(KINDS)
    assert min(len(fault.rows) for fault in planted) >= 3
    result = score(planted, [Found(p.file, p.kind, p.columns, p.rows, len(p.rows)) for p in planted])
    assert not result.missed and not result.accused
    assert write_sets(tmp_path, seed, 0.001)[1] == planted


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Found("a.csv", "outlier", frozenset({"amount"}), ROWS, 10), (1, 1, 0, 0)),
        (Found("a.csv", "mixed_units", frozenset({"amount", "x"}), ROWS, 10), (1, 1, 0, 0)),
        (Found("a.csv", "outlier", frozenset({"amount"}), frozenset({1, 2}), 8), (1, 1, 0, 0)),
        (Found("a.csv", "outlier", frozenset({"amount"}), frozenset({1, 2}), 2), (0, 1, 0, 0)),
        (Found("a.csv", "malformed", frozenset({"amount"}), ROWS, 10), (0, 0, 0, 1)),
        (Found("a.csv", "outlier", frozenset({"other"}), ROWS, 10), (0, 0, 1, 0)),
        (Found("b.csv", "outlier", frozenset({"amount"}), ROWS, 10), (0, 0, 1, 0)),
        (Found("a.csv", "outlier", frozenset({"amount"}), frozenset(range(9, 40)), 31), (0, 0, 1, 0)),
        (Found("a.csv", "outlier", frozenset({"amount"}), frozenset(), 10), (0, 0, 1, 0)),
    ],
)
def test_a_finding_is_right_also_true_or_wrong(found, expected):
    """(found, right, wrong, also true): the right kind, the same column, at least half of its rows."""
    tallies = score([FAULT], [found]).tallies.values()
    sums = [sum(getattr(t, name) for t in tallies) for name in ("found", "right", "wrong", "also_true")]
    assert tuple(sums) == expected


def test_findings_are_read_wherever_they_stand():
    answer = {
        "files": [
            {"path": "data/a.csv", "findings": [{"kind": "outliers", "columns": ["t.x"], "rows": [1]}]}
        ],
        "findings": [{"file": "b.csv", "kind": "broken-sum", "columns": ["x"], "rows": [2], "count": 7}],
    }
    assert list(read_findings(answer)) == [
        Found("a.csv", "outlier", frozenset({"x"}), frozenset({1}), 1),
        Found("b.csv", "broken_sum", frozenset({"x"}), frozenset({2}), 7),
    ]
