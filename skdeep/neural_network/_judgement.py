"""What a training has come to: the loss of the weights that it leaves, beside that of knowing nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..core import Network, ParameterVector, Rows, Workspace, mean_loss
from ._weighing import Weighing

#: A loss of so many times what scores of zero would cost is no result of learning.
FAR_OFF = 10.0
#: A loss this close to that of a constant prediction, as a share of it, is that of one: sums in float32 are no closer.
HAIR = 1e-5
#: A constant prediction of a loss below so many times that of scores of zero leaves nothing to learn.
NEXT_TO_NOTHING = 1e-9
#: A mean loss below so many times that of a constant prediction is a sign of learning.
LEARNT = 0.5
#: Of fewer rows in a call of `partial_fit` chance decides what a constant prediction would cost.
FEWEST_ROWS = 100
#: A loss that fell by more than this share of itself in a call still falls; from some calls to the next by this one.
STILL_FALLS, FALLS_FROM_CALL_TO_CALL = 0.001, 0.1
#: In a stream a network that has learnt less than this share of the loss of a constant has learnt next to nothing.
HARDLY = 0.01
#: By so many rows weights are judged, where nothing speaks for a look at all of them.
ROWS_JUDGED = 256
#: So far below the loss of a constant are some rows where all of them surely are below it.
SURELY_BELOW = 0.9


@dataclass(frozen=True)
class Calls:
    """Calls of `partial_fit` one after the other, with some hundred rows together.

    Parameters
    ----------
    n_rows : int, default=0
        Of all of them.
    loss, of_constant : float, default=0.0
        Mean losses of their rows: before each step, and of the constant that was best for all rows before the call.
    """

    n_rows: int = 0
    loss: float = 0.0
    of_constant: float = 0.0

    def and_one(self, n_rows: int, loss: float, of_constant: float) -> Calls:
        """With one call more."""
        n, share = self.n_rows + n_rows, n_rows / (self.n_rows + n_rows)
        mean, constant = (
            self.loss + (loss - self.loss) * share,
            self.of_constant + (of_constant - self.of_constant) * share,
        )
        return Calls(n, mean, constant)

    @property
    def are_many(self) -> bool:
        """Whether they have rows enough to be judged by."""
        return self.n_rows >= ROWS_JUDGED

    @property
    def know_nothing(self) -> bool:
        """Whether the network knew next to nothing of their rows beyond what a constant does."""
        return self.are_many and not self.loss < (1.0 - HARDLY) * self.of_constant


NO_CALLS = Calls()


@dataclass(frozen=True)
class Judgement:
    """Mean losses without penalty, on the training rows of the last call.

    Parameters
    ----------
    loss : float, default=0.0
        Of the weights that the call left: on some rows, on all where it matters.
    before, best_before : float, default=0.0
        Before each step of the last epoch, and of the best one of the call.
    of_constant, of_zeros : float, default=0.0
        Of the best constant prediction, in a stream for all rows so far, and of scores of zero.
    typical : float, default=1.0
        Of scores of zero, in regression for a target of variance 1.
    n_rows : int, default=0
        Of the call.
    calls, last_calls : Calls
        Of a stream: the last ones, and those before them.
    """

    loss: float = 0.0
    before: float = 0.0
    best_before: float = 0.0
    of_constant: float = 0.0
    of_zeros: float = 0.0
    typical: float = 1.0
    n_rows: int = 0
    calls: Calls = NO_CALLS
    last_calls: Calls = NO_CALLS

    @property
    def of_nothing(self) -> float:
        """What knowing nothing costs, on rows that may be untypical ones."""
        return max(self.of_constant, self.of_zeros, self.typical)

    @property
    def is_far_off(self) -> bool:
        """Whether the loss is many times that of knowing nothing."""
        return not self.loss <= FAR_OFF * self.of_nothing

    @property
    def knows_nothing(self) -> bool:
        """Whether the loss is not below that of the best constant prediction, where that is above zero."""
        is_open = self.of_constant > NEXT_TO_NOTHING * self.typical
        return is_open and not self.loss < (1.0 - HAIR) * self.of_constant

    @property
    def still_knows_nothing(self) -> bool:
        """The same after a call of many rows in a stream, which is no end: of a loss that no longer falls."""
        falls = self.loss < (1.0 - STILL_FALLS) * self.before
        return self.n_rows >= FEWEST_ROWS and self.knows_nothing and not falls

    @property
    def has_learnt_nothing(self) -> bool:
        """Whether the last calls of a stream knew next to nothing, no less than those before them."""
        falls = self.calls.loss < (1.0 - FALLS_FROM_CALL_TO_CALL) * self.last_calls.loss
        return self.calls.know_nothing and self.last_calls.know_nothing and not falls

    @property
    def got_worse(self) -> bool:
        """Whether the last epoch lost what an earlier one had learnt: its mean loss is not below that of a constant."""
        return self.best_before < LEARNT * self.of_constant <= LEARNT * self.before


def judge(
    network: Network,
    parameters: ParameterVector,
    rows: Rows,
    weighing: Weighing,
    data_terms: Sequence[float],
    workspace: Workspace,
    last: Judgement,
) -> Judgement:
    """Look at the weights that a training leaves.

    Parameters
    ----------
    network, parameters : Network, ParameterVector
        What was trained.
    rows : Rows
        The training rows.
    weighing : Weighing
        What they weigh.
    data_terms : sequence of float
        The mean loss of each epoch of the call, taken before its steps.
    workspace : Workspace
        Without masks: takes some of the rows at a time.
    last : Judgement
        Of the call before.

    Returns
    -------
    Judgement
        By some rows; by all where these, or the last epoch, come near the loss of a constant.
    """
    some, before, own = sample(rows), data_terms[-1], weighing.own
    of_constant = network.loss.of_constant(weighing.known.mean, weighing.known.variance, weighing.known.mean)
    loss = mean_loss(network, parameters, some, workspace=workspace)
    # The last epoch has seen all rows, though before its last steps, which may have spoilt it all.
    if some is not rows and not max(before, loss) < SURELY_BELOW * of_constant:
        loss = mean_loss(network, parameters, rows, workspace=workspace)
    of_zeros = network.loss.of_zero_scores(own.mean_square)
    # What the rows have cost before they were trained on, but for masks.
    cost = loss if network.has_dropout else before
    last_calls, calls = (last.calls, NO_CALLS) if last.calls.are_many else (last.last_calls, last.calls)
    calls = calls.and_one(len(rows), cost, _of_last_constant(network, weighing, of_zeros))
    return Judgement(
        loss, before, min(data_terms), of_constant, of_zeros, typical_loss(network), len(rows), calls, last_calls
    )


def _of_last_constant(network: Network, weighing: Weighing, of_zeros: float) -> float:
    """The loss on the rows of a call of the constant that was best before it; of zeros in the first call."""
    if weighing.before.n_rows == 0:
        return of_zeros
    return network.loss.of_constant(weighing.own.mean, weighing.own.variance, weighing.before.mean)


def typical_loss(network: Network) -> float:
    """The loss of scores of zero, in regression for a target of variance 1."""
    return network.loss.of_zero_scores(np.ones(network.layer_sizes[-1]))


def sample(rows: Rows) -> Rows:
    """Some of the rows, always the same, drawn at random lest they all be of one class."""
    if len(rows) <= ROWS_JUDGED:
        return rows
    drawn = np.random.default_rng(0).choice(rows.numbers, ROWS_JUDGED, replace=False, shuffle=False)
    some = replace(rows, numbers=drawn)
    return some if some.total_weight > 0 else rows
