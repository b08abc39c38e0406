"""No number that a fit keeps is subnormal, whatever decays; and what is flushed changes nothing else."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import cross_val_score

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.core.subnormals import FLOORS, WEIGHT_FLOOR
from skdeep.model_selection import BatchedGridSearchCV

SOLVERS = ["sgd", "adam", "adamw", "rmsprop"]


def n_subnormal(values):
    """Of an array."""
    sizes = np.abs(values)
    return np.count_nonzero((sizes > 0.0) & (sizes < np.finfo(values.dtype).tiny))


def kept(model):
    """Everything that goes from step to step."""
    moments = [value for value in vars(model._resume.optimizer).values() if isinstance(value, np.ndarray)]
    return [model._model.parameters.theta, *(values for values in moments if values.ndim)]


def decaying(kind=DeepMLPClassifier, **parameters):
    """A network whose dead units, of rows that are not scaled, have weights that only the penalty acts on."""
    defaults = {"hidden_layer_sizes": (32, 32), "activation": "relu", "solver": "rmsprop", "alpha": 3.0}
    steps = {"max_iter": 120, "tol": 0.0, "n_iter_no_change": 1000, "random_state": 0}
    return kind(**{**defaults, **steps, **parameters})


@pytest.fixture(scope="module")
def raw():
    """Breast cancer, whose columns reach from 0.01 to 1000, and its first 200 rows alone."""
    X, y = load_breast_cancer(return_X_y=True)
    return X[:200], y[:200]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("activation", ["relu", "silu", "tanh", "logistic"])
def test_no_weight_or_moment_that_a_fit_keeps_is_subnormal(activation, solver, raw):
    """Each rule lets other numbers decay, and each activation dies in another way."""
    model = decaying(activation=activation, solver=solver).fit(*raw)
    assert [n_subnormal(values) for values in kept(model)] == [0] * len(kept(model))


def test_weights_decay_to_zero(raw):
    """Or else the claim above would say nothing: there are dead units, and no weight just above zero."""
    sizes = np.abs(decaying().fit(*raw)._model.parameters.theta)
    assert np.mean(sizes == 0.0) > 0.1
    assert not np.any((sizes > 0.0) & (sizes < 1e-35))


def test_a_stream_keeps_no_subnormal_weight(raw):
    """Call by call: the steps are counted over all of them."""
    X, y = raw
    model = decaying()
    for number in range(600):
        rows = slice(number % 5 * 40, number % 5 * 40 + 40)
        model.partial_fit(X[rows], y[rows], classes=[0, 1])
        if number % 50 == 49:
            assert n_subnormal(model._model.parameters.theta) == 0
    assert np.mean(model._model.parameters.theta == 0.0) > 0.01


def test_networks_of_a_stack_are_flushed_as_single_ones(raw):
    """The best one of a search is a network that was trained by itself; the scores are those of the stack."""
    search = BatchedGridSearchCV(decaying(max_iter=60), {"alpha": [1.0, 3.0]}, cv=2).fit(*raw)
    single = [decaying(max_iter=60, alpha=alpha) for alpha in (1.0, 3.0)]
    expected = [cross_val_score(network, *raw, cv=2).mean() for network in single]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected, rtol=1e-12)
    assert n_subnormal(search.best_estimator_._model.parameters.theta) == 0


@pytest.mark.parametrize("kind", [DeepMLPClassifier, DeepMLPRegressor])
def test_lbfgs_leaves_no_weight_that_is_subnormal_in_float32(kind, raw):
    """Its float64 holds far smaller ones, such as these at the start."""

    def init(rng, fan_in, fan_out):
        return np.full((fan_in, fan_out), 1e-40)

    theta = kind((8,), solver="lbfgs", init=init, max_iter=1).fit(*raw)._model.parameters.theta
    assert n_subnormal(theta) == 0
    assert np.any(theta == 0.0)


def test_small_weights_that_count_are_kept():
    """Where rows are as large: a fit, a file and a copy leave them."""
    X = np.random.default_rng(0).normal(size=(50, 2)) * 1e24
    model = DeepMLPRegressor((), solver="lbfgs", max_iter=1, dtype="float64").fit(X / 1e24, X[:, 0] / 1e24)
    model.coefs_[0][...] *= 1e-24
    before = model.predict(X)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), before)
    assert np.ptp(before) > 0.1


@pytest.mark.parametrize("activation", ["relu", "silu"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_fit_that_goes_on_from_a_file_is_one_that_was_never_cut(solver, activation, raw):
    """To the last bit, between two flushes and two looks, while weights, biases and tails decay."""
    parameters = {"solver": solver, "activation": activation, "learning_rate": "constant", "warm_start": True}
    whole = decaying(**parameters, max_iter=120).fit(*raw)
    cut = decaying(**parameters, max_iter=37).fit(*raw)
    again = pickle.loads(pickle.dumps(cut)).set_params(max_iter=83).fit(*raw)
    assert_array_equal(again._model.parameters.theta, whole._model.parameters.theta)


@pytest.mark.parametrize("alpha", [1.0, 1000.0])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_stream_that_goes_on_from_files_is_one_that_was_never_stored(solver, alpha, raw):
    """To the last bit after every call; and no call leaves a subnormal number."""
    X, y = raw[0][:37], raw[1][:37]
    parameters = {"solver": solver, "alpha": alpha, "hidden_layer_sizes": (24, 16), "total_samples": 37 * 40}
    kept_in_memory, stored = (decaying(activation="silu", batch_size=32, **parameters) for _ in range(2))
    for _ in range(40):
        kept_in_memory.partial_fit(X, y, classes=[0, 1])
        stored = pickle.loads(pickle.dumps(stored.partial_fit(X, y, classes=[0, 1])))
        assert_array_equal(stored._model.parameters.theta, kept_in_memory._model.parameters.theta)
        assert not any(map(n_subnormal, kept(stored)))


def test_flushed_weights_predict_the_same(raw):
    """To the last bit, as if they had been left as they were."""
    X, y = raw
    model = decaying(max_iter=20, activation="tanh").fit(X, y)
    before = model.predict_proba(X)
    for W in model.coefs_:
        W[W == 0.0] = 1e-30
    assert_array_equal(model.predict_proba(X), before)


def test_a_network_of_an_earlier_version_is_flushed_when_it_is_read(raw):
    """As its files may hold such weights; what it predicts stays."""
    X, y = raw
    model = decaying(max_iter=20).fit(X, y)
    model.coefs_[0][3] = 1e-40
    model.coefs_[1][:, 2] = -1e-37
    before = model.predict_proba(X)
    state = model.__getstate__()
    del state["_resume"]["tails"]  # which earlier versions did not have
    again = DeepMLPClassifier()
    again.__setstate__(state)
    assert not np.any(again.coefs_[0][3])
    assert not np.any(again.coefs_[1][:, 2])
    assert_array_equal(again.predict_proba(X), before)


@pytest.fixture
def never_flushed(monkeypatch):
    """As if there were no floors."""
    for floors in (WEIGHT_FLOOR, *FLOORS.values()):
        for size in floors:
            monkeypatch.setitem(floors, size, 0.0)


@pytest.mark.parametrize("activation", ["relu", "silu", "tanh"])
def test_a_fit_without_such_weights_has_the_same_bits(activation, request):
    """On digits of 0 to 1 little decays so far in some epochs."""
    X, y = load_digits(return_X_y=True)
    network = DeepMLPClassifier((16,), activation, max_iter=8, random_state=0)
    theta = network.fit(X / 16, y)._model.parameters.theta.copy()
    request.getfixturevalue("never_flushed")
    assert_array_equal(network.fit(X / 16, y)._model.parameters.theta, theta)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_fit_with_such_weights_learns_the_same(solver, raw, request):
    """Its losses are equal to rounding with and without floors."""
    curve = decaying(solver=solver).fit(*raw).loss_curve_
    request.getfixturevalue("never_flushed")
    np.testing.assert_allclose(decaying(solver=solver).fit(*raw).loss_curve_, curve, rtol=1e-5)
