"""
One writer at a time: a row in the catalog that says who, kept alive by a heartbeat.

The row is a promise, not a lock of the operating system, so it survives the death of its holder. On the same
machine a dead holder is recognised at once by process id and start time (a recycled id has another start);
elsewhere only silence can tell, and the row is taken over after `SILENCE_SECONDS`. A holder that lost its
lease, say because the machine slept, cannot commit any more: the commit checks the token.
"""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cdptool.errors import BusyError, Place, StoreError
from cdptool.workspace.catalog import Catalog

BEAT_SECONDS: Final = 5.0
SILENCE_SECONDS: Final = 120.0
POLL_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease: the run, its process and machine, since when, and when it was last heard of."""

    token: str
    run_id: str
    pid: int
    host: str
    machine: str
    process: str
    since: float
    beat_at: float

    def is_gone(self, now: float) -> bool:
        """Whether the holder is dead, or silent on another machine for too long."""
        if self.machine == machine():
            return process_mark(self.pid) != self.process
        return now - self.beat_at > SILENCE_SECONDS


class Lease:
    """The lease as its holder has it: beats in a thread of its own until it is released."""

    def __init__(self, catalog: Catalog, holder: Holder) -> None:
        self.holder = holder
        self._catalog = catalog
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="cdptool-lease", daemon=True)
        self._thread.start()

    def _beat(self) -> None:
        while not self._done.wait(BEAT_SECONDS):
            # A beat that fails (locked catalog, full disk) is tried again: only a long silence matters.
            with suppress(StoreError):
                catalog = self._catalog.another()
                try:
                    with catalog.writing() as db:
                        db.execute(
                            "UPDATE lease SET beat_at = ? WHERE token = ?", (time.time(), self.holder.token)
                        )
                finally:
                    catalog.close()

    def require(self, db: sqlite3.Connection) -> None:
        """
        Refuse to go on when the lease was taken over. Called inside the transaction that commits.

        Raises:
            BusyError: If somebody else holds the lease now.
        """
        holder = read_holder(db)
        if holder is None or holder.token != self.holder.token:
            raise BusyError(
                "this run was silent for so long that another one took its place",
                place=Place(str(self._catalog.path)),
                hint="run the command again",
            )

    def release(self) -> None:
        """Give the lease back and end the heartbeat."""
        self._done.set()
        self._thread.join()
        # On a full disk the row stays behind; it means nothing once this process is gone.
        with suppress(StoreError), self._catalog.writing() as db:
            db.execute("DELETE FROM lease WHERE token = ?", (self.holder.token,))


def acquire(catalog: Catalog, run_id: str, wait_seconds: float) -> Lease:
    """
    Take the lease, waiting for its holder at most so long.

    Raises:
        BusyError: If another run holds it all that time.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        with catalog.writing() as db:
            other = read_holder(db)
            taken = _take(db, run_id) if other is None or other.is_gone(time.time()) else None
        if taken is not None:
            return Lease(catalog, taken)
        assert other is not None
        left = deadline - time.monotonic()
        if left <= 0:
            raise _busy(other, catalog.path)
        time.sleep(min(POLL_SECONDS, left))


def read_holder(db: sqlite3.Connection) -> Holder | None:
    """Who holds the lease, dead or alive."""
    row = db.execute(
        "SELECT token, run_id, pid, host, machine, process, since, beat_at FROM lease"
    ).fetchone()
    return Holder(*row) if row else None


def _take(db: sqlite3.Connection, run_id: str) -> Holder:
    now = time.time()
    pid = os.getpid()
    token = secrets.token_hex(8)
    holder = Holder(token, run_id, pid, socket.gethostname(), machine(), process_mark(pid), now, now)
    db.execute(
        "INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
        (token, run_id, pid, holder.host, holder.machine, holder.process, now, now),
    )
    return holder


def _busy(holder: Holder, path: Path) -> BusyError:
    since = datetime.fromtimestamp(holder.since, UTC).isoformat(timespec="seconds")
    return BusyError(
        f"run `{holder.run_id}` holds the workspace (process {holder.pid} on {holder.host}, since {since})",
        place=Place(str(path.parent)),
        hint="wait until it ends, or use `--wait SECONDS`",
    )


def machine() -> str:
    """What tells this running machine from others: host name, boot, and the namespace of process ids."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def process_mark(pid: int) -> str:
    """
    What tells a living process from a later one with the same id: its start time; empty when it is dead.

    Systems without /proc only tell whether the process lives.
    """
    try:
        # The command's name, in parentheses, may itself hold spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"
