"""A file that grew is read from where it grew, and leaves what reading it as a whole would have left."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cdptool.commands.check import check_data
from cdptool.commands.ingest import ingest_files
from cdptool.commands.quarantine import Chosen, list_quarantine
from cdptool.commands.report import Report
from cdptool.commands.retry import retry_rows
from cdptool.commands.session import Settings, open_session
from cdptool.errors import SourceError
from tests.frames import ROUNDS

PROJECT = """\
version: 1
name: grows
tz: UTC
currency: EUR
fields: {customer_id: identifier, email: email, name: text}
streams: {order: {tz: UTC, columns: {order_id: identifier, total: money, note: text}}}
sources:
  shop:
    files: "in/*"
    feeds: {stream: order}
    at: time
    identifiers: {customer_id: customer}
    columns: {order_id: order, total: {column: total, required: true}, note: note}
    max_quarantined: 100%
"""
HEADER = "order,time,customer,total,note\n"
FILE = "in/orders.csv"


def project(folder: Path, **more: str) -> Settings:
    """The project; `more` are further lines of its source."""
    (folder / "in").mkdir(parents=True)
    lines = "".join(f"    {key}: {value}\n" for key, value in more.items())
    (folder / "project.yaml").write_text(PROJECT + lines)
    return Settings(folder)


def ingest(settings: Settings, *, dry_run: bool = False) -> Report:
    return ingest_files(settings, (), lambda _: None, dry_run=dry_run)


def tables(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Everything the workspace holds, without the ids of files, in an order that is not that of arrival."""
    found = {}
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        for table in ("stream_order", "records", "quarantine", "issues", "files"):
            frame = snapshot.scan(table, {}).collect()
            files = snapshot.scan("files").select("file_id", "path").collect()
            if table != "files" and frame.height:
                frame = frame.join(files, on="file_id", how="left")
            frame = frame.drop("file_id", strict=False)
            found[table] = sorted(frame.select(sorted(frame.columns)).rows(), key=repr)
    return found


def as_a_whole(folder: Path, files: dict[str, bytes], **more: str) -> dict[str, list[tuple[object, ...]]]:
    """What a new workspace holds of these files."""
    settings = project(folder, **more)
    for name, body in files.items():
        (folder / name).write_bytes(body)
    ingest(settings)
    return tables(settings)


def account(settings: Settings) -> list[tuple[object, ...]]:
    with open_session(settings, writes=False) as session:
        counts = ("rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined")
        return session.snapshot().scan("files").select(*counts).collect().rows()


def test_only_what_was_added_is_read(tmp_path: Path) -> None:
    settings = project(tmp_path)
    path = tmp_path / FILE
    path.write_text(HEADER + "1,2026-01-01,C1,10,\n2,2026-01-02,C2,x,\n")
    ingest(settings)
    with path.open("a") as file:
        file.write("3,2026-01-03,C3,30,\n4,2026-01-04,C3,y,\n")
    assert ingest(settings, dry_run=True).data["rows_read"] == 2
    assert ingest(settings).data["rows_read"] == 2
    assert account(settings) == [(4, 2, 0, 2)]
    shown = list_quarantine(settings, Chosen()).grids[0].rows
    assert [row[-2:] for row in shown] == [(2, 3)]  # lines 3 and 5, the first told
    assert ingest(settings).data["files"] == 0
    whole = as_a_whole(tmp_path / "whole", {FILE: path.read_bytes()})
    assert tables(settings) == whole


def test_a_row_that_comes_again_further_down_is_a_further_copy(tmp_path: Path) -> None:
    """The file says so itself; only another file may send the same rows again."""
    settings, row = project(tmp_path), "1,2026-01-01,C1,10,\n"
    path = tmp_path / FILE
    path.write_text(HEADER + row)
    ingest(settings)
    path.write_text(HEADER + row * 3)
    ingest(settings)
    assert account(settings) == [(3, 3, 0, 0)]
    (tmp_path / "in" / "other.csv").write_text(HEADER + row * 2)
    ingest(settings)
    assert account(settings)[1] == (2, 0, 2, 0)


