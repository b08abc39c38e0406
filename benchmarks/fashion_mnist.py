"""Fashion-MNIST without convolution: dropout alone, and dropout with shifted and mirrored images."""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from _machine import RESULTS, describe_machine
from _tabular import DEFAULT_DATA
from sklearn.model_selection import train_test_split

from skdeep import DeepMLPClassifier
from skdeep.augmentation import Compose, RandomFlip, RandomShift

IMAGE = (28, 28)
N_DEV = 5000

COMMON = {
    "hidden_layer_sizes": (1024, 1024),
    "activation": "relu",
    "alpha": 0.0,
    "batch_size": 256,
    "learning_rate": "cosine",
    "learning_rate_init": 1e-3,
    "early_stopping": True,
    "scoring": "accuracy",
    "verbose": True,
}
RECIPES = {
    "dropout": COMMON | {"keep_prob": 0.5, "input_keep_prob": 0.9, "label_smoothing": 0.1, "max_iter": 60},
    "augmented": COMMON
    | {
        "activation": "silu",
        "keep_prob": 0.85,
        "max_iter": 68,
        "augment": Compose([RandomShift(IMAGE, max_shift=1), RandomFlip(IMAGE)]),
    },
}


def load(folder):
    """Pixels from 0 to 1 in float32: training and dev rows out of the official 60000, and the official test rows."""
    with np.load(folder / "fashion_mnist.npz") as data:
        X, X_test = (data[name].astype(np.float32) / 255 for name in ("X_train", "X_test"))
        y, y_test = data["y_train"], data["y_test"]
    X_train, X_dev, y_train, y_dev = train_test_split(X, y, test_size=N_DEV, stratify=y, random_state=0)
    return X_train, X_dev, X_test, y_train, y_dev, y_test


def measure(recipe, seed, parts):
    """Train, let the dev rows choose the epoch, and only then look at the test rows."""
    X_train, X_dev, X_test, y_train, y_dev, y_test = parts
    network = DeepMLPClassifier(n_iter_no_change=recipe["max_iter"], tol=0.0, random_state=seed, **recipe)
    started = time.perf_counter()
    network.fit(X_train, y_train, X_val=X_dev, y_val=y_dev)
    seconds = time.perf_counter() - started
    return {
        "seed": seed,
        "test_accuracy": network.score(X_test, y_test),
        "dev_accuracy": network.best_validation_score_,
        "best_epoch": network.best_iter_,
        "epochs": network.n_iter_,
        "seconds": seconds,
        "loss_curve": network.loss_curve_,
        "validation_loss_curve": network.validation_loss_curve_,
        "validation_scores": network.validation_scores_,
    }


def print_curve(figures):
    """Training loss, dev loss and dev accuracy, every tenth of the training."""
    print(f"{'epoch':>6}{'train loss':>12}{'dev loss':>10}{'dev accuracy':>14}")
    last = figures["epochs"]
    for epoch in sorted({*range(1, last, max(1, last // 10)), figures["best_epoch"], last}):
        curves = (figures[name][epoch - 1] for name in ("loss_curve", "validation_loss_curve", "validation_scores"))
        print("{:6d}{:12.4f}{:10.4f}{:14.4f}".format(epoch, *curves))


def main():
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="a folder with fashion_mnist.npz")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES), help="default: all")
    parser.add_argument("--seed", type=int, default=0, help="random_state of the networks (default: 0)")
    arguments = parser.parse_args()
    if not (arguments.data / "fashion_mnist.npz").exists():
        print(f"{arguments.data} holds no fashion_mnist.npz; see benchmarks/README.md.", file=sys.stderr)
        return 2
    machine = describe_machine()
    print("; ".join(f"{name}: {value}" for name, value in machine.items()))
    parts = load(arguments.data)
    kept = {}
    for name in arguments.recipes:
        print(f"\n{name}: {DeepMLPClassifier(**RECIPES[name])}")
        kept[name] = measure(RECIPES[name], arguments.seed, parts)
        print_curve(kept[name])
        print(
            "test accuracy {test_accuracy:.4f} at epoch {best_epoch} of {epochs}, chosen by the dev rows "
            "({dev_accuracy:.4f}); {seconds:.0f} s".format(**kept[name]),
            flush=True,
        )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "fashion_mnist.json").write_text(json.dumps({"machine": machine, "recipes": kept}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
