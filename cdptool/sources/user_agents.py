"""Browser, system and device of user agents, each distinct one parsed once, by the rules of the ua-parser project."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import polars as pl

from cdptool.errors import Place, SourceError

AGENT_COLUMNS: Final = ("browser", "browser_version", "os", "os_version", "device")


def knows_agents() -> bool:
    """Whether ua-parser is installed."""
    return find_spec("ua_parser") is not None


def parse_agents(agents: pl.Series, place: Place) -> pl.DataFrame:
    """
    Say what user agents are.

    Args:
        agents: User agents (String), null where there is none.
        place: What messages call the file.

    Returns:
        One row per agent, in order: `AGENT_COLUMNS` (String). Null where the rules do not know it.

    Raises:
        SourceError: ua-parser is not installed.
    """
    try:
        from ua_parser import parse
    except ImportError:
        raise SourceError(
            "the browser, system and device of user agents need a library that is not installed",
            place=place,
            hint='run `pip install "cdptool[logs]"`, or take these columns out of the source',
        ) from None
    distinct = agents.drop_nulls().unique(maintain_order=True)
    rows = []
    for text in distinct:
        found = parse(text)
        browser, system, device = found.user_agent, found.os, found.device
        rows.append(
            (
                browser and browser.family,
                browser and _version(browser.major, browser.minor),
                system and system.family,
                system and _version(system.major, system.minor),
                device and device.family,
            )
        )
    table = pl.DataFrame(rows, schema=dict.fromkeys(AGENT_COLUMNS, pl.String), orient="row")
    table = table.with_columns(distinct.alias("agent"))
    left = pl.DataFrame({"agent": agents.cast(pl.String)})
    return left.join(table, on="agent", how="left", maintain_order="left").select(AGENT_COLUMNS)


def _version(major: str | None, minor: str | None) -> str | None:
    return f"{major}.{minor}" if major and minor else major
