"""
A model as one text that people keep under git: JSON with a line per table, so that a diff shows what moved.

The text is of one learned pass and says nothing of its name: it can be pinned in another project, too.
"""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from cdptool.matching.saving import SAVED, Saved

FORM: Final = "cdptool model 1"


def to_text(name: str, tables: Saved) -> str:
    """
    The model of a pass.

    Raises:
        KeyError: If the pass has none.
    """
    if name not in tables.classes["pass"]:
        raise KeyError(name)
    parts = [f'"form": {json.dumps(FORM)}']
    for part, table in zip(SAVED, tables, strict=True):
        rows = table.filter(pl.col("pass") == name).drop("pass")
        lines = ",\n  ".join(json.dumps(row) for row in (tuple(rows.columns), *rows.rows()))
        parts.append(f'"{part}": [\n  {lines}]')
    return "{" + ",\n".join(parts) + "}\n"


def from_text(name: str, text: str) -> Saved:
    """
    The model of a text, as that of the pass of this name.

    Raises:
        ValueError: If the text is no model; what is wrong, in words without a value.
    """
    try:
        told: Any = json.loads(text)
    except ValueError:
        raise ValueError("it is not JSON") from None
    if not isinstance(told, dict) or told.get("form") != FORM:
        raise ValueError(f"it does not begin with the form `{FORM}`")
    frames = []
    for part, schema in SAVED.items():
        wanted = {column: dtype for column, dtype in schema.items() if column != "pass"}
        header, *rows = told.get(part) or [[]]
        if header != list(wanted):
            raise ValueError(f"`{part}` does not have the columns {', '.join(wanted)}")
        try:
            frame = pl.DataFrame(rows, schema=wanted, orient="row")
        except (TypeError, ValueError, pl.exceptions.PolarsError):
            raise ValueError(f"a row of `{part}` does not fit its columns") from None
        frames.append(frame.select(pl.lit(name).alias("pass"), *wanted))
    return Saved(*frames)
