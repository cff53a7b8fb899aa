"""
What a forked command finds imported: the libraries, and of cdptool what uses no Polars while it is imported.

Once Polars has worked, its threads are there, and a fork of them hangs.
"""

import numpy
import polars
import polars_hash
import rich
import typer
import yaml

from cdptool import workspace

__all__ = ["numpy", "polars", "polars_hash", "rich", "typer", "workspace", "yaml"]
