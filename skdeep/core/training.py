"""The training loop, in three levels: `train` over epochs, `Trainer.epoch` over mini-batches, `Trainer.step`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from .batches import MiniBatches, StackedBatches
from .crew import ALONE, Crew
from .divergence import require_convergent
from .monitors import EarlyStopping, History, Monitor, StopReason, layer_norms
from .network import Dropout, Network, Workspace
from .objective import Objective
from .optimizers import Optimizer
from .parameters import Array, ParameterVector, piece_scratch
from .parts import Part
from .penalties import L2, MaxNorm, clip_norm
from .schedules import Schedule
from .shared_pass import PartView, SharedPass
from .subnormals import KEPT_FLOOR, WEIGHT_FLOOR, Kind, Tails, flush_weights, look, share_found, tell

#: Appends what the dev rows say of the parameters to the history.
Validate = Callable[[ParameterVector, History], None]
#: The loss of weights on the training rows, or on some of them.
TrainingLoss = Callable[[ParameterVector], float]

# scipy's own ftol, which goes with a gradient tolerance of 1e-4. A finer tol needs a finer ftol, or L-BFGS would end by
# the small gain of a step long before the gradient is within tol.
LBFGS_FTOL, LBFGS_TOL = 1e7 * float(np.finfo(np.float64).eps), 1e-4


#: Steps within which no weight or moment decays from what a flush leaves to a subnormal number, at 0.9 a step.
FLUSH_STEPS = 128
#: The first of so many steps flushes the tails of what it computes; the others do where that has found some.
LOOK_STEPS = 512


#: What may cut training short without an error, and the reason to note then.
Rescues = Mapping[type[BaseException], StopReason]


class Draws(Protocol):
    """What the training loop asks of dropout."""

    def draw(self, workspace: Workspace) -> None:
        """Fresh masks into a workspace."""
        ...


@dataclass
class Trainer:
    """Everything that one optimisation step needs and changes.

    Parameters
    ----------
    network : Network
        What is trained.
    parameters : ParameterVector
        Changed in place by every step.
    optimizer : Optimizer
        Already bound to `parameters`.
    schedule : callable (step) -> rate
        The learning rate.
    penalty : L2
        Part of the objective.
    dropout : Dropout
        Draws the masks.
    max_norm : MaxNorm, default=None
        Projection after each step.
    clip_norm : float, default=None
        Largest norm of a gradient.
    n_steps : int, default=0
        Steps taken so far.
    record_norms : bool, default=False
        Whether to note the norms of the gradient in the first step of each epoch.
    tails : list of str, default=[]
        What the steps flush the tails of, as the last look has found, changed in place: by it a later run goes on.

    Attributes
    ----------
    gradient_norms : list of float
        The last ones noted, one for each layer's weights: penalty included, before clipping.
    """

    network: Network
    parameters: ParameterVector
    optimizer: Optimizer
    schedule: Schedule
    penalty: L2
    dropout: Draws
    max_norm: MaxNorm | None = None
    clip_norm: float | None = None
    n_steps: int = 0
    record_norms: bool = False
    tails: list[str] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list, init=False)
    gradient: ParameterVector = field(init=False, repr=False)
    _scratch: Array = field(init=False, repr=False)
    _records_next: bool = field(default=False, init=False, repr=False)
    _pass: SharedPass = field(init=False, repr=False)
    _tails: Tails = field(init=False, repr=False)

    def __post_init__(self) -> None:
        theta = self.parameters.theta
        self.gradient = ParameterVector(self.parameters.layer_sizes, np.empty_like(theta))
        self._scratch = piece_scratch(theta)
        self._tails = Tails(self._scratch)
        self.share_with(ALONE)

    def share_with(self, crew: Crew) -> None:
        """Have these threads share large steps."""
        self._pass = SharedPass(self.network, self.parameters, self.gradient, crew)

    def epoch(self, batches: MiniBatches[Workspace] | StackedBatches) -> Array:
        """Step through all mini-batches; the mean over rows of the objective before each step."""
        # Of a single network a numpy scalar, whose sums are several times as quick as those of an array.
        total = np.zeros(self.parameters.theta.shape[:-1], dtype=np.float64)[()]
        self._records_next = self.record_norms
        for batch in batches.epoch():
            total = total + self.step(batch) * batch.n_rows
        # At every end of an epoch, so that a run that ends there and goes on later is one that was never cut.
        self.optimizer.flush()
        flush_weights(self.parameters.theta, KEPT_FLOOR, self._scratch)
        return np.asarray(total / batches.n_rows)

    def step(self, batch: Workspace) -> Array:
        """One step on the mini-batch in the workspace; the objective before it."""
        looks = self.n_steps % LOOK_STEPS == 0
        if batch.is_shared:
            return self._shared_step(batch, looks)
        self.dropout.draw(batch)
        if not (looks or self.tails):
            return self.network.loss_and_gradient(self.parameters, self.gradient, batch) + self.move()
        with self._flushing([self._tails], looks):
            loss = self.network.loss_and_gradient(self.parameters, self.gradient, batch, self._tails)
            return loss + self.move(self._tails)

    def move(self, tails: Tails | None = None) -> Array:
        """From the gradient of the loss to moved parameters, the gradient used up; the penalty before it."""
        rate = self.schedule(self.n_steps)
        penalty = self._penalise(self.parameters, self.gradient, rate, self._scratch)
        if self.clip_norm is not None or self._records_next:
            self._note_and_clip()
        theta, gradient = self.parameters.theta, self.gradient.theta
        if tails is not None:
            tails.flush(gradient, Kind.GRADIENT)
        self.optimizer.move(theta, gradient, self.optimizer.begin(theta, rate))
        self._close_step()
        return penalty

    def _shared_step(self, batch: Workspace, looks: bool) -> Array:
        """What `step` does, by several threads, where it is worth it."""
        theta, gradient, is_careful = self.parameters.theta, self.gradient.theta, looks or bool(self.tails)
        rate = self.schedule(self.n_steps)

        def penalise(part: Part, weights: PartView, sums: PartView, tails: Tails) -> Array:
            return self._penalise(weights, sums, rate, tails.scratch)

        def advance(part: Part, weights: PartView, sums: PartView, tails: Tails) -> None:
            if is_careful:
                tails.flush(sums.theta, Kind.GRADIENT)
            self.optimizer.move(theta, gradient, constants, part.entries, tails.scratch)

        def penalise_and_advance(part: Part, weights: PartView, sums: PartView, tails: Tails) -> Array:
            penalty = penalise(part, weights, sums, tails)
            advance(part, weights, sums, tails)
            return penalty

        with self._flushing(self._pass.tails, looks):
            assert isinstance(self.dropout, Dropout)  # the steps of a stack are not shared
            loss = self._pass.loss(batch, self.dropout, careful=is_careful)
            constants = self.optimizer.begin(theta, rate)
            if self.clip_norm is None and not self._records_next:
                penalties = self._pass.make_gradient(batch, penalise_and_advance)
            else:
                penalties = self._pass.make_gradient(batch, penalise)
                self._note_and_clip()
                self._pass.for_parts(advance)
        self._close_step()
        return loss + np.add.reduce(penalties)

    @contextmanager
    def _flushing(self, tails: Sequence[Tails], looks: bool) -> Iterator[None]:
        """Whether the next steps flush their tails is decided by the first of them, which looks for some."""
        if looks:
            look(tails)
        else:
            tell(tails, self.tails)
        yield
        if looks:
            self.tails[:] = share_found(tails)

    def _penalise(
        self, weights: ParameterVector | PartView, sums: ParameterVector | PartView, rate: float | Array, scratch: Array
    ) -> Array:
        """Add the penalty's gradient, or shrink the weights; the penalty before that."""
        if not self.penalty.decoupled:
            return self.penalty.add_gradient(weights, sums, scratch)
        penalty = self.penalty.value(weights)
        self.penalty.shrink(weights, rate)
        return penalty

    def _note_and_clip(self) -> None:
        if self._records_next:
            self.gradient_norms, self._records_next = layer_norms(self.gradient), False
        if self.clip_norm is not None:
            clip_norm(self.gradient.theta, self.clip_norm)

    def _close_step(self) -> None:
        if self.max_norm is not None:
            self.max_norm.project(self.parameters, scratch=self.gradient)
        self.n_steps += 1
        if self.n_steps % FLUSH_STEPS == 0:
            self.optimizer.flush()
            flush_weights(self.parameters.theta, WEIGHT_FLOOR, self._scratch)


