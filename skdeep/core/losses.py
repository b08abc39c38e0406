"""Losses on raw scores: value and gradient in one pass into the caller's buffers, and the inverse of the link.

The scores are what the last layer gives before any output function, so that log-probabilities stay finite. A loss
fills ``loss_out`` (..., rows) with each row's loss and ``delta`` (..., rows, outputs), which arrives holding the
scores, with its derivative by the scores. Neither is weighted yet.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Protocol

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax

from .parameters import Array


class Loss(Protocol):
    """What the network asks of a loss."""

    out_activation: ClassVar[str]

    def loss_and_gradient(self, Y: Array, delta: Array, loss_out: Array, scratch: Array) -> None:
        """Fill `loss_out` with the rows' losses and turn the scores in `delta` into their gradient."""
        ...

    def inverse_link(self, scores: Array) -> Array:
        """From raw scores to the scale of the targets: probabilities or values."""
        ...

    def log_inverse_link(self, scores: Array) -> Array:
        """The logarithm of `inverse_link`, finite wherever the scores are."""
        ...


@cache
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    ones: Array = np.ones((n, 1), dtype=dtype)
    ones.flags.writeable = False
    return ones


class SoftmaxCrossEntropy:
    """Multiclass: ``-sum_k y_k log softmax(z)_k``, gradient ``softmax(z) - y``.

    The targets of a row sum to one: one-hot, smoothed or mixed.
    """

    out_activation: ClassVar[str] = "softmax"

    def loss_and_gradient(self, Y: Array, delta: Array, loss_out: Array, scratch: Array) -> None:
        """Fill `loss_out` with the rows' losses and turn the scores in `delta` into their gradient.

        Parameters
        ----------
        Y : ndarray of shape (..., rows, outputs)
            Target probabilities.
        delta : ndarray of shape (..., rows, outputs)
            The scores on entry, the gradient on return.
        loss_out : ndarray of shape (..., rows)
            Takes the losses.
        scratch : ndarray of shape (..., rows, outputs)
            Used up.
        """
        column = loss_out[..., None]
        # The largest score of each row, from a copy that has the rows side by side: a quarter of the time.
        upright = delta.swapaxes(-1, -2)
        beside = scratch.reshape(upright.shape)
        np.copyto(beside, upright)
        np.maximum.reduce(beside, axis=-2, out=loss_out)
        delta -= column
        # -sum_k y_k z_k first, while the scores are still there; then the log of the normaliser. A product with ones
        # sums the few outputs of a row in a fifth of the time of np.sum.
        ones = _ones(delta.shape[-1], delta.dtype)
        np.exp(delta, out=scratch)
        delta *= Y
        np.matmul(delta, ones, out=column)
        normaliser = delta.reshape(-1)[: column.size].reshape(column.shape)  # delta is free, and this is contiguous
        np.matmul(scratch, ones, out=normaliser)
        scratch /= normaliser
        np.log(normaliser, out=normaliser)
        np.subtract(normaliser, column, out=column)
        np.subtract(scratch, Y, out=delta)

    def inverse_link(self, scores: Array) -> Array:
        """Probabilities, shape of `scores`; a row sums to one."""
        return softmax(scores, axis=-1)

    def log_inverse_link(self, scores: Array) -> Array:
        """Log-probabilities, shape of `scores`."""
        return log_softmax(scores, axis=-1)


class SigmoidCrossEntropy:
    """Binary and multilabel: ``sum_k log(1 + exp(z_k)) - y_k z_k``, gradient ``sigmoid(z) - y``."""

    out_activation: ClassVar[str] = "logistic"

    def loss_and_gradient(self, Y: Array, delta: Array, loss_out: Array, scratch: Array) -> None:
        """Fill `loss_out` with the rows' losses and turn the scores in `delta` into their gradient.

        Parameters
        ----------
        Y : ndarray of shape (..., rows, outputs)
            Target probabilities, each output by itself.
        delta : ndarray of shape (..., rows, outputs)
            The scores on entry, the gradient on return.
        loss_out : ndarray of shape (..., rows)
            Takes the losses, summed over the outputs.
        scratch : ndarray of shape (..., rows, outputs)
            Used up.
        """
        # log(1 + e^z) - y z = (1 - y) z - log sigmoid(z): every term is finite for finite z.
        np.subtract(1.0, Y, out=scratch)
        scratch *= delta
        log_expit(delta, out=delta)
        scratch -= delta
        np.add.reduce(scratch, axis=-1, out=loss_out)
        np.exp(delta, out=delta)
        delta -= Y

    def inverse_link(self, scores: Array) -> Array:
        """Probabilities of each output's positive class, shape of `scores`."""
        result: Array = expit(scores)
        return result

    def log_inverse_link(self, scores: Array) -> Array:
        """Log-probabilities of each output's positive class, shape of `scores`."""
        result: Array = log_expit(scores)
        return result


class SquaredError:
    """Regression: ``1/2 sum_k (z_k - y_k)^2``, gradient ``z - y``."""

    out_activation: ClassVar[str] = "identity"

    def loss_and_gradient(self, Y: Array, delta: Array, loss_out: Array, scratch: Array) -> None:
        """Fill `loss_out` with the rows' losses and turn the scores in `delta` into their gradient.

        Parameters
        ----------
        Y : ndarray of shape (..., rows, outputs)
            Targets.
        delta : ndarray of shape (..., rows, outputs)
            The predictions on entry, the gradient on return.
        loss_out : ndarray of shape (..., rows)
            Takes the losses, summed over the outputs.
        scratch : ndarray of shape (..., rows, outputs)
            Used up.
        """
        delta -= Y
        np.multiply(delta, delta, out=scratch)
        np.add.reduce(scratch, axis=-1, out=loss_out)
        loss_out *= 0.5

    def inverse_link(self, scores: Array) -> Array:
        """The scores themselves."""
        return scores

    def log_inverse_link(self, scores: Array) -> Array:
        """The logarithm of the scores; of no use in regression, there to complete the interface."""
        return np.log(scores)


LOSSES: dict[str, Loss] = {
    "multiclass": SoftmaxCrossEntropy(),
    "binary": SigmoidCrossEntropy(),
    "multilabel": SigmoidCrossEntropy(),
    "regression": SquaredError(),
}
