"""Both estimators on whatever rows, labels, weights and parameters may come: tiny networks, many of them."""

import pickle
import warnings
from math import ceil

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.core import ACTIVATIONS, DivergenceError

seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from(["float32", "float64"])
n_rows = st.integers(6, 40)
n_features = st.integers(1, 5)
solvers = st.sampled_from(["adam", "adamw", "rmsprop", "sgd", "lbfgs"])
networks = st.fixed_dictionaries(
    {
        "hidden_layer_sizes": st.lists(st.integers(1, 4), max_size=2),
        "activation": st.sampled_from(sorted(ACTIVATIONS)),
        "random_state": st.integers(0, 1000),
    }
)
each_estimator = pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])


def small(estimator=DeepMLPClassifier, **parameters):
    return estimator(**{"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0} | parameters)


def rows(seed, n, d=3, dtype="float64"):
    """Normal rows, a third of the values zero."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) * (rng.random((n, d)) > 1 / 3)).astype(dtype)


def targets(estimator, seed, n, n_classes=3):
    """Numbers for the regressor, for the classifier classes of which each has a row among the first."""
    rng = np.random.default_rng((seed, 1))
    if estimator is DeepMLPRegressor:
        return rng.normal(size=n)
    return np.r_[np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)]


def theta(model):
    return model._model.parameters.theta


def outputs(model, X):
    return model.predict(X) if isinstance(model, DeepMLPRegressor) else model.decision_function(X)


# Finite -------------------------------------------------------------------------------------------------------------


@st.composite
def finite_rows(draw):
    """Of any shape, precision and scale, with many equal values."""
    dtype, scale = draw(dtypes), draw(st.sampled_from([1e-6, 1.0, 1e3, 1e6]))
    elements = st.floats(-1.0, 1.0, width=32 if dtype == "float32" else 64)
    shape = draw(st.tuples(n_rows, n_features))
    return draw(arrays(dtype, shape, elements=elements)) * np.dtype(dtype).type(scale)


def within_range(X):
    """Rows like those, and rows between the least and the largest of their values."""
    return X, np.random.default_rng(0).uniform(X.min(), X.max(), X.shape).astype(X.dtype)


def fitted_well(model, X, y):
    """Whether training came to its end, as it must with scaled rows, and said nothing of bad numbers."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("error")
        warnings.simplefilter("always", ConvergenceWarning)
        try:
            model.fit(X, y)
        except DivergenceError:
            assert np.abs(X).max() > 1.0
            return False
    return not any("far off" in str(warning.message) for warning in said)


@given(X=finite_rows(), n_classes=st.integers(2, 4), solver=solvers, network=networks, dtype=dtypes)
def test_a_classifier_has_finite_weights_losses_and_probabilities(X, n_classes, solver, network, dtype):
    """Unless it says that training failed, on rows that are not scaled. On new rows of the same range, too."""
    model = small(solver=solver, dtype=dtype, **network)
    if not fitted_well(model, X, targets(DeepMLPClassifier, 0, len(X), n_classes)):
        return
    assert np.isfinite(theta(model)).all()
    assert np.isfinite(model.loss_curve_).all()
    for known in within_range(X):
        p = model.predict_proba(known)
        assert_allclose(p.sum(axis=1), 1.0, rtol=1e-5)
        assert p.min() >= 0
        assert np.isfinite(model.predict_log_proba(known)).all()


@given(
    X=finite_rows(),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    shift=st.sampled_from([0.0, 1e6]),
    solver=solvers,
    network=networks,
    dtype=dtypes,
)
def test_a_regressor_has_finite_weights_losses_and_predictions(X, scale, shift, solver, network, dtype):
    """Unless it says that training failed, on rows that are not scaled. On new rows of the same range, too."""
    model = small(DeepMLPRegressor, solver=solver, dtype=dtype, **network)
    if not fitted_well(model, X, shift + scale * targets(DeepMLPRegressor, 0, len(X))):
        return
    assert np.isfinite(theta(model)).all()
    assert np.isfinite(model.loss_curve_).all()
    for known in within_range(X):
        assert np.isfinite(model.predict(known)).all()


# Labels -------------------------------------------------------------------------------------------------------------

whole = st.integers(-(2**53), 2**53)
LABELS = {
    "integers": (whole, np.int64),
    "small integers": (st.integers(-128, 127), np.int8),
    "whole floats": (whole, np.float64),
    "booleans": (st.booleans(), np.bool_),
    "text": (st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5), np.str_),
    "objects": (st.text(max_size=5), np.object_),
}


@pytest.mark.parametrize(("values", "kind"), LABELS.values(), ids=LABELS)
@given(data=st.data(), seed=seeds)
def test_labels_of_any_kind_are_learnt_as_their_numbers_in_order(values, kind, data, seed):
    """With the same weights, and predicted in their own kind."""
    most = 2 if kind is np.bool_ else 4
    labels = np.sort(np.array(data.draw(st.lists(values, min_size=2, max_size=most, unique=True)), dtype=kind))
    X, codes = rows(seed, 12), targets(DeepMLPClassifier, seed, 12, len(labels))
    model, numbered = small(max_iter=1).fit(X, labels[codes]), small(max_iter=1).fit(X, codes)
    assert_array_equal(theta(model), theta(numbered))
    assert_array_equal(model.classes_, labels)
    predicted = model.predict(X)
    assert predicted.dtype == model.classes_.dtype == labels.dtype
    assert_array_equal(predicted, labels[numbered.predict(X)])


@given(Y=arrays(int, st.tuples(st.integers(4, 20), st.integers(2, 4)), elements=st.integers(0, 1)), seed=seeds)
def test_a_label_of_an_indicator_is_predicted_where_it_is_more_probable_than_not(Y, seed):
    """Whatever labels the rows have, none and all included."""
    model = small().fit(rows(seed, len(Y)), Y)
    X = rows(seed + 1, 10)
    p = model.predict_proba(X)
    assert p.shape == (10, Y.shape[1])
    assert ((p >= 0) & (p <= 1)).all()
    assert_array_equal(model.predict(X), p > 0.5)


# Containers ---------------------------------------------------------------------------------------------------------


@each_estimator
@given(seed=seeds, n=n_rows, d=n_features, dtype=dtypes)
def test_rows_in_any_container_are_predicted_bitwise_alike(estimator, seed, n, d, dtype):
    """Sparse matrices and frames as the dense array of their values; of polars, as float64."""
    X, y = rows(seed, n, d, dtype), targets(estimator, seed, n)
    model, names = small(estimator).fit(X, y), [f"x{number}" for number in range(d)]
    of_frame = small(estimator).fit(pd.DataFrame(X, columns=names), y)
    expected = outputs(model, X)
    for container in (sparse.csr_matrix, sparse.csc_array, sparse.coo_array, np.asfortranarray):
        assert_array_equal(outputs(model, container(X)), expected)
    assert_array_equal(outputs(of_frame, pd.DataFrame(X, columns=names)), expected)
    assert_array_equal(outputs(of_frame, pl.DataFrame(X, schema=names)), outputs(model, X.astype("float64")))


@each_estimator
@given(seed=seeds, n=n_rows, d=n_features, dtype=dtypes, network=networks, data=st.data())
def test_a_row_is_predicted_alike_in_any_company(estimator, seed, n, d, dtype, network, data):
    """To rounding, as other shapes may be summed in another order."""
    X = rows(seed, n, d, dtype)
    model = small(estimator, **network).fit(X, targets(estimator, seed, n))
    chosen = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=n))
    tolerance = 1e3 * np.finfo(dtype).eps
    assert_allclose(outputs(model, X[chosen]), outputs(model, X)[chosen], rtol=tolerance, atol=tolerance)


