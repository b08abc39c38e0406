"""Scores turned into errors: what a metric is called, where perfect is, and how far each row moves it, where known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, is_classifier, is_regressor
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import type_of_target

#: scikit-learn's scores without a maximum; those perfect at 1 whose error has none; and those whose error goes up to 2:
#: scores that go down to -1, and the Brier score of several classes. Of all others that are perfect at 1 the error is
#: at most 1.
NO_MAXIMUM = ("positive_likelihood_ratio", "mutual_info_score")
UNBOUNDED = ("r2", "explained_variance", "d2_absolute_error_score", "d2_brier_score", "d2_log_loss_score")
UP_TO_TWO = ("matthews_corrcoef", "adjusted_rand_score", "adjusted_mutual_info_score", "neg_brier_score")
ROUNDING = 1e-9


ACCURACY = "1 - accuracy"


@dataclass(frozen=True)
class ErrorMeasure:
    """An error: 0 is perfect, more is worse.

    Attributes
    ----------
    name : str
        Such as "1 - accuracy" or "log loss".
    scorer : callable
        ``scorer(estimator, X, y)``, greater is better; the error is ``best_score - score``.
    best_score : float
        The score of perfect predictions.
    largest : float
        The largest possible error; infinite where there is none.
    by_row : callable or None
        ``by_row(predictions, y, weights)``: the error and each row's deviation, where that is known; else None.
    """

    name: str
    scorer: Callable[..., float]
    best_score: float
    largest: float
    by_row: Callable[[Any, Any, Any], tuple[float, Any]] | None = None

    @property
    def of_two_samples(self) -> bool:
        """Whether the classes are two samples, each with a spread of its own: the AUC row by row."""
        return self.by_row is _misranked

    @property
    def scorer_in_need(self) -> Any:
        """What may need more of the targets than any have; None for the log loss row by row, which needs nothing."""
        return None if self.by_row is BY_ROW["neg_log_loss"] else self.scorer

    @property
    def is_share(self) -> bool:
        """Whether the error is what a score lacks to 1, and no more than 1, so that it reads as a percentage."""
        return self.name.startswith("1 - ") and self.largest == 1.0

    @property
    def score_name(self) -> str:
        """What the score is called, in words."""
        return self.name.removeprefix("1 - ")

    def check_target(self, target: float) -> None:
        """Raise a ValueError unless an error of this kind can have this value."""
        if not 0.0 <= target <= self.largest:
            above = "" if np.isinf(self.largest) else f" and at most {self.largest:g}"
            raise ValueError(
                f"target_error must be at least 0{above}, an error of the kind {self.name!r}. Got {target}."
            )

    def check_error(self, error: float) -> None:
        """Raise a ValueError unless a measured error of this kind can have this value, rounding aside."""
        rounding = ROUNDING * max(1.0, abs(self.best_score))
        if not np.isfinite(error):
            raise ValueError(f"the error is {error}")
        if not -rounding <= error <= self.largest + rounding:
            raise ValueError(
                f"best_score must be the score of perfect predictions, {self.best_score:g} for the error "
                f"{self.name!r}. Got a score of {self.best_score - error:g}"
            )


def error_measure(scoring: Any, estimator: Any, best_score: float | None = None, y: Any = None) -> ErrorMeasure:
    """The error that belongs to a score.

    Parameters
    ----------
    scoring : str, callable or None
        As everywhere in scikit-learn; None is the estimator's own score: accuracy, or R² for regressors.
    estimator : estimator
        Whose score it is.
    best_score : float, default=None
        The score of perfect predictions; known for the scorers of scikit-learn.
    y : array-like, default=None
        The targets; without them nothing is known row by row.

    Returns
    -------
    ErrorMeasure
        Its errors are `best_score` less the score.

    Raises
    ------
    ValueError
        When `scoring` is not known, or its greatest value is not.
    """
    scoring = _own_scoring(estimator) if scoring is None else scoring
    name = _score_name(scoring, estimator)
    scorer = check_scoring(estimator, name if scoring is None else scoring)
    _check_best(best_score)
    if name is None or name in NO_MAXIMUM:
        best = _known_best(scorer) if best_score is None else best_score
        function = getattr(scorer, "_score_func", scoring)
        return ErrorMeasure(_error_name(getattr(function, "__name__", "score"), best), scorer, best, float("inf"))
    if best_score is None or best_score == _best(name):
        best_score = _best(name)
        by_row = None if y is None or (name == "roc_auc" and type_of_target(y) != "binary") else BY_ROW.get(name)
        return ErrorMeasure(_error_name(name, best_score), scorer, best_score, _largest(name), by_row)
    return ErrorMeasure(_error_name(name, best_score), scorer, best_score, float("inf"))


def format_error(value: float, is_share: bool) -> str:
    """An error as text: a percentage where errors are shares; no digits that say nothing, and hardly a power of ten."""
    if is_share:
        return f"{100 * value:z.1f} %" if value == 0 or abs(value) >= 0.005 else f"{100 * value:z.2f} %"
    return f"{value:z.0f}" if 1000 <= abs(value) < 1e7 else f"{value:z.3g}"


def _own_scoring(estimator: Any) -> Any:
    """What a search scores by, also at the end of a pipeline; None for the score that all of a kind have.

    Others have a `scoring` for what they do within `fit`, such as stopping early; their `score` ignores it.
    """
    if isinstance(estimator, Pipeline):
        return _own_scoring(estimator.steps[-1][1])
    if getattr(type(estimator), "score", None) in (None, ClassifierMixin.score, RegressorMixin.score):
        return None
    scoring, refit = getattr(estimator, "scoring", None), getattr(estimator, "refit", None)
    if isinstance(scoring, str):
        return scoring if scoring in get_scorer_names() else None  # LogisticRegressionCV has "warn"
    if scoring is None or callable(scoring):
        return scoring
    named = isinstance(scoring, Mapping) and isinstance(refit, str)  # several: that by which the best is chosen
    return scoring.get(refit) if named else refit


def _score_name(scoring: Any, estimator: Any) -> str | None:
    """The name of the scorer where it has one: of a string, of scikit-learn's own scorers, or of the default score."""
    if scoring is None:
        return "accuracy" if is_classifier(estimator) else "r2" if is_regressor(estimator) else None
    if isinstance(scoring, str):
        return scoring
    if not callable(scoring):
        raise ValueError(f"scoring must be the name of a scorer, a callable or None. Got {scoring!r}.")
    # No public attribute tells one scorer from another; their text does.
    return next((name for name in get_scorer_names() if repr(get_scorer(name)) == repr(scoring)), None)


