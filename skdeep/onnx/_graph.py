"""Writes an ONNX graph: nodes and constants, each under a name of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Name = str  # of a value in the graph


class Graph:
    """The part of a graph that one estimator becomes.

    Parameters
    ----------
    scope : skl2onnx.common._topology.Scope
        Gives out names.
    container : skl2onnx.common._container.ModelComponentContainer
        Collects nodes and constants.
    dtype : dtype
        Precision of what is computed.
    """

    def __init__(self, scope: Any, container: Any, dtype: npt.DTypeLike) -> None:
        self.scope = scope
        self.container = container
        self.dtype = np.dtype(dtype)

    def node(self, operator: str, *inputs: Name, output: Name | None = None, **attributes: Any) -> Name:
        """Apply an ONNX operator; the name of its only output."""
        output = output or self.scope.get_unique_variable_name(operator.lower())
        name = self.scope.get_unique_operator_name(operator)
        self.container.add_node(operator, list(inputs), output, name=name, **attributes)
        return output

    def cast(self, value: Name, dtype: npt.DTypeLike, output: Name | None = None) -> Name:
        """Convert a value to another precision."""
        return self.node("Cast", value, output=output, to=_tensor_type(dtype))

    def constant(self, values: npt.ArrayLike) -> Name:
        """Numbers in the precision of the graph."""
        with np.errstate(over="ignore"):
            array = np.asarray(values).astype(self.dtype)
        if not np.isfinite(array).all():
            raise ValueError(
                f"the weights must be finite in the precision of the input. Got some beyond {self.dtype}: "
                "give the input as DoubleTensorType."
            )
        return self._store(array)

    def labels(self, values: npt.NDArray[Any]) -> Name:
        """Labels as they are: int64, or strings as objects."""
        if values.dtype == object:
            # Older versions of onnx take ASCII only.
            values = np.array([text.encode() for text in values], dtype=object)
        return self._store(values)

    def _store(self, array: npt.NDArray[Any]) -> Name:
        name = self.scope.get_unique_variable_name("constant")
        self.container.add_initializer(name, _tensor_type(array.dtype), array.shape, array.ravel())
        return name


def _tensor_type(dtype: npt.DTypeLike) -> int:
    from onnx.helper import np_dtype_to_tensor_dtype

    return int(np_dtype_to_tensor_dtype(np.dtype(dtype)))
