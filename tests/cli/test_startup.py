"""Help is quick: it loads none of the heavy libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("polars", "pyarrow", "rapidfuzz", "numpy", "yaml", "phonenumbers", "rich.console")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["merge", "--help"], ["explain", "merge", "--help"], ["--version"]]
)
def test_help_imports_nothing_heavy(arguments):
    """`performance.md` §5: polars alone doubles the start."""
    program = f"""
import sys
sys.argv = ["cdptool", *{arguments!r}]
from cdptool.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert done.stdout
