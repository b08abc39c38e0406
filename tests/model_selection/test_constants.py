"""The constant that errors are held against is scored as the fits are; rows that count are those of measured folds."""

import warnings

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, LeaveOneGroupOut, LeaveOneOut, TimeSeriesSplit, cross_validate
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdeep.model_selection import BiasVarianceReport, bias_variance_report

NO_BETTER, COPIES, UNSEEN = (
    "no better than a constant prediction",
    "copies of training rows",
    "classes never trained on",
)
RNG = np.random.default_rng(0)
X, SKEWED = RNG.normal(size=(60, 3)), RNG.exponential(size=60) + 0.1
GROUPS = np.repeat(np.arange(10), 6)
TARGETS = {"even": np.arange(60) % 2, "by group": GROUPS % 2, "rare": (np.arange(60) % 20 == 7).astype(int)}


def report_on(estimator, X, y, **options):
    return bias_variance_report(estimator, X, y, **{"learning_curve": False, "random_state": 0} | options)


class FailsOnThirty(Ridge):
    def fit(self, X, y):
        if len(X) == 30:
            raise ValueError("no")
        return super().fit(X, y)


def verdicts(report):
    return {gap.name: gap.verdict for gap in report.gaps}


# A constant is no better than a constant ----------------------------------------------------------------------------

OF_NUMBERS = (
    *("neg_root_mean_squared_error", "neg_root_mean_squared_log_error", "neg_max_error", "d2_absolute_error_score"),
    *("r2", "explained_variance", "neg_mean_absolute_error", "neg_mean_squared_error", "neg_mean_gamma_deviance"),
)
OF_CLASSES = ("accuracy", "balanced_accuracy", "f1", "f1_macro", "roc_auc", "neg_log_loss", "average_precision")
CUTS = {"five": 5, "small": 30, "one row": LeaveOneOut(), "time": TimeSeriesSplit(5)}


def learns_nothing(dummy, y, **options):
    """Whether a report says so, or refuses a score that is not defined in these folds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            report = report_on(dummy, X, y, **options)
        except ValueError as error:
            return "scoring must be defined on the rows of most folds" in str(error)
    return NO_BETTER in report.diagnosis or UNSEEN in report.diagnosis


@pytest.mark.parametrize("cv", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("scoring", OF_NUMBERS)
def test_a_constant_number_never_counts_as_better_than_a_constant(scoring, cv):
    assert learns_nothing(DummyRegressor(), SKEWED, scoring=scoring, cv=cv)
    assert learns_nothing(DummyRegressor(strategy="median"), SKEWED, scoring=scoring, cv=cv)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("cv", [*CUTS.values(), LeaveOneGroupOut()], ids=[*CUTS, "groups"])
@pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("scoring", OF_CLASSES)
def test_a_constant_class_never_counts_as_better_than_a_constant(scoring, y, cv):
    groups = {"groups": GROUPS} if isinstance(cv, LeaveOneGroupOut) else {}
    assert learns_nothing(DummyClassifier(), y, scoring=scoring, cv=cv, **groups)


@pytest.mark.parametrize("scoring", ["neg_root_mean_squared_error", "r2"])
def test_the_constant_is_scored_fold_by_fold(scoring):
    """With scikit-learn's own: the best of mean and quantiles, in the same six folds."""
    cv = KFold(6)
    report = report_on(Ridge(), X, SKEWED, scoring=scoring, cv=cv)
    dummies = [DummyRegressor(), *(DummyRegressor(strategy="quantile", quantile=q) for q in np.arange(1, 20) / 20)]
    best = 0.0 if scoring.startswith("neg") else 1.0
    errors = [best - cross_validate(dummy, X, SKEWED, scoring=scoring, cv=cv)["test_score"].mean() for dummy in dummies]
    assert report.baseline_error == pytest.approx(min(errors))


