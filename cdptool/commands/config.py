"""`cdptool config`: every setting that is in force, and where it came from."""

from __future__ import annotations

import os

from cdptool.commands.report import Grid, Report
from cdptool.commands.session import Settings
from cdptool.config import effective, load_project


def show_config(settings: Settings) -> Report:
    """Read and check the whole project; show the effective values with their origin."""
    project = load_project(settings.project, settings.overrides(), os.environ)
    rows = tuple((each.name, each.value, each.origin) for each in effective(project))
    return Report(
        verb="config",
        summary=f"project `{project.name}`: {len(rows)} settings, no errors",
        data={"settings": [{"name": n, "value": v, "origin": o} for n, v, o in rows]},
        grids=(Grid("Effective configuration", ("setting", "value", "from"), rows),),
        findings=project.warnings,
        is_answer=True,
    )
