"""Mean and deviation of the targets of a regression, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from ..core.parameters import Array
from ..core.targets import row_blocks

Numbers = npt.NDArray[np.intp]


def target_moments(targets: Array, weight: Array | None, numbers: Numbers) -> tuple[Array, Array, Array]:
    """Weighted mean and deviation of each output, and which outputs have equal targets in all rows.

    Parameters
    ----------
    targets : ndarray of shape (n, n_outputs)
        Of all rows.
    weight : ndarray of shape (n,) or None
        What each row counts.
    numbers : ndarray of int
        The rows that count.

    Returns
    -------
    tuple of ndarray of shape (n_outputs,)
        Mean, deviation, and whether all targets are equal: the mean is then their value, to the last digit.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        first = targets[numbers[0]].astype(np.float64)
        blocks = (targets[numbers[rows]] for rows in row_blocks(len(numbers), targets.shape[1]))
        is_equal = np.logical_and.reduce([(block == first).all(axis=0) for block in blocks])
        mean = np.where(is_equal, first, _average(lambda values: values, targets, weight, numbers))
        variance = _average(lambda values: (values - mean) ** 2, targets, weight, numbers)
        return mean, np.sqrt(variance), is_equal


def _average(of: Callable[[Array], Array], targets: Array, weight: Array | None, numbers: Numbers) -> Array:
    def parts() -> Iterator[Array]:
        for rows in row_blocks(len(numbers), targets.shape[1]):
            values = of(targets[numbers[rows]].astype(np.float64, copy=False))
            yield np.sum(values if weight is None else values * weight[numbers[rows], None], axis=0)

    total = len(numbers) if weight is None else weight[numbers].sum()
    return np.asarray(sum(parts()) / total)
