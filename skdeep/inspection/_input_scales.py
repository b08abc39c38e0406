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
    if varies.any() and spread[varies].max() > MOST_SCALES * spread[varies].min():
        factor = spread[varies].max() / spread[varies].min()
        typical = np.exp(np.mean(np.log(spread[varies])))
        distance = np.where(varies, np.abs(np.log(np.where(varies, spread, typical) / typical)), 0.0)
        found.append(
            f"The columns' standard deviations differ by a factor of {factor:.0f}, most in "
            f"{_named(names, np.argsort(-distance)[:N_NAMED])}: scale them (StandardScaler)."
        )
    far = np.flatnonzero(varies & (np.abs(mean) > MOST_MEAN * spread))
    if far.size:
        far = far[np.argsort(-np.abs(mean[far]) / spread[far])]
        found.append(
            f"Columns lie more than {MOST_MEAN:.0f} standard deviations from 0: {_named(names, far[:N_NAMED])}"
            f"{'' if far.size <= N_NAMED else f' and {far.size - N_NAMED} more'}: centre them (StandardScaler)."
        )
    return tuple(found)


def _moments(X: Any) -> tuple[Any, Any]:
    if issparse(X):
        mean, variance = mean_variance_axis(X.tocsr().astype(np.float64), axis=0)
        return mean, np.sqrt(variance)
    dense = np.asarray(X, dtype=np.float64)
    return dense.mean(axis=0), dense.std(axis=0)


def _named(names: Any, numbers: Any) -> str:
    return ", ".join(str(names[number]) for number in numbers)
