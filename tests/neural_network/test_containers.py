"""What X, y and weights may come in: all give the same model, and none is ever changed."""

import tracemalloc
from copy import deepcopy

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skdeep import DeepMLPClassifier, DeepMLPRegressor

BOTH = [(DeepMLPClassifier, "multiclass"), (DeepMLPRegressor, "regression"), (DeepMLPRegressor, "multioutput")]
COLUMNS = ["a", "b", "c", "d"]


def small(estimator=DeepMLPClassifier, **parameters):
    defaults = {"hidden_layer_sizes": (8,), "max_iter": 8, "batch_size": 32, "random_state": 0}
    return estimator(**defaults | parameters)


def non_contiguous(values):
    wide = np.full((2 * values.shape[0], *(2 * size for size in values.shape[1:])), np.nan)
    wide[(slice(None, None, 2),) * values.ndim] = values
    return wide[(slice(None, None, 2),) * values.ndim]


def frozen(values):
    values = values.copy()
    values.flags.writeable = False
    return values


def polars_frame(values):
    polars = pytest.importorskip("polars")
    return (
        polars.Series(values)
        if values.ndim == 1
        else polars.DataFrame(values, schema=list("abcdef")[: values.shape[1]])
    )


DENSE = {
    "list": np.ndarray.tolist,
    "Fortran order": np.asfortranarray,
    "non-contiguous": non_contiguous,
    "reversed strides": lambda values: values[::-1].copy()[::-1],
    "read-only": frozen,
    "pandas": lambda values: (
        pd.Series(values) if values.ndim == 1 else pd.DataFrame(values, columns=list("abcdef")[: values.shape[1]])
    ),
    "polars": polars_frame,
    "object dtype": lambda values: values.astype(object) if values.ndim == 2 else values,
}


@pytest.mark.parametrize("container", DENSE.values(), ids=DENSE)
@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_any_dense_container_gives_the_same_model(estimator, data, container):
    X, y = data
    model = small(estimator).fit(container(X), container(y))
    plain = small(estimator).fit(X, y)
    assert_array_equal(model.predict(container(X)), plain.predict(X))
    for a, b in zip(model.coefs_, plain.coefs_, strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize(
    "container", [sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix, sparse.csr_array, sparse.csc_array]
)
@pytest.mark.parametrize("batch_size", [32, 1000])
@pytest.mark.parametrize(("estimator", "data"), BOTH, indirect=["data"])
def test_sparse_rows_give_the_model_of_dense_ones(estimator, data, container, batch_size):
    X, y = data
    X = np.where(np.abs(X) < 0.5, 0.0, X)
    parameters = {"dtype": "float64", "batch_size": batch_size}
    model, dense = small(estimator, **parameters).fit(container(X), y), small(estimator, **parameters).fit(X, y)
    assert_allclose(model.predict(container(X)), dense.predict(X), rtol=1e-9)
    assert_allclose(model.coefs_[0], dense.coefs_[0], rtol=1e-9)


@pytest.mark.parametrize("index_dtype", [np.int32, np.int64])
def test_sparse_indices_may_be_of_either_width(multiclass, index_dtype):
    X, y = sparse.csr_matrix(multiclass[0]), multiclass[1]
    X.indices, X.indptr = X.indices.astype(index_dtype), X.indptr.astype(index_dtype)
    assert_array_equal(small().fit(X, y).predict_proba(X), small().fit(*multiclass).predict_proba(multiclass[0]))


def test_unsorted_and_repeated_sparse_entries_are_summed(multiclass):
    X, y = multiclass
    rows, columns = np.indices(X.shape).reshape(2, -1)
    order = np.random.default_rng(0).permutation(2 * X.size)
    coo = sparse.coo_matrix(
        (np.tile(X.ravel() / 2, 2)[order], (np.tile(rows, 2)[order], np.tile(columns, 2)[order])), shape=X.shape
    )
    assert_allclose(small().fit(coo, y).predict_proba(coo), small().fit(X, y).predict_proba(X), rtol=1e-4)


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint8, bool, np.float16, np.float32])
def test_rows_of_any_number_type_are_what_they_are_as_floats(multiclass, kind):
    X, y = np.abs(np.round(multiclass[0])).astype(kind), multiclass[1]
    assert_allclose(small().fit(X, y).predict_proba(X), small().fit(X.astype(float), y).predict_proba(X), rtol=1e-5)


def test_rows_and_target_may_be_a_read_only_memory_map(binary, tmp_path):
    X, y = binary
    joblib.dump((np.asarray(X), np.asarray(y)), tmp_path / "rows")
    X_map, y_map = joblib.load(tmp_path / "rows", mmap_mode="r")
    assert isinstance(X_map, np.memmap)
    assert_array_equal(small().fit(X_map, y_map).predict_proba(X_map), small().fit(X, y).predict_proba(X))


def test_a_wide_sparse_matrix_never_becomes_dense_as_a_whole():
    """Dense in float64 it would take 800 MB, in float32 400; a mini-batch of 50 takes 40."""
    columns = np.random.default_rng(0).integers(0, 200_000, 500 * 2000)
    X = sparse.csr_matrix((np.ones(len(columns)), columns, np.arange(0, len(columns) + 1, 2000)), shape=(500, 200_000))
    y = np.arange(500) % 2
    model = small(hidden_layer_sizes=(2,), max_iter=1, batch_size=50, solver="sgd")
    tracemalloc.start()
    try:
        model.fit(X, y, X_val=X[:20], y_val=y[:20]).predict(X[:20])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200e6


