"""Whether a long training slows down, and what it leaves of numbers that many processors are slow with.

A line for every solver, activation and data set, scaled and as it is: the last tenth of the epochs over the first, and
the share of weights and of moments that are subnormal at the end; beside it, where asked for, that of `MLPClassifier`.
"""

import argparse
import warnings
from itertools import product
from statistics import median

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from skdeep import DeepMLPClassifier

DATA = {"digits": load_digits, "breast cancer": load_breast_cancer}


def share_subnormal(arrays):
    """Of the values, those that are not zero and below the smallest normal number."""
    sizes = np.abs(np.concatenate([np.ravel(values) for values in arrays]))
    return float(np.mean((sizes > 0) & (sizes < np.finfo(sizes.dtype).tiny)))


def moments_of(optimizer):
    """What an optimizer keeps for each parameter."""
    return [values for values in vars(optimizer).values() if isinstance(values, np.ndarray) and values.ndim]


def theirs(solver, activation, X, y, options):
    """Shares of scikit-learn's network, which has no other solvers and activations."""
    if solver not in {"adam", "sgd"} or activation == "silu":
        return ""
    network = MLPClassifier((64, 64), activation=activation, solver=solver, alpha=1.0, **options).fit(X, y)
    return f"{share_subnormal(network.coefs_):.1%}"


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2000)
    parser.add_argument("--theirs", action="store_true", help="also train MLPClassifier")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    n = arguments.epochs
    print("data | activation | solver | last / first tenth | subnormal weights | moments | weights of MLPClassifier")
    for (name, load), scaled, activation in product(DATA.items(), (True, False), ("relu", "silu", "tanh")):
        X, y = load(return_X_y=True)
        X = (scale(X) if scaled else X).astype(np.float32)
        for solver in ("sgd", "adam", "adamw", "rmsprop"):
            options = {"max_iter": n, "tol": 0.0, "n_iter_no_change": n + 1, "random_state": 0}
            ours = DeepMLPClassifier((64, 64), activation, solver=solver, learning_rate="constant", **options)
            try:
                seconds = ours.fit(X, y).history_.seconds
            except ValueError as error:  # rows that are not scaled make some rates diverge
                print(f"{name} | {activation} | {solver} | {type(error).__name__}", flush=True)
                continue
            ratio = median(seconds[-n // 10 :]) / median(seconds[: n // 10])
            shares = (
                share_subnormal([ours._model.parameters.theta]),
                share_subnormal(moments_of(ours._resume.optimizer)),
            )
            print(
                f"{name}{', scaled' if scaled else ''} | {activation} | {solver} | {ratio:.2f} "
                f"| {shares[0]:.2%} | {shares[1]:.2%} "
                f"| {theirs(solver, activation, X, y, options) if arguments.theirs else ''}",
                flush=True,
            )


if __name__ == "__main__":
    main()
