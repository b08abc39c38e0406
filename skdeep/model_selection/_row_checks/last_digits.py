"""Rows whose numbers are rounded, so that copies are equal which one of them was written with fewer digits.

As a table that went through float32, or through a file of six digits. A column whose spread such digits would hardly
show, as of times or coordinates, stays as it is: its values would become equal that never were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse

from .copies import MOST_COLUMNS, columns_of

DIGITS, COARSEST = 6, 1e-4


def _to_float32(values: Any) -> Any:
    return values.astype(np.float32).astype(np.float64)


def _to_six_digits(values: Any) -> Any:
    with np.errstate(divide="ignore"):
        exponents = np.where(values == 0, 0.0, np.floor(np.log10(np.abs(values))))
    units = 10.0 ** (DIGITS - 1 - exponents)
    return np.round(values * units) / units


#: How a number is rounded, as Python has it -> the same for a column.
ROUNDINGS: Mapping[str, Callable[[Any], Any]] = {
    "np.float32(value)": _to_float32,
    f"float(f'{{value:.{DIGITS - 1}e}}')": _to_six_digits,
}


def rounded_parts(parts: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """The rows of each part with fewer digits, as arrays of numbers: for each way that changes any of them.

    Parameters
    ----------
    parts : sequence of array-like
        Rows, the training part first.

    Yields
    ------
    how : str
        A key of `ROUNDINGS`.
    rounded : list of ndarray
        By part; text is numbered.
    """
    if any(issparse(X) or np.ndim(X) != 2 for X in parts) or np.shape(parts[0])[1] > MOST_COLUMNS:
        return
    ends = np.cumsum([np.shape(X)[0] for X in parts])[:-1]
    columns = [_numbers(columns) for columns in zip(*map(columns_of, parts), strict=False)]
    is_fine = [_is_fine(values) for values in columns]
    for how, cut in ROUNDINGS.items():
        rounded = [cut(values) if fine else values for values, fine in zip(columns, is_fine, strict=True)]
        pairs = zip(columns, rounded, strict=True)
        if any(not np.array_equal(old, new, equal_nan=True) for old, new in pairs):
            yield how, np.split(np.column_stack(rounded), ends)


def _numbers(columns: Sequence[Any]) -> Any:
    """The values of a column in all parts, those of text by numbers."""
    if all(values.dtype.kind in "biuf" for values in columns):
        return np.concatenate([values.astype(np.float64) for values in columns])
    texts = [str(value) for values in columns for value in values.tolist()]
    return np.unique(texts, return_inverse=True)[1].astype(np.float64)


def _is_fine(values: Any) -> bool:
    """Whether they are numbers with fractions, of which so many digits show the spread well."""
    there = values[np.isfinite(values)]
    largest = np.max(np.abs(there), initial=0.0)
    if not 1e-30 < largest < 1e30 or not np.any(there % 1 > 0):
        return False
    return bool(10.0 ** (np.floor(np.log10(largest)) - DIGITS + 1) <= COARSEST * there.std())
