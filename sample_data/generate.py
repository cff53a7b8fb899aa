"""
Write the sample: a fictional retailer's exports, the same bytes every time.

    python sample_data/generate.py [FOLDER]

Everything random comes from one seed; nothing reads a clock. The table of traps in README.md is written along.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import files
import scenes_events
import scenes_people
from cast import cast_list
from catalogue import STORES
from crowd import populate
from files import Found, parquet_bytes, text_bytes
from world import AS_OF, World

SEED = 20261120
HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- traps: written by generate.py -->", "<!-- end of traps -->"


def build() -> World:
    """The whole retailer in memory."""
    world = World(Random(SEED))
    cast = cast_list(world)
    scenes_people.play(world, cast)
    scenes_events.play(world, cast)
    populate(world)
    for product in world.products:
        values = dict(zip(files.PRODUCTS.columns, product, strict=True))
        world.add(files.PRODUCTS, (product.sku,), **values)
    for store in STORES:
        world.add(files.STORES, (store.code,), **dict(zip(files.STORES.columns, store, strict=True)))
    spend(world)
    return world


def spend(world: World) -> None:
    """What the ads cost, per day and campaign."""
    campaigns = (
        ("google", "tim-kiem-chan-ga", 180),
        ("meta", "ao-khoac-thu-dong", 260),
        ("tiktok", "hoa-sen-2026", 120),
    )
    for day in range(1, 21):
        for network, campaign, thousand in campaigns:
            clicks = world.rng.randrange(20, 90)
            values = {
                "id": f"2026-11-{day:02d}/{campaign}",
                "day": f"2026-11-{day:02d}",
                "network": network,
                "campaign": campaign,
            }
            cost = thousand * 1000 + clicks * 1500
            world.add(
                files.COST,
                (day, network),
                **values,
                impressions=clicks * world.rng.randrange(30, 60),
                clicks=clicks,
                cost=cost,
            )


def render(world: World) -> tuple[dict[str, bytes], list[Found]]:
    """Every file's bytes by path, and where the traps are."""
    made = {file.path: text_bytes(file, rows) for file, rows in world.rows.items()}
    made[files.ACCOUNTS] = parquet_bytes(files.ACCOUNTS, files.ACCOUNT_SCHEMA, world.accounts)
    made[files.WEB_ORDERS] = parquet_bytes(files.WEB_ORDERS, files.WEB_ORDER_SCHEMA, world.web_orders)
    found = [trap for _, traps in made.values() for trap in traps]
    return {path: data for path, (data, _) in sorted(made.items())}, sorted(
        found, key=lambda f: (f.file, f.line)
    )


def table(found: list[Found]) -> str:
    """The traps as a table of the README."""
    rows = "\n".join(
        f"| {t.name} | `{file}` | {line} | `{t.look_for}` | {t.expect} |" for t, file, line in found
    )
    return f"| trap | file | line | look for | what should come of it |\n|---|---|---|---|---|\n{rows}\n"


def readme(text: str, found: list[Found]) -> str:
    """The README with its table of traps brought up to date."""
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{table(found)}{END}{rest.split(END)[1]}"


def main(folder: Path = HERE) -> None:
    """Write the files into the folder, and the table into the README beside this script."""
    contents, found = render(build())
    for path, data in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    source = HERE / "README.md"
    (folder / "README.md").write_text(readme(source.read_text(encoding="utf-8"), found), encoding="utf-8")
    print(
        f"{len(contents)} files, {sum(map(len, contents.values())):,} bytes, {len(found)} traps, as of {AS_OF}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE)
