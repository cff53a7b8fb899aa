"""`models:` in rules.yaml: what is read, and every way to get it wrong with place and hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.config import load_project
from cdptool.models import LifetimeSpec, LookAlikeSpec, OrdersSpec, RhythmSpec
from tests.config.projects import RULES, refused, write_project

MODELS = """\
models:
  clv: {kind: bg_nbd, orders: order, by: order_id, value: total, unit: day, horizon: 12w, holdout: 30d}
  rhythm: {kind: rhythm, orders: order, where: sku != "0"}
  twins: {kind: look_alike, seed: vip, traits: [name, worth]}
"""
WORTH = RULES.replace(
    "segments:", "  worth: clv.value\nsegments:\n  alive: clv.alive > 0.5 and rhythm.risk < 0.5"
)
ONE = "{kind: bg_nbd, orders: order}"


def test_models_are_read_and_rules_may_name_their_columns(tmp_path: Path) -> None:
    project = load_project(write_project(tmp_path, rules=WORTH + MODELS))
    clv, rhythm, twins = project.models
    assert clv == LifetimeSpec("clv", "bg_nbd", OrdersSpec("order", "order_id", "total"), "day", 84, 30)
    assert isinstance(rhythm, RhythmSpec)
    assert (rhythm.horizon_days, rhythm.orders.where is None) == (90, False)
    assert twins == LookAlikeSpec("twins", "look_alike", "vip", ("name", "worth"))
    assert [column.name for column in project.catalog.fields][-3:] == ["clv", "rhythm", "twins"]


def test_a_model_changes_the_digest_of_the_rules_and_of_nothing_else(tmp_path: Path) -> None:
    without = dict(load_project(write_project(tmp_path)).digests)
    now = dict(load_project(write_project(tmp_path, rules=RULES + f"models:\n  clv: {ONE}\n")).digests)
    assert {section for section in now if now[section] != without[section]} == {"rules"}


# (what stands behind `models:`, line:column of the finding, problem, hint)
WRONG = [
    ("clv: {kind: bgnbd, orders: order}", "10:15", "unknown kind of model `bgnbd`", "did you mean `bg_nbd`?"),
    ("clv: {orders: order}", "10:3", "missing key `kind` in a model", "one of `kind: bg_nbd`, `kind: mbg_nbd`, `kind: pareto_nbd`, `kind: rhythm`, `kind: look_alike`"),
    ("clv: {kind: bg_nbd}", "10:3", "missing key `orders` in a lifetime model", "add `orders:`"),
    ("clv: {kind: bg_nbd, orders: ordr}", "10:31", "unknown stream `ordr`", "did you mean `order`?"),
    ("clv: {kind: bg_nbd, orders: order, by: oder_id}", "10:42", "unknown column `oder_id` of stream `order`", "did you mean `order_id`?"),
    ("clv: {kind: bg_nbd, orders: order, value: sku}", "10:45", "`sku` is not of type `money`", "declare it as money: amounts have a currency"),
    ("clv: {kind: bg_nbd, orders: order, horizon: 5h}", "10:47", "expected whole days", "write it as `90d` or `12w`"),
    ("clv: {kind: bg_nbd, orders: order, horizon: 36h}", "10:47", "expected whole days", "write it as `90d` or `12w`"),
    ("clv: {kind: rhythm, orders: order, holdout: 90d}", "10:38", "unknown key `holdout` in a model of rhythms", "one of `by`, `horizon`, `kind`, `orders`, `value`, `where`"),
    ("clv: {kind: bg_nbd, orders: order, unit: month}", "10:44", "unknown unit `month`", "one of `day`, `week`"),
    ("email: {kind: bg_nbd, orders: order}", "10:3", "`email` is a field already", "give the model a name of its own"),
    ("vip: {kind: bg_nbd, orders: order}", "10:3", "`vip` is a segment already", "give the model a name of its own"),
    ("clv: bg_nbd", "10:8", "expected a mapping, found text", "write `{kind: bg_nbd, orders: order}`"),
    ("twins: {kind: look_alike, seed: vips, traits: [name]}", "10:35", "unknown segment `vips`", "did you mean `vip`?"),
    ("twins: {kind: look_alike, seed: vip, traits: [nam]}", "10:49", "unknown trait or field `nam`", "did you mean `name`?"),
    ("clv: {kind: bg_nbd, orders: order, where: total2 > 5}", "10:45", "unknown name `total2`", None),
    ("clv: {kind: bg_nbd, orders: order, where: count(order) > 5}", "10:45", "other rows are not looked at here",
     "compare columns of the one row that it is asked of"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "at", "problem", "hint"), WRONG, ids=[each[2] for each in WRONG])
def test_each_mistake_is_told_at_its_place(
    tmp_path: Path, written: str, at: str, problem: str, hint: str | None
) -> None:
    write_project(tmp_path, rules=f"{RULES}models:\n  {written}\n")
    found = refused(tmp_path)
    assert [each for each, _ in found] == [f"rules.yaml:{at}: {problem}"]
    if hint is not None:
        assert found[0][1] == hint


def test_a_column_that_a_model_does_not_have_is_told(tmp_path: Path) -> None:
    write_project(tmp_path, rules=RULES + f"  x: clv.value > 5\nmodels:\n  clv: {ONE}\n")
    assert refused(tmp_path) == [
        ("rules.yaml:9:10: unknown column `value` of table `clv`", "did you mean `alive`?")
    ]


def test_a_look_alike_cannot_learn_from_itself(tmp_path: Path) -> None:
    rules = RULES + "  x: twins.score > 0.5\nmodels:\n  twins: {kind: look_alike, seed: x, traits: [name]}\n"
    write_project(tmp_path, rules=rules)
    problem = "model `twins` would need `twins` before it is there: `x` speaks of it"
    assert refused(tmp_path) == [
        (f"rules.yaml:11:3: {problem}", "name a seed and traits that speak of no look-alike")
    ]


def test_a_trait_that_defines_the_seed_is_warned_of(tmp_path: Path) -> None:
    rules = RULES + "models:\n  twins: {kind: look_alike, seed: vip, traits: [spend, name]}\n"
    warnings = load_project(write_project(tmp_path, rules=rules)).warnings
    assert [each.problem for each in warnings] == [
        "the seed `vip` is defined by `spend`: the model would find it again, not who is alike"
    ]


def test_no_rule_looks_back_in_a_model(tmp_path: Path) -> None:
    write_project(tmp_path, rules=RULES + f'  x: at("30d", clv.alive > 0.5)\nmodels:\n  clv: {ONE}\n')
    assert refused(tmp_path) == [
        ("rules.yaml:9:3: `at(…)` cannot look back in model `clv`: its table is of today", None)
    ]


def test_a_stream_that_is_kept_as_signals_has_no_orders_to_tell_apart(tmp_path: Path) -> None:
    from tests.config.projects import PROJECT

    kept = PROJECT.replace("max_lag: 6h", "max_lag: 6h\n    keep: {raw: 60d, then: signals, sums: [total]}")
    write_project(tmp_path, project=kept, rules=f"{RULES}models:\n  clv: {ONE}\n")
    assert ("rules.yaml" not in refused(tmp_path)[0][0]) and "model `clv` reads `order`" in refused(tmp_path)[
        0
    ][0]
