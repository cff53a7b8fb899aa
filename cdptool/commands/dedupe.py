"""`cdptool dedupe`: which rows of one file are the same person or firm, with nothing declared."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.commands.any_file import NO_HEADER, read_any, stem
from cdptool.commands.dedupe_explain import explained_rows, match_report
from cdptool.commands.files import write_file
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Say
from cdptool.errors import Finding, Place, UsageError
from cdptool.ids import hashes, printed_ids
from cdptool.matching import AUTOMATIC, Matching, match
from cdptool.matching.connected import connected_components
from cdptool.matching.sorting import sorted_with_rows
from cdptool.matching.values import MISSING, Rows, Values
from cdptool.roles.columns import Columns, columns_of
from cdptool.roles.golden import golden_rows
from cdptool.roles.proposal import Roles, roles
from cdptool.roles.texts import match_values
from cdptool.sources.inputs import InputFile, taken_apart
from cdptool.sources.texts_of_file import FileTexts

_MOST_BYTES: Final = 16 << 30
_LEAST_TOLD: Final = 0.001  # pairs below are nine in ten of those compared, and of no use to anybody
_ENOUGH: Final = 3  # fields that are filled in copies of a row
_TELLING: Final = frozenset(
    [
        "given",
        "family",
        "full_name",
        "organisation",
        "identifier",
        "registration",
        "website",
        "phone",
        "email",
        "address",
    ]
)
_SIZES: Final = ((1, "1"), (2, "2"), (3, "3"), (4, "4-5"), (6, "6-10"), (11, "11 and more"))


class Wishes(NamedTuple):
    """What the caller wants: where to write, and from which probability to join."""

    out: Path | None
    at_least: float = AUTOMATIC
    is_dry: bool = False
    explain: tuple[int, int] | None = None  # two rows: only say why they are one, or not
    with_report: bool = False
    show_values: bool = False


class _Deduped(NamedTuple):
    """
    What became of the rows, in the order of the file: `clusters` (printed ids); `order`: the file's row of each compared one.

    `probabilities`: of every candidate of the matching, with what the clusters of its rows say.
    """

    rows: pl.Series
    clusters: pl.Series
    matching: Matching
    order: pl.Series
    probabilities: NDArray[np.float64]


def dedupe_file(file: Path, wishes: Wishes, say: Say) -> Report:
    """
    Find the rows that are one person or firm; write clusters, golden rows and the pairs that may be one.

    Raises:
        UsageError: If no row can be read, or no column tells people or firms apart.
    """
    say(f"reading {file}")
    inputs = list(taken_apart(InputFile(str(file), str(file), Place(str(file)))))
    if len(inputs) != 1:
        raise UsageError(f"{file} holds {len(inputs)} files", hint="take them apart and name one")
    with tempfile.TemporaryDirectory() as folder, inputs[0].unpacked(folder) as path:
        texts = read_any(path, inputs[0].place, _MOST_BYTES)
    _refuse_part(file, texts)
    columns = columns_of(texts.frame)
    found = roles(columns)
    _refuse_nameless(file, found)
    say("comparing")
    contents, rows, rejected = hashes("row", *texts.frame), pl.Series("row", texts.rows), texts.rejected
    noted = (NO_HEADER,) if NO_HEADER in texts.notes else ()
    del texts  # the columns hold each of them once
    deduped = _dedupe(contents, rows, found, columns, wishes)
    if wishes.explain is not None:
        return _explained(deduped, wishes.explain, wishes)
    out = wishes.out or Path(f"{stem(file)}_deduped")
    if not wishes.is_dry:
        say(f"writing {out}")
        _write(out, columns, deduped)
    report = _report(file, found, deduped, out, wishes, rejected=rejected)
    report = replace(report, lines=(*noted, *report.lines))
    return _with_figures(report, deduped, wishes) if wishes.with_report else report


def _refuse_part(file: Path, texts: FileTexts) -> None:
    """
    Doubles can be found among all rows only.

    Raises:
        UsageError: If there is no row, or more than can be held at once.
    """
    if texts.is_sample:
        hint = "declare it as a source, and use `cdptool merge`"
        raise UsageError(f"{file} holds more than {_MOST_BYTES >> 30} GiB of text", hint=hint)
    if texts.frame.is_empty():
        problem = f"{file} holds no row" + (" that can be read" if texts.rejected else "")
        raise UsageError(problem, hint=f"see `cdptool profile {file}`")


def _refuse_nameless(file: Path, found: Roles) -> None:
    """
    Without a name, a contact, an address or a key there is nobody to find.

    Raises:
        UsageError: If nothing of that is compared.
    """
    kinds = {role.kind for role in found.fields}
    if kinds & _TELLING or ("birth_date" in kinds and len(found.fields) > 2):
        return
    alone = [
        (role.field, f"its {role.kind.replace('_', ' ')} alone tells nobody apart") for role in found.fields
    ]
    told = "; ".join(f"`{name}`: {reason}" for name, reason in (*alone, *found.left_out)[:8])
    hint = f"name columns by what they hold, such as `email` or `last name` ({told})"
    raise UsageError(f"no column of {file} tells people or firms apart", hint=hint)


def _explained(deduped: _Deduped, rows: tuple[int, int], wishes: Wishes) -> Report:
    numbers = deduped.rows.gather(deduped.order)
    at = {int(row): place for place, row in enumerate(numbers)}
    return explained_rows(
        deduped.matching, at, rows, at_least=wishes.at_least, show_values=wishes.show_values
    )


def _with_figures(report: Report, deduped: _Deduped, wishes: Wishes) -> Report:
    """The report with figures for trust, weights and risks."""
    names = deduped.clusters.gather(deduped.order)
    grids, lines, data = match_report(deduped.matching, names, show_values=wishes.show_values)
    return replace(
        report,
        grids=(*report.grids, *grids),
        lines=(*report.lines, *lines),
        data={**report.data, "report": data},
    )


def _dedupe(contents: pl.Series, rows: pl.Series, found: Roles, columns: Columns, wishes: Wishes) -> _Deduped:
    """Match in an order that only the rows' contents decide, so that a shuffled file gives the same clusters."""
    ordered, order = sorted_with_rows(contents.to_numpy(), 1 << 63)
    used = columns.only([name for role in found.fields for name in role.columns])
    compared, kinds = match_values(used.in_order(order), found.fields)
    matching = match(compared, kinds, at_least=wishes.at_least)
    matching = matching._replace(clusters=_with_copies(matching.clusters, ordered, compared))
    places = np.arange(len(ordered))
    is_other = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
    copies = places - np.maximum.accumulate(np.where(is_other, places, 0))
    names = printed_ids(hashes("cluster", pl.Series(ordered), pl.Series(copies)), "c")
    at = np.empty(len(order), np.int64)
    at[order] = matching.clusters
    probabilities = 1 / (1 + np.exp(-matching.believed()))
    return _Deduped(rows, names.gather(at), matching, pl.Series(order), probabilities)


