"""Every character of a text knows where it stands in its file, in every style of YAML."""

from __future__ import annotations

from random import Random

import pytest
import yaml

from cdptool.config.reader import Scalar, Table, read_yaml
from cdptool.errors import Place

STYLES = [
    "rule: count(order) >= x and city == Huế",
    "rule: count(order)\n    >= x\n\n    and y   # a comment",
    "rule: 'it''s  = x\n    and ''y'' '",
    'rule: "a == \\"x\\" and\\x20\\u0111 \\\n    > \\t y"',
    "rule: |\n    a\n      and b\n    or c\n",
    "rule: |2-   # kept\n    a\n  and b\n",
    "rule: >-\n    a ==\n    b\n\n      indented | x\n    > y\n",
    "rule: >\r\n    a ==\r\n    b\r\n",
]


def text_of(source: str) -> Scalar:
    top = read_yaml(source.encode(), "rules.yaml").top
    assert isinstance(top, Table)
    value = top.entries[-1].value
    assert isinstance(value, Scalar)
    return value


def sign_at(source: str, place: Place) -> str:
    lines = source.replace("\r\n", "\n").split("\n")
    assert place.line is not None
    assert place.column is not None
    assert place.shown == lines[place.line - 1]
    return lines[place.line - 1][place.column - 1 : place.column]


@pytest.mark.parametrize("source", STYLES, ids=range(len(STYLES)))
def test_each_character_stands_where_it_is_written(source: str) -> None:
    scalar = text_of(source)
    for offset, sign in enumerate(scalar.text):
        if not sign.isspace():
            assert sign_at(source, scalar.text_place.moved(offset)) in (sign, "\\")


def test_each_character_of_random_texts_is_found() -> None:
    """Against PyYAML's own writer, which folds and quotes as it likes."""
    random = Random(5)
    for _ in range(600):
        words = ["".join(random.choices("abđ'\"#:|>%\\.[]-", k=random.randint(1, 6))) for _ in range(12)]
        text = " ".join(words) if random.random() < 0.6 else "\n".join(words)
        style = random.choice([None, "'", '"', "|", ">"])
        source = yaml.safe_dump({"k": [1], "r": text}, default_style=style, width=20, allow_unicode=True)
        source = source.replace("!!int ", "").replace('"k"', "k").replace('"1"', "1")
        document = read_yaml(source.encode(), "rules.yaml")
        assert document.top is not None
        scalar = document.top.entries[-1].value
        assert isinstance(scalar, Scalar)
        assert scalar.text.strip() == text.strip()
        for offset, sign in enumerate(scalar.text):
            if not sign.isspace():
                found = sign_at(source, scalar.text_place.moved(offset))
                assert found in (sign, "\\"), (source, offset)


def test_what_stands_behind_the_text_is_at_its_end() -> None:
    scalar = text_of("rule: >\n    a ==\n    b\n")
    assert str(scalar.text_place.moved(len(scalar.text))) == "rules.yaml:3:6"
    assert str(scalar.text_place) == "rules.yaml:2:5"
