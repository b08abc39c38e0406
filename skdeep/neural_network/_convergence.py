"""Whether a training has come to something: the loss of the weights that it leaves, and the warnings of `fit`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..core import L2, ParameterVector, Rows, StopReason, mean_loss
from ._model import Model
from ._parameters import PLANNED

#: A training loss of so many times what scores of zero would cost is no result of learning.
FAR_OFF = 10.0
#: A penalty of so many times half the squared weights, beside a mean loss, leaves little of them.
STRONG = 0.1
#: By so many rows weights are judged, where nothing speaks for a look at all of them.
ROWS_JUDGED = 256


def sample(rows: Rows) -> Rows:
    """Some of the rows, always the same, drawn at random lest they all be of one class."""
    if len(rows) <= ROWS_JUDGED:
        return rows
    drawn = np.random.default_rng(0).choice(rows.numbers, ROWS_JUDGED, replace=False, shuffle=False)
    some = replace(rows, numbers=drawn)
    return some if some.total_weight > 0 else rows


def judge(model: Model, rows: Rows, penalty: L2, batch_size: int) -> float:
    """Note what the rows weigh, the mean loss of the model and that of scores of zero: on some rows, on all if far off.

    Parameters
    ----------
    model : Model
        After its training; gets the figures.
    rows : Rows
        The training rows.
    penalty : L2
        What the losses of the history have in addition.
    batch_size : int
        Rows to look at at a time, so that it takes no more memory than a step.

    Returns
    -------
    float
        The loss of its weights.
    """
    network, parameters = model.network, model.parameters
    model.total_weight, model.mean_weight = rows.total_weight, rows.total_weight / len(rows)
    model.baseline_loss = _typical(model)
    model.data_loss = mean_loss(network, parameters, sample(rows), at_once=batch_size)
    # The last loss of the history has seen all rows, though before the last steps, which may have spoilt it all.
    before = model.history.loss[-1] - float(penalty.value(parameters))
    if is_far_off(model, before) or is_far_off(model, model.data_loss):
        silent = ParameterVector(parameters.layer_sizes, np.zeros_like(parameters.theta))
        losses = (mean_loss(network, each, rows, at_once=batch_size) for each in (parameters, silent))
        model.data_loss, model.baseline_loss = losses
    return model.data_loss


def is_far_off(model: Model, loss: float) -> bool:
    """Whether a loss is over ten times that of scores of zero, on its rows or on a standardised target."""
    return not loss <= FAR_OFF * max(model.baseline_loss, _typical(model))


def _typical(model: Model) -> float:
    return model.network.loss.of_zero_scores(model.network.layer_sizes[-1])


def warn_unless_converged(network: Any, *, stacklevel: int) -> None:
    """Say what a fit has to warn of.

    Parameters
    ----------
    network : DeepMLPClassifier or DeepMLPRegressor
        Fitted.
    stacklevel : int
        As for `warnings.warn`, seen from the caller.
    """
    for remark in (*_on_the_end(network), *_on_the_rows(network._model)):
        warnings.warn(remark, ConvergenceWarning, stacklevel=stacklevel + 1)


def warn_if_far_off(network: Any, *, stacklevel: int) -> None:
    """Say what a call of `partial_fit`, which is no end, has to warn of; parameters as of `warn_unless_converged`."""
    for remark in _on_the_rows(network._model):
        warnings.warn(remark, ConvergenceWarning, stacklevel=stacklevel + 1)


def _on_the_rows(model: Model) -> Iterator[str]:
    yield from _on_the_scores(model)
    yield from _on_the_penalty(model)
    yield from _on_the_scale(model)


def _on_the_scores(model: Model) -> Iterator[str]:
    if is_far_off(model, model.data_loss):
        yield (
            f"Training ended with a loss of {model.data_loss:.3g}, where scores of zero have "
            f"{model.baseline_loss:.2g}: the scores are far off. Scale the inputs (StandardScaler), lower "
            "learning_rate_init or set clip_norm."
        )


def _on_the_penalty(model: Model) -> Iterator[str]:
    # As of AdaBoostClassifier, whose weights sum to one.
    if model.mean_weight < 0.1 and model.alpha / model.total_weight > STRONG:
        yield (
            f"The weights of the rows (sample_weight times class_weight) sum to {model.total_weight:.3g}, so that "
            f"alpha={model.alpha:.3g} weighs {1.0 / model.mean_weight:.0f} times as much as without them and leaves "
            "little to learn. Scale them to a mean of 1, or divide alpha by the number of rows."
        )


def _on_the_scale(model: Model) -> Iterator[str]:
    times = sqrt(model.baseline_loss / _typical(model))
    if times > FAR_OFF:
        yield (
            f"The target lies {times:.3g} times as far from the mean of the first rows that were trained on as these "
            "did: their mean and deviation are the unit of all further training. Let the first rows be typical ones."
        )


def _on_the_end(network: Any) -> Iterator[str]:
    history = network.history_
    if history.cut_short_by is not None:
        yield f"{history.cut_short_by} The model has the weights of epoch {history.best_epoch}, the best before it."
    if history.stop_reason is StopReason.LINE_SEARCH:
        yield (
            "L-BFGS ended in its line search before the gradient fell below tol; scale the inputs (StandardScaler) "
            "or raise tol."
        )
    # A schedule that ends at max_iter has done what it was to do.
    planned = network.learning_rate in PLANNED and network.solver != "lbfgs"
    if history.stop_reason is StopReason.MAX_ITER and not planned:
        other = "scale the inputs (StandardScaler)" if network.solver == "lbfgs" else "learning_rate_init"
        yield f"Training reached max_iter={network.max_iter} before it converged; raise max_iter or {other}."
