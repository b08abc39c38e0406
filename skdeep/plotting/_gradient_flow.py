"""Signal and gradient through the layers of a network."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._axes import new_axes

MOST_MARKERS = 30  # more layers are drawn as a line alone
LAYERS = "layer (0: the inputs; the last: the output)"


class GradientFlowDisplay:
    """Signal and gradient by layer, each on a logarithmic scale.

    Parameters
    ----------
    spread : array-like of shape (n_layers,)
        Standard deviation of the activations over the rows, first hidden layer first, the output layer last.
    delta : array-like of shape (n_layers,)
        Size of the derivatives by the layers' inputs.
    weight_gradient : array-like of shape (n_layers,)
        Norm of the gradient by the layers' weights.
    signal_verdict, gradient_verdict : str
        "vanishing", "exploding" or "healthy".
    input_spread : float, default=None
        Standard deviation of the inputs, drawn as layer 0.

    Attributes
    ----------
    ax_ : ndarray of shape (2,) of matplotlib Axes
        Signal, gradient.
    figure_ : matplotlib Figure
        The figure of the axes.
    lines_ : list of matplotlib Line2D
        The curves: spread, delta, norm of the weight gradient.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DeepMLPClassifier
    >>> from skdeep.inspection import gradient_flow
    >>> report = gradient_flow(DeepMLPClassifier((10,) * 5, random_state=0), *load_iris(return_X_y=True))
    >>> display = report.plot()
    >>> [ax.get_yscale() for ax in display.ax_]
    ['log', 'log']
    """

    def __init__(
        self,
        *,
        spread: Any,
        delta: Any,
        weight_gradient: Any,
        signal_verdict: str,
        gradient_verdict: str,
        input_spread: float | None = None,
    ) -> None:
        self.spread = spread
        self.delta = delta
        self.weight_gradient = weight_gradient
        self.signal_verdict = signal_verdict
        self.gradient_verdict = gradient_verdict
        self.input_spread = input_spread

    @classmethod
    def from_report(cls, report: Any, *, ax: Any = None) -> GradientFlowDisplay:
        """Draw a report of `skdeep.inspection.gradient_flow`.

        Parameters
        ----------
        report : GradientFlowReport
            What was measured.
        ax : pair of matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        GradientFlowDisplay
            The drawing.
        """
        figures = {
            name: [getattr(layer, name) for layer in report.layers] for name in ("spread", "delta", "weight_gradient")
        }
        display = cls(
            **figures,
            signal_verdict=report.signal_verdict,
            gradient_verdict=report.gradient_verdict,
            input_spread=report.input_spread,
        )
        return display.plot(ax=ax)

    def plot(self, ax: Any = None) -> GradientFlowDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : pair of matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        self
            This object, with `ax_` and `figure_`.

        Raises
        ------
        ValueError
            When `ax` is not a pair.
        """
        self.ax_ = np.ravel(ax) if ax is not None else new_axes(3.2, n_columns=2)
        if len(self.ax_) != 2:
            raise ValueError(f"ax must be a pair of axes, for signal and gradient. Got {len(self.ax_)}.")
        self.figure_ = self.ax_[0].figure
        layers = np.arange(1, len(self.spread) + 1)
        signal, gradient = self.ax_
        marker = "o-" if len(layers) <= MOST_MARKERS else "-"
        self.lines_ = [
            *signal.plot(layers, _positive(self.spread), marker, color="tab:blue", label="spread of activations"),
            *gradient.plot(layers, _positive(self.delta), marker, color="tab:red", label="delta"),
            *gradient.plot(layers, _positive(self.weight_gradient), "--", color="tab:orange", label="|dW|"),
        ]
        if self.input_spread is not None:
            from_inputs = _positive([self.input_spread, self.spread[0]])
            signal.plot([0, 1], from_inputs, marker.replace("-", ":"), color="tab:blue")
        verdicts = (("signal", self.signal_verdict), ("gradient", self.gradient_verdict))
        for axes, (what, verdict) in zip(self.ax_, verdicts, strict=True):
            axes.set(yscale="log", xlabel=LAYERS, ylabel=what, title=f"{what}: {verdict}")
            axes.set_xticks([0, *layers[:: max(1, len(layers) // 8)]])
            axes.grid(alpha=0.3)
            axes.legend()
        return self


def _positive(values: Any) -> Any:
    """What a logarithmic axis can show; gaps elsewhere."""
    values = np.asarray(values, dtype=float)
    return np.where((values > 0) & np.isfinite(values), values, np.nan)
