"""What does not vary in training: columns, targets, and the class."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.augmentation import GaussianNoise
from skdeep.inspection import check_gradient, gradient_flow
from skdeep.model_selection import BatchedGridSearchCV, bias_variance_report

SMALL = {"hidden_layer_sizes": (16, 8), "max_iter": 15, "learning_rate_init": 0.01, "random_state": 0}
SOLVERS = ["adam", "adamw", "sgd", "rmsprop", "lbfgs"]


def with_column(X, value, at=2):
    return np.insert(X, at, value, axis=1)


# Columns ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("value", [0.0, 1.0, -3.0])
@pytest.mark.parametrize("container", [np.asarray, csr_matrix])
def test_a_column_that_is_constant_in_training_has_no_influence(multiclass, solver, value, container):
    """Whatever it holds later, the prediction is bitwise that of the training value."""
    X, y = multiclass
    model = DeepMLPClassifier(solver=solver, **SMALL).fit(container(with_column(X, value)), y)
    expected = model.predict_proba(with_column(X, value))
    assert_array_equal(model.predict_proba(with_column(X, 1000.0)), expected)


@pytest.mark.parametrize(
    "parameters",
    [
        {"early_stopping": True},
        {"input_keep_prob": 0.8, "keep_prob": 0.8},
        {"clip_norm": 0.1, "max_norm": 1.0},
        {"hidden_layer_sizes": ()},
        {"on_divergence": "restore"},
    ],
)
def test_nor_has_it_by_another_way_of_training(multiclass, parameters):
    X, y = multiclass
    model = DeepMLPClassifier(**SMALL | parameters).fit(with_column(X, 1.0), y)
    assert_array_equal(model.predict(with_column(X, 50.0)), model.predict(with_column(X, 1.0)))


def test_behind_a_scaler_a_sensor_may_move_after_training(binary):
    """A pressure that stood at 1013.25 in training and reads 1100 later."""
    X, y = binary
    model = make_pipeline(StandardScaler(), DeepMLPClassifier(**SMALL)).fit(with_column(X, 1013.25), y)
    assert model.score(with_column(X, 1100.0), y) == model.score(with_column(X, 1013.25), y) > 0.97


def test_the_other_columns_learn_what_they_learn_without_it(multiclass):
    """The same network from the same first weights, up to rounding."""
    X, y = multiclass
    with_it = DeepMLPClassifier(**SMALL, dtype="float64", alpha=0.0, init=first_weights)
    without = clone(with_it).fit(X, y)
    with_it.fit(with_column(X, 1.0, at=4), y)
    assert_allclose(with_it.coefs_[0][:4], without.coefs_[0], rtol=1e-9)
    assert_array_equal(with_it.coefs_[0][4], 0.0)


def first_weights(rng, fan_in, fan_out):
    """The same for the first four inputs, however many there are."""
    drawn = np.random.default_rng(fan_out).normal(size=(8 * 5, fan_out))[:fan_in]
    return 0.5 * drawn


def test_only_rows_that_count_decide(multiclass):
    """A row of weight 0 does not make a column vary."""
    X, y = multiclass
    Z, weight = with_column(X, 1.0), np.ones(len(y))
    Z[0, 2], weight[0] = 7.0, 0.0
    assert_array_equal(DeepMLPClassifier(**SMALL).fit(Z, y, weight).coefs_[0][2], 0.0)


def test_a_column_that_varies_in_one_row_keeps_its_weights(multiclass):
    X, y = multiclass
    Z = with_column(X, 1.0)
    Z[-1, 2] = 1.5
    assert np.abs(DeepMLPClassifier(**SMALL).fit(Z, y).coefs_[0][2]).min() > 0.0


@pytest.mark.parametrize("parameters", [{"augment": GaussianNoise(0.1)}, {}])
def test_where_it_may_yet_vary_it_keeps_its_weights(multiclass, parameters):
    """By augmentation, or in a stream."""
    X, y = multiclass
    model = DeepMLPClassifier(**SMALL, **parameters)
    model = model.fit(with_column(X, 0.0), y) if parameters else model.partial_fit(with_column(X, 0.0), y, np.unique(y))
    assert np.abs(model.coefs_[0][2]).min() > 0.0


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_warm_start_on_rows_in_which_it_varies_learns_from_it(multiclass, value):
    """And where it stays constant it stays without influence."""
    X, y = multiclass
    model = DeepMLPClassifier(**SMALL, warm_start=True).fit(with_column(X, value), y)
    again = clone(model).fit(with_column(X, value), y).fit(with_column(X, value), y)
    assert_array_equal(again.coefs_[0][2], 0.0)
    model.fit(with_column(X, y == 1), y)
    assert np.abs(model.coefs_[0][2]).max() > 0.01


def test_a_warm_start_on_rows_in_which_a_column_does_not_vary_keeps_what_it_has_learnt(multiclass):
    X, y = multiclass
    model = DeepMLPClassifier(**SMALL, warm_start=True).fit(X, y)
    model.fit(with_column(np.delete(X, 2, axis=1), 1.0), y)
    assert np.abs(model.coefs_[0][2]).min() > 0.0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_column_that_varies_by_rounding_alone_has_no_influence(multiclass, dtype):
    """As 0.1 and 0.3 - 0.2, or a sensor whose last bit flickers."""
    X, y = multiclass
    Z = with_column(with_column(X, 0.1), 1013.25)
    Z[::7, 2], Z[::7, 3] = (
        np.nextafter(np.float32(1013.25), np.float32(0.0)) if dtype == "float32" else 1013.25,
        0.3 - 0.2,
    )
    model = DeepMLPClassifier(**SMALL, dtype=dtype).fit(Z, y)
    assert_array_equal(model.coefs_[0][[2, 3]], 0.0)


def test_the_flow_is_that_of_the_network_which_fit_trains(multiclass):
    """Neither the step nor the advice takes notice of a constant column, however large; nor does a report's."""
    X, y = multiclass
    network = DeepMLPClassifier((8,), dtype="float64", random_state=0, max_iter=3)
    Z = with_column(X, 1013.25, at=4)
    flow = gradient_flow(network, Z, y)
    assert not flow.advice
    moved = clone(network).set_params(max_iter=1, batch_size=1000, learning_rate="constant").fit(Z, y)
    first = clone(moved).set_params(learning_rate_init=1e-300).fit(Z, y).coefs_[0]
    of_fit = np.linalg.norm(moved.coefs_[0] - first) / np.linalg.norm(first)
    assert_allclose(flow.layers[0].step_ratio, of_fit, rtol=1e-6)
    report = bias_variance_report(network, Z, y, cv=3, learning_curve=False)
    assert not report_problems(report) & {"inputs not normalised"}


