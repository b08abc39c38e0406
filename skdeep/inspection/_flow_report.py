"""What a gradient-flow measurement found, layer by layer, with a verdict for each direction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from html import escape
from importlib import import_module
from typing import Any

import numpy as np

from .._extras import optional

#: From the first to the last hidden layer (for gradients from the last to the first) a factor below the first is
#: vanishing, above the second exploding: two orders of magnitude.
VANISHES_BELOW, EXPLODES_ABOVE = 1e-2, 1e2


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
    """By what factor the signal changes from the first to the last hidden layer, and the gradient on its way back.

    Parameters
    ----------
    layers : tuple of LayerFlow
        All layers, the output layer last.

    Returns
    -------
    tuple of (float, float)
        Both 1 with a single hidden layer; 0 where nothing gets through, infinity where it overflows.
    """
    hidden = layers[:-1] or layers
    return _ratio(hidden[-1].spread, hidden[0].spread), _ratio(hidden[0].delta, hidden[-1].delta)


def _ratio(end: float, start: float) -> float:
    if not np.isfinite([start, end]).all():
        return float("inf")
    return end / start if start > 0 else 0.0


def flow_verdict(factor: float) -> str:
    """ "vanishing", "exploding" or "healthy"."""
    if factor < VANISHES_BELOW:
        return "vanishing"
    return "exploding" if factor > EXPLODES_ABOVE else "healthy"


@dataclass(frozen=True)
class GradientFlowReport:
    """How signal and gradient change from layer to layer; true in a condition where both are healthy.

    The rule: a signal whose spread changes by a factor below 1/100 from the first to the last hidden layer vanishes,
    above 100 it explodes; a gradient likewise from the last hidden layer back to the first, by the size of its delta.

    Parameters
    ----------
    layers : tuple of LayerFlow
        The figures, first hidden layer first, the output layer last.
    input_warnings : tuple of str, default=()
        What is wrong with the scales of the inputs.
    advice : tuple of Advice, default=()
        What to change, most important first.
    """

    layers: tuple[LayerFlow, ...]
    input_warnings: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()

    @property
    def signal_factor(self) -> float:
        """Spread of the last hidden layer by that of the first."""
        return flow_factors(self.layers)[0]

    @property
    def gradient_factor(self) -> float:
        """Delta of the first hidden layer by that of the last."""
        return flow_factors(self.layers)[1]

    @property
    def signal_verdict(self) -> str:
        """ "vanishing", "exploding" or "healthy"."""
        return flow_verdict(self.signal_factor)

    @property
    def gradient_verdict(self) -> str:
        """ "vanishing", "exploding" or "healthy"."""
        return flow_verdict(self.gradient_factor)

    def __bool__(self) -> bool:
        return self.signal_verdict == self.gradient_verdict == "healthy"

    def __str__(self) -> str:
        lines = [
            f"Gradient flow through {len(self.layers) - 1} hidden layers: signal {self.signal_verdict} "
            f"(x {self.signal_factor:.2g} from first to last), gradient {self.gradient_verdict} "
            f"(x {self.gradient_factor:.2g} from last to first); healthy is 0.01 to 100.",
            *self.input_warnings,
            f"{'':10}{'spread':>9}{'delta':>9}{'|dW|':>9}{'step/|W|':>9}{'dead':>6}{'satur.':>7}",
        ]
        shown = self.layers if len(self.layers) <= 12 else (*self.layers[:5], None, *self.layers[-5:])
        lines += ["  ..." if layer is None else self._line(layer) for layer in shown]
        lines += [
            f"{n}. {advice.problem}: {advice.action}. {advice.outcome}" for n, advice in enumerate(self.advice, 1)
        ]
        return "\n".join(lines)

    @staticmethod
    def _line(layer: LayerFlow) -> str:
        return (
            f"  {layer.name:8}{layer.spread:9.2g}{layer.delta:9.2g}{layer.weight_gradient:9.2g}{layer.step_ratio:9.2g}"
            f"{layer.dead:6.0%}{layer.saturated:7.0%}"
        )

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """All figures, as plain Python objects.

        Returns
        -------
        dict
            Attribute to value; layers and advice as lists of dictionaries.
        """
        names = ("signal_verdict", "gradient_verdict", "signal_factor", "gradient_factor")
        return {name: getattr(self, name) for name in names} | {
            "layers": [asdict(layer) for layer in self.layers],
            "input_warnings": list(self.input_warnings),
            "advice": [asdict(advice) for advice in self.advice],
        }

    def to_frame(self) -> Any:
        """One row for each layer, as a pandas DataFrame.

        Returns
        -------
        DataFrame
            With a column for each attribute of `LayerFlow`, indexed by its name.
        """
        columns = [field.name for field in fields(LayerFlow)]
        pandas = optional("pandas", caller="to_frame", extra="report")
        return pandas.DataFrame([asdict(layer) for layer in self.layers], columns=columns).set_index("name")

    def plot(self, ax: Any = None) -> Any:
        """Draw signal and gradient by layer.

        Parameters
        ----------
        ax : pair of matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        GradientFlowDisplay
            The drawing.
        """
        return import_module("skdeep.plotting").GradientFlowDisplay.from_report(self, ax=ax)
