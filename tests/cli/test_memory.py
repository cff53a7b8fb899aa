"""The allocator of the C library is asked in a way that older ones understand, too."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace

import pytest

from cdptool.cli import memory

OF_MAPS, OF_TRIMMING = -3, -1


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is asked")
@pytest.mark.parametrize(("most", "told"), [(1 << 40, 1 << 30), (1 << 25, 1 << 25), (1 << 20, None)])
def test_where_a_great_threshold_is_refused_the_greatest_that_is_known_stands(
    most: int, told: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older glibc (2.31) refuses a gigabyte, and the other threshold then froze this one at 128 KB."""
    taken: dict[int, int] = {}

    def mallopt(what: int, value: int) -> int:
        is_taken = what != OF_MAPS or value <= most
        taken.update({what: value} if is_taken else {})
        return int(is_taken)

    for name in memory._OF_LIBRARIES:
        monkeypatch.setenv(name, "as it is")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(mallopt=mallopt))
    memory.reuse_memory()
    assert taken.get(OF_MAPS) == told
    assert (OF_TRIMMING in taken) == (told is not None)
