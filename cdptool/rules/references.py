"""Which columns stand behind paths such as `sku.category`, and the joins with small tables that follow references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdptool.rules.book import Catalog, find_column, kind_of
from cdptool.tables import Column


def event_columns(columns: tuple[Column, ...], stream: str, paths: set[tuple[str, ...]]) -> list[str]:
    """The columns of a stream behind the paths, each money column with its currency. Sorted."""
    names = set()
    for start in {path[0] for path in paths}:
        column = find_column(columns, start)
        assert column is not None
        names |= {f"{stream}.{name}" for name in with_currency(column)}
    return sorted(names)


def profile_columns(catalog: Catalog, paths: set[tuple[str, ...]]) -> set[str]:
    """The columns behind paths of profile fields, references followed, currencies included."""
    names = set()
    for path in paths:
        column = catalog.follow(catalog.field(path[0]), path[1:])
        name = ".".join(path)
        names |= {name, f"{name}_currency"} if column and kind_of(column) == "money" else {name}
    return names


def with_currency(column: Column) -> tuple[str, ...]:
    """The columns a declared column consists of."""
    return (column.name, f"{column.name}_currency") if kind_of(column) == "money" else (column.name,)


@dataclass(frozen=True, slots=True, eq=False)
class Keyed:
    """What a key column of rows tells: `told` has a row for each key (and one for none), `codes` say which is a row's."""

    codes: pl.Series
    told: pl.DataFrame

    @property
    def attributes(self) -> list[str]:
        """The names of what is told, without that of the key, which is the first column."""
        return self.told.columns[1:]

    def looked_at(self, looks: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
        """Those of some expressions that read only what the key tells, under their names; not the key itself."""
        return {
            name: each.alias(name)
            for name, each in looks.items()
            if _reads_only(each, self.told.columns) and not self.is_key(each)
        }

    def is_key(self, look: pl.Expr) -> bool:
        """Whether an expression is the key and nothing else."""
        return look.meta.eq(pl.col(self.told.columns[0]))

    def gathered(
        self, wanted: Sequence[str | pl.Expr], places: NDArray[np.int64] | None = None
    ) -> list[pl.Series]:
        """Columns, or expressions over them, for all rows or those at some places."""
        if not wanted:
            return []
        codes = self.codes if places is None else self.codes.gather(places)
        return _gathered(self.told.select(wanted), codes)


@dataclass(frozen=True, slots=True, eq=False)
class References:
    """
    Paths over references, such as `sku.category`, as joins in the order in which they are made.

    Each join is the name of a column of the rows and a table of `by_key` with a column of that name, its key, and those
    attributes that are asked for, named `<key>.<attribute>`.
    """

    joins: tuple[tuple[str, pl.DataFrame], ...]

    def join(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with a column for each path. Order is kept."""
        for key, small in self.joins:
            rows = rows.join(small.lazy(), on=key, how="left", maintain_order="left")
        return rows

    def followed(self, rows: pl.DataFrame, looks: Mapping[str, pl.Expr] | None = None) -> pl.DataFrame:
        """
        The same of rows in memory: each key is looked up once, however many rows have it.

        Args:
            rows: Rows with the keys.
            looks: All that will be looked at, by name, where that is known: what only a key tells is worked out once a key
                and has a column of that name, and attributes that nothing else reads are left out.
        """
        rows, keyed = self.with_keys(rows)
        rest = dict(looks or {})
        for each in keyed:
            of_key = each.looked_at(rest)
            rest = {name: look for name, look in rest.items() if name not in of_key}
            read = {name for look in rest.values() for name in look.meta.root_names()}
            attributes = [name for name in each.attributes if looks is None or name in read]
            rows = rows.hstack(each.gathered([*attributes, *of_key.values()]))
        return rows

    def with_keys(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Keyed, ...]]:
        """What the paths lead to, by key where keys are texts, else as columns of the rows."""
        found: list[Keyed] = []
        for key, small in self.joins:
            holder = next((i for i, each in enumerate(found) if key in each.attributes), None)
            if holder is not None:
                told = found[holder].told.join(small, on=key, how="left", maintain_order="left")
                found[holder] = Keyed(found[holder].codes, told)
            elif rows.schema[key] != pl.String:
                told = rows.select(key).join(small, on=key, how="left", maintain_order="left")
                rows = rows.hstack(told.drop(key))
            else:
                codes, keys = _keys_of(rows[key])
                found.append(
                    Keyed(codes, keys.to_frame().join(small, on=key, how="left", maintain_order="left"))
                )
        return rows, tuple(found)

    def narrowed(self, rows: pl.LazyFrame, seen: pl.Expr) -> pl.LazyFrame:
        """Rows of a scan without those whose key alone fails a condition, where that leaves out most keys."""
        schema = rows.collect_schema()
        for key, small in self.joins:
            if not _reads_only(seen, small.columns) or schema[key] != pl.String:
                continue
            meets = pl.concat([small, small.clear(1)]).select(seen.alias("")).to_series()
            out = small[key].filter(~meets.head(small.height))
            is_met_without = bool(meets[-1])  # the last row: what a key that is not in the table tells
            if is_met_without and len(out) * 2 > small.height:
                rows = rows.filter(~pl.col(key).is_in(out.implode()).fill_null(False))
        return rows


def references(
    prefix: str,
    columns: tuple[Column, ...],
    paths: set[tuple[str, ...]],
    catalog: Catalog,
    tables: Mapping[str, pl.DataFrame],
) -> References:
    """
    The references behind paths from some columns.

    Args:
        prefix: Of the names that these columns have in rows.
        columns: Where the paths start.
        paths: Those that lead over no reference are passed over.
        catalog: Tells which table a column refers to.
        tables: The tables of `by_key`.
    """
    steps = {path[:length] for path in paths for length in range(2, len(path) + 1)}
    joins = list[tuple[str, pl.DataFrame]]()
    for base in sorted({step[:-1] for step in steps}, key=lambda path: (len(path), path)):
        start = catalog.follow(find_column(columns, base[0]), base[1:])
        table = catalog.table(start.ref if start else None)
        assert table is not None
        key = prefix + ".".join(base)
        wanted = [find_column(table.columns, step[-1]) for step in sorted(steps) if step[:-1] == base]
        names = sorted({name for column in wanted if column for name in with_currency(column)})
        attributes = [pl.col(name).alias(f"{key}.{name}") for name in names]
        joins.append((key, tables[table.name].select(pl.col(table.key).alias(key), *attributes)))
    return References(tuple(joins))


def _reads_only(look: pl.Expr, names: Sequence[str]) -> bool:
    read = look.meta.root_names()
    return bool(read) and set(read) <= set(names)


def _gathered(told: pl.DataFrame, codes: pl.Series) -> list[pl.Series]:
    """The columns of keys for rows; what is the same for every key is gathered once."""
    places, made = codes.to_numpy(), list[tuple[pl.Series, pl.Series]]()
    for column in told:
        same = next((found for each, found in made if each.equals(column, check_dtypes=True)), None)
        if same is None and column.dtype == pl.Boolean and not column.null_count():
            same = pl.Series(np.take(column.to_numpy(), places))
        found = column.gather(codes) if same is None else same.alias(column.name)
        made.append((column, found))
    return [found for _, found in made]


def _keys_of(keys: pl.Series) -> tuple[pl.Series, pl.Series]:
    """For each row the place of its key among the keys, of which the last is that of rows without one, where there are any."""
    named = keys.cast(pl.Categorical)  # kept until its numbers are texts again
    codes = named.to_physical()
    n_codes = int(cast(int, codes.max() or 0)) + 1 if codes.null_count() < len(codes) else 0
    numbers = pl.int_range(n_codes, dtype=pl.UInt32, eager=True).alias(keys.name)
    distinct = numbers.cat.to(named.dtype).cast(pl.String)
    if not codes.null_count():
        return codes, distinct
    return codes.fill_null(n_codes), distinct.extend_constant(None, 1)


def by_key(tables: Mapping[str, pl.DataFrame], catalog: Catalog) -> dict[str, pl.DataFrame]:
    """The reference tables with one row per key whatever they hold, and always the same one; those without a key are gone."""
    keys = {table.name: table.key for table in catalog.tables}
    return {
        name: table.filter(pl.col(keys[name]).is_not_null())
        .sort(pl.all())
        .unique(keys[name], keep="first", maintain_order=True)
        for name, table in tables.items()
        if name in keys
    }
