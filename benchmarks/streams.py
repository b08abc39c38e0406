"""Online learning: what a call of `partial_fit` with one row costs, and whether it matters where a stream is cut.

    python benchmarks/streams.py --rounds 400

The time is beside scikit-learn's `MLPClassifier`, in alternation. The cuts are of 1400 rows, in calls of 1, 5, 10, 100
and all rows, from a fresh model and after a `fit` on the same rows, with the penalty and without. Steps are held alike
by mini-batches of one size; what is left between cuts is the order in which the last rows came.
"""

import argparse
import pickle
import warnings
from statistics import median
from time import perf_counter

import numpy as np
from sklearn.datasets import load_digits, make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from skdeep import DeepMLPClassifier, DeepMLPRegressor

CUTS = (1, 5, 10, 100, 1400)


def time_of_a_row(sizes, n_rounds):
    """Milliseconds of a call with one row, ours and scikit-learn's, median of the later three quarters."""
    X, y = load_digits(return_X_y=True)
    X, classes = X / 16.0, np.arange(10)
    networks = (DeepMLPClassifier(sizes, random_state=0), MLPClassifier(sizes, random_state=0))
    times = [[] for _ in networks]
    for row in range(n_rounds):
        for network, taken in zip(networks, times, strict=True):
            started = perf_counter()
            network.partial_fit(X[row : row + 1], y[row : row + 1], classes=classes)
            taken.append(1e3 * (perf_counter() - started))
    return [median(taken[n_rounds // 4 :]) for taken in times]


def digits():
    """1400 training rows, and the others."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16.0, y, train_size=1400, stratify=y, random_state=0)


def friedman():
    """1400 training rows, and 1000 more, of a target in the hundreds."""
    X, y = make_friedman1(2400, 6, noise=0.5, random_state=0)
    return train_test_split(scale(X), 100.0 * y, train_size=1400, random_state=0)


def streamed(network, X, y, n_rows, n_passes, *, weight=None, **first):
    """The network after some passes over the rows, so many in a call; stored and read again in the middle."""
    for number in range(n_passes):
        for start in range(0, len(X), n_rows):
            rows = slice(start, start + n_rows)
            network.partial_fit(X[rows], y[rows], sample_weight=None if weight is None else weight[rows], **first)
        if number == n_passes // 2:
            network = pickle.loads(pickle.dumps(network))
    return network


SETTINGS = {
    "fresh, 4 passes": {},
    "fresh, 4 passes, total_samples=1400": {"total_samples": 1400},
    "fresh, 4 passes, adamw": {"solver": "adamw"},
    "fresh, 4 passes, weights": {"weighted": True},
    "after fit, 1 pass": {"fitted": True},
    "after fit, 1 pass, adamw": {"fitted": True, "solver": "adamw"},
    "after fit, 1 pass, weights": {"fitted": True, "weighted": True},
}


def scores_of_cuts(kind, rows, seed, *, fitted=False, weighted=False, **parameters):
    """Test scores by cut, with the penalty and without."""
    X, X_test, y, y_test = rows
    first = {"classes": np.unique(y)} if kind is DeepMLPClassifier else {}
    weight = np.random.default_rng(seed).uniform(0.2, 3.0, len(y)) if weighted else None
    scores = []
    for alpha in ("auto", 0.0):
        common = {"hidden_layer_sizes": (64,), "batch_size": 1, "random_state": seed, "alpha": alpha, **parameters}
        scores.append([])
        for n_rows in CUTS:
            network = kind(**common, learning_rate_init=3e-4)
            if fitted:
                network.set_params(learning_rate_init=1.5e-3, batch_size="auto").fit(X, y, weight)
                network.set_params(learning_rate_init=3e-4, batch_size=1)
            network = streamed(network, X, y, n_rows, 1 if fitted else 4, weight=weight, **first)
            scores[-1].append(network.score(X_test, y_test))
    return np.array(scores)


def main():
    """A line for each size and each setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for sizes in ((64,), (100,), (256, 256)):
        ours, theirs = time_of_a_row(sizes, arguments.rounds)
        print(f"one row, {sizes}: {ours:.2f} ms, MLPClassifier {theirs:.2f} ms, ratio {ours / theirs:.2f}", flush=True)
    for kind, rows in ((DeepMLPClassifier, digits()), (DeepMLPRegressor, friedman())):
        for name, setting in SETTINGS.items():
            scores = np.mean([scores_of_cuts(kind, rows, seed, **setting) for seed in range(arguments.seeds)], axis=0)
            by_cut = ", ".join(f"{n}: {score:.3f}" for n, score in zip(CUTS, scores[0], strict=True))
            from_none, apart = 100 * np.abs(scores[0] - scores[1]).max(), 100 * np.ptp(scores[0])
            print(
                f"{kind.__name__}, {name}: {by_cut}; at most {from_none:.1f} points from alpha=0, "
                f"{apart:.1f} from one another",
                flush=True,
            )


if __name__ == "__main__":
    main()
