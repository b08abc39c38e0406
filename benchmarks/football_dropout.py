"""Does dropout with fresh masks beat no regularisation on the course's football data? Over 20 seeds, two ways."""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
from _tabular import DEFAULT_DATA
from scipy.io import loadmat
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skdeep import DeepMLPClassifier

N_SEEDS = 20
#: Full-batch gradient descent without momentum, as in the course.
RECIPE = {
    "hidden_layer_sizes": (20, 3),
    "activation": "relu",
    "alpha": 0.0,
    "solver": "sgd",
    "momentum": 0.0,
    "learning_rate": "constant",
    "learning_rate_init": 0.3,
    "batch_size": 211,
    "max_iter": 30_000,
    "tol": 0.0,
    "n_iter_no_change": 30_001,
    "early_stopping": False,
    "dtype": "float64",
}


def course_weights():
    """The course's first weights, as an init: seed 3, drawn in its orientation (units, inputs)."""
    draw = np.random.RandomState(3)
    return lambda rng, fan_in, fan_out: draw.randn(fan_out, fan_in).T / fan_in**0.5


def test_accuracies(data, make_init, keep_prob):
    """Accuracy on the course's dev rows for every seed."""
    X, y, X_test, y_test = data["X"], data["y"].ravel(), data["Xval"], data["yval"].ravel()
    networks = (
        DeepMLPClassifier(init=make_init(), keep_prob=keep_prob, random_state=seed, **RECIPE) for seed in range(N_SEEDS)
    )
    return np.array([network.fit(X, y).score(X_test, y_test) for network in networks])


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="a folder with football_data.mat")
    path = parser.parse_args().data / "football_data.mat"
    if not path.exists():
        print(f"{path} is not there; see benchmarks/README.md.", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore", ConvergenceWarning)  # 30000 iterations are what the course takes
    data = loadmat(path)
    starts = {"the course's own first weights": course_weights, "random first weights": lambda: "lecun_normal"}
    with threadpool_limits(1):
        for name, make_init in starts.items():
            none, dropout = (test_accuracies(data, make_init, keep_prob) for keep_prob in (1.0, 0.86))
            gain = dropout - none
            print(
                f"{name}: none {none.mean():.4f}, dropout {dropout.mean():.4f}, gain {gain.mean():+.4f} "
                f"+- {gain.std(ddof=1) / N_SEEDS**0.5:.4f}, better {np.sum(gain > 0)}, worse {np.sum(gain < 0)}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
