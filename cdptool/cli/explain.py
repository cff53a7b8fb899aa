"""`cdptool explain`: why is this so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cdptool.cli.declaring import Call, group_of_verbs, verb
from cdptool.cli.options import READS

if TYPE_CHECKING:
    from cdptool.commands.report import Report

explain_group = group_of_verbs(
    "Say why two records are one person, and why somebody is in a segment.",
    epilog="Example: cdptool explain segment vip crm:0000101 -C configs --as-of 2026-11-20T21:00+07:00",
)


@verb(
    explain_group, "merge", "left", "right", "show_values", *READS,
    example="cdptool explain merge crm:0000101 loyalty:0045210143 -C configs",
)  # fmt: skip
def explain_merge(call: Call, *, left: str, right: str, show_values: bool) -> Report:
    """Say why two records are, or are not, one person.

    The shortest path of evidence between them, with file and row; where there is none, what was cut. Of every learned
    pass what each field says, in bits for or against, beside strangers and beside those who only look alike.
    """
    from cdptool.commands.explain import explain_merge as explain

    return explain(call.settings, left, right, show_values=show_values)


@verb(
    explain_group, "profile", "holder", "show_values", *READS,
    example="cdptool explain profile p_ofn3j6irag5nq -C configs",
)  # fmt: skip
def explain_profile(call: Call, *, holder: str, show_values: bool) -> Report:
    """Say what holds a profile together.

    Its records from one on, each with the evidence it hangs on, file and row; a bridge is a link without which the
    profile falls apart.
    """
    from cdptool.commands.explain_profile import explain_profile as explain

    return explain(call.settings, holder, show_values=show_values)


@verb(
    explain_group, "ids", "profile", "limit", *READS,
    example="cdptool explain ids -C configs",
)  # fmt: skip
def explain_ids(call: Call, *, profile: str | None, limit: int) -> Report:
    """Show which profiles were new, merged, split or gone, and when.

    With an id of any time before: which profile it leads to today.
    """
    from cdptool.commands.history import show_ids

    return show_ids(call.settings, profile, limit=limit)


@verb(
    explain_group, "model", "step", "model_file", "beside", *READS,
    example="cdptool explain model -C configs",
)  # fmt: skip
def explain_model(call: Call, *, step: str | None, model_file: Path | None, beside: Path | None) -> Report:
    """Show what the learned passes know: every level in bits, and the blocking keys.

    With `--export` the model goes into a file, to be reviewed and pinned; with `--beside` it is held against another.
    """
    from cdptool.commands.models import Wanted
    from cdptool.commands.models import explain_model as explain

    return explain(call.settings, Wanted(step, model_file, beside))


@verb(
    explain_group, "golden", "holder", "show_values", *READS,
    example="cdptool explain golden crm:0000101 -C configs",
)  # fmt: skip
def explain_golden(call: Call, *, holder: str, show_values: bool) -> Report:
    """Show where every value of a golden profile comes from, and which other values its records offer."""
    from cdptool.commands.golden import explain_golden as explain

    return explain(call.settings, holder, show_values=show_values)


@verb(
    explain_group, "segment", "segment", "holder", "as_of", "known_at", "show_values", *READS,
    example="cdptool explain segment vip crm:0000101 -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def explain_segment(call: Call, *, segment: str, holder: str, show_values: bool) -> Report:
    """Say why a profile is in a segment or not, or what a trait is made of.

    Each line of the rule with its truth and values, why something is unknown (which feed is complete until when), and
    the rows that decided it with file and line: + counts, ? may count, - does not. With --known-at as it was known then.
    """
    from cdptool.commands.explain_segment import explain_segment as explain

    return explain(call.settings, segment, holder, show_values=show_values)
