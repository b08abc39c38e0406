"""Training in instalments: warm starts, partial_fit, and models that were stored in between."""

import pickle
from copy import deepcopy
from io import BytesIO

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skdeep import DeepMLPClassifier, DeepMLPRegressor

BOTH = [(DeepMLPClassifier, "multiclass"), (DeepMLPRegressor, "regression")]
WAYS = {
    "adam": {},
    "adamw": {"solver": "adamw"},
    "sgd": {"solver": "sgd"},
    "rmsprop": {"solver": "rmsprop"},
    "dropout": {"keep_prob": 0.7, "input_keep_prob": 0.9},
    "augment": {"augment": lambda X, Y, rng: np.add(X, rng.normal(0, 0.1, X.shape), out=X)},
    "invscaling": {"learning_rate": "invscaling", "solver": "sgd"},
    "full batch": {"batch_size": 1000},
    "float64": {"dtype": "float64"},
}


def network(estimator, **parameters):
    defaults = {"hidden_layer_sizes": (8, 6), "max_iter": 3, "batch_size": 32, "random_state": 0}
    defaults |= {"learning_rate": "constant", "tol": 0.0, "n_iter_no_change": 1000}
    return estimator(**defaults | parameters)


def assert_same_model(a, b):
    assert_array_equal(a.coefs_[0], b.coefs_[0])
    assert_array_equal(a.intercepts_[-1], b.intercepts_[-1])
    assert a.loss_curve_ == b.loss_curve_
    assert (a.n_iter_, a.t_) == (b.n_iter_, b.t_)


@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_patience_begins_anew_with_each_fit(estimator, data):
    """The first epoch is better than none; then five that are not good enough, all in one fit, are too many."""
    patient = {"n_iter_no_change": 5, "tol": 100.0}
    assert network(estimator, max_iter=8, **patient).fit(*data).n_iter_ == 6
    twice = network(estimator, max_iter=4, warm_start=True, **patient).fit(*data).fit(*data)
    assert (twice.n_iter_, twice.stop_reason_) == (8, "max_iter")


