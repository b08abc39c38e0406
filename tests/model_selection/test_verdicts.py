"""What a verdict says first: that nothing is learnt, that rows are copies, or that classes were never trained on."""

import runpy
import warnings
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_circles,
    make_classification,
)
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdeep import DeepMLPClassifier
from skdeep.model_selection import BatchedGridSearchCV, BiasVarianceReport, bias_variance_report

NO_BETTER = "no better than a constant prediction"
COPIES = "copies of training rows"
UNSEEN = "classes never trained on"
TREE = DecisionTreeClassifier(random_state=0)


def report_on(estimator, X, y, **options):
    return bias_variance_report(estimator, X, y, **{"learning_curve": False, "random_state": 0} | options)


def noise(n=300, d=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.integers(2, size=n)


def verdicts(report):
    return {gap.name: gap.verdict for gap in report.gaps}


def problems(report):
    return [advice.problem for advice in report.advice]


# No better than a constant prediction -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [TREE, LogisticRegression(), KNeighborsClassifier(15), DummyClassifier()])
def test_labels_of_coin_flips_are_diagnosed_first(model):
    """Before bias and variance, in diagnosis, summary, note, page and dictionary."""
    report = report_on(model, *noise())
    assert report.diagnosis[0] == NO_BETTER
    assert report.summary.startswith(f"The dev error, {report.format_error(report.dev_error)}, is not measurably below")
    assert report.format_error(report.baseline_error) in report.summary
    assert report.summary in " ".join(str(report).split())
    assert report.to_dict()["diagnosis"][0] == NO_BETTER


@pytest.mark.parametrize(
    ("model", "scoring"),
    [(DecisionTreeRegressor(random_state=0), "r2"), (LinearRegression(), "neg_mean_absolute_error")],
)
def test_numbers_of_pure_noise_are_diagnosed_first(model, scoring):
    rng = np.random.default_rng(0)
    report = report_on(model, rng.normal(size=(200, 4)), rng.exponential(size=200), scoring=scoring)
    assert report.diagnosis[0] == NO_BETTER


def test_features_and_targets_are_advised_before_capacity():
    report = report_on(LogisticRegression(), *noise())
    assert report.advice[0].problem == NO_BETTER
    assert "its own target" in report.advice[0].action
    found = problems(report)
    assert all(problem == NO_BETTER for problem in found[: found.count(NO_BETTER)])


def test_a_line_on_a_circle_is_no_better_than_a_constant_and_has_bias():
    """Capacity is right advice there, and comes after."""
    report = report_on(LogisticRegression(), *make_circles(2000, noise=0.05, random_state=0))
    assert report.diagnosis[:2] == (NO_BETTER, "high bias")
    assert problems(report).index("high bias") > problems(report).index(NO_BETTER)
    assert "the training rows themselves are hardly learnt" in report.summary


def test_what_is_learnt_by_heart_is_told_from_what_is_not_learnt():
    """A full tree has no training error."""
    report = report_on(TREE, *noise())
    assert report.train_error == 0
    assert "what is learnt of the training rows hardly holds for others" in report.summary


def seeming(n_learnt):
    """The report on 40 rows, of which the first have labels that can be learnt."""
    X, y = noise(40, 2, seed=4)
    return report_on(KNeighborsClassifier(3), X, np.where(np.arange(40) < n_learnt, (X[:, 0] > 0).astype(int), y))


def test_a_few_rows_that_may_be_better_are_said_not_to_tell():
    """Where the gain is above the threshold and as large as chance often makes it."""
    report = seeming(6)
    assert report.gain > report.threshold
    assert report.gain_interval[0] <= 0
    assert report.diagnosis[0] == NO_BETTER
    assert "these rows cannot tell whether anything is learnt" in report.summary


def test_a_few_rows_that_seem_better_are_not_settled():
    """Where the gain is as large as chance makes it in one of ten cases, and its interval still holds 0."""
    report = seeming(18)
    assert report.gain_interval[0] <= 0
    assert NO_BETTER not in report.diagnosis
    assert report.diagnosis[-1] == "cannot tell yet"
    assert "Not settled yet: whether the error is below that of a constant prediction" in report.summary


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer, load_digits])
def test_what_is_learnt_of_real_sets_is_not_doubted(load):
    report = report_on(TREE, *load(return_X_y=True))
    assert NO_BETTER not in report.diagnosis
    assert report.gain_interval[0] > 0


def test_a_rare_class_that_is_found_beats_the_majority():
    """However little there is to gain."""
    rng = np.random.default_rng(0)
    y = (rng.random(4000) < 0.05).astype(int)
    report = report_on(LogisticRegression(), rng.normal(size=(4000, 2)) + 4 * y[:, None], y)
    assert NO_BETTER not in report.diagnosis


