"""Whether a long training slows down: its last tenth of epochs over its first, and its subnormal moments at the end.

A dead unit's moments decay towards zero; numbers below the smallest normal one are slow on many processors.
"""

import argparse
import warnings
from statistics import median

import numpy as np
from _trainers import settings
from sklearn.neural_network import MLPClassifier
from speed import make_task

from skdeep import DeepMLPClassifier


def share_subnormal(moments):
    """Of the values, those that are not zero and below the smallest normal number."""
    values = np.abs(np.concatenate([np.ravel(moment) for moment in moments]))
    return float(np.mean((values > 0) & (values < np.finfo(values.dtype).tiny)))


def main():
    """A line for each workload."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2000)
    parser.add_argument("--workloads", nargs="+", default=["T", "S", "D"])
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    n = arguments.epochs
    for name in arguments.workloads:
        task, _ = make_task(name)
        options = settings(task, n)
        ours = DeepMLPClassifier(task.hidden, activation="relu", learning_rate="constant", **options).fit(
            task.X, task.y
        )
        theirs = MLPClassifier(task.hidden, **options | {"max_iter": min(n, 1500)}).fit(task.X, task.y)
        last, first = median(ours.history_.seconds[-n // 10 :]), median(ours.history_.seconds[: n // 10])
        moments = [ours._resume.optimizer._first, ours._resume.optimizer._second]
        print(f"{name}: last tenth {1e3 * last:.2f} ms an epoch, first {1e3 * first:.2f}, ratio {last / first:.2f}")
        print(
            f"   subnormal moments {share_subnormal(moments):.1%}, of MLPClassifier after {theirs.n_iter_} epochs",
            end=" ",
        )
        print(f"{share_subnormal([*theirs._optimizer.ms, *theirs._optimizer.vs]):.1%}", flush=True)


if __name__ == "__main__":
    main()
