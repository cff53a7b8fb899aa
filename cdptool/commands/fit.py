"""`cdptool fit`: the models of rules.yaml: parameters, how far off they were last time, a table keyed by profile."""

from __future__ import annotations

from typing import Final

import polars as pl

from cdptool.commands.as_of import AsOf, resolve_as_of
from cdptool.commands.gone import gone_until
from cdptool.commands.report import Grid, Report
from cdptool.commands.rule_inputs import FIT, fingerprint_of, inputs_of, models_of
from cdptool.commands.session import Session, Settings, mark_done, open_session
from cdptool.errors import ConfigError, Finding, UsageError
from cdptool.models import (
    MODEL_FIGURES,
    STORED,
    Figure,
    LifetimeSpec,
    LookAlikeSpec,
    ModelSpec,
    Result,
    RhythmSpec,
    figures_table,
    stored_table,
)
from cdptool.workspace import Snapshot

FIGURES: Final = "figures_of_models"
COLUMNS: Final = ("", "figure", "value")
_TIMES: Final = (("parameters", "alpha"), ("parameters", "beta"))
TITLES: Final = {
    "data": "what it saw",
    "parameters": "parameters",
    "spending": "Gamma–Gamma",
}


def fit_models(settings: Settings, *, dry_run: bool = False) -> Report:
    """Run the command."""
    with open_session(settings, writes=not dry_run) as session:
        as_of = resolve_as_of(session.project, session.snapshot(), settings.as_of, session.now)
        return fit(session, as_of, dry_run=dry_run)


def fit(session: Session, as_of: AsOf, *, dry_run: bool = False) -> Report:
    """
    Fit the models and commit their tables and figures.

    Raises:
        ConfigError: If the project declares none, or the values of one are of two currencies.
        UsageError: If nothing was merged yet.
    """
    snapshot = session.snapshot()
    if not session.project.models and not are_left(session):
        raise ConfigError(
            "the project declares no models", hint="add `models:` to rules.yaml: see docs/models.md"
        )
    if not snapshot.has("profiles"):
        raise UsageError("there are no profiles yet", hint="run `cdptool merge` first, or `cdptool run`")
    with session.timed(FIT):
        results = models_of(session, snapshot, as_of)
    if not dry_run:
        _commit(session, results, as_of)
    return _report(session, snapshot, results, as_of, dry_run=dry_run)


def are_left(session: Session) -> bool:
    """Whether there are tables of models in a project that declares none any more."""
    return not session.project.models and bool(_of_models(session.snapshot()))


def _of_models(snapshot: Snapshot) -> list[str]:
    return [table for table in snapshot.tables if table.startswith(STORED)]


def _commit(session: Session, results: dict[ModelSpec, Result], as_of: AsOf) -> None:
    mark = fingerprint_of(session, as_of)
    tables = (*(stored_table(spec) for spec in results), FIGURES)
    with session.workspace.begin(session.manifest(FIT, as_of.moment, inputs_of(session))) as transaction:
        for table in _of_models(session.snapshot()):
            if table not in tables:
                transaction.drop(table)  # of a model that is declared no more
        for spec, result in results.items():
            transaction.replace(stored_table(spec), result.table)
        transaction.replace(FIGURES, _figures(results), MODEL_FIGURES)
        mark_done(transaction, FIT, mark, tables)
        session.commit(transaction, {spec.name: result.table.height for spec, result in results.items()})


def _figures(results: dict[ModelSpec, Result]) -> pl.DataFrame:
    return figures_table((spec.name, result) for spec, result in results.items())


