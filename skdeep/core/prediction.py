"""Raw scores of any number of rows, in blocks of bounded size."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse

from .network import Network, Workspace
from .objective import block_rows
from .parameters import Array, ParameterVector


def raw_scores(network: Network, parameters: ParameterVector, X: Any) -> Array:
    """Scores before the output function, without dropout, in the precision of X.

    Parameters
    ----------
    network : Network
        What to compute.
    parameters : ParameterVector
        Where; converted if their precision is not that of X.
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Floating-point rows. CSR rows become dense a block at a time.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs)
        A fresh array.
    """
    parameters = parameters.astype(X.dtype)
    n_rows = X.shape[0]
    scores = np.empty((n_rows, network.layer_sizes[-1]), dtype=X.dtype)
    workspace = Workspace(network, block_rows(network, n_rows), X.dtype, training=False)
    for start in range(0, n_rows, workspace.n_rows):
        rows = slice(start, min(start + workspace.n_rows, n_rows))
        block = workspace.leading(rows.stop - rows.start)
        if issparse(X):
            X[rows].toarray(out=block.inputs)
        elif X.flags.c_contiguous:
            block.point_at(X[rows])
        else:  # the product's rounding must not depend on how X lies in memory
            np.copyto(block.inputs, X[rows])
        scores[rows] = network.forward(parameters, block)
    return scores
