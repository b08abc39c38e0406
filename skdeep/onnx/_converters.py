"""From a fitted network to nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.parameters import Array
from ..core.subnormals import flushed
from ._activations import ACTIVATIONS
from ._graph import Graph, Name
from ._outputs import computing_dtype, is_binary, is_multilabel, is_on, label_values

OLDEST_OPSET = 9  # the first one with Erf, and with Greater in every precision


def convert_classifier(scope: Any, operator: Any, container: Any) -> None:
    """Write label and probabilities, or the raw scores in place of these; or the hidden layer alone."""
    graph, model = _graph(scope, operator, container), operator.raw_operator
    if is_on("transform", container, model):
        _write_hidden_layer(graph, operator)
        return
    label, probabilities = (output.full_name for output in operator.outputs)
    scores = _layers(graph, operator, *_parameters(model))
    if is_binary(model):
        scores = graph.node("Concat", graph.node("Neg", scores), scores, axis=1)
    _choose(graph, model, scores, label_values(model, numbers=is_on("nocl", container, model)), label)
    if is_on("raw_scores", container, model):
        graph.node("Identity", scores, output=probabilities)
    elif model.out_activation_ == "softmax":
        graph.node("Softmax", scores, output=probabilities, axis=1)
    else:
        graph.node("Sigmoid", scores, output=probabilities)


def convert_regressor(scope: Any, operator: Any, container: Any) -> None:
    """Write the predicted target, or the hidden layer in its place."""
    graph, model = _graph(scope, operator, container), operator.raw_operator
    if is_on("transform", container, model):
        _write_hidden_layer(graph, operator)
        return
    (*coefs, W), (*intercepts, b) = _parameters(model)
    # The last layer takes in the way from the standardised target to the target's own units.
    coefs = [*coefs, W * model.y_scale_]
    intercepts = [*intercepts, b * model.y_scale_ + model.y_mean_]
    graph.node("Identity", _layers(graph, operator, coefs, intercepts), output=operator.outputs[0].full_name)


def _write_hidden_layer(graph: Graph, operator: Any) -> None:
    coefs, intercepts = _parameters(operator.raw_operator)
    outputs = _layers(graph, operator, coefs[:-1], intercepts[:-1])
    graph.node("Identity", outputs, output=operator.outputs[0].full_name)


def _parameters(model: Any) -> tuple[list[Array], list[Array]]:
    """Weights and biases of each layer, without subnormal ones, which a user may have set and engines are slow with."""
    return [flushed(W) for W in model.coefs_], [flushed(b) for b in model.intercepts_]


def _graph(scope: Any, operator: Any, container: Any) -> Graph:
    opset = container.target_opset_any_domain("")
    if opset < OLDEST_OPSET:
        raise ValueError(f"target_opset must be {OLDEST_OPSET} or later for a network of skdeep. Got {opset}.")
    return Graph(scope, container, computing_dtype(operator))


def _layers(graph: Graph, operator: Any, coefs: Sequence[Array], intercepts: Sequence[Array]) -> Name:
    """What comes out of the last of these layers; the output layer has no activation."""
    A = graph.cast(operator.inputs[0].full_name, graph.dtype)
    hidden = [activation.name for activation in operator.raw_operator._model.network.activations]
    for W, b, activation in zip(coefs, intercepts, [*hidden, "identity"], strict=False):
        Z = graph.node("Add", graph.node("MatMul", A, graph.constant(W)), graph.constant(b))
        A = ACTIVATIONS[activation](graph, Z)
    return A


def _choose(graph: Graph, model: Any, scores: Name, labels: Array, output: Name) -> None:
    """The class of the highest score, or every label of a score above zero: probabilities may be equal by rounding."""
    if is_multilabel(model):
        graph.cast(graph.node("Greater", scores, graph.constant(0.0)), np.int64, output=output)
    else:
        chosen = graph.node("ArgMax", scores, axis=1, keepdims=0)
        graph.node("Gather", graph.labels(labels), chosen, output=output)
