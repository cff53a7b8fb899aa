"""A window that slides over a stream of chunks in memory that is used again: what is read is copied once."""

from __future__ import annotations

from collections.abc import Iterator

Chunk = bytes | memoryview  # valid until the next one is asked for


class Window:
    """The bytes of a text from the reader's position on. Every line ends with `\\n`, also the last one."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self._memory = bytearray()
        self._start = self._end = 0
        self.is_last = False  # whether the window reaches the end of the text

    @property
    def held(self) -> int:
        """How many bytes are in the window."""
        return self._end - self._start

    def view(self, size: int) -> memoryview:
        """The next bytes, at most so many. Valid until `fill`."""
        return memoryview(self._memory)[self._start : min(self._end, self._start + size)]

    def advance(self, size: int) -> None:
        """Leave so many bytes behind."""
        self._start += size

    def fill(self, size: int) -> None:
        """Have at least so many bytes in the window, or all that there are."""
        while not self.is_last and self.held < size:
            chunk = next(self._chunks, None)
            if chunk is not None:
                self._append(chunk)
                continue
            self.is_last = True
            if self.held and self._memory[self._end - 1] != 10:
                self._append(b"\n")

    def take_lines(self, size: int, longest: int) -> bytes | None:
        """The next whole lines, of about so many bytes, and leave them behind; None = a line is longer than `longest`."""
        while True:
            self.fill(size)
            part = bytes(self.view(size))
            cut = part.rfind(b"\n") + 1
            if cut or not part:
                self.advance(cut)
                return part[:cut]
            if size > longest:
                return None
            size *= 2

    def _append(self, chunk: Chunk) -> None:
        size = len(chunk)
        if self._end + size > len(self._memory):
            held = self.held
            if held + size > len(self._memory):
                larger = bytearray(2 * (held + size))
                larger[:held] = self.view(held)
                self._memory = larger
            else:
                memory = memoryview(self._memory)
                memory[:held] = memory[self._start : self._end]
            self._start, self._end = 0, held
        memoryview(self._memory)[self._end : self._end + size] = chunk
        self._end += size
