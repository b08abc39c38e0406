"""What a fit says of its end: a network that knows no more than a constant prediction is never returned in silence."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import random
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_friedman1
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.core import DivergenceError
from skdeep.model_selection import BatchedGridSearchCV

WORDS = ("knows no more than that", "knows hardly more than that", "scores are far off", "got worse")


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
    y = (X[:, 0] + 0.5 * rng.normal(size=5000) > 2.0).astype(int)
    model = DeepMLPClassifier((32,), learning_rate_init=5e-3, random_state=0)
    assert not warned(lambda: stream(model, X, y, n_rows))


USELESS = {
    "weights of zero": {"init": "zeros"},
    "ten layers of logistic units": {"hidden_layer_sizes": (16,) * 10, "activation": "logistic"},
}


@pytest.mark.parametrize("n_rows", [1, 50, 99, 300])
@pytest.mark.parametrize("parameters", USELESS.values(), ids=USELESS)
@pytest.mark.parametrize("kind", [DeepMLPClassifier, DeepMLPRegressor])
def test_a_useless_stream_is_heard_of_wherever_it_is_cut(kind, parameters, n_rows):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 4))
    y = X[:, 0] + X[:, 1] if kind is DeepMLPRegressor else (X[:, 0] + X[:, 1] > 0).astype(int)
    model = kind(**{"hidden_layer_sizes": (16,), "random_state": 0} | parameters)
    first = {} if kind is DeepMLPRegressor else {"classes": [0, 1]}
    calls = [slice(i, i + n_rows) for i in range(0, 1200, n_rows)] * 4
    said = said_of(lambda: [model.partial_fit(X[rows], y[rows], **first) for rows in calls])
    assert re.search("knows no more than that|knows hardly more than that", said)


SOUND_STREAMS = {
    "one target far away": lambda rng, X: np.where(np.arange(len(X)) == 400, 200.0, 2.0 * X[:, 0] + X[:, 1]),
    "heavy tails": lambda rng, X: 3.0 * X[:, 0] + rng.standard_t(2.5, len(X)),
    "many zeros": lambda rng, X: np.maximum(2.0 * X[:, 0] + X[:, 1] - 1.0, 0.0),
}


@pytest.mark.parametrize("n_rows", [1, 10, 200])
@pytest.mark.parametrize("target", SOUND_STREAMS.values(), ids=SOUND_STREAMS)
def test_a_sound_stream_of_odd_numbers_is_never_warned_of(target, n_rows):
    """Nor are single rows that are far off."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 3))
    y = target(rng, X)
    model = DeepMLPRegressor((32,), random_state=0)
    said = said_of(lambda: [model.partial_fit(X[i : i + n_rows], y[i : i + n_rows]) for i in range(0, 2000, n_rows)])
    assert said == ""


def test_what_is_said_of_a_stream_names_the_losses_that_were_compared():
    """Once for some hundred rows: losses before the steps, no less than 99 in a hundred of a constant's."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2000, 3)), rng.integers(0, 2, 2000)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stream(DeepMLPClassifier((8,), init="zeros", random_state=0), X, y, 1)
    pattern = r"last (\d+) rows had a mean loss of ([\d.]+) before they were trained on, where .* had ([\d.]+):"
    found = [re.search(pattern, str(one.message)).groups() for one in caught]
    assert 3 <= len(found) <= 2000 / 256
    assert all(int(n) == 256 and float(loss) >= 0.985 * float(constant) for n, loss, constant in found)


def test_the_losses_of_a_stream_are_those_of_its_rows_before_they_are_trained_on():
    """By hand: the log loss of each row when it comes, and of the shares of the classes so far."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 3)), rng.integers(0, 3, 300)
    model = DeepMLPClassifier((4,), dtype="float64", random_state=0).partial_fit(X[:1], y[:1], classes=[0, 1, 2])
    own, constant = [], []
    for row in range(1, 256):
        own.append(-model.predict_log_proba(X[row : row + 1])[0, y[row]])
        constant.append(-np.log(max(np.mean(y[:row] == y[row]), 1e-6)))
        model.partial_fit(X[row : row + 1], y[row : row + 1])
    calls = model._model.judgement.calls
    assert calls.n_rows == 256
    assert (256 * calls.of_constant - np.log(3)) / 255 == pytest.approx(np.mean(constant), rel=1e-9)
    assert calls.loss == pytest.approx(np.mean(own), rel=0.02)  # the very first row is not in the mean by hand


def test_short_rows_that_come_one_at_a_time_are_heard_of():
    model, X, y = friedman(0.01)
    said = said_of(lambda: [model.partial_fit(X[row : row + 1], y[row : row + 1]) for row in range(200)])
    assert said.count("The inputs are small") == 1


def test_rows_of_a_warm_start_that_are_of_another_size_are_heard_of():
    model, X, y = friedman(1.0)
    model.set_params(warm_start=True, max_iter=5).fit(X, y)
    assert "The inputs are small" in said_of(lambda: model.fit(0.001 * X, y))


