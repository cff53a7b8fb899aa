"""
Why a rule says what it says of one profile: its parts with their answers, why one is unknown, the rows that decided.

Why something is unknown is found by asking again: were this feed complete, would it be known?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from cdptool.profiles.rule_tests import Came, came_of
from cdptool.profiles.seen_rows import SeenRows, seen_rows
from cdptool.profiles.worlds import World
from cdptool.rules import Rule, RuleBook
from cdptool.rules.narrowing import narrowed
from cdptool.rules.nodes import Aggregate, Node, walk
from cdptool.rules.parts import Part, parts_of, streams_of
from cdptool.rules.windows import Forward


@dataclass(frozen=True, slots=True)
class Why:
    """
    Why something is not known.

    `late`: these streams are complete until then only. `gone`: retention took rows of them away. `open`: a window that
    looks forward from a row is not over. `empty`: a value that is asked for is not there.
    """

    kind: Literal["late", "gone", "open", "empty"]
    streams: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A part of a rule with its answer; why it is unknown, where it is; the rows behind it, where it is about rows."""

    part: Part
    came: Came
    why: Why | None
    rows: SeenRows | None
    parts: tuple[Traced, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A rule of one profile: what it says, and its lines."""

    rule: Rule
    came: Came
    lines: tuple[Traced, ...]


def trace(world: World, rule: Rule, book: RuleBook) -> Trace:
    """
    Take a rule apart for one profile.

    Args:
        world: Of the one profile (other profiles are left out by `World.only`).
        rule: A trait or segment of the book.
        book: The project's rules.

    Raises:
        ConfigError: If the book does not pass its checks.
    """
    prefix = "part_"
    taken = [*book.rules(), *(column.name for column in world.catalog.fields)]
    while any(name.startswith(prefix) for name in taken):
        prefix += "_"
    lines = parts_of(rule, book, world.catalog, prefix)
    parts = [part for line in lines for part in line.all()]
    answers = _answers(world, rule, parts, book)
    is_segment = any(each.name == rule.name for each in book.segments)
    whys = _whys(world, rule, parts, book, answers)
    return Trace(
        rule,
        came_of(answers, rule.name, is_segment=is_segment),
        tuple(_traced(world, line, book, answers, whys) for line in lines),
    )


def _answers(world: World, rule: Rule, parts: list[Part], book: RuleBook) -> dict[str, object]:
    """The one row of answers: the rule, and every part under its name."""
    more = (
        tuple(part.rule for part in parts if not part.is_truth),
        tuple(part.rule for part in parts if part.is_truth),
    )
    return world.answers(narrowed(book, [rule.name], more)).row(0, named=True)


def _traced(
    world: World, part: Part, book: RuleBook, answers: Mapping[str, object], whys: Mapping[str, Why]
) -> Traced:
    rows = seen_rows(world, part.node, part.ago, book) if isinstance(part.node, Aggregate) else None
    return Traced(
        part,
        came_of(answers, part.name, is_segment=part.is_truth),
        whys.get(part.name),
        rows,
        tuple(_traced(world, inner, book, answers, whys) for inner in part.parts),
    )


def _whys(
    world: World, rule: Rule, parts: list[Part], book: RuleBook, answers: Mapping[str, object]
) -> dict[str, Why]:
    """Why parts are unknown, by their names."""
    unknown = [part for part in parts if not _is_known(part, answers)]
    if not unknown:
        return {}
    read = {part.name: streams_of(part.node, book) for part in unknown}
    streams = frozenset[str]().union(*read.values())
    late = {name: at for name, at in world.complete_until.items() if at < world.as_of and name in streams}
    gone = {name: at for name, at in world.gone_until.items() if name in streams}
    found: dict[str, Why] = {}
    for kind, lacking in (("late", late), ("gone", gone)):
        for names in (*((name,) for name in sorted(lacking)), tuple(sorted(lacking))):
            open_ = [part for part in unknown if part.name not in found]
            if not names or not open_:
                continue
            now = _answers(_without(world, kind, names), rule, parts, book)
            for part in open_:
                causes = tuple((name, lacking[name]) for name in names if name in read[part.name])
                if causes and _is_known(part, now):
                    found[part.name] = Why("late" if kind == "late" else "gone", causes)
    for part in unknown:
        looks_on = any(_looks_on(each) for each in walk(part.node))
        found.setdefault(part.name, Why("open" if looks_on else "empty"))
    return found


def _looks_on(node: Node) -> bool:
    """Whether a window of some length begins at a row: it may end after the moment of the world."""
    window = node.selection.window if isinstance(node, Aggregate) else None
    return isinstance(window, Forward) and window.seconds is not None


def _is_known(part: Part, answers: Mapping[str, object]) -> bool:
    return came_of(answers, part.name, is_segment=part.is_truth).state == "known"


def _without(world: World, kind: str, names: tuple[str, ...]) -> World:
    """The world if nothing of these streams were missing."""

    def rest(held: Mapping[str, datetime]) -> dict[str, datetime]:
        return {name: at for name, at in held.items() if name not in names}

    if kind == "late":
        return replace(world, complete_until=rest(world.complete_until))
    return replace(world, gone_until=rest(world.gone_until))
