"""Each step on its own, the forms of one mailbox, and the Vietnamese traps."""

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdptool.destinations.normalize import EMPTY, STEP_NAMES, STEPS, normalize
from tests.destinations.platforms import GOOGLE, META

MAILBOX = "  Jane.Doe+VIP@GoogleMail.com "
PHONE = "phone without country code, or no phone number"

# (step, value, result): null = refused
CASES = [
    ("nfc", "nguyê\u0303n", "nguyễn"),
    ("nfc", "ngu\u0079ê\u0303n", "nguyễn"),
    ("trim", " \u00a0a b\t", "a b"),
    ("lower", "NGUYỄN ĐẶNG", "nguyễn đặng"),
    ("rm_space", "thành phố hồ chí minh", "thànhphốhồchíminh"),
    ("rm_punct", "d'arc-lê 2.", "darclê 2"),
    ("rm_punct", "정", "정"),
    ("rm_titles", "dr. mr jane", "jane"),
    ("rm_titles", "drake", "drake"),
    ("rm_suffixes", "king, jr.", "king"),
    ("rm_suffixes", "king iii", "king"),
    ("rm_suffixes", "smd", "smd"),
    ("gmail_dots_tags", "a.b+c@gmail.com", "ab@gmail.com"),
    ("gmail_dots_tags", "a.b+c@hotmail.com", "a.b+c@hotmail.com"),
    ("gmail_dots_tags", "a.b+c@xgmail.com", "a.b+c@xgmail.com"),
    ("email_address", "a@b", None),
    ("email_address", "a@b@c.vn", None),
    ("email_address", "a b@c.vn", None),
    ("email_address", "a@b..vn", None),
    ("email_address", "a@xn--b-0ga.vn", "a@xn--b-0ga.vn"),
    ("digits_no_plus", "+84987654321", "84987654321"),
    ("digits_no_plus", "84987654321", "84987654321"),
    ("digits_no_plus", "0987654321", None),
    ("digits_no_plus", "987654321", None),
    ("digits_no_plus", "+84 0987654321", None),
    ("digits_no_plus", "845123456", None),
    ("digits_no_plus", "+0000000000", None),
    ("digits_no_plus", "+39 06 1234 5678", "390612345678"),
    ("digits_no_plus", "+84 98 765 43 21 ext", None),
    ("digits_no_plus", "+84987654321+84987654322", None),
    ("e164_plus", "0084 987 654 321", "+84987654321"),
    ("e164_plus", "0987654321", None),
    ("first5_us_zip", "90210-1234", "90210"),
    ("first5_us_zip", "700000", "700000"),
    ("iso2_lower", "VN", "vn"),
    ("iso2_lower", "Việt Nam", None),
    ("iso2_upper", "vn", "VN"),
    ("gender_mf", "female", "f"),
    ("gender_mf", "M", "m"),
    ("gender_mf", "other", None),
    ("yyyymmdd", "1990-01-15", "19900115"),
    ("yyyymmdd", "15/01/1990", None),
    ("year", "1990", "1990"),
    ("year", "90", None),
    ("mobile_ad_id", "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25", "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25"),
    ("mobile_ad_id", "00000000-0000-0000-0000-000000000000", None),
    ("not_negative", "0", "0"),
    ("not_negative", "12.5", "12.5"),
    ("not_negative", "-1", None),
    ("not_negative", "1e+20", None),
]


@pytest.mark.parametrize(("name", "value", "expected"), CASES)
def test_a_step_gives_its_form_or_refuses(name: str, value: str, expected: str | None) -> None:
    assert normalized(value, name)[0] == expected


def test_every_step_is_in_the_table_above_and_names_its_source() -> None:
    assert {name for name, _, _ in CASES} == set(STEP_NAMES)
    assert len(set(STEP_NAMES)) == len(STEPS)
    assert all(step.reason and step.source for step in STEPS)


def test_a_step_is_one_to_one_on_an_empty_column() -> None:
    """Steps run inside queries whose audience may be empty."""
    empty = pl.LazyFrame(schema={"value": pl.String})
    assert normalize(empty, STEP_NAMES).collect().schema == {"value": pl.String, "reason": pl.String}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (META.columns[0].normalize, "jane.doe+vip@googlemail.com"),
        (GOOGLE.columns[0].normalize, "janedoe@googlemail.com"),
    ],
    ids=["meta", "google (docs)"],
)
def test_one_mailbox_has_the_form_each_platform_asks_for(rules: tuple[str, ...], expected: str) -> None:
    """The table of activation.md §2.1, as far as we ship a rule set for it."""
    assert normalized(MAILBOX, *rules) == (expected, None)


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("fn", "NGUYỄN", "nguyễn"),
        ("fn", unicodedata.normalize("NFD", "Đặng"), "đặng"),
        ("ct", "Đà Nẵng", "đànẵng"),
        ("phone", "+84987654321", "84987654321"),
        ("phone", "0987654321", None),
        ("phone", "+84 0987654321", None),
    ],
)
def test_vietnamese_values_survive_metas_rules(header: str, value: str, expected: str | None) -> None:
    """Meta's own SDK makes `nguyn`, `ng`, `nng` and 987654321 of these."""
    rules = next(column.normalize for column in META.columns if column.header == header)
    assert normalized(value, *rules)[0] == expected


def test_a_refused_value_says_which_step_refused_it() -> None:
    assert normalized("0987654321", "nfc", "digits_no_plus") == (None, PHONE)
    assert normalized(" ", "nfc", "trim", "email_address") == (None, EMPTY)
    assert normalized("", "email_address") == (None, EMPTY)
    assert normalized("") == (None, EMPTY)
    assert normalized(None, "trim", "email_address") == (None, None)


@given(st.text(max_size=12), st.lists(st.sampled_from(STEP_NAMES), max_size=4))
def test_a_value_is_never_empty_and_a_lost_one_always_has_a_reason(value: str, names: list[str]) -> None:
    after, reason = normalized(value, *names)
    assert after != ""
    assert (after is None) == (reason is not None)


@given(st.text(max_size=12))
def test_text_steps_keep_nfc(value: str) -> None:
    after, _ = normalized(value, "nfc", "trim", "lower", "rm_punct")
    assert after is None or unicodedata.is_normalized("NFC", after)


def normalized(value: str | None, *names: str) -> tuple[str | None, str | None]:
    frame = pl.LazyFrame({"value": [value]}, schema={"value": pl.String})
    return normalize(frame, tuple(names)).collect().row(0)
