"""
What every command needs: the project, its workspace, an engine, the time of the run.

The only place that asks what time it is. A writing command holds the lease for as long as its session is open;
`run` opens one session and takes all its steps in it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from cdptool import __version__
from cdptool.commands.as_of import AsOf, parse_as_of
from cdptool.commands.known_at import moment_of_snapshot, snapshot_known_at
from cdptool.config import Project, load_project
from cdptool.engines import BucketEngine, LocalEngine
from cdptool.kernels import Engine
from cdptool.workspace import LogEntry, RunInfo, Snapshot, Transaction, Workspace

Say = Callable[[str], None]  # tells whoever watches what is being done now


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says, before the project is read."""

    project: Path = Path()
    wait: float = 0.0
    buckets: int = 1
    workspace: Path | None = None
    out: Path | None = None
    as_of: str | None = None
    known_at: str | None = None

    def overrides(self) -> dict[str, str]:
        """The flags that stand above environment and files."""
        flags = {"workspace": self.workspace, "out": self.out}
        return {name: str(path.resolve()) for name, path in flags.items() if path is not None}


@dataclass(slots=True)
class Session:
    """
    An open project and workspace, and the manifest of the run that is going on.

    One that knows only what was known at an earlier time reads the snapshot of then, and writes nothing.
    """

    settings: Settings
    project: Project
    workspace: Workspace
    engine: Engine[pl.LazyFrame]
    now: datetime
    run_id: str
    timings: dict[str, float] = field(default_factory=dict)
    n_timings_recorded: int = 0  # those of earlier steps stand in their own manifests
    known: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """The newest tables, or those of the time up to which anything is known."""
        return self.known or self.workspace.snapshot()

    def steps(self, verb: str) -> list[LogEntry]:
        """What the runs of a step left in the log, the oldest first; of those known of."""
        entries = [entry for entry in self.workspace.logs("step") if entry.key == verb]
        return entries if self.known is None else [entry for entry in entries if entry.at <= self.now]

    def known_at(self, given: str, option: str = "--known-at") -> Session:
        """
        The same as if it were an earlier time: nothing that was ingested, merged or computed since is known.

        Args:
            given: A time as written, or the number of a snapshot.
            option: What the time is given with, for messages.

        Raises:
            UsageError: If the text is neither, or the workspace cannot be given as it stood then.
        """
        numbered = moment_of_snapshot(self.workspace, given) if given.isdecimal() else None
        moment = numbered or parse_as_of(given, self.project.tz, option)
        return replace(self, now=moment, known=snapshot_known_at(self.workspace, moment))

    def shown(self, path: str | Path) -> str:
        """A path of the project as people see it: from where they stand, if it lies below. Addresses stay as they are."""
        if "://" in str(path):
            return str(path)
        full = Path(os.path.normpath(self.project.root / path)).absolute()
        return str(full.relative_to(Path.cwd())) if full.is_relative_to(Path.cwd()) else str(full)

    @property
    def shown_out(self) -> str:
        """The out folder as people see it."""
        return self.shown(self.project.out)

    @property
    def out_from_project(self) -> str:
        """The out folder as seen from the project: part of what a step did, and the same when both are moved."""
        return os.path.relpath(self.project.out, self.project.root)

    def when(self, as_of: AsOf) -> str:
        """The moment of an answer in words, and up to when anything was known."""
        told = f"as of {as_of.moment:%Y-%m-%d %H:%M} UTC"
        return told if self.known is None else f"{told}, known at {self.now:%Y-%m-%d %H:%M:%S} UTC"

    def when_data(self, as_of: AsOf) -> dict[str, str]:
        """The same for programs."""
        known = {} if self.known is None else {"known_at": self.now.isoformat()}
        return {"as_of": as_of.moment.isoformat(), **known}

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Count the seconds of a step under its name."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.timings[step] = self.timings.get(step, 0.0) + time.perf_counter() - start

    def manifest(self, verb: str, as_of: datetime | None, inputs: Mapping[str, str]) -> RunInfo:
        """The manifest of one step of this run, as it begins."""
        versions = {"cdptool": __version__, "polars": pl.__version__, "python": platform.python_version()}
        digests = "".join(digest for _, digest in self.project.digests)
        return RunInfo(
            run_id=self.run_id,
            verb=verb,
            started_at=self.now,
            as_of=as_of,
            config_digest=hashlib.sha256(digests.encode()).hexdigest(),
            inputs=inputs,
            versions=versions,
        )

    def run_block(self) -> dict[str, str]:
        """What belongs to this run only: the `run` block of a manifest, outside every comparison."""
        return {"run_id": self.run_id, "started_at": self.now.isoformat()}

    def commit(
        self, transaction: Transaction, counts: Mapping[str, int], inputs: Mapping[str, str] | None = None
    ) -> int | None:
        """
        Commit with the finished manifest.

        Args:
            transaction: The changes of one step.
            counts: What came out, by name.
            inputs: Path or table → digest, where they were not known when the step began.

        Returns:
            The number of the new snapshot; None where nothing changed.
        """
        timings = dict(list(self.timings.items())[self.n_timings_recorded :])
        self.n_timings_recorded = len(self.timings)
        finished = replace(
            transaction.run,
            counts=counts,
            inputs=transaction.run.inputs if inputs is None else inputs,
            timings=timings,
            ended_at=datetime.now(UTC),
        )
        return transaction.commit(finished)