def _check_best(best_score: Any) -> None:
    number = isinstance(best_score, Real) and not isinstance(best_score, bool) and isfinite(best_score)
    if best_score is not None and not number:
        raise ValueError(f"best_score must be a finite number, or None where it is known. Got {best_score!r}.")


def _known_best(scorer: Any) -> float:
    """0 for scorers that negate a loss; unknown for any other that is not scikit-learn's own."""
    if getattr(scorer, "_sign", 1) == -1:  # what make_scorer(greater_is_better=False) leaves
        return 0.0
    raise ValueError(
        "scoring must have a known maximum, so that scores can be turned into errors. Got "
        f"{scorer!r}: give best_score, the score of perfect predictions."
    )


def _best(name: str) -> float:
    return 0.0 if name.startswith("neg_") else 1.0


def _error_name(name: str, best: float) -> str:
    if best == 0 and name.startswith("neg_"):
        words = name.removeprefix("neg_").replace("_", " ")
        return {"root mean squared error": "RMSE"}.get(words, words)
    score = {"r2": "R²", "roc_auc": "AUC"}.get(name, name.replace("_", " "))
    return score if best == 0 else f"{best:g} - {score}"


def _largest(name: str) -> float:
    if name in UP_TO_TWO:
        return 2.0
    return float("inf") if name.startswith("neg_") or name in UNBOUNDED else 1.0


# Errors row by row ------------------------------------------------------------------------------------------
# Each gives the error and, for every row, a deviation: their weighted mean is 0 and their spread the error's, to first
# order. For a mean they are the losses less their mean; for a function of means (RMSE, R², AUC) its linearisation.


@dataclass(frozen=True)
class _MeanOf:
    """The error that is the mean of losses; an object, for other processes are sent it."""

    losses: Callable[[Any, Any], Any]

    def __call__(self, predictions: Any, y: Any, weights: Any) -> tuple[float, Any]:
        values = self.losses(predictions, y)
        error = float(np.average(values, weights=weights))
        return error, values - error


def _zero_one(predictions: Any, y: Any) -> Any:
    y = np.asarray(y)
    wrong = np.asarray(predictions.predict(None)).reshape(y.shape) != y  # either may be a column, or not
    return wrong.reshape(len(wrong), -1).any(axis=1).astype(float)  # several labels: all must be right


def _log_loss(predictions: Any, y: Any) -> Any:
    """-log of the probability of the true class, clipped as `sklearn.metrics.log_loss` does."""
    probabilities = np.asarray(predictions.predict_proba(None))
    y, classes = np.asarray(y), predictions.classes_
    if y.size > len(y):
        raise ValueError("the log loss of several labels has no error for a row; give a scorer of your own")
    y = y.ravel()
    column = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    eps = np.finfo(probabilities.dtype).eps
    given = np.where(classes[column] == y, probabilities[np.arange(len(y)), column], 0.0)
    return -np.log(np.clip(given.astype(float), eps, 1 - eps))


