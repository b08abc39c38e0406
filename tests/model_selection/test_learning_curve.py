"""The learning curve: errors at fractions of the training rows, the power law through them, and what more would buy."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.datasets import load_iris, make_classification
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skdeep.model_selection import bias_variance_report


class ErrsBy(RegressorMixin, BaseEstimator):
    """Its error is a known function of the number of training rows, the same in every row, plus noise of the rows."""

    def __init__(self, law, noise=0.0):
        self.law = law
        self.noise = noise

    def fit(self, X, y):
        self.error_ = self.law(len(y))
        return self

    def predict(self, X):  # the first column is the target, the second is random
        return X[:, 0] + self.error_ + self.noise * X[:, 1]


def curve_of(law, n_rows=1000, n_dev=50, noise=0.0, **options):
    X = np.random.default_rng(0).normal(size=(n_rows + n_dev, 2))
    given = {"X_dev": X[n_rows:], "y_dev": X[n_rows:, 0], "scoring": "neg_mean_absolute_error", "random_state": 0}
    return bias_variance_report(ErrsBy(law, noise), X[:n_rows], X[:n_rows, 0], **given, **options).learning_curve


@pytest.fixture(scope="module")
def report():
    """Of neighbours on two noisy classes, by folds."""
    X, y = make_classification(400, 4, flip_y=0.2, random_state=0)
    return bias_variance_report(KNeighborsClassifier(1), X, y, cv=4, random_state=0)


def test_sizes_are_an_eighth_a_quarter_half_and_all_of_the_training_rows(report):
    """Of a fold."""
    assert report.learning_curve.sizes == (38, 75, 150, 300)


def test_the_last_errors_are_those_of_the_ladder(report):
    """All that a fit of the ladder has, with its interval."""
    curve = report.learning_curve
    assert curve.errors[-1] == report.dev_error
    assert curve.train_errors[-1] == report.train_error
    assert_allclose(curve.intervals[-1], report.dev_error_interval)


@pytest.mark.parametrize("fractions", [[0.6, 0.2, 0.2], np.array([0.2, 0.6])])
def test_other_fractions_may_be_asked_for(fractions):
    """In any order."""
    curve = curve_of(lambda n: 0.5, learning_curve=fractions)
    assert curve.sizes == (200, 600, 1000)


LAWS = {
    "no limit": (0.0, 3.0, 0.5),
    "limit": (0.2, 5.0, 1.0),
    "quick": (0.5, 300.0, 1.5),
}


@pytest.mark.parametrize(("limit", "scale", "exponent"), LAWS.values(), ids=LAWS)
def test_a_power_law_is_found_where_the_errors_follow_one(limit, scale, exponent):
    """And with it the error at twice the rows."""

    def law(n):
        return limit + scale * n**-exponent

    curve = curve_of(law)
    assert_allclose(curve.errors, [law(n) for n in curve.sizes])
    assert_allclose(curve.doubled, law(2000), rtol=1e-2)
    assert_allclose(curve.gain, law(1000) - law(2000), rtol=5e-2)
    assert_allclose(curve.exponent, exponent, rtol=0.2)


def test_the_figures_of_the_law_are_those_of_its_formula(report):
    """limit + scale * n ** -exponent, for one number of rows or several."""
    curve = report.learning_curve
    expected = [curve.limit + curve.scale * n**-curve.exponent for n in (300, 600)]
    assert_allclose(curve.predict([300, 600]), expected)
    assert curve.predict(600) == curve.doubled
    assert_allclose(curve.gain, expected[0] - expected[1])
    assert curve.limit >= 0.0
    assert curve.scale >= 0.0


def test_what_is_hard_at_every_size_cancels_in_the_gain():
    """Rows differ by far more than the curve falls; the gain is known all the better, as they differ alike."""
    curve = curve_of(lambda n: 2 + 5 / n, noise=0.3)
    low, high = curve.doubled_interval
    assert low < 2 + 5 / 2000 < high
    assert high - low > 0.1
    assert_allclose(curve.gain_interval, 5 / 2000, rtol=0.25)


def test_twice_the_data_keeps_what_the_curve_promised():
    """A real fit on twice the rows lands in the interval, give or take that of its own error."""
    X, y = make_classification(4000, 10, n_informative=5, flip_y=0.1, random_state=0)
    given = {"X_dev": X[1600:], "y_dev": y[1600:], "random_state": 0}
    half = bias_variance_report(DecisionTreeClassifier(random_state=0), X[:800], y[:800], **given)
    full = bias_variance_report(
        DecisionTreeClassifier(random_state=0), X[:1600], y[:1600], learning_curve=False, **given
    )
    low, high = half.learning_curve.doubled_interval
    assert low < full.dev_error_interval[1]
    assert high > full.dev_error_interval[0]
    assert half.learning_curve.gain > 0.0


def test_a_falling_curve_tells_what_twice_the_data_would_buy():
    """In the units of the errors."""
    sentence = str(curve_of(lambda n: 30 / n, learning_curve=[0.2, 0.5]))
    assert "(1000 to 2000 training rows) would bring the dev error from 0.03 to about 0.015 (" in sentence


def test_a_level_curve_says_so():
    assert "would hardly change the dev error of 0.5: the curve has levelled out" in str(curve_of(lambda n: 0.5))


def test_shares_are_told_in_percent_and_repeated_in_the_advice(report):
    """Where there is something to gain, it is why more data may help."""
    sentence = str(report.learning_curve)
    assert "%" in sentence
    more = next(advice for advice in report.advice if advice.action == "get more training data")
    assert more.why == sentence


def test_a_curve_that_rises_promises_no_gain():
    """As of a model that more rows confuse."""
    curve = curve_of(lambda n: n / 1000)
    assert curve.doubled >= curve.limit
    assert "levelled out" in str(curve)


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers the rows of each fit, which are their own names."""

    fits: tuple = ()

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        type(self).fits += (set(X[:, 0].astype(int)),)
        self.shares_ = np.bincount(y) / len(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


@pytest.fixture(scope="module")
def fits():
    """The folds of a report on 200 rows, a fifth of class 1, and the training rows of each fit."""
    X, y = np.arange(200.0)[:, None], (np.arange(200) % 5 == 0).astype(int)
    cv = list(KFold(2, shuffle=True, random_state=0).split(X))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorder, "fits", ())
        bias_variance_report(Recorder(), X, y, cv=cv, random_state=0)
        return [set(rows) for rows, _ in cv], Recorder.fits


