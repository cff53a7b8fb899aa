"""`cdptool sessions`: web and app events → sessions, whose they are, and by which touch people came."""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from cdptool.commands.as_of import AsOf, resolve_as_of
from cdptool.commands.events import latest_events
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import (
    Session,
    Settings,
    digests_of,
    fingerprint,
    is_done,
    mark_done,
    open_session,
)
from cdptool.config import Project
from cdptool.errors import ConfigError, UsageError
from cdptool.sources.outputs import declared_schema
from cdptool.tables import IDENTITY, STREAM, UTC_TIME, StreamSchema, records_schema
from cdptool.web import (
    OWNED,
    Cutting,
    SessionSpec,
    last_non_direct_kernel,
    owners_kernel,
    sessions_kernel,
    touches,
    visits,
    with_device,
    with_person,
)
from cdptool.workspace import Snapshot

CHANNELS: Final = ("channel", "sessions", "engaged", "bounced", "pages each", "median time")
TOUCHED: Final = ("channel", "first touch", "last touch", "last not direct")


class Sessions(NamedTuple):
    """What became of the events of one stream."""

    sessions: (
        pl.DataFrame
    )  # STREAM without provenance, then the columns of `SessionSpec.schema`; by time and id
    owned: pl.DataFrame  # OWNED, by event
    touches: pl.DataFrame  # TOUCHES, by profile; empty where nothing is merged yet
    n_without_device: int


def show_sessions(settings: Settings, *, dry_run: bool = False) -> Report:
    """Run the command."""
    with open_session(settings, writes=not dry_run) as session:
        as_of = resolve_as_of(session.project, session.snapshot(), settings.as_of, session.now)
        return make_sessions(session, as_of, dry_run=dry_run)


def outputs_of(spec: SessionSpec) -> tuple[str, str, str]:
    """The tables of the sessions, of whose each event is, and of the touches."""
    return spec.schema.table, spec.events_table, f"touches_of_{spec.name}"


def stream_of(project: Project, spec: SessionSpec) -> StreamSchema:
    """The stream that is cut into sessions."""
    return next(stream for stream in project.streams if stream.name == spec.of)


def fingerprint_of(session: Session, as_of: AsOf) -> str:
    """What the sessions depend on."""
    project = session.project
    return fingerprint(_inputs(session), as_of.moment, project.digest("project"), project.digest("merge"))


def _inputs(session: Session) -> dict[str, str]:
    streams = (stream_of(session.project, spec).table for spec in session.project.sessions)
    return digests_of(session.snapshot(), ("records", "identity", *streams))


def make_sessions(session: Session, as_of: AsOf, *, dry_run: bool = False) -> Report:
    """
    Cut the streams into sessions and commit them.

    Raises:
        ConfigError: If the project declares none.
        UsageError: If nothing is ingested yet.
    """
    specs = session.project.sessions
    if not specs:
        hint = "add `sessions:` to project.yaml: see docs/sessions.md"
        raise ConfigError("the project declares no sessions", hint=hint)
    snapshot = session.snapshot()
    if not snapshot.has("files"):
        raise UsageError("nothing is ingested yet", hint="run `cdptool ingest` first, or `cdptool run`")
    with session.timed("sessions"):
        made = {spec: compute(session, snapshot, spec, as_of) for spec in specs}
    report = _report(session, snapshot, made, as_of, dry_run=dry_run)
    if not dry_run:
        _commit(session, made, as_of)
    return report


def _commit(session: Session, made: dict[SessionSpec, Sessions], as_of: AsOf) -> None:
    mark = fingerprint_of(session, as_of)
    tables = tuple(table for spec in made for table in outputs_of(spec))
    with session.workspace.begin(session.manifest("sessions", as_of.moment, _inputs(session))) as transaction:
        for spec, result in made.items():
            for table, frame in zip(outputs_of(spec), result[:3], strict=True):
                transaction.replace(table, frame)
        mark_done(transaction, "sessions", mark, tables)
        session.commit(transaction, {spec.name: result.sessions.height for spec, result in made.items()})


