"""The rows that judge a training, and how they do."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_regressor
from sklearn.metrics import check_scoring, get_scorer

from .._score_needs import unmet_need
from .._unseen_classes import N_NAMED, find_unseen
from ..core import History, ParameterVector, Rows, mean_loss
from ..core.training import Validate
from ._model import Model
from ._validation import naming, require_weight


@dataclass
class DevSet:
    """Dev rows: numbered for the loss, which counts class weights too, and as the scorer wants them.

    Parameters
    ----------
    rows : Rows
        With the weights of the loss.
    y : ndarray or CSR matrix of shape (n_rows,) or (n_rows, n_outputs)
        Targets.
    sample_weight : ndarray of shape (n_rows,) or None
        The weights that the user gave, and no more: a score of that name is what the scorer itself would give.
    y_train : callable () -> ndarray
        Gives targets with the classes, of each column, that the rows have which train: made where they are asked for.
    is_given : bool
        Whether they are the user's own, and not split off.
    """

    rows: Rows
    y: Any
    sample_weight: Any
    y_train: Callable[[], Any]
    is_given: bool


def unseen_classes_remark(dev: DevSet) -> str:
    """What there is to warn of where dev rows have classes, or labels of an indicator matrix, that training has not.

    Parameters
    ----------
    dev : DevSet
        Of a classifier.

    Returns
    -------
    str
        A sentence; empty where training has all.
    """
    concerned, unseen = find_unseen(dev.y_train(), dev.y)
    if not unseen:
        return ""
    named = ", ".join(map(str, unseen[:N_NAMED])) + (", ..." if len(unseen) > N_NAMED else "")
    return (
        f"{concerned.sum()} of {dev.y.shape[0]} dev rows are of classes that no training row has ({named}): they count "
        "as errors whatever is learnt. Give fit more rows of these classes, or an X_val of its own."
    )


def validator(network: Any, model: Model, dev: DevSet) -> Validate:
    """What training calls after each epoch to note the loss on the dev rows, and their score where one is asked for.

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
        y = dev.y.toarray() if issparse(dev.y) else dev.y  # as predictions are, and all scorers take
        self._rows = dev.rows.X[dev.rows.numbers], y
        self._weight: dict[str, Any] = {}
        if dev.sample_weight is not None and _takes_weight(self._scorer):
            self._weight = {"sample_weight": dev.sample_weight}
        if network.early_stopping:
            self._require_defined(dev)

    def _require_defined(self, dev: DevSet) -> None:
        """Raise where a score that is to end the training says nothing on the dev rows, whatever is predicted."""
        name, scorer = self._judged.scoring, self._scorer
        if name is None and is_regressor(self._judged):  # its own score
            name, scorer = "r2", get_scorer("r2")
        need = unmet_need(scorer, dev.y_train(), self._rows[1], dev.sample_weight)
        # Rows that were split off are no choice of the user's: where a score merely cannot move on them, the loss tells
        # epochs apart.
        if need is not None and (dev.is_given or not self._gives_a_number()):
            raise ValueError(
                f"scoring must be defined on the dev rows. It needs {need.what}, which they do not have: use "
                f"{need.instead}, or scoring='loss'. Got {name!r}."
            )

    def _gives_a_number(self) -> bool:
        """Whether the network as it is can be scored; what the scorer says of it is no news yet."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return bool(np.isfinite(float(self._scorer(self._judged, *self._rows, **self._weight))))
            except (TypeError, ValueError):
                return False

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
