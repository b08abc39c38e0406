"""Dev rows, given or split off: what is recorded of them, when they end the training, and what they restore."""

import warnings

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
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
    model = DeepMLPClassifier((4,), early_stopping=True, max_iter=3, random_state=0)
    with pytest.warns(UserWarning, match=r"1 of 15 dev rows are of classes that no training row has \(7\)"):
        model.fit(X, y)
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


# A figure under a scorer's name is that scorer's --------------------------------------------------------------------


@pytest.fixture
def rare():
    """Training and dev rows of a class of one in ten."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5))
    y = (X[:, 0] + rng.normal(size=600) > 1.8).astype(int)
    return (X[:400], y[:400]), {"X_val": X[400:], "y_val": y[400:]}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("scoring", ["f1", "average_precision", "balanced_accuracy", "neg_log_loss", None])
@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 7.0}])
def test_a_dev_score_is_what_the_scorer_gives_without_class_weights(rare, scoring, class_weight, weighted):
    """Of the network that is kept, on the same rows, with the user's weights and no others."""
    train, dev = rare
    weight = np.random.default_rng(1).uniform(0.2, 3.0, 200) if weighted else None
    model = DeepMLPClassifier(
        (8,), class_weight=class_weight, early_stopping=True, scoring=scoring, dtype="float64", random_state=0
    )
    model.fit(*train, **dev, sample_weight_val=weight)
    score = sklearn.metrics.check_scoring(model, scoring)(model, dev["X_val"], dev["y_val"], sample_weight=weight)
    assert model.validation_scores_[model.best_iter_ - 1] == pytest.approx(score, rel=1e-9)


def test_a_score_on_split_rows_has_the_sample_weights_alone(rare):
    """Those of the dev rows: with weights of 0 and 1 it is the score on the rows of weight 1."""
    X, y = rare[0]
    weight = np.random.default_rng(1).integers(0, 2, 400).astype(float)
    seen = []

    def scorer(estimator, X, y, sample_weight=None):
        seen.append(np.unique(sample_weight).tolist())
        return accuracy_score(y, estimator.predict(X), sample_weight=sample_weight)

    model = DeepMLPClassifier((8,), class_weight="balanced", early_stopping=True, scoring=scorer, max_iter=2)
    model.fit(X, y, sample_weight=weight)
    assert seen == [[1.0]] * 2


def test_the_dev_loss_has_the_class_weights(rare):
    """It is that of the objective: each row weighs what its class does."""
    train, dev = rare
    model = DeepMLPClassifier((8,), class_weight={0: 1.0, 1: 7.0}, max_iter=3, dtype="float64", random_state=0)
    model.fit(*train, **dev)
    weight = np.where(dev["y_val"] == 1, 7.0, 1.0)
    loss = log_loss(dev["y_val"], model.predict_proba(dev["X_val"]), sample_weight=weight)
    assert model.validation_loss_curve_[-1] == pytest.approx(loss, rel=1e-9)


# Scores that cannot move, and classes that training has none of -----------------------------------------------------


def test_a_score_that_cannot_move_leaves_the_best_weights_to_the_dev_loss(rare):
    """As where a scorer of the user's own gives the same whatever is predicted."""
    train, dev = rare
    model = DeepMLPClassifier((8,), early_stopping=True, scoring=lambda *_: 0.0, max_iter=40, random_state=0)
    by_loss = DeepMLPClassifier((8,), early_stopping=True, max_iter=40, random_state=0).fit(*train, **dev)
    assert model.fit(*train, **dev).best_iter_ == by_loss.best_iter_ > 1


