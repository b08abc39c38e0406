"""What a row counts: sample weights, class weights, and both together."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.estimator_checks import (
    check_sample_weight_equivalence_on_dense_data,
    check_sample_weight_equivalence_on_sparse_data,
)

from skdeep import DeepMLPClassifier, DeepMLPRegressor

BOTH = [(DeepMLPClassifier, "multiclass"), (DeepMLPRegressor, "regression")]


def train(estimator, X, y, sample_weight=None, **parameters):
    model = estimator(**{"hidden_layer_sizes": (8,), "max_iter": 15, "random_state": 0} | parameters)
    return model.fit(X, y, sample_weight=sample_weight)


def outputs(model, X):
    return model.predict_proba(X) if isinstance(model, DeepMLPClassifier) else model.predict(X)


@pytest.fixture
def counts():
    """What each of 100 rows counts: none to three times."""
    return np.random.default_rng(0).integers(0, 4, 100)


@pytest.mark.parametrize("container", [np.asarray, csr_matrix])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_integer_weights_are_repeated_rows_bitwise(multiclass, counts, solver, container):
    X, y = (values[:100] for values in multiclass)
    weighted = train(DeepMLPClassifier, container(X), y, counts, solver=solver, batch_size=1000)
    X_repeated, y_repeated = X.repeat(counts, axis=0), y.repeat(counts)
    repeated = train(DeepMLPClassifier, container(X_repeated), y_repeated, solver=solver, batch_size=1000)
    assert_array_equal(weighted.predict_proba(X), repeated.predict_proba(X))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("data", ["regression", "multioutput"], indirect=True)
def test_integer_weights_are_repeated_rows_in_regression(data, counts, solver):
    """Up to the rounding of the target's mean and deviation."""
    X, y = (values[:100] for values in data)
    weighted = train(DeepMLPRegressor, X, y, counts, solver=solver, batch_size=1000, dtype="float64")
    X_repeated, y_repeated = X.repeat(counts, axis=0), y.repeat(counts, axis=0)
    repeated = train(DeepMLPRegressor, X_repeated, y_repeated, solver=solver, batch_size=1000, dtype="float64")
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-8)


@pytest.mark.parametrize("batch_size", ["auto", 16])
@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_a_row_of_weight_zero_is_as_good_as_absent(estimator, data, batch_size):
    """However far off, and in mini-batches too."""
    X, y = (values[:100] for values in data)
    far_off = np.full((9, X.shape[1]), 1e6)
    weight = np.repeat([1.0, 0.0], [100, 9])
    weighted = train(estimator, np.vstack([X, far_off]), np.append(y, y[:9]), weight, batch_size=batch_size)
    removed = train(estimator, X, y, batch_size=batch_size)
    assert_array_equal(outputs(weighted, X), outputs(removed, X))


@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_weights_of_one_are_no_weights(estimator, data):
    X, y = data
    ones = train(estimator, X, y, np.ones(len(y)), batch_size=32)
    assert_array_equal(outputs(ones, X), outputs(train(estimator, X, y, batch_size=32), X))


@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_weights_change_the_model(estimator, data):
    X, y = data
    weight = np.linspace(0.1, 3.0, len(y))
    difference = outputs(train(estimator, X, y, weight), X) - outputs(train(estimator, X, y), X)
    assert np.abs(difference).max() > 1e-3


@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_a_common_factor_of_all_weights_only_dilutes_the_penalty(estimator, data):
    """The penalty is alpha / (2 m) with m the sum of the weights."""
    X, y = data
    weight = np.linspace(0.5, 1.5, len(y))
    once = train(estimator, X, y, weight, alpha=1.0, dtype="float64")
    threefold = train(estimator, X, y, 3 * weight, alpha=3.0, dtype="float64")
    assert_allclose(outputs(threefold, X), outputs(once, X), rtol=1e-9)


def test_the_regressors_target_is_standardised_with_weights(regression):
    """A target shifted and stretched gives predictions shifted and stretched, whatever the weights."""
    X, y = regression
    weight = np.linspace(0.0, 2.0, len(y))
    predicted = train(DeepMLPRegressor, X, y, weight, dtype="float64").predict(X)
    moved = train(DeepMLPRegressor, X, 1e3 * y - 7e5, weight, dtype="float64").predict(X)
    assert_allclose(moved, 1e3 * predicted - 7e5, rtol=1e-6)


