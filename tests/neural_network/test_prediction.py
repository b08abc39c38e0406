"""MC dropout, hidden activations, and how rows of any kind and number get to their prediction."""

import pickle
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor

SETTINGS = {"hidden_layer_sizes": (16, 8), "keep_prob": 0.7, "max_iter": 15, "random_state": 0}
EVERY_TARGET = [
    (DeepMLPClassifier, "binary"),
    (DeepMLPClassifier, "multiclass"),
    (DeepMLPClassifier, "multilabel"),
    (DeepMLPRegressor, "regression"),
    (DeepMLPRegressor, "multioutput"),
]


def predicted(model, X, **options):
    """The prediction that MC dropout averages."""
    return (model.predict_proba if isinstance(model, DeepMLPClassifier) else model.predict)(X, **options)


# MC dropout ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("estimator", "data"), EVERY_TARGET, indirect=["data"])
def test_mean_and_spread_look_like_the_plain_prediction(estimator, data):
    """Same shape and precision; the spread is positive somewhere, and the mean is not the plain prediction."""
    X = data[0].astype(np.float32)
    model = estimator(**SETTINGS).fit(X, data[1])
    plain, mean, spread = predicted(model, X), predicted(model, X, mc_samples=20), model.predict_std(X, mc_samples=20)
    assert mean.shape == spread.shape == plain.shape
    assert mean.dtype == spread.dtype == plain.dtype
    assert (spread >= 0).all()
    assert spread.max() > 0
    assert not np.array_equal(mean, plain)


def test_moments_of_one_dropped_unit_are_those_of_the_binomial_law(binary):
    """With one linear unit kept half of the time, the score is either the bias or twice the unit's share above it."""
    X, y = binary
    model = DeepMLPClassifier(1, activation="identity", keep_prob=0.5, max_iter=30, random_state=0).fit(X, y)
    (W, V), (b, c) = model.coefs_, model.intercepts_
    kept, dropped = expit(2 * (X @ W + b) @ V + c)[:, 0], expit(c)[0]
    mean, spread = model.predict_proba(X, mc_samples=4000)[:, 1], model.predict_std(X, mc_samples=4000)[:, 1]
    error = abs(kept - dropped) / np.sqrt(4 * 4000)  # of the mean: one standard deviation
    assert (abs(mean - (kept + dropped) / 2) < 5 * error + 1e-6).all()
    assert_allclose(spread, abs(kept - dropped) / 2, rtol=0.02, atol=1e-6)


def test_input_dropout_alone_spreads_a_linear_regression_as_the_formula_says(regression):
    """Var of sum_j m_j x_j w_j / q is sum_j (x_j w_j)^2 (1 - q) / q, scaled back to the target's units."""
    X, y = regression
    model = DeepMLPRegressor((), input_keep_prob=0.8, learning_rate_init=0.01, max_iter=30, random_state=0).fit(X, y)
    variance = (X**2 @ model.coefs_[0] ** 2)[:, 0] * 0.2 / 0.8 * y.var()
    assert_allclose(model.predict_std(X, mc_samples=4000), np.sqrt(variance), rtol=0.08)
    assert_allclose(model.predict(X, mc_samples=4000), model.predict(X), atol=5 * np.sqrt(variance.max() / 4000))


@pytest.mark.parametrize("mc_samples", [1, 3])
def test_probabilities_sum_to_one(multiclass, mc_samples):
    X, y = multiclass
    model = DeepMLPClassifier(**SETTINGS).fit(X, y)
    assert_allclose(model.predict_proba(X, mc_samples=mc_samples).sum(axis=1), 1.0)


def test_a_single_sample_has_no_spread(multiclass):
    X, y = multiclass
    assert not DeepMLPClassifier(**SETTINGS).fit(X, y).predict_std(X, mc_samples=1).any()


def test_masks_come_from_random_state(multiclass):
    """Every call draws the same masks, a clone of the same seed too, and another seed others."""
    X, y = multiclass
    model = DeepMLPClassifier(**SETTINGS).fit(X, y)
    mean = model.predict_proba(X, mc_samples=5)
    assert_array_equal(mean, model.predict_proba(X, mc_samples=5))
    assert_array_equal(mean, clone(model).fit(X, y).predict_proba(X, mc_samples=5))
    assert not np.array_equal(mean, model.set_params(random_state=1).fit(X, y).predict_proba(X, mc_samples=5))


def test_a_call_draws_nothing_from_the_training(multiclass):
    """A warm start goes on as if nobody had asked in between."""
    X, y = multiclass
    asked, left_alone = (DeepMLPClassifier(**SETTINGS, warm_start=True).fit(X, y) for _ in range(2))
    asked.predict_proba(X, mc_samples=5)
    asked.predict_std(X)
    assert_array_equal(asked.fit(X, y).coefs_[0], left_alone.fit(X, y).coefs_[0])