def train(
    trainer: Trainer,
    batches: MiniBatches[Workspace],
    history: History,
    *,
    max_epochs: int,
    stopping: EarlyStopping,
    validate: Validate | None = None,
    monitors: Sequence[Monitor] = (),
    rescues: Rescues | None = None,
    final_loss: TrainingLoss | None = None,
) -> None:
    """Train for at most `max_epochs` epochs; the trainer's parameters and the history are changed in place.

    Parameters
    ----------
    trainer : Trainer
        Takes the steps.
    batches : MiniBatches
        The training rows.
    history : History
        Gets one entry per epoch and the reason of the end.
    max_epochs : int
        How many epochs to add.
    stopping : EarlyStopping
        Ends the training; at its word a schedule that can is lowered first.
    validate : callable (parameters, history) -> None, default=None
        Evaluates the dev rows after each epoch.
    monitors : sequence of Monitor, default=()
        See each epoch begin and end.
    rescues : mapping of exception type to StopReason, default=None
        What does not fail the training once `stopping` has kept weights: they are its result then.
    final_loss : callable (parameters) -> float, default=None
        The loss of the weights that the training would leave, which no loss of the history is: those are taken before
        each step.

    Raises
    ------
    DivergenceError
        In the epoch whose loss or weights are not finite, or whose loss is beyond `LARGEST_LOSS`.
    """
    history.stop_reason, history.cut_short_by, rescues = None, None, rescues or {}
    try:
        # An overflow is reported once, as a DivergenceError, instead of as a warning from every array call.
        with np.errstate(all="ignore"):
            for _ in range(max_epochs):
                _begin_epoch(monitors, history, trainer.parameters)
                started = perf_counter()
                history.loss.append(float(trainer.epoch(batches)))
                history.learning_rate.append(float(trainer.schedule(trainer.n_steps - 1)))
                close_epoch(trainer.parameters, history, started, validate)
                asked = _first_reason(monitors, history, trainer.parameters)
                stalled = stalls(stopping, trainer.schedule, history, trainer.parameters)
                history.stop_reason = asked or stalled
                if history.stop_reason is not None:
                    break
            end(trainer.parameters, history, stopping, final_loss)
    except tuple(rescues) as error:
        if not rescue(error, rescues, stopping, history, trainer.parameters, final_loss):
            raise


