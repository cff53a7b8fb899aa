"""The kernels of web events on random events of devices with and without log-ins."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import polars as pl

from cdptool.kernels import NamedKernel
from cdptool.web import (
    KERNELS,
    Cutting,
    SessionSpec,
    last_non_direct_kernel,
    owners_kernel,
    sessions_kernel,
    with_device,
    with_person,
)
from tests.engines.cases import KernelCase
from tests.web.worlds import START, random_events

EVENTS = pl.concat([random_events(Random(seed)) for seed in range(3)]).unique("event_id", maintain_order=True)
SESSIONS = sessions_kernel(Cutting())(EVENTS.lazy()).collect()
OWNED = owners_kernel(Cutting())(EVENTS.lazy()).collect()
IDENTITY = pl.DataFrame({"record_id": [11, 100, 101, 102, 7], "profile_id": [1, 1, 2, 3, 4]})
PEOPLE = with_person(SESSIONS.lazy(), IDENTITY.lazy()).collect()
ROWS = EVENTS.select("event_id", "record_id", "at")
RECORDS = pl.DataFrame(
    {
        "record_id": [11, 11, 12, 13, 100, 101, None],
        "device_id": ["a", "a", None, None, "a", None, "z"],
        "push_token": [None, None, "a", None, "b", "c", None],
        "shop_id": [None, None, None, "7", "8", "9", "7"],
    }
)
FRAMES = {
    "web.sessions": (EVENTS,),
    "web.owners": (EVENTS,),
    "web.last_non_direct": (PEOPLE,),
    "web.with_person": (SESSIONS, IDENTITY),
    "web.reassigned": (ROWS, OWNED),
    "web.touches": (PEOPLE,),
}
EVERYTHING = Cutting(900, "Asia/Ho_Chi_Minh", at_campaign=True, ignore_referrers=("example.net",))
SPEC = SessionSpec("session", "browse", ("device_id", "push_token"))

CASES: tuple[KernelCase, ...] = (
    *(KernelCase(kernel, FRAMES[kernel.name]) for kernel in KERNELS),
    KernelCase(
        NamedKernel("split", (("device",),), sessions_kernel(EVERYTHING, as_of=START + timedelta(hours=30))),
        (EVENTS,),
    ),
    KernelCase(NamedKernel("lookback", (("person",),), last_non_direct_kernel(3_600)), (PEOPLE,)),
    KernelCase(NamedKernel("device", (("record_id",),) * 2, with_device(SPEC, ["shop_id"])), (ROWS, RECORDS)),
)
