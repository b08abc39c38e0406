"""What is looked into: one of our networks, alone or behind the steps of a Pipeline."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..neural_network._base import BaseDeepMLP


def network_and_rows(estimator: Any, X: Any, y: Any) -> tuple[BaseDeepMLP, Any]:
    """The network, and the rows as they reach it.

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
    tuple of (BaseDeepMLP, array-like or sparse matrix)
        The last step, and what the others make of `X`.

    Raises
    ------
    TypeError
        When there is no network of ours.
    """
    steps, network = estimator, estimator
    if isinstance(estimator, Pipeline):
        steps, network = estimator[:-1], estimator[-1]
    if not isinstance(network, BaseDeepMLP):
        raise TypeError(
            "estimator must be a DeepMLPClassifier, a DeepMLPRegressor or a Pipeline that ends in one; for any other "
            f"gradient pass a function to skdeep.core.check_gradient. Got {type(network).__name__}."
        )
    if steps is not network and len(steps):
        X = _transformed(steps, X, y)
    return network, X


def _transformed(steps: Pipeline, X: Any, y: Any) -> Any:
    try:
        check_is_fitted(steps)
    except NotFittedError:
        return clone(steps).fit_transform(X, y)
    return steps.transform(X)