def test_always_answering_the_majority_is_no_better_than_a_constant():
    """Of 5 % positives a model that never finds one is right in 95 %."""
    rng = np.random.default_rng(0)
    y = (np.arange(1000) % 20 == 0).astype(int)
    report = report_on(LogisticRegression(), rng.normal(size=(1000, 2)), y)
    assert report.diagnosis[0] == NO_BETTER
    assert any("balanced_accuracy" in advice.why for advice in report.advice if advice.problem == NO_BETTER)


def test_the_gain_is_what_the_dev_error_lacks_to_that_of_the_majority():
    """The best label of the training rows, on the user's own dev rows; with Student's interval of the paired losses."""
    X, y = make_classification(500, 4, flip_y=0.3, weights=[0.6], random_state=0)
    report = report_on(LogisticRegression(), X[:300], y[:300], X_dev=X[300:], y_dev=y[300:])
    wrong = LogisticRegression().fit(X[:300], y[:300]).predict(X[300:]) != y[300:]
    gains = (y[300:] != np.bincount(y[:300]).argmax()).astype(float) - wrong
    assert_allclose(report.gain, gains.mean())
    half = student.ppf(0.975, 199) * np.sqrt(gains.var(ddof=1) / 200 + 2 / 200**2)
    assert_allclose(report.gain_interval, (gains.mean() - half, gains.mean() + half))


@pytest.mark.parametrize(
    ("scoring", "error"),
    [
        ("f1", lambda y: 1 - 2 * y.mean() / (1 + y.mean())),  # always yes
        ("precision", lambda y: 1 - y.mean()),
        ("balanced_accuracy", lambda y: 0.5),
        ("roc_auc", lambda y: 0.5),
        ("neg_log_loss", lambda y: -np.mean(np.where(y == 1, np.log(y.mean()), np.log(1 - y.mean())))),
    ],
)
def test_the_constant_to_beat_is_the_best_one(scoring, error):
    """By hand, of 30 % positives: for F1 it is always yes, not the majority."""
    X, _ = noise()
    y = (np.arange(300) % 10 < 3).astype(int)
    assert_allclose(report_on(TREE, X, y, scoring=scoring).baseline_error, error(y))


def test_the_constant_of_absolute_errors_is_the_median():
    """Of skewed numbers it is better than the mean; learnt in each fold, it is nearly that of all."""
    y = np.random.default_rng(0).exponential(size=1001)
    report = report_on(DummyRegressor(), np.arange(1001.0)[:, None], y, scoring="neg_mean_absolute_error")
    assert_allclose(report.baseline_error, np.abs(y - np.median(y)).mean(), rtol=0.005)


def test_a_constant_without_error_is_no_measure_of_what_is_learnt():
    """Always yes has a perfect recall."""
    report = report_on(TREE, *noise(), scoring="recall")
    assert report.gain is None
    assert NO_BETTER not in report.diagnosis


def test_class_weights_are_doubted_where_the_shares_of_the_classes_matter():
    """A balanced model's probabilities of a rare class are too high; its ranking is none the worse."""
    rng = np.random.default_rng(0)
    y = (rng.random(600) < 0.1).astype(int)
    X, model = rng.normal(size=(600, 3)), make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    unweighted = {"logisticregression__class_weight": None}
    assert unweighted in [advice.parameters for advice in report_on(model, X, y, scoring="neg_log_loss").advice]
    report = report_on(model, X, y, scoring="roc_auc")
    assert report.diagnosis[0] == NO_BETTER
    assert unweighted not in [advice.parameters for advice in report.advice]


def rare(n=2000):
    """One row of twenty is of a class of its own, which most can be told from the others."""
    rng = np.random.default_rng(0)
    y = (rng.random(n) < 0.05).astype(int)
    return rng.normal(size=(n, 4)) + y[:, None], y


def test_a_model_whose_class_weights_cost_accuracy_is_not_said_to_learn_nothing():
    """Its ranking is good; so that neither rows nor features are doubted before the weights and the error."""
    model = LogisticRegression(class_weight="balanced")
    report = report_on(model, *rare())
    assert 1 - report_on(model, *rare(), scoring="roc_auc").dev_error > 0.9
    assert report.diagnosis[0] == NO_BETTER
    assert report.advice[0].parameters == {"class_weight": None}
    assert report.advice[1].action == "measure another error, by scoring"
    assert "hardly learnt" not in report.summary
    assert "what is learnt, if anything, is not what this error counts" in report.summary


