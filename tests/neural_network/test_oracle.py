"""Training agrees with scikit-learn's: its networks step by step, its linear models at the optimum."""

from inspect import signature
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from skdeep import DeepMLPClassifier, DeepMLPRegressor

N_ROWS = 120
HIDDEN = (7, 5)
N_OUTPUTS = {"binary": 1, "multiclass": 3, "multilabel": 4, "regression": 1, "multioutput": 3}
SOLVERS = {
    "plain descent": {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1},
    "momentum": {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": False, "learning_rate_init": 0.1},
    "nesterov": {"solver": "sgd", "momentum": 0.8, "nesterovs_momentum": True, "learning_rate_init": 0.1},
    "adam": {"solver": "adam", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6, "learning_rate_init": 0.02},
}
MLP_HAS_WEIGHTS = "sample_weight" in signature(MLPClassifier.fit).parameters


def starting_weights(sizes):
    rng = np.random.default_rng(0)
    return [rng.normal(0, fan_in**-0.5, (fan_in, fan_out)) for fan_in, fan_out in pairwise(sizes)]


def their_start(estimator, weights):
    """scikit-learn's estimator, made to start from the given weights and zero biases."""
    layers = iter(weights)

    class StartsFromGivenWeights(estimator):
        def _init_coef(self, fan_in, fan_out, dtype):
            return next(layers).astype(dtype), np.zeros(fan_out, dtype)

    return StartsFromGivenWeights


def our_start(weights):
    layers = iter(weights)
    return lambda rng, fan_in, fan_out: next(layers)


def train_both(kind, data, *, batch_size=N_ROWS, alpha=0.3, sample_weight=None, **parameters):
    """Our network and scikit-learn's after the same training; `alpha` in scikit-learn's meaning."""
    X, y = (values[:N_ROWS].astype(float) for values in data)
    regresses = kind in ("regression", "multioutput")
    ours, theirs = (DeepMLPRegressor, MLPRegressor) if regresses else (DeepMLPClassifier, MLPClassifier)
    weights = starting_weights((X.shape[1], *HIDDEN, N_OUTPUTS[kind]))
    common = {"hidden_layer_sizes": HIDDEN, "max_iter": 12, "tol": 0.0, "n_iter_no_change": 1000, "shuffle": False}
    common |= {"activation": "relu", "learning_rate": "constant", "batch_size": batch_size, **parameters}
    fit_params = {} if sample_weight is None else {"sample_weight": sample_weight}
    ours = ours(init=our_start(weights), alpha=alpha * N_ROWS / batch_size, dtype="float64", **common)
    theirs = their_start(theirs, weights)(alpha=alpha, **common)
    mean, deviation = weighted_moments(y, sample_weight) if regresses else (0.0, 1.0)
    return ours.fit(X, y, **fit_params), theirs.fit(X, (y - mean) / deviation, **fit_params)


def weighted_moments(y, weight):
    mean = np.average(y, axis=0, weights=weight)
    return mean, np.sqrt(np.average((y - mean) ** 2, axis=0, weights=weight))


def assert_same_weights(ours, theirs):
    for a, b in zip([*ours.coefs_, *ours.intercepts_], [*theirs.coefs_, *theirs.intercepts_], strict=True):
        assert_allclose(a, b, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("batch_size", [N_ROWS, 40])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("kind", "data"), [(kind, kind) for kind in N_OUTPUTS], indirect=["data"])
def test_weights_follow_scikit_learns_network(kind, data, solver, batch_size):
    ours, theirs = train_both(kind, data, batch_size=batch_size, activation="tanh", **SOLVERS[solver])
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize("batch_size", [N_ROWS, 40])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("kind", "data"),
    [(kind, kind) for kind in ("binary", "multiclass", "multilabel", "regression")],  # theirs averages over outputs
    indirect=["data"],
)
def test_the_loss_curve_is_scikit_learns(kind, data, solver, batch_size):
    ours, theirs = train_both(kind, data, batch_size=batch_size, activation="tanh", **SOLVERS[solver])
    assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_every_common_activation_is_scikit_learns(multiclass, activation):
    ours, theirs = train_both("multiclass", multiclass, batch_size=30, activation=activation, **SOLVERS["adam"])
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize("rate", ["constant", "invscaling", "adaptive"])
def test_common_learning_rates_are_scikit_learns_for_one_step(multiclass, rate):
    """Later steps differ: scikit-learn's "invscaling" counts rows, not steps."""
    ours, theirs = train_both("multiclass", multiclass, learning_rate=rate, **SOLVERS["momentum"] | {"max_iter": 1})
    assert_same_weights(ours, theirs)


