"""Numbers that have decayed to almost nothing, and zero in their place.

Below about 1e-38 (float32) or 1e-308 (float64) numbers are subnormal, and many processors take a hundred times as long
for a product with one of them. Weights that nothing but the penalty acts on get there, and so do the gradients of rows
and units that have nothing left to learn. In training each floor lies far above that, so that nothing decays below it
before the next flush, and far below the rounding of the sums that such a number enters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from .parameters import PIECE, Array, piece_scratch

#: By the bytes of a number: weights that are below become zero, every so many steps. No lower in float32, as they go on
#: to decay until the next time.
WEIGHT_FLOOR = {4: 1e-30, 8: 1e-36}
#: The same for those that an epoch leaves, an older file holds or ONNX gets: none is subnormal, in float32 neither.
KEPT_FLOOR = {4: 1e-36, 8: 1e-36}


class Kind(Enum):
    """What a step computes with, and its floors by the bytes of a number."""

    OUTPUT = "outputs of a hidden layer"
    DELTA = "gradients by the sums of a layer, which enter sums over all rows"
    GRADIENT = "gradients by weights and biases, which optimizers square"


FLOORS = {Kind.OUTPUT: {4: 1e-30, 8: 1e-200}, Kind.DELTA: {4: 1e-30, 8: 1e-200}, Kind.GRADIENT: {4: 1e-18, 8: 1e-150}}
#: One in so many values below the floor takes, where it is slow, about as long as to flush them all.
RARE = 256


def flush_below(values: Array, floor: float, scratch: Array) -> None:
    """Set to zero, in place, what is smaller than a floor, and leave every other number as it is.

    Parameters
    ----------
    values : contiguous ndarray
        Changed in place.
    floor : float
        What is to stay has at least this size. NaN stays, too.
    scratch : ndarray of shape (n,)
        Used up; so many values are compared at a time.
    """
    values = values if values.ndim == 1 else values.reshape(-1)
    for start in range(0, values.size, scratch.size):
        piece = values[start : start + scratch.size]
        size = scratch[: piece.size]
        np.abs(piece, out=size)
        if not np.minimum.reduce(size) >= floor:  # mostly it is, which is known in a third of the time
            np.greater_equal(size, np.asarray(floor, dtype=size.dtype), out=size)
            piece *= size


def flush_weights(theta: Array, floors: dict[int, float], scratch: Array | None = None) -> None:
    """Set weights and biases below the floor of their precision to zero, in place.

    Parameters
    ----------
    theta : contiguous ndarray
        Changed in place.
    floors : dict
        The floor by the bytes of a number.
    scratch : ndarray of shape (n,), default=None
        Used up; as many values as a piece has if None.
    """
    flush_below(theta, floors[theta.itemsize], piece_scratch(theta) if scratch is None else scratch)


def flushed(weights: Array) -> Array:
    """Weights that nobody trains at the moment, without those below `KEPT_FLOOR`.

    Parameters
    ----------
    weights : ndarray
        Of any shape; may be read-only.

    Returns
    -------
    ndarray
        The array itself where there are none, else a copy.
    """
    flat, floor = weights.reshape(-1), KEPT_FLOOR[weights.itemsize]
    sizes = (np.abs(flat[start : start + PIECE]) for start in range(0, flat.size, PIECE))
    if not any(np.any((piece < floor) & (piece > 0.0)) for piece in sizes):
        return weights
    copy = np.array(weights, order="C")
    flush_weights(copy, KEPT_FLOOR)
    return copy


@dataclass
class Tails:
    """Flushes what a step computes with: all kinds when told to look, then those of which it has found some.

    Parameters
    ----------
    scratch : ndarray of shape (n,)
        Used up; so many values are compared at a time.

    Attributes
    ----------
    looks : bool
        Whether to look.
    found : set of str
        The names of the kinds of which more than one in `RARE` values was flushed when it looked.
    """

    scratch: Array
    looks: bool = field(default=False, init=False)
    found: set[str] = field(default_factory=set, init=False)

    def flush(self, values: Array, kind: Kind) -> None:
        """Set to zero what is below the floor of its kind and precision.

        Parameters
        ----------
        values : contiguous ndarray
            Changed in place.
        kind : Kind
            What they are.
        """
        if not self.looks and kind.name not in self.found:
            return
        before = int(np.count_nonzero(values)) if self.looks else 0
        flush_below(values, FLOORS[kind][values.itemsize], self.scratch)
        if self.looks and (before - np.count_nonzero(values)) * RARE > values.size:
            self.found.add(kind.name)


def look(all_tails: Iterable[Tails]) -> None:
    """Have them look, and forget what they have found."""
    for tails in all_tails:
        tails.looks, tails.found = True, set()


def share_found(all_tails: Sequence[Tails]) -> list[str]:
    """Have them look no more, and know what any of them has found; the names of the kinds."""
    found = set().union(*(tails.found for tails in all_tails))
    tell(all_tails, found)
    return sorted(found)


def tell(all_tails: Iterable[Tails], found: Iterable[str]) -> None:
    """Have them know what was found."""
    for tails in all_tails:
        tails.looks, tails.found = False, set(found)
