"""The rows and targets as what predicts within an estimator sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.base import TransformerMixin, clone
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from ._estimator_path import Level, names_of, subject_of


@dataclass(frozen=True)
class PredictorRows:
    """Some rows on their way through the levels of an estimator.

    Attributes
    ----------
    X, y : array-like
        Rows and targets.
    names : sequence of str or None
        Of the columns.
    """

    X: object
    y: object
    names: object


def predictor_rows(estimator: object, fitted: object, X: object, y: object, n_most: int) -> PredictorRows | None:
    """Some of the rows behind the steps of pipelines and other wrappers.

    Parameters
    ----------
    estimator : estimator
        As passed.
    fitted : estimator or None
        The same, fitted; without it the steps of a pipeline are fitted, on copies and on these rows alone.
    X, y : array-like
        All rows as the estimator takes them.
    n_most : int
        How many to take, at even distances.

    Returns
    -------
    PredictorRows or None
        None where a step refuses these rows.
    """
    n_rows = _num_samples(X)
    numbers = np.unique(np.linspace(0, n_rows - 1, min(n_rows, n_most)).astype(int))
    rows = PredictorRows(_safe_indexing(X, numbers), _safe_indexing(y, numbers), getattr(X, "columns", None))
    try:
        for level in subject_of(estimator, fitted).path:
            rows = _behind(level, rows)
    except Exception:  # whatever a step may raise
        return None
    return rows


def _behind(level: Level, rows: PredictorRows) -> PredictorRows:
    """Behind what one estimator does to the rows before the next one sees them."""
    kinds = names_of(level.estimator)
    if "Pipeline" in kinds and len(level.estimator) > 1:
        return _behind_steps(level, rows)
    if "RFE" in kinds and level.fitted is not None:
        return _transformed(level.fitted, level.fitted.transform(rows.X), rows)
    if "TransformedTargetRegressor" in kinds and level.fitted is not None:
        y = np.asarray(rows.y, dtype=float)
        transformed = level.fitted.transformer_.transform(y.reshape(len(y), -1))
        return PredictorRows(rows.X, transformed.reshape(y.shape), rows.names)
    if kinds[0] in ("MultiOutputClassifier", "MultiOutputRegressor"):  # of the first output
        return PredictorRows(rows.X, np.asarray(rows.y)[:, 0], rows.names)
    return rows


def _behind_steps(level: Level, rows: PredictorRows) -> PredictorRows:
    if level.fitted is not None:
        steps = level.fitted[:-1]
        return _transformed(steps, steps.transform(rows.X), rows)
    steps = clone(level.estimator[:-1])
    return _transformed(steps, steps.fit_transform(rows.X, rows.y), rows)


def _transformed(steps: TransformerMixin, X: object, rows: PredictorRows) -> PredictorRows:
    try:
        names = steps.get_feature_names_out(rows.names)
    except (AttributeError, ValueError):
        names = getattr(X, "columns", ())
    return PredictorRows(X, rows.y, names)
