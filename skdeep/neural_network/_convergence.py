"""What `fit` and `partial_fit` warn of: an early end, no progress, inputs that do not suit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from math import sqrt
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._input_scales import input_warnings, may_be_mis_scaled
from ..core import Rows, StopReason, mean_loss
from ._judgement import FAR_OFF, FEWEST_ROWS, Judgement, sample, typical_loss
from ._model import Model
from ._parameters import PLANNED

#: A penalty of so many times half the squared weights, beside a mean loss, leaves little of them.
STRONG = 0.1
#: The scores of fewer rows are large by chance.
FEWEST_SCORED = 5
FAR_OFF_REMEDY = "the scores are far off. Scale the inputs (StandardScaler), lower learning_rate_init or set clip_norm."
WHAT_HELPS = (
    "What usually helps: scaled inputs (StandardScaler), another learning_rate_init, an activation and init that suit "
    "the depth (skdeep.inspection.gradient_flow tells), a smaller alpha."
)
#: Where no column stands out.
SCALE_OR_INIT = "Scale the inputs (StandardScaler), or choose an init with smaller weights, such as 'auto'."


class TrainingWarning(ConvergenceWarning):
    """A training came, or will come, to nothing by something that more iterations would not mend."""


def on_the_first_rows(model: Model, rows: Rows) -> Iterator[str]:
    """What there is to warn of the size of inputs that come a few at a time, once there are some of them.

    Parameters
    ----------
    model : Model
        In a stream; gathers what it is to judge by.
    rows : Rows
        Of the call.

    Yields
    ------
    str
        Once, and nothing where the inputs are sound.
    """
    if model.inputs is not None:
        model.inputs = model.inputs.and_rows(rows.X[rows.numbers])
        if model.inputs.n_rows >= FEWEST_ROWS:
            yield from model.inputs.size_warnings
            model.inputs = None


def on_the_first_scores(model: Model, rows: Rows, names: Any, *, is_fresh: bool, by_steps: bool) -> Iterator[str]:
    """What there is to warn of before a training: scores of another size than the loss expects, or inputs.

    Parameters
    ----------
    model : Model
        Before its training.
    rows : Rows
        The training rows.
    names : sequence of str or None
        Of the columns.
    is_fresh : bool
        Whether its weights are freshly drawn; of others the inputs alone are checked.
    by_steps : bool
        Whether it is to be trained by steps of a given rate, for which inputs may be too large or too small.

    Yields
    ------
    str
        With what is wrong with the inputs, where something is.
    """
    some = sample(rows)
    if has_few_rows(some):
        return
    X = some.X[some.numbers]
    with np.errstate(all="ignore"):
        loss, zero_loss = mean_loss(model.network, model.parameters, some), typical_loss(model.network)
    if is_fresh and not loss <= FAR_OFF * zero_loss:
        causes = input_warnings(X, names, constants=False)
        yield (
            f"The scores of the first weights have a loss of {loss:.3g}, where scores of zero have {zero_loss:.2g}. "
            f"{' '.join(causes) or SCALE_OR_INIT}"
        )
    elif by_steps and may_be_mis_scaled(X):
        yield from input_warnings(X, names, constants=False)


def has_few_rows(rows: Rows) -> bool:
    """Whether scores are large by chance: of few rows, or of such weights that few count (Kish, 1965)."""
    weight = rows.weights_of(rows.numbers)
    if weight is None:
        return len(rows) < FEWEST_SCORED
    shares = weight / weight.max()
    return bool(shares.sum() ** 2 < FEWEST_SCORED * np.square(shares).sum())


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
    causes, judgement = (*_on_the_penalty(model), *_on_the_scale(model.judgement)), model.judgement
    effects = (*_on_the_loss(judgement, is_useless=judgement.knows_nothing and not causes), *_on_the_last_epoch(model))
    for remark in (*model.first_remarks, *causes, *effects):
        warnings.warn(remark, TrainingWarning, stacklevel=stacklevel + 1)
    for remark in model.remarks:
        warnings.warn(remark, UserWarning, stacklevel=stacklevel + 1)


def warn_of_stream(network: Any, *, stacklevel: int) -> None:
    """Say what a call of `partial_fit`, which is no end, has to warn of; parameters as of `warn_unless_converged`."""
    model = network._model
    causes = (*_on_the_penalty(model), *model.first_remarks)
    effects = () if causes else _on_the_calls(model.judgement)
    for remark in (*causes, *effects):
        warnings.warn(remark, TrainingWarning, stacklevel=stacklevel + 1)


def _on_the_calls(judgement: Judgement) -> Iterator[str]:
    """Of a call by itself where it has many rows, else of the last some hundred rows together."""
    calls = judgement.calls
    if judgement.n_rows >= FEWEST_ROWS and (judgement.is_far_off or judgement.still_knows_nothing):
        yield from _on_the_loss(judgement, is_useless=True, what="A call of partial_fit")
    elif calls.are_many and not calls.loss <= FAR_OFF * max(calls.of_constant, judgement.typical):
        yield (
            f"The last {calls.n_rows} rows had a mean loss of {calls.loss:.3g} before they were trained on, where a "
            f"constant prediction had {calls.of_constant:.3g}: {FAR_OFF_REMEDY}"
        )
    elif judgement.has_learnt_nothing:
        yield (
            f"The last {calls.n_rows} rows had a mean loss of {calls.loss:.3g} before they were trained on, where a "
            f"constant prediction had {calls.of_constant:.3g}: the network knows hardly more than that. {WHAT_HELPS}"
        )


def _on_the_loss(judgement: Judgement, *, is_useless: bool, what: str = "Training") -> Iterator[str]:
    if judgement.is_far_off:
        yield (
            f"{what} ended with a loss of {judgement.loss:.3g}, where knowing nothing has {judgement.of_nothing:.2g}: "
            f"{FAR_OFF_REMEDY}"
        )
    elif is_useless:
        yield (
            f"{what} ended with a loss of {judgement.loss:.4g}, where the best constant prediction has "
            f"{judgement.of_constant:.4g}: the network knows no more than that. {WHAT_HELPS}"
        )


def _on_the_last_epoch(model: Model) -> Iterator[str]:
    judgement = model.judgement
    if judgement.got_worse and not judgement.knows_nothing and model.history.cut_short_by is None:
        yield (
            f"Training got worse: the mean loss of its last epoch is {judgement.before:.4g}, where the best constant "
            f"prediction has {judgement.of_constant:.4g} and the best epoch had {judgement.best_before:.4g}. Lower "
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


def _on_the_scale(judgement: Judgement) -> Iterator[str]:
    times = sqrt(judgement.of_zeros / (judgement.typical or 1.0))  # of a single class nothing costs anything
    if times > FAR_OFF:
        yield (
            f"The target lies {times:.3g} times as far from the mean of the rows that were trained on before as these "
            "did: their mean and deviation are the unit of a warm start. Fit anew, or go on with partial_fit, whose "
            "unit is that of all rows."
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
