"""
How this process uses memory: buffers that are freed are used again instead of given back, for the next is as large.
"""

from __future__ import annotations

import os
import sys
from typing import Final

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt(3)
_NO_MAP_BELOW: Final = (1 << 30, 1 << 25)  # bytes; older glibc (2.31) refuses more than the second
_OF_LIBRARIES: Final = {
    "OPENBLAS_NUM_THREADS": "1",  # numpy's: we multiply no matrices, and idle threads spin
    "_RJEM_MALLOC_CONF": "narenas:2,dirty_decay_ms:60000,muzzy_decay_ms:0",  # Polars'
}


def reuse_memory() -> None:
    """
    Keep what is freed for what is asked for next, before Polars is imported: its allocator reads the environment once.

    A fifth of an ingest and a tenth of the matching of five million records went into pages that the kernel cleared
    anew for every array. numpy and Python use the allocator of the C library; where that is not glibc, it stays as it
    is.
    """
    for name, value in _OF_LIBRARIES.items():
        os.environ.setdefault(name, value)
    if sys.platform == "linux":
        import ctypes

        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            # Whoever sets only one of the two thresholds freezes the other where it stands: at 128 KB, below every array.
            if any(library.mallopt(_MMAP_THRESHOLD, size) for size in _NO_MAP_BELOW):
                library.mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
            library.mallopt(_ARENA_MAX, 1)  # other arenas give memory back whatever these say
