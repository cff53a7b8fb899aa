"""What a source says of rows that come again: which version counts, and how far back a new file may reach."""

from __future__ import annotations

from typing import Final, get_args, get_type_hints

from cdptool.config.forms import Reading, refused
from cdptool.config.mapped import read_mapped
from cdptool.config.reader import Scalar, Table, Value
from cdptool.config.scalars import OneOf
from cdptool.errors import Finding
from cdptool.sources.spec import Corrections, SourceSpec

KEEP: Final[tuple[str, ...]] = get_args(get_type_hints(Corrections)["keep"])
_KEEP: Final = OneOf(KEEP, "way to treat corrections")
_BY: Final = {"by": "datetime", "by_number": "integer"}


def corrections(value: Value, reading: Reading) -> Corrections:
    """`latest`, or `{keep: latest, by: updated_at}`; `by_number: revision` for versions that are counted."""
    if isinstance(value, Scalar):
        return Corrections(_KEEP(value, reading), place=value.place)  # type: ignore[arg-type]  # OneOf gives one of them, as a text
    if not isinstance(value, Table):
        raise refused("`corrections` is one word or a table", value.place, "write `corrections: latest`")
    keep, by = "latest", None
    for entry in value.entries:
        name = entry.key.text
        if name == "keep":
            keep = _KEEP(entry.value, reading)
        elif name in _BY and by is None:
            by = read_mapped("version", _BY[name], entry.value, entry.key.place, reading)
        else:
            hint = "one of `keep`, and `by` (a time) or `by_number`"
            raise refused(f"unknown key `{name}` in `corrections`", entry.key.place, hint)
    return Corrections(keep, by, value.place)  # type: ignore[arg-type]  # OneOf gives one of them, as a text


def correction_findings(spec: SourceSpec) -> list[Finding]:
    """What does not go together in a source that says how its rows are corrected."""
    declared = spec.corrections
    if declared is None:
        return []
    place, is_ranked = declared.place, declared.keep in ("latest", "earliest")
    return [
        Finding(problem, place, hint)
        for problem, hint, is_wrong in (
            (
                "`corrections` is for sources of records and streams",
                "take it out: a later row of a table replaces an earlier one",
                spec.feeds == "table",
            ),
            (
                "`corrections` needs `key`",
                "add `key:` with the columns that name a row",
                spec.feeds != "table" and not spec.key,
            ),
            (
                f"`by` means nothing where corrections are kept as `{declared.keep}`",
                "take `by` out, or write `keep: latest`",
                declared.by is not None and not is_ranked,
            ),
            (
                "`corrections: all` is for sources of streams",
                "leave it out: every version of a record is kept, and the latest counts",
                declared.keep == "all" and spec.feeds == "records",
            ),
            (
                "nothing says which version is newer",
                "add `by:` with the column of the time of the version, or `by_number:`",
                is_ranked and declared.by is None and spec.at is None,
            ),
            (
                "`deletes` needs `corrections: latest`",
                "a deletion is a newer version of its record",
                spec.deletes is not None and declared.keep != "latest",
            ),
        )
        if is_wrong
    ]