def compute(session: Session, snapshot: Snapshot, spec: SessionSpec, as_of: AsOf) -> Sessions:
    """The sessions of one stream from the events up to the moment, in the workspace or not."""
    project, engine = session.project, session.engine
    events = engine.checkpoint(_visits(session, snapshot, spec, as_of), "visits")
    cutting = Cutting(
        spec.idle_seconds,
        project.tz if "midnight" in spec.split else None,
        "campaign" in spec.split,
        spec.ignore_referrers,
    )
    found = engine.shuffle([events], [("device",)], sessions_kernel(cutting, as_of.moment))
    identity = snapshot.scan("identity", IDENTITY)
    owned = engine.shuffle([found, identity], [("record_id",), ("record_id",)], with_person)
    credited = engine.collect(
        engine.shuffle([owned], [("person",)], last_non_direct_kernel(spec.lookback_seconds))
    )
    fixed = ("event_id", "record_id", "at", "source", "content")
    by_profile = engine.shuffle([credited.lazy()], [("profile_id",)], touches)
    return Sessions(
        credited.select(*fixed, *(column.name for column in spec.schema.columns)).sort("at", "event_id"),
        engine.collect(engine.shuffle([events], [("device",)], owners_kernel(cutting))).sort("event_id"),
        engine.collect(by_profile).sort("profile_id"),
        engine.collect(events.filter(pl.col("device").is_null()).select("event_id")).height,
    )


def _visits(session: Session, snapshot: Snapshot, spec: SessionSpec, as_of: AsOf) -> pl.LazyFrame:
    """The events of the stream up to the moment, in the shape the kernels read."""
    project = session.project
    stream = stream_of(project, spec)
    rows = latest_events(session, snapshot, stream, declared_schema(stream.columns))
    rows = rows.filter(pl.col("at") <= pl.lit(as_of.moment, UTC_TIME))
    known = [key.field for key in project.merge.keys if not key.attach_only] if project.merge else []
    known = [name for name in known if name not in spec.device]
    fields = records_schema(declared_schema(project.fields))
    records = snapshot.scan("records", fields).select("record_id", *dict.fromkeys((*spec.device, *known)))
    told = session.engine.shuffle([rows, records], [("record_id",), ("record_id",)], with_device(spec, known))
    return visits(told, spec, stream, project.tz)


