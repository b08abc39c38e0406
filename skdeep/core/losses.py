"""Losses on raw scores: value and gradient in one pass through the caller's buffers, and the inverse of the link.

The scores are what the last layer gives before any output function, so that log-probabilities stay finite. A loss is
bound once to its buffers: ``targets`` and ``scores`` of shape (..., rows, outputs), ``row_losses`` of shape
(..., rows), and ``scratch`` of the scores' shape, which is used up; all contiguous and of one precision. `bind` makes
the views that the arithmetic needs, which in a small network cost as much as it does, and returns what reads the
targets and the scores, fills ``row_losses`` with each row's loss and turns the scores into its derivative by them.
Neither is weighted yet.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import ClassVar, Protocol

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax, xlog1py, xlogy

from .parameters import Array

#: A constant prediction gives no class a smaller share: a class new to the rows would cost infinitely much.
LEAST_SHARE = 1e-6


class Loss(Protocol):
    """What the network asks of a loss."""

    out_activation: ClassVar[str]

    def bind(self, targets: Array, scores: Array, row_losses: Array, scratch: Array) -> Callable[[], None]:
        """What fills `row_losses` with the rows' losses and turns the scores into their gradient."""
        ...

    def of_zero_scores(self, mean_square: Array) -> float:
        """What scores of 0, as before any learning, cost in the mean.

        Parameters
        ----------
        mean_square : ndarray of shape (n_outputs,)
            Weighted mean of the squares of the targets.
        """
        ...

    def of_constant(self, mean: Array, variance: Array, learnt: Array) -> float:
        """The mean loss of scores that are the same for every row.

        Parameters
        ----------
        mean, variance : ndarray of shape (n_outputs,)
            Weighted, of the targets.
        learnt : ndarray of shape (n_outputs,)
            The mean of the targets that the scores are best for: `mean` itself gives the lowest loss.

        Returns
        -------
        float
            What knowing nothing of a row but others' targets costs.
        """
        ...

    def inverse_link(self, scores: Array) -> Array:
        """From raw scores to the scale of the targets: probabilities or values."""
        ...

    def log_inverse_link(self, scores: Array) -> Array:
        """The logarithm of `inverse_link`, finite wherever the scores are."""
        ...


class SoftmaxCrossEntropy:
    """Multiclass: ``-sum_k y_k log softmax(z)_k``, gradient ``softmax(z) - y``.

    The targets of a row sum to one: one-hot, smoothed or mixed.
    """

    out_activation: ClassVar[str] = "softmax"

    def bind(self, targets: Array, scores: Array, row_losses: Array, scratch: Array) -> Callable[[], None]:
        """What fills `row_losses` with the rows' losses and turns the scores into their gradient.

        Parameters
        ----------
        targets : ndarray of shape (..., rows, outputs)
            Target probabilities.
        scores : ndarray of shape (..., rows, outputs)
            The scores before a call, the gradient after it.
        row_losses : ndarray of shape (..., rows)
            Takes the losses.
        scratch : ndarray of shape (..., rows, outputs)
            Used up.

        Returns
        -------
        callable () -> None
            May be called again whenever there are new scores.
        """
        column = row_losses[..., None]
        # Free once they have been multiplied by the targets, and contiguous.
        normalisers = scores.reshape(-1)[: row_losses.size].reshape(column.shape)
        upright = scores.swapaxes(-1, -2)
        beside = scratch.reshape(upright.shape)
        ones = np.ones((scores.shape[-1], 1), dtype=scores.dtype)
        product = np.dot if scores.ndim == 2 else np.matmul

        def evaluate() -> None:
            # The largest score of each row, from a copy that has the rows side by side: a quarter of the time.
            np.copyto(beside, upright)
            np.maximum.reduce(beside, axis=-2, out=row_losses)
            np.subtract(scores, column, out=scores)
            # -sum_k y_k z_k first, while the scores are still there; then the log of the normaliser. A product with
            # ones sums the few outputs of a row in a fifth of the time of np.sum.
            np.exp(scores, out=scratch)
            np.multiply(scores, targets, out=scores)
            product(scores, ones, out=column)
            product(scratch, ones, out=normalisers)
            np.divide(scratch, normalisers, out=scratch)
            np.log(normalisers, out=normalisers)
            np.subtract(normalisers, column, out=column)
            np.subtract(scratch, targets, out=scores)

        return evaluate

    def of_zero_scores(self, mean_square: Array) -> float:
        """Of equal probabilities."""
        return log(len(mean_square))

    def of_constant(self, mean: Array, variance: Array, learnt: Array) -> float:
        """Of the shares of the classes; for shares of their own their entropy."""
        return -float(xlogy(mean, np.maximum(learnt, LEAST_SHARE)).sum())

    def inverse_link(self, scores: Array) -> Array:
        """Probabilities, shape of `scores`; a row sums to one."""
        return softmax(scores, axis=-1)

    def log_inverse_link(self, scores: Array) -> Array:
        """Log-probabilities, shape of `scores`."""
        return log_softmax(scores, axis=-1)


