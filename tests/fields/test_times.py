"""Dates and moments: fixed shapes, declared formats, zones."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from cdptool.errors import SchemaError
from cdptool.fields import FieldOptions, field_type
from cdptool.fields.fixed_times import read_fixed, shape_of_iso
from tests.fields.reading import read


def test_every_day_of_four_centuries_is_read() -> None:
    days = pl.date_range(date(1600, 1, 1), date(2400, 12, 31), eager=True)
    assert read_fixed(days.dt.to_string("%Y-%m-%d"), shape_of_iso("2024-01-01")).dt.date().equals(days)


def test_days_that_do_not_exist_are_invalid() -> None:
    texts = ["2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-00-10", "2024-01-00", "0024-01-01"]
    assert read("date", list(texts)) == [(None, "invalid")] * len(texts)
    assert read("date", ["2000-02-29", "0000-00-00"]) == [(date(2000, 2, 29), "valid"), (None, "placeholder")]


def test_a_date_is_the_day_as_written() -> None:
    texts = ["2024-01-05", "2024-1-5", "2024/01/05", "2024-01-05 23:30:00", "2024-01-05T23:30:00+07:00"]
    texts += ["2024-01-05T23:30:00Z", "2024-01-05T00:30:00-05:00"]
    for text in texts:
        assert read("date", [text]) == [(date(2024, 1, 5), "valid")]
    assert read("date", list(texts)) == [(date(2024, 1, 5), "valid")] * len(texts)


def test_day_and_month_are_never_guessed() -> None:
    assert read("date", ["05/06/2024"]) == [(None, "invalid")]
    assert (
        read("date", ["05/06/2024", "5/6/2024"], formats=("%d/%m/%Y",)) == [(date(2024, 6, 5), "valid")] * 2
    )
    two = ("%d/%m/%Y", "%m/%d/%Y")
    assert read("date", ["05/06/2024", "05/16/2024"], formats=two) == [
        (date(2024, 6, 5), "valid"),
        (date(2024, 5, 16), "valid"),
    ]


def test_naive_times_need_a_zone() -> None:
    read = field_type("datetime").read(
        pl.Series(["2024-01-05 10:00:00", "2024-01-05T10:00:00Z"]), FieldOptions()
    )
    assert read.flaws.rows() == [(0, "invalid", "naive time needs a declared zone")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29T10:00:00Z", "2024-02-29T10:00:00"),
        ("2024-02-29 10:00:00+07:00", "2024-02-29T03:00:00"),
        ("2024-02-29T10:00:00.25-0530", "2024-02-29T15:30:00.250000"),
        ("2024-02-29T23:30+00", "2024-02-29T23:30:00"),
        ("2024-02-29 10:00:00 UTC", "2024-02-29T10:00:00"),
        ("2024-02-29T10:00:00,5Z", "2024-02-29T10:00:00.500000"),
        ("2024-02-29T10:00:00.123456789Z", "2024-02-29T10:00:00.123456"),
        ("2024-02-29 10:00", "2024-02-29T03:00:00"),
        ("2024-02-29", "2024-02-28T17:00:00"),
    ],
)
def test_iso_times(text: str, expected: str) -> None:
    found = read("datetime", [text], tz="Asia/Ho_Chi_Minh")
    assert found == [(datetime.fromisoformat(expected).replace(tzinfo=UTC), "valid")]


def test_hours_minutes_and_seconds_have_limits() -> None:
    texts = [
        "2024-01-01 24:00:00",
        "2024-01-01 10:60:00",
        "2024-01-01 10:00:60",
        "2024-01-01T10:00:00+25:00",
        "x",
    ]
    assert read("datetime", list(texts), tz="UTC") == [(None, "invalid")] * len(texts)


def test_the_hour_that_comes_twice_is_the_earlier_one_and_the_lost_hour_is_invalid() -> None:
    found = read("datetime", ["2024-11-03 01:30:00", "2024-03-10 02:30:00"], tz="America/New_York")
    assert found == [(datetime(2024, 11, 3, 5, 30, tzinfo=UTC), "valid"), (None, "invalid")]
    later = read("datetime", ["2024-11-03 01:30:00"], tz="America/New_York", ambiguous="latest")
    assert later == [(datetime(2024, 11, 3, 6, 30, tzinfo=UTC), "valid")]


@pytest.mark.parametrize(
    "tz", ["Asia/Ho_Chi_Minh", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"]
)
@pytest.mark.parametrize("years", [(1960, 2030), (2023, 2024)])
def test_local_times_agree_with_zoneinfo(tz: str, years: tuple[int, int]) -> None:
    seed = 5
    rng = random.Random(seed)
    first, zone = datetime(years[0], 1, 1), ZoneInfo(tz)
    span = (datetime(years[1], 12, 31) - first) // timedelta(seconds=1)
    naive = [first + timedelta(seconds=rng.randrange(span)) for _ in range(400)]
    found = read("datetime", [moment.isoformat(sep=" ") for moment in naive], tz=tz)
    for moment, (value, _) in zip(naive, found, strict=True):
        moved = moment.replace(tzinfo=zone).astimezone(UTC)
        never = moved.astimezone(zone).replace(tzinfo=None) != moment
        assert value == (None if never else moved), f"seed {seed}"


def test_declared_formats() -> None:
    formats = ("%d/%m/%Y %H:%M", "%d %b %Y", "%Y%m%d%H%M%S")
    texts = ["29/02/2024 10:00", "1/2/2024 1:05", "05 Feb 2024", "20240229100000", "29/02/2023 10:00"]
    hour = timedelta(hours=7)
    expected = [
        datetime(2024, 2, 29, 10),
        datetime(2024, 2, 1, 1, 5),
        datetime(2024, 2, 5),
        datetime(2024, 2, 29, 10),
    ]
    found = read("datetime", list(texts), formats=formats, tz="Asia/Ho_Chi_Minh")
    assert [value for value, _ in found] == [*((day - hour).replace(tzinfo=UTC) for day in expected), None]
    zoned = read("datetime", ["29/02/2024 10:00 +0700", "x"], formats=("%d/%m/%Y %H:%M %z",))
    assert zoned == [(datetime(2024, 2, 29, 3, tzinfo=UTC), "valid"), (None, "invalid")]


def test_a_format_that_is_none_names_itself_and_no_cell() -> None:
    with pytest.raises(SchemaError) as caught:
        read("datetime", ["secret"], formats=("%Q%",), tz="UTC")
    assert str(caught.value) == "the time format `%Q%` is not understood"


@pytest.mark.parametrize("text", ["1900-01-01", "9999-12-31", "1899-12-30"])
def test_the_default_days_of_other_systems_say_nothing(text):
    """Two people without a birthday would agree on it, and a real one would differ from it."""
    read = field_type("date").read(pl.Series([text, "1900-01-02"]), FieldOptions())
    assert read.values.to_list() == [None, date(1900, 1, 2)]
    assert read.flaws["verdict"].to_list() == ["placeholder"]
