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
#: A loss that fell by more than this share of itself in a call of `partial_fit` still falls.
STILL_FALLS = 0.001
#: Of fewer rows in a call of `partial_fit` chance decides what a constant prediction would cost.
FEWEST_ROWS = 100
#: A running mean over such calls is surely no better than a constant where it is so many times its loss.
SURELY = 1.5
#: By so many rows weights are judged, where nothing speaks for a look at all of them.
ROWS_JUDGED = 256
#: So far below the loss of a constant are some rows where all of them surely are below it.
SURELY_BELOW = 0.9


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
    recent : float, default=0.0
        The mean of `loss` over calls of few rows.
    n_rows, n_given : int, default=0
        Of the call, and of all rows given so far.
    """

    loss: float = 0.0
    before: float = 0.0
    best_before: float = 0.0
    of_constant: float = 0.0
    of_zeros: float = 0.0
    typical: float = 1.0
    recent: float = 0.0
    n_rows: int = 0
    n_given: int = 0

    @property
    def is_far_off(self) -> bool:
        """Whether the loss is many times that of knowing nothing."""
        return not self.loss <= FAR_OFF * self._of_nothing

    @property
    def knows_nothing(self) -> bool:
        """Whether the loss is not below that of the best constant prediction, where that is above zero."""
        is_open = self.of_constant > NEXT_TO_NOTHING * self.typical
        return is_open and not self.loss < (1.0 - HAIR) * self.of_constant

    @property
    def still_knows_nothing(self) -> bool:
        """The same in a stream, which is no end: of a loss that no longer falls, or of calls of few rows together."""
        if self.n_rows >= FEWEST_ROWS:
            return self.knows_nothing and not self.loss < (1.0 - STILL_FALLS) * self.before
        return self.n_given >= ROWS_JUDGED and not self.recent < SURELY * self._of_nothing

    @property
    def got_worse(self) -> bool:
        """Whether the last epoch lost what an earlier one had learnt: its mean loss is not below that of a constant."""
        return self.best_before < LEARNT * self.of_constant <= LEARNT * self.before

    @property
    def _of_nothing(self) -> float:
        return max(self.of_constant, self.of_zeros, self.typical)


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
    some, before = sample(rows), data_terms[-1]
    of_constant = network.loss.of_best_constant(weighing.known.mean, weighing.known.variance)
    loss = mean_loss(network, parameters, some, workspace=workspace)
    # The last epoch has seen all rows, though before its last steps, which may have spoilt it all.
    if some is not rows and not max(before, loss) < SURELY_BELOW * of_constant:
        loss = mean_loss(network, parameters, rows, workspace=workspace)
    n_given = weighing.given.n_rows
    share = min(1.0, len(rows) / min(ROWS_JUDGED, n_given))
    return Judgement(
        loss,
        before,
        min(data_terms),
        of_constant,
        of_zeros=network.loss.of_zero_scores(weighing.own.mean_square),
        typical=typical_loss(network),
        recent=last.recent + (loss - last.recent) * share,
        n_rows=len(rows),
        n_given=n_given,
    )


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
