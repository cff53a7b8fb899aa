"""
What became of profiles from one merge to the next: new, merged, split, gone.

One event says where the records of a profile went. A profile that keeps all its records and its id has none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from cdptool.tables import IDENTITY_EVENTS

NEW, MERGE, SPLIT, GONE = "new", "merge", "split", "gone"
_EVENT: Final = {name: dtype for name, dtype in IDENTITY_EVENTS.items() if name != "merge"}


def events(identity: pl.DataFrame, previous: pl.DataFrame) -> pl.DataFrame:
    """
    What happened between two identities.

    Args:
        identity: IDENTITY of now.
        previous: IDENTITY of the last merge (empty at first: then every profile is new).

    Returns:
        IDENTITY_EVENTS without `merge`, sorted by kind, from and to. `merge`: the profile's records went to another
        one, and its id with them (an alias now). `split`: a part of its records went to another one, while the most of
        them stayed or went elsewhere. `new`: a profile of records that were in none. `gone`: no record is left.

    >>> now = pl.DataFrame({"record_id": [1, 2, 3, 4], "profile_id": [10, 10, 12, 13]})
    >>> before = pl.DataFrame({"record_id": [1, 2, 3, 9], "profile_id": [10, 11, 10, 14]})
    >>> events(now, before).rows()
    [('gone', 14, None, 1), ('merge', 11, 10, 1), ('new', None, 13, 1), ('split', 10, 12, 1)]
    """
    both = identity.join(previous, on="record_id", how="full", suffix="_before", coalesce=True)
    flows = both.group_by(pl.col("profile_id_before").alias("from"), pl.col("profile_id").alias("to")).agg(
        pl.len().cast(pl.Int64).alias("records")
    )
    before, now = previous["profile_id"].unique(), identity["profile_id"].unique()
    moved = flows.drop_nulls().filter(pl.col("from") != pl.col("to"))
    main = (
        moved.sort("from", "records", "to", descending=[False, True, False])
        .unique("from", keep="first", maintain_order=True)
        .filter(~pl.col("from").is_in(now.implode()))
    )
    parted = moved.join(main, on=["from", "to"], how="anti")
    living = flows.filter(pl.col("to").is_not_null())["from"].drop_nulls()
    fresh = now.filter(~now.is_in(before.implode()) & ~now.is_in(moved["to"].implode()))
    left = before.filter(~before.is_in(living.implode()))
    found = (
        (NEW, flows.filter(pl.col("from").is_null() & pl.col("to").is_in(fresh.implode()))),
        (MERGE, main),
        (SPLIT, parted),
        (GONE, flows.filter(pl.col("to").is_null() & pl.col("from").is_in(left.implode()))),
    )
    told = [rows.select(pl.lit(kind).alias("kind"), "from", "to", "records") for kind, rows in found]
    return pl.concat(told).select(*_EVENT).sort("kind", "from", "to")


class Fate(NamedTuple):
    """What an id is today (None: nobody has it), and the events that it took part in."""

    profile_id: int | None
    events: pl.DataFrame


def fate(old: int, identity: pl.DataFrame, aliases: pl.DataFrame, log: pl.DataFrame) -> Fate:
    """
    What became of a profile id.

    Args:
        old: An id of today or of any time before.
        identity: IDENTITY.
        aliases: ALIASES.
        log: IDENTITY_EVENTS.
    """
    now = dict(aliases.iter_rows()).get(old, old)
    is_alive = not identity.filter(pl.col("profile_id") == now).is_empty()
    mine = log.filter(pl.any_horizontal(pl.col("from", "to").is_in([old, now])))
    return Fate(now if is_alive else None, mine.sort("merge", "kind", "from", "to"))
