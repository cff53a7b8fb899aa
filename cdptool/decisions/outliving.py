"""
Words that retention may not forget: refusals, complaints and addresses that bounce.

Consent is what was granted and not taken back since, and the strictest of a person's identifiers decides. So a
grant may be forgotten (silence is no consent), and a refusal never, unless the same record lifted it again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from cdptool.decisions.events import ALL, folded, plain
from cdptool.decisions.spec import SendLog
from cdptool.decisions.standing import DELIVERED
from cdptool.kernels import Kernel
from cdptool.tables import UTC_TIME

SPOKEN: Final[dict[str, pl.DataType]] = {
    "record_id": pl.Int64(),
    "event_id": pl.Int64(),
    "at": UTC_TIME,
    "channel": pl.String(),
    "purpose": pl.String(),
    "state": pl.String(),
    "status": pl.String(),
}


def ledger_refusals(as_of: datetime) -> Kernel:
    """
    A kernel by `record_id` over rows of the ledger: the refusals that still stand.

    Args:
        as_of: A later grant does not lift a refusal yet.

    Returns:
        A kernel of SPOKEN that gives `event_id`, `record_id` (Int64), each pair once: states other than granted that the
        same record did not follow, at a known time, with a grant of the same channel and purpose. No order. Lazy.
    """

    def kernel(rows: pl.LazyFrame) -> pl.LazyFrame:
        state = plain("state")
        return _standing(
            _folded(rows),
            refuses=state.is_not_null() & (state != "granted"),
            lifts=(state == "granted") & (pl.col("at") <= as_of),
            keys=("record_id", "channel", "purpose"),
        )

    return kernel


def log_refusals(log: SendLog, as_of: datetime) -> Kernel:
    """
    A kernel by `record_id` over rows of the send log: complaints, unsubscribes and hard bounces.

    Returns:
        A kernel of SPOKEN that gives `event_id`, `record_id` (Int64), each pair once. A bounce after which the same record was
        reached on the same channel is none. No order. Lazy.
    """
    bounced, delivered = ([folded(each) for each in names] for names in (log.hard_bounced, DELIVERED))
    words = [folded(each) for each in (*log.complained, *log.unsubscribed)]

    def kernel(rows: pl.LazyFrame) -> pl.LazyFrame:
        status, told = plain("status"), _folded(rows)
        bounces = _standing(
            told,
            refuses=status.is_in(bounced),
            lifts=status.is_in(delivered) & (pl.col("at") <= as_of),
            keys=("record_id", "channel"),
        )
        spoken = told.filter(status.is_in(words)).select("event_id", "record_id")
        return pl.concat([bounces, spoken]).unique()

    return kernel


def _folded(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.with_columns(plain(name).fill_null(ALL) for name in ("channel", "purpose"))


def _standing(rows: pl.LazyFrame, *, refuses: pl.Expr, lifts: pl.Expr, keys: tuple[str, ...]) -> pl.LazyFrame:
    lifted = rows.filter(lifts).group_by(keys).agg(pl.col("at").max().alias("lifted_at"))
    is_lifted = (pl.col("lifted_at") > pl.col("at")).fill_null(False)
    stands = (
        rows.filter(refuses)
        .join(lifted, on=keys, how="left", nulls_equal=True)
        .filter(pl.col("lifted_at").is_null() | ~is_lifted)
    )
    return stands.select("event_id", "record_id").unique()
