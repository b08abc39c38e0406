"""DeepMLPRegressor: shapes of targets, units of predictions, and the standardisation inside."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import DataConversionWarning

from skdeep import DeepMLPRegressor


def train(X, y, **parameters):
    model = DeepMLPRegressor(**{"hidden_layer_sizes": (8,), "max_iter": 20, "random_state": 0} | parameters)
    return model.fit(X, y)


@pytest.mark.parametrize("data", ["regression", "multioutput"], indirect=True)
def test_predictions_have_the_shape_of_the_target(data):
    X, y = data
    assert train(X, y).predict(X).shape == y.shape


def test_a_column_is_one_number_per_row_and_warns(regression):
    X, y = regression
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        model = train(X, y[:, None])
    assert_array_equal(model.predict(X), train(X, y).predict(X))


@pytest.mark.parametrize("trained_in", ["float32", "float64"])
@pytest.mark.parametrize("data", ["regression", "multioutput"], indirect=True)
def test_predictions_have_the_precision_of_their_rows(data, trained_in):
    X, y = data
    model = train(X, y, dtype=trained_in)
    for dtype in (np.float32, np.float64):
        assert model.predict(X.astype(dtype)).dtype == dtype
    assert_allclose(model.predict(X.astype(np.float32)), model.predict(X), rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e6, 1e9), (2.0, -5.0)])
@pytest.mark.parametrize("data", ["regression", "multioutput"], indirect=True)
def test_the_targets_unit_and_origin_do_not_matter(data, scale, shift):
    X, y = data
    predicted = train(X, y, dtype="float64").predict(X)
    moved = train(X, scale * y + shift, dtype="float64").predict(X)
    assert_allclose((moved - shift) / scale, predicted, rtol=1e-5, atol=1e-5)


def test_outputs_of_any_scale_are_learnt_alike(regression):
    """Every output is standardised by itself: a large one does not drown a small one."""
    X, y = regression
    model = train(X, np.column_stack([y, 1e-6 * y]), max_iter=200, learning_rate_init=0.01)
    residual = (model.predict(X) - np.column_stack([y, 1e-6 * y])) / (y.std() * np.array([1.0, 1e-6]))
    assert (residual.std(axis=0) < 0.2).all()


@pytest.mark.parametrize("constant", [0.0, 3.0, 0.1, -1e9])
def test_a_constant_target_is_predicted_as_it_is(regression, constant):
    X, y = regression
    model = train(X, np.column_stack([y, np.full(len(y), constant)]), max_iter=300, learning_rate_init=0.02, alpha=0.0)
    assert_allclose(model.predict(X)[:, 1], constant, rtol=0, atol=0.2)


def test_integer_targets_are_predicted_as_numbers(regression):
    X, y = regression
    whole = np.round(y).astype(int)
    assert_array_equal(train(X, whole).predict(X), train(X, whole.astype(float)).predict(X))


def test_the_losses_are_in_units_of_the_targets_variance(regression):
    """A prediction of the mean costs one half."""
    X, y = regression
    model = train(X, y, init="zeros", max_iter=1, alpha=0.0, batch_size=1000)
    assert model.loss_ == pytest.approx(0.5)


def test_the_validation_loss_is_half_the_mean_squared_error(regression):
    X, y = regression
    model = DeepMLPRegressor((8,), max_iter=5, random_state=0).fit(X[30:], y[30:], X_val=X[:30], y_val=y[:30])
    error = np.mean((model.predict(X[:30]) - y[:30]) ** 2) / y[30:].var()
    assert model.validation_loss_curve_[-1] == pytest.approx(error / 2, rel=1e-5)


@pytest.mark.parametrize(("data", "n_outputs"), [("regression", 1), ("multioutput", 3)], indirect=["data"])
def test_the_output_layer_is_linear(data, n_outputs):
    model = train(*data)
    assert (model.n_outputs_, model.out_activation_) == (n_outputs, "identity")


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_training_reaches_a_good_score(regression, solver):
    X, y = regression
    model = train(X[20:], y[20:], solver=solver, hidden_layer_sizes=(16,), max_iter=300, learning_rate_init=0.01)
    assert model.score(X[:20], y[:20]) > 0.9


def test_a_classifiers_own_parameters_are_not_the_regressors():
    assert not {"class_weight", "label_smoothing"} & set(DeepMLPRegressor().get_params())
