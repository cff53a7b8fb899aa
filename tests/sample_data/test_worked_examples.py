"""The eight worked examples of the rule language on the sample project: the members that its files give by hand."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from cdptool.commands.plan import plan_campaigns
from cdptool.commands.rule_inputs import answers_of, moment_asked, question_of
from cdptool.commands.run import run_all
from cdptool.commands.segment import compute_segments
from cdptool.commands.session import Settings, open_session
from cdptool.config.other_rules import read_other_rules
from cdptool.ids import printed_id
from cdptool.tables import MONEY_SCALE

ROOT = Path(__file__).resolve().parents[2]
WORKED = Path(__file__).parent / "worked"
AS_OF = "2026-11-20T21:00+07:00"
EXAMPLES: dict[str, dict[str, dict[str, Any]]] = yaml.load(
    (WORKED / "members.yaml").read_text(encoding="utf-8"), yaml.BaseLoader
)
STATES = {"in": True, "out": False, "unknown": None}
CAPS_OF_THE_EXAMPLE = """caps:
  - {id: sms_24h, max: 1, per: 24h, channel: sms}
  - {id: two_a_day, max: 2, per: day}
  - {id: seven_a_week, max: 7, per: week}
  - {id: twenty_a_month, max: 20, per: month}

"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample project after a run."""
    folder = tmp_path_factory.mktemp("worked")
    for name in ("configs", "sample_data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("real", "__pycache__"))
    settings = Settings(project=folder, as_of=AS_OF)
    run_all(settings, lambda _: None)
    return settings


@pytest.fixture(scope="module")
def profiles(settings: Settings) -> dict[str, int]:
    """Whose each record is, as people cite it."""
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        names = pl.concat_str("source", pl.lit(":"), "source_key").alias("name")
        records = snapshot.scan("records").select("record_id", names)
        found = records.join(snapshot.scan("identity"), on="record_id").select("name", "profile_id").collect()
    return dict(found.iter_rows())


@pytest.fixture(scope="module")
def answers(settings: Settings) -> pl.DataFrame:
    """What the rules of the examples say of everybody."""
    with open_session(settings, writes=False) as session:
        book = read_other_rules(WORKED / "rules.yaml", session.project)
        snapshot = session.snapshot()
        asked = question_of(session, snapshot, book, moment_asked(session, snapshot))
        return answers_of(session, asked)


def expected(kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for example, rules in EXAMPLES.items():
        yield from ((example, rule, said) for rule, said in rules.items() if kind in said)


def test_all_eight_examples_are_here() -> None:
    assert [example[0] for example in EXAMPLES] == list("12345678")


@pytest.mark.parametrize(
    ("rule", "state", "people"),
    [(rule, state, said[state]) for state in STATES for _, rule, said in expected(state)],
)
def test_members_are_those_that_the_files_give_by_hand(
    answers: pl.DataFrame, profiles: dict[str, int], rule: str, state: str, people: dict[str, str]
) -> None:
    said = dict(answers.select("profile_id", rule).iter_rows())
    assert {name: said[profiles[name]] for name in people} == dict.fromkeys(people, STATES[state])


@pytest.mark.parametrize(("rule", "size"), [(rule, int(said["size"])) for _, rule, said in expected("size")])
def test_nobody_else_is_in(answers: pl.DataFrame, rule: str, size: int) -> None:
    assert answers[rule].sum() == size


@pytest.mark.parametrize(("rule", "values"), [(rule, said["values"]) for _, rule, said in expected("values")])
def test_traits_have_the_values_that_the_files_give_by_hand(
    answers: pl.DataFrame, profiles: dict[str, int], rule: str, values: dict[str, str]
) -> None:
    said = dict(answers.select("profile_id", rule).iter_rows())
    scale = MONEY_SCALE if f"{rule}_currency" in answers.columns else 1

    def shown(value: object) -> str:
        return (
            "null"
            if value is None
            else f"{Decimal(value) / scale:f}"
            if isinstance(value, int | float)
            else str(value)
        )

    assert {name: shown(said[profiles[name]]) for name in values} == values


def test_audiences_are_written_where_they_are_used_as_in_the_second_and_eighth(
    settings: Settings, profiles: dict[str, int]
) -> None:
    configs = settings.project / "configs"
    for file, old, new in (
        ("plan.yaml", "to: winback_reached ", 'to: lapsed_high_value and offer != "holdout" '),
        ("exports.yaml", "google_vip: {who: vip,", "google_vip: {who: bedding_90d and not bought_14d,"),
    ):
        text = (configs / file).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (configs / file).write_text(text.replace(old, new), encoding="utf-8")
    compute_segments(settings)
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        rows = (
            snapshot.scan("memberships")
            .filter(pl.col("state") == "in")
            .select("segment", "profile_id")
            .collect()
        )
        arms = dict(snapshot.scan("traits").select("profile_id", "offer").collect().iter_rows())
    members = {str(name): set(part["profile_id"]) for (name,), part in rows.group_by("segment")}
    lapsed = members["lapsed_high_value"]
    assert members["to_winback"] == {each for each in lapsed if arms[each] != "holdout"} < lapsed
    assert members["who_google_vip"] == members["bedding_90d"] - members["bought_14d"]
    assert profiles["crm:0000195"] not in members["who_google_vip"], "bought bedding this week"


def test_the_caps_of_the_fifth_example_stop_what_they_say(
    settings: Settings, profiles: dict[str, int]
) -> None:
    """By hand: 197 had an SMS at 09:00, so gets the e-mail, which is the second of the day; 195 had four in the week."""
    plan = settings.project / "configs" / "plan.yaml"
    text = plan.read_text(encoding="utf-8")
    begin, end = text.index("caps:\n"), text.index("# What there is to send")
    plan.write_text(text[:begin] + CAPS_OF_THE_EXAMPLE + text[end:], encoding="utf-8")
    plan_campaigns(settings)
    folder = settings.project / "out" / "plan"

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def sent(campaign: str, number: int) -> list[str]:
        who = printed_id(profiles[f"crm:0000{number}"], "p")
        files = (file.name for file in sorted(folder.glob(f"{campaign}.*.csv")))
        return [name.split(".")[1] for name in files if any(row["profile_id"] == who for row in rows(name))]

    def stopped(campaign: str, number: int) -> list[str]:
        who = printed_id(profiles[f"crm:0000{number}"], "p")
        found = (
            row for row in rows("suppressed.csv") if (row["profile_id"], row["campaign"]) == (who, campaign)
        )
        return [row["reasons"] for row in found]

    assert (sent("vip_preview", 197), stopped("vip_preview", 197)) == (["email"], [])
    assert (sent("bedding_accessories", 197), stopped("bedding_accessories", 197)) == (
        [],
        ["email:capped:two_a_day"],
    )
    for number in (195, 196):
        assert (sent("vip_preview", number), sent("bedding_accessories", number)) == (["sms"], ["email"])
