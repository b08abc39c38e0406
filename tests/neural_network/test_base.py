"""What both estimators share: fitted attributes, random streams, progress, warnings, and depth."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.preprocessing import scale

from skdeep import DeepMLPClassifier, DeepMLPRegressor

BOTH = [(DeepMLPClassifier, "multiclass"), (DeepMLPRegressor, "regression")]
FITTED = [
    "coefs_",
    "intercepts_",
    "loss_",
    "loss_curve_",
    "best_loss_",
    "validation_loss_curve_",
    "validation_scores_",
    "best_validation_score_",
    "best_iter_",
    "n_iter_",
    "t_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "history_",
    "stop_reason_",
    "n_features_in_",
]


def small(estimator=DeepMLPClassifier, **parameters):
    defaults = {"hidden_layer_sizes": (8, 6), "max_iter": 5, "batch_size": 32, "random_state": 0}
    return estimator(**defaults | parameters)


# Fitted attributes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FITTED, "classes_", "feature_names_in_"])
@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
def test_before_fit_there_is_no_fitted_attribute(estimator, name):
    with pytest.raises(AttributeError):
        getattr(estimator(), name)


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_after_fit_every_fitted_attribute_is_there(estimator, data, name):
    assert hasattr(small(estimator).fit(*data), name)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_an_unfitted_classifier_predicts_nothing(multiclass, method):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(small(), method)(multiclass[0])


def test_an_unfitted_regressor_predicts_nothing(regression):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        small(DeepMLPRegressor).predict(regression[0])


@pytest.mark.parametrize(
    ("data", "sizes"),
    [("binary", [30, 8, 6, 1]), ("multiclass", [4, 8, 6, 3]), ("multilabel", [6, 8, 6, 4])],
    indirect=["data"],
)
def test_weights_have_the_shapes_of_the_layers(data, sizes):
    model = small().fit(*data)
    assert [W.shape for W in model.coefs_] == list(pairwise(sizes))
    assert [b.shape for b in model.intercepts_] == [(size,) for size in sizes[1:]]
    assert (model.n_layers_, model.n_outputs_, model.n_features_in_) == (4, sizes[-1], sizes[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_weights_are_kept_in_the_precision_asked_for(multiclass, solver, dtype):
    model = small(solver=solver, dtype=dtype).fit(*multiclass)
    assert {values.dtype.name for values in [*model.coefs_, *model.intercepts_]} == {dtype}


@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_counts_and_losses_agree_with_the_curve(estimator, data):
    X, y = data
    model = small(estimator).fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == model.best_iter_ == 5
    assert model.t_ == 5 * len(X)
    assert (model.loss_, model.best_loss_) == (model.loss_curve_[-1], min(model.loss_curve_))


@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_the_loss_of_lbfgs_is_the_objective_of_its_weights(estimator, data):
    """Read off at the end: the start and five iterations make six values."""
    X, y = data
    model = small(estimator, solver="lbfgs", dtype="float64", alpha=3.0).fit(X, y, X_val=X, y_val=y)
    penalty = 3.0 / (2 * len(X)) * sum((W**2).sum() for W in model.coefs_)
    assert len(model.loss_curve_) == model.n_iter_ + 1 == 6
    assert model.loss_ == pytest.approx(model.validation_loss_curve_[-1] + penalty, rel=1e-9)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_history_has_an_entry_per_epoch(multiclass, solver):
    X, y = multiclass
    history = small(solver=solver, early_stopping=True, scoring="accuracy").fit(X, y).history_
    lengths = [len(getattr(history, name)) for name in ("validation_loss", "validation_score", "seconds")]
    assert lengths == [history.n_epochs] * 3 == [5] * 3
    assert len(history.learning_rate) == (0 if solver == "lbfgs" else 5)
    assert all(seconds > 0 for seconds in history.seconds)


REASONS = {
    "max_iter": {},
    "converged": {"tol": 10.0, "n_iter_no_change": 2},
    "early_stopping": {"early_stopping": True, "tol": 10.0, "n_iter_no_change": 2},
    "max_iter of L-BFGS": {"solver": "lbfgs"},
    "converged by L-BFGS": {"solver": "lbfgs", "tol": 10.0},
}


@pytest.mark.parametrize(("reason", "parameters"), REASONS.items(), ids=REASONS)
def test_the_reason_of_the_end_compares_equal_to_its_text(multiclass, reason, parameters):
    assert small(**parameters).fit(*multiclass).stop_reason_ == reason.split()[0]


# Randomness ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 2**32 - 1, np.int64(7)])
@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_the_same_seed_gives_the_same_model(estimator, data, seed):
    model = small(estimator, random_state=seed, keep_prob=0.8, early_stopping=True)
    assert_array_equal(model.fit(*data).coefs_[0], clone(model).fit(*data).coefs_[0])


def test_a_random_state_moves_on_from_fit_to_fit(multiclass):
    first, second = np.random.RandomState(0), np.random.RandomState(0)
    a, b = (small(random_state=first).fit(*multiclass).coefs_[0] for _ in range(2))
    assert not np.array_equal(a, b)
    assert_array_equal(a, small(random_state=second).fit(*multiclass).coefs_[0])
    assert_array_equal(b, small(random_state=second).fit(*multiclass).coefs_[0])


def test_without_a_seed_every_fit_is_another(multiclass):
    a, b = (small(random_state=None).fit(*multiclass).coefs_[0] for _ in range(2))
    assert not np.array_equal(a, b)


def test_the_global_generator_is_left_alone(multiclass):
    """With a seed of its own, the estimator draws nothing from numpy's global state."""
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    small(keep_prob=0.8, early_stopping=True).fit(*multiclass)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