def report_problems(report):
    return {advice.problem for advice in report.advice}


@pytest.mark.parametrize("solver", SOLVERS)
def test_where_nothing_varies_the_prediction_does_not_either(solver):
    """The fractions of the classes are learnt, whatever the inputs hold later."""
    model = DeepMLPClassifier(solver=solver, **SMALL | {"max_iter": 60}).fit(
        np.full((40, 3), 7.0), np.arange(40) % 4 > 0
    )
    assert_array_equal(model.predict_proba(np.full((1, 3), 700.0)), model.predict_proba(np.full((1, 3), 7.0)))
    assert_allclose(model.predict_proba(np.zeros((1, 3)))[0], [0.25, 0.75], atol=0.1)


@pytest.mark.parametrize("value", [1.0, 100.0, 1013.25])
@pytest.mark.parametrize("n_rows", [1, 50, 569])
def test_a_stream_that_goes_on_leaves_it_out_while_it_stands(binary, value, n_rows):
    """In calls of a row, of some, or of all; until it holds another value."""
    X, y = binary
    Z = with_column(X, value)
    model = DeepMLPClassifier(**SMALL | {"learning_rate_init": 1e-3}).fit(Z, y)
    for start in range(0, n_rows * 3, n_rows):
        rows = np.arange(start, start + n_rows) % len(y)
        model.partial_fit(Z[rows], y[rows])
    assert_array_equal(model.coefs_[0][2], 0.0)
    assert model.score(Z, y) > 0.9
    again = pickle.loads(pickle.dumps(model)).partial_fit(Z, y)
    assert_array_equal(again.coefs_[0][2], 0.0)
    again.partial_fit(with_column(X, value + y), y)
    assert np.abs(again.coefs_[0][2]).max() > 0.0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.filterwarnings("ignore:The columns' standard deviations")
