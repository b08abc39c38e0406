"""`predict_proba` beside `MLPClassifier`'s, in alternation: one row, and a million rows with the memory they take.

The memory is the peak of what is allocated during the call, without the result.
"""

import argparse
import time
import tracemalloc
from statistics import median

import numpy as np
from _trainers import scikit_learn, skdeep
from speed import make_task


def times(models, X, n_calls, rounds):
    """Seconds of one call of each, round by round."""
    measured = []
    for _ in range(rounds):
        row = []
        for model in models:
            started = time.perf_counter()
            for _ in range(n_calls):
                model.predict_proba(X)
            row.append((time.perf_counter() - started) / n_calls)
        measured.append(row)
    return measured


def main():
    """A line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    task, _ = make_task("S")
    models = [skdeep(task)(2), scikit_learn(task)(2)]
    million = np.random.default_rng(0).normal(size=(1_000_000, task.X.shape[1])).astype(np.float32)
    for X, n_calls in ((million[:1], 500), (million, 1)):
        measured = times(models, X, n_calls, rounds)
        ours, theirs = (1e6 * median(column) for column in zip(*measured, strict=True))
        ratio = median(one / other for one, other in measured)
        tracemalloc.start()
        result = models[0].predict_proba(X)
        extra = (tracemalloc.get_traced_memory()[1] - result.nbytes) / 2**20
        tracemalloc.stop()
        print(
            f"{len(X):8} rows: skdeep {ours:.0f} us, MLPClassifier {theirs:.0f} us, ratio {ratio:.2f}, "
            f"{extra:.1f} MB beside the result",
            flush=True,
        )


if __name__ == "__main__":
    main()
