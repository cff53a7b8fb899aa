"""Queries of real servers: what they answer comes exactly as they write it, and what they refuse is said without values."""

from __future__ import annotations

import random
from functools import partial
from uuid import uuid4

import pytest

from cdptool.errors import SourceError
from cdptool.sources.spec import Incremental
from tests.frames import ROUNDS
from tests.services.databases import Database, mysql_database, postgresql_database, sqlite_database


@pytest.fixture
def postgresql():
    """A fresh database of PostgreSQL."""
    with postgresql_database() as database:
        yield database


@pytest.fixture
def mysql():
    """A fresh database of MariaDB."""
    with mysql_database() as database:
        yield database


@pytest.fixture
def sqlite(tmp_path):
    """A fresh file of SQLite."""
    with sqlite_database(tmp_path) as database:
        yield database


@pytest.fixture(params=["postgresql", "mysql", "sqlite"])
def database(request):
    """Each of the three in turn."""
    return request.getfixturevalue(request.param)


def test_postgresql_writes_every_value_itself(postgresql, tmp_path):
    """No float between: ids of 19 digits, scale, zeros, zones, bytes, arrays and JSON are PostgreSQL's own texts."""
    postgresql.execute("create type mood as enum ('glad', 'so-so')")
    frame, fetched = postgresql.ask(
        """
        select 9223372036854775807::bigint as id, '007'::text as code, 1.10::numeric(10, 2) as price,
               12345678901234567890.123456789::numeric as long, 'NaN'::numeric as no_number, 0.1::float8 as f,
               '2026-01-02 10:04:05.5+07'::timestamptz as at, '2026-01-02 10:04:05'::timestamp as local_at,
               '2026-01-02'::date as on_day, 'infinity'::date as never, '\\x00ff'::bytea as bytes,
               '{"a": [1, null], "n": 1.0}'::json as doc, array['a,b', null, '', 'NULL'] as list, array[1, 2] as numbers,
               null::text as nothing, ''::text as empty, true as yes, 'glad'::mood as mood,
               '1 day 02:00:00'::interval as span, 'a	b\\c' || chr(10) || 'd"é😀' as odd, '{}'::text[] as none,
               '4b7c4c66-5325-4f4b-8f41-18af86369412'::uuid as uid, '10.0.0.1/8'::inet as ip, '1e5' as text_number
        """,
        tmp_path,
    )
    assert frame.row(0, named=True) == {
        "id": "9223372036854775807",
        "code": "007",
        "price": "1.10",
        "long": "12345678901234567890.123456789",
        "no_number": "NaN",
        "f": "0.1",
        "at": "2026-01-02 03:04:05.5+00",
        "local_at": "2026-01-02 10:04:05",
        "on_day": "2026-01-02",
        "never": "infinity",
        "bytes": "\\x00ff",
        "doc": '{"a": [1, null], "n": 1.0}',
        "list": '{"a,b",NULL,"","NULL"}',
        "numbers": "{1,2}",
        "nothing": None,
        "empty": "",
        "yes": "t",
        "mood": "glad",
        "span": "P1DT2H",
        "odd": 'a\tb\\c\nd"é😀',
        "none": "{}",
        "uid": "4b7c4c66-5325-4f4b-8f41-18af86369412",
        "ip": "10.0.0.1/8",
        "text_number": "1e5",
    }
    assert fetched.n_rows == 1


def test_mysql_writes_every_value_itself(mysql, tmp_path):
    """A TIMESTAMP is a moment and says so; a DATETIME is not, and has no zone."""
    mysql.execute(
        "create table t (id bigint unsigned, code varchar(9), price decimal(10, 2), at timestamp(6) null,"
        " local_at datetime, on_day date, bytes blob, doc json, nothing text, empty text, f double, yes boolean)"
    )
    mysql.execute("set time_zone = '+07:00'")
    mysql.execute(
        "insert into t values (18446744073709551615, '007', 1.10, '2026-01-02 10:04:05.5', '2026-01-02 10:04:05',"
        " '2026-01-02', x'00ff', '{\"n\": 1.0}', null, '', 0.1, true)"
    )
    mysql.execute("insert into t (id) values (1)")
    frame, _ = mysql.ask("select * from t order by id desc;", tmp_path)
    assert frame.row(0) == (
        *("18446744073709551615", "007", "1.10", "2026-01-02 03:04:05.500000+00:00", "2026-01-02 10:04:05"),
        *("2026-01-02", "\\x00ff", '{"n": 1.0}', None, "", "0.1", "1"),
    )
    assert frame.row(1) == ("1", *[None] * 11)


