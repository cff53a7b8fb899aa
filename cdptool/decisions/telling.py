"""
Telling: from what stopped a message, kept as bits, to the words of a decision.

Millions of people share few stories. While campaigns are served, each tried channel keeps one integer with a bit
per step that failed; the words are put together once per different story and joined back.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.decisions.pipeline import LISTED, SUPPRESSED_BY, Program, Step, steps
from cdptool.decisions.spec import Campaign
from cdptool.errors import ConfigError

MOST_STEPS: Final = 62  # bits of an Int64 that stay positive
NOT_TRIED: Final = -1

_TEXTS: Final[dict[str, pl.DataType]] = {
    "campaign": pl.String(),
    "position": pl.Int64(),
    "bit": pl.Int64(),
    "reason": pl.String(),
    "rule": pl.String(),
    "text": pl.String(),
}
_TRIES: Final[dict[str, pl.DataType]] = {
    "campaign": pl.String(),
    "position": pl.Int64(),
    "channel": pl.String(),
}


def tries(program: Program, campaign: Campaign) -> tuple[tuple[Step, ...], ...]:
    """
    The pipeline of each channel of a campaign, in the order they are tried.

    Raises:
        ConfigError: If more steps than an integer has bits stand before one message.
    """
    found = tuple(steps(program, campaign, program.channel(name)) for name in campaign.channels)
    if any(len(pipeline) > MOST_STEPS for pipeline in found):
        raise ConfigError(
            f"campaign `{campaign.name}` is under too many caps", hint=f"at most {MOST_STEPS - 12}"
        )
    return found


def story(pipeline: tuple[Step, ...]) -> pl.Expr:
    """The steps that stop a message as bits (Int64), the first step lowest; 0 where nothing does."""
    bits = [step.fails.cast(pl.Int64) * 2**bit for bit, step in enumerate(pipeline)]
    return pl.sum_horizontal(bits)


def story_columns(program: Program) -> tuple[str, ...]:
    """The columns of stories: one for each position of the longest list of channels."""
    longest = max((len(campaign.channels) for campaign in program.plan.campaigns), default=0)
    return tuple(f"story:{position}" for position in range(longest))


def told(rows: pl.LazyFrame, program: Program) -> pl.LazyFrame:
    """
    Put stories into words.

    Args:
        rows: `profile_id`, `suppressed_by`, `campaign` and the story columns (Int64; NOT_TRIED where the channel
            was not reached).
        program: The plan that made them.

    Returns:
        `profile_id`, `campaign`, `decision`, `channel`, `reason`, `rule`, `reasons` as in DECISIONS. No order. Lazy.
    """
    stories = story_columns(program)
    key = ("campaign", *stories)
    different = rows.select(key).unique()
    words = _words(different, program, stories)
    is_sent = pl.col("sent_at").is_not_null()
    is_listed = pl.col("reason").is_in(LISTED)
    return rows.join(words, on=key, how="left").select(
        "profile_id",
        "campaign",
        pl.when(is_sent).then(pl.lit("send")).otherwise(pl.lit("suppress")).alias("decision"),
        "channel",
        pl.when(is_sent).then(pl.lit("ok")).otherwise("reason").alias("reason"),
        pl.when(~is_sent).then(pl.when(is_listed).then(SUPPRESSED_BY).otherwise("rule")).alias("rule"),
        pl.col("reasons").fill_null([]),
    )


def _words(different: pl.LazyFrame, program: Program, stories: tuple[str, ...]) -> pl.LazyFrame:
    """Each story with `sent_at` (the position of the clear channel), `channel`, `reason`, `rule`, `reasons`."""
    texts, channels = _tables(program)
    sent_at = pl.coalesce([pl.when(pl.col(name) == 0).then(at) for at, name in enumerate(stories)])
    key = ("campaign", *stories)
    failed = [
        different.filter(pl.col(name) > 0)
        .join(texts.filter(pl.col("position") == at), on="campaign")
        .filter((pl.col(name) // pl.lit(2, pl.Int64).pow(pl.col("bit"))) % 2 == 1)
        for at, name in enumerate(stories)
    ]
    reasons = (
        pl.concat(failed)
        .sort("position", "bit")
        .group_by(key, maintain_order=True)
        .agg(pl.col("text").alias("reasons"), pl.col("reason").first(), pl.col("rule").first())
    )
    return (
        different.with_columns(sent_at.cast(pl.Int64).alias("sent_at"))
        .with_columns(pl.col("sent_at").fill_null(0).alias("position"))
        .join(channels, on=["campaign", "position"], how="left")
        .join(reasons, on=key, how="left")
        .drop("position")
    )


def _tables(program: Program) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """What each bit of each story says, and which channel stands at each position."""
    campaigns = program.plan.campaigns
    texts = [
        (campaign.name, position, bit, step.reason, step.rule, step.text(campaign.channels[position]))
        for campaign in campaigns
        for position, pipeline in enumerate(tries(program, campaign))
        for bit, step in enumerate(pipeline)
    ]
    channels = [
        (campaign.name, position, name)
        for campaign in campaigns
        for position, name in enumerate(campaign.channels)
    ]
    return pl.LazyFrame(texts, _TEXTS, orient="row"), pl.LazyFrame(channels, _TRIES, orient="row")
