"""The forms of a report: attributes, dictionary, frame, text, drawing; and one from scores that are there already."""

import copy
import json
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import t as student
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import KFold, ShuffleSplit, cross_validate
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdeep.model_selection import BiasVarianceReport, bias_variance_report

ERRORS = {
    "target_error": "target",
    "train_error": "train",
    "train_dev_error": "train-dev",
    "dev_error": "dev",
    "test_error": "test",
}
GAPS = {
    "avoidable_bias": "avoidable bias",
    "variance": "variance",
    "data_mismatch": "data mismatch",
    "dev_overfit": "overfit to dev",
}
TREE = DecisionTreeClassifier(random_state=0)
CV = KFold(5, shuffle=True, random_state=0)


def own_parts(X, y, *names, size):
    """The first rows to train on, the next for each part."""
    parts = {"": slice(size)} | {f"_{name}": slice(k * size, (k + 1) * size) for k, name in enumerate(names, 1)}
    return {f"{key}{name}": values[rows] for name, rows in parts.items() for key, values in (("X", X), ("y", y))}


@pytest.fixture(scope="module")
def full(binary_rows):
    """Every rung, and a learning curve."""
    parts = own_parts(*binary_rows, "train_dev", "dev", "test", size=140)
    model = make_pipeline(StandardScaler(), TREE)
    return bias_variance_report(model, **parts, target_error=0.01, random_state=0, confidence=0.9)


@pytest.fixture(scope="module")
def binary_rows(request):
    return request.getfixturevalue("binary")


@pytest.fixture(scope="module")
def plain(binary_rows):
    """By folds, without a test part."""
    return bias_variance_report(TREE, *binary_rows, cv=3, learning_curve=False, random_state=0)


# Attributes and dictionary ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*ERRORS, *GAPS])
def test_rungs_and_gaps_are_attributes_with_intervals(full, name):
    """The same in the tables of the report."""
    values = full.errors | {gap.name: gap.value for gap in full.gaps}
    intervals = full.error_intervals | {gap.name: gap.interval for gap in full.gaps}
    key = (ERRORS | GAPS)[name]
    assert getattr(full, name) == values[key]
    assert getattr(full, f"{name}_interval") == intervals[key]
    low, high = intervals[key]
    assert low <= values[key] <= high


@pytest.mark.parametrize("name", [*ERRORS, *GAPS])
def test_the_dictionary_agrees_with_the_attributes(full, plain, name):
    for report in (full, plain):
        assert report.to_dict()[name] == getattr(report, name)
        assert report.to_dict()[f"{name}_interval"] == getattr(report, f"{name}_interval")


@pytest.mark.parametrize("name", ["train_dev_error", "test_error", "data_mismatch", "dev_overfit"])
def test_what_was_not_measured_is_none(plain, name):
    """Its interval, too; as attributes and in the dictionary, where no key is missing."""
    figures = plain.to_dict()
    assert getattr(plain, name) is None
    assert getattr(plain, f"{name}_interval") is None
    assert figures[name] is None
    assert figures[f"{name}_interval"] is None


@pytest.mark.parametrize(
    "name",
    [
        *("error_name", "baseline_error", "tolerance", "threshold", "confidence", "dev_source", "estimator_name"),
        *("n_rows", "failures", "n_duplicates", "n_test_looks"),
    ],
)
def test_the_dictionary_has_the_other_figures(full, name):
    assert full.to_dict()[name] == getattr(full, name)


def test_the_dictionary_has_verdicts_diagnosis_and_advice(full):
    figures = full.to_dict()
    assert figures["verdicts"] == {gap.name: gap.verdict for gap in full.gaps}
    assert figures["rows_needed"] == {gap.name: gap.rows_needed for gap in full.gaps}
    assert tuple(figures["diagnosis"]) == full.diagnosis
    assert [advice["action"] for advice in figures["advice"]] == [advice.action for advice in full.advice]


def test_the_dictionary_can_be_written_as_json(plain):
    """It holds plain Python objects."""
    assert json.loads(json.dumps(plain.to_dict()))["dev_error"] == plain.dev_error


def test_every_attribute_is_listed(full):
    """As a shell completes names."""
    names = {f"{name}{end}" for name in (*ERRORS, *GAPS) for end in ("", "_interval")}
    assert names <= set(dir(full))


@pytest.mark.parametrize("name", ["bias", "error", "dev", "gaps_interval", "_interval", "n_rows_interval"])
def test_there_are_no_other_attributes(full, name):
    with pytest.raises(AttributeError, match=name):
        getattr(full, name)


