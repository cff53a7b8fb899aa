"""
Made events of a shop: carts, orders and sends of customers of whom few do most, over two years up to AS_OF.

Feeds are complete, so that nothing is unknown and SQL can give the same answers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

AS_OF = datetime(2026, 11, 20, 14, tzinfo=UTC)
SHARES = {"cart": 0.3, "order": 0.2, "sent": 0.5}
DAYS = 730
N_PRODUCTS = 400
_MINUTE = 60_000_000
_CURRENCY = "VND"


def write_world(folder: Path, n_events: int, n_customers: int, seed: int = 1) -> None:
    """
    Write `profiles`, `products`, `cart`, `order` and `sent` as Parquet.

    Args:
        folder: Where to.
        n_events: Rows of the three streams together.
        n_customers: Profiles.
        seed: The same seed gives the same rows.
    """
    chance = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    ids = np.sort(chance.choice(1 << 62, n_customers, replace=False))
    weights = chance.pareto(1.4, n_customers) + 0.1
    weights /= weights.sum()
    _profiles(ids, chance).write_parquet(folder / "profiles.parquet")
    _products(chance).write_parquet(folder / "products.parquet")
    for name, share in SHARES.items():
        n = int(n_events * share)
        who = ids[np.sort(chance.choice(n_customers, n, p=weights))]
        _stream(name, who, chance).write_parquet(folder / f"{name}.parquet")


def _profiles(ids: NDArray[np.int64], chance: np.random.Generator) -> pl.DataFrame:
    cities = np.array(["Hà Nội", "Hồ Chí Minh", "Đà Nẵng", "Huế", "Cần Thơ"])
    n = len(ids)
    return pl.DataFrame(
        {
            "profile_id": ids,
            "city": cities[chance.choice(5, n, p=[0.3, 0.4, 0.12, 0.08, 0.1])],
            "points": pl.Series(chance.integers(0, 2_000, n)).set(pl.Series(chance.random(n) < 0.3), None),
        }
    )


def _products(chance: np.random.Generator) -> pl.DataFrame:
    n = N_PRODUCTS
    return pl.DataFrame(
        {
            "sku": [f"s{i:03}" for i in range(n)],
            "category": [f"k{i % 12}" for i in range(n)],
            "price_now": chance.integers(50, 3_000, n) * 10_000_000,
            "price_now_currency": [_CURRENCY] * n,
            "stock": chance.integers(0, 60, n),
        }
    )


def _stream(name: str, who: NDArray[np.int64], chance: np.random.Generator) -> pl.DataFrame:
    """Rows of a stream by customer; the last days have more of them."""
    n = len(who)
    back = (DAYS * 24 * 60 * chance.random(n) ** 1.3).astype(np.int64)
    at = pl.Series(int(AS_OF.timestamp() * 1_000_000) - back * _MINUTE - chance.integers(0, _MINUTE, n))
    columns = {
        "profile_id": who,
        "at": at.cast(pl.Datetime("us", "UTC")),
        "event_id": chance.permutation(n).astype(np.int64),
    }
    skus = pl.Series([f"s{i:03}" for i in range(N_PRODUCTS)])
    money = {
        "total": chance.integers(5, 900, n) * 100_000_000,
        "total_currency": pl.repeat(_CURRENCY, n, eager=True),
    }
    channels = np.array(["online", "store", "phone"])[chance.choice(3, n, p=[0.6, 0.3, 0.1])]
    if name == "order":
        own = {"sku": skus.gather(chance.integers(0, N_PRODUCTS, n)), "channel": channels, **money}
    elif name == "cart":
        price = {
            "price": chance.integers(50, 3_000, n) * 10_000_000,
            "price_currency": money["total_currency"],
        }
        own = {
            "sku": skus.gather(chance.integers(0, N_PRODUCTS, n)),
            "items": chance.integers(1, 7, n),
            **price,
            **money,
        }
    else:
        own = {
            "channel": np.array(["email", "sms", "push"])[chance.choice(3, n, p=[0.5, 0.2, 0.3])],
            "kind": np.array(["promo", "transactional"])[chance.choice(2, n, p=[0.8, 0.2])],
        }
    return pl.DataFrame({**columns, **own})
