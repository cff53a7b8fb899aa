"""
Limits within a window: at most so many values of a person in any 30 days, however many over the years.

A value counts whenever a version of a record showed it. What has no date may have been at any time: it counts in every
window. Like every limit this only gets worse as a cluster grows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import polars as pl

from cdptool.kernels import Kernel
from cdptool.rules.windows import length_text

SIGHTINGS: Final = {"record_id": pl.Int64(), "field": pl.String(), "value": pl.Int64(), "at": pl.Int64()}
Sightings: TypeAlias = set[tuple[int | None, int]]  # seconds (None = not known) and value


@dataclass(frozen=True, slots=True)
class Window:
    """At most `most` different values of a field in any `seconds`."""

    field: str
    most: int
    seconds: int

    @property
    def reason(self) -> str:
        """What is told of evidence that it cuts."""
        return f"limit: at most {self.most} {self.field} in {length_text(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Windows:
    """The limits, and when each record showed which value: a frame of SIGHTINGS."""

    limits: tuple[Window, ...] = ()
    seen: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SIGHTINGS))


def sightings(fields: tuple[str, ...]) -> Kernel:
    """A row-local kernel: match keys → SIGHTINGS of the given fields."""

    def kernel(keys: pl.LazyFrame) -> pl.LazyFrame:
        at = (pl.col("observed_at").cast(pl.Int64) // 1_000_000).alias("at")
        return (
            keys.select("record_id", at, *fields)
            .unpivot(on=list(fields), index=["record_id", "at"], variable_name="field", value_name="value")
            .filter(pl.col("value").is_not_null())
            .select(pl.col(name).cast(dtype) for name, dtype in SIGHTINGS.items())
        )

    return kernel


def most_at_once(seen: Iterable[tuple[int | None, int]], seconds: int) -> int:
    """
    The most different values that were seen within any window of this length.

    >>> most_at_once([(0, 1), (5, 2), (20, 3), (None, 4)], 10)
    3
    """
    always = {value for at, value in seen if at is None}
    dated = sorted((at, value) for at, value in seen if at is not None and value not in always)
    held: Counter[int] = Counter()
    first = most = 0
    for at, value in dated:
        held[value] += 1
        while dated[first][0] <= at - seconds:
            gone = dated[first][1]
            held[gone] -= 1
            if not held[gone]:
                del held[gone]
            first += 1
        most = max(most, len(held))
    return most + len(always)


def exceeding(labels: pl.DataFrame, windows: Windows) -> pl.Series:
    """The clusters (of `record_id`, `cluster`) that show more values within some window than allowed."""
    found = []
    joined = labels.filter(pl.len().over("cluster") > 1).join(windows.seen, on="record_id")
    for limit in windows.limits:
        mine = joined.filter(pl.col("field") == limit.field)
        # Only who holds more over all times can hold more at once.
        suspects = mine.filter(pl.col("value").n_unique().over("cluster") > limit.most)
        for (cluster,), part in suspects.group_by("cluster"):
            if most_at_once(set(part.select("at", "value").iter_rows()), limit.seconds) > limit.most:
                found.append(cluster)
    return pl.Series("cluster", sorted(set(found)), dtype=pl.Int64)
