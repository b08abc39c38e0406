"""The errors of a gradient check, block by block."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import GradientCheckResult
from ..core.gradient_report import CORRECT_BELOW, WRONG_ABOVE
from ._axes import new_axes

SMALLEST_ERROR = 1e-12  # drawn in place of errors below it, 0 included
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
        self.ax_ = ax if ax is not None else new_axes(1.2 + 0.22 * len(names))
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
