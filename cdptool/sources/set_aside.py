"""The rows of a file that are set aside: kept for quarantine, counted by rule, and refused where they are too many."""

from __future__ import annotations

import math
from collections import Counter

import polars as pl

from cdptool.errors import CheckFailed, Place, SourceError
from cdptool.sources.csv_blocks import TextBlock
from cdptool.sources.encodings import SAMPLE_LIMIT, encoding_hint
from cdptool.sources.judging import QuarantinedRows
from cdptool.sources.spec import Part, SourceSpec, StagedFile
from cdptool.sources.staging import Spool
from cdptool.tables import QUARANTINE

_MISREAD = 0.5  # of so many rows the dialect is to blame, of fewer the rows
_HINTS = {
    "footer": "correct `footer_lines` in the source's dialect: the last lines are rows",
    "encoding": "correct the `encoding` in the source's dialect, or export the file again",
    "fields": "declare the `delimiter` in the source's dialect, or export the file again",
    "json": "declare the file's `format` in the source's dialect, or export the file again",
    "quote": "declare the `quote` of the source's dialect, or export the file again",
}


class SetAside:
    """What is set aside of one file, while its blocks stream past."""

    def __init__(self, spec: SourceSpec, file_id: int, base: str) -> None:
        self._spec, self._file_id = spec, file_id
        self._spool = Spool("quarantine", QUARANTINE, base)
        self._rules: Counter[str] = Counter()
        self._undecodable = b""  # records that are not UTF-8, as many as tell the encoding
        self._first: int | None = None

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self._rules.total()

    @property
    def rules(self) -> tuple[tuple[str, int], ...]:
        """How many rows broke each rule, by its name."""
        return tuple(sorted(self._rules.items()))

    def close(self) -> tuple[StagedFile, ...]:
        """The staged file, if there are rows."""
        return self._spool.close()

    def add(self, found: QuarantinedRows) -> None:
        """Take further rows."""
        if not found.rows:
            return
        first = min(found.rows)
        self._first = first if self._first is None else min(first, self._first)
        self._rules.update(found.rules)
        if "encoding" in found.rules and len(self._undecodable) < SAMPLE_LIMIT:
            raws = [raw for rule, raw in zip(found.rules, found.raws, strict=True) if rule == "encoding"]
            self._undecodable += b"\n".join((*raws, b""))
        names = ("row", "column", "rule", "reason", "raw", "byte_offset")
        schema = {name: QUARANTINE[name] for name in names}
        found = found._replace(byte_offsets=found.byte_offsets or [None] * len(found.rows))
        frame = pl.DataFrame(dict(zip(names, found, strict=True)), schema=schema).sort("row")
        self._spool.add(frame.with_columns(file_id=self._file_id, source=pl.lit(self._spec.name)))

    def refuse_too_many(self, place: Place, part: Part, n_read: int) -> None:
        """
        Refuse a file of which more is set aside than its source allows.

        Raises:
            CheckFailed: The source says how much itself.
            SourceError: It does not.
        """
        allowed = self._spec.max_quarantined_ratio
        n_read, n_quarantined = part.n_read + n_read, part.n_quarantined + self.n_rows
        if not self._rules or n_quarantined <= allowed * n_read:
            return
        share = n_quarantined / n_read
        counts = ", ".join(f"{rule} {n:,}" for rule, n in self._rules.most_common())
        failed = CheckFailed if self._spec.declares_max_quarantined else SourceError
        raise failed(
            f"{n_quarantined:,} of {n_read:,} rows are quarantined ({share:.1%}, allowed {allowed:.1%}): {counts}",
            place=Place(place.file, self._first),
            hint=self._hint(self._rules.most_common(1)[0][0], share),
        )

    def _hint(self, rule: str, share: float) -> str:
        """What to do about rows that this rule has quarantined: where most are, the declaration is wrong."""
        if rule == "encoding" and self._spec.dialect.encoding is None:
            return encoding_hint(self._undecodable)
        allow = f"set `max_quarantined: {min(100, math.ceil(100 * share))}%` in the source, and mend its rows later"
        if share <= _MISREAD and rule in _HINTS:
            return f"mend the file, or {allow} with `cdptool quarantine`"
        return _HINTS.get(rule, f"correct the source's columns, or {allow} with `cdptool quarantine`")


def rejected_rows(block: TextBlock) -> QuarantinedRows:
    """What could not even be cut into fields."""
    found = block.rejected
    return QuarantinedRows(
        [item.line for item in found],
        [None] * len(found),
        [item.fault.rule for item in found],
        [item.fault.reason for item in found],
        [item.raw for item in found],
        [item.byte_offset for item in found],
    )
