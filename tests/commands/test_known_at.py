"""`--known-at`: rows that came later change the answer of today, and not the one that was known at the time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from cdptool.commands.backtest import backtest
from cdptool.commands.diff import Wanted, diff_segments
from cdptool.commands.explain_segment import explain_segment
from cdptool.commands.ingest import ingest
from cdptool.commands.merge import merge
from cdptool.commands.report import Report
from cdptool.commands.rule_inputs import answers_of, moment_asked, question_of
from cdptool.commands.segment import compute_segments, segment
from cdptool.commands.segments_report import report_segments
from cdptool.commands.session import Settings, open_session
from cdptool.commands.upkeep import tidy
from cdptool.errors import UsageError
from cdptool.profiles import memberships, traits
from tests.commands.small import AS_OF, Small
from tests.frames import ROUNDS

SEGMENTS = "segments: {buyers: 'exists(order[\"30d\"])'}"
RULES = """segments:
  buyers: exists(order["30d"])
  left: none(cart["2h":"30m"])
  best: ntile(spend, 2) == 2
  cheap: 'exists(order.where(sku.name == "Khăn"))'
  drawn: offer != "holdout"
splits:
  offer: {salt: v1, arms: {holdout: 50%, voucher: 50%}}"""
LATE = "time,email,sku,total\n2026-11-20 19:30:00,late@example.vn,S1,70000\n"
RECORDS = ("lan@example.vn", "minh@example.vn", "hoa@example.vn", "an@example.vn")


def moment() -> str:
    return datetime.now(UTC).isoformat()


def sizes(report: Report) -> dict[str, tuple[int, int]]:
    return {row["segment"]: (row["in"], row["unknown"]) for row in report.data["segments"]}


@pytest.fixture
def late(unread: Small) -> tuple[Small, str]:
    """A shop that ran, and then read a row that is older than its answer; and the time between."""
    unread.write(
        "crm.csv", "id,email,name,born\nK1,lan@example.vn,Lan,1990-01-01\nK9,late@example.vn,Le,1990-01-01\n"
    )
    unread.run()
    between = moment()
    unread.write("orders_late.csv", LATE)
    unread.run()
    return unread, between


def test_a_late_row_changes_the_answer_of_today_and_not_the_one_known_before(late: tuple[Small, str]) -> None:
    shop, between = late
    now = compute_segments(shop.settings(AS_OF))
    then = compute_segments(Settings(project=shop.folder, as_of=AS_OF, known_at=between))
    assert (sizes(now)["buyers"], sizes(then)["buyers"]) == ((3, 0), (2, 1))
    assert now.data["profiles"] == then.data["profiles"] == 3
    assert then.data["known_at"] == between
    assert "known at" in then.summary
    assert sizes(compute_segments(shop.settings(AS_OF), dry_run=True)) == sizes(now), "nothing was written"


def test_without_as_of_it_is_the_moment_of_the_last_run_by_then(late: tuple[Small, str]) -> None:
    shop, between = late
    shop.run("2026-11-20T22:00+07:00")
    then = compute_segments(Settings(project=shop.folder, known_at=between))
    assert then.data["as_of"] == "2026-11-20T14:00:00+00:00"


def test_what_was_known_is_explained_with_the_rows_of_then(late: tuple[Small, str]) -> None:
    shop, between = late
    now = explain_segment(shop.settings(AS_OF), "buyers", "crm:K9")
    then = explain_segment(Settings(project=shop.folder, as_of=AS_OF, known_at=between), "buyers", "crm:K9")
    assert (now.data["value"], then.data["value"]) == (True, None)
    assert any("orders_late.csv" in line for line in now.lines)
    assert not any("orders_late.csv" in line for line in then.lines)


def test_diff_tells_whom_late_rows_moved(late: tuple[Small, str]) -> None:
    shop, between = late
    report = diff_segments(shop.settings(AS_OF), ("buyers",), Wanted(known_at=between))
    [row] = report.data["segments"]
    assert (row["n_before"], row["turned_in"], row["n_after"]) == (2, 1, 3)
    assert "against what was known at" in report.summary
    earlier = Wanted(since="2026-11-20T20:00", known_at=between)
    [row] = diff_segments(shop.settings(AS_OF), ("buyers",), earlier).data["segments"]
    assert (row["n_before"], row["n_after"]) == (1, 3)


def test_diff_shows_people_of_then_under_the_ids_of_today(late: tuple[Small, str]) -> None:
    shop, _ = late
    apart = moment()  # both are in, each for themselves
    shop.write("crm2.csv", "id,email,name,born\nK9,lan@example.vn,Le,1990-01-01\n")
    shop.edit("files: crm.csv", "files: crm*.csv")
    shop.run()
    report = diff_segments(shop.settings(AS_OF), (), Wanted(known_at=apart))
    [row] = report.data["segments"]
    assert (row["n_before"], row["n_after"], report.data["changes"]) == (2, 2, 0)
    assert row["n_merged"] == 1, "of the three of then two are one person today"
    assert report.grids[0].columns[-1] == "merged"


def test_the_report_of_segments_is_that_of_then(late: tuple[Small, str]) -> None:
    shop, between = late
    then, now = (
        report_segments(Settings(project=shop.folder, known_at=at)).data["segments"] for at in (between, None)
    )
    assert [(row["people"], row["unknown"]) for row in (*then, *now)] == [(2, 1), (3, 0)]


def test_rules_of_today_may_ask_what_profiles_of_then_do_not_have(late: tuple[Small, str]) -> None:
    shop, between = late
    shop.edit("birth_date: date}", "birth_date: date, city: text}")
    shop.edit("born}", "born, city: town}")
    shop.write("crm.csv", "id,email,name,born,town\nK1,lan@example.vn,Lan,1990-01-01,Huế\n")
    shop.edit("segments: {", "segments: {local: 'city == \"Huế\"', ")
    shop.run()
    with pytest.raises(UsageError, match="which profiles did not have at"):
        compute_segments(Settings(project=shop.folder, as_of=AS_OF, known_at=between))
    report = diff_segments(shop.settings(AS_OF), ("buyers",), Wanted(known_at=between))
    assert report.data["segments"][0]["segment"] == "buyers"


def test_a_snapshot_may_be_named_by_its_number(late: tuple[Small, str]) -> None:
    shop, between = late
    with shop.session() as session:
        by_then = [one for one in session.workspace.history() if one.committed_at.isoformat() <= between]
    number = str(by_then[0].number)
    then = compute_segments(Settings(project=shop.folder, as_of=AS_OF, known_at=number))
    assert sizes(then)["buyers"] == (2, 1)
    with pytest.raises(UsageError, match="there is no snapshot 999"):
        compute_segments(Settings(project=shop.folder, as_of=AS_OF, known_at="999"))


def test_tidy_can_keep_what_is_young_however_much_it_is(late: tuple[Small, str]) -> None:
    shop, between = late
    assert tidy(shop.settings(), keep=1, days=1).data["snapshots_dropped"] == 0
    then = compute_segments(Settings(project=shop.folder, as_of=AS_OF, known_at=between))
    assert sizes(then)["buyers"] == (2, 1)
    assert tidy(shop.settings(), keep=1, days=0).data["snapshots_dropped"] > 0


def test_backtest_counts_as_it_was_known(late: tuple[Small, str]) -> None:
    shop, between = late
    then = backtest(Settings(project=shop.folder, as_of=AS_OF, known_at=between), "buyers", months=1)
    now = backtest(shop.settings(AS_OF), "buyers", months=1)
    assert [report.data["months"][-1]["size"] for report in (then, now)] == [2, 3]


def test_what_cannot_be_given_back_is_refused(late: tuple[Small, str]) -> None:
    shop, between = late

    def refused(known_at: str) -> str:
        with pytest.raises(UsageError) as error:
            compute_segments(Settings(project=shop.folder, as_of=AS_OF, known_at=known_at))
        return error.value.findings[0].problem

    assert refused("2001-01-01").startswith("nothing was ingested yet at")
    assert refused("soon") == "`--known-at` is not a time"
    with shop.session() as session:
        first = session.workspace.history()[-1].committed_at
    assert refused(first.isoformat()).startswith("nothing was merged yet at")
    tidy(shop.settings(), keep=1)
    assert refused(between).startswith("the workspace does not go back to")
    assert sizes(compute_segments(Settings(project=shop.folder, as_of=AS_OF, known_at=moment())))[
        "buyers"
    ] == (3, 0)


def answers(settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Memberships and traits, as the rules say."""
    with open_session(settings, writes=False) as session:
        book = session.project.rules
        assert book is not None
        snapshot = session.snapshot()
        found = answers_of(session, question_of(session, snapshot, book, moment_asked(session, snapshot)))
    return memberships(found.lazy(), book).collect(), traits(found.lazy(), book).collect()


