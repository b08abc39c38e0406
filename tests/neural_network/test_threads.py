"""How many threads share a fit or a prediction, ours and the BLAS's, and that their number changes no bit."""

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_info, threadpool_limits

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.core import network as core_network
from skdeep.neural_network import _threads

X, Y = np.random.default_rng(0).normal(size=(600, 30)).astype(np.float32), np.arange(600) % 3
#: Just large enough for threads to share its steps, with a last batch that is not; and one that is too small.
LARGE = {"hidden_layer_sizes": (400, 400), "batch_size": 256, "max_iter": 2, "random_state": 0}
SMALL = {"hidden_layer_sizes": (8,), "batch_size": 32, "max_iter": 1, "random_state": 0}


def blas_threads():
    """The numbers of all BLAS libraries in the process."""
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def helpers():
    """Threads that share a step with the one that fits."""
    return [thread for thread in threading.enumerate() if thread.name == "skdeep"]


class Seen:
    """A learning rate that notes what it sees in each step."""

    def __init__(self, look):
        self.look, self.values = look, []

    def __call__(self, step):
        self.values.append(self.look())
        return 1e-3


def seen_in_a_fit(look, **parameters):
    """What a look in each step has seen."""
    rate = Seen(look)
    DeepMLPClassifier(**parameters, learning_rate=rate).fit(X, Y)
    return rate.values


@pytest.fixture(autouse=True)
def two_threads():
    """What the user allows."""
    with threadpool_limits(2, user_api="blas"):
        yield


@pytest.fixture(autouse=True)
def many_cores(monkeypatch):
    """More than the machine may have, and one more than the largest number of threads that is tested."""
    monkeypatch.setattr(_threads, "cpu_count", lambda: 9)


# The same bits --------------------------------------------------------------------------------------------------------

MODELS = {
    "float32": (DeepMLPClassifier, {}),
    "float64": (DeepMLPRegressor, {"dtype": "float64"}),
    "dropout": (DeepMLPClassifier, {"keep_prob": 0.8, "input_keep_prob": 0.9}),
    "limits": (DeepMLPRegressor, {"clip_norm": 0.5, "max_norm": 2.0, "record_norms": True, "solver": "sgd"}),
    "adamw": (DeepMLPClassifier, {"solver": "adamw", "activation": "relu"}),
    "rmsprop": (DeepMLPRegressor, {"solver": "rmsprop", "activation": "selu"}),
    "dev set": (DeepMLPClassifier, {"early_stopping": True, "scoring": "accuracy", "validation_fraction": 0.4}),
    "lbfgs": (DeepMLPClassifier, {"solver": "lbfgs", "batch_size": "auto"}),
    "few rows in a batch": (DeepMLPClassifier, {"hidden_layer_sizes": (900, 900), "batch_size": 50, "max_iter": 1}),
}


def trained(name, weight):
    """A model, a part of it from a fit and a part from a call of `partial_fit`."""
    kind, parameters = MODELS[name]
    model = kind(**{**LARGE, **parameters}).fit(X, Y, weight)
    return model if name == "lbfgs" else model.partial_fit(X, Y, sample_weight=weight)


@pytest.mark.parametrize("name", MODELS)
def test_any_number_of_threads_gives_the_same_bits(name):
    """Of weights, history and predictions: 1, 2, 4 and 8 threads, more than there are cores."""
    weight = np.random.default_rng(1).uniform(0.5, 2.0, len(X))
    rows, fits = np.tile(X, (3, 1)), []
    for n_threads in (1, 2, 4, 8):
        with threadpool_limits(n_threads, user_api="blas"):
            model = trained(name, weight)
            fits.append((model._model.parameters.theta, model.loss_curve_, model.predict(rows), model.transform(rows)))
    for others in fits[1:]:
        for ours, first in zip(others, fits[0], strict=True):
            assert_array_equal(ours, first)


def test_rows_predict_the_same_in_one_precision_or_another_layout():
    """Many rows, by threads: a copy that lies in memory in another order gives the same bits."""
    model, rows = DeepMLPClassifier(**LARGE).fit(X, Y), np.tile(X, (3, 1))
    assert_array_equal(model.predict_proba(np.asfortranarray(rows)), model.predict_proba(rows))


def test_mc_dropout_gives_the_same_bits():
    """Its masks are drawn by the threads, each from where its rows' stand in the stream."""
    model, rows, results = DeepMLPClassifier(**LARGE, keep_prob=0.7).fit(X, Y), np.tile(X, (3, 1)), []
    for n_threads in (1, 2, 8):
        with threadpool_limits(n_threads, user_api="blas"):
            results.append((model.predict_proba(rows, mc_samples=3), model.predict_std(rows, mc_samples=3)))
    for others in results[1:]:
        for ours, first in zip(others, results[0], strict=True):
            assert_array_equal(ours, first)


