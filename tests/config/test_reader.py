"""The YAML reader: what each scalar means, where everything stands, and what is refused with which hint."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdptool.config.reader import Scalar, Sequence, Table, Value, place_at, read_yaml
from cdptool.errors import Place


def read(text: str) -> Table:
    document = read_yaml(text.encode(), "a.yaml")
    assert document.findings == ()
    assert document.top is not None
    return document.top


def found(text: str) -> list[tuple[str, str | None]]:
    return [(str(each), each.hint) for each in read_yaml(text.encode(), "a.yaml").findings]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("22:00", "22:00"),  # PyYAML: 1320
        ("07:00", "07:00"),
        ("12:30", "12:30"),  # PyYAML: 750
        ("no", "no"),
        ("NO", "NO"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("True", "True"),
        ("Null", "Null"),
        ("1e5", "1e5"),
        ("007", "007"),
        ("-01", "-01"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("+84", "+84"),
        (".5", ".5"),
        ("5.", "5."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2026-11-20", "2026-11-20"),  # PyYAML: a date
        ("=", "="),
        ("<<", "<<"),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-3", -3),
        ("5000000", 5_000_000),
        ("1.10", Decimal("1.10")),
        ("-0.5", Decimal("-0.5")),
        ("~", None),
        ("null", None),
        ("", None),
        ('"5"', "5"),
        ("'true'", "true"),
        ('""', ""),
        ("'null'", "null"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(written: str, value: object) -> None:
    scalar = read(f"key: {written}").get("key")
    assert isinstance(scalar, Scalar)
    assert (scalar.value, type(scalar.value)) == (value, type(value))


@pytest.mark.parametrize("key", ["no", "on", "y", "007", "22:00", "1.10", "true"])
def test_a_key_is_the_text_that_was_written(key: str) -> None:
    assert [entry.key.text for entry in read(f"{key}: x")] == [key]


def test_every_key_and_value_knows_its_place() -> None:
    top = read("name: shop\nlist:\n  - a\n  - {b: 'c', d: [1]}\n")
    assert top.get("name").place == Place("a.yaml", 1, 7)
    items = top.get("list")
    assert isinstance(items, Sequence)
    assert items.items[0].place == Place("a.yaml", 3, 5)
    inner = items.items[1]
    assert isinstance(inner, Table)
    assert [(e.key.place, e.value.place) for e in inner] == [
        (Place("a.yaml", 4, 6), Place("a.yaml", 4, 9)),
        (Place("a.yaml", 4, 14), Place("a.yaml", 4, 17)),
    ]


def test_the_text_begins_behind_the_quote() -> None:
    """The rule language counts its columns from there."""
    top = read("a: 'count(order)'\nb: |\n  x\n")
    assert top.get("a").text_place == Place("a.yaml", 1, 5)
    assert top.get("b").text_place.line == 3


def test_a_byte_order_mark_moves_no_column() -> None:
    document = read_yaml(b"\xef\xbb\xbfname: x", "a.yaml")
    assert document.top.entries[0].value.place == Place("a.yaml", 1, 7)


@pytest.mark.parametrize(
    ("text", "finding", "hint"),
    [
        ("a: 1\nb: 2\na: 3", "a.yaml:3:1: repeated key `a`", "the first stands in line 1; keep one of them"),
        ("x: {b: 1, 'b': 2}", "a.yaml:1:11: repeated key `b`", "the first stands in line 1; keep one of them"),
        ("a: &x 1", "a.yaml:1:4: an anchor (`&name`)", "take it out; for a text that begins with `&`, use quotes"),
        ("a: *x", "a.yaml:1:4: an alias (`*name`)", "write the value out; for a text that begins with `*`, use quotes"),
        ("a: !!str 1", "a.yaml:1:4: a tag (`!name`)", "take it out; for a text that begins with `!`, use quotes"),
        ("a: !x {b: 1}", "a.yaml:1:4: a tag (`!name`)", "take it out; for a text that begins with `!`, use quotes"),
        ("a: 1\n---\nb: 1", "a.yaml:2:1: a second document", "one file is one document: take out the `---`"),
        ("? [a]\n: 1", "a.yaml:1:3: expected a key, found a list", "a key is one text"),
        ("~: 1", "a.yaml:1:1: expected a key, found nothing", "a key is one text"),
        ("", "a.yaml:1:1: the file is empty", "write `version: 1` as its first line"),
        ("# only a comment\n", "a.yaml:1:1: the file is empty", "write `version: 1` as its first line"),
        ("- a", "a.yaml:1:1: expected a mapping, found a list", "write `key: value` lines"),
        ("just text", "a.yaml:1:1: expected a mapping, found text", "write `key: value` lines"),
        ("a:\n\tb: 1", "a.yaml:2:1: a tab in the indentation", "indent with spaces"),
        ("a: x\n  \ty", "a.yaml:2:3: a tab in the indentation", "indent with spaces"),
        ("a:\tb", "a.yaml:1:3: a tab stands where only spaces are read", "write a space instead"),
        ("a: x\x07", "a.yaml:1:5: an invisible control character (U+0007)", "delete it, or write it as an escape in double quotes"),
        ("a: x\u2028", "a.yaml:1:5: an invisible control character (U+2028)", "delete it, or write it as an escape in double quotes"),
        ("a: b: c", "a.yaml:1:5: a `:` where no key can stand", "put quotes around a text that holds `: `, and check the indentation"),
        ("a: 'b\nc: d", "a.yaml:1:4: a quote is opened here and never closed", "close the quote"),
        ("a: [1, 2\nb: c", "a.yaml:2:2: a list in brackets is not closed, or a comma is missing", "close it with `]`"),
        ("a: {b: 1\nc: 2", "a.yaml:2:2: a mapping in braces is not closed, or a comma is missing", "close it with `}`"),
        ("a: @x", "a.yaml:1:4: a text cannot begin with this character", "put quotes around the text"),
        ('a: "\\q"', "a.yaml:1:6: an unknown escape in a text in double quotes", "write `\\\\` for a backslash, or use single quotes"),
        ("a: 'x' y", "a.yaml:1:8: this line does not fit the lines before it", "check the indentation and the quotes"),
        ("a:\n  b: 1\nlonely\nc: 1", "a.yaml:3:1: a key without `:`", "write `key: value`, or quotes around a text of several lines"),
        ("a: - b", "a.yaml:1:4: a list item cannot begin here", "put each `- ` on a line of its own"),
    ],
)  # fmt: skip
def test_what_is_refused_has_a_place_and_a_hint(text: str, finding: str, hint: str) -> None:
    assert found(text) == [(finding, hint)]


def test_bytes_that_are_not_utf_8_have_a_place() -> None:
    document = read_yaml("a: é\nbé: x".encode("cp1252"), "a.yaml")
    assert document.top is None
    assert [(str(f), f.hint) for f in document.findings] == [
        ("a.yaml:1:4: the file is not UTF-8", "save it as UTF-8")
    ]


def test_every_tab_is_named() -> None:
    assert [text for text, _ in found("a:\n\tb: 1\n\tc: 2")] == [
        "a.yaml:2:1: a tab in the indentation",
        "a.yaml:3:1: a tab in the indentation",
    ]


def test_a_tab_inside_a_block_text_is_text() -> None:
    assert read("a: |\n  x\n  \ty\nb: 1").get("a").text == "x\n\ty\n"


def test_all_that_is_refused_in_one_file_is_told_at_once() -> None:
    assert [text for text, _ in found("a: *x\nb: &y 1\na: 2\n? [k]\n: 1\n")] == [
        "a.yaml:1:4: an alias (`*name`)",
        "a.yaml:2:4: an anchor (`&name`)",
        "a.yaml:3:1: repeated key `a`",
        "a.yaml:4:3: expected a key, found a list",
    ]


def test_deep_nesting_is_a_finding_and_no_crash() -> None:
    assert found("a: " + "[" * 5000)[0][0] == "a.yaml: nested too deeply"


def test_no_finding_shows_the_text_around_it() -> None:
    """A syntax error may stand beside a secret; PyYAML's own words quote the file."""
    for text in ("key: 'hunter2", "key: hunter2: x", "key: @hunter2", "key: [hunter2\nb: c"):
        assert "hunter2" not in str(found(text))


