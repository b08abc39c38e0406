"""Does the gradient check call right gradients right, and find an error of a thousandth? Test functions of optimisation.

The losses and points are those of tests/gradient_problems.py, the gradients exact, by complex steps. The thresholds were
chosen on every other loss ("tuned"), the rest ("held out") was looked at only to report.

Planted errors: one entry, drawn from those of at least a tenth of the largest, times 1.001; at all points but those where
the largest entry times max(1, |theta|) is below a millionth of the loss: there the gradient is next to nothing.
"""

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


def planted_entry(number, loss, gradient, theta):
    """Which entry to make wrong, or None."""
    sizes = np.abs(gradient)
    if np.max(sizes * np.maximum(1, np.abs(theta))) < SMALLEST * abs(loss) or not sizes.any():
        return None
    return int(np.random.default_rng(number).choice(np.flatnonzero(sizes >= MATTERS * sizes.max())))


def as_float32(loss, theta):
    """The loss of parameters rounded to float32, itself rounded to float32, and returned as float64."""
    return float(np.float32(loss(theta.astype(np.float32).astype(np.float64))))


def offset(loss, theta):
    """The loss beside a constant a billion times its size."""
    return loss(theta) + offset.constant


def rounded(loss, theta):
    """The loss to six decimals."""
    return round(float(loss(theta)), 6)


LOSSES = {
    "as it is": lambda loss, theta: float(loss(theta)),
    "through float32": as_float32,
    "rounded to six decimals": rounded,
}


def check(problem, theta, gradient, value):
    """The result, and the number of losses a parameter."""
    calls = []

    def fun(t):
        calls.append(1)
        return value(problem.loss, t), gradient

    return check_gradient(fun, theta), (len(calls) - 3) / len(theta)


def main():
    """Verdicts on right gradients and on planted errors, for each way to compute the loss."""
    warnings.simplefilter("ignore")
    print("; ".join(f"{name}: {value}" for name, value in describe_machine().items()))
    verbose = "--verbose" in sys.argv
    tuned = {problem.name for problem in PROBLEMS[::2]}
    for way, value in LOSSES.items():
        verdicts, costs, named = Counter(), [], Counter()
        for number, (name, problem, theta) in enumerate(cases()):
            loss, gradient = problem.fun(theta)
            half = "tuned" if problem.name in tuned else "held out"
            try:
                result, cost = check(problem, theta, gradient, value)
            except ValueError as error:
                verdicts[half, "right", f"refused: {error}"[:50]] += 1
                continue
            costs.append(cost)
            verdicts[half, "right", result.verdict] += 1
            if verbose and result.verdict != "correct":
                print(f"{way}: {name} is right, called {result.verdict}")
            entry = planted_entry(number, loss, gradient, theta)
            if entry is not None:
                wrong = np.where(np.arange(len(theta)) == entry, PLANTED * gradient, gradient)
                result, _ = check(problem, theta, wrong, value)
                verdicts[half, "planted", result.verdict] += 1
                named[result.verdict != "correct" and result.worst[0].index == entry] += 1
                if verbose and result.verdict == "correct":
                    print(f"{way}: {name} has a planted error, called correct")
        print(f"Loss {way}: losses a parameter, median {np.median(costs):.1f}, mean {np.mean(costs):.1f}, most {max(costs):.0f}")
        for kind in ("right", "planted"):
            for half in ("tuned", "held out"):
                found = {v: n for (h, k, v), n in sorted(verdicts.items()) if (h, k) == (half, kind)}
                print(f"  {kind}, {half}: {sum(found.values())}: {found}")
        print(f"  planted entry is the first of `worst`: {named[True]} of {named[True] + named[False]}")


if __name__ == "__main__":
    sys.exit(main())