def test_where_the_majority_is_hardly_to_be_beaten_another_error_is_advised_first():
    report = report_on(LogisticRegression(C=1e-4), *rare())
    assert report.diagnosis[0] == NO_BETTER
    first = next(advice for advice in report.advice if advice.problem == NO_BETTER)
    assert first.action == "measure another error, by scoring"
    assert "as far as this error tells, the training rows themselves are hardly learnt" in report.summary


def test_class_weights_that_cost_nothing_are_not_doubted():
    """Of coin flips they are all the same."""
    report = report_on(LogisticRegression(class_weight="balanced"), *noise())
    assert "its own target" in report.advice[0].action


def test_rows_of_the_training_kind_tell_what_is_learnt_where_the_dev_rows_are_others():
    """A model that is good on train-dev rows learns; that it fails on dev rows is a mismatch."""
    X, y = make_classification(1500, 5, class_sep=2, random_state=0)
    given = {"X_train_dev": X[500:1000], "y_train_dev": y[500:1000], "X_dev": -X[1000:], "y_dev": y[1000:]}
    report = report_on(KNeighborsClassifier(), X[:500], y[:500], **given)
    assert report.dev_error > report.baseline_error
    assert report.diagnosis == ("data mismatch",)


@pytest.mark.parametrize("indices", [False, True])
def test_cv_results_of_coin_flips_are_diagnosed_first_too(indices):
    X, y = noise()
    results = cross_validate(TREE, X, y, return_train_score=True, return_indices=indices)
    report = BiasVarianceReport.from_cv_results(results, y, estimator=TREE)
    assert report.diagnosis[0] == NO_BETTER
    assert_allclose(report.gain, min(y.mean(), 1 - y.mean()) - report.dev_error)


def grid(values, n, d, seed=0):
    return np.random.default_rng(seed).integers(values, size=(n, d)).astype(float)


def items(n, d, seed=0, of_common=0.8):
    """Answers from 1 to 5 that go together, as of a questionnaire."""
    rng = np.random.default_rng(seed)
    scores = np.sqrt(of_common) * rng.normal(size=(n, 1)) + np.sqrt(1 - of_common) * rng.normal(size=(n, d))
    return np.ceil(5 * norm.cdf(scores))


def binned(load, levels, n_columns=30):
    X = load(return_X_y=True)[0][:, :n_columns]
    return KBinsDiscretizer(levels, encode="ordinal", strategy="uniform").fit_transform(X)


# Copies -------------------------------------------------------------------------------------------------------------


def four_times(X, y):
    return np.repeat(X, 4, axis=0), np.repeat(y, 4)


def test_rows_that_are_there_four_times_are_copies_and_the_variance_is_not_judged():
    """Though no gap is measured: the summary says how many, and the advice what to do about it."""
    report = report_on(TREE, *four_times(*noise()))
    assert report.dev_error < 0.02
    assert report.diagnosis == (COPIES,)
    assert verdicts(report) == {"avoidable bias": "low", "variance": "not judged"}
    assert report.summary.startswith(f"Of 1200 dev rows {report.n_duplicates['dev']} are copies of training rows")
    assert "So variance is not judged." in report.summary
    assert "Nothing stands out" not in report.summary
    assert problems(report) == [COPIES, COPIES]


def test_the_advice_on_copies_can_be_followed():
    """By groups, as the words have it, the report is that of rows that are no copies."""
    X, y = four_times(*noise())
    groups = np.unique(X, axis=0, return_inverse=True)[1].ravel()
    of_frame = pd.DataFrame(X).pipe(lambda frame: frame.groupby(list(frame.columns), dropna=False).ngroup())
    for given in (groups, of_frame):
        report = report_on(TREE, X, y, groups=given)
        assert report.n_duplicates["dev"] == 0
        assert report.diagnosis[0] == NO_BETTER


