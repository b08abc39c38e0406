"""A report from what `cross_validate` already gave, without another fit."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from itertools import compress
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import check_cv
from sklearn.utils.multiclass import type_of_target

from .._score_needs import unmet_need
from ._arguments import check_shares, equal_rows
from ._assembly import build_report, target_warning
from ._defined import refuse_undefined_folds, undefined_folds, undefined_sentence
from ._doubts import find_doubts
from ._error import ACCURACY, ErrorMeasure, error_measure
from ._evaluation import Units
from ._fits import Sample
from ._folds import fold_plans
from ._ladder import Rung
from ._reference import Constant, constant_prediction
from ._report import BiasVarianceReport
from ._row_checks.data_checks import imbalance_warning, is_class_target
from ._row_checks.unseen import Unseen, has_classes, unseen_in_folds, unseen_warnings
from ._words import is_or_are

Folds = Sequence[tuple[Any, Any]]
NOT_GIVEN = "the cross-validated estimator"


def report_from_cv_results(
    cv_results: Mapping[str, Any],
    y: Any,
    *,
    estimator: Any = None,
    scoring: Any = None,
    best_score: float | None = None,
    target_error: float = 0.0,
    tolerance: float = 0.03,
    confidence: float = 0.95,
) -> BiasVarianceReport:
    """See `BiasVarianceReport.from_cv_results`."""
    check_shares(tolerance=tolerance, confidence=confidence)
    _check_results(cv_results, y)
    unknown = estimator is None and "estimator" not in cv_results
    guessed = unknown and scoring is None
    estimator = _estimator(cv_results, estimator, y)
    measure = error_measure(scoring, estimator, best_score)
    target = _target(target_error, measure)
    folds = _folds(cv_results)
    train, dev, whole, unscored = _errors(cv_results, scoring, measure, y, folds)
    if unscored:
        told = "; ".join(f"{name}: {why}" for name, why in unscored.items())
        left = f"{len(unscored)} of {len(whole)} folds {is_or_are(len(unscored))} left out."
        warnings.warn(f"{left} {told}", FitFailedWarning, stacklevel=3)
    folds = list(compress(folds, whole)) if len(folds) == len(whole) else folds
    unseen = {"dev": unseen_in_folds(y, folds)} if folds and has_classes(estimator, y) else {}
    n_rows, ratio = _sizes(folds, len(y), len(whole))
    measured = {name: _rung(name, errors, ratio) for name, errors in (("train", train), ("dev", dev))}
    rungs = {"target": target, **measured}
    return build_report(
        estimator,
        measure,
        rungs,
        estimator_name=NOT_GIVEN if unknown else "",
        constant=_constant(estimator, measure, y, folds, len(whole)),
        tolerance=tolerance,
        confidence=confidence,
        doubts=list(find_doubts(tolerance=tolerance, unseen=unseen, n_measured=int(whole.sum()), n_planned=len(whole))),
        imbalance=imbalance_warning(y) if measure.name == ACCURACY and is_class_target(estimator, y) else "",
        n_rows=n_rows,
        dev_source=f"out of fold, {len(whole)} folds, scores by fold only",
        fitted=_fitted(cv_results, estimator, int(whole.argmax())),
        warnings=_remarks(measure, rungs, unseen, guessed=guessed),
        unscored=unscored,
    )


def _remarks(
    measure: ErrorMeasure, rungs: Mapping[str, Rung], unseen: Mapping[str, Unseen], *, guessed: bool
) -> list[str]:
    """What makes the errors mean less than they seem to."""
    guess = f"The errors are taken for {measure.name}, going by y: give scoring or estimator to be sure."
    return [*filter(None, (*unseen_warnings(unseen), target_warning(rungs, measure), guess if guessed else ""))]


def _target(target_error: Any, measure: ErrorMeasure) -> Rung:
    if not isinstance(target_error, Real):
        raise ValueError(f"target_error must be a number where only scores are known. Got {target_error!r}.")
    measure.check_target(float(target_error))
    return Rung("target", float(target_error), np.array([target_error]))


def _rung(name: str, errors: Any, ratio: float) -> Rung:
    return Rung(name, float(errors.mean()), errors, ratio=ratio)


def _folds(cv_results: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Training and held-out rows, where they were recorded."""
    indices = cv_results.get("indices", {"train": (), "test": ()})
    return [
        (np.asarray(train), np.asarray(test)) for train, test in zip(indices["train"], indices["test"], strict=True)
    ]


def _errors(
    cv_results: Mapping[str, Any], scoring: Any, measure: ErrorMeasure, y: Any, folds: Sequence[tuple[Any, Any]]
) -> tuple[Any, Any, Any, dict[str, str]]:
    """Of train and dev in the folds that have both, which folds these are, and why the others have none."""
    train, dev = (measure.best_score - scores for scores in _scores(cv_results, scoring))
    n = len(train)
    undefined = undefined_folds(measure.scorer, y, folds) if len(folds) == n else {}
    refuse_undefined_folds(measure.score_name, undefined, n)
    if not folds and 2 * n > len(y):
        _refuse_single_rows(measure, y, n)
    finite = np.isfinite(train) & np.isfinite(dev)
    why = {f"fold {number} of {n}": "its scores are not finite" for number in np.flatnonzero(~finite) + 1}
    for number in undefined:
        why[f"fold {number} of {n}"] = undefined_sentence(measure.score_name, {number: undefined[number]}, n)
    whole = finite & ~np.isin(np.arange(1, n + 1), list(undefined))
    if whole.sum() < 2:
        raise ValueError(f"cv_results must hold finite scores of at least 2 folds. Got {whole.sum()}.")
    train, dev = train[whole], dev[whole]
    for error in (*train, *dev):
        measure.check_error(error)
    return train, dev, whole, why


