"""What watches a training: its history, and the rule that stops it and keeps the best weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from .parameters import Array, ParameterVector


class StopReason(StrEnum):
    """Why training ended."""

    MAX_ITER = "max_iter"
    CONVERGED = "converged"
    EARLY_STOPPING = "early_stopping"
    LINE_SEARCH = "line_search"
    CALLBACK = "callback"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"


@dataclass
class History:
    """One entry per epoch (for L-BFGS per iteration), and how it ended.

    Attributes
    ----------
    loss : list of float
        Mean over the epoch's mini-batches of the objective before each step, penalty included.
    validation_loss : list of float
        Mean loss on the dev rows after the epoch, without penalty; empty without dev rows.
    validation_score : list of float
        The scorer's value on the dev rows after the epoch; empty without a scorer.
    learning_rate : list of float
        The rate of the epoch's last step; empty for L-BFGS.
    seconds : list of float
        Wall-clock time of the epoch, evaluation on the dev rows included.
    weight_norm : list of list of float
        Norm of each layer's weights after the epoch; empty unless recorded.
    gradient_norm : list of list of float
        Norm of the gradient by each layer's weights in the epoch's first step, penalty included; empty unless recorded,
        and for L-BFGS. Both have entries for those epochs only that were recorded.
    n_epochs : int
        Epochs trained so far.
    best_epoch : int
        The epoch, counted from 1, whose weights the model has.
    stop_reason : StopReason or None
        None while training.
    cut_short_by : str or None
        In words what cut the training short, which then ended with the weights of the best epoch before.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_score: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    weight_norm: list[list[float]] = field(default_factory=list)
    gradient_norm: list[list[float]] = field(default_factory=list)
    n_epochs: int = 0
    best_epoch: int = 0
    stop_reason: StopReason | None = None
    cut_short_by: str | None = None

    def copy(self) -> History:
        """An independent copy. It shares the entries of its columns, which nobody changes."""
        copied = copy(self)
        for name, column in vars(self).items():
            if isinstance(column, list):
                setattr(copied, name, column.copy())
        return copied

    def mark(self) -> dict[str, int]:
        """How far it has come, for `cut`."""
        columns = {name: len(column) for name, column in vars(self).items() if isinstance(column, list)}
        return {**columns, "n_epochs": self.n_epochs}

    def cut(self, mark: Mapping[str, int]) -> None:
        """Forget all that came after a `mark`."""
        for name, length in mark.items():
            if name == "n_epochs":
                self.n_epochs = length
            else:
                del getattr(self, name)[length:]


class Monitor:
    """Sees each epoch begin and end; what it does not want to see it leaves out."""

    def epoch_begins(self, history: History, parameters: ParameterVector) -> None:
        """Look at the state before the epoch's first step."""

    def epoch_ended(self, history: History, parameters: ParameterVector) -> StopReason | None:
        """Look at the last entries of the history; a reason ends the training."""
        return None


@dataclass
class NormRecorder(Monitor):
    """Writes the norms of each layer's weights, and of its gradient if there is one, into the history.

    Parameters
    ----------
    gradient_norms : callable () -> list of float, default=None
        Tells the norms of the epoch's gradient.
    """

    gradient_norms: Callable[[], list[float]] | None = None

    def epoch_ended(self, history: History, parameters: ParameterVector) -> None:
        """Append the epoch's norms."""
        history.weight_norm.append(layer_norms(parameters))
        if self.gradient_norms is not None:
            history.gradient_norm.append(self.gradient_norms())


def layer_norms(parameters: ParameterVector) -> list[float]:
    """The norm of each layer's weights."""
    return [float(np.sqrt(np.dot(W.ravel(), W.ravel()))) for W in parameters.weights]


@dataclass
class EarlyStopping(Monitor):
    """Patience: stop when `patience` epochs in a row bring nothing better, and keep the best weights if asked.

    Better means lower by more than `tol` than the best value so far. Scores that are equal, as where they cannot go any
    higher, are told apart by the dev loss.

    Parameters
    ----------
    column : {"loss", "validation_loss", "validation_score"}
        What to watch in the history; scores count as better when higher.
    tol : float
        What a better value must gain.
    patience : int
        Epochs without a better value that end the training.
    keep_best : bool, default=False
        Copy the weights of every better epoch, for `restore` and `rescue`.
    ends_at_best : bool, default=True
        Whether `restore` puts them back at the end of every training.
    judge : callable (parameters) -> float, default=None
        By what the best weights are chosen, lower being better, where the column is no word on them: the training loss
        of an epoch is that before each of its steps. None for the column and `tol`.

    Attributes
    ----------
    best_theta : ndarray or None
        The weights of the best epoch: a copy, never a reference.
    """

    column: str
    tol: float
    patience: int
    keep_best: bool = False
    ends_at_best: bool = True
    judge: Callable[[ParameterVector], float] | None = None
    best_theta: Array | None = field(default=None, init=False, repr=False)
    best_epoch: int = field(default=0, init=False)
    n_stalled: int = field(default=0, init=False)
    _best_value: float = field(default=float("inf"), init=False)
    _loss_of_best: float = field(default=0.0, init=False)
    _best_judged: float = field(default=float("inf"), init=False)
    _mark: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    @property
    def best_judged(self) -> float:
        """The lowest value of `judge` so far; infinite without one."""
        return self._best_judged

    def epoch_ended(self, history: History, parameters: ParameterVector) -> StopReason | None:
        """Note whether the epoch was better; the reason to stop once patience is at its end."""
        self._mark = history.mark()
        is_better = self._note(history)
        if self._is_best(is_better, parameters):
            self._keep(history.n_epochs, parameters)
        self.n_stalled = 0 if is_better else self.n_stalled + 1
        if self.n_stalled < self.patience:
            return None
        return StopReason.CONVERGED if self.column == "loss" else StopReason.EARLY_STOPPING

    def _note(self, history: History) -> bool:
        """Note the epoch's value where it is better than the best so far; whether it is."""
        value, loss = getattr(history, self.column)[-1], 0.0
        if self.column == "validation_score":
            value, loss = -value, history.validation_loss[-1]
        is_better = value < self._best_value - self.tol
        is_tied = value == self._best_value and loss < self._loss_of_best - self.tol
        if is_better or is_tied:
            self._best_value, self._loss_of_best = value, loss
        return is_better or is_tied

    def _is_best(self, is_better: bool, parameters: ParameterVector) -> bool:
        if self.judge is None:
            return is_better
        judged, best = self.judge(parameters), self._best_judged
        self._best_judged = min(judged, best)
        return judged < best

    def _keep(self, epoch: int, parameters: ParameterVector) -> None:
        if self.keep_best and self.best_theta is None:
            self.best_theta = parameters.theta.copy()
        elif self.best_theta is not None:
            self.best_theta[...] = parameters.theta
        self.best_epoch = epoch

    def restore(self, history: History, parameters: ParameterVector) -> None:
        """Put the best weights back, whether or not the training stopped early."""
        if self.best_theta is not None and self.ends_at_best:
            self._put_back(self.best_theta, history, parameters)

    def rescue(self, history: History, parameters: ParameterVector) -> bool:
        """Put the best weights back where an epoch did not come to its end, and forget that; whether there are any."""
        if self.best_theta is None:
            return False
        history.cut(self._mark)
        self._put_back(self.best_theta, history, parameters)
        return True

    def _put_back(self, theta: Array, history: History, parameters: ParameterVector) -> None:
        parameters.theta[...] = theta
        history.best_epoch = self.best_epoch
