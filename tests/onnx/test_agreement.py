"""Converted models predict what the estimators predict."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.core.activations import ACTIVATIONS
from skdeep.model_selection import BatchedGridSearchCV

CLASSES = ["binary", "multiclass", "multilabel"]
NUMBERS = ["regression", "multioutput"]
LAYERS = {
    **{name: {"hidden_layer_sizes": (16, 8), "activation": name} for name in ACTIVATIONS},
    "one each": {"hidden_layer_sizes": (8, 8, 8), "activation": ("gelu", "tanh", "selu")},
    "none": {"hidden_layer_sizes": ()},
}
SCALERS = [
    StandardScaler(),
    MinMaxScaler(),
    RobustScaler(),
    make_pipeline(SimpleImputer(), StandardScaler(), PCA(3)),
    make_column_transformer((StandardScaler(), [0, 1]), ("passthrough", [2, 3])),
]


def classifier(**parameters):
    return DeepMLPClassifier(**{"hidden_layer_sizes": (16, 8), "max_iter": 10, "random_state": 0, **parameters})


def regressor(**parameters):
    return DeepMLPRegressor(**{"hidden_layer_sizes": (16, 8), "max_iter": 10, "random_state": 0, **parameters})


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("data", CLASSES, indirect=True)
def test_probabilities_agree_within_a_millionth(data, layers, classify):
    """In float32, for every activation and every kind of target; and the labels are the same."""
    X, y = data[0].astype(np.float32), data[1]
    model = classifier(**layers).fit(X, y)
    labels, probabilities = classify(model, X)
    assert probabilities.dtype == np.float32
    assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=1e-6)
    assert_array_equal(labels, model.predict(X))


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("data", NUMBERS, indirect=True)
def test_predicted_numbers_agree(data, layers, run):
    """In float32, relative to the spread of the target, in its own units and always with two axes."""
    X, y = data[0].astype(np.float32), 1000.0 + data[1]
    model = regressor(**layers).fit(X, y)
    (predicted,) = run(model, X)
    assert predicted.dtype == np.float32
    expected = model.predict(X).reshape(len(X), -1)
    assert_allclose(predicted, expected, rtol=0, atol=1e-5 * y.std())


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_float64_agrees_to_its_own_precision(multiclass, layers, classify):
    """But for gelu, whose erf onnxruntime has in float32 only."""
    X, y = multiclass
    model = classifier(**layers).fit(X, y)
    _, probabilities = classify(model, X)
    assert probabilities.dtype == np.float64
    tolerance = 1e-6 if "gelu" in np.atleast_1d(model.activation) else 1e-13
    assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=tolerance)


def test_float64_numbers_agree_to_their_own_precision(multioutput, run):
    X, y = multioutput
    model = regressor().fit(X, y)
    assert_allclose(run(model, X)[0], model.predict(X), rtol=1e-11, atol=1e-11)


def test_labels_agree_on_100000_rows(classify):
    """On points between the training rows, many of them between two classes, in at least 99.99 % of them.

    Of so many rows some probabilities are further off than 1e-6, as `predict_proba` in float32 itself is.
    """
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), classifier(hidden_layer_sizes=(64, 64))).fit(X, y)
    rng = np.random.default_rng(0)
    share = rng.random((100_000, 1))
    rows = (share * rng.choice(X, 100_000) + (1 - share) * rng.choice(X, 100_000)).astype(np.float32)
    labels, probabilities = classify(model, rows)
    assert np.mean(labels == model.predict(rows)) >= 0.9999
    assert_allclose(probabilities, model.predict_proba(rows), rtol=0, atol=5e-6)


@pytest.mark.parametrize("scaler", SCALERS, ids=lambda scaler: type(scaler).__name__)
@pytest.mark.parametrize("make", [classifier, regressor])
def test_pipelines_agree(multiclass, scaler, make, run):
    """Whatever steps skl2onnx knows stand before the network."""
    X, y = multiclass[0].astype(np.float32), multiclass[1]
    model = make_pipeline(scaler, make()).fit(X, y)
    if make is regressor:
        assert_allclose(run(model, X)[0][:, 0], model.predict(X), rtol=0, atol=1e-5)
    else:
        _, probabilities = run(model, X, options={"zipmap": False})
        assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=1e-6)


def test_a_frame_of_numbers_and_words_agrees(multiclass, session_of):
    """One input for each column, the words one-hot."""
    X, y = multiclass
    frame = pd.DataFrame({"width": X[:, 2].astype(np.float32), "colour": np.where(X[:, 0] > 0, "red", "blue")})
    columns = make_column_transformer((StandardScaler(), ["width"]), (OneHotEncoder(), ["colour"]))
    model = make_pipeline(columns, classifier()).fit(frame, y)
    session = session_of(model, frame, options={"zipmap": False})
    _, probabilities = session.run(None, {name: frame[[name]].to_numpy() for name in frame})
    assert_allclose(probabilities, model.predict_proba(frame), rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.bool_])
def test_integers_and_booleans_are_computed_in_float32(dtype, classify):
    X = np.random.default_rng(0).integers(0, 5, size=(60, 3)).astype(dtype)
    model = classifier().fit(X, X.sum(axis=1) > X.sum(axis=1).mean())
    _, probabilities = classify(model, X)
    assert probabilities.dtype == np.float32
    assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=1e-6)


def test_one_column_and_one_row_agree(multiclass, classify):
    X, y = multiclass[0][:, 2:3].astype(np.float32), multiclass[1]
    model = classifier(hidden_layer_sizes=(1,)).fit(X, y)
    assert_allclose(classify(model, X[:1])[1], model.predict_proba(X[:1]), rtol=0, atol=1e-6)


def test_no_rows_give_no_predictions(multiclass, session_of):
    X, y = multiclass[0].astype(np.float32), multiclass[1]
    session = session_of(classifier().fit(X, y), X, options={"zipmap": False})
    labels, probabilities = session.run(None, {"X": X[:0]})
    assert (labels.shape, probabilities.shape) == ((0,), (0, 3))


def test_what_only_training_uses_is_no_part_of_the_model(multiclass, to_onnx, classify):
    """Dropout and a callable of one's own leave no trace, and an activation set after the fit none either."""
    X, y = multiclass[0].astype(np.float32), multiclass[1]
    model = classifier(keep_prob=0.5, activation="relu", init=lambda rng, *shape: rng.normal(size=shape) / 4).fit(X, y)
    model.set_params(activation="tanh", keep_prob=0.1)
    assert {node.op_type for node in to_onnx(model, X, options={"zipmap": False}).graph.node} <= {
        *("Cast", "MatMul", "Add", "Relu", "Softmax", "ArgMax", "Gather", "Identity")
    }
    assert_allclose(classify(model, X)[1], model.predict_proba(X), rtol=0, atol=1e-6)