def test_sqlite_cells_keep_their_own_types(sqlite, tmp_path):
    """A column of SQLite may hold anything."""
    sqlite.execute("create table t (id, x)")
    for value in ("007", 9223372036854775807, 17850.0, 0.1, b"\x00a", "", None, "1e5"):
        sqlite.execute("insert into t (x) values (?)", (value,))
    frame, _ = sqlite.ask("select x from t -- all of it", tmp_path)
    told = ["007", "9223372036854775807", "17850", "0.1", "\\x0061", "", None, "1e5"]
    assert frame["x"].to_list() == told


def test_the_same_rows_in_another_order_are_the_same_answer(database, tmp_path):
    """What a database need not keep is no change; cells that changed places between rows are one."""
    database.execute("create table t (a varchar(9), b varchar(9))")
    database.execute("insert into t values ('1', 'x'), ('2', 'y'), ('2', null), ('2', '')")
    _, up = database.ask("select a, b from t order by a, b", tmp_path)
    _, down = database.ask("select a, b from t order by a desc, b desc", tmp_path)
    assert up == down
    _, renamed = database.ask("select a, b as c from t", tmp_path)
    database.execute("update t set b = case b when 'x' then 'y' when 'y' then 'x' else b end")
    _, swapped = database.ask("select a, b from t", tmp_path)
    assert len({up.digest, renamed.digest, swapped.digest}) == 3


def test_oracle_random_texts_come_as_they_were_put(database, tmp_path):
    """Beside what was put in: nulls, empty texts, quotes, tabs, line ends, backslashes, `NULL`, letters of all kinds."""
    signs = [
        "",
        "\\N",
        "\\.",
        "NULL",
        "'",
        '"',
        ",",
        "\t",
        "\n",
        "\r",
        "\\",
        "0",
        "é",
        "😀",
        " ",
        "%s",
        ":since",
        "{}",
        "x",
    ]
    for seed in range(4 * ROUNDS):
        chance = random.Random(seed)
        name, n_columns = f"t{seed}", chance.randint(1, 4)
        cell = partial(_random_text, chance, signs)
        rows = [tuple(cell() for _ in range(n_columns)) for _ in range(chance.randint(0, 40))]
        database.execute(
            f"create table {name} (n integer, {', '.join(f'c{i} varchar(99)' for i in range(n_columns))})"
        )
        mark = "?" if database.kind == "sqlite" else "%s"
        line = f"insert into {name} values ({', '.join([mark] * (n_columns + 1))})"
        for i, row in enumerate(rows):
            database.execute(line, (i, *row))
        columns = ", ".join(f"c{i}" for i in range(n_columns))
        frame, fetched = database.ask(f"select {columns} from {name} order by n", tmp_path)
        assert frame.rows() == rows, f"seed {seed}"
        _, shuffled = database.ask(f"select {columns} from {name} order by n desc", tmp_path)
        assert shuffled.digest == fetched.digest, f"seed {seed}"
        if rows:
            database.execute(f"update {name} set c0 = 'other' where n = {chance.randrange(len(rows))}")
            _, changed = database.ask(f"select {columns} from {name}", tmp_path)
            assert changed.digest != fetched.digest, f"seed {seed}"


def _random_text(chance: random.Random, signs: list[str]) -> str | None:
    return None if chance.random() < 0.2 else "".join(chance.choices(signs, k=chance.randint(0, 4)))


def test_a_long_answer_comes_in_parts(database, tmp_path, monkeypatch):
    """All rows once, in the order in which they came, whatever the size of a part."""
    monkeypatch.setattr("cdptool.sources.answers.BATCH_ROWS", 7)
    monkeypatch.setattr("cdptool.sources.queries._GROUP_ROWS", 20)
    database.execute("create table t (n integer)")
    database.execute("insert into t values " + ", ".join(f"({i})" for i in range(100)))
    frame, fetched = database.ask("select n from t order by n", tmp_path)
    assert frame["n"].to_list() == [str(i) for i in range(100)]
    assert fetched.n_rows == 100