def test_a_report_cannot_be_changed(plain):
    with pytest.raises(FrozenInstanceError):
        plain.threshold = 1.0


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda report: pickle.loads(pickle.dumps(report))])
def test_a_report_can_be_copied_and_stored(full, duplicate):
    assert duplicate(full).to_dict() == full.to_dict()
    assert str(duplicate(full)) == str(full)


# Frame and drawing --------------------------------------------------------------------------------------------------


def test_the_frame_has_a_row_for_each_rung_and_gap(full):
    """In the order of the ladder, with value, interval and verdict."""
    frame = full.to_frame()
    assert list(frame.index) == [*ERRORS.values(), *GAPS.values()]
    assert list(frame["kind"]) == ["error"] * 5 + ["gap"] * 4
    assert frame.loc["dev", ["value", "low", "high"]].tolist() == [full.dev_error, *full.dev_error_interval]
    assert frame.loc["variance", ["value", "low", "high"]].tolist() == [full.variance, *full.variance_interval]
    assert frame["verdict"].dropna().tolist() == [gap.verdict for gap in full.gaps]


def test_the_frame_leaves_out_what_was_not_measured(plain):
    assert list(plain.to_frame().index) == ["target", "train", "dev", "avoidable bias", "variance"]


def test_plot_draws_the_report(full):
    """The ladder, and the learning curve beside it."""
    plt = pytest.importorskip("matplotlib.pyplot")
    display = full.plot()
    assert display.errors == full.errors
    assert [gap[3] for gap in display.gaps] == [gap.value for gap in full.gaps]
    assert len(display.ax_) == 2
    _, ax = plt.subplots()
    assert full.plot(ax=plt.subplots(1, 2)[1]).ax_[0].figure is not ax.figure
    plt.close("all")


# Text ---------------------------------------------------------------------------------------------------------------


def test_the_note_names_every_error_gap_and_verdict(full):
    """Each in a line of its own, with its interval."""
    lines = str(full).splitlines()
    for name, error in full.errors.items():
        line = next(line for line in lines if line.startswith(f"  {name} "))
        assert full.format_error(error) in line
    for gap in full.gaps:
        line = next(line for line in lines if line.startswith(f"  {gap.name} "))
        assert full.format_gap(gap.value) in line
        assert line.endswith(gap.verdict)


def test_the_note_says_what_was_measured_and_how(full):
    """Estimator, error, rows, confidence, threshold and rule."""
    text = " ".join(str(full).split())
    assert "Pipeline(StandardScaler, DecisionTreeClassifier)" in text
    assert "Error: 1 - accuracy; dev: your dev part; intervals at 90 %" in text
    assert "140 rows" in text
    assert "3 % of the error of a constant prediction" in text
    assert "The test part was looked at" in text


def test_the_note_ends_with_the_advice_in_order(full):
    """Numbered, each with its reason and what to set."""
    text = " ".join(str(full).split("What to do next")[1].split())
    places = [text.index(f"{number}. {advice.problem}: ") for number, advice in enumerate(full.advice, 1)]
    assert places == sorted(places)
    for advice in full.advice:
        assert " ".join(advice.why.split()) in text
    assert "set_params(decisiontreeclassifier__" in text


def test_the_note_says_in_a_sentence_what_is_wrong(plain):
    """By how much, in points."""
    assert plain.diagnosis == ("high variance",)
    points = plain.format_gap(plain.variance).removeprefix("+")
    assert plain.summary == f"There is high variance (dev is {points} above train)."
    assert plain.summary in " ".join(str(plain).split())


def test_the_note_says_when_nothing_is_wrong():
    X = np.repeat(np.arange(2.0), 500)[:, None] + np.random.default_rng(0).normal(0, 0.01, (1000, 1))
    report = bias_variance_report(TREE, X, np.repeat([0, 1], 500), learning_curve=False, random_state=0)
    assert report.diagnosis == ()
    assert report.advice == ()
    assert "Nothing stands out" in str(report)


@pytest.mark.parametrize(("scale", "scoring"), [(1.0, "r2"), (1e6, "neg_mean_squared_error"), (1e-5, None)])
def test_the_note_fits_a_terminal(regression, scale, scoring):
    """Large and small errors, too; no line has more than 79 characters."""
    X, y = regression
    parts = own_parts(X, scale * y, "train_dev", "dev", "test", size=30)
    report = bias_variance_report(KNeighborsRegressor(1), **parts, scoring=scoring, random_state=0)
    assert max(map(len, str(report).splitlines())) <= 79


def test_shares_are_percentages_and_others_are_numbers(plain, regression):
    """Differences of shares are points, with a sign."""
    other = bias_variance_report(
        Ridge(), *regression, scoring="neg_mean_absolute_error", learning_curve=False, random_state=0
    )
    assert plain.format_error(0.0219) == "2.2 %"
    assert plain.format_gap(0.018) == "+1.8 points"
    assert plain.format_gap(-0.018) == "-1.8 points"
    assert other.format_error(0.0219) == "0.0219"
    assert other.format_gap(0.018) == "+0.018"


