"""
Files in a bucket: s3://, gs:// and az://, listed by glob and fetched to disk in parts, through pyarrow.

Whoever asks is known from the environment alone, in the ways that each store's own tools know: nothing of it is
declared, kept or shown. A file is fetched whole before it is read, so every format and packing works as it does
from a disk, and its digest is that of its bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cdptool.errors import Place, SourceError

_ADDRESS: Final = re.compile(r"(s3|gs|gcs|az|abfs|abfss)://([^/]+)/?(.*)\Z", re.DOTALL)
_WILD: Final = re.compile(r"[*?\[]")
_CHUNK: Final = 4 << 20
_CONNECT_SECONDS: Final = 15
_REQUEST_SECONDS: Final = 60
# (part of what a store says, what is wrong, what to do)
_REFUSALS: Final = (
    ("NO_SUCH_BUCKET", "there is no such bucket", "correct its name"),
    ("The specified bucket does not exist", "there is no such bucket", "correct its name"),
    ("ContainerNotFound", "there is no such container", "correct its name"),
    ("ACCESS_DENIED", "access denied", "let these credentials list and read the bucket"),
    ("AccessDenied", "access denied", "let these credentials list and read the bucket"),
    ("AuthorizationFailure", "access denied", "let these credentials list and read the container"),
    ("PermissionDenied", "access denied", "let these credentials list and read the bucket"),
    ("INVALID_ACCESS_KEY_ID", "the store does not know the key", "see the credentials in the environment"),
    ("SIGNATURE_DOES_NOT_MATCH", "the store does not take the key", "see the credentials in the environment"),
    ("redential", "no credentials, or none that the store takes", "set them in the environment"),
    ("curlCode: 7", "the store cannot be reached: connection refused", "check the endpoint in the environment"),
    ("curlCode: 6", "the store cannot be reached: its host is not known", "check the endpoint in the environment"),
    ("NETWORK_CONNECTION", "the store cannot be reached", "check the endpoint in the environment"),
    ("imeout", "no answer in time", "check the endpoint in the environment, and the network"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file in a bucket: its address as people write it, and what its store says of it."""

    address: str
    key: str  # bucket and path
    size: int
    modified_at: datetime | None


def is_remote(pattern: str) -> bool:
    """
    Whether a path of a source lies in a bucket.

    >>> [is_remote(path) for path in ("s3://shop/*.csv", "data/s3/*.csv")]
    [True, False]
    """
    return _ADDRESS.match(pattern) is not None


