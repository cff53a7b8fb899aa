"""
What an address says of a visit: the campaign in its parameters, the site it is on, the page without them.

An address is taken apart once however often it occurs, and only where it can hold something: most page views
carry no campaign.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_plus

import polars as pl

CAMPAIGN: Final = ("source", "medium", "campaign", "term", "content")

# Click ids that ad networks add of themselves, and what they say where no utm parameter says it. `fbclid` is left
# out: Facebook adds it to every link, paid or not, and the referrer tells more.
CLICK_IDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("gclid", "google", "cpc"),
    ("gbraid", "google", "cpc"),
    ("wbraid", "google", "cpc"),
    ("dclid", "google", "cpm"),
    ("msclkid", "bing", "cpc"),
    ("yclid", "yandex", "cpc"),
    ("ttclid", "tiktok", "cpc"),
    ("twclid", "twitter", "cpc"),
    ("li_fat_id", "linkedin", "cpc"),
)
SIGNS: Final = ("utm_", *(f"{name}=" for name, _, _ in CLICK_IDS))
_ENGINE: Final = (
    r"^(?:(?:www|m|search|images|cn|[a-z]{2}\.search)\.)?"
    r"(google|bing|yahoo|duckduckgo|baidu|yandex|ecosia|naver|seznam|qwant|sogou|coccoc|ask|aol)"
    r"(?:\.[a-z]{2,3}){1,2}$"
)


def campaigns(urls: pl.Series) -> pl.DataFrame:
    """
    The campaign in the parameters of each address.

    Args:
        urls: Whole addresses or paths with a query, String; null is none.

    Returns:
        One row per address, in order: CAMPAIGN (String), null where the address does not say it. A click id gives
        source and medium where the utm parameters give neither.

    >>> campaigns(pl.Series(["/a?utm_source=zalo&utm_campaign=T%E1%BA%BFt+2026", "/?gclid=x", "/"])).rows()
    [('zalo', None, 'Tết 2026', None, None), ('google', 'cpc', None, None, None), (None, None, None, None, None)]
    """
    # Many pages, few campaigns: only what follows the page is looked at.
    urls = urls.cast(pl.String).alias("url").str.extract(r"([?#].*)$", 1)
    may = urls.to_frame().filter(pl.col("url").str.contains_any(list(SIGNS))).unique()
    said = may.with_columns(_parameter(f"utm_{name}").alias(name) for name in CAMPAIGN)
    said = said.with_columns(_decoded(said[name]) for name in CAMPAIGN)
    by_click = pl.coalesce(
        *(
            pl.when(_parameter(name).is_not_null()).then(pl.lit(i))
            for i, (name, _, _) in enumerate(CLICK_IDS)
        ),
        pl.lit(None, pl.Int32),
    ).alias("click")
    said = said.with_columns(by_click)
    is_silent = pl.col("source").is_null() & pl.col("medium").is_null()
    networks = dict(enumerate(source for _, source, _ in CLICK_IDS))
    media = dict(enumerate(medium for _, _, medium in CLICK_IDS))
    said = said.with_columns(
        pl.when(is_silent).then(_looked_up(networks)).otherwise("source").alias("source"),
        pl.when(is_silent).then(_looked_up(media)).otherwise("medium").alias("medium"),
    )
    return urls.to_frame().join(said, on="url", how="left", maintain_order="left").select(*CAMPAIGN)


def host(address: pl.Expr) -> pl.Expr:
    """
    The site of an address, in lower case, without `www.` and port; null where it names none.

    >>> pl.select(host(pl.lit("https://www.Example.com:443/a?b=//c"))).item()
    'example.com'
    """
    found = address.str.extract(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:]+)", 1)
    return found.str.to_lowercase().str.strip_prefix("www.")


def page(address: pl.Expr) -> pl.Expr:
    """
    An address without scheme, parameters and fragment: what tells one page of a site from another.

    >>> pl.select(page(pl.lit("https://example.com/a/?utm_source=x#top"))).item()
    'example.com/a/'
    """
    return address.str.extract(r"^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?([^?#]*)", 1)


def referral(site: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """
    Source and medium of a visit by a link on another site: a search engine by its name, any other by its host.

    >>> source, medium = referral(pl.col("h"))
    >>> pl.DataFrame({"h": ["google.com.vn", "mail.google.com"]}).select(s=source, m=medium).rows()
    [('google', 'organic'), ('mail.google.com', 'referral')]
    """
    engine = site.str.extract(_ENGINE, 1)
    medium = (
        pl.when(engine.is_not_null())
        .then(pl.lit("organic"))
        .when(site.is_not_null())
        .then(pl.lit("referral"))
    )
    return pl.coalesce(engine, site), medium


def _parameter(name: str) -> pl.Expr:
    value = pl.col("url").str.extract(rf"[?&;#]{name}=([^&;#]*)", 1)
    return pl.when(value != "").then(value)


def _decoded(texts: pl.Series) -> pl.Series:
    """Without `%20` and `+`; the few texts that hold them are unquoted one by one."""
    coded = texts.filter(texts.str.contains_any(["%", "+"])).unique()
    if coded.is_empty():
        return texts
    return texts.replace(coded, [unquote_plus(text) for text in coded])


def _looked_up(names: dict[int, str]) -> pl.Expr:
    return pl.col("click").replace_strict(names, default=None, return_dtype=pl.String)