def test_smaller_fits_have_some_of_the_rows_of_their_fold(fits):
    """Never of those that are held out."""
    folds, trained = fits
    assert [len(rows) for rows in trained] == [100, 100, 12, 12, 25, 25, 50, 50]
    for number, rows in enumerate(trained):
        assert rows <= folds[number % 2]


def test_smaller_fits_keep_the_shares_of_the_classes(fits):
    """As far as whole rows can."""
    folds, trained = fits
    for number, rows in enumerate(trained):
        share = np.mean([row % 5 == 0 for row in folds[number % 2]])
        assert abs(sum(row % 5 == 0 for row in rows) - share * len(rows)) <= 1


def test_no_curve_costs_no_fits(monkeypatch):
    monkeypatch.setattr(Recorder, "fits", ())
    X, y = np.arange(200.0)[:, None], np.arange(200) % 2
    report = bias_variance_report(Recorder(), X, y, cv=2, learning_curve=False)
    assert report.learning_curve is None
    assert len(Recorder.fits) == 2
    assert not report.warnings


def test_too_few_rows_leave_the_curve_out_and_the_report_says_so():
    """Fits of fewer than ten rows tell nothing."""
    X = np.random.default_rng(0).normal(size=(40, 2))
    report = bias_variance_report(KNeighborsClassifier(1), X, np.arange(40) % 2, random_state=0)
    assert report.learning_curve is None
    assert "no learning curve" in report.warnings[-1]


class NeedsManyRows(DecisionTreeClassifier):
    def fit(self, X, y):
        if len(y) < 100:
            raise RuntimeError("too few")
        return super().fit(X, y)


def test_fits_that_fail_on_few_rows_leave_the_ladder_whole():
    """Their sizes are left out; with too few left there is no curve, and the report says so."""
    X, y = make_classification(300, 4, random_state=0)
    report = bias_variance_report(NeedsManyRows(), X, y, cv=3, random_state=0)
    assert not report.failures
    assert report.learning_curve is None
    assert "at which a fit failed" in report.warnings[-1]
    enough = bias_variance_report(NeedsManyRows(), X, y, cv=3, random_state=0, learning_curve=[0.1, 0.55, 0.75])
    assert enough.learning_curve.sizes == (110, 150, 200)


def test_errors_of_unknown_spread_have_no_curve():
    """As an AUC that hangs on one dev row."""
    X, y = make_classification(100, 4, random_state=0)
    dev = np.r_[np.flatnonzero(y == 0)[:30], np.argmax(y)]
    given = {"X_dev": X[dev] + 0.01, "y_dev": y[dev]}  # no copies
    report = bias_variance_report(GaussianNB(), X, y, scoring="roc_auc", random_state=0, **given)
    assert report.learning_curve is None
    assert "three numbers of training rows" in report.warnings[-1]


def test_the_curve_as_a_dictionary_has_its_figures(report):
    figures = report.learning_curve.to_dict()
    assert figures["sizes"] == report.learning_curve.sizes
    assert figures["doubled_interval"] == report.learning_curve.doubled_interval
    assert figures == report.to_dict()["learning_curve"]


def test_no_interval_of_the_curve_reaches_below_zero():
    """As those of the ladder: no error is negative."""
    X, y = load_iris(return_X_y=True)
    parts = {"X_dev": X[::5], "y_dev": y[::5]}
    curve = bias_variance_report(
        GaussianNB(), np.delete(X, np.s_[::5], 0), np.delete(y, np.s_[::5]), **parts
    ).learning_curve
    assert min(low for low, _ in curve.intervals) == 0.0
