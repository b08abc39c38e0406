"""Networks of one shape trained together: the steps of `Trainer` with a leading axis over networks.

In a small network most of a step's time is the price of its calls. In a stack all networks pay it together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from .batches import MiniBatches, StackedBatches, share
from .monitors import EarlyStopping, History
from .network import Dropout, Network, Slot, Workspace, draw_masks
from .optimizers import Optimizer
from .parameters import Array, ParameterVector
from .penalties import L2, MaxNorm
from .schedules import Schedule
from .training import Rescues, Trainer, TrainingLoss, Validate, close_epoch, end, rescue, stalls

#: Most values of a network (buffers, parameters and moments) for which the price of the calls still matters.
LARGEST_NETWORK = 2**18
#: About how many values a stack holds: 16 MB in float32.
STACK_VALUES = 2**22


def networks_at_once(layer_sizes: Sequence[int], n_rows: int, *, dropout: bool) -> int:
    """About how many networks a stack should hold; 1 where a network is so large that nothing is gained.

    Parameters
    ----------
    layer_sizes : sequence of int
        Units per layer, input and output included.
    n_rows : int
        Of a mini-batch.
    dropout : bool
        Whether there are masks.

    Returns
    -------
    int
        At least 1.
    """
    n_weights = sum(fan_in * fan_out for fan_in, fan_out in pairwise(layer_sizes))
    n_buffers = 6 if dropout else 4
    n_values = 4 * n_weights + n_buffers * n_rows * sum(layer_sizes)
    return 1 if n_values > LARGEST_NETWORK else STACK_VALUES // n_values


@dataclass(eq=False)
class Member:
    """One network of a stack: what it starts from, what is its own, and how its training ended.

    Parameters
    ----------
    parameters : ParameterVector
        The start, and on return the end.
    history : History
        Gets one entry per epoch and the reason of the end.
    feed : callable (slot) -> MiniBatches
        Brings the rows to the network's place. Members with the very same feed share what it gathers.
    dropout : Dropout
        Members with the very same one share the masks; those with the very same generators, which must drop in the
        same layers, share the draws.
    penalty : L2
        Of this network.
    schedule : callable (step) -> rate
        The learning rate.
    max_epochs : int
        How many epochs at most.
    stopping : EarlyStopping
        Ends the training.
    validate : callable (parameters, history) -> None, default=None
        Evaluates the dev rows after each epoch.
    rescues : mapping of exception type to StopReason, default={}
        What does not fail the training once `stopping` has kept weights.
    final_loss : callable (parameters) -> float, default=None
        The loss of the weights that the training would leave.

    Attributes
    ----------
    optimizer : Optimizer
        With the network's moments at the end.
    error : Exception or None
        What ended the training instead of a reason.
    """

    parameters: ParameterVector
    history: History
    feed: Callable[[Slot], MiniBatches[Slot]]
    dropout: Dropout
    penalty: L2
    schedule: Schedule
    max_epochs: int
    stopping: EarlyStopping
    validate: Validate | None = None
    rescues: Rescues = field(default_factory=dict)
    final_loss: TrainingLoss | None = None
    optimizer: Optimizer | None = field(default=None, init=False)
    error: Exception | None = field(default=None, init=False)

    def end_epoch(self, loss: float, rate: float, started: float) -> bool:
        """Note the epoch and judge it; whether the training goes on."""
        history = self.history
        history.loss.append(loss)
        history.learning_rate.append(rate)
        try:
            close_epoch(self.parameters, history, started, self.validate)
            history.stop_reason = stalls(self.stopping, self.schedule, history, self.parameters)
            if history.stop_reason is None and history.n_epochs < self.max_epochs:
                return True
            end(self.parameters, history, self.stopping, self.final_loss)
        except Exception as error:  # of this network alone: the others train on
            if not rescue(error, self.rescues, self.stopping, history, self.parameters, self.final_loss):
                self.error = error
        return False


@dataclass(frozen=True)
class Stack:
    """How networks of the same layers, on as many rows each, are trained together.

    Parameters
    ----------
    batch_size : int
        Rows of a mini-batch.
    max_norm : MaxNorm, default=None
        Projection after each step.
    clip_norm : float, default=None
        Largest norm of a gradient.
    """

    batch_size: int
    max_norm: MaxNorm | None = None
    clip_norm: float | None = None

    def train(self, members: Sequence[Member], optimizer: Optimizer) -> None:
        """Train each as `train` would train it alone; all are changed in place.

        A network whose training has ended leaves the stack; one that diverges leaves with its error.

        Parameters
        ----------
        members : sequence of Member
            The networks, those that share a feed or dropout side by side.
        optimizer : Optimizer
            Not yet bound.
        """
        theta = np.stack([member.parameters.theta for member in members])
        optimizer.bind(theta)
        trainer = self._trainer(members, theta, optimizer, n_steps=0)
        with np.errstate(all="ignore"):
            while members:
                batches = self._batches(members, trainer.network, theta.dtype)
                stays = _train_until_one_leaves(members, trainer, batches)
                for number in np.flatnonzero(~stays).tolist():
                    members[number].optimizer = trainer.optimizer.select(number)
                members = [member for member, stay in zip(members, stays, strict=True) if stay]
                theta, optimizer = trainer.parameters.theta[stays], trainer.optimizer.select(stays)
                if members:
                    trainer = self._trainer(members, theta, optimizer, n_steps=trainer.n_steps)

    def _trainer(self, members: Sequence[Member], theta: Array, optimizer: Optimizer, *, n_steps: int) -> Trainer:
        network = members[0].dropout.network
        lowest = tuple(min(keeps) for keeps in zip(*(m.dropout.network.keep_prob for m in members), strict=True))
        return Trainer(
            replace(network, keep_prob=lowest),
            ParameterVector(network.layer_sizes, theta),
            optimizer,
            lambda step: np.array([[member.schedule(step)] for member in members]),
            L2(np.array([[member.penalty.strength] for member in members]), members[0].penalty.decoupled),
            _SharedDropout(members),
            max_norm=self.max_norm,
            clip_norm=self.clip_norm,
            n_steps=n_steps,
        )

    def _batches(self, members: Sequence[Member], network: Network, dtype: npt.DTypeLike) -> StackedBatches:
        workspace = Workspace(network, self.batch_size, dtype, stack=(len(members),))
        runs = list(_runs(members, "feed"))
        feeds = [feed(workspace.slot(networks.start)) for feed, networks in runs]
        return StackedBatches(workspace, feeds, [networks for _, networks in runs])


class _SharedDropout:
    """The masks of all networks, drawn once for those that share them, from draws that those of one generator share."""

    def __init__(self, members: Sequence[Member]) -> None:
        groups = (list(group) for _, group in groupby(_runs(members, "dropout"), key=lambda run: id(run[0].rng)))
        self._groups = [([dropout for dropout, _ in group], [networks for _, networks in group]) for group in groups]

    def draw(self, workspace: Workspace) -> None:
        """Fresh masks into the workspace of the stack."""
        masks = [mask for mask in workspace.masks if mask is not None]
        if not masks:
            return
        for dropouts, runs in self._groups:
            places = [workspace.slot(networks.start) for networks in runs]
            draw_masks([dropout.network for dropout in dropouts], places, dropouts[0].rng, dropouts[0].input_rng)
            for networks in runs:
                for mask in masks:
                    share(mask, networks)


def _train_until_one_leaves(members: Sequence[Member], trainer: Trainer, batches: StackedBatches) -> Array:
    """Epochs of all networks; which of them go on."""
    stays = np.ones(len(members), dtype=bool)
    while stays.all():
        started = perf_counter()
        losses = trainer.epoch(batches)
        part = (perf_counter() - started) / len(members)  # of the time, for each network
        rates = np.ravel(trainer.schedule(trainer.n_steps - 1))
        for number, member in enumerate(members):
            member.parameters.theta[...] = trainer.parameters.theta[number]
            stays[number] = member.end_epoch(float(losses[number]), float(rates[number]), perf_counter() - part)
    return stays


def _runs(members: Sequence[Member], name: str) -> Iterator[tuple[Any, slice]]:
    """Each object that members side by side share, with their numbers."""
    start = 0
    for _, run in groupby(members, key=lambda member: id(getattr(member, name))):
        shared = list(run)
        yield getattr(shared[0], name), slice(start, start + len(shared))
        start += len(shared)
