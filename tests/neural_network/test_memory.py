"""How much memory a training holds."""

import re
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.neural_network import _threads

MEGABYTE = 2**20


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("solver", ["sgd", "rmsprop", "adam"])
def test_a_fit_holds_at_most_five_copies_of_the_parameters(solver, n_threads, monkeypatch):
    """Weights, gradient, two moments and the best weights so far, beside the few rows of a mini-batch.

    So do two threads, which have rows and parts of the parameters of their own, but no copies of these. The workspace
    of 64 rows takes 2.4 MB.
    """
    monkeypatch.setattr(_threads, "cpu_count", lambda: 2)
    X, y = np.zeros((80, 10), dtype=np.float32), np.arange(80) % 2
    parameters = {"batch_size": 16 if n_threads == 1 else 64, "max_iter": 2, "early_stopping": True, "random_state": 0}
    model = DeepMLPClassifier((1200, 1200), solver=solver, **parameters)
    model.fit(X, y)
    size = sum(values.nbytes for values in (*model.coefs_, *model.intercepts_))
    tracemalloc.start()
    try:
        with threadpool_limits(n_threads, user_api="blas"):
            type(model)(**model.get_params()).fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 5 * MEGABYTE
    assert peak < 5 * size + (2 if n_threads == 1 else 5) * MEGABYTE


TRAIN_ON_A_MAP = """
import resource, sys
import numpy as np
from skdeep import DeepMLPClassifier
path, dtype = sys.argv[1:]
np.memmap(path, dtype=dtype, mode="w+", shape=(60_000, 1000)).flush()
X, y = np.memmap(path, dtype=dtype, mode="r", shape=(60_000, 1000)), np.arange(60_000) % 2
model = DeepMLPClassifier((4,), max_iter=1, batch_size=1000, dtype=dtype, random_state=0)
model.fit(X[:2000], y[:2000])  # what is loaded late
used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData"))
limit = 1024 * used + 100 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
try:
    X + 1
except MemoryError:
    print(model.fit(X, y).predict(X).shape)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone limits the memory of a process's data")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_memory_map_that_is_larger_than_the_memory_trains(dtype, tmp_path):
    """240 or 480 MB of read-only rows, with 100 MB of memory; X + 1 does not fit."""
    command = [sys.executable, "-c", TRAIN_ON_A_MAP, str(tmp_path / "rows"), dtype]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout == "(60000,)\n", ended.stderr


def peak_of(action):
    """The most bytes that it holds at once."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def labels_of(kind, n, n_classes):
    codes = np.arange(n) % n_classes
    if kind == "classes":
        return codes
    Y = csr_array((np.ones(n, dtype=int), (np.arange(n), codes)), shape=(n, n_classes))
    return Y if kind == "sparse indicators" else Y.astype(np.int8).toarray()


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        *((kind, {"label_smoothing": 0.1}) for kind in ("classes", "sparse indicators", "dense indicators")),
        *((kind, {"early_stopping": True}) for kind in ("classes", "sparse indicators", "dense indicators")),
        ("classes", {"solver": "lbfgs"}),
    ],
)
def test_targets_take_memory_by_the_mini_batch(kind, parameters):
    """40,000 rows of 1,000 classes as a matrix of float32 would be 153 MB; a block of one is 4 MB at most."""
    X, y = np.random.default_rng(0).normal(size=(40_000, 3)).astype(np.float32), labels_of(kind, 40_000, 1000)
    model = DeepMLPClassifier((4,), max_iter=1, random_state=0, **parameters)
    assert peak_of(lambda: model.fit(X, y)) < 40 * MEGABYTE


def test_so_do_dev_rows_of_the_users_own():
    y = labels_of("sparse indicators", 40_000, 1000)
    X = np.random.default_rng(0).normal(size=(40_000, 3)).astype(np.float32)
    model = DeepMLPClassifier((4,), max_iter=1, random_state=0)
    assert peak_of(lambda: model.fit(X, y, X_val=X, y_val=y)) < 40 * MEGABYTE


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int8])
@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}])
def test_a_target_of_many_outputs_is_standardised_by_blocks(dtype, parameters):
    """Beside y, of up to 46 MB, there is its copy in training precision, and no other of its size."""
    X, y = (
        np.zeros((20_000, 2), dtype=np.float32),
        np.random.default_rng(0).normal(0.0, 9.0, (20_000, 300)).astype(dtype),
    )
    X[:, 0] = np.arange(20_000) % 7
    model = DeepMLPRegressor((4,), max_iter=1, random_state=0, **parameters)
    assert peak_of(lambda: model.fit(X, y)) < 4 * y.size + 40 * MEGABYTE


RUN_OUT_OF_MEMORY = """
import resource
import numpy as np
from skdeep import DeepMLPClassifier
X, y = np.random.default_rng(0).normal(size=(60_000, 3)).astype(np.float32), np.arange(60_000) % 2000
model = DeepMLPClassifier((4,), max_iter=1, random_state=0).fit(X, y)
used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData"))
limit = 1024 * used + 100 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
for action in (
    lambda: model.predict_proba(X),
    lambda: DeepMLPClassifier((4,), batch_size=50_000, max_iter=1).fit(X, y),
    lambda: DeepMLPClassifier((4,), batch_size=50_000).partial_fit(X, y, np.arange(2000)),
    lambda: DeepMLPClassifier((9000, 9000), max_iter=1).fit(X, y),
):
    try:
        action()
    except (MemoryError, ValueError) as error:
        print(error)
print(model.predict(X).shape)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone limits the memory of a process's data")
def test_what_takes_too_much_memory_is_named():
    """Rows of a prediction, batch_size or layers; a prediction of classes needs no more than a block of scores."""
    ended = subprocess.run([sys.executable, "-c", RUN_OUT_OF_MEMORY], capture_output=True, text=True, check=False)
    proba, fit, partial_fit, layers, shape = ended.stdout.splitlines()
    assert re.match(r"What is asked of X, of shape \(60000, 3\), .* predict fewer rows at a time", proba), ended.stderr
    for one in (fit, partial_fit):
        assert re.match(r"Training with batch_size=50000 and layers \(3, 4, 2000\) .* lower batch_size", one)
    assert "hidden_layer_sizes must leave the weights room in memory" in layers
    assert shape == "(60000,)"
