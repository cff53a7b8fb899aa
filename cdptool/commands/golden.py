"""`cdptool explain golden P`: where every value of a golden profile comes from, and which others were offered."""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.commands.citing import cited
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Session, Settings, open_session
from cdptool.errors import UsageError
from cdptool.fields import field_type
from cdptool.identity.survivorship import latest_versions
from cdptool.ids import id_of, printed_id
from cdptool.sources.outputs import declared_schema
from cdptool.tables import ALIASES, IDENTITY, LINEAGE, records_schema
from cdptool.workspace import Snapshot

_CHOSEN: Final = ("field", "value", "record", "observed", "rule", "values offered")
_OTHERS: Final = ("field", "value", "record", "observed")


def explain_golden(settings: Settings, who: str, *, show_values: bool = False) -> Report:
    """
    The lineage of a golden profile, with the values that did not survive.

    Args:
        settings: Where the project is.
        who: A profile id of today or of any time before, or one of its records as `source:source_key`.
        show_values: Print values as they are instead of masked.

    Raises:
        UsageError: If there is no such profile or record.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        profile = _profile(snapshot, who)
        members = (
            snapshot.scan("identity", IDENTITY).filter(pl.col("profile_id") == profile).collect()["record_id"]
        )
        values = _values(session, snapshot, members)
        mine = pl.col("profile_id") == profile
        chosen = snapshot.scan("lineage", LINEAGE).filter(mine).collect()
        names = {
            record: one.shown
            for record, one in cited(session, snapshot, members, show_values=show_values).items()
        }
        types = {column.name: column.type for column in session.project.fields}
    rows, others = [], []
    order = {name: place for place, name in enumerate(types)}
    for field, record, at, rule, n in sorted(
        chosen.select("field", "record_id", "observed_at", "rule", "n_values").iter_rows(),
        key=lambda row: order.get(row[0], len(order)),
    ):
        held = values.filter(pl.col("field") == field)
        now = held.filter(pl.col("record_id") == record)["value"].to_list()
        # What was ingested since the merge may have emptied the cell that survived then.
        won = now[0] if now else ""
        rows.append((field, _shown(types[field], won, show_values), names[record], _day(at), rule, n))
        lost = held.filter(pl.col("value") != won).sort(
            "observed_at", "record_id", descending=[True, False], nulls_last=True
        )
        others += [
            (field, _shown(types[field], value, show_values), names[other], _day(when))
            for other, value, when in lost.select("record_id", "value", "observed_at").iter_rows()
        ]
    told = f"{printed_id(profile)} holds {len(members):,} record{'' if len(members) == 1 else 's'}"
    n_open = len({row[0] for row in others})
    return Report(
        verb="explain golden",
        summary=f"{told}; they disagree on {n_open} of {len(rows)} fields"
        if n_open
        else f"{told}, which agree",
        data={
            "profile": printed_id(profile),
            "fields": [dict(zip(_CHOSEN, row, strict=True)) for row in rows],
            "others": [dict(zip(_OTHERS, row, strict=True)) for row in others],
        },
        grids=(
            Grid("Survived", _CHOSEN, tuple(rows)),
            *((Grid("Offered too", _OTHERS, tuple(others)),) if others else ()),
        ),
        is_answer=True,
    )


def _profile(snapshot: Snapshot, who: str) -> int:
    """The id of today of a profile id, or of the profile of a record."""
    if not snapshot.has("identity"):
        raise UsageError("nothing is merged yet", hint="run `cdptool merge` first")
    identity = snapshot.scan("identity", IDENTITY)
    if ":" in who:
        source, _, key = who.partition(":")
        record = snapshot.scan("records").filter(pl.col("source") == source, pl.col("source_key") == key)
        found = record.select("record_id").unique().join(identity, on="record_id").collect()
    else:
        try:
            old = id_of(who)
        except ValueError:
            hint = "write `p_…` as it is printed, or a record as `source:source_key`"
            raise UsageError("this is no profile id", hint=hint) from None
        now = dict(snapshot.scan("aliases", ALIASES).collect().iter_rows()).get(old, old)
        found = identity.filter(pl.col("profile_id") == now).head(1).collect()
    if found.is_empty():
        raise UsageError("there is no such profile", hint="run `cdptool merge`, or see `cdptool explain ids`")
    return int(found["profile_id"].item(0))


def _values(session: Session, snapshot: Snapshot, members: pl.Series) -> pl.DataFrame:
    """Every value of the latest version of these records, as texts: `record_id`, `observed_at`, `field`, `value`."""
    fields = [column.name for column in session.project.fields]
    schema = records_schema(declared_schema(session.project.fields))
    mine = snapshot.scan("records", schema).filter(pl.col("record_id").is_in(members.implode()))
    texts = latest_versions(mine).select(
        "record_id", "observed_at", *(pl.col(name).cast(pl.String) for name in fields)
    )
    return (
        texts.unpivot(
            on=fields, index=["record_id", "observed_at"], variable_name="field", value_name="value"
        )
        .filter(pl.col("value").is_not_null())
        .collect()
    )


def _shown(kind: str, value: str, show_values: bool) -> str:
    return value if show_values else field_type(kind).mask(value)


def _day(at: object) -> str:
    return str(at)[:10] if at is not None else ""
