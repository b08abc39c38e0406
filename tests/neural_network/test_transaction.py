"""fit is a transaction: an exception at any point of it leaves the estimator as it was."""

import inspect
import pickle
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from skdeep import DeepMLPClassifier, DeepMLPRegressor

N_POINTS = 20  # of each case, spread over all calls of its fit


class InjectedError(Exception):
    """Of no kind that anybody expects."""


def is_ours(frame):
    """Whether a function is one of skdeep; no generator, as what one raises where it is cleared away is ignored."""
    is_generator = frame.f_code.co_flags & inspect.CO_GENERATOR
    return frame.f_globals.get("__name__", "").startswith("skdeep.") and not is_generator


@contextmanager
def failing_at(number, error=InjectedError):
    """Let the call of that number to any function of skdeep raise; yields a list that counts the calls."""
    calls = []

    def enter(frame, event, argument):
        if event == "call" and is_ours(frame):
            calls.append(frame.f_code.co_name)
            if len(calls) == number:
                sys.setprofile(None)
                raise error

    sys.setprofile(enter)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def scorer(estimator, X, y):
    """One of the user's own."""
    return estimator.score(X, y)


#: Name -> parameters of the estimator, arguments of fit.
CASES = {
    "adam": {"batch_size": 32, "keep_prob": 0.8, "input_keep_prob": 0.9, "max_norm": 3.0, "clip_norm": 1.0},
    "sgd, early stopping": {"solver": "sgd", "early_stopping": True, "learning_rate": "adaptive"},
    "rmsprop, scorer": {"solver": "rmsprop", "early_stopping": True, "scoring": scorer},
    "lbfgs": {"solver": "lbfgs", "record_norms": True},
    "restoring": {"on_divergence": "restore", "verbose": True},
}
METHODS = {"fit": InjectedError, "warm fit": KeyboardInterrupt, "partial_fit": MemoryError}
COMBINATIONS = [
    (name, method, error)
    for name in CASES
    for method, error in METHODS.items()
    if (name, method) != ("lbfgs", "partial_fit")  # which it does not have
]


def made(parameters, estimator=DeepMLPClassifier):
    return estimator(**{"hidden_layer_sizes": (4, 3), "max_iter": 2, "random_state": 0} | parameters)


def points(n_calls):
    """Numbers of calls to fail in: the first ones, where most differs, and others up to the last."""
    spread = np.linspace(1, n_calls, N_POINTS).astype(int)
    return sorted({*range(1, N_POINTS // 2), *spread.tolist()})


def n_calls_of(action):
    with failing_at(0) as calls:
        action()
    return len(calls)


@pytest.mark.parametrize(("name", "method", "error"), COMBINATIONS)
def test_a_fitted_estimator_is_as_before_to_the_last_bit(multiclass, name, method, error):
    """Its attributes, what a later fit needs, and what it predicts; wherever the exception comes from."""
    X, y = multiclass
    parameters = CASES[name]
    model, other = (made(parameters | {"warm_start": method == "warm fit"}).fit(X, y) for _ in range(2))
    train, train_other = (one.partial_fit if method == "partial_fit" else one.fit for one in (model, other))
    before, predicted = pickle.dumps(vars(model)), model.predict_proba(X)
    for number in points(n_calls_of(lambda: train_other(X, y))):
        with pytest.raises(error), failing_at(number, error):
            train(X, y)
        assert pickle.dumps(vars(model)) == before, number
    np.testing.assert_array_equal(model.predict_proba(X), predicted)


@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
@pytest.mark.parametrize("parameters", CASES.values(), ids=CASES)
def test_an_unfitted_estimator_stays_unfitted(multiclass, estimator, parameters):
    """With its parameters and nothing else."""
    model, other = made(parameters, estimator), made(parameters, estimator).fit(*multiclass)
    before = dict(vars(model))
    for number in points(n_calls_of(lambda: other.fit(*multiclass))):
        with pytest.raises(InjectedError), failing_at(number):
            model.fit(*multiclass)
        assert vars(model) == before, number
