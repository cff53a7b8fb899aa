"""
Models as tables: how likely somebody buys again, how overdue they are, whom they resemble; keyed by profile.

`purchases` makes days with orders of rows of orders, `fit_lifetime` and `fit_rhythm` score them, `fit_look_alike`
scores profiles by their traits. Each gives a table, its figures, and in words what the data do not allow.
"""

from __future__ import annotations

from cdptool.models.figures import MODEL_FIGURES, Figure, Result, figures_table
from cdptool.models.histories import PURCHASES, purchases
from cdptool.models.lifetime import fit_lifetime
from cdptool.models.look_alike import fit_look_alike
from cdptool.models.rhythm import fit_rhythm
from cdptool.models.spec import (
    KINDS,
    STORED,
    LifetimeSpec,
    LookAlikeSpec,
    ModelSpec,
    OrdersSpec,
    RhythmSpec,
    field_of,
    stored_table,
    table_of,
    with_models,
)

__all__ = [
    "KINDS",
    "MODEL_FIGURES",
    "PURCHASES",
    "STORED",
    "Figure",
    "LifetimeSpec",
    "LookAlikeSpec",
    "ModelSpec",
    "OrdersSpec",
    "Result",
    "RhythmSpec",
    "field_of",
    "figures_table",
    "fit_lifetime",
    "fit_look_alike",
    "fit_rhythm",
    "purchases",
    "stored_table",
    "table_of",
    "with_models",
]
