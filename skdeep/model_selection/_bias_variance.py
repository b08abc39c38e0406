"""Measures bias and variance of any estimator: what to fit, on which rows, and what the errors add up to."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import _num_samples

from ._arguments import check_estimator, check_fractions, check_rows, check_shares, own_parts
from ._assembly import build_report, target_warning
from ._cures import measure_flow
from ._defined import undefined_sentence
from ._doubts import OF_OWN_PARTS, Doubt, find_doubts
from ._error import ACCURACY, error_measure
from ._fits import Plan, Sample
from ._ladder import Rung, make_rung
from ._measurement import measure_ladder
from ._recipe import COPIES
from ._reference import constant_prediction, reference_evaluation
from ._report import BiasVarianceReport
from ._row_checks.copies import Copies, Part, copies_in_folds, copies_in_part
from ._row_checks.data_checks import count_duplicates, count_test_look, imbalance_warning, one_class_warnings, row_keys
from ._row_checks.last_digits import rounded_parts
from ._row_checks.naming_columns import cannot_agree_by_chance, column_names, naming_columns, without_columns
from ._row_checks.unseen import Unseen, has_classes, unseen_in_folds, unseen_in_part, unseen_warnings
from ._symptoms import find_symptoms
from ._task import Task, make_task
from ._words import is_or_are

Folds = Sequence[tuple[Any, Any]]
NO_CURVE = (
    "There is no learning curve: it needs the errors of three numbers of training rows at least, and their spread. "
    "Sizes of too few rows are left out, and those at which a fit failed."
)
CURVE_IN_DOUBT = "There is no learning curve: the dev error tells nothing of rows to come."


def bias_variance_report(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    cv: Any = 5,
    target_error: Any = 0.0,
    scoring: Any = None,
    best_score: float | None = None,
    X_dev: Any = None,
    y_dev: Any = None,
    X_train_dev: Any = None,
    y_train_dev: Any = None,
    X_test: Any = None,
    y_test: Any = None,
    groups: Any = None,
    fit_params: Mapping[str, Any] | None = None,
    tolerance: float = 0.03,
    confidence: float = 0.95,
    learning_curve: Any = True,
    n_jobs: int | None = None,
    random_state: Any = None,
    verbose: bool = False,
) -> BiasVarianceReport:
    """Measure bias and variance of an estimator, say what is wrong and what to change.

    The errors of a ladder, all of the same kind, are measured: target, train, train-dev (if given), dev, test (if
    given). The gaps between them have names: *avoidable bias* (train - target), *variance* (dev or train-dev -
    train), *data mismatch* (dev - train-dev) and *overfit to dev* (test - dev).

    The threshold is `tolerance` times the error of a constant prediction. A gap is **high** when it is measured above
    the threshold and its confidence interval leaves out 0: there is a gap, and a large one. It is **low** when it is
    measured at the threshold or below and its interval leaves out twice the threshold. Else the report **cannot tell
    yet**, and says how many rows would settle it.

    What comes before the gaps is said first: that the error is **no better than a constant prediction**, as far as the
    rows can tell; that held-out rows are **copies of training rows**, or of **classes never trained on**, by more than
    the tolerance; that **most fits are missing**. Gaps that such rows are part of are **not judged**.

    Parameters
    ----------
    estimator : estimator
        Any of scikit-learn's kind, Pipelines and searches included. It is cloned, not changed.
    X, y : array-like
        Training rows and targets; without `X_dev` the dev error is measured on them, out of fold.
    cv : int, splitter or iterable of pairs, default=5
        How to cut X for the dev error and, without X_dev, for the learning curve. A number is shuffled by
        `random_state`, stratified for classes, and with `groups` cuts no group. Not used with `X_dev`.
    target_error : float or array-like, default=0.0
        The error that one could hope for, such as a human's: a number, or predictions that somebody made for every dev
        row (labels, numbers, or probabilities with a column for each class in sorted order).
    scoring : str or callable, default=None
        A score of scikit-learn, turned into an error (1 - accuracy, 1 - AUC, log loss, RMSE, ...). None is the score of
        the estimator: that of a search; else accuracy, or R² for regressors.
    best_score : float, default=None
        The score of perfect predictions, for scorers of your own.
    X_dev, y_dev : array-like, default=None
        A dev part of your own: one fit on all of X takes the place of the folds.
    X_train_dev, y_train_dev : array-like, default=None
        Rows of the same origin as X, not trained on; with a dev part of another origin they tell variance from data
        mismatch.
    X_test, y_test : array-like, default=None
        A test part. Without `X_dev` its error is the mean over the folds' fits, which like the dev error's have seen a
        part of X only.
    groups : array-like of shape (n_rows,), default=None
        Rows of one group belong together: they are cut by no fold and count as one observation.
    fit_params : dict, default=None
        For `fit`, such as sample_weight; what has an entry for each row is cut to the training rows. With metadata
        routing on, they go where they were requested: to `fit`, to the splitter or to the scorer.
    tolerance : float, default=0.03
        A gap is high above this part of the error of a constant prediction: 1.5 points of accuracy with two balanced
        classes, 2.7 with ten.
    confidence : float, default=0.95
        Of every interval.
    learning_curve : bool or sequence of float, default=True
        Whether to fit on 1/8, 1/4 and 1/2 of the training rows too, or on which fractions. It costs about as much as
        the ladder itself.
    n_jobs : int, default=None
        Fits at a time.
    random_state : int, RandomState instance or None, default=None
        For folds, subsets and draws; the estimator has a `random_state` of its own.
    verbose : bool, default=False
        Whether to print a line for every finished fit.

    Returns
    -------
    BiasVarianceReport
        Numbers as attributes; `print` it for a note in words.

    Raises
    ------
    ValueError
        When an argument breaks a rule, every fit fails, or `scoring` is not defined on the rows of a part, or of most
        folds: as R² of equal targets, or F1 without a positive row.

    Warns
    -----
    FitFailedWarning
        When some fits failed; the others are reported.
    UserWarning
        When the target is above the dev error, a fold holds one class only, a part or a fold has a class that no
        training row has, a fold is left out as `scoring` is not defined on its rows, or a fit could not be scored.

    See Also
    --------
    BiasVarianceReport.from_cv_results : From what `cross_validate` already gave.

    Notes
    -----
    Out of fold, the intervals are for the expectation over samples of as many rows. Those of your own dev, train-dev
    and test parts are for the errors of the very fits that were made, on endless rows of the kind; the interval of a
    single fit's training error takes the fit as given, and is too narrow for a flexible model. Out of fold, the gap
    above the training error is measured row by row, so that what is hard for both cancels; its variance is twice that
    of independent rows, because each pair of rows in different folds counts twice, once as training and test row and
    once the other way round. A training error's variance is the larger of that by rows and of the delete-d jackknife
    over the folds [3]_. The gain on a constant prediction is measured row by row, too. The AUC of two classes has the
    variance of DeLong [4]_; other errors that are no mean over rows (F1) get a jackknife over 20 blocks of rows;
    scores without predictions, the correction of Nadeau and Bengio [2]_.

    References
    ----------
    .. [1] Andrew Ng, "Improving Deep Neural Networks", week 1, and "Structuring Machine Learning Projects", 2017.
    .. [2] Claude Nadeau and Yoshua Bengio, "Inference for the generalization error", Machine Learning 52, 2003.
    .. [3] Jun Shao and C. F. Jeff Wu, "A general theory for jackknife variance estimation", Annals of Statistics 17,
       1989.
    .. [4] Elizabeth R. DeLong, David M. DeLong and Daniel L. Clarke-Pearson, "Comparing the areas under two or more
       correlated receiver operating characteristic curves", Biometrics 44, 1988.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdeep.model_selection import bias_variance_report
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> report = bias_variance_report(DecisionTreeClassifier(random_state=0), X, y, random_state=0)
    >>> report.diagnosis
    ('high variance',)
    >>> report.advice[0].problem
    'high variance'
    """
    check_estimator(estimator)
    check_shares(tolerance=tolerance, confidence=confidence)
    fractions, random = check_fractions(learning_curve), check_random_state(random_state)
    X, y, groups = check_rows(X, y, groups)
    measure = error_measure(scoring, estimator, best_score, y)
    parts = own_parts(train_dev=(X_train_dev, y_train_dev), dev=(X_dev, y_dev), test=(X_test, y_test))
    task = make_task(
        estimator,
        X,
        y,
        groups=groups,
        parts=parts,
        cv=cv,
        measure=measure,
        scoring=scoring,
        fit_params=fit_params,
        random_state=random,
    )
    target = _target(target_error, task)
    rows = {name: Part(one.X, one.y, row_keys(one.X)) for name, one in task.samples.items()}
    unseen, found = _look_at_rows(task, rows, task.scored_folds(), tolerance)
    in_doubt = any("dev" in doubt.rungs for doubt in found)
    measured = measure_ladder(
        task, () if in_doubt else fractions, confidence=confidence, n_jobs=n_jobs, verbose=verbose, random_state=random
    )
    rungs = {"target": target, **measured.rungs}
    folds = task.scored_folds(measured.failures)
    if measured.failures:
        unseen, found = _look_at_rows(task, rows, folds, tolerance)
    found += find_doubts(tolerance=tolerance, n_measured=len(measured.fits), n_planned=max(1, len(task.folds)))
    no_curve = "" if not fractions or measured.curve is not None else CURVE_IN_DOUBT if in_doubt else NO_CURVE
    plans = [plan for plan in task.plans() if plan.name not in measured.failures]
    return build_report(
        estimator,
        measure,
        rungs,
        constant=constant_prediction(estimator, measure, plans, task.samples),
        compared=constant_prediction(estimator, measure, plans, task.samples, "train-dev")
        if "train-dev" in task.parts
        else None,
        tolerance=tolerance,
        confidence=confidence,
        doubts=found,
        imbalance=imbalance_warning(y) if task.is_of_classes and measure.name == ACCURACY else "",
        warnings=[*_remarks(task, rungs, unseen, found), *filter(None, [no_curve])],
        learning_curve=measured.curve,
        symptoms=find_symptoms(estimator, measured.fits, measured.failures, X, y),
        fitted=measured.fits[0].estimator,
        measure_flow=partial(measure_flow, estimator, measured.fits[0].estimator, X, y),
        dev_source=task.dev_source,
        n_rows=_count_rows(plans, task.samples),
        failures={name: failure.text for name, failure in measured.failures.items() if not failure.of_score},
        unscored={name: failure.text for name, failure in measured.failures.items() if failure.of_score},
        n_duplicates=_count_duplicates(task, rows, folds),
        n_test_looks=count_test_look(X_test, y_test) if "test" in parts else None,
    )


def _remarks(task: Task, rungs: Mapping[str, Rung], unseen: Mapping[str, Unseen], doubts: Sequence[Doubt]) -> list[str]:
    """What makes the errors mean less than they seem to; each is a warning, too, as the user may not have meant it."""
    known = not task.is_of_classes or task.undefined or ("dev" in unseen and unseen["dev"].n_folds)
    copied = any(doubt.problem == COPIES and "dev" in doubt.rungs for doubt in doubts)
    remarks = [
        *unseen_warnings(unseen),
        *(() if known else one_class_warnings(task.sample.y, task.folds)),  # the others say more
        _left_out(task),
        "" if copied else target_warning(rungs, task.measure),
    ]
    for remark in filter(None, remarks):
        warnings.warn(remark, UserWarning, stacklevel=3)
    return [*filter(None, remarks)]


def _left_out(task: Task) -> str:
    """Which folds have no score, in a sentence."""
    if not task.undefined:
        return ""
    n, n_folds = len(task.undefined), len(task.folds)
    why = undefined_sentence(task.measure.score_name, task.undefined, n_folds)
    return f"{n} of {n_folds} folds {is_or_are(n)} left out. {why}"


def _look_at_rows(
    task: Task, rows: Mapping[str, Part], folds: Folds, tolerance: float
) -> tuple[dict[str, Unseen], list[Doubt]]:
    """Rows of classes that were not trained on, and what such rows and copies make doubtful."""
    unseen, copies = _find_unseen(task, folds), _find_copies(task, rows, folds, tolerance)
    return unseen, list(find_doubts(tolerance=tolerance, copies=copies, unseen=unseen))


def _find_unseen(task: Task, folds: Folds) -> dict[str, Unseen]:
    """Held-out rows of classes that were not trained on, by rung."""
    if not has_classes(task.estimator, task.sample.y):
        return {}
    found = {name: unseen_in_part(task.sample.y, part.y) for name, part in task.parts.items()}
    return {"dev": unseen_in_folds(task.sample.y, folds), **found} if folds else found


def _find_copies(task: Task, rows: Mapping[str, Part], folds: Folds, tolerance: float) -> dict[str, Copies]:
    """Held-out rows that are copies of training rows, by rung; and of a lower part's rows, by the name of the gap."""
    rungs = (["dev"] if folds else []) + list(task.parts)
    found = {rung: _copies_in(folds, rows["train"], rows.get(rung), tolerance) for rung in rungs}
    for gap, (lower, upper) in OF_OWN_PARTS.items():
        if lower in task.parts and upper in task.parts and found[upper].share <= tolerance:
            found[gap] = _copies_in(folds, rows[lower], rows[upper], tolerance)
    return found


