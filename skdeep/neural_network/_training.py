"""From parameters and rows to a trained model: assembles the objects of the core and lets them run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import Any

import numpy as np

from ..core import (
    L2,
    DivergenceError,
    Dropout,
    EarlyStopping,
    History,
    MiniBatches,
    Monitor,
    Network,
    NormRecorder,
    Objective,
    ParameterVector,
    Rows,
    StopReason,
    Trainer,
    Workspace,
    mean_loss,
    train,
    train_lbfgs,
)
from ..core.batches import Place
from ..core.divergence import has_diverged
from ..core.losses import Loss
from ..core.objective import block_rows
from ..core.subnormals import KEPT_FLOOR, flush_weights
from ..core.training import Validate
from ._judgement import judge, sample
from ._model import Model, Resume
from ._parameters import (
    Hyperparameters,
    hidden_activations,
    hidden_sizes,
    keep_probs,
    layer_initializers,
    make_augment,
    make_max_norm,
    make_penalty,
    norm_limit,
    penalty_strength,
)
from ._threads import sharing_threads
from ._weighing import Weighing

#: Of a mini-batch, unless the user says otherwise.
FEWEST_ROWS, MOST_ROWS = 40, 256


def auto_batch_size(n_rows: int) -> int:
    """A twentieth of the rows, 40 at least and 256 at most."""
    return min(max(n_rows // 20, FEWEST_ROWS), MOST_ROWS)


@dataclass
class Training:
    """A model and what it is to be trained on.

    Parameters
    ----------
    parameters : dict
        The estimator's, checked.
    model : Model
        Changed in place.
    resume : Resume
        What a later fit will need; changed in place.
    rows : Rows
        The training rows.
    weighing : Weighing
        What the rows and the penalty weigh in the objective.
    n_epochs : int
        How many epochs, or iterations of L-BFGS, at most.
    ends : bool, default=True
        Whether a learning rate that is planned over the training should come to its end after these epochs.
    validate : callable (parameters, history) -> None, default=None
        Judges the dev rows after each epoch.
    observer : Monitor, default=None
        Sees the epochs, and may end the training.
    loss_at_first : float, default=0.0
        In a stream, the mean loss of some of the rows before the first step.
    """

    parameters: Hyperparameters
    model: Model
    resume: Resume
    rows: Rows
    weighing: Weighing
    n_epochs: int
    ends: bool = True
    validate: Validate | None = None
    observer: Monitor | None = None
    loss_at_first: float = 0.0

    @property
    def penalty(self) -> L2:
        """Of the objective."""
        return make_penalty(self.parameters, self.model.alpha, self.weighing.total)

    @property
    def data_terms(self) -> list[float]:
        """The mean loss of the rows in each epoch so far, the penalty taken to have been that of the weights of now."""
        penalty, relative = float(self.penalty.value(self.model.parameters)), self.weighing.relative
        return [(objective - penalty) * relative for objective in self.model.history.loss[-self.n_epochs :]]

    @property
    def watches_dev(self) -> bool:
        """Whether the dev rows end the training."""
        return bool(self.parameters["early_stopping"]) and self.validate is not None

    @property
    def rescues(self) -> dict[type[BaseException], StopReason]:
        """What the user wants to end the training without an error."""
        rescues: dict[type[BaseException], StopReason] = {}
        if self.parameters["on_divergence"] == "restore":
            rescues[DivergenceError] = StopReason.DIVERGED
        if self.parameters["on_interrupt"] == "keep":
            rescues[KeyboardInterrupt] = StopReason.INTERRUPTED
        return rescues

    @cached_property
    def batch_rows(self) -> Rows:
        """The rows that fill the mini-batches: equal ones merged where all fit into one."""
        fit_one = len(self.rows) <= self._asked_batch_size
        if fit_one and self.parameters["augment"] is None and not self.model.network.has_dropout:
            return self.rows.merge_equal()
        return self.rows

    @cached_property
    def batch_size(self) -> int:
        """Rows of a mini-batch."""
        return min(self._asked_batch_size, len(self.batch_rows))

    @property
    def steps_per_epoch(self) -> int:
        """Mini-batches, the last of which may be short."""
        return -(-len(self.batch_rows) // self.batch_size)

    @property
    def _asked_batch_size(self) -> int:
        asked = self.parameters["batch_size"]
        return auto_batch_size(len(self.rows)) if asked == "auto" else int(asked)


class ProgressLine(Monitor):
    """Prints one line an epoch."""

    def __init__(self, last_epoch: int) -> None:
        self.last_epoch = last_epoch

    def epoch_ended(self, history: History, parameters: ParameterVector) -> None:
        """Print the last entries of the history."""
        line = f"epoch {history.n_epochs}/{self.last_epoch}  loss {history.loss[-1]:.6f}"
        if history.validation_loss:
            line += f"  dev loss {history.validation_loss[-1]:.6f}"
        if history.validation_score:
            line += f"  dev score {history.validation_score[-1]:.4f}"
        print(f"{line}  {history.seconds[-1]:.2f} s")  # noqa: T201 (what verbose is for)


def computing_dtype(parameters: Hyperparameters) -> Any:
    """The precision of the training: float64 for L-BFGS, whose line search float32 would mislead, else `dtype`."""
    return np.float64 if parameters["solver"] == "lbfgs" else np.dtype(parameters["dtype"]).type


def start_model(
    parameters: Hyperparameters, loss: Loss, rows: Rows, rng: np.random.Generator, fitted: Model | None
) -> Model:
    """A network with freshly drawn weights, or a copy of the fitted model to train on."""
    sizes = (rows.X.shape[1], *hidden_sizes(parameters), rows.Y.shape[1])
    silent = () if fitted is None else fitted.network.silent_inputs
    network = Network(sizes, hidden_activations(parameters), loss, keep_probs(parameters), silent)
    dtype, alpha = computing_dtype(parameters), penalty_strength(parameters, network)
    if fitted is None:
        # Memory that was promised may turn out not to be there once it is written to.
        with _within_memory(parameters, MemoryError, OverflowError, ValueError):
            weights = ParameterVector(sizes, dtype=dtype)
        with _within_memory(parameters, MemoryError):
            weights.initialize(layer_initializers(parameters), rng)
        return Model(network, weights, History(), alpha)
    if fitted.network.layer_sizes != sizes:
        raise ValueError(f"warm_start and partial_fit must keep the layers {fitted.network.layer_sizes}. Got {sizes}.")
    weights = ParameterVector(sizes, fitted.parameters.theta.astype(dtype))
    return replace(fitted, network=network, parameters=weights, history=fitted.history.copy(), alpha=alpha)


@contextmanager
def _within_memory(parameters: Hyperparameters, *errors: type[Exception]) -> Iterator[None]:
    try:
        yield
    except errors as error:
        hidden = parameters["hidden_layer_sizes"]
        raise ValueError(f"hidden_layer_sizes must leave the weights room in memory. Got {hidden!r}.") from error


def optimise(training: Training) -> None:
    """Train the model on the rows, in place."""
    history, n_before = training.model.history, training.model.history.n_epochs
    # Each in a function of its own, which leaves no gradient and no best weights in memory.
    if training.parameters["solver"] == "lbfgs":
        _run_lbfgs(training)
    else:
        _run_steps(training)
        training.resume.n_steps += (history.n_epochs - n_before) * training.steps_per_epoch
    finish(training, n_epochs=history.n_epochs - n_before)


def _run_lbfgs(training: Training) -> None:
    parameters = training.parameters
    monitors = _monitors(training)
    if parameters["record_norms"]:
        monitors.append(NormRecorder())
    merged = training.rows.merge_equal()
    model = training.model
    with sharing_threads(model.network, block_rows(model.network, len(merged))) as crew:
        train_lbfgs(
            Objective(model.network, merged, training.penalty, crew=crew),
            model.parameters,
            model.history,
            max_iter=training.n_epochs,
            tol=parameters["tol"],
            stopping=_lbfgs_stopping(training),
            validate=training.validate,
            monitors=monitors,
            rescues=training.rescues,
        )
        final_loss(training)
    found = model.parameters
    with np.errstate(over="ignore"):
        model.parameters = found.astype(parameters["dtype"])
    if not np.isfinite(model.parameters.theta).all():
        raise DivergenceError(
            f"dtype must be 'float64' to hold the weights that L-BFGS has found, up to {abs(found.theta).max():.3g}. "
            f"Got {parameters['dtype']!r}."
        )
    flush_weights(model.parameters.theta, KEPT_FLOOR)


def _run_steps(training: Training) -> None:
    parameters, model = training.parameters, training.model
    monitors = _monitors(training)
    workspace = Workspace(model.network, training.batch_size, computing_dtype(parameters))
    batches = mini_batches(training, workspace)
    prepare_resume(training)
    trainer = make_trainer(training)
    if parameters["record_norms"]:
        trainer.record_norms = True
        monitors.append(NormRecorder(lambda: trainer.gradient_norms))
    stopping = patience(training)
    with sharing_threads(model.network, batches.size) as crew:
        trainer.share_with(crew)
        if not training.ends:
            with np.errstate(all="ignore"):
                training.loss_at_first = mean_loss(model.network, model.parameters, sample(training.rows))
        train(
            trainer,
            batches,
            model.history,
            max_epochs=training.n_epochs,
            stopping=stopping,
            validate=training.validate,
            monitors=monitors,
            rescues=training.rescues,
            final_loss=lambda _: final_loss(training, stopping, workspace),
        )


def _monitors(training: Training) -> list[Monitor]:
    last_epoch = training.model.history.n_epochs + training.n_epochs
    monitors: list[Monitor] = [ProgressLine(last_epoch)] if training.parameters["verbose"] else []
    return monitors if training.observer is None else [*monitors, training.observer]


def finish(training: Training, *, n_epochs: int) -> None:
    """Note what the epochs have left beside the weights."""
    model = training.model
    model.n_samples_seen += n_epochs * len(training.rows)
    if model.history.cut_short_by is not None:  # the optimizer's moments do not go with the weights that were put back
        training.resume.made_from.pop("optimizer", None)


def final_loss(training: Training, stopping: EarlyStopping | None = None, workspace: Workspace | None = None) -> float:
    """The mean training loss of the weights as they are, noted in the model.

    Parameters
    ----------
    training : Training
        At its end.
    stopping : EarlyStopping, default=None
        May have kept better weights.
    workspace : Workspace, default=None
        That of the steps, used again where it has no masks.

    Returns
    -------
    float
        Of some rows, or of all where it matters.

    Raises
    ------
    DivergenceError
        When the weights know no more than a constant prediction, or the last epoch made them worse than that,
        `on_divergence` is "restore", and better ones were kept.
    """
    model = training.model
    if workspace is None or model.network.has_dropout:
        workspace = Workspace(model.network, training.batch_size, model.parameters.theta.dtype, training=False)
    with np.errstate(all="ignore"):
        judgement = judge(
            model.network,
            model.parameters,
            training.rows,
            training.weighing,
            training.data_terms,
            workspace,
            model.judgement,
            training.loss_at_first,
            training.resume.n_steps + training.steps_per_epoch,
        )
    model.judgement, model.total_weight = judgement, training.weighing.total
    best = inf if stopping is None else stopping.best_judged
    may_go_back = DivergenceError in training.rescues and model.history.cut_short_by is None
    came_to_nothing = judgement.knows_nothing or judgement.got_worse
    if may_go_back and came_to_nothing and best < min(judgement.loss, judgement.of_constant):
        raise DivergenceError(
            f"Training ended with a loss of {judgement.before:.3g} in epoch {model.history.n_epochs}, where the best "
            f"constant prediction has {judgement.of_constant:.3g}."
        )
    return judgement.loss


def so_far(training: Training, n_epochs_before: int) -> tuple[Model, Resume]:
    """Copies of the model and of what a later fit needs, as if the training had ended after its last epoch.

    Parameters
    ----------
    training : Training
        Going on.
    n_epochs_before : int
        How many epochs the model had when it began.

    Returns
    -------
    tuple of Model and Resume
        Independent of what follows.
    """
    model, resume = deepcopy(training.model), deepcopy(training.resume)
    n_epochs = model.history.n_epochs - n_epochs_before
    model.n_samples_seen += n_epochs * len(training.rows)
    resume.n_steps += n_epochs * training.steps_per_epoch
    return model, resume


def patience(training: Training) -> EarlyStopping:
    """What ends the training: the dev rows by loss or score and with a memory of the best weights, or the loss."""
    parameters, column = training.parameters, "loss"
    if training.watches_dev:
        column = "validation_loss" if parameters["scoring"] == "loss" else "validation_score"
    return EarlyStopping(
        column,
        parameters["tol"],
        parameters["n_iter_no_change"],
        keep_best=training.watches_dev or bool(training.rescues),
        ends_at_best=training.watches_dev,
        judge=_training_loss(training) if training.rescues and not training.watches_dev else None,
    )


def _training_loss(training: Training) -> Callable[[ParameterVector], float]:
    """The loss of given weights on some of the training rows; infinite where it is that of a divergence."""
    network, some = training.model.network, sample(training.rows)

    def loss(parameters: ParameterVector) -> float:
        value = mean_loss(network, parameters, some)
        return float("inf") if has_diverged(value) else value

    return loss


def _lbfgs_stopping(training: Training) -> EarlyStopping | None:
    """L-BFGS has an end of its own: without dev rows nothing else ends it, but the best weights may be asked for."""
    if training.watches_dev:
        return patience(training)
    if training.rescues:
        return EarlyStopping("loss", 0.0, training.n_epochs + 1, keep_best=True, ends_at_best=False)
    return None


def prepare_resume(training: Training) -> None:
    """An optimizer and a schedule for the epochs to come."""
    n_steps = training.n_epochs * training.steps_per_epoch if training.ends else None
    training.resume.prepare(training.parameters, training.model.parameters, n_steps=n_steps)


def mini_batches(training: Training, workspace: Place) -> MiniBatches[Place]:
    """The training rows on their way into a workspace, or into a network's slot of a stack's."""
    parameters, streams = training.parameters, training.resume.streams
    return MiniBatches(
        training.batch_rows,
        workspace,
        shuffle=streams.shuffle if parameters["shuffle"] else None,
        augment=make_augment(parameters, training.model.network.loss),
        augment_rng=streams.augment,
        total_weight=training.weighing.rows,
    )


def make_trainer(training: Training) -> Trainer:
    """What takes the steps, once `prepare_resume` has seen to an optimizer and a schedule."""
    parameters, model, resume = training.parameters, training.model, training.resume
    return Trainer(
        model.network,
        model.parameters,
        resume.optimizer,
        resume.schedule,
        training.penalty,
        Dropout(model.network, resume.streams.dropout, resume.streams.input_dropout),
        max_norm=make_max_norm(parameters),
        clip_norm=norm_limit(parameters, "clip_norm"),
        n_steps=resume.n_steps,
        tails=resume.tails,
    )
