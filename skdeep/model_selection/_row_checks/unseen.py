"""Held-out rows of classes that the fit which is held against them was never trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.utils.multiclass import type_of_target

from ..._unseen_classes import N_NAMED, find_unseen
from .._words import counted, is_or_are, they_count

#: Whole numbers that occur less often on average may be counts; a part may lack a few of the rarest.
ROWS_OF_A_CLASS, FEW = 10, 0.03
OF_CLASSES = ("binary", "multiclass", "multilabel-indicator", "multiclass-multioutput")


@dataclass(frozen=True)
class Unseen:
    """The rows of one part whose classes are unknown to the fits.

    Attributes
    ----------
    n_rows, n_of : int
        How many, and of how many; a row that several folds hold out counts as often.
    classes : tuple
        Which ones, at most `N_NAMED` of them; of several labels those columns in which they are.
    n_folds : int
        How many folds have such rows; 0 for a part of the user's own.
    """

    n_rows: int
    n_of: int
    classes: tuple[Any, ...] = ()
    n_folds: int = 0

    @property
    def share(self) -> float:
        """Of the rows of the part."""
        return self.n_rows / self.n_of


def has_classes(estimator: Any, y: Any) -> bool:
    """Whether the estimator tells classes apart and y holds one for each row, or several."""
    return bool(is_classifier(estimator)) and type_of_target(y) in OF_CLASSES


def unseen_in_part(y: Any, targets: Any) -> Unseen:
    """Of a part of the user's own."""
    mask, classes = find_unseen(y, targets)
    return Unseen(int(mask.sum()), len(mask), tuple(classes[:N_NAMED]))


def unseen_in_folds(y: Any, folds: Sequence[tuple[Any, Any]]) -> Unseen:
    """Of the held-out rows of all folds together, each against the training rows of its own."""
    y = y.tocsr() if issparse(y) else np.asarray(y)
    found = [find_unseen(y[train], y[held_out]) for train, held_out in folds]
    classes = {label: None for _, some in found for label in some}
    return Unseen(
        sum(int(mask.sum()) for mask, _ in found),
        sum(len(mask) for mask, _ in found),
        tuple(sorted(classes, key=str)[:N_NAMED]),
        sum(bool(some) for _, some in found),
    )


def unseen_warnings(unseen: Mapping[str, Unseen]) -> Iterator[str]:
    """A sentence for each part that has such rows."""
    for name, part in unseen.items():
        if part.n_rows:
            whose = f"of {counted(part.n_folds, 'fold')} " if part.n_folds else ""
            training = "training row of their fold" if part.n_folds else "training row"
            yield (
                f"{part.n_rows} of {part.n_of} {name} rows {whose}{is_or_are(part.n_rows)} of classes that no "
                f"{training} has ({', '.join(map(str, part.classes))}): {they_count(part.n_rows)} as errors "
                "whatever is learnt."
            )


def split_warnings(y: Any, parts: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each part of a split with classes that no train row has.

    Parameters
    ----------
    y : array-like
        What may be the target; of one that does not look like classes nothing is said.
    parts : dict of str to ndarray of int
        The rows of "train" and of the other parts.

    Yields
    ------
    str
        Of numbers, which may be counts as well, only where more than `FEW` of a part's rows are concerned.
    """
    y, least = np.asarray(y), 0.0
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.ravel()
    if y.ndim != 1 or y.dtype.kind not in "biufUSO":
        return
    n_rows_each = len(y) / len(set(y.tolist()))
    if y.dtype.kind in "iuf":
        least = FEW
        if n_rows_each < ROWS_OF_A_CLASS or not np.array_equal(y, np.round(y)):
            return
    elif n_rows_each < 2:
        return
    for name, rows in parts.items():
        mask, classes = find_unseen(y[parts["train"]], y[rows])
        if name != "train" and mask.mean() > least:
            yield (
                f"{mask.sum()} of {len(mask)} {name} rows are of classes that no train row has "
                f"({', '.join(map(str, classes[:N_NAMED]))}): no model can learn them from those."
            )
