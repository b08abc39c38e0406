"""The forms that the outputs of a converted model can have."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor

LABELS = {
    "integers": np.array([-5, 0, 7000]),
    "small integers": np.array([0, 1, 2], dtype=np.uint8),
    "whole floats": np.array([0.0, 1.0, 2.0]),
    "strings": np.array(["no", "perhaps", "ünïcode"]),
    "objects": np.array(["no", "perhaps", "yes"], dtype=object),
}


def classifier(hidden_layer_sizes=(16, 8)):
    return DeepMLPClassifier(hidden_layer_sizes, max_iter=10, random_state=0)


def regressor():
    return DeepMLPRegressor((16, 8), max_iter=10, random_state=0)


@pytest.fixture
def flowers(multiclass):
    """Rows in float32 and the numbers of three classes."""
    return multiclass[0].astype(np.float32), multiclass[1]


@pytest.mark.parametrize("zipmap", [False, True, "columns"])
@pytest.mark.parametrize("values", LABELS.values(), ids=LABELS)
def test_labels_come_back_as_they_were(flowers, values, zipmap, run):
    X, y = flowers
    model = classifier().fit(X, values[y])
    labels, *_ = run(model, X, options={id(model): {"zipmap": zipmap}})
    assert labels.dtype == (object if values.dtype.kind in "UO" else np.int64)
    assert_array_equal(labels, model.predict(X))


def test_booleans_become_integers(flowers, run):
    X, y = flowers
    model = classifier().fit(X, y > 0)
    labels, _ = run(model, X, options={"zipmap": False})
    assert labels.dtype == np.int64
    assert_array_equal(labels.astype(bool), model.predict(X))


@pytest.mark.parametrize("data", ["binary", "multilabel"], indirect=True)
def test_zipmap_names_the_probabilities_by_class(data, run):
    """As a dict for each row; of labels, by their numbers."""
    X = data[0].astype(np.float32)
    model = classifier().fit(X, data[1])
    labels, rows = run(model, X)
    assert list(rows[0]) == model.classes_.tolist()
    assert_allclose([list(row.values()) for row in rows], model.predict_proba(X), rtol=0, atol=1e-6)
    assert_array_equal(labels, model.predict(X))


@pytest.mark.parametrize("model", [classifier(), make_pipeline(StandardScaler(), classifier())])
def test_zipmap_of_float64_is_refused(model, flowers, to_onnx):
    """It is the default of skl2onnx, and makes a file that cannot be loaded."""
    X, y = flowers
    with pytest.raises(ValueError, match=r"zipmap must be False or 'columns' for an input of float64.*Got True"):
        to_onnx(model.fit(X, y), X[:1].astype(np.float64))


def test_columns_are_an_output_each(flowers, session_of):
    X, y = flowers
    model = classifier().fit(X, np.array(["a", "b", "c"])[y])
    session = session_of(model, X, options={id(model): {"zipmap": "columns"}})
    assert [output.name for output in session.get_outputs()] == ["output_label", "sa", "sb", "sc"]
    columns = session.run(None, {"X": X})[1:]
    assert_allclose(np.transpose(columns), model.predict_proba(X), rtol=0, atol=1e-6)


@pytest.mark.parametrize("data", ["binary", "multiclass", "multilabel"], indirect=True)
def test_raw_scores_are_those_of_the_decision_function(data, run):
    """Of two classes, the second column's."""
    X = data[0].astype(np.float32)
    model = classifier().fit(X, data[1])
    _, scores = run(model, X, options={id(model): {"zipmap": False, "raw_scores": True}})
    expected = model.decision_function(X)
    if expected.ndim == 1:
        expected = np.column_stack([-expected, expected])
    assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)


def test_nocl_numbers_the_classes(flowers, run):
    """Also classes that ONNX cannot hold."""
    X, y = flowers
    model = classifier().fit(X, y.astype(np.uint64) + 2**63)
    labels, _ = run(model, X, options={id(model): {"zipmap": False, "nocl": True}})
    assert_array_equal(model.classes_[labels], model.predict(X))


@pytest.mark.parametrize("make", [classifier, regressor])
@pytest.mark.parametrize("last", [Ridge(), LogisticRegression()])
def test_transform_hands_the_hidden_layer_to_the_next_step(flowers, make, last, run):
    X, y = flowers
    network = make()
    model = make_pipeline(StandardScaler(), network, last).fit(X, y)
    options = {id(model[1]): {"transform": True}}
    if isinstance(last, LogisticRegression):
        _, predicted = run(model, X, options={**options, id(model[-1]): {"zipmap": False}})
        assert_allclose(predicted, model.predict_proba(X), rtol=0, atol=1e-5)
    else:
        assert_allclose(run(model, X, options=options)[0][:, 0], model.predict(X), rtol=0, atol=1e-5)


@pytest.mark.parametrize("hidden_layer_sizes", [(16, 8), ()])
def test_transform_of_the_last_step_is_the_only_output(flowers, hidden_layer_sizes, run):
    X, y = flowers
    model = classifier(hidden_layer_sizes).fit(X, y)
    (activations,) = run(model, X, options={id(model): {"transform": True}})
    assert_allclose(activations, model.transform(X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("make", [classifier, regressor])
@pytest.mark.parametrize("around", [lambda network: network, lambda network: make_union(network, StandardScaler())])
def test_a_network_before_another_step_must_say_that_it_transforms(flowers, make, around, to_onnx):
    """Else its predictions would go where `transform` goes in the Pipeline."""
    X, y = flowers
    model = make_pipeline(around(make()), Ridge()).fit(X, y)
    with pytest.raises(ValueError, match=r"option transform must be True .* Got False, and .* behind it"):
        to_onnx(model, X)


@pytest.mark.parametrize("opset", [9, 12, 17, 21])
@pytest.mark.parametrize("activation", ["selu", "gelu", "silu"])
def test_operator_sets_from_9_agree(flowers, opset, activation, run, to_onnx):
    X, y = flowers
    model = classifier().set_params(activation=activation).fit(X, y)
    settings = {"options": {"zipmap": False}, "target_opset": opset}
    assert to_onnx(model, X, **settings).opset_import[0].version <= opset
    assert_allclose(run(model, X, **settings)[1], model.predict_proba(X), rtol=0, atol=1e-6)