def test_remarks_are_in_the_note(multiclass):
    """Rows equal to training rows and looks at the test part."""
    X, y = multiclass[0] + np.random.default_rng(3).normal(size=(150, 4)), multiclass[1]
    given = {"X_test": X[:7], "y_test": y[:7], "learning_curve": False}
    first = bias_variance_report(TREE, X, y, **given)
    again = bias_variance_report(TREE, X, y, **given)
    assert "7 of the test rows are equal to training rows in every column." in " ".join(str(first).split())
    assert "looked at once" in str(first)
    assert "looked at 2 times" in str(again)


# From scores that are there already ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scores(binary_rows):
    return cross_validate(
        TREE, *binary_rows, cv=CV, return_train_score=True, return_estimator=True, return_indices=True
    )


def test_errors_from_cv_results_are_those_of_its_scores(scores, binary):
    """Without another fit; rows as the indices tell."""
    report = BiasVarianceReport.from_cv_results(scores, binary[1])
    assert_allclose(report.train_error, 1 - scores["train_score"].mean())
    assert_allclose(report.dev_error, 1 - scores["test_score"].mean())
    assert_allclose(report.variance, report.dev_error - report.train_error)
    assert report.n_rows == {"train": 455, "dev": 569}
    assert report.learning_curve is None


def test_errors_from_cv_results_are_those_of_a_report_of_the_same_folds(scores, binary):
    """The threshold, too."""
    one = BiasVarianceReport.from_cv_results(scores, binary[1], target_error=0.01, tolerance=0.05)
    other = bias_variance_report(TREE, *binary, cv=CV, learning_curve=False, target_error=0.01, tolerance=0.05)
    assert one.errors == pytest.approx(other.errors)
    assert one.threshold == pytest.approx(other.threshold)
    assert one.error_name == other.error_name


accuracies = st.floats(0.0, 1.0)


@pytest.mark.filterwarnings("ignore:The target error")
@given(
    folds=st.lists(st.tuples(accuracies, accuracies), min_size=2, max_size=10),
    target_error=accuracies,
    confidence=st.floats(0.5, 0.99),
)
def test_from_any_scores_the_gaps_lead_from_the_target_to_the_dev_error(folds, target_error, confidence):
    """Each within its own interval."""
    train, test = zip(*folds, strict=True)
    results = {"train_score": train, "test_score": test}
    report = BiasVarianceReport.from_cv_results(
        results, [0, 1] * 20, scoring="accuracy", target_error=target_error, confidence=confidence
    )
    assert_allclose(report.dev_error, 1 - np.mean(test), atol=1e-12)
    assert_allclose(report.target_error + report.avoidable_bias + report.variance, report.dev_error, atol=1e-12)
    assert all(gap.interval[0] <= gap.value <= gap.interval[1] for gap in report.gaps)
    errors_within = (report.error_intervals[name] for name in ("train", "dev"))
    for (low, high), error in zip(errors_within, (report.train_error, report.dev_error), strict=True):
        assert 0 <= low <= error <= high <= 1


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_intervals_from_cv_results_allow_for_folds_that_share_rows(confidence):
    """By the correction of Nadeau and Bengio (2003)."""
    results = {"train_score": [0.95, 0.97, 0.96, 0.95], "test_score": [0.8, 0.85, 0.9, 0.83]}
    report = BiasVarianceReport.from_cv_results(results, [0, 1] * 40, confidence=confidence)
    gaps = np.subtract(results["train_score"], results["test_score"])
    half = student.ppf((1 + confidence) / 2, 3) * np.sqrt((1 / 4 + 1 / 3) * gaps.var(ddof=1))
    assert_allclose(report.variance_interval, (gaps.mean() - half, gaps.mean() + half))


def test_indices_tell_how_much_the_folds_share(binary):
    """Half of the rows held out thirty times are not thirty folds."""
    cv = ShuffleSplit(30, test_size=0.5, random_state=0)
    results = cross_validate(TREE, *binary, cv=cv, return_train_score=True, return_indices=True)
    report = BiasVarianceReport.from_cv_results(results, binary[1])
    gaps = results["train_score"] - results["test_score"]
    half = student.ppf(0.975, 29) * np.sqrt((1 / 30 + 285 / 284) * gaps.var(ddof=1))
    assert_allclose(np.diff(report.variance_interval) / 2, half, rtol=1e-9)