def test_a_large_step_of_few_rows_learns_what_a_small_one_does(monkeypatch):
    """Rows that are too few for two blocks: losses are those of steps that are not shared, to rounding."""
    network = DeepMLPRegressor((900, 900), "relu", batch_size=50, max_iter=2, random_state=0)
    curve = network.fit(X[:100], X[:100, 0]).loss_curve_
    monkeypatch.setattr(core_network, "SHARED_WORK", np.inf)
    np.testing.assert_allclose(network.fit(X[:100], X[:100, 0]).loss_curve_, curve, rtol=1e-4)


# How many -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", [SMALL, LARGE], ids=["small", "large"])
def test_the_blas_has_one_thread_in_a_fit(parameters):
    """Its threads would wait for one another in a spin."""
    assert all(set(numbers) == {1} for numbers in seen_in_a_fit(blas_threads, **parameters))


def test_a_large_fit_has_as_many_threads_as_the_user_allows():
    """The one that fits included, once the first step has begun them."""
    assert len(seen_in_a_fit(helpers, **LARGE)[-1]) == 1


def test_a_large_prediction_has_as_many_threads_as_the_user_allows(monkeypatch):
    """And hands them back."""
    begun = []
    monkeypatch.setattr(_threads, "_begin_helper", lambda: begun.append(threading.current_thread().name))
    model = DeepMLPClassifier(**LARGE).fit(X, Y)
    begun.clear()
    model.predict_proba(np.tile(X, (3, 1)))
    assert begun.count("skdeep") == 1
    assert not helpers()


def test_a_small_fit_starts_no_thread():
    """It would cost more than it brings."""
    assert not any(seen_in_a_fit(helpers, **SMALL))


def test_a_limit_of_one_thread_is_kept():
    """Nobody helps then."""
    with threadpool_limits(1, user_api="blas"):
        assert not any(seen_in_a_fit(helpers, **LARGE))


@pytest.mark.parametrize("n_cores", [0, 1])
def test_a_process_with_one_core_starts_no_thread(n_cores, monkeypatch):
    """Whatever the BLAS would use; or with none that is counted."""
    monkeypatch.setattr(_threads, "cpu_count", lambda: n_cores)
    assert not any(seen_in_a_fit(helpers, **LARGE))


def test_a_fit_in_a_thread_has_no_helpers():
    """As in a search by threads, which has a core for each already."""
    with ThreadPoolExecutor(1) as pool:
        assert not any(pool.submit(seen_in_a_fit, helpers, **LARGE).result())


# What is left ---------------------------------------------------------------------------------------------------------


def fail(step):
    raise RuntimeError("stop")


@pytest.mark.parametrize("parameters", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("rate", ["constant", fail])
def test_a_fit_leaves_no_thread_and_the_number_as_it_was(rate, parameters):
    """Whether it succeeds or not."""
    before = blas_threads()
    model = DeepMLPClassifier(**parameters, learning_rate=rate)
    if callable(rate):
        with pytest.raises(RuntimeError, match="stop"):
            model.fit(X, Y)
    else:
        model.fit(X, Y)
    assert blas_threads() == before
    assert not helpers()


def test_fits_in_threads_that_overlap_leave_the_number_as_it_was():
    """The first to begin is the first to end, while the other one still has the BLAS at one thread."""
    before, second_began, first_ended = blas_threads(), threading.Event(), threading.Event()

    def first(step):
        second_began.wait(30)
        return 1e-3

    def second(step):
        second_began.set()
        first_ended.wait(30)
        in_second.append(blas_threads())
        return 1e-3

    in_second = []
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(DeepMLPClassifier(**SMALL, learning_rate=first).fit, X[:30], Y[:30])
        other = pool.submit(DeepMLPClassifier(**SMALL, learning_rate=second).fit, X[:30], Y[:30])
        one.result()
        first_ended.set()
        other.result()
    assert all(set(numbers) == {1} for numbers in in_second)
    assert blas_threads() == before


def test_ctrl_c_in_a_step_of_several_threads_ends_them_all():
    """And changes nothing: a real signal, sent from a step."""
    model = DeepMLPClassifier(**LARGE).fit(X, Y)
    before, theta = blas_threads(), model._model.parameters.theta.copy()

    def interrupt(step):
        if step == 3:
            signal.raise_signal(signal.SIGINT)
        return 1e-3

    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        model.set_params(learning_rate=interrupt, max_iter=50)
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y)
    finally:
        signal.signal(signal.SIGINT, old)
    assert not helpers()
    assert blas_threads() == before
    assert_array_equal(model._model.parameters.theta, theta)


