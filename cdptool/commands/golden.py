"""`cdptool explain golden P`: where every value of a golden profile comes from, and which others were offered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

import polars as pl

from cdptool.commands.citing import GONE, Cited, cited, profile_of, shown_value
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Session, Settings, open_session
from cdptool.errors import Finding
from cdptool.identity.survivorship import latest_versions
from cdptool.ids import printed_id
from cdptool.sources.outputs import declared_schema
from cdptool.tables import IDENTITY, LINEAGE, records_schema
from cdptool.workspace import Snapshot

_CHOSEN: Final = ("field", "value", "record", "observed", "rule", "values offered")
_OTHERS: Final = ("field", "value", "record", "observed")


class _Offer(NamedTuple):
    """A value that a record has in a field today."""

    record: int
    value: str
    at: datetime | None


class _Choice(NamedTuple):
    """
    A field of a golden profile, its type and how many values were offered at the merge: the one that survived, and
    the others, the newest first.

    What was ingested since may have emptied the cell that survived then.
    """

    field: str
    type: str
    rule: str
    n_values: int
    won: _Offer
    lost: tuple[_Offer, ...]


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
        profile = profile_of(snapshot, who)
        is_mine = pl.col("profile_id") == profile
        members = snapshot.scan("identity", IDENTITY).filter(is_mine).collect()["record_id"]
        lineage = snapshot.scan("lineage", LINEAGE).filter(is_mine).collect()
        choices = _choices(session, lineage, _offers(session, snapshot, members))
        records = pl.concat([members, lineage["record_id"]]).unique()
        names = cited(session, snapshot, records, show_values=show_values)
    return _report(printed_id(profile), len(members), choices, names, show_values=show_values)


def _offers(session: Session, snapshot: Snapshot, members: pl.Series) -> dict[str, list[_Offer]]:
    """By field every value of the latest version of these records, as texts, the newest first."""
    fields = [column.name for column in session.project.fields]
    schema = records_schema(declared_schema(session.project.fields))
    mine = snapshot.scan("records", schema).filter(pl.col("record_id").is_in(members.implode()))
    texts = latest_versions(mine).select(
        "record_id", "observed_at", *(pl.col(name).cast(pl.String) for name in fields)
    )
    values = texts.unpivot(
        on=fields, index=["record_id", "observed_at"], variable_name="field", value_name="value"
    ).filter(pl.col("value").is_not_null())
    found: dict[str, list[_Offer]] = {}
    newest = values.sort("observed_at", "record_id", descending=[True, False], nulls_last=True)
    for field, *offer in newest.select("field", "record_id", "value", "observed_at").collect().iter_rows():
        found.setdefault(field, []).append(_Offer(*offer))
    return found


def _choices(session: Session, lineage: pl.DataFrame, offers: dict[str, list[_Offer]]) -> list[_Choice]:
    """The fields of the project that have a value, in its order; those that are no more are left out."""
    rows = {row["field"]: row for row in lineage.iter_rows(named=True)}
    found = []
    for column in session.project.fields:
        row = rows.get(column.name)
        if row is None:
            continue
        held, record = offers.get(column.name, []), row["record_id"]
        value = next((one.value for one in held if one.record == record), "")
        won = _Offer(record, value, row["observed_at"])
        lost = tuple(one for one in held if one.value != value)
        found.append(_Choice(column.name, column.type, row["rule"], row["n_values"], won, lost))
    return found


def _report(
    profile: str, n_records: int, choices: list[_Choice], names: dict[int, Cited], *, show_values: bool
) -> Report:
    def cells(choice: _Choice, offer: _Offer) -> tuple[Any, ...]:
        value = shown_value(choice.type, offer.value, show_values=show_values)
        return choice.field, value, names[offer.record].shown, _day(offer.at)

    chosen = tuple((*cells(one, one.won), one.rule, one.n_values) for one in choices)
    others = tuple(cells(one, offer) for one in choices for offer in one.lost)
    n_open = sum(bool(one.lost) for one in choices)
    agree = f"; they disagree on {n_open} of {len(choices)} fields" if n_open else ", which agree"
    return Report(
        verb="explain golden",
        summary=f"{profile} holds {n_records:,} record{'' if n_records == 1 else 's'}{agree}",
        data={
            "profile": profile,
            "fields": [dict(zip(_CHOSEN, row, strict=True)) for row in chosen],
            "others": [dict(zip(_OTHERS, row, strict=True)) for row in others],
        },
        grids=(
            Grid("Survived", _CHOSEN, chosen),
            *((Grid("Offered too", _OTHERS, others),) if others else ()),
        ),
        findings=_gone(names),
        is_answer=True,
    )


def _gone(names: dict[int, Cited]) -> tuple[Finding, ...]:
    n = sum(one.name == GONE for one in names.values())
    if not n:
        return ()
    problem = f"{n:,} record{'s' * (n != 1)} of the profile left after the last merge"
    return (Finding(problem, None, "run `cdptool merge`", "warning"),)


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at is not None else ""
