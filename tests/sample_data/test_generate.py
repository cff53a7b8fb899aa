"""The sample is what its script writes, and nobody in it can be reached."""

from __future__ import annotations

import csv
import gzip
import io
import re
import subprocess
import sys
from pathlib import Path

import phonenumbers
import polars as pl
import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
RESERVED = re.compile(r"@([a-z.]+\.)?example\.(com|org)\s*$", re.IGNORECASE)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sample written twice, in two processes."""
    folders = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    for seed, folder in enumerate(folders):
        command = [sys.executable, str(SAMPLE / "generate.py"), str(folder)]
        subprocess.run(command, check=True, capture_output=True, env={"PYTHONHASHSEED": str(seed)})
    return folders


def data_files(folder: Path) -> dict[str, Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in {".csv", ".txt", ".gz", ".parquet"})
    return {str(path.relative_to(folder)): path for path in found}


def test_two_runs_write_the_same_bytes(written: tuple[Path, Path]) -> None:
    first, second = map(data_files, written)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name].read_bytes() != second[name].read_bytes()] == []


def test_what_is_committed_is_what_the_script_writes(written: tuple[Path, Path]) -> None:
    """Contents, not compressed bytes: another zlib or Parquet writer may pack the same rows otherwise."""

    def content(path: Path) -> object:
        if path.suffix == ".parquet":
            return pl.read_parquet(path).to_dict(as_series=False)
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()

    made, kept = data_files(written[0]), data_files(SAMPLE)
    assert made.keys() == kept.keys()
    assert [name for name in made if content(made[name]) != content(kept[name])] == []


def test_the_readme_names_the_traps_where_they_are_now(written: tuple[Path, Path]) -> None:
    assert (written[0] / "README.md").read_text("utf-8") == (SAMPLE / "README.md").read_text("utf-8")


def test_the_sample_stays_small() -> None:
    assert sum(path.stat().st_size for path in data_files(SAMPLE).values()) < 1_500_000


def test_every_address_is_reserved_for_examples() -> None:
    """But for the one mailbox at Gmail that says of itself that it does not exist."""
    addresses = pl.read_parquet(SAMPLE / "shop/customers.parquet")["email"].drop_nulls().to_list()
    for name, delimiter, column in (
        ("crm/customers.csv", ";", "E-mail"),
        ("messaging/sends.csv", ",", "to_email"),
    ):
        rows = csv.DictReader(io.StringIO((SAMPLE / name).read_text("utf-8-sig")), delimiter=delimiter)
        addresses += [row[column] for row in rows if row[column] and "@" in row[column]]
    others = {re.sub(r"\+.*@", "@", a).replace(".", "") for a in addresses if not RESERVED.search(a)}
    assert others == {"hoasenmaukhongcothat@gmailcom"}


def test_the_shops_phone_numbers_are_valid() -> None:
    """Or half the sample would be refused for a reason that no trap stands for."""
    phones = pl.read_parquet(SAMPLE / "shop/customers.parquet")["phone"].drop_nulls().unique().to_list()
    parsed = [phonenumbers.parse(phone, "VN") for phone in phones]
    assert len(parsed) > 100
    assert sum(not phonenumbers.is_valid_number(number) for number in parsed) == 0


def test_three_live_streams_reach_as_of_and_orders_end_there() -> None:
    """So the default as-of is 2026-11-20 21:00, and a cart of 18:00 has a decided answer."""
    web = pl.read_csv(SAMPLE / "web/events.csv", infer_schema=False)["ts"].max()
    carts = pl.read_csv(SAMPLE / "shop/carts.csv", infer_schema=False)["updated_at"].max()
    till = gzip.decompress((SAMPLE / "pos/orders_2026-11.csv.gz").read_bytes()).decode().splitlines()[-1]
    orders = (
        pl.read_parquet(SAMPLE / "shop/orders.parquet")["placed_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").max()
    )
    assert min(str(web), str(carts)) >= "2026-11-20T14:00:00Z"
    assert ";20/11/2026 21:00;" in till
    assert str(orders) <= "2026-11-20T14:00:00Z"
