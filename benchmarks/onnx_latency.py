"""A few rows by onnxruntime, by `predict_proba` of the same network and by `MLPClassifier`'s, in alternation.

Needs skl2onnx and onnxruntime: `make .venv/.test`. One thread for each; the converted network gives labels and
probabilities. The table has microseconds a call (median over the rounds) and the median of the ratios within a round.
"""

import argparse
import time
from statistics import median

import numpy as np
import onnxruntime
from _trainers import scikit_learn, skdeep
from skl2onnx import to_onnx
from speed import WORKLOADS, make_task
from threadpoolctl import threadpool_limits

from skdeep.onnx import register


def onnx_session(network, X):
    """What runs the converted network on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    stored = to_onnx(network, X[:1], options={id(network): {"zipmap": False}}).SerializeToString()
    return onnxruntime.InferenceSession(stored, options, providers=["CPUExecutionProvider"])


def seconds(call, n_calls):
    """Of one call, mean over some."""
    started = time.perf_counter()
    for _ in range(n_calls):
        call()
    return (time.perf_counter() - started) / n_calls


def measure(task, n_rows, rounds):
    """Seconds of a call by onnxruntime, skdeep and `MLPClassifier`, round by round; how far the first two are apart."""
    ours, theirs = skdeep(task)(2), scikit_learn(task)(2)
    X = np.ascontiguousarray(task.X[:n_rows])
    session = onnx_session(ours, X)
    calls = [lambda: session.run(None, {"X": X}), lambda: ours.predict_proba(X), lambda: theirs.predict_proba(X)]
    n_calls = max(20, 1000 // n_rows)
    measured = [[seconds(call, n_calls) for call in calls] for _ in range(rounds)]
    return measured, np.abs(session.run(None, {"X": X})[1] - ours.predict_proba(X)).max()


def main():
    """A line for each workload and number of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list("TSDML"))
    arguments = parser.parse_args()
    register()
    print("|  | rows | onnxruntime | skdeep | `MLPClassifier` | skdeep / onnx | `MLPClassifier` / onnx | apart |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in arguments.workloads:
        for n_rows in (1, 100):
            with threadpool_limits(1):
                measured, apart = measure(make_task(name)[0], n_rows, arguments.rounds)
            onnx, ours, theirs = (1e6 * median(column) for column in zip(*measured, strict=True))
            ratios = [median(row[other] / row[0] for row in measured) for other in (1, 2)]
            print(
                f"| {name} | {n_rows} | {onnx:.0f} | {ours:.0f} | {theirs:.0f} | {ratios[0]:.1f} | {ratios[1]:.1f} "
                f"| {apart:.0e} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
