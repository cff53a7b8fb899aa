"""
Which channel a visit came by: the default channel groups of GA4, in the order in which it tries them.

The first rule that holds decides. Matching ignores case, and an empty text is none. "Is one of" is read as the
whole text, "contains" and the patterns as Google writes them.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.web.source_categories import CATEGORIES

DIRECT: Final = "Direct"
UNASSIGNED: Final = "Unassigned"
_PAID: Final = r"^(.*cp.*|ppc|retargeting|paid.*)$"
_SHOPPING: Final = r"^(.*(([^a-df-z]|^)shop|shopping).*)$"
_DISPLAY: Final = ("display", "banner", "expandable", "interstitial", "cpm")
_SOCIAL: Final = ("social", "social-network", "social-media", "sm", "social network", "social media")
_EMAIL: Final = ("email", "e-mail", "e_mail", "e mail")


def channel(source: pl.Expr, medium: pl.Expr, campaign: pl.Expr) -> pl.Expr:
    """
    The default channel group of a visit.

    Args:
        source: Where it came from, such as `google`, `m.facebook.com` or `(direct)`; String.
        medium: How, such as `cpc`, `organic` or `email`; String.
        campaign: The name of the campaign; String.

    Returns:
        One of the 18 channels of GA4, never null; `Unassigned` where no rule holds. Named `channel`.

    >>> came = pl.DataFrame({"s": ["google", "google", None, "foo"], "m": ["cpc", None, None, "bar"]})
    >>> came.select(channel(pl.col("s"), pl.col("m"), pl.lit(None, pl.String)))["channel"].to_list()
    ['Paid Search', 'Organic Search', 'Direct', 'Unassigned']
    """
    source, medium, campaign = _plain(source), _plain(medium), _plain(campaign)
    told = pl.struct(s=source, m=medium, c=campaign)
    return told.map_batches(_channels, return_dtype=pl.String, is_elementwise=True).alias("channel")


def category(source: pl.Expr) -> pl.Expr:
    """
    What kind of site a source is: `search`, `social`, `video` or `shopping`; null where the list has it not.

    >>> pl.select(category(pl.lit("Bing"))).item()
    'search'
    """
    return _plain(source).replace_strict(CATEGORIES, default=None, return_dtype=pl.String)


def _plain(text: pl.Expr) -> pl.Expr:
    """In lower case and without blanks around it; the empty text is none."""
    bare = text.str.strip_chars().str.to_lowercase()
    return pl.when(bare != "").then(bare)


def _channels(told: pl.Series) -> pl.Series:
    """Judged once per distinct origin: a million visits come from a few hundred."""
    came = told.struct.unnest()
    distinct = came.unique().with_columns(_rules())
    return came.join(distinct, on=["s", "m", "c"], how="left", nulls_equal=True, maintain_order="left")[
        "channel"
    ]


def _rules() -> pl.Expr:
    source, medium, campaign = pl.col("s"), pl.col("m"), pl.col("c")
    kind = category(source)
    is_paid = medium.str.contains(_PAID)
    is_shopping = (kind == "shopping").fill_null(False) | campaign.str.contains(_SHOPPING).fill_null(False)
    is_direct = (source == "(direct)") & medium.is_in(["(none)", "(not set)"]).fill_null(True)
    rules = (
        (DIRECT, is_direct | (source.is_null() & medium.is_null() & campaign.is_null())),
        ("Cross-network", campaign.str.contains("cross-network", literal=True)),
        ("Paid Shopping", is_shopping & is_paid),
        ("Paid Search", (kind == "search") & is_paid),
        ("Paid Social", (kind == "social") & is_paid),
        ("Paid Video", (kind == "video") & is_paid),
        ("Display", medium.is_in(_DISPLAY)),
        ("Paid Other", is_paid),
        ("Organic Shopping", is_shopping),
        ("Organic Social", _either(kind == "social", medium.is_in(_SOCIAL))),
        ("Organic Video", _either(kind == "video", medium.str.contains("video", literal=True))),
        ("Organic Search", _either(kind == "search", medium == "organic")),
        ("Referral", medium.is_in(["referral", "app", "link"])),
        ("Email", _either(source.is_in(_EMAIL), medium.is_in(_EMAIL))),
        ("Affiliates", medium == "affiliate"),
        ("Audio", medium == "audio"),
        ("SMS", _either(source == "sms", medium == "sms")),
        (
            "Mobile Push Notifications",
            _either(source == "firebase", medium.str.contains("push$|mobile|notification")),
        ),
    )
    chosen = pl.coalesce(*(pl.when(holds).then(pl.lit(name)) for name, holds in rules), pl.lit(UNASSIGNED))
    return chosen.alias("channel")


def _either(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return left.fill_null(False) | right.fill_null(False)
