"""What a network makes of any number of rows: raw scores, outputs of a layer, and the moments under dropout.

All go through the rows in blocks of bounded size, in the precision of X.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.sparse import issparse

from .network import Network, Workspace
from .objective import block_rows
from .parameters import Array, ParameterVector


def raw_scores(
    network: Network, parameters: ParameterVector, X: Any, link: Callable[[Array], Array] = np.copy
) -> Array:
    """Scores before the output function, without dropout, in the precision of X; or what becomes of them.

    Parameters
    ----------
    network : Network
        What to compute.
    parameters : ParameterVector
        Where; converted if their precision is not that of X.
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Floating-point rows. CSR rows become dense a block at a time.
    link : callable (scores) -> ndarray of shape (rows, ...), default=numpy.copy
        Makes something else of the scores of a block, such as probabilities, so that nothing but the result is ever as
        long as X.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs) or (n_rows, ...)
        A fresh array.
    """
    parameters = parameters.astype(X.dtype)
    if X.shape[0] == 0:
        return link(np.empty((0, network.layer_sizes[-1]), dtype=X.dtype))
    results = None
    for rows, block in _blocks(network, X):
        part = link(network.forward(parameters, block))
        if results is None:
            results = np.empty((X.shape[0], *part.shape[1:]), dtype=part.dtype)
        results[rows] = part
    assert results is not None
    return results


def layer_outputs(network: Network, parameters: ParameterVector, X: Any, layer: int) -> Array:
    """What one layer hands on to the next, without dropout, in the precision of X.

    Parameters
    ----------
    network : Network
        What to compute.
    parameters : ParameterVector
        Where; converted if their precision is not that of X.
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Floating-point rows.
    layer : int
        0 is the input, 1 the first hidden layer.

    Returns
    -------
    ndarray of shape (n_rows, units)
        A fresh array.
    """
    parameters = parameters.astype(X.dtype)
    outputs = np.empty((X.shape[0], network.layer_sizes[layer]), dtype=X.dtype)
    for rows, block in _blocks(network, X):
        network.forward(parameters, block)
        outputs[rows] = block.outputs[layer]
    return outputs


def dropout_moments(
    network: Network,
    parameters: ParameterVector,
    X: Any,
    link: Callable[[Array], Array],
    *,
    n_samples: int,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Mean and standard deviation of ``link(scores)`` over random dropout masks, as in training.

    Each sample draws masks of its own for every row (Gal & Ghahramani, 2016, "Dropout as a Bayesian Approximation").

    Parameters
    ----------
    network : Network
        With some keep probability below 1.
    parameters : ParameterVector
        Where; converted if their precision is not that of X.
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Floating-point rows.
    link : callable (scores) -> ndarray of shape (rows, n_values)
        From raw scores to what is averaged, such as probabilities.
    n_samples : int
        How many sets of masks.
    rng : Generator
        Draws the masks, block after block of the rows.

    Returns
    -------
    tuple of ndarray of shape (n_rows, n_values)
        Mean, and standard deviation around it.
    """
    parameters = parameters.astype(X.dtype)
    none = link(np.empty((0, network.layer_sizes[-1]), dtype=X.dtype))
    moments = [(none, none)]
    for _, block in _blocks(network, X, training=True):
        mean: Any = 0.0
        squares: Any = 0.0
        for n in range(1, n_samples + 1):
            network.draw_masks(block, rng)
            sample = link(network.forward(parameters, block))
            step = sample - mean  # Welford's sums: no cancellation where the spread is small
            mean = mean + step / n
            squares = squares + step * (sample - mean)
        moments.append((mean, np.sqrt(squares / n_samples)))
    means, deviations = zip(*moments, strict=True)
    return np.concatenate(means), np.concatenate(deviations)


def _blocks(network: Network, X: Any, *, training: bool = False) -> Iterator[tuple[slice, Workspace]]:
    """Blocks of rows, each with a workspace that holds them; the next block overwrites it."""
    n_rows = X.shape[0]
    workspace = Workspace(network, block_rows(network, n_rows), X.dtype, training=training)
    for start in range(0, n_rows, workspace.n_rows):
        rows = slice(start, min(start + workspace.n_rows, n_rows))
        block = workspace.leading(rows.stop - rows.start)
        if issparse(X):
            X[rows].toarray(out=block.inputs)
        elif X.flags.c_contiguous:
            block.point_at(X[rows])
        else:  # the product's rounding must not depend on how X lies in memory
            np.copyto(block.inputs, X[rows])
        yield rows, block