def test_since_stands_for_the_greatest_value_seen(database, tmp_path):
    """In a text, a comment and a cast `:since` is no parameter; a quote in a value ends nothing."""
    database.execute("create table t (n integer, at varchar(40))")
    database.execute("insert into t values (1, '2026-01-01'), (2, '2026-01-02'), (10, '2026-01-03')")
    incremental = Incremental("n", "1")
    sql = "select n, ':since' as text from t /* :since */ where n > :since -- :since"
    frame, fetched = database.ask(sql, tmp_path, incremental=incremental)
    assert sorted(frame["n"]) == ["10", "2"] and set(frame["text"]) == {":since"}
    assert fetched.newest == "10"
    frame, fetched = database.ask(sql, tmp_path, incremental=incremental, since="10")
    assert (frame.height, fetched.n_rows, fetched.newest) == (0, 0, "10")
    late = "select at from t where at > :since"
    frame, fetched = database.ask(late, tmp_path, incremental=Incremental("at", "2026-01-01T00:00:00Z"))
    assert (frame.height, fetched.newest) == (2, "2026-01-03")
    frame, _ = database.ask(late, tmp_path, incremental=Incremental("at", "x\\' or 1 = 1 -- '"))
    assert frame.is_empty()


def refusal(database, sql, folder, **options) -> str:
    """Problem and hint of a refused query; the password is in neither."""
    with pytest.raises(SourceError) as caught:
        database.ask(sql, folder, **options)
    (finding,) = caught.value.findings
    told = f"{finding.problem} | {finding.hint}"
    assert not database.password or database.password not in told
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return told


POSTGRESQL_REFUSALS = (
    (
        "select id\nform customers",
        "a syntax error in the query at `customers` (line 2, column 6 of the query)",
    ),
    ("select emial from t", "no such column in the query at `emial` (line 1, column 8 of the query)"),
    ("select 1 from t\nwhere id > 1 and x = 'an@example.com'", "at `x` (line 2, column 18 of the query)"),
    ("select * from nowhere", "no such table in the query at `nowhere` (line 1, column 15 of the query)"),
    ("select id from t where id = 'an@example.com'", "(SQLSTATE 22P02) (line 1, column 29 of the query)"),
    ("delete from t", "the query gives no columns"),
    ("delete from t returning id", "the query would write"),
    ("select 1; drop table t", "a syntax error in the query"),
    ("select 1 / (id - 1) from t", "the server refuses the query (SQLSTATE 22012)"),
)


@pytest.mark.parametrize(("sql", "told"), POSTGRESQL_REFUSALS)
def test_postgresql_says_where_a_query_is_wrong(postgresql, tmp_path, sql, told):
    """The server's position, in our words: its own may quote a constant."""
    postgresql.execute("create table t (id integer); insert into t values (1)")
    said = refusal(postgresql, sql, tmp_path)
    assert told in said and "an@example" not in said
    assert postgresql.execute("select count(*) from t").fetchone() == (1,)


def test_a_position_counts_in_the_query_as_written(postgresql, tmp_path):
    """What stands for `:since` is longer than it."""
    incremental = Incremental("n", "2026-01-01 00:00:00.000000+00")
    sql = "select 1 as n where now() > :since and now() < :since and emial = 1"
    assert "at `emial` (line 1, column 59 of the query)" in refusal(
        postgresql, sql, tmp_path, incremental=incremental
    )


def test_mysql_and_sqlite_name_what_is_wrong(mysql, sqlite, tmp_path):
    """As near as each can say."""
    for database in (mysql, sqlite):
        database.execute("create table t (id integer)")
        database.execute("insert into t values (1)")
        assert "a syntax error in the query" in refusal(
            database, "select id form t where x = 'a@b.c'", tmp_path
        )
        assert "no such column" in refusal(database, "select emial from t", tmp_path)
        assert "no such table" in refusal(database, "select * from nowhere", tmp_path)
        refusal(database, "delete from t", tmp_path)
        assert database.ask("select count(*) as n from t", tmp_path)[0]["n"].to_list() == ["1"]


@pytest.mark.parametrize("sql", ["attach '{}/other.db' as other", "vacuum into '{}/copy.db'"])
def test_a_query_of_sqlite_makes_no_file(sqlite, tmp_path, sql):
    """A database that is opened for reading only still makes others."""
    before = sorted(tmp_path.iterdir())
    refusal(sqlite, sql.format(tmp_path), tmp_path)
    assert [path for path in sorted(tmp_path.iterdir()) if path.suffix == ".db"] == [
        path for path in before if path.suffix == ".db"
    ]


