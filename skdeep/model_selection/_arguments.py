"""What the arguments of a report must be: each error names the argument, the rule and what was given."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import indexable
from sklearn.utils.validation import _num_samples

#: Of the training rows: each twice the one before, so that all smaller fits together cost less than the full ones.
FRACTIONS = (1 / 8, 1 / 4, 1 / 2)
#: Together with all training rows three sizes: fewer leave a power law of three parameters open.
FEWEST_FRACTIONS = 2


def check_estimator(estimator: Any) -> None:
    """Raise a TypeError for what cannot be fitted."""
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(f"estimator must be an instance of an estimator, with fit. Got {estimator!r}.")


def check_shares(**shares: Any) -> None:
    """Raise a ValueError unless each is a number between 0 and 1."""
    for name, value in shares.items():
        if not isinstance(value, Real) or isinstance(value, bool) or not 0 < float(value) < 1:
            raise ValueError(f"{name} must be a number between 0 and 1, both excluded. Got {value!r}.")


def check_fit_params(fit_params: Any) -> dict[str, Any]:
    """As a dictionary of its own."""
    if not isinstance(fit_params, Mapping | None):
        raise ValueError(f"fit_params must map names of parameters of fit to values. Got {fit_params!r}.")
    return dict(fit_params or {})


def check_fractions(learning_curve: Any) -> tuple[float, ...]:
    """Of the training rows, increasing; none where no learning curve is wanted."""
    if isinstance(learning_curve, bool | np.bool_):
        return FRACTIONS if learning_curve else ()
    try:
        fractions = np.unique(np.asarray(learning_curve, dtype=float))
    except (TypeError, ValueError):
        fractions = np.empty(0)
    if np.size(fractions) < FEWEST_FRACTIONS or not np.all((fractions > 0) & (fractions < 1)):
        raise ValueError(
            f"learning_curve must be True, False or at least {FEWEST_FRACTIONS} fractions between 0 and 1, both "
            f"excluded. Got {learning_curve!r}."
        )
    return tuple(fractions.tolist())


def check_rows(X: Any, y: Any, groups: Any) -> tuple[Any, Any, Any]:
    """The training rows, such that they can be indexed."""
    X, y = equal_rows(X=X, y=y)
    if groups is not None:
        groups = _check_groups(equal_rows(X=X, groups=groups)[1])
    return X, y, groups


def _check_groups(groups: Any) -> Any:
    try:
        if np.ndim(groups) == 1:
            np.unique(groups)
            return groups
    except TypeError:  # no order among them
        pass
    raise ValueError(f"groups must hold one name for each row, all numbers or all text. Got shape {np.shape(groups)}.")


def own_parts(**parts: tuple[Any, Any]) -> dict[str, tuple[Any, Any]]:
    """The user's parts that were given, each whole and consistent, by the names of their rungs."""
    given = {}
    for key, (X, y) in parts.items():
        if (X is None) != (y is None):
            raise ValueError(
                f"X_{key} and y_{key} must be given together. Got {'X' if y is None else 'y'}_{key} alone."
            )
        if X is not None:
            given[key.replace("_", "-")] = equal_rows(**{f"X_{key}": X, f"y_{key}": y})
    if "train-dev" in given and "dev" not in given:
        raise ValueError("X_train_dev must come with X_dev, from which it tells variance. Got X_train_dev alone.")
    return given


def equal_rows(**values: Any) -> tuple[Any, Any]:
    """Two things, such that they can be indexed, that have as many rows as each other, one at least."""
    (first, n_rows), (second, n_others) = ((name, _count_rows(name, value)) for name, value in values.items())
    if n_rows != n_others:
        raise ValueError(f"{second} must have as many rows as {first}, {n_rows}. Got {n_others}.")
    if n_rows == 0:
        raise ValueError(f"{first} must have at least one row. Got none.")
    return tuple(indexable(*values.values()))


def _count_rows(name: str, value: Any) -> int:
    if name.startswith("y") and issparse(value):
        raise ValueError(f"{name} must be dense. Got a sparse matrix: give {name}.toarray().")
    try:
        return int(_num_samples(value))
    except TypeError:
        raise ValueError(f"{name} must hold an entry for each row. Got {value!r}.") from None


def check_part_targets(y: Any, parts: Mapping[str, tuple[Any, Any]], *, classes: bool, both: bool) -> None:
    """Raise a ValueError for missing targets, and where a part has no class of the training rows, or not `both`."""
    for name, (_, targets) in parts.items():
        key, values = f"y_{name.replace('-', '_')}", np.asarray(targets)
        if values.dtype.kind == "f" and np.isnan(values).any():
            raise ValueError(f"{key} must hold no missing value. Got {int(np.isnan(values).sum())} NaN.")
        if classes and set(values.tolist()).isdisjoint(np.asarray(y).tolist()):  # not isin, to which 1 is "1"
            raise ValueError(
                f"{key} must hold classes of y, {np.unique(np.asarray(y))[:5].tolist()}. Got "
                f"{np.unique(values)[:5].tolist()}."
            )
        if both and not np.array_equal(np.unique(values), np.unique(np.asarray(y))):
            raise ValueError(
                f"{key} must hold both classes of y, {np.unique(np.asarray(y)).tolist()}, to rank one above the "
                f"other. Got {np.unique(values)[:5].tolist()}."
            )
