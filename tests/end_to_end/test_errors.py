"""What is wrong with the input is said with place, problem and next step, and never by quoting a value."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.end_to_end.jobs import RUN, Job

SECRET = "Quyên Bí Mật"  # planted in every bad input; must never be shown
SECRET_MAIL = "quyen.bimat@secret.example.com"
SURVEYS = "sample_data/service/surveys.csv"
SHOP = "sample_data/shop/customers.parquet"
HEAD = "id,answered_at,customer_no,email,kind,score,comment\n"
ROW = f"sv-1,2026-10-01T10:00:00+07:00,0000101,{SECRET_MAIL},nps,9,{SECRET}\n"
PLAN = ("plan", *RUN[1:])
EXPORT = ("export", *RUN[1:])


class Case(NamedTuple):
    """Something to break, the command that meets it, and what must be said."""

    name: str
    prepare: Callable[[Job], object]
    arguments: tuple[str, ...]
    place: str
    problem: str


def edits(file: str, old: str, new: str) -> Callable[[Job], object]:
    return lambda job: job.edit(file, old, new)


def writes(file: str, content: str | bytes) -> Callable[[Job], object]:
    data = content if isinstance(content, bytes) else content.encode()
    return lambda job: (job.folder / file).write_bytes(data)


def removes(file: str) -> Callable[[Job], object]:
    return lambda job: (job.folder / file).unlink()


def cuts(file: str, size: int) -> Callable[[Job], object]:
    return lambda job: os.truncate(job.folder / file, size)


def appends(file: str, text: str) -> Callable[[Job], object]:
    def append(job: Job) -> None:
        with (job.folder / file).open("a", encoding="utf-8") as handle:
            handle.write(text)

    return append


def nothing(job: Job) -> None:
    return None


def ingest(source: str) -> tuple[str, ...]:
    return ("ingest", source, "-C", "configs")


NEW = (
    Case("a misspelt key", edits("rules.yaml", "segments:", "segmnets:"), RUN, "configs/rules.yaml:27:1", "unknown key `segmnets`"),
    Case("a repeated key", appends("configs/project.yaml", "name: again\n"), RUN, "configs/project.yaml:", "`name`"),
    Case("a wrong type", edits("plan.yaml", "max: 1, per: 24h", "max: [1], per: 24h"), RUN, "configs/plan.yaml:", "expected"),
    Case("no project", removes("configs/project.yaml"), RUN, "configs", "no project.yaml"),
    Case("a missing input file", removes(SURVEYS), ingest("surveys"), "configs/sources.yaml:", "no such file"),
    Case("a pattern without files", edits("sources.yaml", "orders_*.csv.gz", "receipts_*.csv.gz"), ingest("till"), "configs/sources.yaml:", "no file matches"),
    Case("a missing column", writes(SURVEYS, HEAD.replace("email", "mail") + ROW), ingest("surveys"), SURVEYS, "`email`"),
    Case("a file without a header", writes(SURVEYS, ROW * 9), ingest("surveys"), SURVEYS, "`answered_at`"),
    Case("a truncated Parquet file", cuts(SHOP, 6000), ingest("shop"), SHOP, "Parquet"),
    Case("a CSV file named Parquet", writes(SHOP, HEAD + ROW), ingest("shop"), SHOP, ""),
    Case("a truncated gzip file", cuts("sample_data/pos/orders_2025.csv.gz", 900), ingest("till"), "sample_data/pos/orders_2025.csv.gz", "truncated"),
    Case("another encoding than declared", writes(SURVEYS, (HEAD + ROW).encode("cp1252", "ignore")), ingest("surveys"), f"{SURVEYS}:2", "encoding"),
    Case("a workbook named CSV", writes(SURVEYS, b"PK\x03\x04" + (HEAD + ROW).encode()), ingest("surveys"), SURVEYS, "zip archive"),
    Case("a web page named CSV", writes(SURVEYS, f"<!DOCTYPE html><title>{SECRET}</title>"), ingest("surveys"), SURVEYS, "web page"),
    Case("an empty file", writes(SURVEYS, b""), ingest("surveys"), SURVEYS, "empty"),
    Case("a folder where a file must be", lambda job: ((job.folder / SURVEYS).unlink(), (job.folder / SURVEYS).mkdir()), ingest("surveys"), "configs/sources.yaml:", "no file in the folder"),
    Case("an unknown judgement", appends("configs/decisions.csv", f"crm:0000101,loyalty:1,MAYBE,{SECRET_MAIL},2026-10-02,{SECRET}\n"), RUN, "configs/decisions.csv:5", "judgement"),
    Case("a workspace that is a file", writes("workspace", SECRET), RUN, "workspace", "file"),
    Case("a workspace in no folder", writes("blocked", SECRET), (*RUN, "--workspace", "blocked/workspace"), "blocked/workspace", "file"),
    Case("an unknown source", nothing, ingest("crmm"), "", "no source `crmm`"),
    Case("no workspace yet", nothing, ("status", "-C", "configs"), "workspace", ""),
    Case("a bad flag", nothing, (*RUN, "--as-off", "x"), "", "--as-off"),
    Case("a bad number", nothing, (*RUN, "--buckets", "many"), "", "--buckets"),
    Case("an unknown command", nothing, ("launch",), "", "launch"),
)  # fmt: skip
DONE = (
    Case("an out folder that is a file", lambda job: ((job.out.rename(job.folder / "old")), writes("out", SECRET)(job)), EXPORT, "out/", "cannot be written"),
    Case("an out folder in a file", writes("blocked", SECRET), (*PLAN, "--out", "blocked/out"), "blocked/out", "cannot be written"),
    Case("an out folder nobody may write to", nothing, (*EXPORT, "--out", "/proc/cdptool"), "/proc/cdptool", "cannot be written"),
    Case("an unknown export", nothing, ("export", "vip_lst", *RUN[1:]), "", "no export `vip_lst`"),
    Case("a bad as-of", nothing, (*RUN[:-1], SECRET), "", "--as-of"),
    Case("another as-of than the segments", nothing, (*EXPORT[:-1], "2026-11-19"), "", "as of"),
    Case("an unknown record", nothing, ("explain", "merge", f"crm:{SECRET}", "crm:0000101", "-C", "configs"), "", "no such record"),
    Case("a damaged catalog", lambda job: (job.workspace / "catalog.db").write_text(SECRET * 999), RUN, "workspace/catalog.db", ""),
    Case("a lost file of the workspace", lambda job: next((job.workspace / "data" / "profiles").iterdir()).unlink(), (*RUN[:-1], "2026-11-19"), "workspace/data/profiles", "does not exist"),
)  # fmt: skip


def test_a_file_of_a_header_only_is_an_export_without_rows(tmp_path: Path) -> None:
    job = Job.fresh(tmp_path / "job")
    writes(SURVEYS, HEAD)(job)
    done = job.run("ingest", "surveys", "-C", "configs", "--json")
    assert (done.code, done.answer["rows_read"], done.stderr) == (0, 0, "")


def check(job: Job, case: Case, code: int = 2) -> None:
    done = job.run(*case.arguments)
    assert done.code == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert errors, done.stderr
    assert case.place in errors[0]
    assert case.problem in errors[0]
    assert "\n  hint: " in done.stderr, f"no hint: {done.stderr}"
    for word in (SECRET, SECRET_MAIL, *SECRET.split(), "bimat"):
        assert word not in done.stderr, "a value is shown"


@pytest.mark.parametrize("case", NEW, ids=lambda case: case.name)
def test_an_error_says_where_what_and_what_next(case: Case, tmp_path: Path) -> None:
    job = Job.fresh(tmp_path / "job")
    case.prepare(job)
    check(job, case)


@pytest.mark.parametrize("case", DONE, ids=lambda case: case.name)
def test_an_error_of_a_finished_job_says_where_what_and_what_next(
    case: Case, finished: Job, tmp_path: Path
) -> None:
    job = finished.copied(tmp_path / "job")
    case.prepare(job)
    check(job, case)
