"""Training time per epoch beside scikit-learn's MLPClassifier: same rows, layers, batch size and number of epochs."""

import argparse
import json
import statistics
import time
import warnings

import numpy as np
from _machine import RESULTS, describe_machine
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from skdeep import DeepMLPClassifier

N_ROUNDS = 7

#: Name -> (rows and classes, hidden layers, batch size, epochs in one fit).
WORKLOADS = {
    "digits 1797 x 64, (100,), batch 200": (lambda: load_digits(return_X_y=True), (100,), 200, 20),
    "synthetic 20000 x 784, (256, 128, 100), batch 128": (lambda: draw(20000, 784, 10), (256, 128, 100), 128, 2),
    "letter-like 16000 x 16, (128, 128), batch 200": (lambda: draw(16000, 16, 26), (128, 128), 200, 3),
    "small 1000 x 20, (32, 32), batch 32": (lambda: draw(1000, 20, 2), (32, 32), 32, 20),
}


def draw(n_rows, n_features, n_classes):
    """Standard normal rows, labelled by the largest of some linear scores."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_features))
    return X, (X @ rng.normal(size=(n_features, n_classes))).argmax(axis=1)


def seconds_per_epoch(estimator, X, y, n_epochs):
    """Wall-clock time of a fit, divided by its epochs."""
    started = time.perf_counter()
    estimator.fit(X, y)
    seconds = time.perf_counter() - started
    if estimator.n_iter_ != n_epochs:
        raise RuntimeError(f"{type(estimator).__name__} trained {estimator.n_iter_} epochs instead of {n_epochs}.")
    return seconds / n_epochs


def compare(X, y, layers, batch_size, n_epochs, n_rounds):
    """Seconds per epoch of both, in alternation after one warm-up each."""
    same = {"activation": "relu", "learning_rate": "constant", "batch_size": batch_size, "max_iter": n_epochs}
    same |= {"tol": 0.0, "n_iter_no_change": n_epochs + 1}  # neither stops before its last epoch
    seconds = {"skdeep": [], "scikit-learn": []}
    for number in range(n_rounds + 1):
        for name, kind in (("skdeep", DeepMLPClassifier), ("scikit-learn", MLPClassifier)):
            measured = seconds_per_epoch(kind(layers, random_state=number, **same), X, y, n_epochs)
            if number > 0:
                seconds[name].append(measured)
    return seconds


def summarise(seconds):
    """Medians in milliseconds, and the median and range of the rounds' ratios."""
    ratios = [theirs / ours for ours, theirs in zip(seconds["skdeep"], seconds["scikit-learn"], strict=True)]
    return {
        "skdeep_ms": 1e3 * statistics.median(seconds["skdeep"]),
        "sklearn_ms": 1e3 * statistics.median(seconds["scikit-learn"]),
        "ratio": statistics.median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "seconds": seconds,
    }


def measure(n_rounds, threads):
    """One row per workload and number of BLAS threads, printed as it is known."""
    print(f"{'workload':52}{'threads':>8}{'skdeep ms':>11}{'sklearn ms':>12}{'ratio':>7}   (range)")
    rows = []
    for workload, (load, layers, batch_size, n_epochs) in WORKLOADS.items():
        X, y = load()
        X = X.astype(np.float32)
        for n_threads in threads:
            with threadpool_limits(n_threads, user_api="blas"):
                row = summarise(compare(X, y, layers, batch_size, n_epochs, n_rounds))
            print(
                f"{workload:52}{n_threads:8d}{row['skdeep_ms']:11.2f}{row['sklearn_ms']:12.2f}{row['ratio']:7.2f}"
                f"   ({row['ratio_min']:.2f} to {row['ratio_max']:.2f})",
                flush=True,
            )
            rows.append({"workload": workload, "threads": n_threads, **row})
    return rows


def main():
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=N_ROUNDS, help=f"after the warm-up (default: {N_ROUNDS})")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="of the BLAS (default: 1 2)")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # that the few epochs are too few is meant
    machine = describe_machine()
    print("; ".join(f"{name}: {value}" for name, value in machine.items()), "\n")
    rows = measure(arguments.rounds, arguments.threads)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "epoch_time.json"
    path.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1))
    print(f"\nratio: scikit-learn's time over skdeep's, the median of {arguments.rounds} rounds.")
    print(f"All figures are in .cache/{path.name}.")


if __name__ == "__main__":
    main()
