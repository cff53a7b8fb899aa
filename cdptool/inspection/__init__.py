"""
Inspection: what a column of texts probably is, judged by what is in it, and what a whole file could feed.

Nothing here reads a file or decides at ingest time. It proposes, with its evidence, and people decide.
"""

from __future__ import annotations

from cdptool.inspection.guess import Guess, guess_column

__all__ = ["Guess", "guess_column"]
