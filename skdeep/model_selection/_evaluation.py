"""The error of a fitted estimator on some rows, and how much each row or block of rows moves it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from ._error import ErrorMeasure
from ._shared_fits import cut_rows

NO_METADATA: Mapping[str, object] = MappingProxyType({})
RESPONSES = ("predict", "predict_proba", "predict_log_proba", "decision_function")


@dataclass(frozen=True)
class Units:
    """What may be left out of the rows: single rows, groups of rows that belong together, or blocks.

    Errors on rows of the same object are compared unit by unit.

    Attributes
    ----------
    of_row : ndarray of shape (n_rows,)
        The number of each row's unit.
    n : int
        How many units there are.
    n_observations : int
        On how many rows, or groups of rows, drawn independently of one another, an error rests. Of two samples four
        times the smaller one, if that is less: the larger tells nothing of the smaller one's spread.
    """

    of_row: Any
    n: int
    n_observations: int


@dataclass(frozen=True)
class Evaluation:
    """An error, and how far it hangs on each unit.

    Attributes
    ----------
    error : float
        On all rows.
    influence : ndarray of shape (n_units,)
        What each unit adds to the deviation of the error from its expectation; sums to 0, and its squares sum to the
        variance of the error for this fit. NaN where that cannot be known.
    share : ndarray of shape (n_units,)
        Each unit's part of the weight of these rows; sums to 1.
    """

    error: float
    influence: Any
    share: Any


class Predictions:
    """Stands for a fitted estimator on known rows: predicts once, answers for any part of the rows.

    A scorer cannot tell it from the estimator. For X itself, or None, the answer is what was predicted once; for other
    rows, such as a scorer may make of X, the estimator is asked.

    Parameters
    ----------
    estimator : fitted estimator
        What predicts.
    X : array-like
        The rows.
    """

    def __init__(self, estimator: Any, X: Any) -> None:
        self._estimator, self._X, self._rows, self._asked = estimator, X, None, X
        self._known: dict[str, Any] = {}

    def at(self, rows: Any) -> tuple[Predictions, Any]:
        """The same predictions, of some rows only, and X of these rows."""
        part = Predictions(self._estimator, self._X)
        part._rows, part._known, part._asked = rows, self._known, _safe_indexing(self._X, rows)
        return part, part._asked

    def known(self) -> list[Any]:
        """All that has been predicted, for all rows."""
        return list(self._known.values())

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._estimator, name)
        if name not in RESPONSES:
            return value

        @wraps(value)  # scorers tell methods by their names
        def response(X: Any, **options: Any) -> Any:
            known = not options and (X is None or X is self._asked)
            return self._response(name, value) if known else value(X, **options)

        return response

    def _response(self, name: str, method: Callable[[Any], Any]) -> Any:
        if name not in self._known:
            self._known[name] = method(self._X)
        known = self._known[name]
        return known if self._rows is None else _safe_indexing(known, self._rows)


def evaluate(
    measure: ErrorMeasure,
    predictions: Predictions,
    X: Any,
    y: Any,
    units: Units,
    rows: Any,
    metadata: Mapping[str, object] = NO_METADATA,
    *,
    jackknife: bool = True,
) -> Evaluation:
    """The error of predictions on rows.

    Parameters
    ----------
    measure : ErrorMeasure
        Which error.
    predictions : Predictions
        For exactly these rows.
    X, y : array-like
        The rows and their targets.
    units : Units
        Of the whole that the rows are taken from.
    rows : ndarray of shape (n_rows,)
        Where in that whole they stand.
    metadata : dict, default={}
        What the scorer gets beside the rows, of these rows; `sample_weight` is what each counts in the error.
    jackknife : bool, default=True
        Whether the influence is wanted where it costs a jackknife; zeros if not.

    Returns
    -------
    Evaluation
        Row by row where the measure knows how; else by a jackknife, leaving out one unit after another.
    """
    of_row, weights = units.of_row[rows], metadata.get("sample_weight")
    share = np.bincount(of_row, _shares(weights, len(of_row)), units.n)
    if measure.by_row is None:
        left_out = np.unique(of_row) if jackknife else ()
        return _jackknife(measure, predictions, X, y, of_row, left_out, share, metadata)
    error, deviations = measure.by_row(predictions, y, weights)
    shares = _shares(weights, len(of_row))
    if measure.of_two_samples:
        y = np.asarray(y).ravel()
        samples = [y == label for label in np.unique(y)]
        influence = sum(_of_one_sample(of_row[rows], shares[rows], deviations[rows], units.n) for rows in samples)
    else:
        influence = np.bincount(of_row, shares * deviations, units.n)
    return Evaluation(error, influence, share)


def _of_one_sample(of_row: Any, shares: Any, deviations: Any, n_units: int) -> Any:
    """What units add, scaled so that squares sum to an unbiased variance: by n / (n - 1), n the effective number.

    A sample of one unit does not tell its spread: NaN.
    """
    weight = np.bincount(of_row, shares, n_units)
    n = weight.sum() ** 2 / (weight**2).sum()
    return np.bincount(of_row, shares * deviations, n_units) * (np.sqrt(n / (n - 1)) if n > 1 + 1e-6 else np.nan)


def _shares(weights: Any, n: int) -> Any:
    if weights is None:
        return np.full(n, 1 / n)
    weights = np.asarray(weights, dtype=float)
    return weights / weights.sum()


def _jackknife(
    measure: ErrorMeasure,
    predictions: Predictions,
    X: Any,
    y: Any,
    of_row: Any,
    units: Any,
    share: Any,
    metadata: Mapping[str, object],
) -> Evaluation:
    error = _score_error(measure, predictions, X, y, metadata)
    influence, n = np.zeros(len(share)), len(units)
    if n > 1:
        for unit in units:
            influence[unit] = error - _error_without(of_row == unit, measure, predictions, y, metadata)
        # Of n units left out in turn, the variance is (n - 1) / n times the squared deviations (Efron & Stein 1981);
        # like the influence of rows, this is the one that a factor n / (n - 1) on the squares makes unbiased.
        influence[units] = (influence[units] - influence[units].mean()) * (n - 1) / n
    return Evaluation(error, influence, share)


def _error_without(
    left_out: Any, measure: ErrorMeasure, predictions: Predictions, y: Any, metadata: Mapping[str, object]
) -> float:
    """The error of the other rows; NaN where they have none, as the AUC of a single class."""
    rows = np.flatnonzero(~left_out)
    part, X = predictions.at(rows)
    y = None if y is None else _safe_indexing(y, rows)
    metadata = {name: cut_rows(value, rows, len(left_out)) for name, value in metadata.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of all rows together the score has warned
        try:
            return _score_error(measure, part, X, y, metadata)
        except ValueError:
            return float("nan")


def _score_error(
    measure: ErrorMeasure, predictions: Predictions, X: Any, y: Any, metadata: Mapping[str, object]
) -> float:
    try:
        return measure.best_score - float(measure.scorer(predictions, X, y, **metadata))
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"scoring must suit the estimator and the rows. For {measure.name}: {error}") from error
