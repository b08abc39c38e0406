"""What `bias_variance_report` costs over `cross_validate` with train scores on the same five folds, in alternation.

With `--flow`, what it costs more to measure the flow through networks that have bias: reports with it and without.
"""

import argparse
import time
import warnings
from statistics import median

from sklearn.base import clone
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.model_selection import _bias_variance as module
from skdeep.model_selection import bias_variance_report

FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)


def cases():
    """Name, estimator, rows, columns, scoring."""
    network = make_pipeline(StandardScaler(), DeepMLPClassifier((64, 64), max_iter=30, random_state=0))
    for scoring in ("accuracy", "neg_log_loss", "roc_auc", "balanced_accuracy", "f1"):
        yield f"network, 4000 rows, {scoring}", network, 4000, 20, scoring
    yield "boosting, 4000 rows, accuracy", HistGradientBoostingClassifier(max_iter=50), 4000, 20, "accuracy"
    yield "logistic, 2000 rows, accuracy", LogisticRegression(), 2000, 20, "accuracy"
    for scoring in ("accuracy", "roc_auc"):
        yield f"logistic, 20000 rows, {scoring}", LogisticRegression(), 20000, 20, scoring


def seconds(call):
    """Of processor time of one call; other jobs on the machine do not count."""
    started = time.process_time()
    call()
    return time.process_time() - started


def biased_cases():
    """Name, estimator, rows, targets."""
    X, y = load_digits(return_X_y=True)
    noisy = make_classification(4000, 20, n_informative=10, flip_y=0.3, random_state=0)
    few = {"max_iter": 20, "random_state": 0}
    yield "digits, 3 units", DeepMLPClassifier((3,), **few), X / 16, y
    yield "digits, default, alpha=1e4", DeepMLPClassifier(alpha=1e4, **few), X / 16, y
    for layers in ((64, 64), (256, 256)):
        yield f"4000 noisy rows, {layers}", make_pipeline(StandardScaler(), DeepMLPClassifier(layers, **few)), *noisy
    deep = DeepMLPClassifier((50,) * 20, **few)
    yield "digits, 20 layers, logistic", clone(deep).set_params(activation="logistic"), X / 16, y
    yield "digits, 20 layers, init normal", clone(deep).set_params(activation="tanh", init="normal"), X / 16, y


def flow(rounds):
    """A line for each case: medians of reports without and with a look at the flow, and of the difference."""
    measure_flow = module.measure_flow
    print(f"{'case':40}{'without':>10}{'with':>10}{'more':>10}")
    for name, estimator, X, y in biased_cases():

        def report(measure, estimator=estimator, X=X, y=y):
            module.measure_flow = measure
            bias_variance_report(estimator, X, y, cv=FOLDS, learning_curve=False)

        report(measure_flow)
        pairs = [
            (seconds(lambda: report(lambda *_, **__: None)), seconds(lambda: report(measure_flow)))
            for _ in range(rounds)
        ]
        without, with_it = (median(times) for times in zip(*pairs, strict=True))
        more = median(after - before for before, after in pairs)
        print(f"{name:40}{without:8.2f} s{with_it:8.2f} s{more:8.3f} s", flush=True)


def main():
    """A line for each case: medians of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--flow", action="store_true")
    options = parser.parse_args()
    rounds = options.rounds
    warnings.simplefilter("ignore")
    if options.flow:
        flow(rounds)
        return
    print(f"{'case':40}{'cross_validate':>16}{'report':>9}{'ratio':>7}")
    for name, estimator, n_rows, n_columns, scoring in cases():
        X, y = make_classification(n_rows, n_columns, n_informative=10, random_state=0)

        def validate(estimator=estimator, X=X, y=y, scoring=scoring):
            cross_validate(estimator, X, y, cv=FOLDS, scoring=scoring, return_train_score=True)

        def report(estimator=estimator, X=X, y=y, scoring=scoring):
            bias_variance_report(estimator, X, y, cv=FOLDS, scoring=scoring, learning_curve=False)

        validate()
        report()
        pairs = [(seconds(validate), seconds(report)) for _ in range(rounds)]
        ratio = median(after / before for before, after in pairs)
        before, after = (median(times) for times in zip(*pairs, strict=True))
        print(f"{name:40}{before:14.2f} s{after:7.2f} s{ratio:7.2f}", flush=True)


if __name__ == "__main__":
    main()