def _refuse_single_rows(measure: ErrorMeasure, y: Any, n_folds: int) -> None:
    """Raise a ValueError for a score that no single row has, where held-out parts of more rows are not known of."""
    needs = [unmet_need(measure.scorer, y, np.asarray(y)[[row]]) for row in range(len(y))]
    if needs and needs[0] is not None and None not in needs:
        raise ValueError(
            f"scoring must be defined on the rows of most folds. {measure.score_name} needs {needs[0].what}, which "
            f"single rows do not have, and {len(y)} rows in {n_folds} folds are fewer than two for each. Use "
            f"{needs[0].instead}, or fewer folds; if these held out more rows, call cross_validate with "
            "return_indices=True."
        )


def _check_results(cv_results: Any, y: Any) -> None:
    if not hasattr(cv_results, "keys"):
        raise ValueError(f"cv_results must be what cross_validate gave. Got {cv_results!r}.")
    equal_rows(y=y, targets=y)
    last = max((max(rows) for rows in cv_results.get("indices", {}).get("test", ())), default=0)
    if last >= len(y):
        raise ValueError(f"y must hold the targets that were cross-validated, {last + 1} at least. Got {len(y)}.")


def _estimator(cv_results: Mapping[str, Any], estimator: Any, y: Any) -> Any:
    """That given, or fitted, or one of the kind that the targets call for."""
    if estimator is not None:
        return estimator
    if "estimator" in cv_results:
        return cv_results["estimator"][0]
    return DummyRegressor() if type_of_target(y).startswith("continuous") else DummyClassifier()


def _fitted(cv_results: Mapping[str, Any], estimator: Any, fold: int) -> Any:
    """The estimator that was kept of a fold; None where there is none, or the one given is of another kind."""
    fitted = cv_results["estimator"][fold] if "estimator" in cv_results else None
    return fitted if type(fitted) is type(estimator) else None


def _scores(cv_results: Mapping[str, Any], scoring: Any) -> tuple[Any, Any]:
    """Of train and test, by fold."""
    train, test = (_scores_of(part, cv_results, scoring) for part in ("train", "test"))
    if train.ndim != 1 or train.shape != test.shape:
        raise ValueError(
            f"cv_results must hold a train and a test score for each fold. Got shapes {train.shape} and {test.shape}."
        )
    return train, test


def _scores_of(part: str, cv_results: Mapping[str, Any], scoring: Any) -> Any:
    for key in (f"{part}_score", f"{part}_{scoring}"):
        if key in cv_results:
            return np.asarray(cv_results[key], dtype=float)
    hint = "; call cross_validate with return_train_score=True" if part == "train" else ""
    raise ValueError(
        f"cv_results must hold '{part}_score', or '{part}_<scoring>' for the given scoring{hint}. "
        f"Got the keys {sorted(cv_results)}."
    )


def _sizes(folds: Folds, n: int, n_folds: int) -> tuple[dict[str, int], float]:
    """Rows of train and dev, and training rows by held-out rows: as recorded, else as in K folds."""
    if not folds:
        return {"train": round(n * (n_folds - 1) / n_folds), "dev": n}, n_folds - 1.0
    trained, held_out = (float(np.mean(list(map(len, rows)))) for rows in zip(*folds, strict=True))
    n_dev = len(np.unique(np.concatenate([rows for _, rows in folds])))
    return {"train": round(trained), "dev": n_dev}, trained / held_out


def _constant(estimator: Any, measure: ErrorMeasure, y: Any, folds: Folds, n_folds: int) -> Constant:
    """In the folds that are known; else the better one of that in K folds and that in one part."""
    n, rows = len(y), np.arange(len(y))
    samples = {"train": Sample(np.zeros((n, 1)), y, Units(rows, n, n))}
    cuts = [folds] if folds else [[(rows, rows)], _k_folds(estimator, measure, y, n_folds)]
    found = [constant_prediction(estimator, measure, fold_plans(cut, ()), samples) for cut in cuts if cut]
    return min(found, key=lambda constant: constant.error)


def _k_folds(estimator: Any, measure: ErrorMeasure, y: Any, n_folds: int) -> Folds:
    """The folds of as many, but for those that the score is not defined on; none where there cannot be as many."""
    try:
        folds = list(check_cv(n_folds, y, classifier=is_classifier(estimator)).split(np.zeros((len(y), 1)), y))
    except ValueError:
        return []
    undefined = undefined_folds(measure.scorer, y, folds)
    return [fold for number, fold in enumerate(folds, 1) if number not in undefined]
