"""What holds a profile together."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cdptool.commands.citing import cited, shown_key
from cdptool.commands.explain import explain_merge
from cdptool.commands.explain_profile import explain_profile
from cdptool.errors import UsageError
from cdptool.sources.spec import Dialect, Mapped, SourceSpec
from cdptool.tables import Column
from tests.commands.small import PROJECT, Small


def profile_of(small: Small) -> str:
    return str(explain_merge(small.settings(), "crm:K1", "crm:K2").data["profile"])


def test_every_record_hangs_on_another_by_named_evidence(finished: Small) -> None:
    told = explain_profile(finished.settings(), profile_of(finished)).data
    first, *others = told["tree"]
    assert told["records"] == len(told["tree"]) >= 2
    assert (first["held by"], first["to"]) == (None, None)
    names = {row["record"] for row in told["tree"]}
    assert all(row["to"] in names and row["held by"] in ("email", "customer_id") for row in others)
    assert any(row["read from"].endswith("crm.csv:2") for row in told["tree"])
    assert any(row["bridge"] for row in others), "all of it hangs on one address"


def test_keys_made_of_values_are_masked() -> None:
    columns = (Column("email", "email"), Column("shop_id", "identifier"))
    assert shown_key("email=lan@example.vn,shop_id=0081234", columns) == "email=l•••@e•••.vn,shop_id=0•••34"
    assert shown_key("K1", columns) == "K1"


def test_a_profile_that_is_not_there_is_refused(finished: Small) -> None:
    with pytest.raises(UsageError, match="no such profile"):
        explain_profile(finished.settings(), "p_nobody")


def test_keys_that_a_source_takes_from_a_personal_column_are_masked() -> None:
    """A list whose key is the address: `news:lan@example.vn` is no name for a screen."""
    columns = (Mapped("email", "email", column="E-mail"), Mapped("no", "identifier", column="No"))
    spec = SourceSpec("news", ("a.csv",), "records", None, Dialect(), ("No", "E-mail"), None, (), columns)
    assert shown_key("7|lan@example.vn", (), spec) == "7|l•••@e•••.vn"
    assert "lan" not in shown_key("7|lan|x@example.vn", (), spec)
    assert shown_key("K1", (), replace(spec, key=("No",))) == "K1"


def test_keys_of_a_source_that_is_declared_no_more_are_masked(copied: Small) -> None:
    """Nothing says any more that what `news` has for a key is no address."""
    with copied.session() as session:
        snapshot = session.snapshot()
        everybody = snapshot.scan("records").select("record_id").collect()["record_id"].unique()
        known = {one.name for one in cited(session, snapshot, everybody).values() if one.name == one.shown}
    copied.write("project.yaml", re.sub(r"  crm:\n(    .*\n)+", "", PROJECT))
    with copied.session() as session:
        names = cited(session, session.snapshot(), everybody)
    shown = {one.name: one.shown for one in names.values()}
    assert {name for name in known if name.startswith("crm:")}
    assert all(shown[name] != name for name in known if name.startswith("crm:"))
