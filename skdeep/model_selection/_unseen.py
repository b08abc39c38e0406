"""Held-out rows of classes that the fit which is held against them was never trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.multiclass import type_of_target

N_NAMED = 5
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


def find_unseen(seen: Any, targets: Any) -> tuple[Any, list[Any]]:
    """Which rows have a class that is nowhere in the `seen` targets, and these classes.

    Parameters
    ----------
    seen, targets : array-like of shape (n_rows,) or (n_rows, n_outputs)
        Training targets and held-out ones. Of several outputs each is looked at by itself.

    Returns
    -------
    tuple of (ndarray of bool, list)
        A mask of the held-out rows, and the classes in order; of several outputs the numbers of their columns.
    """
    seen, targets = np.asarray(seen), np.asarray(targets)
    if targets.size > len(targets):
        masks = [
            find_unseen(one, other)[0]
            for one, other in zip(seen.T, targets.reshape(-1, targets.shape[-1]).T, strict=True)
        ]
        return np.any(masks, axis=0), [column for column, mask in enumerate(masks) if mask.any()]
    known = set(seen.ravel().tolist())  # not isin, to which 1 is "1"
    new = {label: label not in known for label in set(targets.ravel().tolist())}
    mask = np.array([new[label] for label in targets.ravel().tolist()], dtype=bool)
    return mask, sorted((label for label, is_new in new.items() if is_new), key=str)


def unseen_in_part(y: Any, targets: Any) -> Unseen:
    """Of a part of the user's own."""
    mask, classes = find_unseen(y, targets)
    return Unseen(int(mask.sum()), len(mask), tuple(classes[:N_NAMED]))


def unseen_in_folds(y: Any, folds: Sequence[tuple[Any, Any]]) -> Unseen:
    """Of the held-out rows of all folds together, each against the training rows of its own."""
    y = np.asarray(y)
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
            whose = f"of {part.n_folds} folds " if part.n_folds else ""
            training = "training row of their fold" if part.n_folds else "training row"
            yield (
                f"{part.n_rows} of {part.n_of} {name} rows {whose}are of classes that no {training} has "
                f"({', '.join(map(str, part.classes))}): they count as errors whatever is learnt."
            )
