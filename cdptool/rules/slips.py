"""What a text that is no expression was probably meant to be: Python's own words are about Python."""

from __future__ import annotations

import re
from typing import Final

# What stands at the place (or just before it) → the next step. The first that fits.
_SIGNS: Final[tuple[tuple[str, str], ...]] = (
    (r":=|=(?!=)", "write `==` to compare"),
    (r";", "write one condition; lines of a list are joined by `and`"),
    (r"&", "write `and`"),
    (r"\|", "write `or`"),
    (r"!(?!=)", "write `not`"),
    (r"<>", "write `!=`"),
    (r"[“”„‘’«»]", 'use straight quotes: "text"'),
    (r"(AND|OR|NOT|IN|True|False)\b", "write it in small letters"),
    (r"(?i)(is|null)\b", "missing(x) asks whether there is no value"),
    (r"(?i)between\b", "write 1 <= x <= 2"),
    (r"(?i)(like|ilike)\b", 'write matches(x, "regex")'),
    (r"[0-9]+[smhdw]\b", 'write a length in quotes, such as "90d"'),
)
# Part of what Python says → what is wrong, and the next step.
_SAID: Final[tuple[tuple[str, str, str | None], ...]] = (
    ("was never closed", "a bracket is opened here and never closed", "close it"),
    ("unmatched", "a bracket is closed here that is not open", "take it away, or open it before"),
    ("does not match", "a bracket is closed here by one of another kind", "close each by its own: ( ) and [ ]"),
    ("unterminated string", "a quote is opened here and never closed", "close the quote"),
    ("forgot a comma", "something is missing between two values", "write `and`, `or`, an operator, or a comma in a list"),
    ("leading zeros", "a number with a zero in front", "put quotes around it if it is a text"),
    ("invalid decimal literal", "a number runs into a word", "put a blank between them, or quotes around a text"),
)  # fmt: skip


def slip(said: str, text: str, offset: int) -> tuple[str, str | None]:
    """
    What is wrong with a text that cannot be read, and what to do.

    Args:
        said: What Python says of it.
        text: The text, one line.
        offset: Where Python says it, from 0.

    >>> slip("invalid syntax", 'city = "Vinh"', 5)
    ('cannot read this', 'write `==` to compare')
    """
    rest = text[offset:]
    for sign, hint in _SIGNS:
        if re.match(sign, rest):
            return "cannot read this", hint
    for words, problem, next_step in _SAID:
        if words in said:
            return problem, next_step
    if not rest.strip():
        return "the expression ends too early", "something is missing behind this"
    return "cannot read this", None
