"""What a fit says of its end: a network that knows no more than a constant prediction is never returned in silence."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, r2_score
from sklearn.preprocessing import scale

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.core import DivergenceError

WORDS = ("knows no more than that", "scores are far off", "got worse")


def warned(action):
    """Whether a fit said that it came to nothing."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    return any(word in str(one.message) for one in caught for word in WORDS)


def prior_loss(y, weight=None):
    """The log loss of the shares of the classes, by scikit-learn."""
    rows = np.zeros((len(y), 1))
    return log_loss(y, DummyClassifier().fit(rows, y, weight).predict_proba(rows), sample_weight=weight)


@given(
    rate=st.sampled_from([1e-7, 1e-4, 1e-2, 1.0, 30.0]),
    size=st.sampled_from([1e-4, 1.0, 100.0]),
    rare=st.sampled_from([0.5, 0.1, 0.02]),
    weighted=st.booleans(),
    alpha=st.sampled_from([0.0, 3.0, 1e6]),
    solver=st.sampled_from(["adam", "sgd", "adamw"]),
)
@settings(max_examples=60)
def test_a_fit_warns_if_and_only_if_a_constant_does_as_well(rate, size, rare, weighted, alpha, solver):
    """By scikit-learn's log loss of its probabilities and of the shares of the classes, whatever made it so."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    y = (X[:, 0] + 0.3 * rng.normal(size=300) > np.quantile(X[:, 0], 1 - rare)).astype(int)
    weight = rng.uniform(0.1, 3.0, 300) if weighted else None
    model = DeepMLPClassifier((6,), solver=solver, learning_rate_init=rate, alpha=alpha, max_iter=4, random_state=0)
    try:
        said = warned(lambda: model.fit(size * X, y, weight))
    except DivergenceError:  # says enough
        return
    loss, constant = log_loss(y, model.predict_proba(size * X), sample_weight=weight), prior_loss(y, weight)
    if abs(loss - constant) > 2e-5 * constant:  # rounding of the training's float32
        assert said or loss < constant
        assert not said or loss > constant or model.loss_ > constant


@given(rate=st.sampled_from([1e-7, 1e-3, 1e-2, 10.0]), factor=st.sampled_from([1e-6, 1.0, 1e6]), shift=st.floats(-9, 9))
@settings(max_examples=30)
def test_a_regressor_warns_if_and_only_if_its_training_r2_is_not_above_zero(rate, factor, shift):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = factor * (X[:, 0] + shift)
    model = DeepMLPRegressor((6,), learning_rate_init=rate, max_iter=8, random_state=0)
    said = warned(lambda: model.fit(X, y))
    score = r2_score(y, model.predict(X))
    if abs(score) > 1e-3:
        assert said == (score < 0)


@pytest.mark.parametrize("seed", range(3))
def test_noise_that_is_learnt_by_a_hair_does_not_warn(seed):
    """The loss ends below that of a constant, though no other rows would agree."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(500, 3)), rng.integers(0, 2, 500)
    model = DeepMLPClassifier((4,), max_iter=30, learning_rate_init=0.01, random_state=0)
    assert not warned(lambda: model.fit(X, y))
    assert prior_loss(y) * 0.9 < log_loss(y, model.predict_proba(X)) < prior_loss(y)


def test_the_words_name_both_losses_and_what_helps():
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = (X[:, 0] > 0).astype(int)
    with pytest.warns(
        ConvergenceWarning, match=r"loss of 0\.\d+, .* constant prediction has 0\.69\d+: .*StandardScaler"
    ):
        DeepMLPClassifier((4,), init="zeros", learning_rate_init=1e-9, max_iter=2).fit(X, y)


def test_a_target_that_leaves_nothing_to_learn_does_not_warn():
    """A constant prediction is right then, and none can be better."""
    X = np.random.default_rng(0).normal(size=(50, 3))
    assert not warned(lambda: DeepMLPRegressor((4,), random_state=0).fit(X, np.full(50, 3.0)))
    assert not warned(lambda: DeepMLPClassifier((4,), random_state=0).partial_fit(X, np.zeros(50, int), [0, 1]))


