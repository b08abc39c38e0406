"""What an estimator minimises, for those who want to look into it."""

from __future__ import annotations

from copy import copy, deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from ..core import Objective, ParameterVector, clip_norm
from ._base import BaseDeepMLP
from ._parameters import Streams, check_parameters, make_optimizer, make_penalty, make_schedule
from ._training import start_model
from ._validation import counting_rows


def objective_of(
    estimator: BaseDeepMLP, X: Any, y: Any, sample_weight: Any = None, *, dropout: bool = True
) -> tuple[Objective, ParameterVector]:
    """What `fit` minimises on these rows, in float64, and where the estimator stands on it.

    Parameters
    ----------
    estimator : DeepMLPClassifier or DeepMLPRegressor
        Before `fit` it stands on freshly drawn weights, after it where the training ended. It is not changed.
    X, y, sample_weight : array-like
        As for `fit`.
    dropout : bool, default=True
        Whether to leave dropout on, with the masks that the objective's workspace has. `augment` is left out.

    Returns
    -------
    tuple of (Objective, ParameterVector)
        Both free of the estimator.
    """
    continues = estimator.__sklearn_is_fitted__()
    judged = copy(estimator).set_params(dtype="float64", random_state=deepcopy(estimator.random_state))
    parameters = judged._own_parameters()
    check_parameters(parameters)
    X, y, weight = judged._validate_rows(X, y, sample_weight, reset=not continues)
    rows = judged._training_rows(X, y, weight, counting_rows(X, weight), continues=continues)
    rows = judged._as_trained(rows, "given")
    # A fitted network is looked at as it was trained, whatever has been set since.
    rng = Streams.spawn(judged.random_state).init
    model = judged._model if continues else start_model(parameters, judged._loss, rows, rng, None)
    network = model.network if dropout else replace(model.network, keep_prob=(1.0,) * len(model.network.keep_prob))
    penalty = make_penalty(parameters, model.alpha, rows.total_weight)
    return Objective(network, rows, penalty), model.parameters.astype(np.float64).copy()


def first_step(estimator: BaseDeepMLP, at: ParameterVector, gradient: ParameterVector) -> ParameterVector | None:
    """How a fresh solver would move the parameters along a gradient.

    Parameters
    ----------
    estimator : DeepMLPClassifier or DeepMLPRegressor
        Whose solver, at the rate that it starts from.
    at, gradient : ParameterVector
        Where, and the gradient there.

    Returns
    -------
    ParameterVector or None
        The change; None for L-BFGS, which has no step size.
    """
    parameters = estimator._own_parameters()
    if parameters["solver"] == "lbfgs":
        return None
    moved, gradient = at.copy(), gradient.copy()
    if parameters["clip_norm"] is not None:
        clip_norm(gradient.theta, float(parameters["clip_norm"]))
    optimizer = make_optimizer(parameters)
    optimizer.bind(moved.theta)
    optimizer.step(moved.theta, gradient.theta, make_schedule(parameters, None)(0))
    moved.theta -= at.theta
    return moved