CONTAINERS = {
    "array": np.asarray,
    "frame": lambda X: pd.DataFrame(X, columns=list("abc")).assign(kind=np.where(X[:, 0] > 0, "a", "b")),
    "sparse": sparse.csr_matrix,
    "list": lambda X: X.tolist(),
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
def test_copies_are_found_in_any_container(container):
    X, y = four_times(*noise(100, 3))
    report = report_on(DummyClassifier(), container(X), y)
    assert report.diagnosis[0] == COPIES


@pytest.mark.parametrize("container", [np.asarray, lambda X: pd.DataFrame(X, columns=list("abcd"))])
def test_a_column_that_numbers_the_rows_hides_no_copies(container):
    """As of a table that was put together from others, with its old index or a new one."""
    X, y = four_times(*noise(100, 3))
    report = report_on(DummyClassifier(), container(np.column_stack([X, np.arange(7, 407)])), y)
    assert report.diagnosis[0] == COPIES
    assert "but for column " in report.summary
    parts = {"X_dev": np.column_stack([X[:50], np.arange(50)]), "y_dev": y[:50]}
    report = report_on(DummyClassifier(), np.column_stack([X[::4], np.arange(100)]), y[::4], **parts)
    assert report.diagnosis[0] == COPIES


def times(n):
    """In seconds, a few of them the same."""
    return 1.6e9 + np.cumsum(np.random.default_rng(2).integers(1, 2000, size=n) * (np.arange(n) % 200 != 1))


NAMES = {
    "numbers in steps": lambda n: 2 * np.arange(n),
    "numbers with gaps": lambda n: np.cumsum(np.random.default_rng(2).integers(1, 5, size=n)),
    "a random number": lambda n: np.random.default_rng(2).permutation(10**6)[:n],
    "a fraction": lambda n: np.random.default_rng(2).random(n),
    "times": times,
}


@pytest.mark.parametrize("copied", [1.0, 0.1])
@pytest.mark.parametrize("make", NAMES.values(), ids=NAMES)
def test_a_column_that_names_the_rows_hides_no_copies(make, copied):
    """Of all rows, or of a few, which leave the other columns with nearly as many values."""
    X, y = noise(400, 3)
    rows = np.r_[np.arange(400), np.arange(round(400 * copied))]
    report = report_on(DummyClassifier(), np.column_stack([X[rows], make(len(rows))]), y[rows])
    assert report.diagnosis[0] == COPIES
    assert "but for column 3 with a value of its own in nearly every row" in report.summary


def test_texts_that_name_the_rows_hide_no_copies():
    X, y = four_times(*noise(100, 3))
    frame = pd.DataFrame(X, columns=list("abc")).assign(key=[f"row {number}" for number in range(400)])
    report = report_on(DummyClassifier(), frame, y)
    assert report.diagnosis[0] == COPIES
    assert "but for column 'key'" in report.summary


def test_names_hide_no_copies_in_a_part_of_the_users_own():
    X, y = noise(400, 3)
    names = np.random.default_rng(3).permutation(10**6)[:440]
    rows = np.r_[np.arange(400), np.arange(40)]
    X, y = np.column_stack([names, X[rows]]), y[rows]
    assert report_on(TREE, X[:400], y[:400], X_dev=X[400:], y_dev=y[400:]).diagnosis[0] == COPIES
    assert COPIES not in report_on(TREE, X[:300], y[:300], X_dev=X[300:400], y_dev=y[300:400]).diagnosis


def test_the_advice_on_copies_behind_names_can_be_followed():
    """Each expression, as it stands in the words, gives groups, or rows, without copies."""
    X, y = four_times(*noise(100, 3))
    X = np.column_stack([np.arange(400) * 2, X, np.random.default_rng(0).random(400)])
    grouped, dropped = (advice.action for advice in report_on(TREE, X, y).advice if advice.problem == COPIES)
    of_array, of_frame = grouped.split(": of an array ")[1].split(", of a frame ")
    frame = pd.DataFrame(X)
    for groups in (eval(of_array, {"np": np, "X": X}), eval(of_frame, {"X": frame})):
        assert len(np.unique(groups)) == 100
        assert report_on(TREE, X, y, groups=groups).diagnosis[0] == NO_BETTER
    kept = eval("X." + dropped.split("such as by ")[1].removesuffix(" of a frame"), {"X": frame})
    assert len(kept) == 100


FEWER_DIGITS = {
    "float32": lambda X: X.astype(np.float32).astype(float),
    "six digits": lambda X: np.array([[float(f"{value:.5e}") for value in row] for row in X]),
    "six decimals": lambda X: X.round(6),
}


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("cut", FEWER_DIGITS.values(), ids=FEWER_DIGITS)
def test_copies_that_were_written_with_fewer_digits_are_copies(cut, named):
    X, y = noise(300, 8)
    X, y = np.r_[X, cut(X)], np.r_[y, y]
    X = np.column_stack([X, 3 * np.arange(600)]) if named else X
    report = report_on(DummyClassifier(), X, y)
    assert report.diagnosis[0] == COPIES
    assert "but for their last digits" in report.summary


@pytest.mark.parametrize(
    "container", [np.asarray, lambda X: pd.DataFrame(X, columns=list("abcdefgh")).assign(kind="a")]
)
@pytest.mark.parametrize("how", ["float32", "six digits"])
def test_the_advice_on_last_digits_can_be_followed(how, container):
    X, y = noise(200, 8)
    X, y = container(np.r_[X, FEWER_DIGITS[how](X)]), np.r_[y, y]
    first = report_on(DummyClassifier(), X, y).advice[0].action
    of_array, of_frame = first.split("an array by X = ")[1].split(", a frame by X = ")
    rounded = eval(of_array if isinstance(X, np.ndarray) else of_frame, {"np": np, "X": X})
    assert len(np.unique(np.asarray(rounded, dtype=str), axis=0)) == 200


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_digits, load_diabetes])
@pytest.mark.parametrize("scale", [1.0, np.pi, 1e-3])
def test_real_rows_are_no_copies_for_their_first_digits(load, scale):
    X, y = load(return_X_y=True)
    y = (y > np.median(y)).astype(int)
    assert COPIES not in report_on(DummyClassifier(), X * scale, y).diagnosis


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("spread", [1e-3, 1.0, 1e3])
def test_numbers_that_lie_far_from_0_are_no_copies_for_their_first_digits(d, spread):
    """As times and coordinates do; some of which are the same, apart from what a receiver adds."""
    rng = np.random.default_rng(0)
    X = 1e5 + spread * rng.normal(size=(3000, d))
    X[1000:] = X[rng.integers(20, size=2000)] + 1e-3 * spread * rng.normal(size=(2000, d))
    assert COPIES not in report_on(DummyClassifier(), X, (X[:, 0] > np.median(X[:, 0])).astype(int)).diagnosis


