"""Bad input and failures of reports: an error that names the argument, or a warning; never a silent number."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn import config_context
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import KFold, LeaveOneOut, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdeep import DeepMLPClassifier
from skdeep.model_selection import BiasVarianceReport, bias_variance_report

X, Y = load_iris(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)
CV = KFold(5, shuffle=True, random_state=0)


def report_on(estimator=TREE, X=X, y=Y, **options):
    return bias_variance_report(estimator, X, y, **{"learning_curve": False, "random_state": 0} | options)


# Arguments ----------------------------------------------------------------------------------------------------------

BAD = {
    "rows none": ({"X": None}, "X must hold an entry for each row. Got None"),
    "rows one number": ({"X": 3.0}, "X must hold an entry for each row. Got 3.0"),
    "rows empty": ({"X": X[:0], "y": Y[:0]}, "X must have at least one row. Got none"),
    "targets none": ({"y": None}, "y must hold an entry for each row. Got None"),
    "targets few": ({"y": Y[:9]}, "y must have as many rows as X, 150. Got 9"),
    "targets sparse": ({"y": sparse.csr_matrix(np.eye(150, 3))}, "y must be dense. Got a sparse matrix"),
    "groups few": ({"groups": Y[:9]}, "groups must have as many rows as X, 150. Got 9"),
    "groups mixed": ({"groups": [None, "a"] * 75}, "groups must hold one name for each row"),
    "groups wide": ({"groups": np.ones((150, 2))}, r"groups must hold one name for each row.*Got shape \(150, 2\)"),
    "folds none": ({"cv": []}, "cv must give at least one fold. Got none"),
    "folds empty": ({"cv": [(np.arange(150), [])]}, r"cv must give two parts.*Got parts of \[150, 0\] rows in fold 1"),
    "folds too few": ({"cv": 1}, "n_splits=2 or more"),
    "folds too many": ({"cv": 200}, "n_splits=200 greater than the number of samples"),
    "folds by name": ({"cv": "loo"}, "Expected .?cv.? as an integer.*Got loo"),
    "folds of a group": (
        {"groups": np.zeros(150)},
        "greater than the number of groups: 1|Got parts of .* rows in fold",
    ),
    "dev rows alone": ({"X_dev": X}, "X_dev and y_dev must be given together. Got X_dev alone"),
    "dev targets alone": ({"y_dev": Y}, "X_dev and y_dev must be given together. Got y_dev alone"),
    "test targets alone": ({"y_test": Y}, "X_test and y_test must be given together. Got y_test alone"),
    "dev rows none": ({"X_dev": X[:0], "y_dev": Y[:0]}, "X_dev must have at least one row. Got none"),
    "test targets few": ({"X_test": X, "y_test": Y[:9]}, "y_test must have as many rows as X_test, 150. Got 9"),
    "train-dev without dev": ({"X_train_dev": X, "y_train_dev": Y}, "X_train_dev must come with X_dev"),
    "fit_params list": ({"fit_params": [1, 2]}, r"fit_params must map names.*Got \[1, 2\]"),
    "fit_params number": ({"fit_params": 3}, "fit_params must map names.*Got 3"),
    "random_state text": ({"random_state": "a"}, "'a' cannot be used to seed"),
    "no fit at a time": ({"n_jobs": 0}, "n_jobs == 0"),
    "scoring several": ({"scoring": ["accuracy", "f1"]}, "scoring must be the name of a scorer, a callable or None"),
    "scoring number": ({"scoring": 5}, "scoring must be the name of a scorer, a callable or None. Got 5"),
    "scoring unknown": ({"scoring": "no_such_score"}, "'scoring' parameter.*Got 'no_such_score' instead"),
    "scoring a metric": ({"scoring": accuracy_score}, "looks like it is a metric function rather than a scorer"),
}
SHARES = {
    f"{name} {value}": ({name: value}, f"{name} must be a number between 0 and 1, both excluded. Got ")
    for name in ("tolerance", "confidence")
    for value in (0, 1, 95, -0.1, np.nan, "0.5", True, None)
}
CURVES = {
    f"learning_curve {value}": (
        {"learning_curve": value},
        "learning_curve must be True, False or at least 2 fractions between 0 and 1, both excluded. Got ",
    )
    for value in ("yes", 0.5, 2, None, [], [0.5], [0.5, 0.5], [0, 0.5], [0.5, 1.0], [10, 50], [0.2, np.nan])
}
BEST = {
    f"best_score {value}": (
        {"best_score": value},
        "best_score must be a finite number, or None where it is known. Got ",
    )
    for value in (np.nan, np.inf, "1", True, [1.0])
}
TARGETS = {
    "negative": (-0.1, "target_error must be at least 0 and at most 1, an error of the kind '1 - accuracy'. Got -0.1"),
    "over 1": (1.5, "target_error must be at least 0 and at most 1.*Got 1.5"),
    "NaN": (np.nan, "target_error must be at least 0 and at most 1.*Got nan"),
    "text": ("0.1", "target_error must be a number or hold one prediction for each of the 150 dev rows. Got '0.1'"),
    "none": (None, "target_error must be a number or hold one prediction for each of the 150 dev rows. Got None"),
    "bool": (True, "target_error must be a number or hold one prediction for each of the 150 dev rows. Got True"),
    "few labels": (Y[:10], r"one prediction for each of the 150 dev rows. Got an array of shape \(10,\)"),
    "other labels": (Y.astype(str), "target_error must hold labels that occur in y, or probabilities.*Got '0'"),
    "one probability": (np.full(150, 0.3), "labels that occur in y, or probabilities with a column for each of the 3"),
    "missing labels": (np.where(Y == 0, np.nan, Y), "target_error must hold labels that occur in y.*Got nan"),
    "two columns": (np.full((150, 2), 0.5), r"a column for each of the 3 classes. Got the shape \(150, 2\)"),
    "no probabilities": (np.full((150, 3), 7.0), "target_error must hold probabilities: at least 0, and 1 in the sum"),
    "negative probabilities": (np.tile([-1.0, 1.0, 1.0], (150, 1)), "target_error must hold probabilities"),
}
TARGETS = {f"target_error {name}": ({"target_error": value}, message) for name, (value, message) in TARGETS.items()}
ALL_BAD = BAD | SHARES | CURVES | BEST | TARGETS


@pytest.mark.parametrize(("options", "message"), ALL_BAD.values(), ids=ALL_BAD)
def test_an_argument_that_breaks_a_rule_is_named_with_rule_and_value(options, message):
    """As a ValueError, before anything is fitted."""
    with pytest.raises(ValueError, match=message):
        report_on(**{"estimator": NeverFitted()} | options)


class NeverFitted(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        raise AssertionError("fitted in vain")


@pytest.mark.parametrize("estimator", [DecisionTreeClassifier, "tree", None, StandardScaler.transform])
def test_what_cannot_be_fitted_is_no_estimator(estimator):
    with pytest.raises(TypeError, match=r"estimator must be an instance of an estimator, with fit. Got "):
        report_on(estimator)


@pytest.mark.parametrize(
    "values", [np.full(150, np.nan), np.full(150, np.inf), np.array(["a"] * 150), np.ones((150, 2))]
)
def test_target_numbers_are_finite_and_in_the_shape_of_y(values):
    with pytest.raises(ValueError, match=r"target_error must hold (finite )?numbers"):
        report_on(DecisionTreeRegressor(), y=Y.astype(float), target_error=values)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc_ovr"])
def test_labels_have_no_error_that_needs_probabilities(scoring):
    with pytest.raises(ValueError, match=r"target_error must hold probabilities for this error.*Got labels"):
        report_on(scoring=scoring, target_error=Y)


@pytest.mark.parametrize("scoring", ["positive_likelihood_ratio", "mutual_info_score", lambda estimator, X, y: 1.0])
def test_a_score_without_a_known_maximum_is_no_error(scoring):
    """Unless the best score is given."""
    with pytest.raises(ValueError, match=r"scoring must have a known maximum.*give best_score"):
        report_on(scoring=scoring)


def test_an_own_score_without_a_known_maximum_is_no_error():
    """Of an estimator that is neither of classes nor of numbers."""
    with pytest.raises(ValueError, match="scoring must have a known maximum"):
        report_on(KMeans(3))


@pytest.mark.parametrize(
    "options",
    [
        {"best_score": 0.5},
        {"scoring": lambda estimator, X, y: estimator.score(X, y), "best_score": 0.5},
        {"scoring": make_scorer(lambda y, predicted: -accuracy_score(y, predicted), greater_is_better=False)},
    ],
    ids=["accuracy", "callable", "negative loss"],
)
def test_a_score_above_the_best_is_refused(options):
    """No error is negative."""
    with pytest.raises(ValueError, match=r"best_score must be the score of perfect predictions.*Got a score of 1"):
        report_on(**options)


# Warnings -----------------------------------------------------------------------------------------------------------


def test_a_target_above_the_dev_error_says_what_that_would_mean():
    with pytest.warns(UserWarning, match="already does better than what was said to be the best") as caught:
        report = report_on(target_error=0.5)
    assert len(caught) == 1
    assert report.warnings == (str(caught[0].message),)
    assert caught[0].filename == __file__


def test_a_fold_of_one_class_is_a_warning_that_names_it():
    """Of rows that are sorted by class, which were better shuffled."""
    with pytest.warns(UserWarning, match=r"rows of fold \d hold one class only") as caught:
        report = report_on(cv=KFold(6))
    assert set(report.warnings) == {str(warning.message) for warning in caught}
    assert report.warnings[0] == "The held-out rows of fold 1 hold one class only (0)."


@pytest.mark.parametrize("part", ["dev", "test"])
def test_rows_of_a_class_that_was_never_trained_on_are_a_warning_that_names_it(part):
    """No fit can get them right, so that they are no variance."""
    given = {f"X_{part}": X[51::2], f"y_{part}": Y[51::2]}
    with pytest.warns(UserWarning, match=rf"25 of 50 {part} rows are of classes .* \(2\)") as caught:
        report = report_on(X=X[:100], y=Y[:100], **given)
    assert report.warnings == (str(caught[0].message),)


def test_single_rows_are_of_one_class_without_a_warning():
    """Leave-one-out cannot do otherwise."""
    assert report_on(DummyClassifier(), X[::5], Y[::5], cv=LeaveOneOut()).warnings == ()


@pytest.mark.parametrize(
    ("labels", "others"), [((0, 1), "average_precision, roc_auc"), (("no", "perhaps", "yes"), "f1_macro, roc_auc_ovr")]
)
def test_accuracy_with_a_rare_class_names_the_majority_and_other_metrics(labels, others):
    """In the report, without a warning."""
    y = np.repeat(labels, [190, *[10 // (len(labels) - 1)] * (len(labels) - 1)])
    rows = np.random.default_rng(0).normal(size=(200, 2))
    report = report_on(DummyClassifier(), rows, y)
    assert f"always answering {labels[0]} is right in 95.0" in report.warnings[0]
    assert "balanced_accuracy" in report.warnings[0]
    assert others in report.warnings[0]
    assert "always answering" in str(report)


def test_a_rare_class_beside_several_frequent_ones_is_named_too():
    """Accuracy does not tell whether it is ever found, though no class has most of the rows."""
    y = np.repeat(["a", "b", "c"], [98, 97, 5])
    report = report_on(DummyClassifier(), np.zeros((200, 1)), y)
    assert "hardly shows here whether c, 2.5% of the rows, is ever found" in report.warnings[0]
    assert report_on(DummyClassifier(), np.zeros((200, 1)), np.repeat(["a", "b", "c"], [95, 95, 10])).warnings == ()


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "roc_auc"])
def test_other_metrics_of_a_rare_class_are_no_concern(scoring):
    y = np.repeat([0, 1], [190, 10])
    assert not report_on(DummyClassifier(), np.zeros((200, 1)), y, scoring=scoring, cv=2).warnings


def test_a_metric_without_an_error_of_a_constant_prediction_says_what_gaps_are_compared_with():
    """Such as one that asks for what a constant has not."""
    report = report_on(scoring=lambda estimator, X, y: estimator.get_depth() * 0.0, best_score=1.0)
    assert report.threshold == 0.03
    assert "No constant prediction has an error of this kind" in report.warnings[0]


# Failures -----------------------------------------------------------------------------------------------------------


class FailsWithout(DecisionTreeClassifier):
    """Fails in the fold that holds out a certain row, which its last column names."""

    def __init__(self, row=0, part="fit", random_state=0):
        super().__init__(random_state=random_state)
        self.row = row
        self.part = part

    def fit(self, X, y):
        self.fails_ = self.row not in X[:, -1]
        if self.fails_ and self.part == "fit":
            raise RuntimeError(f"no row {self.row}")
        return super().fit(X, y)

    def predict(self, X):
        if self.fails_ and self.part == "predict":
            raise RuntimeError(f"no row {self.row}")
        return super().predict(X)


NUMBERED = np.column_stack([X, np.arange(150)])


def fold_of(row):
    return next(number for number, (_, held_out) in enumerate(CV.split(X), 1) if row in held_out)


@pytest.mark.parametrize(
    ("part", "words", "kind"),
    [("fit", "failed", FitFailedWarning), ("predict", "could not be scored", UserWarning)],
)
@pytest.mark.parametrize("row", [3, 77])
def test_a_fold_that_fails_is_named_with_its_error_and_left_out(row, part, words, kind):
    """The others are reported. A fit that cannot be scored has not failed."""
    name, error = f"fold {fold_of(row)} of 5", f"RuntimeError: no row {row}"
    with pytest.warns(kind, match=f"1 of 5 fits {words} and is left out of the report. {name}: {error}"):
        report = report_on(FailsWithout(row, part), NUMBERED, cv=CV)
    assert (report.failures, report.unscored) == (({name: error}, {}) if part == "fit" else ({}, {name: error}))
    assert f"{name} {words}: {error}" in str(report)


def test_the_folds_that_succeed_have_their_errors():
    """As `cross_validate` has them."""
    with pytest.warns(FitFailedWarning):
        report = report_on(FailsWithout(3), NUMBERED, cv=CV)
    with pytest.warns(FitFailedWarning):
        scores = cross_validate(FailsWithout(3), NUMBERED, Y, cv=CV, scoring="accuracy")
    assert_allclose(report.dev_error, 1 - np.nanmean(scores["test_score"]))


def test_when_every_fit_fails_the_first_error_is_told():
    with pytest.raises(ValueError, match=r"All 5 fits failed.*Fold 1 of 5: RuntimeError: no row 999"):
        report_on(FailsWithout(999), NUMBERED, cv=CV)


def test_a_single_fit_that_fails_tells_its_error():
    """With a dev part of one's own."""
    with pytest.raises(ValueError, match=r"The fit: RuntimeError: no row 999"):
        report_on(FailsWithout(999), NUMBERED, X_dev=NUMBERED, y_dev=Y)


