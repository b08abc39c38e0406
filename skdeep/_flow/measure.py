"""Forward and back once through a network, measured layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Activation, ParameterVector, Workspace
from ..neural_network._base import BaseDeepMLP
from ..neural_network._objective import first_step, objective_of
from ..neural_network._parameters import keep_probs
from .layers import LayerFlow

#: The activations that flatten out on both sides, and their largest slope.
LARGEST_SLOPE = {"logistic": 0.25, "tanh": 1.0}
#: A unit is saturated on a row where its slope is below this share of the largest.
FLAT = 0.05


def measure(network: BaseDeepMLP, X: Any, y: Any, sample_weight: Any = None) -> tuple[LayerFlow, ...]:
    """The figures of every layer, the first hidden layer first, the output layer last."""
    objective, parameters = objective_of(network, X, y, sample_weight, dropout=False)
    hidden = [LayerSums(activation) for activation in objective.network.activations]
    inputs, output = LayerSums(None), LayerSums(None)
    gradient = ParameterVector(parameters.layer_sizes)
    part = ParameterVector(parameters.layer_sizes)
    with np.errstate(all="ignore"):  # an overflow is a finding here, not an error
        for block in objective.blocks():
            inputs.add_signal(block.inputs)
            output.add_signal(objective.network.forward(parameters, block))
            for layer, sums in enumerate(hidden):
                sums.add_signal(block.activations[layer])
                sums.add_slopes(block, layer)
            objective.network.loss_and_gradient(parameters, part, block)
            gradient.theta += part.theta
            for sums, delta in zip([*hidden, output], [*block.deltas, block.sums[-1]], strict=True):
                sums.add_delta(delta)
        step = first_step(network, objective, parameters, gradient)
        drops = [keep_prob < 1.0 for keep_prob in keep_probs(network._own_parameters())[1:]]
        return _figures([inputs, *hidden, output], parameters, gradient, step, drops)


class LayerSums:
    """What the blocks of rows add up to for one layer."""

    def __init__(self, activation: Activation | None) -> None:
        self.activation = activation
        self.n_rows, self.n_units = 0, 0
        self.shift: Any = 0.0
        self.sums: Any = 0.0
        self.squares: Any = 0.0
        self.n_active: Any = 0
        self.n_flat: Any = 0
        self.delta_squares = 0.0

    def add_signal(self, A: Any) -> None:
        """The activations of more rows."""
        if self.n_rows == 0:
            self.shift = A[0].copy()  # about the mean: without it a small spread would cancel away
        self.n_rows += len(A)
        self.sums = self.sums + (A - self.shift).sum(axis=0)
        self.squares = self.squares + np.square(A - self.shift).sum(axis=0)

    def add_slopes(self, block: Workspace, layer: int) -> None:
        """On how many of the rows each unit's activation has a slope, and on how many it is flat."""
        assert self.activation is not None
        slopes = np.ones_like(block.activations[layer])
        Z, A = block.sums[layer].copy(), block.activations[layer].copy()
        self.activation.backward(slopes, Z, A, block.scratch[layer].copy())
        self.n_active = self.n_active + (slopes != 0.0).sum(axis=0)
        flat_below = FLAT * LARGEST_SLOPE.get(self.activation.name, 0.0)
        self.n_flat = self.n_flat + (np.abs(slopes) < flat_below).sum(axis=0)

    def add_delta(self, delta: Any) -> None:
        """The derivatives of more rows' losses by the units' inputs."""
        self.delta_squares += float(np.square(delta).sum())
        self.n_units = delta.shape[-1]

    @property
    def spread(self) -> float:
        """Standard deviation over the rows, root mean square over the units."""
        variance = self.squares / self.n_rows - np.square(self.sums / self.n_rows)
        return float(np.sqrt(np.mean(np.maximum(variance, 0.0))))

    @property
    def dead(self) -> float:
        """Share of units without a slope on any row."""
        if self.activation is None or self.activation.name in LARGEST_SLOPE:
            return 0.0
        return float(np.mean(self.n_active == 0))

    @property
    def saturated(self) -> float:
        """Share of units that are flat on more than half of the rows."""
        return float(np.mean(self.n_flat > self.n_rows / 2))

    @property
    def delta(self) -> float:
        """Root mean square over rows and units, for a row of average weight."""
        return float(np.sqrt(self.delta_squares * self.n_rows / self.n_units))


def _alike(parameters: ParameterVector, layer: int) -> float:
    """Share of a hidden layer's units that have all their weights and their bias in common with another."""
    weights = (parameters.weights[layer], parameters.biases[layer], parameters.weights[layer + 1].T)
    counts = np.unique(np.vstack(weights), axis=1, return_counts=True)[1]
    return float(counts[counts > 1].sum() / counts.sum())


def _figures(
    sums: list[LayerSums],
    parameters: ParameterVector,
    gradient: ParameterVector,
    step: ParameterVector | None,
    drops: list[bool],
) -> tuple[LayerFlow, ...]:
    layers = []
    for number, layer in enumerate(sums[1:]):
        last = number == len(sums) - 2
        weight_norm = float(np.linalg.norm(parameters.weights[number]))
        moved = np.nan if step is None else float(np.linalg.norm(step.weights[number]))
        layers.append(
            LayerFlow(
                name="output" if last else f"layer {number + 1}",
                activation="identity" if layer.activation is None else layer.activation.name,
                n_units=layer.n_units,
                spread=layer.spread,
                dead=layer.dead,
                saturated=layer.saturated,
                delta=layer.delta,
                weight_gradient=float(np.linalg.norm(gradient.weights[number])),
                weight_norm=weight_norm,
                step_ratio=float(np.divide(moved, weight_norm)),
                signal_growth=float(np.divide(layer.spread, sums[number].spread)),
                gradient_growth=np.nan if last else float(np.divide(layer.delta, sums[number + 2].delta)),
                alike=0.0 if last or drops[number] else _alike(parameters, number),
            )
        )
    return tuple(layers)