class Recorder:
    """An augmentation that changes nothing, and keeps the rows and the draws it was handed."""

    def __init__(self):
        self.rows, self.draws = [], []

    def __call__(self, X_batch, y_batch, rng):
        self.rows.append(X_batch.copy())
        self.draws.append(rng.random())


FEATURES = {
    "dropout": {"keep_prob": 0.5, "input_keep_prob": 0.5},
    "another init": {"init": "orthogonal"},
    "another solver": {"solver": "sgd"},
    "a dev set": {"scoring": "accuracy"},
    "max_norm": {"max_norm": 1.0},
}


@pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)
def test_turning_a_feature_on_leaves_the_shuffling_and_the_augmentation(multiclass, feature):
    X, y = multiclass
    plain, changed = Recorder(), Recorder()
    small(augment=plain).fit(X, y)
    small(augment=changed, **feature).fit(X, y, **({"X_val": X, "y_val": y} if "scoring" in feature else {}))
    assert_array_equal(np.concatenate(plain.rows), np.concatenate(changed.rows))
    assert plain.draws == changed.draws


@pytest.mark.parametrize(
    "feature",
    [
        {"keep_prob": 0.5},
        {"input_keep_prob": 0.5},
        {"early_stopping": True},
        {"shuffle": False},
        {"augment": Recorder()},
    ],
    ids=lambda feature: next(iter(feature)),
)
def test_turning_a_feature_on_leaves_the_initial_weights(multiclass, feature):
    """Seen where a tiny rate has left them."""
    tiny = {"learning_rate_init": 1e-12, "solver": "sgd", "max_iter": 1, "dtype": "float64"}
    plain, changed = small(**tiny).fit(*multiclass), small(**tiny, **feature).fit(*multiclass)
    for a, b in zip(plain.coefs_, changed.coefs_, strict=True):
        assert_allclose(a, b, rtol=0, atol=1e-9)


@pytest.mark.parametrize("feature", [{"keep_prob": 0.5}, {"shuffle": False}, {"init": "orthogonal"}], ids=str)
def test_turning_a_feature_on_leaves_the_validation_split(multiclass, feature):
    X, y = multiclass
    plain, changed = Recorder(), Recorder()
    for recorder, parameters in ((plain, {}), (changed, feature)):
        small(augment=recorder, early_stopping=True, max_iter=1, **parameters).fit(X, y)
    in_order = [np.unique(np.concatenate(recorder.rows), axis=0) for recorder in (plain, changed)]
    assert_array_equal(*in_order)