def _with_copies(clusters: Rows, ordered: Rows, compared: dict[str, Values]) -> Rows:
    """
    The clusters with rows that are equal in every column in one, where as many as three fields say something.

    A file of a few rows, or of one row many times over, has nothing from which a model could learn that.
    """
    is_copy = ordered[1:] == ordered[:-1]
    says = sum((one.ids != MISSING).astype(np.int64) for one in compared.values())
    copies = np.flatnonzero(is_copy & (np.asarray(says)[1:] >= _ENOUGH))
    places = np.arange(len(ordered))
    left, right = np.append(places, copies), np.append(clusters, copies + 1)
    return connected_components(len(ordered), left, right)


def _write(out: Path, columns: Columns, deduped: _Deduped) -> None:
    clusters = pl.DataFrame({"row": deduped.rows, "cluster_id": deduped.clusters})
    _write_csv(out / "clusters.csv", clusters)
    _write_csv(out / "doubles.csv", _doubles(columns, deduped))
    golden = golden_rows(columns, deduped.clusters).rename({"cluster": "cluster_id"}, strict=False)
    _write_csv(out / "golden.csv", golden)
    packed = io.BytesIO()
    _told_pairs(deduped).write_parquet(packed)
    write_file(out / "pairs.parquet", packed.getvalue())


def _doubles(columns: Columns, deduped: _Deduped) -> pl.DataFrame:
    """
    `cluster_id`, `row` and the columns of every row that is not alone, side by side with the others of its cluster.

    A column of the file that is called like one of the two gets `_in_file` after its name.
    """
    found = pl.DataFrame({"cluster_id": deduped.clusters, "row": deduped.rows}).with_row_index("#at")
    several = found.filter(pl.len().over("cluster_id") > 1).sort("cluster_id", "row")
    at = several["#at"].to_numpy().astype(np.int64)
    taken = ("cluster_id", "row", "#at")
    told = [
        one.at(at).alias(f"{name}_in_file" if name in taken else name)
        for name, one in columns.by_name.items()
    ]
    return several.drop("#at").with_columns(told)