# Weights and order --------------------------------------------------------------------------------------------------


@each_estimator
@given(
    seed=seeds,
    weight=arrays(float, n_rows, elements=st.sampled_from([0.0, 0.5, 1.0, 3.0])),
    solver=solvers,
    batch_size=st.sampled_from([4, 1000]),
)
def test_a_row_of_weight_zero_is_as_good_as_absent(estimator, seed, weight, solver, batch_size):
    """Bitwise, wherever such rows stand and whatever they hold."""
    weight[-3:] = 1.0
    X, y = rows(seed, len(weight)), targets(estimator, seed, len(weight))[::-1].copy()
    X[weight == 0] *= 1e6
    kept = weight > 0
    model, without = (small(estimator, solver=solver, batch_size=batch_size) for _ in range(2))
    model.fit(X, y, weight)
    assert_array_equal(theta(model), theta(without.fit(X[kept], y[kept], weight[kept])))


@given(seed=seeds, n=n_rows, n_copies=st.integers(0, 5), solver=solvers, dtype=dtypes, network=networks, data=st.data())
def test_in_a_full_batch_the_order_of_the_rows_does_not_matter(seed, n, n_copies, solver, dtype, network, data):
    """To the last bit, some rows being equal."""
    order = data.draw(st.permutations([*range(n), *range(n_copies)]))
    X, y = rows(seed, n), targets(DeepMLPClassifier, seed, n)
    one, other = (small(solver=solver, dtype=dtype, batch_size=1000, **network) for _ in range(2))
    one.fit(X[sorted(order)], y[sorted(order)])
    assert_array_equal(theta(other.fit(X[order], y[order])), theta(one))


