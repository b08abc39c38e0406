"""What a report measures: gaps, intervals and verdicts, on which rows it fits and looks, and what it leaves alone."""

import runpy
import warnings
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from scipy import sparse
from scipy.stats import norm
from scipy.stats import t as student
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    make_circles,
    make_classification,
    make_friedman1,
)
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, get_scorer, make_scorer, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneOut,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.validation import check_is_fitted

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.model_selection import bias_variance_report

TREE = DecisionTreeClassifier(random_state=0)
PROBLEMS = {
    "avoidable bias": "high bias",
    "variance": "high variance",
    "data mismatch": "data mismatch",
    "overfit to dev": "overfit to dev",
}


def report_on(estimator, X, y, **options):
    return bias_variance_report(estimator, X, y, **{"learning_curve": False, "random_state": 0} | options)


def cut(X, y, *names, start):
    """Options for own parts of equal size: the rows from `start` on, in turn."""
    parts = zip(names, np.array_split(np.arange(start, len(y)), len(names)), strict=True)
    return {f"{key}_{name}": values[rows] for name, rows in parts for key, values in (("X", X), ("y", y))}


def width(interval):
    return interval[1] - interval[0]


# Gaps and verdicts --------------------------------------------------------------------------------------------------


def test_gaps_are_differences_of_the_rungs(binary):
    """With a train-dev part the variance reaches to it, and the data mismatch from there to dev."""
    X, y = binary
    report = report_on(TREE, X[:200], y[:200], target_error=0.01, **cut(X, y, "train_dev", "dev", "test", start=200))
    assert_allclose(report.avoidable_bias, report.train_error - 0.01)
    assert_allclose(report.variance, report.train_dev_error - report.train_error)
    assert_allclose(report.data_mismatch, report.dev_error - report.train_dev_error)
    assert_allclose(report.dev_overfit, report.test_error - report.dev_error)
    assert [gap.name for gap in report.gaps] == list(PROBLEMS)


def test_without_a_train_dev_part_the_variance_reaches_to_dev(binary):
    report = report_on(TREE, *binary)
    assert_allclose(report.variance, report.dev_error - report.train_error)
    assert report.data_mismatch is None
    assert report.dev_overfit is None


def stated_verdict(gap, threshold):
    """The rule as the documentation has it."""
    low, high = gap.interval
    if gap.value > threshold:
        return "high" if low > 0 else "cannot tell yet"
    return "low" if high < 2 * threshold else "cannot tell yet"


@pytest.mark.parametrize("tolerance", [0.001, 0.03, 0.3, 0.9])
@pytest.mark.parametrize("n_rows", [60, 300])
def test_verdicts_and_diagnosis_follow_the_stated_rule(binary, tolerance, n_rows):
    """Recomputed from value, interval and threshold; the diagnosis names what is high, then what is open."""
    X, y = binary
    report = report_on(
        TREE, X[:n_rows], y[:n_rows], tolerance=tolerance, **cut(X, y, "train_dev", "dev", "test", start=400)
    )
    verdicts = {gap.name: stated_verdict(gap, report.threshold) for gap in report.gaps}
    assert {gap.name: gap.verdict for gap in report.gaps} == verdicts
    high = [PROBLEMS[name] for name, verdict in verdicts.items() if verdict == "high"]
    assert list(report.diagnosis) == high + ["cannot tell yet"] * ("cannot tell yet" in verdicts.values())


def test_tolerances_from_small_to_large_bring_out_every_verdict(binary):
    """So that the test above has something to say."""
    X, y = binary
    found = {
        gap.verdict
        for tolerance in (0.001, 0.03, 0.3)
        for gap in report_on(TREE, X[:60], y[:60], tolerance=tolerance, **cut(X, y, "dev", "test", start=400)).gaps
    }
    assert found == {"high", "low", "cannot tell yet"}


CONSTANT = [
    (DummyClassifier(strategy="prior"), "binary", "accuracy"),
    (DummyClassifier(strategy="prior"), "multiclass", "neg_log_loss"),
    (DummyClassifier(strategy="prior"), "binary", "roc_auc"),
    (DummyRegressor(), "regression", "neg_root_mean_squared_error"),
    (DummyRegressor(), "multioutput", "r2"),
]


@pytest.mark.parametrize(("dummy", "data", "scoring"), CONSTANT, indirect=["data"])
def test_the_threshold_is_the_tolerance_times_the_error_of_a_constant_prediction(dummy, data, scoring):
    """Of the usual one, learned from y in each fold, or of another that is a little better on these rows."""
    (X, y), kind = data, StratifiedKFold if is_classifier(dummy) else KFold
    folds = list(kind(2, shuffle=True, random_state=0).split(X, y))
    report = report_on(clone(dummy), X, y, scoring=scoring, tolerance=0.1, cv=folds)
    best, scorer = 0.0 if scoring.startswith("neg_") else 1.0, get_scorer(scoring)
    errors = [best - scorer(clone(dummy).fit(X[train], y[train]), X[dev], y[dev]) for train, dev in folds]
    assert 0.97 < report.baseline_error / np.mean(errors) < 1.0 + 1e-9
    assert_allclose(report.threshold, 0.1 * report.baseline_error)


# Intervals ----------------------------------------------------------------------------------------------------------


