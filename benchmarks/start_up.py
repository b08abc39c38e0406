"""What a user pays beside the steps: the import, and a first fit of 50 epochs next to JAX's with its compilation.

The import runs in fresh processes, in alternation with that of scikit-learn's networks; the fits run in one process.
JAX is left out where it is not installed.
"""

import argparse
import subprocess
import sys
import time
from statistics import median

from _trainers import TRAINERS, jax_scan, skdeep
from speed import make_task

IMPORTS = {
    "sklearn.neural_network": "import sklearn.neural_network",
    "skdeep": "import skdeep; skdeep.DeepMLPClassifier()",
}


def seconds(call):
    """Of wall-clock time."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def import_times(rounds):
    """Milliseconds of each import."""
    times = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, statement in IMPORTS.items():
            times[name].append(seconds(lambda code=statement: subprocess.run([sys.executable, "-c", code], check=True)))
    return {name: 1e3 * median(values) for name, values in times.items()}


def cold_fits(name, rounds):
    """Seconds of 50 epochs of a fit that is the first of its shapes."""
    task, _ = make_task(name)
    skdeep(task)(1)  # the first call of a process loads libraries
    rows = [(seconds(lambda: skdeep(task)(50)), seconds(lambda: jax_scan(task, warm=False)(50))) for _ in range(rounds)]
    return [median(column) for column in zip(*rows, strict=True)]


def main():
    """A line for each import and each workload."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for name, milliseconds in import_times(rounds).items():
        print(f"import {name:24}{milliseconds:8.0f} ms", flush=True)
    if "jax" in TRAINERS:
        for name in "TSD":
            ours, theirs = cold_fits(name, rounds)
            print(
                f"{name}: 50 epochs, cold: skdeep {ours:.2f} s, JAX {theirs:.2f} s, ratio {theirs / ours:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
