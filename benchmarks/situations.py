"""Thirty situations in which a model could be bad, or a verdict wrong, without a word.

    python benchmarks/situations.py

Each makes data whose truth is known, does what a user would do, and says what must be heard or must not. A line for
each that goes otherwise, and the counts.
"""

import argparse
import re
import sys
import warnings
from functools import partial

import numpy as np
from scipy.sparse import csr_matrix, random
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, r2_score
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut, TimeSeriesSplit, train_test_split
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, scale
from sklearn.tree import DecisionTreeClassifier

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.inspection import gradient_flow
from skdeep.model_selection import BatchedGridSearchCV, bias_variance_report, train_dev_test_split


def heard(action):
    """What an action gives, or the error it ends in, and all that was said: warnings and error in one text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, said = action(), ""
        except ValueError as error:
            result, said = None, f"ERROR {error}"
    return result, " | ".join([*(str(one.message) for one in caught), said])


def report_of(*arguments, **options):
    """The report's diagnosis, whole text, and what was warned of."""
    options = {"learning_curve": False, "random_state": 0} | options
    report, said = heard(partial(bias_variance_report, *arguments, **options))
    return () if report is None else report.diagnosis, " ".join(f"{report} | {said}".split())


def stream(model, X, y, n_rows, n_passes=1, **first):
    """The model after the rows, so many in a call."""
    for start in np.tile(np.arange(0, X.shape[0], n_rows), n_passes):
        model.partial_fit(X[start : start + n_rows], y[start : start + n_rows], **first)
    return model


# Streams ------------------------------------------------------------------------------------------------------------