def test_parts_of_other_columns_are_told_by_the_estimator():
    with pytest.raises(ValueError, match="X has 3 features, but"):
        report_on(X_dev=X[:, :3], y_dev=Y)


def test_predictions_that_are_not_finite_are_a_failure():
    """Never a silent number."""

    class Lost(DecisionTreeRegressor):
        def predict(self, X):
            return np.full(len(X), np.nan)

    with pytest.raises(ValueError, match="the error is nan"):
        report_on(Lost(), y=Y.astype(float))


def test_the_log_loss_of_several_labels_is_refused():
    """They have no one true class."""
    labels = np.column_stack([Y > 0, Y > 1]).astype(int)
    with pytest.raises(ValueError, match="log loss of several labels"):
        report_on(DeepMLPClassifier((3,), max_iter=1), y=labels, scoring="neg_log_loss")


def test_a_fit_that_diverges_reaches_the_advice():
    """Where other folds are left."""

    class Diverges(FailsWithout):
        def fit(self, X, y):
            if self.row not in X[:, -1]:
                raise FloatingPointError("Training diverged")
            self.fails_ = False
            return DecisionTreeClassifier.fit(self, X, y)

    with pytest.warns(FitFailedWarning, match="diverged"):
        report = report_on(Diverges(3), NUMBERED, cv=CV)
    assert report.advice[0].problem == "diverged"


