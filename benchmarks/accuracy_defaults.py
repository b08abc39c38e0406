"""Test accuracy of both networks at their defaults, behind a StandardScaler, on optdigits and letter."""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from _machine import RESULTS, describe_machine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SEEDS = (0, 1, 2)


def split_optdigits(X, y, is_test, seed):
    """The official split: the test digits are by other writers."""
    return X[~is_test], X[is_test], y[~is_test], y[is_test]


def split_letter(X, y, is_test, seed):
    """16000 rows for training, 4000 for the test, another split for each seed."""
    return train_test_split(X, y, train_size=16000, test_size=4000, stratify=y, random_state=seed)


SPLITS = {"optdigits": split_optdigits, "letter": split_letter}


def load(folder, name):
    """X, y and the mask of the official test rows, where there is one."""
    with np.load(folder / f"{name}.npz") as data:
        return data["X"].astype(np.float64), data["y"], data.get("is_test")


def measure(network, X_train, X_test, y_train, y_test):
    """Test accuracy, epochs and seconds of one fit."""
    model = make_pipeline(StandardScaler(), network)
    started = time.perf_counter()
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - started
    return {"accuracy": model.score(X_test, y_test), "epochs": network.n_iter_, "seconds": seconds}


def main():
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=DEFAULT_DATA, help="a folder of npz files, see benchmarks/README.md"
    )
    folder = parser.parse_args().data
    missing = [name for name in SPLITS if not (folder / f"{name}.npz").exists()]
    if missing:
        print(f"{folder} holds no {missing[0]}.npz; see benchmarks/README.md.", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore", ConvergenceWarning)  # the table says how many epochs were trained
    machine = describe_machine()
    print("; ".join(f"{name}: {value}" for name, value in machine.items()), "\n")
    print(f"{'data':11}{'seed':>5}  {'network':19}{'accuracy':>9}{'epochs':>8}{'seconds':>9}")
    rows = []
    for name, split in SPLITS.items():
        table = load(folder, name)
        for seed in SEEDS:
            parts = split(*table, seed)
            for kind in (DeepMLPClassifier, MLPClassifier):
                row = {"data": name, "seed": seed, "network": kind.__name__}
                row.update(measure(kind(random_state=seed), *parts))
                line = "{data:11}{seed:5d}  {network:19}{accuracy:9.4f}{epochs:8d}{seconds:9.1f}"
                print(line.format(**row), flush=True)
                rows.append(row)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "accuracy_defaults.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
