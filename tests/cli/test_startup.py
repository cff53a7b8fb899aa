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


def test_who_interrupts_while_modules_load_gets_no_traceback():
    """A slow disk makes that a second, in which a person may well press Ctrl-C."""
    program = """
import builtins, sys
load = builtins.__import__
def interrupted(name, *rest, **more):
    if name == "cdptool.cli":
        raise KeyboardInterrupt
    return load(name, *rest, **more)
from cdptool.__main__ import start
builtins.__import__ = interrupted
start()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