def test_what_a_scaler_makes_of_rounding_is_constant(binary, dtype):
    """Two neighbouring floats, of which StandardScaler leaves differences of 1e-13."""
    X, y = binary
    Z = with_column(X, np.where(np.arange(len(y)) % 2, 1013.25, np.nextafter(1013.25, 0.0)))
    model = make_pipeline(StandardScaler(), DeepMLPClassifier(**SMALL, dtype=dtype)).fit(Z, y)
    assert np.ptp(model[0].transform(Z)[:, 2]) > 0.0
    assert_array_equal(model.predict(with_column(X, 1100.0)), model.predict(Z))


def test_networks_trained_together_leave_out_their_own_columns(multiclass):
    """A column that is constant in some folds only: scores as of fits one by one."""
    X, y = (values[:60] for values in multiclass)
    Z = with_column(X, 1.0)
    Z[:3, 2] = 4.0
    network = DeepMLPClassifier(**SMALL)
    cv = [(np.arange(3, 60), np.arange(3)), (np.arange(40), np.arange(40, 60)), (np.arange(20, 60), np.arange(20))]
    search = BatchedGridSearchCV(network, {"alpha": [0.1, 1.0]}, cv=cv).fit(Z, y)
    for fold, (train, test) in enumerate(cv):
        fits = (clone(network).set_params(alpha=alpha).fit(Z[train], y[train]) for alpha in (0.1, 1.0))
        alone = [fit.score(Z[test], y[test]) for fit in fits]
        assert_allclose(search.cv_results_[f"split{fold}_test_score"], alone)


def test_the_rim_of_digits_has_no_weights():
    """Pixels that are 0 in every row: no step is spent on weights that only the penalty moves."""
    X, y = load_digits(return_X_y=True)
    is_constant = np.ptp(X, axis=0) == 0.0
    model = DeepMLPClassifier((8,), max_iter=1, random_state=0).fit(X / 16, y)
    assert is_constant.sum() == 3
    assert_array_equal((model.coefs_[0] == 0.0).all(axis=1), is_constant)


@pytest.mark.parametrize("fitted", [False, True])
def test_its_gradient_is_still_that_of_the_objective(multiclass, fitted):
    X, y = multiclass
    model = DeepMLPClassifier((4,), max_iter=2, random_state=0)
    Z = with_column(X, 1.0)
    assert check_gradient(model.fit(Z, y) if fitted else model, Z[:30], y[:30])


def test_a_constant_column_far_from_zero_is_no_reason_to_warn(multiclass, recwarn):
    """The network takes no notice of it."""
    X, y = multiclass
    DeepMLPClassifier(**SMALL).fit(with_column(X, 1013.25), y)
    DeepMLPClassifier(**SMALL).fit(csr_matrix(with_column(X, 1013.25)), y)
    assert not [one for one in recwarn if "deviations" in str(one.message)]


