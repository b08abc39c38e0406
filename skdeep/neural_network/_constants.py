"""Columns of the inputs that are the same in every training row: they say nothing, so they get no weight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

from ..core import Network, ParameterVector, Rows
from ..core.parameters import Array
from ..core.targets import row_blocks

Columns = npt.NDArray[np.intp]

#: Steps of the precision by which entries may differ and still be one value.
ROUNDING = 8


def without_constant_inputs(network: Network, parameters: ParameterVector, rows: Rows, *, is_fresh: bool) -> Network:
    """A network in which inputs that are constant in training have no influence, then or later.

    Parameters
    ----------
    network : Network
        Before its training.
    parameters : ParameterVector
        Its weights. Those of constant inputs become zero where they are freshly drawn.
    rows : Rows
        The training rows.
    is_fresh : bool
        Whether no row has trained the weights before: what varied in earlier rows keeps its weights.

    Returns
    -------
    Network
        Whose gradient leaves these weights at zero.
    """
    columns, values = constant_inputs(rows)
    weights = parameters.weights[0]
    if is_fresh:
        weights[columns] = 0.0
    # The gradient of an input that is always 0 is 0 by itself.
    silent = columns[(values != 0.0) & ~weights[columns].any(axis=1)]
    return replace(network, silent_inputs=tuple(silent.tolist()))


def constant_inputs(rows: Rows) -> tuple[Columns, Array]:
    """The columns of the inputs that hold one value in all rows, read a block at a time until none is left.

    Parameters
    ----------
    rows : Rows
        The training rows.

    Returns
    -------
    tuple of ndarray
        The numbers of the columns, and their values. Empty where no column varies, as in a single row: there is
        nothing then to tell them from.
    """
    n_features = rows.X.shape[1]
    first, columns = _dense(rows.X[rows.numbers[:1]])[0], np.arange(n_features)
    for block in row_blocks(len(rows), n_features):
        part = rows.X[rows.numbers[block]]
        columns = columns[_are_close(part, first, columns)]
        if len(columns) == 0:
            break
    if len(columns) == n_features:
        columns = columns[:0]
    return columns, first[columns]


def _are_close(part: Array, first: Array, columns: Columns) -> npt.NDArray[np.bool_]:
    """Whether no entry of a column differs from its first one by more than rounding."""
    if issparse(part):
        ends = [_dense(extreme(axis=0)).ravel()[columns] for extreme in (part.min, part.max)]
    else:
        entries = part[:, columns]
        ends = [entries.min(axis=0), entries.max(axis=0)]
    rounding = ROUNDING * np.finfo(part.dtype).eps * np.abs(first[columns])
    return np.logical_and(*(np.abs(end - first[columns]) <= rounding for end in ends))


def _dense(rows: Array) -> Array:
    return rows.toarray() if issparse(rows) else rows  # type: ignore[attr-defined]
