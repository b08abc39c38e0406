"""Does the gradient check call right gradients right, and find errors of a thousandth? Test functions of optimisation.

The losses and points are those of tests/gradient_problems.py, the gradients exact, by complex steps. Limits and
thresholds of the check were chosen on every other loss at the points of seed 0; the other losses, and the points of
other seeds, are for the report.

Planted errors: one entry, drawn from those of at least a tenth of the largest, times 1.001; at all points but those
where the largest entry times max(1, |theta|) is below a millionth of the loss: there the gradient is next to nothing.
At the same points the whole gradient doubled.
"""

import argparse
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from _machine import describe_machine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from gradient_problems import PROBLEMS, cases

from skdeep.core import check_gradient

PLANTED, MATTERS, SMALLEST = 1.001, 0.1, 1e-6
PENALTY = 1e-4


def planted_entry(number, loss, gradient, theta):
    """Which entry to make wrong, or None."""
    sizes = np.abs(gradient)
    if np.max(sizes * np.maximum(1, np.abs(theta))) < SMALLEST * abs(loss) or not sizes.any():
        return None
    return int(np.random.default_rng(number).choice(np.flatnonzero(sizes >= MATTERS * sizes.max())))


def exact(loss, theta):
    """The loss as it is."""
    return float(loss(theta))


def through_float32(loss, theta):
    """The loss of parameters rounded to float32, itself rounded to float32, and returned as float64."""
    return float(np.float32(loss(theta.astype(np.float32).astype(np.float64))))


def rounded(loss, theta):
    """The loss to six decimals."""
    return round(float(loss(theta)), 6)


def mixed(loss, theta):
    """The loss in float32 as above, and a penalty in float64."""
    return through_float32(loss, theta) + PENALTY / 2 * float(theta @ theta)


WAYS = {exact: 0.0, through_float32: 0.0, rounded: 0.0, mixed: PENALTY}  # and the penalty that each adds


def check(loss, theta, gradient):
    """The result, and the number of losses a parameter; four are for the checks of the function itself."""
    calls = []

    def fun(t):
        calls.append(1)
        return loss(t), gradient

    return check_gradient(fun, theta), (len(calls) - 4) / len(theta)


def measure(way, seed, verbose):
    """Verdicts on right gradients and on planted errors, for one way to compute the loss."""
    tuned = {problem.name for problem in PROBLEMS[::2]} if seed == 0 else set()
    verdicts, costs, named = Counter(), [], Counter()
    for number, (name, problem, theta) in enumerate(cases(seed)):
        loss, gradient = problem.fun(theta)
        if not np.isfinite(way(problem.loss, theta)):
            continue
        half = "tuned" if problem.name in tuned else "held out"
        entry = planted_entry(number, loss, gradient, theta)
        gradient = gradient + WAYS[way] * theta
        planted = np.where(np.arange(len(theta)) == entry, PLANTED, 1.0) * gradient
        kinds = ("right", gradient), ("planted", planted), ("doubled", 2 * gradient)
        for kind, claimed in kinds[: 1 if entry is None else 3]:
            result, cost = check(lambda t, loss=problem.loss: way(loss, t), theta, claimed)
            verdicts[kind, half, result.verdict] += 1
            if kind == "right":
                costs.append(cost)
            elif kind == "planted":
                named[result.worst[0].index == entry] += 1
            if verbose and result.verdict == ("wrong" if kind == "right" else "correct"):
                print(f"  {name}, {kind}: {result!r}")
    return verdicts, costs, named[True] / named.total()


def main():
    """Four ways to compute each loss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the points")
    parser.add_argument("--verbose", action="store_true", help="print what was judged wrongly")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print("; ".join(f"{name}: {value}" for name, value in describe_machine().items()))
    for way in WAYS:
        verdicts, costs, named = measure(way, arguments.seed, arguments.verbose)
        print(f"{way.__doc__} Losses a parameter: median {np.median(costs):.1f}, mean {np.mean(costs):.1f}")
        for kind, half in sorted({found[:2] for found in verdicts}):
            counts = {found[2]: n for found, n in sorted(verdicts.items()) if found[:2] == (kind, half)}
            print(f"  {kind}, {half}: {sum(counts.values())}, {counts}")
        print(f"  planted entry furthest off: {named:.1%}")


if __name__ == "__main__":
    sys.exit(main())
