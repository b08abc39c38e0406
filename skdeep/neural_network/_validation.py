"""Checks and choices on rows: which count, what they weigh, which are set aside, and in what precision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from math import ceil, isfinite
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import train_test_split
from sklearn.utils import assert_all_finite, check_array

from ..core import Rows

#: What a conversion to numbers would take for numbers.
DATES = (date, timedelta, np.datetime64, np.timedelta64)

#: What rows must be, in words.
ROWS = "be a matrix of finite real numbers, with the columns of the first fit"


@contextmanager
def naming(name: str, rule: str) -> Iterator[None]:
    """Errors that name the argument and what it must be, whatever raises them.

    Parameters
    ----------
    name : str
        The argument to blame.
    rule : str
        What it must be or hold, put before a message that does not name it.
    """
    try:
        # What overflows in a conversion is found as an infinity and answered.
        with np.errstate(over="ignore", invalid="ignore"):
            yield
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        # Ours begin with the name of the argument, and so do those of scikit-learn; the values may hold any word.
        if re.match(rf"(Input )?{name}\b", str(error)):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name} must {rule}. {error}") from error


def without_memory(what: str, remedy: str, error: MemoryError) -> MemoryError:
    """A MemoryError that says what there is no room for.

    Parameters
    ----------
    what : str
        What was asked for, with its sizes.
    remedy : str
        What takes less.
    error : MemoryError
        What was raised.

    Returns
    -------
    MemoryError
        To be raised from it.
    """
    return MemoryError(f"{what} takes more memory than there is: {remedy}. {error}")


def refuse_mask(values: Any) -> None:
    """Raise where a mask hides entries: as an array they would come to light again."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(f"Got {np.ma.getmaskarray(values).sum()} masked entries.")


def refuse_dates(values: Any) -> None:
    """Raise on dates and times, which a conversion would silently turn into numbers."""
    if issparse(values):
        return
    # The first row tells the types of the others, but for lists and objects, each of which may be of its own.
    first = np.asarray(values[:1] if getattr(values, "shape", ()) else values)
    if first.dtype.kind in "mM":
        raise TypeError(f"Got {first.dtype}.")
    for value in np.asarray(values).flat if first.dtype == object else ():
        if isinstance(value, DATES):
            raise TypeError(f"Got {value!r}.")


def validate_weight(weight: Any, X: Any, name: str) -> Any:
    """Finite weights of at least 0, one per row and not all zero; None stays None."""
    if weight is None:
        return None
    with naming(name, "hold one finite number per row"):
        refuse_mask(weight)
        refuse_dates(weight)
        weight = np.asarray(weight)
        if weight.shape != (X.shape[0],):
            raise ValueError(f"{name} must hold one weight per row, {X.shape[0]} in all. Got shape {weight.shape}.")
        weight = check_array(weight, ensure_2d=False, dtype=np.float64, input_name=name)
        if weight.min() < 0:
            raise ValueError(f"{name} must hold no negative weight. Got {weight.min()}.")
        if not weight.any():
            raise ValueError(f"{name} must hold at least one weight above zero. Got all zeros.")
        if not np.isfinite(weight.sum()):
            raise ValueError(f"{name} must have a sum that float64 can hold. Got weights up to {weight.max()}.")
    return weight


def counting_rows(X: Any, weight: Any) -> Any:
    """Numbers of the rows that count: a row of weight 0 is as good as absent, whatever it holds."""
    return np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)


def require_range(weight: Any, dtype: Any, name: str) -> None:
    """Raise where a weight is too large for the precision of the training."""
    if weight.max() > np.finfo(dtype).max:
        raise ValueError(f"{name} must hold weights that {np.dtype(dtype)} can hold. Got {weight.max()}.")


def require_weight(rows: Rows, part: str) -> None:
    """Raise where class weights have taken all the weight that sample weights left, or made too much of it."""
    limits = np.finfo(rows.Y.dtype)
    with np.errstate(over="ignore"):
        total = rows.total_weight
    if total <= 0:
        raise ValueError(f"sample_weight times class_weight must not be zero on every {part} row. Got all zeros.")
    if not float(limits.tiny) <= total <= float(limits.max):
        raise ValueError(
            f"sample_weight times class_weight must have a sum over the {part} rows that {limits.dtype} can hold. "
            f"Got {total}."
        )


def require_finite(values: Any) -> None:
    """Raise where rows are so large that what the network makes of them overflows."""
    # The sum alone, in most cases: a third of the time.
    if not isfinite(np.add.reduce(values, axis=None)) and not np.isfinite(values).all():
        raise ValueError(
            f"X must hold rows whose scores and predictions {values.dtype} can hold. Got rows that overflow: scale the "
            "inputs (StandardScaler) as those of fit, or pass them in float64."
        )


def cast(values: Any, dtype: Any, name: str) -> Any:
    """The values in another precision, or an error where they are too large for it."""
    if values.dtype == dtype:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        values = values.astype(dtype)
        if issparse(values) or not isfinite(np.add.reduce(values, axis=None)):  # the sum alone, in most cases
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
