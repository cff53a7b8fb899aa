"""`cdptool diff`: two moments, or two rule books as of one."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cdptool.commands.diff import Wanted, diff_segments
from cdptool.commands.report import Report
from cdptool.errors import ConfigError, UsageError
from tests.commands.small import AS_OF, Small

OTHER = """version: 1
traits: {spend: 'sum(order.total["30d"])'}
segments: {buyers: 'spend > 150000', rich: 'spend > 1'}
"""


def diff(small: Small, *names: str, as_of: str = AS_OF, **wanted: object) -> Report:
    return diff_segments(small.settings(as_of), names, Wanted(**wanted))  # type: ignore[arg-type]  # as the test says


def test_since_an_earlier_moment_people_entered(finished: Small) -> None:
    report = diff(finished, as_of="2026-11-20T20:30+07:00", since="2026-11-20T19:30")
    (row,) = report.grids[0].rows
    assert row == ("buyers", 1, 1, 0, 2, 0)
    assert report.data["changes"] == 1


def test_what_a_late_feed_leaves_open_is_neither_in_nor_out(finished: Small) -> None:
    report = diff(finished, as_of="2026-11-20T21:00+07:00", since="2026-11-20T20:00")
    (row,) = report.grids[0].rows
    counts = report.data["segments"][0]
    assert report.grids[0].columns[4] == "→ unknown"
    assert counts["turned_unknown"] > 0 and row[-1] == counts["n_unknown"] > 0


def test_other_rules_are_asked_of_the_same_data(finished: Small, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(OTHER, encoding="utf-8")
    as_of = "2026-11-20T20:30+07:00"
    for against in (file, tmp_path):
        report = diff(finished, as_of=as_of, against=against, to=tmp_path / "who.csv")
        assert [row[:4] for row in report.grids[0].rows] == [("buyers", 1, 1, 0), ("rich", 2, 0, 2)]
        assert report.grids[0].rows[1][-2:] == (None, None)
    who = pl.read_csv(tmp_path / "who.csv")
    assert who.columns == ["segment", "profile_id", "was", "now"]
    assert who.drop("profile_id").rows() == [
        ("buyers", "out", "in"),
        ("rich", "in", "out"),
        ("rich", "in", "out"),
    ]
    assert who["profile_id"].str.starts_with("p_").all()
    diff(finished, as_of=as_of, against=file, to=tmp_path / "who.parquet")
    assert pl.read_parquet(tmp_path / "who.parquet").rows() == who.rows()


def test_the_same_rules_as_of_the_same_moment_differ_in_nothing(finished: Small) -> None:
    report = diff(finished, against=finished.folder)
    assert (report.data["changes"], report.grids) == (0, ())
    named = diff(finished, "buyers", against=finished.folder)
    assert named.grids[0].columns == ("segment", "before", "entered", "left", "after", "unknown")
    assert named.grids[0].rows[0][2:4] == (0, 0)


def test_what_cannot_be_compared_is_told(finished: Small, tmp_path: Path) -> None:
    cases: tuple[tuple[dict[str, object], str], ...] = (
        ({}, "say with what to compare"),
        ({"since": "2026-11-01", "against": tmp_path}, "not with both"),
        ({"since": "soon"}, "`--since` is not a time"),
        ({"since": "2026-12-01"}, "not before the moment"),
        ({"since": "2026-11-01", "to": tmp_path / "who.xlsx"}, "neither a CSV nor a Parquet"),
    )
    for wanted, problem in cases:
        with pytest.raises(UsageError, match=problem):
            diff(finished, **wanted)
    with pytest.raises(UsageError) as error:
        diff(finished, "buyer", since="2026-11-01")
    assert error.value.findings[0].hint == "did you mean `buyers`?"
    with pytest.raises(ConfigError, match="no rules here"):
        diff(finished, against=tmp_path)
    with pytest.raises(ConfigError, match="cannot read the file"):
        diff(finished, against=tmp_path / "nothing.yaml")
    (tmp_path / "rules.yaml").write_text(
        "version: 1\nsegments: {s: 'exists(orders)'}\nsegment: {}\n", encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="unknown key `segment`"):
        diff(finished, against=tmp_path)
    (tmp_path / "rules.yaml").write_text("version: 1\nsegments: {s: 'exists(orders)'}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown stream `orders`"):
        diff(finished, against=tmp_path)
