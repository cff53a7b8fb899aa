"""
How the rows of a file get their ids: from their key, or from what they say and which copy of it they are.

File and line are never part of an id, so the same export in another order or another file makes the same rows.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.fields.folding import replaced
from cdptool.ids import hashes, printed_ids
from cdptool.sources.mapping import AT, DELETED, KEY, VERSION, WHO, Filled
from cdptool.sources.spec import SourceSpec
from cdptool.tables import UTC_TIME

_CHECK_SEED = 20_260_301


def content(rows: pl.DataFrame, spec: SourceSpec, filled: Filled) -> pl.Series:
    """The hash of what a row says: its source, and the canonical values of these columns under their names."""
    what = "\x1f".join(("content", spec.name, *filled.varying, *filled.fixed))
    return hashes(what, *(rows[name] for name in filled.varying)).alias("content")


def record_rows(rows: pl.DataFrame, spec: SourceSpec, filled: Filled) -> pl.DataFrame:
    """
    The rows of a source that feeds records, with `source_key`, `record_id`, `observed_at` and `content`.

    Without a key, `source_key` is the printed content hash; `copy_keys` changes it for further copies.
    """
    said = content(rows, spec, filled)
    if spec.key:
        parts = (pl.col(f"{KEY}{i}").fill_null("") for i in range(len(spec.key)))
        keys = rows.select(pl.concat_str(parts, separator="|")).to_series()
    else:
        keys = printed_ids(said, "r")
    observed = rows[AT].alias("observed_at")
    if DELETED not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.Boolean).alias(DELETED))
    ranks = version_ranks(rows, spec)
    return rows.with_columns(said, observed, keys.alias("source_key"), record_ids(keys, spec), ranks)


def version_ranks(rows: pl.DataFrame, spec: SourceSpec) -> pl.Series:
    """
    `version_rank`: of rows with one key the greatest counts. Null where nothing is declared, or the row has no version.

    Microseconds for times; where the earliest row counts, the negative.
    """
    declared = spec.corrections
    if declared is None or declared.keep in ("all", "refuse"):
        return pl.Series("version_rank", [None], dtype=pl.Int64).new_from_index(0, rows.height)
    said = rows[AT] if declared.by is None else rows[VERSION]
    ranks = said.dt.epoch("us") if said.dtype == UTC_TIME else said.cast(pl.Int64)
    return (ranks if declared.keep == "latest" else -ranks).alias("version_rank")


def record_ids(source_keys: pl.Series, spec: SourceSpec) -> pl.Series:
    """The ids of records, from their `source_key`."""
    return hashes("record", spec.name, source_keys).alias("record_id")


def stream_rows(rows: pl.DataFrame, spec: SourceSpec, filled: Filled) -> pl.DataFrame:
    """The rows of a source that feeds a stream, with `record_id` (null where nobody is named), `content`, `event_id`."""
    rows = rows.with_columns(_made_records(rows, spec))
    said = filled._replace(varying=("record_id", *(n for n in filled.varying if not n.startswith(WHO))))
    contents = content(rows, spec, said)
    keys = [rows[f"{KEY}{i}"] for i in range(len(spec.key))]
    if keys and spec.corrections and spec.corrections.keep == "all":
        keys.append(contents)
    ids = hashes("event", spec.name, *keys) if keys else contents
    return rows.with_columns(contents, ids.alias("event_id"), version_ranks(rows, spec))


def _made_records(rows: pl.DataFrame, spec: SourceSpec) -> pl.Series:
    """The ids of the records that the rows' identifiers make; null where a row has none."""
    who = [rows[WHO + identifier.name] for identifier in spec.identifiers]
    if not who:
        return pl.Series("record_id", [None], dtype=pl.Int64).new_from_index(0, rows.height)
    made = hashes("ids", spec.name, *(f"{i.name}" for i in spec.identifiers), *who).alias("record_id")
    if not all(column.null_count() for column in who):
        return made
    is_nobody = rows.select(pl.all_horizontal(pl.col(column.name).is_null() for column in who)).to_series()
    return made.set(is_nobody, None)


def table_rows(rows: pl.DataFrame, spec: SourceSpec, filled: Filled, key: str) -> pl.DataFrame:
    """The rows of a source that feeds a table, with `key_id` and `content` beside them."""
    key_ids = hashes("table", spec.name, rows[key].cast(pl.String)).alias("key_id")
    return rows.with_columns(content(rows, spec, filled), key_ids)


def copy_ids(contents: pl.Series, copies: pl.Series) -> pl.Series:
    """The event ids of further identical copies: copy 0 keeps the content hash."""
    further = hashes("copy", contents, copies)
    return further.zip_with(copies != 0, contents).alias("id")


def copy_keys(contents: pl.Series, copies: pl.Series) -> pl.Series:
    """
    The source keys of identical records without a key: the printed content hash, then `.2`, `.3` for copies.

    >>> copy_keys(pl.Series([1, 1]), pl.Series([0, 1])).to_list()
    ['r_aaaaaaaaaaaac', 'r_aaaaaaaaaaaac.2']
    """
    frame = pl.DataFrame({"printed": printed_ids(contents, "r"), "n": copies})
    numbered = pl.format("{}.{}", "printed", pl.col("n") + 1)
    return frame.select(
        pl.when(pl.col("n") == 0).then("printed").otherwise(numbered).alias("source_key")
    ).to_series()


def key_checks(rows: pl.DataFrame, spec: SourceSpec) -> NDArray[np.uint32] | None:
    """A second hash of each row's key, independent of the id: two keys with one id differ here. None without key."""
    if not spec.key:
        return None
    check = np.zeros(rows.height, np.uint64)
    for i in range(len(spec.key)):
        hashes = rows[f"{KEY}{i}"].hash(_CHECK_SEED + i).to_numpy()
        check = check * np.uint64(0x9E37_79B9_7F4A_7C15) + hashes
    return (check >> np.uint64(32)).astype(np.uint32)


def minimal_records(rows: pl.DataFrame, spec: SourceSpec) -> pl.DataFrame:
    """
    The records that rows of a stream make: their identifiers and nothing else.

    Args:
        rows: Rows of a stream with identifiers, one per `record_id`.
        spec: Their source.

    Returns:
        `record_id`, `source_key`, `content`, the identifier fields, and `row`, in the same order.
    """
    names = [identifier.name for identifier in spec.identifiers]
    cited = [m.name for m in spec.identifiers if m.type == "identifier"]
    fields = (pl.col(WHO + name).alias(name) for name in names)
    records = rows.select("record_id", "row", *fields)
    keys = pl.Series("source_key", [None], dtype=pl.String).new_from_index(0, rows.height)
    if cited:
        parts = (pl.concat_str(pl.lit(f"{name}="), pl.col(name)) for name in cited)
        is_cited = pl.any_horizontal(pl.col(name).is_not_null() for name in cited)
        joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
        keys = records.select(source_key=pl.when(is_cited).then(joined)).to_series()
    uncited = keys.is_null().arg_true()
    keys = replaced(keys, uncited, printed_ids(records["record_id"].gather(uncited), "r"))
    return records.with_columns(keys, content(records, spec, Filled(tuple(names))))
