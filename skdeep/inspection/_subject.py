"""What is looked into: one of our networks, alone or behind the steps of a Pipeline."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline

from ..neural_network._base import BaseDeepMLP


def network_and_rows(estimator: Any, X: Any, y: Any) -> tuple[BaseDeepMLP, Any, Any]:
    """The network, the rows as they reach it, and the names of their columns.

    Parameters
    ----------
    estimator : DeepMLPClassifier, DeepMLPRegressor or Pipeline that ends in one
        Fitted or not; not changed. The steps of a Pipeline that is not fitted are fitted on a copy.
    X : array-like or sparse matrix
        Rows as the estimator takes them.
    y : array-like
        Target, for steps that are still to be fitted.

    Returns
    -------
    tuple of (BaseDeepMLP, array-like or sparse matrix, sequence of str or None)
        The last step, what the others make of `X`, and the names of its columns where there are any.

    Raises
    ------
    TypeError
        When there is no network of ours.
    """
    names = getattr(X, "columns", None)
    while isinstance(estimator, Pipeline):
        if len(estimator) > 1:
            X, names = _behind(estimator[:-1], X, y, names)
        estimator = estimator[-1]
    if not isinstance(estimator, BaseDeepMLP):
        raise TypeError(
            "estimator must be a DeepMLPClassifier, a DeepMLPRegressor or a Pipeline that ends in one; for any other "
            f"gradient pass a function to skdeep.core.check_gradient. Got {type(estimator).__name__}."
        )
    return estimator, X, names


def _behind(steps: Pipeline, X: Any, y: Any, names: Any) -> tuple[Any, Any]:
    """The rows behind some steps, with the names of their columns if the steps can tell."""
    try:
        transformed = steps.transform(X)
    except NotFittedError:
        steps = clone(steps)
        transformed = steps.fit_transform(X, y)
    try:
        return transformed, steps.get_feature_names_out(names)
    except (AttributeError, ValueError):
        return transformed, getattr(transformed, "columns", None)