def _squared(predictions: Any, y: Any) -> Any:
    return (_residuals(predictions, y)[1] ** 2).mean(axis=1)


def _absolute(predictions: Any, y: Any) -> Any:
    return np.abs(_residuals(predictions, y)[1]).mean(axis=1)


def _root_squared(predictions: Any, y: Any, weights: Any) -> tuple[float, Any]:
    """Of each output its RMSE e and (r² - e²) / (2 e); the mean over the outputs."""
    squares = _residuals(predictions, y)[1] ** 2
    root = np.sqrt(np.average(squares, axis=0, weights=weights))
    deviations = np.divide(squares - root**2, 2 * root, where=root > 0, out=np.zeros_like(squares))
    return float(root.mean()), deviations.mean(axis=1)


def _unexplained(predictions: Any, y: Any, weights: Any) -> tuple[float, Any]:
    """1 - R² = mean r² / variance of y, linearised in both; the mean over the outputs.

    That of an output which does not vary, beside others that do, is 0 or 1, as scikit-learn has it.
    """
    y, residuals = _residuals(predictions, y)
    deviations = (y - np.average(y, axis=0, weights=weights)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant y has no R²: not finite, which the caller tells
        variance = np.average(deviations, axis=0, weights=weights)
        squares = np.average(residuals**2, axis=0, weights=weights)
        share, influence = squares / variance, residuals**2 - squares / variance * deviations
        influence /= variance
    if variance.any():
        flat = variance == 0
        share[flat], influence[:, flat] = squares[flat] > 0, 0.0
    return float(share.mean()), influence.mean(axis=1)


def _residuals(predictions: Any, y: Any) -> tuple[Any, Any]:
    """The targets and the targets less their predictions, a column for each output."""
    y = np.asarray(y, dtype=float)
    y = y.reshape(len(y), -1)
    return y, y - np.asarray(predictions.predict(None), dtype=float).reshape(y.shape)


def _misranked(predictions: Any, y: Any, weights: Any) -> tuple[float, Any]:
    """1 - AUC, the share of misranked pairs; of each row its share less the error, in units of its class's weight.

    DeLong, DeLong & Clarke-Pearson (1988).
    """
    weights = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    positive, scores = _ranking(predictions, np.asarray(y).ravel(), weights)
    deviations = np.empty(len(scores))
    for rows, signed in ((positive, scores), (~positive, -scores)):
        deviations[rows] = _share_above(signed[~rows], weights[~rows], signed[rows])
    error = float(np.average(deviations[positive], weights=weights[positive]))
    deviations -= error
    for rows in (positive, ~positive):
        deviations[rows] *= weights.sum() / weights[rows].sum()
    return error, deviations


def _ranking(predictions: Any, y: Any, weights: Any) -> tuple[Any, Any]:
    """Which rows are of the second class, and the scores that rank them."""
    there = np.unique(y[weights > 0])
    classes = getattr(predictions, "classes_", there)  # detectors of outliers have none
    if len(classes) != 2 or not np.array_equal(there, classes):
        raise ValueError(f"the AUC needs rows of both classes, {np.asarray(classes)} in training. Got {there}")
    if hasattr(predictions, "decision_function"):
        scores = np.asarray(predictions.decision_function(None), dtype=float).ravel()
    else:
        scores = np.asarray(predictions.predict_proba(None), dtype=float)[:, 1]
    if not np.all(np.isfinite(scores)):
        raise ValueError("the AUC needs finite scores; there are NaN or infinite ones")
    return y == classes[1], scores


def _share_above(scores: Any, weights: Any, limits: Any) -> Any:
    """For each limit the share of the weight of scores above it, those equal to it by half."""
    order = np.argsort(scores)
    below = np.concatenate([[0.0], np.cumsum(weights[order])])
    left, right = (below[np.searchsorted(scores, limits, side, sorter=order)] for side in ("left", "right"))
    return 1 - (left + right) / (2 * below[-1])


#: Scorer -> its error and each row's deviation.
BY_ROW: dict[str, Callable[[Any, Any, Any], tuple[float, Any]]] = {
    "accuracy": _MeanOf(_zero_one),
    "neg_log_loss": _MeanOf(_log_loss),
    "neg_mean_squared_error": _MeanOf(_squared),
    "neg_root_mean_squared_error": _root_squared,
    "neg_mean_absolute_error": _MeanOf(_absolute),
    "r2": _unexplained,
    "roc_auc": _misranked,
}