# Weights where rows are drawn at random -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "randomness",
    [
        pytest.param({"keep_prob": 0.7, "input_keep_prob": 0.8}, id="dropout"),
        pytest.param({"early_stopping": True, "validation_fraction": 0.2, "n_iter_no_change": 100}, id="split"),
    ],
)
@pytest.mark.parametrize(
    ("estimator", "data"), [(DeepMLPClassifier, "binary"), (DeepMLPRegressor, "regression")], indirect=["data"]
)
def test_weights_are_repeated_rows_in_expectation_where_rows_are_drawn(estimator, data, counts, randomness):
    """Over seeds, the mean scores agree within their standard errors, which without weights are far off."""
    X, y = data[0][:400, :6], data[1][:400]
    counts = np.where(y > np.quantile(y, 0.4), 3, np.arange(len(y)) % 2)
    steps = {"solver": "sgd", "learning_rate_init": 0.05, "max_iter": 8, "batch_size": 5000, **randomness}
    repeated = X.repeat(counts, axis=0), y.repeat(counts)

    def distance(*rows):
        """How many standard errors the mean scores are from those of the repeated rows."""
        differences = []
        for seed in range(50):
            a, b = (train(estimator, *r, **steps, random_state=seed) for r in (rows, repeated))
            read = "decision_function" if estimator is DeepMLPClassifier else "predict"
            differences.append(getattr(a, read)(X[:5]) - getattr(b, read)(X[:5]))
        return np.abs(np.mean(differences, axis=0)) / (np.std(differences, axis=0, ddof=1) / 50**0.5)

    assert distance(X, y, counts).max() < 4
    assert distance(X, y).max() > 7


# Class weights ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [[0, 1, 2], ["setosa", "versicolor", "virginica"]])
def test_a_dict_of_class_weights_is_sample_weights(multiclass, labels):
    X, y = multiclass[0], np.array(labels)[multiclass[1]]
    values = dict(zip(labels, [0.5, 1.0, 3.0], strict=True))
    by_class = train(DeepMLPClassifier, X, y, class_weight=values)
    by_row = train(DeepMLPClassifier, X, y, [values[label] for label in y.tolist()])
    assert_array_equal(outputs(by_class, X), outputs(by_row, X))


def test_a_class_left_out_of_the_dict_counts_one(multiclass):
    X, y = multiclass
    partial = train(DeepMLPClassifier, X, y, class_weight={1: 2.0})
    full = train(DeepMLPClassifier, X, y, class_weight={0: 1.0, 1: 2.0, 2: 1.0})
    assert_array_equal(outputs(partial, X), outputs(full, X))


@pytest.mark.parametrize("data", ["binary", "multiclass"], indirect=True)
def test_balanced_is_scikit_learns(data):
    X, y = (values[:80] for values in data)
    classes = np.unique(y)
    values = compute_class_weight("balanced", classes=classes, y=y)
    balanced = train(DeepMLPClassifier, X, y, class_weight="balanced")
    given = train(DeepMLPClassifier, X, y, class_weight=dict(zip(classes.tolist(), values.tolist(), strict=True)))
    assert_allclose(outputs(balanced, X), outputs(given, X), rtol=1e-5)


def test_balanced_counts_the_weighted_rows(multiclass, counts):
    X, y = (values[:100] for values in multiclass)
    balanced = {"class_weight": "balanced", "batch_size": 1000}
    weighted = train(DeepMLPClassifier, X, y, counts, **balanced)
    repeated = train(DeepMLPClassifier, X.repeat(counts, axis=0), y.repeat(counts), **balanced)
    assert_allclose(outputs(weighted, X), outputs(repeated, X), rtol=1e-5)


def test_class_and_sample_weights_multiply(multiclass):
    X, y = multiclass
    weight = np.linspace(0.5, 2.0, len(y))
    both = train(DeepMLPClassifier, X, y, weight, class_weight={0: 1.0, 1: 2.0, 2: 4.0})
    assert_array_equal(outputs(both, X), outputs(train(DeepMLPClassifier, X, y, weight * 2.0**y), X))


