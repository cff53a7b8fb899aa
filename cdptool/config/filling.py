"""
Expressions of a library with names of the project put in, and the way back from their columns to the library's.

What is replaced are whole words outside of quotes, never parts of a text; so what stands in a library is read by the
grammar of rules, and a mistake in it is told at its own line and column.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from cdptool.config.reader import Scalar
from cdptool.errors import Place

_TOKEN: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\W\d]\w*|\S")


Words = Mapping[
    str, str | Scalar | None
]  # what stands for a parameter; a condition knows where it is written


class _Edit(NamedTuple):
    """A stretch of the library's text, and what stands there instead; `own` is where that is written itself."""

    start: int
    end: int
    text: str
    own: Place | None = None


class _Move(NamedTuple):
    """Where a stretch begins now, where it began before, and in which text (None = the library's)."""

    now: int
    before: int
    text: Place | None = None


@dataclass(frozen=True, slots=True)
class _FilledText:
    """A text that was filled in: `moves` tells of each stretch where it was written."""

    written: Place
    moves: tuple[_Move, ...]

    def place(self, offset: int) -> Place:
        """Where the library, or a condition of the project, has what stands at a place of the text as filled in."""
        now, before, own = self.moves[bisect_right(self.moves, (offset, sys.maxsize)) - 1]
        return (own or self.written).moved(before + offset - now)


def words_in(text: str) -> frozenset[str]:
    """
    The words of an expression, those in quotes left out.

    >>> sorted(words_in('count(order["9d"].where(channel == "store"))'))
    ['channel', 'count', 'order', 'where']
    """
    return frozenset(token[0] for token in _TOKEN.finditer(text) if token[0].isidentifier())


def filled(written: Scalar, words: Words, rules: Mapping[str, str]) -> Scalar:
    """
    An expression of a library, with the words of a project.

    Args:
        written: The expression.
        words: What stands for a parameter. None = there is none: of a window the brackets go as well; of a column
            the dot, and where different values of it were counted, rows are counted instead; of a condition the
            `.where(…)` around it, or the `and` behind it.
        rules: The names of the library's rules, and what they are called in the project.

    Returns:
        The expression.

    >>> here = Place("rfm.yaml", 3, 9)
    >>> line = Scalar("nunique(stream.id[window]) >= n", False, here, here)
    >>> filled(line, {"stream": "order", "id": None, "window": '"90d"', "n": "2"}, {}).text
    'count(order["90d"]) >= 2'
    >>> back = filled(line, {"stream": "order", "id": "no", "window": None, "n": "2"}, {})
    >>> back.text, str(back.text_place.moved(21))
    ('nunique(order.no) >= 2', 'rfm.yaml:3:39')
    """
    tokens = list(_TOKEN.finditer(written.text))
    edits: list[_Edit] = []
    calls: list[int] = []  # tokens before each bracket that is open
    for at, token in enumerate(tokens):
        word, before = token[0], tokens[at - 1][0] if at else ""
        if word == "(":
            calls.append(at - 1)
        elif word == ")":
            calls.pop()
        elif word in words:
            edits += _edits(tokens, at, words[word], calls[-1] if calls else -1)
        elif word in rules and before != ".":
            edits.append(_Edit(*token.span(), rules[word]))
    text, moves = _applied(written.text, sorted(edits, key=lambda edit: edit[:2]))
    place = replace(written.text_place, text=_FilledText(written.text_place, moves))
    return Scalar(text, written.quoted, written.place, place)


def _edits(tokens: list[re.Match[str]], at: int, word: str | Scalar | None, call: int) -> list[_Edit]:
    start, end = tokens[at].span()
    before, behind = tokens[at - 1], tokens[min(at + 1, len(tokens) - 1)]
    if isinstance(word, str):
        return [_Edit(start, end, word)]
    if isinstance(word, Scalar):
        put = _Edit(start, end, word.text, word.text_place)
        is_alone = (before[0], behind[0]) == ("(", ")")
        return [put] if is_alone else [_Edit(start, start, "("), put, _Edit(end, end, ")")]
    if before[0] == "(":
        is_alone = behind[0] == ")"  # `.where(word)`, else `.where(word and …`
        return [
            _Edit(tokens[at - 3].start(), behind.end(), "")
            if is_alone
            else _Edit(start, tokens[at + 2].start(), "")
        ]
    if before[0] != ".":
        return [_Edit(before.start(), behind.end(), "")]
    counted = [_Edit(*tokens[call].span(), "count")] if tokens[call][0] == "nunique" else []
    return [_Edit(before.start(), end, ""), *counted]


def _applied(text: str, edits: list[_Edit]) -> tuple[str, tuple[_Move, ...]]:
    parts: list[str] = []
    moves = [_Move(0, 0)]
    done = length = 0
    for edit in edits:
        parts += [text[done : edit.start], edit.text]
        length += edit.start - done
        if edit.own is not None:
            moves.append(_Move(length, 0, edit.own))
        else:
            # A name that was put in is one point of the library: a place inside of it is told as where it begins.
            moves += [_Move(length + inside, edit.start) for inside in range(len(edit.text))]
        length += len(edit.text)
        moves.append(_Move(length, edit.end))
        done = edit.end
    return "".join((*parts, text[done:])), tuple(moves)
