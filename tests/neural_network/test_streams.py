"""`partial_fit` on a stream: what it minimises does not hang on where the stream is cut."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.datasets import load_digits

from skdeep import DeepMLPClassifier, DeepMLPRegressor

#: Plain gradient descent of a linear model, whose every step is known.
DESCENT = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1, "dtype": "float64"}
ALPHA, RATE = 2.0, 0.1


def steps_of_descent(W, b, calls, total_samples):
    """Weights and biases of softmax regression after one step for each call, from the formula alone."""
    n_given = weight_given = 0.0
    for X, y, weight in calls:
        n_given, weight_given = n_given + len(y), weight_given + weight.sum()
        m = weight_given if total_samples is None else total_samples
        share = weight / (len(y) * weight_given / n_given)
        delta = share[:, None] * (softmax(X @ W + b, axis=1) - np.eye(3)[y])
        W, b = W - RATE * (X.T @ delta + ALPHA / m * W), b - RATE * delta.sum(axis=0)
    return W, b


def cut(X, y, weight, sizes):
    """The rows in calls of so many each."""
    ends = np.cumsum([0, *sizes])
    return [(X[a:b], y[a:b], weight[a:b]) for a, b in pairwise(ends)]


@pytest.mark.parametrize("total_samples", [None, 40, 150.0])
@pytest.mark.parametrize("sizes", [[1] * 12, [3, 1, 8], [12]])
def test_m_is_the_weight_of_all_rows_so_far_or_as_given(multiclass, sizes, total_samples):
    """A row's share is its weight beside the mean weight so far: each step is that of the formula."""
    X, y = multiclass
    weight = np.random.default_rng(0).uniform(0.2, 3.0, len(y))
    init = np.random.default_rng(1).normal(size=(4, 3))
    model = DeepMLPClassifier(**DESCENT, alpha=ALPHA, total_samples=total_samples, init=lambda *_: init, batch_size=99)
    calls = cut(X, y, weight, sizes)
    for rows in calls:
        model.partial_fit(rows[0], rows[1], sample_weight=rows[2], classes=[0, 1, 2])
    W, b = steps_of_descent(init, np.zeros(3), calls, total_samples)
    assert_allclose(model.coefs_[0], W, rtol=1e-12)
    assert_allclose(model.intercepts_[0], b, rtol=1e-12, atol=1e-15)


def test_a_fit_counts_its_rows_once_however_many_epochs(multiclass):
    """A row after it has the penalty of one row more: the step is that of the formula."""
    X, y = multiclass
    model = DeepMLPClassifier(**DESCENT, alpha=ALPHA, max_iter=7).fit(X[:100], y[:100])
    W, b = model.coefs_[0].copy(), model.intercepts_[0].copy()
    model.partial_fit(X[100:101], y[100:101])
    delta = softmax(X[100] @ W + b) - np.eye(3)[y[100]]
    assert_allclose(model.coefs_[0], W - RATE * (np.outer(X[100], delta) + ALPHA / 101 * W), rtol=1e-12)


def test_class_weights_weigh_in_a_call_of_one_row(multiclass):
    """Beside the mean weight so far: in a call of its own a row of a heavy class still moves the weights further."""
    X, y = multiclass
    heavy = DeepMLPClassifier(**DESCENT, alpha=0.0, max_iter=2, random_state=0, class_weight={0: 1, 1: 1, 2: 9})
    heavy.fit(X[:100], y[:100])
    row = np.flatnonzero(y[100:] == 2)[:1] + 100
    mean_weight = np.append(np.where(y[:100] == 2, 9.0, 1.0), 9.0).mean()
    W, b = heavy.coefs_[0].copy(), heavy.intercepts_[0].copy()
    heavy.partial_fit(X[row], y[row])
    delta = 9.0 / mean_weight * (softmax(X[row] @ W + b, axis=1) - np.eye(3)[y[row]])
    assert_allclose(heavy.coefs_[0], W - RATE * (X[row].T @ delta), rtol=1e-12)


SOLVERS = ["adam", "adamw", "rmsprop", "sgd"]
KINDS = [(DeepMLPClassifier, "multiclass"), (DeepMLPRegressor, "regression")]


def streamed(model, X, y, n_rows, *, weight=None, stored=False):
    """The model after all rows, so many in a call."""
    first = {"classes": np.unique(y)} if isinstance(model, DeepMLPClassifier) else {}
    for start in range(0, len(X), n_rows):
        rows = slice(start, start + n_rows)
        model.partial_fit(X[rows], y[rows], sample_weight=None if weight is None else weight[rows], **first)
        model = pickle.loads(pickle.dumps(model)) if stored else model
    return model