def current(
    session: Session, snapshot: Snapshot, spec: SessionSpec, as_of: AsOf
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """
    The sessions and whose each event is, as of the moment: those of the workspace where they are of it.

    Returns:
        The table of the stream of sessions, and OWNED. Lazy.
    """
    if is_done(session, "sessions", fingerprint_of(session, as_of)):
        schema = {**STREAM, **declared_schema(spec.schema.columns)}
        return snapshot.scan(spec.schema.table, schema), snapshot.scan(spec.events_table, OWNED)
    made = compute(session, snapshot, spec, as_of)
    return made.sessions.lazy(), made.owned.lazy()


def _report(
    session: Session, snapshot: Snapshot, made: dict[SessionSpec, Sessions], as_of: AsOf, *, dry_run: bool
) -> Report:
    n_sessions = sum(result.sessions.height for result in made.values())
    n_events = sum(result.owned.height for result in made.values())
    what = "would be made" if dry_run else "made"
    grids = [
        grid
        for spec, result in made.items()
        for grid in _grids(spec, result, _changes(snapshot, spec, result))
    ]
    return Report(
        verb="sessions",
        summary=f"{n_sessions:,} sessions {what} of {n_events:,} events, as of {as_of.moment:%Y-%m-%d %H:%M} UTC",
        data={
            "as_of": as_of.moment.isoformat(),
            "sessions": [
                _data(spec, result, _changes(snapshot, spec, result)) for spec, result in made.items()
            ],
            "dry_run": dry_run,
        },
        grids=tuple(grids),
        timings=tuple(session.timings.items()),
    )


def _grids(spec: SessionSpec, result: Sessions, changes: dict[str, int]) -> tuple[Grid, ...]:
    known = result.sessions["known_by"]
    account = (
        ("events in sessions", result.owned.height),
        ("events without a device", result.n_without_device),
        ("sessions", result.sessions.height),
        ("… with a log-in", int((known == "login").sum())),
        ("… of who logged in earlier", int((known == "earlier").sum())),
        ("… of who logged in later", int((known == "later").sum())),
        ("… anonymous", int(known.is_null().sum())),
        ("… still open", int(result.sessions["is_open"].sum())),
        *changes.items(),
    )
    name = spec.name.capitalize()
    touched = Grid("Profiles by touch", TOUCHED, _touched(result.touches))
    channels = Grid(f"{name} by channel", CHANNELS, _shown(result.sessions))
    return (
        Grid(f"{name} of {spec.of}", ("", "count"), account),
        channels,
        *((touched,) if touched.rows else ()),
    )


def _changes(snapshot: Snapshot, spec: SessionSpec, result: Sessions) -> dict[str, int]:
    """Against the sessions of the last time: late events may have joined two, or begun one earlier."""
    before = snapshot.scan(spec.events_table, OWNED).select("event_id", "session_id").collect()
    if before.is_empty():
        return {}
    old, new = before["session_id"].unique(), result.owned["session_id"].unique()
    gone = before.filter(~pl.col("session_id").is_in(new.implode()))
    followed = gone.join(result.owned, on="event_id", suffix="_now")["session_id"].n_unique()
    n_gone = gone["session_id"].n_unique()
    return {
        "new since the last time": len(new.filter(~new.is_in(old.implode()))),
        "ids that went over into another session": followed,
        "ids that are gone": n_gone - followed,
    }


def _channels(sessions: pl.DataFrame) -> pl.DataFrame:
    """Sessions by channel, the greatest first; open ones count where they are decided."""
    by_channel = sessions.group_by("channel").agg(
        pl.len().alias("sessions"),
        pl.col("engaged", "bounced").mean(),
        pl.col("pages").mean(),
        pl.col("seconds").median(),
    )
    return by_channel.sort(["sessions", "channel"], descending=[True, False])


def _shown(sessions: pl.DataFrame) -> tuple[tuple[str, int, str, str, str, str], ...]:
    """The same for people."""
    return tuple(
        (name, n, _share(engaged), _share(bounced), f"{pages:.1f}", f"{seconds:.0f} s")
        for name, n, engaged, bounced, pages, seconds in _channels(sessions).iter_rows()
    )


def _share(part: float | None) -> str:
    return "–" if part is None else f"{part:.0%}"


def _touched(found: pl.DataFrame) -> tuple[tuple[str, int, int, int], ...]:
    """How many profiles each channel brought, by first, last and last non-direct touch."""
    columns = ("first_channel", "last_channel", "last_non_direct_channel")
    counts = [dict(found[name].drop_nulls().value_counts(sort=False).iter_rows()) for name in columns]
    names = sorted(
        {name for count in counts for name in count}, key=lambda name: (-counts[0].get(name, 0), name)
    )
    return tuple((name, *(count.get(name, 0) for count in counts)) for name in names)


def _data(spec: SessionSpec, result: Sessions, changes: dict[str, int]) -> dict[str, object]:
    return {
        "name": spec.name,
        "of": spec.of,
        "sessions": result.sessions.height,
        "events": result.owned.height,
        "events_without_device": result.n_without_device,
        "known_by": dict(
            result.sessions["known_by"].fill_null("nobody").value_counts().sort("known_by").iter_rows()
        ),
        "channels": _channels(result.sessions).to_dicts(),
        "touches": [dict(zip(TOUCHED, row, strict=True)) for row in _touched(result.touches)],
        "changes": changes,
    }
