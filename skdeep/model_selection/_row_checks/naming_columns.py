"""Columns that name the rows, such as an identifier or a time: behind them a copy looks like a row of its own.

A column names the rows where it numbers them without a gap, or has another value in (nearly) every row. So has a
measured number; but where rows are copies, all other columns have the same values again, and so many columns cannot
agree by chance. One number that is measured beside a few categories is no name: those agree anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import _safe_indexing

from .copies import chance_of_twins, columns_of

FEWEST_ROWS, NEARLY_ALL, FEWEST_OTHERS, MOST_NAMES, NO_CHANCE = 10, 0.98, 2, 3, 0.05


def naming_columns(parts: Sequence[Any]) -> list[list[int]]:
    """The places of columns that may name the rows, in lists to be tried one after the other: the surest come first.

    Parameters
    ----------
    parts : sequence of array-like
        Rows, the training part first.

    Returns
    -------
    list of list of int
        None has more than three places, or leaves fewer than two columns.
    """
    if any(issparse(X) or np.ndim(X) != 2 for X in parts) or np.shape(parts[0])[0] < FEWEST_ROWS:
        return []
    most = min(MOST_NAMES, np.shape(parts[0])[1] - FEWEST_OTHERS)
    shares: list[float] = []
    for columns in zip(*map(columns_of, parts), strict=False):
        shares.append(1.0 if _numbers_rows(columns[0]) else _share_of_different(columns))
        if shares.count(1.0) > most:  # as nearly always: saves the time of looking at all of them
            return []
    surest, all_of_them = ([place for place, share in enumerate(shares) if share >= one] for one in (1.0, NEARLY_ALL))
    return [places for places in (surest, *[all_of_them] * (all_of_them != surest)) if 0 < len(places) <= most]


def _numbers_rows(values: Any) -> bool:
    """Whether they are whole numbers without a gap, each once."""
    if values.dtype.kind not in "iuf":
        return False
    spread = float(values.max()) - float(values.min())
    return spread == len(values) - 1 and np.array_equal(np.sort(values), values.min() + np.arange(len(values)))


def _share_of_different(columns: Sequence[Any]) -> float:
    if all(values.dtype.kind in "biuf" for values in columns):
        values = np.concatenate(columns)
        return len(np.unique(values)) / len(values)
    texts = [str(value) for value in chain.from_iterable(values.tolist() for values in columns)]
    return len(set(texts)) / len(texts)


def cannot_agree_by_chance(parts: Sequence[Any], keys: Any) -> bool:
    """Whether rows without their names are so different that two of them are not equal by chance.

    Parameters
    ----------
    parts : sequence of array-like
        The rows, without the columns that name them.
    keys : ndarray of int
        A number for each row; equal rows have the same.

    Returns
    -------
    bool
        False where they have few columns, or few values in them.
    """
    chance, n_columns = chance_of_twins(parts, keys)
    if n_columns < FEWEST_OTHERS:  # as each tells all different rows apart, like measured numbers, or a code and a name
        return sum(map(_is_measured, columns_of(parts[0]))) >= FEWEST_OTHERS
    return chance <= NO_CHANCE


def _is_measured(values: Any) -> bool:
    """Whether they are different numbers with a fraction."""
    if values.dtype.kind != "f":
        return False
    there = values[np.isfinite(values)]
    return len(np.unique(there)) > 1 and bool(np.any(there % 1 > 0))


def without_columns(X: Any, places: Sequence[int]) -> Any:
    """The rows without some of their columns."""
    kept = [place for place in range(np.shape(X)[1]) if place not in places]
    return _safe_indexing(X if hasattr(X, "columns") else np.asarray(X), kept, axis=1)


def column_names(X: Any, places: Sequence[int]) -> tuple[str, ...]:
    """Of a frame its names, else the places."""
    return tuple(repr(X.columns[place]) if hasattr(X, "columns") else str(place) for place in places)
