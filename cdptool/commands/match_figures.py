"""Figures for trust in a learned pass: what it weighed and joined, what each level is worth, what may be wrong."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from cdptool.commands.report import Grid
from cdptool.commands.waterfall import percent
from cdptool.matching.candidates import Key
from cdptool.matching.comparing import (
    CONTEXTS,
    DIFFERENT,
    NOT_KNOWN,
    PARENT_AGREES,
    PARENT_DIFFERS,
    Comparison,
    Table,
)
from cdptool.matching.explaining import class_weights
from cdptool.matching.level_words import level_words
from cdptool.matching.masking import masked
from cdptool.matching.model import Model
from cdptool.matching.recapture import estimated_recall
from cdptool.matching.risk import Risk, risks
from cdptool.matching.values import Rows

_SIZES: Final = (
    (1, "1"),
    (2, "2"),
    (3, "3"),
    (4, "4-5"),
    (6, "6-10"),
    (11, "11-20"),
    (21, "21-50"),
    (51, "51 and more"),
)
_MOST_WALKED: Final = 1_500_000  # links that are searched for bridges
_LARGEST_SHOWN: Final = 10
_SHARE_TOLD: Final = 0.3


class Pairs(NamedTuple):
    """
    Likely pairs of a model (rows), how likely each is, and which of them were joined.

    `within`: the share of all pairs within clusters that some key brought; None where it is not known.
    """

    left: Rows
    right: Rows
    probabilities: Table
    joined: np.ndarray[tuple[int], np.dtype[np.bool_]]
    within: float | None = None


def figures(
    model: Model, keys: tuple[Key, ...], n_compared: int, pairs: Pairs
) -> tuple[tuple[str, Any], ...]:
    """Name and figure, for people and for `--json`."""
    sure = pairs.probabilities[pairs.joined]
    n_records = len(model.comparisons[0].values.ids)
    recall = estimated_recall(
        model.comparisons, tuple(key.name for key in keys), pairs.left, pairs.right, pairs.probabilities
    )
    return (
        ("records", n_records),
        ("pairs of them", int(model.n_pairs)),
        ("pairs compared", n_compared),
        *(
            (f"… probably {name}", round(float(n)))
            for name, n in zip(model.names, model.expected, strict=True)
        ),
        ("pairs joined", int(pairs.joined.sum())),
        ("… of which wrong, as expected", round(float((1 - sure).sum()), 1)),
        ("likely pairs left apart", int((~pairs.joined).sum())),
        ("likely pairs that no key brought, at least", None if recall is None else percent(1 - recall)),
        *(
            (("pairs within clusters that no key brought", percent(1 - pairs.within)),)
            if pairs.within is not None
            else ()
        ),
    )


def key_grid(keys: tuple[Key, ...], too_large: tuple[str, ...]) -> Grid:
    """The blocking keys in the order they were taken."""
    rows = tuple(
        (key.name, round(key.expected), key.n_pairs, key.n_new, f"{key.coverage:.1%}") for key in keys
    )
    refused = tuple((name, None, None, None, "over the budget") for name in too_large)
    columns = ("key", "expected pairs", "pairs", "new", "would catch so far")
    return Grid("Keys, with the share of made-up pairs that they catch", columns, (*rows, *refused))


_WHERE: Final = {
    NOT_KNOWN: "",
    PARENT_AGREES: "where what it follows from agrees",
    PARENT_DIFFERS: "where what it follows from differs",
}


def weight_rows(model: Model) -> list[tuple[str, str, str, float, float, tuple[float, ...]]]:
    """Per level that occurs: field, words, where, its share in the same person and in strangers, and bits by class."""
    rows = []
    for place, one in enumerate(model.comparisons):
        bits = class_weights(model, place)
        same, strangers = (tables[place] for tables in model.tables[:2])
        for context in CONTEXTS if one.kind.given_agree else (NOT_KNOWN,):
            rows += [
                (
                    one.field,
                    level_words(one, level),
                    _WHERE[context],
                    float(same[context, level]),
                    float(strangers[context, level]),
                    tuple(bits[:, context, level].tolist()),
                )
                for level in _levels(one)
            ]
    return rows


def _levels(one: Comparison) -> list[int]:
    """The levels that pairs can have: agreement only in bins of which some value is shared."""
    shared = [one.first_exact + i for i, n in enumerate(one.agreeing) if n > 0]
    return [*range(DIFFERENT, one.first_exact), *shared]


def weight_grid(model: Model) -> Grid:
    """What every level is worth, in bits."""
    rows = tuple(
        (
            field,
            f"{words}, {where}" if where else words,
            f"{same:.2%}",
            f"{strangers:.3%}",
            *(f"{one:>+6.1f}" for one in bits),
        )
        for field, words, where, same, strangers, bits in weight_rows(model)
    )
    beside = tuple(f"bits beside {name}" for name in model.names[1:])
    columns = ("field", "level", "of one person", "of strangers", *beside)
    return Grid("Weights: how often records of one person, and strangers, have each level", columns, rows)


class Risks(NamedTuple):
    """Sizes of all clusters, the risks of the walked ones, and whether some were too many to walk."""

    sizes: tuple[tuple[str, int], ...]
    walked: tuple[Risk, ...]
    n_left_out: int


def risks_of(sizes: pl.DataFrame, links: pl.DataFrame) -> Risks:
    """
    Look for what could be wrong.

    Args:
        sizes: `cluster`, `n`: every cluster.
        links: `risk.LINKS` of all clusters.
    """
    bounds = [*(least for least, _ in _SIZES[1:]), None]
    spread = tuple(
        (name, sizes.filter(pl.col("n") >= least, pl.lit(True) if end is None else pl.col("n") < end).height)
        for (least, name), end in zip(_SIZES, bounds, strict=True)
    )
    ordered = sizes.filter(pl.col("n") > 2).sort("n", "cluster", descending=[True, False])
    counts = links.group_by("cluster").len()
    running = (
        ordered.join(counts, on="cluster", how="left", maintain_order="left")["len"].fill_null(0).cum_sum()
    )
    n_walked = int((running <= _MOST_WALKED).sum())
    walked = risks(links, ordered["cluster"].head(n_walked))
    return Risks(tuple(one for one in spread if one[1]), walked, ordered.height - n_walked)


def risk_grids(
    found: Risks, names: dict[int, str], shares: dict[int, str]
) -> tuple[tuple[Grid, ...], tuple[str, ...]]:
    """The largest clusters, those that hang on one link, and a line that sums up."""
    held = [one for one in found.walked if one.bridges]
    weakest = sorted(held, key=lambda one: (-one.bridges[0].n_parted, one.cluster))[:_LARGEST_SHOWN]
    columns = (
        "cluster",
        "records",
        "links",
        "bridges",
        "worst parts off",
        "longest path",
        "most common values",
    )
    largest = found.walked[:_LARGEST_SHOWN]
    deep = sum(one.bridges[0].n_parted > 1 for one in held)
    line = (
        f"{len(held):,} of {len(found.walked):,} clusters of three or more hang on a single link somewhere; "
        f"in {deep:,} it parts off two records or more"
    )
    if found.n_left_out:
        line += f"; {found.n_left_out:,} smaller ones were not looked at"
    grids = (
        Grid("Clusters by size", ("records", "clusters"), found.sizes),
        Grid("The largest clusters", columns, tuple(_risk_row(one, names, shares) for one in largest)),
        Grid(
            "Clusters that a single link holds together",
            columns,
            tuple(_risk_row(one, names, shares) for one in weakest),
        ),
    )
    return tuple(grid for grid in grids if grid.rows), (line,)


def shown_risks(found: Risks) -> list[int]:
    """The clusters that `risk_grids` shows."""
    held = sorted(
        (one for one in found.walked if one.bridges), key=lambda one: (-one.bridges[0].n_parted, one.cluster)
    )
    return [one.cluster for one in (*found.walked[:_LARGEST_SHOWN], *held[:_LARGEST_SHOWN])]


def _risk_row(one: Risk, names: dict[int, str], shares: dict[int, str]) -> tuple[Any, ...]:
    worst = one.bridges[0].n_parted if one.bridges else None
    return (
        names[one.cluster],
        one.n_records,
        one.n_links,
        len(one.bridges),
        worst,
        one.diameter,
        shares.get(one.cluster, ""),
    )


def common_values(model: Model, rows: Rows, *, show_values: bool) -> str:
    """Of the fields of some rows the most common values, with the share of the rows that hold each."""
    told = []
    for one in model.comparisons:
        if one.kind.name == "category":
            continue
        ids = one.values.ids[rows]
        known = ids[ids >= 0]
        if not len(known):
            continue
        numbers, counts = np.unique(known, return_counts=True)
        top = int(np.argmax(counts))
        share = int(counts[top]) / len(rows)
        if share >= _SHARE_TOLD and counts[top] > 1:
            text = str(one.values.texts[int(numbers[top])])
            told.append(
                (share, f"{one.field} {text if show_values else masked(one.kind.name, text)} {share:.0%}")
            )
    return ", ".join(text for _, text in sorted(told, key=lambda one: (-one[0], one[1]))[:3])


def weight_data(model: Model) -> list[dict[str, Any]]:
    """The weights for `--json`."""
    return [
        {
            "field": field,
            "level": words,
            "context": where,
            "of_one_person": round(same, 6),
            "of_strangers": round(strangers, 9),
            "bits": {name: round(one, 3) for name, one in zip(model.names[1:], bits, strict=True)},
        }
        for field, words, where, same, strangers, bits in weight_rows(model)
    ]


def risk_data(found: Risks, names: dict[int, str], shares: dict[int, str]) -> dict[str, Any]:
    """The risks for `--json`: the sizes, and of the clusters that are shown everything."""
    by_cluster = {one.cluster: one for one in found.walked}
    return {
        "sizes": dict(found.sizes),
        "clusters_with_bridges": sum(bool(one.bridges) for one in found.walked),
        "not_looked_at": found.n_left_out,
        "clusters": [
            {
                "cluster": names[cluster],
                "records": one.n_records,
                "links": one.n_links,
                "bridges": len(one.bridges),
                "worst_parts_off": one.bridges[0].n_parted if one.bridges else 0,
                "longest_path": one.diameter,
                "common_values": shares.get(cluster, ""),
            }
            for cluster in dict.fromkeys(shown_risks(found))
            for one in (by_cluster[cluster],)
        ],
    }
