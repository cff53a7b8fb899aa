"""
Two family names at the end of a whole name, as in Spain and Latin America, told from a second given name by the file.

A word that stands last in other names more often than first is a family name: `Ana Belmonte Bravo` beside `Rosa Anaya
Belmonte`. Where that holds for few names of a file (`John Parker Smith`) nothing is changed.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_LEAST_SHARE: Final = 0.5  # of the names of three words and more
_LEAST_NAMES: Final = 0.2  # of all names are of three words and more


def with_both_family_names(names: pl.DataFrame) -> pl.DataFrame:
    """
    The names with the last word of `given` moved before `family` where that is a family name, too.

    Args:
        names: `given` and `family` (String, folded), a row per record.

    >>> names = pl.DataFrame({"given": ["ana gil", "rosa bravo", "eva"], "family": ["bravo", "gil", "gil"]})
    >>> with_both_family_names(names).rows()
    [('ana', 'gil bravo'), ('rosa', 'bravo gil'), ('eva', 'gil')]
    """
    words = pl.col("given").str.split(" ")
    parted = names.with_columns(
        first=words.list.first(), last=words.list.last(), several=words.list.len() > 1
    )
    known = parted.filter(pl.col("given").is_not_null() & pl.col("family").is_not_null())
    firsts = known.group_by(word="first").agg(n_first=pl.len())
    families = known.group_by(word="family").agg(n_family=pl.len())
    counts = families.join(firsts, on="word", how="left").with_columns(pl.col("n_first").fill_null(0))
    of_families = counts.filter(pl.col("n_family") > 2 * pl.col("n_first"))["word"]
    is_one = (pl.col("several") & pl.col("last").is_in(of_families.implode())).fill_null(False)
    told = parted.with_columns(is_one=is_one)
    n_several = int(told["several"].fill_null(False).sum())
    if n_several < _LEAST_NAMES * known.height or int(told["is_one"].sum()) <= _LEAST_SHARE * n_several:
        return names
    return told.select(
        given=pl.when("is_one").then(pl.col("given").str.replace(r" \S+$", "")).otherwise("given"),
        family=pl.when("is_one").then(pl.concat_str("last", "family", separator=" ")).otherwise("family"),
    )
