"""Files that grew since they were read: what of them is new, and how the account of the file goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from cdptool.sources import FileResult, InputFile, ReadContext, SourceSpec
from cdptool.sources.grown import ReadBefore, prefixes, reads_on
from cdptool.sources.inputs import SHOWN_STDIN
from cdptool.sources.spec import Part
from cdptool.tables import FILES, QUARANTINE
from cdptool.workspace import Snapshot, Transaction

_SUMMED: Final = (
    *("rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined", "rows_excluded"),
    *("rows_corrected", "rows_late", "blank_lines"),
)


@dataclass(frozen=True, slots=True)
class Growth:
    """
    A file that begins with what was read of it before.

    `account` is its row of `files`. `part` is what is new; None = it is read as a whole, in the place of what it brought.
    """

    account: Mapping[str, Any]
    part: Part | None

    def context(self, context: ReadContext, end: int | None) -> ReadContext:
        """The context for reading what is new of the file, under the id that it had."""
        part = Part(end=end) if self.part is None else replace(self.part, end=end)
        return replace(context, file_id=self.account["file_id"], part=part)


def growths(
    snapshot: Snapshot, spec: SourceSpec, mapping: str, fresh: Mapping[str, InputFile]
) -> dict[str, Growth]:
    """
    Which of the new files of a source grew, by digest.

    Args:
        snapshot: What was read before.
        spec: The source. Tables, where a later row replaces an earlier one, and answers of queries are read whole.
        mapping: The digest of how the source is mapped today.
        fresh: The files that were not read as they are now, by digest.

    Raises:
        SourceError: A file cannot be read.
    """
    paths = {file.shown: digest for digest, file in fresh.items() if _may_grow(file)}
    if spec.feeds == "table" or spec.query is not None or not paths:
        return {}
    is_mine = (pl.col("source") == spec.name) & pl.col("path").is_in(list(paths)) & (pl.col("bytes") > 0)
    accounts = snapshot.scan("files", FILES).filter(is_mine).collect()
    found = {}
    for (path,), rows in accounts.group_by("path"):
        digest = paths[str(path)]
        growth = _growth(snapshot, spec, mapping, fresh[digest], rows)
        if growth is not None:
            found[digest] = growth
    return found


def _may_grow(file: InputFile) -> bool:
    return file.member is None and file.shown != SHOWN_STDIN


def _growth(
    snapshot: Snapshot, spec: SourceSpec, mapping: str, file: InputFile, accounts: pl.DataFrame
) -> Growth | None:
    """How a file grew since the latest of these accounts that it begins with; None where it begins with none."""
    begins = prefixes(file.path, accounts["bytes"].to_list(), file.place)
    for account in accounts.sort("bytes", descending=True).iter_rows(named=True):
        begin = begins.get(account["bytes"])
        if begin is None or begin.digest != account["digest"]:
            continue
        before = ReadBefore(account["dialect"], account["raw_form"])
        is_readable = (
            begin.ends_line
            and account["mapping"] == mapping
            and not _refuses(spec)
            and not _is_open(snapshot, account["file_id"])
            and reads_on(file.path, spec, before, file.place)
        )
        counts = (account["rows_read"], account["rows_quarantined"])
        part = Part(account["bytes"], begin.n_lines, file.end, *counts) if is_readable else None
        return Growth(account, part)
    return None


def _refuses(spec: SourceSpec) -> bool:
    """Whether which of two rows is refused depends on all of the file."""
    return spec.corrections is not None and spec.corrections.keep == "refuse"


def _is_open(snapshot: Snapshot, file_id: int) -> bool:
    """Whether a quote of the file was never closed: what came since may belong to that record."""
    rows = snapshot.scan("quarantine", QUARANTINE)
    is_open = (pl.col("file_id") == file_id) & (pl.col("rule") == "quote")
    return not rows.filter(is_open).head(1).collect().is_empty()


def replaced_by(grown: Mapping[str, Growth]) -> tuple[int, ...]:
    """The ids of the files that are read again as a whole."""
    return tuple(growth.account["file_id"] for growth in grown.values() if growth.part is None)


def count_together(transaction: Transaction, growth: Growth, result: FileResult) -> None:
    """Make one account of the two that a file has now: of what was read before, and of what is new."""
    files = transaction.snapshot().scan("files", FILES).select(*FILES).collect()
    is_it = pl.col("file_id") == growth.account["file_id"]
    news = result.file.row(0, named=True)
    sums = {name: (growth.account[name] or 0) + (news[name] or 0) for name in _SUMMED}
    times = [time for time in (growth.account["newest_at"], news["newest_at"]) if time is not None]
    one = pl.DataFrame([{**news, **sums, "newest_at": max(times, default=None)}], schema=FILES)
    transaction.replace("files", pl.concat([files.filter(~is_it), one]).sort("source", "path", "file_id"))
