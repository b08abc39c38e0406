"""
Which regularisers find 5 columns among 500?
============================================

Madelon (NIPS 2003 feature selection challenge) has 500 columns: 5 that decide the class together, 15 mixtures of those,
and 480 of pure noise. A plain network learns its 2000 training rows by heart and is little better than a coin on new
ones. This search, on the training rows alone, looks for a combination of regularisers that is.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.augmentation import GaussianNoise

GRID = {
    "network__alpha": [10, 100],
    "network__input_keep_prob": [0.2, 1.0],
    "network__augment": [None, GaussianNoise(1.0)],
}


def load(path):
    """Training rows and the challenge's official validation rows."""
    with np.load(path) as data:
        X, y, is_test = data["X"].astype(np.float32), data["y"], data["is_test"].astype(bool)
    return X[~is_test], X[is_test], y[~is_test], y[is_test]


def make_model(**regularisers):
    """A network behind a scaler."""
    network = DeepMLPClassifier(
        (64, 64),
        activation="relu",
        learning_rate="cosine",
        learning_rate_init=1e-3,
        batch_size=50,
        max_iter=200,
        n_iter_no_change=200,
        random_state=0,
        **regularisers,
    )
    return Pipeline([("scale", StandardScaler()), ("network", network)])


def main():
    """Search on the training rows, then look at the validation rows once."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("data", type=Path, help="madelon.npz with X, y and is_test (true on the validation rows)")
    path = parser.parse_args().data
    if not path.exists():
        print(f"There is no file {path}.", file=sys.stderr)
        return 2
    X_train, X_valid, y_train, y_valid = load(path)
    plain = make_model(alpha=0.0).fit(X_train, y_train)
    print(
        f"no regularisation: train {plain.score(X_train, y_train):.3f}, validation {plain.score(X_valid, y_valid):.3f}"
    )

    search = GridSearchCV(make_model(), GRID, cv=5, n_jobs=-1).fit(X_train, y_train)
    for rank in np.argsort(search.cv_results_["rank_test_score"])[:5]:
        print(f"cv {search.cv_results_['mean_test_score'][rank]:.3f}  {search.cv_results_['params'][rank]}")
    print(f"best: train {search.score(X_train, y_train):.3f}, validation {search.score(X_valid, y_valid):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
