"""Whether training reached anything: the loss of the final weights, beside that of a constant prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

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
#: A loss that fell by more than this share of itself in a call still falls.
STILL_FALLS = 0.001
#: Calls with some hundred rows together get somewhere where their loss, beside a constant's, falls by this share of it;
#: after so many that do not in a row a stream has come to a stand.
PROGRESS, PATIENCE = 0.05, 2
#: After fewer steps a stream is at its beginning.
FEWEST_STEPS = 100
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
        Mean losses of their rows before the call: of the network, and of the constant best for all rows until then.
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
    def excess(self) -> float:
        """How far the network is behind the constant."""
        return self.loss - self.of_constant

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
    at_first : float, default=0.0
        Of the weights that the call of `partial_fit` began with, on the same rows as `loss` or some of them.
    of_constant, of_zeros : float, default=0.0
        Of the best constant prediction, in a stream for all rows so far, and of scores of zero.
    typical : float, default=1.0
        Of scores of zero, in regression for a target of variance 1.
    n_rows, n_steps : int, default=0
        Rows of the call, and steps of all calls.
    calls : Calls
        Of a stream: the last ones.
    least_excess : float, default=inf
        Of earlier ones, as far back as the network knew nothing.
    n_stalled : int, default=0
        How many in a row got nowhere.
    """

    loss: float = 0.0
    before: float = 0.0
    best_before: float = 0.0
    at_first: float = 0.0
    of_constant: float = 0.0
    of_zeros: float = 0.0
    typical: float = 1.0
    n_rows: int = 0
    n_steps: int = 0
    calls: Calls = NO_CALLS
    least_excess: float = inf
    n_stalled: int = 0

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
        falls = self.loss < (1.0 - STILL_FALLS) * self.at_first
        return self.n_rows >= FEWEST_ROWS and self.knows_nothing and not falls

    @property
    def has_learnt_nothing(self) -> bool:
        """Whether the last calls of a stream knew next to nothing, and no more than those before them."""
        return self.calls.know_nothing and self.n_stalled >= PATIENCE and self.n_steps >= FEWEST_STEPS

    @property
    def got_worse(self) -> bool:
        """Whether the last epoch lost what an earlier one had learnt: its mean loss is not below that of a constant."""
        # Not where the penalty, which may have been another then, outweighs what is left of the objective.
        return 0.0 < self.best_before < LEARNT * self.of_constant <= LEARNT * self.before


def judge(
    network: Network,
    parameters: ParameterVector,
    rows: Rows,
    weighing: Weighing,
    data_terms: Sequence[float],
    workspace: Workspace,
    last: Judgement,
    at_first: float,
    n_steps: int,
) -> Judgement:
    """Judge the final weights.

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
    at_first : float
        The loss that a call of `partial_fit` began with.
    n_steps : int
        Of all calls.

    Returns
    -------
    Judgement
        By some rows; by all where these, or the last epoch, come near the loss of a constant.
    """
    some, before = sample(rows), data_terms[-1]
    of_constant = network.loss.of_constant(weighing.known.mean, weighing.known.variance, weighing.known.mean)
    loss = mean_loss(network, parameters, some, workspace=workspace)
    # The last epoch has seen all rows, though before its last steps, which may have spoilt it all.
    if some is not rows and not max(before, loss) < SURELY_BELOW * of_constant:
        loss = mean_loss(network, parameters, rows, workspace=workspace)
    of_zeros = network.loss.of_zero_scores(weighing.own.mean_square)
    calls = NO_CALLS if last.calls.are_many else last.calls
    calls = calls.and_one(len(rows), at_first, _of_last_constant(network, weighing, of_zeros))
    return Judgement(
        loss,
        before,
        min(data_terms),
        at_first,
        of_constant,
        of_zeros,
        typical_loss(network),
        len(rows),
        n_steps,
        calls,
        *_progress(calls, last),
    )


def _progress(calls: Calls, last: Judgement) -> tuple[float, int]:
    """The least excess, and how many calls with some hundred rows together have got nowhere."""
    if not calls.are_many:
        return last.least_excess, last.n_stalled
    if not calls.know_nothing:
        return inf, 0
    if calls.excess < last.least_excess - PROGRESS * calls.of_constant:
        return calls.excess, 0
    return last.least_excess, last.n_stalled + 1


def _of_last_constant(network: Network, weighing: Weighing, of_zeros: float) -> float:
    """The loss on the rows of a call of the constant that was best before it; of zeros in the first call."""
    if weighing.before.n_rows == 0:
        return of_zeros
    return network.loss.of_constant(weighing.own.mean, weighing.own.variance, weighing.before.mean)


def typical_loss(network: Network) -> float:
    """The loss of scores of zero, in regression for a target of variance 1."""
    return network.loss.of_zero_scores(np.ones(network.layer_sizes[-1]))


def sample(rows: Rows) -> Rows:
    """Some of the rows, always the same, drawn at random: sorted rows would begin with a single class."""
    if len(rows) <= ROWS_JUDGED:
        return rows
    drawn = np.random.default_rng(0).choice(rows.numbers, ROWS_JUDGED, replace=False, shuffle=False)
    some = replace(rows, numbers=drawn)
    return some if some.total_weight > 0 else rows