@pytest.mark.parametrize(
    ("kind", "data"),
    [(kind, kind) for kind in ("binary", "multiclass", "multilabel", "regression")],
    indirect=["data"],
)
def test_lbfgs_goes_scikit_learns_way(kind, data):
    ours, theirs = train_both(kind, data, solver="lbfgs", activation="tanh")
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-8)
    assert_same_weights(ours, theirs)


@pytest.mark.skipif(not MLP_HAS_WEIGHTS, reason="MLPClassifier of this scikit-learn takes no sample_weight")
@pytest.mark.parametrize("solver", ["nesterov", "adam"])
@pytest.mark.parametrize(
    ("kind", "data"), [(kind, kind) for kind in ("binary", "multiclass", "regression")], indirect=["data"]
)
def test_weighted_training_is_scikit_learns(kind, data, solver):
    weight = np.random.default_rng(1).uniform(0.1, 3.0, N_ROWS)
    ours, theirs = train_both(kind, data, sample_weight=weight, activation="tanh", **SOLVERS[solver])
    assert_same_weights(ours, theirs)
    assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)


def linear(estimator, alpha):
    return estimator((), solver="lbfgs", alpha=alpha, tol=1e-8, max_iter=2000, dtype="float64", random_state=0)


@pytest.mark.parametrize(
    ("data", "alpha"),
    [
        ("binary", 1.0),
        ("binary", 20.0),
        ("binary", 200.0),
        ("multiclass", 1.0),
        ("multiclass", 20.0),
    ],
    indirect=["data"],
)
def test_without_hidden_layer_it_is_logistic_regression(data, alpha):
    X, y = data
    ours = linear(DeepMLPClassifier, alpha).fit(X, y)
    theirs = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=5000).fit(X, y)
    assert_allclose(ours.coefs_[0].T, theirs.coef_, atol=1e-4)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-4)


@pytest.mark.parametrize("tol", [1e-3, 1e-5, 1e-7])
def test_lbfgs_converges_only_where_the_gradient_is_within_tol(binary, tol):
    X, y = binary
    model = linear(DeepMLPClassifier, 1.0).set_params(tol=tol).fit(X, y)
    W = model.coefs_[0][:, 0]
    residual = 1 / (1 + np.exp(-(X @ W + model.intercepts_[0]))) - y
    assert model.stop_reason_ == "converged"
    assert np.abs([*(X.T @ residual + W), residual.sum()]).max() / len(y) <= tol


@pytest.mark.parametrize("alpha", [0.0, 5.0])
@pytest.mark.parametrize("data", ["regression", "multioutput"], indirect=True)
def test_without_hidden_layer_it_is_ridge_on_the_standardised_target(data, alpha):
    X, y = data
    ours = linear(DeepMLPRegressor, alpha).fit(X, y)
    theirs = Ridge(alpha=alpha).fit(X, scale(y))
    assert_allclose(ours.coefs_[0].T, np.atleast_2d(theirs.coef_), atol=1e-4)
    assert_allclose(ours.predict(X), theirs.predict(X) * y.std(axis=0) + y.mean(axis=0), atol=1e-4 * y.std())


def test_alpha_keeps_its_meaning_whatever_the_batch_size(binary):
    """With a constant gradient of the data, the penalty alone moves the weights: alike in full and in mini-batches."""
    X, y = np.zeros((60, 3)), np.arange(60) % 2
    steps = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1, "dtype": "float64", "alpha": 6.0}
    # With augmentation, even if it changes nothing, inputs that are constant keep their weights.
    steps |= {"learning_rate": "constant", "augment": lambda X, y, rng: None}
    weights = np.ones((3, 1))
    full, mini = (
        DeepMLPClassifier((), batch_size=size, max_iter=epochs, init=our_start([weights]), **steps).fit(X, y)
        for size, epochs in ((60, 6), (20, 2))
    )
    assert_allclose(full.coefs_[0], weights * (1 - 0.1 * 6.0 / 60) ** 6, rtol=1e-12)
    assert_allclose(mini.coefs_[0], full.coefs_[0], rtol=1e-12)
