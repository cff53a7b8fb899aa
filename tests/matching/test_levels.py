"""The judges of unequal values: each says how near two values are."""

import numpy as np
import polars as pl
import pytest
from rapidfuzz.distance import OSA

from cdptool.matching import levels
from cdptool.matching.levels import Judge, once_per_pair
from cdptool.matching.values import encoded


def judged(judge: Judge, one: str, other: str) -> int:
    values = encoded(pl.Series([one, other]))
    both = once_per_pair(judge, values, values.ids[:1], values.ids[1:])
    turned = once_per_pair(judge, values, values.ids[1:], values.ids[:1])
    assert both.tolist() == turned.tolist(), "the order of the two does not matter"
    return int(both[0])


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("smith", "smyth", 4),
        ("smith", "smiht", 4),
        ("garcia lopez", "lopez", 3),
        ("j", "john", 2),
        ("robert", "roberta", 4),
        ("wm", "william", 3),
        ("yevgeny", "eugene", 3),
        ("iurii", "yuri", 3),
        ("smith", "jones", 0),
        ("an", "on", 0),
    ],
)
def test_names(one: str, other: str, level: int) -> None:
    assert judged(levels.names, one, other) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("19800412", "19800413", 3),
        ("19800412", "19801204", 3),
        ("19800412", "19804012", 3),
        ("19800412", "19800427", 2),
        ("19800412", "19631127", 0),
        ("19800412", "19800927", 1),
        ("19800412", "19750412", 1),
        ("1980", "1981", 3),
    ],
)
def test_dates(one: str, other: str, level: int) -> None:
    assert judged(levels.dates, one, other) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [("84912345678", "84912345687", 2), ("0123456789", "4123456789", 2), ("84912345678", "84912345999", 0)],
)
def test_numbers(one: str, other: str, level: int) -> None:
    assert judged(levels.digits, one, other) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("an.nguyen@hoasen.vn", "an.nguyen@hoasen.com", 2),
        ("an.nguyen@hoasen.vn", "an.ngyuen@hoasen.vn", 3),
        ("an.nguyen@hoasen.vn", "an.nguyen1@sen.vn", 1),
        ("an.nguyen@hoasen.vn", "binh@hoasen.vn", 0),
    ],
)
def test_emails(one: str, other: str, level: int) -> None:
    assert judged(levels.emails, one, other) == level


def test_words_that_many_share_tell_little() -> None:
    texts = ["oak street 5", "elm street 7", "oak street 5 a", *(f"{n} street" for n in range(40))]
    values = encoded(pl.Series(texts))
    pairs = np.array([values.ids[0], values.ids[0]]), np.array([values.ids[1], values.ids[2]])
    far, near = once_per_pair(levels.words, values, *pairs)
    assert far == 0
    assert near >= 3


def test_every_pair_of_values_is_judged_once() -> None:
    calls = []

    def judge(values: object, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        calls.append(len(left))
        return (left + right).astype(np.uint8)

    values = encoded(pl.Series(["a", "b", "c"]))
    left, right = np.array([0, 1, 0, 2], dtype=np.int32), np.array([1, 0, 2, 0], dtype=np.int32)
    assert once_per_pair(judge, values, left, right).tolist() == [1, 1, 2, 2]  # type: ignore[arg-type]  # a judge of its own
    assert calls == [2]


def test_slips_agree_with_plain_edit_distance_on_random_numbers() -> None:
    chance = np.random.default_rng(7)
    texts = ["".join(map(str, chance.integers(0, 3, 8))) for _ in range(120)]
    values = encoded(pl.Series(texts))
    n = len(values.texts)
    left, right = (side.astype(np.int32) for side in np.triu_indices(n, 1))
    found = once_per_pair(levels.digits, values, left, right)
    for i, j, level in zip(left, right, found, strict=True):
        one, other = values.texts[int(i)], values.texts[int(j)]
        slips = OSA.distance(one, other)
        assert level == (2 if slips <= 1 or one[-7:] == other[-7:] else 1 if slips == 2 else 0)


def test_a_word_that_everybody_has_tells_nobody_from_another() -> None:
    texts = [f"{name} thi" for name in ("hoa", "lan", "mai", "thu", "yen")] * 5 + [
        "lan anh",
        "anh",
        "thi",
    ] * 2
    values = encoded(pl.Series(texts))
    number = {text: i for i, text in enumerate(values.texts.to_list())}
    pairs = [("hoa thi", "lan thi"), ("lan thi", "lan anh"), ("lan anh", "anh"), ("hoa thi", "thi")]
    left, right = (np.array([number[pair[side]] for pair in pairs], dtype=np.int32) for side in (0, 1))
    assert levels.names(values, left, right).tolist() == [1, 3, 3, 3]


def test_websites_agree_but_for_slips_and_endings() -> None:
    texts = ["northmedia.com", "northmedia.co.uk", "nortmedia.com", "nortmedai.com", "eastmedia.com"]
    values = encoded(pl.Series(texts))
    number = {text: i for i, text in enumerate(values.texts.to_list())}
    right = np.array([number[text] for text in texts[1:]], dtype=np.int32)
    left = np.full(len(right), number[texts[0]], dtype=np.int32)
    assert levels.websites(values, left, right).tolist() == [2, 2, 1, 0]


def test_two_first_names_are_not_one_for_a_family_name_in_common() -> None:
    texts = [
        "felix machado",
        "trinidad machado",
        "fx machado",
        "bill james",
        "william james",
        "james",
        "f machado",
    ]
    values = encoded(pl.Series(texts))
    number = {text: i for i, text in enumerate(values.texts.to_list())}

    def level(one: str, other: str) -> int:
        sides = (np.array([number[text]], dtype=np.int32) for text in (one, other))
        return int(levels.names(values, *sides)[0])

    assert level("felix machado", "trinidad machado") < 3
    assert level("felix machado", "f machado") >= 3
    assert level("bill james", "william james") >= 3
    assert level("bill james", "james") == 3
