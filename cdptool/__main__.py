"""The way in, as `cdptool` and as `python -m cdptool`: who interrupts while modules still load gets no traceback."""

from __future__ import annotations

import sys


def start() -> None:
    """Run the command line; 130 where it is interrupted before it can answer that itself."""
    try:
        from cdptool.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    start()
