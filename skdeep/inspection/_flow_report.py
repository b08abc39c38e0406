"""What a gradient-flow measurement found, layer by layer, with a verdict for each direction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from html import escape
from importlib import import_module
from typing import Any

from .._extras import optional
from .._flow.layers import MOST_ALIKE, Advice, LayerFlow, flow_factors, flow_verdicts, input_spread


@dataclass(frozen=True)
class GradientFlowReport:
    """How signal and gradient change through a network.

    True in a condition where both are healthy, no layer's units are the same for the most part, and there is nothing to
    say of the inputs.

    The rule: a signal vanishes where the output spreads less than 1/100 as far as the inputs, and explodes where it
    spreads more than 100 times as far; unless the output's spread itself lies between 1/100 and 100, for losses take
    scores in units of 1 whatever the units of the inputs. So neither a trained classifier of texts, whose inputs of a
    few thousandths make scores of ten, nor one of pixels in 0..255 is called ill. A gradient vanishes or explodes by
    the same factors from the output back to the first layer, by the length of a row's deltas: the root of the sum of
    squares over the units, which unlike that of one unit does not depend on how wide a layer is.

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
    def input_spread(self) -> float:
        """Standard deviation of an input over the rows, root mean square over the inputs; NaN where nothing passes."""
        return input_spread(self.layers)

    @property
    def signal_factor(self) -> float:
        """Spread of the output by that of the inputs."""
        return flow_factors(self.layers)[0]

    @property
    def gradient_factor(self) -> float:
        """Length of a row's delta in the first layer by that in the output layer."""
        return flow_factors(self.layers)[1]

    @property
    def signal_verdict(self) -> str:
        """ "vanishing", "exploding" or "healthy"."""
        return flow_verdicts(self.layers)[0]

    @property
    def gradient_verdict(self) -> str:
        """ "vanishing", "exploding" or "healthy"."""
        return flow_verdicts(self.layers)[1]

    def __bool__(self) -> bool:
        flows = self.signal_verdict == self.gradient_verdict == "healthy"
        return flows and not self.input_warnings and max(layer.alike for layer in self.layers) <= MOST_ALIKE

    def __str__(self) -> str:
        lines = [
            f"Gradient flow through {_hidden_layers(len(self.layers) - 1)}: signal {self.signal_verdict} "
            f"(x {self.signal_factor:.2g} from inputs to output), gradient {self.gradient_verdict} "
            f"(x {self.gradient_factor:.2g} from output to first layer); healthy is 0.01 to 100, or an output of "
            "such a spread.",
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
        names = ("signal_verdict", "gradient_verdict", "signal_factor", "gradient_factor", "input_spread")
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


def _hidden_layers(number: int) -> str:
    return f"{number or 'no'} hidden layer{'s' * (number != 1)}"
