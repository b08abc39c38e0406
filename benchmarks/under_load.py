"""Fits while other processes keep cores busy: two threads beside one, this build beside another one, in alternation.

    python benchmarks/under_load.py --before DIR --workloads H M L --busy 0 1 2

Each number of threads has a process of its own; the busy ones multiply numbers in a loop. Printed are the milliseconds
of an epoch, and the medians of the ratios to the first column, one thread of the same build or of the one before.
"""

import argparse
import multiprocessing
import os
import time
from contextlib import contextmanager
from pathlib import Path

from builds import compare, line_of, start_servers
from speed import WORKLOADS


def keep_busy():
    """Compute for ever."""
    number = 1.0
    while True:
        number = number * 1.000001 % 7.0


@contextmanager
def busy(n_processes):
    """Other processes that use a core each."""
    others = [multiprocessing.get_context("spawn").Process(target=keep_busy, daemon=True) for _ in range(n_processes)]
    for other in others:
        other.start()
    time.sleep(0.5 * bool(others))
    try:
        yield
    finally:
        for other in others:
            other.kill()


def main():
    """A line for each workload and number of busy processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of another build")
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])  # two cores, whatever the machine has
    servers = start_servers(arguments.before, [], [1, 2])
    for workload in arguments.workloads:
        for n_busy in arguments.busy:
            with busy(n_busy):
                measured = compare(servers, (workload, 1.0, WORKLOADS[workload][-1]), arguments.rounds)
            print(f"{workload} beside {n_busy}", line_of(measured, 1), flush=True)


if __name__ == "__main__":
    main()