def test_a_start_beyond_the_numbers_of_sqlite_finds_nothing(sqlite, tmp_path):
    """It was a crash."""
    sqlite.execute("create table t (id integer)")
    sqlite.execute("insert into t values (1)")
    incremental = Incremental("id", "99999999999999999999")
    frame, _ = sqlite.ask("select id from t where id > :since", tmp_path, incremental=incremental)
    assert frame.height == 0


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_server_that_cannot_be_reached_is_told(kind, request, tmp_path):
    """Refused, unknown, wrong: place, problem and next step, and nothing of the environment."""
    database = request.getfixturevalue(kind)
    told = refusal(database, "select 1 as n", tmp_path, SHOP_PASSWORD="wrong")
    assert "does not take the user or the password" in told and "wrong |" not in told
    address = database.address
    port = address.rsplit(":", 1)[1].partition("/")[0]
    database.address = address.replace(f":{port}/", ":1/")
    assert "connection refused" in refusal(database, "select 1 as n", tmp_path)
    database.address = address.rpartition("/")[0] + "/nowhere"
    assert "there is no such database" in refusal(database, "select 1 as n", tmp_path)
    database.address = address.replace("127.0.0.1", "nowhere.invalid")
    told = refusal(database, "select 1 as n", tmp_path)
    assert "the host is not known" in told or "cannot be reached" in told
    database.address = "${SHOP_URL}"
    url = address.replace("${SHOP_PASSWORD}", "pass%2Fword").replace(f":{port}/", ":1/")
    told = refusal(database, "select 1 as n", tmp_path, SHOP_URL=url)
    assert "the database of `${SHOP_URL}`: connection refused" in told
    assert "127.0.0.1" not in told and "pass" not in told
    assert "is not set" in refusal(database, "select 1 as n", tmp_path)
    told = refusal(database, "select 1 as n", tmp_path, SHOP_URL="postgresql://u:pa/ss@host/db")
    assert "not the address of a database" in told and "ss@" not in told


def test_a_library_that_is_missing_is_an_extra(monkeypatch, tmp_path):
    """The line that installs it."""
    for module, kind in (("psycopg", "postgresql"), ("pymysql", "mysql")):
        monkeypatch.setitem(__import__("sys").modules, module, None)
        database = Database(kind, f"{kind}://u@h/d", "", None)
        assert f'pip install "cdptool[{kind}]"' in refusal(database, "select 1", tmp_path)
    assert "no such file" in refusal(Database("sqlite", "sqlite:///no.db", "", None), "select 1", tmp_path)


def test_a_query_without_its_column_cannot_go_on(sqlite, tmp_path):
    """And one whose values have no order as texts cannot either."""
    sql = "select 1 as id, 'x' as word where 1 > :since"
    told = refusal(sqlite, sql, tmp_path, incremental=Incremental("idd", "0"))
    assert "no column `idd`" in told and "did you mean `id`?" in told
    told = refusal(sqlite, sql, tmp_path, incremental=Incremental("word", "0"))
    assert "holds what a query cannot go on from" in told


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_password_may_hold_any_letter(kind, request, tmp_path):
    """What the environment says is no part of the address until that is cut into parts."""
    database, user, password = request.getfixturevalue(kind), f"u{uuid4().hex[:8]}", "m\u1ead7/k@h:u?%41#'"
    quoted = password.replace("'", "''")
    if kind == "postgresql":
        database.execute(f"create role {user} login password '{quoted}'")
    else:
        database.execute(f"create user {user}@localhost identified by '{quoted.replace('%', '%%')}'", ())
        database.execute(f"grant select on *.* to {user}@localhost")
    database.address, database.password = database.address.replace("cdp:", f"{user}:"), password
    assert "does not take" in refusal(database, "select 1 as n", tmp_path, SHOP_PASSWORD="x" + password)
    assert database.ask("select 1 as n", tmp_path, SHOP_PASSWORD=password)[1].n_rows == 1
    database.execute(
        f"drop {'role' if kind == 'postgresql' else 'user'} {user}{'' if kind == 'postgresql' else '@localhost'}"
    )
