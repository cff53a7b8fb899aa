"""People of whom it is not known whether they are in a segment: left out, counted as members, or a reason to stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import polars as pl

from cdptool.commands.session import Session
from cdptool.errors import CheckFailed, Finding, Place

Unknowns = Literal["exclude", "include", "fail"]
STATES: Final[Mapping[str, Literal["unknown", "in"]]] = {"include": "in"}  # of memberships, by what was asked


def require_decided(
    segments: Iterable[tuple[str, Place | None]], undecided: Mapping[str, int], *, stopped: str
) -> None:
    """
    Refuse segments of which it is not known of everybody whether they are in.

    Args:
        segments: Names, and where they are asked for.
        undecided: Of how many it is not known, by segment.
        stopped: What does not happen for it, in words.

    Raises:
        CheckFailed: A finding per segment, with its count.
    """
    hint = "`explain segment` says why of one of them; --unknown include counts them as members"
    found = tuple(
        Finding(told(name, undecided[name], stopped), place, hint)
        for name, place in segments
        if undecided.get(name)
    )
    if found:
        raise CheckFailed(*found)


def told(segment: str, n: int, stopped: str) -> str:
    """
    >>> told("vip", 1, "nothing was written"), told("vip", 1200, "nothing was written")[:45]
    ('of 1 profile it is not known whether it is in `vip`; nothing was written', 'of 1,200 profiles it is not known whether the')
    """
    whom = (
        "1 profile it is not known whether it is"
        if n == 1
        else f"{n:,} profiles it is not known whether they are"
    )
    return f"of {whom} in `{segment}`; {stopped}"


def unknown_before(session: Session) -> Literal["exclude", "include"]:
    """Whether those of whom it is not known are members in the segments of the workspace."""
    runs = session.steps("segment")
    return "include" if runs and runs[-1].payload.get("unknown") == "include" else "exclude"


def counted_in(members: pl.LazyFrame, unknown: Unknowns | None) -> pl.LazyFrame:
    """
    Who counts as a member.

    Args:
        members: MEMBERSHIPS, as the segments were computed.
        unknown: What of those of whom it is not known; None = what the segments were computed with.

    Returns:
        The rows that count, `is_known` false where it is not. No order. Lazy.

    >>> rows = {"state": ["in", "in", "unknown"], "is_known": [True, False, False]}
    >>> counted_in(pl.LazyFrame(rows), None).collect().height, counted_in(pl.LazyFrame(rows), "include").collect().height
    (2, 3)
    """
    is_in = pl.col("state") == "in"
    members = members.with_columns(pl.col("is_known").fill_null(is_in))
    wanted = {"include": pl.lit(True), "exclude": is_in & pl.col("is_known")}
    return members.filter(wanted.get(unknown or "", is_in))