# Targets ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("value", [1e-9, 0.0, 0.1, -7.0, 1e9, 1e300, 3e-320])
def test_a_constant_target_is_predicted_to_the_last_digit(regression, solver, value):
    X, _ = regression
    model = DeepMLPRegressor(**SMALL, solver=solver).fit(X, np.full(len(X), value))
    assert set(model.predict(100.0 * X)) == {value}


@pytest.mark.parametrize("parameters", [{"keep_prob": 0.5}, {"early_stopping": True}, {"hidden_layer_sizes": ()}])
def test_so_it_is_by_another_way_of_training(regression, parameters):
    X, _ = regression
    model = DeepMLPRegressor(**SMALL | parameters).fit(X, np.full(len(X), 0.1), np.linspace(0.0, 1.0, len(X)))
    assert set(model.predict(X)) == {0.1}


def test_so_is_a_constant_output_among_others(multioutput):
    X, Y = multioutput
    Z = Y.copy()
    Z[:, 1] = 0.1
    model = DeepMLPRegressor(**SMALL, dtype="float64").fit(X, Z)
    assert set(model.predict(X)[:, 1]) == {0.1}
    assert model.score(X, Z) > 0.5


def test_so_it_is_in_a_stream_until_it_varies(regression):
    X, y = regression
    model = DeepMLPRegressor(**SMALL)
    for start in range(0, 40, 10):
        model.partial_fit(X[start : start + 10], np.full(10, 1e-9))
    assert set(model.predict(X)) == {1e-9}
    for _ in range(60):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.5


def test_a_target_that_varies_by_rounding_alone_is_predicted_to_rounding(regression):
    X, _ = regression
    y = np.where(np.arange(len(X)) % 2, 1e-9, np.nextafter(1e-9, 1.0))
    assert_allclose(DeepMLPRegressor(**SMALL).fit(X, y).predict(X), 1e-9, rtol=1e-15)


# The class ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("label", [4, "a", True])
def test_a_single_class_is_predicted_for_every_row_with_a_warning(multiclass, solver, label):
    """As trees and `MLPClassifier` do, but with as many probabilities as classes."""
    X, _ = multiclass
    with pytest.warns(UserWarning, match="y holds a single class, "):
        model = DeepMLPClassifier(**SMALL, solver=solver).fit(X, [label] * len(X))
    assert model.classes_.tolist() == [label]
    assert model.predict(100.0 * X).tolist() == [label] * len(X)
    assert_array_equal(model.predict_proba(X), np.ones((len(X), 1)))
    assert_array_equal(model.predict_log_proba(X), np.zeros((len(X), 1)))
    assert model.loss_ < 1.0  # the penalty
    assert model.score(X, [label] * len(X)) == 1.0


@pytest.mark.filterwarnings("ignore:y holds a single class")
@pytest.mark.parametrize(
    "parameters",
    [{"class_weight": "balanced"}, {"label_smoothing": 0.1}, {"early_stopping": True, "scoring": "accuracy"}],
)
def test_a_single_class_trains_by_another_way(multiclass, parameters):
    X, _ = multiclass
    assert DeepMLPClassifier(**SMALL | parameters).fit(X, np.ones(len(X))).predict(X[:1]) == [1.0]


@pytest.mark.filterwarnings("ignore:y holds a single class")
def test_a_constant_column_of_several_targets_has_its_constant_model(multiclass):
    """What scikit-learn's `MultiOutputClassifier` asks of its estimators."""
    X, y = multiclass
    Y = np.column_stack([y, np.full(len(y), 5)])
    model = MultiOutputClassifier(DeepMLPClassifier(**SMALL)).fit(X, Y)
    assert set(model.predict(X)[:, 1]) == {5}
    assert [p.shape[1] for p in model.predict_proba(X)] == [3, 1]


def test_classes_may_be_a_single_one_in_a_stream(multiclass):
    X, _ = multiclass
    model = DeepMLPClassifier(**SMALL).partial_fit(X, np.full(len(X), 3), classes=[3])
    assert set(model.predict(X)) == {3}
