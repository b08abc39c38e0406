"""What the fits showed beside their errors: no convergence, a constant prediction, divergence, inputs of odd scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.sparse import issparse

from .._input_scales import input_warnings, tells_of_inputs
from ._failure import Failure
from ._fits import Fit
from ._hyperparameters import is_scale_sensitive, is_size_sensitive, leaves_out_constants
from ._predictor_rows import predictor_rows
from ._recipe import Symptoms

N_ROWS = 2000


def find_symptoms(
    estimator: Any, fits: Sequence[Fit], failures: Mapping[str, Failure], X: object, y: object
) -> Symptoms:
    """Gather what was seen in all fits.

    Parameters
    ----------
    estimator : estimator
        What was fitted.
    fits : sequence of Fit
        Those that succeeded.
    failures : dict of str to Failure
        What the others raised.
    X, y : array-like
        The training rows and their targets.

    Returns
    -------
    Symptoms
        Nothing set where nothing is wrong.
    """
    rows = predictor_rows(estimator, fits[0].estimator, X, y, N_ROWS) if is_scale_sensitive(estimator) else None
    found: tuple[str, ...] = ()
    if rows is not None:
        matters = {"size": is_size_sensitive(estimator), "constants": not leaves_out_constants(estimator)}
        found = input_warnings(rows.X, rows.names, **matters)
    not_normalised = " ".join(found)
    of_each = [_spoilt(fit, not_normalised) for fit in fits]
    others = [fit for fit, spoilt in zip(fits, of_each, strict=True) if not spoilt]
    return Symptoms(
        not_converged=any(fit.not_converged for fit in others),
        loss_still_falling=any(fit.still_falling for fit in others),
        not_normalised=not_normalised,
        spoilt=next(filter(None, of_each), ""),  # those of others say the same, with other figures
        constant=all(fit.constant for fit in fits),
        sparse=rows is not None and issparse(rows.X),
        diverged=any(failure.diverged for failure in failures.values()),
    )


def _spoilt(fit: Fit, not_normalised: str) -> str:
    """What the fit warned of, but for what is said of the inputs anyway."""
    return " ".join(text for text in fit.spoilt if not (not_normalised and tells_of_inputs(text)))
