"""Which files a source means, and what makes it read them again."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from cdptool.errors import Place, SourceError
from cdptool.sources import expand, file_digest, inputs_of, mapping_digest
from tests.sources.project import CONTEXT, CRM, mapped


def test_globs_are_expanded_sorted_and_each_file_once(tmp_path: Path) -> None:
    project = tmp_path / "configs"
    project.mkdir()
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / name).write_text("x")
    spec = replace(CRM, files=("../*.csv", "../a.csv", str(tmp_path / "c.txt")))
    assert [Path(path).name for path in expand(spec, str(project))] == ["a.csv", "b.csv", "c.txt"]


def test_every_pattern_without_a_file_is_named(tmp_path: Path) -> None:
    spec = replace(CRM, files=("*.csv", "x.csv"), place=Place("sources.yaml", 3))
    with pytest.raises(SourceError) as caught:
        expand(spec, str(tmp_path))
    assert [str(finding) for finding in caught.value.findings] == [
        "sources.yaml:3: no file matches `*.csv`",
        "sources.yaml:3: no such file: `x.csv`",
    ]


def test_a_pattern_that_is_none_is_told(tmp_path: Path) -> None:
    """Python refuses it with an error of its own."""
    with pytest.raises(SourceError, match="no pattern for files"):
        expand(replace(CRM, files=("a**.csv",)), str(tmp_path))


def test_a_file_whose_name_is_no_text_is_told(tmp_path: Path) -> None:
    """Names in Latin-1 come out of old archives; no table can hold one, and it was a crash."""
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.csv")).write_text("x")
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    with pytest.raises(SourceError, match="is not UTF-8"):
        expand(CRM, str(tmp_path))


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert file_digest(str(tmp_path / "a")) == hashlib.sha256(b"abc").hexdigest()
    with pytest.raises(SourceError, match="no such file"):
        file_digest(str(tmp_path / "b"))


def test_the_mapping_digest_sees_what_is_declared_and_not_where() -> None:
    digest = mapping_digest(CRM, CONTEXT)
    assert digest == mapping_digest(replace(CRM, place=Place("x", 1), files=("other",)), CONTEXT)
    assert digest != mapping_digest(replace(CRM, columns=CRM.columns[:1]), CONTEXT)
    assert digest != mapping_digest(replace(CRM, at=mapped("at", "datetime", "t")), CONTEXT)
    assert digest != mapping_digest(CRM, replace(CONTEXT, tz="Europe/Paris"))


def test_a_pipe_is_no_file_and_says_how_it_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SourceError, match="a pipe or a device, not a file") as caught:
        expand(replace(CRM, files=("pipe.csv",)), str(tmp_path))
    assert 'files: "-"' in (caught.value.findings[0].hint or "")


@pytest.mark.parametrize("change", ["add", "rewrite", "remove"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, change: str) -> None:
    """Its digest would say that the new bytes were read before: they would be lost without a word."""
    path = tmp_path / "a.csv"
    path.write_text("id\n1\n")
    (file,) = inputs_of(replace(CRM, files=("a.csv",)), str(tmp_path))
    with pytest.raises(SourceError, match="the file changed while it was read"), file.unpacked(str(tmp_path)):
        if change == "remove":
            path.unlink()
        else:
            path.write_text("id\n1\n2\n" if change == "add" else "id\n9\n")
            os.utime(path, ns=(1, 1))


def test_a_file_that_is_declared_as_growing_may_grow(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,x\n1,2\n")
    (file,) = inputs_of(replace(CRM, files=("a.csv",), growing=True), str(tmp_path))
    with file.unpacked(str(tmp_path)), path.open("a") as more:
        more.write("2,3\n")
