"""Are the inputs normalised? Columns whose scale or mean stands out."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

MOST_SCALES = 1e3  # largest by smallest standard deviation
MOST_MEAN = 10.0  # a mean, in units of its column's standard deviation
CONSTANT = 1e-10  # a smaller spread, in units of the mean, is rounding: scaled constants have it
N_NAMED = 5


def input_warnings(X: Any, names: Any = None) -> tuple[str, ...]:
    """What stands out in the columns, with their names.

    Parameters
    ----------
    X : ndarray, DataFrame or sparse matrix of shape (n_rows, n_features)
        Rows as they reach the network.
    names : sequence of str, default=None
        Names of the columns; their numbers if None.

    Returns
    -------
    tuple of str
        A sentence for differing scales, and one for means far from zero; empty where the inputs are normalised.
    """
    mean, spread = _moments(X)
    names = np.asarray(range(len(mean)) if names is None else names)
    varies = spread > CONSTANT * np.abs(mean)
    found = []
    if varies.any() and (factor := spread[varies].max() / spread[varies].min()) > MOST_SCALES:
        distance = np.abs(np.log(np.where(varies, spread, 1.0) / np.median(spread[varies]))) * varies
        odd = distance > np.log(MOST_SCALES) / 2
        found.append(
            f"The columns' standard deviations differ by a factor of {factor:.0f}, furthest from the others in "
            f"{_named(names, odd, distance)}: scale them (StandardScaler)."
        )
    # A constant column counts by its value: it shifts every unit of the first layer.
    distance = np.abs(mean) / np.where(varies, spread, 1.0)
    if (far := distance > MOST_MEAN).any():
        found.append(
            f"More than {MOST_MEAN:.0f} standard deviations from 0 lies the mean of {_named(names, far, distance)}: "
            "centre them (StandardScaler)."
        )
    return tuple(found)


def varies(X: Any) -> bool:
    """Whether any column has a spread; what cannot be measured is left to `fit` to refuse."""
    try:
        spread = _moments(X)[1]
    except (TypeError, ValueError):
        return True
    return not bool(np.all(spread == 0))


def _moments(X: Any) -> tuple[Any, Any]:
    if issparse(X):
        mean, variance = mean_variance_axis(X.tocsr().astype(np.float64), axis=0)
        return mean, np.sqrt(variance)
    dense = np.asarray(X, dtype=np.float64)
    return dense.mean(axis=0), dense.std(axis=0)


def _named(names: Any, chosen: Any, distance: Any) -> str:
    """The names of the chosen columns, those that stand out most first, and how many more there are."""
    numbers = np.argsort(np.where(chosen, -distance, np.inf), kind="stable")[: int(chosen.sum())]
    text = ", ".join(str(names[number]) for number in numbers[:N_NAMED])
    return text if len(numbers) <= N_NAMED else f"{text} and {len(numbers) - N_NAMED} more"
