"""What the fits showed beside their errors: no convergence, a constant prediction, divergence, inputs of odd scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.sparse import issparse
from sklearn.pipeline import Pipeline

from ._data_checks import scale_warning
from ._fits import Fit
from ._hyperparameters import is_scale_sensitive
from ._recipe import Symptoms

#: What messages of diverged fits speak of.
DIVERGENCE = ("DivergenceError", "diverged", "infinity", "NaN", "non-finite", "the error is nan", "the error is inf")


def find_symptoms(estimator: Any, fits: Sequence[Fit], failures: Mapping[str, str], X: Any) -> Symptoms:
    """Gather what was seen in all fits.

    Parameters
    ----------
    estimator : estimator
        What was fitted.
    fits : sequence of Fit
        Those that succeeded.
    failures : dict of str to str
        What the others raised.
    X : array-like
        The training rows.

    Returns
    -------
    Symptoms
        Nothing set where nothing is wrong.
    """
    return Symptoms(
        not_converged=any(fit.not_converged for fit in fits),
        loss_still_falling=any(fit.still_falling for fit in fits),
        not_normalised=_not_normalised(fits[0].estimator, X) if is_scale_sensitive(estimator) else "",
        constant=all(fit.constant for fit in fits),
        sparse=issparse(X),
        diverged=any(sign in failure for failure in failures.values() for sign in DIVERGENCE),
    )


def _not_normalised(fitted: Any, X: Any) -> str:
    """About the columns as they reach the predictor: behind the steps of a pipeline, inside a search."""
    names = list(getattr(X, "columns", ()))
    while True:
        if hasattr(fitted, "best_estimator_"):
            fitted = fitted.best_estimator_
        elif isinstance(fitted, Pipeline):
            X, names = fitted[:-1].transform(X) if len(fitted) > 1 else X, [] if len(fitted) > 1 else names
            fitted = fitted[-1]
        else:
            return scale_warning(X, names)
