"""
Sets of records with truth: what a user's file would hold, and apart from it who each row is.

The public sets come from `../shared/data`. Columns that tell the truth or spell it (`rec-1496-dup-3`, `Q2296770-1`)
are taken out, and the rows are shuffled: in several of the files duplicates stand side by side.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PUBLIC = ("febrl3", "febrl4", "historical_50k", "rldata10000", "fake_1000", "restaurants", "chicago_sites")


@dataclass(frozen=True, slots=True)
class TruthSet:
    """
    A file of records and who they are.

    `frame` is what an engine may see, all text; `entity` (int64) tells for each row whom it is of; `kinds` says
    what the columns hold, for peers that must be told (`peers.py`), ours is not. Kinds: given, family, name, born,
    year, month, day (of birth), email, phone, street, city, postcode, firm, code (a number that identifies), other.
    Columns that are not named are kept from the peers that are told.
    """

    name: str
    frame: pl.DataFrame
    entity: np.ndarray
    kinds: dict[str, str]

    def write(self, folder: Path) -> Path:
        """The CSV file; written once."""
        path = folder / f"{self.name}.csv"
        self.frame.write_csv(path)
        return path

    def digest(self) -> str:
        """Short digest of the file's bytes and of what the peers are told of its columns."""
        text = self.frame.write_csv() + repr(sorted(self.kinds.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _febrl(name: str) -> tuple[pl.DataFrame, str, tuple[str, ...], dict[str, str]]:
    files = ("dataset3",) if name == "febrl3" else ("dataset4a", "dataset4b")
    frame = pl.concat(pl.read_csv(SHARED / f"er_febrl/{file}.csv", infer_schema=False) for file in files)
    kinds = {
        "given_name": "given", "surname": "family", "street_number": "other", "address_1": "street", "address_2": "other",
        "suburb": "city", "postcode": "postcode", "date_of_birth": "born", "soc_sec_id": "code",
    }  # fmt: skip
    return frame, "true_entity", ("rec_id",), kinds


def _read(name: str) -> tuple[pl.DataFrame, str, tuple[str, ...], dict[str, str]]:
    """The frame, its column of truth, the columns that spell the truth, and what the others hold."""
    if name.startswith("febrl"):
        return _febrl(name)
    if name == "historical_50k":
        frame = pl.read_parquet(SHARED / "er_historical50k/historical_figures_with_errors_50k.parquet")
        kinds = {
            "first_name": "given", "surname": "family", "dob": "born", "birth_place": "city", "postcode_fake": "postcode",
            "occupation": "other",
        }  # fmt: skip
        return frame, "cluster", ("unique_id",), kinds
    if name == "rldata10000":
        frame = pl.read_csv(SHARED / "er_rldata/RLdata10000.csv", infer_schema=False)
        kinds = {"fname_c1": "given", "lname_c1": "family", "by": "year", "bm": "month", "bd": "day"}
        return frame, "true_entity", (), kinds
    if name == "fake_1000":
        frame = pl.read_csv(SHARED / "er_splink_fake1000/fake_1000.csv", infer_schema=False)
        kinds = {"first_name": "given", "surname": "family", "dob": "born", "city": "city", "email": "email"}
        return frame, "cluster", (), kinds
    if name == "restaurants":
        frame = pl.read_csv(SHARED / "er_restaurants/restaurant.csv", infer_schema=False)
        kinds = {"name": "firm", "addr": "street", "city": "city", "phone": "phone", "type": "other"}
        return frame, "true_entity", (), kinds
    frame = pl.read_csv(SHARED / "er_chicago_sites/csv_example_input_with_true_ids.csv", infer_schema=False)
    kinds = {"Site name": "firm", "Address": "street", "Zip": "postcode", "Phone": "phone"}
    return frame, "True Id", (), kinds


def public(name: str) -> TruthSet:
    """
    A public set, its rows in an order that says nothing.

    Args:
        name: One of `PUBLIC`.
    """
    frame, truth, spelled, kinds = _read(name)
    order = np.random.default_rng(20_261_122).permutation(frame.height)
    frame = frame[order]
    entity = frame[truth].rank("dense").cast(pl.Int64).to_numpy()
    shown = frame.drop(truth, *spelled).select(pl.all().cast(pl.String))
    return TruthSet(name, shown, entity, kinds)