def brought(shop: Small, rng: random.Random, number: int) -> None:
    """What may come between two runs: orders and carts early or late, people, who is who, names of articles."""
    start = datetime(2026, 11, 20, 8)

    def at() -> str:
        return f"{start + timedelta(minutes=rng.randrange(0, 13 * 60)):%Y-%m-%d %H:%M:%S}"

    for kind, text in (("orders", "time,email,sku,total"), ("carts", "time,email,total")):
        rows = [
            f"{at()},{rng.choice(RECORDS)},{f'S{rng.randrange(3)},' if kind == 'orders' else ''}{rng.randrange(9) * 1000}"
            for _ in range(rng.randrange(4))
        ]
        if rows:
            shop.write(f"{kind}{number}.csv", "\n".join((text, *rows, "")))
    people = [f"K{rng.randrange(4)},{rng.choice(RECORDS)},," for _ in range(rng.randrange(2))]
    if people:
        shop.write(f"crm{number}.csv", "\n".join(("id,email,name,born", *people, "")))
    if rng.random() < 0.3:
        shop.write(f"products{number}.csv", f"sku,name\nS{rng.randrange(3)},{rng.choice(('Khăn', 'Áo'))}\n")


@pytest.mark.parametrize("seed", range(2 * ROUNDS))
def test_every_run_can_be_given_back_as_it_was(tmp_path: Path, seed: int) -> None:
    """Over a random history of ingests: the answer known at the time of run k is what run k said."""
    rng = random.Random(seed)
    shop = Small.written(tmp_path)
    shop.edit(SEGMENTS, RULES)
    shop.edit("files: crm.csv", "files: crm*.csv")
    shop.edit("files: carts.csv", "files: carts*.csv")
    said: list[tuple[str, str, pl.DataFrame, pl.DataFrame]] = []
    for number in range(5):
        if number:
            brought(shop, rng, number)
        as_of = f"2026-11-20T{rng.randrange(17, 22)}:{rng.randrange(60):02}+07:00"
        settings = Settings(project=shop.folder, as_of=as_of)
        with open_session(settings, writes=True) as session:
            ingest(session, (), lambda _: None)
            merge(session)
            segment(session, moment_asked(session, session.snapshot()))
            snapshot = session.snapshot()
            stored = (snapshot.scan("memberships").collect(), snapshot.scan("traits").collect())
        said.append((moment(), as_of, *stored))
    moved = 0
    for then, as_of, *stored in said:
        assert answers(Settings(project=shop.folder, known_at=then))[0].equals(stored[0])
        again = answers(Settings(project=shop.folder, as_of=as_of, known_at=then))
        assert all(one.equals(other) for one, other in zip(again, stored, strict=True)), f"seed {seed}"
        moved += not answers(Settings(project=shop.folder, as_of=as_of))[0].equals(stored[0])
    assert moved, "what came later must have changed an answer, or this proves nothing"
