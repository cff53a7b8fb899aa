"""
The workspace: a folder of immutable Parquet files and the catalog that commits them.

    catalog.db                      snapshots, files with digests, schemas, runs, small logs, the lease
    data/<table>/<digest>.parquet   never changed once named
    staging/                        private folders of running transactions

The only place that knows tables on disk. It leaves their meaning to everybody else.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from cdptool.errors import BusyError, Finding, Place, StoreError
from cdptool.workspace import upkeep
from cdptool.workspace.catalog import LOCK_SECONDS, Catalog
from cdptool.workspace.failures import mapped
from cdptool.workspace.lease import Lease, acquire
from cdptool.workspace.runs import LogEntry, RunInfo, read_logs, read_runs, store_run
from cdptool.workspace.snapshot import Snapshot, SnapshotInfo, read_history, read_versions
from cdptool.workspace.transaction import DATA, Transaction
from cdptool.workspace.upkeep import GcResult


class Workspace:
    """An open workspace. Any number of processes may read; one at a time holds the lease and writes."""

    def __init__(self, root: Path, catalog: Catalog) -> None:
        self.path = root
        self._catalog = catalog
        self._lease: Lease | None = None
        self._transaction: Transaction | None = None
        self._pin = _Pin(root / DATA)

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Workspace:
        """
        Open the workspace in a folder.

        Args:
            path: The folder.
            create: Make it (0700) where it is absent. Without it nothing is ever created.

        Raises:
            StoreError: If it is absent, damaged, of a newer format, or not readable.
        """
        if create:
            with mapped(path):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
                (path / DATA).mkdir(mode=0o700, exist_ok=True)
        catalog = Catalog.create(path) if create else Catalog.open(path)
        try:
            return cls(path, catalog)
        except BaseException:
            catalog.close()
            raise

    def close(self) -> None:
        """Close the catalog and let `gc` have what this reader kept."""
        self._pin.release()
        self._catalog.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def snapshot(self, number: int | None = None) -> Snapshot:
        """
        The tables as a commit left them: the newest one, or the one of that number (0: before the first).

        Raises:
            StoreError: If there is no such snapshot any more, or not yet.
        """
        with self._catalog.reading() as db:
            kept = [row[0] for row in db.execute("SELECT number FROM snapshot ORDER BY number")]
            wanted = (kept[-1] if kept else 0) if number is None else number
            versions = read_versions(db, wanted) if wanted in kept else {}
        if wanted not in kept and wanted != 0:
            hint = (
                f"kept are {kept[0]} to {kept[-1]}: see `cdptool workspace history`"
                if kept
                else "nothing was written yet"
            )
            raise StoreError(f"there is no snapshot {wanted}", place=Place(str(self.path)), hint=hint)
        return Snapshot(self.path, wanted, versions)

    @contextmanager
    def lease(self, run_id: str, *, wait_seconds: float = 0.0) -> Iterator[Lease]:
        """
        Be the only writer for the length of the block. Inside another lease of this object it is that one.

        Args:
            run_id: The run, as shown to others that want to write.
            wait_seconds: How long to wait for the present holder. A dead one is no holder.

        Raises:
            BusyError: If another run holds the workspace all that time.
        """
        if self._lease is not None:
            yield self._lease
            return
        self._lease = acquire(self._catalog, run_id, wait_seconds)
        try:
            upkeep.clear_staging(self.path)
            yield self._lease
        finally:
            lease, self._lease = self._lease, None
            lease.release()

    def begin(self, run: RunInfo) -> Transaction:
        """
        Start a run's changes on the newest snapshot; needs the lease. Use it in a `with` block.

        The manifest is stored now as `running`, and again at the end.
        """
        if self._lease is None:
            raise RuntimeError("begin() needs a lease")
        if self._transaction is not None and self._transaction.is_open:
            raise RuntimeError("a transaction is open already")
        self.record_run(run)
        self._transaction = Transaction(self.path, self._catalog, self._lease, self.snapshot(), run)
        return self._transaction

    def record_run(self, run: RunInfo) -> None:
        """Store a manifest, over an earlier one of the same run and verb."""
        with self._catalog.writing() as db:
            store_run(db, run)

    def runs(self, limit: int = 20) -> tuple[RunInfo, ...]:
        """The manifests of the newest runs, the newest first."""
        with self._catalog.reading() as db:
            return read_runs(db, limit)

    def history(self) -> tuple[SnapshotInfo, ...]:
        """Every kept snapshot with its run and the tables it changed, the newest first."""
        with self._catalog.reading() as db:
            return read_history(db)

    def logs(self, kind: str) -> tuple[LogEntry, ...]:
        """The entries of one kind of log, in the order they were written."""
        with self._catalog.reading() as db:
            return read_logs(db, kind)

    def verify(self) -> tuple[Finding, ...]:
        """Compare every file of every kept snapshot with its digest; nothing found means all is well."""
        return upkeep.verify(self.path, self._catalog)

    def gc(self, keep_snapshots: int) -> GcResult:
        """
        Drop all but the newest snapshots and unlink every file no kept one names. Takes the lease.

        While another process has the workspace open its snapshot may be an old one: then only files of
        killed runs are removed, and the rest waits for the next time.
        """
        if self._transaction is not None and self._transaction.is_open:
            raise RuntimeError("gc() cannot run inside a transaction")
        with self.lease("gc"), self._pin.alone() as is_alone:
            snapshots = upkeep.forget_snapshots(self._catalog, keep_snapshots) if is_alone else 0
            files, size = upkeep.remove_abandoned(self.path, self._catalog)
        return GcResult(snapshots, files, size, is_postponed=not is_alone)

    def compact(self, run: RunInfo, *, more_than: int = upkeep.SMALL_FILES) -> int | None:
        """
        Merge each table of more than so many files into one; needs the lease.

        Returns:
            The number of the new snapshot (same rows, same order), or None where there was nothing to do.
        """
        with self.begin(run) as transaction:
            upkeep.merge_small_files(transaction, more_than)
            return transaction.commit()


class _Pin:
    """
    Keeps the files of a reader's snapshot: a shared lock on the data folder, which leaves no trace.

    Taken when the workspace is opened, so no snapshot is read before it. File systems without locks have
    no pins: there a reader overtaken by `gc` gets a StoreError for the missing file.
    """

    def __init__(self, folder: Path) -> None:
        with mapped(folder):
            self._descriptor = os.open(folder, os.O_RDONLY)
        # gc holds the folder alone for as long as it unlinks files.
        deadline = time.monotonic() + LOCK_SECONDS
        while not self._lock(fcntl.LOCK_SH):
            if time.monotonic() > deadline:
                os.close(self._descriptor)
                raise BusyError("`gc` is at work", place=Place(str(folder)), hint="try again")
            time.sleep(0.02)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other reader is there; none can come until the block ends."""
        is_alone = self._lock(fcntl.LOCK_EX)
        try:
            yield is_alone
        finally:
            self._lock(fcntl.LOCK_SH)

    def _lock(self, kind: int) -> bool:
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # this file system has no locks
        return True

    def release(self) -> None:
        """Let go; twice is once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
