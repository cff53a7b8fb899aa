"""
The key `models` of rules.yaml: models whose tables are keyed by profile, so that rules may speak of their columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cdptool.config.forms import (
    Into,
    ListOf,
    MapOf,
    Reading,
    Shape,
    check_known,
    closest,
    nearest,
    refused,
    wrong,
)
from cdptool.config.names import columns_of
from cdptool.config.passes import parse_condition
from cdptool.config.project import rule_name
from cdptool.config.reader import Entry, Table, Value
from cdptool.config.scalars import Known, OneOf, duration, text
from cdptool.errors import ConfigError, Finding, Place
from cdptool.models import KINDS, LifetimeSpec, LookAlikeSpec, ModelSpec, OrdersSpec, RhythmSpec
from cdptool.models.spec import DAY_SECONDS, Kind, Unit
from cdptool.rules import Catalog, Node, Rule, RuleBook, part_of, row_condition, speaks_of

_TAKEN: Final = ("field", "stream", "table", "trait", "segment", "split")


@dataclass(frozen=True, slots=True)
class _Lifetime:
    """A lifetime model as it is written."""

    name: str
    kind: Kind
    orders: str
    by: str | None = None
    value: str | None = None
    where: Node | None = None
    unit: Unit = "week"
    horizon: int = 90
    holdout: int = 90
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """A model of rhythms as it is written."""

    name: str
    kind: Kind
    orders: str
    by: str | None = None
    value: str | None = None
    where: Node | None = None
    horizon: int = 90
    place: Place | None = field(default=None, compare=False)


def whole_days(value: Value, reading: Reading) -> int:
    """A length of time in whole days, such as `90d` or `12w`."""
    seconds = duration(value, reading)
    if seconds <= 0 or seconds % DAY_SECONDS:
        raise refused("expected whole days", value.place, "write it as `90d` or `12w`")
    return seconds // DAY_SECONDS


def _trait_or_field(value: Value, reading: Reading) -> str:
    name = text(value, reading)
    known = {**reading.types("trait"), **reading.types("field")}
    if "trait" in reading.names and "field" in reading.names and name not in known:
        raise refused(f"unknown trait or field `{name}`", value.place, nearest(name, known))
    return name


_KIND: Final = OneOf(KINDS, "kind of model")
_ORDERS: Final[Mapping[str, Any]] = {
    "kind": _KIND, "orders": Known("stream"), "by": text, "value": text, "where": parse_condition,
    "horizon": Into(whole_days, ("horizon",)),
}  # fmt: skip
_LIFETIME: Final = Shape(
    "a lifetime model",
    _Lifetime,
    {**_ORDERS, "unit": OneOf(("day", "week"), "unit"), "holdout": Into(whole_days, ("holdout",))},
)
_RHYTHM: Final = Shape("a model of rhythms", _Rhythm, _ORDERS)
_LOOK_ALIKE: Final = Shape(
    "a look-alike",
    LookAlikeSpec,
    {"kind": _KIND, "seed": Known("segment"), "traits": Into(ListOf(_trait_or_field, least=1), ("by",))},
)


def model(entry: Entry, reading: Reading) -> ModelSpec:
    """A model under its name, which nothing else that rules may name has."""
    for what in _TAKEN:
        if entry.key.text in reading.types(what):
            problem = f"`{entry.key.text}` is a {what} already"
            raise refused(problem, entry.key.place, "give the model a name of its own")
    if not isinstance(entry.value, Table):
        raise wrong("a mapping", entry.value, "write `{kind: bg_nbd, orders: order}`")
    written = entry.value.get("kind")
    if written is None:
        near = [each.key.text for each in entry.value if closest(each.key.text, ("kind",))]
        problem = f"unknown key `{near[0]}` in a model" if near else "missing key `kind` in a model"
        raise refused(problem, entry.key.place, f"one of {', '.join(f'`kind: {each}`' for each in KINDS)}")
    kind = _KIND(written, reading)
    if kind == "look_alike":
        return _LOOK_ALIKE.named(entry, reading)
    if kind == "rhythm":
        rhythm = _RHYTHM.named(entry, reading)
        return RhythmSpec(
            rhythm.name, rhythm.kind, _orders(rhythm, entry.value, reading), rhythm.horizon, rhythm.place
        )
    found = _LIFETIME.named(entry, reading)
    orders = _orders(found, entry.value, reading)
    return LifetimeSpec(found.name, found.kind, orders, found.unit, found.horizon, found.holdout, found.place)


def _orders(written: _Lifetime | _Rhythm, table: Table, reading: Reading) -> OrdersSpec:
    """Which rows are orders; the columns must be those of the stream, and the value money or a number."""
    kind = columns_of("stream", written.orders)
    for key, name in (("by", written.by), ("value", written.value)):
        value = table.get(key)
        if name is None or value is None:
            continue
        check_known(kind, name, value.place, reading)
        if key == "value" and reading.types(kind).get(name, "money") != "money":
            raise refused(
                f"`{name}` is not of type `money`",
                value.place,
                "declare it as money: amounts have a currency",
            )
    return OrdersSpec(written.orders, written.by, written.value, written.where)


def judge_models(models: Iterable[ModelSpec], book: RuleBook | None, catalog: Catalog) -> tuple[Finding, ...]:
    """What the rule language refuses in models, and models that would have to be there before themselves."""
    findings: list[Finding] = []
    specs = tuple(models)
    alikes = tuple(spec.name for spec in specs if isinstance(spec, LookAlikeSpec))
    for spec in specs:
        if isinstance(spec, LookAlikeSpec):
            findings += _of_look_alike(spec, book or RuleBook(), alikes)
        else:
            findings += _of_orders(spec, catalog)
    for rule in (*book.traits, *book.segments) if book else ():
        findings += _of_the_past(rule, tuple(spec.name for spec in specs))
    return tuple(findings)


def _of_orders(spec: LifetimeSpec | RhythmSpec, catalog: Catalog) -> list[Finding]:
    stream = catalog.stream(spec.orders.stream)
    if stream is None:
        return []
    found: list[Finding] = []
    if stream.keep is not None:
        problem = f"model `{spec.name}` reads `{stream.name}` row by row, so it cannot be kept as signals"
        found.append(Finding(problem, stream.place, "take `keep:` away"))
    if spec.orders.where is not None:
        try:
            row_condition(spec.orders.where, stream, tz=catalog.tz)
        except ConfigError as error:
            found += error.findings
    return found


def _of_look_alike(spec: LookAlikeSpec, book: RuleBook, alikes: tuple[str, ...]) -> list[Finding]:
    needed = part_of(book, (spec.seed, *spec.by))
    found = []
    for rule in (*needed.traits, *needed.segments):
        for name in speaks_of(rule, alikes):
            problem = (
                f"model `{spec.name}` would need `{name}` before it is there: `{rule.name}` speaks of it"
            )
            found.append(Finding(problem, spec.place, "name a seed and traits that speak of no look-alike"))
    told = {rule.name for rule in (*part_of(book, (spec.seed,)).traits,)}
    fields = {
        name for rule in part_of(book, (spec.seed,)).rules().values() for name in speaks_of(rule, spec.by)
    }
    for name in spec.by:
        if name in told | fields:
            problem = f"the seed `{spec.seed}` is defined by `{name}`: the model would find it again, not who is alike"
            found.append(Finding(problem, spec.place, "leave it out of `traits`", "warning"))
    return found


def _of_the_past(rule: Rule, models: tuple[str, ...]) -> list[Finding]:
    return [
        Finding(f"`at(…)` cannot look back in model `{name}`: its table is of today", rule.place)
        for name in speaks_of(rule, models, only_in_the_past=True)
    ]


MODELS_KEYS: Final = {"models": MapOf(model, rule_name)}
