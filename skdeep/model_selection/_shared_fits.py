"""Many fits of one estimator: its networks trained together, and the steps before them fitted once for all."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from time import perf_counter
from typing import Any

import joblib
import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _num_samples

from ..neural_network import DeepMLPClassifier, DeepMLPRegressor
from ..neural_network._together import Fit, fit_together, gains_by_company


@dataclass(frozen=True)
class Task:
    """One fit to be done: the parameters to set, and the rows to fit on."""

    parameters: Mapping[str, Any]
    rows: Any


@dataclass(frozen=True)
class Outcome:
    """A fitted estimator or what went wrong, the seconds that it took, and what it warned of."""

    estimator: Any
    error: Exception | None
    seconds: float
    warnings: Sequence[warnings.WarningMessage] = ()

    def fitted(self) -> Any:
        """The estimator, with its warnings; or what went wrong is raised."""
        for told in self.warnings:
            warnings.warn_explicit(told.message, told.category, told.filename, told.lineno)
        if self.error is not None:
            raise self.error
        return self.estimator


def can_share(estimator: Any, fit_params: Collection[str], X: Any) -> bool:
    """Whether an estimator is a network that gains by being trained with others, or a Pipeline that ends in one.

    Parameters
    ----------
    estimator : estimator
        Parameters set.
    fit_params : collection of str
        The names of what its `fit` is given beside rows and target.
    X : array-like
        The rows.

    Returns
    -------
    bool
        False for a Pipeline that cannot be taken apart.
    """
    network = estimator
    if type(estimator) is Pipeline:
        # Who asks for which metadata is the Pipeline's own business, and so is what it transforms beside X.
        own_business = bool(fit_params) and get_config()["enable_metadata_routing"]
        if own_business or estimator.transform_input is not None or not all("__" in name for name in fit_params):
            return False
        network = estimator.steps[-1][1]
    if type(network) not in (DeepMLPClassifier, DeepMLPRegressor):
        return False
    return gains_by_company(network, n_features=getattr(X, "shape", (0, 1))[-1])


def fit_tasks(
    estimator: Any,
    X: Any,
    y: Any,
    tasks: Sequence[Task],
    *,
    fit_params: Mapping[str, Any],
    n_jobs: int | None,
    report: Callable[[str], None] | None = None,
) -> list[Outcome]:
    """Fit a clone of the estimator for each task.

    Parameters
    ----------
    estimator : estimator
        That `can_share`, whatever a task sets; not changed.
    X, y : array-like
        All rows.
    tasks : sequence of Task
        What to fit. Those on the same rows, the very same object, should stand side by side.
    fit_params : dict
        For `fit`; what has an entry for each row is cut to a task's rows.
    n_jobs : int or None
        Processes, each with an equal part of the tasks.
    report : callable (line) -> None, default=None
        Hears of every stack of networks that is done.

    Returns
    -------
    list of Outcome
        In the order of the tasks, failures included.
    """
    n_parts = min(len(tasks), joblib.effective_n_jobs(n_jobs))
    parts = [[tasks[number] for number in part] for part in np.array_split(np.arange(len(tasks)), n_parts)]
    run = delayed(_fit_part)
    outcomes = Parallel(n_jobs=n_jobs)(run(estimator, X, y, part, fit_params, report) for part in parts)
    return list(chain.from_iterable(outcomes))


def _fit_part(
    estimator: Any,
    X: Any,
    y: Any,
    tasks: Sequence[Task],
    fit_params: Mapping[str, Any],
    report: Callable[[str], None] | None,
) -> list[Outcome]:
    n_rows = _num_samples(X)
    prepared: list[tuple[Any, Fit | None, Exception | None, float]] = []
    rows: Any = None
    steps: dict[str, Any] = {}
    for task in tasks:
        started = perf_counter()
        if rows is not task.rows:
            rows, steps = task.rows, {}
            X_rows, y_rows = _safe_indexing(X, rows), _safe_indexing(y, rows)
            params = {name: cut_rows(value, rows, n_rows) for name, value in fit_params.items()}
        candidate = clone(estimator).set_params(**clone(dict(task.parameters), safe=False))
        fit, error = None, None
        try:
            fit = _prepare(candidate, X_rows, y_rows, params, steps, task.parameters)
        except Exception as raised:  # of this task alone
            error = raised
        prepared.append((candidate, fit, error, perf_counter() - started))
    fit_together([fit for _, fit, _, _ in prepared if fit is not None], report or (lambda line: None))
    return [_outcome(*parts) for parts in prepared]


def _outcome(candidate: Any, fit: Fit | None, error: Exception | None, seconds: float) -> Outcome:
    if fit is None:
        return Outcome(None, error, seconds)
    return Outcome(candidate if fit.error is None else None, fit.error, seconds + fit.seconds, fit.warnings)


def _prepare(
    candidate: Any,
    X: Any,
    y: Any,
    fit_params: Mapping[str, Any],
    steps: dict[str, Any],
    parameters: Mapping[str, Any],
) -> Fit:
    """The fit of the network, on what the steps before it make of the rows; `steps` remembers that."""
    if type(candidate) is not Pipeline:
        return Fit(candidate, X, y, fit_params)
    last = candidate.steps[-1][0]
    of_last = {name[len(last) + 2 :]: value for name, value in fit_params.items() if name.startswith(f"{last}__")}
    if len(candidate.steps) > 1:
        of_steps = {name: value for name, value in fit_params.items() if not name.startswith(f"{last}__")}
        key = joblib.hash({name: value for name, value in parameters.items() if not name.startswith(f"{last}__")})
        if key not in steps:
            before = candidate[:-1]
            steps[key] = before, before.fit_transform(X, y, **of_steps)
        before, X = steps[key]
        candidate.steps[:-1] = before.steps
    return Fit(candidate.steps[-1][1], X, y, of_last)


def cut_rows(value: Any, rows: Any, n_rows: int) -> Any:
    """What has one entry for each row is cut, as everywhere in scikit-learn."""
    try:
        matches = not isinstance(value, str) and _num_samples(value) == n_rows
    except TypeError:
        matches = False
    return _safe_indexing(value, rows) if matches else value
