"""The kernels of decisions on random worlds; also what the docstrings call key-local, though no engine runs it alone."""

from __future__ import annotations

import random
from functools import partial

import polars as pl

from cdptool.decisions import (
    SPOKEN,
    by_identifier,
    cap_counts,
    ledger_refusals,
    log_refusals,
    plan_kernel,
    standing,
)
from cdptool.decisions.spec import SendLog
from cdptool.kernels import NamedKernel
from tests.decisions.worlds import MOMENTS, applies, frames, random_plan, random_world
from tests.engines.cases import KernelCase

BY_PROFILE = (("profile_id",), ("profile_id",))
BY_RECORD = (("record_id",), ("record_id",))
ROWS = pl.DataFrame(
    {
        "event_id": [1, 2, 2, 3, 4, 5],
        "record_id": [10, 11, 11, None, 99, 12],
        "state": ["granted", "denied", "granted", "denied", None, "withdrawn"],
    }
)
RECORDS = pl.DataFrame(
    {
        "record_id": [10, 10, 11, 11, 12, 13],
        "email": ["a@x.vn", "b@x.vn", "c@x.vn", "c@x.vn", None, "d@x.vn"],
        "phone": [None, "+84900000001", "+84900000001", None, None, None],
    }
)
SAID = pl.DataFrame(
    [
        (10, 1, 5, "email", None, "withdrawn", "hard_bounced"),
        (10, 2, 7, "email", "all", "granted", "delivered"),
        (10, 3, 7, "EMAIL", None, " Denied", "complained"),
        (11, 4, None, None, "x", "denied", "hard_bounced"),
        (11, 5, 3, None, "x", "granted", "opened"),
        (12, 6, 5, "sms", "x", "maybe", "Unsubscribed"),
        (None, 7, 5, "sms", "x", "denied", None),
        (10, 1, 9, "email", None, "withdrawn", "hard_bounced"),
    ],
    schema={**SPOKEN, "at": pl.Int64},
    orient="row",
).cast({"at": SPOKEN["at"]})


def _planned(seed: int) -> tuple[KernelCase, ...]:
    """A random plan over a random world, with events of somebody who is nobody's profile."""
    rng = random.Random(seed)
    plan, as_of = random_plan(rng), MOMENTS[seed % len(MOMENTS)]
    people, events = (each.collect() for each in frames(random_world(rng, plan, as_of, cases=6), plan, as_of))
    stray = events.head(3).with_columns(pl.lit(-1, pl.Int64).alias("profile_id"))
    events = pl.concat([events, stray])
    kernel = plan_kernel(plan, as_of=as_of, applies=applies)
    return (
        KernelCase(NamedKernel(f"decisions.plan_{seed}", BY_PROFILE, kernel), (people, events)),
        KernelCase(
            NamedKernel(
                f"decisions.standing_{seed}", BY_PROFILE[:1], partial(standing, plan=plan, as_of=as_of)
            ),
            (events,),
        ),
        KernelCase(
            NamedKernel(
                f"decisions.caps_{seed}", BY_PROFILE[:1], partial(cap_counts, plan=plan, as_of=as_of)
            ),
            (events,),
        ),
    )


CASES: tuple[KernelCase, ...] = (
    KernelCase(
        NamedKernel("decisions.by_identifier", BY_RECORD, by_identifier(("email", "phone"))), (ROWS, RECORDS)
    ),
    KernelCase(NamedKernel("decisions.by_no_identifier", BY_RECORD, by_identifier(())), (ROWS, RECORDS)),
    KernelCase(NamedKernel("decisions.ledger_refusals", BY_RECORD[:1], ledger_refusals(MOMENTS[0])), (SAID,)),
    KernelCase(
        NamedKernel("decisions.log_refusals", BY_RECORD[:1], log_refusals(SendLog("sent"), MOMENTS[0])),
        (SAID,),
    ),
    *(case for seed in (3, 8) for case in _planned(seed)),
)
