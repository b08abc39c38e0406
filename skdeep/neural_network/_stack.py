"""Runs of networks of the same layers as one stack, and what those on the same rows share in it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from hashlib import blake2b

import numpy as np

from ..core import Dropout, EarlyStopping, Member, ParameterVector, Stack
from ..core.targets import targets_key
from ._model import SOLVER_PARAMETERS
from ._parameters import make_max_norm, make_optimizer, norm_limit
from ._threads import one_blas_thread
from ._training import Training, final_loss, finish, mini_batches, patience, prepare_resume


def stack_key(training: Training) -> Hashable:
    """What networks must have in common to be trained as a stack; None for one that must be trained alone."""
    parameters, network = training.parameters, training.model.network
    alone = (
        parameters["solver"] == "lbfgs"
        or parameters["record_norms"]
        or parameters["verbose"]
        or parameters["on_interrupt"] != "raise"
        or parameters["augment"] is not None
        or callable(parameters["learning_rate"])
    )
    if alone:
        return None
    return (
        (network.layer_sizes, network.activations, type(network.loss), network.silent_inputs),
        (len(training.batch_rows), training.batch_size),
        tuple(parameters[name] for name in (*SOLVER_PARAMETERS, "max_norm", "clip_norm")),
    )


def optimise_together(runs: Sequence[Training]) -> list[Exception | None]:
    """What `optimise` does, for networks of one `stack_key`; what went wrong in each."""
    members = _members(runs)
    first = runs[0]
    parameters = first.parameters
    stack = Stack(first.batch_size, make_max_norm(parameters), norm_limit(parameters, "clip_norm"))
    with one_blas_thread():
        stack.train(list(members.values()), make_optimizer(parameters))
    for number, member in members.items():
        training = runs[number]
        training.resume.optimizer = member.optimizer
        training.resume.n_steps = member.history.n_epochs * training.steps_per_epoch
        if member.error is None:
            finish(training, n_epochs=member.history.n_epochs)
    return [members[number].error for number in range(len(runs))]


def _members(runs: Sequence[Training]) -> dict[int, Member]:
    """The runs as the members of a stack, by number, those side by side that share rows or masks."""
    rows = [_rows_key(training) for training in runs]
    draws = [(key, _draws_key(training)) for key, training in zip(rows, runs, strict=True)]
    masks = [(key, training.model.network.keep_prob) for key, training in zip(draws, runs, strict=True)]
    feed_of, draws_of, masks_of = _firsts(rows), _firsts(draws), _firsts(masks)
    order = list(zip(feed_of, draws_of, masks_of, strict=True))
    feeds = [partial(mini_batches, training) for training in runs]
    streams = [runs[number].resume.streams for number in draws_of]
    networks = [training.model.network for training in runs]
    dropouts = [Dropout(net, s.dropout, s.input_dropout) for net, s in zip(networks, streams, strict=True)]
    members = {}
    for number in sorted(range(len(runs)), key=order.__getitem__):
        training = runs[number]
        prepare_resume(training)
        stopping = patience(training)
        members[number] = Member(
            training.model.parameters,
            training.model.history,
            feeds[feed_of[number]],
            dropouts[masks_of[number]],
            training.penalty,
            training.resume.schedule,
            training.n_epochs,
            stopping,
            training.validate,
            training.rescues,
            partial(_final_loss, training, stopping),
        )
    return members


def _final_loss(training: Training, stopping: EarlyStopping, parameters: ParameterVector) -> float:
    return final_loss(training, stopping)


def _firsts(keys: Sequence[Hashable]) -> list[int]:
    """For each key the number of the first that is equal."""
    first: dict[Hashable, int] = {}
    return [first.setdefault(key, number) for number, key in enumerate(keys)]


def _rows_key(training: Training) -> Hashable:
    """Equal where two networks are trained on equal rows in the same order."""
    rows, streams = training.batch_rows, training.resume.streams
    order = _state(streams.shuffle) if training.parameters["shuffle"] else None
    arrays = (rows.numbers, rows.weight, rows.factor)
    bytes_of = (None if array is None else blake2b(array.tobytes()).digest() for array in arrays)
    return id(rows.X), order, targets_key(rows.Y), *bytes_of


def _draws_key(training: Training) -> Hashable:
    """Equal where two networks draw the same for their dropout masks, in the same layers."""
    dropping = tuple(keep_prob < 1.0 for keep_prob in training.model.network.keep_prob)
    return dropping, _state(training.resume.streams.dropout), _state(training.resume.streams.input_dropout)


def _state(rng: np.random.Generator) -> str:
    return str(rng.bit_generator.state)
