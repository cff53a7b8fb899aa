"""`check needs` names what cannot run, why, and what to bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.commands.needs import check_needs
from cdptool.commands.report import Report
from tests.commands.small import AS_OF, Small


def said(report: Report) -> dict[str, str]:
    return {f"{use['what']} {use['name']}": use["can_run"] for use in report.data["uses"]}


def lacks(report: Report, name: str) -> list[str]:
    return [lack["why"] for use in report.data["uses"] if use["name"] == name for lack in use["lacks"]]


def test_what_is_there_can_run_and_what_caps_do_not_see_is_partly(finished: Small) -> None:
    report = check_needs(finished.settings(AS_OF), strict=True)
    assert said(report) == {
        "campaign thanks": "partly", "export buyers": "partly", "export capped": "no",
        "segment buyers": "partly", "trait spend": "partly", "report match": "partly",
    }  # fmt: skip
    assert lacks(report, "thanks") == [
        "stream `order` is known until 2026-11-20 20:30, its window ends 2026-11-20 21:00",
        "stream `order` begins 2026-11-20, its window 2026-10-21",
        "no source feeds stream `sent`",
    ]
    assert lacks(report, "capped") == ["no source feeds stream `sent`"]
    assert report.exit_code == 1
    assert check_needs(finished.settings(AS_OF), strict=False).exit_code == 0


def test_a_campaign_that_reads_a_stream_nobody_feeds_cannot_run(copied: Small) -> None:
    copied.edit("  cart: {max_lag", "  wish: {columns: {sku: {ref: products}}}\n  cart: {max_lag")
    copied.edit("segments: {", "segments: {wishers: 'exists(wish[\"30d\"])', ")
    copied.edit("campaigns:\n", "campaigns:\n  offer: {to: wishers, channels: [email], purpose: marketing}\n")
    report = check_needs(copied.settings(AS_OF), strict=False)
    assert said(report)["campaign offer"] == said(report)["segment wishers"] == "no"
    bring = {each["bring"]: each["for"] for each in report.data["bring"]}
    assert bring["a source that feeds stream `wish`"] == ["campaign offer", "segment wishers"]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("purpose: marketing}\nexports", "purpose: surveys}\nexports", "nobody granted `surveys` on `email`"),
        ("email: {address: email}", "email: {address: birth_date}", None),
    ],
)
def test_a_channel_needs_an_address_and_consent(copied: Small, old: str, new: str, why: str | None) -> None:
    copied.edit(old, new)
    found = lacks(check_needs(copied.settings(AS_OF), strict=False), "thanks")
    assert (why in found) == (why is not None)


def test_consent_that_all_took_back_is_no_consent(unread: Small) -> None:
    text = (unread.folder / "consents.csv").read_text(encoding="utf-8")
    unread.write("consents.csv", text + "2026-03-01 10:00:00,lan@example.vn,email,marketing,withdrawn\n")
    unread.run()
    report = check_needs(unread.settings(AS_OF), strict=False)
    assert "nobody granted `marketing` on `email`" in lacks(report, "thanks")
    assert said(report)["campaign thanks"] == "no"


def test_consent_that_was_taken_back_at_the_same_moment_is_no_consent(unread: Small) -> None:
    """As decisions read the ledger: whatever the order of the rows, the stricter word counts."""
    header, *lines = (unread.folder / "consents.csv").read_text(encoding="utf-8").strip().splitlines()
    back = "2026-01-01 10:00:00,lan@example.vn,email,marketing,withdrawn"
    for order in ([*lines, back], [back, *lines]):
        unread.write("consents.csv", "\n".join([header, *order]))
        unread.run()
        assert said(check_needs(unread.settings(AS_OF), strict=False))["campaign thanks"] == "no"


def test_columns_that_are_empty_and_tables_that_lack_rows_are_told(unread: Small) -> None:
    unread.edit(
        "segments: {",
        "segments: {towels: 'exists(order.where(sku.name == \"Khăn\"))', cheap: 'exists(cart.where(total < 3))', ",
    )
    unread.write("products.csv", "sku,name\nS1,Khăn\n")
    unread.write("carts.csv", "time,email,total\n2026-11-20 20:00:00,minh@example.vn,\n")
    unread.run()
    report = check_needs(unread.settings(AS_OF), strict=False)
    assert "50% of the rows of stream `order` name a `sku` that table `products` lacks" in lacks(
        report, "towels"
    )
    assert lacks(report, "cheap") == [
        "stream `cart` is known until 2026-11-20 20:00, its window ends 2026-11-20 21:00",
        "column `total` of stream `cart` is always empty",
    ]


def test_before_anything_is_read_nothing_can_run_and_nothing_is_written(unread: Small) -> None:
    report = check_needs(unread.settings(), strict=False)
    assert set(said(report).values()) == {"no"}
    assert not Path(unread.folder / "workspace").exists()


def test_a_feed_that_ended_long_ago_is_told(finished: Small) -> None:
    report = check_needs(finished.settings("2027-06-01"), strict=False)
    assert lacks(report, "spend") == [
        "stream `order` ends 2026-11-20 20:30, its window begins 2027-05-02 00:00"
    ]
