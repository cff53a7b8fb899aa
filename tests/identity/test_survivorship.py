"""Which value a profile shows, why, and that no other is lost (peers.md 16, 30)."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any, get_args

import polars as pl
import pytest

from cdptool.identity.spec import Keep, Key, Preference
from tests.frames import ROUNDS
from tests.identity.worlds import COLUMNS, FIELDS, as_records, golden, plan, random_world, records

ONE_PERSON = 7


def profile_of(
    frame: pl.DataFrame, **keep: Keep
) -> tuple[dict[str, Any], dict[str, tuple[Any, ...]], pl.DataFrame]:
    """The golden profile of all records, its lineage as field → (record, rule, n_values), and identifiers."""
    identity = (
        frame.select("record_id").unique().with_columns(pl.lit(ONE_PERSON, pl.Int64).alias("profile_id"))
    )
    keys = (Key("customer_id"), Key("email"), Key("phone"), Key("device_id", attach_only=True))
    profiles, lineage, held = golden(frame, plan("email", keys=keys, keep=keep), identity)
    origins = lineage.select("field", "record_id", "rule", "n_values").iter_rows()
    return profiles.row(0, named=True), {field: rest for field, *rest in origins}, held


def test_null_never_beats_a_value() -> None:
    """The newest record has no e-mail; that deletes nothing."""
    profile, lineage, _ = profile_of(
        records("""
        id  at          email   name
        1   2025-01-01  a@x.vn  Thu Hoa
        2   2026-01-01  -       Thu Lan
    """)
    )
    assert (profile["email"], profile["name"]) == ("a@x.vn", "Thu Lan")
    assert lineage["email"] == [1, "only", 1]
    assert lineage["name"] == [2, "latest", 2]


def test_a_null_in_a_trusted_source_does_not_win_either() -> None:
    profile, lineage, _ = profile_of(records("""
        id  at          source  email
        1   2025-01-01  crm     -
        2   2024-01-01  web     a@x.vn
        3   2026-01-01  pos     b@x.vn
    """), email=Keep(("crm", "web")))  # fmt: skip
    assert profile["email"] == "a@x.vn"
    assert lineage["email"] == [2, "trust, latest", 2]


def test_trust_comes_before_preference_and_preference_among_equals() -> None:
    frame = records("""
        id  at          source  email
        1   2025-01-01  crm     old@x.vn
        2   2025-06-01  crm     new@x.vn
        3   2026-01-01  web     web@x.vn
    """)
    assert profile_of(frame, email=Keep(("crm",)))[0]["email"] == "new@x.vn"
    assert profile_of(frame, email=Keep(("crm",), "earliest"))[0]["email"] == "old@x.vn"
    assert profile_of(frame, email=Keep(("till",)))[1]["email"] == [3, "latest", 3]


def test_ties_go_to_the_smaller_record() -> None:
    frame = records("""
        id  at          name
        3   2026-01-01  Thu Lan
        2   2026-01-01  Thu Hoa
    """)
    assert profile_of(frame)[0]["name"] == "Thu Hoa"


@pytest.mark.parametrize("prefer", ["latest", "earliest"])
def test_a_record_without_a_date_loses_by_time(prefer: Any) -> None:
    frame = records("""
        id  at          name
        1   -           Thu Lan
        2   2026-01-01  Thu Hoa
    """)
    assert profile_of(frame, name=Keep((), prefer))[0]["name"] == "Thu Hoa"


def test_the_latest_version_speaks_for_its_record() -> None:
    """What a source has since emptied or changed is no candidate (settled.md 3), but stays an identifier."""
    profile, lineage, held = profile_of(
        records("""
        id  at          email   phone
        1   2025-01-01  a@x.vn  +84912345678
        1   2026-01-01  b@x.vn  -
    """)
    )
    assert (profile["email"], profile["phone"]) == ("b@x.vn", None)
    assert (profile["emails"], profile["phones"]) == (["a@x.vn", "b@x.vn"], ["+84912345678"])
    assert "phone" not in lineage
    assert held.rows() == [
        (ONE_PERSON, "email", "a@x.vn"),
        (ONE_PERSON, "email", "b@x.vn"),
        (ONE_PERSON, "phone", "+84912345678"),
    ]


def test_the_most_frequent_and_the_longest_value() -> None:
    frame = records("""
        id  at          name
        1   2024-01-01  Hoa
        2   2025-01-01  Hoa
        3   2026-01-01  Nguyễn Thu Hoà
        4   2026-02-01  H.
    """)
    assert profile_of(frame, name=Keep((), "most_frequent"))[1]["name"] == [2, "most_frequent", 3]
    assert profile_of(frame, name=Keep((), "longest"))[1]["name"] == [3, "longest", 3]


def test_who_holds_a_device_alone_is_not_known() -> None:
    profile, _, _ = profile_of(
        records("""
        id  device_id
        1   D1
    """)
    )
    assert profile["is_known"] is False
    assert (profile["device_ids"], profile["emails"]) == (["D1"], [])


def test_a_profile_without_any_value_has_a_row() -> None:
    profile, lineage, held = profile_of(
        records("""
        id  email
        1   -
    """)
    )
    assert profile == {
        "profile_id": ONE_PERSON,
        **dict.fromkeys(FIELDS),
        "customer_ids": [],
        "emails": [],
        "phones": [],
        "device_ids": [],
        "is_known": False,
    }
    assert (lineage, held.height) == ({}, 0)


def test_a_key_that_is_no_text_is_kept_in_its_canonical_form() -> None:
    frame = records("""
        id  email   birth_date
        1   a@x.vn  1990-01-02
    """)
    identity = pl.DataFrame({"record_id": [1], "profile_id": [ONE_PERSON]})
    keys = (Key("email"), Key("birth_date"))
    profiles, _, held = golden(frame, plan("email", keys=keys), identity)
    assert held.rows() == [(ONE_PERSON, "birth_date", "1990-01-02"), (ONE_PERSON, "email", "a@x.vn")]
    assert profiles["birth_dates"].to_list() == [["1990-01-02"]]


def test_what_is_too_old_does_not_survive_and_stays_an_identifier() -> None:
    frame = records("""
        id  at          email   name
        1   2024-01-01  a@x.vn  Thu Hoa
        2   2026-01-01  -       Thu Lan
    """)
    year = Keep(valid_for_seconds=365 * 86_400)
    profile, lineage, held = profile_of(frame, email=year, name=year)
    assert (profile["email"], profile["emails"], profile["name"]) == (None, ["a@x.vn"], "Thu Lan")
    assert lineage == {"name": [2, "only", 1]}
    assert held.rows() == [(ONE_PERSON, "email", "a@x.vn")]


def test_voices_fade_so_that_two_of_today_outvote_three_of_long_ago() -> None:
    frame = records("""
        id  at          name
        1   2023-01-01  Old
        2   2023-01-02  Old
        3   2023-01-03  Old
        4   2026-01-01  New
        5   2026-01-02  New
    """)
    assert profile_of(frame, name=Keep((), "most_frequent"))[0]["name"] == "Old"
    fading = Keep((), "most_frequent", half_life_seconds=365 * 86_400)
    assert profile_of(frame, name=fading)[0]["name"] == "New"


def test_the_fullest_record_and_the_strictest_value() -> None:
    frame = records("""
        id  at          email   name     birth_date
        1   2024-01-01  a@x.vn  Thu Hoa  1990-01-01
        2   2026-01-01  -       Thu Lan  1980-01-01
    """)
    assert profile_of(frame, name=Keep((), "most_complete"))[1]["name"] == [1, "most_complete", 2]
    strict = profile_of(frame, birth_date=Keep((), "most_restrictive"))[0]["birth_date"]
    assert strict == datetime(1980, 1, 1).date()


def test_all_values_of_a_field_that_is_no_key_stand_in_a_list_and_are_no_identifiers() -> None:
    frame = records("""
        id  at          email   name
        1   2024-01-01  a@x.vn  Thu Lan
        2   2026-01-01  -       Thu Hoa
        3   2026-01-01  -       -
    """)
    profile, _, held = profile_of(frame, name=Keep(all=True))
    assert (profile["name"], profile["names"]) == ("Thu Hoa", ["Thu Hoa", "Thu Lan"])
    assert set(held["field"]) == {"email"}


def survivor(
    versions: list[dict[str, Any]], field: str, keep: Keep, newest: datetime | None
) -> tuple[Any, int, int] | None:
    """The slow version: the best of the latest versions with a value that is still valid."""
    now: dict[int, dict[str, Any]] = {}
    for version in sorted(
        versions, key=lambda v: (v["observed_at"] or datetime.min.replace(tzinfo=UTC), v["content"])
    ):
        now[version["record_id"]] = version

    def is_valid(v: dict[str, Any]) -> bool:
        if keep.valid_for_seconds is None or newest is None or v["observed_at"] is None:
            return True
        return (newest - v["observed_at"]).total_seconds() <= keep.valid_for_seconds

    def voice(v: dict[str, Any]) -> int:
        if keep.half_life_seconds is None or newest is None:
            return 1
        if v["observed_at"] is None:
            return 0
        age = (newest - v["observed_at"]).total_seconds()
        return int((1 << 20) * 0.5 ** (age / keep.half_life_seconds))

    held = [v for v in now.values() if v[field] is not None and is_valid(v)]
    if not held:
        return None

    def order(v: dict[str, Any]) -> tuple[Any, ...]:
        at = v["observed_at"].timestamp() if v["observed_at"] else None
        by_time = (at is None, 0 if at is None else at if keep.prefer == "earliest" else -at)
        by_value = {
            "most_frequent": -sum(voice(o) for o in held if o[field] == v[field]),
            "longest": -len(str(v[field])),
            "most_complete": -sum(v[each] is not None for each in FIELDS),
            "most_restrictive": v[field],
        }.get(keep.prefer, 0)
        trust = keep.trust.index(v["source"]) if v["source"] in keep.trust else len(keep.trust)
        return (trust, by_value, by_time, v["record_id"])

    best = min(held, key=order)
    return best[field], best["record_id"], len({v[field] for v in held})


@pytest.mark.parametrize("seed", range(8 * ROUNDS))
def test_oracle_survivors_are_those_of_the_slow_version(seed: int) -> None:
    rng = random.Random(seed)
    frame = as_records([random_world(rng, number) for number in range(20)])
    sources = pl.Series("source", [rng.choice(["crm", "web", "pos"]) for _ in range(frame.height)])
    frame = frame.with_columns(sources).sort("record_id").with_columns(
        pl.col("source").first().over("record_id")
    )  # fmt: skip
    identity = (
        frame.select("record_id").unique().with_columns((pl.col("record_id") // 100).alias("profile_id"))
    )
    keep = {
        field: Keep(
            tuple(rng.sample(["crm", "web", "pos"], rng.randint(0, 3))),
            rng.choice(get_args(Preference)),
            rng.choice([None, None, 40 * 86_400]),
            rng.choice([None, 30 * 86_400]),
        )
        for field in FIELDS
    }
    profiles, lineage, _ = golden(frame, plan("email", keep=keep), identity)
    newest = frame["observed_at"].max()
    origins = {(profile, field): rest for profile, field, *rest in lineage.iter_rows()}
    for row in profiles.iter_rows(named=True):
        versions = frame.filter(pl.col("record_id") // 100 == row["profile_id"]).to_dicts()
        for column in COLUMNS:
            expected = survivor(versions, column.name, keep[column.name], newest)
            found = origins.get((row["profile_id"], column.name))
            actual = found and (row[column.name], found[0], found[-1])
            assert actual == expected, f"seed {seed}, profile {row['profile_id']}, {column.name}"
            assert found is not None or row[column.name] is None
