"""What would help a network that has learnt too little: what `gradient_flow` would say, for the report."""

from __future__ import annotations

import warnings

from .._flow.cures import MAKE_DENSE, cures_of, is_network
from .._flow.layers import Advice
from .._input_scales import varies
from ._estimator_path import subject_of
from ._predictor_rows import predictor_rows
from ._recipe import Flow, Rule

#: A few hundred are plenty.
N_ROWS = 500


def measure_flow(estimator: object, fitted: object, X: object, y: object, *, problem: str, scaled: bool) -> Flow | None:
    """Pass some rows forward and back through the network within an estimator, as it is and as it might be.

    Parameters
    ----------
    estimator : estimator
        As passed; not changed.
    fitted : estimator or None
        The same, fitted.
    X, y : array-like
        The training rows and their targets.
    problem : str
        What the cures are for.
    scaled : bool
        Whether the inputs are normalised.

    Returns
    -------
    Flow or None
        None where what predicts is no network of ours, or these rows cannot be passed through it.
    """
    last = subject_of(estimator, fitted).path[-1]
    network = last.estimator if last.fitted is None else last.fitted
    rows = predictor_rows(estimator, fitted, X, y, N_ROWS) if is_network(network) else None
    if rows is None or not varies(rows.X):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of these rows the fits have warned
            found = cures_of(network, rows.X, rows.y, scaled=scaled)
    except Exception:  # whatever a function of the user's may raise: a report does not fail for its advice
        return None
    of_scaled = "" if scaled or found[0].action == MAKE_DENSE else found[0].outcome
    return Flow(tuple(_rule(problem, advice) for advice in found[bool(of_scaled) :]), of_scaled)


def _rule(problem: str, advice: Advice) -> Rule:
    why = f"{advice.problem[0].upper()}{advice.problem[1:]}. {advice.outcome}"
    return Rule(problem, why, action=advice.action, own=advice.parameters)
