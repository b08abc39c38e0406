"""Many fits of one estimator: its networks trained together, and the steps before them fitted once for all."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from time import perf_counter
from typing import Any

import joblib
import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _num_samples

from ..neural_network import DeepMLPClassifier, DeepMLPRegressor
from ..neural_network._callbacks import has_callbacks, report_fit
from ..neural_network._convergence import warn_unless_converged
from ..neural_network._together import NetworkFit, fit_together, pays_to_stack

#: What `fit` takes beside rows and target.
FIT_PARAMS = {"sample_weight", "X_val", "y_val", "sample_weight_val"}
#: Values of the folds, as the networks see them, that are held at a time: 256 MB in float64.
MOST_VALUES = 2**25
#: What a fit that waits holds of its own: targets and weights.
VALUES_PER_ROW = 4


@dataclass(frozen=True)
class FitTask:
    """One fit to be done: the parameters to set, and the rows to fit on."""

    parameters: Mapping[str, Any]
    rows: Any


@dataclass(frozen=True)
class Outcome:
    """An estimator that was fitted as a task asks, and the seconds that it took."""

    parameters: Mapping[str, Any]
    estimator: Any
    seconds: float

    def claim(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """The fitted estimator, now with steps of its own; what its fit on X and y has to say is said now."""
        network = self.estimator
        if type(self.estimator) is Pipeline:
            # Others share them until here: whoever scores may change what it is given, as may a random `transform`.
            *before, (_, network) = self.estimator.steps
            self.estimator.steps[:-1] = deepcopy(before)
        warn_unless_converged(network, stacklevel=2)
        report_fit(self.estimator, X, y, sample_weight)
        return self.estimator


def warnings_of(predictor: Any) -> list[str]:
    """What the fit of a network has warned of; nothing of other estimators."""
    if not isinstance(predictor, DeepMLPClassifier | DeepMLPRegressor):
        return []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_unless_converged(predictor, stacklevel=2)
    return [str(warning.message) for warning in caught]


def n_processes(n_jobs: int | None) -> int:
    """How many fits run at a time.

    Parameters
    ----------
    n_jobs : int or None
        As users give it.

    Returns
    -------
    int
        By joblib's configuration.

    Raises
    ------
    RuntimeError
        Where joblib's engine cannot tell, such as dask after its cluster has gone.
    """
    try:
        return int(joblib.effective_n_jobs(n_jobs))
    except AttributeError as error:
        raise RuntimeError(
            "The engine of joblib.parallel_config must have workers. Got none: where its cluster or client has been "
            "closed, start a new one and fit again."
        ) from error


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
        False for a Pipeline that cannot be taken apart, for what has callbacks, and for what cannot be fitted at all.
    """
    network, of_network = estimator, set(fit_params)
    if any(map(has_callbacks, (estimator, *(step for _, step in getattr(estimator, "steps", ()))))):
        return False
    if type(estimator) is Pipeline:
        if not _comes_apart(estimator, fit_params):
            return False
        last, network = estimator.steps[-1]
        of_network = {name.removeprefix(f"{last}__") for name in fit_params if name.startswith(f"{last}__")}
    is_ours = type(network) in (DeepMLPClassifier, DeepMLPRegressor)
    if y is None or not is_ours or not of_network <= FIT_PARAMS:
        return False
    return pays_to_stack(network, n_features=X.shape[1] if getattr(X, "ndim", 0) == 2 else 1)


def _comes_apart(pipeline: Pipeline, fit_params: Collection[str]) -> bool:
    """Whether the steps before the last can be fitted by themselves."""
    # Who asks for which metadata is the Pipeline's own business, and so is what it transforms beside X.
    if (fit_params and get_config()["enable_metadata_routing"]) or pipeline.transform_input is not None:
        return False
    names = [name for name, _ in pipeline.steps]
    transformers = (step for _, step in pipeline.steps[:-1] if step not in (None, "passthrough"))
    are_named = all("__" in name and name.split("__")[0] in names for name in fit_params)
    by_rows = not get_tags(pipeline).input_tags.pairwise  # else a fold takes rows and columns
    return are_named and by_rows and all(hasattr(step, "transform") for step in transformers)


def fit_tasks(
    estimator: Any,
    X: Any,
    y: Any,
    tasks: Sequence[FitTask],
    *,
    fit_params: Mapping[str, Any],
    parallel: Parallel,
    n_parts: int,
    report: Callable[[str], None] | None = None,
) -> list[Outcome | None]:
    """Fit a clone of the estimator for each task.

    Parameters
    ----------
    estimator : estimator
        That `can_share`, whatever a task sets; not changed.
    X, y : array-like
        All rows.
    tasks : sequence of FitTask
        What to fit. Those on the same rows, the very same object, should stand side by side.
    fit_params : dict
        For `fit`; what has an entry for each row is cut to a task's rows.
    parallel : Parallel
        The processes, here or on other machines.
    n_parts : int
        How many of them to use, each for an equal part of the tasks; with 1 all are done here.
    report : callable (line) -> None, default=None
        Hears of every stack of networks that is done.

    Returns
    -------
    list of (Outcome or None)
        In the order of the tasks; None for a fit that failed, to be repeated by who wants to know how, and for a
        network that turned out too large to gain.
    """
    numbered = list(zip(tasks, _settings(estimator, tasks), strict=True))
    n_parts = min(len(tasks), n_parts)
    if n_parts <= 1:
        return _fit_part(estimator, X, y, numbered, fit_params, report)
    parts = [[numbered[number] for number in part] for part in np.array_split(np.arange(len(tasks)), n_parts)]
    run = delayed(_fit_part)
    return list(chain.from_iterable(parallel(run(estimator, X, y, part, fit_params, report) for part in parts)))


