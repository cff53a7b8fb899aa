"""Google's default channel groups against the vectors of dbt-ga4, and what an address says of a campaign."""

from __future__ import annotations

import json

import polars as pl
import pytest

from cdptool.web.addresses import campaigns, host, page, referral
from cdptool.web.channel import channel
from cdptool.web.source_categories import CATEGORIES
from tests.shared import shared_data

CAME = (pl.col("source"), pl.col("medium"), pl.col("campaign"))

# dbt-ga4's test compares sets of answers, so this row passes there whatever it says: Google's rule, its own comment
# beside the row and its macro ask for a paid medium, and of `Google Shopping` without one the same file says Organic.
WRONG = {("alibaba", "", ""): "Organic Shopping"}


def test_all_vectors_but_the_one_that_contradicts_its_own_rule() -> None:
    rows = json.loads((shared_data("vectors") / "ga4_channel_grouping.json").read_text("utf-8"))
    found = pl.DataFrame(rows).with_columns(channel(*CAME))
    other = found.filter(pl.col("channel") != pl.col("expected_channel"))
    assert found.height == 30
    assert {
        row[:3]: row[3] for row in other.select("source", "medium", "campaign", "channel").rows()
    } == WRONG
    assert set(found["channel"]) == set(found["expected_channel"])  # what dbt-ga4 itself compares


def test_the_list_of_sources_is_googles() -> None:
    listed = pl.read_csv(shared_data("vectors") / "ga4_source_categories.csv")
    expected = {
        name.lower(): kind.removeprefix("SOURCE_CATEGORY_").lower() for name, kind in listed.iter_rows()
    }
    assert len(expected) == 819
    assert expected == CATEGORIES


@pytest.mark.parametrize(
    ("source", "medium", "campaign", "expected"),
    [
        (None, None, None, "Direct"),
        ("(direct)", None, None, "Direct"),
        ("Facebook", "PAID_SOCIAL", None, "Paid Social"),
        (" google ", "CPC", None, "Paid Search"),
        ("meta", "cpc", None, "Paid Other"),  # Google's list knows facebook, not meta
        ("foo", "cpm", None, "Display"),  # though `.*cp.*` is paid: display is tried first
        ("zalo", "email", None, "Organic Social"),
        ("foo", "e-mail", None, "Email"),
        ("newsletter", "email-blast", None, "Unassigned"),
        ("x", None, "workshop", "Unassigned"),
        ("x", "cpc", "eshop", "Paid Shopping"),  # the pattern forbids every letter before `shop` but e,
    ],
)
def test_a_channel_by_hand(
    source: str | None, medium: str | None, campaign: str | None, expected: str
) -> None:
    row = pl.DataFrame(
        {"source": [source], "medium": [medium], "campaign": [campaign]},
        schema=dict.fromkeys(("source", "medium", "campaign"), pl.String()),
    )
    assert row.select(channel(*CAME)).item() == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/?utm_source=a&utm_medium=b&utm_campaign=c&utm_term=d&utm_content=e", ("a", "b", "c", "d", "e")),
        ("https://x.vn/?a=1&utm_source=zalo%20oa#top", ("zalo oa", None, None, None, None)),
        ("https://x.vn/?utm_source=#utm_medium=x", (None, "x", None, None, None)),
        ("https://x.vn/?utm_campaign=a&gclid=z", ("google", "cpc", "a", None, None)),
        ("https://x.vn/?utm_source=bing&gclid=z", ("bing", None, None, None, None)),
        ("https://x.vn/?msclkid=z", ("bing", "cpc", None, None, None)),
        ("https://x.vn/?fbclid=z", (None,) * 5),
        ("https://x.vn/utm_source=a", (None,) * 5),
        ("https://x.vn/?xutm_source=a&ngclid=b", (None,) * 5),
        ("https://x.vn/?utm_source=%FF%zz", ("\ufffd%zz", None, None, None, None)),
        (None, (None,) * 5),
    ],
)
def test_what_an_address_says_of_its_campaign(url: str | None, expected: tuple[str | None, ...]) -> None:
    assert campaigns(pl.Series([url], dtype=pl.String)).row(0) == expected


@pytest.mark.parametrize(
    ("address", "site", "bare"),
    [
        ("https://user@www.Example.com:80/a?b#c", "example.com", "user@www.Example.com:80/a"),
        ("//cdn.example.com/x", "cdn.example.com", "cdn.example.com/x"),
        ("/san-pham/1?x=//y", None, "/san-pham/1"),
        ("android-app://com.google.android.gm/", "com.google.android.gm", "com.google.android.gm/"),
        ("about:blank", None, "about:blank"),
        ("", None, ""),
    ],
)
def test_the_site_and_the_page_of_an_address(address: str, site: str | None, bare: str) -> None:
    assert pl.select(host(pl.lit(address)), page(pl.lit(address)).alias("page")).row(0) == (site, bare)


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("google.com.vn", ("google", "organic")),
        ("images.google.de", ("google", "organic")),
        ("vn.search.yahoo.com", ("yahoo", "organic")),
        ("mail.google.com", ("mail.google.com", "referral")),
        ("notgoogle.com", ("notgoogle.com", "referral")),
        ("google.evil.example", ("google.evil.example", "referral")),
        (None, (None, None)),
    ],
)
def test_a_search_engine_is_told_from_other_sites(
    site: str | None, expected: tuple[str | None, str | None]
) -> None:
    source, medium = referral(pl.lit(site, pl.String))
    assert pl.select(source.alias("s"), medium.alias("m")).row(0) == expected
