"""Arrow files, folders, zip archives and pipes: what they hold is read as if it lay there plainly."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from cdptool.errors import Place, SourceError
from cdptool.sources import Dialect, expand, inputs_of
from tests.sources.project import CRM, read, read_path

PEOPLE = pl.DataFrame(
    {
        "id": ["007", "Trần", None],
        "email": pl.Series(["an@example.com", "b@example.com", None], dtype=pl.Categorical),
        "other": [[1], [2], None],
    }
)
CSV = b"id,email\n007,a@example.com\n"


def arrow_bytes(frame: pl.DataFrame = PEOPLE, *, is_stream: bool = False, **options: object) -> bytes:
    buffer = io.BytesIO()
    (frame.write_ipc_stream if is_stream else frame.write_ipc)(buffer, **options)
    return buffer.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("compression", ["uncompressed", "zstd", "lz4"])
@pytest.mark.parametrize("declared", [None, "arrow"])
def test_arrow_files_and_streams_are_read_like_parquet(
    tmp_path: Path, is_stream: bool, compression: str, declared: str | None
) -> None:
    data = arrow_bytes(is_stream=is_stream, compression=compression)
    found = read(tmp_path, data, replace(CRM, dialect=Dialect(format=declared)))
    assert found.counts == (3, 2, 0, 1)
    assert found.tables["records"].select("source_key", "email", "row").rows() == [
        ("007", "an@example.com", 1),
        ("Trần", "b@example.com", 2),
    ]
    assert found.notes == ("arrow stream" if is_stream else "arrow",)


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.9, 0.99])
def test_a_truncated_arrow_file_is_refused_whole(tmp_path: Path, is_stream: bool, share: float) -> None:
    data = arrow_bytes(is_stream=is_stream)
    with pytest.raises(SourceError) as caught:
        read(tmp_path, data[: int(len(data) * share)], CRM)
    assert caught.value.findings[0].problem == "the Arrow file is damaged or truncated"
    assert not list((tmp_path / "staging").iterdir())


def test_a_stream_cut_between_two_batches_is_refused(tmp_path: Path) -> None:
    """Readers take such an end for the end."""
    buffer = io.BytesIO()
    batch = pa.record_batch({"id": ["1"], "email": ["an@example.com"]})
    with pa.ipc.new_stream(buffer, batch.schema) as writer:
        writer.write_batch(batch)
        written = buffer.tell()
        writer.write_batch(batch)
    with pytest.raises(SourceError, match="the Arrow file is damaged or truncated"):
        read(tmp_path, buffer.getvalue()[:written], CRM)


def test_a_nested_column_is_refused_only_where_it_is_mapped(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="column `other` hold lists or structs"):
        read(tmp_path, arrow_bytes(), replace(CRM, key=("other",)))


@pytest.mark.parametrize(
    ("data", "declared", "problem"),
    [
        (CSV, "arrow", "not an Arrow file"),
        (arrow_bytes(), "parquet", "not a Parquet file"),
        (arrow_bytes(), "csv", "declared as csv, but it is an Arrow file"),
        (b"FEA1" + b"\0" * 50, None, "not a text file: a Feather file of version 1"),
    ],
)
def test_a_format_that_is_not_what_was_declared_is_refused(
    tmp_path: Path, data: bytes, declared: str | None, problem: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, data, replace(CRM, dialect=Dialect(format=declared)))
    assert caught.value.findings[0].problem == problem
    assert caught.value.findings[0].hint


def test_a_folder_means_its_files_that_are_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "exports" / "deeper").mkdir(parents=True)
    for name in ("b.csv", "a.csv", ".hidden", "deeper/c.csv"):
        (tmp_path / "exports" / name).write_bytes(CSV)
    spec = replace(CRM, files=("exports/", "-"))
    assert [Path(path).name for path in expand(spec, str(tmp_path))] == ["a.csv", "b.csv"]
    (tmp_path / "none").mkdir()
    with pytest.raises(SourceError, match="there is no file in the folder `none`"):
        expand(replace(CRM, files=("none",)), str(tmp_path))


def test_each_file_of_an_archive_is_an_input_of_its_own(tmp_path: Path) -> None:
    data = zipped({"may/b.csv": CSV, "a.arrow": arrow_bytes(), "__MACOSX/x": b"x", ".DS_Store": b"x"})
    (tmp_path / "orders.zip").write_bytes(data)
    (tmp_path / "plain.csv").write_bytes(CSV)
    found = inputs_of(replace(CRM, files=("*",)), str(tmp_path))
    assert [file.shown for file in found] == ["orders.zip/a.arrow", "orders.zip/may/b.csv", "plain.csv"]
    assert found[1].digest() == found[2].digest() != found[0].digest()
    (tmp_path / "unpacked").mkdir()
    with found[0].unpacked(str(tmp_path / "unpacked")) as path:
        assert read_path(tmp_path, Path(path), CRM).counts == (3, 2, 0, 1)
    assert not list((tmp_path / "unpacked").iterdir())


def _encrypted() -> bytes:
    data = bytearray(zipped({"a": CSV}))
    data[6] |= 1  # the flag of the member, and in the directory at the end
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _garbled() -> bytes:
    data = bytearray(zipped({"a": CSV * 50}))
    data[60] ^= 255
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (zipped({}), "the zip archive holds no file"),
        (zipped({"__MACOSX/x": b"x"}), "the zip archive holds no file"),
        (_encrypted(), "the zip archive is encrypted"),
        (zipped({"a": CSV})[:-10], "the zip archive is damaged or truncated"),
        (zipped({"a": CSV * 999})[:60], "the zip archive is damaged or truncated"),
        (_garbled(), "the zip archive is damaged or truncated"),
    ],
    ids=("no member", "hidden members only", "encrypted", "without its end", "half", "garbled"),
)
def test_an_archive_that_cannot_be_unpacked_is_refused(tmp_path: Path, data: bytes, problem: str) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(SourceError) as caught:
        [file.digest() for file in inputs_of(replace(CRM, files=("a.zip",)), str(tmp_path))]
    assert caught.value.findings[0].problem == problem
    assert caught.value.findings[0].place in (Place("a.zip"), Place("a.zip/a"))
    assert caught.value.findings[0].hint


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a text file: a zip archive"):
        read(tmp_path, zipped({"a": CSV}), CRM)


def test_a_column_name_that_is_no_text_is_damage(tmp_path: Path) -> None:
    """It was a bug in cdptool; pyarrow decodes the names only when it is asked for them."""
    table = pa.table({"identity": ["1"], "x": ["2"]})
    for kind, write in (("arrow", feather.write_feather), ("parquet", pq.write_table)):
        path = tmp_path / f"x.{kind}"
        write(table, path)
        path.write_bytes(path.read_bytes().replace(b"identity", b"\xc5dentity"))
        with pytest.raises(SourceError, match="damaged or truncated"):
            read_path(tmp_path, path, CRM)
