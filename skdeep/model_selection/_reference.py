"""Errors to compare with: of predictions that somebody else made, and of a constant prediction."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier
from sklearn.dummy import DummyClassifier
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from ._error import ACCURACY, ROUNDING, ErrorMeasure
from ._evaluation import Evaluation, Predictions, Units, evaluate
from ._fits import Plan, Sample
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


#: Errors of numbers whose best constant is the mean: of any folds, and of one part. Of others it is sought.
BEST_AT_MEAN = ("mean squared error", "mean poisson deviance")
BEST_AT_MEAN_OF_ONE_PART = (*BEST_AT_MEAN, "1 - R²", "RMSE", "1 - explained variance")
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

    @property
    def words(self) -> str:
        """Which one it is."""
        return "a constant prediction" if self.rung is not None else "the usual constant, as another one has none"


class _ConstantNumber(RegressorMixin, BaseEstimator):
    def __init__(self, value: Any) -> None:
        self.value = value

    def fit(self, X: Any, y: Any) -> _ConstantNumber:
        return self

    def predict(self, X: Any) -> Any:
        return np.tile(self.value, (_num_samples(X), 1)) if np.ndim(self.value) else np.full(len(X), self.value)


class _ConstantShares(ClassifierMixin, BaseEstimator):
    """The same probability of each class for every row."""

    def __init__(self, classes: Any, shares: Any) -> None:
        self.classes, self.shares = classes, shares
        self.classes_ = classes

    def fit(self, X: Any, y: Any) -> _ConstantShares:
        return self

    def predict(self, X: Any) -> Any:
        return np.repeat(self.classes_[[np.argmax(self.shares)]], _num_samples(X))

    def predict_proba(self, X: Any) -> Any:
        return np.tile(self.shares, (_num_samples(X), 1))


def constant_prediction(
    estimator: Any, measure: ErrorMeasure, plans: Sequence[Plan], samples: Mapping[str, Sample], name: str = "dev"
) -> Constant:
    """The best of the constant predictions that the fits of a report may learn, scored as these are.

    Parameters
    ----------
    estimator : estimator
        Whether classes are predicted.
    measure : ErrorMeasure
        Which error.
    plans : sequence of Plan
        The fits: each constant is learned from the training rows of each, and scored on the rows that it holds out.
    samples : dict of str to Sample
        By the names that the plans use.
    name : str, default="dev"
        The rung.

    Returns
    -------
    Constant
        Among the shares of the classes, equal shares and each class alone; or the mean, the quantiles and the middle.
    """
    seek = _Search(is_classifier(estimator) or measure.name == ACCURACY, measure, samples, name, len(plans))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # such as a precision without a positive prediction
        try:
            errors = np.mean([seek.errors(plan) for plan in plans], axis=0)
        except Exception:  # a scorer of the user's that wants more than predictions
            errors = np.array([])
        if not np.isfinite(errors).any():
            return Constant(float("nan"), None)
        best = int(np.nanargmin(errors))
        if errors[best] <= ROUNDING:
            return Constant(float(errors[np.isfinite(errors)][0]), None)
        units = samples[plans[0].evaluate_on[name][0]].units
        return _as_constant([seek.evaluation(plan, best) for plan in plans], units, measure.largest)


def _as_constant(evaluations: Sequence[Evaluation], units: Units, largest: float) -> Constant:
    rung = make_rung("constant", evaluations, units, largest=largest)
    return Constant(rung.error, rung)


@dataclass(frozen=True)
class _Search:
    """For the best of the constants that the training rows of each fit say."""

    of_classes: bool
    measure: ErrorMeasure
    samples: Mapping[str, Sample]
    name: str
    n_plans: int

    def errors(self, plan: Plan) -> Any:
        """Of each constant, in the same order for every plan; NaN where it has none."""
        held_out = self._held_out(plan)
        return np.array([self._error(model, *held_out) for model in self._models(plan)])

    def evaluation(self, plan: Plan, number: int) -> Evaluation:
        """Of one of the constants."""
        return self._evaluate(next(islice(self._models(plan), number, None)), *self._held_out(plan))

    def _error(self, model: Any, *held_out: Any) -> float:
        try:
            return self._evaluate(model, *held_out).error
        except Exception:  # whatever a scorer may raise
            return float("nan")

    def _evaluate(
        self, model: Any, X: Any, y: Any, units: Units, rows: Any, metadata: Mapping[str, object]
    ) -> Evaluation:
        return evaluate(self.measure, Predictions(model, X), X, y, units, rows, metadata, jackknife=False)

    def _held_out(self, plan: Plan) -> tuple[Any, Any, Units, Any, dict[str, object]]:
        sample_name, rows = plan.evaluate_on[self.name]
        sample = self.samples[sample_name]
        rows = np.arange(_num_samples(sample.X)) if rows is None else rows
        X, y = (_safe_indexing(values, rows) for values in (sample.X, sample.y))
        return X, y, sample.units, rows, sample.metadata_of(rows)

    def _models(self, plan: Plan) -> Iterator[Any]:
        """What a fit may predict for all rows, the usual constant first."""
        sample = self.samples["train"]
        y, weights = np.asarray(_cut(sample.y, plan.train)), _cut(sample.weights, plan.train)
        if not self.of_classes:
            yield from _numbers(np.asarray(y, dtype=float), weights, mean_only=self._is_best_at_mean)
        elif y.ndim == 1 or y.shape[1] == 1:
            every = _shares(y.ravel(), weights, self._labels.ravel())
            yield from islice(every, 1) if self._is_best_at_shares else every
        else:
            yield from _several_labels(y, weights, self._labels)

    @property
    def _is_best_at_mean(self) -> bool:
        return self.measure.name in (BEST_AT_MEAN_OF_ONE_PART if self.n_plans == 1 else BEST_AT_MEAN)

    @property
    def _is_best_at_shares(self) -> bool:
        """Of one part, in expectation: each row is an error by itself."""
        unweighted = self.samples["train"].weights is None
        return self.n_plans == 1 and self.measure.by_row is not None and unweighted

    @cached_property
    def _labels(self) -> Any:
        """The most frequent ones of all training rows."""
        labels, counts = np.unique(np.asarray(self.samples["train"].y), axis=0, return_counts=True)
        return labels[np.argsort(-counts, kind="stable")[:N_CONSTANTS]]


def _cut(values: Any, rows: Any) -> Any:
    return None if values is None else _safe_indexing(values, rows)


def _numbers(y: Any, weights: Any, *, mean_only: bool) -> Iterator[Any]:
    """The mean; and where another may be better the quantiles, and the middle between the least and the largest."""
    yield _ConstantNumber(np.average(y, axis=0, weights=weights))
    if not mean_only:
        yield from map(_ConstantNumber, np.quantile(y, QUANTILES, axis=0))
        yield _ConstantNumber((y.min(axis=0) + y.max(axis=0)) / 2)


def _shares(y: Any, weights: Any, labels: Any) -> Iterator[Any]:
    """Of the classes as they are and equal ones; then each label alone, the first again where that is not in y."""
    classes, codes = np.unique(y, return_inverse=True)
    shares = np.bincount(codes, weights, len(classes))
    usual = _ConstantShares(classes, shares / shares.sum())
    yield usual
    yield _ConstantShares(classes, np.full(len(classes), 1 / len(classes)))
    for label in labels:
        yield _ConstantShares(classes, (classes == label).astype(float)) if label in classes else usual


def _several_labels(y: Any, weights: Any, labels: Any) -> Iterator[Any]:
    """The same of several outputs, by scikit-learn's own."""
    X = np.zeros((len(y), 1))
    usual = DummyClassifier(strategy="prior").fit(X, y, sample_weight=weights)
    yield usual
    for label in labels:
        seen = np.all([value in column for value, column in zip(label, y.T, strict=True)])
        yield DummyClassifier(strategy="constant", constant=label).fit(X, y) if seen else usual


def _evaluate_all(model: Any, measure: ErrorMeasure, sample: Sample) -> Evaluation:
    rows = np.arange(_num_samples(sample.X))
    predictions = Predictions(model, sample.X)
    return evaluate(measure, predictions, sample.X, sample.y, sample.units, rows, sample.metadata)
