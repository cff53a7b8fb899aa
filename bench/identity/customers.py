"""
Customers of any number for the clock: mean two records a person, households, junk, Vietnamese and Western names.

Everything about a person is a hash of the person's number, and the rows are a permutation of the slots that people
fill, so any part of the file can be written without the rest: `write` streams, at ten million rows as at ten thousand.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pools
import pyarrow as pa
import pyarrow.parquet as pq
import slips

PART = 250_000
# Records of the four people of a block; each line sums to eight.
_COUNTS = np.array(
    [
        (2, 2, 2, 2),
        (1, 1, 2, 4),
        (1, 2, 2, 3),
        (3, 3, 1, 1),
        (1, 1, 1, 5),
        (6, 1, 0, 1),
        (2, 1, 4, 1),
        (1, 3, 2, 2),
    ]
)
# Who of the four lives with whom.
_HOMES = np.array(
    [
        (0, 0, 0, 0),
        (0, 0, 2, 2),
        (0, 1, 2, 2),
        (0, 1, 2, 3),
        (0, 1, 2, 3),
        (0, 1, 1, 3),
        (0, 0, 2, 3),
        (0, 1, 2, 3),
    ]
)
KINDS = {
    "first_name": "given", "last_name": "family", "birth_date": "born", "phone": "phone", "email": "email",
    "address": "street", "city": "city", "postcode": "postcode",
}  # fmt: skip
_JUNK = {"phone": "0900000000", "email": "test@test.com", "birth_date": "1900-01-01", "address": "unknown"}


def write(path: Path, rows: int, seed: int, *, is_csv: bool = False) -> None:
    """
    The file, and beside it `<name>.truth.npy` with the person of every row (int64).

    Args:
        path: Where to; Parquet, or CSV with `is_csv`.
        rows: How many, rounded down to a multiple of eight.
        seed: Other people, other errors.
        is_csv: The same table as text.
    """
    rows -= rows % 8
    entity = np.lib.format.open_memmap(
        path.with_suffix(".truth.npy"), mode="w+", dtype=np.int64, shape=(rows,)
    )
    writer = None
    with path.open("wb") as file:
        for start in range(0, rows, PART):
            stop = min(start + PART, rows)
            person, nth, slot = _slots(np.arange(start, stop, dtype=np.uint64), rows, seed)
            entity[start:stop] = person
            frame = _part(person, nth, slot, seed).insert_column(0, pl.Series("id", np.arange(start, stop)))
            if is_csv:
                frame.write_csv(file, include_header=start == 0)
                continue
            table = frame.to_arrow()
            writer = writer or pq.ParquetWriter(file, table.schema.with_metadata(None), compression="zstd")
            writer.write_table(
                pa.table(dict(zip(table.column_names, table.columns, strict=True)), schema=writer.schema)
            )
        if writer:
            writer.close()
    entity.flush()


def _mixed(number: np.ndarray, salt: int) -> np.ndarray:
    """SplitMix64 of number and salt: 64 random bits for each."""
    with np.errstate(over="ignore"):
        found = number.astype(np.uint64) + np.uint64((salt * 0x9E3779B97F4A7C15) % 2**64)
        found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


def _share(number: np.ndarray, salt: int) -> np.ndarray:
    """A number in [0, 1) for each."""
    return (_mixed(number, salt) >> np.uint64(11)).astype(np.float64) / 2**53


def _slots(row: np.ndarray, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each row its person, which record of the person it is, and its slot, through a permutation of all slots."""
    step = 2_654_435_761 % rows
    while np.gcd(step, rows) != 1:
        step += 1
    slot = (row * np.uint64(step) + np.uint64(seed * 7919 % rows)) % np.uint64(rows)
    block, place = (slot // np.uint64(8)).astype(np.int64), (slot % np.uint64(8)).astype(np.int64)
    ends = np.cumsum(_COUNTS[(_mixed(block, seed + 1) % np.uint64(len(_COUNTS))).astype(np.int64)], axis=1)
    member = (place[:, None] >= ends).sum(axis=1)
    first = np.where(
        member > 0, np.take_along_axis(ends, np.maximum(member - 1, 0)[:, None], axis=1)[:, 0], 0
    )
    return block * 4 + member, place - first, slot


def _drawn(pool: tuple[str, ...], share: np.ndarray, power: float = 1.6) -> pl.Series:
    at = np.minimum((len(pool) * share**power).astype(np.int64), len(pool) - 1)
    return pl.Series(pool).gather(at)


def _either(test: np.ndarray, yes: pl.Series, no: pl.Series) -> pl.Series:
    return yes.zip_with(pl.Series(test), no)


def _digits(number: np.ndarray, size: int) -> pl.Series:
    return pl.Series(number % np.uint64(10**size)).cast(pl.String).str.zfill(size)


def _part(person: np.ndarray, nth: np.ndarray, slot: np.ndarray, seed: int) -> pl.DataFrame:
    """The rows of some records."""
    block, member = person // 4, person % 4
    pattern = _HOMES[(_mixed(block, seed + 2) % np.uint64(len(_HOMES))).astype(np.int64)]
    head = block * 4 + np.take_along_axis(pattern, member[:, None], axis=1)[:, 0]
    vietnamese = _share(head, seed + 3) < 0.5

    def rare(salt: int, rate: float) -> np.ndarray:
        return _share(slot, seed + salt) < rate

    given, family = _names(person, head, vietnamese, seed)
    # A tenth have moved, and changed their phone: their first record shows the former ones.
    lived = np.where((_share(person, seed + 4) < 0.1) & (nth == 0), person + 2**40, head)
    phoned = np.where((_share(head, seed + 5) < 0.15), head, np.where(lived != head, lived, person + 2**41))
    street, city, postcode = _places(lived, vietnamese, seed)
    number = _digits(_mixed(phoned, seed + 6), 8)
    number = _either(vietnamese, "09" + number, "077" + number)
    email = _emails(person, given, family, seed)
    born = (
        np.datetime64("1940-01-01") + (_share(person, seed + 7) * 25_000).astype("timedelta64[D]")
    ).astype("datetime64[D]")
    born = np.where(rare(8, 0.02), born + np.timedelta64(1, "D"), born)
    frame = pl.DataFrame(
        {
            "first_name": given,
            "last_name": family,
            "birth_date": pl.Series(born).cast(pl.String),
            "phone": number,
            "email": email,
            "address": street,
            "city": city,
            "postcode": postcode,
        }
    )
    frame = _misspelt(frame, slot, seed)
    gaps = {"birth_date": 0.3, "phone": 0.2, "email": 0.35, "address": 0.2, "city": 0.1, "postcode": 0.25}
    spoilt = {}
    for at, (name, gap) in enumerate(gaps.items()):
        column = frame[name]
        if name in _JUNK:
            column = _either(
                rare(40 + at, 0.005), pl.Series([_JUNK[name]]).new_from_index(0, len(column)), column
            )
        spoilt[name] = _either(
            rare(50 + at, gap), pl.Series([None], dtype=pl.String).new_from_index(0, len(column)), column
        )
    return frame.with_columns(**spoilt)


def _names(
    person: np.ndarray, head: np.ndarray, vietnamese: np.ndarray, seed: int
) -> tuple[pl.Series, pl.Series]:
    male = _share(person, seed + 10) < 0.5
    share, middle = _share(person, seed + 11), _share(person, seed + 12)
    west = _either(male, _drawn(pools.MALE, share), _drawn(pools.FEMALE, share))
    east = _either(
        male,
        _drawn(pools.VN_MIDDLE_MALE, middle) + " " + _drawn(pools.VN_MALE, share),
        _drawn(pools.VN_MIDDLE_FEMALE, middle) + " " + _drawn(pools.VN_FEMALE, share),
    )
    kin = _share(head, seed + 13)
    family = _either(vietnamese, _drawn(pools.VN_FAMILY, kin, 2.8), _drawn(pools.FAMILY, kin))
    return _either(vietnamese, east, west), family


def _places(lived: np.ndarray, vietnamese: np.ndarray, seed: int) -> tuple[pl.Series, pl.Series, pl.Series]:
    house = pl.Series(_mixed(lived, seed + 14) % np.uint64(300) + np.uint64(1)).cast(pl.String)
    share, town = _share(lived, seed + 15), _share(lived, seed + 16)
    street = _either(vietnamese, _drawn(pools.VN_STREETS, share, 1.0), _drawn(pools.STREETS, share, 1.0))
    cities = [tuple(name for name, _ in places) for places in (pools.VN_TOWNS, pools.TOWNS)]
    codes = [tuple(code for _, code in places) for places in (pools.VN_TOWNS, pools.TOWNS)]
    city = _either(vietnamese, _drawn(cities[0], town), _drawn(cities[1], town))
    code = _either(vietnamese, _drawn(codes[0], town), _drawn(codes[1], town))
    postcode = code + _digits(_mixed(lived, seed + 17), 4)
    return house + " " + street, city, postcode


def _plain(column: pl.Series) -> pl.Series:
    """Without accents, in small letters; each distinct value once."""
    distinct = column.unique()
    folded = pl.Series([slips.fold(value).lower().replace(" ", "").replace("'", "") for value in distinct])
    return column.replace_strict(distinct, folded)


def _emails(person: np.ndarray, given: pl.Series, family: pl.Series, seed: int) -> pl.Series:
    local = _plain(given) + "." + _plain(family)
    number = pl.Series(_mixed(person, seed + 18) % np.uint64(10_000)).cast(pl.String)
    return local + number + "@" + _drawn(pools.WEST_MAIL, _share(person, seed + 19), 2.2)


def _misspelt(frame: pl.DataFrame, slot: np.ndarray, seed: int) -> pl.DataFrame:
    """Letters left out, initials, lost accents, capitals, swapped names, old spellings of streets."""

    def at(salt: int, rate: float) -> pl.Series:
        return pl.Series(_share(slot, seed + salt) < rate)

    given, family = pl.col("first_name"), pl.col("last_name")
    spoilt = frame.with_columns(
        pl.when(at(20, 0.03)).then(given.str.slice(0, 1)).otherwise(given).alias("first_name"),
        pl.when(at(21, 0.04))
        .then(family.str.slice(0, 2) + family.str.slice(3))
        .when(at(22, 0.02))
        .then(family.str.head(-1) + "e")
        .otherwise(family)
        .alias("last_name"),
        pl.when(at(23, 0.03))
        .then(pl.col("phone").str.replace("7", "1"))
        .otherwise(pl.col("phone"))
        .alias("phone"),
        pl.when(at(24, 0.2))
        .then(pl.col("address").str.replace(" Street", " St"))
        .otherwise(pl.col("address"))
        .alias("address"),
        pl.when(at(25, 0.02))
        .then(pl.col("email").str.replace("a", ""))
        .otherwise(pl.col("email"))
        .alias("email"),
    )
    swapped, loud = at(26, 0.02), at(27, 0.15)
    folded = at(28, 0.3)
    spoilt = spoilt.with_columns(
        pl.when(swapped).then(family).otherwise(given).alias("first_name"),
        pl.when(swapped).then(given).otherwise(family).alias("last_name"),
    )
    plain = [given, family, pl.col("address"), pl.col("city")]
    bare = [
        column.str.normalize("NFD").str.replace_all(r"\p{M}", "").str.replace_many(["Đ", "đ"], ["D", "d"])
        for column in plain
    ]
    spoilt = spoilt.with_columns(
        pl.when(folded).then(without).otherwise(column) for column, without in zip(plain, bare, strict=True)
    )
    return spoilt.with_columns(
        pl.when(loud).then(column.str.to_uppercase()).otherwise(column) for column in (given, family)
    )
