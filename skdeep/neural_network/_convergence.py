"""Whether a training has come to something: the loss of the weights that it leaves, and the warnings of `fit`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._input_scales import input_warnings, rows_are_short
from ..core import L2, Rows, StopReason, Workspace, mean_loss
from ._model import Model
from ._parameters import PLANNED
from ._weighing import Weighing

#: A training loss of so many times what scores of zero would cost is no result of learning.
FAR_OFF = 10.0
#: A loss this close to that of a constant prediction, as a share of it, is that of one: sums in float32 are no closer.
HAIR = 1e-5
#: A mean loss below so many times that of a constant prediction is a sign of learning.
LEARNT = 0.5
#: A running mean over calls of few rows is surely no better than a constant where it is so many times its loss.
SURELY = 1.5
#: Of fewer rows in a call of `partial_fit` chance decides what a constant prediction would cost.
FEWEST_ROWS = 100
#: A constant prediction of a loss below so many times that of scores of zero leaves nothing to learn.
NEXT_TO_NOTHING = 1e-9
#: A loss that fell by more than this share of itself in a call of `partial_fit` still falls.
STILL_FALLS = 0.001
#: A penalty of so many times half the squared weights, beside a mean loss, leaves little of them.
STRONG = 0.1
#: The scores of fewer rows are large by chance.
FEWEST_SCORED = 5
#: So far below the loss of a constant are some rows where all of them surely are below it.
SURELY_BELOW = 0.9
#: By so many rows weights are judged, where nothing speaks for a look at all of them.
ROWS_JUDGED = 256


#: Where no column stands out.
SCALE_OR_INIT = "Scale the inputs (StandardScaler), or choose an init with smaller weights, such as 'auto'."


class TrainingWarning(ConvergenceWarning):
    """A training came, or will come, to nothing by something that more iterations would not mend."""


def sample(rows: Rows) -> Rows:
    """Some of the rows, always the same, drawn at random lest they all be of one class."""
    if len(rows) <= ROWS_JUDGED:
        return rows
    drawn = np.random.default_rng(0).choice(rows.numbers, ROWS_JUDGED, replace=False, shuffle=False)
    some = replace(rows, numbers=drawn)
    return some if some.total_weight > 0 else rows


def judge(model: Model, rows: Rows, weighing: Weighing, penalty: L2, n_epochs: int, workspace: Workspace) -> float:
    """Note the mean losses of the model, of the best constant and of scores of zero.

    Parameters
    ----------
    model : Model
        After its training; gets the figures.
    rows : Rows
        The training rows.
    weighing : Weighing
        What they weigh.
    penalty : L2
        What the losses of the history have in addition.
    n_epochs : int
        Of this call at most.
    workspace : Workspace
        Without masks: takes some of the rows at a time.

    Returns
    -------
    float
        The loss of its weights: on some rows, on all where those, or the last epoch, come near the constant.
    """
    network, loss, known = model.network, model.network.loss, weighing.known
    model.total_weight, model.n_rows = weighing.total, len(rows)
    model.zero_loss = loss.of_zero_scores(weighing.own.mean_square)
    model.constant_loss = loss.of_best_constant(known.mean, known.variance)
    some = sample(rows)
    model.data_loss = mean_loss(network, model.parameters, some, workspace=workspace)
    # The last epoch has seen all rows, though before its last steps, which may have spoilt it all.
    epochs = model.history.loss[-n_epochs:]
    penalty_then, relative = float(penalty.value(model.parameters)), weighing.rows / weighing.own.weight
    model.loss_before, model.best_before = ((loss - penalty_then) * relative for loss in (epochs[-1], min(epochs)))
    if some is not rows and not max(model.loss_before, model.data_loss) < SURELY_BELOW * model.constant_loss:
        model.data_loss = mean_loss(network, model.parameters, rows, workspace=workspace)
    share = min(1.0, len(rows) / min(ROWS_JUDGED, weighing.given.n_rows))
    model.recent_loss += (model.data_loss - model.recent_loss) * share
    return model.data_loss


def on_the_first_scores(model: Model, rows: Rows, names: Any, *, by_steps: bool) -> Iterator[str]:
    """What there is to warn of before a training: scores of another size than the loss expects, or rows too short.

    Parameters
    ----------
    model : Model
        With freshly drawn weights.
    rows : Rows
        The training rows.
    names : sequence of str or None
        Of the columns.
    by_steps : bool
        Whether it is to be trained by steps of a given rate, which short rows make too short.

    Yields
    ------
    str
        With what is wrong with the inputs, where something is.
    """
    some = sample(rows)
    if _effective_number(some) < FEWEST_SCORED:
        return
    with np.errstate(all="ignore"):
        loss, zero_loss = mean_loss(model.network, model.parameters, some), _typical(model)
    if not loss <= FAR_OFF * zero_loss:
        causes = input_warnings(some.X[some.numbers], names)
        yield (
            f"The scores of the first weights have a loss of {loss:.3g}, where scores of zero have {zero_loss:.2g}. "
            f"{' '.join(causes) or SCALE_OR_INIT}"
        )
    elif by_steps and rows_are_short(some.X[some.numbers]):
        yield from input_warnings(some.X[some.numbers], names)


def _effective_number(rows: Rows) -> float:
    """How many rows of equal weight would tell as much (Kish, 1965)."""
    if rows.weight is None:
        return len(rows)
    weight = rows.weight[rows.numbers].astype(np.float64)
    shares = weight / weight.max()
    return float(shares.sum() ** 2 / np.square(shares).sum())


def warn_unless_converged(network: Any, *, stacklevel: int) -> None:
    """Say what a fit has to warn of.

    Parameters
    ----------
    network : DeepMLPClassifier or DeepMLPRegressor
        Fitted.
    stacklevel : int
        As for `warnings.warn`, seen from the caller.
    """
    model = network._model
    for remark in _on_the_end(network):
        warnings.warn(remark, ConvergenceWarning, stacklevel=stacklevel + 1)
    causes = (*_on_the_penalty(model), *_on_the_scale(model))
    for remark in (*causes, *_on_the_loss(model, knows_nothing(model) and not causes), *_on_the_last_epoch(model)):
        warnings.warn(remark, TrainingWarning, stacklevel=stacklevel + 1)
    for remark in model.remarks:
        warnings.warn(remark, UserWarning, stacklevel=stacklevel + 1)
    for remark in model.first_remarks:
        warnings.warn(remark, TrainingWarning, stacklevel=stacklevel + 1)


def warn_of_stream(network: Any, *, stacklevel: int) -> None:
    """Say what a call of `partial_fit`, which is no end, has to warn of; parameters as of `warn_unless_converged`."""
    model = network._model
    causes = (*_on_the_penalty(model), *model.first_remarks)
    for remark in (*causes, *_on_the_loss(model, _still_knows_nothing(model) and not causes)):
        warnings.warn(remark, TrainingWarning, stacklevel=stacklevel + 1)


def knows_nothing(model: Model) -> bool:
    """Whether the loss after a fit is not below that of the best constant prediction, where that is above zero."""
    is_open = model.constant_loss > NEXT_TO_NOTHING * _typical(model)
    return is_open and not model.data_loss < (1.0 - HAIR) * model.constant_loss


def got_worse(model: Model) -> bool:
    """Whether the last epoch lost what an earlier one had learnt: its mean loss is not below that of a constant."""
    return model.best_before < LEARNT * model.constant_loss <= LEARNT * model.loss_before


def _still_knows_nothing(model: Model) -> bool:
    """The same after a call of `partial_fit`, which is no end: of a loss that no longer falls, or of recent calls."""
    if model.n_rows >= FEWEST_ROWS:
        return knows_nothing(model) and not model.data_loss < (1.0 - STILL_FALLS) * model.loss_before
    return model.given.n_rows >= ROWS_JUDGED and not model.recent_loss < SURELY * _nothing_known(model)


def _nothing_known(model: Model) -> float:
    return max(model.constant_loss, model.zero_loss, _typical(model))


def _typical(model: Model) -> float:
    """The loss of scores of zero, in regression for a target of variance 1."""
    return model.network.loss.of_zero_scores(np.ones(model.network.layer_sizes[-1]))


def _on_the_loss(model: Model, is_useless: bool) -> Iterator[str]:
    if not model.data_loss <= FAR_OFF * _nothing_known(model):
        yield (
            f"Training ended with a loss of {model.data_loss:.3g}, where scores of zero have "
            f"{model.zero_loss:.2g}: the scores are far off. Scale the inputs (StandardScaler), lower "
            "learning_rate_init or set clip_norm."
        )
    elif is_useless:
        yield (
            f"Training ended with a loss of {model.data_loss:.4g}, where the best constant prediction has "
            f"{model.constant_loss:.4g}: the network knows no more than that. What usually helps: scaled inputs "
            "(StandardScaler), another learning_rate_init, an activation and init that suit the depth "
            "(skdeep.inspection.gradient_flow tells), a smaller alpha."
        )


def _on_the_last_epoch(model: Model) -> Iterator[str]:
    if got_worse(model) and not knows_nothing(model) and model.history.cut_short_by is None:
        yield (
            f"Training got worse: the mean loss of its last epoch is {model.loss_before:.4g}, where the best constant "
            f"prediction has {model.constant_loss:.4g} and the best epoch had {model.best_before:.4g}. Lower "
            "learning_rate_init, set clip_norm, or on_divergence='restore' for the weights of the best epoch."
        )


def _on_the_penalty(model: Model) -> Iterator[str]:
    # As of AdaBoostClassifier, whose weights sum to one.
    mean_weight = model.given.mean_weight
    if mean_weight < 0.1 and model.alpha / model.total_weight > STRONG:
        yield (
            f"The weights of the rows (sample_weight times class_weight) sum to {model.total_weight:.3g}, so that "
            f"alpha={model.alpha:.3g} weighs {1.0 / mean_weight:.0f} times as much as without them and leaves "
            "little to learn. Scale them to a mean of 1, or divide alpha by the number of rows."
        )


def _on_the_scale(model: Model) -> Iterator[str]:
    times = sqrt(model.zero_loss / _typical(model))
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