class SigmoidCrossEntropy:
    """Binary and multilabel: ``sum_k log(1 + exp(z_k)) - y_k z_k``, gradient ``sigmoid(z) - y``."""

    out_activation: ClassVar[str] = "logistic"

    def bind(self, targets: Array, scores: Array, row_losses: Array, scratch: Array) -> Callable[[], None]:
        """What fills `row_losses` with the rows' losses and turns the scores into their gradient.

        Parameters
        ----------
        targets : ndarray of shape (..., rows, outputs)
            Target probabilities, each output by itself.
        scores : ndarray of shape (..., rows, outputs)
            The scores before a call, the gradient after it.
        row_losses : ndarray of shape (..., rows)
            Takes the losses, summed over the outputs.
        scratch : ndarray of shape (..., rows, outputs)
            Used up.

        Returns
        -------
        callable () -> None
            May be called again whenever there are new scores.
        """
        one = np.ones((), dtype=scores.dtype)

        def evaluate() -> None:
            # log(1 + e^z) - y z = (1 - y) z - log sigmoid(z): every term is finite for finite z.
            np.subtract(one, targets, out=scratch)
            np.multiply(scratch, scores, out=scratch)
            log_expit(scores, out=scores)
            np.subtract(scratch, scores, out=scratch)
            np.add.reduce(scratch, axis=-1, out=row_losses)
            np.exp(scores, out=scores)
            np.subtract(scores, targets, out=scores)

        return evaluate

    def of_zero_scores(self, mean_square: Array) -> float:
        """Of a probability of one half for each output."""
        return len(mean_square) * log(2.0)

    def of_constant(self, mean: Array, variance: Array, learnt: Array) -> float:
        """Of the share of each label; for shares of their own the sum of their entropies."""
        share = np.clip(mean, 0.0, 1.0)  # which rounding may leave
        learnt = np.clip(learnt, LEAST_SHARE, 1.0 - LEAST_SHARE)
        return -float(xlogy(share, learnt).sum() + xlog1py(1.0 - share, -learnt).sum())

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

    def bind(self, targets: Array, scores: Array, row_losses: Array, scratch: Array) -> Callable[[], None]:
        """What fills `row_losses` with the rows' losses and turns the scores into their gradient.

        Parameters
        ----------
        targets : ndarray of shape (..., rows, outputs)
            Targets.
        scores : ndarray of shape (..., rows, outputs)
            The predictions before a call, the gradient after it.
        row_losses : ndarray of shape (..., rows)
            Takes the losses, summed over the outputs.
        scratch : ndarray of shape (..., rows, outputs)
            Used up.

        Returns
        -------
        callable () -> None
            May be called again whenever there are new scores.
        """
        half = np.full((), 0.5, dtype=scores.dtype)

        def evaluate() -> None:
            np.subtract(scores, targets, out=scores)
            np.multiply(scores, scores, out=scratch)
            np.add.reduce(scratch, axis=-1, out=row_losses)
            np.multiply(row_losses, half, out=row_losses)

        return evaluate

    def of_zero_scores(self, mean_square: Array) -> float:
        """Half the square of each output."""
        return 0.5 * float(np.sum(mean_square))

    def of_constant(self, mean: Array, variance: Array, learnt: Array) -> float:
        """Of the mean; for a mean of their own half the variance of each output."""
        return 0.5 * float(np.sum(variance + np.square(mean - learnt)))

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