@pytest.mark.parametrize("parameters", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_two_warm_fits_are_one_fit_twice_as_long_bitwise(estimator, data, parameters):
    twice = network(estimator, warm_start=True, **parameters).fit(*data).fit(*data)
    assert_same_model(twice, network(estimator, max_iter=6, **parameters).fit(*data))


@pytest.mark.parametrize("parameters", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_partial_fits_are_the_epochs_of_a_fit_bitwise(estimator, data, parameters):
    """With as many rows in all as there are: without `total_samples` each call would be one of new rows."""
    model = network(estimator, total_samples=len(data[0]), **parameters)
    classes = {"classes": np.unique(data[1])} if estimator is DeepMLPClassifier else {}
    for _ in range(3):
        model.partial_fit(*data, **classes)
    assert_same_model(model, network(estimator, **parameters).fit(*data))


@pytest.mark.parametrize("learning_rate", ["cosine", "warmup_cosine", "exponential"])
def test_a_planned_rate_begins_again_in_a_warm_start(multiclass, learning_rate):
    """Else the second fit would start where the first ended, at next to nothing, and each later one learn less."""
    model = network(DeepMLPClassifier, learning_rate=learning_rate, warm_start=True).fit(*multiclass).fit(*multiclass)
    rates = model.history_.learning_rate
    assert rates[:3] == rates[3:]
    assert rates[0] > 5 * rates[2]


def test_partial_fit_after_fit_takes_up_the_rate_again(multiclass):
    model = network(DeepMLPClassifier, learning_rate="cosine").fit(*multiclass).partial_fit(*multiclass)
    assert model.history_.learning_rate[-1] == model.learning_rate_init


@pytest.mark.parametrize("learning_rate", ["cosine", "warmup_cosine", "exponential"])
def test_partial_fit_holds_the_rate_where_a_schedule_plans_for_the_end(multiclass, learning_rate):
    """There is no end to plan for, and a rate that fell to nothing would learn nothing any more."""
    planned, constant = (network(DeepMLPClassifier, learning_rate=name) for name in (learning_rate, "constant"))
    for _ in range(3):
        for model in (planned, constant):
            model.partial_fit(*multiclass, classes=[0, 1, 2])
    assert_same_model(planned, constant)
    assert planned.history_.learning_rate == [planned.learning_rate_init] * 3


@pytest.mark.parametrize("store", ["pickle", "joblib", "deepcopy"])
@pytest.mark.parametrize("parameters", [WAYS["adam"], WAYS["dropout"], WAYS["sgd"]])
@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_a_stored_model_predicts_and_trains_on_as_the_original(estimator, data, parameters, store):
    model = network(estimator, warm_start=True, **parameters).fit(*data)
    file = BytesIO()
    joblib.dump(model, file)
    stored = {
        "pickle": lambda: pickle.loads(pickle.dumps(model)),
        "joblib": lambda: joblib.load(file),
        "deepcopy": lambda: deepcopy(model),
    }[store]()
    assert_array_equal(stored.predict(data[0]), model.predict(data[0]))
    assert_same_model(stored.fit(*data), model.fit(*data))


@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_a_copy_trains_apart_from_the_original(estimator, data):
    model = network(estimator, warm_start=True).fit(*data)
    predicted = model.predict(data[0])
    deepcopy(model).fit(*data)
    assert_array_equal(model.predict(data[0]), predicted)


def test_results_of_an_earlier_fit_stay_as_they_were(multiclass):
    """A list or array taken from the model is not written on by the next fit."""
    model = network(DeepMLPClassifier, warm_start=True).fit(*multiclass)
    curve, weights = model.loss_curve_, model.coefs_[0]
    before = list(curve), weights.copy()
    model.fit(*multiclass)
    assert curve == before[0]
    assert_array_equal(weights, before[1])


def test_without_warm_start_a_fit_starts_anew(multiclass):
    model = network(DeepMLPClassifier).fit(*multiclass)
    assert_same_model(clone(model).fit(*multiclass), model.fit(*multiclass))


@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop", "adamw"])
def test_a_new_rate_is_used_from_the_next_fit_on(multiclass, solver):
    model = network(DeepMLPClassifier, warm_start=True, solver=solver).fit(*multiclass)
    rate = model.learning_rate_init / 10
    model.set_params(learning_rate_init=rate).fit(*multiclass)
    assert model.history_.learning_rate == pytest.approx([10 * rate] * 3 + [rate] * 3)


def test_a_new_solver_goes_on_from_the_weights(multiclass):
    X, y = multiclass
    model = network(DeepMLPClassifier, warm_start=True, max_iter=30, learning_rate_init=0.01).fit(X, y)
    loss = model.loss_
    model.set_params(solver="lbfgs").fit(X, y)
    assert model.loss_curve_[30] == pytest.approx(loss, rel=0.05)
    assert model.loss_ < loss


def test_a_warm_start_at_the_optimum_stays_there(multiclass):
    """L-BFGS in float64 finds the gradient within tol at once, and takes no step."""
    model = network(
        DeepMLPClassifier, warm_start=True, solver="lbfgs", dtype="float64", activation="tanh", tol=1e-3, max_iter=500
    ).fit(*multiclass)
    weights, n_iter = model.coefs_[0].copy(), model.n_iter_
    assert model.fit(*multiclass).n_iter_ == n_iter
    assert model.stop_reason_ == "converged"
    assert_array_equal(model.coefs_[0], weights)


def test_the_regressor_keeps_the_unit_of_its_first_rows(regression):
    """Rows of another mean and spread do not shift what the network has learnt."""
    X, y = regression
    model = network(DeepMLPRegressor, learning_rate_init=1e-9).partial_fit(X, y)
    before = model.predict(X)
    assert_allclose(model.partial_fit(X[:30], 100 * y[:30] + 7).predict(X), before, rtol=1e-4, atol=1e-4)


# Rules of going on --------------------------------------------------------------------------------------------------


def test_the_first_partial_fit_needs_the_classes(multiclass):
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        network(DeepMLPClassifier).partial_fit(*multiclass)


def test_an_indicator_needs_no_classes(multilabel):
    assert network(DeepMLPClassifier).partial_fit(*multilabel).classes_.tolist() == [0, 1, 2, 3]


def test_a_class_may_come_late(multiclass):
    X, y = multiclass
    model = network(DeepMLPClassifier, learning_rate_init=0.02).partial_fit(X[y < 2], y[y < 2], classes=[2, 1, 0])
    assert model.classes_.tolist() == [0, 1, 2]
    for _ in range(30):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.9


def test_the_classes_must_stay(multiclass):
    model = network(DeepMLPClassifier).partial_fit(*multiclass, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"classes must be \[0, 1, 2\]"):
        model.partial_fit(*multiclass, classes=[0, 1, 2, 3])


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
def test_an_unknown_class_is_named(multiclass, go_on):
    X, y = multiclass
    model = network(DeepMLPClassifier, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"y must hold only the classes \[0, 1, 2\]. Got unknown labels \[9\]"):
        getattr(model, go_on)(X, np.where(y == 2, 9, y))


def test_a_warm_start_need_not_see_every_class(multiclass):
    X, y = multiclass
    model = network(DeepMLPClassifier, warm_start=True).fit(X, y)
    assert model.fit(X[y > 0], y[y > 0]).classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
def test_the_layers_must_stay(multiclass, go_on):
    model = network(DeepMLPClassifier, warm_start=True).fit(*multiclass).set_params(hidden_layer_sizes=(9,))
    with pytest.raises(ValueError, match=r"must keep the layers \(4, 8, 6, 3\). Got \(4, 9, 3\)"):
        getattr(model, go_on)(*multiclass)


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("data", "wanted"),
    [("multilabel", "an indicator matrix of 4 columns"), ("binary", "1-d labels")],
    indirect=["data"],
)
def test_the_kind_of_target_must_stay(data, wanted, go_on):
    X, y = data
    model = network(DeepMLPClassifier, warm_start=True).fit(X, y)
    other = np.eye(3, dtype=int)[np.arange(len(y)) % 3]
    with pytest.raises(ValueError, match=f"y must be {wanted}, as in the first fit"):
        getattr(model, go_on)(X, other)


@pytest.mark.parametrize(
    ("data", "wanted"), [("regression", "1-d"), ("multioutput", "2-d with 3 columns")], indirect=["data"]
)
def test_the_number_of_outputs_must_stay(data, wanted):
    X, y = data
    model = network(DeepMLPRegressor).partial_fit(X, y)
    with pytest.raises(ValueError, match=f"y must be {wanted}, as in the first fit"):
        model.partial_fit(X, np.column_stack([y, y]))


def test_the_number_of_features_must_stay(multiclass):
    X, y = multiclass
    model = network(DeepMLPClassifier).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="X has 3 features, but DeepMLPClassifier is expecting 4"):
        model.partial_fit(X[:, :3], y)


@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
def test_lbfgs_has_no_partial_fit(estimator):
    assert not hasattr(estimator(solver="lbfgs"), "partial_fit")
    assert hasattr(estimator(), "partial_fit")


def test_balanced_class_weights_cannot_be_known_in_instalments(multiclass):
    with pytest.raises(ValueError, match="class_weight must not be 'balanced' for partial_fit"):
        network(DeepMLPClassifier, class_weight="balanced").partial_fit(*multiclass, classes=[0, 1, 2])


def test_partial_fit_takes_weights(multiclass):
    X, y = multiclass
    weight = np.arange(150) % 3
    weighted = network(DeepMLPClassifier, batch_size=1000).partial_fit(X, y, [0, 1, 2], weight)
    repeated = network(DeepMLPClassifier, batch_size=1000)
    repeated.partial_fit(X.repeat(weight, axis=0), y.repeat(weight), [0, 1, 2])
    assert_array_equal(weighted.predict_proba(X), repeated.predict_proba(X))
