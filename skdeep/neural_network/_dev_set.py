"""The rows that judge a training, and how they do."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring

from ..core import History, ParameterVector, Rows, mean_loss
from ..core.training import Validate
from ._model import Model
from ._validation import naming, require_weight

#: Classes that a warning names.
N_NAMED = 5


@dataclass
class DevSet:
    """Dev rows: numbered for the loss, which counts class weights too, and as the scorer wants them.

    Parameters
    ----------
    rows : Rows
        With the weights of the loss.
    y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Targets.
    sample_weight : ndarray of shape (n_rows,) or None
        The weights that the user gave, and no more: a score of that name is what the scorer itself would give.
    """

    rows: Rows
    y: Any
    sample_weight: Any


def untrained_labels(y_train: Any, y_dev: Any) -> str:
    """What there is to warn of where dev rows have classes, or labels of an indicator matrix, that training has not.

    Parameters
    ----------
    y_train, y_dev : ndarray of shape (n_rows,) or (n_rows, n_labels)
        Targets of the rows that train and of those that judge.

    Returns
    -------
    str
        A sentence; empty where training has all.
    """
    if y_dev.ndim == 2:
        unseen = np.flatnonzero((y_dev != 0).any(axis=0) & ~(y_train != 0).any(axis=0))
        concerned = (y_dev[:, unseen] != 0).any(axis=1)
    else:
        unseen = np.setdiff1d(y_dev, y_train)
        concerned = np.isin(y_dev, unseen)
    if not len(unseen):
        return ""
    named = ", ".join(map(str, unseen[:N_NAMED].tolist())) + (", ..." if len(unseen) > N_NAMED else "")
    share = f"{np.count_nonzero(concerned)} of {len(y_dev)} dev rows"
    return (
        f"{share} are of classes that no training row has ({named}): they "
        "count as errors whatever is learnt. Give fit more rows of these classes, or an X_val of its own."
    )


def validator(network: Any, model: Model, dev: DevSet) -> Validate:
    """What a training calls after each epoch to note the loss on the dev rows, and their score where one is asked for.

    Parameters
    ----------
    network : DeepMLPClassifier or DeepMLPRegressor
        Gives the scoring, and predicts for it.
    model : Model
        What is trained.
    dev : DevSet
        The rows.

    Returns
    -------
    callable (parameters, history) -> None
        Appends to the history.
    """
    require_weight(dev.rows, "dev")
    score = None if network.scoring == "loss" else _DevScore(network, model, dev)

    def validate(parameters: ParameterVector, history: History) -> None:
        history.validation_loss.append(mean_loss(model.network, parameters, dev.rows))
        # The training ends with an error of its own where the loss is no number.
        if score is not None and np.isfinite(history.validation_loss[-1]):
            history.validation_score.append(score(history.n_epochs))

    return validate


class _DevScore:
    """The scorer's value on the dev rows of the network as it is, which predicts rows that have lost their names."""

    def __init__(self, network: Any, model: Model, dev: DevSet) -> None:
        with naming("scoring", "be 'loss', the name of a scorer, a callable scorer, or None"):
            self._scorer = check_scoring(network, scoring=network.scoring)
        self._judged = copy(network)
        self._judged._model = model
        self._judged.__dict__.pop("feature_names_in_", None)
        self._rows = dev.rows.X[dev.rows.numbers], dev.y
        self._weight = {}
        if dev.sample_weight is not None and _takes_weight(self._scorer):
            self._weight = {"sample_weight": dev.sample_weight}

    def __call__(self, epoch: int) -> float:
        score = self._score()
        try:
            value = float(score)
        except (TypeError, ValueError):
            value = np.nan
        if not np.isfinite(value):
            raise ValueError(f"scoring must give a finite number on the dev rows. Got {score!r} in epoch {epoch}.")
        return value

    def _score(self) -> Any:
        score = partial(self._scorer, self._judged, *self._rows, **self._weight)
        if not isinstance(self._judged.scoring, str):  # what a scorer of the user's own raises is the user's
            return score()
        with naming("scoring", f"suit the estimator and the target. Got {self._judged.scoring!r}"):
            return score()


def _takes_weight(scorer: Any) -> bool:
    """Whether a scorer has an argument for sample weights; the user's own callable need not have one."""
    arguments = signature(scorer).parameters.values()
    return any(argument.name == "sample_weight" or argument.kind is argument.VAR_KEYWORD for argument in arguments)