def test_an_error_of_an_augmenter_is_raised_as_it_is():
    """It gets the whole mini-batch, before the threads do."""

    def augment(X_batch, Y_batch, rng):
        assert len(X_batch) in (256, 600 - 2 * 256)
        raise ZeroDivisionError("of the user's")

    with pytest.raises(ZeroDivisionError, match="of the user's"):
        DeepMLPClassifier(**LARGE, augment=augment).fit(X, Y)
    assert not helpers()


@pytest.mark.parametrize("method", ["spawn", "fork"])
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_a_process_started_after_a_fit_fits_alike(method):
    """With threads of its own."""
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    model = DeepMLPClassifier(**LARGE).fit(X, Y)
    with multiprocessing.get_context(method).Pool(1) as pool:
        other = pool.apply_async(DeepMLPClassifier(**LARGE).fit, (X, Y)).get(120)
    assert_array_equal(other._model.parameters.theta, model._model.parameters.theta)


class OfEachThread:
    """A BLAS whose number of threads belongs to the thread, as that of OpenMP does."""

    threading_layer = "openmp"

    def __init__(self):
        self._local = threading.local()

    @property
    def num_threads(self):
        return getattr(self._local, "number", 8)

    def set_num_threads(self, number):
        self._local.number = number


@pytest.fixture
def openmp(monkeypatch):
    """The only one."""
    library = OfEachThread()
    monkeypatch.setattr(_threads, "_of_this_thread", lambda: [library])
    monkeypatch.setattr(_threads, "_process_wide", list)
    return library


def test_a_number_of_each_thread_is_set_back_in_each(openmp):
    """Whichever of two fits ends first."""
    first_began, first_ended, in_second = threading.Event(), threading.Event(), []

    def second():
        first_began.wait(30)
        with _threads.one_blas_thread():
            in_second.append(openmp.num_threads)
            first_ended.wait(30)
        in_second.append(openmp.num_threads)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        with _threads.one_blas_thread():
            first_began.set()
        first_ended.set()
        other.result()
    assert in_second == [1, 8]
    assert openmp.num_threads == 8


def test_a_number_of_each_thread_is_one_in_helpers(openmp):
    """Which start with that of the environment."""
    seen = []

    def look(step):
        seen.append([thread.name for thread in helpers()])
        return 1e-3

    begun, begin = [], _threads._begin_helper

    DeepMLPClassifier(**LARGE, learning_rate=look).fit(X, Y)
    assert seen[-1]
    with ThreadPoolExecutor(1) as pool:
        pool.submit(begin).result()
        begun.append(pool.submit(lambda: openmp.num_threads).result())
    assert begun == [1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_a_process_forked_within_a_fit_has_its_numbers_back():
    """Its parent's fit goes on elsewhere, and its lock may have been taken."""
    before, codes = blas_threads(), []

    def fork(step):
        if step == 1:
            child = os.fork()
            if child == 0:
                DeepMLPClassifier(**SMALL).fit(X, Y)
                os._exit(0 if blas_threads() == before else 1)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        return 1e-3

    DeepMLPClassifier(**SMALL, learning_rate=fork).fit(X, Y)
    assert codes == [0]


def test_after_a_fit_another_thread_may_limit_the_blas():
    """threadpoolctl lets one thread do so at a time: a fit gives that back."""

    def limited():
        with threadpool_limits(1, user_api="blas"):
            return blas_threads()

    DeepMLPClassifier(**SMALL).fit(X, Y)
    with ThreadPoolExecutor(1) as pool:
        assert set(pool.submit(limited).result()) == {1}


def test_an_interrupt_at_any_call_leaves_the_number_as_it_was():
    """Of those that set it and those that set it back."""
    before = blas_threads()

    def interrupted(number):
        """Whether a fit made so many calls of threadpoolctl before its steps began, and was interrupted there."""
        calls = []

        def enter(frame, event, argument):
            if event == "call" and frame.f_globals.get("__name__") == "threadpoolctl":
                calls.append(frame)
                if len(calls) == number:
                    sys.setprofile(None)
                    raise KeyboardInterrupt

        def train(step):
            sys.setprofile(None)
            raise RuntimeError("stop")

        sys.setprofile(enter)
        try:
            DeepMLPClassifier((8,), learning_rate=train, max_iter=1, random_state=0).fit(X, Y)
        except KeyboardInterrupt:
            return True
        except RuntimeError:
            return False
        finally:
            sys.setprofile(None)

    number = 1
    while interrupted(number):
        assert blas_threads() == before
        number += 1
    assert number > 1
