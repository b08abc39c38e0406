"""A grid of 20 candidates on 5 folds: `BatchedGridSearchCV` beside `GridSearchCV` on our network and on scikit-learn's.

Ours tunes alpha and keep_prob, scikit-learn's, which has no dropout, as many values of alpha. In alternation in one
process, after a round that starts the worker processes and does not count; medians of the ratios within a round.
"""

import argparse
import json
import time
import warnings
from statistics import median

import numpy as np
from _machine import RESULTS, describe_machine
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.model_selection import BatchedGridSearchCV

#: Rows, hidden layers and rows of a mini-batch.
CASES = {
    "breast cancer": (load_breast_cancer, (32, 32), 32),
    "digits": (load_digits, (100,), 200),
}
OURS = {"network__alpha": [0.01, 0.1, 1.0, 10.0, 100.0], "network__keep_prob": [1.0, 0.9, 0.8, 0.5]}
THEIRS = {"network__alpha": np.logspace(-6, 1, 20)}
SEARCHES = ("batched", "one by one", "MLPClassifier")


def make_search(name, hidden, batch_size, n_jobs):
    """One of the three searches; all their networks train for 50 epochs."""
    kind = MLPClassifier if name == "MLPClassifier" else DeepMLPClassifier
    more = {} if kind is MLPClassifier else {"activation": "relu", "learning_rate": "constant"}
    network = kind(
        hidden,
        batch_size=batch_size,
        max_iter=50,
        n_iter_no_change=1000,
        learning_rate_init=1e-3,
        random_state=0,
        **more,
    )
    search = BatchedGridSearchCV if name == "batched" else GridSearchCV
    pipeline = Pipeline([("scaler", StandardScaler()), ("network", network)])
    return search(pipeline, THEIRS if kind is MLPClassifier else OURS, cv=5, n_jobs=n_jobs)


def measure(load, hidden, batch_size, *, rounds, n_jobs):
    """Seconds of each search in each round, and how far the scores of the two of ours are apart."""
    X, y = load(return_X_y=True)
    seconds, searches = {name: [] for name in SEARCHES}, {}
    for number in range(rounds + 1):
        for name in SEARCHES:
            started = time.perf_counter()
            searches[name] = make_search(name, hidden, batch_size, n_jobs).fit(X, y)
            if number:
                seconds[name].append(time.perf_counter() - started)
    scores = [searches[name].cv_results_["mean_test_score"] for name in SEARCHES[:2]]
    return seconds, float(np.abs(scores[0] - scores[1]).max())


def main():
    """A line for each data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    figures = {}
    print(f"{'':15}{'batched':>11}{'one by one':>19}{'MLPClassifier':>22}   largest difference of a score")
    for case in arguments.cases:
        seconds, apart = measure(*CASES[case], rounds=arguments.rounds, n_jobs=arguments.n_jobs)
        ratios = {
            name: median(other / ours for ours, other in zip(seconds["batched"], seconds[name], strict=True))
            for name in SEARCHES
        }
        shown = "".join(f"{median(seconds[name]):9.2f} s x{ratios[name]:6.2f}" for name in SEARCHES[1:])
        print(f"{case:15}{median(seconds['batched']):9.2f} s{shown}   {apart:.1e}", flush=True)
        figures[case] = {"seconds": seconds, "ratios": ratios, "largest difference": apart}
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "grid_search.json"
    file.write_text(
        json.dumps({"machine": describe_machine(), "n_jobs": arguments.n_jobs, "figures": figures}, indent=1)
    )


if __name__ == "__main__":
    main()
