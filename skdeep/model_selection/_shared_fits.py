"""Many fits of one estimator: its networks trained together, and the steps before them fitted once for all."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
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

#: What `fit` takes beside rows and target.
FIT_PARAMS = {"sample_weight", "X_val", "y_val", "sample_weight_val"}
#: Values of the folds, as the networks see them, that are held at a time: 256 MB in float64.
MOST_VALUES = 2**25


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


def can_share(estimator: Any, fit_params: Collection[str], X: Any, y: Any) -> bool:
    """Whether an estimator is a network that gains by being trained with others, or a Pipeline that ends in one.

    Parameters
    ----------
    estimator : estimator
        Parameters set.
    fit_params : collection of str
        The names of what its `fit` is given beside rows and target.
    X, y : array-like
        All rows and their target.

    Returns
    -------
    bool
        False for a Pipeline that cannot be taken apart, and for what cannot be fitted at all.
    """
    network, of_network = estimator, set(fit_params)
    if type(estimator) is Pipeline:
        if not _comes_apart(estimator, fit_params):
            return False
        last, network = estimator.steps[-1]
        of_network = {name.removeprefix(f"{last}__") for name in fit_params if name.startswith(f"{last}__")}
    is_ours = type(network) in (DeepMLPClassifier, DeepMLPRegressor)
    if y is None or not is_ours or not of_network <= FIT_PARAMS:
        return False
    return gains_by_company(network, n_features=getattr(X, "shape", (0, 1))[-1])


def _comes_apart(pipeline: Pipeline, fit_params: Collection[str]) -> bool:
    """Whether the steps before the last can be fitted by themselves."""
    # Who asks for which metadata is the Pipeline's own business, and so is what it transforms beside X.
    if (fit_params and get_config()["enable_metadata_routing"]) or pipeline.transform_input is not None:
        return False
    names = [name for name, _ in pipeline.steps]
    transformers = (step for _, step in pipeline.steps[:-1] if step not in (None, "passthrough"))
    are_named = all("__" in name and name.split("__")[0] in names for name in fit_params)
    return are_named and all(hasattr(step, "transform") for step in transformers)


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
    n_parts = max(1, min(len(tasks), joblib.effective_n_jobs(n_jobs)))
    parts = [[tasks[number] for number in part] for part in np.array_split(np.arange(len(tasks)), n_parts)]
    run = delayed(_fit_part)
    outcomes = Parallel(n_jobs=n_jobs)(run(estimator, X, y, part, fit_params, report) for part in parts if part)
    return list(chain.from_iterable(outcomes))


def _fit_part(
    estimator: Any,
    X: Any,
    y: Any,
    tasks: Sequence[Task],
    fit_params: Mapping[str, Any],
    report: Callable[[str], None] | None,
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    prepared: list[_Prepared] = []
    n_held = 0
    for _, of_fold in groupby(tasks, key=lambda task: id(task.rows)):
        fold = _Fold(estimator, X, y, fit_params)
        prepared += [fold.prepare(task) for task in of_fold]
        n_held += fold.n_held
        if n_held > MOST_VALUES:
            outcomes += _fit(prepared, report)
            prepared, n_held = [], 0
    return outcomes + _fit(prepared, report)


@dataclass(frozen=True)
class _Prepared:
    """An estimator whose network is ready to be fitted; or what went wrong before."""

    estimator: Any
    seconds: float
    fit: Fit | None
    error: Exception | None

    def outcome(self) -> Outcome:
        """What came of it."""
        if self.fit is None:
            return Outcome(None, self.error, self.seconds)
        error, seconds = self.fit.error, self.seconds + self.fit.seconds
        return Outcome(None if error else self.estimator, error, seconds, self.fit.warnings)


def _fit(prepared: Sequence[_Prepared], report: Callable[[str], None] | None) -> list[Outcome]:
    fit_together([one.fit for one in prepared if one.fit is not None], report or (lambda line: None))
    return [one.outcome() for one in prepared]


class _Fold:
    """Some rows, and what the first steps of a Pipeline make of them under each of their settings.

    Parameters
    ----------
    estimator : estimator
        Before a task's parameters are set.
    X, y : array-like
        All rows.
    fit_params : dict
        For `fit`.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, fit_params: Mapping[str, Any]) -> None:
        self._estimator, self._all, self._fit_params = estimator, (X, y), fit_params
        self._rows: tuple[Any, Any, dict[str, Any]] | None = None
        self._transformed: dict[Hashable, tuple[Any, Any]] = {}

    @property
    def n_held(self) -> int:
        """About how many values are held."""
        taken = [] if self._rows is None else [self._rows[0]]
        return sum(getattr(X, "size", 0) for X in [*taken, *(X for _, X in self._transformed.values())])

    def prepare(self, task: Task) -> _Prepared:
        """All of the fit but that of the network."""
        started = perf_counter()
        candidate = clone(self._estimator).set_params(**clone(dict(task.parameters), safe=False))
        try:
            if self._rows is None:
                self._rows = self._take(task.rows)
            fit, error = self._network_fit(candidate, task.parameters), None
        except Exception as raised:  # of this task alone
            fit, error = None, raised
        return _Prepared(candidate, perf_counter() - started, fit, error)

    def _take(self, rows: Any) -> tuple[Any, Any, dict[str, Any]]:
        X, y = (_safe_indexing(values, rows) for values in self._all)
        n_rows = _num_samples(self._all[0])
        return X, y, {name: cut_rows(value, rows, n_rows) for name, value in self._fit_params.items()}

    def _network_fit(self, candidate: Any, parameters: Mapping[str, Any]) -> Fit:
        assert self._rows is not None
        X, y, fit_params = self._rows
        if type(candidate) is not Pipeline:
            return Fit(candidate, X, y, fit_params)
        last, network = candidate.steps[-1]
        of_last = {name.removeprefix(f"{last}__"): fit_params[name] for name in fit_params if _is_of(name, last)}
        if len(candidate.steps) > 1:
            # A grid gives every candidate the very same values, so that they need no comparison.
            key = tuple((name, id(value)) for name, value in parameters.items() if not _is_of(name, last))
            if key not in self._transformed:
                before = candidate[:-1]
                of_steps = {name: value for name, value in fit_params.items() if not _is_of(name, last)}
                self._transformed[key] = before, before.fit_transform(X, y, **of_steps)
            before, X = self._transformed[key]
            candidate.steps = [*before.steps, candidate.steps[-1]]
        return Fit(network, X, y, of_last)


def _is_of(name: str, step: str) -> bool:
    """Whether a parameter is that step or one of its own."""
    return name == step or name.startswith(f"{step}__")


def cut_rows(value: Any, rows: Any, n_rows: int) -> Any:
    """What has one entry for each row is cut, as everywhere in scikit-learn."""
    try:
        matches = not isinstance(value, str) and _num_samples(value) == n_rows
    except TypeError:
        matches = False
    return _safe_indexing(value, rows) if matches else value
