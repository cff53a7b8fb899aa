"""`cdptool rules`: about the rules themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdptool.cli.declaring import Call, group_of_verbs, verb

if TYPE_CHECKING:
    from cdptool.commands.report import Report

rules_group = group_of_verbs("Tell what the rules are.")


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
