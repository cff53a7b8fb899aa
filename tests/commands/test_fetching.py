"""Files in a bucket are read like any others: by glob, packed or not, each once, and never fetched for nothing."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import polars as pl
import pyarrow as pa
import pyarrow.fs as fs
import pytest

from cdptool.commands.ingest import ingest_files
from cdptool.commands.session import Settings
from cdptool.errors import SourceError
from cdptool.sources.remote import Store
from tests.services import service

PROJECT = """\
version: 1
name: shop
tz: UTC
currency: EUR
fields: {customer_id: identifier, email: email}
streams: {order: {columns: {order_id: identifier, total: money}}}
sources:
  shop:
    files: FILES
    feeds: {stream: order}
    at: time
    identifiers: {customer_id: customer}
    columns: {order_id: order, total: {column: total, required: true}}
    max_quarantined: 100%
"""
HEADER = "order,time,customer,total\n"


class Bucket:
    """A bucket of its own on the S3 server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        how = service("s3")
        self.name, self.secret = f"b{uuid4().hex[:12]}", how["password"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", how["user"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", self.secret)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{how['host']}:{how['port']}")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        self.system = fs.S3FileSystem(
            access_key=how["user"],
            secret_key=self.secret,
            endpoint_override=f"http://{how['host']}:{how['port']}",
            region="us-east-1",
            allow_bucket_creation=True,
        )
        self.system.create_dir(self.name)

    def put(self, path: str, body: bytes) -> None:
        with self.system.open_output_stream(f"{self.name}/{path}") as out:
            out.write(body)


@pytest.fixture
def bucket(monkeypatch):
    """A fresh bucket, with the environment that leads to it."""
    return Bucket(monkeypatch)


@pytest.fixture
def fetched(monkeypatch):
    """The names of what is fetched, in order; and every file counts as changed long ago."""
    names: list[str] = []
    fetch = Store.fetch

    def counted(store: Store, file, path):
        names.append(file.address.rpartition("/")[2])
        return fetch(store, file, path)

    monkeypatch.setattr(Store, "fetch", counted)
    monkeypatch.setattr("cdptool.commands.fetching._SETTLED", timedelta(seconds=-5))
    return names


def project(folder: Path, files: str) -> Settings:
    (folder / "project.yaml").write_text(PROJECT.replace("FILES", files))
    return Settings(folder)


def ingest(settings: Settings) -> tuple[int, int, int]:
    """How many files were read, how many rows, and how many of them are in quarantine."""
    data = ingest_files(settings, (), lambda _: None).data
    assert data["rows_read"] == data["rows_accepted"] + data["rows_duplicate"] + data["rows_quarantined"]
    return data["files"], data["rows_read"], data["rows_quarantined"]


def orders(*numbers: int) -> bytes:
    return HEADER.encode() + b"".join(f"{n},2026-01-0{n},00{n},{n}.10\n".encode() for n in numbers)


