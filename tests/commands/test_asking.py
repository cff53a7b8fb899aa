"""A query is a source like any other: each row accounted for, read once, mended and fed back; and no secret stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdptool.commands.ingest import ingest_files
from cdptool.commands.quarantine import Chosen, list_quarantine
from cdptool.commands.retry import retry_rows
from cdptool.commands.session import Settings, open_session
from cdptool.errors import CdptoolError, SourceError
from tests.services.databases import postgresql_database, sqlite_database

PROJECT = """\
version: 1
name: shop
tz: UTC
currency: EUR
fields: {customer_id: identifier, email: email, name: text}
streams: {order: {columns: {order_id: identifier, total: money, note: text}}}
sources:
  crm:
    query:
      database: ADDRESS
      sql: select id, email, name from customers
    feeds: records
    key: id
    columns: {customer_id: id, email: EMAIL, name: name}
    max_quarantined: 50%
  shop:
    query:
      database: ADDRESS
      sql: |
        select * from orders
        where changed_at > :since
      incremental: {column: changed_at, start: 2020-01-01}
    feeds: {stream: order}
    at: changed_at
    identifiers: {customer_id: customer}
    columns: {order_id: id, total: total}
"""
TABLES = (
    "create table customers (id varchar(20), email varchar(99), name varchar(99))",
    "insert into customers values ('007', 'an@example.com', 'An'), ('9007199254740993', 'no mail', ''),"
    " ('8', 'b@example.com', null)",
    "create table orders (id bigint, changed_at varchar(40), customer varchar(20), total numeric(12, 2))",
    "insert into orders values (9007199254740993, '2026-01-02 03:04:05', '007', 1.50), (2, '2026-01-03', '8', 2)",
)


@pytest.fixture
def shop(tmp_path):
    """A project over a database of SQLite."""
    with sqlite_database(tmp_path) as database:
        for line in TABLES:
            database.execute(line)
        write(tmp_path, "sqlite:///shop.db")
        yield Settings(tmp_path), database


def write(folder: Path, address: str, *, email: str = "{column: email, required: true}") -> None:
    text = PROJECT.replace("ADDRESS", address).replace("EMAIL", email)
    (folder / "project.yaml").write_text(text)


def ingest(settings: Settings, *names: str, dry_run: bool = False) -> dict[str, int]:
    """What an ingest counts."""
    report = ingest_files(settings, names, lambda _: None, dry_run=dry_run)
    names = ("files", "rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined")
    return dict(
        zip(
            ["files", "read", "accepted", "duplicate", "quarantined"],
            (report.data[n] for n in names),
            strict=True,
        )
    )


def rows(settings: Settings, table: str, *columns: str) -> list[tuple[object, ...]]:
    with open_session(settings, writes=False) as session:
        return session.snapshot().scan(table).select(*columns).collect().sort(columns).rows()


NOTHING = {"files": 0, "read": 0, "accepted": 0, "duplicate": 0, "quarantined": 0}


def test_an_answer_is_accounted_for_and_read_once(shop):
    """The file of a row is the query, its line the number of the row."""
    settings, _ = shop
    first = {"files": 2, "read": 5, "accepted": 4, "duplicate": 0, "quarantined": 1}
    assert ingest(settings, dry_run=True) == first
    assert ingest(settings) == first
    assert ingest(settings) == NOTHING
    assert rows(settings, "quarantine", "source", "row", "column", "rule") == [("crm", 2, "email", "invalid")]
    assert rows(settings, "records", "customer_id", "name")[0] == ("007", None)
    paths = [path for (path,) in rows(settings, "files", "path")]
    assert [path.rpartition("/")[0] for path in paths] == ["query://crm", "query://shop"]
    orders = rows(settings, "stream_order", "order_id", "total")
    assert orders == [("2", 20_000), ("9007199254740993", 15_000)]


def test_a_changed_answer_is_read_and_counts_what_was_there(shop):
    """A row that changed is a new version; the others are duplicates."""
    settings, database = shop
    ingest(settings)
    database.execute("update customers set name = 'Anna' where id = '007'")
    database.execute("update customers set email = 'c@example.com' where id = '9007199254740993'")
    assert ingest(settings) == {"files": 1, "read": 3, "accepted": 2, "duplicate": 1, "quarantined": 0}
    assert ingest(settings) == NOTHING


def test_an_incremental_query_asks_for_what_is_new(shop):
    """The greatest value that was committed is where it goes on from; one that failed counts for nothing."""
    settings, database = shop
    ingest(settings, "shop")
    database.execute("insert into orders values (3, '2026-01-04', '8', 3), (4, '2026-01-01', '8', 4)")
    assert ingest(settings, "shop", dry_run=True)["read"] == 1
    database.execute("update orders set changed_at = '2026-01-05 x' where id = 3")
    with pytest.raises(SourceError):
        ingest(settings, "shop")
    database.execute("update orders set changed_at = '2026-01-05' where id = 3")
    assert ingest(settings, "shop") == {
        "files": 1,
        "read": 1,
        "accepted": 1,
        "duplicate": 0,
        "quarantined": 0,
    }
    assert ingest(settings, "shop") == NOTHING
    assert [order for (order,) in rows(settings, "stream_order", "order_id")] == [
        "2",
        "3",
        "9007199254740993",
    ]


def test_a_new_mapping_asks_from_the_start_and_no_row_counts_twice(shop):
    """Rows without a key are known by their content, which a new mapping changes."""
    settings, database = shop
    ingest(settings, "shop")
    database.execute("insert into orders values (3, '2026-01-04', '8', 3)")
    ingest(settings, "shop")
    text = (settings.project / "project.yaml").read_text()
    (settings.project / "project.yaml").write_text(
        text.replace("total: total}", "total: total, note: customer}")
    )
    assert ingest(settings, "shop") == {
        "files": 1,
        "read": 3,
        "accepted": 3,
        "duplicate": 0,
        "quarantined": 0,
    }
    assert rows(settings, "stream_order", "order_id", "note") == [
        ("2", "8"),
        ("3", "8"),
        ("9007199254740993", "007"),
    ]
    assert ingest(settings, "shop") == NOTHING


def test_rows_that_a_new_mapping_takes_back_are_told(shop):
    """The answer of today stands for all that was answered under an older mapping."""
    settings, database = shop
    ingest(settings, "crm")
    database.execute("delete from customers where id = '8'")
    write(settings.project, "sqlite:///shop.db", email="email")
    database.execute("insert into customers values ('7', null, null)")
    assert not ingest_files(settings, ("crm",), lambda _: None, dry_run=True).findings
    database.execute("delete from customers where id <> '7'")
    (finding,) = ingest_files(settings, ("crm",), lambda _: None).findings
    assert "1 rows in the place of the 2" in finding.problem and finding.severity == "warning"


def test_quarantined_rows_of_an_answer_are_retried(shop):
    """From what was kept of them, whatever the database holds by now."""
    settings, database = shop
    ingest(settings)
    shown = list_quarantine(settings, Chosen()).grids[0].rows
    assert [str(cell).rpartition("/")[0] for cell in shown[0] if "://" in str(cell)] == ["query://crm"]
    database.execute("delete from customers")
    write(settings.project, "sqlite:///shop.db", email="email")
    retry_rows(settings, (), lambda _: None)
    assert rows(settings, "quarantine", "row") == []
    assert [one for (one,) in rows(settings, "records", "customer_id")] == [
        "007",
        "007",
        "8",
        "8",
        "9007199254740993",
    ]


def test_no_secret_is_left_anywhere(tmp_path, monkeypatch, capfd):
    """Not in a message, the catalog, a manifest or a table; neither after success nor after failure."""
    with postgresql_database() as database:
        for line in TABLES:
            database.execute(line)
        write(tmp_path, database.address)
        settings, told = Settings(tmp_path), []
        monkeypatch.setenv("SHOP_PASSWORD", database.password)
        report = ingest_files(settings, (), told.append)
        assert report.data["rows_read"] == 5
        told.append(repr(report))
        secrets = [database.password, "of-another"]
        for password, address in (
            ("of-another", database.address),
            (database.password, "postgresql://cdp:${SHOP_PASSWORD}@127.0.0.1:1/x"),
        ):
            monkeypatch.setenv("SHOP_PASSWORD", password)
            write(tmp_path, address)
            with pytest.raises(SourceError) as caught:
                ingest_files(settings, (), told.append)
            told += [repr(caught.value), str(caught.value), repr(caught.value.findings)]
    told += [*capfd.readouterr()]
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"crm" in held
    for secret in secrets:
        assert secret.encode() not in held
        assert secret not in "".join(told)


def test_an_address_may_stand_in_the_environment_as_a_whole(shop, monkeypatch):
    """`{env: NAME}` is `${NAME}`."""
    settings, _ = shop
    ingest(settings)
    write(settings.project, "{env: SHOP_DATABASE}")
    with pytest.raises(SourceError) as caught:
        ingest(settings)
    assert "the environment variable `SHOP_DATABASE` is not set" in str(caught.value)
    monkeypatch.setenv("SHOP_DATABASE", "sqlite:///shop.db")
    assert ingest(settings, "crm") == NOTHING


MISTAKES = (
    ("ADDRESS", "postgresql://cdp:7Rain@db/shop", "a password stands in the file"),
    ("ADDRESS", "postgresql://cdp@db/shop?password=7Rain", "a password stands in the file"),
    ("ADDRESS", "oracle://cdp@db/shop", "unknown kind of database"),
    ("ADDRESS", "shop.db", "not the address of a database"),
    ("ADDRESS", "{var: SHOP}", "expected the address of a database, found a mapping"),
    ("ADDRESS", "sqlite://", "the address names no file"),
    ("ADDRESS", "mysql://db:port/shop", "the port of a database is a number"),
    ("where changed_at > :since", "", "an incremental query needs `:since`"),
    (
        "      incremental: {column: changed_at, start: 2020-01-01}\n",
        "",
        "`:since` means nothing without `incremental`",
    ),
    ("start: 2020-01-01", "start: begin", "expected a whole number, a date or a time in UTC"),
    ("    key: id", "    key: id\n    files: x.csv", "a source has either `files` or a `query`"),
    ("    key: id", "    key: id\n    growing: true", "`growing` is for files, not for a query"),
    ("    key: id", "    key: id\n    dialect: {delimiter: ';'}", "`dialect` is for files, not for a query"),
)


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES)
def test_a_query_that_is_declared_wrongly_is_refused(tmp_path, old, new, told):
    """Before anything is asked; and what was written by mistake is not said again."""
    text = PROJECT.replace(old, new, 1 if old != "ADDRESS" else 2).replace("ADDRESS", "sqlite:///shop.db")
    (tmp_path / "project.yaml").write_text(text.replace("EMAIL", "email"))
    with pytest.raises(CdptoolError) as caught:
        ingest(Settings(tmp_path))
    assert told in caught.value.findings[0].problem
    assert "7Rain" not in repr(caught.value.findings)
