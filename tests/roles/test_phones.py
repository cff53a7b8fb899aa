"""Telephone numbers of files whose country nobody told: one line, however written, gives one text."""

import polars as pl
import pytest

from cdptool.roles.phones import phone_texts

ONE_LINE = {
    "United Kingdom": ("+44 1581 230361", "01581 230361", "(01581) 230-361", "0044 1581230361", "441581230361", "+44 (0)1581 230361"),
    "Vietnam": ("0387646801", "+84387646801", "84 387 646 801", "0168 764 6801", "+84 168 7646801", "387646801"),
    "United States": ("(415) 555-0132", "+1 415 555 0132", "1-415-555-0132", "415.555.0132 x204", "4155550132 ext. 7"),
    "Germany": ("+49 30 90182660", "030/90182660", "0049 (0)30 90182660", "030 9018 2660; 030 9018 2661"),
    "Ireland": ("+353 1 8745001", "01 8745001", "00353 18745001"),
}  # fmt: skip


@pytest.mark.parametrize("country", ONE_LINE)
def test_one_line_written_in_many_ways_is_one_text(country: str) -> None:
    every_country = pl.Series([number for numbers in ONE_LINE.values() for number in numbers])
    assert phone_texts(pl.Series(ONE_LINE[country])).n_unique() == 1
    assert phone_texts(every_country).n_unique() == len(ONE_LINE)


def test_a_code_that_nothing_announces_stays_where_the_number_without_it_is_nobodys() -> None:
    assert phone_texts(pl.Series(["442079460958", "1581230361"])).to_list() == ["442079460958", "1581230361"]


def test_an_area_of_birmingham_is_no_old_network_of_vietnam() -> None:
    assert phone_texts(pl.Series(["0121 764 6801", "0161 764 6801"])).to_list() == [
        "1217646801",
        "1617646801",
    ]


def test_what_is_no_number_says_nothing() -> None:
    nothing = ["000 000 000", "1234567", "0909999999", "555", "n/a", "", None]
    assert phone_texts(pl.Series(nothing)).null_count() == len(nothing)
