"""A small project with a web site: events as CSV, people who log in, rules over sessions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from cdptool.commands.report import Report
from cdptool.commands.run import run_all
from cdptool.commands.session import Settings, open_session

PROJECT = """
version: 1
tz: Asia/Ho_Chi_Minh
fields: {device_id: identifier, shop_id: identifier}
streams:
  browse: {columns: {action: text, page: text, link: text}}
sessions:
  visit:
    of: browse
    device: device_id
    url: page
    referrer: link
    conversion: action == "order"
    ignore_referrers: www.pay.example
sources:
  web:
    files: web*.csv
    feeds: {stream: browse}
    key: id
    at: at
    identifiers: {device_id: device, shop_id: user}
    columns: {action: action, page: page, link: link}
keys: {shop_id: {limit: 2}, device_id: {attach_only: true}}
passes: [{exact: same(shop_id)}]
traits:
  visits: count(visit["30d"])
  views: count(browse["30d"])
  paid: count(visit["30d"].where(channel == "Paid Search"))
  came_by: first(visit.channel)
segments:
  bouncers: exists(visit["30d"].where(bounced))
  active: exists(visit["30d"].where(engaged))
"""
HEADER = "id,at,device,user,action,page,link"


class Site:
    """A folder with the project, and its event files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        (folder / "project.yaml").write_text(PROJECT, "utf-8")

    def write(self, name: str, lines: Iterable[str]) -> None:
        """A file `web<name>.csv` with these rows; a row is `id day hh:mm device user action page link`, `-` empty."""
        rows = []
        for line in lines:
            key, day, hour, *rest = ("" if word == "-" else word for word in line.split())
            rows.append(",".join([key, f"2026-11-{day}T{hour}:00+07:00", *rest]))
        (self.folder / f"web{name}.csv").write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")

    def run(self, as_of: str = "2026-11-20T21:00+07:00") -> Report:
        """`cdptool run`."""
        return run_all(Settings(project=self.folder, as_of=as_of), lambda _: None)

    def table(self, name: str) -> pl.DataFrame:
        """A table of the workspace."""
        with open_session(Settings(project=self.folder), writes=False) as session:
            return session.snapshot().scan(name).collect()

    def people(self) -> dict[str, dict[str, object]]:
        """The traits of everybody who logged in, by shop_id."""
        found = self.table("profiles").join(self.table("traits"), on="profile_id").sort("shop_id")
        return {row["shop_id"]: row for row in found.filter(pl.col("shop_id").is_not_null()).to_dicts()}