def _write_csv(path: Path, table: pl.DataFrame) -> None:
    packed = io.BytesIO()
    table.write_csv(packed)
    write_file(path, packed.getvalue())


def _told_pairs(deduped: _Deduped) -> pl.DataFrame:
    """`row_l`, `row_r` (the smaller first; sorted) and `probability` of the pairs that are not surely strangers."""
    probabilities = deduped.probabilities
    told = np.flatnonzero(probabilities >= _LEAST_TOLD)
    rows = deduped.rows.gather(deduped.order).to_numpy()
    left, right = (rows[side[told]] for side in deduped.matching.candidates[:2])
    ends = {"row_l": np.minimum(left, right), "row_r": np.maximum(left, right)}
    return pl.DataFrame({**ends, "probability": probabilities[told]}).sort("row_l", "row_r")


def _report(
    file: Path,
    found: Roles,
    deduped: _Deduped,
    out: Path,
    wishes: Wishes,
    *,
    rejected: tuple[tuple[int, int, str], ...],
) -> Report:
    sizes = np.bincount(deduped.matching.clusters)
    sizes = sizes[sizes > 0]
    n_rows, n_clusters = len(deduped.rows), len(sizes)
    labels, (left, right) = deduped.matching.clusters, deduped.matching.candidates[:2]
    n_doubtful = int(((deduped.probabilities >= 0.5) & (labels[left] != labels[right])).sum())
    fields = tuple(
        (role.field, role.kind.replace("_", " "), ", ".join(role.columns)) for role in found.fields
    )
    bounds = [*(least for least, _ in _SIZES[1:]), n_rows + 1]
    spread = tuple(
        (name, int(((sizes >= least) & (sizes < below)).sum()))
        for (least, name), below in zip(_SIZES, bounds, strict=True)
    )
    largest = int(sizes.max(initial=0))
    return Report(
        verb="dedupe",
        summary=f"{n_rows:,} row{'s' * (n_rows != 1)} {'would be' if wishes.is_dry else 'are' if n_rows != 1 else 'is'} {n_clusters:,} different one{'s' * (n_clusters != 1)}; the largest cluster holds {largest}",
        data={
            "file": str(file),
            "rows": n_rows,
            "rejected": len(rejected),
            "clusters": n_clusters,
            "largest": largest,
            "pairs_compared": len(left),
            "expected_pairs": dict(
                zip(
                    deduped.matching.model.names,
                    deduped.matching.model.expected.round(1).tolist(),
                    strict=True,
                )
            ),
            "doubtful": n_doubtful,
            "model": deduped.matching.origin,
            "doubts": list(deduped.matching.doubts),
            "fields": [dict(zip(("field", "kind", "columns"), one, strict=True)) for one in fields],
            "left_out": [dict(zip(("column", "reason"), one, strict=True)) for one in found.left_out],
            "out": None if wishes.is_dry else str(out),
        },
        grids=(
            Grid("Compared", ("field", "as", "columns"), fields),
            *((Grid("Left out", ("column", "because"), found.left_out),) if found.left_out else ()),
            Grid("Clusters by size", ("rows", "clusters"), tuple(one for one in spread if one[1])),
        ),
        lines=_lines(deduped.matching, n_doubtful, None if wishes.is_dry else out),
        findings=_left_out(file, rejected),
    )


def _lines(found: Matching, n_doubtful: int, out: Path | None) -> tuple[str, ...]:
    n = len(found.candidates.left)
    return (
        f"{n:,} pair{'s' * (n != 1)} compared; {n_doubtful:,} that are more likely one than not were kept apart",
        *(f"weights are those that are usual, not learned here: {one}" for one in found.doubts),
        *((f"written to {out}: clusters.csv, doubles.csv, golden.csv, pairs.parquet",) if out else ()),
    )


def _left_out(file: Path, rejected: tuple[tuple[int, int, str], ...]) -> tuple[Finding, ...]:
    """Tell of the records that are no rows: they are in none of the files that are written."""
    if not rejected:
        return ()
    n, (_, line, reason) = len(rejected), rejected[0]
    problem = f"{n:,} record{'s are' if n != 1 else ' is'} left out, the first here: {reason}"
    hint = f"correct the file, or see `cdptool profile {file}`"
    return (Finding(problem, Place(str(file), line), hint, "warning"),)
