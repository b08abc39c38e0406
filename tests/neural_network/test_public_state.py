"""What the fitted attributes tell: predictions by hand from them alone, and what may be written into them."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, ndtr, softmax

from skdeep import DeepMLPClassifier, DeepMLPRegressor

FORMULAS = {
    "identity": lambda z: z,
    "logistic": expit,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0.0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0.0, z, np.expm1(z)),
    "selu": lambda z: 1.0507009873554805 * np.where(z > 0.0, z, 1.6732632423543772 * np.expm1(z)),
    "gelu": lambda z: z * ndtr(z),
    "silu": lambda z: z * expit(z),
}


def scores_by_hand(model, X):
    *hidden, (W, b) = zip(model.coefs_, model.intercepts_, strict=True)
    for weights, biases in hidden:
        X = FORMULAS[model.activation](X @ weights + biases)
    return X @ W + b


def trained(estimator, data, **parameters):
    return estimator((7, 5), max_iter=5, dtype="float64", random_state=0, **parameters).fit(*data)


@pytest.mark.parametrize("activation", FORMULAS)
@pytest.mark.parametrize("data", ["regression", "multioutput"], indirect=True)
def test_a_regressors_prediction_is_scores_times_y_scale_plus_y_mean(data, activation):
    """Whose moments are those of the target."""
    X, y = data
    model = trained(DeepMLPRegressor, data, activation=activation)
    predicted = scores_by_hand(model, X) * model.y_scale_ + model.y_mean_
    assert_allclose(model.predict(X), predicted.reshape(y.shape), rtol=1e-12)
    assert_allclose(model.y_mean_, np.atleast_1d(y.mean(axis=0)), rtol=1e-12, atol=1e-12)
    assert_allclose(model.y_scale_, np.atleast_1d(y.std(axis=0)), rtol=1e-12)
    assert model.y_mean_.shape == model.y_scale_.shape == (model.n_outputs_,)


@pytest.mark.parametrize("activation", FORMULAS)
def test_probabilities_of_several_classes_are_the_softmax_of_the_scores(multiclass, activation):
    model = trained(DeepMLPClassifier, multiclass, activation=activation)
    p = softmax(scores_by_hand(model, multiclass[0]), axis=1)
    assert model.out_activation_ == "softmax"
    assert_allclose(model.predict_proba(multiclass[0]), p, rtol=1e-12)
    assert_array_equal(model.predict(multiclass[0]), model.classes_[p.argmax(axis=1)])


@pytest.mark.parametrize("activation", FORMULAS)
@pytest.mark.parametrize("data", ["binary", "multilabel"], indirect=True)
def test_probabilities_of_two_classes_or_labels_are_sigmoids_of_the_scores(data, activation):
    """For two classes that of the second."""
    model = trained(DeepMLPClassifier, data, activation=activation)
    p = expit(scores_by_hand(model, data[0]))
    assert model.out_activation_ == "logistic"
    p = p if model.n_outputs_ > 1 else np.hstack([1.0 - p, p])
    assert_allclose(model.predict_proba(data[0]), p, rtol=1e-9)
    chosen = (p > 0.5).astype(int) if model.n_outputs_ > 1 else model.classes_[p.argmax(axis=1)]
    assert_array_equal(model.predict(data[0]), chosen)


def test_moments_are_of_the_weighted_rows_and_of_all_rows_of_a_stream(regression):
    X, y = regression
    weight = np.arange(len(y)) % 3
    model = DeepMLPRegressor((4,), max_iter=1, random_state=0).fit(X, y, weight)
    assert_allclose(model.y_mean_, np.average(y, weights=weight))
    stream = DeepMLPRegressor((4,), random_state=0)
    for start in range(0, 120, 10):
        stream.partial_fit(X[start : start + 10], y[start : start + 10])
    assert_allclose(stream.y_scale_, y.std(), rtol=0.2)  # the unit follows where it is a tenth off


def test_moments_of_many_outputs_are_summed_by_blocks():
    """More values than are read at a time."""
    y = np.random.default_rng(0).normal(3.0, 2.0, (3000, 800))
    model = DeepMLPRegressor((), max_iter=1, random_state=0).fit(np.random.default_rng(1).normal(size=(3000, 2)), y)
    assert_allclose(model.y_mean_, y.mean(axis=0))
    assert_allclose(model.y_scale_, y.std(axis=0))


@pytest.mark.parametrize("name", ["coefs_", "intercepts_"])
def test_what_is_assigned_to_a_layer_is_written_into_the_network(multiclass, name):
    """As for `MLPClassifier`: the prediction is by the new weights, in training precision."""
    X, _ = multiclass
    model = DeepMLPClassifier((7, 5), max_iter=3, random_state=0).fit(*multiclass)
    values = np.random.default_rng(0).normal(size=getattr(model, name)[1].shape)
    getattr(model, name)[1] = values
    assert_array_equal(getattr(model, name)[1], values.astype(np.float32))
    model.activation = "silu"
    assert_allclose(model.predict_proba(X), softmax(scores_by_hand(model, X), axis=1), rtol=1e-6)


def test_all_layers_may_be_assigned_by_a_slice(multiclass):
    source, target = (DeepMLPClassifier((7,), max_iter=2, random_state=seed).fit(*multiclass) for seed in (0, 1))
    target.coefs_[:], target.intercepts_[:] = source.coefs_, source.intercepts_
    assert_array_equal(target.predict_proba(multiclass[0]), source.predict_proba(multiclass[0]))


@pytest.mark.parametrize(
    ("layer", "values", "words"),
    [
        (
            0,
            np.zeros((7, 4)),
            r"coefs_\[0\] must be finite real numbers of shape \(4, 7\), in float32. Got float64 .* \(7, 4\)",
        ),
        (
            -1,
            0.0,
            r"coefs_\[-1\] must be finite real numbers of shape \(7, 3\), in float32. Got float64 values of shape \(\)",
        ),
        (0, np.full((4, 7), np.nan), r"coefs_\[0\] must be finite"),
        (0, np.full((4, 7), 1e39), r"coefs_\[0\] must be finite real numbers of shape \(4, 7\), in float32"),
        (
            slice(None),
            [np.zeros((4, 7)), np.zeros((3, 7))],
            r"coefs_\[1\] must be finite real numbers of shape \(7, 3\)",
        ),
        (0, np.full((4, 7), "a"), r"coefs_\[0\] must be finite real numbers"),
        (slice(None), [np.zeros((4, 7))], r"coefs_ must get 2 arrays for these layers. Got 1"),
    ],
)
def test_what_does_not_fit_a_layer_is_refused_and_changes_nothing(multiclass, layer, values, words):
    model = DeepMLPClassifier((7,), max_iter=1, random_state=0).fit(*multiclass)
    before = model.predict_proba(multiclass[0])
    with pytest.raises(ValueError, match=words):
        model.coefs_[layer] = values
    assert_array_equal(model.predict_proba(multiclass[0]), before)


@pytest.mark.parametrize(
    "change",
    [
        lambda coefs: coefs.append(coefs[0]),
        lambda coefs: coefs.pop(),
        lambda coefs: coefs.reverse(),
        lambda coefs: coefs.__delitem__(0),
        lambda coefs: coefs.__iadd__([coefs[0]]),
    ],
)
def test_the_number_and_order_of_layers_stays(multiclass, change):
    """On a plain list it would be lost without a word."""
    model = DeepMLPClassifier((7,), max_iter=1, random_state=0).fit(*multiclass)
    with pytest.raises(TypeError, match="coefs_ must keep its 2 layers"):
        change(model.coefs_)


def test_stored_weights_are_a_plain_list(multiclass):
    """Elsewhere they are views of nothing."""
    coefs = DeepMLPClassifier((7,), max_iter=1, random_state=0).fit(*multiclass).coefs_
    assert isinstance(coefs, list)
    assert type(pickle.loads(pickle.dumps(coefs))) is list


def test_a_file_of_the_version_before_knows_its_moments(regression):
    """It has them by the private names that they had, and a network without inputs that are left out."""
    X, y = regression
    model = DeepMLPRegressor((4,), max_iter=1, random_state=0).fit(X, y)
    state = model.__getstate__()
    state["_y_mean"], state["_y_scale"] = state.pop("y_mean_"), state.pop("y_scale_")
    del state["_model"]["network"]["silent_inputs"], state["_model"]["silent_values"]
    old = DeepMLPRegressor.__new__(DeepMLPRegressor)
    old.__setstate__(state)
    assert_array_equal(old.predict(X), model.predict(X))
    assert_array_equal(old.partial_fit(X, y).predict(X), model.partial_fit(X, y).predict(X))
