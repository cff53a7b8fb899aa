"""Numbered columns say of every row what the table says of it."""

import numpy as np
import polars as pl
import pytest

from cdptool.matching import match
from cdptool.roles import columns as module
from cdptool.roles import texts as texts_module
from cdptool.roles.columns import Columns, columns_of
from cdptool.roles.proposal import roles
from cdptool.roles.texts import match_texts, match_values

LETTERS = ("a", "b", "c", "", None, "dd")


def drawn(seed: int, n_rows: int = 60, width: int = 4) -> pl.DataFrame:
    """A table of a few texts, some of them none."""
    chance = np.random.default_rng(seed)
    columns = [[LETTERS[i] for i in chance.integers(0, len(LETTERS), n_rows)] for _ in range(width)]
    return pl.DataFrame({str(i): pl.Series(column, dtype=pl.String) for i, column in enumerate(columns)})


def rows_of(table: pl.DataFrame, ids: list[int]) -> list[tuple[str | None, ...]]:
    """The rows by their numbers; the empty text is none."""
    rows = table.rows()
    return [tuple(text or None for text in rows[i]) for i in ids]


@pytest.mark.parametrize("bits", [62, 5], ids=["as they are", "renumbered"])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_different_rows_are_those_of_the_table(
    width: int, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BITS", bits)
    for seed in range(20):
        table = drawn(seed)
        names = table.columns[:width]
        found, ids = columns_of(table).different(names)
        assert rows_of(found, ids.tolist()) == rows_of(table.select(names), list(range(len(table))))
        if width > 1:
            assert len(found) == len(set(ids.tolist()))


def test_columns_in_another_order_are_those_of_the_ordered_table() -> None:
    table = drawn(3)
    order = np.random.default_rng(1).permutation(len(table))
    one, other = columns_of(table).in_order(order), columns_of(table[order])
    everything = np.arange(len(table))
    for name in table.columns:
        assert one.by_name[name].at(everything).equals(other.by_name[name].at(everything))


def people(n: int) -> pl.DataFrame:
    """People with several parts of a name, of a date and of an address."""
    chance = np.random.default_rng(7)

    def of(*texts: str | None) -> pl.Series:
        return pl.Series([texts[i] for i in chance.integers(0, len(texts), n)], dtype=pl.String)

    return pl.DataFrame(
        {
            "first name": of("An", "Bình", "unknown", None, "Jo"),
            "middle name": of("Văn", "", None, "X"),
            "surname": of("Nguyễn", "Smith", "LÊ", "n/a"),
            "birth year": of("1980", "1999"),
            "birth month": of("1", "11", "12"),
            "birth day": of("3", "31"),
            "street": of("5 High St", "9 Low Rd", None),
            "address 2": of("Flat 3", None, ""),
            "email": of("a@b.vn", "An.Le@gmail.com", None, "x@y"),
        }
    )


def test_texts_of_different_rows_are_those_of_every_row() -> None:
    table = people(300)
    found = roles(table)
    made, kinds = match_texts(table, found.fields)
    whole = [texts_module._texts(table, role) for role in found.fields]
    for name, texts in {name: one for each in whole for name, one in each.items()}.items():
        assert made[name].equals(texts.set((texts == "").fill_null(False), None).rename(name)), name
    assert [name for name, _ in kinds] == made.columns


def test_values_and_texts_are_matched_alike() -> None:
    table = people(300)
    found = roles(table)
    texts, kinds = match_texts(table, found.fields)
    values, _ = match_values(columns_of(table), found.fields)
    one, other = match(texts, kinds), match(values, kinds)
    assert one.clusters.tolist() == other.clusters.tolist()
    assert one.log_odds.tolist() == other.log_odds.tolist()


def test_a_file_without_rows_has_columns_too() -> None:
    found = columns_of(pl.DataFrame(schema={"a": pl.String, "b": pl.String}))
    assert found.different(("a", "b"))[1].tolist() == []
    assert isinstance(found.only(["a"]), Columns)
