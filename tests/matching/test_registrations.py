"""Sister firms in one building, each with a number of its own in a public register."""

from __future__ import annotations

from random import Random

import numpy as np
import polars as pl

from cdptool.matching import match

STEMS = ("Holm", "Brook", "Stan", "Ash", "Hart", "Mal", "Wes", "Kirk", "Fair", "Lind")
TRADES = ("capital", "leasing", "real estate", "treasury", "fund", "insurance")


def _registered(kind: str) -> tuple[int, int]:
    """How many records of sisters are joined that are of two firms, and how many of one firm are found."""
    chance = Random(11)
    rows, who = [], []
    for house in range(150):
        stem = chance.choice(STEMS).lower() + chance.choice(STEMS).lower() + str(house)
        street = f"{house} {chance.choice(STEMS).lower()} {chance.choice(('road', 'street'))}"
        for trade in chance.sample(TRADES, chance.choice((1, 1, 1, 3, 4))):
            number = f"{chance.randrange(10**11):011}"
            for _ in range(chance.choice((1, 1, 2, 3))):
                rows.append((f"{stem} {trade}", street, number if chance.random() < 0.6 else None))
                who.append(len(rows) if not who or rows[-1][0] != rows[-2][0] else who[-1])
    texts = pl.DataFrame(rows, schema=("name", "address", "number"), orient="row")
    found = match(texts, (("name", "organisation"), ("address", "address"), ("number", kind)))
    entity, label = np.array(who), np.asarray(found.clusters)
    left, right = np.triu_indices(len(entity), 1)
    joined, same = label[left] == label[right], entity[left] == entity[right]
    return int((joined & ~same).sum()), int((joined & same).sum())


def test_a_number_of_a_register_keeps_sister_firms_apart() -> None:
    """An identifier of which the model may learn that it differs in three of ten pairs lets them grow together."""
    n_false, n_true = _registered("registration")
    assert n_true > 200
    assert n_false < 0.05 * n_true
    assert n_false <= _registered("identifier")[0]
