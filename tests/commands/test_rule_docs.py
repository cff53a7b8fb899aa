"""`cdptool rules docs`: the page, and where it is written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cdptool.commands.rule_docs import document_rules
from cdptool.errors import ConfigError
from tests.commands.small import Small

RULES = """traits:
  spend: 'sum(order.total["30d"])'
  tier: {first: [{gold: 'spend > 5'}, {none_yet: buyers}]}
segments:
  buyers: [spend > 1, 'not missing(email)']
splits: {half: {salt: s1, arms: {a: 0.5, b: 0.5}, by: name}}"""


@pytest.fixture
def shop(unread: Small) -> Small:
    unread.edit("""traits: {spend: 'sum(order.total["30d"])'}
segments: {buyers: 'exists(order["30d"])'}""", RULES)  # fmt: skip
    return unread


def test_every_rule_has_its_sentence_what_it_reads_and_what_uses_it(shop: Small) -> None:
    report = document_rules(shop.settings())
    text = "\n".join(report.lines)
    assert (
        """### buyers

Everybody for whom all of this is so:

1. `spend` is more than 1
2. `email` is known

- Rule: `spend > 1`, `not missing(email)` (project.yaml:"""
        in text
    )
    assert '- Reads: stream `order` (`total`), `"30d"`; profile `email`; rules `spend`' in text
    assert "- Used by: `tier`, campaign `thanks`, export `buyers`" in text
    assert "1. **gold** if `spend` is more than 5\n2. **none_yet** if they are in `buyers`" in text
    assert (
        "- `half`: a 50%, b 50%, drawn by the salt “s1”, within each `name`; who has an arm keeps it" in text
    )
    assert [each["name"] for each in report.data["rules"]] == ["spend", "tier", "buyers"]
    json.dumps(report.data)
    assert not (shop.folder / "workspace").exists()


def test_it_is_written_into_a_folder_or_a_file(shop: Small) -> None:
    printed = document_rules(shop.settings()).lines
    for out, path in (("docs", "docs/rules.md"), ("page.md", "page.md")):
        report = document_rules(replace(shop.settings(), out=shop.folder / out))
        assert (shop.folder / path).read_text(encoding="utf-8").splitlines() == list(printed)
        assert report.lines == () and report.summary.endswith(path)


def test_a_project_without_rules_has_nothing_to_tell(unread: Small) -> None:
    small = "version: 1\nname: small\nfields: {email: email}\n"
    unread.write("project.yaml", small)
    with pytest.raises(ConfigError, match="no `segments`"):
        document_rules(unread.settings())
