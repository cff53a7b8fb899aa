"""The small project: unread, ingested, and finished (the last two are made once and only read)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cdptool.commands.ingest import ingest_files
from tests.commands.small import Small


@pytest.fixture
def unread(tmp_path: Path) -> Small:
    return Small.written(tmp_path)


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Small:
    small = Small.written(tmp_path_factory.mktemp("ingested"))
    ingest_files(small.settings(), (), lambda _: None)
    return small


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Small:
    small = Small.written(tmp_path_factory.mktemp("finished"))
    small.run()
    return small


@pytest.fixture
def copied(finished: Small, tmp_path: Path) -> Small:
    """The finished project, to be changed."""
    shutil.copytree(finished.folder, tmp_path / "copy")
    return Small(tmp_path / "copy")