@pytest.mark.parametrize("container", [dict, pd.DataFrame])
@pytest.mark.parametrize("targets", [np.asarray, list, pd.Series])
def test_cv_results_need_no_estimator(binary, container, targets):
    """The targets tell classes from numbers."""
    results = cross_validate(TREE, *binary, cv=3, return_train_score=True)
    report = BiasVarianceReport.from_cv_results(container(results), targets(binary[1]))
    assert report.error_name == "1 - accuracy"
    assert report.baseline_error == pytest.approx(1 - binary[1].mean(), rel=1e-4)  # the folds are not equally large


def test_cv_results_of_numbers_are_of_r2(regression):
    results = cross_validate(Ridge(), *regression, cv=3, return_train_score=True)
    report = BiasVarianceReport.from_cv_results(results, regression[1])
    assert report.error_name == "1 - R²"
    assert_allclose(report.dev_error, 1 - results["test_score"].mean())


@pytest.mark.parametrize(("scoring", "best"), [("roc_auc", 1.0), ("neg_log_loss", 0.0)])
def test_scoring_tells_which_of_several_scores(binary, scoring, best):
    results = cross_validate(
        LogisticRegression(), *binary, cv=3, scoring=["roc_auc", "neg_log_loss"], return_train_score=True
    )
    report = BiasVarianceReport.from_cv_results(results, binary[1], scoring=scoring)
    assert_allclose(report.dev_error, best - results[f"test_{scoring}"].mean())


def test_a_scorer_of_ones_own_needs_its_best_score_here_too(binary):
    scoring = make_scorer(f1_score, average="macro")
    results = cross_validate(TREE, *binary, cv=3, scoring=scoring, return_train_score=True)
    with pytest.raises(ValueError, match="known maximum"):
        BiasVarianceReport.from_cv_results(results, binary[1], scoring=scoring)
    report = BiasVarianceReport.from_cv_results(results, binary[1], scoring=scoring, best_score=1.0)
    assert_allclose(report.dev_error, 1 - results["test_score"].mean())


def test_advice_from_cv_results_names_the_parameters_of_the_estimator(scores, binary):
    """That given, even where others were kept, or these."""
    for options in ({}, {"estimator": make_pipeline(StandardScaler(), TREE)}):
        report = BiasVarianceReport.from_cv_results(scores, binary[1], tolerance=0.01, **options)
        named = {name for advice in report.advice for name in advice.parameters}
        assert named
        assert all(name.startswith("decisiontreeclassifier__") is bool(options) for name in named)


def test_a_fold_without_scores_is_left_out_with_a_warning(scores, binary):
    """As `cross_validate` leaves NaN where a fit failed."""
    broken = scores | {"test_score": np.r_[np.nan, scores["test_score"][1:]]}
    with pytest.warns(FitFailedWarning, match="1 of 5 folds"):
        report = BiasVarianceReport.from_cv_results(broken, binary[1])
    assert_allclose(report.dev_error, 1 - scores["test_score"][1:].mean())
    assert list(report.unscored) == ["fold 1 of 5"]
    assert "fold 1 of 5 could not be scored" in str(report)


def test_cv_results_of_a_rare_class_warn_of_accuracy():
    y = np.repeat([0, 1], [95, 5])
    results = cross_validate(DummyClassifier(), np.zeros((100, 1)), y, return_train_score=True)
    report = BiasVarianceReport.from_cv_results(results, y)
    assert any("always answering 0 is right in 95.0" in warning for warning in report.warnings)


def test_the_target_may_be_above_what_cv_results_show(scores, binary):
    """Which says what it would mean."""
    report = BiasVarianceReport.from_cv_results(scores, binary[1], target_error=0.3)
    assert "no avoidable bias to speak of" in report.warnings[0]


def test_equal_scores_of_a_dummy_have_a_baseline_of_their_own():
    """The constant prediction is itself."""
    X, y = np.zeros((60, 1)), np.random.default_rng(0).normal(size=60)
    scoring = "neg_root_mean_squared_error"
    results = cross_validate(DummyRegressor(), X, y, cv=3, scoring=scoring, return_train_score=True)
    report = BiasVarianceReport.from_cv_results(results, y, scoring=scoring)
    assert report.baseline_error == pytest.approx(min(report.dev_error, y.std()))


def test_verdicts_stand_in_one_column():
    """Also where intervals have as many digits as those of an R²."""
    report = bias_variance_report(Ridge(), *load_diabetes(return_X_y=True), learning_curve=False, random_state=0)
    lines = [
        line for line in str(report).splitlines() if line.strip().startswith(tuple(gap.name for gap in report.gaps))
    ]
    assert len({line.rindex(gap.verdict) for line, gap in zip(lines, report.gaps, strict=True)}) == 1
