"""Scores turned into errors: those of `cross_validate`, of predictions that somebody made, of parts of one's own."""

from collections import Counter
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from sklearn import config_context
from sklearn.covariance import EllipticEnvelope
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    get_scorer,
    log_loss,
    make_scorer,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, KFold, TunedThresholdClassifierCV, cross_validate
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdeep import DeepMLPClassifier
from skdeep.model_selection import bias_variance_report

CV = KFold(2, shuffle=True, random_state=0)
TREE = DecisionTreeClassifier(max_depth=2, random_state=0)
LINE = LogisticRegression(C=0.1)


@pytest.fixture
def few(binary):
    """150 of its rows."""
    return binary[0][:150], binary[1][:150]


def report_on(estimator, X, y, **options):
    return bias_variance_report(estimator, X, y, **{"cv": CV, "learning_curve": False, "random_state": 0} | options)


def negated_median(y, predicted):
    return np.median(np.abs(y - predicted))


def share_right(estimator, X, y):
    return estimator.score(X, y)


SCORES = [
    (TREE, "multiclass", "accuracy", "1 - accuracy", 1),
    (TREE, "multiclass", "balanced_accuracy", "1 - balanced accuracy", 1),
    (TREE, "multiclass", "f1_macro", "1 - f1 macro", 1),
    (TREE, "multiclass", make_scorer(accuracy_score), "1 - accuracy", 1),
    (LINE, "few", "neg_log_loss", "log loss", 0),
    (LINE, "few", "roc_auc", "1 - AUC", 1),
    (LINE, "few", "average_precision", "1 - average precision", 1),
    (LINE, "few", "f1", "1 - f1", 1),
    (LINE, "few", "matthews_corrcoef", "1 - matthews corrcoef", 1),
    (LINE, "few", "neg_brier_score", "brier score", 0),
    (KNeighborsClassifier(), "multilabel", "accuracy", "1 - accuracy", 1),
    (KNeighborsClassifier(), "multilabel", "f1_samples", "1 - f1 samples", 1),
    (Ridge(), "regression", "r2", "1 - R²", 1),
    (Ridge(), "regression", "explained_variance", "1 - explained variance", 1),
    (Ridge(), "regression", "neg_root_mean_squared_error", "RMSE", 0),
    (Ridge(), "regression", "neg_mean_squared_error", "mean squared error", 0),
    (Ridge(), "regression", "neg_mean_absolute_error", "mean absolute error", 0),
    (Ridge(), "regression", "neg_max_error", "max error", 0),
    (Ridge(), "regression", make_scorer(negated_median, greater_is_better=False), "negated_median", 0),
    (Ridge(), "multioutput", "r2", "1 - R²", 1),
    (Ridge(), "multioutput", "neg_root_mean_squared_error", "RMSE", 0),
    (Ridge(), "multioutput", "neg_mean_absolute_error", "mean absolute error", 0),
]


@pytest.mark.filterwarnings("ignore:F-score is ill-defined")  # of a row without labels
@pytest.mark.parametrize(
    ("estimator", "data", "scoring", "name", "best"),
    SCORES,
    indirect=["data"],
    ids=[f"{data}-{name}" for _, data, _, name, _ in SCORES],
)
def test_train_and_dev_errors_are_those_of_cross_validate(estimator, data, scoring, name, best):
    """The best score less the mean score over the same folds; the report says which error that is."""
    report = report_on(estimator, *data, scoring=scoring)
    scores = cross_validate(estimator, *data, cv=CV, scoring=scoring, return_train_score=True)
    assert report.error_name.replace("_", " ") == name.replace("_", " ")
    assert_allclose(report.train_error, best - scores["train_score"].mean(), atol=1e-12)
    assert_allclose(report.dev_error, best - scores["test_score"].mean(), atol=1e-12)


@pytest.mark.parametrize("scoring", [share_right, make_scorer(f1_score, average="macro")])
def test_a_scorer_of_ones_own_becomes_an_error_by_its_best_score(multiclass, scoring):
    """Whatever it is, it is asked as `cross_validate` asks it."""
    report = report_on(TREE, *multiclass, scoring=scoring, best_score=1.0)
    scores = cross_validate(TREE, *multiclass, cv=CV, scoring=scoring)
    assert report.error_name.startswith("1 - ")
    assert_allclose(report.dev_error, 1.0 - scores["test_score"].mean(), atol=1e-12)


@pytest.mark.parametrize("best", [1.5, 7])
def test_another_best_score_moves_every_error_by_as_much(multiclass, best):
    """Such as of a metric that labels with noise keep below 1."""
    one, other = report_on(TREE, *multiclass), report_on(TREE, *multiclass, best_score=best)
    assert_allclose(other.dev_error - one.dev_error, best - 1)
    assert_allclose(other.variance, one.variance)
    assert other.error_name == f"{best:g} - accuracy"


