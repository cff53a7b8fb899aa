"""
What every field type can do: read texts, give a key to compare by, mask a value for a screen.

Reading has two steps. `quick` decides, vectorised over the whole block, the texts that are plainly in order;
`judge` decides the rest, once per distinct text where that is dear. A text that `quick` accepts, `judge` would
accept with the same value, so that neither the order of rows nor the cut into blocks can change a result.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, NamedTuple

import polars as pl

from cdptool.fields.folding import clean, few_texts, is_placeholder, replaced

VALID: Final = "valid"
PLACEHOLDER: Final = "placeholder"
INVALID: Final = "invalid"
STANDS_FOR_NOTHING: Final = "stands for no value"


_FEW: Final = 64
_REMEMBERED_FEW: Final = 1024


class Judgement(NamedTuple):
    """
    What a type says about clean texts, one by one.

    `values` (the type's dtype; null unless valid), `verdicts` (`valid`, `placeholder`, `invalid`; null where the
    text was empty), `reasons` (null unless placeholder or invalid; never holds the text).
    """

    values: pl.Series
    verdicts: pl.Series
    reasons: pl.Series


class Read(NamedTuple):
    """
    What became of a block of texts.

    `values` (the type's dtype), one per text. `flaws`: the texts that say something and yet gave no value, as
    `row` (UInt32, ascending), `verdict` (`placeholder` or `invalid`) and `reason` (never holds the text). A null
    value without a flaw was an empty text.
    """

    values: pl.Series
    flaws: pl.DataFrame


class _Few(NamedTuple):
    """The different texts of a block that repeats a few, how they read, and whether that leaves all as they are."""

    texts: pl.Series
    read: Read
    is_same: bool


NO_FLAWS: Final = pl.DataFrame(schema={"row": pl.UInt32, "verdict": pl.String, "reason": pl.String})


@dataclass(frozen=True, slots=True)
class FieldOptions:
    """
    What a source declares about a column.

    `region` (ISO 2) reads national phone numbers. `tz` is the zone of naive datetimes; without it they are
    invalid. `formats` are strptime formats, tried in order (none: ISO 8601). `decimal` is the decimal sign of
    numbers and money. `currency` is the code of a money column. `name_order` says how names are split.
    A local time that happens twice is taken as `ambiguous` says; one that never happens is null with a reason.
    """

    region: str = "VN"
    tz: str | None = None
    formats: tuple[str, ...] = ()
    currency: str | None = None
    decimal: Literal[".", ","] = "."
    name_order: Literal["vn", "western", "auto"] = "auto"
    ambiguous: Literal["earliest", "latest"] = "earliest"


class FieldType(ABC):
    """One kind of value: how it is read, compared and shown."""

    name: ClassVar[str]
    dtype: ClassVar[pl.DataType]
    is_personal: ClassVar[bool] = False
    is_dear: ClassVar[bool] = False  # judge once per distinct text, and remember over blocks

    @abstractmethod
    def judge(self, texts: pl.Series, options: FieldOptions, /) -> Judgement:
        """Judge clean texts, none of them null, empty or a placeholder of any field."""

    def quick(self, texts: pl.Series, _options: FieldOptions, /) -> pl.Series:
        """The values of raw texts that are plainly in order; null = let `judge` decide."""
        return pl.Series([None], dtype=self.dtype).new_from_index(0, len(texts))

    def match_key(self, values: pl.Expr) -> pl.Expr:
        """What `same(field)` compares (String, lazy). Null stays null."""
        return values.cast(pl.String)

    def mask(self, value: str) -> str:
        """The value as a screen may show it; whole for what is not personal."""
        return value

    def read(self, texts: pl.Series, options: FieldOptions) -> Read:
        """
        Clean and judge a block of texts (String).

        >>> from cdptool.fields import field_type
        >>> read = field_type("integer").read(pl.Series(["7", "n/a", "x", ""]), FieldOptions())
        >>> read.values.to_list(), read.flaws.select("row", "verdict").rows()
        ([7, None, None, None], [(1, 'placeholder'), (2, 'invalid')])
        """
        return FieldReader(self, options).read(texts)


@dataclass(slots=True)
class FieldReader:
    """Reads one column block by block; what is dear to judge is judged once per distinct text over all blocks."""

    type: FieldType
    options: FieldOptions
    max_remembered: int = 200_000
    _memo: dict[str, tuple[str | None, str | None, str | None]] = field(default_factory=dict, repr=False)
    _flaws: dict[str, tuple[str | None, str | None]] = field(default_factory=dict, repr=False)
    _few: _Few | None = field(default=None, repr=False)

    def read(self, texts: pl.Series) -> Read:
        """The block's values and flaws."""
        if texts.dtype != pl.String:
            texts = texts.cast(pl.String)
        found = self._in_few(texts) if self.type.dtype == pl.String else None
        if found is None:
            return self._read_each(texts)
        (_, read, is_same), numbers = found
        if is_same:
            return Read(texts.rename("value"), NO_FLAWS)
        values = read.values.gather(numbers)
        if not read.flaws.height:
            return Read(values, NO_FLAWS)
        flawed = numbers.is_in(read.flaws["row"].implode()).arg_true()
        rows = pl.DataFrame({"row": flawed, "text": numbers.gather(flawed).cast(pl.UInt32)})
        flaws = rows.join(read.flaws.rename({"row": "text"}), on="text", maintain_order="left").drop("text")
        return Read(values, flaws)

    def _in_few(self, texts: pl.Series) -> tuple[_Few, pl.Series] | None:
        """The texts as numbers among a few different ones, which are those of the last block more often than not."""
        known = self._few
        if known is not None:
            numbers = texts.cast(pl.Enum(known.texts), strict=False)
            if numbers.null_count() == texts.null_count():
                return known, numbers.to_physical().rename("text")
        self._few = None
        distinct = few_texts(texts)
        if distinct is None:
            return None
        if known is not None and len(known.texts) + len(distinct) <= _REMEMBERED_FEW:
            distinct = pl.concat([known.texts, distinct]).unique()
        read = self._read_each(distinct)
        self._few = _Few(distinct, read, is_same=read.values.equals(distinct))
        return self._few, texts.cast(pl.Enum(distinct)).to_physical().rename("text")

    def _read_each(self, texts: pl.Series) -> Read:
        values = self.type.quick(texts, self.options).rename("value")
        rows = (values.is_null() & texts.is_not_null()).arg_true() if values.null_count() else None
        if rows is None or not len(rows):
            return Read(values, NO_FLAWS)
        doubtful = texts.gather(rows)
        if len(rows) <= _FEW and (flaws := self._known_flaws(rows, doubtful)) is not None:
            return Read(values, flaws)
        rest = self._read_rest(doubtful)
        if rest.values.null_count() < len(rows):
            values = replaced(values, rows, rest.values)
        elif len(rows) <= _FEW and len(self._flaws) < self.max_remembered:
            self._flaws.update(zip(doubtful, zip(rest.verdicts, rest.reasons, strict=True), strict=True))
        flaws = pl.DataFrame({"row": rows, "verdict": rest.verdicts, "reason": rest.reasons})
        return Read(values, flaws.filter(pl.col("verdict") != VALID))

    def _known_flaws(self, rows: pl.Series, texts: pl.Series) -> pl.DataFrame | None:
        """The flaws of texts that were all seen before and had no value: the same few come again and again."""
        try:
            known = [(row, *self._flaws[text]) for row, text in zip(rows, texts, strict=True)]
        except KeyError:
            return None
        found = [flaw for flaw in known if flaw[1] is not None]  # the others were empty
        return pl.DataFrame(found, schema=NO_FLAWS.schema, orient="row")

    def _read_rest(self, texts: pl.Series) -> Judgement:
        if not self.type.is_dear:
            return read_clean(self.type, texts, self.options)
        distinct = texts.unique().alias("text")
        fresh = [text for text in distinct if text not in self._memo]
        if len(self._memo) + len(fresh) > self.max_remembered:
            self._memo.clear()
            fresh = distinct.to_list()
        read = read_clean(self.type, pl.Series(fresh, dtype=pl.String), self.options)
        self._memo.update(zip(fresh, zip(*read, strict=True), strict=True))
        names = ("value", "verdict", "reason")
        known = pl.DataFrame(
            [self._memo[text] for text in distinct],
            schema=dict.fromkeys(names, pl.String),
            orient="row",
        ).with_columns(distinct)
        back = texts.alias("text").to_frame().join(known, on="text", how="left", maintain_order="left")
        return Judgement(*(back[name] for name in names))


def read_clean(kind: FieldType, raw: pl.Series, options: FieldOptions) -> Judgement:
    """Clean the texts, set the empty and meaningless ones aside, and let the type judge the others."""
    texts = clean(raw)
    nothing = is_placeholder(texts)
    rows = (~nothing & (texts != "")).arg_true()
    judged = kind.judge(texts.gather(rows), options)
    frame = pl.DataFrame({"nothing": nothing}).select(
        verdict=pl.when("nothing").then(pl.lit(PLACEHOLDER)),
        reason=pl.when("nothing").then(pl.lit(STANDS_FOR_NOTHING)),
    )
    values = pl.Series("value", [None], dtype=kind.dtype).new_from_index(0, len(texts))
    return Judgement(
        replaced(values, rows, judged.values),
        replaced(frame["verdict"], rows, judged.verdicts),
        replaced(frame["reason"], rows, judged.reasons),
    )


def judged(values: pl.Series, reason: str, placeholders: pl.Series | None = None) -> Judgement:
    """
    The read of clean texts from their values: null is invalid for this reason, or a placeholder where said so.

    >>> judged(pl.Series([1, None]), "not a number").verdicts.to_list()
    ['valid', 'invalid']
    """
    nothing = placeholders if placeholders is not None else pl.Series([False]).new_from_index(0, len(values))
    frame = pl.DataFrame({"value": values, "nothing": nothing.fill_null(False)}).select(
        value=pl.when(~pl.col("nothing")).then("value"),
        verdict=pl.when("nothing")
        .then(pl.lit(PLACEHOLDER))
        .when(pl.col("value").is_null())
        .then(pl.lit(INVALID))
        .otherwise(pl.lit(VALID)),
        reason=pl.when("nothing")
        .then(pl.lit(STANDS_FOR_NOTHING))
        .when(pl.col("value").is_null())
        .then(pl.lit(reason)),
    )
    return Judgement(frame["value"], frame["verdict"], frame["reason"])


def gathered(rows: list[tuple[str | None, str, str | None]]) -> Judgement:
    """The read of texts that were judged one by one: (value, verdict, reason) each."""
    names = ("value", "verdict", "reason")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return Judgement(*(frame[name] for name in names))


def bullets(text: str, shown: int = 1) -> str:
    """The first letters, then at most three bullets for the rest.

    >>> bullets("Nguyễn"), bullets("An"), bullets("A")
    ('N•••', 'A•', 'A')
    """
    return text[:shown] + "•" * min(len(text) - shown, 3)
