"""
The section of rules.yaml: traits and segments, each one condition or a list that is AND; splits into arms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from cdptool.config.forms import Form, Into, ListOf, MapOf, Reading, Shape, is_nothing, refused, wrong
from cdptool.config.passes import parse_condition
from cdptool.config.project import rule_name
from cdptool.config.reader import Entry, Table, Value
from cdptool.config.scalars import Known, boolean, safe_name, share, text
from cdptool.decisions.spec import Plan
from cdptool.errors import ConfigError, Finding
from cdptool.rules import Catalog, Node, Rule, RuleBook, Split, check_rules, row_condition

_LINES: Final = ListOf(parse_condition, or_one=True, least=1)


def rule(entry: Entry, reading: Reading) -> Rule:
    """A condition, or several that must all hold."""
    if isinstance(entry.value, Table):
        raise refused(
            "expected a condition, found a mapping", entry.value.place, "write one line, or a list of them"
        )
    if is_nothing(entry.value):
        raise refused(
            "expected an expression, found nothing", entry.value.place, 'such as exists(order["90d"])'
        )
    return Rule(entry.key.text, _LINES(entry.value, reading), entry.key.text_place)


def trait(entry: Entry, reading: Reading) -> Rule:
    """A value, or `first:` with labels, of which the first that is true is the value."""
    if not isinstance(entry.value, Table):
        return rule(entry, reading)
    if len(entry.value.entries) != 1 or entry.value.entries[0].key.text != "first":
        hint = "write `first: [{label: condition}]`"
        raise refused("expected an expression or `first:`, found a mapping", entry.value.place, hint)
    labelled = ListOf(_labelled, least=1)(entry.value.entries[0].value, reading)
    labels, lines = zip(*labelled, strict=True)
    return Rule(entry.key.text, lines, entry.key.text_place, labels)


def _labelled(value: Value, reading: Reading) -> tuple[str, Node]:
    if not isinstance(value, Table) or len(value.entries) != 1:
        raise wrong("one `label: condition`", value, "write `- often: orders >= 3`")
    entry = value.entries[0]
    return safe_name(entry.key, reading), parse_condition(entry.value, reading)


@dataclass(frozen=True, slots=True)
class _OrEmpty:
    """A rule that cannot be read is told and kept without lines: the rules that name it are checked all the same."""

    form: Callable[[Entry, Reading], Rule]

    def __call__(self, entry: Entry, reading: Reading) -> Rule:
        try:
            return self.form(entry, reading)
        except ConfigError as error:
            if reading.refused is None:
                raise
            reading.refused.extend(error.findings)
            return Rule(entry.key.text, (), entry.key.text_place)


def _arm(entry: Entry, reading: Reading) -> tuple[str, float]:
    return entry.key.text, share(entry.value, reading)


@dataclass(frozen=True, slots=True)
class _Arms:
    """The arms of a split with their shares; at least two."""

    def __call__(self, value: Value, reading: Reading) -> tuple[tuple[str, float], ...]:
        arms = MapOf(_arm, safe_name)(value, reading)
        if len(arms) < 2:
            raise refused(
                "a split of fewer than two arms", value.place, "write `arms: {holdout: 0.1, rest: 0.9}`"
            )
        return arms


SPLIT_SHAPE: Final = Shape(
    "a split",
    Split,
    {"salt": text, "arms": _Arms(), "by": ListOf(Known("field"), or_one=True), "sticky": boolean},
)


def split(entry: Entry, reading: Reading) -> Split:
    """A split under its name, whose line can be shown."""
    parts = entry.value.entries if isinstance(entry.value, Table) else ()
    places = tuple((part.key.text, part.value.place) for part in parts)
    return replace(SPLIT_SHAPE.named(entry, reading), place=entry.key.text_place, places=places)


RULES_KEYS: Final[dict[str, Form[Any] | Into[Any]]] = {
    "traits": Into(MapOf(_OrEmpty(trait), rule_name), ("traits",)),
    "segments": Into(MapOf(_OrEmpty(rule), rule_name), ("segments",)),
    "splits": Into(MapOf(split, rule_name), ("splits",)),
}


def judge_rules(book: RuleBook | None, plan: Plan | None, catalog: Catalog) -> tuple[Finding, ...]:
    """
    What the rule language says of traits, segments and the conditions of caps, without data.

    Returns:
        Every finding; errors forbid a run, warnings do not.
    """
    findings = list(check_rules(book, catalog)) if book else []
    unread = {rule.place for rule in book.rules().values() if not rule.lines} if book else set()
    findings = [each for each in findings if each.place not in unread]  # what is wrong there is told already
    findings += _of_rows(plan, catalog)
    log = catalog.stream(plan.sends.stream) if plan and plan.sends else None
    for cap in plan.caps if plan else ():
        if cap.where is None or log is None:
            continue
        try:
            row_condition(cap.where, log)
        except ConfigError as error:
            findings += error.findings
    return tuple(findings)


def _of_rows(plan: Plan | None, catalog: Catalog) -> list[Finding]:
    """The ledger of consent and the log of sends are asked row by row: they cannot be kept as counts."""
    names = [spec.stream for spec in (plan.consent, plan.sends) if spec] if plan else []
    streams = [stream for name in names if (stream := catalog.stream(name)) and stream.keep is not None]
    problem = "`{}` is asked row by row for consent or caps, so it cannot be kept as signals"
    return [Finding(problem.format(each.name), each.place, "take `keep:` away") for each in streams]