_WORDS = st.text("abcñđ 10:.,-_~", min_size=1, max_size=8).map(str.strip)
_SCALARS = st.one_of(
    _WORDS.filter(lambda word: word not in ("", "-", "~") and word[0] not in " -:.,~" and ": " not in word
                  and not word.endswith(":") and " #" not in word),
    _WORDS.map(lambda word: f"'{word}'"),
    _WORDS.map(lambda word: f'"{word}"'),
)  # fmt: skip


def _block(tree: object, indent: int) -> str:
    if isinstance(tree, dict):
        lines = [f"{' ' * indent}{key}:{_behind(value, indent)}" for key, value in tree.items()]
        return "\n".join(lines)
    assert isinstance(tree, list)
    return "\n".join(f"{' ' * indent}-{_behind(value, indent)}" for value in tree)


def _behind(value: object, indent: int) -> str:
    return f" {value}" if isinstance(value, str) else f"\n{_block(value, indent + 2)}"


def _scalars(value: Value) -> list[Scalar]:
    match value:
        case Scalar():
            return [value]
        case Sequence(items=items):
            return [scalar for item in items for scalar in _scalars(item)]
        case Table(entries=entries):
            return [scalar for e in entries for part in (e.key, e.value) for scalar in _scalars(part)]


_TREES = st.recursive(
    st.dictionaries(st.sampled_from(["alpha", "b", "đ", "22"]), _SCALARS, min_size=1),
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(["alpha", "b", "đ", "22"]), inner, min_size=1),
        st.lists(st.one_of(inner, _SCALARS), min_size=1, max_size=3).map(lambda items: {"items": items}),
    ),
    max_leaves=6,
)


@given(_TREES, st.sampled_from(["\n", "\r\n"]))
def test_the_place_of_every_scalar_points_at_its_text(tree: dict[str, object], newline: str) -> None:
    text = _block(tree, 0).replace("\n", newline)
    document = read_yaml(text.encode(), "a.yaml")
    assert document.top is not None, (text, document.findings)
    assert document.findings == ()
    lines = text.split(newline)
    for scalar in _scalars(document.top):
        place = scalar.text_place
        assert lines[place.line - 1][place.column - 1 :].startswith(scalar.text)
        start = lines[scalar.place.line - 1][scalar.place.column - 1 :]
        assert start.startswith(("'", '"') if scalar.quoted else scalar.text)


@given(st.text("ab\n\r", max_size=20), st.data())
def test_place_at_counts_every_kind_of_line_end_once(text: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(text)))
    if index and text[index - 1 : index + 1] == "\r\n":
        return  # inside a line end
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert place_at(text, index, "f") == Place("f", len(before), len(before[-1]) + 1)
