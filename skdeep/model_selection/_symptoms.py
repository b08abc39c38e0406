"""What the fits showed beside their errors: no convergence, a constant prediction, divergence, inputs of odd scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from ._data_checks import scale_warning
from ._failure import Failure
from ._fits import Fit
from ._hyperparameters import is_scale_sensitive
from ._recipe import Symptoms

N_ROWS_LOOKED_AT = 2000


def find_symptoms(estimator: Any, fits: Sequence[Fit], failures: Mapping[str, Failure], X: Any) -> Symptoms:
    """Gather what was seen in all fits.

    Parameters
    ----------
    estimator : estimator
        What was fitted.
    fits : sequence of Fit
        Those that succeeded.
    failures : dict of str to Failure
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
        diverged=any(failure.diverged for failure in failures.values()),
    )


def _not_normalised(fitted: Any, X: Any) -> str:
    """About the columns as they reach the predictor: behind the steps of a pipeline, inside a search."""
    if fitted is None:  # that fit failed: nothing tells what the predictor sees
        return ""
    X = _safe_indexing(X, np.arange(min(_num_samples(X), N_ROWS_LOOKED_AT)))
    try:
        return scale_warning(*_inputs(fitted, X, list(getattr(X, "columns", ()))))
    except Exception:  # rows that this fit has not seen may be refused by a step
        return ""


def _inputs(fitted: Any, X: Any, names: list[Any]) -> tuple[Any, list[Any]]:
    """What the predictor sees of X, and the names of the columns where they are still those."""
    if hasattr(fitted, "best_estimator_"):
        return _inputs(fitted.best_estimator_, X, names)
    if not isinstance(fitted, Pipeline):
        return X, names
    if len(fitted) > 1:
        X, names = fitted[:-1].transform(X), []
    return _inputs(fitted[-1], X, names)
