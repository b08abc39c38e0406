"""Inputs that are the same in every training row: they say nothing, so they get no weight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

from ..core import Rows
from ..core.parameters import Array
from ..core.targets import row_blocks
from ._model import Model

Columns = npt.NDArray[np.intp]

#: Entries are one value if they differ by so many steps of their precision, as by rounding, or by so much of what other
#: inputs differ by (1 at most), as by what a scaler makes of that.
STEPS, SHARE = 8, 1e-10


def leave_out_constants(model: Model, rows: Rows, *, is_fresh: bool) -> None:
    """Have inputs that are constant in the rows of a `fit` no influence, then or later.

    Parameters
    ----------
    model : Model
        Before its training. Weights of constant inputs become zero where they are freshly drawn.
    rows : Rows
        The training rows.
    is_fresh : bool
        Whether no row has trained the weights before: what varied in earlier rows keeps its weights.
    """
    columns, values = constant_inputs(rows)
    weights = model.parameters.weights[0]
    if is_fresh:
        weights[columns] = 0.0
    # The gradient of an input that is always 0 is 0 by itself.
    _silence(model, columns, values, (values != 0.0) & ~weights[columns].any(axis=1))


def wake_what_varies(model: Model, rows: Rows) -> None:
    """In a stream, have inputs that were constant so far an influence once they hold another value.

    Parameters
    ----------
    model : Model
        That has been fitted.
    rows : Rows
        Of the call.
    """
    if not model.network.silent_inputs:
        return
    columns, values = np.array(model.network.silent_inputs), np.array(model.silent_values)
    stays = np.ones(len(columns), dtype=bool)
    for block in row_blocks(len(rows), rows.X.shape[1]):
        stays &= _are_close(_ends(rows.X[rows.numbers[block]], columns), values, 0.0)
    _silence(model, columns, values, stays)


def _silence(model: Model, columns: Columns, values: Array, chosen: npt.NDArray[np.bool_]) -> None:
    model.network = replace(model.network, silent_inputs=tuple(columns[chosen].tolist()))
    model.silent_values = tuple(values[chosen].tolist())


def constant_inputs(rows: Rows) -> tuple[Columns, Array]:
    """The columns of the inputs that hold one value in all rows, read a block at a time until none is left.

    Parameters
    ----------
    rows : Rows
        The training rows.

    Returns
    -------
    tuple of ndarray
        The numbers of the columns, and their values.
    """
    first, columns = _dense(rows.X[rows.numbers[:1]])[0], np.arange(rows.X.shape[1])
    tiny = -1.0
    for block in row_blocks(len(rows), len(first)):
        low, high = ends = _ends(rows.X[rows.numbers[block]], columns)
        if tiny < 0.0:
            spread = (high - low)[high > low]
            tiny = SHARE * min(1.0, float(np.median(spread))) if len(spread) else 0.0
        columns = columns[_are_close(ends, first[columns], tiny)]
        if len(columns) == 0:
            break
    return columns, first[columns]


def _ends(part: Array, columns: Columns) -> tuple[Array, Array]:
    """The least and the largest entry of each column."""
    if issparse(part):
        return _dense(part.min(axis=0)).ravel()[columns], _dense(part.max(axis=0)).ravel()[columns]
    entries = part[:, columns]
    return entries.min(axis=0), entries.max(axis=0)


def _are_close(ends: tuple[Array, Array], values: Array, tiny: float) -> npt.NDArray[np.bool_]:
    """Whether all entries of a column are its value, but for rounding."""
    tolerance = np.maximum(STEPS * np.finfo(ends[0].dtype).eps * np.abs(values), tiny)
    return np.logical_and(*(np.abs(end - values) <= tolerance for end in ends))


def _dense(rows: Array) -> Array:
    return rows.toarray() if issparse(rows) else rows  # type: ignore[attr-defined]
