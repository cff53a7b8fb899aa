"""
Sources: declared files become canonical rows with provenance, or are quarantined with a reason.

The steps: open (bytes → text), sniff (delimiter, header), read blocks (CSV, JSON, Parquet or Arrow), map (field types),
identify, account, stage. `read_file` is all of them for one file.
"""

from __future__ import annotations

from cdptool.sources.files import expand, file_digest, mapping_digest, mapping_text
from cdptool.sources.inputs import InputFile, inputs_of, reads_stdin
from cdptool.sources.queries import Fetched, fetch, query_name
from cdptool.sources.reading import read_file
from cdptool.sources.spec import (
    Dialect,
    FileResult,
    Known,
    Mapped,
    ReadContext,
    SourceSpec,
    StagedFile,
)

__all__ = [
    "Dialect",
    "Fetched",
    "FileResult",
    "InputFile",
    "Known",
    "Mapped",
    "ReadContext",
    "SourceSpec",
    "StagedFile",
    "expand",
    "fetch",
    "file_digest",
    "inputs_of",
    "mapping_digest",
    "mapping_text",
    "query_name",
    "read_file",
    "reads_stdin",
]
