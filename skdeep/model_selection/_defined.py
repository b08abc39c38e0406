"""On which folds and parts a score is defined, known before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target

from .._score_needs import NEEDS, Need, metric_name, unmet_need
from ._words import counted

CUT = "larger parts, such as fewer folds, which cv as a number shuffles and stratifies"


def undefined_folds(
    scorer: Any, y: Any, folds: Sequence[tuple[Any, Any]], weights: Any = None
) -> dict[int, tuple[Need, str]]:
    """The folds that a score is not defined on: number, from 1, to what it needs and which rows do not have it."""
    y, found = np.asarray(y), {}
    kind = type_of_target(y) if metric_name(scorer) in NEEDS else ""
    for number, (train, held_out) in enumerate(folds, 1):
        for part, rows in (("training", train), ("held-out", held_out)):
            of_rows = None if weights is None else np.asarray(weights)[rows]
            need = unmet_need(scorer, y[train], y[rows], of_rows, kind=kind)
            if need is not None:
                found[number] = need, part
    return found


def undefined_sentence(name: str, undefined: Mapping[int, tuple[Need, str]], n_folds: int) -> str:
    """Which folds a score is not defined on, why, and what to do instead."""
    first, (need, part) = next(iter(undefined.items()))
    others = f" (nor have those of {counted(len(undefined) - 1, 'other')})" if len(undefined) > 1 else ""
    return (
        f"{name} needs {need.what}, which the {part} rows of fold {first} of {n_folds} do not have{others}. "
        f"Use {need.instead}, or {CUT}."
    )


def refuse_undefined_folds(name: str, undefined: Mapping[int, tuple[Need, str]], n_folds: int) -> None:
    """Raise a ValueError unless a score is defined on more than half of the folds: few are not like the whole."""
    if undefined and 2 * len(undefined) >= n_folds:
        raise ValueError(
            f"scoring must be defined on the rows of most folds. {undefined_sentence(name, undefined, n_folds)}"
        )


def refuse_undefined_parts(name: str, scorer: Any, y: Any, parts: Mapping[str, Any]) -> None:
    """Raise a ValueError where a score is not defined on the training rows or on a part of the user's own."""
    for part, targets in {"train": y, **parts}.items():
        need = unmet_need(scorer, y, targets)
        if need is not None:
            raise ValueError(
                f"scoring must be defined on the {part} rows. {name} needs {need.what}, which "
                f"{'y' if part == 'train' else 'y_' + part.replace('-', '_')} does not have. Use {need.instead}."
            )