def test_the_constant_of_an_own_part_is_learnt_from_all_training_rows():
    report = report_on(Ridge(), X[:40], SKEWED[:40], scoring="r2", X_dev=X[40:], y_dev=SKEWED[40:])
    dummy = DummyRegressor().fit(X[:40], SKEWED[:40])
    assert report.baseline_error == pytest.approx(1 - dummy.score(X[40:], SKEWED[40:]))


def test_the_constant_is_scored_in_the_folds_that_were_measured():
    """By hand: in the second one."""
    folds = [(np.arange(30), np.arange(30, 40)), (np.arange(40), np.arange(40, 60))]
    with pytest.warns(FitFailedWarning):
        report = report_on(FailsOnThirty(), X, SKEWED, cv=folds, scoring="neg_mean_squared_error")
    assert report.baseline_error == pytest.approx(np.mean((SKEWED[40:] - SKEWED[:40].mean()) ** 2))


def test_of_several_labels_the_constant_is_scored_fold_by_fold_too():
    y = np.column_stack([np.arange(60) % 2, np.arange(60) % 3 == 0]).astype(int)
    report = report_on(DecisionTreeClassifier(random_state=0), X, y, cv=KFold(20))
    shares = [np.mean((y != label).any(axis=1)) for label in np.unique(y, axis=0)]
    assert report.baseline_error == pytest.approx(min(shares))


@pytest.mark.parametrize("tree", [DecisionTreeClassifier(random_state=0), DecisionTreeRegressor(random_state=0)])
def test_what_learns_still_counts_as_better_in_single_rows(tree):
    y = (X[:, 0] > 0).astype(int)
    scoring = "accuracy" if isinstance(tree, DecisionTreeClassifier) else "neg_root_mean_squared_error"
    assert NO_BETTER not in report_on(tree, X, y, cv=LeaveOneOut(), scoring=scoring).diagnosis


def test_where_a_constant_is_perfect_the_threshold_is_said_to_be_of_another():
    """Always yes has a recall of 100 %."""
    report = report_on(DecisionTreeClassifier(random_state=0), X, TARGETS["even"], scoring="recall")
    assert report.gain is None
    assert "the error of a constant prediction" not in report.rule
    assert "as another one has none" in report.rule
    assert report.to_dict()["baseline_source"] == report.baseline_source


@pytest.mark.parametrize("indices", [False, True])
@pytest.mark.parametrize("cv", [5, LeaveOneOut()])
def test_cv_results_of_a_constant_are_no_better_either(cv, indices):
    scoring = "neg_root_mean_squared_error"
    results = cross_validate(
        DummyRegressor(), X, SKEWED, cv=cv, scoring=scoring, return_train_score=True, return_indices=indices
    )
    report = BiasVarianceReport.from_cv_results(results, SKEWED, scoring=scoring, estimator=DummyRegressor())
    assert NO_BETTER in report.diagnosis


# Rows of measured folds ---------------------------------------------------------------------------------------------