BESIDE_A_NUMBER = {
    "one category": grid(4, 400, 1),
    "categories": grid(3, 400, 4),
    "categories that go together": grid(4, 400, 1) + grid(2, 400, 6) * (grid(9, 400, 6) == 0),
    "a code and its name": grid(150, 400, 1) * [1, 7] + [0, 100],
    "a questionnaire": items(1000, 6),
    "binned measurements": binned(load_breast_cancer, 3),
    "rounded numbers that go together": np.random.default_rng(0).normal(size=(400, 1)).round(1) * [1, 2] + [0, 1],
}


@pytest.mark.parametrize("X", BESIDE_A_NUMBER.values(), ids=BESIDE_A_NUMBER)
def test_a_single_measured_number_is_no_name(X):
    """Rows that differ in it alone are rows of their own."""
    y = (X.sum(axis=1) > X.sum(axis=1).mean()).astype(int)
    rows = np.column_stack([X, np.random.default_rng(1).normal(size=len(X))])
    assert COPIES not in report_on(DecisionTreeClassifier(max_depth=3, random_state=0), rows, y).diagnosis


def test_rows_without_a_copy_are_not_doubted_for_their_number():
    """Alone, or beside columns of few values."""
    X, y = np.arange(200.0)[:, None], np.arange(200) // 5 % 2
    for rows in (X, np.column_stack([X, y]), np.column_stack([X, np.ones(200)]), np.column_stack([X, noise(200)[0]])):
        assert COPIES not in report_on(TREE, rows, y).diagnosis


