"""Whether a fit that learns is ever said to know no more than a constant prediction, and one that does not is not.

    python benchmarks/false_warnings.py --data DIR

Every tabular set, at most 2500 rows of it, as a classification and, by the class's number, as a regression, under
settings that people use. A warning is held against scikit-learn's own loss of the fitted network on its training rows
and of `DummyClassifier(strategy="prior")` or `DummyRegressor`.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from _tabular import DEFAULT_DATA, folds, read_tables
from sklearn.dummy import DummyClassifier
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.utils.class_weight import compute_sample_weight

from skdeep import DeepMLPClassifier, DeepMLPRegressor

MOST_ROWS = 2500
SETTINGS = {
    "defaults": {},
    "dropout": {"keep_prob": 0.5},
    "early stopping": {"early_stopping": True, "learning_rate": "constant"},
    "strong penalty": {"alpha": 1000.0},
    "ten epochs": {"max_iter": 10},
    "lbfgs": {"solver": "lbfgs", "max_iter": 200},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.01},
    "deep relu": {"hidden_layer_sizes": (64,) * 8, "activation": "relu"},
}
WORDS = ("knows no more", "far off", "got worse")


def losses(network, X, y, weight):
    """Of the network on its training rows, and of a constant."""
    if isinstance(network, DeepMLPRegressor):
        constant = np.full(len(y), y.mean())
        return mean_squared_error(y, network.predict(X)), mean_squared_error(y, constant)
    dummy = DummyClassifier(strategy="prior").fit(X, y, weight)
    probabilities = (model.predict_proba(X.astype(np.float64)) for model in (network, dummy))
    return tuple(log_loss(y, each, sample_weight=weight) for each in probabilities)


def fit(kind, setting, X, y, weight):
    """A fitted network, and which of the warnings its fit gave."""
    network = kind(**{"hidden_layer_sizes": (64, 64), "random_state": 0} | setting)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network.fit(X, y, weight)
    return network, [str(one.message) for one in caught if any(word in str(one.message) for word in WORDS)]


def main():
    """A line for each fit whose warnings and losses disagree, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--only", nargs="*", default=())
    arguments = parser.parse_args()
    n_fits = n_warned = n_false = n_missed = 0
    for table in read_tables(arguments.data, arguments.only):
        X, _, y, _ = next(folds(table))
        X, y = X[:MOST_ROWS], y[:MOST_ROWS]
        for kind in (DeepMLPClassifier, DeepMLPRegressor):
            balanced = compute_sample_weight("balanced", y) if kind is DeepMLPClassifier else None
            target = y if kind is DeepMLPClassifier else np.unique(y, return_inverse=True)[1].astype(float)
            for name, setting in SETTINGS.items():
                for weight in (None, balanced) if name == "defaults" and balanced is not None else (None,):
                    network, said = fit(kind, setting, X, target, weight)
                    own, constant = losses(network, X, target, weight)
                    n_fits += 1
                    n_warned += bool(said)
                    n_false += bool(said) and own < 0.999 * constant
                    n_missed += not said and own >= constant
                    if bool(said) != (own >= constant):
                        print(
                            f"{table.name}, {kind.__name__}, {name}: {own:.5g}, constant {constant:.5g}; {said}",
                            flush=True,
                        )
    print(f"{n_fits} fits: {n_warned} warned, {n_false} of them falsely; {n_missed} no better than a constant unsaid")


if __name__ == "__main__":
    main()
