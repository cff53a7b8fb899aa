"""What comes with cdptool to be included: each library on worlds by hand, and RFM on orders with a known answer."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cdptool.commands.run import run_all
from cdptool.commands.session import Settings
from cdptool.config import load_project
from cdptool.config.libraries import libraries
from cdptool.config.rule_tests import load_rule_tests
from cdptool.profiles.coverage import coverage
from cdptool.profiles.rule_tests import judge_test
from cdptool.workspace import Workspace
from tests.shared import shared_data

HERE = Path(__file__).parent
REAL = HERE.parents[1] / "configs" / "real" / "rfm" / "project.yaml"
ORDERS = "rfm_orders/rfm_data_orders.csv"
COUNTS = {
    "potential_loyalist": 342,
    "loyal": 170,
    "lost": 148,
    "new_customer": 104,
    "about_to_sleep": 102,
    "cannot_lose": 47,
    "champions": 35,
    "at_risk": 28,
    "need_attention": 10,
    "promising": 9,
}


def test_every_library_answers_as_its_worlds_expect() -> None:
    project = load_project(HERE)
    assert project.rules is not None
    asked = set[str]()
    for test in load_rule_tests(project):
        for result in judge_test(test, project.rules):
            assert result.holds, f"{result.expected.place}: {result.expected.rule} came {result.came}"
            asked.add(result.expected.rule)
    others = [rule for rule in project.rules.rules() if rule not in asked]
    # The ten segments are one comparison each, and held by the orders below; the rest counts inside what is asked.
    assert [rule for rule in others if "rfm_" not in rule] == [
        "sms_sends",
        "push_sends",
        "sms_clicks",
        "push_clicks",
    ]


def test_every_condition_of_a_library_decides_for_somebody() -> None:
    """But for RFM, which the orders below hold."""
    book = load_project(HERE).rules
    assert book is not None
    judged = [
        (test, tuple(each for each in judge_test(test, book) if "rfm_" not in each.expected.rule))
        for test in load_rule_tests(load_project(HERE))
    ]
    idle = {text for each in coverage(book, judged) for text, _ in each.idle}
    assert idle == {"missing(points)", "none(order)"}  # of the last tier: so it is where no other is


def test_the_project_of_the_worlds_includes_every_library() -> None:
    text = (HERE / "project.yaml").read_text(encoding="utf-8")
    assert [name for name in libraries() if name not in text] == []


@pytest.fixture(scope="module")
def segments(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The traits of `configs/real/rfm` after a run, and the customers they are of."""
    data = shared_data(ORDERS)
    folder = tmp_path_factory.mktemp("rfm")
    text = REAL.read_text(encoding="utf-8").replace(f"../../../../shared/data/{ORDERS}", str(data))
    text += "  - {library: rfm, prefix: parts_, order_id: null, value: revenue}\n"
    (folder / "project.yaml").write_text(text, encoding="utf-8")
    run_all(Settings(project=folder, as_of="2006-12-31"), lambda _: None)
    with Workspace.open(folder / "workspace") as workspace:
        snapshot = workspace.snapshot()
        people = snapshot.scan("profiles").select("profile_id", "customer")
        return snapshot.scan("traits").join(people, on="profile_id").collect()


def test_rfm_with_the_cut_points_of_the_vignette_gives_its_ten_segments(segments: pl.DataFrame) -> None:
    assert dict(segments.group_by("rfm_segment").len().iter_rows()) == COUNTS


def test_rfm_scores_every_customer_as_the_package_does(segments: pl.DataFrame) -> None:
    known = pl.read_csv(shared_data("rfm_orders/reference_rfm_scores.csv"))
    scores = {"rfm_r": "recency_score", "rfm_f": "frequency_score", "rfm_m": "monetary_score"}
    measures = {"rfm_recency": "recency_days", "rfm_frequency": "transaction_count"}
    both = segments.join(known, left_on="customer", right_on="customer_id")
    assert both.height == known.height == 995
    for ours, theirs in (scores | measures).items():
        assert (both[ours].cast(pl.Float64) == both[theirs].cast(pl.Float64)).all(), ours


def test_five_parts_are_the_ranks_of_equal_values_whatever_their_order(segments: pl.DataFrame) -> None:
    """1 + five times the share of those with a smaller value, rounded down."""
    measures = {
        "parts_rfm_r": -segments["rfm_recency"],
        "parts_rfm_f": segments["rfm_frequency"],
        "parts_rfm_m": segments["rfm_monetary"],
    }
    for part, measure in measures.items():
        values = measure.to_list()
        expected = [1 + 5 * sum(other < value for other in values) // len(values) for value in values]
        assert segments[part].to_list() == expected, part


def test_the_project_of_real_orders_can_be_read() -> None:
    book = load_project(REAL.parent).rules
    assert book is not None
    assert {rule.name for rule in book.segments} == {f"rfm_{each}" for each in COUNTS}
