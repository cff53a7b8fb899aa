"""
The section of rules.yaml: traits and segments, each one condition or a list that is AND.
"""

from __future__ import annotations

from typing import Final

from cdptool.config.forms import Into, ListOf, MapOf, Reading, refused, wrong
from cdptool.config.passes import parse_condition
from cdptool.config.project import rule_name
from cdptool.config.reader import Entry, Table, Value
from cdptool.config.scalars import safe_name
from cdptool.errors import ConfigError, Finding
from cdptool.rules.book import Rule, RuleBook
from cdptool.rules.nodes import Node

_LINES: Final = ListOf(parse_condition, or_one=True, least=1)


def rule(entry: Entry, reading: Reading) -> Rule:
    """A condition, or several that must all hold."""
    return Rule(entry.key.text, _LINES(entry.value, reading), entry.key.place)


def trait(entry: Entry, reading: Reading) -> Rule:
    """A value, or `first:` with labels, of which the first that is true is the value."""
    if not isinstance(entry.value, Table):
        return rule(entry, reading)
    if len(entry.value.entries) != 1 or entry.value.entries[0].key.text != "first":
        raise refused(
            "a mapping that is not `first:`", entry.value.place, "write `first: [{label: condition}]`"
        )
    labelled = ListOf(_labelled, least=1)(entry.value.entries[0].value, reading)
    labels, lines = zip(*labelled, strict=True)
    return Rule(entry.key.text, lines, entry.key.place, labels)


def _labelled(value: Value, reading: Reading) -> tuple[str, Node]:
    if not isinstance(value, Table) or len(value.entries) != 1:
        raise wrong("one `label: condition`", value)
    entry = value.entries[0]
    return safe_name(entry.key, reading), parse_condition(entry.value, reading)


RULES_KEYS: Final = {
    "traits": Into(MapOf(trait, rule_name), ("traits",)),
    "segments": Into(MapOf(rule, rule_name), ("segments",)),
}


def refuse_clashes(book: RuleBook, reading: Reading) -> None:
    """A name means one thing: a field, a trait or a segment.

    Raises:
        ConfigError: For every trait and segment whose name is taken.
    """
    taken = dict.fromkeys(reading.types("field"), "field")
    findings = []
    for kind, rules in (("trait", book.traits), ("segment", book.segments)):
        for each in rules:
            if each.name in taken:
                problem = f"{kind} `{each.name}` has the name of a {taken[each.name]}"
                findings.append(Finding(problem, each.place, "rename one of them"))
        taken |= dict.fromkeys((each.name for each in rules), kind)
    if findings:
        raise ConfigError(*findings)