def test_a_last_line_that_was_cut_is_read_again_in_the_place_of_what_it_was(tmp_path: Path) -> None:
    """The half row was accepted: it may not stay beside the whole one."""
    settings, path = project(tmp_path), tmp_path / FILE
    path.write_text(HEADER + "1,2026-01-01,C1,10,\n2,2026-01-02,C2,3,half a no")
    ingest(settings)
    path.write_text(HEADER + "1,2026-01-01,C1,10,\n2,2026-01-02,C2,3,half a note\n3,2026-01-02,C2,3,\n")
    assert ingest(settings).data["rows_read"] == 3
    assert tables(settings) == as_a_whole(tmp_path / "whole", {FILE: path.read_bytes()})


def test_a_file_still_being_written_keeps_its_open_line_for_later(tmp_path: Path) -> None:
    settings, path = project(tmp_path, growing="true"), tmp_path / FILE
    body = HEADER + "1,2026-01-01,C1,10,\n2,2026-01-02,C2,3,half a no"
    path.write_text(HEADER[:9])
    assert ingest(settings).data["files"] == 0  # not even its header is whole
    path.write_text(body)
    assert ingest(settings).data["rows_read"] == 1
    assert ingest(settings).data["files"] == 0
    path.write_text(body + "te\n3,2026-01-0")
    assert ingest(settings).data["rows_read"] == 1
    assert account(settings) == [(2, 2, 0, 0)]


def test_a_file_with_another_beginning_is_another_file(tmp_path: Path) -> None:
    settings, path = project(tmp_path, key="order"), tmp_path / FILE
    path.write_text(HEADER + "1,2026-01-01,C1,10,\n")
    ingest(settings)
    path.write_text(HEADER + "0,2026-01-01,C1,10,\n1,2026-01-01,C1,10,\n")
    assert ingest(settings).data["rows_read"] == 2
    assert account(settings) == [(1, 1, 0, 0), (2, 1, 1, 0)]


def test_under_another_mapping_a_grown_file_is_read_as_a_whole(tmp_path: Path) -> None:
    settings, path = project(tmp_path), tmp_path / FILE
    path.write_text(HEADER + "1,2026-01-01,C1,10,n\n")
    ingest(settings)
    path.write_text(HEADER + "1,2026-01-01,C1,10,n\n2,2026-01-01,C1,10,\n")
    text = (tmp_path / "project.yaml").read_text()
    (tmp_path / "project.yaml").write_text(text.replace(", note: note}", "}"))
    assert ingest(settings).data["rows_read"] == 2
    assert account(settings) == [(2, 2, 0, 0)]


def test_what_was_set_aside_can_be_retried_after_the_file_grew(tmp_path: Path) -> None:
    settings, path = project(tmp_path), tmp_path / FILE
    path.write_text(HEADER + "1,2026-01-01,C1,10,\n2,2026-01-02,C2,,\n")
    ingest(settings)
    with path.open("a") as file:
        file.write("3,2026-01-03,C3,,\n")
    ingest(settings)
    text = (tmp_path / "project.yaml").read_text()
    (tmp_path / "project.yaml").write_text(text.replace(", required: true", ""))
    report = retry_rows(settings, (), lambda _: None)
    assert report.data["rows_accepted"] == 2
    assert account(settings) == [(3, 3, 0, 0)]


def test_check_looks_at_a_file_again_when_it_grew(tmp_path: Path) -> None:
    settings, path = project(tmp_path, expect="[total > 5]"), tmp_path / FILE
    path.write_text(HEADER + "1,2026-01-01,C1,10,\n")
    ingest(settings)
    failed = []
    for more in ("", "", "2,2026-01-02,C2,3,\n"):
        with path.open("a") as file:
            file.write(more)
        ingest(settings)
        report = check_data(settings, (), as_of="2026-01-03", everything=False, junit=None)
        failed.append(report.data["failed"])
    assert failed == [0, 0, 1]


