"""Many threads at once, and many fits one after another."""

import os
import pickle
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
    predict, before = getattr(model, method), pickle.dumps(model)
    parts = [X[start : start + 5] for start in range(0, 5 * N_THREADS, 5)]
    expected = [predict(part) for part in parts]

    def wrong_calls(number):
        return sum(not np.array_equal(predict(parts[number]), expected[number]) for _ in range(1000))

    with ThreadPoolExecutor(N_THREADS) as pool:
        assert sum(pool.map(wrong_calls, range(N_THREADS))) == 0
    assert pickle.dumps(model) == before


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
    from sklearn.model_selection import GridSearchCV
    from skdeep import DeepMLPClassifier

    def threads_in_training(estimator, X, y):
        # As the score of a candidate, which is that of the process in which it was trained.
        return max(estimator.learning_rate.seen)

    class Rate:
        def __init__(self):
            self.seen = []

        def __call__(self, step):
            from threadpoolctl import threadpool_info

            self.seen.append(max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"))
            return 1e-3

    X, y = np.random.default_rng(0).normal(size=(1024, 100)), np.arange(1024) % 2
    network = DeepMLPClassifier((512,), batch_size=256, max_iter=1, learning_rate=Rate(), random_state=0)
    search = GridSearchCV(network, {{"alpha": [0.1, 1.0]}}, cv=2, n_jobs=2, refit=False, scoring=threads_in_training)
    with joblib.parallel_config(backend={backend!r}):
        search.fit(X, y)
    used = max(search.cv_results_["split0_test_score"].max(), search.cv_results_["split1_test_score"].max())
    # Threads of one process share its pool; of processes there are two, each with its own.
    assert used * (2 if {backend!r} == "loky" else 1) <= max(joblib.cpu_count(), 2), used
"""


@pytest.mark.parametrize("backend", ["loky", "threading", "sequential"])
def test_a_search_uses_no_more_threads_than_cores(backend):
    """Two fits at once share them, with nothing set in the environment."""
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
