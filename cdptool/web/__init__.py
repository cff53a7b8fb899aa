"""
Web and app events: from what a device did to sessions, where they came from and whose they are.

    events ──cut──▶ sessions of a device ──owners──▶ whose each is ──touches──▶ what brought that person here
"""

from __future__ import annotations

from typing import Final

from cdptool.kernels import NamedKernel
from cdptool.web.channel import channel
from cdptool.web.cutting import EVENTS, OWNED
from cdptool.web.prepare import visits, with_device
from cdptool.web.sessions import SESSIONS, owners_kernel, sessions_kernel
from cdptool.web.spec import Cutting, SessionSpec
from cdptool.web.touches import TOUCHES, last_non_direct_kernel, reassigned, touches, with_person

__all__ = [
    "EVENTS",
    "KERNELS",
    "OWNED",
    "SESSIONS",
    "TOUCHES",
    "Cutting",
    "SessionSpec",
    "channel",
    "last_non_direct_kernel",
    "owners_kernel",
    "reassigned",
    "sessions_kernel",
    "touches",
    "visits",
    "with_device",
    "with_person",
]

DEVICE: Final = (("device",),)
KERNELS: Final = (
    NamedKernel("web.sessions", DEVICE, sessions_kernel(Cutting())),
    NamedKernel("web.owners", DEVICE, owners_kernel(Cutting())),
    NamedKernel("web.last_non_direct", (("person",),), last_non_direct_kernel(90 * 86_400)),
    NamedKernel("web.with_person", (("record_id",), ("record_id",)), with_person),
    NamedKernel("web.reassigned", (("event_id",), ("event_id",)), reassigned),
    NamedKernel("web.touches", (("profile_id",),), touches),
)