def test_equal_rows_of_one_call_meet_different_masks(regression, monkeypatch):
    """In one block of rows and over many."""
    X, y = regression
    model = DeepMLPRegressor(**SETTINGS).fit(X, y)
    monkeypatch.setattr("skdeep.core.objective.BLOCK_VALUES", 300)
    predictions = model.predict(np.repeat(X[:1], 120, axis=0), mc_samples=1)
    assert len(np.unique(predictions)) > 100


def test_more_rows_than_a_block_are_sampled_alike(regression, monkeypatch):
    """In blocks of few rows the spread stays what it is."""
    X, y = regression
    model = DeepMLPRegressor(**SETTINGS).fit(X, y)
    whole = model.predict_std(X, mc_samples=400)
    monkeypatch.setattr("skdeep.core.objective.BLOCK_VALUES", 300)
    assert_allclose(model.predict_std(X, mc_samples=400), whole, rtol=0.3)


def test_sparse_rows_are_sampled_like_dense_ones(multiclass):
    X, y = multiclass
    model = DeepMLPClassifier(**SETTINGS).fit(X, y)
    assert_array_equal(model.predict_std(csr_array(X)), model.predict_std(X))


def test_the_network_doubts_most_between_the_classes(binary):
    """The spread is three times as large on the 50 rows nearest to one half as on the 50 surest."""
    X, y = binary
    model = DeepMLPClassifier(**SETTINGS | {"max_iter": 200}).fit(X, y)
    order = np.argsort(abs(model.predict_proba(X, mc_samples=50)[:, 1] - 0.5))
    spread = model.predict_std(X)[order, 1]
    assert spread[:50].mean() > 3 * spread[-50:].mean()


@pytest.mark.parametrize("mc_samples", [0, -1, 2.0, "many", True])
def test_mc_samples_must_be_a_positive_integer(multiclass, mc_samples):
    model = DeepMLPClassifier(**SETTINGS).fit(*multiclass)
    with pytest.raises(ValueError, match=f"mc_samples must be a positive integer. Got {mc_samples!r}"):
        model.predict_proba(multiclass[0], mc_samples=mc_samples)


@pytest.mark.parametrize("ask", ["predict_proba", "predict_std"])
def test_mc_samples_need_dropout(multiclass, ask):
    X, y = multiclass
    model = DeepMLPClassifier(**SETTINGS | {"keep_prob": 1.0}).fit(X, y)
    with pytest.raises(ValueError, match=r"mc_samples needs a network with dropout.*keep_prob.*\(1.0, 1.0, 1.0\)"):
        getattr(model, ask)(X, mc_samples=10)


def test_a_stored_or_continued_network_still_samples(multiclass):
    """The masks come back from a pickle, and a warm start has them too."""
    X, y = multiclass
    model = DeepMLPClassifier(**SETTINGS, warm_start=True).fit(X, y)
    stored = pickle.loads(pickle.dumps(model))
    assert_array_equal(stored.predict_std(X), model.predict_std(X))
    assert model.fit(X, y).predict_std(X).max() > 0
    assert model.set_params(keep_prob=1.0).predict_std(X).max() > 0  # as it was fitted


def test_a_pipeline_samples(multiclass):
    X, y = multiclass
    model = make_pipeline(StandardScaler(), DeepMLPClassifier(**SETTINGS)).fit(X, y)
    mean = model.predict_proba(X, mc_samples=4)
    assert_array_equal(mean, model[-1].predict_proba(model[:-1].transform(X), mc_samples=4))
    assert model[-1].predict_std(model[:-1].transform(X)).max() > 0


# Hidden activations -------------------------------------------------------------------------------------------------


@pytest.fixture
def fitted(multiclass):
    return DeepMLPClassifier(**SETTINGS, activation=["tanh", "relu"]).fit(*multiclass)


@pytest.mark.parametrize(("layer", "depth"), [(0, 1), (1, 2), (-1, 2), (-2, 1)])
@pytest.mark.parametrize("make", [np.asarray, csr_array])
def test_a_layer_gives_the_formulas_activations(fitted, multiclass, make, layer, depth):
    """tanh(X W + b), then relu of that times the next weights; dropout is off."""
    X = multiclass[0]
    A = np.tanh(X @ fitted.coefs_[0] + fitted.intercepts_[0])
    if depth == 2:
        A = np.maximum(A @ fitted.coefs_[1] + fitted.intercepts_[1], 0)
    assert_allclose(fitted.transform(make(X), layer=layer), A, rtol=1e-6, atol=1e-6)


