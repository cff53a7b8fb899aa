"""The house style, where a machine can hold it: sizes, and exceptions that give their reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
MODULES = sorted(
    path
    for room in ("cdptool", "tests", "bench", "docs")
    for path in (HOUSE / room).rglob("*.py")
    if ".venv" not in path.parts  # the peers of a benchmark keep house as they like
)
MOST_LINES = 400
MOST_LINES_OF_FUNCTION = 60
EXCEPTION = re.compile(r"# (?:type: ignore|noqa)(?:\[[\w-]+\]|: *[A-Z]+\d+)?(.*)")


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def n_lines(function: ast.FunctionDef) -> int:
    """Its lines without its docstring."""
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    told = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - told


def test_no_module_is_too_long_to_be_about_one_thing() -> None:
    lengths = {str(path.relative_to(HOUSE)): len(path.read_text().splitlines()) for path in MODULES}
    assert {path: n for path, n in lengths.items() if n > MOST_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path.relative_to(HOUSE)}: {function.name}": n_lines(function)
        for path in MODULES
        for function in functions(path)
        if n_lines(function) > MOST_LINES_OF_FUNCTION
    }
    assert long == {}


def test_the_map_of_the_house_names_every_room() -> None:
    text = (HOUSE / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.name for path in (HOUSE / "cdptool").iterdir() if not path.name.startswith("_")}
    assert {room for room in rooms if f"`{room.removesuffix('.py')}" not in text} == {"py.typed"}


@pytest.mark.parametrize("room", ["cdptool", "tests", "bench", "docs"])
def test_what_is_excepted_from_lint_and_types_says_why(room: str) -> None:
    unexplained = [
        f"{path.relative_to(HOUSE)}:{i}"
        for path in MODULES
        if path.is_relative_to(HOUSE / room) and path != Path(__file__)
        for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := EXCEPTION.search(line)) and not found.group(1).strip(" #")
    ]
    assert unexplained == []
