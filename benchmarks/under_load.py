"""How much longer a training takes while another process keeps one core busy, with the BLAS allowed two threads.

Alone and under load in alternation; the other process multiplies numbers in a loop.
"""

import argparse
import multiprocessing
import os
from statistics import median

from _trainers import skdeep
from speed import WORKLOADS, make_task, seconds_of


def keep_busy():
    """Compute for ever."""
    number = 1.0
    while True:
        number = number * 1.000001 % 7.0


def main():
    """A line for each workload."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])  # two cores, one of which will be busy
    for name in arguments.workloads:
        task, n_epochs = make_task(name)
        train, rounds = skdeep(task), []
        train(1)
        for _ in range(arguments.rounds):
            alone = seconds_of(train, n_epochs)
            other = multiprocessing.get_context("spawn").Process(target=keep_busy, daemon=True)
            other.start()
            rounds.append((alone, seconds_of(train, n_epochs)))
            other.kill()
            other.join()
        alone, loaded = (1e3 * median(column) for column in zip(*rounds, strict=True))
        ratio = median(after / before for before, after in rounds)
        print(f"{name}: alone {alone:.2f} ms an epoch, under load {loaded:.2f}, ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