def test_every_epoch_visits_every_row_once_in_a_new_order(binary):
    recorder = Recorder()
    small(augment=recorder, max_iter=2, dtype="float64").fit(*binary)
    first, second = np.split(np.concatenate(recorder.rows), 2)
    assert not np.array_equal(first, second)
    for epoch in (first, second):
        assert_array_equal(np.sort(epoch[:, 0]), np.sort(binary[0][:, 0]))


def test_without_shuffling_rows_come_as_they_are(binary):
    recorder = Recorder()
    small(augment=recorder, max_iter=1, shuffle=False, dtype="float64").fit(*binary)
    assert [len(rows) for rows in recorder.rows] == [32] * 17 + [25]
    assert_array_equal(np.concatenate(recorder.rows), binary[0])


def test_dropout_does_not_touch_predictions(multiclass):
    model = small(keep_prob=0.5, input_keep_prob=0.5).fit(*multiclass)
    assert_array_equal(model.predict_proba(multiclass[0]), model.predict_proba(multiclass[0]))


# Parameters as scikit-learn keeps them ------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
def test_every_parameter_can_be_set_and_read(estimator):
    for name, value in estimator().get_params().items():
        marker = ("any", name, value)
        assert estimator(**{name: marker}).get_params()[name] is marker
        assert estimator().set_params(**{name: marker}).get_params()[name] is marker


@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_fit_leaves_the_parameters_as_they_were(estimator, data):
    model = small(estimator, hidden_layer_sizes=[8, 6], keep_prob=[0.9, 0.8], random_state=np.random.RandomState(0))
    before = dict(model.get_params())
    model.fit(*data)
    assert all(model.get_params()[name] is before[name] for name in before)


def test_a_clone_is_unfitted_with_the_same_parameters(multiclass):
    model = small(keep_prob=[0.9, 0.8]).fit(*multiclass)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "coefs_")


def test_fit_returns_the_estimator_itself(multiclass):
    model = small()
    assert model.fit(*multiclass) is model
    assert model.partial_fit(*multiclass) is model


# Progress and warnings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("verbose", [True, 1, 2])
def test_verbose_prints_a_line_an_epoch(multiclass, capsys, solver, verbose):
    model = small(verbose=verbose, solver=solver).fit(*multiclass)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == [f"{epoch}/5" for epoch in range(1, 6)]
    assert f"loss {model.loss_:.6f}" in lines[-1]


@pytest.mark.parametrize("verbose", [False, 0])
def test_without_verbose_nothing_is_printed(multiclass, capsys, verbose):
    small(verbose=verbose, early_stopping=True).fit(*multiclass)
    assert capsys.readouterr() == ("", "")


def test_verbose_tells_of_the_dev_rows(multiclass, capsys):
    model = small(verbose=True, early_stopping=True, scoring="accuracy").fit(*multiclass)
    last = capsys.readouterr().out.splitlines()[-1]
    assert f"dev loss {model.validation_loss_curve_[-1]:.6f}" in last
    assert f"dev score {model.validation_scores_[-1]:.4f}" in last


def test_verbose_counts_on_in_a_warm_start(multiclass, capsys):
    small(verbose=True, warm_start=True).fit(*multiclass).fit(*multiclass)
    assert "epoch 10/10 " in capsys.readouterr().out.splitlines()[-1]


UNFINISHED = {
    "constant": {"learning_rate": "constant"},
    "adaptive": {"learning_rate": "adaptive"},
    "a callable": {"learning_rate": lambda step: 0.01},
    "early stopping": {"learning_rate": "constant", "early_stopping": True},
    "lbfgs": {"solver": "lbfgs"},
    "lbfgs, which has no schedule": {"solver": "lbfgs", "learning_rate": "cosine"},
}
FINISHED = {
    **{name: {"learning_rate": name} for name in ("cosine", "warmup_cosine", "exponential")},
    "converged": {"tol": 10.0, "n_iter_no_change": 2},
    "stopped early": {"early_stopping": True, "tol": 10.0, "n_iter_no_change": 2},
    "lbfgs": {"solver": "lbfgs", "tol": 0.3},
}


