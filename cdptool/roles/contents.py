"""What the texts of a column say of its part: whether they agree with its name, and what they are where it says nothing."""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.fields.folding import squeezed
from cdptool.inspection.guess import guess_column
from cdptool.inspection.guess_times import guess_times
from cdptool.inspection.sample import Sample
from cdptool.roles.words import FIRM_WORDS

_FEW_FIRMS: Final = 0.10
_EMAIL: Final = r"^\s*[^@\s]+@[^@\s]+\.[^@\s]{2,}\s*$"
_DAY: Final = r"^\s*\d{1,4}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{1,4}(?:\D.*)?$|^(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$"
AGE: Final = r"(?i)^(?:\d{1,2}|1[01]\d)(?:\.0+)?(?: ?(?:y|yrs?|years?|m|mo|months?|w|weeks?|d|days?)\.?)?$"
_FEWEST_AGES: Final = 10
_DAY_LAST: Final = r"^(?:0[1-9]|[12]\d|3[01]){2}(?:19|20)\d\d$"
_DECIMAL: Final = r"^-?\d+[.,]\d+$"
_PHONE: Final = (
    r"^\s*(?:(?:\+|00)[1-9][\d .()/\-]{6,17}|\(0?\d{2,4}\) ?[\d .\-]{6,10}|\d{3}[-. ]\d{3}[-. ]\d{4})\s*$"
)
_NUMBER: Final = r"^(?:\D{0,2}(?:\+|00)\D{0,2}(?:\d\D{0,2}){8,15}|\D{0,2}(?:\d\D{0,2}){8,12})$"
_LINE: Final = r"^\d{1,5}\s?\p{L}?[ ,]+[\p{L}\p{M}'’.].*$|^[\p{L}\p{M}'’.\- ]+[ ,.]\d{1,5}\s?\p{L}?$"
POSTCODE: Final = r"^(?:\d{4,6}|\d{5}-?\d{4}|\d{5}-\d{3}|\d{3}-\d{4}|\d{2}-\d{3}|\d{4} ?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})$"
WORDS: Final = r"^[\p{L}\p{M}'’`.\-&+,/() ]+$"
_SOME: Final = 0.2
_LEAST_AGES: Final = 30  # years between the 5th and 95th of a hundred birthdays, and not of what was entered
SEEN_OFTEN: Final = 20
_VARIOUS: Final = 0.2


def may_be(role: str, sample: Sample) -> bool:
    """Whether the texts do not speak against a role that the name gives."""
    if role == "email":
        return sample.matching("@") > 0.3
    if sample.matching(_EMAIL) > 0.5:
        return False
    if role == "website":
        return sample.matching(r"\p{L}{2}.*\.\p{L}{2}") > 0.5 and _is_of_many_hosts(sample)
    is_of_days = sample.matching(_DAY) > 0.5
    if role in ("birth_date", "founded"):
        return is_of_days or sample.matching(r"\d\D*\d\D*\d") > 0.5
    if is_of_days:
        return False
    if role == "phone":
        return (
            sample.matching(r"(?:\d\D*){6}") > 0.5
            and sample.matching(_DAY_LAST) < 0.9
            and sample.matching(r"\p{L}{4}") < 0.5
        )
    return _may_be_written(role, sample)


def _may_be_written(role: str, sample: Sample) -> bool:
    if role in (
        "given",
        "family",
        "middle",
        "full_name",
        "name",
        "some name",
        "contact",
        "initials",
        "before_family",
    ):
        return sample.matching(r"\p{L}") > 0.8 and sample.matching(r"\d") < 0.5
    if role in ("organisation", "workplace"):
        return sample.matching(r"\p{L}") > 0.8 and sample.matching(r"^\S+\.\p{L}{2,3}(?:/\S*)?$") < 0.5
    if role in ("city", "state", "place"):
        return sample.matching(r"\p{L}") > 0.7
    if role == "address":
        return sample.matching(r"\p{L}") > 0.8 and sample.matching(_UNIT) < 0.8
    if role == "postcode":
        return sample.matching(r"\d") > 0.5 and sample.matching(r"^(?:\D*\d){10}|^.{13}") < 0.5
    if role == "house_number":
        return sample.matching(r"\d") > 0.7 and sample.matching(r"^.{11}") < 0.5
    if role == "age":
        return sample.matching(AGE) > 0.9 and sample.n_distinct >= _FEWEST_AGES
    if role in ("registration", "national_id", "identifier"):
        return sample.matching(r"\d") > 0.5
    return True


