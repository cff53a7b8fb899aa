"""Links between pages lead somewhere, and the first page stays one that is read whole."""

from __future__ import annotations

import re

import pytest

from tests.cli.transcripts import ROOT

FOLDERS = (".", "docs", "tests/cli", "sample_data", "configs/real")
PAGES = [page for folder in FOLDERS for page in sorted((ROOT / folder).glob("*.md"))]
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
LONGEST_README = 330


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(FENCED.sub("", text))
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    """A page that was moved, or a heading that was reworded, takes the links to it along."""
    text = page.read_text(encoding="utf-8")
    for path, anchor in LINK.findall(FENCED.sub("", text)):
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), path
        if anchor:
            assert anchor in anchors(there.read_text(encoding="utf-8")), f"{path}#{anchor}"


def test_readme_can_be_read_whole():
    """What is longer stands in docs/, and the table of the README leads there."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LONGEST_README
