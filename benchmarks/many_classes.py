"""What a fit holds in memory beside its rows, targets and weights, with many classes or labels.

    python benchmarks/many_classes.py

Each line is a fit of one epoch by itself: the most that Python's allocator (tracemalloc) held during it, of which rows,
targets and the network are no part, and what a matrix of all targets in float32 would take.
"""

import time
import tracemalloc
import warnings

import numpy as np
from _machine import describe_machine
from scipy.sparse import csr_array

from skdeep import DeepMLPClassifier, DeepMLPRegressor

N_ROWS, N_COLUMNS, N_CLASSES = 100_000, 10, 2000
MEBIBYTE = 2**20


def cases(rng):
    """Name, estimator, target."""
    codes = rng.integers(0, N_CLASSES, N_ROWS)
    ones = csr_array((np.ones(N_ROWS), (np.arange(N_ROWS), codes)), shape=(N_ROWS, N_CLASSES), dtype=np.int64)
    network = {"hidden_layer_sizes": (64,), "max_iter": 1, "random_state": 0}
    yield "classes", DeepMLPClassifier(**network), codes
    yield "classes, default layers", DeepMLPClassifier(max_iter=1, random_state=0), codes
    yield "classes as text", DeepMLPClassifier(**network), np.char.add("class ", codes.astype(str))
    yield "early stopping by accuracy", DeepMLPClassifier(early_stopping=True, scoring="accuracy", **network), codes
    yield "balanced and smoothed", DeepMLPClassifier(class_weight="balanced", label_smoothing=0.1, **network), codes
    yield "L-BFGS", DeepMLPClassifier(solver="lbfgs", **network), codes
    yield "sparse indicators", DeepMLPClassifier(**network), ones
    yield "sparse indicators, early stopping", DeepMLPClassifier(early_stopping=True, **network), ones
    yield "dense indicators of int8", DeepMLPClassifier(**network), ones.astype(np.int8).toarray()
    yield "200 numbers each", DeepMLPRegressor(**network), rng.normal(size=(N_ROWS, 200))


def main():
    """Print a line for each."""
    print(describe_machine())
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, N_COLUMNS)).astype(np.float32)
    print(f"{'':36}{'held, MiB':>10}{'network':>9}{'targets in float32':>20}{'seconds':>9}")
    for name, model, y in cases(rng):
        started = time.perf_counter()
        tracemalloc.start()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)
        peak = tracemalloc.get_traced_memory()[1] / MEBIBYTE
        tracemalloc.stop()
        network = sum(values.nbytes for values in (*model.coefs_, *model.intercepts_)) / MEBIBYTE
        whole = 4 * N_ROWS * model.n_outputs_ / MEBIBYTE
        print(f"{name:36}{peak:10.0f}{network:9.1f}{whole:20.0f}{time.perf_counter() - started:9.0f}", flush=True)


if __name__ == "__main__":
    main()
