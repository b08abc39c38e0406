"""Displays: numbers in, drawing out. They follow scikit-learn's: `plot` draws, and matplotlib is loaded only there."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .core import GradientCheckResult
from .core.gradient_report import CORRECT_BELOW, WRONG_ABOVE

SMALLEST_ERROR = 1e-12  # drawn in place of errors below it, 0 included
MOST_MARKERS = 30  # more layers are drawn as a line alone
COLOURS = {"correct": "tab:blue", "suspicious": "tab:orange", "wrong": "tab:red"}


class GradientCheckDisplay:
    """The relative error of each block of a gradient, on a logarithmic scale, beside the thresholds.

    Parameters
    ----------
    block_errors : dict of str to float
        Relative error of each block, first layer first.
    block_verdicts : dict of str to str
        "correct", "suspicious" or "wrong" for each block.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of the axes.
    points_ : list of matplotlib Line2D
        The errors, one artist for each verdict that occurs.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DeepMLPClassifier
    >>> from skdeep.inspection import check_gradient
    >>> from skdeep.plotting import GradientCheckDisplay
    >>> result = check_gradient(DeepMLPClassifier((5, 4), random_state=0), *load_iris(return_X_y=True))
    >>> display = GradientCheckDisplay.from_result(result)
    >>> display.ax_.get_xlabel()
    'relative error'
    """

    def __init__(self, *, block_errors: dict[str, float], block_verdicts: dict[str, str]) -> None:
        self.block_errors = block_errors
        self.block_verdicts = block_verdicts

    @classmethod
    def from_result(cls, result: GradientCheckResult, *, ax: Any = None) -> GradientCheckDisplay:
        """Draw the result of a gradient check.

        Parameters
        ----------
        result : GradientCheckResult
            Of either `check_gradient`.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        GradientCheckDisplay
            The drawing.
        """
        return cls(block_errors=result.block_errors, block_verdicts=result.block_verdicts).plot(ax=ax)

    def plot(self, ax: Any = None) -> GradientCheckDisplay:
        """Draw the errors.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        self
            This object, with `ax_` and `figure_`.
        """
        names, errors = list(self.block_errors), np.array(list(self.block_errors.values()))
        self.ax_ = ax if ax is not None else _new_axes(1.2 + 0.22 * len(names))
        self.figure_ = self.ax_.figure
        every = max(1, len(names) // 30) | 1  # odd, so that weights and biases both get their names
        levels, shown = np.arange(len(names)), np.maximum(errors, SMALLEST_ERROR)
        self.ax_.hlines(levels, SMALLEST_ERROR, shown, color="lightgrey")
        self.points_ = []
        for verdict, colour in COLOURS.items():
            chosen = [self.block_verdicts[name] == verdict for name in names]
            if any(chosen):
                self.points_ += self.ax_.plot(shown[chosen], levels[chosen], "o", color=colour, label=verdict)
        for threshold, style in ((CORRECT_BELOW, ":"), (WRONG_ABOVE, "--")):
            self.ax_.axvline(threshold, color="black", linewidth=1, linestyle=style)
        self.ax_.set(
            xscale="log",
            xlim=(SMALLEST_ERROR / 2, 2.0),
            ylim=(len(names) - 0.5, -0.5),
            yticks=levels[::every],
            xlabel="relative error",
            ylabel="block",
        )
        self.ax_.set_yticklabels(names[::every])
        self.ax_.legend(loc="lower right")
        return self


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
        self, *, spread: Any, delta: Any, weight_gradient: Any, signal_verdict: str, gradient_verdict: str
    ) -> None:
        self.spread = spread
        self.delta = delta
        self.weight_gradient = weight_gradient
        self.signal_verdict = signal_verdict
        self.gradient_verdict = gradient_verdict

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
        display = cls(**figures, signal_verdict=report.signal_verdict, gradient_verdict=report.gradient_verdict)
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
        self.ax_ = np.ravel(ax) if ax is not None else _new_axes(3.2, n_columns=2)
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
        verdicts = (("signal", self.signal_verdict), ("gradient", self.gradient_verdict))
        for axes, (what, verdict) in zip(self.ax_, verdicts, strict=True):
            axes.set(yscale="log", xlabel="layer (the last is the output)", ylabel=what, title=f"{what}: {verdict}")
            axes.set_xticks(layers[:: max(1, len(layers) // 8)])
            axes.grid(alpha=0.3)
            axes.legend()
        return self


class LossCurveDisplay:
    """Loss on the training and the dev rows, epoch by epoch, with the best epoch marked.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        The objective on the training rows.
    validation_loss_curve : array-like of shape (n_epochs,), default=None
        Mean loss on the dev rows.
    best_epoch : int, default=None
        Counted from 1; marked if given.
    first_epoch : int, default=1
        After which epoch the first value of the training curve was taken; 0 where it is the start, as with L-BFGS.
    first_validation_epoch : int, default=1
        The same of the dev curve, which begins later where a warm start brought the first dev rows.
    name : str, default=None
        Stands before the labels, so that several networks can share axes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of the axes.
    lines_ : list of matplotlib Line2D
        The curve of the training rows, then that of the dev rows if any.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DeepMLPClassifier
    >>> from skdeep.plotting import LossCurveDisplay
    >>> network = DeepMLPClassifier((10,), early_stopping=True, max_iter=20, random_state=0)
    >>> display = LossCurveDisplay.from_estimator(network.fit(*load_iris(return_X_y=True)))
    >>> display.ax_.get_xlabel()
    'epoch'
    """

    def __init__(
        self,
        *,
        loss_curve: Any,
        validation_loss_curve: Any = None,
        best_epoch: int | None = None,
        first_epoch: int = 1,
        first_validation_epoch: int = 1,
        name: str | None = None,
    ) -> None:
        self.loss_curve = loss_curve
        self.validation_loss_curve = validation_loss_curve
        self.best_epoch = best_epoch
        self.first_epoch = first_epoch
        self.first_validation_epoch = first_validation_epoch
        self.name = name

    @classmethod
    def from_estimator(cls, estimator: Any, *, name: str | None = None, ax: Any = None) -> LossCurveDisplay:
        """Draw the training of a fitted network.

        Parameters
        ----------
        estimator : DeepMLPClassifier, DeepMLPRegressor or Pipeline that ends in one
            Fitted. With dev rows the best epoch is marked: that whose weights were kept, or without `early_stopping`
            that of the lowest dev loss.
        name : str, default=None
            Stands before the labels.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        LossCurveDisplay
            The drawing.
        """
        network = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        if not hasattr(network, "record_norms"):
            raise TypeError(
                "estimator must be a DeepMLPClassifier, a DeepMLPRegressor or a Pipeline that ends in one. "
                f"Got {type(network).__name__}."
            )
        check_is_fitted(network)
        dev, best, first_dev = network.validation_loss_curve_, None, 1
        if dev is not None:
            first_dev = network.n_iter_ - len(dev) + 1
            best = network.best_iter_ if network.early_stopping else first_dev + int(np.argmin(dev))
        display = cls(
            loss_curve=network.loss_curve_,
            validation_loss_curve=dev,
            best_epoch=best,
            first_epoch=0 if network.solver == "lbfgs" else 1,
            first_validation_epoch=first_dev,
            name=name,
        )
        return display.plot(ax=ax)

    def plot(self, ax: Any = None) -> LossCurveDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        self
            This object, with `ax_` and `figure_`.
        """
        self.ax_ = ax if ax is not None else _new_axes(3.5)
        self.figure_ = self.ax_.figure
        prefix = "" if self.name is None else f"{self.name}: "
        curves = [
            ("training rows, with penalty", self.loss_curve, self.first_epoch),
            ("dev rows", self.validation_loss_curve, self.first_validation_epoch),
        ]
        self.lines_ = []
        for label, curve, first in curves:
            if curve is not None:
                epochs = np.arange(first, first + len(curve))
                self.lines_ += self.ax_.plot(epochs, curve, label=prefix + label)
        if self.best_epoch is not None:
            self.ax_.axvline(
                self.best_epoch, color="grey", linestyle=":", label=f"{prefix}best epoch ({self.best_epoch})"
            )
        self.ax_.set(xlabel="epoch", ylabel="loss")
        self.ax_.legend()
        return self


def _positive(values: Any) -> Any:
    """What a logarithmic axis can show; gaps elsewhere."""
    values = np.asarray(values, dtype=float)
    return np.where((values > 0) & np.isfinite(values), values, np.nan)


def _new_axes(height: float, n_columns: int = 1) -> Any:
    """Axes of a new figure, as high as what is drawn needs."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plot needs matplotlib: pip install matplotlib.") from error
    size = (6 if n_columns == 1 else 10, min(max(height, 3.0), 10.0))
    return plt.subplots(1, n_columns, figsize=size, layout="constrained")[1]
