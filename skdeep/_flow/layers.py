"""Figures of the layers that signal and gradient pass through, with a verdict for each direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

#: From the inputs to the output (for gradients from the output to the first layer) a factor below the first is
#: vanishing, above the second exploding: two orders of magnitude.
VANISHES_BELOW, EXPLODES_ABOVE = 1e-2, 1e2
#: The share of a layer's units from which on units that are the same are a problem.
MOST_ALIKE = 0.8


@dataclass(frozen=True)
class LayerFlow:
    """The figures of one layer.

    Attributes
    ----------
    name : str
        "layer 1" for the first hidden layer, "output" for the last.
    activation : str
        Its activation, "identity" for the output layer.
    n_units : int
        How many units it has.
    spread : float
        Standard deviation of a unit's activation over the rows; root mean square over the units.
    dead : float
        Share of units that are active on no row: the slope of their activation is 0 on all of them. Units that flatten
        out on both sides count as saturated instead.
    saturated : float
        Share of units whose slope is below a twentieth of the largest on more than half of the rows; 0 for activations
        that do not flatten out on both sides.
    delta : float
        Root mean square, over rows and units, of the derivative of a row's loss by the unit's input.
    weight_gradient : float
        Norm of the loss's gradient by the weights, without the penalty's, which would hide that it vanishes.
    weight_norm : float
        Norm of the weights.
    step_ratio : float
        Norm of the first step that the solver would take on these rows, as a share of `weight_norm`; NaN for L-BFGS.
    signal_growth : float
        `spread` divided by that of the layer below; for the first layer, by that of the inputs.
    gradient_growth : float
        `delta` divided by that of the layer above; NaN for the output layer.
    alike : float, default=0.0
        Share of units that have all their weights, incoming and outgoing, and their bias in common with another unit
        of the layer: without dropout they get the same gradient and stay the same, as one unit. 0 of the output layer.
    """

    name: str
    activation: str
    n_units: int
    spread: float
    dead: float
    saturated: float
    delta: float
    weight_gradient: float
    weight_norm: float
    step_ratio: float
    signal_growth: float
    gradient_growth: float
    alike: float = 0.0


@dataclass(frozen=True)
class Advice:
    """One thing to change, and what it would give.

    Attributes
    ----------
    problem : str
        What is wrong.
    action : str
        What to do about it, with the parameter by name.
    parameters : dict
        Ready for `set_params` of the network; empty where the change is to the rows.
    outcome : str
        What was measured with the change made.
    """

    problem: str
    action: str
    parameters: dict[str, Any]
    outcome: str


def flow_factors(layers: tuple[LayerFlow, ...]) -> tuple[float, float]:
    """By what factor the signal changes from the inputs to the output, and the gradient from there to the first layer.

    Parameters
    ----------
    layers : tuple of LayerFlow
        All layers, the output layer last.

    Returns
    -------
    tuple of (float, float)
        The spread of the output by that of the inputs, and the length of a row's delta in the first layer by that in
        the output layer; 0 where nothing gets through, infinity where it overflows.
    """
    first, output = layers[0], layers[-1]
    # Lengths: what a sum over many units hands back to each of them gets smaller with their number, and is no less.
    back = first.delta * np.sqrt(first.n_units)
    sent = output.delta * np.sqrt(output.n_units)
    return _ratio(output.spread, input_spread(layers)), 1.0 if back == sent == 0 else _ratio(back, sent)


def input_spread(layers: tuple[LayerFlow, ...]) -> float:
    """Standard deviation of an input over the rows; root mean square over the inputs."""
    first = layers[0]
    return first.spread / first.signal_growth if first.signal_growth > 0 else float("nan")


def _ratio(end: float, start: float) -> float:
    if end == 0:
        return 0.0
    if not np.isfinite([start, end]).all():
        return float("inf")
    return float(end / start) if start > 0 else 0.0


def flow_verdict(factor: float) -> str:
    """ "vanishing", "exploding" or "healthy"."""
    if factor < VANISHES_BELOW:
        return "vanishing"
    return "exploding" if factor > EXPLODES_ABOVE else "healthy"


def flow_verdicts(layers: tuple[LayerFlow, ...]) -> tuple[str, str]:
    """Of the signal and of the gradient: "vanishing", "exploding" or "healthy".

    Parameters
    ----------
    layers : tuple of LayerFlow
        All layers, the output layer last.

    Returns
    -------
    tuple of (str, str)
        By the factors. A signal whose spread at the output is between the two limits is healthy in any case: losses
        take scores in units of 1, whatever the inputs come in.
    """
    signal, gradient = map(flow_verdict, flow_factors(layers))
    fits_the_loss = flow_verdict(layers[-1].spread) == "healthy"
    return ("healthy" if fits_the_loss else signal), gradient
