"""skdeep.neural_network._state: a fitted model as plain data."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdeep import DeepMLPClassifier
from skdeep.core import SCHEDULES
from skdeep.neural_network._state import put_together, take_apart

PLAIN = (str, int, float, bool, type(None), np.ndarray, np.random.Generator)


def fitted(X, y, **parameters):
    return DeepMLPClassifier(**{"hidden_layer_sizes": (8,), "max_iter": 2, "random_state": 0} | parameters).fit(X, y)


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for part in value for leaf in leaves(part)] if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("solver", ["adam", "adamw", "rmsprop", "sgd", "lbfgs"])
@pytest.mark.parametrize("learning_rate", SCHEDULES)
def test_nothing_but_plain_data_is_left(multiclass, solver, learning_rate):
    model = fitted(*multiclass, solver=solver, learning_rate=learning_rate, keep_prob=1.0 if solver == "lbfgs" else 0.9)
    assert {type(leaf) for leaf in leaves(take_apart((model._model, model._resume)))} <= set(PLAIN)


def test_what_is_put_together_is_what_was_taken_apart(multiclass):
    """Fitted anew from there, it goes on in the same way."""
    model = fitted(*multiclass, warm_start=True, keep_prob=0.9)
    again = copy.copy(model)
    again._model, again._resume = put_together(copy.deepcopy(take_apart((model._model, model._resume))))
    assert again._model.network.layer_sizes == model._model.network.layer_sizes
    assert again._model.network.activations == model._model.network.activations
    assert type(again._model.network.loss) is type(model._model.network.loss)
    assert again.history_ == model.history_
    assert_array_equal(again.fit(*multiclass).coefs_[0], model.fit(*multiclass).coefs_[0])


def test_what_is_not_ours_stays_as_it_is():
    own = object()
    assert put_together(take_apart({"a": [own, (1, "b")]})) == {"a": [own, (1, "b")]}


def test_arrays_are_not_copied(multiclass):
    model = fitted(*multiclass)
    assert put_together(take_apart(model._model)).parameters.theta is model._model.parameters.theta


def test_a_copy_shares_the_model(multiclass):
    """Which no fit changes in place."""
    model = fitted(*multiclass)
    before = model.coefs_[0].copy()
    copied = copy.copy(model)
    assert copied._model is model._model
    copied.partial_fit(*multiclass)
    assert_array_equal(model.coefs_[0], before)
