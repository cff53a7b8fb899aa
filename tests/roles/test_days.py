"""Days in the forms that registers have, also several in one column."""

from __future__ import annotations

import datetime
from random import Random

import polars as pl
import pytest

from cdptool.roles.days import day_texts

FORMS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%y",
    "%Y%m%d",
    "%d%m%Y",
    "%m%d%Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%d-%b-%y",
)


def _days() -> list[datetime.date]:
    chance = Random(8)
    return [datetime.date(1930, 1, 1) + datetime.timedelta(chance.randrange(25_000)) for _ in range(300)]


@pytest.mark.parametrize("form", FORMS)
def test_a_column_in_one_form_is_read(form: str) -> None:
    days = [day for day in _days() if "%y" not in form or 1930 <= day.year < 2000]
    read = day_texts(pl.Series([day.strftime(form) for day in days]))
    assert read.to_list() == [day.strftime("%Y%m%d") for day in days]


def test_a_column_in_several_forms_is_read_value_by_value() -> None:
    """Among days with the day first, those of ISO, of a spreadsheet, and with the month as a word."""
    days = _days()
    began = datetime.date(1899, 12, 30)
    forms = ("%d/%m/%Y", "%d/%m/%Y", "%d/%m/%Y", "%Y-%m-%d", "%d %b %Y", "")
    written = [
        day.strftime(form) if form else str((day - began).days)
        for day, form in zip(days, forms * 50, strict=True)
    ]
    assert day_texts(pl.Series(written)).to_list() == [day.strftime("%Y%m%d") for day in days]


def test_a_year_alone_stays_a_year_and_what_is_no_day_stays_as_it_is() -> None:
    read = day_texts(pl.Series(["1980", "circa 1975", "19801384", None, "no"]))
    assert read.to_list() == ["1980", "1975", "19801384", None, None]
