"""
The models of a project as of a moment, over the tables of its workspace.

Those of orders come first, since the seed and the traits of a look-alike may speak of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from cdptool.commands.as_of import AsOf
from cdptool.commands.events import latest_events, with_owner
from cdptool.commands.session import Session
from cdptool.errors import ConfigError
from cdptool.models import (
    PURCHASES,
    LifetimeSpec,
    LookAlikeSpec,
    ModelSpec,
    OrdersSpec,
    Result,
    RhythmSpec,
    fit_lifetime,
    fit_look_alike,
    fit_rhythm,
    purchases,
)
from cdptool.profiles import memberships
from cdptool.rules import RuleBook, part_of, row_condition
from cdptool.tables import UTC_TIME, StreamSchema
from cdptool.workspace import Snapshot

Models = Mapping[str, pl.DataFrame]  # by name: the table of each model, keyed by `profile_id`
Ask = Callable[[RuleBook, Models], pl.DataFrame]  # answers a book that may speak of these models


class _Days(NamedTuple):
    """Days with orders up to the day the answer is for."""

    days: pl.DataFrame
    until: date
    currency: str | None


def fit_all(
    session: Session, snapshot: Snapshot, as_of: AsOf, ask: Ask, names: Collection[str] | None = None
) -> dict[ModelSpec, Result]:
    """
    The models of these names (None = all), in the order of rules.yaml, and those that a look-alike among them may need.

    Raises:
        ConfigError: If the values of a model are of two currencies, or scipy is not installed.
    """
    specs = session.project.models
    wanted = {spec.name for spec in specs} if names is None else set(names)
    alikes = [spec for spec in specs if isinstance(spec, LookAlikeSpec) and spec.name in wanted]
    found: dict[ModelSpec, Result] = {}
    days: dict[OrdersSpec, _Days] = {}
    for spec in specs:
        if not isinstance(spec, LookAlikeSpec) and (alikes or spec.name in wanted):
            seen = days.get(spec.orders) or _days(session, snapshot, spec, as_of)
            days[spec.orders] = seen
            found[spec] = _of_orders(spec, seen)
    of_orders = {spec.name: result.table for spec, result in found.items()}
    for spec in alikes:
        found[spec] = _look_alike(session, snapshot, spec, of_orders, ask)
    return {spec: found[spec] for spec in specs if spec in found}


def _of_orders(spec: LifetimeSpec | RhythmSpec, seen: _Days) -> Result:
    if isinstance(spec, RhythmSpec):
        return fit_rhythm(spec, seen.days, seen.until)
    try:
        import scipy  # noqa: F401  # only whether it is there
    except ImportError:
        hint = 'run `pip install "cdptool[models]"`, or take the model out'
        raise ConfigError(f"model `{spec.name}` needs scipy", place=spec.place, hint=hint) from None
    return fit_lifetime(spec, seen.days, seen.until, seen.currency)


def _days(session: Session, snapshot: Snapshot, spec: LifetimeSpec | RhythmSpec, as_of: AsOf) -> _Days:
    """The orders of every profile up to the moment, or up to where their stream is complete, as days."""
    project, engine, orders = session.project, session.engine, spec.orders
    stream = next(each for each in project.streams if each.name == orders.stream)
    moment = as_of.seen_until(stream.name)
    rows = latest_events(session, snapshot, stream, _columns(stream))
    rows = rows.filter(pl.col("at") <= pl.lit(moment, UTC_TIME))
    if orders.where is not None:
        rows = rows.filter(row_condition(orders.where, stream, tz=project.tz))
    none = pl.lit(None, pl.Int64)
    chosen = rows.select(
        "record_id",
        "event_id",
        pl.col("at").dt.convert_time_zone(project.tz).dt.date().alias("day"),
        (pl.col(orders.by) if orders.by else pl.lit(None)).cast(pl.String).alias("order"),
        (pl.col(orders.value) if orders.value else none).alias("value"),
        (pl.col(f"{orders.value}_currency") if orders.value else pl.lit(None, pl.String)).alias("currency"),
    )
    known = with_owner(session, snapshot, chosen)
    currency = _currency(session, spec, known)
    days = engine.collect(engine.shuffle([known], [("profile_id",)], purchases))
    return _Days(days.select(*PURCHASES), moment.astimezone(ZoneInfo(project.tz)).date(), currency)


def _columns(stream: StreamSchema) -> list[str]:
    names = [
        [each.name, f"{each.name}_currency"] if each.type == "money" else [each.name]
        for each in stream.columns
    ]
    return [name for both in names for name in both]


def _currency(session: Session, spec: LifetimeSpec | RhythmSpec, rows: pl.LazyFrame) -> str | None:
    found = session.engine.collect(rows.filter(pl.col("value").is_not_null()).select("currency").unique())
    if found.height > 1:
        problem = f"the values of model `{spec.name}` are of {found.height} currencies"
        hint = "keep the orders of one with `where:`, or leave `value` out"
        raise ConfigError(problem, place=spec.place, hint=hint)
    return found.item() if found.height else None


def _look_alike(
    session: Session, snapshot: Snapshot, spec: LookAlikeSpec, models: Models, ask: Ask
) -> Result:
    """Who resembles the seed, by traits that are evaluated for it, and by fields of the profile."""
    whole = session.project.rules
    assert whole is not None
    book = part_of(whole, (spec.seed, *spec.by))
    answers = ask(book, models)
    told = [name for name in spec.by if name in whole.rules()]
    fields = [name for name in spec.by if name not in whole.rules()]
    profiles = snapshot.scan("profiles").select("profile_id", *fields).collect()
    features = answers.select("profile_id", *told).join(profiles, on="profile_id", how="left")
    members = memberships(answers.lazy(), book).filter(pl.col("segment") == spec.seed).collect()
    return fit_look_alike(features.select("profile_id", *spec.by), members)
