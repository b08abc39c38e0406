"""One fit and what it shows, and all fits of a report, in parallel."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import _safe_indexing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _num_samples

from ._error import ErrorMeasure
from ._estimator_path import fitted_predictor, is_searched
from ._evaluation import Evaluation, Predictions, Units, evaluate
from ._failure import Failure, check_predictions, make_failure
from ._shared_fits import FitTask, Outcome, can_share, cut_rows, fit_tasks, n_processes, warnings_of

#: A training loss that fell by more than this share of itself over the last tenth of the epochs still falls.
STILL_FALLS = 0.01


@dataclass(frozen=True)
class Sample:
    """Rows with their targets, the units that they are made of, and what the scorer gets beside them."""

    X: Any
    y: Any
    units: Units
    metadata: Mapping[str, object] = field(default_factory=dict)

    @property
    def weights(self) -> Any:
        """Of the errors; None where they count alike."""
        return self.metadata.get("sample_weight")

    def metadata_of(self, rows: object) -> dict[str, object]:
        """What has an entry for each row, cut to some of them."""
        n_rows = _num_samples(self.X)
        return {name: cut_rows(value, rows, n_rows) for name, value in self.metadata.items()}


@dataclass(frozen=True)
class Fit:
    """What a fit showed.

    Attributes
    ----------
    name : str
        Which fit, for messages.
    n_train : int
        Its training rows.
    evaluations : dict of str to Evaluation
        Its error on each rung.
    failure : Failure or None
        Why there are none; None where it succeeded.
    estimator : estimator or None
        The fitted estimator, where it was to be kept.
    not_converged, still_falling, constant : bool
        A ConvergenceWarning; a training loss that still fell at the end; the same prediction for every training row.
    spoilt : tuple of str
        What the training said of itself that more iterations would not mend.
    """

    name: str
    n_train: int
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    failure: Failure | None = None
    estimator: Any = None
    not_converged: bool = False
    still_falling: bool = False
    constant: bool = False
    spoilt: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """One fit to be done.

    Attributes
    ----------
    name : str
        For messages.
    train : ndarray of int
        Its training rows, of those of the sample "train".
    evaluate_on : dict of str to (str, ndarray of int or None)
        Rung to the name of a sample and rows of it; None for all.
    keep : bool
        Whether the fitted estimator is wanted.
    """

    name: str
    train: Any
    evaluate_on: Mapping[str, tuple[str, Any]]
    keep: bool = False


def run_plans(
    plans: Sequence[Plan],
    estimator: Any,
    samples: Mapping[str, Sample],
    measure: ErrorMeasure,
    *,
    fit_params: Mapping[str, Any],
    n_jobs: int | None,
    verbose: bool,
) -> list[Fit]:
    """Fit a clone of the estimator for every plan.

    Parameters
    ----------
    plans : sequence of Plan
        What to fit and where to look.
    estimator : estimator
        Is not changed.
    samples : dict of str to Sample
        "train" is to fit on.
    measure : ErrorMeasure
        Which error.
    fit_params : dict
        For `fit`; what has an entry for each row is cut to the training rows.
    n_jobs : int or None
        Fits at a time.
    verbose : bool
        Whether each finished fit says so.

    Returns
    -------
    list of Fit
        In the order of the plans, failures included.
    """
    n_parts = n_processes(n_jobs)
    parallel, sample = Parallel(n_jobs=n_jobs), samples["train"]
    done: Sequence[Outcome | None] = [None] * len(plans)
    if len(plans) > 1 and can_share(estimator, fit_params, sample.X, sample.y):
        tasks = [FitTask({}, plan.train) for plan in plans]
        processes = {"parallel": parallel, "n_parts": n_parts}
        done = fit_tasks(estimator, sample.X, sample.y, tasks, fit_params=fit_params, **processes)
    run, how = delayed(_run), {"fit_params": fit_params, "verbose": verbose}
    # Each an argument of its own: dask sends a large one once, and knows by identity what the user has scattered.
    rows = [values for one in samples.values() for values in (one.X, one.y)]
    without_rows = {name: replace(one, X=None, y=None) for name, one in samples.items()}
    return list(
        parallel(
            run(plan, clone(estimator), measure, outcome, without_rows, *rows, **how)
            for plan, outcome in zip(plans, done, strict=True)
        )
    )


def _run(
    plan: Plan,
    estimator: Any,
    measure: ErrorMeasure,
    outcome: Outcome | None,
    without_rows: Mapping[str, Sample],
    *rows: Any,
    fit_params: Mapping[str, Any],
    verbose: bool,
) -> Fit:
    """One fit; what goes wrong in it is told, not raised, so that the others are still reported."""
    started = time.perf_counter() - (0.0 if outcome is None else outcome.seconds)
    pairs = zip(without_rows.items(), rows[::2], rows[1::2], strict=True)
    samples = {name: replace(one, X=X, y=y) for (name, one), X, y in pairs}
    sample = samples["train"]
    fitted = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", category=ConvergenceWarning)
        try:
            fitted = _fit(plan, estimator, sample, fit_params) if outcome is None else outcome.claim(sample.X, sample.y)
            fit = _evaluate_all(plan, fitted, samples, measure)
        except Exception as error:  # whatever an estimator may raise
            fit = Fit(plan.name, len(plan.train), failure=make_failure(error, fitted=fitted is not None))
    huge = fit.failure is not None and fit.failure.diverged and fitted is not None
    told = (ConvergenceWarning, RuntimeWarning) if huge else ConvergenceWarning  # the report tells these, once
    for warning in caught:
        if not issubclass(warning.category, told):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if verbose:
        errors = ", ".join(f"{name} error {one.error:.4g}" for name, one in fit.evaluations.items())
        shown = errors if fit.failure is None else fit.failure.text
        print(f"{fit.name}: {shown}, {time.perf_counter() - started:.1f} s", flush=True)  # noqa: T201
    of_training = [warning for warning in caught if issubclass(warning.category, ConvergenceWarning)]
    not_converged = any(warning.category is ConvergenceWarning for warning in of_training)
    return replace(fit, not_converged=not_converged, spoilt=_spoilt(of_training, fitted))


def _spoilt(caught: Sequence[Any], fitted: Any) -> tuple[str, ...]:
    """The texts of classes derived from ConvergenceWarning, which say what more iterations would not mend.

    Of a search not those of its candidates, which may be there to be found unsuitable.
    """
    texts = tuple(str(one.message) for one in caught if one.category is not ConvergenceWarning)
    if not texts or fitted is None or not is_searched(fitted):
        return texts
    return tuple(text for text in texts if text in warnings_of(fitted_predictor(fitted)))


def _fit(plan: Plan, estimator: Any, sample: Sample, fit_params: Mapping[str, Any]) -> Any:
    n_rows = _num_samples(sample.X)
    params = {name: cut_rows(value, plan.train, n_rows) for name, value in fit_params.items()}
    X, y = (_safe_indexing(values, plan.train) for values in (sample.X, sample.y))
    estimator.fit(X, y, **params)
    return estimator


def _evaluate_all(plan: Plan, estimator: Any, samples: Mapping[str, Sample], measure: ErrorMeasure) -> Fit:
    evaluations, constant = {}, False
    for name, (sample, rows) in plan.evaluate_on.items():
        evaluations[name], predictions = _evaluate_on(estimator, samples[sample], rows, measure)
        if name == "train":
            constant = is_constant(predictions)
    return Fit(
        plan.name,
        len(plan.train),
        evaluations,
        estimator=estimator if plan.keep else None,
        still_falling=_still_falls(estimator),
        constant=constant,
    )


def _evaluate_on(estimator: Any, sample: Sample, rows: Any, measure: ErrorMeasure) -> tuple[Evaluation, Predictions]:
    if rows is None:
        rows, X, y, metadata = np.arange(_num_samples(sample.X)), sample.X, sample.y, sample.metadata
    else:
        X, y, metadata = _safe_indexing(sample.X, rows), _safe_indexing(sample.y, rows), sample.metadata_of(rows)
    predictions = Predictions(estimator, X)
    try:
        evaluation = evaluate(measure, predictions, X, y, sample.units, rows, metadata)
        measure.check_error(evaluation.error)
    except Exception:
        check_predictions(predictions.known())
        raise
    return evaluation, predictions


def is_constant(predictions: Predictions) -> bool:
    """Whether whatever was predicted is the same for every row."""
    return any(len(known) > 1 and bool(np.all(known == known[0])) for known in map(np.asarray, predictions.known()))


def _still_falls(fitted: Any) -> bool:
    """Whether training ended at max_iter while the loss was on its way down."""
    predictor = fitted_predictor(fitted)
    curve = np.asarray(getattr(predictor, "loss_curve_", ()), dtype=float)
    tenth = max(1, len(curve) // 10)
    if len(curve) <= tenth or getattr(predictor, "n_iter_", 0) < getattr(predictor, "max_iter", np.inf):
        return False
    return bool(curve[-1 - tenth] - curve[-1] > STILL_FALLS * abs(curve[-1 - tenth]))
