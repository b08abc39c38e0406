"""Which rows each fit of a report is trained on, and on which it is evaluated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, check_cv, train_test_split

from .._score_needs import unmet_need
from .._unseen_classes import find_unseen
from ._error import ErrorMeasure
from ._evaluation import Units
from ._fits import Plan

#: Blocks that a jackknife leaves out where nothing is known row by row: t with 19 degrees of freedom is near normal.
N_BLOCKS = 20
FEWEST_ROWS = 10
#: Rows of classes that a part of the training rows may lack: those of the rarest, which cannot be shared out.
MOST_LOST = 0.03


def make_splitter(cv: Any, y: Any, groups: Any, estimator: Any, random_state: Any) -> Any:
    """A number becomes shuffled folds, stratified for classes, cut between groups; all else as in scikit-learn."""
    checked = check_cv(cv, y, classifier=is_classifier(estimator))
    if type(checked) not in (KFold, StratifiedKFold) or not isinstance(cv, int | np.integer | None):
        return checked
    stratified = isinstance(checked, StratifiedKFold)
    if groups is None:
        kind = StratifiedKFold if stratified else KFold
    else:
        kind = StratifiedGroupKFold if stratified else GroupKFold
    return kind(checked.n_splits, shuffle=True, random_state=random_state)


def cut_folds(splitter: Any, X: Any, y: Any, metadata: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Training and held-out rows of each fold, as numbers; a splitter may also give lists, or masks."""
    folds = [tuple(map(row_numbers, fold)) for fold in splitter.split(X, y, **metadata)]
    if not folds:
        raise ValueError("cv must give at least one fold. Got none.")
    for number, fold in enumerate(folds, 1):
        if len(fold) != 2 or not all(map(len, fold)):
            raise ValueError(
                "cv must give two parts for each fold, rows to train on and rows to hold out. "
                f"Got parts of {list(map(len, fold))} rows in fold {number}."
            )
    return folds


class KnownFolds:
    """A splitter whose folds are cut already: whatever it is given, they stay the same.

    Parameters
    ----------
    folds : sequence of (train, held_out)
        Rows of each fold.
    """

    def __init__(self, folds: Sequence[tuple[Any, Any]]) -> None:
        self._folds = folds

    def split(self, X: object = None, y: object = None, **metadata: object) -> Iterator[tuple[Any, Any]]:
        """The folds, as they are."""
        return iter(self._folds)


def row_numbers(rows: Any) -> Any:
    """Of a mask, or as they are."""
    rows = np.atleast_1d(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows


def make_units(y: Any, groups: Any, measure: ErrorMeasure, *, random_state: Any) -> Units:
    """Single rows where it is known what each adds; groups where given; else blocks of equal class shares."""
    y = np.asarray(y)
    if groups is not None:
        of_row = np.unique(groups, return_inverse=True)[1]
    elif measure.by_row is not None:
        of_row = np.arange(len(y))
    else:
        order = random_state.permutation(len(y))
        if y.ndim == 1:
            order = order[np.argsort(y[order], kind="stable")]
        of_row = np.empty(len(y), dtype=int)
        of_row[order] = np.arange(len(y)) % min(N_BLOCKS, len(y))
    n_units = int(of_row.max()) + 1
    n_observations = n_units if groups is not None else len(y)
    if measure.of_two_samples:
        of_classes = [len(np.unique(of_row[y.ravel() == label])) for label in np.unique(y)]
        n_observations = min(n_observations, 4 * min(of_classes))
    return Units(of_row, n_units, n_observations)


def fold_names(n_folds: int) -> list[str]:
    """Of the fits, for messages."""
    return [f"fold {number} of {n_folds}" for number in range(1, n_folds + 1)]


def fold_plans(folds: Sequence[tuple[Any, Any]], parts: Collection[str], left_out: Collection[int] = ()) -> list[Plan]:
    """A fit for each fold; each looks at the test part too, having seen as many rows as for the dev error."""
    test = {"test": ("test", None)} if "test" in parts else {}
    kept = [number for number in range(1, len(folds) + 1) if number not in left_out]
    return [
        Plan(
            name,
            train,
            {"train": ("train", train), "dev": ("train", held_out), **test},
            keep=number == kept[0],  # what it saw and became is like the others'
        )
        for number, (name, (train, held_out)) in enumerate(zip(fold_names(len(folds)), folds, strict=True), 1)
        if number in kept
    ]


def single_plan(n_rows: int, parts: Iterable[str]) -> Plan:
    """One fit on all rows, evaluated on them and on the user's own parts."""
    return Plan("the fit", np.arange(n_rows), {name: (name, None) for name in ("train", *parts)}, keep=True)


def smaller_plans(
    plans: Sequence[Plan],
    y: Any,
    fractions: Sequence[float],
    groups: Any,
    *,
    stratified: bool,
    scorer: Any = None,
    random_state: Any,
) -> Iterator[list[Plan]]:
    """For each fraction the same fits on as large a part of their training rows, if large enough and like the whole."""
    for fraction in fractions:
        smaller = []
        for plan in plans:
            rows = _part(plan.train, fraction, y, groups, stratified=stratified, random_state=random_state)
            if rows is not None and _is_like_the_whole(np.asarray(y), rows, plan.train, scorer, stratified=stratified):
                looks = {"train": ("train", rows), "dev": plan.evaluate_on["dev"]}
                smaller.append(Plan(f"{plan.name}, {len(rows)} rows", rows, looks))
        if len(smaller) == len(plans):
            yield smaller


def _is_like_the_whole(y: Any, rows: Any, whole: Any, scorer: Any, *, stratified: bool) -> bool:
    """Whether next to no row is of a class that is missing, and the score is defined on the training rows."""
    lost = find_unseen(y[rows], y[whole])[0].mean() if stratified else 0.0
    return bool(lost <= MOST_LOST) and unmet_need(scorer, y[rows], y[rows]) is None


def _part(rows: Any, fraction: float, y: Any, groups: Any, *, stratified: bool, random_state: Any) -> Any:
    """That fraction of the rows, whole groups only; None where it would be too few."""
    size = round(fraction * len(rows))
    labels = np.asarray(y)[rows] if stratified else None
    n_classes = 1 if labels is None else len(np.unique(labels))
    if size < max(FEWEST_ROWS, 2 * n_classes) or len(rows) - size < n_classes:
        return None
    if groups is not None:
        return _some_groups(rows, np.asarray(groups)[rows], size, random_state)
    if labels is not None and np.unique(labels, return_counts=True)[1].min() < 2:
        labels = None  # a class of one row cannot be shared out
    return np.sort(train_test_split(rows, train_size=size, stratify=labels, random_state=random_state)[0])


def _some_groups(rows: Any, groups: Any, size: int, random_state: Any) -> Any:
    """The rows of randomly drawn groups, as many as come nearest to the size."""
    names, of_row, counts = np.unique(groups, return_inverse=True, return_counts=True)
    order = random_state.permutation(len(names))
    n_groups = max(1, int(np.argmin(np.abs(np.cumsum(counts[order]) - size))) + 1)
    return rows[np.isin(of_row, order[:n_groups])]
