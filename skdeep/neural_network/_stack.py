"""Trainings of networks of the same layers as one stack, and what those on the same rows share in it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial

import numpy as np

from ..core import Dropout, Member, Rows, Stack
from ._model import SOLVER_PARAMETERS
from ._parameters import make_max_norm, make_optimizer, make_penalty
from ._threads import suited_threads
from ._training import Training, mini_batches, patience, prepare_resume


def stack_key(training: Training) -> Hashable:
    """What networks must have in common to be trained as a stack; None for one that must be trained alone."""
    parameters, network = training.parameters, training.model.network
    alone = (
        parameters["solver"] == "lbfgs"
        or parameters["record_norms"]
        or parameters["verbose"]
        or parameters["augment"] is not None
        or callable(parameters["learning_rate"])
    )
    if alone:
        return None
    return (
        (network.layer_sizes, network.activations, type(network.loss)),
        (len(training.batch_rows), training.batch_size),
        tuple(parameters[name] for name in (*SOLVER_PARAMETERS, "max_norm", "clip_norm")),
    )


def optimise_together(trainings: Sequence[Training]) -> list[Exception | None]:
    """What `optimise` does, for networks of one `stack_key`; what went wrong in each."""
    members = _members(trainings)
    first = trainings[0]
    parameters = first.parameters
    stack = Stack(first.batch_size, make_max_norm(parameters), parameters["clip_norm"])
    with suited_threads(first.model.network, first.batch_size):
        stack.train(list(members.values()), make_optimizer(parameters))
    for number, member in members.items():
        training = trainings[number]
        n_steps = member.history.n_epochs * -(-len(training.batch_rows) // training.batch_size)
        training.resume.optimizer, training.resume.n_steps = member.optimizer, n_steps
        training.model.n_samples_seen += member.history.n_epochs * len(training.rows)
    return [members[number].error for number in range(len(trainings))]


def _members(trainings: Sequence[Training]) -> dict[int, Member]:
    """The trainings as the members of a stack, by number, those side by side that share rows or masks."""
    n = len(trainings)
    feed_of = _first_equal(n, lambda a, b: _see_the_same(trainings[a], trainings[b]))
    draws_of = _first_equal(n, lambda a, b: feed_of[a] == feed_of[b] and _draw_the_same(trainings[a], trainings[b]))
    networks = [training.model.network for training in trainings]
    masks_of = _first_equal(
        n, lambda a, b: draws_of[a] == draws_of[b] and networks[a].keep_prob == networks[b].keep_prob
    )
    feeds = [partial(mini_batches, training) for training in trainings]
    streams = [trainings[number].resume.streams for number in draws_of]
    dropouts = [Dropout(net, s.dropout, s.input_dropout) for net, s in zip(networks, streams, strict=True)]
    members = {}
    for number in sorted(range(n), key=lambda number: (feed_of[number], draws_of[number], masks_of[number])):
        training = trainings[number]
        prepare_resume(training)
        members[number] = Member(
            training.model.parameters,
            training.model.history,
            feeds[feed_of[number]],
            dropouts[masks_of[number]],
            make_penalty(training.parameters, training.model.alpha, training.rows.total_weight),
            training.resume.schedule,
            training.n_epochs,
            patience(training),
            training.validate,
        )
    return members


def _first_equal(n: int, equal: Callable[[int, int], bool]) -> list[int]:
    """For each of n numbers the first that is equal to it."""
    firsts: list[int] = []
    found = []
    for number in range(n):
        first = next((first for first in firsts if equal(first, number)), number)
        if first == number:
            firsts.append(number)
        found.append(first)
    return found


def _see_the_same(one: Training, other: Training) -> bool:
    """Whether two networks are trained on equal rows in the same order."""
    if bool(one.parameters["shuffle"]) != bool(other.parameters["shuffle"]):
        return False
    same_order = not one.parameters["shuffle"] or _same_state(one.resume.streams.shuffle, other.resume.streams.shuffle)
    return same_order and _equal_rows(one.batch_rows, other.batch_rows)


def _draw_the_same(one: Training, other: Training) -> bool:
    """Whether two networks draw the same for their dropout masks, in the same layers."""
    dropping = [[keep_prob < 1.0 for keep_prob in training.model.network.keep_prob] for training in (one, other)]
    a, b = one.resume.streams, other.resume.streams
    same = _same_state(a.dropout, b.dropout) and _same_state(a.input_dropout, b.input_dropout)
    return dropping[0] == dropping[1] and same


def _equal_rows(a: Rows, b: Rows) -> bool:
    same = a.X is b.X and np.array_equal(a.numbers, b.numbers) and np.array_equal(a.Y, b.Y)
    if a.weight is None or b.weight is None:
        return same and a.weight is b.weight
    return same and np.array_equal(a.weight, b.weight)


def _same_state(a: np.random.Generator, b: np.random.Generator) -> bool:
    return bool(a.bit_generator.state == b.bit_generator.state)