def test_classes_of_folds_that_failed_are_not_counted():
    """Sorted in two classes: the fits that see one class only fail, and those left have seen both."""
    y, rows = np.repeat([0, 1], 100), np.random.default_rng(0).normal(size=(200, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = report_on(LogisticRegression(), rows, y, cv=TimeSeriesSplit(4))
    assert report.n_rows["dev"] == 80
    assert UNSEEN not in report.diagnosis
    assert verdicts(report)["variance"] != "not judged"


def test_copies_of_folds_that_failed_are_not_counted():
    rows, y = np.r_[X[:30], X[:10], X[40:]], np.r_[SKEWED[:30], SKEWED[:10], SKEWED[40:]]
    folds = [(np.arange(30), np.arange(30, 40)), (np.arange(40), np.arange(40, 60))]
    with pytest.warns(FitFailedWarning, match="1 of 2 fits failed and is left out"):
        report = report_on(FailsOnThirty(), rows, y, cv=folds)
    assert report.n_duplicates["dev"] == 0
    assert COPIES not in report.diagnosis


def test_classes_of_cv_results_that_failed_are_not_counted():
    y = np.repeat([0, 1], 30)
    folds = [(np.arange(30), np.arange(30, 40)), (np.arange(20, 50), [1, 55]), (np.arange(25, 55), [2, 56])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = cross_validate(LogisticRegression(), X, y, cv=folds, return_train_score=True, return_indices=True)
        report = BiasVarianceReport.from_cv_results(results, y, estimator=LogisticRegression())
    assert (report.n_rows["dev"], UNSEEN in report.diagnosis) == (4, False)


# Parts of the user's own that share rows ----------------------------------------------------------------------------


@pytest.mark.parametrize("n_new", [0, 10], ids=["all", "half"])
def test_a_test_part_of_dev_rows_does_not_tell_overfitting_to_dev(n_new):
    test = np.r_[np.arange(40, 60 - n_new), np.arange(30, 30 + n_new)]
    given = {"X_dev": X[40:], "y_dev": SKEWED[40:], "X_test": X[test], "y_test": SKEWED[test]}
    report = report_on(Ridge(), X[:30], SKEWED[:30], **given)
    assert verdicts(report)["overfit to dev"] == "not judged"
    assert verdicts(report)["variance"] != "not judged"
    assert "copies of dev rows" in report.diagnosis
    assert f"Of 20 test rows {20 - n_new} are copies of dev rows" in report.summary
    assert any(advice.problem == "copies of dev rows" for advice in report.advice)


def test_train_dev_rows_among_dev_rows_do_not_tell_a_mismatch():
    given = {"X_train_dev": X[40:], "y_train_dev": SKEWED[40:], "X_dev": X[40:], "y_dev": SKEWED[40:]}
    report = report_on(Ridge(), X[:40], SKEWED[:40], **given)
    assert verdicts(report)["data mismatch"] == "not judged"
    assert verdicts(report)["variance"] != "not judged"


def test_other_test_rows_are_not_doubted():
    given = {"X_dev": X[30:45], "y_dev": SKEWED[30:45], "X_test": X[45:], "y_test": SKEWED[45:]}
    assert not report_on(Ridge(), X[:30], SKEWED[:30], **given).doubts


# Cross-validation results without indices ---------------------------------------------------------------------------


@pytest.mark.parametrize("cv", [LeaveOneOut(), KFold(40)])
def test_scores_of_single_rows_are_refused_by_the_number_of_folds(cv):
    results = cross_validate(Ridge(), X, SKEWED, cv=cv, scoring="explained_variance", return_train_score=True)
    with pytest.raises(ValueError, match=r"explained variance needs two different targets.*return_indices=True"):
        BiasVarianceReport.from_cv_results(results, SKEWED, scoring="explained_variance")


def test_scores_that_single_rows_have_are_taken():
    scoring = "neg_mean_absolute_error"
    results = cross_validate(Ridge(), X, SKEWED, cv=LeaveOneOut(), scoring=scoring, return_train_score=True)
    report = BiasVarianceReport.from_cv_results(results, SKEWED, scoring=scoring)
    assert report.dev_error == pytest.approx(-results["test_score"].mean())


def test_no_estimator_is_named_that_nobody_gave():
    results = cross_validate(Ridge(), X, SKEWED, return_train_score=True)
    assert str(BiasVarianceReport.from_cv_results(results, SKEWED)).startswith(
        "Bias and variance of the cross-validated estimator\n"
    )


# One of a thing -----------------------------------------------------------------------------------------------------


def test_one_fold_is_one_fold():
    y = np.where(np.arange(60) == 5, "a", np.where(np.arange(60) % 2, "b", "c"))
    with pytest.warns(UserWarning, match=r"1 of 60 dev rows of 1 fold is of classes .*: it counts as errors"):
        report_on(DummyClassifier(), X, y, cv=KFold(5))


def test_one_other_fold_is_one_other():
    y = np.where(np.arange(60) < 20, 1.0, SKEWED)
    with pytest.warns(UserWarning, match=r"2 of 6 folds are left out.*those of 1 other\)"):
        report_on(Ridge(), X, y, cv=KFold(6))
