"""What `bias_variance_report` costs over `cross_validate` with train scores on the same five folds, in alternation."""

import argparse
import time
import warnings
from statistics import median

from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
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


def main():
    """A line for each case: medians of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")
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
