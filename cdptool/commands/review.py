"""
`cdptool review`: the doubtful pairs whose answer tells most, side by side, and what a person says of them.

A pair tells most where its probability is nearest to one half, and where both clusters are large: the answer settles
every pair of records between them. Of two clusters only the most telling pair is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from cdptool.commands.answers import HEADER, add_answer
from cdptool.commands.citing import Cited, cited, require_merged, shown_value
from cdptool.commands.learned import weighed, weighings
from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Session, Settings, open_session
from cdptool.commands.waterfall import percent
from cdptool.errors import UsageError
from cdptool.fields import field_type
from cdptool.identity.spec import Judged, Judgement
from cdptool.identity.survivorship import latest_versions
from cdptool.ids import printed_id
from cdptool.matching.explaining import Waterfall
from cdptool.sources.outputs import declared_schema
from cdptool.tables import DOUBTFUL, IDENTITY, Column, records_schema
from cdptool.workspace import Snapshot

SAME, NEAR, DIFFERS, EMPTY = "=", "~", "≠", ""
_ANSWERS: Final[dict[str, Judgement]] = {"y": "POSITIVE", "n": "NEGATIVE", "u": "UNSURE"}
_LEAST_BITS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Doubt:
    """
    A pair to be judged.

    `left`, `right`: the records, and the places they were read from. `fields`: name, both values, and how they
    compare (`=`, `~`, `≠`). `bits`: what each comparison says, for (above 0) or against one person.
    """

    left: Cited
    right: Cited
    step: str
    probability: float
    profiles: tuple[str, str]
    sizes: tuple[int, int]
    fields: tuple[tuple[str, str | None, str | None, str], ...]
    bits: tuple[tuple[str, float], ...]


class Reviewing(NamedTuple):
    """What there is to judge (the most telling first), of how many, where answers go, and the day of today."""

    doubts: tuple[Doubt, ...]
    n_open: int
    file: Path | None
    shown_file: str
    when: str


def open_review(settings: Settings, *, limit: int, show_values: bool) -> Reviewing:
    """
    Gather the doubtful pairs of the last merge that nobody has judged.

    Args:
        settings: Where the project is.
        limit: How many to show.
        show_values: Show values as they are instead of masked.

    Raises:
        UsageError: If nothing is merged yet.
    """
    with open_session(settings, writes=False) as session:
        snapshot = session.snapshot()
        require_merged(snapshot)
        chosen = _most_telling(session, snapshot)
        doubts = _doubts(session, snapshot, chosen.head(limit), show_values=show_values)
        plan = session.project.merge
        file = Path(plan.judged_in.file) if plan is not None and plan.judged_in is not None else None
        shown = session.shown(file) if file is not None else ""
        return Reviewing(doubts, chosen.height, file, shown, f"{session.now:%Y-%m-%d}")


def answer(reviewing: Reviewing, doubt: Doubt, key: str, who: str) -> bool:
    """
    Write down what was said of a pair (`y`, `n` or `u`); whether it was news.

    Raises:
        UsageError: If merge.yaml names no file for decisions.
    """
    file = answers_go_to(reviewing)
    why = f"review: pass {doubt.step} said {percent(doubt.probability)}"
    said = Judged(doubt.left.name, doubt.right.name, _ANSWERS[key], who, reviewing.when, why)
    return add_answer(file, said)


def answers_go_to(reviewing: Reviewing) -> Path:
    """
    The file for answers.

    Raises:
        UsageError: If merge.yaml names none.
    """
    if reviewing.file is None:
        hint = f"write `decisions: decisions.csv` there, and make the file with the header `{HEADER}`"
        raise UsageError("merge.yaml names no file for answers", hint=hint)
    return reviewing.file


def review_list(reviewing: Reviewing) -> Report:
    """The pairs as a plain list."""
    n_shown = len(reviewing.doubts)
    pages = [page(reviewing, place) for place in range(n_shown)]
    more = f", the {n_shown} most telling shown" if n_shown < reviewing.n_open else ""
    n_open = f"{reviewing.n_open:,} doubtful pair{'s' if reviewing.n_open != 1 else ''}"
    told = f"{n_open} to judge{more}" if reviewing.n_open else "nothing to judge"
    return Report(
        verb="review",
        summary=told,
        data={"open": reviewing.n_open, "pairs": [_data(doubt) for doubt in reviewing.doubts]},
        grids=tuple(grid for grid in pages),
        is_answer=True,
    )


def page(reviewing: Reviewing, place: int) -> Grid:
    """One pair side by side; differences are marked."""
    doubt = reviewing.doubts[place]
    rows = [(name, left, mark, right) for name, left, right, mark in doubt.fields]
    sides = (doubt.left, doubt.right)
    rows.append(("read from", sides[0].place, "", sides[1].place))
    left, right = (f"{p}, {_records(n)}" for p, n in zip(doubt.profiles, doubt.sizes, strict=True))
    rows.append(("profile", left, "", right))
    title = (
        f"{place + 1} of {len(reviewing.doubts)}: one person with probability {percent(doubt.probability)}"
    )
    return Grid(f"{title}{_told_bits(doubt)}", ("", doubt.left.shown, "", doubt.right.shown), tuple(rows))


def _told_bits(doubt: Doubt) -> str:
    """What speaks for and against, the strongest first."""
    ordered = sorted(doubt.bits, key=lambda one: -abs(one[1]))
    parts = [
        f"{word} " + ", ".join(f"{name} {bits:+.1f}" for name, bits in those)
        for word, those in (
            ("for:", [one for one in ordered if one[1] >= _LEAST_BITS]),
            ("against:", [one for one in ordered if one[1] <= -_LEAST_BITS]),
        )
        if those
    ]
    return f"\n  {'; '.join(parts)} (bits)" if parts else ""


def _records(n: int) -> str:
    return f"{n:,} record{'s' if n != 1 else ''}"


def _data(doubt: Doubt) -> dict[str, Any]:
    names = ("field", "left", "right", "mark")
    return {
        "left": doubt.left.shown,
        "right": doubt.right.shown,
        "places": [doubt.left.place, doubt.right.place],
        "pass": doubt.step,
        "probability": round(doubt.probability, 6),
        "profiles": list(doubt.profiles),
        "sizes": list(doubt.sizes),
        "fields": [dict(zip(names, row, strict=True)) for row in doubt.fields],
        "bits": {name: round(bits, 3) for name, bits in doubt.bits},
    }


def _most_telling(session: Session, snapshot: Snapshot) -> pl.DataFrame:
    """DOUBTFUL pairs between two profiles that no judgement speaks of, one per pair of profiles, by what an answer tells."""
    identity = snapshot.scan("identity", IDENTITY).collect()
    sized = identity.with_columns(n=pl.len().over("profile_id"))
    doubtful = snapshot.scan("doubtful", DOUBTFUL).collect()
    ends = pl.concat([doubtful["record_id_l"], doubtful["record_id_r"]]).unique()
    stored = snapshot.scan("records").select("record_id").filter(pl.col("record_id").is_in(ends.implode()))
    here = stored.unique().collect()["record_id"].implode()  # some may have left after the merge
    pairs = (
        doubtful.filter(pl.col("record_id_l").is_in(here), pl.col("record_id_r").is_in(here))
        .join(sized, left_on="record_id_l", right_on="record_id")
        .join(sized, left_on="record_id_r", right_on="record_id", suffix="_r")
        .filter(pl.col("profile_id") != pl.col("profile_id_r"))
        .with_columns(
            low=pl.min_horizontal("profile_id", "profile_id_r"),
            high=pl.max_horizontal("profile_id", "profile_id_r"),
            tells=pl.col("probability") * (1 - pl.col("probability")) * pl.col("n") * pl.col("n_r"),
        )
    )
    judged = _judged_profiles(session, snapshot, identity)
    open_pairs = pairs.join(judged, on=["low", "high"], how="anti")
    order = ["tells", "record_id_l", "record_id_r", "pass"]
    ranked = open_pairs.sort(order, descending=[True, False, False, False])
    return ranked.unique(["low", "high"], keep="first", maintain_order=True)


def _judged_profiles(session: Session, snapshot: Snapshot, identity: pl.DataFrame) -> pl.DataFrame:
    """The pairs of profiles (`low`, `high`) of which some records are judged in decisions.csv."""
    said = session.project.merge.judgements if session.project.merge else ()
    lines = pl.DataFrame(
        [(one.left, one.right) for one in said], schema={"l": pl.String, "r": pl.String}, orient="row"
    )
    name = pl.concat_str("source", pl.lit(":"), "source_key").alias("name")
    asked = pl.concat([lines["l"], lines["r"]]).unique().implode()
    known = snapshot.scan("records").select("record_id", name).filter(pl.col("name").is_in(asked)).unique()
    profiles = known.collect().join(identity, on="record_id").select("name", "profile_id")
    return (
        lines.join(profiles, left_on="l", right_on="name")
        .join(profiles, left_on="r", right_on="name", suffix="_r")
        .select(
            low=pl.min_horizontal("profile_id", "profile_id_r"),
            high=pl.max_horizontal("profile_id", "profile_id_r"),
        )
    )


def _doubts(
    session: Session, snapshot: Snapshot, pairs: pl.DataFrame, *, show_values: bool
) -> tuple[Doubt, ...]:
    """The pairs with all that a person needs to judge them."""
    ends = pl.concat([pairs["record_id_l"], pairs["record_id_r"]]).unique()
    names = cited(session, snapshot, ends, show_values=show_values)
    columns = session.project.fields
    stored = snapshot.scan("records", records_schema(declared_schema(columns)))
    latest = latest_versions(stored.filter(pl.col("record_id").is_in(ends.implode()))).collect()
    values = {row["record_id"]: row for row in latest.iter_rows(named=True)}
    keys = {
        row["record_id"]: row for row in latest.select("record_id", *_keys(columns)).iter_rows(named=True)
    }
    by_pass = {step.name: one for step, one in (weighings(session, snapshot) if pairs.height else ())}
    found = []
    for row in pairs.iter_rows(named=True):
        left, right = row["record_id_l"], row["record_id_r"]
        one = by_pass.get(row["pass"])
        waterfall = weighed(one, left, right) if one is not None else None
        fields = tuple(
            (column.name, *_shown(column, values[left], values[right], show_values), mark)
            for column in columns
            if (mark := _mark(column.name, keys[left], keys[right], waterfall)) is not None
        )
        found.append(
            Doubt(
                names[left],
                names[right],
                row["pass"],
                row["probability"],
                (printed_id(row["profile_id"]), printed_id(row["profile_id_r"])),
                (row["n"], row["n_r"]),
                fields,
                tuple((line.field, line.bits) for line in waterfall.lines) if waterfall else (),
            )
        )
    return tuple(found)


def _keys(columns: tuple[Column, ...]) -> list[pl.Expr]:
    return [field_type(column.type).match_key(pl.col(column.name)).alias(column.name) for column in columns]


def _shown(
    column: Column, left: dict[str, Any], right: dict[str, Any], show_values: bool
) -> tuple[str | None, str | None]:
    """Both values of a field as texts, masked unless asked for."""
    mine, other = (
        None
        if side[column.name] is None
        else shown_value(column.type, str(side[column.name]), show_values=show_values)
        for side in (left, right)
    )
    return mine, other


def _mark(name: str, left: dict[str, Any], right: dict[str, Any], waterfall: Waterfall | None) -> str | None:
    """How two values compare; None where neither record has one."""
    mine, other = left[name], right[name]
    if mine is None and other is None:
        return None
    if mine is None or other is None:
        return EMPTY
    if mine == other:
        return SAME
    lines = [
        line
        for line in (waterfall.lines if waterfall else ())
        if line.field == name or line.field.startswith(f"{name} ")
    ]
    return NEAR if any(line.is_alike for line in lines) else DIFFERS
