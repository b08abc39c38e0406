"""Errors to compare with: of predictions that somebody else made, and of a constant prediction."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.utils.validation import _num_samples

from ._error import ACCURACY, ErrorMeasure
from ._evaluation import Evaluation, Predictions, evaluate
from ._fits import Sample
from ._ladder import Rung, make_rung


class _Reference(BaseEstimator):
    """Predicts what it was given, whatever the rows."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def fit(self, X: Any, y: Any) -> _Reference:
        return self

    def predict(self, X: Any) -> Any:
        return self.values


class _ReferenceRegressor(RegressorMixin, _Reference):
    pass


class _ReferenceClassifier(ClassifierMixin, _Reference):
    """Of labels, or of probabilities with a column for each class in sorted order."""

    def __init__(self, values: Any, classes: Any) -> None:
        super().__init__(values)
        self.classes = classes

    def fit(self, X: Any, y: Any) -> _ReferenceClassifier:
        self.classes_ = self.classes
        self.probable_ = np.ndim(y) == 1 and self.values.ndim == 2
        return self

    def predict(self, X: Any) -> Any:
        return self.classes_[self.values.argmax(axis=1)] if self.probable_ else self.values

    def predict_proba(self, X: Any) -> Any:
        if not self.probable_:
            raise ValueError(
                "target_error must hold probabilities for this error, a column for each class. Got labels."
            )
        return self.values


def reference_evaluation(values: Any, estimator: Any, measure: ErrorMeasure, sample: Sample, y: Any) -> Evaluation:
    """The error of given predictions for the rows of a sample.

    Parameters
    ----------
    values : array-like of shape (n_rows,) or (n_rows, n_classes)
        Predictions or probabilities.
    estimator : estimator
        Whether classes are predicted.
    measure : ErrorMeasure
        Which error.
    sample : Sample
        The rows.
    y : array-like
        The targets of the training rows, which may hold more classes.

    Returns
    -------
    Evaluation
        With the rows' influence, as of any other predictions.

    Raises
    ------
    ValueError
        When there is not one prediction, of the kind of the targets, for each row.
    """
    values, n_rows = np.asarray(values), _num_samples(sample.X)
    if values.ndim == 0 or len(values) != n_rows:
        raise ValueError(
            f"target_error must be a number or hold one prediction for each of the {n_rows} dev rows. "
            f"Got {f'an array of shape {values.shape}' if values.ndim else repr(values.item())}."
        )
    one_column = values.size == n_rows
    if is_classifier(estimator):
        classes = np.unique(np.concatenate([np.asarray(y), np.asarray(sample.y)]))
        values = values.ravel() if one_column else values
        model: Any = _ReferenceClassifier(_checked_classes(values, classes, sample.y), classes)
    else:
        model = _ReferenceRegressor(_checked_numbers(values, sample.y))
    return _evaluate_all(model.fit(sample.X, sample.y), measure, sample)


def _checked_classes(values: Any, classes: Any, y: Any) -> Any:
    """Labels, or probabilities, as they are; a ValueError where they are neither."""
    if values.ndim == 1 or values.shape == np.shape(y):
        unknown = ~np.isin(values, classes)
        if unknown.any():
            raise ValueError(
                f"target_error must hold labels that occur in y, or probabilities with a column for each of the "
                f"{len(classes)} classes. Got {values[unknown].tolist()[0]!r}."
            )
    elif values.shape != (len(y), len(classes)):
        raise ValueError(
            f"target_error must have a column for each of the {len(classes)} classes. Got the shape {values.shape}."
        )
    elif not (np.all(values >= 0) and np.allclose(values.sum(axis=1), 1, atol=1e-3)):
        raise ValueError("target_error must hold probabilities: at least 0, and 1 in the sum of each row.")
    return values


def _checked_numbers(values: Any, y: Any) -> Any:
    try:
        values = values.astype(float).reshape(np.shape(y))
    except ValueError:
        raise ValueError(
            f"target_error must hold numbers in the shape of y, {np.shape(y)}. Got the shape {values.shape} and the "
            f"type {values.dtype}."
        ) from None
    if not np.all(np.isfinite(values)):
        raise ValueError("target_error must hold finite numbers. Got NaN or infinity.")
    return values


#: Errors of numbers whose best constant is the mean; of the others it is sought among the quantiles, too.
BEST_AT_MEAN = ("1 - R²", "mean squared error", "RMSE", "1 - explained variance", "mean poisson deviance")
QUANTILES, N_CONSTANTS = np.arange(1, 20) / 20, 20


@dataclass(frozen=True)
class Constant:
    """A constant prediction.

    Attributes
    ----------
    error : float
        Of the best constant or, where that has none, of the usual one (the shares of the classes, the mean); NaN if no
        constant has an error of this kind.
    rung : Rung or None
        The same to compare with. None where no estimator can be better: always yes has a perfect recall.
    """

    error: float
    rung: Rung | None


def constant_prediction(estimator: Any, measure: ErrorMeasure, y: Any, sample: Sample) -> Constant:
    """The best of the constant predictions that may be learned from targets.

    Parameters
    ----------
    estimator : estimator
        Whether classes are predicted.
    measure : ErrorMeasure
        Which error.
    y : array-like
        The training targets.
    sample : Sample
        The rows to predict.

    Returns
    -------
    Constant
        Among the shares of the classes and each class alone, or the mean and the quantiles.
    """
    found = [_constant_evaluation(dummy, measure, y, sample) for dummy in _constants(estimator, measure, y, sample)]
    known = [evaluation for evaluation in found if evaluation is not None]
    if not known:
        return Constant(float("nan"), None)
    best = min(known, key=lambda evaluation: evaluation.error)
    if best.error <= 0:
        return Constant(known[0].error, None)
    return Constant(best.error, make_rung("constant", [best], sample.units, largest=measure.largest))


def _constants(estimator: Any, measure: ErrorMeasure, y: Any, sample: Sample) -> Iterator[Any]:
    """Models that predict a constant, the usual one first; others only where it need not be the best."""
    if is_classifier(estimator) or measure.name == ACCURACY:
        yield DummyClassifier(strategy="prior")
        if measure.by_row is None or np.ndim(y) > 1 or sample.weights is not None:
            labels, counts = np.unique(np.asarray(y), axis=0, return_counts=True)
            for label in labels[np.argsort(-counts, kind="stable")[:N_CONSTANTS]]:
                yield DummyClassifier(strategy="constant", constant=label)
    else:
        yield DummyRegressor()
        if measure.name not in BEST_AT_MEAN:
            yield from (DummyRegressor(strategy="quantile", quantile=quantile) for quantile in QUANTILES)


def _constant_evaluation(dummy: Any, measure: ErrorMeasure, y: Any, sample: Sample) -> Evaluation | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as a precision without a positive prediction
        try:
            weights = sample.weights if sample.y is y else None
            fitted = dummy.fit(np.zeros((len(y), 1)), y, sample_weight=weights)
            evaluation = _evaluate_all(fitted, measure, sample, jackknife=False)
        except Exception:  # a scorer of the user's that wants more than predictions
            return None
    return evaluation if np.isfinite(evaluation.error) else None


def _evaluate_all(model: Any, measure: ErrorMeasure, sample: Sample, *, jackknife: bool = True) -> Evaluation:
    rows = np.arange(_num_samples(sample.X))
    predictions = Predictions(model, sample.X)
    return evaluate(measure, predictions, sample.X, sample.y, sample.units, rows, sample.weights, jackknife=jackknife)