def train_lbfgs(
    objective: Objective,
    parameters: ParameterVector,
    history: History,
    *,
    max_iter: int,
    tol: float,
    stopping: EarlyStopping | None = None,
    validate: Validate | None = None,
    monitors: Sequence[Monitor] = (),
    rescues: Rescues | None = None,
) -> None:
    """Minimise the objective by L-BFGS (scipy's L-BFGS-B without bounds); parameters and history change in place.

    Parameters
    ----------
    objective : Objective
        Over all training rows, in float64.
    parameters : ParameterVector
        The start, and on return the end; float64.
    history : History
        ``loss`` gets the objective at the start and after every iteration.
    max_iter : int
        Most iterations.
    tol : float
        Stop when no entry of the gradient is larger.
    stopping : EarlyStopping, default=None
        Watches the dev rows.
    validate : callable (parameters, history) -> None, default=None
        Evaluates the dev rows after each iteration.
    monitors : sequence of Monitor, default=()
        See each iteration begin and end.
    rescues : mapping of exception type to StopReason, default=None
        What does not fail the training once `stopping` has kept weights: they are its result then.

    Raises
    ------
    DivergenceError
        When the objective or a weight is not finite.
    """
    history.stop_reason, history.cut_short_by, rescues = None, None, rescues or {}
    try:
        with np.errstate(all="ignore"):
            status = _minimise(objective, parameters, history, max_iter, tol, stopping, validate, monitors)
    except tuple(rescues) as error:
        if stopping is None or not rescue(error, rescues, stopping, history, parameters):
            raise
        return
    if history.stop_reason is None:
        ends = {0: StopReason.CONVERGED, 1: StopReason.MAX_ITER}
        history.stop_reason = ends.get(status, StopReason.LINE_SEARCH)
    if stopping is not None:
        stopping.restore(history, parameters)


