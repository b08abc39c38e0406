"""What a score needs of the targets that it is taken of, known before anything is fitted: R², the AUC, F1, others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target


@dataclass(frozen=True)
class Need:
    """What a score needs of the targets that it is taken of.

    Attributes
    ----------
    what : str
        In words, after "needs".
    instead : str
        Which score can do without.
    is_met : callable
        ``is_met(targets, training, options)``: whether the targets have it, given those that were trained on and the
        options of the metric, its "kind" of targets among them.
    """

    what: str
    instead: str
    is_met: Callable[[Any, Any, Mapping[str, Any]], bool]


def _distinct(y: Any) -> Any:
    """The different values in order: of labels that are small whole numbers by counting, a tenth of the time."""
    if y.dtype.kind in "iu" and y.ndim == 1 and len(y) and int(y.max()) - int(y.min()) <= len(y):
        low = int(y.min())
        return np.flatnonzero(np.bincount(y.astype(np.int64) - low)) + low
    return np.unique(y)


def _columns(y: Any) -> list[Any]:
    return list(y.reshape(len(y), -1).T)


def _vary(y: Any, training: Any, options: Mapping[str, Any]) -> bool:
    return all(len(_distinct(column)) > 1 for column in _columns(y))


def _some_vary(y: Any, training: Any, options: Mapping[str, Any]) -> bool:
    """Of several outputs one is enough; where those that do not vary are to be no number, all of them."""
    vary = [len(_distinct(column)) > 1 for column in _columns(y)]
    return any(vary) if options.get("force_finite", True) else all(vary)


def _are_two(y: Any, training: Any, options: Mapping[str, Any]) -> bool:
    return len(y) > 1


def _have_a_positive(y: Any, training: Any, options: Mapping[str, Any]) -> bool:
    """Two rows, and the label that counts as positive where the training targets are two classes, it one of them."""
    positive = options.get("pos_label", 1)
    if len(y) < 2:  # of a single row it is right or wrong, and no more
        return False
    of_two = options.get("average", "binary") == "binary" and options["kind"] == "binary"
    return not of_two or positive not in _distinct(training).tolist() or positive in _distinct(y).tolist()


def _have_positives(y: Any, training: Any, options: Mapping[str, Any]) -> bool:
    """As the average precision: of several labels each, of several classes all, of two both."""
    if options["kind"] == "multilabel-indicator":
        return all(column.any() for column in _columns(y))
    if options["kind"] == "binary":
        of_two = {**options, "average": "binary"}
        return _vary(y, training, options) and _have_a_positive(y, training, of_two)
    return _have_all(y, training, options)


def _have_all(y: Any, training: Any, options: Mapping[str, Any]) -> bool:
    """Every class that was trained on, and no other; of several labels both values of each."""
    if options["kind"] == "multilabel-indicator":
        return _vary(y, training, options)
    return np.array_equal(_distinct(y), _distinct(training))


def _have_all_unless_named(y: Any, training: Any, options: Mapping[str, Any]) -> bool:
    """As `_have_all`, where the score is not told by its `labels` which classes there are."""
    if options.get("labels") is not None or options["kind"] == "multilabel-indicator":
        return True
    return _have_all(y, training, options)


def _above(limit: float, *, strictly: bool = False) -> Callable[[Any, Any, Mapping[str, Any]], bool]:
    return lambda y, training, options: bool(np.all(y > limit) if strictly else np.all(y >= limit))


NUMBERS, CLASSES = "scoring='neg_mean_squared_error'", "scoring='accuracy'"
_VARIED = Need("two different targets at least", NUMBERS, _some_vary)
_VARIED_CLASSES = Need("rows of two classes at least", CLASSES, _vary)
_POSITIVE = Need("two rows at least, one of them positive", CLASSES, _have_a_positive)
_POSITIVES = Need("a positive row of every label at least, and of two classes rows of both", CLASSES, _have_positives)
_TWO = Need("two rows at least", CLASSES, _are_two)
_EACH = "rows of every class that was trained on, and of no other"
_ALL, _ALL_UNLESS_NAMED = Need(_EACH, CLASSES, _have_all), Need(_EACH, CLASSES, _have_all_unless_named)
#: Metric of scikit-learn, by the name of its function -> what it needs. Those of all other names of `get_scorer_names`
#: are defined on any rows.
NEEDS: dict[str, Need] = {
    **dict.fromkeys(("r2_score", "explained_variance_score"), _VARIED),
    **dict.fromkeys(("d2_absolute_error_score", "d2_pinball_score", "d2_tweedie_score"), _VARIED),
    **dict.fromkeys(("matthews_corrcoef", "mutual_info_score", "normalized_mutual_info_score"), _VARIED_CLASSES),
    **dict.fromkeys(("adjusted_mutual_info_score", "homogeneity_score", "v_measure_score"), _VARIED_CLASSES),
    **dict.fromkeys(("adjusted_rand_score", "completeness_score", "cohen_kappa_score"), _VARIED_CLASSES),
    **dict.fromkeys(("rand_score", "fowlkes_mallows_score"), _TWO),
    **dict.fromkeys(("f1_score", "fbeta_score", "precision_score", "recall_score", "jaccard_score"), _POSITIVE),
    "average_precision_score": _POSITIVES,
    **dict.fromkeys(("roc_auc_score", "d2_log_loss_score", "d2_brier_score"), _ALL),
    **dict.fromkeys(("log_loss", "top_k_accuracy_score"), _ALL_UNLESS_NAMED),
    **dict.fromkeys(("brier_score_loss", "positive_likelihood_ratio", "negative_likelihood_ratio"), _ALL),
    "mean_absolute_percentage_error": Need(
        "targets that are not 0", NUMBERS, lambda y, training, options: bool(np.all(y != 0))
    ),
    **dict.fromkeys(
        ("mean_squared_log_error", "root_mean_squared_log_error"),
        Need("targets that are not negative", NUMBERS, _above(0.0)),
    ),
    "mean_poisson_deviance": Need("targets that are not negative", NUMBERS, _above(0.0)),
    "mean_gamma_deviance": Need("targets above 0", NUMBERS, _above(0.0, strictly=True)),
}
#: The Brier score of two classes is defined where only one of them is.
ONLY_OF_SEVERAL = ("brier_score_loss",)


def unmet_need(
    scorer: Any, training: Any, targets: Any, weights: Any = None, *, kind: str | None = None
) -> Need | None:
    """What a score needs and the targets do not have.

    Parameters
    ----------
    scorer : callable
        Of scikit-learn's kind; of others nothing is known.
    training, targets : array-like
        The targets that were trained on, and those that the score is taken of.
    weights : array-like, default=None
        Of the targets; rows without weight do not count.
    kind : str, default=None
        The type of the training targets, as `type_of_target` has it, where it is known.

    Returns
    -------
    Need or None
        None where the score is defined, as far as can be told.
    """
    name = metric_name(scorer)
    need, training, targets = NEEDS.get(name), np.asarray(training), np.asarray(targets)
    if need is None:
        return None
    if weights is not None:
        targets = targets[np.asarray(weights) > 0]
    kind = type_of_target(training) if kind is None else kind
    if kind == "binary" and name in ONLY_OF_SEVERAL:
        return None
    if len(targets) == 0:
        return Need("a row with a weight above 0", "other weights", need.is_met)
    try:
        return None if need.is_met(targets, training, {**getattr(scorer, "_kwargs", {}), "kind": kind}) else need
    except (TypeError, ValueError):  # targets of a kind that the score itself refuses
        return None


def metric_name(scorer: Any) -> str:
    """Of the function that a scorer of scikit-learn calls; "" for others."""
    return getattr(getattr(scorer, "_score_func", None), "__name__", "")
