"""This build beside another one and other numbers of threads, in alternation: seconds of an epoch, and of whole fits.

    python benchmarks/builds.py --before DIR --workloads T S D --threads 1 2

Every build and number of threads has a process of its own, which keeps its workload and waits while the others fit.
Printed are medians, and the medians of the ratios to the first column within a round. `--also torch scikit-learn` adds
these; they have no epochs of their own, so that whole fits are compared with theirs.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent


def serve(root, trainer, n_threads):
    """Fit what standard input asks for; answer with the seconds of an epoch of the fit, and of its median epoch."""
    sys.path[:0] = [str(root), str(HERE)]
    from _trainers import TRAINERS
    from speed import make_task

    if trainer == "torch":
        import torch

        torch.set_num_threads(n_threads)
    trains = {}
    for line in sys.stdin:
        name, keep_prob, n_epochs = line.split()
        if (name, keep_prob) not in trains:
            trains[name, keep_prob] = TRAINERS[trainer](make_task(name, float(keep_prob))[0])
        started = time.perf_counter()
        fitted = trains[name, keep_prob](int(n_epochs))
        whole = (time.perf_counter() - started) / int(n_epochs)
        history = getattr(fitted, "history_", None)
        print(whole, whole if history is None else median(history.seconds), flush=True)


class Server:
    """A process that fits when it is asked to."""

    def __init__(self, root, trainer, n_threads):
        limits = {name: str(n_threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        command = [sys.executable, __file__, "--serve", str(root), trainer, str(n_threads)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, **pipes, text=True, env=os.environ | limits)

    def ask(self, *task):
        """Seconds of an epoch: of the whole fit, and the median."""
        print(*task, file=self._process.stdin, flush=True)
        return tuple(map(float, self._process.stdout.readline().split()))


def start_servers(before, others, numbers):
    """By name and number of threads: this build, the one before and other libraries."""
    builds = {"before": before} if before else {}
    columns = {(name, "skdeep"): root for name, root in (builds | {"now": HERE.parent}).items()}
    columns |= {(name, name): HERE.parent for name in others}
    return {
        f"{name} {n_threads}": Server(root.resolve(), trainer, n_threads)
        for n_threads in numbers
        for (name, trainer), root in columns.items()
    }


def compare(servers, task, n_rounds):
    """For each column the seconds of every round."""
    for server in servers.values():
        server.ask(*task[:2], 1)
    rounds = [{name: server.ask(*task) for name, server in servers.items()} for _ in range(n_rounds)]
    return {name: [one[name] for one in rounds] for name in servers}


def main():
    """A line for each workload, load and measure."""
    from speed import WORKLOADS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of another build")
    parser.add_argument("--also", nargs="*", default=[], choices=["torch", "scikit-learn"])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=WORKLOADS)
    parser.add_argument("--keep-prob", type=float, nargs="+", default=[1.0])
    arguments = parser.parse_args()
    servers = start_servers(arguments.before, arguments.also, arguments.threads)
    for workload in arguments.workloads:
        for keep_prob in arguments.keep_prob:
            measured = compare(servers, (workload, keep_prob, WORKLOADS[workload][-1]), arguments.rounds)
            for number, measure in enumerate(("fit", "epoch")):
                print(f"{workload} keep {keep_prob} {measure:5}", line_of(measured, number), flush=True)


def line_of(measured, number):
    """Medians, and medians of the ratios to the first column."""
    seconds = {name: [one[number] for one in rounds] for name, rounds in measured.items()}
    first = next(iter(seconds.values()))
    return "  ".join(
        f"{name}: {1e3 * median(column):.2f} ms x{median(a / b for a, b in zip(column, first, strict=True)):.3f}"
        for name, column in seconds.items()
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        main()
