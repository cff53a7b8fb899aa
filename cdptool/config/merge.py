"""
The section of merge.yaml: keys with limits, passes, never-rules, survivorship, and the judgements beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, get_args

from cdptool.config.forms import (
    Into,
    ListOf,
    MapOf,
    Reading,
    Shape,
    check_known,
    refused,
    wrong,
)
from cdptool.config.households import households
from cdptool.config.judgements import read_judgements
from cdptool.config.passes import PassBranches, never_branches, pass_branches
from cdptool.config.project import path
from cdptool.config.reader import Entry, Scalar, Table, Value
from cdptool.config.scalars import Integer, Known, OneOf, boolean, duration, share, text
from cdptool.errors import ConfigError, Finding, Place
from cdptool.identity.spec import Judged, Keep, Key, Link, MergePlan, Never, Pass, Preference
from cdptool.matching.exchange import from_text

_at_least_one: Final = Integer(least=1)
LEAST_SURE: Final = 0.5  # a pair that is more likely not one person never joins


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit within a window, as it is written."""

    most: int
    per: int


_WINDOW: Final = Shape("a limit", _Limit, {"most": _at_least_one, "per": duration})


def limit(value: Value, reading: Reading) -> tuple[int | None, int | None]:
    """How many values one person may hold (`many` is no limit), and within how many seconds (None = ever)."""
    if isinstance(value, Table):
        window = _WINDOW(value, reading)
        return window.most, window.per
    return _ever(value, reading), None


def _ever(value: Value, reading: Reading) -> int | None:
    if isinstance(value, Scalar) and value.text == "many":
        return None
    if isinstance(value, Scalar) and value.kind != "a number":
        raise wrong(
            "a whole number or `many`",
            value,
            "write `limit: 3`, `limit: many` or `limit: {most: 3, per: 30d}`",
        )
    return _at_least_one(value, reading)


_KEY: Final = Shape(
    "a key",
    Key,
    {
        "limit": Into(limit, ("limit", "per")),
        "shared_by": _at_least_one,
        "attach_only": boolean,
        "ignore": ListOf(text),
    },
    name_into="field",
)


_LINK: Final = OneOf(get_args(Link), "link")


@dataclass(frozen=True, slots=True)
class _Learned:
    """A learned pass as it is written."""

    name: str
    compare: tuple[str, ...]
    at_least: float = 0.9
    review: float = 0.5
    model: str | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class _Ruled:
    """A rule pass as it is written with more than its expression."""

    name: str
    when: PassBranches
    link: Link | None = None


def pinned_model(value: Value, reading: Reading) -> str:
    """The text of a model that `cdptool explain model PASS --export FILE` wrote."""
    file = path(value, reading)
    try:
        told = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise refused("cannot read the model", value.place, _EXPORTED) from None
    try:
        from_text("", told)
    except ValueError as error:
        raise refused(f"the file is no model: {error}", value.place, _EXPORTED) from None
    return told


_EXPORTED: Final = "write one with `cdptool explain model PASS --export FILE`"
_LEARNED: Final = Shape(
    "a learned pass",
    _Learned,
    {
        "compare": ListOf(Known("field")),
        "at_least": share,
        "review": share,
        "model": pinned_model,
        "link": _LINK,
    },
)
_KEEP: Final = Shape(
    "a rule of survivorship",
    Keep,
    {
        "trust": ListOf(Known("source")),
        "prefer": OneOf(get_args(Preference), "preference"),
        "valid_for": Into(duration, ("valid_for_seconds",)),
        "all": boolean,
        "half_life": Into(duration, ("half_life_seconds",)),
    },
)


def key(entry: Entry, reading: Reading) -> Key:
    """A profile field that identifies; the list of its values must not be called like another field."""
    result = _KEY.named(entry, reading)
    _check_list(entry, reading)
    return result


def _check_list(entry: Entry, reading: Reading) -> None:
    """Refuse a list of values that would be called like another field."""
    name = entry.key.text
    if f"{name}s" in reading.types("field"):
        problem = f"`{name}` makes a list `{name}s`, which is a field already"
        raise refused(problem, entry.key.place, "rename one of the two fields")


def learned_pass(entry: Entry, reading: Reading) -> Pass:
    """`name: {compare: [fields], at_least: 0.95, review: 0.5}`: pairs are weighed by all they say."""
    result = _LEARNED.named(entry, reading)
    if not LEAST_SURE <= result.at_least < 1:
        hint = "pairs below it are for people to judge: `cdptool review`"
        raise refused(f"`at_least` is {LEAST_SURE:g} or more, and less than 1", entry.value.place, hint)
    if result.review > result.at_least:
        raise refused("`review` is above `at_least`", entry.value.place, "write the smaller one there")
    told = f"compare {', '.join(result.compare)}"
    return Pass(
        result.name,
        (),
        told,
        result.compare,
        result.at_least,
        result.review,
        result.model,
        entry.key.place,
        link=result.link,
    )