def test_dev_rows_of_a_class_that_the_split_left_without_training_rows_are_warned_of():
    """Of a class of one row, which no split can share out: where it falls to the dev rows, it is named."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = np.array(["b"] * 30 + ["c"] * 29 + ["a"])
    said = 0
    for seed in range(20):
        model = DeepMLPClassifier((4,), early_stopping=True, validation_fraction=0.3, max_iter=15, random_state=seed)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, y)
        told = [str(one.message) for one in caught if one.category is UserWarning]
        said += len(told)
        assert all("1 of 18 dev rows are of classes that no training row has (a)" in one for one in told)
    assert 1 <= said <= 19


def test_dev_rows_of_a_class_whose_training_rows_weigh_nothing_are_warned_of(multiclass):
    X, y = multiclass
    model = DeepMLPClassifier((8,), learning_rate_init=0.01, max_iter=30, random_state=0)
    with (
        pytest.warns(UserWarning, match=r"50 of 150 dev rows are of classes that no training row has \(2\)"),
        pytest.warns(UserWarning, match=r"All rows of the classes \[2\] have weight 0"),
    ):
        model.fit(X, y, sample_weight=(y < 2).astype(float), X_val=X, y_val=y)


def test_labels_that_no_training_row_has_are_warned_of(multilabel):
    X, y = multilabel[0], multilabel[1].copy()
    y[:100, 1] = 0
    model = DeepMLPClassifier((8,), learning_rate_init=0.01, max_iter=30, random_state=0)
    with pytest.warns(UserWarning, match=r"dev rows are of classes that no training row has \(1\)"):
        model.fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:])


def test_dev_rows_of_classes_that_were_trained_on_are_not_warned_of(multiclass):
    X, y = multiclass
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DeepMLPClassifier((8,), learning_rate_init=0.01, early_stopping=True, max_iter=30, random_state=0).fit(X, y)


UNDEFINED = {
    "r2 of equal targets": (DeepMLPRegressor, "r2", np.full(20, 3.0), "two different targets"),
    "the regressor's own score": (DeepMLPRegressor, None, np.full(20, 3.0), "two different targets"),
    "explained variance": (DeepMLPRegressor, "explained_variance", np.full(20, 3.0), "two different targets"),
    "f1 without positives": (DeepMLPClassifier, "f1", np.zeros(20, int), "one of them positive"),
    "average precision": (DeepMLPClassifier, "average_precision", np.zeros(20, int), "positive"),
    "roc_auc of one class": (DeepMLPClassifier, "roc_auc", np.ones(20, int), "every class"),
}


@pytest.mark.parametrize(("kind", "scoring", "y_val", "words"), UNDEFINED.values(), ids=UNDEFINED)
def test_a_score_that_is_not_defined_on_the_dev_rows_ends_no_training(kind, scoring, y_val, words):
    """It is refused before any step, with what it needs and what to use instead; a fitted estimator stays as it was."""
    rng = np.random.default_rng(0)
    X, X_val = rng.normal(size=(100, 3)), rng.normal(size=(20, 3))
    y = X[:, 0] if kind is DeepMLPRegressor else (X[:, 0] > 0).astype(int)
    model = kind((4,), max_iter=15, random_state=0).fit(X, y)
    before = model.predict(X)
    model.set_params(early_stopping=True, scoring=scoring)
    with pytest.raises(
        ValueError, match=f"scoring must be defined on the dev rows. It needs .*{words}.*scoring='loss'"
    ):
        model.fit(X, y, X_val=X_val, y_val=y_val)
    assert_array_equal(model.predict(X), before)


def test_a_score_that_is_defined_by_weights_alone_is_refused_too():
    """A positive row that weighs nothing is none."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    model = DeepMLPClassifier((4,), early_stopping=True, scoring="f1", random_state=0)
    with pytest.raises(ValueError, match="scoring must be defined on the dev rows"):
        model.fit(X, y, X_val=X, y_val=y, sample_weight_val=1.0 - y)


def test_where_split_rows_leave_a_score_undefined_the_loss_ends_the_training():
    """R2 of two equal targets is 0 whatever is predicted: the best epoch is that of the least dev loss."""
    X = np.random.default_rng(0).normal(size=(30, 3))
    y = np.append(np.zeros(28), [5.0, 9.0])  # rows that a split of two will hardly hold back
    model = DeepMLPRegressor((8,), early_stopping=True, scoring="r2", max_iter=30, random_state=0).fit(X, y)
    assert set(model.validation_scores_) == {0.0}
    assert model.best_iter_ == np.argmin(model.validation_loss_curve_) + 1 > 1


@pytest.mark.parametrize("tol", [0.0, 0.05])
def test_the_best_score_is_that_of_the_weights_that_were_kept(noisy, tol):
    """Also where a later epoch was better by less than `tol`, and so was not kept."""
    train, dev = noisy
    model = DeepMLPClassifier(early_stopping=True, scoring="accuracy", tol=tol, max_iter=30, **OVERFITS)
    model.fit(*train, **dev)
    assert model.best_validation_score_ == accuracy_score(dev["y_val"], model.predict(dev["X_val"]))


def test_the_best_score_of_a_warm_start_is_counted_from_its_first_dev_rows(noisy):
    train, dev = noisy
    model = DeepMLPClassifier(max_iter=4, scoring="accuracy", warm_start=True, **OVERFITS).fit(*train)
    model.set_params(early_stopping=True).fit(*train, **dev)
    assert model.best_validation_score_ == accuracy_score(dev["y_val"], model.predict(dev["X_val"]))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("scoring", ["roc_auc", "roc_auc_ovr"])
def test_a_score_that_is_no_number_on_split_rows_is_refused_before_any_step(scoring):
    """As where a class has so few rows that the split holds none of them back."""
    X, y = np.random.default_rng(0).normal(size=(101, 3)), np.append(np.zeros(100, int), 1)
    y = y if scoring == "roc_auc" else np.append(y[1:], 2)
    model = DeepMLPClassifier((4,), early_stopping=True, scoring=scoring, random_state=0)
    with pytest.raises(ValueError, match=r"scoring must be defined on the dev rows. It needs .*scoring='loss'"):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("container", [np.asarray, csr_matrix])
def test_labels_that_no_training_row_has_are_counted_by_rows(multilabel, container):
    """Ones where training has none, and zeros where it has ones alone; in whatever matrix they come."""
    X, Y = multilabel
    Y_train, Y_dev = Y.copy(), Y.copy()
    Y_train[:, 1], Y_train[:, 3] = 0, 1
    rows = ((Y_dev[:, 1] == 1) | (Y_dev[:, 3] == 0)).sum()
    with pytest.warns(UserWarning, match=rf"{rows} of 120 dev rows are of classes that no training row has \(1, 3\)"):
        DeepMLPClassifier((4,), max_iter=1).fit(X, container(Y_train), X_val=X, y_val=container(Y_dev))
