"""What holds for every field type."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

from cdptool.errors import SchemaError
from cdptool.fields import NO_FLAWS, TYPES, FieldOptions, FieldReader, FieldType, field_type
from cdptool.fields.base import read_clean
from tests.fields.reading import ODD_TEXTS, judgements, keys, read

OPTIONS = (
    FieldOptions(tz="Asia/Ho_Chi_Minh"),
    FieldOptions(tz="America/New_York", decimal=",", region="US", formats=("%d/%m/%Y", "%Y-%m-%d %H:%M:%S")),
    FieldOptions(),
)
each_type = pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)


def rows_of(kind: FieldType, texts: list[str | None], options: FieldOptions) -> list[tuple[Any, ...]]:
    read = FieldReader(kind, options).read(pl.Series(texts, dtype=pl.String))
    return judgements(read)


def test_every_type_is_found_by_its_name() -> None:
    assert [field_type(kind.name) for kind in TYPES] == list(TYPES)
    assert len({kind.name for kind in TYPES}) == 15


def test_unknown_type_names_the_nearest() -> None:
    with pytest.raises(SchemaError) as caught:
        field_type("e-mail")
    assert caught.value.findings[0].hint == "did you mean `email`?"


@each_type
@pytest.mark.parametrize("options", OPTIONS)
def test_a_text_reads_the_same_alone_in_any_order_and_in_any_block(
    kind: FieldType, options: FieldOptions
) -> None:
    """`quick` learns from its block, so this is where the order of rows could leak into a value."""
    texts: list[str | None] = [*ODD_TEXTS, None] * 2
    alone = {text: rows_of(kind, [text], options)[0] for text in {*texts}}
    for seed in range(4):
        random.Random(seed).shuffle(texts)
        assert rows_of(kind, texts, options) == [alone[text] for text in texts], f"seed {seed}"
    reader = FieldReader(kind, options, max_remembered=10)
    blocks = [reader.read(pl.Series(texts[i : i + 7], dtype=pl.String)) for i in range(0, len(texts), 7)]
    assert [row for block in blocks for row in judgements(block)] == [alone[text] for text in texts]


@each_type
def test_a_few_texts_that_come_again_and_again_read_as_they_do_alone(kind: FieldType) -> None:
    """The few of one block are tried on the next: others, fewer, many different or none must not be taken for them."""
    options, chance = OPTIONS[0], random.Random(7)
    reader, alone = (
        FieldReader(kind, options),
        {t: rows_of(kind, [t], options)[0] for t in {*ODD_TEXTS, None}},
    )
    for few in (3, 5, 2, len(ODD_TEXTS), 1):
        texts = chance.choices([*chance.sample(ODD_TEXTS, few), None], k=4200)
        got = judgements(reader.read(pl.Series(texts, dtype=pl.String)))
        assert got == [alone[text] for text in texts], f"block of {few} texts"
    odd = chance.choice([text for text in ODD_TEXTS if text not in texts])
    got = judgements(reader.read(pl.Series([odd, *texts], dtype=pl.String)))
    assert got == [alone[text] for text in (odd, *texts)]


@each_type
@pytest.mark.parametrize("options", OPTIONS)
def test_what_quick_accepts_judge_accepts_with_the_same_value(kind: FieldType, options: FieldOptions) -> None:
    slow = read_clean(kind, pl.Series(ODD_TEXTS), options).values
    for text, value in zip(ODD_TEXTS, slow, strict=True):
        quick = kind.quick(pl.Series([text]), options)[0]
        assert quick is None or quick == value


@each_type
def test_values_verdicts_and_reasons_agree(kind: FieldType) -> None:
    for text, (value, verdict, reason) in zip(
        ODD_TEXTS, rows_of(kind, list(ODD_TEXTS), OPTIONS[0]), strict=True
    ):
        assert (value is not None) == (verdict == "valid")
        assert (reason is not None) == (verdict in ("placeholder", "invalid"))
        assert (verdict is None) == (text.strip() == "")
        assert reason is None or len(text) < 4 or text not in reason


@each_type
def test_empty_and_all_null_blocks_keep_their_dtypes(kind: FieldType) -> None:
    for texts in ([], [None, None], ["", " "]):
        read = FieldReader(kind, FieldOptions()).read(pl.Series(texts, dtype=pl.String))
        assert (read.values.dtype, len(read.values)) == (kind.dtype, len(texts))
        assert (read.values.null_count(), read.flaws.height) == (len(texts), 0)
        assert read.flaws.schema == NO_FLAWS.schema


@each_type
def test_match_key_is_text_keeps_null_and_works_on_an_empty_lazy_frame(kind: FieldType) -> None:
    frame = pl.LazyFrame({"value": pl.Series([], dtype=kind.dtype)}).select(kind.match_key(pl.col("value")))
    assert frame.collect_schema()["value"] == pl.String == frame.collect().schema["value"]
    assert keys(kind.name, [None, None]) == [None, None]


@each_type
def test_reading_a_canonical_text_again_changes_nothing(kind: FieldType) -> None:
    if kind.dtype != pl.String():
        return
    once = [value for value, _ in read(kind.name, list(ODD_TEXTS)) if value is not None]
    assert [value for value, _ in read(kind.name, once)] == once


@each_type
def test_masks_hide_what_is_personal_and_nothing_else(kind: FieldType) -> None:
    samples = {
        "email": ("nam@example.vn", "n•••@e•••.vn"),
        "phone": ("+84987654321", "+84•••••321"),
        "person_name": ("Nguyễn An", "N••• A•"),
        "identifier": ("K00012345", "K•••45"),
        "postcode": ("70000", "70•••"),
        "address": ("12 Lê Lợi", "1•••"),
    }
    value, shown = samples.get(kind.name, ("Hà Nội", "Hà Nội"))
    assert kind.mask(value) == shown
    assert kind.is_personal == (kind.name in samples)
    for short in ("a", "ab", "a@b", ""):
        kind.mask(short)
