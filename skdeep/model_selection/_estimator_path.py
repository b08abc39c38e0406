"""The way from an estimator as it was passed to what predicts in it, and the way back for its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from numbers import Real
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Level:
    """One estimator on the way from what was passed to what predicts.

    Attributes
    ----------
    estimator : estimator
        As passed.
    fitted : estimator or None
        The same, fitted.
    name : str
        The parameter that holds the next one; "" for the last.
    """

    estimator: Any
    fitted: Any
    name: str


@dataclass(frozen=True)
class Subject:
    """An estimator whose knobs are to be turned.

    Attributes
    ----------
    path : list of Level
        From what was passed to what predicts.
    parameters : dict
        What the predictor runs with, after any search.
    n_rows : int or None
        How many rows it is fitted on.
    unfinished : bool
        Whether training was seen to end too early.
    sparse : bool
        Whether its inputs are sparse.
    """

    path: list[Level]
    parameters: dict[str, Any]
    n_rows: int | None = None
    unfinished: bool = False
    sparse: bool = False

    @property
    def fitted(self) -> Any:
        """The fitted predictor or None."""
        return self.path[-1].fitted


def subject_of(estimator: Any, fitted: Any = None, **seen: Any) -> Subject:
    """What there is to know of an estimator before its knobs are turned.

    Parameters
    ----------
    estimator : estimator
        As the user has it.
    fitted : estimator, default=None
        A fitted clone.
    **seen : Any
        The other attributes of `Subject`.

    Returns
    -------
    Subject
        With the parameters that a search has found, where it is fitted.
    """
    path = _path(estimator, fitted)
    predictor = path[-1].estimator if path[-1].fitted is None else path[-1].fitted
    return Subject(path, predictor.get_params(), **seen)


def predictor_of(estimator: Any) -> Any:
    """What predicts within pipelines, searches and other wrappers: the innermost estimator that can be followed to."""
    return _path(estimator)[-1].estimator


def fitted_predictor(fitted: Any) -> Any:
    """What predicts within a fitted estimator, fitted: of a search the best, of a bag the first."""
    return _path(fitted, fitted)[-1].fitted


def is_searched(estimator: Any) -> bool:
    """Whether a search has chosen what predicts."""
    return any("BaseSearchCV" in names_of(level.estimator) for level in _path(estimator))


# From what was passed to what predicts ----------------------------------------------------------------------

GRIDS = ("param_grid", "param_distributions")
#: Class of a wrapper -> the parameter that holds what it wraps, and where its fitted one is.
WRAPPERS = {
    "BaseSearchCV": ("estimator", "best_estimator_"),
    "TransformedTargetRegressor": ("regressor", "regressor_"),
    "CalibratedClassifierCV": ("estimator", "calibrated_classifiers_.estimator"),
    "FixedThresholdClassifier": ("estimator", "estimator_"),
    "TunedThresholdClassifierCV": ("estimator", "estimator_"),
    "BaseBagging": ("estimator", "estimators_"),
    "OneVsRestClassifier": ("estimator", "estimators_"),
    "OneVsOneClassifier": ("estimator", "estimators_"),
    "OutputCodeClassifier": ("estimator", "estimators_"),
    "MultiOutputClassifier": ("estimator", "estimators_"),
    "MultiOutputRegressor": ("estimator", "estimators_"),
    "RFE": ("estimator", "estimator_"),
}


def names_of(estimator: Any) -> list[str]:
    """The names of the estimator's class and of those that it inherits from."""
    return [kind.__name__ for kind in type(estimator).__mro__]


def _path(estimator: Any, fitted: Any = None) -> list[Level]:
    name, inner, fitted_inner = _within(estimator, fitted)
    followed = hasattr(inner, "get_params") and (fitted_inner is None or type(fitted_inner) is type(inner))
    if not followed:  # nothing inside, or a search has put something else there
        return [Level(estimator, fitted, "")]
    return [Level(estimator, fitted, name), *_path(inner, fitted_inner)]


