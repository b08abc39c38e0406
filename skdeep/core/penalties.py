"""What keeps weights small: the L2 penalty of the objective, the max-norm projection, the clipped gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .parameters import Array, ParameterVector, in_pieces, piece_scratch


class HasWeights(Protocol):
    """Parameters, or some of them."""

    @property
    def flat_weights(self) -> Array:
        """A view of their weights."""
        ...


@dataclass(frozen=True)
class L2:
    """The penalty ``strength / 2 * ||W||^2`` over all weights, no biases.

    Parameters
    ----------
    strength : float or ndarray of shape (..., 1)
        ``alpha / m``, with `m` the total weight of the training rows; one per network of a stack.
    decoupled : bool, default=False
        Whether a step shrinks the weights directly instead of through the gradient, past the optimizer's moments.
        With Adam this is AdamW (Loshchilov & Hutter, 2019).
    """

    strength: float | Array
    decoupled: bool = False

    def value(self, parameters: HasWeights) -> Array:
        """The penalty of the network, or of each network of a stack."""
        weights = parameters.flat_weights
        half = np.multiply(0.5, self.strength)
        value: Array = np.asarray(_inner(weights, weights) * half)
        return value[..., 0] if value.ndim else value

    def add_gradient(self, parameters: HasWeights, gradient: HasWeights, scratch: Array | None = None) -> Array:
        """Add ``strength * W`` to the gradient of the weights; the same pass gives the penalty.

        Parameters
        ----------
        parameters : HasWeights
            Where to evaluate.
        gradient : HasWeights
            Its weights are added to.
        scratch : ndarray of shape (n,), default=None
            As many values as a piece has, used up; allocated if None.

        Returns
        -------
        scalar or ndarray of shape (...)
            What `value` gives.
        """
        # No BLAS axpy: scipy brings a BLAS of its own, whose threads would fight numpy's for the cores.
        all_weights = parameters.flat_weights
        scratch = piece_scratch(all_weights) if scratch is None else scratch
        strengths = np.asarray(self.strength, dtype=scratch.dtype)
        doubled: list[Array] = []
        for weights, sums, strength in in_pieces(all_weights, gradient.flat_weights, strengths):
            step = scratch[: weights.size]
            step = step if weights.ndim == 1 else step.reshape(weights.shape)
            np.multiply(weights, strength, out=step)
            doubled.append(_inner(weights, step))
            sums += step
        if all_weights.ndim == 1:
            return 0.5 * sum(doubled[1:], start=doubled[0])  # of numpy scalars alone, which an int 0 would slow down
        by_piece = np.concatenate([np.ravel(values) for values in doubled])
        result: Array = 0.5 * by_piece.reshape(*all_weights.shape[:-1], -1).sum(axis=-1)
        return result

    def shrink(self, parameters: HasWeights, rate: float | Array) -> None:
        """The decoupled form of the step: ``W *= 1 - rate * strength``, in place."""
        weights = parameters.flat_weights
        weights *= np.asarray(1.0 - rate * self.strength, dtype=weights.dtype)


def _inner(a: Array, b: Array) -> Array:
    """The inner product of two vectors; for each pair of a stack, of shape (..., 1)."""
    product: Array = np.dot(a, b) if a.ndim == 1 else np.einsum("...p,...p->...", a, b)[..., None]
    return product


@dataclass(frozen=True)
class MaxNorm:
    """Projection that keeps each hidden unit's incoming weights at a norm of at most `limit`.

    Parameters
    ----------
    limit : float
        The largest norm allowed (Srivastava et al., 2014, use 3 to 4 beside dropout).
    """

    limit: float

    def project(self, parameters: ParameterVector, scratch: ParameterVector) -> None:
        """Scale down, in place, every hidden unit's column of weights that is longer than the limit.

        Parameters
        ----------
        parameters : ParameterVector
            Changed in place; the output layer is left alone.
        scratch : ParameterVector
            One of the same layers, used up.
        """
        hidden = slice(0, -1)
        columns = zip(parameters.weights[hidden], scratch.weights[hidden], scratch.biases[hidden], strict=True)
        for W, squares, norms in columns:
            np.multiply(W, W, out=squares)
            np.sum(squares, axis=-2, keepdims=True, out=norms)
            np.sqrt(norms, out=norms)
            np.maximum(norms, self.limit, out=norms)
            np.divide(self.limit, norms, out=norms)
            W *= norms


def clip_norm(gradient: Array, limit: float) -> None:
    """Scale a flat gradient down, in place, to a Euclidean norm of at most `limit` (Pascanu et al., 2013).

    Parameters
    ----------
    gradient : ndarray of shape (..., n_parameters)
        Changed in place; each network of a stack by itself.
    limit : float
        The largest norm allowed.
    """
    norm = np.sqrt(np.einsum("...p,...p->...", gradient, gradient))[..., None]
    gradient *= limit / np.maximum(norm, limit)