WRAPPERS = {
    "grid": GridSearchCV(classifier(), {"alpha": [1, 2]}, cv=2),
    "grid of pipelines": GridSearchCV(make_pipeline(StandardScaler(), classifier()), {"deepmlpclassifier__alpha": [1]}),
    "calibrated": CalibratedClassifierCV(classifier(), cv=2),
    "one versus rest": OneVsRestClassifier(classifier()),
    "bagging": BaggingClassifier(classifier(), 2, random_state=0),
    "voting": VotingClassifier(
        [("ours", make_pipeline(StandardScaler(), classifier())), ("theirs", LogisticRegression())],
        voting="soft",
        flatten_transform=False,
    ),
}


@pytest.mark.parametrize("model", WRAPPERS.values(), ids=WRAPPERS)
def test_estimators_around_a_network_agree(multiclass, model, classify):
    X, y = multiclass[0].astype(np.float32), multiclass[1]
    model.fit(X, y)
    assert_allclose(classify(model, X)[1], model.predict_proba(X), rtol=0, atol=5e-6)


@pytest.mark.parametrize("ensemble", [VotingRegressor, StackingRegressor])
def test_ensembles_of_regressors_agree(regression, ensemble, run):
    X, y = regression[0].astype(np.float32), regression[1]
    model = ensemble([("ours", regressor()), ("theirs", Ridge())]).fit(X, y)
    assert_allclose(run(model, X)[0][:, 0], model.predict(X), rtol=0, atol=1e-5 * y.std())


def test_the_best_of_a_batched_search_agrees(multiclass, classify):
    X, y = multiclass[0].astype(np.float32), multiclass[1]
    model = BatchedGridSearchCV(classifier(), {"alpha": [1, 2]}, cv=2).fit(X, y).best_estimator_
    assert_allclose(classify(model, X)[1], model.predict_proba(X), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", [DeepMLPClassifier, DeepMLPRegressor])
def test_no_weight_is_written_that_engines_are_slow_with(kind, multiclass, to_onnx, run):
    """Subnormal ones, which a user may have set, become zero; the predictions stay."""
    from onnx.numpy_helper import to_array

    X, y = multiclass[0].astype(np.float32), multiclass[1]
    model = kind((8,), max_iter=5, random_state=0).fit(X, y)
    model.coefs_[0][:, 3] = 1e-40
    model.coefs_[1][3] = -1e-37
    model.intercepts_[0][:2] = 1e-39
    constants = [to_array(constant) for constant in to_onnx(model, X[:1]).graph.initializer]
    small = [(values != 0.0) & (np.abs(values) < 1e-36) for values in constants if values.dtype.kind == "f"]
    assert small
    assert not any(mask.any() for mask in small)
    assert_allclose(run(model, X)[0].ravel(), model.predict(X), rtol=1e-5, atol=1e-5)
