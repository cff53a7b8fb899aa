"""decisions.csv: what is read from it, and that no finding shows what stands in a cell."""

from __future__ import annotations

import pytest

from cdptool.config.judgements import read_judgements

HEADER = "left,right,judgement,who,when,why\n"


def found(text: str) -> list[tuple[str, str | None]]:
    result = read_judgements(text.encode(), "d.csv", ("crm", "till"))
    return [(str(each), each.hint) for each in result.findings]


@pytest.mark.parametrize(
    ("text", "finding", "hint"),
    [
        ("", "d.csv:1: an unknown header", "write `left,right,judgement,who,when,why`"),
        ("left;right\n", "d.csv:1: an unknown header", "write `left,right,judgement,who,when,why`"),
        (HEADER + "crm:1,crm:2,YES,,,", "d.csv:2: an unknown judgement", "one of `POSITIVE`, `NEGATIVE`, `UNSURE`"),
        (HEADER + "\n\nan@x.vn,crm:2,UNSURE,,,", "d.csv:4: `left` does not name a record", "write `source:source_key`"),
        (HEADER + "crm:1,crn:2,UNSURE,,,", "d.csv:2: `right` names a source that is not declared", "one of `crm`, `till`"),
        (HEADER + "crm:1,crm:1,UNSURE,,,", "d.csv:2: `left` and `right` are the same record", "judge two records"),
        (HEADER + "crm:1,crm:2,UNSURE", "d.csv:2: expected 6 fields, found 3", "put quotes around a text that holds a comma"),
        (HEADER + 'crm:1,crm:2,UNSURE,,,"a\nb', "d.csv:2: a quote in this line is not closed", "close it, or double it"),
        (
            HEADER + "crm:1,crm:2,POSITIVE,,,\ncrm:2,crm:1,NEGATIVE,,,",
            "d.csv:3: this pair is judged in two ways",
            "the other stands in line 2; keep one of them",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_line_and_a_hint(text: str, finding: str, hint: str) -> None:
    assert found(text) == [(finding, hint)]


def test_every_wrong_line_is_told_and_no_cell_is_shown() -> None:
    text = HEADER + "secret,crm:2,POSITIVE,,,\ncrm:1,secret:2,secret,,,\n"
    assert [line for line, _ in found(text)] == [
        "d.csv:2: `left` does not name a record",
        "d.csv:3: `right` names a source that is not declared",
        "d.csv:3: an unknown judgement",
    ]
    assert "secret" not in str(found(text))


def test_a_line_break_in_quotes_moves_the_lines_behind_it() -> None:
    text = HEADER + 'crm:1,crm:2,POSITIVE,,,"two\nlines"\ncrm:3,crm:4,unsure,,,\n'
    judged = read_judgements(text.encode(), "d.csv", None).judged
    assert [(each.judgement, each.place.line) for each in judged if each.place] == [
        ("POSITIVE", 2),
        ("UNSURE", 4),
    ]


def test_a_pair_judged_twice_alike_counts_once() -> None:
    text = HEADER + "crm:1,crm:2,POSITIVE,,,\ncrm:2,crm:1,POSITIVE,,,\n"
    assert len(read_judgements(text.encode(), "d.csv", ("crm",)).judged) == 1


def test_another_encoding_is_said_with_its_line() -> None:
    result = read_judgements((HEADER + "crm:é,").encode("latin-1"), "d.csv", None)
    assert [str(each) for each in result.findings] == ["d.csv:2: the file is not UTF-8"]
