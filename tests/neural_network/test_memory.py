"""How much memory a training holds."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from skdeep import DeepMLPClassifier

MEGABYTE = 2**20


@pytest.mark.parametrize("solver", ["sgd", "rmsprop", "adam"])
def test_a_fit_holds_at_most_five_copies_of_the_parameters(solver):
    """Weights, gradient, two moments and the best weights so far, beside the few rows of a mini-batch."""
    X, y = np.zeros((64, 10), dtype=np.float32), np.arange(64) % 2
    model = DeepMLPClassifier(
        (1200, 1200), solver=solver, batch_size=16, max_iter=2, early_stopping=True, random_state=0
    )
    model.fit(X, y)
    size = sum(values.nbytes for values in (*model.coefs_, *model.intercepts_))
    tracemalloc.start()
    try:
        type(model)(**model.get_params()).fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 5 * MEGABYTE
    assert peak < 5 * size + 2 * MEGABYTE


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