# From cv_results ----------------------------------------------------------------------------------------------------

SCORES = {"train_score": [0.9, 0.92, 0.95], "test_score": [0.8, 0.7, 0.85]}
BAD_RESULTS = {
    "no train scores": ({"test_score": [0.8, 0.7]}, {}, r"'train_score'.*return_train_score=True.*Got the keys"),
    "no test scores": ({"train_score": [0.8, 0.7]}, {}, "'test_score'"),
    "several scores": ({"train_f1": [0.8], "test_f1": [0.7]}, {}, r"'train_<scoring>' for the given scoring"),
    "nothing": ({}, {}, "cv_results must hold 'train_score'"),
    "none": (None, {}, "cv_results must be what cross_validate gave. Got None"),
    "other lengths": (
        SCORES | {"test_score": [0.8, 0.7]},
        {},
        r"a train and a test score for each fold.*\(3,\) and \(2,\)",
    ),
    "one number": ({"train_score": 0.9, "test_score": 0.8}, {}, "a train and a test score for each fold"),
    "one fold": ({"train_score": [0.9], "test_score": [0.8]}, {}, "finite scores of at least 2 folds. Got 1"),
    "no finite fold": ({"train_score": [np.nan] * 3, "test_score": [0.8] * 3}, {}, "at least 2 folds. Got 0"),
    "scores above 1": (SCORES | {"train_score": [0.9, 1.1, 0.9]}, {}, r"best_score must be.*Got a score of 1.1"),
    "losses for scores": ({"train_score": [-3.0] * 3, "test_score": [-4.0] * 3}, {}, "Got a score of -3"),
    "targets none": (SCORES, {"y": None}, "y must hold an entry for each row. Got None"),
    "targets few": (
        SCORES | {"indices": {"train": [[0, 1]] * 3, "test": [[200]] * 3}},
        {},
        "y must hold the targets.*201",
    ),
    "target predictions": (SCORES, {"target_error": Y}, "target_error must be a number where only scores are known"),
    "target over 1": (SCORES, {"target_error": 2}, "target_error must be at least 0 and at most 1"),
    "tolerance": (SCORES, {"tolerance": -1}, "tolerance must be a number between 0 and 1"),
    "confidence": (SCORES, {"confidence": 95}, "confidence must be a number between 0 and 1"),
}