def _copies_in(folds: Folds, train: Part, own: Part | None, tolerance: float) -> Copies:
    """Of one rung: of whole rows or, where these are none, without the columns that name them, or the last digits."""
    found, parts = _look_for_copies(folds, tolerance, train, own), [train] if own is None else [train, own]
    if found.share > tolerance:
        return found
    X = [part.X for part in parts]
    exact = (("", X, places) for places in naming_columns(X))
    rounded = ((how, less, places) for how, less in rounded_parts(X) for places in ([], *naming_columns(less)))
    for how, rows, places in chain(exact, rounded):
        kept = [without_columns(values, places) for values in rows]
        less = [Part(values, part.y, row_keys(values)) for values, part in zip(kept, parts, strict=True)]
        copies = _look_for_copies(folds, tolerance, less[0], None if own is None else less[1])
        keys = np.concatenate([part.rows for part in less])
        if copies.share > tolerance and cannot_agree_by_chance([without_columns(one, places) for one in X], keys):
            return replace(copies, but_for=tuple(places), names=column_names(train.X, places), rounding=how)
    return found


def _look_for_copies(folds: Folds, tolerance: float, train: Part, own: Part | None) -> Copies:
    """In a part of the user's own or, without one, in the held-out rows of the folds."""
    return copies_in_folds(train, folds, tolerance) if own is None else copies_in_part(train, own, tolerance)


