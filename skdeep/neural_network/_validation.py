"""Checks and choices on rows: which count, what they weigh, which are set aside, and in what precision."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import assert_all_finite, check_array

from ..core import Rows


def validate_weight(weight: Any, X: Any, name: str) -> Any:
    """Finite weights of at least 0, one per row and not all zero; None stays None."""
    if weight is None:
        return None
    weight = np.asarray(weight)
    if weight.shape != (X.shape[0],):
        raise ValueError(f"{name} must hold one weight per row, {X.shape[0]} in all. Got shape {weight.shape}.")
    weight = check_array(weight, ensure_2d=False, dtype=np.float64, input_name=name)
    if weight.min() < 0:
        raise ValueError(f"{name} must hold no negative weight. Got {weight.min()}.")
    if not weight.any():
        raise ValueError(f"{name} must hold at least one weight above zero. Got all zeros.")
    return weight


def counting_rows(X: Any, weight: Any) -> Any:
    """Numbers of the rows that count: a row of weight 0 is as good as absent, whatever it holds."""
    return np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)


def require_weight(rows: Rows, part: str) -> None:
    """Raise where class weights have taken all the weight that sample weights left."""
    if rows.total_weight <= 0:
        raise ValueError(f"sample_weight times class_weight must not be zero on every {part} row. Got all zeros.")


def cast(values: Any, dtype: Any, name: str) -> Any:
    """The values in another precision, or an error where they are too large for it."""
    if values.dtype == dtype:
        return values
    with np.errstate(over="ignore"):
        values = values.astype(dtype)
    assert_all_finite(values, input_name=name)
    return values


def split_numbers(numbers: Any, strata: Any, fraction: float, seed: int) -> tuple[Any, Any]:
    """Numbers of the training and of the dev rows.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows,)
        The rows to split.
    strata : ndarray of shape (n_rows,) or None
        Labels to keep in proportion, where every label has two rows and both parts have room for all labels.
    fraction : float
        The share of the dev rows; they are at least two, since no score can be read off a single row.
    seed : int
        Of the draw.

    Returns
    -------
    tuple of ndarray
        Training numbers, dev numbers.
    """
    n_dev = max(2, ceil(fraction * len(numbers)))
    n_train = len(numbers) - n_dev
    if n_train < 1:
        raise ValueError(f"validation_fraction={fraction} of n_samples={len(numbers)} leaves no row to train on.")
    if strata is not None:
        _, counts = np.unique(strata, return_counts=True)
        if counts.min() < 2 or min(n_dev, n_train) < len(counts):
            strata = None
    return tuple(train_test_split(numbers, test_size=n_dev, random_state=seed, stratify=strata))
