"""What the fits showed beside their errors: no convergence, a constant prediction, divergence, inputs of odd scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from .._input_scales import input_warnings, tells_of_inputs
from ._estimator_path import names_of, subject_of
from ._failure import Failure
from ._fits import Fit
from ._hyperparameters import is_scale_sensitive, is_size_sensitive
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
    inputs, names = _inputs(fits[0].estimator, X) if is_scale_sensitive(estimator) else (None, None)
    not_normalised = " ".join(input_warnings(inputs, names, size=is_size_sensitive(estimator)))
    of_each = [_spoilt(fit, not_normalised) for fit in fits]
    others = [fit for fit, spoilt in zip(fits, of_each, strict=True) if not spoilt]
    return Symptoms(
        not_converged=any(fit.not_converged for fit in others),
        loss_still_falling=any(fit.still_falling for fit in others),
        not_normalised=not_normalised,
        spoilt=next(filter(None, of_each), ""),  # those of others say the same, with other figures
        constant=all(fit.constant for fit in fits),
        sparse=issparse(inputs),
        diverged=any(failure.diverged for failure in failures.values()),
    )


def _spoilt(fit: Fit, not_normalised: str) -> str:
    """What the fit warned of, but for what is said of the inputs anyway."""
    return " ".join(text for text in fit.spoilt if not (not_normalised and tells_of_inputs(text)))


def _inputs(fitted: Any, X: Any) -> tuple[Any, Any]:
    """Some of the rows as the predictor sees them, behind the steps of pipelines, with the names of their columns.

    No rows where nothing tells: that fit failed, or a step refuses rows that it has not seen.
    """
    if fitted is None:
        return None, None
    n_rows = _num_samples(X)
    numbers = np.unique(np.linspace(0, n_rows - 1, min(n_rows, N_ROWS_LOOKED_AT)).astype(int))
    X = _safe_indexing(X, numbers)
    names = getattr(X, "columns", None)
    try:
        for level in subject_of(fitted, fitted).path:
            X, names = _behind(level.fitted, X, names)
    except Exception:  # whatever a step may raise
        return None, None
    return X, names


def _behind(fitted: Any, X: Any, names: Any) -> tuple[Any, Any]:
    """Behind what one estimator does to the rows before the next one sees them."""
    kinds = names_of(fitted)
    steps = fitted[:-1] if "Pipeline" in kinds and len(fitted) > 1 else fitted if "RFE" in kinds else None
    if steps is None:
        return X, names
    transformed = steps.transform(X)
    try:
        return transformed, steps.get_feature_names_out(names)
    except (AttributeError, ValueError):
        return transformed, getattr(transformed, "columns", ())