def test_a_class_of_weight_zero_keeps_its_column_and_loses_its_rows(multiclass):
    X, y = multiclass
    model = train(DeepMLPClassifier, X, y, class_weight={2: 0.0}, max_iter=100, learning_rate_init=0.05)
    assert_array_equal(model.classes_, [0, 1, 2])
    assert not (model.predict(X) == 2).any()


def test_dev_rows_weigh_in_the_validation_loss(multiclass):
    """Weight two on a dev row is the row twice, weight zero is none."""
    X, y = multiclass
    dev_weight = np.arange(30) % 3

    def curve(X_val, y_val, weight=None):
        model = DeepMLPClassifier((8,), max_iter=5, random_state=0)
        model.fit(X[30:], y[30:], X_val=X_val, y_val=y_val, sample_weight_val=weight)
        return model.validation_loss_curve_

    repeated = curve(X[:30].repeat(dev_weight, axis=0), y[:30].repeat(dev_weight))
    assert_allclose(curve(X[:30], y[:30], dev_weight), repeated, rtol=1e-5)


def test_class_weights_weigh_the_dev_rows_too(multiclass):
    X, y = multiclass
    values = {0: 0.5, 1: 1.0, 2: 3.0}
    dev = {"X_val": X[:30], "y_val": y[:30]}
    by_class = DeepMLPClassifier((8,), max_iter=5, random_state=0, class_weight=values).fit(X, y, **dev)
    rows = [values[label] for label in y]
    by_row = DeepMLPClassifier((8,), max_iter=5, random_state=0)
    by_row.fit(X, y, sample_weight=rows, **dev, sample_weight_val=rows[:30])
    assert_allclose(by_class.validation_loss_curve_, by_row.validation_loss_curve_, rtol=1e-6)


def test_a_class_whose_rows_all_weigh_nothing_is_named(multiclass):
    """It is one of the classes, and nothing is learnt of it."""
    X, y = multiclass
    model = DeepMLPClassifier((8,), learning_rate_init=0.01, max_iter=30, random_state=0)
    with pytest.warns(UserWarning, match=r"All rows of the classes \[2\] have weight 0: nothing is learnt of them"):
        model.fit(X, y, sample_weight=(y < 2).astype(float))


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (["1", "2", "10"], {"1": 1.0, "2": 5.0, "10": 0.5}),
        ([False, True, True], {False: 1.0, True: 5.0}),
        ([0, 1, 2], {np.int64(0): 1.0, np.float64(1.0): 5.0, 2: np.float32(0.5)}),
        ([0, 1, 2], {0: 1.0, 1: 5.0, 2: 0.5, 3: 7.0}),
    ],
    ids=["digits as text", "booleans", "numbers of numpy", "a class that these rows have none of"],
)
def test_class_weights_are_looked_up_by_the_very_label(multiclass, labels, values):
    """scikit-learn's own function makes whole numbers of labels and then finds no "1" in the dict."""
    X, numbers = multiclass
    y = np.array(labels)[numbers]
    by_class = train(DeepMLPClassifier, X, y, class_weight=values)
    by_row = train(DeepMLPClassifier, X, y, [values[label] for label in y.tolist()])
    assert_array_equal(outputs(by_class, X), outputs(by_row, X))


@pytest.mark.parametrize("class_weight", ["balanced", {0: 0.1, 1: 0.7, 2: 1.3}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_integer_weights_are_repeated_rows_bitwise_under_class_weights(multiclass, counts, class_weight, dtype, solver):
    """The rows are summed before they are multiplied, so that no rounding depends on how often one stands there."""
    X, y = (values[:100] for values in multiclass)
    parameters = {"class_weight": class_weight, "dtype": dtype, "solver": solver, "batch_size": 1000}
    order = np.random.default_rng(1).permutation(counts.sum())
    weighted = train(DeepMLPClassifier, X, y, counts, **parameters)
    repeated = train(DeepMLPClassifier, X.repeat(counts, axis=0)[order], y.repeat(counts)[order], **parameters)
    assert_array_equal(weighted.predict_proba(X), repeated.predict_proba(X))


def test_scikit_learns_check_of_weights_passes_with_balanced_classes():
    network = DeepMLPClassifier((24, 24), class_weight="balanced", learning_rate_init=8e-3, alpha=0.1)
    check_sample_weight_equivalence_on_dense_data("DeepMLPClassifier", network)
    check_sample_weight_equivalence_on_sparse_data("DeepMLPClassifier", network)