OWN = {
    "classifier": (TREE, "few", "1 - accuracy"),
    "regressor": (Ridge(), "regression", "1 - R²"),
    "several outputs": (MultiOutputClassifier(TREE), "multilabel", "1 - accuracy"),
    "search": (GridSearchCV(TREE, {"max_depth": [1]}, scoring="f1", cv=2), "few", "1 - f1"),
    "search by accuracy": (GridSearchCV(TREE, {"max_depth": [1]}, cv=2), "few", "1 - accuracy"),
    "search by several": (
        GridSearchCV(TREE, {"max_depth": [1]}, scoring=["f1", "roc_auc"], refit="roc_auc", cv=2),
        "few",
        "1 - AUC",
    ),
    "search by several with names": (
        GridSearchCV(TREE, {"max_depth": [1]}, scoring={"a": "accuracy", "b": "f1"}, refit="b", cv=2),
        "few",
        "1 - f1",
    ),
    "search in a pipeline": (
        make_pipeline(StandardScaler(), GridSearchCV(TREE, {"max_depth": [1]}, scoring="neg_log_loss", cv=2)),
        "few",
        "log loss",
    ),
    "scoring for early stopping": (
        HistGradientBoostingClassifier(max_iter=2, scoring="roc_auc"),
        "few",
        "1 - accuracy",
    ),
    "scoring for a threshold": (TunedThresholdClassifierCV(TREE, cv=2, thresholds=5), "few", "1 - accuracy"),
    "scoring of our network": (
        DeepMLPClassifier((3,), max_iter=2, scoring="neg_log_loss", random_state=0),
        "few",
        "1 - accuracy",
    ),
}


@pytest.mark.parametrize(("estimator", "data", "name"), OWN.values(), indirect=["data"], ids=OWN)
def test_without_scoring_the_error_is_that_of_the_estimators_own_score(estimator, data, name):
    """A search has its own; what only stops training or moves a threshold is not the score."""
    report = report_on(estimator, *data)
    scores = cross_validate(estimator, *data, cv=CV)["test_score"]
    assert report.error_name == name
    assert_allclose(report.dev_error, (0.0 if name == "log loss" else 1.0) - scores.mean(), atol=1e-12)


def test_a_search_by_a_callable_is_not_silently_judged_by_accuracy(few):
    """Its maximum is not known, so that it has to be given."""
    search = GridSearchCV(TREE, {"max_depth": [1]}, scoring=make_scorer(f1_score, average="micro"), cv=2)
    with pytest.raises(ValueError, match=r"known maximum.*best_score"):
        report_on(search, *few)
    assert report_on(search, *few, best_score=1.0).error_name == "1 - f1 score"


@pytest.mark.parametrize("weigh", [lambda rng: rng.random(569), lambda rng: rng.integers(0, 2, 569)])
def test_an_auc_heeds_the_weights_that_are_routed_to_its_scorer(binary, weigh):
    """As scikit-learn does; rows of weight 0 are as good as absent."""
    (X, y), weight = binary, weigh(np.random.default_rng(0)).astype(float)
    with config_context(enable_metadata_routing=True):
        line = LogisticRegression().set_fit_request(sample_weight=False)
        scorer = get_scorer("roc_auc").set_score_request(sample_weight=True)
        report = report_on(line, X, y, scoring=scorer, fit_params={"sample_weight": weight})
    expected = [
        1 - roc_auc_score(y[rows], line.fit(X[train], y[train]).decision_function(X[rows]), sample_weight=weight[rows])
        for train, rows in CV.split(X)
    ]
    assert_allclose(report.dev_error, np.mean(expected))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.float32])
def test_scores_of_any_type_rank_alike(few, dtype):
    """Unsigned ones have no negative, and booleans no minus."""
    X, y = few
    right = np.column_stack([y == 0, y == 1])
    given = {"X_dev": X, "y_dev": y, "scoring": "roc_auc"}
    reports = [report_on(LINE, X, y, target_error=right.astype(kind), **given) for kind in (float, dtype)]
    assert reports[0].target_error_interval == reports[1].target_error_interval


def test_detectors_of_outliers_have_an_auc():
    """Though they are no classifiers and know no classes."""
    rng = np.random.default_rng(0)
    X, y = np.vstack([rng.normal(size=(90, 2)), 4 + rng.normal(size=(10, 2))]), np.repeat([1, -1], [90, 10])
    report = report_on(EllipticEnvelope(random_state=0), X, y, scoring="roc_auc", X_dev=X, y_dev=y)
    expected = 1 - roc_auc_score(y, EllipticEnvelope(random_state=0).fit(X).decision_function(X))
    assert_allclose(report.dev_error, expected)


