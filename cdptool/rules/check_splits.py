"""What can be wrong with splits without data: shares that do not sum to 1, a salt used twice, names of no arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import fsum, isclose
from typing import Final

from cdptool.errors import Finding
from cdptool.rules.book import Catalog, Rule, RuleBook, Split
from cdptool.rules.naming import nearest
from cdptool.rules.nodes import Compare, Constant, Node, Options, walk
from cdptool.rules.subjects import path_of

_TOLERANCE: Final = 1e-9


def check_splits(book: RuleBook, catalog: Catalog) -> Iterator[Finding]:
    """Every finding about the splits of a book, and about the arms its rules name."""
    salts: dict[str, str] = {}
    for split in book.splits:
        yield from _shares(split)
        if split.salt in salts:
            problem = (
                f"splits `{salts[split.salt]}` and `{split.name}` have one salt, so their arms go together"
            )
            yield Finding(
                problem, split.place_of("salt"), "give each its own, such as its name and a version"
            )
        salts.setdefault(split.salt, split.name)
        for name in split.by:
            if catalog.field(name) is None:
                hint = nearest(name, [column.name for column in catalog.fields])
                problem = f"split `{split.name}` is by `{name}`, which is no profile field"
                yield Finding(problem, split.place_of("by"), hint)
        if split.by and not split.sticky:
            problem = f"split `{split.name}` is by {_listed(split.by)} and not sticky"
            hint = "each new profile would move others over the borders of the arms: leave `sticky` out"
            yield Finding(problem, split.place_of("sticky"), hint)
    splits = {split.name: split for split in book.splits}
    for rule in (*book.traits, *book.segments):
        yield from _arms(rule, splits)


def _shares(split: Split) -> Iterator[Finding]:
    total = fsum(share for _, share in split.arms)
    if not isclose(total, 1, abs_tol=_TOLERANCE):
        problem = f"the arms of split `{split.name}` sum to {total:g}, expected 1"
        yield Finding(
            problem, split.place_of("arms"), "name the rest as an arm of its own, such as `holdout`"
        )
    names = [name for name, _ in split.arms]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problem = f"split `{split.name}` has two arms `{name}`"
        yield Finding(problem, split.place_of("arms"), "rename one of the two")


def _arms(rule: Rule, splits: Mapping[str, Split]) -> Iterator[Finding]:
    """Texts that are compared with a split and are none of its arms."""
    comparisons = [node for line in rule.lines for node in walk(line) if isinstance(node, Compare)]
    for node in comparisons:
        for one, other in pairwise(node.operands):
            for named, text in ((one, other), (other, one)):
                path = path_of(named)
                split = splits.get(path[-1]) if len(path) == 1 or path[:1] == ("me",) else None
                if split is not None:
                    yield from _unknown(split, text)


def _unknown(split: Split, node: Node) -> Iterator[Finding]:
    arms = [name for name, _ in split.arms]
    for text in node.items if isinstance(node, Options) else (node,):
        if isinstance(text, Constant) and text.kind == "text" and text.value not in arms:
            hint = nearest(str(text.value), arms) or f"its arms are {_listed(arms)}"
            yield Finding(f"split `{split.name}` has no arm `{text.value}`", text.place, hint)


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
