"""`cdptool check`: data against what is expected of it, unless another word says what to check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup

from cdptool.cli.declaring import Call, group_of_verbs, verb
from cdptool.cli.options import READS, WRITES

if TYPE_CHECKING:
    from cdptool.commands.report import Report

_DEFAULT = "data"


class DataByDefault(TyperGroup):
    """A group whose first verb may be left out: `check crm` is `check data crm`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        is_said = first in self.commands or first in ("--help", "-h")
        return super().parse_args(ctx, args if is_said else [_DEFAULT, *args])


check_group = group_of_verbs(
    "Find what is wrong before it is acted on: in data (the word `data` may be left out), in rules, in what is at hand.",
    cls=DataByDefault,
    epilog="Example: cdptool check -C configs --as-of 2026-11-20T21:00+07:00",
)


@verb(
    check_group, _DEFAULT, "sources", "project", "clock", "everything", "junit", *WRITES,
    example="cdptool check data -C configs --as-of 2026-11-20T21:00+07:00 --junit out/checks.xml",
)  # fmt: skip
def check_data(
    call: Call, *, sources: list[str] | None, clock: str | None, everything: bool, junit: Path | None
) -> Report:
    """Hold new data against what sources.yaml expects; exit 1 where it fails.

    Feeds that are late or have gaps, rows that break a rule, columns that nobody planned; with file and line.
    """
    from cdptool.commands.check import check_data as check

    return check(call.settings, tuple(sources or ()), as_of=clock, everything=everything, junit=junit)


@verb(check_group, "rules", "strict", *READS, example="cdptool check rules -C configs")
def check_rules(call: Call, *, strict: bool) -> Report:
    """Check traits, segments and the plan without any data.

    Names, kinds, cycles, and what is allowed but hardly meant: windows that leave a gap or may still be open, conditions
    that are never true, segments of negations only; each with file, line and column inside the expression.
    """
    from cdptool.commands.check_rules import check_rules as check

    return check(call.settings, strict=strict)


@verb(
    check_group, "needs", "as_of", "strict_needs", *READS,
    example="cdptool check needs -C configs --as-of 2026-11-20T21:00+07:00",
)  # fmt: skip
def check_needs(call: Call, *, strict_needs: bool) -> Report:
    """Show what can run with the data at hand, and what the rest lacks.

    Campaigns, exports, segments, traits and reports, by what their expressions read: streams without rows or not long
    enough, empty columns, tables without the rows that are named, channels without addresses or consent.
    """
    from cdptool.commands.needs import check_needs as check

    return check(call.settings, strict=strict_needs)
