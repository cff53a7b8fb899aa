"""
A model as rules.yaml declares it, and the table it makes: keyed by profile, its columns usable in rules.

The name of a model is a profile field that refers to that table, so `clv.alive` is read as any reference is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from cdptool.errors import Place
from cdptool.rules import Catalog, Node
from cdptool.tables import Column, TableSchema

Kind: TypeAlias = Literal["bg_nbd", "mbg_nbd", "pareto_nbd", "rhythm", "look_alike"]
Unit: TypeAlias = Literal["day", "week"]

KINDS: Final[tuple[Kind, ...]] = ("bg_nbd", "mbg_nbd", "pareto_nbd", "rhythm", "look_alike")
KEY: Final = "profile_id"
STORED: Final = "model_"  # what the tables of models begin with in the workspace
DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class OrdersSpec:
    """Which rows are orders: a stream, which column numbers them, what they are worth, and which rows count."""

    stream: str
    by: str | None = None  # None: every row is an order
    value: str | None = None
    where: Node | None = None


@dataclass(frozen=True, slots=True)
class LifetimeSpec:
    """Who will buy again, how often, for how much: BG/NBD, MBG/NBD or Pareto/NBD, and Gamma–Gamma for values."""

    name: str
    kind: Kind
    orders: OrdersSpec
    unit: Unit = "week"
    horizon_days: int = 90
    holdout_days: int = 90
    place: Place | None = field(default=None, compare=False)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the table tells of a profile, beside its key."""
        of_value = (Column("day_value", "money"), Column("value", "money"))
        counts = (
            Column("alive", "number"),
            Column("expected_orders", "number"),
            Column("order_days", "integer"),
        )
        return (*counts, *of_value) if self.orders.value else counts


@dataclass(frozen=True, slots=True)
class RhythmSpec:
    """Who is overdue by their own habit, and how likely they do not order within the horizon."""

    name: str
    kind: Kind
    orders: OrdersSpec
    horizon_days: int = 90
    place: Place | None = field(default=None, compare=False)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the table tells of a profile, beside its key."""
        return (
            Column("gap_days", "number"),
            Column("silent_days", "integer"),
            Column("overdue", "number"),
            Column("risk", "number"),
        )


@dataclass(frozen=True, slots=True)
class LookAlikeSpec:
    """Who resembles the members of a segment by some traits and profile fields."""

    name: str
    kind: Kind
    seed: str
    by: tuple[str, ...]
    place: Place | None = field(default=None, compare=False)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the table tells of a profile, beside its key."""
        return (Column("score", "number"), Column("rank", "number"))


ModelSpec: TypeAlias = LifetimeSpec | RhythmSpec | LookAlikeSpec


def table_of(spec: ModelSpec) -> TableSchema:
    """The table of a model, as rules follow it."""
    return TableSchema(spec.name, KEY, (Column(KEY, "integer"), *spec.columns), spec.place)


def stored_table(spec: ModelSpec) -> str:
    """What the table is called in the workspace."""
    return f"{STORED}{spec.name}"


def field_of(spec: ModelSpec) -> Column:
    """The profile field that refers to the table: null for who the model says nothing of."""
    return Column(spec.name, "integer", spec.name, spec.place)


def with_models(catalog: Catalog, models: Iterable[ModelSpec]) -> Catalog:
    """A catalog in which rules may also name models."""
    specs = tuple(models)
    fields = (*catalog.fields, *(field_of(spec) for spec in specs))
    return replace(catalog, fields=fields, tables=(*catalog.tables, *(table_of(spec) for spec in specs)))
