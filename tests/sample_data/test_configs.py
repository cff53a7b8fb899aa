"""The example projects name only files and columns that exist, and every key that a newcomer meets is explained."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from cdptool.config.load import load_project
from tests.shared import shared_data

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
PROJECTS = {
    "configs": None,
    "real/online_retail": "tx_online_retail",
    "real/senzing": "er_senzing_truthset",
    "real/vendors": "vendor_shapes",
}


def folder_of(project: str) -> Path:
    """The project's folder, where the data that it reads is here."""
    needs = PROJECTS[project]
    if needs:
        shared_data(needs)
    return CONFIGS if project == "configs" else CONFIGS / project


def read(folder: Path) -> dict[str, Any]:
    """All keys of the project's files."""
    return {
        k: v
        for path in sorted(folder.glob("*.yaml"))
        for k, v in yaml.safe_load(path.read_text("utf-8")).items()
    }


def header(path: Path, dialect: Mapping[str, str]) -> list[str]:
    if path.suffix == ".parquet":
        return list(pl.read_parquet_schema(path))
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode(
        dialect.get("encoding", "utf-8-sig")
    )
    return next(csv.reader(text.splitlines(), delimiter=dialect.get("delimiter", ",")))


def columns_named(source: Mapping[str, Any]) -> Iterator[str]:
    """Every column of the file that the source mentions."""
    key = source.get("key", [])
    yield from [key] if isinstance(key, str) else key
    values = [*source.get("columns", {}).values(), *source.get("identifiers", {}).values()]
    for value in [*values, *([source["at"]] if "at" in source else [])]:
        if isinstance(value, str):
            yield value
        elif "column" in value:
            named = value["column"]
            yield from [named] if isinstance(named, str) else named


def files_of(folder: Path, source: Mapping[str, Any]) -> list[Path]:
    patterns = [source["files"]] if isinstance(source["files"], str) else source["files"]
    return sorted(path.resolve() for pattern in patterns for path in folder.glob(pattern))


@pytest.mark.parametrize("project", PROJECTS)
def test_every_source_names_files_and_columns_that_exist(project: str) -> None:
    folder = folder_of(project)
    missing = []
    for name, source in read(folder)["sources"].items():
        found = files_of(folder, source)
        missing += [] if found else [(name, "no file")]
        for path in found:
            there = header(path, source.get("dialect", {}))
            missing += [(name, column) for column in columns_named(source) if column not in there]
    assert missing == []


@pytest.mark.parametrize("project", PROJECTS)
def test_the_project_loads_without_a_finding(project: str) -> None:
    assert load_project(folder_of(project))


def test_every_file_of_the_sample_is_read_by_a_source() -> None:
    read_here = {path for source in read(CONFIGS)["sources"].values() for path in files_of(CONFIGS, source)}
    sample = CONFIGS.parent / "sample_data"
    data = {p for p in sample.rglob("*") if p.suffix in {".csv", ".txt", ".gz", ".parquet"}}
    assert {path.name for path in data - read_here} == {"truth.csv"}


def test_every_vendor_file_is_read_by_a_source() -> None:
    folder = folder_of("real/vendors")
    read_here = {path for source in read(folder)["sources"].values() for path in files_of(folder, source)}
    vendors = shared_data("vendor_shapes")
    wanted = {
        path.resolve()
        for vendor in ("hubspot", "klaviyo", "mailchimp", "shopify")
        for path in (vendors / vendor).glob("*.csv")
    }
    assert {path.name for path in wanted - read_here} == set()


def test_the_judgements_cite_records_of_the_sample() -> None:
    with (CONFIGS.parent / "sample_data/truth.csv").open(encoding="utf-8", newline="") as file:
        person = {f"{row['source']}:{row['source_key']}": row["person"] for row in csv.DictReader(file)}
    with (CONFIGS / "decisions.csv").open(encoding="utf-8", newline="") as file:
        judged = [
            (row["judgement"], person[row["left"]] == person[row["right"]]) for row in csv.DictReader(file)
        ]
    assert [same for judgement, same in judged if judgement == "POSITIVE"] == [True]
    assert [same for judgement, same in judged if judgement == "NEGATIVE"] == [False]
