"""DeepMLPClassifier: what targets it takes, and how its predictions agree with one another."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csc_array, csr_array, csr_matrix
from scipy.special import expit, softmax
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import log_loss

from skdeep import DeepMLPClassifier

KINDS = ["binary", "multiclass", "multilabel"]


def train(X, y, **parameters):
    model = DeepMLPClassifier(**{"hidden_layer_sizes": (8,), "max_iter": 20, "random_state": 0} | parameters)
    return model.fit(X, y)


LABELS = {
    "strings": np.array(["setosa", "versicolor", "virginica"]),
    "objects": np.array(["setosa", "versicolor", "virginica"], dtype=object),
    "integers": np.array([-7, 0, 40]),
    "whole floats": np.array([1.0, 2.0, 9.0]),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_any_labels_are_learnt_as_their_numbers_are(multiclass, labels):
    X, y = multiclass
    named, numbered = train(X, labels[y]), train(X, y)
    assert_array_equal(named.predict(X), labels[numbered.predict(X)])
    assert_array_equal(named.predict_proba(X), numbered.predict_proba(X))


@pytest.mark.parametrize("labels", [[False, True], ["no", "yes"], [-1, 1], [3.0, 4.0]])
def test_any_two_labels_are_learnt_as_zero_and_one(binary, labels):
    X, y = binary[0], np.array(labels)[binary[1]]
    named, numbered = train(X, y), train(*binary)
    assert_array_equal(named.predict(X), np.array(labels)[numbered.predict(X)])
    assert named.predict(X).dtype == y.dtype
    assert_array_equal(named.decision_function(X), numbered.decision_function(X))


def test_classes_are_in_order_whatever_the_rows_order(multiclass):
    X, y = multiclass[0], np.array(["c", "a", "b"])[multiclass[1]]
    assert train(X, y).classes_.tolist() == train(X[::-1], y[::-1]).classes_.tolist() == ["a", "b", "c"]


def test_two_of_three_classes_are_a_binary_problem(multiclass):
    X, y = multiclass
    model = train(X[y != 1], y[y != 1])
    assert model.n_outputs_ == 1
    assert_array_equal(np.unique(model.predict(X)), [0, 2])


@pytest.mark.parametrize(
    ("data", "n_outputs", "out_activation"),
    [("binary", 1, "logistic"), ("multiclass", 3, "softmax"), ("multilabel", 4, "logistic")],
    indirect=["data"],
)
def test_the_output_layer_suits_the_target(data, n_outputs, out_activation):
    model = train(*data)
    assert (model.n_outputs_, model.out_activation_) == (n_outputs, out_activation)
    assert len(model.classes_) == max(2, n_outputs)


# Predictions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["binary", "multiclass"], indirect=True)
def test_probabilities_of_a_row_sum_to_one(data):
    X, y = data
    proba = train(X, y).predict_proba(X)
    assert proba.shape == (len(X), len(np.unique(y)))
    assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-12)


@pytest.mark.parametrize("data", ["binary", "multiclass"], indirect=True)
def test_the_predicted_class_is_the_most_probable(data):
    X, y = data
    model = train(X, y)
    assert_array_equal(model.predict(X), model.classes_[model.predict_proba(X).argmax(axis=1)])


def test_a_predicted_label_is_more_probable_than_not(multilabel):
    X, y = multilabel
    model = train(X, y)
    assert_array_equal(model.predict(X), model.predict_proba(X) > 0.5)
    assert model.predict(X).dtype == int


def test_binary_scores_are_log_odds(binary):
    model = train(*binary)
    scores = model.decision_function(binary[0])
    assert scores.shape == (len(scores),)
    assert_allclose(model.predict_proba(binary[0])[:, 1], expit(scores), rtol=1e-12)


def test_multiclass_scores_give_probabilities_through_softmax(multiclass):
    model = train(*multiclass)
    scores = model.decision_function(multiclass[0])
    assert_allclose(model.predict_proba(multiclass[0]), softmax(scores, axis=1), rtol=1e-12)


def test_multilabel_scores_are_log_odds_label_by_label(multilabel):
    model = train(*multilabel)
    scores = model.decision_function(multilabel[0])
    assert_allclose(model.predict_proba(multilabel[0]), expit(scores), rtol=1e-12)


@pytest.mark.parametrize("data", KINDS, indirect=True)
def test_scores_are_a_forward_pass_over_the_fitted_weights(data):
    X, y = data
    model = train(X, y, hidden_layer_sizes=(8, 6), activation=["relu", "tanh"])
    A = np.tanh(np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0) @ model.coefs_[1] + model.intercepts_[1])
    scores = A @ model.coefs_[2] + model.intercepts_[2]
    assert_allclose(model.decision_function(X).reshape(scores.shape), scores, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("data", KINDS, indirect=True)
def test_log_probabilities_are_the_logarithms(data):
    X, y = data
    model = train(X, y)
    assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("data", KINDS, indirect=True)
def test_log_probabilities_are_finite_for_huge_scores(data, dtype):
    X, y = data
    model = train(X, y)
    far = (1e6 * X[:20]).astype(dtype)
    assert np.abs(model.decision_function(far)).max() > 1e4
    assert np.isfinite(model.predict_log_proba(far)).all()
    assert model.predict_log_proba(far).min() < -1e4


@pytest.mark.parametrize("method", ["decision_function", "predict_proba", "predict_log_proba"])
@pytest.mark.parametrize("trained_in", ["float32", "float64"])
@pytest.mark.parametrize("data", KINDS, indirect=True)
def test_predictions_have_the_precision_of_their_rows(data, method, trained_in):
    X, y = data
    model = train(X, y, dtype=trained_in, max_iter=2)
    for dtype in (np.float32, np.float64):
        assert getattr(model, method)(X.astype(dtype)).dtype == dtype
    assert_allclose(getattr(model, method)(X.astype(np.float32)), getattr(model, method)(X), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("data", ["binary", "multiclass"], indirect=True)
def test_training_reaches_a_good_accuracy(data):
    X, y = data
    model = train(X[::2], y[::2], hidden_layer_sizes=(32, 32), max_iter=60, learning_rate_init=0.01)
    assert model.score(X[1::2], y[1::2]) > 0.9


# Indicator targets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [csr_matrix, csr_array, csc_array, np.ndarray.tolist])
def test_sparse_and_listed_indicators_are_dense_ones(multilabel, container):
    X, y = multilabel
    assert_array_equal(train(X, container(y)).predict_proba(X), train(X, y).predict_proba(X))


def test_labels_of_an_indicator_are_learnt_apart(multilabel):
    """Without a hidden layer, each label is the binary problem of its own."""
    X, y = multilabel
    linear = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-5, "max_iter": 500}
    together = train(X, y, **linear).decision_function(X)
    apart = np.transpose([train(X, label, **linear).decision_function(X) for label in y.T])
    assert_allclose(together, apart, atol=0.02 * np.abs(apart).max())


def test_a_single_label_column_is_a_binary_target(binary):
    X, y = binary
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        model = train(X, y[:, None])
    assert_array_equal(model.predict(X), train(X, y).predict(X))


def test_a_single_sparse_label_column_is_a_binary_target(binary):
    X, y = binary
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        model = train(X, csr_matrix(y[:, None]))
    assert_array_equal(model.predict(X), train(X, y).predict(X))


def test_a_label_that_no_row_has_is_predicted_for_none(multilabel):
    X, y = multilabel
    with_empty = np.hstack([y, np.zeros((len(y), 1), dtype=int)])
    model = train(X, with_empty, max_iter=100, learning_rate_init=0.01)
    assert model.classes_.tolist() == [0, 1, 2, 3, 4]
    assert not model.predict(X)[:, 4].any()


# Label smoothing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", KINDS, indirect=True)
def test_label_smoothing_bounds_what_the_network_is_sure_of(data):
    """At the optimum of a separable set, the target's probability is 1 - s + s / n_choices."""
    y = data[1][-12:]
    X = 5 * np.eye(12)
    model = train(X, y, hidden_layer_sizes=(), solver="lbfgs", alpha=0.0, label_smoothing=0.3, max_iter=500, tol=1e-6)
    n_choices = 2 if model.out_activation_ == "logistic" else 3
    is_target = y == 1 if y.ndim == 2 else y[:, None] == model.classes_
    assert_allclose(model.predict_proba(X), np.where(is_target, 0.7, 0.0) + 0.3 / n_choices, atol=2e-3)


def test_label_smoothing_leaves_the_dev_rows_as_they_are(multiclass):
    X, y = multiclass
    model = DeepMLPClassifier((8,), label_smoothing=0.2, max_iter=5, random_state=0)
    model.fit(X[30:], y[30:], X_val=X[:30], y_val=y[:30])
    assert model.validation_loss_curve_[-1] == pytest.approx(log_loss(y[:30], model.predict_proba(X[:30])), rel=1e-5)
