"""What labels and indicator matrices hold, a block of rows at a time, and what each class counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

from ..core.targets import row_blocks


def values_beside_0_and_1(Y: Any) -> list[Any]:
    """What an indicator matrix must not hold: the first of its rows' values other than 0 and 1.

    Parameters
    ----------
    Y : ndarray or CSR matrix of shape (n_rows, n_labels)
        Of numbers or booleans.

    Returns
    -------
    list
        Different values in order, of the first block of rows that has some; empty for an indicator matrix.
    """
    for block in _blocks(Y, np.arange(Y.shape[0])):
        values = block.data if issparse(block) else block
        if len(others := np.unique(values[(values != 0) & (values != 1)])):
            found: list[Any] = others.tolist()
            return found
    return []


def extreme_rows(Y: Any, numbers: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    """The least and the largest value of each label: two rows with the classes that all rows have.

    Parameters
    ----------
    Y : ndarray or CSR matrix of shape (n_rows, n_labels)
        An indicator matrix.
    numbers : ndarray of int
        The rows that count.

    Returns
    -------
    ndarray of shape (2, n_labels)
        In the precision of `Y`.
    """
    least, most = [], []
    for block in _blocks(Y, numbers):
        rows = block.toarray() if issparse(block) else block
        least.append(rows.min(axis=0))
        most.append(rows.max(axis=0))
    return np.vstack([np.min(least, axis=0), np.max(most, axis=0)])


def _blocks(Y: Any, numbers: npt.NDArray[np.intp]) -> Iterator[Any]:
    for block in row_blocks(len(numbers), Y.shape[1]):
        yield Y[numbers[block]]


def weights_by_label(class_weight: Mapping[Any, float], classes: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """What each class counts by a dict: 1 where it is not named, as in scikit-learn.

    scikit-learn's own function looks for the number 1 where the class is "1", and for 0 where it is 0.5.

    Parameters
    ----------
    class_weight : mapping of class to float
        Classes that these rows have none of may be named where all others are, too, as in the folds of a search.
    classes : ndarray of shape (n_classes,)
        The classes.

    Returns
    -------
    ndarray of shape (n_classes,)
        In the order of `classes`.

    Raises
    ------
    ValueError
        When the dict names what is no class, and not all classes.
    """
    labels = classes.tolist()
    unnamed = [label for label in labels if label not in class_weight]
    unknown = [name for name in class_weight if name not in labels]
    if unnamed and unknown:
        raise ValueError(f"class_weight must name classes of y, {labels}. Got {unknown} and nothing for {unnamed}.")
    if any(isinstance(value, str | bytes) for value in class_weight.values()):
        raise TypeError("Got text.")
    return np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)
