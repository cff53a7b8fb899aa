"""`cdptool explain model`: what the learned passes know, in bits; exported, and beside another model."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from cdptool.commands.citing import require_merged
from cdptool.commands.files import write_file
from cdptool.commands.learned import saved_models
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Settings, open_session
from cdptool.errors import Place, UsageError
from cdptool.matching.exchange import from_text, to_text
from cdptool.matching.moving import bits, moved, with_words
from cdptool.matching.saving import Saved, kept_keys

SHOWN: Final = 12


class Wanted(NamedTuple):
    """Which pass (None = all), into which file its model goes, and beside which model it is held."""

    step: str | None = None
    export: Path | None = None
    beside: Path | None = None


def explain_model(settings: Settings, wanted: Wanted) -> Report:
    """
    Show the models of the last merge.

    Raises:
        UsageError: If nothing is merged yet, there is no such model, or the file to compare with holds none.
    """
    with open_session(settings, writes=False) as session:
        require_merged(session.snapshot())
        tables = saved_models(session.snapshot())
    steps = tuple(tables.classes["pass"].unique().sort())
    if wanted.step is not None:
        if wanted.step not in steps:
            told = f"there are {', '.join(steps)}" if steps else "no pass has one: `compare:` in merge.yaml"
            raise UsageError(f"pass `{wanted.step}` has no model", hint=told)
        steps = (wanted.step,)
    if (wanted.export or wanted.beside) and len(steps) != 1:
        problem = "there are several models" if steps else "there is no model yet"
        hint = "name one pass" if steps else "declare a learned pass and run `cdptool merge`"
        raise UsageError(problem, hint=hint)
    lines: tuple[str, ...] = ()
    if wanted.export is not None:
        write_file(wanted.export, to_text(steps[0], tables).encode())
        lines = (f"written to {wanted.export}; pin it with `model:` in the pass",)
    other = _read(wanted.beside, steps[0]) if wanted.beside is not None else None
    grids = [grid for step in steps for grid in _grids(step, tables, other)]
    return Report(
        verb="explain model",
        summary=f"{len(steps)} learned pass{'' if len(steps) == 1 else 'es'}: {', '.join(steps)}"
        if steps
        else "no learned pass has a model: `compare:` in merge.yaml declares one",
        data={"passes": {step: _data(step, tables, other) for step in steps}},
        grids=tuple(grids),
        lines=lines,
        is_answer=True,
    )


def moved_grid(step: str, before: Saved, now: Saved) -> Grid:
    """The levels that moved most from one model to another."""
    rows = moved(step, before, now).with_columns(pl.col("before", "now", "moved").round(1) + 0.0)
    most = rows.filter(pl.col("moved") != 0).head(SHOWN)
    title = f"Pass `{step}`: weights that moved most, in bits"
    return Grid(title, ("field", "level", "before", "now", "moved"), tuple(most.rows()))


def _grids(step: str, tables: Saved, other: Saved | None) -> tuple[Grid, ...]:
    if other is not None:
        return (moved_grid(step, other, tables),)
    levels = with_words(bits(step, tables).filter(pl.col("share") > 0)).select(
        "field", "words", (pl.col("share") * 100).round(1), pl.col("bits").round(1) + 0.0
    )
    classes = (
        tables.classes.filter(pl.col("pass") == step)
        .sort("place")
        .select("class", pl.col("expected").round(0).cast(pl.Int64))
    )
    keys = [(key.name, key.n_pairs, round(100 * key.coverage, 1)) for key in kept_keys(step, tables)[0]]
    return (
        Grid(f"Pass `{step}`: pairs by who they are", ("class", "pairs"), tuple(classes.rows())),
        Grid(
            f"Pass `{step}`: what each level is worth",
            ("field", "level", "% of one person", "bits"),
            tuple(levels.rows()),
        ),
        Grid(f"Pass `{step}`: blocking keys", ("key", "pairs", "% caught so far"), tuple(keys)),
    )


def _data(step: str, tables: Saved, other: Saved | None) -> dict[str, object]:
    told: dict[str, object] = {"levels": with_words(bits(step, tables)).to_dicts()}
    if other is not None:
        told["moved"] = moved(step, other, tables).to_dicts()
    return told


def _read(file: Path, step: str) -> Saved:
    hint = "name a file that `cdptool explain model PASS --export FILE` wrote"
    try:
        return from_text(step, file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise UsageError("cannot read the model", place=Place(str(file)), hint=hint) from None
    except ValueError as error:
        raise UsageError(f"the file is no model: {error}", place=Place(str(file)), hint=hint) from None