def single_rows_of_large_targets():
    """Incomes in single rows: R2 as in calls of 50."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2000, 4))
    y = 4e4 + 1.5e4 * np.tanh(X[:, 0] + X[:, 1])
    scores = [
        r2_score(y, stream(DeepMLPRegressor((32,), batch_size=1, random_state=0), X, y, n).predict(X)) for n in (1, 50)
    ]
    return min(scores) > 0.85, scores


def sparse_labels_in_threes():
    """An indicator target of sparse rows, three in a call, ends near the fit."""
    rng = np.random.default_rng(2)
    X = csr_matrix(rng.normal(size=(900, 30)) * (rng.random((900, 30)) < 0.3))
    Y = (X[:, :4].toarray() > 0.2).astype(int)
    model = stream(DeepMLPClassifier((32,), random_state=0), X, Y, 3, 4)
    return (model.predict(X) == Y).mean() > 0.9, (model.predict(X) == Y).mean()


def weights_that_grow():
    """Weights by recency, from 1 to 100: single rows do not forget what they learnt."""
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(150)
    X, y, weight = scale(X)[order], y[order], np.linspace(1, 100, 150)
    model = DeepMLPClassifier((16,), random_state=0, learning_rate_init=0.005)
    for _ in range(10):
        for row in range(150):
            model.partial_fit(
                X[row : row + 1], y[row : row + 1], sample_weight=weight[row : row + 1], classes=[0, 1, 2]
            )
    return model.score(X, y) > 0.92, model.score(X, y)


def rmsprop_after_fit():
    """Fitted, then 300 single rows by rmsprop: no worse than without a penalty."""
    X, y = load_breast_cancer(return_X_y=True)
    X = scale(X)
    scores = []
    for alpha in ("auto", 0.0):
        model = DeepMLPClassifier((32,), solver="rmsprop", learning_rate_init=5e-4, random_state=0).fit(
            X[:400], y[:400]
        )
        scores.append(stream(model.set_params(alpha=alpha), X[:300], y[:300], 1).score(X[400:], y[400:]))
    return scores[0] >= scores[1] - 0.02, scores


def stream_that_explodes():
    """A rate of 5 in calls of 30: said."""
    X, y = load_wine(return_X_y=True)
    _, said = heard(
        lambda: stream(DeepMLPClassifier((16,), learning_rate_init=5.0), scale(X), y, 30, 9, classes=[0, 1, 2])
    )
    return bool(re.search("far off|knows no more|diverged", said)), said


# Scale and flow -----------------------------------------------------------------------------------------------------


def nanometres():
    """Lengths in metres of things of nanometres."""
    X, y = load_iris(return_X_y=True)
    _, said = heard(lambda: DeepMLPClassifier((16,), random_state=0).fit(1e-9 * X, y))
    _, text = report_of(DeepMLPClassifier((16,), max_iter=20, random_state=0), 1e-9 * X, y)
    return "small" in said and "inputs not normalised" in text, (said, text)


def sixteen_bit_pixels():
    """Pixels up to 65535, a regressor."""
    X, y = load_digits(return_X_y=True)
    _, said = heard(lambda: DeepMLPRegressor((16,), max_iter=5, random_state=0).fit(4096.0 * X, y))
    return "large" in said, said


def a_time_stamp():
    """Seconds since 1970 beside scaled columns are named in the report."""
    X, y = load_diabetes(return_X_y=True)
    X = np.column_stack([scale(X), 1.7e9 + np.arange(len(X))])
    _, text = report_of(DeepMLPRegressor((8,), max_iter=5, random_state=0), X, y)
    return "inputs not normalised" in text and re.search(r"\b10\b", text) is not None, text


def pixels_behind_a_scaler():
    """Nothing to say of 0..255 behind a StandardScaler."""
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), DeepMLPClassifier((32,), max_iter=30, random_state=0))
    _, said = heard(lambda: model.fit(255 / 16 * X, y))
    return not said, said


def words():
    """Sparse tf-idf of 3000 columns: no scaler, healthy, and it learns."""
    X = random(600, 3000, 0.01, random_state=0, format="csr")
    X = X.multiply(1 / np.maximum(np.sqrt(X.multiply(X).sum(axis=1)), 1e-12)).tocsr()
    y = np.asarray(X[:, :1500].sum(axis=1) > X[:, 1500:].sum(axis=1)).ravel().astype(int)
    model, said = heard(lambda: DeepMLPClassifier((32,), random_state=0).fit(X, y))
    flows = bool(gradient_flow(DeepMLPClassifier((32,), random_state=0), X, y)) and bool(gradient_flow(model, X, y))
    return not said and flows and model.score(X, y) > 0.95, (said, flows)


def categories():
    """One-hot columns: no scaler."""
    rng = np.random.default_rng(3)
    C = rng.integers(0, 30, (800, 6))
    X, y = OneHotEncoder().fit_transform(C), (C.sum(axis=1) > 87).astype(int)
    _, said = heard(lambda: DeepMLPClassifier((32,), random_state=0).fit(X, y))
    return not said, said


def wide_deep_and_small():
    """Twelve layers of the course's 0.01 weights: the signal vanishes, and the remedy is the init."""
    X, y = load_wine(return_X_y=True)
    report = gradient_flow(DeepMLPClassifier((64,) * 12, init="normal", activation="tanh", random_state=0), scale(X), y)
    return report.signal_verdict == "vanishing" and report.advice[0].parameters == {"init": "auto"}, str(report)


def huge_first_weights():
    """An init of one's own, a hundred times too large: fit speaks, flow explodes."""
    X, y = load_wine(return_X_y=True)
    model = DeepMLPClassifier((32, 32), init=lambda rng, i, o: rng.normal(0, 10, (i, o)), max_iter=5, random_state=0)
    _, said = heard(lambda: model.fit(scale(X), y))
    return "first weights" in said and not gradient_flow(model, scale(X), y), said


# Scores -------------------------------------------------------------------------------------------------------------