def test_smoothed_labels_have_a_constant_of_their_own():
    """Smoothing raises the loss of all predictions, the best constant's too."""
    X = np.random.default_rng(0).normal(size=(300, 3))
    y = (X[:, 0] > 0).astype(int)
    model = DeepMLPClassifier((8,), label_smoothing=0.8, learning_rate_init=0.01, max_iter=30, random_state=0)
    assert not warned(lambda: model.fit(X, y))


def test_several_labels_and_several_outputs_have_a_constant(multilabel, multioutput):
    for model, (X, y) in ((DeepMLPClassifier, multilabel), (DeepMLPRegressor, multioutput)):
        useless = model((4,), init="zeros", learning_rate_init=1e-9, max_iter=2)
        sound = model((8,), learning_rate_init=0.01, max_iter=60, random_state=0)
        assert warned(lambda useless=useless, X=X, y=y: useless.fit(X, y))
        assert not warned(lambda sound=sound, X=X, y=y: sound.fit(X, y))


# The end that is worse than what was before it ----------------------------------------------------------------------


class Spike:
    """A rate that is right but for the last steps."""

    def __init__(self, first, n_steps, high):
        self.first, self.n_steps, self.high = first, n_steps, high

    def __call__(self, step):
        return self.high if self.first <= step < self.first + self.n_steps else 0.01


@pytest.fixture
def spoilt_at_the_end():
    """A network whose last of ten epochs, of ten steps each, throws it off, and its rows."""
    X = np.random.default_rng(0).normal(size=(400, 3))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    model = DeepMLPClassifier((16,), learning_rate=Spike(92, 4, 30.0), batch_size=40, max_iter=10, random_state=0)
    return model.set_params(tol=0.0), X, y


def test_an_end_that_threw_away_what_was_learnt_is_said(spoilt_at_the_end):
    model, X, y = spoilt_at_the_end
    assert warned(lambda: model.fit(X, y))


def test_restore_goes_back_to_weights_that_beat_the_constant(spoilt_at_the_end):
    """To those of an epoch before, as after a divergence, and says so."""
    model, X, y = spoilt_at_the_end
    model.set_params(on_divergence="restore")
    with pytest.warns(ConvergenceWarning, match=r"constant prediction has .* has the weights of epoch \d"):
        model.fit(X, y)
    assert (model.stop_reason_, model.best_iter_ < 10) == ("diverged", True)
    assert log_loss(y, model.predict_proba(X)) < 0.7 * prior_loss(y)


def test_restore_keeps_an_end_where_nothing_was_better():
    """And warns of it: there are no weights to go back to."""
    X, y = np.random.default_rng(0).normal(size=(200, 3)), np.arange(200) % 2
    model = DeepMLPClassifier((4,), learning_rate_init=1e-9, max_iter=3, random_state=0, on_divergence="restore")
    assert warned(lambda: model.fit(X, y))
    assert model.stop_reason_ == "max_iter"


# Streams ------------------------------------------------------------------------------------------------------------


def stream(model, X, y, n_rows, n_passes=1):
    """All rows, so many in a call."""
    for start in np.tile(np.arange(0, len(X), n_rows), n_passes):
        model.partial_fit(X[start : start + n_rows], y[start : start + n_rows], classes=np.unique(y))


@pytest.mark.parametrize(("n_rows", "n_passes"), [(1, 1), (20, 2), (1797, 20)])
def test_a_stream_that_knows_no_more_than_a_constant_is_said_to(n_rows, n_passes):
    """Its rate is far too high."""
    X, y = load_digits(return_X_y=True)
    model = DeepMLPClassifier((16,), activation="relu", learning_rate_init=3.0, random_state=0)
    assert warned(lambda: stream(model, scale(X), y, n_rows, n_passes))


@pytest.mark.parametrize("n_rows", [1, 10, 100, 1000, 5000])
def test_a_sound_stream_with_a_rare_class_is_never_warned_of(n_rows):
    """At its start the loss is above that of the shares of the classes, and falls."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 5))
    y = (X[:, 0] + 0.5 * rng.normal(size=5000) > 2.6).astype(int)
    assert not warned(lambda: stream(DeepMLPClassifier((32,), random_state=0), X, y, n_rows))


def test_a_sound_stream_of_noise_is_never_warned_of():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(3000, 5)), rng.integers(0, 3, 3000)
    for n_rows in (1, 50, 1000):
        assert not warned(lambda n_rows=n_rows: stream(DeepMLPClassifier((8,), random_state=0), X, y, n_rows))
