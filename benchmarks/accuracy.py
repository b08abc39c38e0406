"""Accuracy and log loss at the defaults beside scikit-learn's classifiers, over a folder of tabular sets."""

import argparse
import json
import sys
import time
import warnings
from ast import literal_eval
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
from _machine import RESULTS, describe_machine
from _tabular import DEFAULT_DATA, folds, read_tables
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from skdeep import DeepMLPClassifier

OURS = "DeepMLPClassifier"
MODELS = {
    OURS: DeepMLPClassifier,
    "MLPClassifier": MLPClassifier,
    "HistGradientBoosting": HistGradientBoostingClassifier,
    "RandomForest": lambda **settings: RandomForestClassifier(300, **settings),
    "LogisticRegression": lambda **settings: LogisticRegression(max_iter=1000, **settings),
}


def measure(make, table):
    """Means over the folds of accuracy, log loss and seconds of the fit."""
    figures = []
    for X_train, X_test, y_train, y_test in folds(table):
        model = make()
        started = time.perf_counter()
        model.fit(X_train, y_train)
        seconds = time.perf_counter() - started
        probabilities = model.predict_proba(X_test)
        accuracy = accuracy_score(y_test, model.classes_[probabilities.argmax(axis=1)])
        figures.append((accuracy, log_loss(y_test, probabilities, labels=model.classes_), seconds))
    accuracy, loss, seconds = np.mean(figures, axis=0)
    return {"accuracy": accuracy, "log_loss": loss, "seconds": seconds}


def measure_all(tables, makers):
    """One line per table, printed as it is known: every model's accuracy, log loss and seconds."""
    print(f"{'accuracy, log loss, seconds of a fit':20}" + "".join(f"{name:>27}" for name in makers))
    figures = {name: {} for name in makers}
    for table in tables:
        for name, make in makers.items():
            figures[name][table.name] = measure(make, table)
        print_line(table.name, [figures[name][table.name] for name in makers])
    return figures


def print_line(title, cells):
    """One line of the table."""
    line = "".join(f"{c['accuracy']:13.4f}{c['log_loss']:7.3f}{c['seconds']:7.2f}" for c in cells)
    print(f"{title:36}{line}", flush=True)


def mean_over(tables, figures):
    """The mean of every figure over some of the tables."""
    return {key: np.mean([figures[table][key] for table in tables]) for key in ("accuracy", "log_loss", "seconds")}


def print_summary(figures):
    """Means over the tables, without madelon too, and who wins how often."""
    tables = list(next(iter(figures.values())))
    real = [table for table in tables if table != "madelon"]
    print_line(f"mean of {len(tables)}", [mean_over(tables, own) for own in figures.values()])
    print_line(f"mean of {len(real)}, without madelon", [mean_over(real, own) for own in figures.values()])
    print("\nwins (ties count for neither)")
    for one, other in combinations(figures, 2):
        accuracy = sum(figures[one][t]["accuracy"] > figures[other][t]["accuracy"] for t in tables)
        accuracy_lost = sum(figures[one][t]["accuracy"] < figures[other][t]["accuracy"] for t in tables)
        loss = sum(figures[one][t]["log_loss"] < figures[other][t]["log_loss"] for t in tables)
        loss_lost = sum(figures[one][t]["log_loss"] > figures[other][t]["log_loss"] for t in tables)
        print(f"{one} : {other}   accuracy {accuracy}:{accuracy_lost}, log loss {loss}:{loss_lost}")


def setting(text):
    """A parameter off its default, given as name=value."""
    name, _, value = text.partition("=")
    try:
        return name, literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


def main():
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=DEFAULT_DATA, help="a folder of npz files, see benchmarks/README.md"
    )
    parser.add_argument("--tables", nargs="+", default=[], help="only these (default: all of the folder)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), help="only these (default: all)")
    parser.add_argument("--set", nargs="+", type=setting, default=[], metavar="NAME=VALUE", help=f"for {OURS}")
    parser.add_argument("--seed", type=int, default=0, help="random_state of the models (default: 0)")
    arguments = parser.parse_args()
    tables = list(read_tables(arguments.data, arguments.tables))
    if not tables:
        print(f"{arguments.data} holds no tabular npz file; see benchmarks/README.md.", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore", ConvergenceWarning)
    models = MODELS | {OURS: partial(DeepMLPClassifier, **dict(arguments.set))}
    makers = {name: partial(models[name], random_state=arguments.seed) for name in arguments.models}
    machine = describe_machine()
    print("; ".join(f"{name}: {value}" for name, value in machine.items()), "\n")
    with threadpool_limits(1):
        figures = measure_all(tables, makers)
    print_summary(figures)
    RESULTS.mkdir(exist_ok=True)
    settings = {name: repr(value) for name, value in arguments.set}
    kept = {"machine": machine, "settings": settings, "seed": arguments.seed, "figures": figures}
    (RESULTS / "accuracy.json").write_text(json.dumps(kept, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
