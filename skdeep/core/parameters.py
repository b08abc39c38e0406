"""All weights and biases of a network as one flat vector, with a view per layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Draws one ``(fan_in, fan_out)`` weight matrix.
Initializer = Callable[[np.random.Generator, int, int], npt.ArrayLike]

PIECE = 65536  # values; measured: half of it costs 3 % more of an epoch of 250000 weights, as does twice as much


def piece_scratch(theta: Array) -> Array:
    """A flat array of as many values as the largest piece has."""
    return np.empty(min(theta.size, PIECE), dtype=theta.dtype)


def in_pieces(*vectors: Array) -> Iterable[tuple[Array, ...]]:
    """Vectors cut alike, into views of at most `PIECE` values, which fit the processor's cache.

    Parameters
    ----------
    *vectors : ndarray of shape (..., n), (..., 1) or ()
        The first sets the pieces: whole networks of a stack where they are small. What has one value for each network
        goes along with its network, and a single value as it is.

    Returns
    -------
    iterable of tuple of ndarray
        Views of the vectors; these themselves where they are small, as in a network whose steps are short.
    """
    return (vectors,) if vectors[0].size <= PIECE else _pieces(vectors)


def _pieces(vectors: tuple[Array, ...]) -> Iterator[tuple[Array, ...]]:
    first = vectors[0]
    if first.ndim == 1:
        for start in range(0, first.size, PIECE):
            yield tuple(v[start : start + PIECE] if v.size > 1 else v for v in vectors)
    elif first[0].size > PIECE:
        for number in range(len(first)):
            yield from in_pieces(*(v[number] if v.ndim else v for v in vectors))
    else:
        n_networks = PIECE // first[0].size
        for start in range(0, len(first), n_networks):
            yield tuple(v[start : start + n_networks] if v.ndim else v for v in vectors)


class ParameterVector:
    """One flat vector ``theta``: every weight matrix first, then every bias.

    Weights before biases makes the L2 penalty, its gradient and the copy of the best weights one slice
    operation each, and gives L-BFGS and the gradient check the plain vector that they need.

    Parameters
    ----------
    layer_sizes : sequence of int
        Units per layer, input first: ``(n_features, hidden..., n_outputs)``.
    theta : ndarray of shape (..., n_parameters), default=None
        The vector to look into (not copied). A leading axis holds a stack of networks. Zeros if None.
    dtype : dtype, default=float64
        Precision of the zeros made when `theta` is None.

    Attributes
    ----------
    theta : ndarray of shape (..., n_parameters)
        The vector itself.
    weights : list of ndarray of shape (..., fan_in, fan_out)
        Views of `theta`, one per layer.
    biases : list of ndarray of shape (..., 1, fan_out)
        Views of `theta`, one per layer, ready to be added to rows.
    flat_weights : ndarray of shape (..., n_weights)
        A view of all weights.
    n_weights : int
        How many leading entries of `theta` are weights; the rest are biases.

    Examples
    --------
    >>> from skdeep.core import ParameterVector
    >>> parameters = ParameterVector((2, 3, 1))
    >>> parameters.theta.shape, [W.shape for W in parameters.weights]
    ((13,), [(2, 3), (3, 1)])
    """

    def __init__(
        self, layer_sizes: Sequence[int], theta: Array | None = None, *, dtype: npt.DTypeLike = np.float64
    ) -> None:
        self.layer_sizes = tuple(layer_sizes)
        shapes = list(pairwise(self.layer_sizes))
        self.n_weights = sum(fan_in * fan_out for fan_in, fan_out in shapes)
        n_parameters = self.n_weights + sum(self.layer_sizes[1:])
        self.theta = np.zeros(n_parameters, dtype=dtype) if theta is None else theta
        if self.theta.shape[-1] != n_parameters:
            raise ValueError(
                f"theta must hold {n_parameters} values for layers {self.layer_sizes}. Got {self.theta.shape[-1]}."
            )
        starts = accumulate([0, *(i * o for i, o in shapes), *(o for _, o in shapes)])
        self.weights = [self._view(next(starts), fan_in, fan_out) for fan_in, fan_out in shapes]
        self.biases = [self._view(next(starts), 1, fan_out) for _, fan_out in shapes]
        self.flat_weights = self.theta[..., : self.n_weights]

    def _view(self, start: int, n_rows: int, n_columns: int) -> Array:
        flat = self.theta[..., start : start + n_rows * n_columns]
        return flat.reshape(*self.theta.shape[:-1], n_rows, n_columns)

    @cached_property
    def weights_transposed(self) -> list[Array]:
        """Views of the weights, of shape (..., fan_out, fan_in)."""
        return [W.swapaxes(-1, -2) for W in self.weights]

    def initialize(self, initializers: Sequence[Initializer], rng: np.random.Generator) -> None:
        """Draw fresh weights layer by layer, first layer first, and set the biases to zero.

        Parameters
        ----------
        initializers : sequence of callable
            One ``(rng, fan_in, fan_out) -> array`` per layer.
        rng : Generator
            The stream that every layer draws from.
        """
        self.theta[..., self.n_weights :] = 0.0
        for layer, (draw, W) in enumerate(zip(initializers, self.weights, strict=True)):
            drawn = np.asarray(draw(rng, *W.shape[-2:]))
            if drawn.shape != W.shape[-2:] or drawn.dtype.kind not in "iuf":
                raise ValueError(
                    f"init must return real numbers of shape (fan_in, fan_out) = {W.shape[-2:]} "
                    f"for layer {layer + 1}. Got {drawn.dtype} of shape {drawn.shape}."
                )
            with np.errstate(over="ignore"):
                W[...] = drawn
            if not np.isfinite(W).all():
                raise ValueError(f"init must return finite weights. Got NaN or infinity for layer {layer + 1}.")

    def astype(self, dtype: npt.DTypeLike) -> ParameterVector:
        """These parameters in another precision: themselves if they already have it, a copy otherwise."""
        if self.theta.dtype == dtype:
            return self
        return ParameterVector(self.layer_sizes, self.theta.astype(dtype))

    def copy(self) -> ParameterVector:
        """An independent copy."""
        return ParameterVector(self.layer_sizes, self.theta.copy())

    # The views would come back from a pickle or a deepcopy as arrays of their own: only theta travels.
    def __reduce__(self) -> tuple[type[ParameterVector], tuple[tuple[int, ...], Array]]:
        return type(self), (self.layer_sizes, self.theta)