def macro_f1_on_a_split():
    """class_weight by hand, early stopping by macro F1 on rows split off: a score of these rows alone."""
    X, y = load_wine(return_X_y=True)
    seen = []

    def spy(estimator, X, y):
        seen.append(get_scorer("f1_macro")(estimator, X, y))
        return seen[-1]

    weights = {0: 1.0, 1: 5.0, 2: 20.0}
    common = {"class_weight": weights, "early_stopping": True, "max_iter": 20, "random_state": 0}
    one = DeepMLPClassifier((16,), scoring="f1_macro", **common).fit(scale(X), y)
    other = DeepMLPClassifier((16,), scoring=spy, **common).fit(scale(X), y)
    return one.validation_scores_ == other.validation_scores_ == seen, (one.validation_scores_, seen)


def no_positive_to_stop_by():
    """Average precision on dev rows without a positive: refused, and what to use instead."""
    X, y = load_breast_cancer(return_X_y=True)
    model = DeepMLPClassifier((8,), early_stopping=True, scoring="average_precision")
    _, said = heard(lambda: model.fit(scale(X), y, X_val=scale(X)[y == 0], y_val=y[y == 0]))
    return "scoring must be defined on the dev rows" in said and not hasattr(model, "coefs_"), said


def one_target_for_each_group():
    """R2 with groups that have one target each: the score is named, and no fit is called failed."""
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(10), 12)
    X, y = rng.normal(size=(120, 3)), groups.astype(float)
    _, text = report_of(RandomForestRegressor(10, random_state=0), X, y, cv=LeaveOneGroupOut(), groups=groups)
    return "ERROR scoring must be defined" in text and "failed" not in text, text


def auc_in_file_order():
    """AUC with folds of one class each: refused."""
    X, y = load_iris(return_X_y=True)
    X, y = X[:100], y[:100]
    _, text = report_of(LogisticRegression(), X, y, cv=KFold(2), scoring="roc_auc")
    return "ERROR" in text and "roc_auc" in text.lower().replace("auc", "roc_auc") and "diverged" not in text, text


def a_scorer_that_fails():
    """A scorer of the user's own that gives NaN: the score failed, not the fit."""
    X, y = load_iris(return_X_y=True)
    _, text = report_of(LogisticRegression(max_iter=500), X, y, scoring=lambda *_: float("nan"), best_score=1.0)
    return "could be scored" in text and "fits failed" not in text, text


# Verdicts -----------------------------------------------------------------------------------------------------------


def shuffled_targets():
    """Targets that came loose from their rows, a forest."""
    X, y = load_diabetes(return_X_y=True)
    diagnosis, text = report_of(RandomForestRegressor(50, random_state=0), X, np.random.default_rng(0).permutation(y))
    return diagnosis[0] == "no better than a constant prediction" and "own target" in text, text


def rare_noise():
    """Five in a hundred positives, at random: accuracy of 95 % is that of a constant."""
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(800, 5)), (rng.random(800) < 0.05).astype(int)
    diagnosis, text = report_of(LogisticRegression(), X, y)
    return diagnosis[0] == "no better than a constant prediction", text


