"""
Forms to results: what each expectation comes to on the new rows of a source.

Rows are counted for all expectations together; only what fails is looked at again, for the places of its first
rows. Demands on all rows are one query each. Collects: a result is counts and places, never rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from cdptool.checks.drift import stability
from cdptool.checks.feeds import file_rows, freshness, lateness, periods, volume
from cdptool.checks.spec import (
    Every,
    Expectation,
    FileRows,
    Form,
    Fresh,
    Holds,
    InTime,
    Refers,
    Result,
    SourceData,
    Steady,
    Unique,
    Volume,
)
from cdptool.errors import Place
from cdptool.rules import row_condition

MOST_PLACES: Final = 20


def judge(lines: Sequence[tuple[Expectation, Form]], data: SourceData) -> tuple[Result, ...]:
    """
    Hold every expectation of a source against its data.

    Args:
        lines: The expectations, read.
        data: The rows of the source, and which files are new.

    Returns:
        One result per expectation, in their order. Places are the path of the file and the row in it, sorted.
    """
    fails = [_failing(form, data) for _, form in lines]
    n_rows, counts = _counted(fails, data)
    results = []
    for (expectation, form), failing, n_failing in zip(lines, fails, counts, strict=True):
        if failing is None:
            results.append(_decided(_on_all_rows(expectation, form, data)))
            continue
        detail = "" if n_rows else "no new rows"
        places = _places(failing, data) if n_failing else ()
        results.append(_decided(Result(expectation, "held", n_rows, n_failing, "row", detail, places)))
    return tuple(results)


def _failing(form: Form, data: SourceData) -> pl.LazyFrame | None:
    """The new rows that fail: `file_id` and `row`; None for a demand that no single row can fail."""
    if not isinstance(form, Holds | Unique | Refers):
        return None
    new = _new(data)
    match form:
        case Holds(condition=condition):
            holds = row_condition(condition, data.schema, now=data.moment, tz=data.tz)
            failing = new.filter(~holds)  # unknown does not fail
        case Unique(columns=columns):
            # Only keys of new rows are grouped, so that memory follows what is new and not the whole history.
            here = new.select(columns).drop_nulls().unique()
            alike = data.rows.join(here, on=columns, how="semi")
            several = alike.group_by(columns).agg(n=pl.len()).filter(pl.col("n") > 1)
            failing = new.join(several, on=columns, how="semi")
        case _:
            column, target = form.column, form.target
            known = data.targets[target].select("value").drop_nulls().unique()
            failing = new.filter(pl.col(column).is_not_null()).join(
                known, left_on=column, right_on="value", how="anti"
            )
    return failing.select("file_id", "row")


def _new(data: SourceData) -> pl.LazyFrame:
    ids = data.files.filter(pl.col("is_new"))["file_id"].to_list()
    return data.rows.filter(pl.col("file_id").is_in(ids))


def _counted(fails: Sequence[pl.LazyFrame | None], data: SourceData) -> tuple[int, list[int]]:
    """How many rows are new, and how many of them fail each: all asked together, so that rows are read once."""
    asked = [each for each in fails if each is not None]
    if not asked:
        return 0, [0] * len(fails)
    n_rows, *found = (
        frame.item() for frame in pl.collect_all([each.select(pl.len()) for each in (_new(data), *asked)])
    )
    counts = iter(found)
    return n_rows, [0 if each is None else next(counts) for each in fails]


def _places(failing: pl.LazyFrame, data: SourceData) -> tuple[Place, ...]:
    paths = data.files.select("file_id", "path").lazy()
    first = failing.join(paths, on="file_id").select("path", "row").sort("path", "row").head(MOST_PLACES)
    return tuple(Place(path, row) for path, row in first.collect().iter_rows())


def _on_all_rows(expectation: Expectation, form: Form, data: SourceData) -> Result:
    match form:
        case FileRows(condition=condition):
            return file_rows(expectation, condition, data)
        case Volume(tolerance=tolerance):
            return volume(expectation, tolerance, data)
        case Fresh():
            return freshness(expectation, form, data)
        case Every(seconds=seconds):
            return periods(expectation, seconds, data)
        case InTime():
            return lateness(expectation, data)
        case Steady():
            return stability(expectation, form, data)
    raise AssertionError(type(form).__name__)


def _decided(result: Result) -> Result:
    """The outcome, where enough must hold; and no more places than are shown."""
    short = replace(result, places=result.places[:MOST_PLACES])
    if result.outcome == "not judged" or result.n_checked == 0:
        return replace(short, outcome="not judged")
    holding = result.n_checked - result.n_failing
    is_enough = holding >= result.expectation.at_least * result.n_checked - 1e-9
    return replace(short, outcome="held" if is_enough else "failed")