@pytest.mark.parametrize(("results", "options", "message"), BAD_RESULTS.values(), ids=BAD_RESULTS)
def test_results_that_break_a_rule_are_named_with_rule_and_value(results, options, message):
    options = {"y": Y, **options}
    with pytest.raises(ValueError, match=message):
        BiasVarianceReport.from_cv_results(results, options.pop("y"), **options)


# What errors could be mistaken for ------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["dev", "test"])
def test_classes_of_a_part_that_are_none_of_the_training_rows_are_refused(part):
    """As text beside numbers: every prediction would be wrong."""
    with pytest.raises(ValueError, match=rf"y_{part} must hold classes of y, \[0, 1, 2\]. Got \['0', '1', '2'\]"):
        report_on(**{f"X_{part}": X, f"y_{part}": Y.astype(str)})


def test_a_part_without_some_targets_is_refused():
    with pytest.raises(ValueError, match=r"y_dev must hold no missing value. Got 150 NaN"):
        report_on(X_dev=X, y_dev=np.full(150, np.nan))


def test_an_undefined_metric_is_no_divergence():
    """A fold of one class has no AUC: no learning rate can help."""
    y = np.isin(np.arange(150), [0, 30, 60, 90]).astype(int)
    with pytest.warns(UserWarning, match="AUC needs rows of every class"):
        report = report_on(y=y, scoring="roc_auc", cv=KFold(5))
    assert "diverged" not in {advice.problem for advice in report.advice}


