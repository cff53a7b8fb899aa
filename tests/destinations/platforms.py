"""The destination specs as config would read them, and small ways to render and to read a file back."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import polars as pl
import yaml

import cdptool.destinations
from cdptool.destinations import DestinationSpec, ExportSpec, FileColumn, FileFormat, Rendered, render

SPECS = Path(cdptool.destinations.__file__).parent / "specs"


def destination(name: str) -> DestinationSpec:
    """specs/<name>.yaml, read without config's checks."""
    return from_yaml((SPECS / f"{name}.yaml").read_text(encoding="utf-8"))


def from_yaml(text: str) -> DestinationSpec:
    keys: dict[str, Any] = yaml.safe_load(text)
    columns = tuple(_column(column) for column in keys.pop("columns"))
    texts = {key: str(keys.pop(key)) for key in ("spec_version", "checked_on")}
    sets = tuple(tuple(headers) for headers in keys.pop("require_any", ()))
    return DestinationSpec(
        file=FileFormat(**keys.pop("file")), columns=columns, require_any=sets, **texts, **keys
    )


def _column(keys: dict[str, Any]) -> FileColumn:
    tuples = {key: tuple(keys.pop(key)) for key in ("normalize", "needs") if key in keys}
    return FileColumn(source=keys.pop("from"), **tuples, **keys)


META = destination("meta_customer_list")
GOOGLE = destination("google_customer_match")
CSV = destination("csv")
PARQUET = destination("parquet")
HUBSPOT = destination("hubspot_opt_out")


def to(spec: DestinationSpec, **keys: Any) -> ExportSpec:
    return ExportSpec(name="vip", who="vip", to=spec.id, **keys)


def people(**columns: Any) -> pl.DataFrame:
    """One profile per value, numbered from 1."""
    n = len(next(iter(columns.values())))
    return pl.DataFrame({"profile_id": list(range(1, n + 1)), **columns})


def lines(rendered: Rendered, delimiter: str = ",") -> list[list[str]]:
    """The file as the csv module reads it: a header, then rows, by position."""
    return list(csv.reader(io.StringIO(rendered.body.decode()), delimiter=delimiter))


def cell(spec: DestinationSpec, header: str, source: str, value: Any, dtype: Any = None) -> tuple[str, str]:
    """What the file holds under the header when a profile's source has this value, and why it holds nothing."""
    frame = people(**{source: pl.Series([value], dtype=dtype)})
    others = [c.source for c in spec.columns if c.source not in (source, "value", "nothing")]
    fillers = {"emails": ["a@b.vn"], "phones": ["+84987654321"], "country": "VN", "birth_date": "1990-01-15"}
    filled = {name: pl.Series([fillers.get(name, "x")]) for name in others}
    rendered = render(
        frame.with_columns(**filled), to(spec, value=source if header == "value" else None), spec
    )
    read = lines(rendered)
    reasons = rendered.refused.filter(pl.col("header") == header)["reason"].to_list()
    written = read[1][read[0].index(header)] if len(read) > 1 else ""
    return written, reasons[0] if reasons else ""