@contextmanager
def open_session(settings: Settings, *, writes: bool, needs_workspace: bool = True) -> Iterator[Session]:
    """
    Read the project, open its workspace, and hold the lease if the command writes.

    Args:
        settings: What the command line says.
        writes: Whether the command changes the workspace; it is created where it is absent.
        needs_workspace: False for a command that reads and can begin with an empty one.

    Raises:
        ConfigError: If the project cannot be read.
        StoreError: If the workspace cannot be opened; a reading command never creates it.
        BusyError: If another run holds the workspace longer than `wait`.
    """
    project = load_project(settings.project, settings.overrides(), os.environ)
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    is_pretended = not (writes or needs_workspace or project.workspace.exists())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory())) if is_pretended else project.workspace
        workspace = stack.enter_context(Workspace.open(folder, create=writes or is_pretended))
        engine = stack.enter_context(_engine(settings.buckets, folder))
        session = Session(settings, project, workspace, engine, now, run_id)
        if not writes:
            yield session if settings.known_at is None else session.known_at(settings.known_at)
            return
        with workspace.lease(run_id, wait_seconds=settings.wait):
            yield session


@contextmanager
def _engine(buckets: int, workspace: Path) -> Iterator[Engine[pl.LazyFrame]]:
    """The engine of this machine: whole, or in buckets that spill into the workspace."""
    if buckets <= 1:
        yield LocalEngine()
        return
    with BucketEngine(buckets, workspace / "spill") as engine:
        yield engine


def today() -> date:
    """The day it is (UTC), for commands that read no workspace and have no as-of."""
    return datetime.now(UTC).date()


def digests_of(snapshot: Snapshot, tables: Iterable[str]) -> dict[str, str]:
    """Table → digest, of those that are there: what a step read, for its fingerprint and its manifest."""
    return {table: snapshot.digest(table) for table in tables if snapshot.has(table)}


def fingerprint(*parts: Any) -> str:
    """One digest of everything a step's result depends on."""
    return hashlib.sha256(repr((__version__, *parts)).encode()).hexdigest()


def is_done(session: Session, verb: str, mark: str) -> bool:
    """Whether the last run of the step had the same inputs and its tables are still as it left them."""
    entries = session.steps(verb)
    if not entries or entries[-1].payload["fingerprint"] != mark:
        return False
    snapshot = session.snapshot()
    outputs: Mapping[str, str] = entries[-1].payload["outputs"]
    return all(snapshot.has(table) and snapshot.digest(table) == digest for table, digest in outputs.items())


def mark_done(
    transaction: Transaction,
    verb: str,
    mark: str,
    tables: tuple[str, ...],
    *,
    also: Mapping[str, Any] | None = None,
) -> None:
    """Remember what the step's result depended on, the tables it wrote, and what later steps ask of it."""
    outputs = digests_of(transaction.snapshot(), tables)
    transaction.log("step", verb, {"fingerprint": mark, "outputs": outputs, **(also or {})})
