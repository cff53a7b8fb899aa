"""Every kind of finding of the rule checker stands in the transcript of rule errors, with the mark under its place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdptool.rules import foreign, slips

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "tests/cli/rule_errors.md").read_text(encoding="utf-8")
MODULES = (
    "syntax", "checker", "check", "check_splits", "naming", "windows",
    "lint", "ladders", "open_windows", "always", "conditions", "asking",
)  # fmt: skip
SAID_BY = {"say": 0, "_refused": 0, "_refused_behind_dot": 1, "ConfigError": 0, "Finding": 0, "ValueError": 0}

# What a project never meets, and why: no transcript of `check rules` can show it.
NOT_MET = {
    "an empty expression is not allowed here": "configuration tells it as `found nothing`",
    "cannot read this: it is too long or too deep": "thousands of characters",
    "this much nesting is not allowed here": "sixty brackets",
    "this call is not allowed here": "what is called has no name, such as (f)(x)",
    "`*` has no condition": "configuration refuses a rule without lines",
    "`*` cannot be the name of a rule": "told of `row`; the rest by configuration",
    "split `*` is by `*`, which is no profile field": "configuration names the unknown field",
    "split `*` has two arms `*`": "YAML refuses a key that stands twice",
}


def template(node: ast.expr) -> str | None:
    """A message with `*` for what differs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    return None


def messages(module: str) -> Iterator[str]:
    """What the calls of a module say; a variable stands for what is assigned to it in the same function."""
    tree = ast.parse((ROOT / f"cdptool/rules/{module}.py").read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            place = SAID_BY.get(name)
            if place is None or len(call.args) <= place:
                continue
            first = call.args[place]
            said = [first]
            if isinstance(first, ast.Name):
                said = [each.value for each in assigned if getattr(each.targets[0], "id", "") == first.id]
            for text in filter(None, map(template, said)):
                yield f"{text} is not allowed here" if name.startswith("_refused") else text


KINDS = sorted(
    {message for module in MODULES for message in messages(module)}
    | {problem for _, problem, _ in slips._SAID}
    | {f"`{sign}` is not allowed here" for sign in ("&", "%", "**", "+", "is")}
    | {
        f"{foreign._FORMS[form][0]} is not allowed here"
        for form in (ast.IfExp, ast.Lambda, ast.ListComp, ast.Set, ast.JoinedStr)
    }
)


def test_the_checker_says_many_things() -> None:
    assert len(KINDS) > 80


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NOT_MET])
def test_there_is_a_transcript_with_a_mark_of_every_kind(kind: str) -> None:
    said = re.escape(kind).replace(re.escape("*"), ".*")
    shown = re.compile(
        rf"^(error|warning|note): mine/(?:rules|plan)\.yaml:(\d+):(\d+): {said}\n +\2 \| .*\n +\| +\^$",
        re.MULTILINE,
    )
    assert shown.search(PAGE), f"add a case to tests/cli/rule_errors.md: {kind}"


def test_every_mark_stands_under_the_column_that_is_named() -> None:
    found = re.findall(r":(\d+):(\d+): [^\n]+\n( +\1 \| )[^\n]*\n( +\| )( *)\^", PAGE)
    assert len(found) > 100
    assert [each for each in found if len(each[2]) != len(each[3]) or len(each[4]) != int(each[1]) - 1] == []


def test_what_is_never_met_is_still_said() -> None:
    assert set(NOT_MET) - set(KINDS) == set()