def _settings(estimator: Any, tasks: Sequence[FitTask]) -> list[int]:
    """A number for each task, the same for those that set the same before the last step of a Pipeline."""
    if type(estimator) is not Pipeline:
        return [0] * len(tasks)
    last = estimator.steps[-1][0]
    numbers: dict[Hashable, int] = {}
    # A grid gives its candidates the very same values, so that they need no comparison.
    keys = (
        tuple((name, id(value)) for name, value in task.parameters.items() if not _is_of(name, last)) for task in tasks
    )
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _fit_part(
    estimator: Any,
    X: Any,
    y: Any,
    tasks: Sequence[tuple[FitTask, int]],
    fit_params: Mapping[str, Any],
    report: Callable[[str], None] | None,
) -> list[Outcome | None]:
    outcomes: list[Outcome | None] = []
    waiting: list[_Prepared] = []
    fold, n_held = None, 0
    for task, setting in tasks:
        if fold is None or fold.rows is not task.rows:
            fold = _Fold(estimator, X, y, task.rows, fit_params)
        before = fold.n_values
        waiting.append(fold.prepare(task, setting))
        n_held += fold.n_values - before + VALUES_PER_ROW * len(task.rows)
        if n_held > MOST_VALUES:
            outcomes += _fit_all(waiting, report)
            waiting, fold, n_held = [], None, 0
    return outcomes + _fit_all(waiting, report)


@dataclass(frozen=True)
class _Prepared:
    """An estimator whose network is ready to be fitted, or is not because a step before it failed."""

    task: FitTask
    estimator: Any
    seconds: float
    fit: NetworkFit | None

    def outcome(self) -> Outcome | None:
        """What came of it."""
        if self.fit is None or self.fit.error is not None:
            return None
        return Outcome(self.task.parameters, self.estimator, self.seconds + self.fit.seconds)


def _fit_all(prepared: Sequence[_Prepared], report: Callable[[str], None] | None) -> list[Outcome | None]:
    fit_together([one.fit for one in prepared if one.fit is not None], report)
    return [one.outcome() for one in prepared]


class _Fold:
    """Some rows, and what the first steps of a Pipeline make of them under each of their settings.

    Parameters
    ----------
    estimator : estimator
        Before a task's parameters are set.
    X, y : array-like
        All rows.
    rows : array-like of int
        Those of the fold.
    fit_params : dict
        For `fit`.

    Attributes
    ----------
    n_values : int
        About how many values it holds.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, rows: Any, fit_params: Mapping[str, Any]) -> None:
        self._estimator, self._X, self._y, self.rows = estimator, X, y, rows
        n_rows, numbers = _num_samples(X), np.asarray(rows)
        self._fit_params = {name: cut_rows(value, numbers, n_rows) for name, value in fit_params.items()}
        self._made: dict[int, tuple[Any, Any, Any]] = {}
        self.n_values = 0

    def prepare(self, task: FitTask, setting: int) -> _Prepared:
        """All of the fit but that of the network."""
        started = perf_counter()
        candidate = clone(self._estimator).set_params(**clone(dict(task.parameters), safe=False))
        try:
            fit = self._network_fit(candidate, setting)
        except Exception:  # of this task alone, and told where the fit is repeated
            fit = None
        return _Prepared(task, candidate, perf_counter() - started, fit)

    def _network_fit(self, candidate: Any, setting: int) -> NetworkFit:
        if setting not in self._made:
            self._made[setting] = self._make(candidate)
            self.n_values += getattr(self._made[setting][1], "size", 0)
        before, X, y = self._made[setting]
        if type(candidate) is not Pipeline:
            return NetworkFit(candidate, X, y, self._fit_params)
        last, network = candidate.steps[-1]
        if not pays_to_stack(network, n_features=X.shape[1]):
            raise ValueError("The steps before the network make so many columns that it is better fitted alone.")
        of_last = {name: value for name, value in self._fit_params.items() if _is_of(name, last)}
        candidate.steps = [*before, candidate.steps[-1]]
        return NetworkFit(network, X, y, {name.removeprefix(f"{last}__"): value for name, value in of_last.items()})

    def _make(self, candidate: Any) -> tuple[Any, Any, Any]:
        """The fitted steps before the network, and the rows and targets that it sees."""
        # Rows of their own for every setting: a step may change them in place.
        X, y = (_safe_indexing(values, np.asarray(self.rows)) for values in (self._X, self._y))
        if type(candidate) is not Pipeline or len(candidate.steps) == 1:
            return [], X, y
        before, last = candidate[:-1], candidate.steps[-1][0]
        of_steps = {name: value for name, value in self._fit_params.items() if not _is_of(name, last)}
        X = before.fit_transform(X, y, **of_steps)
        return before.steps, X, y


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
