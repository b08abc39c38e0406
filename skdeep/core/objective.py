"""The objective over all rows: value and gradient as a function of theta, and the mean loss without a gradient.

Both go through the rows in blocks of bounded size, so memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .batches import Rows
from .crew import ALONE, Crew
from .network import Network, Workspace
from .parameters import Array, ParameterVector
from .penalties import L2
from .shared_pass import SharedPass, nothing

BLOCK_VALUES = 2**20  # a block's buffers hold about this many values: 4 MB in float32, 8 in float64


def block_rows(network: Network, n_rows: int) -> int:
    """How many rows to compute at once: all of them, or as many as keep the buffers at their bounded size."""
    return max(1, min(n_rows, BLOCK_VALUES // sum(network.layer_sizes)))


class Objective:
    """``J(theta) = 1/m sum_i s_i loss_i + alpha / (2 m) sum_l ||W_l||^2`` and its gradient, in theta's precision.

    Parameters
    ----------
    network : Network
        Without dropout the objective is a function of theta alone. With dropout the masks of the workspace are
        taken as they are: draw them once, or set them, and all rows must fit one block.
    rows : Rows
        The training set.
    penalty : L2
        With strength ``alpha / m``.
    dtype : dtype, default=float64
        Precision of the computation.
    crew : Crew, default=ALONE
        The threads that share large blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.core import L2, LOSSES, Network, Objective, Rows
    >>> network = Network((2, 1), (), LOSSES["binary"], (1.0,))
    >>> rows = Rows(np.eye(2), np.array([[0.0], [1.0]]), None, np.arange(2))
    >>> loss, gradient = Objective(network, rows, L2(0.0))(np.zeros(3))
    >>> round(float(loss), 4), gradient.tolist()
    (0.6931, [0.25, -0.25, 0.0])
    """

    def __init__(
        self, network: Network, rows: Rows, penalty: L2, *, dtype: type = np.float64, crew: Crew = ALONE
    ) -> None:
        self.network, self.rows, self.penalty = network, rows, penalty
        size = len(rows) if network.has_dropout else block_rows(network, len(rows))
        self.workspace = Workspace(network, size, dtype)
        self._total_weight = rows.total_weight
        self._block_gradient = ParameterVector(network.layer_sizes, dtype=dtype)
        self._crew = crew

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Value and gradient at `theta`; the gradient is a fresh array."""
        parameters = ParameterVector(self.network.layer_sizes, theta)
        gradient = ParameterVector(self.network.layer_sizes, np.zeros_like(theta))
        value = float(self.penalty.add_gradient(parameters, gradient, scratch=self._block_gradient.theta))
        for block in self.blocks():
            value += float(self._loss_and_gradient(parameters, block))
            gradient.theta += self._block_gradient.theta
        return value, gradient.theta

    def _loss_and_gradient(self, parameters: ParameterVector, block: Workspace) -> Array:
        """The loss of the rows in the workspace, and its gradient into that of the block."""
        if not block.is_shared:
            return self.network.loss_and_gradient(parameters, self._block_gradient, block)
        shared = SharedPass(self.network, parameters, self._block_gradient, self._crew)
        loss = shared.loss(block)
        shared.make_gradient(block, nothing)
        return loss

    def probe(self, theta: Array) -> tuple[float, bytes]:
        """Value alone at `theta`, and on which side of its activation's kink each unit is on each row."""
        parameters = ParameterVector(self.network.layer_sizes, theta)
        value, sides = float(self.penalty.value(parameters)), b""
        for block in self.blocks():
            value += float(self.network.weighted_loss(parameters, block))
            for activation, A in zip(self.network.activations, block.activations, strict=True):
                if activation.has_kink:
                    sides += np.packbits(A > 0.0).tobytes()
        return value, sides

    def blocks(self) -> Iterator[Workspace]:
        """The workspace with the next rows in it, until all have been."""
        for start in range(0, len(self.rows), self.workspace.n_rows):
            numbers = self.rows.numbers[start : start + self.workspace.n_rows]
            block = self.workspace.leading(len(numbers))
            self.rows.load(numbers, block, divisor=self._total_weight)
            yield block


def mean_loss(
    network: Network, parameters: ParameterVector, rows: Rows, *, workspace: Workspace | None = None
) -> float:
    """The weighted mean loss of some rows, without dropout and without penalty.

    Parameters
    ----------
    network : Network
        What to compute.
    parameters : ParameterVector
        Where.
    rows : Rows
        On what.
    workspace : Workspace, default=None
        Without masks, used up; if None, one that holds as many rows as keep its buffers at their bounded size.

    Returns
    -------
    float
        ``1/m sum_i s_i loss_i``.
    """
    if workspace is None:
        workspace = Workspace(network, block_rows(network, len(rows)), parameters.theta.dtype, training=False)
    total = 0.0
    for start in range(0, len(rows), workspace.n_rows):
        numbers = rows.numbers[start : start + workspace.n_rows]
        block = workspace.leading(len(numbers))
        rows.load(numbers, block, divisor=1.0)
        total += float(network.weighted_loss(parameters, block))
    return total / rows.total_weight