def test_texts_that_are_there_twice_are_copies():
    texts = np.repeat([f"text number {number} of many" for number in range(60)], 2)
    assert report_on(DummyClassifier(), texts, np.arange(120) // 2 % 2).diagnosis[0] == COPIES


@pytest.mark.parametrize("n_columns", [1, 2, 300])
def test_copies_are_found_in_tables_of_any_width(n_columns):
    report = report_on(KNeighborsClassifier(1), *four_times(*noise(100, n_columns)))
    assert report.diagnosis[0] == COPIES


@pytest.mark.parametrize(("n_copies", "found"), [(2, False), (60, True)])
def test_a_few_copies_are_a_note_and_no_more(n_copies, found):
    """Up to the tolerance, 3 % of the rows."""
    X, y = noise(400)
    rows = np.r_[np.arange(400), np.arange(n_copies)]
    report = report_on(TREE, X[rows], y[rows])
    assert (COPIES in report.diagnosis) is found
    assert "equal to training rows in every column" in str(report).replace("\n", " ")


@pytest.mark.parametrize("part", ["dev", "test", "train_dev"])
def test_a_part_of_copies_leaves_the_gaps_of_other_parts_to_be_judged(part):
    X, y = make_classification(800, 5, flip_y=0.2, random_state=0)
    given = {"X_train_dev": X[200:400], "y_train_dev": y[200:400]}
    given |= {"X_dev": X[400:600], "y_dev": y[400:600], "X_test": X[600:], "y_test": y[600:]}
    given |= {f"X_{part}": X[:150], f"y_{part}": y[:150]}
    report = report_on(TREE, X[:200], y[:200], **given)
    name = part.replace("_", "-")
    touched = {gap.name for gap in report.gaps if name in (gap.lower, gap.upper)}
    assert {gap for gap, verdict in verdicts(report).items() if verdict == "not judged"} == touched
    assert report.diagnosis[0] == COPIES


def test_rows_whose_targets_differ_are_no_copies():
    """Equal rows with labels of their own coincide; nothing is known by heart."""
    X = np.repeat(noise()[0], 2, axis=0)
    y = np.random.default_rng(1).integers(2, size=600)
    report = report_on(TREE, X, y)
    assert report.n_duplicates["dev"] > 300
    agreeing = report_on(TREE, X, np.repeat(y[:300], 2))
    assert COPIES in agreeing.diagnosis
    y = np.where(np.arange(600) % 2 == 0, y, 1 - y[np.arange(600) // 2 * 2])  # each pair of rows: one of each class
    assert COPIES not in report_on(TREE, X, y).diagnosis


COARSE = {
    "one yes or no": grid(2, 400, 1),
    "five yes or no": grid(2, 400, 5),
    "one number with a digit": grid(40, 150, 1) / 10,
    "one rounded number": np.random.default_rng(0).normal(size=(3000, 1)).round(2),
    "one number in steps": np.random.default_rng(0).poisson(60, size=(400, 1)) * 0.173 - 1.1,
    "one number, often 0": np.maximum(np.random.default_rng(0).normal(size=(400, 1)), 0.0),
    "a few categories": np.column_stack([grid(3, 800, 4), grid(5, 800, 1)]),
    "one-hot": OneHotEncoder(sparse_output=False).fit_transform(grid(4, 800, 4)),
    "one-hot, sparse": OneHotEncoder().fit_transform(grid(4, 800, 4)),
    "columns that go together": np.column_stack([grid(3, 800, 3), grid(3, 800, 3)[:, :1]]).repeat(2, axis=1),
    "mostly the same row": np.where(np.random.default_rng(0).random((600, 1)) < 0.4, 0.0, grid(6, 600, 5)),
    "nothing varies": np.ones((100, 3)),
    **{f"{n} questionnaires of {d} items": items(n, d) for n in (1000, 3000) for d in (4, 6, 8)},
    **{f"{n} questionnaires of like items": items(n, 6, of_common=0.93) for n in (300, 1000, 3000)},
    **{f"iris in {levels} levels": binned(load_iris, levels) for levels in (3, 5, 10)},
    **{f"wine in {levels} levels": binned(load_wine, levels, 6) for levels in (3, 5, 10)},
    **{f"breast cancer in {levels} levels": binned(load_breast_cancer, levels) for levels in (3, 5, 10)},
    **{f"four columns of it in {levels} levels": binned(load_breast_cancer, levels, 4) for levels in (3, 5, 10)},
}


@pytest.mark.parametrize("X", COARSE.values(), ids=COARSE)
def test_rows_that_coincide_since_there_are_few_different_ones_are_no_copies(X):
    """Those to come will coincide as often: the gaps are valid."""
    y = (np.asarray(X.sum(axis=1)).ravel() > X.sum() / X.shape[0]).astype(int)
    report = report_on(DecisionTreeClassifier(max_depth=3, random_state=0), X, y)
    assert COPIES not in report.diagnosis
    assert "not judged" not in verdicts(report).values()


def test_copies_of_coarse_rows_are_copies_all_the_same():
    """Many more than come about by chance: 400 rows of 16 categories with three values, each twice."""
    X = grid(3, 400, 16)
    y = (X.sum(axis=1) > 16).astype(int)
    assert COPIES not in report_on(TREE, X, y).diagnosis
    assert report_on(TREE, np.repeat(X, 2, axis=0), np.repeat(y, 2)).diagnosis[0] == COPIES


@pytest.mark.parametrize("d", [4, 6, 8])
def test_questionnaires_that_are_all_there_twice_are_copies(d):
    """However many of them differ in a single answer."""
    X = items(300, d)
    X = np.unique(X, axis=0)
    y = (X.sum(axis=1) > 3 * d).astype(int)
    assert report_on(TREE, np.repeat(X, 2, axis=0), np.repeat(y, 2)).diagnosis[0] == COPIES


@pytest.mark.parametrize(("share", "times"), [(0.1, 2), (0.3, 3), (1.0, 2), (1.0, 5)])
@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_copies_of_measured_rows_are_copies_however_many(load, share, times):
    X, y = load(return_X_y=True)
    copied = np.arange(0, len(y), round(1 / share))
    rows = np.r_[np.arange(len(y)), np.repeat(copied, times - 1)]
    assert report_on(DummyClassifier(), X[rows], y[rows]).diagnosis[0] == COPIES


def test_groups_that_keep_copies_together_leave_nothing_to_doubt():
    X, y = make_classification(200, 5, flip_y=0.2, random_state=0)
    report = report_on(TREE, *four_times(X, y), cv=GroupKFold(5), groups=np.repeat(np.arange(200), 4))
    assert report.diagnosis == ("high variance",)


def test_copies_have_no_learning_curve():
    """It would fall as more of the copies are trained on, and promise as much of more rows."""
    report = report_on(TREE, *four_times(*noise()), learning_curve=True)
    assert report.learning_curve is None
    assert "the dev error tells nothing of rows to come" in report.warnings[-1]


def test_a_target_above_the_error_of_copies_is_not_said_to_be_too_high():
    """No estimator does better there: the dev error is not that of other rows."""
    report = report_on(TREE, *four_times(*noise()), target_error=0.3)
    assert report.warnings == ()


# Classes that were never trained on -----------------------------------------------------------------------------------


def digits_in_order():
    X, y = load_digits(return_X_y=True)
    rows = np.argsort(y, kind="stable")[::4]
    return X[rows] / 16, y[rows]


SPLITS = {
    "rows sorted by class": {"cv": KFold(5)},
    "groups made of the classes": {"groups": digits_in_order()[1] // 2},
}


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
def test_folds_without_the_classes_that_they_hold_out_are_one_warning_and_the_verdict(split):
    X, y = digits_in_order()
    with pytest.warns(
        UserWarning, match="dev rows of 5 folds are of classes that no training row of their fold has"
    ) as caught:
        report = report_on(KNeighborsClassifier(), X, y, **split)
    assert len(caught) == 1
    assert report.dev_error > 0.8
    assert report.diagnosis[0] == UNSEEN
    assert NO_BETTER not in report.diagnosis
    assert verdicts(report)["variance"] == "not judged"
    assert "So variance is not judged." in report.summary
    assert "stratified" in report.advice[0].action
    assert "high variance" not in problems(report)


def test_unseen_rows_are_counted_fold_by_fold():
    """By hand: of three folds of sorted iris each lacks the class that it holds out."""
    X, y = load_iris(return_X_y=True)
    folds = [(np.arange(50, 150), np.arange(50)), (np.arange(0, 100), np.arange(100, 150))]
    folds.append((np.r_[0:50, 75:150], np.arange(50, 75).repeat(2)))
    with pytest.warns(UserWarning, match=r"100 of 150 dev rows of 2 folds are of classes .* \(0, 2\)"):
        report_on(TREE, X, y, cv=folds)


@pytest.mark.parametrize("part", ["dev", "test"])
def test_an_own_part_of_other_classes_is_not_judged(part):
    X, y = load_iris(return_X_y=True)
    with pytest.warns(UserWarning, match=f"{part} rows are of classes that no training row has"):
        report = report_on(TREE, X[:100:2], y[:100:2], **{f"X_{part}": X[51::2], f"y_{part}": y[51::2]})
    assert report.diagnosis[0] == UNSEEN
    assert {gap.name for gap in report.gaps if gap.verdict == "not judged"} == {
        "variance" if part == "dev" else "overfit to dev"
    }


def test_labels_that_no_training_row_has_are_found_among_several():
    """The third label is in the last rows alone."""
    X, _ = noise(100)
    y = np.column_stack([np.arange(100) % 2, np.arange(100) % 3 == 0, np.arange(100) >= 80]).astype(int)
    with pytest.warns(UserWarning, match=r"20 of 100 dev rows of 1 fold .* \(2\)"):
        report = report_on(TREE, X, y, cv=KFold(5))
    assert report.diagnosis[0] == UNSEEN


def test_a_single_row_of_a_class_is_a_warning_and_no_verdict():
    X, y = noise(200)
    y[7] = 2
    with pytest.warns(UserWarning, match="1 of 200 dev rows"):
        report = report_on(TREE, X, y, cv=KFold(5))
    assert UNSEEN not in report.diagnosis


def test_cv_results_with_their_indices_tell_of_unseen_classes():
    """Without them nothing is known of the folds."""
    X, y = digits_in_order()
    results = cross_validate(TREE, X, y, cv=KFold(5), return_train_score=True, return_indices=True)
    report = BiasVarianceReport.from_cv_results(results, y, estimator=TREE)
    assert report.diagnosis[0] == UNSEEN
    assert any("are of classes that no training row of their fold has" in warning for warning in report.warnings)
    del results["indices"]
    assert BiasVarianceReport.from_cv_results(results, y, estimator=TREE).diagnosis[0] == NO_BETTER


def test_a_batched_search_warns_of_folds_without_the_classes_that_they_hold_out():
    """Once."""
    X, y = digits_in_order()
    search = BatchedGridSearchCV(DeepMLPClassifier((4,), max_iter=2, random_state=0), {"alpha": [0.1, 1]}, cv=KFold(5))
    with pytest.warns(UserWarning, match="held-out rows of 5 folds are of classes") as caught:
        search.fit(X, y)
    assert len([one for one in caught if "of classes" in str(one.message)]) == 1


def test_stratified_folds_have_every_class_without_a_warning():
    X, y = digits_in_order()
    assert UNSEEN not in report_on(TREE, X, y, cv=StratifiedKFold(5)).diagnosis


def test_sizes_of_the_learning_curve_that_lose_a_class_are_left_out():
    """Of whole groups, each of one class: an eighth or a quarter of them has not all classes, and other errors."""
    X, y = make_classification(600, 6, n_informative=4, n_classes=4, random_state=0)
    order = np.argsort(y, kind="stable")
    X, y, groups = X[order], y[order], np.arange(600) // 50
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    ShowsItsClasses.shown = []
    report_on(ShowsItsClasses(), X, y, groups=groups, cv=folds, learning_curve=True)
    assert len(ShowsItsClasses.shown) >= 3
    assert set(ShowsItsClasses.shown) == {4}


class ShowsItsClasses(DummyClassifier):
    shown: ClassVar = []

    def fit(self, X, y):
        self.shown.append(len(np.unique(y)))
        return super().fit(X, y)


# Fits that are missing ------------------------------------------------------------------------------------------------


class FailsOnFew(DecisionTreeClassifier):
    def fit(self, X, y):
        if X[:, -1].min() > 0:
            raise RuntimeError("row 0 is not here")
        return super().fit(X, y)


def test_where_most_fits_fail_no_gap_is_judged():
    """What is left need not be like the rest."""
    X, y = load_iris(return_X_y=True)
    X = np.column_stack([X, np.arange(150)])
    folds = [(np.delete(np.arange(150), [0, k]), [k]) for k in (1, 2, 3)] + [
        (np.arange(0, 150, 2), np.arange(1, 150, 2))
    ]
    with pytest.warns(FitFailedWarning, match="3 of 4 fits failed"):
        report = report_on(FailsOnFew(), X, y, cv=folds)
    assert report.diagnosis[0] == "most fits are missing"
    assert set(verdicts(report).values()) == {"not judged"}
    assert "Only 1 of 4 fits have errors" in report.summary


# All forms say the same -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def doubted():
    return report_on(TREE, *four_times(*noise()))


def test_the_page_says_why_gaps_are_not_judged(doubted):
    pytest.importorskip("jinja2")
    page = " ".join(doubted.to_html().split())
    assert all(sentence in page for sentence in (*doubted.doubts, *doubted.diagnosis))
    assert '<span class="verdict not-judged">not judged</span>' in page


def test_the_dictionary_and_the_frame_say_what_is_not_judged(doubted):
    figures = doubted.to_dict()
    assert figures["verdicts"]["variance"] == "not judged"
    assert figures["doubts"] == list(doubted.doubts)
    assert doubted.to_frame().loc["variance", "verdict"] == "not judged"


def test_the_drawing_has_a_look_of_its_own_for_gaps_that_are_not_judged(doubted):
    plt = pytest.importorskip("matplotlib.pyplot")
    display = doubted.plot()
    colours = {bar.get_label(): bar.get_color() for bar in display.bars_}
    assert colours["variance"] not in ("#d5601a", "#2d84c4", "#8a8a8a")
    assert "not judged" in [text.get_text() for text in display.ax_[0].get_legend().get_texts()]
    plt.close("all")


# Many tasks -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tasks():
    return runpy.run_path(str(Path(__file__).parents[1] / "known_gaps.py"))


@pytest.mark.parametrize("kind", ["noise_task", "copies_task"])
def test_tasks_without_a_gap_to_judge_are_told_from_others(tasks, kind):
    """At most one in twenty is not; benchmarks/verdicts.py has more of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = [tasks[kind](number) for number in range(20)]
        missed = [task for task in made if tasks["report_on_moot"](task).diagnosis[0] != task.problem]
    assert len(missed) <= 1