def test_a_column_that_is_much_smaller_than_the_others_is_heard_of():
    """Also where it is the one that matters, and the scores of the first weights are as they should be."""
    X = np.random.default_rng(0).normal(size=(300, 4)) * [1e-6, 1.0, 1.0, 1.0]
    said = said_of(lambda: DeepMLPRegressor((16,), max_iter=20, random_state=0).fit(X, 1e6 * X[:, 0]))
    assert "differ by a factor of" in said


# The size of the inputs ---------------------------------------------------------------------------------------------


def said_of(action):
    """All that a call warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    return " ".join(str(one.message) for one in caught)


def friedman(factor):
    X, y = make_friedman1(300, 6, random_state=0)
    return DeepMLPRegressor((16,), max_iter=60, learning_rate_init=0.01, random_state=0), factor * X, y


def digits(factor):
    X, y = load_digits(return_X_y=True)
    return DeepMLPClassifier((16,), max_iter=15, random_state=0), factor * X[:500], y[:500]


def tf_idf():
    """Sparse rows of length one in 2000 columns."""
    X = random(300, 2000, 0.01, random_state=0, format="csr")
    X = X.multiply(1.0 / np.sqrt(X.multiply(X).sum(axis=1))).tocsr()
    y = (np.asarray(X[:, :1000].sum(axis=1) - X[:, 1000:].sum(axis=1)).ravel() > 0).astype(int)
    return DeepMLPClassifier((16,), max_iter=40, learning_rate_init=5e-3, random_state=0), X, y


MIS_SCALED = {
    "friedman in hundredths": (friedman(0.01), "The inputs are small"),
    "friedman times 30": (friedman(30.0), "The inputs are large"),
    "pixels in 0..255": (digits(255 / 16), "first weights have a loss .* The inputs are large"),
    "cancer as measured": (
        (DeepMLPClassifier((16,), max_iter=15, random_state=0), *load_breast_cancer(return_X_y=True)),
        "first weights have a loss .* standard deviations differ by a factor",
    ),
}
SOUND = {
    "friedman": friedman(1.0),
    "friedman in tenths of its size": friedman(0.4),
    "pixels in 0..16": digits(1.0),
    "pixels in 0..1": digits(1 / 16),
    "tf-idf": tf_idf(),
    "iris in centimetres": (
        DeepMLPClassifier((16,), max_iter=40, learning_rate_init=0.01, random_state=0),
        *load_iris(return_X_y=True),
    ),
}


@pytest.mark.parametrize(("task", "words"), MIS_SCALED.values(), ids=MIS_SCALED)
def test_fit_says_that_inputs_are_of_another_size_than_it_can_use(task, words):
    model, X, y = task
    assert re.search(words, said_of(lambda: model.fit(X, y)))


@pytest.mark.parametrize("task", SOUND.values(), ids=SOUND)
def test_fit_says_nothing_of_inputs_that_train_well(task):
    """And they do: better than half of what there is to learn."""
    model, X, y = task
    assert said_of(lambda: model.fit(X, y)) == ""
    assert model.score(X, y) > 0.5


@pytest.mark.parametrize("kind", [DeepMLPClassifier, DeepMLPRegressor])
def test_first_weights_of_ones_own_that_are_too_large_are_said_to_be(kind, multiclass):
    """However well the inputs are scaled."""
    model = kind((16,), init=lambda rng, *shape: rng.normal(0.0, 20.0, shape), max_iter=3, random_state=0)
    assert "choose an init with smaller weights" in said_of(lambda: model.fit(*multiclass))


def test_the_columns_are_named_as_the_user_names_them():
    pandas = pytest.importorskip("pandas")
    X, y = load_wine(return_X_y=True, as_frame=True)
    assert isinstance(X, pandas.DataFrame)
    said = said_of(lambda: DeepMLPClassifier((8,), max_iter=3, random_state=0).fit(X, y))
    assert "proline" in said


def test_the_first_call_of_a_stream_says_it_and_the_others_do_not():
    model, X, y = friedman(30.0)
    assert "The inputs are large" in said_of(lambda: model.partial_fit(X, y))
    assert "The inputs" not in said_of(lambda: model.partial_fit(X, y))


def test_a_single_row_says_nothing_of_sizes():
    """Its scores are large or small by chance."""
    for seed in range(20):
        X = np.random.default_rng(seed).normal(size=(1, 2))
        assert said_of(lambda X=X, seed=seed: DeepMLPRegressor((2,), random_state=seed).partial_fit(X, [1.0])) == ""


def test_lbfgs_whose_steps_have_no_rate_of_their_own_is_not_told_of_short_rows():
    _, X, y = friedman(0.01)
    model = DeepMLPRegressor((8,), solver="lbfgs", max_iter=300, alpha=0.0, tol=1e-3, random_state=0)
    assert "The inputs are small" not in said_of(lambda: model.fit(X, y))


def test_a_stack_says_of_its_inputs_what_each_fit_would():
    _, X, y = friedman(30.0)
    network = DeepMLPRegressor((4,), max_iter=3, random_state=0)
    said = [
        said_of(lambda search=search: search(network, {"alpha": [0.1, 1.0]}, cv=2, refit=False).fit(X, y))
        for search in (BatchedGridSearchCV, GridSearchCV)
    ]
    assert said[0].count("The inputs are large") == said[1].count("The inputs are large") == 4