def _count_duplicates(task: Task, parts: Mapping[str, Part], folds: Folds) -> dict[str, int]:
    """Held-out rows that are equal to training rows in every column, by part."""
    rows = parts["train"].rows
    counts = {name: count_duplicates(parts[name].rows, rows) for name in task.parts}
    if folds:
        different = len(np.unique(rows)) == len(rows)  # as nearly always: saves a tenth of the time of a fast fit
        counts["dev"] = 0 if different else sum(count_duplicates(rows[held], rows[train]) for train, held in folds)
    return counts


def _target(target_error: Any, task: Task) -> Rung:
    """A number as it is; given predictions as an error that was measured on the dev rows."""
    if isinstance(target_error, np.ndarray) and target_error.ndim == 0:
        target_error = target_error.item()
    if isinstance(target_error, Real) and not isinstance(target_error, bool):
        task.measure.check_target(float(target_error))
        return Rung("target", float(target_error), np.array([target_error]))
    evaluation = reference_evaluation(target_error, task.estimator, task.measure, task.dev, task.sample.y)
    return make_rung("target", [evaluation], task.dev.units, largest=task.measure.largest)


def _count_rows(plans: Sequence[Plan], samples: Mapping[str, Sample]) -> dict[str, int]:
    """Training rows of a fit, and of the other rungs all rows that any fit was evaluated on."""
    counts = {"train": round(float(np.mean([len(plan.train) for plan in plans])))}
    for name, (sample, _) in plans[0].evaluate_on.items():
        if name != "train":
            seen = np.zeros(_num_samples(samples[sample].X), dtype=bool)
            for plan in plans:
                rows = plan.evaluate_on[name][1]
                seen[... if rows is None else rows] = True
            counts[name] = int(seen.sum())
    return counts