def test_rows_of_failed_folds_are_not_counted():
    """Only rows that a fit was looked at on."""

    class NeedsTheLastRow(DecisionTreeClassifier):
        def fit(self, X, y):
            if not np.any(X[:, 0] == 149):
                raise ValueError("the last row is not here")
            return super().fit(X, y)

    numbers = np.c_[np.arange(150.0), X]
    with pytest.warns(FitFailedWarning, match="the last row is not here"):
        report = report_on(NeedsTheLastRow(), numbers, Y, cv=CV)
    assert report.n_rows["dev"] == 120


def test_a_constant_prediction_without_error_is_nothing_to_compare_with():
    """Always yes has a perfect recall: the dev error takes its place."""
    y = (Y > 0).astype(int)
    report = report_on(DecisionTreeClassifier(max_depth=1, random_state=0), X[:, :1], y, scoring="recall")
    assert report.threshold > 0
    assert any("No constant prediction" in warning for warning in report.warnings)


def test_scores_of_unknown_kind_are_said_to_be_a_guess():
    """Whole numbers might be classes or counts."""
    results = cross_validate(DecisionTreeRegressor(max_depth=3), X, Y, cv=CV, return_train_score=True)
    report = BiasVarianceReport.from_cv_results(results, Y)
    assert any("give scoring or estimator" in warning for warning in report.warnings)
    assert not BiasVarianceReport.from_cv_results(results, Y, scoring="r2").warnings


