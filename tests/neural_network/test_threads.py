"""How many BLAS threads a training uses."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skdeep import DeepMLPClassifier

X, Y = np.random.default_rng(0).normal(size=(300, 10)), np.arange(300) % 2


def blas_threads():
    """The numbers of all BLAS libraries in the process."""
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def threads_in_a_fit(hidden, batch_size):
    """As a learning rate sees them."""
    seen = []

    def rate(step):
        seen.append(blas_threads())
        return 1e-3

    DeepMLPClassifier(hidden, learning_rate=rate, batch_size=batch_size, max_iter=1, random_state=0).fit(X, Y)
    return seen


@pytest.fixture(autouse=True)
def two_threads():
    """What the user allows."""
    with threadpool_limits(2, user_api="blas"):
        yield


def test_a_small_network_trains_on_one_thread():
    """Threads that wait for one another would take longer."""
    assert all(set(threads) == {1} for threads in threads_in_a_fit((8,), 32))


def test_a_large_network_trains_on_as_many_as_the_user_allows():
    assert all(threads == blas_threads() for threads in threads_in_a_fit((512, 512), 300))


def fail(step):
    raise RuntimeError("stop")


@pytest.mark.parametrize("rate", ["constant", fail])
def test_a_fit_leaves_the_number_as_it_was(rate):
    """Whether it succeeds or not."""
    before = blas_threads()
    model = DeepMLPClassifier((8,), learning_rate=rate, max_iter=1, random_state=0)
    if callable(rate):
        with pytest.raises(RuntimeError, match="stop"):
            model.fit(X, Y)
    else:
        model.fit(X, Y)
    assert blas_threads() == before


def test_a_fit_in_another_thread_changes_nothing():
    """The number may belong to the whole process, where two fits at a time would restore it in the wrong order."""
    before = blas_threads()
    with ThreadPoolExecutor(1) as pool:
        assert all(threads == before for threads in pool.submit(threads_in_a_fit, (8,), 32).result())
    assert blas_threads() == before


def test_an_interrupt_at_any_call_leaves_the_number_as_it_was():
    """Of those that set it and those that set it back: but for the very setting back, which cannot be done twice."""
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