@given(seed=seeds, n=n_rows, shift=st.floats(-100.0, 100.0), scale=st.floats(0.01, 100.0), n_outputs=st.integers(1, 3))
def test_a_target_in_another_unit_is_predicted_in_that_unit(seed, n, shift, scale, n_outputs):
    """``shift + scale * y`` in place of `y`."""
    X, y = rows(seed, n), np.random.default_rng(seed).normal(size=(n, n_outputs)).squeeze()
    plain, other = (small(DeepMLPRegressor, dtype="float64").fit(X, target) for target in (y, shift + scale * y))
    assert_allclose(other.predict(X), shift + scale * plain.predict(X), rtol=1e-6, atol=1e-6 * scale)


# Training -----------------------------------------------------------------------------------------------------------


@each_estimator
@given(
    epochs=st.lists(st.integers(1, 3), min_size=2, max_size=3),
    seed=seeds,
    solver=st.sampled_from(["adam", "adamw", "rmsprop", "sgd"]),
    batch_size=st.sampled_from([4, 7, 1000]),
    keep_prob=st.sampled_from([0.5, 1.0]),
)
def test_a_training_may_be_cut_anywhere(estimator, epochs, seed, solver, batch_size, keep_prob):
    """Warm fits one after another are one fit of all their epochs, to the last bit."""
    X, y = rows(seed, 20), targets(estimator, seed, 20)
    parameters = {"solver": solver, "batch_size": batch_size, "keep_prob": keep_prob, "learning_rate": "constant"}
    whole, parts = (small(estimator, warm_start=True, **parameters) for _ in range(2))
    whole.set_params(max_iter=sum(epochs)).fit(X, y)
    for n_epochs in epochs:
        parts.set_params(max_iter=n_epochs).fit(X, y)
    assert_array_equal(theta(parts), theta(whole))
    assert parts.loss_curve_ == whole.loss_curve_


@pytest.mark.filterwarnings("ignore:.* dev rows are of classes that no training row has")
@each_estimator
@given(seed=seeds, n=n_rows, max_iter=st.integers(1, 4), solver=solvers, early_stopping=st.booleans())
def test_the_history_has_an_entry_for_every_epoch(estimator, seed, n, max_iter, solver, early_stopping):
    """For L-BFGS also of the loss at the start. Rows that are held back are not counted as seen."""
    model = small(estimator, solver=solver, max_iter=max_iter, early_stopping=early_stopping, batch_size=8)
    model.fit(rows(seed, n), targets(estimator, seed, n))
    n_held_back = max(2, ceil(0.1 * n)) if early_stopping else 0
    assert model.n_iter_ == len(model.history_.seconds) <= max_iter
    assert len(model.loss_curve_) == model.n_iter_ + (solver == "lbfgs")
    assert len(model.validation_loss_curve_ or []) == (model.n_iter_ if early_stopping else 0)
    assert model.t_ == model.n_iter_ * (n - n_held_back)
    assert 1 <= model.best_iter_ <= model.n_iter_