def test_bad_rows_are_judged_by_all_that_the_file_has(tmp_path: Path) -> None:
    """One bad row in a tail of one is not too many, where the file had a hundred good ones."""
    settings = project(tmp_path)
    text = (tmp_path / "project.yaml").read_text()
    (tmp_path / "project.yaml").write_text(text.replace("100%", "1%"))
    path = tmp_path / FILE
    path.write_text(HEADER + "".join(f"{i},2026-01-01,C1,10,\n" for i in range(150)))
    ingest(settings)
    with path.open("a") as file:
        file.write("x,2026-01-03,C3,,\n")
    ingest(settings)
    with path.open("a") as file:
        file.write("y,2026-01-03,C3,,\n")
    with pytest.raises(Exception, match="2 of 152 rows"):
        ingest(settings)


@pytest.mark.parametrize("seed", range(15 * ROUNDS))
def test_read_in_pieces_is_read_as_a_whole(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    more = {"key": "order"} if rng.random() < 0.4 else {}
    if rng.random() < 0.5:
        more["growing"] = "true"
    end = rng.choice(("\n", "\n", "\r\n"))
    body = random_log(rng, end) if rng.random() < 0.3 else (HEADER.rstrip() + end + random_rows(rng, end))
    raw = body.encode()
    if rng.random() < 0.3 and not body.startswith("{"):
        raw, more["dialect"] = body.encode("cp1252"), "{encoding: cp1252}"
    other = (HEADER + random_rows(rng, "\n")).encode()
    settings, path = project(tmp_path / "grown", **more), tmp_path / "grown" / FILE
    lines = [i + 1 for i, byte in enumerate(raw) if byte == 10]
    cuts = sorted({*rng.sample(lines, min(3, len(lines))), rng.randrange(lines[0], len(raw)), len(raw)})
    has_other = rng.random() < 0.5 and not body.startswith("{")
    if has_other:
        (tmp_path / "grown" / "in" / "a.csv").write_bytes(other)
    is_refused = False
    for cut in cuts:
        path.write_bytes(raw[:cut])
        try:
            ingest(settings)
        except SourceError:  # a piece may be refused (NDJSON that breaks off), and then brings nothing
            is_refused = cut == len(raw)
    files = {FILE: raw} | ({"in/a.csv": other} if has_other else {})
    if is_refused:
        with pytest.raises(SourceError):
            as_a_whole(tmp_path / "whole", files, **more)
    else:
        assert tables(settings) == as_a_whole(tmp_path / "whole", files, **more)


def random_rows(rng: random.Random, end: str) -> str:
    rows = []
    for _ in range(rng.randrange(1, 25)):
        i, total = rng.randrange(12), rng.choice(("5", "7.5", "", "x"))
        note = rng.choice(("", "n", '"two' + end + 'lines"', '"a, b"', "ü", '"x""y"'))
        row = f"{i},2026-01-{i + 1:02},C{i % 4},{total},{note}"
        rows.append(rng.choice((row,) * 8 + ("", row + ",spare", "short,2026-01-01")))
    return end.join(rows) + end


def random_log(rng: random.Random, end: str) -> str:
    """NDJSON, whose records leave out what is empty."""
    rows = []
    for _ in range(rng.randrange(1, 25)):
        i = rng.randrange(12)
        note = rng.choice(("", ', "note": "ü"', ', "more": [1, 2]'))
        total = rng.choice((f', "total": {i}', ', "total": "x"'))
        rows.append(f'{{"order": "{i}", "time": "2026-01-{i + 1:02}", "customer": "C{i % 4}"{total}{note}}}')
    full = '{"order": "0", "time": "2026-01-01", "customer": "C", "total": 1, "note": "n"}'
    return end.join([full, *rows]) + end
