"""NDJSON and JSON documents: texts as written, every record accounted for, damaged files refused whole."""

from __future__ import annotations

import gzip
import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from cdptool.errors import Place, SourceError
from cdptool.sources import Dialect
from cdptool.sources.blocks import open_source
from tests.sources.project import CRM, STOCK, mapped, read

ROUNDS = int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))


@pytest.fixture(params=[0, 1 << 30], ids=["at once", "one by one"], autouse=True)
def _least(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test with the fast path, and without it."""
    monkeypatch.setattr("cdptool.sources.json_vectors.LEAST", request.param)


PEOPLE = '{"id": "A", "email": "a@example.com"}\n{"id": "Trần", "email": "b@example.com"}\n'
KEYED = replace(CRM, columns=(mapped("customer_id", "identifier", "id"),))


def cells(
    folder: Path, data: str | bytes, *names: str, block: int = 8 << 20, **dialect: object
) -> list[tuple[object, ...]]:
    """The texts of these columns, before any field type has seen them."""
    path = folder / "file"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    source = open_source(str(path), Dialect(**dialect), Place("file"), block=block, wanted=names)
    positions = tuple(str(source.names.index(name)) for name in names)
    return [row for found in source.blocks(positions) for row in found.frame.iter_rows()]


@pytest.mark.parametrize(
    "written",
    [
        "1234567890123456789",
        "99999999999999999999999",
        "1e5",
        "1e400",
        "0.10",
        "-0",
        "-0.0",
        "1E+2",
        "NaN",
        "007",
        "NULL",
        "00:00",
        "+84901234567",
    ],
)
@pytest.mark.parametrize("form", ["{%s}\n{%s}\n", "[{%s}, {%s}]", '{"data": [{%s},\n{%s}\n]}'])
def test_texts_and_numbers_arrive_as_written(tmp_path: Path, written: str, form: str) -> None:
    """No number goes through a float: what cannot be a number in JSON is a string there."""
    is_number = written[0] in "-123456789" or written in ("0.10", "NaN")
    member = f'"v": {written}' if is_number else f'"v": "{written}"'
    assert cells(tmp_path, form % (member, member), "v") == [(written,), (written,)]


def test_nested_fields_are_columns_by_path_and_wholes_are_json(tmp_path: Path) -> None:
    row = (
        '{"customer": {"email": "x", "ids": [1.50, "é"]}, "lines": [{"sku": "A"}, {"sku": "B"}], "ok": true}'
    )
    names = (
        "customer.email",
        "lines[0].sku",
        "lines[1].sku",
        "lines[2].sku",
        "customer",
        "ok",
        "customer.ids[0]",
    )
    assert cells(tmp_path, row + "\n" + row, *names)[0] == (
        "x", "A", "B", None, '{"email":"x","ids":[1.50,"é"]}', "true", "1.50",
    )  # fmt: skip


def test_a_key_spelt_like_a_path_wins_over_the_path(tmp_path: Path) -> None:
    assert cells(tmp_path, '{"a.b": "1", "a": {"b": "2"}}\n{"a": {"b": "2"}}\n', "a.b") == [("1",), ("2",)]


def test_a_missing_key_is_null_like_a_null(tmp_path: Path) -> None:
    text = '{"id": 1, "c": null}\n{"id": 2}\n{"id": 3, "c": {"e": "x"}}\n{"id": 4, "c": 5}\n'
    assert cells(tmp_path, text, "id", "c.e") == [("1", None), ("2", None), ("3", "x"), ("4", None)]


def test_a_column_that_no_record_has_is_missing_unless_the_source_is_sparse(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="column `email` is missing: no record has it") as caught:
        read(tmp_path, '{"id": "1", "e_mail": "x"}\n', CRM)
    assert caught.value.findings[0].hint == "did you mean `e_mail`?"
    assert not list((tmp_path / "staging").iterdir())
    found = read(tmp_path, '{"id": "1"}\n', replace(CRM, dialect=Dialect(sparse=True)))
    assert found.counts == (1, 1, 0, 0)


def test_each_line_that_is_no_clear_object_is_quarantined_as_it_stood(tmp_path: Path) -> None:
    lines = [b'{"id": 1}', b"", b"[1]", b'{"id": 2', b'{"id": 3, "id": 4}', b'{"id": "\xff"}', b'{"id": "\\ud800"}',
             b'{"id": {"a": 1, "a": 2}}', b'{"id": "\0"}', b" \t", b'{"id": 5} {"id": 6}', b"null", b'{"id": 01}',
             b'{"id": ' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"id": 7}\r']  # fmt: skip
    found = read(tmp_path, b"\n".join(lines) + b"\n", replace(KEYED, dialect=Dialect(format="ndjson")))
    assert found.counts == (13, 2, 0, 11)
    assert found.result.file["blank_lines"].to_list() == [2]
    assert found.tables["records"]["row"].to_list() == [1, 15]
    quarantine = found.tables["quarantine"].sort("row")
    assert quarantine.select("row", "reason").rows() == [
        (3, "no JSON object"),
        (4, "not valid JSON"),
        (5, "an object repeats a key"),
        (6, "not UTF-8 (byte 0xff)"),
        (7, "half of a surrogate pair"),
        (8, "an object repeats a key"),
        (9, "not valid JSON"),
        (11, "not valid JSON"),
        (12, "no JSON object"),
        (13, "not valid JSON"),
        (14, "nested too deeply"),
    ]
    assert quarantine["raw"].to_list() == [lines[row - 1] for row in quarantine["row"]]


def test_a_row_that_its_mapping_refuses_keeps_its_json(tmp_path: Path) -> None:
    found = read(tmp_path, '{"sku": "A", "name": "x"}\n{"sku": null, "name": "y"}\n', STOCK)
    assert found.counts == (2, 1, 0, 1)
    assert found.tables["quarantine"]["raw"].to_list() == [b'{"sku": null, "name": "y"}']


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        (PEOPLE, {}),
        ("\ufeff" + PEOPLE, {}),
        (PEOPLE.encode("utf-16"), {}),
        (gzip.compress(PEOPLE.encode(), mtime=0), {}),
        (PEOPLE.replace("\n", "\r\n"), {}),
        (PEOPLE.strip(), {}),
        ("[" + PEOPLE.strip().replace("\n", ",") + "]", {}),
        (' [\n' + PEOPLE.strip().replace("\n", ",\n") + "\n]\n", {}),
        ('{"n": 2, "data": [' + PEOPLE.strip().replace("\n", ",") + '], "next": null}', {}),
        ('{"data":\n[\n' + PEOPLE.strip().replace("\n", ",\n") + "\n]}", {}),
        ('{"a": {"b": [' + PEOPLE.strip().replace("\n", ",") + ']}, "c": [{"id": 1}]}', {"records": "a.b"}),
        (json.dumps({"people": [json.loads(line) for line in PEOPLE.splitlines()]}, indent=2), {}),
    ],
)  # fmt: skip
def test_the_content_says_which_json_it_is(
    tmp_path: Path, text: str | bytes, dialect: dict[str, str]
) -> None:
    found = read(tmp_path, text, replace(CRM, dialect=Dialect(**dialect)))
    assert found.tables["records"]["source_key"].to_list() == ["A", "Trần"]


def test_one_record_that_holds_a_list_of_objects_is_one_row(tmp_path: Path) -> None:
    """On one line it looks like a document around records: the declared columns tell."""
    assert cells(tmp_path, '{"id": 7, "lines": [{"sku": "A"}, {"sku": "B"}]}\n', "id", "lines[1].sku") == [
        ("7", "B")
    ]


def test_elements_that_are_no_objects_are_quarantined_by_their_number(tmp_path: Path) -> None:
    spec = replace(KEYED, dialect=Dialect(format="json"))
    found = read(tmp_path, '[{"id": 1}, 12, {"id": 2, "id": 3}, {"id": 4}]', spec)
    assert found.counts == (4, 2, 0, 2)
    assert found.tables["quarantine"].select("row", "reason", "raw").rows() == [
        (2, "no JSON object", b"12"),
        (3, "an object repeats a key", b'{"id": 2, "id": 3}'),
    ]


@pytest.mark.parametrize(
    ("text", "dialect", "problem"),
    [
        ('[{"id": 1}, {"id": 2', {}, "the file is truncated: the JSON document breaks off"),
        ('[{"id": 1}, {"id": 2}', {}, "the file is truncated: the JSON document breaks off"),
        ('[{"id": 1}, {"id": "2', {}, "the file is truncated: the JSON document breaks off"),
        ('{"data": [{"id": 1}]', {"format": "json"}, "the file is truncated: the JSON document breaks off"),
        ('{"id": 1}\n{"id": 2}\n{"id": ', {}, "the file is truncated: its last line breaks off"),
        ('[{"id": 1} {"id": 2}]' + " " * 99, {}, "not valid JSON"),
        ('[{"id": 1}] x', {}, "there is text after the end of the JSON document"),
        ('{"a": [{"id": 1}], "b": [{"id": 2}]}', {}, "the document holds several arrays of records"),
        ('{\n"id": 1\n}', {}, "the JSON document has no array of records"),
        ('{"a": [{"id": 1}]}', {"records": "b"}, "the JSON document has no array of records at `b`"),
    ],
)
def test_a_damaged_document_is_refused_whole(
    tmp_path: Path, text: str, dialect: dict[str, str], problem: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, text, replace(KEYED, dialect=Dialect(**dialect)))
    assert caught.value.findings[0].problem == problem
    assert caught.value.findings[0].hint
    staging = tmp_path / "staging"
    assert not staging.exists() or not list(staging.iterdir())


def _written(chance: random.Random, depth: int = 0) -> str:
    kind = chance.randrange(9 if depth < 2 else 7)
    if kind == 7:
        return "[" + ", ".join(_written(chance, depth + 1) for _ in range(chance.randrange(3))) + "]"
    if kind == 8:
        return (
            "{" + ", ".join(f'"{key}":{_written(chance, depth + 1)}' for key in chance.sample("abc", 2)) + "}"
        )
    plain = (
        "null",
        "true",
        '"x"',
        '"é\\n\\u00e9\\" ü"',
        "12345678901234567890",
        "-0.50e3",
        '"a, 1 {} [2] -3"',
    )
    return plain[kind]


def _oracle(value: object) -> str | None:
    """The text of a value, the slow and obvious way: numbers were kept by `Decimal`-free hooks as tuples."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return str(value[0])
    if isinstance(value, list):
        return "[" + ",".join(_whole(each) for each in value) + "]"
    assert isinstance(value, dict)
    return "{" + ",".join(f"{json.dumps(key)}:{_whole(each)}" for key, each in value.items()) + "}"


def _whole(value: object) -> str:
    if value is None:
        return "null"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(_oracle(value))


@pytest.mark.parametrize("seed", range(5 * ROUNDS))
@pytest.mark.parametrize("form", ["ndjson", "json"])
@pytest.mark.parametrize("block", [64, 2_000, 8 << 20])
def test_random_records_equal_the_oracle(tmp_path: Path, seed: int, form: str, block: int) -> None:
    chance = random.Random(seed)
    rows = [
        "{" + ", ".join(f'"{key}" : {_written(chance)}' for key in "pqrs" if chance.random() < 0.8) + "}"
        for _ in range(chance.choice((3, 60, 400)))
    ]
    text = "\n".join(rows) + "\n" if form == "ndjson" else "[" + ",\n".join(rows) + "]"
    parsed = [json.loads(row, parse_int=_in_a_tuple, parse_float=_in_a_tuple) for row in rows]
    expected = [tuple(_oracle(row.get(name)) for name in "pqrs") for row in parsed]
    assert cells(tmp_path, text, *"pqrs", block=block, format=form, sparse=True) == expected


def _in_a_tuple(number: str) -> tuple[str]:
    return (number,)


FAULTS = ('{"p": -}', '{5: "p"}', '{true: 1}', '{"p": 01}', '{"p": "x}', '{"p": 1.}', '{"p": tru}', '{"p": 1, "p": 2}', '{"p": "\\ud800"}',
          '{"p": [{"q": 1, "q": 2}]}', '{"p" 1}', '{"p": 1}{"p": 2}', '{"p": "a\\5"}', '[1]', '{"p": 1', '{"p": "\t"}', '{"p": +1}')  # fmt: skip


@pytest.mark.parametrize("seed", range(10 * ROUNDS))
def test_faulty_lines_are_set_aside_the_same_at_once_and_one_by_one(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    days = ('"2026-01-02"', '"2026-01-02T03:04:05Z"', "NaN", '{"x": "2026-01-02", "y": null}', "[]", "-0.10")
    rows = [
        "{" + ", ".join(f'"{key}": {chance.choice((_written(chance), *days))}' for key in "pqr") + "}"
        if chance.random() > 0.02 else chance.choice((*FAULTS, "", " "))
        for _ in range(300)
    ]  # fmt: skip
    path = tmp_path / "file"
    path.write_text("\n".join(rows) + "\n")
    found = []
    for least in (0, 1 << 30):
        monkeypatch.setattr("cdptool.sources.json_vectors.LEAST", least)
        monkeypatch.setattr("cdptool.sources.json_vectors._MOST_STUMBLES", 1000)
        names = ("p", "q", "r", "p.x", "q[0]", "p[0].q", "r.y")
        source = open_source(str(path), Dialect(format="ndjson", sparse=True), Place("file"), wanted=names)
        blocks = list(source.blocks(tuple(str(source.names.index(name)) for name in names)))
        found.append(
            [
                (
                    block.frame.rows(),
                    block.lines.tolist(),
                    block.rejected,
                    block.n_blank,
                    [block.raw(i) for i in range(len(block.lines))] if block.raw else None,
                )
                for block in blocks
            ]
        )
    assert found[0] == found[1]


def test_a_name_in_another_encoding_is_no_column(tmp_path: Path) -> None:
    """As a column it could not even be written down: bytes set their record aside, half a surrogate is passed over."""
    text = b'{"id": "1", "caf\xe9": 1}\n{"id": "2", "\\ud800": 1}\n{"id": "3"}\n'
    found = read(tmp_path, text, replace(KEYED, key=()), name="x.ndjson")
    assert found.counts == (3, 2, 0, 1)
