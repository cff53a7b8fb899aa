"""Rows that were set aside: shown without their values, mended, and in the end as if they had been good at once."""

from __future__ import annotations

import random
import stat
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdptool.commands.ingest import ingest_files
from cdptool.commands.quarantine import Chosen, export_quarantine, list_quarantine, masked, show_quarantine
from cdptool.commands.report import Report
from cdptool.commands.retry import retry_rows
from cdptool.commands.session import Settings, open_session
from cdptool.commands.status import show_status
from cdptool.errors import SourceError, StoreError, UsageError
from tests.frames import ROUNDS

STREAM = "{stream: order}"
PROJECT = """
version: 1
name: small
tz: Asia/Ho_Chi_Minh
currency: VND
region: VN
fields: {{customer_id: identifier, email: email, born: date}}
streams:
  order: {{columns: {{sku: identifier, total: money, on: date}}}}
tables:
  products: {{key: sku, columns: {{sku: identifier, on: date}}}}
sources:
  rows:
    files: "*.csv"
    feeds: {feeds}
    max_quarantined: 100%
{mapping}
"""
HEADER = "id,day,email,total"
RECORDS = """
    key: id
    columns:
      customer_id: id
      email: {email}
      born: {day}
"""
KEYLESS = RECORDS.replace("    key: id\n", "")
ORDERS = """
    at: time
    identifiers: {email: email}
    columns:
      sku: id
      on: {day}
      total: {total}
"""
KEYED = "    key: id" + ORDERS
PRODUCTS = """
    columns:
      sku: id
      on: {day}
"""
DAY = "{column: day, required: true, format: ['%Y-%m-%d']}"
MENDS = {
    "no_longer_required": (DAY, DAY.replace("true", "false")),
    "further_format": (DAY, DAY.replace("d']", "d', '%d/%m/%Y']")),
    "format_of_optional": (
        DAY.replace("true", "false"),
        DAY.replace("true", "false").replace("d']", "d', '%d/%m/%Y']"),
    ),
    "other_format": (DAY, DAY.replace("%Y-%m-%d", "%d/%m/%Y")),
}