@pytest.mark.parametrize("parameters", UNFINISHED.values(), ids=UNFINISHED)
def test_a_training_cut_off_at_max_iter_warns(multiclass, parameters):
    with pytest.warns(ConvergenceWarning, match="Training reached max_iter=5") as warned:
        small(learning_rate_init=0.03, **parameters).fit(*multiclass)
    assert [str(warning.filename) for warning in warned] == [__file__]


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("parameters", FINISHED.values(), ids=FINISHED)
def test_a_training_that_was_to_end_does_not_warn(multiclass, parameters):
    assert small(learning_rate_init=0.03, **parameters).fit(*multiclass).n_iter_ <= 5


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_partial_fit_does_not_warn(multiclass):
    assert small().partial_fit(*multiclass, classes=[0, 1, 2]).n_iter_ == 1


# Depth --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("init", "low", "high"), [("he_normal", 0.7, 1.0), ("normal", 0.0, 0.2)])
def test_a_deep_network_learns_from_he_and_not_from_small_normal_weights(init, low, high):
    """25 hidden layers of relu: small weights let the signal vanish.

    The median of five seeds, since among networks so deep one may go astray, and rounding decides which.
    """
    X, y = load_digits(return_X_y=True)
    X = scale(X)
    descent = {"solver": "sgd", "learning_rate": "constant", "learning_rate_init": 0.002, "batch_size": 50}
    models = [
        DeepMLPClassifier((64,) * 25, activation="relu", init=init, max_iter=20, random_state=seed, **descent)
        for seed in range(5)
    ]
    scores = [model.fit(X[:1200], y[:1200]).score(X[1200:], y[1200:]) for model in models]
    assert low <= np.median(scores) <= high


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_norms_are_recorded_on_request(solver, binary):
    """One entry for each epoch and layer; the last weight norms are those of the fitted weights."""
    parameters = {"solver": solver, "max_iter": 4, "random_state": 0, "dtype": "float64", "tol": 0.0}
    network = DeepMLPClassifier((5, 4), record_norms=True, max_norm=None if solver == "lbfgs" else 3.0, **parameters)
    history = network.fit(*binary).history_
    assert np.shape(history.weight_norm) == (network.n_iter_, 3)
    assert np.shape(history.gradient_norm) == ((0,) if solver == "lbfgs" else (network.n_iter_, 3))
    assert history.weight_norm[-1] == pytest.approx([np.linalg.norm(W) for W in network.coefs_])
    plain = DeepMLPClassifier(**network.get_params()).set_params(record_norms=False).fit(*binary)
    assert plain.history_.weight_norm == plain.history_.gradient_norm == []
    assert_array_equal(plain.coefs_[0], network.coefs_[0])


def test_the_recorded_gradient_is_that_of_the_first_step_of_the_epoch(binary):
    """Of a full batch: the norm by which plain descent moves the weights, divided by the rate."""
    descent = {"solver": "sgd", "momentum": 0.0, "learning_rate": "constant", "learning_rate_init": 0.1}
    descent |= {"batch_size": 10**6, "dtype": "float64", "random_state": 0, "record_norms": True}
    one, two = (DeepMLPClassifier((5,), max_iter=epochs, **descent).fit(*binary) for epochs in (1, 2))
    moved = [np.linalg.norm(W1 - W0) / 0.1 for W0, W1 in zip(one.coefs_, two.coefs_, strict=True)]
    assert two.history_.gradient_norm[1] == pytest.approx(moved)


class WithMore(DeepMLPClassifier):
    """Has a parameter of its own."""

    def __init__(self, hidden_layer_sizes=(4,), *, extra=None):
        super().__init__(hidden_layer_sizes, max_iter=2, random_state=0)
        self.extra = extra


def test_a_subclass_may_have_a_constructor_of_its_own(binary):
    """With parameters of its own, and few of ours."""
    model = WithMore(extra=3).fit(*binary)
    assert model.get_params() == {"hidden_layer_sizes": (4,), "extra": 3}
    plain = DeepMLPClassifier((4,), max_iter=2, random_state=0).fit(*binary)
    np.testing.assert_array_equal(model.coefs_[0], plain.coefs_[0])
