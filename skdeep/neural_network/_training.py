"""From parameters and rows to a trained model: assembles the objects of the core and lets them run."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from ..core import (
    EarlyStopping,
    History,
    MiniBatches,
    Monitor,
    Network,
    NormRecorder,
    Objective,
    ParameterVector,
    Rows,
    Trainer,
    Workspace,
    train,
    train_lbfgs,
)
from ..core.losses import Loss
from ..core.training import Validate
from ._model import Model, Resume
from ._parameters import (
    hidden_activations,
    hidden_sizes,
    keep_probs,
    layer_initializers,
    make_augment,
    make_max_norm,
    make_penalty,
    penalty_strength,
)
from ._threads import suited_threads


def auto_batch_size(n_rows: int) -> int:
    """A twentieth of the rows, 40 at least and 256 at most."""
    return min(max(n_rows // 20, 40), 256)


class ProgressLine:
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


def computing_dtype(parameters: dict[str, Any]) -> Any:
    """The precision of the training: float64 for L-BFGS, whose line search float32 would mislead, else `dtype`."""
    return np.float64 if parameters["solver"] == "lbfgs" else np.dtype(parameters["dtype"]).type


def start_model(
    parameters: dict[str, Any], loss: Loss, rows: Rows, rng: np.random.Generator, fitted: Model | None
) -> Model:
    """A network with freshly drawn weights, or a copy of the fitted model to train on."""
    sizes = (rows.X.shape[1], *hidden_sizes(parameters), rows.Y.shape[1])
    network = Network(sizes, hidden_activations(parameters), loss, keep_probs(parameters))
    dtype, alpha = computing_dtype(parameters), penalty_strength(parameters, network)
    if fitted is None:
        weights = ParameterVector(sizes, dtype=dtype)
        weights.initialize(layer_initializers(parameters), rng)
        return Model(network, weights, History(), alpha)
    if fitted.network.layer_sizes != sizes:
        raise ValueError(f"warm_start and partial_fit must keep the layers {fitted.network.layer_sizes}. Got {sizes}.")
    weights = ParameterVector(sizes, fitted.parameters.theta.astype(dtype))
    return Model(network, weights, deepcopy(fitted.history), alpha, fitted.n_samples_seen)


def optimise(
    parameters: dict[str, Any],
    model: Model,
    resume: Resume,
    rows: Rows,
    *,
    n_epochs: int,
    ends: bool = True,
    validate: Validate | None = None,
) -> None:
    """Train the model on the rows, in place.

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
    n_epochs : int
        How many epochs, or iterations of L-BFGS, at most.
    ends : bool, default=True
        Whether a learning rate that is planned over the training should come to its end after these epochs.
    validate : callable (parameters, history) -> None, default=None
        Judges the dev rows after each epoch.
    """
    n_before = model.history.n_epochs
    monitors: list[Monitor] = [ProgressLine(n_before + n_epochs)] if parameters["verbose"] else []
    watched: dict[str, Any] = {"validate": validate, "monitors": monitors}
    watches_dev = bool(parameters["early_stopping"]) and validate is not None
    if parameters["solver"] == "lbfgs":
        stopping = _patience(parameters, watches_dev) if watches_dev else None
        if parameters["record_norms"]:
            monitors.append(NormRecorder())
        _minimise(parameters, model, rows, max_iter=n_epochs, stopping=stopping, **watched)
    else:
        batches = _mini_batches(parameters, model.network, resume, rows)
        resume.prepare(parameters, model.parameters, n_steps=n_epochs * len(batches) if ends else None)
        trainer = _trainer(parameters, model, resume, rows.total_weight)
        stopping = _patience(parameters, watches_dev)
        if parameters["record_norms"]:
            trainer.record_norms = True
            monitors.append(NormRecorder(lambda: trainer.gradient_norms))
        with suited_threads(model.network, batches.size):
            train(trainer, batches, model.history, max_epochs=n_epochs, stopping=stopping, **watched)
        resume.n_steps = trainer.n_steps
    model.n_samples_seen += (model.history.n_epochs - n_before) * len(rows)


def _patience(parameters: dict[str, Any], watches_dev: bool) -> EarlyStopping:
    """What ends the training: the dev rows by loss or score and with a memory of the best weights, or the loss."""
    column = "loss"
    if watches_dev:
        column = "validation_loss" if parameters["scoring"] == "loss" else "validation_score"
    return EarlyStopping(column, parameters["tol"], int(parameters["n_iter_no_change"]), keep_best=watches_dev)


def _minimise(parameters: dict[str, Any], model: Model, rows: Rows, **watched: Any) -> None:
    """L-BFGS on all rows at once."""
    merged = rows.merge_equal()
    objective = Objective(model.network, merged, make_penalty(parameters, model.alpha, merged.total_weight))
    train_lbfgs(objective, model.parameters, model.history, tol=parameters["tol"], **watched)
    model.parameters = model.parameters.astype(parameters["dtype"])


def _mini_batches(parameters: dict[str, Any], network: Network, resume: Resume, rows: Rows) -> MiniBatches:
    batch_size = auto_batch_size(len(rows)) if parameters["batch_size"] == "auto" else int(parameters["batch_size"])
    if len(rows) <= batch_size and parameters["augment"] is None and not network.has_dropout:
        rows = rows.merge_equal()
    return MiniBatches(
        rows,
        Workspace(network, min(batch_size, len(rows)), computing_dtype(parameters)),
        shuffle=resume.streams.shuffle if parameters["shuffle"] else None,
        augment=make_augment(parameters, network.loss),
        augment_rng=resume.streams.augment,
    )


def _trainer(parameters: dict[str, Any], model: Model, resume: Resume, total_weight: float) -> Trainer:
    return Trainer(
        model.network,
        model.parameters,
        resume.optimizer,
        resume.schedule,
        make_penalty(parameters, model.alpha, total_weight),
        resume.streams.dropout,
        resume.streams.input_dropout,
        max_norm=make_max_norm(parameters),
        clip_norm=parameters["clip_norm"],
        n_steps=resume.n_steps,
    )