def test_files_of_every_packing_are_read_once(bucket, fetched, tmp_path):
    """CSV plain, gzip, Zstandard and zip, and Parquet: as from a disk; the second time none is even fetched."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.csv", orders(4))
    parquet = io.BytesIO()
    pl.DataFrame({"order": ["5"], "time": ["2026-01-05"], "customer": ["005"], "total": [5.1]}).write_parquet(
        parquet
    )
    bucket.put("in/1.csv", orders(1) + b"9,2026-01-09,009,much\n")
    bucket.put("in/2.csv.gz", gzip.compress(orders(2)))
    bucket.put("in/3.csv.zst", pa.compress(orders(3), codec="zstd", asbytes=True))
    bucket.put("in/4.zip", packed.getvalue())
    bucket.put("in/5.parquet", parquet.getvalue())
    bucket.put("in/deep/6.csv", orders(6))
    settings = project(tmp_path, f"s3://{bucket.name}/in/*")
    assert ingest(settings) == (5, 6, 1)
    assert fetched == ["1.csv", "2.csv.gz", "3.csv.zst", "4.zip", "5.parquet"]
    fetched.clear()
    assert ingest(settings) == (0, 0, 0)
    assert fetched == []
    settings = project(tmp_path, f"s3://{bucket.name}/in/**/*.csv")
    assert ingest(settings) == (1, 1, 0)
    assert fetched == ["6.csv"]
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert f"s3://{bucket.name}/in/1.csv".encode() in held
    assert bucket.secret.encode() not in held


def test_a_file_that_changed_or_was_copied_is_known_by_its_content(bucket, fetched, tmp_path):
    """Another size or time: fetched; the same bytes under another name: fetched, and not read."""
    bucket.put("1.csv", orders(1))
    settings = project(tmp_path, f"s3://{bucket.name}/")
    assert ingest(settings) == (1, 1, 0)
    bucket.put("1.csv", orders(1, 2))
    assert ingest(settings) == (1, 1, 0)  # it grew: what was read is not read again
    bucket.put("2.csv", orders(1, 2))
    assert ingest(settings) == (0, 0, 0)
    assert fetched == ["1.csv", "1.csv", "2.csv"]
    assert ingest(settings) == (0, 0, 0)
    assert len(fetched) == 3


def test_a_file_that_may_have_changed_unseen_is_fetched_again(bucket, fetched, tmp_path, monkeypatch):
    """A store tells times by the second: one that changed a moment ago is not trusted."""
    monkeypatch.setattr("cdptool.commands.fetching._SETTLED", timedelta(minutes=1))
    bucket.put("1.csv", orders(1))
    settings = project(tmp_path, f"s3://{bucket.name}/1.csv")
    assert ingest(settings) == (1, 1, 0)
    bucket.put("1.csv", orders(2))
    assert ingest(settings) == (1, 1, 0)
    assert fetched == ["1.csv", "1.csv"]


def refusal(settings: Settings) -> str:
    with pytest.raises(SourceError) as caught:
        ingest(settings)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return f"{caught.value} {caught.value.findings[0].hint}"


def test_what_a_store_refuses_is_said(bucket, tmp_path, monkeypatch):
    """No file, no bucket, no server: the pattern, what is wrong, and no secret."""
    told = [refusal(project(tmp_path, f"s3://{bucket.name}/*.csv"))]
    assert "no file matches `s3://" in told[-1]
    told.append(refusal(project(tmp_path, f"s3://{bucket.name}/x.csv")))
    assert "no such file: `s3://" in told[-1]
    told.append(refusal(project(tmp_path, "s3://no-such-bucket-here/x/*.csv")))
    assert "no such bucket" in told[-1] or "no file matches" in told[-1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    told.append(refusal(project(tmp_path, f"s3://{bucket.name}/x.csv")))
    assert "cannot be reached" in told[-1]
    assert not [one for one in told if bucket.secret in one]
    for name in ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME"):
        monkeypatch.delenv(name, raising=False)
    assert "no credentials" in refusal(project(tmp_path, "az://box/x.csv"))


def test_files_of_google_s_store_are_read_like_those_of_amazon_s(fetched, tmp_path, monkeypatch):
    """The same globs, the same account, nothing fetched twice."""
    how, folder = service("gcs"), f"f{uuid4().hex[:8]}"
    host = f"{how['host']}:{how['port']}"
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{host}")
    system = fs.GcsFileSystem(anonymous=True, endpoint_override=host, scheme="http")
    for name, body in (("1.csv", orders(1)), ("2.csv.gz", gzip.compress(orders(2))), ("in/3.csv", orders(3))):
        with system.open_output_stream(f"shop/{folder}/{name}") as out:
            out.write(body)
    assert ingest(project(tmp_path, f"gs://shop/{folder}/*")) == (2, 2, 0)
    assert ingest(project(tmp_path, f"gs://shop/{folder}/**/*.csv")) == (1, 1, 0)
    assert fetched == ["1.csv", "2.csv.gz", "3.csv"]
    assert "no file matches" in refusal(project(tmp_path, f"gs://shop/{folder}/*.parquet"))
