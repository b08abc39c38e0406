"""The activations of `skdeep.core.activations` as ONNX operators.

By the formulas of the core and not by the operators Elu, Selu, LeakyRelu and Gelu, whose constants are float32 and
which onnxruntime does not have in float64.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.activations import LEAKY_SLOPE, SELU_ALPHA, SELU_SCALE, SQRT_HALF
from ._graph import Graph, Name


def _leaky_relu(graph: Graph, Z: Name) -> Name:
    return graph.node("Max", Z, graph.node("Mul", Z, graph.constant(LEAKY_SLOPE)))


def _exponential_part(graph: Graph, Z: Name) -> Name:
    """``exp(z) - 1`` where z is negative, 0 elsewhere."""
    exponential = graph.node("Exp", graph.node("Min", Z, graph.constant(0.0)))
    return graph.node("Sub", exponential, graph.constant(1.0))


def _elu(graph: Graph, Z: Name) -> Name:
    return graph.node("Add", graph.node("Relu", Z), _exponential_part(graph, Z))


def _selu(graph: Graph, Z: Name) -> Name:
    negative = graph.node("Mul", _exponential_part(graph, Z), graph.constant(SELU_ALPHA))
    unscaled = graph.node("Add", graph.node("Relu", Z), negative)
    return graph.node("Mul", unscaled, graph.constant(SELU_SCALE))


def _gelu(graph: Graph, Z: Name) -> Name:
    scaled = graph.node("Mul", Z, graph.constant(SQRT_HALF))
    erf = _erf(graph, scaled)
    phi = graph.node("Mul", graph.node("Add", erf, graph.constant(1.0)), graph.constant(0.5))
    return graph.node("Mul", Z, phi)


def _erf(graph: Graph, Z: Name) -> Name:
    """In float32 whatever the precision: onnxruntime has no other."""
    if graph.dtype == np.float32:
        return graph.node("Erf", Z)
    return graph.cast(graph.node("Erf", graph.cast(Z, np.float32)), graph.dtype)


def _silu(graph: Graph, Z: Name) -> Name:
    if graph.dtype == np.float32:
        return graph.node("Mul", Z, graph.node("Sigmoid", Z))
    # Some versions of onnxruntime fuse a Sigmoid and its product into an operator that they have in float32 only.
    exponential = graph.node("Exp", graph.node("Neg", Z))
    return graph.node("Div", Z, graph.node("Add", exponential, graph.constant(1.0)))


#: Name of the activation -> writes it into the graph and names its output.
ACTIVATIONS: dict[str, Callable[[Graph, Name], Name]] = {
    "identity": lambda graph, Z: Z,
    "logistic": lambda graph, Z: graph.node("Sigmoid", Z),
    "tanh": lambda graph, Z: graph.node("Tanh", Z),
    "relu": lambda graph, Z: graph.node("Relu", Z),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": _silu,
}
