"""
Expressions over the columns of a file, which are all text until something asks for a number.

A column beside a number, or under `-`, `*` and `/`, is read as a number; everywhere else it is its text. So
`family + " " + given` joins and `price * quantity` multiplies, and the checks of the language stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final, Literal

import polars as pl

from cdptool.errors import ConfigError, Finding
from cdptool.rules.book import Catalog, Kind, RuleBook
from cdptool.rules.check import expression_kind
from cdptool.rules.conditions import PlainCompiler, looks_beyond
from cdptool.rules.kinds import WORDS
from cdptool.rules.nodes import (
    Aggregate,
    And,
    Arithmetic,
    At,
    Attribute,
    Call,
    Compare,
    Constant,
    Name,
    Negative,
    Node,
    Not,
    Options,
    Or,
    children,
)
from cdptool.rules.subjects import Subject, path_of
from cdptool.tables import Column, StreamSchema

TEXT: Final = "text:"
NUMBER: Final = "number:"
Wanted = Literal["text", "number"]
_SPELLING: Final = 'a name that is no word is written `row["Customer ID"]`'
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class ColumnExpression:
    """
    An expression ready to run: over `text:<name>` (String) and `number:<name>` (Float64) of the file's columns.

    `value` is its value, a truth (null: unknown) where `kind` says so. `texts` and `numbers` are the names it reads.
    """

    value: pl.Expr
    kind: Kind
    texts: tuple[str, ...]
    numbers: tuple[str, ...]


def columns_named(node: Node) -> tuple[str, ...]:
    """The columns that an expression names, in the order written; `a.b` names the column `a.b`.

    >>> from cdptool.errors import Place
    >>> from cdptool.rules.syntax import parse
    >>> columns_named(parse('default(home.city, row["Work City"])', Place("a"), names_columns=True))
    ('home.city', 'Work City')
    """
    match node:
        case Name() | Attribute():
            return (".".join(path_of(node)),)
        case _:
            inner = [name for each in children(node) for name in columns_named(each)]
            return tuple(dict.fromkeys(inner))


def column_expression(node: Node, names: Sequence[str] | None = None) -> ColumnExpression:
    """
    Check and compile an expression over the columns of a file.

    Args:
        node: The expression; see `parse` with `names_columns`.
        names: The columns the file has; None where that is not known yet, so that any name is one.

    Returns:
        The expression over texts and numbers.

    Raises:
        ConfigError: For every name that is no column, with the nearest that is; for kinds that do not fit; for
            what looks beyond the row.

    >>> from cdptool.errors import Place
    >>> from cdptool.rules.syntax import parse
    >>> total = column_expression(parse("price * 2", Place("a"), names_columns=True), ["price"])
    >>> pl.DataFrame({"number:price": [1.5, None]}).select(total.value).to_series().to_list(), total.kind
    ([3.0, None], 'number')
    """
    findings = [*looks_beyond(node), *(() if names is None else _unknown(node, names))]
    if findings:
        raise ConfigError(*findings)
    reader = _Typing()
    typed = reader.read(node, None)
    columns = (
        *(Column(TEXT + name, "text") for name in reader.texts),
        *(Column(NUMBER + name, "number") for name in reader.numbers),
    )
    row = StreamSchema("row", columns)
    catalog = Catalog(streams=(row,))
    kind, findings_of_kinds = expression_kind(typed, row, catalog)
    if findings_of_kinds or kind is None:
        raise ConfigError(*findings_of_kinds)
    compiler, subject = PlainCompiler(RuleBook(), catalog, _NO_TIME, {}), Subject(_NO_TIME, row)
    value = compiler.truth(typed, subject) if kind == "truth" else compiler.value(typed, subject).lo
    return ColumnExpression(value, kind, tuple(reader.texts), tuple(reader.numbers))


def column_choice(
    choices: Sequence[tuple[str, Node]], names: Sequence[str] | None = None
) -> ColumnExpression:
    """
    The label of the first condition over the columns of a file that is true; null as soon as one before it is unknown.

    Raises:
        ConfigError: As `column_expression` does, and for what is no condition; all findings together.
    """
    compiled: list[ColumnExpression] = []
    findings: list[Finding] = []
    for _, node in choices:
        try:
            compiled.append(column_condition(node, names))
        except ConfigError as error:
            findings += error.findings
    if findings:
        raise ConfigError(*findings)
    label = pl.lit(None, pl.String)
    for (name, _), condition in reversed(list(zip(choices, compiled, strict=True))):
        is_known = condition.value.is_not_null()
        label = pl.when(condition.value).then(pl.lit(name)).otherwise(pl.when(is_known).then(label))
    texts = dict.fromkeys(name for each in compiled for name in each.texts)
    numbers = dict.fromkeys(name for each in compiled for name in each.numbers)
    return ColumnExpression(label, "text", tuple(texts), tuple(numbers))


def column_condition(node: Node, names: Sequence[str] | None = None) -> ColumnExpression:
    """
    Check and compile a condition over the columns of a file; null is unknown.

    Raises:
        ConfigError: As `column_expression` does, and for what is no condition.
    """
    compiled = column_expression(node, names)
    if compiled.kind != "truth":
        problem = f"this is {WORDS[compiled.kind]}, expected a condition"
        raise ConfigError(problem, place=node.place, hint="compare it with something")
    return compiled


@dataclass(slots=True)
class _Typing:
    """Renames the columns of an expression to what each is read as there, and notes them."""

    texts: dict[str, None] = field(default_factory=dict)
    numbers: dict[str, None] = field(default_factory=dict)

    def read(self, node: Node, wanted: Wanted | None) -> Node:
        """The node with its columns named `text:…` or `number:…`; `wanted` is what stands around it."""
        match node:
            case Name() | Attribute():
                return self._column(".".join(path_of(node)), node, wanted or "text")
            case Options() | Constant() | Aggregate() | At():
                return node
            case And(operands=operands) | Or(operands=operands):
                return replace(node, operands=tuple(self.read(each, None) for each in operands))
            case Not(operand=operand):
                return replace(node, operand=self.read(operand, None))
            case Compare(operands=operands):
                common = _common(operands) or "text"
                return replace(node, operands=tuple(self.read(each, common) for each in operands))
            case Negative(operand=operand):
                return replace(node, operand=self.read(operand, "number"))
            case Arithmetic(operator=operator, left=left, right=right):
                common = "number" if operator != "+" else _common((left, right)) or wanted or "text"
                return replace(node, left=self.read(left, common), right=self.read(right, common))
            case Call(function="default", arguments=arguments):
                common = _common(arguments) or wanted or "text"
                return replace(node, arguments=tuple(self.read(each, common) for each in arguments))
            case Call(arguments=arguments):
                return replace(node, arguments=tuple(self.read(each, None) for each in arguments))

    def _column(self, name: str, node: Name | Attribute, kind: Wanted) -> Name:
        (self.numbers if kind == "number" else self.texts)[name] = None
        return Name((NUMBER if kind == "number" else TEXT) + name, node.place)


def _common(nodes: Iterable[Node]) -> Wanted | None:
    """What nodes that stand side by side are read as: numbers as soon as one is; None where none says."""
    kinds = {_natural(node) for node in nodes}
    if "number" in kinds:
        return "number"
    return "text" if "text" in kinds else None


def _natural(node: Node) -> Wanted | None:
    """What a node is whatever stands around it; None for a column, which is what is asked for."""
    match node:
        case Constant(kind="number") | Negative():
            return "number"
        case Constant(kind="text"):
            return "text"
        case Options(items=items):
            return _common(items)
        case Arithmetic(operator="+", left=left, right=right):
            return _common((left, right))
        case Arithmetic():
            return "number"
        case Call(function="default", arguments=arguments):
            return _common(arguments)
    return None


def _unknown(node: Node, names: Sequence[str]) -> list[Finding]:
    """A finding for each name in an expression that is no column of the file."""
    match node:
        case Name() | Attribute():
            name = ".".join(path_of(node))
            if name in names:
                return []
            near = get_close_matches(name, names, n=1, cutoff=0.6)
            hint = f"did you mean {_written(near[0])}?" if near else _SPELLING
            return [Finding(f"the file has no column `{name}`", node.place, hint)]
    return [finding for each in children(node) for finding in _unknown(each, names)]


def _written(name: str) -> str:
    return f"`{name}`" if name.isidentifier() else f'`row["{name}"]`'
