"""
Profiles and what is known of them: streams → the rule kernel → traits and memberships.
"""

from __future__ import annotations

from typing import Final

from cdptool.profiles import belonging, signals
from cdptool.profiles.belonging import last_versions, standing_versions, under_todays_ids, with_profile
from cdptool.profiles.evaluation import (
    answer,
    evaluate,
    event_rows,
    event_schema,
    require_one_currency,
)
from cdptool.profiles.memberships import (
    CHANGES,
    WATERFALL,
    changes,
    memberships,
    sizes,
    traits,
    undecided,
    waterfall,
)
from cdptool.profiles.signals import daily, kept_columns, not_counted, signal_rows
from cdptool.profiles.splits import arms, arms_of, arms_today

KERNELS: Final = (*belonging.KERNELS, *signals.KERNELS)

__all__ = [
    "CHANGES",
    "KERNELS",
    "WATERFALL",
    "answer",
    "arms",
    "arms_of",
    "arms_today",
    "changes",
    "daily",
    "evaluate",
    "event_rows",
    "event_schema",
    "kept_columns",
    "last_versions",
    "memberships",
    "not_counted",
    "require_one_currency",
    "signal_rows",
    "sizes",
    "standing_versions",
    "traits",
    "undecided",
    "under_todays_ids",
    "waterfall",
    "with_profile",
]
