"""`fit` over a workspace: days as of the moment, tables that rules read, refusals that stop nothing, the same again."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cdptool.commands.fit import fit_models
from cdptool.commands.ingest import ingest_files
from cdptool.commands.merge import merge_records
from cdptool.commands.report import Report
from cdptool.commands.rule_tests import run_rule_tests
from cdptool.commands.run import run_all
from cdptool.commands.segment import compute_segments
from cdptool.commands.session import Settings, open_session
from cdptool.errors import ConfigError, UsageError
from tests.models.test_tables import shop

pytest.importorskip("scipy")
AS_OF = "2025-10-27T20:00+07:00"
PROJECT = """
version: 1
name: models
tz: Asia/Ho_Chi_Minh
currency: VND
fields: {customer_id: identifier, city: text}
streams:
  order: {columns: {order_id: identifier, channel: text, total: money}}
sources:
  crm: {files: crm.csv, feeds: records, key: id, columns: {customer_id: id, city: city}}
  till:
    files: orders*.csv
    feeds: {stream: order}
    key: [order_id, line]
    at: {column: time, tz: Asia/Ho_Chi_Minh}
    identifiers: {customer_id: customer}
    columns: {order_id: order_id, channel: channel, total: total}
keys: {customer_id: {limit: 1}}
passes:
  - exact: same(customer_id)
traits:
  days: nunique(order.day)
  worth: clv.value
segments:
  loyal: days >= 8
  alive: clv.alive >= 0.5
  gone: default(clv.alive, 0) < 0.5
  late: rhythm.overdue > 3
  like: twins.rank < 0.2 and not loyal
models:
  clv: {kind: bg_nbd, orders: order, by: order_id, value: total, where: channel == "web", horizon: 30d, holdout: 60d}
  rhythm: {kind: rhythm, orders: order, by: order_id, horizon: 40d}
  twins: {kind: look_alike, seed: loyal, traits: [city, worth]}