# Parts of one's own -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", "roc_auc", "f1"])
def test_errors_on_own_parts_are_those_of_one_fit_on_all_rows(binary, scoring):
    """Train-dev, dev and test are scored by that fit."""
    X, y = binary
    parts = {"train_dev": slice(200, 300), "dev": slice(300, 400), "test": slice(400, None)}
    given = {f"{name}_{key}": part[rows] for key, rows in parts.items() for name, part in (("X", X), ("y", y))}
    report = report_on(LINE, X[:200], y[:200], scoring=scoring, **given)
    fitted, score = LINE.fit(X[:200], y[:200]), get_scorer(scoring)
    best = 0.0 if scoring == "neg_log_loss" else 1.0
    for name, rows in {"train": slice(200), **parts}.items():
        assert_allclose(getattr(report, f"{name}_error"), best - score(fitted, X[rows], y[rows]), atol=1e-12)
    assert report.n_rows == {"train": 200, "train-dev": 100, "dev": 100, "test": 169}


@pytest.mark.parametrize("scoring", ["r2", "neg_root_mean_squared_error"])
def test_out_of_fold_the_test_error_is_the_mean_over_the_folds_fits(regression, scoring):
    X, y = regression
    report = report_on(Ridge(), X[:80], y[:80], scoring=scoring, X_test=X[80:], y_test=y[80:])
    score = get_scorer(scoring)
    scores = [score(Ridge().fit(X[rows], y[rows]), X[80:], y[80:]) for rows, _ in CV.split(X[:80])]
    assert_allclose(report.test_error, (scoring == "r2") - np.mean(scores))


@pytest.mark.filterwarnings("ignore:.* dev rows are of classes that no training row has:UserWarning")
def test_a_class_that_was_not_trained_on_is_an_error(multiclass):
    """Its probability is zero, and its loss is that of the smallest number."""
    X, y = multiclass
    dev = {"X_dev": X, "y_dev": np.where(y == 2, 7, y)}
    assert_allclose(report_on(TREE, X, y, **dev).dev_error, 1 - TREE.fit(X, y).score(X, dev["y_dev"]))
    surprise = report_on(TREE, X, y, scoring="neg_log_loss", **dev).dev_error
    assert surprise > -np.log(np.finfo(float).eps) / 4  # a third of the rows


# Predictions that somebody made -------------------------------------------------------------------------------------


def some_predictions(y, n_wrong=7):
    """Labels of somebody who is wrong on the first rows."""
    return np.where(np.arange(len(y)) < n_wrong, (y + 1) % 3, y)


def some_probabilities(y, confidence=0.8):
    return np.where(np.arange(3) == y[:, None], confidence, (1 - confidence) / 2)


@pytest.mark.parametrize("container", [np.asarray, list, pd.Series, lambda values: values[:, None]])
def test_the_target_error_of_labels_is_their_share_of_wrong_ones(multiclass, container):
    """One label for each dev row: out of fold these are the rows of X."""
    X, y = multiclass
    report = report_on(TREE, X, y, target_error=container(some_predictions(y)))
    assert_allclose(report.target_error, 7 / 150)
    assert_allclose(report.avoidable_bias, report.train_error - 7 / 150)
    assert report.target_error_interval[0] < 7 / 150 < report.target_error_interval[1]


PROBABLE = {
    "accuracy": lambda y, p: 1 - accuracy_score(y, p.argmax(axis=1)),
    "neg_log_loss": log_loss,
    "roc_auc_ovr": lambda y, p: 1 - roc_auc_score(y, p, multi_class="ovr"),
}


@pytest.mark.filterwarnings("ignore:The target error")
@pytest.mark.parametrize(("scoring", "error"), PROBABLE.items(), ids=PROBABLE)
def test_the_target_error_of_probabilities_is_their_metric(multiclass, scoring, error):
    X, y = multiclass
    probabilities = some_probabilities(some_predictions(y))
    report = report_on(TREE, X, y, scoring=scoring, target_error=probabilities)
    assert_allclose(report.target_error, error(y, probabilities))


def test_target_predictions_stand_for_the_rows_of_the_own_dev_part(multiclass):
    """Of probabilities there is a column for each class of the training rows, though the dev rows lack one."""
    X, y = multiclass
    some = y < 2
    guess = some_predictions(y[some], n_wrong=1)
    dev = {"X_dev": X[some], "y_dev": y[some], "target_error": some_probabilities(guess)}
    assert_allclose(report_on(TREE, X, y, **dev).target_error, np.mean(guess != y[some]))


def test_target_predictions_of_several_labels_have_a_column_for_each(multilabel):
    """As accuracy has it, all labels of a row must be right."""
    X, y = multilabel
    guess = np.where(np.arange(len(y))[:, None] < 3, 1 - y, y)
    assert_allclose(report_on(KNeighborsClassifier(), X, y, target_error=guess).target_error, 3 / len(y))