def rule_pass(entry: Entry, reading: Reading) -> Pass:
    """`name: condition`, or `name: {when: condition, link: only}`."""
    name = entry.key.text
    link, written = None, entry.value
    if isinstance(written, Table):
        ruled = Shape(
            "a pass",
            _Ruled,
            {"when": lambda value, inside: pass_branches(name, value, inside), "link": _LINK},
        ).named(entry, reading)
        found, link, written = ruled.when, ruled.link, written.get("when") or written
    else:
        found = pass_branches(name, written, reading)
    conditions = found.conditions if any(found.conditions) else ()
    told = text(written, reading).strip()
    return Pass(name, found.fields, told, place=entry.key.place, conditions=conditions, link=link)


def one_pass(value: Value, reading: Reading) -> Pass:
    """One pass, by its name: of rules or learned."""
    if not isinstance(value, Table) or len(value.entries) != 1:
        raise wrong("one `name: condition`", value, "write `- exact: same(email)`")
    entry = value.entries[0]
    if isinstance(entry.value, Table) and entry.value.get("when") is None:
        return learned_pass(entry, reading)
    return rule_pass(entry, reading)


def passes(value: Value, reading: Reading) -> tuple[Pass, ...]:
    """The passes in order; each name once."""
    found = ListOf(one_pass)(value, reading)
    names = [each.name for each in found]
    repeated = [each for i, each in enumerate(found) if each.name in names[:i]]
    if repeated:
        raise ConfigError(
            *(
                Finding(f"repeated pass `{each.name}`", each.place, "give it another name")
                for each in repeated
            )
        )
    return found


def never(value: Value, reading: Reading) -> Never:
    """`differs(field)`, or any expression of two records."""
    field, branches = never_branches(value, reading)
    return Never(field, text(value, reading).strip(), value.place, branches)


_ORDERED: Final = ("boolean", "integer", "number", "money", "date", "datetime")
Survivorship: TypeAlias = tuple[Keep, tuple[tuple[str, Keep], ...]]


def _keep_entry(entry: Entry, reading: Reading) -> tuple[str, Keep]:
    if entry.key.text != "default":
        check_known("field", entry.key.text, entry.key.place, reading)
    keep = _KEEP(entry.value, reading)
    if keep.half_life_seconds is not None and keep.prefer != "most_frequent":
        problem = "`half_life` weighs how often a value was seen"
        raise refused(problem, entry.value.place, "write `prefer: most_frequent` beside it")
    if keep.all and entry.key.text == "default":
        raise refused(
            "`all` stands with a field", entry.value.place, "write it beside the fields that need it"
        )
    if keep.all:
        _check_list(entry, reading)
    kind = reading.types("field").get(entry.key.text, "")
    if keep.prefer == "most_restrictive" and kind not in _ORDERED:
        problem = "`most_restrictive` takes the smallest, and this is no number, date, or yes and no"
        raise refused(problem, entry.value.place, f"it is for fields of {', '.join(_ORDERED)}")
    return entry.key.text, keep


def survivorship(value: Value, reading: Reading) -> Survivorship:
    """The rule for every field, and those of single fields."""
    rules = dict(MapOf(_keep_entry, text)(value, reading))
    return rules.pop("default", Keep()), tuple(rules.items())


def judgements(value: Value, reading: Reading) -> tuple[tuple[Judged, ...], Place]:
    """The lines of the file that is named, and where it is."""
    file = path(value, reading)
    shown = str(Path(value.place.file).parent / text(value, reading)) if value.place.line else str(file)
    try:
        data = file.read_bytes()
    except OSError:
        hint = "make it, with the header `left,right,judgement,who,when,why`"
        raise refused(f"cannot read the file `{shown}`", value.place, hint) from None
    known = reading.types("source") if "source" in reading.names else None
    found = read_judgements(data, shown, known)
    if found.findings:
        raise ConfigError(*found.findings)
    return found.judged, Place(str(file))


def unique_source(value: Value, reading: Reading) -> str:
    """A source that holds each person once: one of records, whose rows say who somebody is."""
    name = Known("source")(value, reading)
    if reading.types("source").get(name) == "events":
        hint = "name sources with `feeds: records`"
        raise refused(f"source `{name}` holds what happened, not each person once", value.place, hint)
    return name


MERGE_SHAPE: Final = Shape(
    "merge.yaml",
    MergePlan,
    {
        "keys": MapOf(key, Known("field")),
        "passes": passes,
        "never": ListOf(never),
        "ambiguous": OneOf(("first", "apart"), "way with records that fit two people"),
        "keep": Into(survivorship, ("keep_default", "keep")),
        "unique_sources": ListOf(unique_source),
        "link": _LINK,
        "households": households,
        "decisions": Into(judgements, ("judgements", "judged_in")),
    },
)