"""


def write(folder: Path, n: int, *, project: str = PROJECT, shuffled: bool = False) -> Settings:
    """The project with orders of two lines each, one of them negative; and with orders that do not count."""
    days = shop(n).with_row_index("order_id").with_columns(pl.col("profile_id").alias("customer"))
    parts = [("1", 1.5), ("2", -0.5)]
    lines = pl.concat(
        days.select(
            "customer", pl.format("W{}", "order_id").alias("order_id"), pl.lit(line).alias("line"),
            pl.lit("web").alias("channel"), pl.format("{} 10:00:00", "day").alias("time"),
            (pl.col("value") * part / 10_000).round(4).alias("total"),
        )
        for line, part in parts
    )  # fmt: skip
    store = lines.filter(pl.col("line") == "1").head(500).with_columns(
        pl.format("S{}", "order_id").alias("order_id"), pl.lit("store").alias("channel"),
        pl.lit("2025-10-30 10:00:00").alias("time"),
    )  # fmt: skip
    both = pl.concat([lines, store])
    people = days.select(pl.col("customer").unique()).select(
        pl.col("customer").alias("id"), pl.when(pl.col("customer") % 3 == 0).then(pl.lit("Huế")).alias("city")
    )
    folder.mkdir(exist_ok=True)
    (folder / "project.yaml").write_text(project, encoding="utf-8")
    people.write_csv(folder / "crm.csv")
    (both.sample(fraction=1, shuffle=True, seed=3) if shuffled else both).write_csv(folder / "orders.csv")
    return Settings(project=folder, as_of=AS_OF)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Report]:
    settings = write(tmp_path_factory.mktemp("models"), 400)
    return settings, run_all(settings, lambda _: None)


def tables(settings: Settings) -> dict[str, pl.DataFrame]:
    """What the workspace holds of models, traits and memberships."""
    names = ("model_clv", "model_rhythm", "model_twins", "figures_of_models", "traits", "memberships")
    with open_session(settings, writes=False) as session:
        return {name: session.snapshot().scan(name).collect() for name in names}


def test_run_fits_before_it_segments_and_leaves_what_did_not_change(
    finished: tuple[Settings, Report],
) -> None:
    settings, report = finished
    steps = {step["step"]: step["result"] for step in report.data["steps"]}
    assert list(steps) == ["ingest", "merge", "fit", "segment"]
    assert steps["fit"].startswith("3 of 3 models fitted")
    again = {step["step"]: step["result"] for step in run_all(settings, lambda _: None).data["steps"]}
    assert (again["fit"], again["segment"]) == ("unchanged", "unchanged")


def test_orders_are_lines_put_together_in_the_zone_of_the_project_and_as_of_the_moment(
    finished: tuple[Settings, Report],
) -> None:
    """The orders of a store do not count, nor those after the moment; values are what the lines add up to."""
    found = tables(finished[0])
    days = shop(400)
    figures = dict(
        found["figures_of_models"]
        .filter((pl.col("model") == "clv") & (pl.col("part") == "data"))
        .select("figure", "value")
        .iter_rows()
    )
    assert figures["customers"] == 400
    assert figures["order days"] == days.height
    total = found["model_clv"]["order_days"].sum()
    assert total == days.height
    mean = days["value"].mean()
    assert isinstance(mean, float)
    assert found["model_clv"]["day_value"].mean() == pytest.approx(mean, rel=0.2)


def test_rules_read_a_model_as_they_read_a_table(finished: tuple[Settings, Report]) -> None:
    found = tables(finished[0])
    clv, members = found["model_clv"], found["memberships"]
    alive = set(members.filter(pl.col("segment") == "alive")["profile_id"])
    assert alive == set(clv.filter(pl.col("alive") >= 0.5)["profile_id"])
    worth = found["traits"].select("profile_id", "worth", "worth_currency").drop_nulls()
    expected = clv.select("profile_id", pl.col("value").alias("worth"), pl.lit("VND").alias("worth_currency"))
    assert worth.equals(expected)
    unknown = members.filter((pl.col("segment") == "late") & (pl.col("state") == "unknown"))
    assert set(unknown["profile_id"]).isdisjoint(found["model_rhythm"]["profile_id"])


def test_shuffled_rows_and_buckets_give_the_same_tables(
    finished: tuple[Settings, Report], tmp_path: Path
) -> None:
    settings = write(tmp_path / "shuffled", 400, shuffled=True)
    run_all(Settings(project=settings.project, as_of=AS_OF, buckets=3), lambda _: None)
    mine, theirs = tables(finished[0]), tables(settings)
    assert {name for name in mine if not mine[name].equals(theirs[name])} == set()


def test_segment_asks_models_of_the_moment_it_speaks_of(finished: tuple[Settings, Report]) -> None:
    """Without committing them: `fit` was as of another day."""
    settings = finished[0]
    earlier = Settings(project=settings.project, as_of="2025-08-01T20:00+07:00")
    then = {row["segment"]: row["in"] for row in compute_segments(earlier, dry_run=True).data["segments"]}
    now = {row["segment"]: row["in"] for row in compute_segments(settings, dry_run=True).data["segments"]}
    assert then["gone"] < now["gone"]


def test_too_little_data_is_a_warning_and_rules_are_unknown(tmp_path: Path) -> None:
    settings = write(tmp_path / "few", 60)
    ingest_files(settings, (), lambda _: None)
    with pytest.raises(UsageError, match="no profiles yet"):
        fit_models(settings)
    run_all(settings, lambda _: None)
    report = fit_models(settings, dry_run=True)
    problems = [finding.problem for finding in report.findings]
    assert problems[0] == "model `clv` is not fitted: 60 customers have ordered, at least 200 are needed"
    assert {finding.severity for finding in report.findings} == {"warning"}
    counts = {
        row["segment"]: (row["in"], row["unknown"]) for row in compute_segments(settings).data["segments"]
    }
    assert counts["alive"] == (0, 60)
    assert counts["gone"] == (60, 0)


def test_a_live_feed_without_a_single_order_is_too_little_data(tmp_path: Path) -> None:
    """It is known up to no moment, before which nobody could count a horizon."""
    live = PROJECT.replace("order: {columns", "order: {max_lag: 1d, columns")
    settings = write(tmp_path, 5, project=live)
    for file in tmp_path.glob("orders*.csv"):
        file.write_text(file.read_text("utf-8").splitlines(keepends=True)[0], "utf-8")
    ingest_files(settings, (), lambda _: None)
    merge_records(settings)
    told = [finding.problem for finding in fit_models(settings).findings]
    assert any("0 customers have ordered" in problem for problem in told)
    assert {row["unknown"] for row in compute_segments(settings).data["segments"][:1]} == {5}


def test_values_of_two_currencies_are_refused(tmp_path: Path) -> None:
    foreign = """  abroad:
    files: abroad.csv
    feeds: {stream: order}
    at: {column: time, tz: Asia/Ho_Chi_Minh}
    identifiers: {customer_id: customer}
    columns: {order_id: order_id, channel: channel, total: {column: total, currency: USD}}