def test_rows_of_the_upper_rung_cannot_settle_what_the_lower_rung_leaves_open():
    """With 12 train-dev rows no number of dev rows would."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 2)), rng.integers(0, 2, 400)
    parts = {"X_train_dev": X[100:112], "y_train_dev": y[100:112], "X_dev": X[112:], "y_dev": y[112:]}
    report = report_on(DummyClassifier(), X[:100], y[:100], **parts)
    gap = next(gap for gap in report.gaps if gap.name == "data mismatch")
    assert (gap.verdict, gap.rows_needed) == ("cannot tell yet", None)


def test_steps_that_refuse_rows_do_not_fail_the_report():
    """Looking at the inputs of the predictor comes after the fits, on rows that a fit has not seen."""
    rows = np.array([["a"], ["b"]] * 20 + [["rare"]])
    pipeline = make_pipeline(OneHotEncoder(sparse_output=False), KNeighborsClassifier())
    with pytest.warns(UserWarning, match="1 of 5 fits could not be scored"):
        report = report_on(pipeline, rows, np.arange(41) % 2, cv=KFold(5))
    assert len(report.unscored) == 1


def test_scaled_inputs_are_not_called_unscaled_where_the_first_fold_failed():
    """What the predictor sees behind the scaler is known from a fit alone."""

    class FailsOnce(KNeighborsClassifier):
        def fit(self, X, y):
            if len(X) == 119:
                raise ValueError("no")
            return super().fit(X, y)

    folds = [(train[fold == 0 :], held_out) for fold, (train, held_out) in enumerate(CV.split(X))]
    with pytest.warns(FitFailedWarning):
        report = report_on(make_pipeline(StandardScaler(), FailsOnce()), X * [1e6, 1, 1, 1], Y, cv=folds)
    assert list(report.failures) == ["fold 1 of 5"]
    assert "inputs not normalised" not in {advice.problem for advice in report.advice}


def test_weights_of_errors_go_with_no_parts_of_ones_own():
    """Those would be measured without."""
    with config_context(enable_metadata_routing=True):
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        tree = DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True)
        with pytest.raises(ValueError, match="must not be routed to the scorer beside parts of your own"):
            report_on(tree, scoring=scorer, fit_params={"sample_weight": np.ones(150)}, X_dev=X, y_dev=Y)


@pytest.mark.parametrize("scoring", ["f1", "roc_auc"])
def test_a_score_that_cannot_be_taken_is_no_fault_of_the_fits(scoring):
    with pytest.raises(ValueError, match=r"scoring must suit the estimator and the rows\. For 1 - (AUC|f1):"):
        report_on(scoring=scoring)


@pytest.mark.parametrize("part", ["dev", "test"])
def test_an_own_part_of_one_class_has_no_auc(part):
    """Said before anything is fitted."""
    given = {f"X_{part}": X[:5], f"y_{part}": np.zeros(5, dtype=int)}
    with pytest.raises(ValueError, match=rf"y_{part} must hold both classes of y, \[0, 1\].*Got \[0\]"):
        report_on(y=np.arange(len(X)) % 2, scoring="roc_auc", **given)