@pytest.mark.parametrize("after_fit", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("kind", "data"), KINDS, indirect=["data"])
def test_where_a_stream_of_known_length_is_cut_changes_nothing(kind, data, solver, after_fit):
    """With the same mini-batches in the same order, calls of 5, 20 and all rows end at the same weights."""
    X, y = data[0][:100], data[1][:100]
    y = (y - y[:5].mean()) / y[:5].std() if kind is DeepMLPRegressor else y
    same = {"hidden_layer_sizes": (6,), "batch_size": 5, "shuffle": False, "dtype": "float64", "random_state": 0}
    ends = []
    for n_rows in (5, 20, 100):
        model = kind(solver=solver, total_samples=100, alpha=5.0, learning_rate="constant", **same)
        model = (
            model.set_params(max_iter=2).fit(X, y)
            if after_fit
            else model.partial_fit(X, y, **({"classes": [0, 1, 2]} if kind is DeepMLPClassifier else {}))
        )
        ends.append(streamed(model, X, y, n_rows).coefs_)
    for other in ends[1:]:
        for W, V in zip(ends[0], other, strict=True):
            assert_allclose(W, V, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("solver", ["adam", "adamw"])
def test_rows_known_already_leave_a_fitted_network_as_good_as_it_was(solver, weighted):
    """One in a call: the penalty is no more than in the fit before, so that it ends where it would without one."""
    X, y = load_digits(return_X_y=True)
    X = X / 16.0
    weight = np.random.default_rng(0).uniform(0.5, 2.0, len(y)) if weighted else None
    scores = []
    for alpha in ("auto", 0.0):
        model = DeepMLPClassifier((64,), solver=solver, random_state=0, max_iter=30, learning_rate_init=2e-3)
        model.fit(X[:1400], y[:1400], sample_weight=None if weight is None else weight[:1400])
        model.set_params(alpha=alpha, learning_rate_init=3e-4)
        streamed(model, X[:400], y[:400], 1, weight=weight)
        scores.append(model.score(X[1400:], y[1400:]))
    assert scores[0] == pytest.approx(scores[1], abs=0.015)
    assert min(scores) > 0.88


def test_a_stream_goes_on_after_a_pickle_as_without_one(multiclass):
    """What has been given so far is stored, too."""
    X, y = multiclass
    plain, stored = (DeepMLPClassifier((6,), random_state=0) for _ in range(2))
    assert_array_equal(streamed(plain, X, y, 7).coefs_[0], streamed(stored, X, y, 7, stored=True).coefs_[0])


def test_calls_on_one_whole_table_train_as_ever_with_its_weight_as_total(multiclass):
    """Bitwise, with weights: their mean so far is that of the table."""
    X, y = multiclass
    weight = np.random.default_rng(3).uniform(0.1, 5.0, len(y))
    same = {"hidden_layer_sizes": (6,), "batch_size": 32, "learning_rate": "constant", "random_state": 0}
    same |= {"dtype": "float64", "tol": 0.0}
    model = DeepMLPClassifier(**same, total_samples=weight.sum())
    for _ in range(4):
        model.partial_fit(X, y, sample_weight=weight, classes=[0, 1, 2])
    fitted = DeepMLPClassifier(**same, max_iter=4).fit(X, y, sample_weight=weight)
    assert_array_equal(model.coefs_[0], fitted.coefs_[0])


# The unit of a regressor's target -----------------------------------------------------------------------------------


@given(
    factor=st.floats(1e-3, 1e3),
    shift=st.floats(-1e3, 1e3),
    sizes=st.lists(st.sampled_from([1, 2, 5, 20]), min_size=2, max_size=6),
)
def test_a_stream_in_other_units_gives_the_same_predictions_in_these(factor, shift, sizes):
    """However few rows come first: so the unit of the first rows is of no matter."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(sum(sizes), 3)), rng.normal(size=sum(sizes))
    plain, other = (DeepMLPRegressor((5,), dtype="float64", random_state=0) for _ in range(2))
    for rows, target, _ in cut(X, y, y, sizes):
        plain.partial_fit(rows, target)
        other.partial_fit(rows, shift + factor * target)
    scale = abs(shift) + factor
    assert_allclose(other.predict(X), shift + factor * plain.predict(X), rtol=1e-6, atol=1e-6 * scale)


def test_a_new_unit_leaves_the_predictions_as_they_were():
    """Seen where a rate of next to nothing leaves the weights alone."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    model = DeepMLPRegressor((5,), dtype="float64", random_state=0).fit(X, y)
    before = model.predict(X)
    model.set_params(learning_rate_init=1e-15).partial_fit(X, 1000.0 + 50.0 * y)
    assert_allclose(model.predict(X), before, rtol=1e-9, atol=1e-9)


def test_the_unit_is_that_of_all_rows_so_far():
    """A target that came in rows of one sort first is standardised by all of it: the loss of its mean is one half."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.normal(size=60) * 1e3
    model = DeepMLPRegressor((5,), dtype="float64", random_state=0, learning_rate_init=1e-12)
    for rows in np.split(np.arange(60), 30):
        model.partial_fit(X[rows], y[rows])
    silent = model.history_.loss[-1] - model.alpha_ / 120 * sum((W**2).sum() for W in model.coefs_)
    residual = (y[-2:] - model.predict(X[-2:])) / y.std()
    assert silent == pytest.approx(0.5 * np.mean(residual**2), rel=0.25)


def test_a_stream_of_equal_targets_has_a_unit_all_the_same():
    model = DeepMLPRegressor((5,), random_state=0)
    for _ in range(3):
        model.partial_fit(np.eye(3), np.full(3, 7.0))
    assert np.isfinite(model.predict(np.eye(3))).all()


def test_a_call_that_fails_leaves_the_unit_as_it_was():
    X, y = np.eye(3), np.array([1.0, 2.0, 3.0])
    model = DeepMLPRegressor((5,), random_state=0).fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="X contains NaN"):
        model.partial_fit(np.full((1, 3), np.nan), [1e9])
    assert_array_equal(model.predict(X), before)


# Speed of a row must not come from what is left out -----------------------------------------------------------------


@pytest.mark.parametrize("row", [np.array([[np.nan, 0, 0, 0]]), np.array([[np.inf, 0, 0, 0]]), np.ones((1, 5))])
def test_a_plain_row_is_checked_all_the_same(multiclass, row):
    model = DeepMLPClassifier((5,), random_state=0).fit(*multiclass)
    with pytest.raises(ValueError, match="X"):
        model.partial_fit(row, np.array([1]))


@pytest.mark.parametrize("label", [3, -1])
def test_a_plain_label_is_checked_all_the_same(multiclass, label):
    model = DeepMLPClassifier((5,), random_state=0).fit(*multiclass)
    with pytest.raises(ValueError, match=rf"y must hold only the classes \[0, 1, 2\]. Got unknown labels \[{label}\]"):
        model.partial_fit(multiclass[0][:1], np.array([label]))


def test_as_many_targets_as_rows_are_asked_for_of_plain_arrays_too(multiclass):
    model = DeepMLPClassifier((5,), random_state=0).fit(*multiclass)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.partial_fit(multiclass[0][:2], np.array([1]))


@pytest.mark.parametrize("kind", ["list", "plain", "frame", "integers"])
def test_a_row_of_any_kind_trains_alike(multiclass, kind):
    """Those that are checked at length and those that are not."""
    pandas = pytest.importorskip("pandas")
    X, y = multiclass
    X = np.round(X)
    make = {
        "list": np.ndarray.tolist,
        "plain": np.copy,
        "frame": lambda rows: pandas.DataFrame(rows).to_numpy(),
        "integers": lambda rows: rows.astype(int),
    }[kind]
    one, other = (DeepMLPClassifier((5,), random_state=0).fit(X, y) for _ in range(2))
    one.partial_fit(X[:1], y[:1])
    other.partial_fit(make(X[:1]), make(y[:1].astype(float)) if kind == "list" else y[:1])
    assert_array_equal(one.coefs_[0], other.coefs_[0])


def test_fewer_samples_in_all_than_in_a_call_are_refused(multiclass):
    """Before any step: the penalty would be stronger than for this call alone."""
    model = DeepMLPClassifier((5,), total_samples=100, random_state=0)
    with pytest.raises(ValueError, match=r"total_samples must be at least the weight of the rows .* 150 here. Got 100"):
        model.partial_fit(*multiclass, classes=[0, 1, 2])
    assert not hasattr(model, "coefs_")


def test_a_stream_of_huge_targets_may_begin_with_a_single_row():
    """Its unit is found before the targets are brought into the precision of the training."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), 1e60 * rng.normal(size=60)
    model = streamed(DeepMLPRegressor((5,), random_state=0), X, y, 1)
    assert np.isfinite(model.predict(X)).all()
