"""
One side, in a process of its own: `python sides.py SIDE FOLDER [BUT]`. Fits every data set once (but one) and prints one JSON object.

Only the fit is timed, from columns in memory to parameters; imports come before. Both sides use one thread.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

Fitted = Callable[[str, dict[str, np.ndarray]], list[float]]


def ours() -> Fitted:
    """cdptool's fit: from a frame of histories, which it counts, to parameters."""
    import polars as pl
    import scipy.optimize
    import scipy.special  # noqa: F401  # so that no import is timed

    from cdptool.models.geometric import Geometric
    from cdptool.models.histories import distinct
    from cdptool.models.pareto import Pareto
    from cdptool.models.spending import fit_spending

    def fit(model: str, columns: dict[str, np.ndarray]) -> list[float]:
        if model == "gamma_gamma":
            return list(fit_spending(columns["frequency"], columns["mean"]).parameters)
        shape = Pareto() if model == "pareto_nbd" else Geometric(modified=model == "mbg_nbd")
        return list(shape.fit(distinct(pl.DataFrame(columns))).parameters)

    return fit


def lifetimes() -> Fitted:
    """The peer's."""
    warnings.filterwarnings("ignore")
    import lifetimes as peer

    fitters = {
        "bg_nbd": peer.BetaGeoFitter, "mbg_nbd": peer.ModifiedBetaGeoFitter, "pareto_nbd": peer.ParetoNBDFitter,
        "gamma_gamma": peer.GammaGammaFitter,
    }  # fmt: skip

    def fit(model: str, columns: dict[str, np.ndarray]) -> list[float]:
        fitter = fitters[model]()
        names = ("frequency", "mean") if model == "gamma_gamma" else ("frequency", "recency", "age")
        fitter.fit(*(columns[name] for name in names))
        return [float(value) for value in fitter.params_]

    return fit


def main(side: str, folder: Path, but: str = "") -> None:
    """Fit every file of the folder, but one."""
    fit = {"ours": ours, "lifetimes": lifetimes}[side]()
    found = {}
    for path in sorted(folder.glob("*.npz")):
        if path.stem == but:
            continue
        columns = dict(np.load(path))
        cpu, wall = time.process_time(), time.perf_counter()
        parameters = fit(path.stem.split(".")[1], columns)
        took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        found[path.stem] = {**took, "parameters": parameters}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
