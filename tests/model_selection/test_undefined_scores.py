"""Scores that are not defined on the rows at hand are refused before any fit; what cannot be scored has not failed."""

import pickle

import numpy as np
import pytest
from sklearn import config_context, metrics
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDRegressor
from sklearn.metrics import explained_variance_score, f1_score, get_scorer, get_scorer_names, make_scorer, r2_score
from sklearn.model_selection import GridSearchCV, KFold, LeaveOneOut, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdeep import DeepMLPRegressor
from skdeep._score_needs import NEEDS, unmet_need
from skdeep.core import DivergenceError
from skdeep.model_selection import BiasVarianceReport, bias_variance_report
from skdeep.model_selection._failure import make_failure

RNG = np.random.default_rng(0)
X, NUMBERS = RNG.normal(size=(24, 2)), RNG.normal(size=24)
CLASSES = np.arange(24) % 2


class NeverFitted(DummyRegressor):
    def fit(self, X, y, sample_weight=None):
        raise AssertionError("fitted in vain")


class NeverFittedClassifier(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        raise AssertionError("fitted in vain")


def report_on(estimator, X, y, **options):
    return bias_variance_report(estimator, X, y, **{"learning_curve": False, "random_state": 0} | options)


# Before any fit -----------------------------------------------------------------------------------------------------

VARIED = ("r2", "explained_variance", "d2_absolute_error_score")


@pytest.mark.parametrize(
    "scoring", [*VARIED, None, make_scorer(r2_score), make_scorer(explained_variance_score, force_finite=False)]
)
def test_single_rows_have_no_share_of_variance(scoring):
    """Leave-one-out: the error names the score, why, and what to use instead; no fit has failed."""
    with pytest.raises(
        ValueError, match=r"scoring must be defined on the rows of most folds\. .* needs two different"
    ) as caught:
        report_on(NeverFitted(), X, NUMBERS, scoring=scoring, best_score=1.0, cv=LeaveOneOut())
    assert "the held-out rows of fold 1 of 24 do not have (nor have those of 23 others)" in str(caught.value)
    assert "neg_mean_squared_error" in str(caught.value)
    assert "fail" not in str(caught.value)


@pytest.mark.parametrize(
    "wrap", [lambda model: make_pipeline(StandardScaler(), model), lambda model: GridSearchCV(model, {}, cv=2)]
)
def test_the_own_score_of_a_wrapped_regressor_is_looked_at_too(wrap):
    with pytest.raises(ValueError, match="R² needs two different targets"):
        report_on(wrap(NeverFitted()), X, NUMBERS, cv=LeaveOneOut())


@pytest.mark.parametrize(
    "scoring", ["f1", "precision", "recall", "jaccard", "roc_auc", "average_precision", "matthews_corrcoef"]
)
def test_folds_without_both_classes_have_no_score_of_two_classes(scoring):
    """Rows sorted by class, in two folds."""
    with pytest.raises(ValueError, match="scoring must be defined on the rows of most folds"):
        report_on(NeverFittedClassifier(), X, np.sort(CLASSES), scoring=scoring, cv=LeaveOneOut())


@pytest.mark.parametrize(
    ("scoring", "y_dev", "need"),
    [
        ("f1", [0, 0, 0], "two rows at least, one of them positive"),
        ("recall", [0, 0, 0], "one of them positive"),
        ("average_precision", [0, 0, 0], "a positive row"),
        ("matthews_corrcoef", [1, 1, 1], "rows of two classes"),
    ],
)
def test_an_own_part_without_what_a_score_needs_is_named(scoring, y_dev, need):
    with pytest.raises(
        ValueError, match=rf"scoring must be defined on the dev rows.*needs .*{need}.*y_dev does not have"
    ):
        report_on(NeverFittedClassifier(), X, CLASSES, scoring=scoring, X_dev=X[:3] + 1, y_dev=y_dev)


@pytest.mark.parametrize("part", ["dev", "test", "train"])
def test_a_part_of_equal_targets_has_no_r2(part):
    given = {f"X_{part}": X[:5] + 1, f"y_{part}": np.ones(5)} if part != "train" else {}
    y = np.ones(24) if part == "train" else NUMBERS
    with pytest.raises(ValueError, match=f"scoring must be defined on the {part} rows. R² needs two different targets"):
        report_on(NeverFitted(), X, y, **given)


@pytest.mark.parametrize("scoring", ["r2", "explained_variance", None])
def test_some_of_several_outputs_must_vary(scoring):
    with pytest.raises(ValueError, match="needs two different targets"):
        report_on(NeverFitted(), X, np.ones((24, 2)), scoring=scoring)


@pytest.mark.parametrize("scoring", ["r2", "explained_variance"])
def test_a_score_moves_by_the_outputs_that_vary(scoring):
    """That of the others is 0 or 1, in the report as by scikit-learn."""
    y, dev = np.column_stack([NUMBERS, NUMBERS**2]), np.column_stack([NUMBERS[:8], np.ones(8)])
    report = report_on(LinearRegression(), X, y, X_dev=X[:8] + 0.1, y_dev=dev, scoring=scoring)
    fitted = LinearRegression().fit(X, y)
    assert report.dev_error == pytest.approx(1 - get_scorer(scoring)(fitted, X[:8] + 0.1, dev))


def test_where_a_constant_output_is_to_be_no_number_every_output_must_vary():
    scorer, y = make_scorer(r2_score, force_finite=False), np.column_stack([NUMBERS, np.ones(24)])
    assert unmet_need(scorer, y, y) is not None
    assert unmet_need(get_scorer("r2"), y, y) is None


def test_every_one_of_several_labels_needs_both_values():
    y = np.column_stack([CLASSES, np.arange(24) < 2])
    with pytest.raises(ValueError, match="AUC needs"):
        report_on(NeverFittedClassifier(), X, y.astype(int), scoring="roc_auc", cv=4)


@pytest.mark.parametrize(
    ("scoring", "bad"),
    [
        ("neg_mean_squared_log_error", -2.0),
        ("neg_mean_gamma_deviance", 0.0),
        ("neg_mean_poisson_deviance", -1.0),
        ("neg_mean_absolute_percentage_error", 0.0),
    ],
)
def test_targets_that_a_metric_of_numbers_is_not_made_for_are_named(scoring, bad):
    y = np.abs(NUMBERS) + 0.1
    y[3] = bad
    with pytest.raises(ValueError, match="scoring must be defined on the train rows"):
        report_on(NeverFitted(), X, y, scoring=scoring)


def test_rows_without_weight_do_not_count():
    """Routed weights leave one row of a fold."""
    weights = np.ones(24)
    weights[1:6] = 0.0
    with config_context(enable_metadata_routing=True):
        scorer = get_scorer("r2").set_score_request(sample_weight=True)
        model = LinearRegression().set_fit_request(sample_weight=True)
        given = {"fit_params": {"sample_weight": weights}, "scoring": scorer, "cv": KFold(4)}
        with pytest.warns(UserWarning, match="1 of 4 folds is left out. R² needs two different"):
            report_on(model, X, NUMBERS, **given)


@pytest.mark.parametrize("scoring", ["accuracy", "f1_macro", "neg_log_loss"])
def test_scores_that_are_defined_on_any_rows_are_taken(scoring):
    y = np.repeat([0, 1], 12)
    with pytest.warns(UserWarning, match="of classes that no training row"):
        report_on(DummyClassifier(), X, y, scoring=scoring, cv=KFold(2))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("training", [CLASSES, np.arange(24) % 3], ids=["two classes", "three classes"])
@pytest.mark.parametrize("targets", [[0, 0, 0], [1, 1, 1], [1], [0, 1, 0], [0, 1, 2, 0], [0, 1, 2, 3]], ids=str)
@pytest.mark.parametrize("scoring", ["neg_log_loss", "top_k_accuracy"])
def test_scores_of_probabilities_are_refused_where_scikit_learn_raises(scoring, training, targets):
    scorer, fitted = get_scorer(scoring), LogisticRegression().fit(X, training)
    try:
        scorer(fitted, X[: len(targets)], targets)
    except ValueError:
        assert unmet_need(scorer, training, targets) is not None
    else:
        assert unmet_need(scorer, training, targets) is None


def test_log_loss_that_is_told_the_classes_needs_none_of_them():
    scorer = make_scorer(metrics.log_loss, response_method="predict_proba", greater_is_better=False, labels=[0, 1])
    assert unmet_need(scorer, CLASSES, [0, 0]) is None


OF_CLASSES = [
    name
    for name in get_scorer_names()
    if not name.endswith("_samples") and "error" not in name and "deviance" not in name
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("targets", [[0] * 6, [1] * 6, [1], [0, 1] * 3], ids=str)
@pytest.mark.parametrize("scoring", OF_CLASSES)
def test_a_score_of_classes_that_is_not_refused_is_defined_and_moves(scoring, targets):
    """On rows of one class, on one row, and on rows of both."""
    scorer, values = get_scorer(scoring), set()
    if unmet_need(scorer, CLASSES, targets) is not None:
        assert len(set(targets)) == 1
        return
    for seed in range(30):
        y = np.random.default_rng(seed).permutation(CLASSES)
        values.add(scorer(DecisionTreeClassifier(max_depth=2).fit(X, y), X[: len(targets)], targets))
    assert np.isfinite(list(values)).all()
    assert len(values) > 1 or scoring == "top_k_accuracy"  # of two classes it is 1 by itself


def test_what_is_recommended_is_defined_on_any_rows():
    assert {need.instead for need in NEEDS.values()} == {"scoring='accuracy'", "scoring='neg_mean_squared_error'"}
    assert NEEDS.keys().isdisjoint({"accuracy_score", "mean_squared_error"})


def test_a_fold_without_a_score_is_left_out_with_a_warning_and_counts_for_nothing():
    """By hand: the mean of the other folds."""
    y = NUMBERS.copy()
    y[:6] = 1.0
    with pytest.warns(
        UserWarning, match=r"1 of 4 folds is left out\. R² needs two different targets.*fold 1 of 4"
    ) as caught:
        report = report_on(LinearRegression(), X, y, cv=KFold(4))
    errors = []
    for train, held_out in list(KFold(4).split(X))[1:]:
        predicted = LinearRegression().fit(X[train], y[train]).predict(X[held_out])
        errors.append(np.mean((predicted - y[held_out]) ** 2) / y[held_out].var())
    assert report.dev_error == pytest.approx(np.mean(errors))
    assert report.n_rows["dev"] == 18
    assert report.warnings[0] == str(caught[0].message)
    assert report.failures == report.unscored == {}


def test_undefined_scores_of_cv_results_are_refused():
    """`cross_validate` has 1 for the explained variance of a single row, whatever is predicted."""
    results = cross_validate(
        DecisionTreeRegressor(random_state=0), X, NUMBERS, scoring="explained_variance", cv=LeaveOneOut(),
        return_train_score=True, return_indices=True,
    )  # fmt: skip
    assert np.all(results["test_score"] == 1.0)
    with pytest.raises(ValueError, match="explained variance needs two different targets"):
        BiasVarianceReport.from_cv_results(
            results, NUMBERS, scoring="explained_variance", estimator=DecisionTreeRegressor()
        )


def test_undefined_folds_of_cv_results_are_left_out():
    """Without a positive row F1 is 0 there, whatever is predicted."""
    y = (np.arange(40) % 4 == 0).astype(int)
    y[:10] = 0
    rows = np.random.default_rng(1).normal(size=(40, 2))
    results = cross_validate(
        DecisionTreeClassifier(random_state=0),
        rows,
        y,
        scoring="f1",
        cv=KFold(4),
        return_train_score=True,
        return_indices=True,
    )
    with pytest.warns(FitFailedWarning, match="1 of 4 folds is left out. fold 1 of 4: f1 needs"):
        report = BiasVarianceReport.from_cv_results(results, y, scoring="f1", estimator=DecisionTreeClassifier())
    assert report.dev_error == pytest.approx(1 - results["test_score"][1:].mean())


DEFINED = {
    "r2_score": ("r2", NUMBERS, [1.0, 1.0]),
    "f1_score": ("f1", CLASSES, [0, 0]),
    "roc_auc_score": ("roc_auc", CLASSES, [1, 1]),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize(("scoring", "training", "bad"), DEFINED.values(), ids=DEFINED)
def test_what_is_refused_cannot_move_or_is_not_a_number(scoring, training, bad):
    """Whatever is predicted scikit-learn's score of these rows is the same, or none."""
    scorer, rows = get_scorer(scoring), X[:2]
    assert unmet_need(scorer, training, bad) is not None
    kind = DecisionTreeRegressor if scoring == "r2" else DecisionTreeClassifier
    values = set()
    for seed in range(5):
        y = np.random.default_rng(seed).permutation(training)
        values.add(str(scorer(kind(random_state=0).fit(X, y), rows, bad)))
    assert len(values) == 1


def test_every_metric_of_the_table_is_one_of_scikit_learn():
    """A name that is none would be a typing error."""
    of_scorers = {get_scorer(name)._score_func.__name__ for name in get_scorer_names()}
    newer = {"d2_brier_score"}  # in scikit-learn 1.7 and later
    assert set(NEEDS) <= of_scorers | set(metrics.__all__) | newer


# At run time --------------------------------------------------------------------------------------------------------


def undefined_of_single_rows(estimator, X, y):
    if len(y) < 2:
        raise ValueError("one row is not enough")
    return -np.mean((estimator.predict(X) - y) ** 2)


def not_finite_on_single_rows(estimator, X, y):
    return float("nan") if len(y) < 2 else -1.0


@pytest.mark.parametrize("scoring", [undefined_of_single_rows, not_finite_on_single_rows])
def test_where_no_score_can_be_taken_no_fit_is_said_to_have_failed(scoring):
    with pytest.raises(ValueError, match="None of the 24 fits could be scored") as caught:
        report_on(LinearRegression(), X, NUMBERS, scoring=scoring, best_score=0.0, cv=LeaveOneOut())
    assert "failed" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_score_that_says_diverged_is_no_divergence():
    """What counts is the type of what was raised, and by whom: not its text."""

    def says_diverged(estimator, X, y):
        if len(y) == 1:
            raise FloatingPointError("DivergenceError: the error is inf: diverged")
        return -1.0

    folds = [(np.arange(1, 24), [0]), *KFold(3).split(X)]
    with pytest.warns(UserWarning, match="1 of 4 fits could not be scored"):
        report = report_on(LinearRegression(), X, NUMBERS, cv=folds, scoring=says_diverged, best_score=0.0)
    assert "diverged" not in {advice.problem for advice in report.advice}


class Explodes(RegressorMixin, BaseEstimator):
    """Predicts a number of no use where a certain row was trained on."""

    def __init__(self, value=np.inf):
        self.value = value

    def fit(self, X, y):
        self.prediction_ = self.value if 0 in X[:, 0] else 0.0
        return self

    def predict(self, X):
        return np.full(len(X), self.prediction_)


@pytest.mark.parametrize(
    ("scoring", "value"),
    [
        *(("r2", value) for value in (np.inf, -np.inf, 1e300)),
        *(("neg_mean_squared_error", value) for value in (np.inf, -np.inf, 1e300)),
        *(("neg_median_absolute_error", value) for value in (np.inf, -np.inf)),
    ],
)
def test_a_regressor_that_predicts_without_bounds_has_diverged(scoring, value):
    """Whoever wrote it: it raises nothing, and its fit is told to have failed."""
    rows = np.column_stack([np.arange(24.0), X])
    folds = [(np.arange(1, 24), [0, 1]), (np.arange(1, 20), [0, 20, 21]), (np.arange(0, 20), [20, 21, 22])]
    with pytest.warns(FitFailedWarning, match=r"1 of 3 fits failed.*its predictions go up to"):
        report = report_on(Explodes(value), rows, NUMBERS, scoring=scoring, cv=folds)
    assert report.advice[0].problem == "diverged"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_scikit_learn_says_of_a_divergence_is_one():
    """Its SGD has no type of its own for it."""
    rows, y = np.r_[X, [[1e200, 1e200]]], np.r_[NUMBERS, 1e200]
    folds = [(np.arange(25), [0, 1, 2]), (np.arange(12), np.arange(12, 24)), (np.arange(12, 24), np.arange(12))]
    with pytest.warns(FitFailedWarning, match="1 of 3 fits failed"):
        report = report_on(SGDRegressor(random_state=0), rows, y, cv=folds)
    assert [advice.problem for advice in report.advice[:2]] == ["inputs not normalised", "diverged"]


def test_a_network_that_diverges_is_told_by_the_type_of_its_error():
    network = DeepMLPRegressor((8,), solver="sgd", learning_rate_init=1e6, max_iter=50, random_state=0)
    failure = make_failure(DivergenceError("it grew"), fitted=False)
    assert failure.diverged
    with pytest.raises(ValueError, match=r"All 5 fits failed") as caught:
        report_on(network, 1e3 * X, 1e3 * NUMBERS)
    assert isinstance(caught.value.__cause__, DivergenceError)


class WordyError(RuntimeError):
    """An error that cannot be copied: its arguments are others than those of its class."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


def test_an_error_that_cannot_be_sent_between_processes_is_told_all_the_same():
    failure = pickle.loads(pickle.dumps(make_failure(WordyError("this", "that"), fitted=False)))
    assert failure.text == "WordyError: this and that"
    assert str(failure.error) == "WordyError: this and that"
    assert {"WordyError", "RuntimeError"} <= failure.kinds


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_errors_come_back_from_other_processes(n_jobs):
    class WordyError(RuntimeError):  # made here, so that it is sent by value: other processes do not know this module
        def __init__(self, first, second):
            super().__init__(f"{first} and {second}")

    class FailsWordily(DummyRegressor):
        def fit(self, X, y):
            raise WordyError("this", "that")

    with pytest.raises(ValueError, match=r"All 5 fits failed.*WordyError: this and that"):
        report_on(FailsWordily(), X, NUMBERS, n_jobs=n_jobs)


def test_a_probability_that_is_no_number_is_a_failed_fit():
    class Lost(LogisticRegression):
        def predict_proba(self, X):
            return np.full((len(X), 2), np.nan)

    with pytest.raises(ValueError, match=r"All 5 fits failed.*some of its predictions are NaN"):
        report_on(Lost(), X, CLASSES, scoring="neg_log_loss")


def test_an_f1_of_another_label_needs_rows_of_that_label():
    """As the scorer has it: not of 1."""
    y = np.array(["no", "yes"])[CLASSES]
    scorer = make_scorer(f1_score, pos_label="yes")
    with pytest.raises(ValueError, match="scoring must be defined on the dev rows"):
        report_on(NeverFittedClassifier(), X, y, scoring=scorer, best_score=1.0, X_dev=X[:3] + 1, y_dev=["no"] * 3)