def _minimise(
    objective: Objective,
    parameters: ParameterVector,
    history: History,
    max_iter: int,
    tol: float,
    stopping: EarlyStopping | None,
    validate: Validate | None,
    monitors: Sequence[Monitor],
) -> int:
    """The iterations of L-BFGS; scipy's status at their end."""
    watching = monitors if stopping is None else [*monitors, stopping]
    started, has_begun = perf_counter(), False
    history.loss.append(objective(parameters.theta)[0])
    require_convergent(parameters, history, history.loss[-1])

    def evaluate(theta: Array) -> tuple[float, Array]:
        # scipy tells when an iteration has ended, but not that the next begins: that is where it evaluates again.
        nonlocal has_begun
        if not has_begun:
            _begin_epoch(monitors, history, parameters)
            has_begun = True
        return objective(theta)

    def iteration_ended(intermediate_result: OptimizeResult) -> None:
        nonlocal started, has_begun
        has_begun = False
        parameters.theta[...] = intermediate_result.x
        history.loss.append(float(intermediate_result.fun))
        try:
            close_epoch(parameters, history, started, validate)
            history.stop_reason = _first_reason(watching, history, parameters)
        except StopIteration as error:  # of the user's own functions: scipy would take it for the end of the training
            raise RuntimeError("scoring or a callback raised StopIteration") from error
        started = perf_counter()
        if history.stop_reason is not None:
            raise StopIteration

    result = minimize(
        evaluate,
        parameters.theta.copy(),
        jac=True,
        method="L-BFGS-B",
        callback=iteration_ended,
        options={"maxiter": max_iter, "gtol": tol, "ftol": LBFGS_FTOL * min(1.0, tol / LBFGS_TOL)},
    )
    return int(result.status)


def close_epoch(parameters: ParameterVector, history: History, started: float, validate: Validate | None) -> None:
    """Count the epoch, check it, and evaluate the dev rows."""
    history.n_epochs += 1
    history.best_epoch = history.n_epochs
    require_convergent(parameters, history, history.loss[-1])
    if validate is not None:
        validate(parameters, history)
        require_convergent(parameters, history, history.loss[-1])
    history.seconds.append(perf_counter() - started)


def _begin_epoch(monitors: Sequence[Monitor], history: History, parameters: ParameterVector) -> None:
    for monitor in monitors:
        monitor.epoch_begins(history, parameters)


def _first_reason(monitors: Sequence[Monitor], history: History, parameters: ParameterVector) -> StopReason | None:
    """Show the epoch to every monitor; the first reason to stop, if any."""
    reasons = [monitor.epoch_ended(history, parameters) for monitor in monitors]
    return next((reason for reason in reasons if reason is not None), None)


def end(
    parameters: ParameterVector, history: History, stopping: EarlyStopping, final_loss: TrainingLoss | None
) -> None:
    """Leave a run that no error has ended with the weights that it is to have, and look at what they cost."""
    history.stop_reason = history.stop_reason or StopReason.MAX_ITER
    stopping.restore(history, parameters)
    if final_loss is not None:
        require_convergent(parameters, history, final_loss(parameters))


def rescue(
    error: BaseException,
    rescues: Rescues,
    stopping: EarlyStopping,
    history: History,
    parameters: ParameterVector,
    final_loss: TrainingLoss | None = None,
) -> bool:
    """End a run that an error has cut short, where it is one to be rescued from; whether that was possible."""
    reason = next((reason for kind, reason in rescues.items() if isinstance(error, kind)), None)
    if reason is None or not stopping.rescue(history, parameters):
        return False
    history.stop_reason = reason
    history.cut_short_by = str(error) or "Training was interrupted."
    if final_loss is not None:
        with np.errstate(all="ignore"):
            final_loss(parameters)
    return True


def stalls(
    stopping: EarlyStopping, schedule: Schedule, history: History, parameters: ParameterVector
) -> StopReason | None:
    """The reason to stop once patience is at its end, unless the schedule answers by a lower rate."""
    reason = stopping.epoch_ended(history, parameters)
    lower = getattr(schedule, "lower", None)
    if reason is None or lower is None or not lower():
        return reason
    stopping.n_stalled = 0  # patience starts again
    return None
