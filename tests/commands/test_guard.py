"""A segment of quite another size than the last time: told by `segment`, and in the way of its export."""

from __future__ import annotations

import pytest

from cdptool.commands.export import export_audiences
from cdptool.commands.report import Report
from cdptool.commands.run import run_all
from cdptool.errors import CheckFailed, ConfigError
from tests.commands.small import Small

LATER = "2026-11-20T21:05+07:00"


def guarded(small: Small, guard: str) -> None:
    small.edit("segments: {buyers:", f"guard: {guard}\nsegments: {{buyers:")


def told(report: Report) -> list[str]:
    return [f"{each.severity}: {each.problem}" for each in report.findings if "went from" in each.problem]


def no_orders_any_more(small: Small) -> None:
    """A slip in the rule: nobody is in."""
    small.edit("buyers: 'exists(order[\"30d\"])'", "buyers: 'exists(order[\"30d\"].where(total < 0))'")


def test_a_segment_that_lost_everybody_stops_its_export_until_it_is_let_pass(unread: Small) -> None:
    guarded(unread, "{buyers: {change: 50%}}")
    assert told(unread.run()) == []
    before = (unread.folder / "out" / "buyers.csv").read_bytes()
    no_orders_any_more(unread)
    with pytest.raises(CheckFailed) as stopped:
        unread.run(LATER)
    assert [str(each).rpartition("project.yaml:")[2] for each in stopped.value.findings] == [
        "48:9: segment `buyers` went from 2 to 0 people since it was last exported as `buyers`"
    ]
    assert stopped.value.findings[0].hint is not None
    assert "--allow-change" in stopped.value.findings[0].hint
    assert (unread.folder / "out" / "buyers.csv").read_bytes() == before
    with pytest.raises(
        CheckFailed
    ):  # the segments are those of now; the export is still held against what left last
        unread.run(LATER)
    report = run_all(unread.settings(LATER), lambda _: None, allow_change=True)
    assert told(report) == [
        "warning: segment `buyers` went from 2 to 0 people since it was last exported as `buyers`"
    ]
    assert (unread.folder / "out" / "buyers.csv").read_bytes() != before
    assert told(unread.run("2026-11-20T21:10+07:00")) == []  # let pass once: this is the size from now on


def test_an_export_by_name_lets_the_others_pass(unread: Small) -> None:
    guarded(unread, "{all: {people: 0, change: 10%}}")
    unread.run()
    no_orders_any_more(unread)
    with pytest.raises(CheckFailed):
        unread.run(LATER)
    assert export_audiences(unread.settings(LATER), ("capped",)).data["files"][0]["file"] == "capped.csv"


def test_small_numbers_may_move_as_they_like(unread: Small) -> None:
    guarded(unread, "{all: {change: 10%, people: 1}}")
    unread.run()
    unread.edit("buyers: 'exists(order[\"30d\"])'", "buyers: 'exists(order[\"30d\"].where(total > 100_000))'")
    assert told(unread.run(LATER)) == []  # from 2 to 1: by half, but by one person


@pytest.mark.parametrize("guard", ["{all: {people: 0}, buyers: off}", "{buyers: off}"])
def test_a_segment_that_is_meant_to_change_has_no_guard(unread: Small, guard: str) -> None:
    guarded(unread, guard)
    unread.run()
    no_orders_any_more(unread)
    assert told(unread.run(LATER)) == []


def test_without_a_guard_nothing_is_stopped(unread: Small) -> None:
    unread.run()
    no_orders_any_more(unread)
    assert told(unread.run(LATER)) == []


def test_segment_tells_what_changed_since_the_last_run_guarded_or_not(unread: Small) -> None:
    people = "".join(f"2026-11-20 20:00:00,m{n}@example.vn,S1,100000\n" for n in range(250))
    unread.write("orders2.csv", "time,email,sku,total\n" + people)
    unread.run()
    no_orders_any_more(unread)
    assert told(unread.run(LATER)) == [
        "warning: segment `buyers` went from 252 to 0 people since the last run"
    ]


def test_guards_are_checked(unread: Small) -> None:
    guarded(unread, "{buyrs: off, all: {chang: 50%}}")
    with pytest.raises(ConfigError) as error:
        unread.run()
    assert [(each.problem, each.hint) for each in error.value.findings] == [
        ("unknown segment `buyrs`", "did you mean `buyers`?"),
        ("unknown key `chang` in a guard", "did you mean `change`?"),
    ]
