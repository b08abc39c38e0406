"""What a network makes of any number of rows: raw scores, outputs of a layer, and the moments under dropout.

All go through the rows in blocks of bounded size, in the precision of X.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import issparse

from .crew import ALONE, Crew
from .masks import copied
from .network import BLOCK_ROWS, SHARED_WORK, Network, Workspace
from .objective import block_rows
from .parameters import Array, ParameterVector

#: Makes of raw scores what is wanted.
Link = Callable[[Array], Array]
#: Into how many blocks at least threads cut rows that they share, so that each gets about as much to do.
SHARED_BLOCKS = 8


def raw_scores(
    network: Network,
    parameters: ParameterVector,
    X: Any,
    link: Link = np.copy,
    *,
    crew: Crew = ALONE,
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
    crew : Crew, default=ALONE
        The threads that share the rows.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs) or (n_rows, ...)
        A fresh array.
    """
    parameters = parameters.astype(X.dtype)
    return _by_blocks(
        network,
        X,
        lambda block: link(network.forward(parameters, block)),
        lambda: link(np.empty((0, network.layer_sizes[-1]), dtype=X.dtype)),
        crew,
    )


def layer_outputs(network: Network, parameters: ParameterVector, X: Any, layer: int, *, crew: Crew = ALONE) -> Array:
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
    crew : Crew, default=ALONE
        The threads that share the rows.

    Returns
    -------
    ndarray of shape (n_rows, units)
        A fresh array.
    """
    parameters = parameters.astype(X.dtype)

    def outputs(block: Workspace) -> Array:
        network.forward(parameters, block)
        return block.outputs[layer]

    return _by_blocks(network, X, outputs, lambda: np.empty((0, network.layer_sizes[layer]), dtype=X.dtype), crew)


def _by_blocks(
    network: Network, X: Any, compute: Callable[[Workspace], Array], of_none: Callable[[], Array], crew: Crew
) -> Array:
    """What is computed of each block of rows, and of none of them, one after another in a fresh array."""
    blocks, workspaces = _row_blocks(network, X.shape[0]), _Workspaces(network, X)
    if len(blocks) == 1:
        part = compute(workspaces.filled(blocks[0], 0))
        return part if part.base is None else part.copy()
    none = of_none()
    results = np.empty((X.shape[0], *none.shape[1:]), dtype=none.dtype)

    def put(rows: slice, thread: int) -> None:
        results[rows] = compute(workspaces.filled(rows, thread))

    crew.run([partial(put, rows) for rows in blocks])
    return results


def dropout_moments(
    network: Network,
    parameters: ParameterVector,
    X: Any,
    link: Link,
    *,
    n_samples: int,
    rng: np.random.Generator,
    crew: Crew = ALONE,
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
    crew : Crew, default=ALONE
        The threads that share the rows.

    Returns
    -------
    tuple of ndarray of shape (n_rows, n_values)
        Mean, and standard deviation around it.
    """
    parameters = parameters.astype(X.dtype)
    none = link(np.empty((0, network.layer_sizes[-1]), dtype=X.dtype))
    blocks = _row_blocks(network, X.shape[0], n_samples)
    moments: list[tuple[Array, Array]] = [(none, none)] * (len(blocks) + 1)
    workspaces = _Workspaces(network, X, training=True)

    def compute(number: int, rng: np.random.Generator, thread: int) -> None:
        block = workspaces.filled(blocks[number], thread)
        moments[number + 1] = _moments(lambda: _sample(network, parameters, block, rng, link), n_samples)

    crew.run([partial(compute, number, one) for number, one in enumerate(_generators(network, blocks, n_samples, rng))])
    means, deviations = zip(*moments, strict=True)
    return np.concatenate(means), np.concatenate(deviations)


def _generators(
    network: Network, blocks: Sequence[slice], n_samples: int, rng: np.random.Generator
) -> Iterator[np.random.Generator]:
    """For each block one that draws its masks as if the blocks were sampled one after another."""
    for rows in blocks:
        yield copied(rng)
        n_words = sum(network.mask_words(rows.stop - rows.start))
        rng.bit_generator.advance(n_samples * n_words)  # type: ignore[attr-defined]


def _sample(
    network: Network, parameters: ParameterVector, block: Workspace, rng: np.random.Generator, link: Link
) -> Array:
    """What the link makes of the scores under fresh masks."""
    network.draw_masks(block, rng)
    return link(network.forward(parameters, block))


def _moments(draw: Callable[[], Array], n_samples: int) -> tuple[Array, Array]:
    """Mean and standard deviation of some samples."""
    first = draw()
    mean, squares = first.copy(), np.zeros_like(first)
    for n in range(2, n_samples + 1):
        sample = draw()
        step = sample - mean  # Welford's sums: no cancellation where the spread is small
        mean = mean + step / n
        squares = squares + step * (sample - mean)
    return mean, np.sqrt(squares / n_samples)


def _row_blocks(network: Network, n_rows: int, n_times: int = 1) -> list[slice]:
    """Rows as many at a time as keep the buffers at their bounded size; a quarter of it where threads share them."""
    at_once = block_rows(network, n_rows)
    if n_rows * n_times * network.n_weights >= SHARED_WORK:
        at_once = max(min(at_once // 4, -(-n_rows // SHARED_BLOCKS)), min(at_once, BLOCK_ROWS))
    return [slice(start, min(start + at_once, n_rows)) for start in range(0, n_rows, at_once)]


class _Workspaces:
    """A workspace for each thread that asks for rows, which its next block overwrites.

    Parameters
    ----------
    network : Network
        Gives the shapes.
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        All rows.
    training : bool, default=False
        Whether there are masks.
    """

    def __init__(self, network: Network, X: Any, *, training: bool = False) -> None:
        self._network, self._X, self._training = network, X, training
        self._of_thread: dict[int, Workspace] = {}

    def filled(self, rows: slice, thread: int) -> Workspace:
        """The workspace of a thread, or its leading rows, with some rows of X; no later block of it is larger."""
        n_rows = rows.stop - rows.start
        if thread not in self._of_thread:
            self._of_thread[thread] = Workspace(self._network, n_rows, self._X.dtype, training=self._training)
        workspace = self._of_thread[thread]
        block = workspace.leading(n_rows)
        if issparse(self._X):
            self._X[rows].toarray(out=block.inputs)
        elif self._X.flags.c_contiguous:
            block.point_at(self._X[rows])
        else:  # the product's rounding must not depend on how X lies in memory
            np.copyto(block.inputs, self._X[rows])
        return block
