"""Makes skl2onnx know the estimators."""

from __future__ import annotations

from typing import Any

from .._extras import optional
from ..neural_network import DeepMLPClassifier, DeepMLPRegressor
from ..neural_network._base import BaseDeepMLP
from ._converters import convert_classifier, convert_regressor
from ._outputs import calculate_shapes, parse_classifier, parse_regressor

SWITCH = [True, False]
CLASSIFIER: dict[str, Any] = {
    "alias": "SkdeepDeepMLPClassifier",
    "convert_fct": convert_classifier,
    "parser": parse_classifier,
    "options": {"zipmap": [*SWITCH, "columns"], "nocl": SWITCH, "raw_scores": SWITCH, "transform": SWITCH},
}
REGRESSOR: dict[str, Any] = {
    "alias": "SkdeepDeepMLPRegressor",
    "convert_fct": convert_regressor,
    "parser": parse_regressor,
    "options": {"transform": SWITCH},
}


def register(*subclasses: type[BaseDeepMLP]) -> None:
    """Add converters for `DeepMLPClassifier` and `DeepMLPRegressor` to skl2onnx.

    Then ``skl2onnx.to_onnx`` and ``skl2onnx.convert_sklearn`` take a fitted network, alone, in a Pipeline or in another
    estimator that they can convert, for operator set 9 or later. A second call changes nothing.

    Parameters
    ----------
    *subclasses : type
        Subclasses of the two that predict as they do. skl2onnx looks for the exact class, so it knows no subclass that
        is not named here.

    Raises
    ------
    ImportError
        Without skl2onnx: ``pip install 'skdeep[onnx]'``.
    TypeError
        When a class is no subclass of `DeepMLPClassifier` or `DeepMLPRegressor`.

    Notes
    -----
    The model computes what `predict`, `predict_proba` and `decision_function` do, by the same formulas: in float64 if
    the input is a ``DoubleTensorType``, else in float32, also of integers and booleans, which `predict` takes as
    float64. They agree to the rounding of that precision: of probabilities in float32 about 1e-6, and 5e-6 after six
    layers, as much as `predict_proba` itself is off its result in float64. In float64 it is 1e-13, but 1e-7 with
    "gelu", whose erf onnxruntime has in float32 only.

    A classifier has two outputs, label and probabilities. Labels are strings or int64: booleans and whole floats become
    integers. A multilabel target gives an indicator matrix. A regressor has one output of shape ``(n_samples,
    n_outputs)``, with two axes for a single target as well. Their options, which skl2onnx takes by class or by ``id``:

    - ``zipmap``: the probabilities as a list of dicts (True, the default of skl2onnx, refused for float64), as one
      output for each class ("columns"), or as one array (False);
    - ``raw_scores``: the scores of `decision_function` in their place; for two classes both, as ``[-z, z]``;
    - ``nocl``: the labels are the numbers of the classes, counted from 0;
    - ``transform``: the last hidden layer, as of `transform`, and nothing else, for both estimators. A network with
      another step behind it in a Pipeline must have it.

    What only training uses (dropout, augmentation, initial weights, weights of classes) is no part of the model;
    `mc_samples` and `predict_std` are not converted. The model does not refuse rows with NaN or infinity, as `predict`
    does. Of a search that skl2onnx does not know, such as `BatchedGridSearchCV`, convert the ``best_estimator_``. What
    skl2onnx 1.20 makes of ``CalibratedClassifierCV(method="isotonic")`` is wrong, around scikit-learn's own classifiers
    as well.

    Examples
    --------
    >>> import numpy as np
    >>> import skdeep.onnx
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep import DeepMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X = X.astype(np.float32)
    >>> model = make_pipeline(StandardScaler(), DeepMLPClassifier((16,), random_state=0)).fit(X, y)

    With skl2onnx and onnxruntime installed:

    >>> from onnxruntime import InferenceSession  # doctest: +SKIP
    >>> from skl2onnx import to_onnx  # doctest: +SKIP
    >>> skdeep.onnx.register()  # doctest: +SKIP
    >>> onnx_model = to_onnx(model, X[:1], options={"zipmap": False})  # doctest: +SKIP
    >>> session = InferenceSession(onnx_model.SerializeToString())  # doctest: +SKIP
    >>> labels, probabilities = session.run(None, {"X": X})  # doctest: +SKIP
    >>> np.allclose(probabilities, model.predict_proba(X), rtol=0, atol=1e-6)  # doctest: +SKIP
    True
    """
    skl2onnx = optional("skl2onnx", caller="skdeep.onnx.register", extra="onnx")
    estimators: list[Any] = [DeepMLPClassifier, DeepMLPRegressor, *subclasses]
    for kind in estimators:
        if not (isinstance(kind, type) and issubclass(kind, (DeepMLPClassifier, DeepMLPRegressor))):
            raise TypeError(f"subclasses must be subclasses of DeepMLPClassifier or DeepMLPRegressor. Got {kind!r}.")
    for kind in estimators:
        converter = CLASSIFIER if issubclass(kind, DeepMLPClassifier) else REGRESSOR
        skl2onnx.update_registered_converter(kind, shape_fct=calculate_shapes, **converter)