def test_the_output_layer_reads_the_default_layer(fitted, multiclass):
    """The last hidden layer times the last weights are the raw scores."""
    X = multiclass[0]
    scores = fitted.transform(X) @ fitted.coefs_[-1] + fitted.intercepts_[-1]
    assert_allclose(scores, fitted.decision_function(X), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_have_the_precision_of_the_rows(fitted, multiclass, dtype):
    assert fitted.transform(multiclass[0].astype(dtype)).dtype == dtype


def test_a_network_without_hidden_layers_hands_on_the_rows(multiclass):
    X, y = multiclass
    model = DeepMLPClassifier((), max_iter=3).fit(X, y)
    assert_array_equal(model.transform(X), X)
    assert not np.shares_memory(model.transform(X), X)
    with pytest.raises(ValueError, match=r"layer must be .* Got 0"):
        model.transform(X, layer=0)


@pytest.mark.parametrize("layer", [2, -3, 1.0, None, "last"])
def test_a_layer_that_is_not_there_is_an_error(fitted, multiclass, layer):
    with pytest.raises(ValueError, match=rf"layer must be an integer in \[-2, 1\]. Got {layer!r}"):
        fitted.transform(multiclass[0], layer=layer)


@pytest.mark.parametrize("ask", ["transform", "predict_std"])
def test_an_unfitted_network_has_nothing_to_say(multiclass, ask):
    with pytest.raises(NotFittedError):
        getattr(DeepMLPClassifier(**SETTINGS), ask)(multiclass[0])


def test_a_fitted_network_feeds_another_estimator(binary):
    """In the middle of a pipeline the network transforms, and its features carry what it has learnt."""
    X, y = binary
    network = DeepMLPClassifier((16, 2), max_iter=40, random_state=0)
    model = make_pipeline(StandardScaler(), network, LogisticRegression()).fit(X[::2], y[::2])
    assert model[-1].n_features_in_ == 2
    assert model.score(X[1::2], y[1::2]) > 0.9


def test_features_have_names_and_come_as_a_frame(multiclass):
    """As set_output asks, behind a scaler in one pipeline."""
    pytest.importorskip("pandas")
    X, y = multiclass
    model = make_pipeline(StandardScaler(), DeepMLPClassifier((5, 2), max_iter=3)).set_output(transform="pandas")
    frame = model.fit(X, y).transform(X)
    assert (
        list(frame.columns) == list(model[-1].get_feature_names_out()) == ["deepmlpclassifier0", "deepmlpclassifier1"]
    )


def test_another_layer_has_no_names_for_a_frame(multiclass):
    """set_output's frame is for the last hidden layer; another one is refused instead of misnamed."""
    network = DeepMLPClassifier((3, 3), max_iter=2, random_state=0).set_output(transform="pandas").fit(*multiclass)
    assert network.transform(multiclass[0], layer=1).shape == (150, 3)
    with pytest.raises(ValueError, match="layer must be -1 where set_output asks for 'pandas'"):
        network.transform(multiclass[0], layer=0)


# Rows of any kind and number ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
@pytest.mark.parametrize("data", ["binary", "multiclass", "multilabel"], indirect=True)
def test_blocks_of_many_rows_are_predicted_as_one_by_one(data, method):
    """Whatever is made of the scores, in a result of the same type and shape."""
    X, y = data
    model = DeepMLPClassifier((300, 300), max_iter=1, random_state=0).fit(X, y)
    many = np.tile(X, (2**20 // (600 * len(X)) + 2, 1))
    whole = getattr(model, method)(many)
    ones = np.concatenate([getattr(model, method)(many[k : k + 1]) for k in range(0, len(many), 97)])
    assert whole.dtype == ones.dtype
    assert_allclose(whole[::97], ones, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_predicting_many_rows_holds_little_beside_the_result(method):
    """Less than 32 MB for 300000 rows, whose scores alone would take 60 MB in float32."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300_000, 4)).astype(np.float32), np.arange(200) % 50
    model = DeepMLPClassifier((8,), max_iter=1, random_state=0).fit(X[:200], y)
    tracemalloc.start()
    try:
        result = getattr(model, method)(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - result.nbytes < 2**25


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.array([[np.nan, 0.0]]), "contains NaN"),
        (np.array([[np.inf, 0.0]], dtype=np.float32), "contains infinity"),
        (np.zeros((1, 3)), "expecting 2 features"),
        (np.zeros((0, 2)), "0 sample"),
        (np.zeros(2), "Expected 2D array"),
    ],
)
def test_plain_arrays_are_held_to_the_rules_of_all_others(rows, message):
    """They take a shorter way to the network, which bad rows do not."""
    model = DeepMLPClassifier((4,), max_iter=1, random_state=0).fit(np.eye(2), [0, 1])
    with pytest.raises(ValueError, match=message):
        model.predict(rows)


def test_large_finite_rows_are_no_overflow():
    """Their sum is not finite, they are."""
    model = DeepMLPClassifier((4,), activation="tanh", max_iter=1, random_state=0).fit(np.eye(2), [0, 1])
    rows = np.full((2, 2), 2e38, dtype=np.float32)
    assert np.isfinite(model.predict_proba(rows)).all()
