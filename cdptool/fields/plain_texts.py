"""
Identifiers that are plainly in order, found by their bytes: nothing to trim, to compose, or to ask about.

Polars keeps a text as 16 bytes: four of its length, and the text itself where it has at most 12. All of a block lie
side by side, so a few passes over them judge what would take a query of each kind over the texts.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_ENOUGH: Final = 4096  # texts from which on this is faster
_INLINE: Final = 12  # bytes of a text that stand beside its length
_WIDTH: Final = 16
_AT: Final = _WIDTH - _INLINE
_FIRST, _LAST = 0x21, 0x7E  # of the ASCII letters that one sees
_LONG: Final = 64  # bytes of long texts per text, beyond which there is more in memory than these texts

Words = NDArray[np.uint64]


# The bytes of the text among the 16, as two words.
_TEXT: Final = np.repeat(np.array([[0, 255]], np.uint8), (_AT, _INLINE), axis=1).view(np.uint64)[0]
_ADD: Final = np.uint64(0x0101_0101_0101_0101)  # times 8 small bytes: their sum, in the highest byte


def plain_texts(texts: pl.Series) -> NDArray[np.bool_] | None:
    """
    Which texts are surely their own canonical form as identifiers, and no placeholder; None = not looked at.

    All letters of such a text are ASCII that one sees, no space. A short one has a digit other than zero, which
    no placeholder has; a long one is longer than any but zeros, and does not begin with one.
    """
    if len(texts) < _ENOUGH:
        return None
    arrow = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    _, views, *longer = arrow.buffers()
    held = np.frombuffer(views, np.uint8)[_WIDTH * arrow.offset : _WIDTH * (arrow.offset + len(texts))]
    lengths = held.view(np.uint32)[::4]
    seen = _flags(held, _FIRST, _LAST)
    is_plain: NDArray[np.bool_] = (((seen[0] + seen[1]) * _ADD) >> np.uint64(56)) == lengths
    digits = _flags(held, ord("1"), ord("9"))
    is_plain &= (digits[0] | digits[1]) != 0
    is_long = lengths > _INLINE
    if is_long.any():  # only their first letters stand here
        is_seen = sum(map(len, longer)) <= _LONG * len(texts) and all(map(_is_seen, longer))
        is_plain[is_long] = is_seen & (held[_AT::_WIDTH][is_long] != ord("0"))
    return is_plain


def _flags(held: NDArray[np.uint8], first: int, last: int) -> tuple[Words, Words]:
    """A byte of 1 for every letter of a text within these bounds, as two words per text."""
    words = (held - np.uint8(first) <= last - first).view(np.uint64).reshape(-1, 2)
    return words[:, 0] & _TEXT[0], words[:, 1]


def _is_seen(letters: object) -> bool:
    found = np.frombuffer(letters, np.uint8)  # type: ignore[call-overload]  # an Arrow buffer
    return not found.size or (int(found.min()) >= _FIRST and int(found.max()) <= _LAST)