def normal_rows(n, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    return X, X @ [1.0, -2.0, 0.5] + noise * rng.normal(size=n)


def t_interval(losses, confidence):
    half = student.ppf((1 + confidence) / 2, len(losses) - 1) * losses.std(ddof=1) / np.sqrt(len(losses))
    return losses.mean() - half, losses.mean() + half


@pytest.mark.parametrize("target", [0.0, 0.01])
@pytest.mark.parametrize("estimator", [TREE, DummyClassifier(strategy="constant", constant=1)])
def test_the_interval_of_avoidable_bias_leaves_out_errors_that_cannot_be(estimator, target):
    """It is that of the training error, from 0 to 1, seen from the target."""
    X, y = np.arange(20.0).reshape(-1, 1), np.arange(20) % 10 == 9
    report = report_on(estimator, X, y, target_error=target, cv=2)
    assert_allclose(report.avoidable_bias_interval, np.subtract(report.train_error_interval, target))
    assert 0 in report.train_error_interval or 1 in report.train_error_interval


@pytest.mark.parametrize("scoring", [None, "neg_log_loss", "r2"])
@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_every_backend_of_joblib_gives_the_same_report(backend, scoring):
    """The plain "multiprocessing" sends no function that another one has made."""
    kind = DecisionTreeRegressor if scoring == "r2" else DecisionTreeClassifier
    measure = partial(report_on, kind(max_depth=2, random_state=0), *load_iris(return_X_y=True), scoring=scoring)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        report = measure()
    assert_equal(report.to_dict(), measure().to_dict())


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_on_an_own_part_the_interval_is_that_of_the_mean_loss(confidence):
    """Student's, of the absolute errors of its rows."""
    X, y = normal_rows(100)
    X_dev, y_dev = normal_rows(40, seed=1)
    options = {"scoring": "neg_mean_absolute_error", "confidence": confidence}
    report = report_on(LinearRegression(), X, y, X_dev=X_dev, y_dev=y_dev, **options)
    losses = np.abs(LinearRegression().fit(X, y).predict(X_dev) - y_dev)
    assert_allclose(report.dev_error_interval, t_interval(losses, confidence))


def test_the_interval_of_a_gap_between_own_parts_adds_their_variances():
    """As of two independent means, with the fewer degrees of freedom."""
    X, y = normal_rows(400)
    given = cut(X, y, "train_dev", "dev", start=100)
    given = {
        name: values[:40] if name.endswith("_dev") and "train" in name else values for name, values in given.items()
    }
    report = report_on(LinearRegression(), X[:100], y[:100], scoring="neg_mean_absolute_error", **given)
    fitted = LinearRegression().fit(X[:100], y[:100])
    losses = [np.abs(fitted.predict(given[f"X_{part}"]) - given[f"y_{part}"]) for part in ("train_dev", "dev")]
    error = np.sqrt(sum(loss.var(ddof=1) / len(loss) for loss in losses))
    assert_allclose(np.diff(report.data_mismatch_interval) / 2, student.ppf(0.975, 39) * error)


BOOTSTRAPPED = {
    "neg_root_mean_squared_error": lambda y, p: np.sqrt(np.mean((y - p) ** 2)),
    "r2": lambda y, p: np.mean((y - p) ** 2) / y.var(),
}


@pytest.mark.parametrize("scoring", BOOTSTRAPPED)
def test_errors_that_are_no_mean_have_the_spread_that_the_bootstrap_finds(scoring):
    """Of the dev rows, with the fit held fixed."""
    X, y = normal_rows(100)
    X_dev, y_dev = normal_rows(200, seed=1)
    report = report_on(LinearRegression(), X, y, X_dev=X_dev, y_dev=y_dev, scoring=scoring)
    predicted = LinearRegression().fit(X, y).predict(X_dev)
    draws = np.random.default_rng(0).integers(200, size=(2000, 200))
    spread = np.std([BOOTSTRAPPED[scoring](y_dev[rows], predicted[rows]) for rows in draws])
    assert_allclose(width(report.dev_error_interval) / 2, student.ppf(0.975, 199) * spread, rtol=0.1)


def test_the_interval_of_an_auc_has_the_spread_that_the_bootstrap_finds():
    """With nearly as many degrees of freedom as rows."""
    X, y = make_classification(600, 5, flip_y=0.3, random_state=0)
    report = report_on(LogisticRegression(), X[:300], y[:300], X_dev=X[300:], y_dev=y[300:], scoring="roc_auc")
    scores = LogisticRegression().fit(X[:300], y[:300]).decision_function(X[300:])
    draws = np.random.default_rng(0).integers(300, size=(300, 300))
    spread = np.std([roc_auc_score(y[300:][rows], scores[rows]) for rows in draws])
    assert_allclose(width(report.dev_error_interval) / 2, student.ppf(0.975, 299) * spread, rtol=0.1)


def test_the_interval_of_an_auc_is_delongs():
    """The sum of the variances of the placements of either class, pair by pair, ties counted by half."""
    X, y = make_classification(200, 5, flip_y=0.3, weights=[0.7], random_state=0)
    report = report_on(TREE, X[:100], y[:100], X_dev=X[100:], y_dev=y[100:], scoring="roc_auc")
    scores = TREE.fit(X[:100], y[:100]).predict_proba(X[100:])[:, 1]
    positive, negative = scores[y[100:] == 1], scores[y[100:] == 0]
    right = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    variance = sum(right.mean(axis=k).var(ddof=1) / right.shape[1 - k] for k in (0, 1))
    assert_allclose(report.dev_error, 1 - right.mean())
    # Twice one observation, and the n / (n - 1) of all rows, stand for what has not happened yet.
    n = min(100, 4 * len(positive), 4 * len(negative))
    half = student.ppf(0.975, n - 1) * np.sqrt(variance * 100 / 99 + 2 / n**2)
    assert_allclose(width(report.dev_error_interval) / 2, half)


@pytest.mark.parametrize("n_positive", [3, 10, 40])
def test_an_auc_of_few_positives_is_covered_all_the_same(n_positive):
    """However many negatives there are: 200 dev parts of two normal classes whose AUC is known to be 0.9."""
    rng, covered = np.random.default_rng(0), 0
    y, mean = np.repeat([0, 1], [200, n_positive]), np.sqrt(2) * norm.ppf(0.9)
    fitted = Ranker().fit(np.array([[0.0], [1.0]]), [0, 1])
    for _ in range(200):
        X = rng.normal(size=(len(y), 1)) + mean * y[:, None]
        report = report_on(fitted, [[0.0], [1.0]] * 5, [0, 1] * 5, X_dev=X, y_dev=y, scoring="roc_auc")
        low, high = report.dev_error_interval
        covered += low <= 0.1 <= high
    assert covered >= 182


class Ranker(ClassifierMixin, BaseEstimator):
    """Ranks rows by their first column."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return np.asarray(X)[:, 0]

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


def test_one_group_of_positives_does_not_tell_the_spread_of_an_auc():
    """However many rows it has: in each fold all positives are of one group, as the rows of one patient."""
    groups = np.repeat(np.arange(30), 20)
    X = np.random.default_rng(0).normal(size=(600, 1)) + (groups < 5)[:, None]
    y, cv = (groups < 5).astype(int), list(PredefinedSplit(groups % 5).split())
    report = report_on(Ranker(), X, y, groups=groups, scoring="roc_auc", cv=cv)
    assert report.dev_error_interval == (0.0, 1.0)
    assert report.gaps[1].verdict == "cannot tell yet"


def opaque_accuracy(estimator, X, y):
    return accuracy_score(y, estimator.predict(X))


@pytest.mark.parametrize("rung", ["train_error", "dev_error", "variance"])
def test_the_interval_row_by_row_is_like_that_by_blocks(rung):
    """The same metric as a callable, of which nothing is known, is left to the jackknife."""
    X, y = make_classification(500, 5, flip_y=0.3, random_state=0)
    by_row = report_on(KNeighborsClassifier(), X, y)
    by_block = report_on(KNeighborsClassifier(), X, y, scoring=opaque_accuracy, best_score=1.0)
    widths = [width(getattr(report, f"{rung}_interval")) for report in (by_row, by_block)]
    assert_allclose(getattr(by_row, rung), getattr(by_block, rung))
    assert 0.5 < widths[1] / widths[0] < 2


@pytest.mark.parametrize("own", [False, True], ids=["folds", "own dev part"])
def test_more_confidence_widens_every_interval(binary, own):
    X, y = binary
    given = cut(X, y, "dev", start=300) if own else {}
    reports = [report_on(TREE, X[:300], y[:300], confidence=level, **given) for level in (0.5, 0.8, 0.95, 0.999)]
    for rung in ("avoidable_bias", "variance"):
        widths = [width(getattr(report, f"{rung}_interval")) for report in reports]
        assert widths == sorted(widths)
        assert widths[0] < widths[-1]


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", "roc_auc"])
def test_four_times_the_rows_make_an_interval_half_as_wide(scoring):
    """About."""
    X, y = make_classification(4000, 5, flip_y=0.3, random_state=0)
    widths = [
        width(report_on(LogisticRegression(), X[:n], y[:n], scoring=scoring, cv=3).dev_error_interval)
        for n in (1000, 4000)
    ]
    assert 0.35 < widths[1] / widths[0] < 0.7


def test_the_rows_that_are_asked_for_settle_a_gap_that_stays_what_it_is():
    """The same dev rows over and over: somewhat fewer than named leave it open, somewhat more do not."""
    X, y = make_classification(8000, 5, flip_y=0.1, random_state=5)

    def gap_with(n_rows):
        rows = np.resize(np.arange(300), n_rows)
        return report_on(LogisticRegression(), X[300:], y[300:], X_dev=X[rows], y_dev=y[rows]).gaps[1]

    needed = gap_with(300).rows_needed
    assert needed > 300
    assert gap_with(300 * (needed // 300 // 2)).rows_needed is not None
    settled = gap_with(300 * (2 * needed // 300))
    assert settled.verdict != "cannot tell yet"
    assert settled.rows_needed is None


def test_rows_without_any_error_leave_it_open_whether_there_are_none():
    """One more row could go wrong: the interval is as wide as that."""
    y = np.arange(100) % 2
    report = report_on(TREE, y[:, None], y)
    assert report.dev_error == 0.0
    assert_allclose(report.variance_interval[1], student.ppf(0.975, 99) / 100)
    assert report.dev_error_interval[1] > 0.5 / 100


def test_folds_of_one_row_have_the_spread_between_the_folds():
    """Leave-one-out: twice the variance of the losses, as they also vary by what each row taught the others."""
    X, y = normal_rows(60)
    nearest = KNeighborsRegressor(1)  # without a training error
    report = report_on(nearest, X, y, scoring="neg_mean_absolute_error", cv=LeaveOneOut())
    losses = np.abs(y - cross_val_predict(nearest, X, y, cv=LeaveOneOut()))
    assert_allclose(report.dev_error, losses.mean())
    half = np.diff(t_interval(losses, 0.95)) / 2
    assert_allclose(np.diff(report.variance_interval) / 2, np.sqrt(2) * half)


def test_of_a_mean_the_jackknife_has_the_interval_of_the_mean():
    """A metric of which nothing is known, on as many rows as there are blocks."""
    X, y = normal_rows(100)
    X_dev, y_dev = normal_rows(20, seed=1)
    scoring = make_scorer(lambda y, predicted: np.abs(y - predicted).mean(), greater_is_better=False)
    report = report_on(LinearRegression(), X, y, X_dev=X_dev, y_dev=y_dev, scoring=scoring)
    losses = np.abs(LinearRegression().fit(X, y).predict(X_dev) - y_dev)
    assert_allclose(report.dev_error_interval, t_interval(losses, 0.95))


def test_error_intervals_hold_only_errors_that_can_be(multiclass):
    """Nothing below 0; nothing above 1 where errors are shares of rows."""
    wrong = DummyClassifier(strategy="constant", constant=0)
    X, y = multiclass
    report = report_on(wrong, X[:30], y[:30], X_dev=X[y == 1][:5], y_dev=y[y == 1][:5])
    assert report.dev_error_interval[1] == 1.0
    assert report_on(TREE, X, y).train_error_interval[0] == 0.0


@pytest.mark.parametrize("scoring", ["accuracy", "neg_root_mean_squared_error"])
def test_one_dev_row_settles_nothing(multiclass, regression, scoring):
    """A single loss says nothing of its spread."""
    classes = scoring == "accuracy"
    X, y = multiclass if classes else regression
    tree = TREE if classes else DecisionTreeRegressor()
    report = report_on(tree, X[1:], y[1:], X_dev=X[:1], y_dev=y[:1], scoring=scoring)
    assert report.dev_error_interval == (0.0, 1.0 if classes else np.inf)
    assert report.gaps[1].verdict == "cannot tell yet"


def test_a_score_that_hangs_on_single_rows_has_no_known_spread():
    """With one row of a class in a fold, no AUC is left without that row: the report cannot tell yet."""
    y = np.repeat([1, 0], [6, 94])
    X = np.random.default_rng(0).normal(size=(100, 2)) + y[:, None]
    report = report_on(LogisticRegression(), X, y, scoring="roc_auc", cv=6)
    assert report.dev_error_interval == (0.0, 1.0)
    assert "cannot tell yet" in report.diagnosis
    assert report.gaps[1].rows_needed is None


# Which rows ---------------------------------------------------------------------------------------------------------

SPLITTERS = {
    "StratifiedKFold": StratifiedKFold(3, shuffle=True, random_state=1),
    "RepeatedKFold": RepeatedKFold(n_splits=3, n_repeats=2, random_state=1),
    "ShuffleSplit": ShuffleSplit(3, test_size=0.3, random_state=1),
    "TimeSeriesSplit": TimeSeriesSplit(3),
    "LeaveOneOut": LeaveOneOut(),
    "one fold": [(np.arange(40), np.arange(40, 60))],
    "lists": [(list(range(40)), list(range(40, 60))), (list(range(20, 60)), list(range(20)))],
    "masks": [(np.arange(60) % 3 != fold, np.arange(60) % 3 == fold) for fold in range(3)],
}


@pytest.mark.parametrize("cv", SPLITTERS.values(), ids=SPLITTERS)
def test_any_splitter_passes_through(multiclass, cv):
    """The errors are those of `cross_validate` with it."""
    X, y = multiclass[0][:60], multiclass[1][:60]
    report = report_on(TREE, X, y, cv=cv)
    scores = cross_validate(TREE, X, y, cv=cv, return_train_score=True)
    assert_allclose(report.dev_error, 1 - scores["test_score"].mean())
    assert_allclose(report.train_error, 1 - scores["train_score"].mean())


@pytest.mark.parametrize("cv", [GroupKFold(3), GroupShuffleSplit(3, random_state=0)])
def test_splitters_of_groups_get_the_groups(multiclass, cv):
    X, y = multiclass
    groups = np.arange(len(y)) // 5
    report = report_on(TREE, X, y, cv=cv, groups=groups)
    scores = cross_validate(TREE, X, y, cv=cv, groups=groups)
    assert_allclose(report.dev_error, 1 - scores["test_score"].mean())


def test_an_iterator_of_folds_is_used_up_once(multiclass):
    """Whatever it is asked for."""
    folds = list(KFold(3, shuffle=True, random_state=0).split(multiclass[0]))
    one, other = (report_on(TREE, *multiclass, cv=cv) for cv in (folds, iter(folds)))
    assert one.to_dict() == other.to_dict()


class KnowsWholeGroups(ClassifierMixin, BaseEstimator):
    """Its last column is the group, and the one before how many rows that has: no part may hold some of them."""

    def fit(self, X, y):
        self.classes_, self.groups_ = np.unique(y), set(X[:, -1])
        return self._check(X)

    def predict(self, X):
        self._check(X)
        assert len({row in self.groups_ for row in X[:, -1]}) == 1
        return np.full(len(X), self.classes_[0])

    def _check(self, X):
        _, first, counts = np.unique(X[:, -1], return_index=True, return_counts=True)
        assert_array_equal(counts, X[first, -2])
        return self


@pytest.mark.parametrize(("kind", "curve"), [(int, True), (str, False)])
def test_groups_are_cut_by_no_fold_and_by_no_size_of_the_learning_curve(kind, curve):
    """A number of folds keeps them whole, whatever they are called."""
    rng = np.random.default_rng(0)
    groups = rng.integers(40, size=200)
    X = np.column_stack([rng.normal(size=200), np.bincount(groups)[groups], groups])
    report = report_on(
        KnowsWholeGroups(), X, rng.integers(2, size=200), groups=groups.astype(kind), cv=4, learning_curve=curve
    )
    assert not report.failures
    assert (report.learning_curve is not None) is curve


def test_rows_of_a_group_count_as_one_observation():
    """Every row five times: as five hundred rows they would seem to say more than the hundred that they are."""
    X, y = make_classification(100, 5, flip_y=0.3, random_state=0)
    X, y, groups = np.repeat(X, 5, axis=0), np.repeat(y, 5), np.repeat(np.arange(100), 5)
    cv = list(GroupKFold(5).split(X, y, groups))
    with_groups = report_on(TREE, X, y, groups=groups, cv=cv)
    without = report_on(TREE, X, y, cv=cv)
    ratio = width(with_groups.variance_interval) / width(without.variance_interval)
    assert_allclose(with_groups.dev_error, without.dev_error)
    assert_allclose(ratio, np.sqrt(5), rtol=0.1)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_number_of_folds_is_stratified_and_shuffled(seed):
    """Rows sorted by class do no harm; another seed cuts them otherwise."""
    X, y = load_iris(return_X_y=True)
    reports = [report_on(KNeighborsClassifier(), X, y, cv=3, random_state=state) for state in (seed, seed + 10)]
    assert max(report.dev_error for report in reports) < 0.1
    assert reports[0].dev_error_interval != reports[1].dev_error_interval


# What else is passed ------------------------------------------------------------------------------------------------


class WeightsAreTheFirstColumn(DecisionTreeClassifier):
    """Raises unless the weights belong to the rows."""

    def fit(self, X, y, sample_weight=None, note=""):
        assert_array_equal(sample_weight, X[:, 0])
        assert note == "as it is"
        return super().fit(X, y, sample_weight=sample_weight)


@pytest.mark.parametrize(
    ("container", "curve"),
    [(np.asarray, True), (list, False), (lambda values: pd.Series(values, index=range(9, 9 + len(values))), False)],
)
def test_what_has_an_entry_for_each_row_is_cut_to_the_training_rows(multiclass, container, curve):
    """At every size of the learning curve, too; all else is passed as it is."""
    X, y = np.abs(multiclass[0]), multiclass[1]
    given = {"sample_weight": container(X[:, 0]), "note": "as it is"}
    report = report_on(WeightsAreTheFirstColumn(), X, y, fit_params=given, cv=3, learning_curve=curve)
    assert not report.failures
    assert (report.learning_curve is not None) is curve


def test_weights_change_what_is_fitted(binary):
    """As in a fit by hand."""
    X, y = binary
    weight = np.where(y == 1, 9.0, 1.0)
    model, given = LogisticRegression(C=0.01), cut(X, y, "dev", start=300)
    report = report_on(model, X[:300], y[:300], fit_params={"sample_weight": weight[:300]}, **given)
    fitted = clone(model).fit(X[:300], y[:300], sample_weight=weight[:300])
    assert_allclose(report.dev_error, 1 - fitted.score(given["X_dev"], given["y_dev"]))


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


def weighted(metric, **options):
    return make_scorer(metric, **options).set_score_request(sample_weight=True)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize(
    "scoring",
    [lambda: weighted(accuracy_score), lambda: weighted(roc_auc_score, response_method="predict_proba")],
    ids=["row by row", "by blocks"],
)
def test_routed_weights_reach_the_fit_and_the_score(binary, scoring):
    """As `cross_validate` routes them."""
    X, y = binary
    params = {"sample_weight": np.random.default_rng(0).uniform(0, 2, len(y))}
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).set_fit_request(sample_weight=True)
    cv = KFold(3, shuffle=True, random_state=0)
    report = report_on(tree, X, y, scoring=scoring(), best_score=1.0, cv=cv, fit_params=params)
    scores = cross_validate(tree, X, y, scoring=scoring(), cv=cv, params=params, return_train_score=True)
    assert_allclose(report.dev_error, 1 - scores["test_score"].mean())
    assert_allclose(report.train_error, 1 - scores["train_score"].mean())


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("scored", [True, False])
def test_without_scoring_weights_go_where_the_estimators_own_score_asks_for_them(binary, scored):
    X, y = binary
    params = {"sample_weight": np.random.default_rng(0).uniform(0, 2, len(y))}
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).set_fit_request(sample_weight=True)
    tree.set_score_request(sample_weight=scored)
    cv = KFold(3, shuffle=True, random_state=0)
    report = report_on(tree, X, y, cv=cv, fit_params=params)
    scores = cross_validate(tree, X, y, cv=cv, params=params)
    assert_allclose(report.dev_error, 1 - scores["test_score"].mean())


@pytest.mark.usefixtures("routing")
def test_routed_groups_reach_the_splitter(multiclass):
    X, y = multiclass
    groups = np.arange(len(y)) // 5
    report = report_on(TREE, X, y, cv=GroupKFold(3), groups=groups)
    scores = cross_validate(TREE, X, y, cv=GroupKFold(3), params={"groups": groups})
    assert_allclose(report.dev_error, 1 - scores["test_score"].mean())


@pytest.mark.usefixtures("routing")
def test_what_nobody_asked_for_is_refused(multiclass):
    """As everywhere in scikit-learn."""
    with pytest.raises(ValueError, match="not explicitly set as requested"):
        report_on(TREE, *multiclass, fit_params={"sample_weight": np.ones(150)})


CONTAINERS = {
    "list": (np.ndarray.tolist, np.ndarray.tolist),
    "pandas": (lambda X: pd.DataFrame(X, index=range(7, 7 + len(X)), columns=list("abcd")), pd.Series),
    "pandas strings": (pd.DataFrame, lambda y: pd.Series(np.array(list("xyz"))[y], dtype="string")),
    "pandas categories": (pd.DataFrame, lambda y: pd.Series(np.array(list("xyz"))[y], dtype="category")),
    "polars": (lambda X: pl.DataFrame(X, schema=list("abcd")), pl.Series),
    "csr": (sparse.csr_matrix, np.asarray),
    "csc array": (sparse.csc_array, np.asarray),
    "coo": (sparse.coo_matrix, np.asarray),
    "strings": (np.asarray, lambda y: np.array(["setosa", "versicolor", "virginica"])[y]),
    "objects": (np.asarray, lambda y: np.array(["setosa", "versicolor", "virginica"], dtype=object)[y]),
    "small numbers": (np.asarray, lambda y: y.astype(np.int8)),
}


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
@pytest.mark.parametrize(("rows", "targets"), CONTAINERS.values(), ids=CONTAINERS)
def test_rows_and_targets_may_come_in_any_container(multiclass, rows, targets, scoring):
    """The errors and their intervals are the same."""
    X, y = multiclass
    cv = KFold(3, shuffle=True, random_state=0)
    report = report_on(KNeighborsClassifier(), rows(X), targets(y), scoring=scoring, cv=cv)
    plain = report_on(KNeighborsClassifier(), X, y, scoring=scoring, cv=cv)
    assert report.errors == pytest.approx(plain.errors)
    assert_allclose(report.variance_interval, plain.variance_interval)
    assert report.n_duplicates == plain.n_duplicates


@pytest.mark.parametrize("container", [list, pd.Series, lambda texts: np.array(texts, dtype=object)])
def test_texts_pass_through_a_pipeline(container):
    texts = [f"{word} {number}" for number in range(30) for word in ("good", "bad")]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    report = report_on(model, container(texts), [1, 0] * 30)
    assert report.dev_error == 0.0


# Conduct ------------------------------------------------------------------------------------------------------------


def test_the_estimator_is_left_unfitted_and_unchanged(multiclass):
    """Every fit is one of a clone; rows that cannot be written to are no obstacle."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    before = {name: str(value) for name, value in model.get_params().items()}
    report_on(model, *multiclass)
    assert {name: str(value) for name, value in model.get_params().items()} == before
    with pytest.raises(NotFittedError):
        check_is_fitted(model)


def test_equal_seeds_give_equal_reports(multiclass):
    """Folds, subsets and draws are the seed's alone."""
    one, other = (
        report_on(KNeighborsClassifier(), *multiclass, cv=3, learning_curve=[0.3, 0.6], random_state=seed)
        for seed in (5, np.random.RandomState(5))
    )
    assert one.to_dict() == other.to_dict()


def test_several_fits_at_a_time_give_the_report_of_one_by_one(multiclass):
    one, two = (report_on(TREE, *multiclass, cv=3, n_jobs=n_jobs) for n_jobs in (None, 2))
    assert one.to_dict() == two.to_dict()


def test_verbose_prints_a_line_for_each_finished_fit(multiclass, capsys):
    """With its errors; else nothing is printed."""
    report_on(TREE, *multiclass, cv=3, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(f"fold {number} of 3: train error 0, dev error 0." in line for number, line in enumerate(lines, 1))
    report_on(TREE, *multiclass, cv=3)
    assert not capsys.readouterr().out


def test_verbose_counts_the_fits_of_the_learning_curve_too(multiclass, capsys):
    report_on(TREE, *multiclass, cv=3, verbose=True, learning_curve=[0.25, 0.5])
    assert len(capsys.readouterr().out.splitlines()) == 3 * 3


# Known answers ------------------------------------------------------------------------------------------------------


def test_a_full_tree_has_high_variance():
    """It knows its training rows by heart."""
    report = report_on(TREE, *load_breast_cancer(return_X_y=True))
    assert report.train_error == 0.0
    assert report.diagnosis == ("high variance",)
    assert report.advice[0].action == "get more training data"


def test_a_line_between_two_circles_has_high_bias():
    X, y = make_circles(3000, noise=0.05, random_state=0)
    report = report_on(LogisticRegression(), X, y)
    assert report.diagnosis[:2] == ("no better than a constant prediction", "high bias")
    assert any("more flexible" in advice.action for advice in report.advice)


def test_noise_that_is_known_is_no_bias():
    """Labels of which a fifth are wrong cannot be predicted any better."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 2))
    y = np.where(rng.random(4000) < 0.2, 0, 1) ^ (X[:, 0] > 0)
    assert report_on(LogisticRegression(), X, y).diagnosis[0] == "high bias"
    assert report_on(LogisticRegression(), X, y, target_error=0.2).diagnosis == ()


@pytest.mark.parametrize("load", [load_iris, load_digits])
def test_a_good_model_on_easy_data_has_no_high_gap(load):
    X, y = load(return_X_y=True)
    report = report_on(make_pipeline(StandardScaler(), SVC()), X, y, target_error=0.01, cv=3)
    assert set(report.diagnosis) <= {"cannot tell yet"}


def test_dev_rows_of_another_origin_are_a_data_mismatch():
    """The model is as good as ever on rows like its own."""
    X, y = make_classification(1500, 5, class_sep=2, random_state=0)
    moved = X + np.array([3.0, -3.0, 3.0, -3.0, 3.0])
    given = {"X_train_dev": X[500:1000], "y_train_dev": y[500:1000], "X_dev": moved[1000:], "y_dev": y[1000:]}
    report = report_on(KNeighborsClassifier(), X[:500], y[:500], **given)
    assert "data mismatch" in report.diagnosis
    assert "high variance" not in report.diagnosis
    assert any(advice.problem == "data mismatch" for advice in report.advice)


class RightOnDev(RegressorMixin, BaseEstimator):
    """Knows the targets of some rows by heart, as what was tuned on them for long."""

    def __init__(self, known=None):
        self.known = known

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.array([self.known.get(row[0], 0.0) for row in X])


def test_a_model_that_knows_the_dev_rows_is_overfit_to_dev():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 1)), rng.normal(size=300)
    model = RightOnDev(dict(zip(X[:200, 0], y[:200], strict=True)))
    given = cut(X, y, "dev", "test", start=100)
    report = report_on(model, X[:100], y[:100], scoring="neg_mean_absolute_error", **given)
    assert report.diagnosis == ("overfit to dev",)


@pytest.fixture(scope="module")
def known():
    """Gaps of small tasks, each with what it is by construction; none of neighbours, which take long."""
    tasks = runpy.run_path(str(Path(__file__).parents[1] / "known_gaps.py"))
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rare classes, and targets above the dev error, which happen
        for number in range(110):
            setting = tasks["random_setting"](number)
            if setting.n_rows < 1000 and setting.n_features < 20 and "Neighbors" not in type(setting.model).__name__:
                expected = tasks["expected_errors"](setting, 10, seed=number)
                report, truth = tasks["report_on"](setting, 1000 * number, expected)
                found += [(gap, truth[gap.name], report.threshold) for gap in report.gaps]
    return tasks["is_wrong"], found


def test_few_verdicts_on_known_tasks_are_wrong(known):
    """At most one in twenty; benchmarks/verdicts.py has hundreds of tasks of all sizes."""
    is_wrong, found = known
    assert len(found) > 50
    assert np.mean([is_wrong(*one) for one in found]) <= 0.05
    assert np.mean([gap.verdict == "cannot tell yet" for gap, _, _ in found]) < 0.5


def test_intervals_cover_the_gaps_of_known_tasks(known):
    assert np.mean([gap.interval[0] <= truth <= gap.interval[1] for gap, truth, _ in known[1]]) >= 0.85


# What else is seen --------------------------------------------------------------------------------------------------


def problems(report):
    return {advice.problem for advice in report.advice}


@pytest.mark.parametrize("model", [SVC(), DeepMLPClassifier((3,), max_iter=3, random_state=0)], ids=["SVC", "network"])
def test_inputs_of_other_scales_reach_the_advice(multiclass, model):
    """With the name of the column; behind a scaler there is nothing to say."""
    X = pd.DataFrame(multiclass[0] * [1.0, 1e5, 1.0, 1.0], columns=["a", "wide", "c", "d"])
    report = report_on(model, X, multiclass[1], cv=2)
    advice = next(advice for advice in report.advice if advice.problem == "inputs not normalised")
    assert "wide" in advice.why
    scaled = report_on(make_pipeline(StandardScaler(), model), X, multiclass[1], cv=2)
    assert "inputs not normalised" not in problems(scaled)


def friedman(factor):
    X, y = make_friedman1(200, n_features=6, noise=0.5, random_state=0)
    return X * factor, y


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("factor", [0.01, 30.0])
@pytest.mark.parametrize("kind", [DeepMLPRegressor, MLPRegressor])
def test_inputs_that_are_too_small_or_too_large_come_first(kind, factor):
    """A scaler before all other advice; as a parameter where a pipeline has a place for it."""
    X, y = friedman(factor)
    network = kind(hidden_layer_sizes=(16,), max_iter=5, random_state=0)
    bare = report_on(network, X, y, cv=2).advice[0]
    assert (bare.problem, "make_pipeline(StandardScaler(), " in bare.action) == ("inputs not normalised", True)
    piped = report_on(make_pipeline(network), X, y, cv=2).advice[0]
    assert dict(piped.parameters["steps"]).keys() == {"standardscaler", type(network).__name__.lower()}
    scaled = report_on(make_pipeline(StandardScaler(), network), X, y, cv=2)
    assert "inputs not normalised" not in problems(scaled)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("factor", [0.01, 30.0])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: TransformedTargetRegressor(model),
        lambda model: GridSearchCV(model, {}, cv=2),
        lambda model: BaggingRegressor(model, n_estimators=2),
        lambda model: make_pipeline("passthrough", TransformedTargetRegressor(GridSearchCV(model, {}, cv=2))),
    ],
    ids=["target", "search", "bag", "pipeline, target, search"],
)
def test_inputs_are_looked_at_where_they_reach_the_network(factor, wrap):
    """Behind a scaler there is nothing to say, however deep it lies; without it there is."""
    X, y = friedman(factor)
    network = DeepMLPRegressor((4,), max_iter=2, random_state=0)
    assert "inputs not normalised" in problems(report_on(wrap(network), X, y, cv=2))
    assert "inputs not normalised" not in problems(
        report_on(wrap(make_pipeline(StandardScaler(), network)), X, y, cv=2)
    )


@pytest.mark.parametrize("model", [KNeighborsRegressor(), Ridge(), SVR()], ids=str)
@pytest.mark.parametrize("factor", [0.01, 30.0])
def test_absolute_size_matters_to_what_learns_by_steps_alone(model, factor):
    """Neighbours and kernels do not mind that all columns are large or small."""
    assert "inputs not normalised" not in problems(report_on(model, *friedman(factor), cv=2))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("factor", [1.0, 1e-3])
def test_sparse_steps_are_scaled_and_not_centred(factor):
    """Texts in, counts or tf-idf out: fine as they are; where they are not, the scaler is one for sparse rows."""
    words = np.array([f"w{number}" for number in range(300)])
    rng = np.random.default_rng(0)
    texts = [" ".join(words[(300 * rng.random(30) ** 2).astype(int)]) for _ in range(120)]
    shrunk = FunctionTransformer(lambda rows: rows * factor)
    model = make_pipeline(TfidfVectorizer(), shrunk, DeepMLPClassifier((4,), max_iter=2, random_state=0))
    advice = report_on(model, texts, np.arange(120) % 2, cv=2).advice
    found = [one for one in advice if one.problem == "inputs not normalised"]
    assert len(found) == (factor < 1)
    assert all("with_mean=False" in one.action for one in found)


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("model", "name"),
    [
        (LogisticRegression(max_iter=1), "max_iter"),
        (MLPClassifier((4,), max_iter=2, random_state=0), "max_iter"),
        (make_pipeline(StandardScaler(), LogisticRegression(max_iter=1)), "logisticregression__max_iter"),
    ],
    ids=["solver", "network", "pipeline"],
)
def test_training_that_ended_too_early_reaches_the_advice(multiclass, model, name):
    """Once, in place of a warning from every fit; the parameters are those of the very estimator."""
    report = report_on(model, *multiclass, cv=2)
    advice = next(advice for advice in report.advice if advice.problem == "not converged")
    assert advice.parameters[name] > model.get_params()[name]


def test_a_constant_network_reaches_the_advice(multiclass):
    """Weights of zero let nothing through, and the cure is known."""
    report = report_on(DeepMLPClassifier((4,), init="zeros", max_iter=3, random_state=0), *multiclass, cv=2)
    assert report.advice[0].parameters == {"init": "auto"}
    assert report.advice[1].problem == "constant predictions"


def test_every_parameter_that_is_advised_can_be_set(binary):
    """On the very estimator that was passed, nested as it is."""
    model = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))
    report = report_on(model, *binary, cv=3)
    settable = [advice.parameters for advice in report.advice if advice.parameters]
    assert settable
    for parameters in settable:
        clone(model).set_params(**parameters)


def test_copies_of_training_rows_are_counted(binary):
    """In every part; -0.0 is 0.0."""
    X, y = binary[0].copy(), binary[1]
    X[:, 0] = 0.0
    dev = np.vstack([X[:3], X[400:]])
    dev[:, 0] = -0.0
    given = {"X_dev": dev, "y_dev": np.r_[y[:3], y[400:]], "X_test": X[390:], "y_test": y[390:]}
    report = report_on(TREE, X[:400], y[:400], **given)
    assert report.n_duplicates == {"dev": 3, "test": 10}


@pytest.mark.parametrize(("rows", "_"), CONTAINERS.values(), ids=CONTAINERS)
def test_copies_between_folds_are_counted_in_any_container(rows, _):
    """Each of ten rows five times, one for each fold."""
    X = np.tile(np.arange(40.0).reshape(10, 4), (5, 1))
    folds = [
        (np.flatnonzero(np.arange(50) // 10 != fold), np.flatnonzero(np.arange(50) // 10 == fold)) for fold in range(5)
    ]
    report = report_on(DummyClassifier(), rows(X), np.arange(50) % 2, cv=folds)
    assert report.n_duplicates == {"dev": 50}


def test_looks_at_the_test_part_are_counted(binary):
    """Of the same part, copies of it included, whatever the model; another part has a count of its own."""
    X, y = binary
    seed = np.random.default_rng().integers(2**31)  # a part that no other test has looked at
    X = X + np.random.default_rng(seed).normal(size=X.shape)
    looks = [
        report_on(model, X[:200], y[:200], cv=2, X_test=X[200:].copy(), y_test=y[200:]).n_test_looks
        for model in (TREE, TREE, DummyClassifier())
    ]
    assert looks == [1, 2, 3]
    assert report_on(TREE, X[:200], y[:200], cv=2, X_test=X[201:], y_test=y[201:]).n_test_looks == 1
    assert report_on(TREE, X[:200], y[:200], cv=2).n_test_looks is None