# Column names -------------------------------------------------------------------------------------------------------


@pytest.fixture
def frame(multiclass):
    return pd.DataFrame(multiclass[0], columns=COLUMNS)


def test_column_names_are_remembered(frame, multiclass):
    assert small().fit(frame, multiclass[1]).feature_names_in_.tolist() == COLUMNS


def test_polars_columns_are_remembered(multiclass):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(multiclass[0], schema=COLUMNS)
    assert small().fit(frame, polars.Series(multiclass[1])).feature_names_in_.tolist() == COLUMNS


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
@pytest.mark.parametrize("columns", [["d", "c", "b", "a"], ["a", "b", "c", "x"]])
def test_other_columns_are_rejected_in_prediction(frame, multiclass, method, columns):
    model = small().fit(frame, multiclass[1])
    with pytest.raises(ValueError, match="feature names should match"):
        getattr(model, method)(frame.set_axis(columns, axis=1))


def test_other_columns_are_rejected_in_the_dev_set(frame, multiclass):
    with pytest.raises(ValueError, match="feature names should match"):
        small().fit(frame, multiclass[1], X_val=frame[COLUMNS[::-1]], y_val=multiclass[1])


@pytest.mark.parametrize("continues", ["partial_fit", "warm_start"])
def test_other_columns_are_rejected_where_training_goes_on(frame, multiclass, continues):
    model = small(warm_start=True).fit(frame, multiclass[1])
    go_on = model.partial_fit if continues == "partial_fit" else model.fit
    with pytest.raises(ValueError, match="feature names should match"):
        go_on(frame[COLUMNS[::-1]], multiclass[1])


def test_a_fit_on_an_array_forgets_the_names_of_the_last(frame, multiclass):
    model = small().fit(frame, multiclass[1]).fit(*multiclass)
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize("scoring", [None, "accuracy", "neg_log_loss"])
def test_early_stopping_on_a_frame_needs_no_names_for_its_scorer(frame, multiclass, scoring):
    """No warning of missing names comes, and a warning would be an error here."""
    model = small(early_stopping=True, scoring=scoring).fit(frame, multiclass[1])
    assert len(model.validation_scores_) == model.n_iter_


def test_frames_of_text_labels_and_any_index_are_taken_by_position(frame, multiclass):
    X, y = frame.set_axis(range(1000, 1000 + len(frame))), pd.Series(np.array(["p", "q", "r"])[multiclass[1]])
    plain = small().fit(*multiclass)
    assert_array_equal(small().fit(X, y).predict_proba(X), plain.predict_proba(multiclass[0]))


def test_a_categorical_target_is_its_values(multiclass):
    X, y = multiclass[0], pd.Series(np.array(["p", "q", "r"])[multiclass[1]])
    assert_array_equal(small().fit(X, y.astype("category")).predict(X), small().fit(X, y).predict(X))


# Nothing of the caller's is changed ---------------------------------------------------------------------------------


def blank(X_batch, y_batch, rng):
    X_batch[...], y_batch[...] = 0.0, 1.0 / y_batch.shape[1]


WAYS = {
    "mini-batches": {},
    "full batch": {"batch_size": 1000},
    "lbfgs": {"solver": "lbfgs"},
    "dropout": {"keep_prob": 0.5, "input_keep_prob": 0.5},
    "dropout, full batch": {"keep_prob": 0.5, "input_keep_prob": 0.5, "batch_size": 1000},
    "split": {"early_stopping": True},
    "smoothing": {"label_smoothing": 0.1, "class_weight": "balanced"},
    "augment, full batch": {"augment": blank, "batch_size": 1000},
}


@pytest.mark.parametrize("container", [np.array, sparse.csr_matrix])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("parameters", WAYS.values(), ids=WAYS)
def test_rows_targets_and_weights_are_never_changed(multiclass, parameters, dtype, container):
    X, y = container(multiclass[0].astype(dtype)), multiclass[1].astype(dtype)
    weight = np.linspace(0, 2, len(y)).astype(dtype)
    before = deepcopy((X, y, weight))
    small(dtype=dtype, **parameters).fit(X, y, weight).predict(X)
    for now, then in zip((X, y, weight), before, strict=True):
        assert_array_equal(
            now.toarray() if sparse.issparse(now) else now, then.toarray() if sparse.issparse(then) else then
        )


@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}, {"early_stopping": True, "scoring": None}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dev_rows_are_never_changed(multiclass, parameters, dtype):
    X, y = multiclass
    dev = {"X_val": X.astype(dtype), "y_val": y.astype(dtype), "sample_weight_val": np.linspace(0, 2, len(y))}
    before = deepcopy(dev)
    small(dtype=dtype, **parameters).fit(X, y, **dev)
    for name in dev:
        assert_array_equal(dev[name], before[name])


def test_parameters_given_as_containers_are_never_changed(multiclass):
    parameters = {
        "hidden_layer_sizes": [8, 4],
        "activation": ["relu", "tanh"],
        "keep_prob": [0.9, 0.8],
        "class_weight": {0: 2},
    }
    given = deepcopy(parameters)
    model = small(**given).fit(*multiclass)
    assert given == parameters
    assert {name: model.get_params()[name] for name in given} == parameters
