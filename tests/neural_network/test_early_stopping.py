"""Dev rows, given or split off: what is recorded of them, when they end the training, and what they restore."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, r2_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor

# A network that soon learns its few rows by heart, so that its dev loss has a minimum.
OVERFITS = {"hidden_layer_sizes": (64,), "alpha": 0.0, "learning_rate_init": 0.02, "random_state": 0}


@pytest.fixture
def noisy(binary):
    """Train and dev rows of the binary set, 15 % of the labels wrong."""
    X, y = binary[0][:300], binary[1][:300] ^ (np.random.default_rng(0).random(300) < 0.15)
    return (X[:200], y[:200]), {"X_val": X[200:], "y_val": y[200:]}


@pytest.fixture
def stopped(noisy):
    train, dev = noisy
    return DeepMLPClassifier(early_stopping=True, n_iter_no_change=8, tol=0.0, **OVERFITS).fit(*train, **dev)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_dev_set_is_evaluated_after_every_epoch(noisy, early_stopping, solver):
    train, dev = noisy
    model = DeepMLPClassifier((8,), solver=solver, max_iter=7, early_stopping=early_stopping, random_state=0)
    model.fit(*train, **dev)
    assert len(model.validation_loss_curve_) == model.n_iter_ == 7
    assert model.validation_scores_ is model.best_validation_score_ is None


def test_without_dev_rows_nothing_is_recorded_of_them(noisy):
    model = DeepMLPClassifier((8,), max_iter=3).fit(*noisy[0])
    assert model.validation_loss_curve_ is model.validation_scores_ is model.best_validation_score_ is None


def test_the_best_epoch_has_the_least_dev_loss(stopped):
    assert stopped.best_iter_ == np.argmin(stopped.validation_loss_curve_) + 1
    assert 1 < stopped.best_iter_ < stopped.n_iter_


def test_the_weights_of_the_best_epoch_are_restored(stopped, noisy):
    dev = noisy[1]
    loss = log_loss(dev["y_val"], stopped.predict_proba(dev["X_val"]))
    assert loss == pytest.approx(stopped.validation_loss_curve_[stopped.best_iter_ - 1], rel=1e-5)


def test_training_ends_when_patience_does(stopped):
    assert stopped.stop_reason_ == "early_stopping"
    assert stopped.n_iter_ == stopped.best_iter_ + 8


def test_the_weights_are_restored_though_the_training_ran_to_its_end(noisy):
    train, dev = noisy
    model = DeepMLPClassifier(early_stopping=True, n_iter_no_change=1000, max_iter=40, tol=0.0, **OVERFITS)
    model.fit(*train, **dev)
    assert model.stop_reason_ == "max_iter"
    assert model.best_iter_ < model.n_iter_ == 40
    loss = log_loss(dev["y_val"], model.predict_proba(dev["X_val"]))
    assert loss == pytest.approx(min(model.validation_loss_curve_), rel=1e-5)


def test_lbfgs_is_stopped_early_too(noisy):
    train, dev = noisy
    model = DeepMLPClassifier(early_stopping=True, solver="lbfgs", n_iter_no_change=5, tol=1e-6, **OVERFITS)
    model.fit(*train, **dev)
    assert model.stop_reason_ == "early_stopping"
    loss = log_loss(dev["y_val"], model.predict_proba(dev["X_val"]))
    assert loss == pytest.approx(min(model.validation_loss_curve_), rel=1e-4)


def test_a_dev_set_without_early_stopping_only_watches(noisy):
    """The weights are those of the last epoch, as if there had been no dev set."""
    train, dev = noisy
    watched, alone = DeepMLPClassifier(max_iter=15, **OVERFITS), DeepMLPClassifier(max_iter=15, **OVERFITS)
    watched.fit(*train, **dev)
    assert watched.best_iter_ == watched.n_iter_ == 15
    assert_array_equal(watched.coefs_[0], alone.fit(*train).coefs_[0])
    assert watched.loss_curve_ == alone.loss_curve_


def test_the_dev_set_trains_nothing(noisy):
    """With the same stopping epoch, other dev rows leave the loss curve as it is."""
    train, dev = noisy
    other = {"X_val": -dev["X_val"], "y_val": dev["y_val"]}
    model = DeepMLPClassifier(early_stopping=True, max_iter=5, **OVERFITS)
    assert model.fit(*train, **dev).loss_curve_ == model.fit(*train, **other).loss_curve_


def test_a_better_value_must_be_better_by_more_than_tol(noisy):
    train, dev = noisy
    model = DeepMLPClassifier(early_stopping=True, tol=0.05, n_iter_no_change=3, **OVERFITS).fit(*train, **dev)
    best, best_epoch, stalled = np.inf, 0, 0
    for epoch, value in enumerate(model.validation_loss_curve_, 1):
        best, best_epoch, stalled = (value, epoch, 0) if value < best - 0.05 else (best, best_epoch, stalled + 1)
    assert stalled == 3
    assert (model.best_iter_, model.n_iter_) == (best_epoch, epoch)


# Scores in place of the loss ----------------------------------------------------------------------------------------


def own_accuracy(estimator, X, y):
    return accuracy_score(y, estimator.predict(X))


@pytest.mark.parametrize("scoring", [None, "accuracy", own_accuracy])
def test_any_scorer_may_watch(noisy, scoring):
    train, dev = noisy
    model = DeepMLPClassifier(early_stopping=True, scoring=scoring, max_iter=20, **OVERFITS).fit(*train, **dev)
    score = accuracy_score(dev["y_val"], model.predict(dev["X_val"]))
    assert score == model.validation_scores_[model.best_iter_ - 1]
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == model.n_iter_


@pytest.mark.parametrize(
    "scoring",
    [
        None,
        "accuracy",
        own_accuracy,
    ],
)
def test_any_scorer_may_watch_weighted_rows(noisy, scoring):
    train, dev = noisy
    model = DeepMLPClassifier(early_stopping=True, scoring=scoring, max_iter=3, **OVERFITS)
    model.fit(*train, np.ones(200), **dev, sample_weight_val=np.ones(100))
    assert len(model.validation_scores_) == 3


def test_the_best_epoch_has_the_highest_score(noisy):
    train, dev = noisy
    model = DeepMLPClassifier(early_stopping=True, scoring="roc_auc", tol=0.0, **OVERFITS).fit(*train, **dev)
    assert model.best_iter_ == np.argmax(model.validation_scores_) + 1
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_dev_weights_weigh_in_the_score(noisy):
    train, dev = noisy
    weight = np.linspace(0, 3, 100)
    model = DeepMLPClassifier(scoring="accuracy", max_iter=3, **OVERFITS)
    model.fit(*train, **dev, sample_weight_val=weight)
    expected = accuracy_score(dev["y_val"], model.predict(dev["X_val"]), sample_weight=weight)
    assert model.validation_scores_[-1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("scoring", "score"),
    [(None, r2_score), ("neg_mean_absolute_error", lambda y, predicted: -mean_absolute_error(y, predicted))],
)
@pytest.mark.parametrize("data", ["regression", "multioutput"], indirect=True)
def test_a_regressor_is_scored_in_the_targets_own_units(data, scoring, score):
    X, y = data
    model = DeepMLPRegressor((8,), early_stopping=True, scoring=scoring, max_iter=5, random_state=0)
    model.fit(X[40:], y[40:], X_val=X[:40], y_val=y[:40])
    assert model.best_validation_score_ == pytest.approx(score(y[:40], model.predict(X[:40])), rel=1e-5)


def test_text_labels_are_scored_as_text(multiclass):
    X, y = multiclass[0], np.array(["p", "q", "r"])[multiclass[1]]
    model = DeepMLPClassifier((8,), early_stopping=True, scoring="f1_macro", max_iter=5, random_state=0)
    assert len(model.fit(X, y).validation_scores_) == model.n_iter_


# The estimator's own split ------------------------------------------------------------------------------------------


@pytest.fixture
def seen():
    """An augmentation that only notes which rows train: a set of the values of their first column."""
    values = set()
    note = lambda X_batch, y_batch, rng: values.update(X_batch[:, 0].tolist())  # noqa: E731
    note.values = values
    return note


@pytest.mark.parametrize(("fraction", "n_train"), [(0.1, 135), (0.25, 112), (0.001, 148)])
def test_a_share_of_the_rows_is_held_back(multiclass, seen, fraction, n_train):
    """Rounded up, and two rows at the least."""
    X, y = np.arange(150.0)[:, None], multiclass[1]
    model = DeepMLPClassifier((4,), early_stopping=True, validation_fraction=fraction, max_iter=2, augment=seen)
    model.fit(X, y)
    assert len(seen.values) == n_train
    assert model.t_ == 2 * n_train


def test_the_split_keeps_the_classes_proportions(binary, seen):
    X, y = np.arange(569.0)[:, None], binary[1]
    DeepMLPClassifier((4,), early_stopping=True, validation_fraction=0.2, max_iter=1, augment=seen).fit(X / 569, y)
    held_back = np.delete(y, np.rint(np.array(list(seen.values)) * 569).astype(int))
    assert len(held_back) == 114
    assert held_back.sum() == round(114 * y.mean())


def test_a_class_of_one_row_does_not_keep_from_splitting(multiclass):
    X, y = multiclass[0], np.append(multiclass[1][:-1], 7)
    model = DeepMLPClassifier((4,), early_stopping=True, max_iter=3, random_state=0).fit(X, y)
    assert model.classes_.tolist() == [0, 1, 2, 7]


def test_the_split_reproduces_as_a_given_dev_set(multiclass, seen):
    """The rows held back, passed as X_val, give the same curve: no other row weighs in."""
    X, y = multiclass
    X = X + 1e-3 * np.arange(150)[:, None]  # no two rows alike in their first column
    full_batch = {"batch_size": 150, "max_iter": 4, "random_state": 0, "dtype": "float64"}
    model = DeepMLPClassifier((8,), early_stopping=True, augment=seen, **full_batch)
    model.fit(X, y)
    held_back = ~np.isin(X[:, 0], list(seen.values))
    own = model.validation_loss_curve_
    model.fit(X[~held_back], y[~held_back], X_val=X[held_back], y_val=y[held_back])
    assert held_back.sum() == 15
    assert_allclose(own, model.validation_loss_curve_, rtol=1e-9)


def test_a_given_dev_set_leaves_all_training_rows_to_training(noisy, seen):
    train, dev = noisy
    model = DeepMLPClassifier((4,), early_stopping=True, max_iter=2, augment=seen).fit(*train, **dev)
    assert model.t_ == 2 * 200


def test_the_dev_share_is_of_the_rows_that_count(multiclass):
    X, y = multiclass
    weight = np.arange(150) < 100
    model = DeepMLPClassifier((4,), early_stopping=True, validation_fraction=0.2, max_iter=1).fit(X, y, weight)
    assert model.t_ == 80


def test_partial_fit_trains_on_every_row(multiclass):
    X, y = multiclass
    model = DeepMLPClassifier((4,), early_stopping=True).partial_fit(X, y, classes=[0, 1, 2])
    assert model.t_ == 150
    assert model.validation_loss_curve_ is None


# In a pipeline ------------------------------------------------------------------------------------------------------


def test_a_pipeline_transforms_the_dev_rows(noisy):
    train, dev = noisy
    train = 5 * train[0] + 3, train[1]
    dev = {"X_val": 5 * dev["X_val"] + 3, "y_val": dev["y_val"]}
    network = DeepMLPClassifier((8,), early_stopping=True, max_iter=5, random_state=0)
    scaler = StandardScaler().fit(train[0])
    alone = sklearn.clone(network).fit(
        scaler.transform(train[0]), train[1], X_val=scaler.transform(dev["X_val"]), y_val=dev["y_val"]
    )
    with sklearn.config_context(enable_metadata_routing=True):
        network.set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline([("scale", StandardScaler()), ("network", network)], transform_input=["X_val"])
        pipeline.fit(*train, **dev)
    assert_allclose(pipeline[-1].validation_loss_curve_, alone.validation_loss_curve_, rtol=1e-6)