def _report(
    session: Session, snapshot: Snapshot, results: dict[ModelSpec, Result], as_of: AsOf, *, dry_run: bool
) -> Report:
    n_fitted = sum(result.table.height > 0 for result in results.values())
    what = "would be fitted" if dry_run else "fitted"
    return Report(
        verb=FIT,
        summary=f"{n_fitted} of {len(results)} models {what}, as of {as_of.moment:%Y-%m-%d %H:%M} UTC",
        data={
            "as_of": as_of.moment.isoformat(),
            "models": [_data(spec, result) for spec, result in results.items()],
            "dry_run": dry_run,
        },
        grids=tuple(grid for spec, result in results.items() for grid in _grids(spec, result)),
        findings=(*_refused(results), *_cut_off(session, snapshot, results)),
        timings=tuple(session.timings.items()),
    )


def _data(spec: ModelSpec, result: Result) -> dict[str, object]:
    return {
        "name": spec.name,
        "kind": spec.kind,
        "profiles": result.table.height,
        "figures": [figure._asdict() for figure in result.figures],
        "refused": list(result.refused),
    }


def _grids(spec: ModelSpec, result: Result) -> tuple[Grid, ...]:
    """What the model saw and found; and what it and plain guesses made of what it had not seen."""
    plain = [figure for figure in result.figures if figure.part != "holdout"]
    rows = tuple((TITLES[figure.part], _named(spec, figure), _shown(figure.value)) for figure in plain)
    own = Grid(f"Model `{spec.name}` ({spec.kind})", COLUMNS, rows)
    held = [figure for figure in result.figures if figure.part == "holdout"]
    if not held:
        return (own,)
    what = tuple(dict.fromkeys(figure.name for figure in held))
    cells = {(figure.of, figure.name): _shown(figure.value) for figure in held}
    guesses = dict.fromkeys(figure.of for figure in held)
    lines = tuple((of, *(cells.get((of, name), "") for name in what)) for of in guesses)
    return own, Grid(f"Model `{spec.name}`: {_held_out(spec)}", ("", *what), lines)


def _named(spec: ModelSpec, figure: Figure) -> str:
    """A figure with its unit, where it has one: alpha and beta of rates are times."""
    if isinstance(spec, LifetimeSpec) and (figure.part, figure.name) in _TIMES:
        return f"{figure.name} ({spec.unit}s)"
    return figure.name


def _held_out(spec: ModelSpec) -> str:
    """What was not seen, in words."""
    if isinstance(spec, LifetimeSpec):
        return f"the last {spec.holdout_days} days, by a fit that did not see them; errors are per customer"
    if isinstance(spec, RhythmSpec):
        return f"the last {spec.horizon_days} days, by what was learned of the {spec.horizon_days} before"
    return "every profile scored by a fit that did not see it"


def _shown(value: float) -> str:
    """Whole numbers whole, others with four digits or so."""
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    if abs(value) < 1_000:
        return f"{value:.4g}"
    return f"{value:,.1f}" if abs(value) < 100_000 else f"{value:,.0f}"


def _refused(results: dict[ModelSpec, Result]) -> tuple[Finding, ...]:
    """What was not fitted: no reason to stop a run, since rules that ask for it are unknown, not wrong."""
    return tuple(
        Finding(f"model `{spec.name}` is not fitted: {reason}", spec.place, _NO_FIT, "warning")
        if not result.table.height
        else Finding(f"model `{spec.name}`: {reason}", spec.place, severity="warning")
        for spec, result in results.items()
        for reason in result.refused
    )


_NO_FIT: Final = "what rules ask of it is unknown until there are more; docs/models.md says what is needed"


def _cut_off(session: Session, snapshot: Snapshot, results: dict[ModelSpec, Result]) -> tuple[Finding, ...]:
    """Models that read a stream whose old rows have left: whose first orders are gone, they take for newcomers."""
    gone = gone_until(session, snapshot)
    return tuple(
        Finding(
            f"model `{spec.name}` sees only what retention left of `{spec.orders.stream}`",
            spec.place,
            "lengthen `keep_for`: whose first orders are gone look like newcomers",
            "warning",
        )
        for spec in results
        if not isinstance(spec, LookAlikeSpec) and spec.orders.stream in gone
    )
