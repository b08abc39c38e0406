"""Many threads at once, and many fits one after another."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdeep import DeepMLPClassifier, DeepMLPRegressor

N_THREADS = 8


def small(estimator=DeepMLPClassifier, **parameters):
    return estimator(**{"hidden_layer_sizes": (8,), "max_iter": 3, "random_state": 0} | parameters)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_threads_that_predict_with_one_model_get_what_one_gets(multiclass, method):
    """Eight of them, a thousand calls each, on rows of their own; and the model is as it was."""
    X, y = multiclass
    model = small().fit(X, y)
    predict, attributes = getattr(model, method), dict(vars(model))
    parts = [X[start : start + 5] for start in range(0, 5 * N_THREADS, 5)]
    expected = [predict(part) for part in parts]

    def wrong_calls(number):
        return sum(not np.array_equal(predict(parts[number]), expected[number]) for _ in range(1000))

    with ThreadPoolExecutor(N_THREADS) as pool:
        assert sum(pool.map(wrong_calls, range(N_THREADS))) == 0
    assert vars(model) == attributes


@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop", "lbfgs"])
def test_estimators_fitted_in_threads_are_as_fitted_alone(binary, estimator, solver):
    """Bitwise, dropout and all."""
    X, y = binary
    more = {} if solver == "lbfgs" else {"keep_prob": 0.8}

    def fit(seed):
        return small(estimator, solver=solver, random_state=seed, **more).fit(X, y)._model.parameters.theta

    with ThreadPoolExecutor(N_THREADS) as pool:
        together = list(pool.map(fit, range(N_THREADS)))
    for seed, theta in enumerate(together):
        assert_array_equal(theta, fit(seed))


THREADS = """
    import joblib
    import numpy as np
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_info
    from skdeep import DeepMLPClassifier

    def threads_in_training(X, y):
        from threadpoolctl import threadpool_info

        seen = []

        def rate(step):
            seen.append(max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"))
            return 1e-3

        DeepMLPClassifier((512,), batch_size=256, max_iter=1, learning_rate=rate, random_state=0).fit(X, y)
        return max(seen)

    X, y = np.random.default_rng(0).normal(size=(512, 100)), np.arange(512) % 2
    with joblib.parallel_config(backend={backend!r}):
        used = Parallel(n_jobs=2)(delayed(threads_in_training)(X, y) for _ in range(2))
    # Threads of one process share its pool; processes each have one.
    total = max(used) if {backend!r} == "threading" else sum(used)
    assert total <= max(joblib.cpu_count(), 2), used
"""


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_jobs_use_no_more_threads_than_cores(backend):
    """Two at once share them, with nothing set in the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    code = dedent(THREADS).format(backend=backend)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


GROWTH = """
    import resource, warnings
    import numpy as np
    from skdeep import DeepMLPClassifier

    warnings.simplefilter("ignore")
    X = np.random.default_rng(0).normal(size=(300, 20)); y = (X[:, 0] > 0).astype(int)

    def fit(n):
        for seed in range(n):
            network = DeepMLPClassifier((64, 64), max_iter=3, keep_prob=0.9, early_stopping=True, random_state=seed)
            network.fit(X, y).predict_proba(X)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = fit(30)
    print(fit(200) / before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="measures memory as POSIX systems do")
def test_two_hundred_fits_leave_no_memory_behind():
    """The process grows by less than one part in a hundred."""
    code = dedent(GROWTH)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert float(done.stdout) < 1.01
