"""What the plans say over whole columns, beside the library asked one by one: numbers of every country."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
import polars as pl
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from cdptool.fields import FieldOptions, field_type, phone_plans
from cdptool.fields.phone import judge_number
from tests.frames import ROUNDS

REGIONS = sorted(
    region for regions in COUNTRY_CODE_TO_REGION_CODE.values() for region in regions if region != "001"
)
PER_REGION = 1_000 if ROUNDS > 1 else 40
FORMS = (
    *("{d}", "{np}{d}", "+{cc}{d}", "{cc}{d}", "00{cc}{d}", "+{cc}{np}{d}", "011{cc}{d}", "+{other}{d}"),
    *("+{cc} (0){d}", "({np}) {d}", "{d}.0", "{d}.0 ", "+{cc}-{d}", "{cc}{np}{d}", "0{np}{d}", "{d} ext 7"),
)


def numbers_of(region: str, rng: random.Random) -> Iterator[str]:
    """Valid, nearly valid and random numbers of a region in many spellings."""
    plan = PhoneMetadata.metadata_for_region(region)
    found = (phonenumbers.example_number_for_type(region, kind) for kind in range(11))
    examples = [phonenumbers.national_significant_number(number) for number in found if number]
    for _ in range(PER_REGION):
        digits, kind = rng.choice(examples), rng.random()
        if kind < 0.25:
            length = rng.choice(plan.general_desc.possible_length)
            digits = "".join(rng.choices("0123456789", k=length))
        elif kind < 0.8:
            kept = rng.randrange(1, len(digits))
            digits = digits[:kept] + "".join(rng.choices("0123456789", k=len(digits) - kept))
        else:
            digits = digits + rng.choice("0123456789") if kind < 0.9 else digits[:-1]
        text = rng.choice(FORMS).format(
            d=digits,
            np=plan.national_prefix or "0",
            cc=plan.country_code,
            other=rng.choice((1, 44, 49, 39, 7)),
        )
        if rng.random() < 0.3:
            at = rng.randrange(1, len(text))
            text = text[:at] + rng.choice((" ", "-", ".", ") ")) + text[at:]
        yield text


@pytest.mark.parametrize("seed", [5])
def test_no_number_of_any_country_is_read_otherwise_than_by_the_library(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_plans, "_FEW", 1)
    rng = random.Random(seed)
    n_valid = n_quick = 0
    for region in REGIONS if ROUNDS > 1 else rng.sample(REGIONS, 80):
        texts = list(numbers_of(region, rng))
        quick = field_type("phone").quick(pl.Series(texts), FieldOptions(region=region)).to_list()
        for value, text in zip(quick, texts, strict=True):
            expected = judge_number(text.strip(), region)[0]
            n_valid += expected is not None
            if value is not None:
                n_quick += 1
                assert value == expected, f"seed {seed}, region {region}"
    assert n_quick > 0.6 * n_valid


def test_the_usual_spellings_need_no_second_look() -> None:
    """What people and shops write, in the countries where they write it so."""
    cases = {
        "US": ("(415) 555-2671", "+1 415 555 2671", "1-415-555-2671", "4155552671"),
        "GB": ("020 7946 0018", "+44 20 7946 0018", "+44 (0)20 7946 0018", "00442079460018"),
        "DE": ("0151 23941728", "+49 151 23941728", "004915123941728", "030 9027431"),
        "FR": ("06 17 42 85 39", "+33 6 17 42 85 39"),
        "IT": ("06 6981 2345", "+39 06 6981 2345", "312 745 6189"),
        "AU": ("0412 385 679", "+61 412 385 679"),
        "JP": ("03-5214-7680", "+81 90-5214-7680"),
        "BR": ("(11) 96174-2853", "+55 11 96174-2853", "011 96174-2853"),
        "VN": ("0987 614 352", "+84 987614352", "84987614352"),
    }
    for region, texts in cases.items():
        many = pl.Series([text for text in texts for _ in range(40)])
        quick = field_type("phone").quick(many, FieldOptions(region=region))
        expected = [judge_number(text, region)[0] for text in many]
        assert quick.to_list() == expected, region
        assert None not in expected
