"""`cdptool profile` reads what `ingest` reads, counts rows as the file does, and shows no personal value."""

from __future__ import annotations

import pytest

from cdptool.commands.profile import profile_files
from cdptool.errors import SourceError


def written(folder, text: str) -> str:
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def answer(path: str, *, show_values: bool = False):
    return profile_files((path,), lambda _: None, limit=20, show_values=show_values)


def people() -> list[str]:
    return [f"P{i:04d},lan{i}@hoasen.vn,{1 + i % 7}" for i in range(100)]


def test_rows_count_from_one_and_lines_with_the_header(tmp_path):
    rows = people()
    rows[9] = "P0009,lan9hoasen.vn,3"
    report = answer(written(tmp_path, "\n".join(["id,email,visits", *rows])))
    (finding,) = report.data["findings"]
    assert (finding["kind"], finding["columns"], finding["rows"], finding["count"]) == (
        "malformed",
        ["email"],
        [10],
        1,
    )
    assert any("people.csv:11" in line for line in report.lines)


def test_a_record_of_another_width_is_told_and_keeps_its_number(tmp_path):
    rows = people()
    rows[4] = "P0004,lan4@hoasen.vn,extra,3"
    rows[9] = "P0009,lan9hoasen.vn,3"
    report = answer(written(tmp_path, "\n".join(["id,email,visits", *rows])))
    assert {(f["kind"], tuple(f["rows"])) for f in report.data["findings"]} == {
        ("malformed", (10,)),
        ("shifted_columns", (5,)),
    }


def test_no_personal_value_is_shown_unless_asked(tmp_path):
    rows = people()
    rows[9] = "P0009,secret.person,3"
    path = written(tmp_path, "\n".join(["id,email,visits", *rows]))
    assert "secret" not in str(answer(path))
    assert "secret.person" in str(answer(path, show_values=True))


def test_the_text_is_at_most_80_letters_wide(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "\n".join(["id,email,a very long heading that nobody should ever write", *people()]))
    assert max(len(line) for line in answer("people.csv").lines) <= 80


def test_a_missing_file_is_a_source_error():
    with pytest.raises(SourceError):
        answer("nowhere.csv")


def test_a_list_of_one_column_needs_no_delimiter(tmp_path):
    rows = [row.split(",")[1] for row in people()]
    rows[9] = "lan9hoasen.vn"
    report = answer(written(tmp_path, "\n".join(["email", *rows])))
    assert [finding["rows"] for finding in report.data["findings"]] == [[10]]
