"""What the look at loss and weights after every epoch costs: its share of an epoch, for each workload of speed.py.

And what support of callbacks costs where none is set: the share of a fit that the way around it takes.
"""

import argparse
import warnings
from statistics import median
from time import perf_counter

from _trainers import settings
from speed import WORKLOADS, make_task

from skdeep import DeepMLPClassifier
from skdeep.core.divergence import require_convergent
from skdeep.neural_network._callbacks import has_callbacks, with_callbacks

ROUNDS = 51


def seconds_of_check(model):
    """Median over the rounds."""
    parameters, history, seconds = model._model.parameters, model.history_, []
    for _ in range(ROUNDS):
        started = perf_counter()
        require_convergent(parameters, history, history.loss[-1])
        seconds.append(perf_counter() - started)
    return median(seconds)


def seconds_of_way_around(model):
    """What scikit-learn's decorator and the look for callbacks take, of a fit that does nothing else."""
    around, started = with_callbacks(has_callbacks), perf_counter()
    for _ in range(1000):
        around(model)
    return (perf_counter() - started) / 1000


def main():
    """A line for each workload."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    warnings.simplefilter("ignore")
    for name in WORKLOADS:
        task, n_epochs = make_task(name)
        model = DeepMLPClassifier(task.hidden, activation="relu", learning_rate="constant", **settings(task, n_epochs))
        epoch = median(model.fit(task.X, task.y).history_.seconds)
        check = seconds_of_check(model)
        print(f"{name}: {1e6 * check:.0f} us of {1e3 * epoch:.2f} ms, {check / epoch:.2%}", flush=True)
        around, fit = seconds_of_way_around(model), n_epochs * epoch
        print(f"   callbacks, none set: {1e6 * around:.1f} us of {1e3 * fit:.1f} ms, {around / fit:.4%}", flush=True)


if __name__ == "__main__":
    main()
