"""
Start-up: `cdptool --help` and `cdptool merge --help` beside `python -c "import typer"`, median of 11.

Run alternately in one session, with bytecode as the installed package has it. Last line: the ratios.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

GOAL = 2.0
ROUNDS = 11
CDPTOOL = str(Path(sys.executable).with_name("cdptool"))
COMMANDS = {
    "import typer": [sys.executable, "-c", "import typer"],
    "cdptool --help": [CDPTOOL, "--help"],
    "cdptool merge --help": [CDPTOOL, "merge", "--help"],
    "cdptool --version": [CDPTOOL, "--version"],
}


def seconds(command: list[str]) -> float:
    """The wall time of one run."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> int:
    """Measure, print the table, and say whether the goal is met."""
    for command in COMMANDS.values():
        seconds(command)
    rounds = [{name: seconds(command) for name, command in COMMANDS.items()} for _ in range(ROUNDS)]
    medians = {name: statistics.median(one[name] for one in rounds) for name in COMMANDS}
    base = medians["import typer"]
    print(f"{'command':<24}{'wall ms':>10}{'ratio':>8}")
    for name, median in medians.items():
        print(f"{name:<24}{median * 1000:>10.0f}{median / base:>8.2f}")
    worst = max(medians[name] / base for name in ("cdptool --help", "cdptool merge --help"))
    print(f"startup: {worst:.2f}x of `import typer` (goal < {GOAL:.1f}x)")
    return 0 if worst < GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
