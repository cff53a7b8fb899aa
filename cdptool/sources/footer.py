"""The lines below the rows of a report: as many as are declared are held back until the text ends, then left out."""

from __future__ import annotations

from collections.abc import Iterator

from cdptool.errors import Place, SourceError
from cdptool.sources.window import Chunk


def without_footer(
    chunks: Iterator[Chunk], n_lines: int, place: Place, footer: list[tuple[int, bytes]] | None = None
) -> Iterator[bytes]:
    r"""
    The text without its last lines.

    Args:
        chunks: A text whose lines end with `\n`.
        n_lines: How many lines to leave out. Blank lines between and below them go too and are not counted.
        place: What messages call the file.
        footer: Takes the lines left out, with their numbers, when the text has ended.

    Raises:
        SourceError: The text has fewer lines.

    >>> b"".join(without_footer(iter([b"id\n1\nTotal", b" 1\n\n"]), 1, Place("x.csv")))
    b'id\n1\n'
    """
    held, has_all, line = b"", False, 1
    for chunk in chunks:
        held += chunk
        start = _start_of_last(held, n_lines)
        has_all |= start >= 0
        if start > 0:
            line += held.count(b"\n", 0, start)
            yield held[:start]
            held = held[start:]
    if not has_all:
        raise SourceError(
            f"fewer lines than the {n_lines} of its footer",
            place=place,
            hint="correct `footer_lines` in the source's dialect",
        )
    if footer is not None:
        lines = enumerate(held.split(b"\n"), line)
        footer += [(number, text.removesuffix(b"\r")) for number, text in lines if text.strip()]


def _start_of_last(text: bytes, n_lines: int) -> int:
    """Where the last so many lines that are not blank begin; -1 = there are fewer."""
    end = len(text)
    while end > 0:
        start = text.rfind(b"\n", 0, end - 1) + 1
        n_lines -= bool(text[start:end].strip())
        if not n_lines:
            return start
        end = start
    return -1