def weak_but_true():
    """A gain of six points on 4000 rows is one."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(4000, 3))
    y = (0.3 * X[:, 0] + rng.normal(size=4000) > 0).astype(int)
    diagnosis, text = report_of(LogisticRegression(), X, y)
    return "no better than a constant prediction" not in diagnosis, text


def upsampled():
    """The rare class was copied six times before the report cut its folds."""
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(7)
    y = y ^ (rng.random(len(y)) < 0.2)
    rows = np.concatenate([np.arange(len(y)), np.repeat(np.flatnonzero(y == 0), 5)])
    diagnosis, text = report_of(KNeighborsClassifier(1), X[rows], y[rows])
    return diagnosis[0] == "copies of training rows" and "not judged" in text and "groups" in text, text


def test_part_of_training_rows():
    """Half of the test part stands in the training rows: no verdict on overfit to dev, one on variance."""
    X, y = load_digits(return_X_y=True)
    X_test, y_test = np.vstack([X[:200], X[1400:1600]]), np.append(y[:200], y[1400:1600])
    tree = DecisionTreeClassifier(random_state=0)
    diagnosis, text = report_of(tree, X[:1400], y[:1400], X_test=X_test, y_test=y_test)
    return "copies of training rows" in diagnosis and "high variance" in diagnosis, text


def few_answers():
    """A survey of three questions: rows coincide, and are no copies."""
    rng = np.random.default_rng(8)
    X = rng.integers(0, 4, (900, 3)).astype(float)
    y = (X.sum(axis=1) + rng.normal(size=900) > 4.5).astype(int)
    diagnosis, text = report_of(LogisticRegression(), X, y)
    return "copies of training rows" not in diagnosis, text


def a_class_that_comes_late():
    """Digits sorted by class and cut by time."""
    X, y = load_digits(return_X_y=True)
    order = np.argsort(y, kind="stable")
    diagnosis, text = report_of(RandomForestClassifier(20, random_state=0), X[order], y[order], cv=TimeSeriesSplit(4))
    return diagnosis[0] == "classes never trained on" and "of classes that no training row" in text, text


def a_class_of_one_group():
    """Each class has groups of its own, and the folds cut by groups."""
    X, y = load_wine(return_X_y=True)
    diagnosis, text = report_of(LogisticRegression(max_iter=5000), scale(X), y, cv=GroupKFold(3), groups=y)
    return diagnosis[:1] == ("classes never trained on",), text


def a_split_that_loses_a_class():
    """Parts in the order of time, the last of which has a class of its own."""
    X, y = load_iris(return_X_y=True)
    _, said = heard(lambda: train_dev_test_split(X, y, shuffle=False))
    return "of classes that no train row has" in said, said


# Fits that come to nothing ------------------------------------------------------------------------------------------


def units_that_died():
    """One huge step at the start switches all units off: a constant ever after, and said to be."""
    X, y = load_digits(return_X_y=True)
    descent = {"solver": "sgd", "momentum": 0.0, "learning_rate": lambda step: 1e3 if step == 0 else 0.05}
    model = DeepMLPClassifier((32, 32), activation="relu", max_iter=30, random_state=0, **descent)
    _, said = heard(lambda: model.fit(X / 16, y))
    return bool(re.search("knows no more|far off|diverged", said)), (said, model.score(X / 16, y))


def heavy_tails():
    """A lognormal target of which little can be told: it learns that little, and nothing is said."""
    rng = np.random.default_rng(9)
    X = rng.normal(size=(1500, 5))
    y = np.exp(rng.normal(size=1500) + 0.2 * X[:, 0])
    _, said = heard(lambda: DeepMLPRegressor((32,), max_iter=60, random_state=0).fit(X, y))
    return not said, said


def a_stack_of_useless_networks():
    """A batched search over the init: the useless one is said to be in each fold, the other is not."""
    X, y = load_wine(return_X_y=True)
    network = DeepMLPClassifier((8,), learning_rate_init=0.01, max_iter=40, random_state=0)
    _, said = heard(
        lambda: BatchedGridSearchCV(network, {"init": ["zeros", "auto"]}, cv=3, refit=False).fit(scale(X), y)
    )
    return said.count("knows no more") == 3, said


def a_neighbour_that_knows_it_all():
    """A good model on few rows is neither a constant nor a copy."""
    X, y = load_iris(return_X_y=True)
    X, _, y, _ = train_test_split(X, y, train_size=45, stratify=y, random_state=0)
    diagnosis, text = report_of(KNeighborsRegressor(3), X, y.astype(float))
    return not {"no better than a constant prediction", "copies of training rows"} & set(diagnosis), text


SITUATIONS = [value for value in list(globals().values()) if callable(value) and getattr(value, "__doc__", None)]
HELPERS = {"heard", "report_of", "stream", "main"}


def main():
    """A line for each situation that goes otherwise."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    own = [one for one in SITUATIONS if one.__module__ == __name__ and one.__name__ not in HELPERS]
    wrong = 0
    for situation in own:
        right, found = situation()
        wrong += not right
        if not right:
            print(f"{situation.__name__}: {situation.__doc__}\n    {str(found)[:1500]}", flush=True)
    print(f"{len(own)} situations, {wrong} with a silent bad model or a false word")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
