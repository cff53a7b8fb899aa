"""Databases of their own for tests, on the servers that were started."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import polars as pl

from cdptool.sources.queries import fetch
from cdptool.sources.spec import Query
from tests.services import service


class Database:
    """A database of its own on a server, and ways to talk to it."""

    def __init__(self, kind: str, address: str, password: str, execute) -> None:
        self.kind, self.address, self.password, self.execute = kind, address, password, execute
        self.environment = {"SHOP_PASSWORD": password}

    def ask(self, sql, folder, *, since=None, incremental=None, **environment):
        """The answer as a frame, and what was fetched."""
        path = str(folder / f"{uuid4().hex}.parquet")
        query = Query(self.address, sql, incremental)
        env = {**self.environment, **environment}
        fetched = fetch(query, path, root=str(folder), environment=env, since=since)
        return pl.read_parquet(path), fetched


@contextmanager
def postgresql_database(name: str | None = None) -> Iterator[Database]:
    """A fresh database of PostgreSQL."""
    import psycopg

    how, name = service("postgresql"), name or f"t{uuid4().hex[:12]}"
    at = {key: how[key] for key in ("host", "port", "user", "password")}
    with psycopg.connect(dbname="postgres", autocommit=True, **at) as server:
        server.execute(f"drop database if exists {name} with (force)")
        server.execute(f"create database {name}")
        with psycopg.connect(dbname=name, autocommit=True, **at) as own:
            address = f"postgresql://cdp:${{SHOP_PASSWORD}}@{how['host']}:{how['port']}/{name}"
            yield Database("postgresql", address, how["password"], own.execute)
        server.execute(f"drop database {name} with (force)")


@contextmanager
def mysql_database() -> Iterator[Database]:
    """A fresh database of MariaDB."""
    import pymysql

    how, name = service("mysql"), f"t{uuid4().hex[:12]}"
    at = {key: how[key] for key in ("host", "port", "user", "password")}
    with closing(pymysql.connect(charset="utf8mb4", autocommit=True, **at)) as own, own.cursor() as cursor:
        cursor.execute(f"create database {name} character set utf8mb4")
        cursor.execute(f"use {name}")
        address = f"mysql://cdp:${{SHOP_PASSWORD}}@{how['host']}:{how['port']}/{name}"
        yield Database("mysql", address, how["password"], cursor.execute)
        cursor.execute(f"drop database {name}")


@contextmanager
def sqlite_database(folder: Path) -> Iterator[Database]:
    """A fresh file of SQLite."""
    with closing(sqlite3.connect(folder / "shop.db", isolation_level=None)) as own:
        yield Database("sqlite", "sqlite:///shop.db", "", own.execute)
