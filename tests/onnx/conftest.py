"""What the tests of converted models share: the way from an estimator to what onnxruntime computes."""

import pytest

import skdeep.onnx

REASON = "skl2onnx and onnxruntime come with the extra test: pip install '.[test]'"


@pytest.fixture
def to_onnx():
    """``skl2onnx.to_onnx``, which knows our estimators."""
    skl2onnx = pytest.importorskip("skl2onnx", reason=REASON)
    skdeep.onnx.register()
    return skl2onnx.to_onnx


@pytest.fixture
def session_of(to_onnx):
    """Makes a session of onnxruntime of an estimator, its rows X and what else `to_onnx` takes."""
    onnxruntime = pytest.importorskip("onnxruntime", reason=REASON)

    def make(model, X, **settings):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        stored = to_onnx(model, X[:1], **settings).SerializeToString()
        return onnxruntime.InferenceSession(stored, options, providers=["CPUExecutionProvider"])

    return make


@pytest.fixture
def run(session_of):
    """What onnxruntime computes of the rows, as a list of the outputs."""
    return lambda model, X, **settings: session_of(model, X, **settings).run(None, {"X": X})


@pytest.fixture
def classify(run):
    """Labels and probabilities that onnxruntime computes of the rows, both as arrays."""

    def labels_and_probabilities(model, X, **settings):
        return run(model, X, options={id(model): {"zipmap": False}}, **settings)

    return labels_and_probabilities
