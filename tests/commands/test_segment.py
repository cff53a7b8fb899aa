"""`cdptool segment` over a small project: splits that stay from run to run, scores made elsewhere, ranks of all profiles."""

from __future__ import annotations

import polars as pl
import pytest

from cdptool.commands.segment import compute_segments
from cdptool.config import load_project
from cdptool.errors import ConfigError
from cdptool.tables import ARMS
from tests.commands.small import AS_OF, Small

SEGMENTS = "segments: {buyers: 'exists(order[\"30d\"])'}"
SPLIT = "splits:\n  offer: {salt: v1, arms: {holdout: 50%, voucher: 50%}}"


def arms(shop: Small) -> pl.DataFrame:
    with shop.session() as session:
        return session.snapshot().scan("arms", ARMS).sort("profile_id").collect()


def test_arms_are_stored_and_stay_though_their_shares_change(unread: Small) -> None:
    unread.edit(
        SEGMENTS, f'segments:\n  asked: offer != "holdout"\n  buyers: \'exists(order["30d"])\'\n{SPLIT}'
    )
    unread.run()
    before = arms(unread)
    first = compute_segments(unread.settings(AS_OF))
    assert before["arm"].is_in(["holdout", "voucher"]).all()
    assert first.data["segments"][0]["in"] == before.filter(pl.col("arm") == "voucher").height
    assert sum(each["profiles"] for each in first.data["splits"]) == before.height
    unread.edit("{holdout: 50%, voucher: 50%}", "{holdout: 100%, voucher: 0%}")
    second = compute_segments(unread.settings(AS_OF))
    assert arms(unread).equals(before)
    assert [(each["new"], each["moved"]) for each in second.data["splits"]] == [(0, 0), (0, 0)]
    assert not [finding for finding in first.findings if "not at its shares" in finding.problem]
    (told,) = (finding for finding in second.findings if "not at its shares" in finding.problem)
    assert told.severity == "note" and "instead of 100%" in told.problem
    unread.edit("salt: v1", "salt: v2")
    assert set(compute_segments(unread.settings(AS_OF)).data["splits"][0].items()) >= {
        ("profiles", before.height)
    }


def test_a_table_with_a_file_says_something_of_profiles(unread: Small) -> None:
    scores = pl.DataFrame({"customer_id": ["K1", "K2", "K3", "K4"], "churn": [0.1, 0.1, 0.1, 0.9]})
    scores.write_parquet(unread.folder / "scores.parquet")
    columns = "{customer_id: identifier, churn: number}"
    unread.edit(
        "tables:\n", f"tables:\n  scores: {{key: customer_id, file: scores.parquet, columns: {columns}}}\n"
    )
    unread.edit(
        SEGMENTS,
        "segments:\n  at_risk: scores.churn > 0.5\n  buyers: 'exists(order.where(me.scores.churn > 0.5))'",
    )
    unread.run()
    found = {each["segment"]: each for each in compute_segments(unread.settings(AS_OF)).data["segments"]}
    assert (found["at_risk"]["in"], found["buyers"]["in"]) == (1, 1)


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("sku", "table `scores` has a `file`, but its key `sku` is no profile field"),
        ("customer_id", "table `scores` has a `file` and a source in sources.yaml"),
    ],
)
def test_a_file_that_could_be_nobodys_is_refused(unread: Small, key: str, problem: str) -> None:
    unread.edit(
        "tables:\n", f"tables:\n  scores: {{key: {key}, file: a.parquet, columns: {{{key}: identifier}}}}\n"
    )
    if key == "customer_id":
        unread.edit(
            "sources:\n",
            "sources:\n  scores: {files: a.csv, feeds: {table: scores}, columns: {customer_id: a}}\n",
        )
    with pytest.raises(ConfigError) as refused:
        load_project(unread.folder)
    assert problem in [each.problem for each in refused.value.findings]
