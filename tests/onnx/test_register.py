"""The registration with skl2onnx, and what cannot be converted."""

import doctest
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep.onnx
from skdeep import DeepMLPClassifier, DeepMLPRegressor

BOTH = pytest.mark.parametrize("kind", [DeepMLPClassifier, DeepMLPRegressor])


@pytest.fixture
def flowers(multiclass):
    """Rows in float32 and the numbers of three classes."""
    return multiclass[0].astype(np.float32), multiclass[1]


def small(kind):
    return kind((4,), max_iter=3, random_state=0)


def test_a_missing_skl2onnx_is_named_with_its_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match=r"needs skl2onnx: pip install 'skdeep\[onnx\]'"):
        skdeep.onnx.register()


def test_the_example_of_the_docstring_runs(session_of):
    """Which the doctests skip, as skl2onnx may be absent."""
    text = skdeep.onnx.register.__doc__.replace("# doctest: +SKIP", "")
    example = doctest.DocTestParser().get_doctest(text, {}, "register", None, None)
    assert doctest.DocTestRunner(verbose=False).run(example).failed == 0


def test_a_second_registration_changes_nothing(flowers, to_onnx):
    X, y = flowers
    model = small(DeepMLPClassifier).fit(X, y)
    once = to_onnx(model, X, name="network").SerializeToString()
    skdeep.onnx.register()
    assert to_onnx(model, X, name="network").SerializeToString() == once


@BOTH
def test_a_subclass_converts_once_it_is_named(flowers, kind, run):
    X, y = flowers
    subclass = type("Mine", (kind,), {})
    model = small(subclass).fit(X, y)
    with pytest.raises(Exception, match="Unable to find a shape calculator for type"):
        run(model, X)
    skdeep.onnx.register(subclass)
    assert_allclose(
        run(model, X, options={id(model): {"transform": True}})[0], model.transform(X), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("other", [LogisticRegression, 3, small(DeepMLPClassifier)], ids=["class", "number", "object"])
def test_only_subclasses_can_be_registered(other, to_onnx):
    with pytest.raises(TypeError, match=r"subclasses must be subclasses of DeepMLPClassifier or .* Got"):
        skdeep.onnx.register(other)


@BOTH
def test_a_network_that_is_not_fitted_is_refused(flowers, kind, to_onnx):
    model = make_pipeline(StandardScaler().fit(flowers[0]), small(kind))
    with pytest.raises(NotFittedError, match=f"This {kind.__name__} instance is not fitted yet"):
        to_onnx(model, flowers[0])


@BOTH
@pytest.mark.parametrize("opset", [8, 1, -1])
def test_an_operator_set_that_is_too_old_is_refused(flowers, kind, opset, to_onnx):
    with pytest.raises(ValueError, match=f"target_opset must be 9 or later .* Got {opset}"):
        to_onnx(small(kind).fit(*flowers), flowers[0], target_opset=opset)


@BOTH
def test_an_operator_set_that_does_not_exist_is_refused(flowers, kind, to_onnx):
    """By skl2onnx."""
    with pytest.raises(RuntimeError, match=r"target_opset 1000 > .* higher"):
        to_onnx(small(kind).fit(*flowers), flowers[0], target_opset=1000)


@BOTH
def test_another_number_of_columns_is_refused(flowers, kind, to_onnx):
    X, y = flowers
    with pytest.raises(ValueError, match=f"input of {kind.__name__} must have 4 columns, as in fit. Got .3"):
        to_onnx(small(kind).fit(X, y), X[:, :3])


@BOTH
def test_words_are_refused(flowers, kind, to_onnx):
    X, y = flowers
    with pytest.raises(
        ValueError, match=f"input of {kind.__name__} must be one tensor of numbers. Got StringTensorType"
    ):
        to_onnx(small(kind).fit(X, y), X.astype(str))


def test_classes_that_onnx_cannot_hold_are_refused(flowers, to_onnx):
    X, y = flowers
    model = small(DeepMLPClassifier).fit(X, y.astype(np.uint64) + 2**63)
    with pytest.raises(ValueError, match=r"classes must be strings or int64 numbers.* Got \[9223372036854775808,"):
        to_onnx(model, X, options={"zipmap": False})


def test_weights_beyond_float32_are_refused(flowers, to_onnx):
    X, y = flowers
    model = small(DeepMLPRegressor).fit(X, 1e50 * y)
    with pytest.raises(ValueError, match=r"weights must be finite in the precision of the input.*DoubleTensorType"):
        to_onnx(model, X)


def test_an_unknown_option_is_refused(flowers, to_onnx):
    """By skl2onnx."""
    model = small(DeepMLPClassifier).fit(*flowers)
    with pytest.raises(NameError, match="Option 'probabilities' not in"):
        to_onnx(model, flowers[0], options={id(model): {"probabilities": True}})
