"""The learned passes of a merge, read back from the workspace: ready to weigh any two of its records."""

from __future__ import annotations

import polars as pl

from cdptool.commands.report import Grid
from cdptool.commands.session import Session
from cdptool.commands.waterfall import verdict, waterfall_data, waterfall_grid
from cdptool.identity import living_records
from cdptool.identity.likely import Weighing, weighing
from cdptool.identity.spec import Pass
from cdptool.matching.explaining import Waterfall, waterfall
from cdptool.matching.saving import SAVED, Saved
from cdptool.sources.outputs import declared_schema
from cdptool.tables import records_schema
from cdptool.workspace import Snapshot


def saved_models(snapshot: Snapshot) -> Saved:
    """The models of the last merge."""
    return Saved(*(snapshot.scan(table, schema).collect() for table, schema in SAVED.items()))


def weighings(session: Session, snapshot: Snapshot) -> tuple[tuple[Pass, Weighing], ...]:
    """Every learned pass of the project that has a model, over the records as merge sees them."""
    steps = [step for step in session.project.merge.passes if step.compare] if session.project.merge else []
    models = saved_models(snapshot)
    if not steps or models.classes.is_empty():
        return ()
    columns = session.project.fields
    stored = snapshot.scan("records", records_schema(declared_schema(columns)))
    records = session.engine.of(stored)
    if stored.select(pl.col("is_deleted").any()).collect().item():
        records = living_records(session.engine, records)
    found = ((step, weighing(session.engine, records, columns, step, models)) for step in steps)
    return tuple((step, one) for step, one in found if one is not None)


def weighed(one: Weighing, left: int, right: int) -> Waterfall | None:
    """What a pass says of two records; None where one of them left after the last merge."""
    if not one.knows(left, right):
        return None
    rows = one.rows([left, right])
    return waterfall(one.model, int(rows[0]), int(rows[1]))


def told(
    step: Pass, found: Waterfall, names: tuple[str, str], *, show_values: bool
) -> tuple[Grid, str, dict[str, object]]:
    """A waterfall for people (a grid, and a sentence) and for `--json`."""
    grid = waterfall_grid(found, f"Pass `{step.name}` weighs", names, show_values=show_values)
    sentence = f"pass `{step.name}`: {verdict(found)}; it joins from {100 * step.at_least:g} % on"
    return grid, sentence, {"pass": step.name, **waterfall_data(found, show_values=show_values)}