keys:"""
    settings = write(tmp_path / "two", 60, project=PROJECT.replace("keys:", foreign, 1))
    lines = (settings.project / "orders.csv").read_text(encoding="utf-8").splitlines()
    (settings.project / "abroad.csv").write_text("\n".join(lines[:2]), encoding="utf-8")
    with pytest.raises(ConfigError, match="the values of model `clv` are of 2 currencies"):
        run_all(settings, lambda _: None)


def test_a_project_without_models_says_where_they_go(tmp_path: Path) -> None:
    text = PROJECT.split("models:\n  clv")[0].replace("  worth: clv.value\n", "")
    text = "\n".join(line for line in text.splitlines() if "clv." not in line and "rhythm." not in line)
    settings = write(
        tmp_path / "none", 20, project=text.replace("  like: twins.rank < 0.2 and not loyal", "")
    )
    run_all(settings, lambda _: None)
    with pytest.raises(ConfigError, match="declares no models"):
        fit_models(settings)


def test_the_table_of_a_model_leaves_with_the_model(tmp_path: Path) -> None:
    settings = write(tmp_path / "fewer", 60)
    run_all(settings, lambda _: None)

    def stored() -> list[str]:
        with open_session(settings, writes=False) as session:
            return [name for name in session.snapshot().tables if name.startswith("model_")]

    assert stored() == ["model_clv", "model_rhythm", "model_twins"]
    lines = [line for line in PROJECT.splitlines() if "twins" not in line]
    (settings.project / "project.yaml").write_text("\n".join(lines), encoding="utf-8")
    run_all(settings, lambda _: None)
    assert stored() == ["model_clv", "model_rhythm"]
    lines = [line for line in lines if not any(word in line for word in ("clv", "rhythm", "models:"))]
    (settings.project / "project.yaml").write_text("\n".join(lines), encoding="utf-8")
    run_all(settings, lambda _: None)
    assert stored() == []


def test_rule_tests_give_the_table_of_a_model(finished: tuple[Settings, Report]) -> None:
    folder = finished[0].project / "tests"
    folder.mkdir(exist_ok=True)
    (folder / "models.yaml").write_text(
        """
version: 1
tests:
  - name: who is likely gone
    as_of: 2025-10-27T20:00
    profiles: {A: {clv: 1}, B: {clv: 2}, C: {}}
    tables: {clv: [{profile_id: 1, alive: 0.2}, {profile_id: 2, alive: 0.9}]}
    expect: {gone: {A: true, B: false, C: true}, alive: {A: false, B: true, C: unknown}}
""",
        encoding="utf-8",
    )
    assert run_rule_tests(finished[0], ()).exit_code == 0
