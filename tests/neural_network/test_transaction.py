"""fit is a transaction: an exception at any point of it leaves the estimator as it was."""

import inspect
import pickle
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from skdeep import DeepMLPClassifier, DeepMLPRegressor

N_SPREAD = 15  # points of each case that are spread over all calls of its fit


class InjectedError(Exception):
    """Of no kind that anybody expects."""


def rate(step):
    """A learning rate of the user's own."""
    return 1e-3


def augment(X_batch, y_batch, rng):
    """An augmenter of the user's own."""
    X_batch *= 1.01


def init(rng, fan_in, fan_out):
    """Initial weights of the user's own."""
    return rng.normal(size=(fan_in, fan_out))


def scorer(estimator, X, y):
    """A scorer of the user's own."""
    return estimator.score(X, y)


USERS = {function.__code__ for function in (rate, augment, init, scorer)}


def may_fail(frame):
    """Whether a function is one of skdeep or the user's; no generator: what one raises when cleared away is ignored."""
    is_generator = frame.f_code.co_flags & inspect.CO_GENERATOR
    return frame.f_code in USERS or (frame.f_globals.get("__name__", "").startswith("skdeep.") and not is_generator)


@contextmanager
def failing_at(number, error=InjectedError):
    """Let the call of that number to any of these functions raise; yields a list of the functions that were called."""
    calls = []

    def enter(frame, event, argument):
        if event == "call" and may_fail(frame):
            calls.append(frame.f_code)
            if len(calls) == number:
                sys.setprofile(None)
                raise error

    sys.setprofile(enter)
    try:
        yield calls
    finally:
        sys.setprofile(None)


#: Name -> parameters of the estimator.
CASES = {
    "adam": {"batch_size": 32, "keep_prob": 0.8, "input_keep_prob": 0.9, "max_norm": 3.0, "clip_norm": 1.0},
    "sgd, early stopping": {"solver": "sgd", "early_stopping": True, "learning_rate": "adaptive"},
    "rmsprop, scorer": {"solver": "rmsprop", "early_stopping": True, "scoring": scorer},
    "the user's own": {"learning_rate": rate, "augment": augment, "init": init, "solver": "adamw"},
    "lbfgs": {"solver": "lbfgs", "record_norms": True},
    "restoring": {"on_divergence": "restore", "verbose": True},
    "keeping": {"on_interrupt": "keep", "batch_size": 50},
}
METHODS = {"fit": InjectedError, "warm fit": KeyboardInterrupt, "partial_fit": MemoryError}
COMBINATIONS = [
    (name, method, error)
    for name in CASES
    for method, error in METHODS.items()
    # which it does not have, and which is not to fail
    if (name, method) not in {("lbfgs", "partial_fit"), ("keeping", "warm fit")}
]


def made(parameters, estimator=DeepMLPClassifier):
    return estimator(**{"hidden_layer_sizes": (4, 3), "max_iter": 2, "random_state": 0} | parameters)


def points(action, *, every_function):
    """Numbers of calls to fail in, spread up to the last; and of every function the first."""
    with failing_at(0) as calls:
        action()
    first = {code: number for number, code in reversed(list(enumerate(calls, 1)))} if every_function else {}
    return sorted({*first.values(), *np.linspace(1, len(calls), N_SPREAD).astype(int).tolist()})


@pytest.mark.parametrize(("name", "method", "error"), COMBINATIONS)
def test_a_fitted_estimator_is_as_before_to_the_last_bit(multiclass, name, method, error):
    """Its attributes, what a later fit needs, and what it predicts; whichever function raises the exception."""
    X, y = multiclass
    parameters = CASES[name]
    model, other = (made(parameters | {"warm_start": method == "warm fit"}).fit(X, y) for _ in range(2))
    train, train_other = (one.partial_fit if method == "partial_fit" else one.fit for one in (model, other))
    before, predicted = pickle.dumps(vars(model)), model.predict_proba(X)
    for number in points(lambda: train_other(X, y), every_function=method == "fit" or name == "the user's own"):
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
    for number in points(lambda: other.fit(*multiclass), every_function=False):
        with pytest.raises(InjectedError), failing_at(number):
            model.fit(*multiclass)
        assert vars(model) == before, number
