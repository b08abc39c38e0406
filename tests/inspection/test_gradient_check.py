"""skdeep.inspection.check_gradient."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.core import ACTIVATIONS, INITIALIZERS
from skdeep.inspection import check_gradient

PROBLEMS = ["binary", "multiclass", "multilabel", "regression", "multioutput"]


def make_estimator(problem, **parameters):
    kind = DeepMLPRegressor if problem in {"regression", "multioutput"} else DeepMLPClassifier
    return kind(**{"hidden_layer_sizes": (5, 4), "random_state": 0, "max_iter": 10} | parameters)


def assert_correct(result):
    assert result.verdict == "correct", str(result)
    assert result.relative_error <= 1e-7


@pytest.fixture
def rows(request):
    """Thirty rows of a problem, its name, and a weight for each row."""
    X, y = request.getfixturevalue(request.param)
    return X[:30], y[:30], np.random.default_rng(0).uniform(0.5, 2.0, 30), request.param


each_problem = pytest.mark.parametrize("rows", PROBLEMS, indirect=True)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@each_problem
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("keep_prob", [1.0, 0.8])
def test_our_gradients_are_correct(activation, keep_prob, rows):
    """At most 1e-7 for every activation and loss, with and without dropout, before training and after ten epochs."""
    X, y, weight, problem = rows
    extra = {"label_smoothing": 0.1} if problem in {"binary", "multiclass"} else {}
    estimator = make_estimator(problem, activation=activation, keep_prob=keep_prob, alpha=1.0, **extra)
    assert_correct(check_gradient(estimator, X, y, sample_weight=weight, random_state=0))
    assert_correct(check_gradient(estimator.fit(X, y), X, y, sample_weight=weight, random_state=0))


@pytest.mark.parametrize(
    ("init", "alpha", "depth"), product([*sorted(INITIALIZERS), "auto"], [0.0, 3.0], [0, 1, 4, 8]), ids=str
)
def test_our_gradients_are_correct_for_every_start(init, alpha, depth, multiclass):
    """For every initialisation, with and without a penalty, at every depth."""
    X, y = multiclass
    estimator = make_estimator("multiclass", hidden_layer_sizes=(4,) * depth, activation="tanh", init=init, alpha=alpha)
    assert_correct(check_gradient(estimator, X[:30], y[:30]))


@st.composite
def estimators(draw):
    """A problem, and an estimator for it with any activations, depth, initialisation and regularisers."""
    problem = draw(st.sampled_from(PROBLEMS))
    depth = draw(st.integers(0, 6))
    parameters = {
        "hidden_layer_sizes": draw(st.lists(st.integers(2, 3), min_size=depth, max_size=depth)),
        "activation": draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), min_size=depth, max_size=depth)),
        "init": draw(st.sampled_from(["auto", "he_normal", "glorot_uniform", "lecun_normal", "orthogonal"])),
        "alpha": draw(st.sampled_from([0.0, 1.0, 10.0, "auto"])),
        "keep_prob": draw(st.sampled_from([1.0, 0.8])),
        "input_keep_prob": draw(st.sampled_from([1.0, 0.8])),
        "random_state": draw(st.integers(0, 100)),
    }
    if problem in {"binary", "multiclass"}:
        parameters["label_smoothing"] = draw(st.sampled_from([0.0, 0.1]))
        parameters["class_weight"] = draw(st.sampled_from([None, "balanced"]))
    return problem, make_estimator(problem, **parameters)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=estimators(), weighted=st.booleans(), fitted=st.booleans())
def test_our_gradients_are_correct_in_any_combination(case, weighted, fitted, request):
    """At most 1e-7 beyond what rounding explains, whatever is combined, at fresh weights and after ten epochs."""
    problem, estimator = case
    X, y = request.getfixturevalue(problem)
    X, y = X[:20, :3], y[:20]
    weight = np.random.default_rng(0).uniform(0.5, 2.0, 20) if weighted else None
    if fitted:
        estimator.fit(X, y, sample_weight=weight)
    result = check_gradient(estimator, X, y, sample_weight=weight, random_state=0)
    assert result.verdict != "wrong", str(result)
    gradient, difference, noise = (
        np.linalg.norm(np.concatenate([getattr(block, name) for block in result.blocks.values()]))
        for name in ("gradient", "difference", "noise")
    )
    assert result.relative_error <= 1e-7 + 10 * noise / (gradient + difference)


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "rmsprop", "lbfgs"])
def test_the_objective_does_not_depend_on_the_solver(solver, multiclass):
    """The gradient that is checked is that of the objective, whatever walks down it."""
    assert_correct(check_gradient(make_estimator("multiclass", solver=solver), *multiclass))


def test_the_estimator_is_left_as_it_was(binary):
    """Neither parameters nor a random state nor fitted attributes change."""
    X, y = binary[0][:60], binary[1][:60]
    state = np.random.RandomState(7)
    estimator = make_estimator("binary", random_state=state, dtype="float32", keep_prob=0.8)
    before = state.get_state()[1].copy()
    check_gradient(estimator, X, y)
    assert np.array_equal(state.get_state()[1], before)
    assert not hasattr(estimator, "classes_")
    estimator.fit(X, y)
    weights, parameters = estimator.coefs_[0].copy(), estimator.get_params()
    check_gradient(estimator, X, y)
    assert np.array_equal(estimator.coefs_[0], weights)
    assert estimator.coefs_[0].dtype == np.float32
    assert estimator.get_params() == parameters


def test_masks_are_frozen_and_reproducible(multiclass):
    """Dropout is on, one `random_state` gives one result, and the gradient of another mask is another one."""
    estimator = make_estimator("multiclass", keep_prob=0.5)
    one, same, other = (check_gradient(estimator, *multiclass, random_state=seed) for seed in (0, 0, 1))
    assert one.to_dict() == same.to_dict()
    assert one.blocks["layer 1 weights"].gradient[0] != other.blocks["layer 1 weights"].gradient[0]


def test_blocks_are_the_weights_and_biases_of_each_layer(multiclass):
    """In the order of the forward pass, all parameters in them."""
    result = check_gradient(make_estimator("multiclass"), *multiclass)
    names = [f"layer {layer} {part}" for layer in (1, 2, 3) for part in ("weights", "biases")]
    assert list(result.block_errors) == names
    assert result.n_checked + result.n_kinks == 4 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3
    assert len(result.worst[0].index if isinstance(result.worst[0].index, tuple) else (0,)) <= 2


@pytest.fixture
def at_a_kink(multiclass):
    """A fitted network, and rows of which one reaches no unit: there a hidden layer stands on relu's kink."""
    X, y = multiclass[0].copy(), multiclass[1]
    X[0] = 0.0
    network = make_estimator("multiclass", activation="relu", hidden_layer_sizes=(5,)).fit(X, y)
    network.intercepts_[0][:] = 0.0
    return network, X, y


