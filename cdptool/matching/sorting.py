"""Sorting with the rows in the low bits: one plain sort of whole numbers, several times cheaper than an argsort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
_BITS = 63
_FEW = 1_000


def sorted_with_rows(codes: Codes, below: int) -> tuple[Codes, Codes]:
    """
    Codes in order, and the row of each; equal codes in the order of their rows.

    Args:
        codes: Whole numbers from 0.
        below: What all of them are below.

    >>> [side.tolist() for side in sorted_with_rows(np.array([7, 3, 7]), 8)]
    [[3, 7, 7], [1, 0, 2]]
    """
    bits = max(len(codes) - 1, 1).bit_length()
    if below.bit_length() + bits > _BITS:
        ordered, order = ordered_with_rows(codes.view(np.uint64))
        return ordered.view(np.int64), order
    packed = codes << bits
    packed |= np.arange(len(codes))
    packed.sort()
    rows = packed & ((1 << bits) - 1)
    packed >>= bits
    return packed, rows


def ordered_with_rows(
    numbers: NDArray[np.uint64], is_wanted: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.uint64], Codes]:
    """
    The wanted of any numbers in order (all where nothing is said), and the row of each; equal ones by row.

    Sorted with the row in the low bits; where that confuses numbers that differ there only, they are put right.
    """
    bits = np.uint64(max(len(numbers) - 1, 1).bit_length())
    if is_wanted is None:
        packed, rows = numbers >> bits, np.arange(len(numbers))
    else:
        rows = np.flatnonzero(is_wanted)
        packed = np.take(numbers, rows)
        packed >>= bits
    packed <<= bits
    packed |= rows.view(np.uint64)
    packed.sort()
    order = (packed & ((np.uint64(1) << bits) - np.uint64(1))).view(np.int64)
    packed >>= bits
    ordered = np.take(numbers, order)
    confused = np.flatnonzero((packed[1:] == packed[:-1]) & (ordered[1:] != ordered[:-1]))
    if len(confused) > _FEW:
        order.sort()
        order = np.take(order, np.argsort(np.take(numbers, order), kind="stable"))
        return np.take(numbers, order), order
    for high in np.unique(packed[confused]) if len(confused) else ():
        start, end = (int(np.searchsorted(packed, high, side=side)) for side in ("left", "right"))
        order[start:end] = order[start:end][np.argsort(ordered[start:end], kind="stable")]
        ordered[start:end].sort()
    return ordered, order
