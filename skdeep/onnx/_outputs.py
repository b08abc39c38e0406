"""What goes into the converted estimator and what comes out of it: types and shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

#: What skl2onnx itself puts behind the last step, to give its outputs their form.
FORMATS = {"SklearnZipMap", "SklearnZipMapColumns", "SklearnCast", "SklearnIdentity"}


def parse_classifier(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    """Declare label and probabilities, the latter as the option zipmap says; or the hidden layer alone."""
    from skl2onnx._parse import _parse_sklearn_classifier

    check_is_fitted(model)
    if is_on("transform", scope, model):
        return _declare_one(scope, model, inputs, "transformed")
    return _parse_sklearn_classifier(scope, model, inputs, custom_parsers=custom_parsers)


def parse_regressor(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
    """Declare the prediction, or the hidden layer in its place."""
    check_is_fitted(model)
    return _declare_one(scope, model, inputs, "transformed" if is_on("transform", scope, model) else "variable")


def calculate_shapes(operator: Any) -> None:
    """Set types and shapes of the outputs."""
    _check_input(operator)
    model, scope = operator.raw_operator, operator.scope_inst
    real, n_rows = _real_type(operator), operator.inputs[0].get_first_dimension()
    if is_on("transform", scope, model):
        operator.outputs[0].set_type(real([n_rows, model.coefs_[-1].shape[0]]))
        return
    _check_last(operator)
    if is_classifier(model):
        _check_zipmap(operator)
        _set_label_type(operator.outputs[0], label_values(model, numbers=is_on("nocl", scope, model)), n_rows, model)
    operator.outputs[-1].set_type(real([n_rows, 2 if is_binary(model) else model.n_outputs_]))


def is_on(option: str, source: Any, model: Any) -> bool:
    """Whether an option that is off by default is on for a model; `source` is what skl2onnx keeps its options in."""
    return bool(source.get_options(model, {option: False})[option])


def computing_dtype(operator: Any) -> npt.DTypeLike:
    """The precision of an input of float64, else float32, as everywhere in skl2onnx."""
    from skl2onnx.common.data_types import DoubleTensorType

    return np.float64 if isinstance(operator.inputs[0].type, DoubleTensorType) else np.float32


def is_binary(model: Any) -> bool:
    """Whether one output stands for two classes."""
    return is_classifier(model) and len(model.classes_) == 2 and model.n_outputs_ == 1


def is_multilabel(model: Any) -> bool:
    """Whether each output is a label of its own."""
    return model.out_activation_ == "logistic" and not is_binary(model)


def label_values(model: Any, *, numbers: bool) -> npt.NDArray[Any]:
    """The classes as ONNX can hold them: int64, or strings as objects; or their numbers.

    Parameters
    ----------
    model : DeepMLPClassifier
        Fitted.
    numbers : bool
        Whether to count the classes from 0 instead.

    Returns
    -------
    ndarray of shape (n_classes,)
        Of int64 or object.

    Raises
    ------
    ValueError
        When a class is a number that is no int64.
    """
    classes = model.classes_
    if numbers:
        return np.arange(len(classes), dtype=np.int64)
    if classes.dtype.kind not in "biuf":
        return np.array([str(name) for name in classes], dtype=object)
    with np.errstate(invalid="ignore"):
        integers = classes.astype(np.int64)
    if not np.array_equal(integers, classes) or (classes.dtype.kind == "u" and (integers < 0).any()):
        raise ValueError(
            f"the classes must be strings or int64 numbers, or use the option nocl. Got {classes.tolist()}."
        )
    return integers


def _declare_one(scope: Any, model: Any, inputs: Any, name: str) -> Any:
    from skl2onnx import get_model_alias
    from skl2onnx.common.data_types import guess_tensor_type

    operator = scope.declare_local_operator(get_model_alias(type(model)), model)
    operator.inputs = inputs
    operator.outputs.append(scope.declare_local_variable(name, guess_tensor_type(inputs[0].type)))
    return operator.outputs


def _set_label_type(output: Any, labels: npt.NDArray[Any], n_rows: Any, model: Any) -> None:
    from skl2onnx.common.data_types import Int64TensorType, StringTensorType

    kind = StringTensorType if labels.dtype == object else Int64TensorType
    output.set_type(kind([n_rows, len(labels)] if is_multilabel(model) else [n_rows]))


def _check_input(operator: Any) -> None:
    """One tensor of numbers, with the columns of `fit` if it is the input of the model and says how many it has."""
    from skl2onnx.common.data_types import StringTensorType, TensorType

    name, (first, *others) = type(operator.raw_operator).__name__, operator.inputs
    if others or not isinstance(first.type, TensorType) or isinstance(first.type, StringTensorType):
        kinds = ", ".join(type(variable.type).__name__ for variable in operator.inputs)
        raise ValueError(f"the input of {name} must be one tensor of numbers. Got {kinds}.")
    n_features = operator.raw_operator.n_features_in_
    columns = [size for size in first.type.shape[1:] if isinstance(size, int)]
    if first.is_root and columns not in ([], [n_features]):
        raise ValueError(f"the input of {name} must have {n_features} columns, as in fit. Got {columns}.")


def _check_last(operator: Any) -> None:
    """No step of a Pipeline after a network that predicts: it would be fed with predictions."""
    behind = sorted(set(_steps_behind(operator)))
    if behind:
        raise ValueError(
            "the option transform must be True for a network whose hidden layer goes to another step, as in "
            f"options={{id(network): {{'transform': True}}}}. Got False, and {', '.join(behind)} behind it."
        )


def _check_zipmap(operator: Any) -> None:
    """No dicts of float64: a file with them cannot be loaded."""
    behind = {follower.type for output in operator.outputs for follower in output.operators_inputs_}
    if "SklearnZipMap" in behind and computing_dtype(operator) == np.float64:
        raise ValueError(
            "the option zipmap must be False or 'columns' for an input of float64, as in options={'zipmap': False}: "
            "the dicts of ONNX hold float32 only. Got True, the default of skl2onnx; or pass rows of float32."
        )


def _steps_behind(operator: Any) -> Iterator[str]:
    for output in operator.outputs:
        for follower in output.operators_inputs_:
            if follower.type in FORMATS:
                yield from _steps_behind(follower)
            else:
                yield follower.type


def _real_type(operator: Any) -> Any:
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    return DoubleTensorType if computing_dtype(operator) == np.float64 else FloatTensorType