class Shop:
    """A project of one source over a file or two, and its workspace."""

    def __init__(self, folder: Path, feeds: str, mapping: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.feeds = folder, feeds
        self.map(mapping)

    def map(self, mapping: str) -> None:
        text = PROJECT.format(feeds=self.feeds, mapping=mapping).lstrip()
        (self.folder / "project.yaml").write_text(text, encoding="utf-8")

    def file(self, name: str, *rows: str, header: str = HEADER) -> None:
        (self.folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return Settings(project=self.folder)

    def ingest(self) -> Report:
        return ingest_files(self.settings, (), lambda _: None)

    def retry(self, mended: Path | None = None, *, dry_run: bool = False) -> Report:
        return retry_rows(self.settings, (), lambda _: None, mended=mended, dry_run=dry_run)

    def tables(self) -> dict[str, pl.DataFrame]:
        with open_session(self.settings, writes=False) as session:
            snapshot = session.snapshot()
            return {name: snapshot.scan(name).collect() for name in snapshot.tables if snapshot.rows(name)}

    def number(self) -> int:
        with open_session(self.settings, writes=False) as session:
            return session.snapshot().number

    def counts(self) -> tuple[int, int, int, int]:
        found = self.tables()["files"].select(pl.col("^rows_(read|accepted|duplicate|quarantined)$").sum())
        return found.row(0)


def test_list_counts_what_status_counts_and_the_values_set_to_null(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "records", RECORDS.replace("{day}", DAY).replace("{email}", "email"))
    shop.file("a.csv", "1,2026-01-01,lan,1", "2,01/02/2026,b@x.vn,1", "3,2026", "4,03/02/2026,,1")
    shop.ingest()
    report = list_quarantine(shop.settings, Chosen(), with_issues=True)
    [first, second] = sorted(report.data["groups"], key=lambda group: group["rule"])
    assert (first["rule"], first["column"], first["rows"], first["first"]) == ("fields", None, 1, 4)
    assert (second["rule"], second["column"], second["rows"], second["first"]) == ("invalid", "day", 2, 3)
    assert report.data["rows"] == show_status(shop.settings).data["sources"][0]["quarantined"] == 3
    [issue] = report.data["issues"]
    assert (issue["column"], issue["verdict"], issue["values"]) == ("email", "invalid", 1)
    assert list_quarantine(shop.settings, Chosen(rule="fields")).data["rows"] == 1


def test_retry_tells_of_rows_that_an_older_version_set_aside(tmp_path: Path) -> None:
    """It did not keep how they are written, so they stay where they are: not in silence."""
    shop = Shop(tmp_path, "records", RECORDS.replace("{day}", DAY).replace("{email}", "email"))
    shop.file("a.csv", "1,2026-01-01,lan,1", "2,01/02/2026,b@x.vn,1")
    shop.ingest()
    with open_session(shop.settings, writes=True) as session:
        files = session.snapshot().scan("files").with_columns(raw_form=pl.lit(None, pl.String)).collect()
        with session.workspace.begin(session.manifest("ingest", None, {})) as transaction:
            transaction.replace("files", files)
            session.commit(transaction, {})
    [finding] = shop.retry().findings
    assert finding.problem.startswith("1 row is left in quarantine: an older cdptool")


def test_show_masks_what_stands_in_a_record_unless_it_is_asked_for(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "records", RECORDS.replace("{day}", DAY).replace("{email}", "email"))
    shop.file("a.csv", "1,2026-01-01,a@x.vn,1", "2,lan.phan@x.vn")
    shop.ingest()
    [row] = show_quarantine(shop.settings, Chosen()).data["rows"]
    assert row["raw"] == "9,xxx.xxxx@x.xx"
    assert row["at"].endswith("a.csv:3")
    assert row["byte"] == len(HEADER) + 1 + len("1,2026-01-01,a@x.vn,1\n")
    [row] = show_quarantine(shop.settings, Chosen(), show_values=True).data["rows"]
    assert row["raw"] == "2,lan.phan@x.vn"
    assert masked("Số 5;Đặng") == "xx 9;xxxx"
    assert masked("นิด\u0301 ٣_²") == "xxxx 9_9"  # signs that stand on letters tell names, too


def test_an_export_is_for_its_owner_and_never_written_over(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "records", RECORDS.replace("{day}", DAY).replace("{email}", "email"))
    shop.file("a.csv", "1;2026;a@x.vn;1", "2;lan", "3;2026-01-01;;", header=HEADER.replace(",", ";"))
    shop.ingest()
    path = tmp_path / "mend.txt"
    export_quarantine(shop.settings, Chosen(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "_file_id;_row;id;day;email;total"
    assert [line.partition(";")[2] for line in lines[1:]] == ["2;1;2026;a@x.vn;1", "3;2;lan"]
    with pytest.raises(StoreError, match="exists already"):
        export_quarantine(shop.settings, Chosen(), path)
    with pytest.raises(UsageError, match="no row of these"):
        export_quarantine(shop.settings, Chosen(rule="nul"), tmp_path / "other.txt")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_record_that_was_cut_is_left_out_of_an_export(tmp_path: Path, kind: str) -> None:
    """Half a JSON object was a crash, and half a CSV record is none."""
    shop = Shop(tmp_path, "records", RECORDS.replace("{day}", DAY).replace("{email}", "email"))
    text = (tmp_path / "project.yaml").read_text(encoding="utf-8").replace("*.csv", f"*.{kind}")
    (tmp_path / "project.yaml").write_text(text, encoding="utf-8")
    rows = {"id": ["1", "2" * 70_000], "day": ["x", "y"], "email": [None, None], "total": ["1", "2"]}
    frame = pl.DataFrame(rows, schema_overrides={"email": pl.String})
    frame.write_csv(tmp_path / "a.csv") if kind == "csv" else frame.write_parquet(tmp_path / "a.parquet")
    shop.ingest()
    report = export_quarantine(shop.settings, Chosen(), tmp_path / "mend.txt")
    assert report.data["rows"] == 1
    assert "1 left out" in report.summary
    assert (tmp_path / "mend.txt").read_text(encoding="utf-8").count("\n") == 2


def test_a_mended_file_brings_its_rows_back_once_and_for_all(tmp_path: Path) -> None:
    """Also after the mapping changed and the file, in which they are as bad as ever, was read again."""
    mapping = RECORDS.replace("{day}", DAY).replace("{email}", "email")
    shop, path = Shop(tmp_path / "a", "records", mapping), tmp_path / "mend.txt"
    shop.file("a.csv", "1,2026-01-01,a@x.vn,1", "2,x,b@x.vn,1", "3,2026-01-03", "4,y,d@x.vn,1")
    shop.ingest()
    export_quarantine(shop.settings, Chosen(), path)
    text = (
        path.read_text(encoding="utf-8")
        .replace(",x,", ",2026-01-02,")
        .replace("3,2026-01-03", '3,2026-01-03,"c@x.vn",')
    )
    path.write_bytes(
        b"\xef\xbb\xbf" + text.replace(",", ";").replace("\n", "\r\n").encode()
    )  # as Excel saves it
    assert shop.retry(path, dry_run=True).data["rows_accepted"] == 2
    assert shop.counts() == (4, 1, 0, 3)
    report = shop.retry(path)
    assert (report.data["rows_retried"], report.data["rows_accepted"], report.data["rows_quarantined"]) == (
        3,
        2,
        1,
    )
    assert shop.counts() == (4, 3, 0, 1)
    records = shop.tables()["records"].sort("row")
    assert records.select("source_key", "row").rows() == [("1", 2), ("2", 3), ("3", 4)]
    assert shop.tables()["quarantine"]["raw"].to_list() == [b"4,y,d@x.vn,1"]
    before = shop.number()
    assert shop.retry(path).findings[0].problem.startswith("is of no record in quarantine")
    assert shop.ingest().data["files"] == 0
    assert shop.number() == before
    shop.map(mapping.replace("      customer_id: id\n", ""))
    assert shop.retry().data["files_read_again"] == 1
    assert shop.counts() == (4, 3, 0, 1)


def test_a_mended_file_of_something_else_is_refused(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "a", "records", RECORDS.replace("{day}", DAY).replace("{email}", "email"))
    shop.file("a.csv", "1,2026-01-01,a@x.vn,1", "2,x,b@x.vn,1")
    shop.ingest()
    path = tmp_path / "mend.txt"
    export_quarantine(shop.settings, Chosen(), path)
    good = path.read_text(encoding="utf-8")
    for text, problem in (
        ("id,day\n1,2\n", "no record of it"),
        (good.replace("email", "e-mail"), "the header is not"),
        (good + good.splitlines()[1], "stands in line 2 too"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SourceError, match=problem):
            shop.retry(path)
    file_id = good.splitlines()[1].partition(",")[0]
    for row in ("²", "9" * 30, "9" * 5_000, "-3", ""):
        path.write_text(f"{good.splitlines()[0]}\n{file_id},{row},2,2026-01-01,b@x.vn,1\n", encoding="utf-8")
        report = shop.retry(path)
        assert report.data["rows_retried"] == 0
        assert report.findings[0].problem.startswith("cannot be read as a record")


def test_a_file_that_is_gone_gives_its_quarantined_rows_nonetheless(tmp_path: Path) -> None:
    mapping = RECORDS.replace("{email}", "email")
    shop = Shop(tmp_path, "records", mapping.replace("{day}", MENDS["other_format"][0]))
    shop.file("a.csv", "1,2026-01-01,a@x.vn,1", "2,01/02/2026,b@x.vn,1")
    shop.ingest()
    (tmp_path / "a.csv").unlink()
    shop.map(mapping.replace("{day}", MENDS["other_format"][1]))
    report = shop.retry()
    assert report.data["rows_accepted"] == 1
    assert report.findings[0].problem.startswith("the file is gone (of `rows` 1)")
    assert shop.counts() == (2, 2, 0, 0)


def test_a_typed_row_kept_without_a_column_asked_for_today_stays(tmp_path: Path) -> None:
    """Only what was mapped is kept of a Parquet row: the rest must not become null unseen."""
    shop = Shop(tmp_path, "records", KEYLESS.replace("{day}", DAY).replace("      email: {email}\n", ""))
    text = (tmp_path / "project.yaml").read_text(encoding="utf-8").replace("*.csv", "*.parquet")
    (tmp_path / "project.yaml").write_text(text, encoding="utf-8")
    pl.DataFrame({"id": ["1"], "day": ["x"], "email": ["a@x.vn"]}).write_parquet(tmp_path / "a.parquet")
    shop.ingest()
    (tmp_path / "a.parquet").unlink()
    shop.map(KEYLESS.replace("{day}", "{column: day}").replace("{email}", "email"))
    assert shop.retry().data["rows_quarantined"] == 1
    assert shop.tables()["quarantine"]["rule"].to_list() == ["columns"]


def test_a_row_of_a_table_does_not_take_the_key_of_another(tmp_path: Path) -> None:
    old, new = (PRODUCTS.replace("{day}", day) for day in MENDS["further_format"])
    shop = Shop(tmp_path, "{table: products}", old)
    shop.file("a.csv", "A,2026-01-01,,", "A,02/01/2026,,", "A,01/01/2026,,", "B,03/01/2026,,")
    shop.ingest()
    shop.map(new)
    report = shop.retry()
    assert [report.data[f"rows_{name}"] for name in ("accepted", "duplicate", "quarantined")] == [1, 1, 1]
    assert shop.tables()["table_products"]["sku"].to_list() == ["A", "B"]
    assert shop.tables()["quarantine"].select("rule", "raw").rows() == [("key", b"A,02/01/2026,,")]
    assert shop.counts() == (4, 2, 1, 1)


def test_files_read_again_in_one_run_see_what_the_other_brought(tmp_path: Path) -> None:
    shop = Shop(tmp_path, STREAM, ORDERS.replace("{day}", "day").replace("{total}", "total"))
    first, second, third = (f"{i},2026-01-01,a@x.vn,1,2026-01-01T00:00:00Z" for i in (1, 2, 3))
    shop.file("a.csv", first, second, header=f"{HEADER},time")
    shop.file("b.csv", second, third, header=f"{HEADER},time")
    shop.ingest()
    shop.map(ORDERS.replace("{day}", "day").replace("      total: {total}\n", ""))
    shop.ingest()
    assert shop.counts() == (4, 3, 1, 0)


FEEDS = {
    "records": ("records", RECORDS),
    "keyless": ("records", KEYLESS),
    "orders": (STREAM, ORDERS),
    "keyed": (STREAM, KEYED),
}


def _random_row(chance: random.Random) -> str:
    """Few different rows, so that some are copies of one another once they are mended."""
    day = chance.choice(["2026-01-01", "2026-01-02", "01/01/2026", "02/01/2026", "x", ""])
    row = [
        chance.choice("123"),
        day,
        chance.choice(["a@x.vn", "b@x.vn", "lan", ""]),
        chance.choice(["5", "6", "z"]),
        "2026-01-01T00:00:00Z",
    ]
    return ",".join(row[: 2 if chance.random() < 0.1 else 5])


def _comparable(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables in one order; ids and contents without what only says where a row stood first."""
    sides = ("files", "quarantine", "issues")
    return {
        name: (table if name in sides else table.drop("file_id", "row")).sort(pl.all())
        for name, table in tables.items()
    }


@pytest.mark.parametrize("mend", MENDS)
@pytest.mark.parametrize("feeds", FEEDS)
def test_retried_rows_are_as_if_they_had_been_good_at_once(tmp_path: Path, feeds: str, mend: str) -> None:
    """Ids, contents, events, issues and counts; only which of two copies is called the first may differ."""
    is_read_again = mend == "other_format"  # then records that rows of a stream made stay, as with ingest
    for seed in range(ROUNDS):
        chance = random.Random(f"{feeds} {mend} {seed}")
        kind, mapping = FEEDS[feeds]
        old, new = (
            mapping.replace("{day}", day).replace("{email}", "email").replace("{total}", "total")
            for day in MENDS[mend]
        )
        later, once = Shop(tmp_path / f"later{seed}", kind, old), Shop(tmp_path / f"once{seed}", kind, new)
        rows = ["9,2026-01-01,,,2026-01-01T00:00:00Z"] * 2  # enough that short ones are not the rule
        rows += [_random_row(chance) for _ in range(chance.randint(1, 12))]
        for shop in (later, once):
            shop.file("a.csv", *rows, header=f"{HEADER},time")
            shop.ingest()
        later.map(new)
        later.retry()
        found, expected = _comparable(later.tables()), _comparable(once.tables())
        for name in expected:
            if name != "records" or kind == "records" or not is_read_again:
                assert_frame_equal(found[name], expected[name])
        assert found.keys() == expected.keys(), seed
        number = later.number()
        assert later.ingest().data["files"] == 0, seed
        later.retry()
        assert later.number() == number, seed
