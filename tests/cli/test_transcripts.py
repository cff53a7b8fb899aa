"""Every console block of the README and of the transcripts says what really happens."""

from __future__ import annotations

import os

import pytest

from tests.cli.transcripts import ROOT, rerun

PAGES = [ROOT / "README.md", *sorted((ROOT / "tests" / "cli").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_shows_what_happens(page, tmp_path):
    """One folder per page: later blocks see what earlier ones did."""
    written, now = rerun(page, tmp_path)
    if os.environ.get("CDPTOOL_WRITE_TRANSCRIPTS"):
        page.write_text(now, encoding="utf-8")
        return
    assert now == written
