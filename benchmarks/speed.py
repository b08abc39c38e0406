"""Seconds per epoch of skdeep, its peers and the matrix products alone, in alternation.

    python benchmarks/speed.py --rounds 5 --workloads T S D M L H

Every round trains each of them once on the same rows: the same layers, mini-batches and epochs, float32. Printed are
the median of a round's times in milliseconds an epoch, and of the ratios within a round, each by the products alone.
For every number of threads a process of its own runs on as many cores, since libraries read their limits at the start.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from statistics import median

import numpy as np
from _machine import RESULTS, describe_machine
from _trainers import TRAINERS, Task
from sklearn.datasets import load_digits

#: Name -> rows, features, hidden layers, batch, classes, epochs of one fit.
WORKLOADS = {
    "T": (1000, 20, (32, 32), 32, 10, 30),
    "S": (1797, 64, (100,), 200, 10, 30),
    "D": (1500, 30, (64,) * 4, 64, 2, 30),
    "M": (20000, 784, (256, 128, 100), 128, 10, 4),
    "L": (8000, 100, (1024,) * 3, 256, 10, 3),
    "H": (1000, 20, (512, 512), 200, 10, 20),
}


def make_task(name, keep_prob=1.0, dtype=np.float32):
    """The rows of a workload and its network; and how many epochs make a round."""
    n_rows, n_features, hidden, batch_size, n_classes, n_epochs = WORKLOADS[name]
    if name == "S":
        X, y = load_digits(return_X_y=True)
        X = X / 16
    else:
        rng = np.random.default_rng(0)
        X = rng.normal(size=(n_rows, n_features))
        y = (X @ rng.normal(size=(n_features, n_classes))).argmax(axis=1)
    return Task(X.astype(dtype), y, hidden, batch_size, keep_prob), n_epochs


def seconds_of(train, n_epochs):
    """Wall-clock seconds of one epoch."""
    started = time.perf_counter()
    train(n_epochs)
    return (time.perf_counter() - started) / n_epochs


def alternate(task, n_epochs, n_rounds, names):
    """Seconds per epoch of every trainer, round by round, after one warm-up each."""
    trainers = {name: TRAINERS[name](task) for name in names}
    for train in trainers.values():
        train(1)
    rounds = [{name: seconds_of(train, n_epochs) for name, train in trainers.items()} for _ in range(n_rounds)]
    return {name: [one[name] for one in rounds] for name in names}


def without_dropout(task, names):
    """Those that can train the task."""
    return [name for name in names if task.keep_prob == 1.0 or name != "scikit-learn"]


def measure(arguments):
    """A line for every workload, keep probability and precision."""
    names = [name for name in TRAINERS if name in arguments.trainers]
    title = f"{'':4}{'keep':>5}{'rows':>9}" + "".join(f"{name + ' ms':>17}{'x':>6}" for name in names)
    print(title, flush=True)
    results = []
    cases = [(np.float32, keep_prob) for keep_prob in arguments.keep_prob]
    cases += [(np.float64, 1.0)] if arguments.float64 else []
    for name in arguments.workloads:
        for dtype, keep_prob in cases:
            task, n_epochs = make_task(name, keep_prob, dtype)
            trained = without_dropout(task, names)
            seconds = alternate(task, n_epochs, arguments.rounds, trained)
            line = f"{name:4}{keep_prob:5}{np.dtype(dtype).name:>9}"
            for trainer in names:
                line += _cell(seconds, trainer)
            print(line, flush=True)
            case = {"workload": name, "keep_prob": keep_prob, "dtype": np.dtype(dtype).name}
            results.append({**case, "seconds": seconds})
    return results


def _cell(seconds, trainer):
    """Milliseconds, and multiples of the products alone."""
    if trainer not in seconds:
        return " " * 23
    multiples = [one / base for one, base in zip(seconds[trainer], seconds["products"], strict=True)]
    return f"{1e3 * median(seconds[trainer]):17.3f}{median(multiples):6.2f}"


def start_processes(arguments):
    """One process for each number of threads; what they measured."""
    results = {}
    for n_threads in arguments.threads:
        print(f"\n{n_threads} thread{'s' * (n_threads > 1)}", flush=True)
        limits = {name: str(n_threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        subprocess.run([sys.executable, *sys.argv, "--here", str(n_threads)], env=os.environ | limits, check=True)
        results[n_threads] = json.loads((RESULTS / "speed_part.json").read_text())
    return results


def main():
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    parser.add_argument("--trainers", nargs="+", default=list(TRAINERS), choices=TRAINERS)
    parser.add_argument("--keep-prob", type=float, nargs="+", default=[1.0, 0.8])
    parser.add_argument("--float64", action="store_true", help="also with float64 rows, as most users pass them")
    parser.add_argument("--here", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    if arguments.here:
        if hasattr(os, "sched_setaffinity"):  # so many cores, too: what no library's own setting limits
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.here])
        (RESULTS / "speed_part.json").write_text(json.dumps(measure(arguments)))
        return
    machine = describe_machine()
    print("; ".join(f"{name}: {value}" for name, value in machine.items()))
    results = start_processes(arguments)
    (RESULTS / "speed.json").write_text(json.dumps({"machine": machine, "threads": results}, indent=1))
    print(f"\nx: multiples of the products alone, median of {arguments.rounds} rounds. Figures: .cache/speed.json")


if __name__ == "__main__":
    main()
