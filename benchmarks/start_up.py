"""What a user pays beside the steps: the import, and a first fit of 50 epochs next to JAX's with its compilation.

The import runs in fresh processes that have imported scikit-learn's networks, from compiled modules as an installation
has them; the fits run in one process. JAX is left out where it is not installed.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from _trainers import TRAINERS, jax_scan, skdeep
from speed import make_task

IMPORT = """
import time
started = time.perf_counter()
import sklearn.neural_network
between = time.perf_counter()
import skdeep
skdeep.DeepMLPClassifier()
print(between - started, time.perf_counter() - between)
"""
CACHE = Path(__file__).resolve().parents[1] / ".cache"


def seconds(call):
    """Of wall-clock time."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def import_times(rounds):
    """Milliseconds of the import of scikit-learn's networks, and of ours after it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(CACHE / "compiled")
    command, times = [sys.executable, "-c", IMPORT], []
    for _ in range(rounds + 1):  # the first compiles
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        times.append([1e3 * float(word) for word in done.stdout.split()])
    return [median(column) for column in zip(*times[1:], strict=True)]


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
    theirs, ours = import_times(rounds)
    print(f"import of sklearn.neural_network {theirs:.0f} ms, of skdeep after it {ours:.0f} ms more", flush=True)
    if "jax" in TRAINERS:
        for name in "TSD":
            ours, theirs = cold_fits(name, rounds)
            print(
                f"{name}: 50 epochs, cold: skdeep {ours:.2f} s, JAX {theirs:.2f} s, ratio {theirs / ours:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