NUMBERS = {
    "neg_mean_absolute_error": mean_absolute_error,
    "neg_mean_squared_error": mean_squared_error,
    "neg_root_mean_squared_error": lambda y, predicted: np.sqrt(mean_squared_error(y, predicted)),
    "r2": lambda y, predicted: 1 - r2_score(y, predicted),
}


@pytest.mark.filterwarnings("ignore:The target error")
@given(
    y=arrays(int, 12, elements=st.integers(0, 1)).filter(lambda y: 0 < y.sum() < 12),
    p=arrays(float, 12, elements=st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])),
)
def test_the_target_error_of_any_ranking_is_its_auc(y, p):
    """With ties, rare classes and perfect rankings."""
    X, given = np.zeros((12, 1)), np.column_stack([1 - p, p])
    report = report_on(DummyClassifier(), X, np.arange(12) % 2, scoring="roc_auc", X_dev=X, y_dev=y, target_error=given)
    assert_allclose(report.target_error, 1 - roc_auc_score(y, p), atol=1e-12)


@pytest.mark.filterwarnings("ignore:The target error")
@given(
    scoring=st.sampled_from(list(NUMBERS)),
    y=arrays(float, 12, elements=st.floats(-1e3, 1e3), unique=True),
    predicted=arrays(float, 12, elements=st.floats(-1e3, 1e3)),
)
def test_the_target_error_of_any_numbers_is_their_metric(scoring, y, predicted):
    """Row by row as a whole."""
    X = np.zeros((12, 1))
    dev = {"X_dev": X, "y_dev": y, "target_error": predicted}
    report = report_on(DummyRegressor(), X, np.arange(12.0), scoring=scoring, **dev)
    assert_allclose(report.target_error, NUMBERS[scoring](y, predicted), rtol=1e-9, atol=1e-9)


# How a scorer is asked ----------------------------------------------------------------------------------------------


class Counting(DummyClassifier):
    """Counts how often it is asked for predictions."""

    asked: ClassVar = Counter()

    def predict(self, X):
        self.asked["predict"] += 1
        return super().predict(X)

    def predict_proba(self, X):
        self.asked["predict_proba"] += 1
        return super().predict_proba(X)


@pytest.mark.parametrize(
    ("scoring", "method"),
    [("accuracy", "predict"), ("f1", "predict"), ("neg_log_loss", "predict_proba"), ("roc_auc", "predict_proba")],
)
def test_each_fit_predicts_once_for_each_rung(few, scoring, method, monkeypatch):
    """However often a jackknife scores."""
    monkeypatch.setattr(Counting, "asked", Counter())
    report_on(Counting(strategy="prior"), *few, scoring=scoring)
    assert Counting.asked[method] == 2 * CV.get_n_splits()


def accuracy_without_column(column):
    def score(estimator, X, y):
        rows = X.copy()
        rows[:, column] = 0.0
        return accuracy_score(y, estimator.predict(rows))

    return score


@pytest.mark.parametrize("column", [0, 3])
def test_a_scorer_that_changes_the_rows_gets_predictions_for_them(multiclass, column):
    """What was predicted before stands for the same rows only."""
    X, y = multiclass
    scoring = accuracy_without_column(column)
    report = report_on(TREE, X, y, scoring=scoring, best_score=1.0)
    scores = cross_validate(TREE, X, y, cv=CV, scoring=scoring, return_train_score=True)
    assert_allclose(report.dev_error, 1 - scores["test_score"].mean())
    assert_allclose(report.train_error, 1 - scores["train_score"].mean())


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_targets_in_a_column_have_the_errors_of_flat_ones(multiclass, scoring):
    """As a frame of one column has them: each row is compared with its own target only."""
    X, y = multiclass
    column = report_on(TREE, X, pd.DataFrame({"y": y}), scoring=scoring)
    assert_allclose(column.dev_error, report_on(TREE, X, y, scoring=scoring).dev_error)


def test_the_brier_score_of_several_classes_may_be_above_1(multiclass):
    """Up to 2, which its interval heeds."""
    X, y = multiclass
    some = [*np.flatnonzero(y > 0), np.argmin(y)]
    wrong, score = DummyClassifier(strategy="constant", constant=0).fit(X, y), get_scorer("neg_brier_score")
    try:
        expected = -score(wrong, X[some], y[some])
    except ValueError:
        pytest.skip("this scikit-learn has it for two classes only")
    report = report_on(wrong, X, y, scoring="neg_brier_score", X_dev=X[some], y_dev=y[some])
    assert report.dev_error == pytest.approx(expected)
    assert report.dev_error_interval[1] > report.dev_error > 1.0