class Store:
    """The store that an address names, for as long as its files are listed and fetched."""

    def __init__(self, pattern: str, environment: Mapping[str, str], place: Place | None) -> None:
        found = _ADDRESS.match(pattern)
        assert found is not None, "only for remote patterns"
        self._scheme, self._bucket, self._path = found.groups()
        self._pattern, self._place = pattern, place
        with self._told():
            self._system = _system(self._scheme, self._bucket, environment)

    def files(self) -> tuple[RemoteFile, ...]:
        """
        The files that the pattern names, sorted by address; `/` at its end, or nothing, means a folder's own files.

        Raises:
            SourceError: The store refuses, or no file matches.
        """
        import pyarrow.fs as fs

        is_folder = not self._path or self._path.endswith("/")
        pattern = f"{self._path}*" if is_folder else self._path
        wild = _WILD.search(pattern)
        with self._told():
            if wild is None:
                found = self._system.get_file_info([f"{self._bucket}/{pattern}"])
            else:
                base = pattern[: wild.start()].rpartition("/")[0]
                deep = "/" in pattern[wild.start() :]
                where = f"{self._bucket}/{base}" if base else self._bucket
                found = self._system.get_file_info(
                    fs.FileSelector(where, recursive=deep, allow_not_found=True)
                )
        matches = glob_pattern(pattern).fullmatch
        kept = [
            RemoteFile(f"{self._scheme}://{one.path}", one.path, one.size or 0, one.mtime)
            for one in found
            if one.type == fs.FileType.File
            and matches(one.path.partition("/")[2])
            and not (is_folder and one.base_name.startswith("."))
        ]
        if not kept:
            problem = "no file matches" if wild else "no such file:"
            raise SourceError(f"{problem} `{self._pattern}`", place=self._place, hint="check bucket and path")
        return tuple(sorted(kept, key=lambda one: one.address))

    def fetch(self, file: RemoteFile, path: str) -> str:
        """
        Write the bytes of a file to a path, in parts; their SHA-256.

        Raises:
            SourceError: The store refuses, or breaks off.
        """
        digest = hashlib.sha256()
        with self._told(), self._system.open_input_stream(file.key) as stream, Path(path).open("wb") as out:
            while part := stream.read(_CHUNK):
                digest.update(part)
                out.write(part)
        return digest.hexdigest()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words what a store refuses: its own may hold more than a name."""
        import pyarrow as pa

        try:
            yield
        except (OSError, pa.ArrowException) as error:
            said = str(error)
            problem, hint = next(
                ((what, step) for part, what, step in _REFUSALS if part in said),
                ("the store refuses, or cannot be reached", "check bucket, path and credentials"),
            )
            raise SourceError(f"`{self._pattern}`: {problem}", place=self._place, hint=hint) from None


def glob_pattern(pattern: str) -> re.Pattern[str]:
    """
    A glob as an expression: `*` and `?` within a folder's name, `**` over folders.

    >>> [bool(glob_pattern("a/*.csv").fullmatch(path)) for path in ("a/b.csv", "a/b/c.csv", "a/.csv")]
    [True, False, True]
    >>> [bool(glob_pattern("a/**/*.csv").fullmatch(path)) for path in ("a/b.csv", "a/b/c.csv", "b.csv")]
    [True, True, False]
    """
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", pattern)
    made = [
        wild.get(part) or (part.replace("[!", "[^") if part[:1] == "[" and i % 2 else re.escape(part))
        for i, part in enumerate(parts)
    ]
    return re.compile("".join(made), re.DOTALL)


def _system(scheme: str, bucket: str, environment: Mapping[str, str]) -> Any:
    """The file system of a store, which finds the credentials itself."""
    import pyarrow.fs as fs

    said = environment.get
    if scheme == "s3":
        endpoint = said("AWS_ENDPOINT_URL_S3") or said("AWS_ENDPOINT_URL")
        region = said("AWS_REGION") or said("AWS_DEFAULT_REGION")
        if region is None and endpoint is None:
            region = fs.resolve_s3_region(bucket)
        return fs.S3FileSystem(
            region=region,
            endpoint_override=endpoint,
            anonymous=said("AWS_SKIP_SIGNATURE") == "true",
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=_REQUEST_SECONDS,
        )
    if scheme in ("gs", "gcs"):
        emulator = said("STORAGE_EMULATOR_HOST")
        kind, _, host = (emulator or "").rpartition("://")
        return fs.GcsFileSystem(
            anonymous=emulator is not None,
            endpoint_override=host or None,
            scheme=kind or ("http" if emulator else None),
            retry_time_limit=timedelta(seconds=_REQUEST_SECONDS),
        )
    return fs.AzureFileSystem(**_azure(environment))


def _azure(environment: Mapping[str, str]) -> dict[str, str]:
    """
    The account, and the key or signature where they are set; else Azure's own chain (log-in, managed identity).

    >>> sorted(_azure({"AZURE_STORAGE_CONNECTION_STRING": "AccountName=a;AccountKey=k=;BlobEndpoint=http://h:1/a"}))
    ['account_key', 'account_name', 'blob_storage_authority', 'blob_storage_scheme', 'dfs_storage_authority', 'dfs_storage_scheme']
    """
    said = environment.get
    parts = [part.partition("=") for part in (said("AZURE_STORAGE_CONNECTION_STRING") or "").split(";")]
    told = {key: value for key, _, value in parts}
    scheme, _, endpoint = told.get("BlobEndpoint", "").rpartition("://")
    authority = endpoint.partition("/")[0] if told.get("AccountName") and "/" in endpoint.rstrip("/") else ""
    given = {
        "account_name": told.get("AccountName")
        or said("AZURE_STORAGE_ACCOUNT")
        or said("AZURE_STORAGE_ACCOUNT_NAME"),
        "account_key": told.get("AccountKey")
        or said("AZURE_STORAGE_KEY")
        or said("AZURE_STORAGE_ACCOUNT_KEY"),
        "sas_token": told.get("SharedAccessSignature") or said("AZURE_STORAGE_SAS_TOKEN"),
        "blob_storage_authority": authority,
        "dfs_storage_authority": authority,
        "blob_storage_scheme": scheme if authority else None,
        "dfs_storage_scheme": scheme if authority else None,
    }
    if not given["account_name"]:
        raise OSError("no credentials: no account")
    return {key: value for key, value in given.items() if value}
