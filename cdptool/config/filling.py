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


class _Edit(NamedTuple):
    """A stretch of the library's text, and what stands there instead."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _FilledText:
    """A text that was filled in: `moves` pairs where a stretch begins now with where it began in the library."""

    written: Place
    moves: tuple[tuple[int, int], ...]

    def place(self, offset: int) -> Place:
        """Where the library has what stands at a place of the text as filled in."""
        now, before = self.moves[bisect_right(self.moves, (offset, sys.maxsize)) - 1]
        return self.written.moved(before + offset - now)


def filled(written: Scalar, words: Mapping[str, str | None], rules: Mapping[str, str]) -> Scalar:
    """
    An expression of a library, with the words of a project.

    Args:
        written: The expression.
        words: What stands for a parameter. None = there is none: of a window the brackets go as well; of a column
            the dot, and where different values of it were counted, rows are counted instead.
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
    text, moves = _applied(written.text, sorted(edits))
    place = replace(written.text_place, text=_FilledText(written.text_place, moves))
    return Scalar(text, written.quoted, written.place, place)


def _edits(tokens: list[re.Match[str]], at: int, word: str | None, call: int) -> list[_Edit]:
    start, end = tokens[at].span()
    if word is not None:
        return [_Edit(start, end, word)]
    edits = [_Edit(tokens[at - 1].start(), end if tokens[at - 1][0] == "." else tokens[at + 1].end(), "")]
    if tokens[at - 1][0] == "." and tokens[call][0] == "nunique":
        edits.append(_Edit(*tokens[call].span(), "count"))
    return edits


def _applied(text: str, edits: list[_Edit]) -> tuple[str, tuple[tuple[int, int], ...]]:
    parts: list[str] = []
    moves = [(0, 0)]
    done = length = 0
    for edit in edits:
        parts += [text[done : edit.start], edit.text]
        length += edit.start - done
        # What was put in is one point of the library: a place inside of it is told as where it begins.
        moves += [(length + inside, edit.start) for inside in range(len(edit.text))]
        length += len(edit.text)
        moves.append((length, edit.end))
        done = edit.end
    return "".join((*parts, text[done:])), tuple(moves)