# Layers and masks ---------------------------------------------------------------------------------------------------


@each_estimator
@given(seed=seeds, n=n_rows, d=n_features, network=networks)
def test_the_output_layer_makes_the_scores_of_what_transform_gives(estimator, seed, n, d, network):
    """In a network without hidden layers these are the rows themselves."""
    X = rows(seed, n, d)
    model = small(estimator, **network).fit(X, targets(estimator, seed, n))
    scores = model.transform(X) @ model.coefs_[-1] + model.intercepts_[-1]
    if estimator is DeepMLPRegressor:
        scores = scores[:, 0] * model.y_scale_ + model.y_mean_
    assert_allclose(outputs(model, X), scores, rtol=1e-6, atol=1e-6)


@given(
    seed=seeds,
    n=n_rows,
    keep_prob=st.floats(0.1, 0.9),
    mc_samples=st.integers(1, 10),
    n_classes=st.integers(2, 4),
    dtype=dtypes,
)
def test_over_random_masks_the_mean_is_a_distribution_and_the_spread_at_most_a_half(
    seed, n, keep_prob, mc_samples, n_classes, dtype
):
    X = rows(seed, n, dtype=dtype)
    model = small(keep_prob=keep_prob).fit(X, targets(DeepMLPClassifier, seed, n, n_classes))
    p, spread = model.predict_proba(X, mc_samples=mc_samples), model.predict_std(X, mc_samples=mc_samples)
    assert_allclose(p.sum(axis=1), 1.0, rtol=1e-5)
    assert p.min() >= 0
    assert spread.min() >= 0
    assert spread.max() <= 0.5 + 1e-6


# Parameters and files -----------------------------------------------------------------------------------------------

parameters = st.fixed_dictionaries(
    {},
    optional={
        "hidden_layer_sizes": st.lists(st.integers(1, 4), max_size=2) | st.integers(1, 4),
        "alpha": st.floats(0.0, 10.0) | st.just("auto"),
        "keep_prob": st.floats(0.3, 1.0),
        "input_keep_prob": st.floats(0.3, 1.0),
        "max_norm": st.none() | st.floats(0.5, 5.0),
        "clip_norm": st.none() | st.floats(0.5, 5.0),
        "solver": st.sampled_from(["adam", "adamw", "rmsprop", "sgd"]),
        "learning_rate": st.sampled_from(["constant", "cosine", "adaptive", "invscaling", "exponential"]),
        "batch_size": st.integers(1, 50) | st.just("auto"),
        "early_stopping": st.booleans(),
        "record_norms": st.booleans(),
        "dtype": dtypes,
        "random_state": st.integers(0, 2**32 - 1),
    },
)


@each_estimator
@given(chosen=parameters)
def test_parameters_can_be_read_set_and_cloned(estimator, chosen):
    model = estimator(**chosen)
    read = model.get_params()
    assert {name: read[name] for name in chosen} == chosen
    assert estimator().set_params(**read).get_params() == read
    assert clone(model).get_params() == read


@each_estimator
@given(chosen=parameters, seed=seeds)
def test_a_stored_model_predicts_and_trains_on_as_the_original(estimator, chosen, seed):
    """Whatever its parameters, to the last bit."""
    X, y = rows(seed, 15), targets(estimator, seed, 15)
    model = small(estimator, **{"max_iter": 1} | chosen).fit(X, y)
    stored = pickle.loads(pickle.dumps(model))
    assert_array_equal(outputs(stored, X), outputs(model, X))
    assert stored.get_params() == model.get_params()
    assert stored.history_ == model.history_
    assert_array_equal(theta(stored.partial_fit(X, y)), theta(model.partial_fit(X, y)))
