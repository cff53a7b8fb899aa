"""`cdptool rules library`: what can be included, and with which parameters."""

from __future__ import annotations

from typing import Any

from cdptool.commands.report import Grid, Report
from cdptool.config.libraries import Library, libraries
from cdptool.config.library_words import Parameter
from cdptool.config.reader import Scalar, Sequence, Table, Value
from cdptool.errors import UsageError
from cdptool.rules.naming import nearest


def show_library(name: str | None) -> Report:
    """
    All libraries that come with cdptool, or one of them with its parameters and rules.

    Raises:
        UsageError: If there is none of that name.
    """
    known = libraries()
    if name is None:
        rows = tuple((each.name, each.about) for each in known.values())
        told = [{"library": one, "about": about} for one, about in rows]
        return Report(
            verb="rules library",
            summary=f"{len(rows)} libraries; `cdptool rules library NAME` shows one",
            data={"libraries": told},
            grids=(Grid("To include in rules.yaml", ("library", "what it is about"), rows),),
            is_answer=True,
        )
    if name not in known:
        hint = nearest(name, known) or f"there are {', '.join(known)}"
        raise UsageError(f"there is no library `{name}`", hint=hint)
    return _one(known[name])


def _one(library: Library) -> Report:
    parameters = tuple((each.name, each.kind, _default(each), each.about) for each in library.parameters)
    shown = tuple(
        (name, kind, f"{default}, or null" if each.optional and default != "null" else default, about)
        for (name, kind, default, about), each in zip(parameters, library.parameters, strict=True)
    )
    rules = tuple(
        (kind, entry.key.text, _rule(entry.value))
        for kind, table in (("trait", library.traits), ("segment", library.segments))
        for entry in table or ()
    )
    data: dict[str, Any] = {
        "library": library.name,
        "about": library.about,
        "parameters": [
            dict(zip(("name", "kind", "default", "about"), row, strict=True)) for row in parameters
        ],
        "rules": [dict(zip(("is", "name", "rule"), row, strict=True)) for row in rules],
    }
    return Report(
        verb="rules library",
        summary=f"{library.name}: {library.about}",
        data=data,
        grids=(
            Grid("Parameters", ("name", "kind", "default", "what it is"), shown),
            Grid("Rules", ("", "name", "rule"), rules),
        ),
        is_answer=True,
    )


def _default(parameter: Parameter) -> str:
    match parameter.default:
        case None:
            return "to be given"
        case Sequence(items=items):
            return f"[{', '.join(map(_rule, items))}]"
        case value:
            return _rule(value)


def _rule(value: Value) -> str:
    """A rule on one line: a list of lines joined by `and`, labels before their conditions."""
    match value:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            is_labelled = any(isinstance(item, Table) for item in items)
            return ("; " if is_labelled else " and ").join(map(_rule, items))
        case Table(entries=entries):
            return "; ".join(f"{entry.key.text}: {_rule(entry.value)}" for entry in entries)
