"""What an estimator minimises, for those who want to look into it."""

from __future__ import annotations

from copy import copy, deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from ..core import History, Objective, ParameterVector
from ._base import BaseDeepMLP
from ._model import NOTHING_GIVEN, Model, Resume
from ._parameters import Streams, check_parameters, make_penalty, penalty_strength
from ._training import Training, make_trainer, prepare_resume, start_model
from ._validation import counting_rows
from ._weighing import Weighing


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
    # A fitted network is judged as it was trained, whatever has been set since.
    rng = Streams.spawn(judged.random_state).init
    model = judged._model if continues else start_model(parameters, judged._loss, rows, rng, None)
    if not continues:
        judged._leave_out_constants(model, rows, is_fresh=True)
    network = model.network if dropout else replace(model.network, keep_prob=(1.0,) * len(model.network.keep_prob))
    penalty = make_penalty(parameters, model.alpha, rows.total_weight)
    return Objective(network, rows, penalty), model.parameters.astype(np.float64).copy()


def first_step(
    estimator: BaseDeepMLP, objective: Objective, at: ParameterVector, gradient: ParameterVector
) -> ParameterVector | None:
    """How the first step of a fresh `fit` would move the parameters: by the same trainer.

    Parameters
    ----------
    estimator : DeepMLPClassifier or DeepMLPRegressor
        Whose solver.
    objective : Objective
        What `objective_of` has made of the estimator and some rows.
    at, gradient : ParameterVector
        Where, and the gradient of the loss there, without the penalty's. Neither is changed.

    Returns
    -------
    ParameterVector or None
        The change; None for L-BFGS, which has no step size.
    """
    parameters = estimator._own_parameters()
    if parameters["solver"] == "lbfgs":
        return None
    fitted = estimator.__sklearn_is_fitted__()
    alpha = estimator._model.alpha if fitted else penalty_strength(parameters, objective.network)
    model = Model(objective.network, at.copy(), History(), alpha)
    resume = Resume(Streams.spawn(0))  # nothing is drawn
    weighing = Weighing.of_fit(objective.rows, NOTHING_GIVEN)
    training = Training(parameters, model, resume, objective.rows, weighing, int(parameters["max_iter"]))
    prepare_resume(training)
    trainer = make_trainer(training)
    trainer.gradient.theta[...] = gradient.theta
    trainer.move()
    model.parameters.theta -= at.theta
    return model.parameters