def _within(estimator: Any, fitted: Any) -> tuple[str, Any, Any]:
    """The parameter that holds what a wrapper wraps, that estimator, and the fitted one; "", None, None without."""
    if "Pipeline" in names_of(estimator):
        return (*estimator.steps[-1], None if fitted is None else fitted.steps[-1][1])
    name, where = next((WRAPPERS[kind] for kind in names_of(estimator) if kind in WRAPPERS), ("", ""))
    return name, getattr(estimator, name, None), _follow(fitted, where)


def _follow(fitted: Any, where: str) -> Any:
    """The attribute of an attribute...; of lists the first entry."""
    for name in filter(None, where.split(".")):
        fitted = getattr(fitted, name, None)
        fitted = fitted[0] if isinstance(fitted, list) else fitted
    return fitted if where else None


# And back ---------------------------------------------------------------------------------------------------


def outwards(changes: dict[str, Any], path: list[Level]) -> dict[str, Any] | None:
    """Changes of what the path leads to, as parameters of what it starts from; None where a search would undo them."""
    for level in reversed(path):
        searches = "BaseSearchCV" in names_of(level.estimator)
        wrapped = _into_search(level, changes) if searches else _prefixed(level.name, changes)
        if wrapped is None:
            return None
        changes = wrapped
    return changes


def _prefixed(prefix: str, changes: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}__{name}": value for name, value in changes.items()}


def _into_search(level: Level, changes: dict[str, Any]) -> dict[str, Any] | None:
    """A search overwrites what its grid holds: there a new value becomes one more candidate."""
    name = next((name for name in GRIDS if hasattr(level.estimator, name)), "")
    grid = getattr(level.estimator, name, {})
    grids = [grid] if isinstance(grid, Mapping) else list(grid)
    searched = {key for part in grids for key in part}
    if any(key.startswith(f"{above}__") for key in changes for above in searched):
        return None  # the estimator that has this parameter is itself a candidate
    inside = {key: value for key, value in changes.items() if key in searched}
    plain = _prefixed(level.name, {key: value for key, value in changes.items() if key not in searched})
    if not inside:
        return plain
    best = level.fitted.best_params_ if hasattr(level.fitted, "best_estimator_") else {}
    wider = [_widened(part, inside, best) for part in grids]
    if not any(wider):
        return None
    wider = [new or dict(old) for new, old in zip(wider, grids, strict=True)]
    return {**plain, name: wider[0] if isinstance(grid, Mapping) else wider}


def _widened(part: Mapping[str, Any], new: dict[str, Any], best: Mapping[str, Any]) -> dict[str, Any] | None:
    """A grid with one more value each; None where the best is not from it or it has them: they have lost already."""
    if part.keys() != best.keys() or not new.keys() <= part.keys():
        return None
    if all(_was_tried(value, part[name]) for name, value in new.items()):
        return None
    return {**part, **{name: [*_candidates(part[name], best[name]), value] for name, value in new.items()}}


def _was_tried(value: Any, candidates: Any) -> bool:
    """Whether a value is among the candidates, or within a distribution; one of an unknown kind may hold anything."""
    if hasattr(candidates, "support"):
        low, high = candidates.support()
        return isinstance(value, Real) and bool(low <= value <= high)
    if not hasattr(candidates, "__iter__"):
        return True
    numbers = isinstance(value, Real)
    return any(isclose(old, value) if numbers and isinstance(old, Real) else old == value for old in candidates)


def _candidates(candidates: Any, best: Any) -> list[Any]:
    """The candidates as a list; a distribution, which cannot take one more, as the best and 19 of its quantiles."""
    if not hasattr(candidates, "ppf"):
        return candidates.tolist() if hasattr(candidates, "tolist") else list(candidates)
    quantiles = (type(best)(value) for value in candidates.ppf(np.arange(1, 20) / 20))
    return list(dict.fromkeys([best, *quantiles]))
