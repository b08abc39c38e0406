"""Reports on real data whose trouble is known: madelon, letter with 8 units, vowel by speaker, optdigits, mammography.

python benchmarks/real_verdicts.py --data DIR
"""

import argparse
import time
from pathlib import Path

import numpy as np
from _tabular import DEFAULT_DATA
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.model_selection import bias_variance_report


def load(folder, name):
    """Rows, classes, and which rows are the official test part, if there is one."""
    with np.load(folder / f"{name}.npz") as data:
        official = data["is_test"].astype(bool) if "is_test" in data else np.zeros(len(data["y"]), dtype=bool)
        return data["X"].astype(float), data["y"], official


def network(*layers, **parameters):
    """A network behind a scaler."""
    sizes = {"hidden_layer_sizes": layers} if layers else {}
    return make_pipeline(StandardScaler(), DeepMLPClassifier(**sizes, random_state=0, **parameters))


def vowel_parts(folder):
    """Train and train-dev rows of the same speakers, dev rows of others."""
    X, y, official = load(folder, "vowel")
    X = X[:, 1:]  # without the speaker's sex, as in the classic task
    parts = train_test_split(X[~official], y[~official], test_size=0.25, stratify=y[~official], random_state=0)
    X_train, X_train_dev, y_train, y_train_dev = parts
    return (X_train, y_train), {
        "X_train_dev": X_train_dev,
        "y_train_dev": y_train_dev,
        "X_dev": X[official],
        "y_dev": y[official],
    }


def cases(folder):
    """Name, what is known of it, estimator, training rows, further arguments."""
    X, y, official = load(folder, "madelon")
    yield "madelon, official training part", "high variance", network(), (X[~official], y[~official]), {}
    X, y, _ = load(folder, "letter")
    yield "letter, 8 units", "high bias", network(8), (X, y), {}
    rows, parts = vowel_parts(folder)
    yield "vowel, dev rows of other speakers", "data mismatch", network(), rows, parts
    X, y, official = load(folder, "optdigits")
    yield "optdigits, official training part", "little of either", network(), (X[~official], y[~official]), {}
    X, y, _ = load(folder, "mammography")
    yield "mammography, accuracy", "a warning about the metric", network(), (X, y), {}


def main():
    """Print every note."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--jobs", type=int, default=None)
    arguments = parser.parse_args()
    for name, known, estimator, rows, parts in cases(arguments.data):
        started = time.perf_counter()
        report = bias_variance_report(
            estimator, *rows, learning_curve=False, random_state=0, n_jobs=arguments.jobs, **parts
        )
        print(f"=== {name}: known is {known}; found {report.diagnosis}, {time.perf_counter() - started:.0f} s\n")
        print(report, "\n", flush=True)


if __name__ == "__main__":
    main()
