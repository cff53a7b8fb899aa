"""`cdptool rules`: about the rules themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdptool.cli.declaring import Call, group_of_verbs, verb

if TYPE_CHECKING:
    from cdptool.commands.report import Report

rules_group = group_of_verbs(
    "Tell what the rules are.",
    epilog="Example: cdptool rules docs -C configs",
)


@verb(
    rules_group, "docs", "project", "out", "as_json", "quiet", "debug",
    example="cdptool rules docs -C configs",
)  # fmt: skip
def rules_docs(call: Call) -> Report:
    """Write the data dictionary: every trait and segment as a sentence.

    With what it reads (streams, columns, windows, fields, tables) and what uses it; Markdown on stdout, or rules.md in
    the folder of --out (or a file there, if it ends in .md). Needs no workspace.
    """
    from cdptool.commands.rule_docs import document_rules

    return document_rules(call.settings)


@verb(
    rules_group, "library", "library", "as_json", "quiet", "debug",
    example="cdptool rules library rfm_frozen",
)  # fmt: skip
def rules_library(_: Call, *, library: str | None) -> Report:
    """Show the ready-made libraries that `include:` in rules.yaml brings.

    RFM, lifecycle, second purchase and more; of one its parameters with their defaults, and its rules.
    """
    from cdptool.commands.rule_library import show_library

    return show_library(library)
