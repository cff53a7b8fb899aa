"""
Text to frozen nodes: Python's grammar read with `ast.parse`, walked over an allow-list, never evaluated.

What is not listed here is `not allowed here`, with the place inside the expression. Whether names exist
and types fit is left to `check`.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, replace
from typing import Final, get_args

from cdptool.errors import ConfigError, Place
from cdptool.rules.foreign import Foreign, comparison, foreign, is_several_texts, second_text
from cdptool.rules.naming import nearest
from cdptool.rules.nodes import (
    Aggregate,
    AggregateName,
    And,
    Arithmetic,
    At,
    Attribute,
    Call,
    Compare,
    Comparison,
    Constant,
    Name,
    Negative,
    Node,
    Not,
    Operator,
    Options,
    Or,
    Selection,
    to_text,
)
from cdptool.rules.slips import slip
from cdptool.rules.windows import Window, parse_length, parse_window

__all__ = ["FUNCTIONS", "Node", "parse", "to_text"]

# Functions of values and how many arguments each takes. Those of pairs are for merge passes.
FUNCTIONS: Final[dict[str, int]] = {
    "missing": 1, "default": 2, "matches": 2, "ntile": 2, "bucket": 1, "same": 1, "near": 2, "differs": 1,
}  # fmt: skip
_OF_PAIRS: Final = ("same", "near", "differs")
AGGREGATES: Final[tuple[AggregateName, ...]] = get_args(AggregateName)
_USES: Final[dict[str, str]] = {
    "missing": "missing(city)", "default": "default(points, 0)", "matches": 'matches(city, "^H")',
    "ntile": "ntile(spend, 10)", "bucket": 'bucket("salt")', "at": 'at("90d", vip)',
    "same": "same(phone)", "near": "near(name, 0.88)", "differs": "differs(birth_date)",
}  # fmt: skip
MAX_DEPTH: Final = 60
_LARGEST: Final = "numbers go up to 9_007_199_254_740_991"

_COMPARISONS: Final[dict[type[ast.cmpop], Comparison]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_OPERATORS: Final[dict[type[ast.operator], Operator]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
}  # fmt: skip


def parse(text: str, place: Place, *, names_columns: bool = False) -> Node:
    """
    Read one line of the rule language.

    Args:
        text: The expression.
        place: Where its first character stands; messages add the position inside the text.
        names_columns: Whether names are columns of a file, of which `row["Customer ID"]` names any.

    Returns:
        The node, equal to every other node of the same meaning and printing back to its canonical text.

    Raises:
        ConfigError: Naming the place of the first thing that is not allowed.

    >>> to_text(parse('count(order["90d"])>=3', Place("rules.yaml", 4, 9)))
    'count(order["90d"]) >= 3'
    >>> parse('__import__("os")', Place("rules.yaml", 4, 9))
    Traceback (most recent call last):
    cdptool.errors.ConfigError: rules.yaml:4:9: `__import__` is not allowed here
    """
    return _Reader(text, place, names_columns).read()


@dataclass(frozen=True, slots=True)
class _Reader:
    text: str
    origin: Place
    names_columns: bool = False
    start: int = 0  # where the text that is read begins, counted from the origin

    def read(self) -> Node:
        start = len(self.text) - len(self.text.lstrip())
        # Line ends become blanks of the same length: an expression may run over lines, offsets stay.
        flat = self.text.strip().replace("\n", " ").replace("\r", " ").replace("\t", " ")
        reader = replace(self, start=start)
        if not flat:
            raise reader._refused("an empty expression", None, "write a condition")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a backslash in a regex is not the author's mistake
            try:
                tree = ast.parse(flat, mode="eval").body
            except SyntaxError as error:
                offset = min((error.offset or len(flat) + 1) - 1, len(flat))  # 0 is the end
                problem, hint = slip(error.msg, flat, offset)
                raise ConfigError(problem, place=reader._moved(offset), hint=hint) from None
            except (ValueError, MemoryError, RecursionError):
                raise ConfigError(
                    "cannot read this: it is too long or too deep", place=reader._moved(0)
                ) from None
        behind = len(flat.encode()[: tree.end_col_offset].decode())
        if "#" in flat[behind:]:
            place = reader._moved(flat.index("#", behind))
            raise ConfigError(
                "a comment is not allowed here", place=place, hint="put comments outside the expression"
            )
        return replace(reader, text=flat)._node(tree, 0)

    def _node(self, tree: ast.expr, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._refused("this much nesting", tree, "give the inner part a name of its own")
        place, down = self._place(tree), depth + 1
        match tree:
            case ast.Constant():
                return self._constant(tree)
            case ast.Name(id="true" | "false" as word):
                return Constant(word == "true", "truth", place)
            case ast.Name(id=name):
                return Name(name, place)
            case ast.Attribute(value=base, attr=name):
                if not isinstance(base, ast.Name | ast.Attribute):
                    hint = "a column of a stream belongs inside an aggregate"
                    raise self._refused_behind_dot(tree, f"`.{name}`", hint)
                return Attribute(self._node(base, down), name, place, self._behind_dot(tree, name))
            case ast.List(elts=items):
                return Options(tuple(self._item(item, down) for item in items), place)
            case ast.BoolOp(op=operator, values=values):
                kind = And if isinstance(operator, ast.And) else Or
                return kind(tuple(self._node(value, down) for value in values), place)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self._node(operand, down), place)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._negative(self._node(operand, down), isinstance(operand, ast.Constant), place)
            case ast.BinOp(op=sign, left=left, right=right) if type(sign) in _OPERATORS:
                return Arithmetic(
                    _OPERATORS[type(sign)], self._node(left, down), self._node(right, down), place
                )
            case ast.Compare(left=left, ops=signs, comparators=rest):
                if any(type(sign) not in _COMPARISONS for sign in signs):
                    raise self._foreign(comparison(tree, _COMPARISONS, self.text))
                operands = tuple(self._node(each, down) for each in (left, *rest))
                return Compare(operands, tuple(_COMPARISONS[type(sign)] for sign in signs), place)
            case ast.Call():
                return self._call(tree, down)
            case ast.Subscript(value=ast.Name(id="row"), slice=ast.Constant(value=str(name))) if (
                self.names_columns
            ):
                return Name(name, place)
            case ast.Subscript():
                hint = "a window belongs to a stream inside an aggregate"
                raise self._refused("a window", tree.slice, hint)
            case _:
                raise self._foreign(foreign(tree, self.text))

    def _constant(self, tree: ast.Constant) -> Constant:
        place = self._place(tree)
        match tree.value:
            case bool(truth):
                return Constant(truth, "truth", place)
            case int(number) if abs(number) >= 2**53:
                raise self._refused("a number of this size", tree, _LARGEST)
            case int(number) | float(number):
                if number != number or number in (float("inf"), float("-inf")):
                    raise self._refused("a number of this size", tree, _LARGEST)
                return Constant(number, "number", place)
            case str() if is_several_texts(tree, self.text):
                hint = "put a comma between them in a list, `+` to join them, or `or`"
                raise self._foreign(Foreign("a second text", second_text(tree, self.text), hint))
            case str(words):
                return Constant(words, "text", place)
            case None:
                raise self._refused("`None`", tree, "missing(x) asks whether there is no value")
            case _:
                raise self._refused("this constant", tree, 'there are numbers, "text", true and false')

    def _item(self, tree: ast.expr, depth: int) -> Node:
        item = self._node(tree, depth)
        if not isinstance(item, Constant):
            raise self._refused("this in a list", tree, "lists hold numbers and texts that are spelled out")
        return item

    def _negative(self, operand: Node, bare: bool, place: Place) -> Node:
        if bare and isinstance(operand, Constant) and not isinstance(operand.value, bool | str):
            return Constant(-operand.value, "number", place)
        return Negative(operand, place)

    def _call(self, tree: ast.Call, depth: int) -> Node:
        place, arguments = self._place(tree), tuple(tree.args)
        if isinstance(tree.func, ast.Attribute) and tree.func.attr == "where":
            hint = "rows of a stream belong inside an aggregate, such as exists(…)"
            raise self._refused_behind_dot(tree.func, "`.where(…)`", hint)
        if not isinstance(tree.func, ast.Name):
            raise self._not_a_function(tree.func)
        name = tree.func.id
        stars = (each for each in arguments if isinstance(each, ast.Starred))
        odd: list[ast.expr | ast.keyword] = [*stars, *tree.keywords]
        if odd:
            raise self._refused("a named or starred argument", odd[0], "write the value alone")
        for function in AGGREGATES:
            if name == function:
                self._count_arguments(tree, name, 1)
                return Aggregate(function, self._selection(arguments[0], depth), place)
        if name == "at":
            self._count_arguments(tree, name, 2)
            return At(self._length(arguments[0]), self._node(arguments[1], depth), place)
        if name not in FUNCTIONS:
            raise self._not_a_function(tree.func)
        self._count_arguments(tree, name, FUNCTIONS[name])
        return Call(name, tuple(self._node(each, depth) for each in arguments), place)

    def _not_a_function(self, tree: ast.expr) -> ConfigError:
        """What is called and is no function of the language; the nearest one that is."""
        known = (*AGGREGATES, "at", *(name for name in FUNCTIONS if name not in _OF_PAIRS))
        if isinstance(tree, ast.Name):
            hint = nearest(tree.id, (*known, *_OF_PAIRS))
            return self._refused(f"`{tree.id}`", tree, hint or f"the functions are {', '.join(known)}")
        if isinstance(tree, ast.Attribute):
            hint = f"values have no functions of their own; there are {', '.join(known)}"
            return self._refused_behind_dot(tree, f"`.{tree.attr}(…)`", hint)
        return self._refused("this call", tree)

    def _count_arguments(self, tree: ast.Call, name: str, wanted: int) -> None:
        if len(tree.args) != wanted:
            problem = f"`{name}` takes {wanted} argument{'s' * (wanted > 1)}, found {len(tree.args)}"
            column = "" if name in ("exists", "none", "count") else ".total"
            hint = f"such as {_USES.get(name, f'{name}(order{column})')}"
            raise ConfigError(problem, place=self._place(tree), hint=hint)

    def _length(self, tree: ast.expr) -> int:
        text = self._text(tree, "this length", 'write it in quotes, such as "90d"')
        try:
            return parse_length(text)
        except ValueError as error:
            raise ConfigError(str(error), place=self._place(tree)) from None

    def _text(self, tree: ast.expr | None, what: str, hint: str) -> str:
        if not isinstance(tree, ast.Constant) or not isinstance(tree.value, str):
            raise self._refused(what, tree, hint)
        return tree.value

    def _selection(self, tree: ast.expr, depth: int) -> Selection:
        """Read `stream`, `sel[window]`, `sel.where(line)` and `sel.column` from the outside in."""
        if depth > MAX_DEPTH:
            raise self._refused("this much nesting", tree)
        place = self._place(tree)
        match tree:
            case ast.Name(id=stream):
                return Selection(stream, (), None, None, place)
            case ast.Subscript(value=inner, slice=index):
                selection = self._selection(inner, depth + 1)
                if selection.window is not None:
                    raise self._refused("a second window", index, 'write a range, such as "24h":"3h"')
                return replace(selection, window=self._window(index))
            case ast.Call(func=ast.Attribute(attr="where"), args=lines) if len(lines) != 1:
                problem = f"`.where(…)` takes one condition, found {len(lines)}"
                at = place if not lines else self._place(lines[1])
                raise ConfigError(problem, place=at, hint="join conditions with `and`")
            case ast.Call(func=ast.Attribute(value=inner, attr="where"), args=[line], keywords=[]):
                selection, condition = self._selection(inner, depth + 1), self._node(line, depth + 1)
                if selection.where is not None:
                    condition = And((selection.where, condition), selection.where.place)
                return replace(selection, where=condition)
            case ast.Attribute(value=inner, attr=column):
                selection = self._selection(inner, depth + 1)
                places = (*selection.column_places, self._behind_dot(tree, column))
                return replace(selection, column=(*selection.column, column), column_places=places)
            case ast.Constant(value=str()):
                raise self._refused(
                    "a text", tree, "an aggregate takes a stream: write its name without quotes"
                )
            case _:
                hint = "an aggregate takes a stream: stream[window].where(line).column"
                raise self._refused("this", tree, hint)

    def _window(self, index: ast.expr) -> Window:
        if not isinstance(index, ast.Slice):
            return self._parsed(index, self._words(index))
        if index.step is not None:
            hint = 'a range has two ends, such as "24h":"3h"'
            raise self._refused("a third part in a window", index.step, hint)
        since, until = self._words(index.lower), self._words(index.upper)
        for end, text in ((index.lower, since), (index.upper, until)):
            if end is not None and not text.startswith("+"):
                self._parsed(end, text)  # what is wrong with one end is told at that end
        return self._parsed(index, since, until)

    def _words(self, tree: ast.expr | None) -> str:
        return self._text(tree, "this window", 'write it in quotes, such as "90d" or "24h":"3h"')

    def _parsed(self, tree: ast.expr, *texts: str) -> Window:
        try:
            return parse_window(*texts)
        except ValueError as error:
            raise ConfigError(str(error), place=self._place(tree)) from None

    def _place(self, tree: ast.expr | ast.keyword) -> Place:
        # `col_offset` counts bytes of UTF-8; people count characters.
        return self._moved(len(self.text.encode()[: tree.col_offset].decode()))

    def _behind_dot(self, tree: ast.expr, name: str) -> Place:
        end = len(self.text.encode()[: tree.end_col_offset].decode())
        return self._moved(end - len(name))

    def _moved(self, offset: int) -> Place:
        return self.origin.moved(self.start + offset)

    def _refused_behind_dot(self, tree: ast.Attribute, what: str, hint: str) -> ConfigError:
        return ConfigError(f"{what} is not allowed here", place=self._behind_dot(tree, tree.attr), hint=hint)

    def _foreign(self, found: Foreign) -> ConfigError:
        place = self._moved(len(self.text.encode()[: found.offset].decode()))
        return ConfigError(f"{found.what} is not allowed here", place=place, hint=found.hint)

    def _refused(
        self, what: str, tree: ast.expr | ast.keyword | None, hint: str | None = None
    ) -> ConfigError:
        place = self._moved(0) if tree is None else self._place(tree)
        return ConfigError(f"{what} is not allowed here", place=place, hint=hint)