def test_kinks_are_counted_and_set_aside(at_a_kink):
    """All that is left of a block of biases without a slope is that it was not checked."""
    result = check_gradient(*at_a_kink)
    assert result.n_kinks == 5
    assert result.n_checked == 4 * 5 + 5 * 3 + 3
    assert result.block_verdicts["layer 1 biases"] == result.verdict == "suspicious"
    assert "not checked, all of it lies at a kink" in str(result)


def test_a_network_that_is_not_fitted_does_not_stand_on_kinks(at_a_kink):
    """Its biases are drawn too."""
    network, X, y = at_a_kink
    result = check_gradient(clone(network).set_params(init="zeros"), X, y)
    assert (result.n_kinks, result.verdict) == (0, "correct")


@pytest.mark.parametrize("fitted", [False, True])
def test_a_pipeline_is_checked_at_its_last_step(fitted, binary):
    """The rows reach the network through the steps before it, which stay as they are."""
    X, y = binary[0] * 50 + 7, binary[1]
    pipeline = make_pipeline(StandardScaler(), make_estimator("binary", activation="tanh"))
    if fitted:
        pipeline.fit(X, y)
    result = check_gradient(pipeline, X[:60], y[:60])
    assert_correct(result)
    assert hasattr(pipeline[0], "mean_") is fitted


def test_class_weights_are_part_of_the_objective(binary):
    """They change the gradient that is checked, and it stays correct."""
    X, y = binary[0][:60], binary[1][:60]
    plain, weighted = (
        check_gradient(make_estimator("binary", class_weight=weight), X, y) for weight in (None, {0: 1.0, 1: 5.0})
    )
    assert_correct(weighted)
    assert weighted.blocks["layer 3 biases"].gradient[0] != plain.blocks["layer 3 biases"].gradient[0]


@pytest.mark.parametrize("kind", ["stateless", "nested"])
def test_pipelines_of_every_kind_reach_the_network(kind, binary):
    """A step without a state after one that must be fitted; a Pipeline in a Pipeline."""
    X, y = binary[0][:60], binary[1][:60]
    network = make_estimator("binary", activation="tanh")
    inner = make_pipeline(Normalizer(), network)
    pipeline = (
        make_pipeline(StandardScaler(), Normalizer(), network)
        if kind == "stateless"
        else make_pipeline(StandardScaler(), inner)
    )
    assert_correct(check_gradient(pipeline, X, y))


def test_an_overflow_is_no_correct_gradient(multiclass):
    """Values beyond float64 are an error, not a verdict."""
    X, y = multiclass
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="finite"):
        check_gradient(make_estimator("multiclass", init=lambda rng, i, o: np.full((i, o), 1e200)), X, y)


def test_a_fitted_network_is_checked_as_it_was_trained(multiclass):
    """Parameters that were set since `fit` change nothing."""
    network = make_estimator("multiclass", activation="tanh").fit(*multiclass)
    before = check_gradient(network, *multiclass).to_dict()
    network.set_params(activation="relu", hidden_layer_sizes=(3,), alpha=50.0)
    assert check_gradient(network, *multiclass).to_dict() == before


@pytest.mark.parametrize("estimator", [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression()), 3])
def test_another_estimator_is_sent_to_the_core(estimator, binary):
    """The message says what to do with any other gradient."""
    with pytest.raises(TypeError, match=r"skdeep\.core\.check_gradient"):
        check_gradient(estimator, *binary)


def test_bad_rows_and_parameters_are_refused(binary):
    """As `fit` refuses them."""
    X, y = binary
    with pytest.raises(ValueError, match="NaN"):
        check_gradient(make_estimator("binary"), np.where(X > 3, np.nan, X), y)
    with pytest.raises(ValueError, match="keep_prob"):
        check_gradient(make_estimator("binary", keep_prob=0.0), X, y)
