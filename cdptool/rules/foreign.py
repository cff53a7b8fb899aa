"""What Python's grammar has and the rule language has not: what it is called, where it stands, and what to write."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_SIGNS: Final[dict[type[ast.AST], tuple[str, str | None]]] = {
    ast.BitAnd: ("&", "write `and`"),
    ast.BitOr: ("|", "write `or`"),
    ast.BitXor: ("^", None),
    ast.Mod: ("%", "there are + - * and /"),
    ast.Pow: ("**", "there are + - * and /"),
    ast.FloorDiv: ("//", "there are + - * and /"),
    ast.MatMult: ("@", "there are + - * and /"),
    ast.LShift: ("<<", "write `<`"),
    ast.RShift: (">>", "write `>`"),
    ast.UAdd: ("+", "leave it out"),
    ast.Invert: ("~", "write `not`"),
    ast.Is: ("is", "write `==`; missing(x) asks whether there is no value"),
    ast.IsNot: ("is not", "write `!=`; `not missing(x)` asks whether there is a value"),
}
_LOOP: Final = ("a loop", "an aggregate goes over rows, such as count(order.where(total > 0))")
_FORMS: Final[dict[type[ast.AST], tuple[str, str | None]]] = {
    ast.IfExp: ("`if … else`", "a trait gives labels by conditions: `first: [{label: condition}]`"),
    ast.Lambda: ("a function of one's own", "give the condition a name: a trait or a segment"),
    ast.ListComp: _LOOP,
    ast.SetComp: _LOOP,
    ast.DictComp: _LOOP,
    ast.GeneratorExp: _LOOP,
    ast.Set: ("a list in braces", 'write it in square brackets: ["a", "b"]'),
    ast.Dict: ("a mapping in braces", 'a list is written in square brackets: ["a", "b"]'),
    ast.JoinedStr: ("a text with values inside", "`+` joins texts"),
    ast.Starred: ("`*`", None),
    ast.Slice: ("`:`", None),
}


class Foreign(NamedTuple):
    """What it is, the place in the text (bytes of UTF-8, from 0), and the next step."""

    what: str
    offset: int
    hint: str | None


def foreign(tree: ast.expr, text: str) -> Foreign:
    """
    What of an expression is not in the language.

    Args:
        tree: An expression of which the outermost part is not in it.
        text: The whole text, one line.

    >>> foreign(ast.parse("points % 2", mode="eval").body, "points % 2")
    Foreign(what='`%`', offset=7, hint='there are + - * and /')
    """
    match tree:
        case ast.BinOp(op=sign, left=left):
            return _sign(sign, text, left.end_col_offset or 0, tree)
        case ast.UnaryOp(op=sign):
            return _sign(sign, text, tree.col_offset, tree)
        case ast.Tuple(elts=[first, *_]) if not text.encode()[tree.col_offset :].startswith(b"("):
            comma = text.encode().find(b",", first.end_col_offset)
            return Foreign("a comma", comma, "write `and` or `or`; lines of a list are joined by `and`")
        case ast.Tuple():
            return Foreign("a list in round brackets", tree.col_offset, 'write it in square ones: ["a", "b"]')
        case ast.IfExp(body=body):
            what, hint = _FORMS[ast.IfExp]
            return Foreign(what, _next_word(text, body.end_col_offset or 0), hint)
    what, hint = _FORMS.get(type(tree), ("this", None))
    return Foreign(what, tree.col_offset, hint)


def comparison(tree: ast.Compare, signs: Iterable[type[ast.cmpop]], text: str) -> Foreign:
    """The first comparison of a chain that is not one of the language's: `is`, `is not`."""
    known = tuple(signs)
    ends = (tree.left, *tree.comparators)
    sign, before = next((op, left) for op, left in zip(tree.ops, ends, strict=False) if type(op) not in known)
    return _sign(sign, text, before.end_col_offset or 0, tree)


def is_several_texts(tree: ast.Constant, text: str) -> bool:
    """
    Whether a text is written as several side by side, which Python joins without a word.

    >>> text = 'city in ["Hue" "Vinh"]'
    >>> is_several_texts(ast.parse(text, mode="eval").body.comparators[0].elts[0], text)
    True
    """
    written = text.encode()[tree.col_offset : tree.end_col_offset].decode()
    literal = re.compile(r"[A-Za-z]*(\"\"\"|'''|\"|')(?:\\.|(?!\1).)*\1")
    first = literal.match(written)
    return isinstance(tree.value, str) and first is not None and first.end() < len(written)


def second_text(tree: ast.Constant, text: str) -> int:
    """Where the second of several texts side by side begins (bytes of UTF-8, from 0)."""
    written = text.encode()[tree.col_offset : tree.end_col_offset].decode()
    quotes = re.match(r"[A-Za-z]*(\"\"\"|'''|\"|')(?:\\.|(?!\1).)*\1\s*", written)
    return tree.col_offset + len((quotes.group() if quotes else "").encode())


def _sign(sign: ast.AST, text: str, after: int, tree: ast.expr) -> Foreign:
    """A sign, found behind what stands before it; brackets may close in between."""
    written, hint = _SIGNS.get(type(sign), ("", None))
    if not written:
        return Foreign("this", tree.col_offset, None)
    found = text.encode().find(written.split()[0].encode(), after)
    return Foreign(f"`{written}`", found if found >= 0 else tree.col_offset, hint)


def _next_word(text: str, after: int) -> int:
    found = re.search(rb"\bif\b", text.encode()[after:])
    return after + found.start() if found else after
