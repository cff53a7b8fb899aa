"""
What is allowed but is probably not meant: warnings, never errors; each kind of slip has a file of its own.

A warning about a right rule costs more trust than a slip that is not told, so only what can be shown is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cdptool.errors import Finding
from cdptool.rules.always import always
from cdptool.rules.book import Rule, RuleBook
from cdptool.rules.ladders import ladder_findings
from cdptool.rules.nodes import Aggregate, And, At, Compare, Name, Node, Not, Or, walk
from cdptool.rules.open_windows import open_windows
from cdptool.rules.possible import number_of


def lint(book: RuleBook) -> Iterator[Finding]:
    """Warnings: negations only; open forward windows; ladders that do not meet; what is always or never true; doubles."""
    negations = _negations(book)
    for segment in book.segments:
        if segment.name in negations:
            yield Finding(
                f"segment `{segment.name}` only says what people did not do",
                segment.place,
                "it holds everyone who never did anything; add what they did",
                "warning",
            )
    segments = frozenset(id(rule) for rule in book.segments)
    for rule in (*book.traits, *book.segments):
        for line in rule.lines:
            yield from open_windows(line)
        yield from always(rule, is_segment=id(rule) in segments)
    yield from ladder_findings(book)
    yield from _doubles(book.traits, "trait")
    yield from _doubles(book.segments, "segment")


def unused_traits(
    book: RuleBook, named_elsewhere: Iterable[str], *, ready_made: str = "library/"
) -> Iterator[Finding]:
    """
    A note on the traits that nothing names: no rule, and none of the names that exports and other parts use.

    Those of files below `ready_made` come with others that are wanted, and are not told.
    """
    used = set(named_elsewhere)
    for rule in (*book.traits, *book.segments):
        names = {node.name for line in rule.lines for node in walk(line) if isinstance(node, Name)}
        used |= names - {rule.name}
    own = [trait for trait in book.traits if not trait.place.file.startswith(ready_made)]
    idle = [trait for trait in own if trait.name not in used]
    if idle:
        listed = ", ".join(f"`{trait.name}`" for trait in idle)
        problem = f"named by no rule and no export: {'trait' if len(idle) == 1 else 'traits'} {listed}"
        yield Finding(problem, idle[0].place, "name what needs it, or take it out", "note")


def _doubles(rules: tuple[Rule, ...], what: str) -> Iterator[Finding]:
    """Rules with the same lines as one before; a rule that only gives another a second name is meant."""
    first: dict[tuple[object, ...], Rule] = {}
    for rule in rules:
        lines = frozenset(rule.lines) if what == "segment" else rule.lines
        meaning = (rule.place.file, lines, rule.labels)  # libraries stand on their own
        known = first.setdefault(meaning, rule)
        if known is not rule and known.name != rule.name and not all(isinstance(x, Name) for x in rule.lines):
            problem = f"{what} `{rule.name}` says the same as `{known.name}`"
            yield Finding(
                problem, rule.place, f"keep one of them, or write `{rule.name}: {known.name}`", "warning"
            )


def _negations(book: RuleBook) -> frozenset[str]:
    """The segments that hold everyone who never did anything, because they say only what people did not do."""
    segments = {rule.name: rule for rule in book.segments}
    found: dict[str, bool] = {}

    def of(name: str) -> bool:
        if name not in found:
            found[name] = False  # while it is looked at: a cycle is an error of its own
            lines = segments[name].lines
            found[name] = bool(lines) and all(is_negation(line) for line in lines)
        return found[name]

    def is_negation(node: Node) -> bool:
        match node:
            case Aggregate(function="none"):
                return True
            case Compare(operands=(Aggregate(function="count"), right), operators=(operator,)):
                return (operator, number_of(right)) in {("==", 0), ("<=", 0), ("<", 1)}
            case Name(name=name):
                return name in segments and of(name)
            case Not(operand=Name(name=name) as inner):
                return name in segments and not is_negation(inner)
            case Not(operand=At(operand=operand)):
                return is_negation(Not(operand, operand.place))
            case Not(operand=Aggregate(function=function)):
                return function == "exists"
            case And(operands=operands) | Or(operands=operands):
                return all(is_negation(each) for each in operands)
            case At(operand=operand):
                return is_negation(operand)
        return False

    return frozenset(name for name in segments if of(name))
