"""Every console block of the README, of docs/ and of the transcripts says what really happens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.transcripts import BLOCK, ROOT, rerun
from tests.services import service
from tests.services.databases import postgresql_database

FOLDERS = ("docs", "tests/cli")
WRITTEN = [ROOT / "README.md", *(page for folder in FOLDERS for page in sorted((ROOT / folder).glob("*.md")))]
PAGES = [page for page in WRITTEN if BLOCK.search(page.read_text(encoding="utf-8"))]


@contextmanager
def surroundings(name: str) -> Iterator[dict[str, str]]:
    """What the commands of a page find beside the project: for one of a server's, a database and how to reach it."""
    if name != "postgresql":
        yield {}
        return
    with postgresql_database("shop") as database:
        how = service("postgresql")
        yield {
            "SHOP_HOST": how["host"],
            "SHOP_PORT": str(how["port"]),
            "SHOP_PASSWORD": database.password,
        }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_shows_what_happens(page, tmp_path):
    """One folder per page: later blocks see what earlier ones did."""
    with surroundings(page.stem) as variables:
        written, now = rerun(page, tmp_path, **variables)
    if os.environ.get("CDPTOOL_WRITE_TRANSCRIPTS"):
        page.write_text(now, encoding="utf-8")
        return
    assert now == written
