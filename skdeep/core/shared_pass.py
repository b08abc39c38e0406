"""Forward and backward by several threads: the rows of a mini-batch in blocks, then the parameters in parts.

Each block goes through the network by itself, up to the gradients by its sums. Then each part of the parameters gets
its gradient from all rows at once, so that no gradient is kept twice and none is summed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeVar

import numpy as np

from .crew import ALONE, Crew
from .network import Dropout, Network, Workspace
from .parameters import Array, ParameterVector, piece_scratch
from .parts import Part, parts_of
from .subnormals import Tails


@dataclass(frozen=True)
class PartView:
    """A part of the parameters, or of their gradient.

    Parameters
    ----------
    theta, flat_weights : ndarray of shape (n,)
        Views of its entries, and of those of them that are weights.
    """

    theta: Array
    flat_weights: Array


Result = TypeVar("Result")
#: What is done with a part: gets the part, its parameters, their gradient and the thread's tails.
Follow = Callable[[Part, PartView, PartView, Tails], Result]


def nothing(part: Part, parameters: PartView, gradient: PartView, tails: Tails) -> None:
    """Leave the gradient as it is."""


@dataclass
class SharedPass:
    """The pass of mini-batches that are large enough for threads to share them.

    Parameters
    ----------
    network : Network
        What is computed.
    parameters : ParameterVector
        Where.
    gradient : ParameterVector
        Overwritten with the gradient of the weighted loss.
    crew : Crew
        The threads.
    """

    network: Network
    parameters: ParameterVector
    gradient: ParameterVector
    crew: Crew = ALONE

    @cached_property
    def tails(self) -> list[Tails]:
        """One for each thread."""
        return [Tails(piece_scratch(self.parameters.theta)) for _ in range(self.crew.n_threads)]

    def loss(self, batch: Workspace, dropout: Dropout | None = None, *, careful: bool = False) -> Array:
        """The weighted loss of the rows in the workspace; every block has its deltas then.

        Parameters
        ----------
        batch : Workspace
            Holds the rows, their targets and weights, and without `dropout` the masks if any.
        dropout : Dropout, default=None
            Draws fresh masks.
        careful : bool, default=False
            Whether to flush the tails.

        Returns
        -------
        scalar
            ``sum_i row_weights_i * loss_i``.
        """
        losses: dict[int, Array] = {}
        draws = dropout.split(batch.blocks) if dropout is not None and self.network.has_dropout else None

        def compute(number: int, thread: int) -> None:
            block = batch.blocks[number]
            if draws is not None:
                draws[number].draw(block)
            tails = self.tails[thread] if careful else None
            losses[number] = self.network.loss_and_gradient(self.parameters, None, block, tails)

        numbers = range(len(batch.blocks))
        self.crew.run([partial(compute, number) for number in numbers])
        return np.add.reduce([losses[number] for number in numbers])

    def make_gradient(self, batch: Workspace, then: Follow[Result]) -> list[Result]:
        """The gradient of the loss, part by part, and what follows on each; what that gives, in the order of parts."""

        def compute(part: Part, parameters: PartView, gradient: PartView, tails: Tails) -> Result:
            self.network.part_gradient(self.gradient, batch, part)
            return then(part, parameters, gradient, tails)

        return self.for_parts(compute)

    def for_parts(self, follow: Follow[Result]) -> list[Result]:
        """Have the threads do something with all parts; what it gives, in the order of parts."""
        results: dict[int, Result] = {}

        def compute(number: int, thread: int) -> None:
            results[number] = follow(*self._parts[number], self.tails[thread])

        numbers = range(len(self._parts))
        self.crew.run([partial(compute, number) for number in numbers])
        return [results[number] for number in numbers]

    @cached_property
    def _parts(self) -> list[tuple[Part, PartView, PartView]]:
        return [(part, _view(self.parameters, part), _view(self.gradient, part)) for part in parts_of(self.parameters)]


def _view(vector: ParameterVector, part: Part) -> PartView:
    return PartView(vector.theta[part.entries], vector.theta[part.weights])
