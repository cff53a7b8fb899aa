"""`cdptool report`: figures for trust."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cdptool.cli.declaring import Call, group_of_verbs, verb
from cdptool.cli.options import READS

if TYPE_CHECKING:
    from cdptool.commands.report import Report

report_group = group_of_verbs(
    "Show figures for trust.",
    epilog="Example: cdptool report match -C configs",
)


@verb(report_group, "match", "show_values", *READS, example="cdptool report match -C configs")
def report_match(call: Call, *, show_values: bool) -> Report:
    """Show whether the merge can be trusted.

    Of every learned pass what it weighed, joined and probably got wrong, its blocking keys, and its weights in bits;
    of all profiles sizes, links whose loss would split them, longest paths, and values that most of their records share.
    """
    from cdptool.commands.match_report import report_match as report

    return report(call.settings, show_values=show_values)


@verb(
    report_group, "segments", "segments", "known_at", *READS,
    example="cdptool report segments vip festive winback -C configs",
)  # fmt: skip
def report_segments(call: Call, *, segments: list[str] | None) -> Report:
    """Show how large segments are, and how they overlap.

    Their sizes and shares of all profiles as of the last run (with --known-at the last by then), and of the twelve
    largest (or those you name) how many of one are in the other too.
    """
    from cdptool.commands.segments_report import report_segments as report

    return report(call.settings, tuple(segments or ()))


@verb(
    report_group, "renewal", "bought", "only_rows", "table_to", "project", "as_of", "workspace", "as_json", "quiet", "debug",
    example="cdptool report renewal order.sku.category -C configs",
)  # fmt: skip
def report_renewal(call: Call, *, bought: str, only_rows: str | None, table_to: Path | None) -> Report:
    """Show after how many days people buy the same again.

    Per kind of thing, with those counted who have not bought again yet (Kaplan-Meier): days after which a quarter and half
    have; no number where fewer than ten are left to tell. The file is a table that rules can follow, for `renewal_days` of the
    library `renewal` (docs/library.md).
    """
    from cdptool.commands.renewal import report_renewal as report

    return report(call.settings, bought, where=only_rows, to=table_to)


@verb(
    report_group, "cuts", "traits", "parts", *READS,
    example="cdptool report cuts spend_year orders_year -C configs",
)  # fmt: skip
def report_cuts(call: Call, *, traits: list[str], parts: int) -> Report:
    """Show where traits would be cut into equal parts.

    Quantiles (type 7) of the values as of the last run, to be written down where cut points are to stay: the library
    rfm_frozen takes them as they are.
    """
    from cdptool.commands.cut_points import report_cuts as report

    return report(call.settings, tuple(traits), parts=parts)
