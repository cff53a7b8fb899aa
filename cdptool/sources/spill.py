"""One number per row of a file, kept on disk: what must be known of all rows at the end takes no memory on the way."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
_PART = 1 << 20


class Spill:
    """A column of whole numbers in the order they were added, in a file without a name that goes with the process."""

    def __init__(self, dtype: type[np.generic], folder: str | None = None) -> None:
        self._dtype = np.dtype(dtype)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  it lives as long as this does
        weakref.finalize(self, self._file.close)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, numbers: Numbers) -> None:
        """Add numbers at the end."""
        self._file.write(np.ascontiguousarray(numbers, self._dtype).data)
        self._size += numbers.size

    def parts(self) -> Iterator[tuple[int, Numbers]]:
        """All numbers in order, a part at a time, each with the position of its first."""
        for start in range(0, self._size, _PART):
            yield start, self._read(start, min(_PART, self._size - start))

    def at(self, positions: NDArray[np.int64]) -> Numbers:
        """
        The numbers at some positions (ascending).

        >>> column = Spill(np.int64)
        >>> column.append(np.array([5, 6, 7]))
        >>> column.at(np.array([0, 2])).tolist()
        [5, 7]
        """
        found = [part[there] for _, there, part in self._touched(positions)]
        return np.concatenate(found) if found else np.empty(0, self._dtype)

    def put(self, positions: NDArray[np.int64], numbers: Numbers) -> None:
        """Write other numbers at some positions (ascending)."""
        done = 0
        for start, there, part in self._touched(positions):
            part[there] = numbers[done : done + there.size]
            done += there.size
            self._file.seek(start * self._dtype.itemsize)
            self._file.write(part.data)
        self._file.seek(0, 2)

    def _touched(self, positions: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64], Numbers]]:
        """The parts that hold these positions: where each begins, the positions inside it, its numbers."""
        bounds = np.searchsorted(positions, np.arange(0, self._size + _PART, _PART))
        for i in np.flatnonzero(np.diff(bounds)).tolist():
            start = i * _PART
            there = positions[bounds[i] : bounds[i + 1]] - start
            yield start, there, self._read(start, min(_PART, self._size - start))

    def _read(self, start: int, count: int) -> Numbers:
        self._file.seek(start * self._dtype.itemsize)
        part = np.frombuffer(bytearray(self._file.read(count * self._dtype.itemsize)), self._dtype)
        self._file.seek(0, 2)
        return part