def hosts(texts: pl.Series) -> pl.Series:
    """
    The hosts of addresses in the web, without what all have.

    >>> hosts(pl.Series(["https://www.Hoasen.vn/en", "hoasen.vn"])).to_list()
    ['hoasen.vn', 'hoasen.vn']
    """
    bare = texts.str.to_lowercase().str.replace(r"^\s*(?:https?:)?/*(?:www\d?\.)?", "")
    return bare.str.extract(r"^([^/?#:\s]+)", 1)


def _is_of_many_hosts(sample: Sample) -> bool:
    return hosts(sample.texts).n_unique() > _VARIOUS * len(sample.texts)


_UNIT: Final = r"^(?:#|\p{L}{1,6}\.?)? ?#?\d{1,5}\p{L}?$"


def is_like_firms(sample: Sample) -> bool:
    """Whether some of the texts hold words of firms."""
    return Sample(squeezed_texts(sample), sample.counts, 0, 0).matching(FIRM_WORDS) > _FEW_FIRMS


def squeezed_texts(sample: Sample) -> pl.Series:
    """The texts in small letters without accents and signs."""
    return sample.texts.to_frame("text").select(squeezed(pl.col("text"))).to_series()


def role_by_values(sample: Sample) -> str | None:
    """
    The role of a column whose name says none, where its texts leave little doubt.

    >>> from cdptool.inspection.sample import sample_of
    >>> role_by_values(sample_of(pl.Series(["an@x.vn", "binh@x.vn"]))), role_by_values(sample_of(pl.Series(["1", "2"])))
    ('email', None)
    """
    if sample.matching(_EMAIL) > 0.8:
        return "email"
    if sample.matching(_DAY) > 0.8 or sample.matching(r"(?i)^\d{1,2}[ \-.]?\p{L}{3,9}[ \-.,]*\d{2,4}$") > 0.8:
        return "birth_date" if _is_of_births(sample) else None
    if _reads_as_phones(sample):
        return "phone"
    if sample.matching(_LINE) > 0.7 and sample.n_distinct > 0.3 * sample.n_rows:
        return "address"
    return None


def _reads_as_phones(sample: Sample) -> bool:
    """Numbers written as telephones are and as counters are not: with a plus, or in groups, some of them at least."""
    if sample.matching(_PHONE) > _SOME and sample.matching(rf"{_PHONE}|^\s*\d{{9,12}}\s*$") > 0.9:
        return sample.n_distinct > 0.3 * sample.n_rows
    is_various = sample.n_distinct > 0.3 * sample.n_rows
    return is_various and sample.matching(_PHONE) > 0.8 and sample.matching(r"^\s*\d+\s*$") < 0.7


def _is_of_births(sample: Sample) -> bool:
    """Days without a clock that lie as far apart as ages do."""
    times = guess_times(sample, is_named_time=True)
    if times is None or times.has_clock:
        return False
    years = sample.texts.str.extract(r"((?:18|19|20)\d\d)").cast(pl.Int64, strict=False).drop_nulls()
    if len(years) < SEEN_OFTEN:
        return False
    low, high = (float(years.quantile(share) or 0) for share in (0.05, 0.95))
    return high - low >= _LEAST_AGES


def is_likely_phone(sample: Sample) -> bool:
    """Whether the texts are numbers that some country's plan reads, and no row numbers."""
    is_long = sample.matching(_NUMBER) > 0.9 and sample.matching(rf"{_DAY}|{_DAY_LAST}|{_DECIMAL}") < 0.5
    starts = sample.texts.str.replace_all(r"\D", "").str.head(3).n_unique()
    if not is_long or sample.n_distinct < 0.3 * sample.n_rows or starts > 300:
        return False
    return guess_column("phone", sample.texts).type == "phone"


def reads_as_names(sample: Sample) -> bool:
    """Whether the texts are a few words each that hardly repeat."""
    is_written = sample.matching(WORDS) > 0.8 and sample.matching(r"\S \S") > 0.7
    is_short = sample.matching(r"^\S+(?: \S+){0,7}$") > 0.9
    return is_written and is_short and sample.n_distinct > 0.25 * max(sample.n_rows, SEEN_OFTEN)
