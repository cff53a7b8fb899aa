"""No kernel reaches an engine without a case in the conformance test."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.engines.cases import PACKAGE, TESTS, find_cases


def handed_to_engines() -> Iterator[tuple[str, str]]:
    """The functions that the package gives to `shuffle` and `map` of an engine, as (file, name)."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent.name == "engines":
            continue
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                made = {
                    target.id: _name(node.value)
                    for node in ast.walk(function)
                    if isinstance(node, ast.Assign)
                    for target in node.targets
                    if isinstance(target, ast.Name)
                }
                for call in ast.walk(function):
                    if _is_engines(call):
                        name = _name(call.args[-1])
                        yield path.relative_to(PACKAGE).as_posix(), made.get(name) or name


def _is_engines(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    is_engine = ast.unparse(node.func.value).split(".")[-1] == "engine"
    return is_engine and node.func.attr in ("shuffle", "map")


def _name(node: ast.expr) -> str:
    """`survivors(columns, plan)` and `survivors` are both `survivors`; what has no name is told as written."""
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def test_every_kernel_that_an_engine_runs_has_a_case():
    """A parameter (`kernel`) was handed over elsewhere; a lambda may only choose columns."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(TESTS.glob("*/kernel_cases.py"))]
    known = {case.kernel.name.rpartition(".")[2] for _, case in find_cases()}
    untested = [
        (file, name)
        for file, name in handed_to_engines()
        if name != "kernel"
        and not name.startswith("lambda rows: rows.select(")
        and name not in known
        and not any(f"{name}(" in text for text in texts)
    ]
    assert untested == []


def test_the_kernels_are_found_at_all():
    names = {name for _, name in handed_to_engines()}
    assert {"by_identifier", "plan_kernel", "last_versions", "with_profile", "survivors", "stars"} <= names
