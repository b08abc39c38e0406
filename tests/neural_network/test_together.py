"""Networks fitted together are what each would be after its own fit."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.core import ACTIVATIONS, INITIALIZERS, SCHEDULES
from skdeep.neural_network._together import NetworkFit, fit_together, pays_to_stack

N_ROWS = 90
ESTIMATORS = {
    "binary": DeepMLPClassifier,
    "multiclass": DeepMLPClassifier,
    "multilabel": DeepMLPClassifier,
    "regression": DeepMLPRegressor,
    "multioutput": DeepMLPRegressor,
}
#: Networks of one stack, each with something of its own.
MIXED = [
    {"alpha": 0.3},
    {"alpha": 10.0, "learning_rate_init": 0.005, "random_state": 1},
    {"keep_prob": 0.7, "init": "orthogonal"},
    {"keep_prob": (0.9, 0.6), "input_keep_prob": 0.8, "max_iter": 5, "random_state": 2},
    {"early_stopping": False, "learning_rate": "constant", "tol": 0.1, "n_iter_no_change": 2},
]
STOPS_EARLY = [{**settings, "early_stopping": True, "validation_fraction": 0.2} for settings in MIXED]


def small(estimator=DeepMLPClassifier, **parameters):
    common = {"hidden_layer_sizes": (6, 5), "max_iter": 8, "learning_rate_init": 0.02, "random_state": 0}
    return estimator(**common | parameters)


def some(data):
    """The first rows; numbers in units of their spread, so that predictions are of the order of 1."""
    X, y = data[0][:N_ROWS], data[1][:N_ROWS]
    return X, y / y.std() if y.dtype == float else y


def predicted(network, X):
    return network.predict(X) if is_regressor(network) else network.predict_proba(X)


def assert_same(network, expected, X):
    assert_allclose(predicted(network, X), predicted(expected, X), rtol=1e-5, atol=1e-5)
    for name in ("n_iter_", "stop_reason_", "t_", "best_iter_", "alpha_", "n_features_in_"):
        assert getattr(network, name) == getattr(expected, name), name
    for name in ("loss_curve_", "validation_loss_curve_", "validation_scores_"):
        one, other = getattr(network, name), getattr(expected, name)
        assert (one is None) == (other is None), name
        assert_allclose(one or [], other or [], rtol=1e-4, err_msg=name)
    assert_allclose(network.history_.learning_rate, expected.history_.learning_rate, rtol=1e-12)
    if hasattr(expected, "classes_"):
        assert_array_equal(network.classes_, expected.classes_)
        assert network.classes_.dtype == expected.classes_.dtype


def assert_fitted_as_alone(networks, X, y, **fit_params):
    """All are as after their own fit; returns the fits and the lines of the report."""
    expected = [clone(network).fit(X, y, **fit_params) for network in networks]
    fits, lines = [NetworkFit(network, X, y, fit_params) for network in networks], []
    fit_together(fits, lines.append)
    for fit, alone in zip(fits, expected, strict=True):
        assert fit.error is None
        assert_same(fit.network, alone, X)
    return fits, lines


# Parameters -------------------------------------------------------------------------------------------------


def ramp(rng, fan_in, fan_out):
    return rng.uniform(-1.0, 1.0, (fan_in, fan_out)) / fan_in


VARIED = {
    "nothing": [{}],
    "alpha": [{"alpha": alpha} for alpha in ("auto", 0.0, 1.0, 50.0)],
    "keep_prob": [{"keep_prob": keep_prob} for keep_prob in (0.5, 0.8, 1.0)],
    "keep_prob of each layer": [{"keep_prob": keeps} for keeps in ((0.9, 0.5), (0.6, 0.6), (1.0, 0.7), (0.7, 1.0))],
    "input_keep_prob": [{"input_keep_prob": keep_prob} for keep_prob in (0.6, 0.9, 1.0)],
    "all keep_probs": [{"keep_prob": one, "input_keep_prob": other} for one in (0.7, 1.0) for other in (0.8, 1.0)],
    "init": [{"init": init} for init in ("auto", *INITIALIZERS)],
    "callable init": [{"init": init} for init in (ramp, "auto")],
    "learning_rate_init": [{"learning_rate_init": rate} for rate in (0.001, 0.01, 0.1)],
    "learning_rate": [{"learning_rate": name} for name in SCHEDULES],
    "adaptive learning_rate": [{"learning_rate": "adaptive", "tol": tol, "n_iter_no_change": 1} for tol in (0.5, 0.05)],
    "callable learning_rate": [{"learning_rate": rate} for rate in (lambda step: 0.01 / (1 + step), "constant")],
    "activation": [{"activation": name} for name in ACTIVATIONS],
    "activation of each layer": [{"activation": names} for names in (("relu", "tanh"), ("tanh", "relu"))],
    "hidden_layer_sizes": [{"hidden_layer_sizes": sizes} for sizes in ((6, 5), (5, 6), (4,), 7, ())],
    "solver": [{"solver": solver} for solver in ("adam", "adamw", "sgd", "rmsprop", "lbfgs")],
    "adamw": [{"solver": "adamw", "alpha": alpha} for alpha in (0.1, 10.0)],
    "sgd": [{"solver": "sgd", "learning_rate_init": rate, "alpha": alpha} for rate, alpha in ((0.1, 0.0), (0.02, 3.0))],
    "momentum": [{"solver": "sgd", "momentum": m, "nesterovs_momentum": n} for m in (0.0, 0.8) for n in (True, False)],
    "rmsprop": [{"solver": "rmsprop", "learning_rate_init": rate} for rate in (0.002, 0.01)],
    "decay of moments": [{"beta_1": b, "beta_2": c, "epsilon": e} for b, c, e in ((0.8, 0.99, 1e-6), (0.9, 0.9, 1e-3))],
    "max_norm": [{"max_norm": limit, "alpha": alpha} for limit in (0.5, 1.5, None) for alpha in (0.1, 1.0)],
    "clip_norm": [{"clip_norm": limit, "alpha": alpha} for limit in (0.05, 1.0, None) for alpha in (0.1, 1.0)],
    "batch_size": [{"batch_size": size} for size in ("auto", 16, N_ROWS, 10 * N_ROWS)],
    "batch_size beside dropout": [{"batch_size": 10 * N_ROWS, "keep_prob": keep_prob} for keep_prob in (0.8, 0.6, 1.0)],
    "shuffle": [{"shuffle": shuffle, "alpha": alpha} for shuffle in (False, True) for alpha in (0.1, 1.0)],
    "label_smoothing": [{"label_smoothing": share} for share in (0.0, 0.1, 0.3)],
    "class_weight": [{"class_weight": weight} for weight in (None, "balanced", {0: 5.0})],
    "dtype": [{"dtype": dtype, "alpha": alpha} for dtype in ("float32", "float64", np.float64) for alpha in (0.1, 1.0)],
    "max_iter": [{"max_iter": max_iter} for max_iter in (1, 4, 9)],
    "patience": [{"max_iter": 15, "tol": tol, "n_iter_no_change": n} for tol, n in ((0.3, 1), (0.1, 2), (1e-4, 10))],
    "early_stopping": [{"early_stopping": stops, "tol": tol} for stops in (True, False) for tol in (1e-4, 0.5)],
    "validation_fraction": [{"early_stopping": True, "validation_fraction": share} for share in (0.1, 0.2, 0.4)],
    "record_norms": [{"record_norms": True}, {"record_norms": False}],
    "augment": [{"augment": lambda X, Y, rng: X.__iadd__(rng.normal(size=X.shape))}, {"augment": None}],
}


@pytest.mark.parametrize("settings", VARIED.values(), ids=VARIED)
def test_parameters_have_the_effect_that_they_have_alone(multiclass, settings):
    """Each setting with a seed that all share and with one of its own."""
    networks = [small(**own, random_state=seed) for own in settings for seed in (0, 1)]
    assert_fitted_as_alone(networks, *some(multiclass))


@pytest.mark.parametrize("seeds", [(0, 0, 0), (0, 1, 2), (0, 1, 0)])
@pytest.mark.parametrize("keep_prob", [1.0, 0.7])
def test_equal_and_different_seeds_draw_what_they_draw_alone(multiclass, seeds, keep_prob):
    """Initial weights, orders of rows and masks, for equal networks too."""
    assert_fitted_as_alone([small(keep_prob=keep_prob, random_state=seed) for seed in seeds], *some(multiclass))


def test_a_random_state_that_is_a_generator_draws_what_it_draws_alone(multiclass):
    networks = [small(random_state=np.random.RandomState(seed), keep_prob=0.8) for seed in (0, 0, 1)]
    assert_fitted_as_alone(networks, *some(multiclass))


@pytest.mark.parametrize("scoring", ["loss", "accuracy", None, lambda network, X, y: network.score(X, y)])
@pytest.mark.parametrize("own", [{}, {"keep_prob": 0.7}, {"tol": 0.05, "n_iter_no_change": 2, "max_iter": 15}])
def test_early_stopping_watches_what_it_watches_alone(multiclass, scoring, own):
    """By loss or score, and with the weights of the same best epoch."""
    watched = {"early_stopping": True, "scoring": scoring, "validation_fraction": 0.2, **own}
    networks = [small(**watched, alpha=alpha, random_state=seed) for alpha in (0.1, 5.0) for seed in (0, 1)]
    assert_fitted_as_alone(networks, *some(multiclass))


# Rows and targets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [MIXED, STOPS_EARLY], ids=["all epochs", "early stopping"])
@pytest.mark.parametrize(("kind", "data"), [(kind, kind) for kind in ESTIMATORS], indirect=["data"])
def test_every_kind_of_target_is_learnt_as_alone(kind, data, settings):
    assert_fitted_as_alone([small(ESTIMATORS[kind], **own) for own in settings], *some(data))


CONTAINERS = {
    "list": np.ndarray.tolist,
    "float32": np.float32,
    "sparse": csr_matrix,
    "frame": lambda X: pd.DataFrame(X, columns=["a", "b", "c", "d"]),
}


@pytest.mark.parametrize("convert", CONTAINERS.values(), ids=CONTAINERS)
def test_rows_may_come_in_every_container(multiclass, convert):
    X, y = some(multiclass)
    assert_fitted_as_alone([small(**own) for own in MIXED], convert(X), y)


def test_every_network_learns_the_names_of_the_columns(multiclass):
    """Though the rows are validated once for all."""
    X, y = some(multiclass)
    fits, _ = assert_fitted_as_alone([small(**own) for own in MIXED], CONTAINERS["frame"](X), y)
    for fit in fits:
        assert_array_equal(fit.network.feature_names_in_, ["a", "b", "c", "d"])


def test_labels_may_be_text(multiclass):
    X, y = some(multiclass)
    assert_fitted_as_alone([small(**own) for own in MIXED], X, np.array(["x", "y", "z"])[y])


@pytest.mark.parametrize("regressor_first", [True, False])
def test_a_classifier_and_a_regressor_may_learn_from_the_same_rows(multiclass, regressor_first):
    """Each takes the target in its own way."""
    X, y = some(multiclass)
    networks = [small(DeepMLPClassifier), small(DeepMLPRegressor)]
    assert_fitted_as_alone(networks[:: -1 if regressor_first else 1], X, y)


WEIGHTS = {
    "positive": lambda rng: rng.uniform(0.1, 3.0, N_ROWS),
    "with zeros": lambda rng: rng.integers(0, 3, N_ROWS).astype(float),
    "of one half of the rows": lambda rng: np.arange(N_ROWS) % 2,
    "list": lambda rng: rng.uniform(0.1, 3.0, N_ROWS).tolist(),
}


@pytest.mark.parametrize("settings", [MIXED, STOPS_EARLY], ids=["all epochs", "early stopping"])
@pytest.mark.parametrize("make_weight", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize(("kind", "data"), [(kind, kind) for kind in ("multiclass", "regression")], indirect=["data"])
def test_sample_weights_count_as_alone(kind, data, make_weight, settings):
    weight = make_weight(np.random.default_rng(0))
    assert_fitted_as_alone([small(ESTIMATORS[kind], **own) for own in settings], *some(data), sample_weight=weight)


def test_class_weights_join_sample_weights(multiclass):
    weight = np.random.default_rng(0).uniform(0.1, 3.0, N_ROWS)
    networks = [small(class_weight=own, random_state=seed) for own in (None, "balanced") for seed in (0, 1)]
    assert_fitted_as_alone(networks, *some(multiclass), sample_weight=weight)


@pytest.mark.parametrize("scoring", ["loss", "accuracy"])
@pytest.mark.parametrize("settings", [MIXED, STOPS_EARLY], ids=["watched", "early stopping"])
@pytest.mark.parametrize("weighted", [False, True])
def test_dev_rows_judge_as_alone(multiclass, settings, scoring, weighted):
    """Given by the user, with and without weights."""
    X, y = multiclass
    dev = {"X_val": X[N_ROWS:], "y_val": y[N_ROWS:]}
    if weighted:
        dev["sample_weight_val"] = np.random.default_rng(0).integers(0, 3, len(y) - N_ROWS)
    fits, _ = assert_fitted_as_alone([small(**own, scoring=scoring) for own in settings], *some(multiclass), **dev)
    assert fits[0].network.validation_loss_curve_ is not None


def test_equal_rows_are_merged_as_alone(multiclass):
    """In a full batch; a network that drops units out sees them all."""
    X, y = (values[np.arange(N_ROWS) % 40] for values in multiclass)
    settings = [{"alpha": 0.1}, {"alpha": 1.0}, {"keep_prob": 0.8}, {"keep_prob": 0.6}]
    assert_fitted_as_alone([small(batch_size=N_ROWS, **own) for own in settings], X, y)


@pytest.mark.parametrize("n_each", [(80, 80, 80), (80, 80, 60, 60), (80, 60, 40)])
def test_every_network_may_have_its_own_rows(multiclass, n_each):
    """As in the folds of a search: as many each in a stack, or not."""
    X, y = multiclass
    fits, expected = [], []
    for start, n in enumerate(n_each):
        rows = np.s_[10 * start : 10 * start + n]
        for alpha in (0.1, 1.0):
            fits.append(NetworkFit(small(alpha=alpha), X[rows], y[rows]))
            expected.append(small(alpha=alpha).fit(X[rows], y[rows]))
    fit_together(fits)
    for fit, alone in zip(fits, expected, strict=True):
        assert_same(fit.network, alone, X)


# Stacks -----------------------------------------------------------------------------------------------------


STACKS = {
    "one": ([{"alpha": 0.1}, {"alpha": 1.0}, {"keep_prob": 0.5}, {"learning_rate": "constant"}], [4]),
    "by layers": ([{"hidden_layer_sizes": sizes} for sizes in ((6, 5), (4,), (6, 5))], [2, 1]),
    "by activation": ([{"activation": name} for name in ("tanh", "relu", "tanh")], [2, 1]),
    "by solver": ([{"solver": name} for name in ("sgd", "adam", "sgd", "adam")], [2, 2]),
    "by batch_size": ([{"batch_size": size} for size in (16, 32, 16)], [2, 1]),
    "L-BFGS alone": ([{"solver": "lbfgs"}, {"solver": "lbfgs"}], [1, 1]),
    "own rate alone": ([{"learning_rate": lambda step: 0.01}, {}, {}], [1, 2]),
}


def n_networks(lines):
    return [int(re.search(r"(\d+) x", line)[1]) for line in lines]


@pytest.mark.parametrize(("settings", "n_in_stacks"), STACKS.values(), ids=STACKS)
def test_networks_of_the_same_layers_are_one_stack(multiclass, settings, n_in_stacks):
    """The report hears of each."""
    _, lines = assert_fitted_as_alone([small(**own) for own in settings], *some(multiclass))
    assert n_networks(lines) == n_in_stacks


@pytest.mark.parametrize(("at_once", "sizes"), [(2, [3, 2]), (3, [3, 2]), (4, [5]), (5, [5])])
def test_stacks_are_cut_to_about_what_a_cache_holds(multiclass, monkeypatch, at_once, sizes):
    """To the nearest number of them; and the networks of each are what they are alone."""
    monkeypatch.setattr("skdeep.neural_network._together.networks_at_once", lambda *layers, **more: at_once)
    networks = [small(alpha=alpha, keep_prob=0.8) for alpha in (0.1, 1.0, 2.0, 4.0, 8.0)]
    _, lines = assert_fitted_as_alone(networks, *some(multiclass))
    assert n_networks(lines) == sizes


def test_no_fits_are_no_work():
    fit_together([])


@pytest.mark.parametrize(
    ("parameters", "n_features", "gains"),
    [
        ({}, 4, True),
        ({"hidden_layer_sizes": (1024, 1024)}, 784, False),
        ({"batch_size": 100_000}, 30, False),
        ({"alpha": -1.0}, 4, True),
    ],
    ids=["small", "large", "large batches", "wrong"],
)
def test_small_networks_gain_by_company(parameters, n_features, gains):
    """And so do wrong ones, whose fit will say what is wrong."""
    assert pays_to_stack(small(**parameters), n_features) is gains


def test_every_fit_knows_its_share_of_the_time(multiclass):
    fits, _ = assert_fitted_as_alone([small(**own) for own in MIXED], *some(multiclass))
    assert min(fit.seconds for fit in fits) > 0.0


# Failures ---------------------------------------------------------------------------------------------------


def spoilt(X):
    X = X.copy()
    X[3, 1] = np.nan
    return X


def refuses(network, X, y):
    raise RuntimeError("no score")


FAILURES = {
    "wrong parameter": ({"alpha": -1.0}, {}),
    "NaN in X": ({}, {"X": spoilt}),
    "no classes": ({}, {"y": lambda y: y + 0.5}),
    "divergence": ({"learning_rate_init": 1e30}, {}),
    "init of wrong shape": ({"init": lambda rng, fan_in, fan_out: np.zeros((fan_out, fan_in))}, {}),
    "unknown scorer": ({"early_stopping": True, "scoring": "no such"}, {}),
    "scorer that raises": ({"early_stopping": True, "scoring": refuses}, {}),
    "dev rows too few": ({"early_stopping": True, "validation_fraction": 0.999}, {}),
    "own rate": ({"learning_rate": lambda step: -1.0}, {}),
}


@pytest.mark.parametrize(("wrong", "spoil"), FAILURES.values(), ids=FAILURES)
def test_a_fit_that_fails_leaves_the_others_right(multiclass, wrong, spoil):
    """It has the error that its own fit raises, and they are what they are alone."""
    X, y = some(multiclass)
    given = {"X": X, "y": y}
    given |= {name: change(given[name]) for name, change in spoil.items()}
    with pytest.raises(Exception) as raised:  # noqa: PT011 (whatever it is)
        small(solver="sgd", **wrong).fit(**given)
    good = [small(solver="sgd", learning_rate_init=rate) for rate in (0.1, 0.05)]
    bad = NetworkFit(small(solver="sgd", **wrong), **given)
    fit_together([NetworkFit(good[0], X, y), bad, NetworkFit(good[1], X, y)])
    assert type(bad.error) is raised.type
    assert str(bad.error) == str(raised.value)
    for network in good:
        assert_same(network, clone(network).fit(X, y), X)


@pytest.mark.parametrize(("wrong", "spoil"), FAILURES.values(), ids=FAILURES)
def test_a_network_whose_fit_failed_is_not_fitted(multiclass, wrong, spoil):
    X, y = some(multiclass)
    given = {"X": X, "y": y}
    given |= {name: change(given[name]) for name, change in spoil.items()}
    fits = [NetworkFit(small(solver="sgd", **own), **given) for own in (wrong, wrong, {})]
    fit_together(fits)
    assert fits[0].error is not None
    for fit in fits[:2]:
        with pytest.raises(NotFittedError):
            check_is_fitted(fit.network)


# Afterwards -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("rate", ["constant", "invscaling", "adaptive", "cosine"])
@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_a_later_fit_goes_on_as_after_its_own(multiclass, solver, rate, method):
    """With the moments, the rate and the random streams that it would have; seeds differ, so none are shared."""
    X, y = some(multiclass)
    own = {"solver": solver, "learning_rate": rate, "warm_start": True, "keep_prob": 0.8, "learning_rate_init": 0.01}
    networks = [small(**own, random_state=seed, max_iter=3 + seed) for seed in (0, 1, 2)]
    fits, _ = assert_fitted_as_alone(networks, X, y)
    for fit in fits:
        alone = clone(fit.network).fit(X, y)
        for network in (fit.network, alone):
            getattr(network, method)(X, y)
        assert_same(fit.network, alone, X)


def test_networks_that_shared_their_draws_can_be_fitted_on(multiclass):
    """Each with optimizer and streams of its own: what one draws changes no other."""
    X, y = some(multiclass)
    fits, _ = assert_fitted_as_alone([small(keep_prob=0.8) for _ in range(2)], X, y)
    one, other = (fit.network for fit in fits)
    before = predicted(other, X)
    one.partial_fit(X, y)
    assert one.n_iter_ == other.n_iter_ + 1
    assert_array_equal(predicted(other, X), before)


def test_a_new_fit_starts_afresh(multiclass):
    X, y = some(multiclass)
    fits, _ = assert_fitted_as_alone([small(**own) for own in MIXED], X, y)
    for fit in fits:
        assert_same(fit.network.fit(X, y), clone(fit.network).fit(X, y), X)
