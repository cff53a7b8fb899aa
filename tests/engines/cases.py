"""
Where rooms list the kernels that must give the same rows on every engine.

A room puts its kernels, with small frames to run them on, into `tests/<room>/kernel_cases.py`:

    CASES: tuple[KernelCase, ...] = (
        KernelCase(NamedKernel("survivors", (("profile_id",),), survivors), (frame,)),
    )

and, where its package has a tuple `KERNELS: tuple[NamedKernel, ...]`, every name in it must have a case. A
row-local kernel has `keys=()`. Frames want several rows per key, ties, nulls and keys that occur in one table only.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cdptool.kernels import NamedKernel

TESTS = Path(__file__).resolve().parents[1]
PACKAGE = TESTS.parent / "cdptool"


@dataclass(frozen=True, slots=True)
class KernelCase:
    """A kernel and the frames to run it on, one for each table."""

    kernel: NamedKernel
    frames: tuple[pl.DataFrame, ...]


def find_cases() -> tuple[tuple[str, KernelCase], ...]:
    """The cases of all rooms as (room, case)."""
    rooms = sorted(path.parent.name for path in TESTS.glob("*/kernel_cases.py"))
    return tuple(
        (room, case) for room in rooms for case in importlib.import_module(f"tests.{room}.kernel_cases").CASES
    )


def find_kernels() -> tuple[tuple[str, str], ...]:
    """Every kernel a room lists in a `KERNELS` tuple of its package, as (room, name)."""
    rooms = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    packages = ((room, importlib.import_module(f"cdptool.{room}")) for room in rooms)
    return tuple(
        (room, kernel.name) for room, package in packages for kernel in getattr(package, "KERNELS", ())
    )
