"""Bias and variance: the ladder of errors, and the learning curve beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._axes import new_axes
from ._error_curve import draw_learning_curve
from ._error_text import ErrorText
from ._ladder import Ladder


class BiasVarianceDisplay:
    """The ladder of errors with the gaps between its rungs, and the learning curve beside it if there is one.

    A gap is a bar from the lower to the upper error, coloured by its verdict, with the interval of its length about its
    end. Above it a pointer shows how far it would reach at the threshold; a dashed line stands at the error of a
    constant prediction. Either is left out where it lies so far off that the measured errors would be hard to see.

    Parameters
    ----------
    errors : dict of str to float
        Rung ("target", "train", "train-dev", "dev", "test") to error, in this order; those measured.
    intervals : dict of str to (float, float)
        Rung to the interval of its error; a rung may have none.
    gaps : list of tuple
        Name, lower rung, upper rung, value, (low, high) and verdict of each: "high", "low", "cannot tell yet" or "not
        judged".
    error_name : str
        Such as "1 - accuracy" or "RMSE".
    is_share : bool, default=False
        Whether errors lie between 0 and 1, to be shown in percent.
    baseline_error : float, default=None
        Of a constant prediction.
    threshold : float, default=None
        What gaps are held against.
    learning_curve : LearningCurve, default=None
        Dev and train errors by training rows, and the power law.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes of shape (1,) or (2,)
        The ladder, and the learning curve if there is one.
    figure_ : matplotlib Figure
        The figure of the ladder.
    points_ : list of matplotlib Line2D
        The errors, labelled with their rungs.
    bars_ : list of matplotlib Line2D
        The gaps, labelled with their names.
    lines_ : list of matplotlib Line2D
        Of the learning curve: dev, train, power law, twice the rows; empty if there is none.

    Examples
    --------
    >>> from skdeep.plotting import BiasVarianceDisplay
    >>> display = BiasVarianceDisplay(
    ...     errors={"train": 0.02, "dev": 0.08},
    ...     intervals={"train": (0.01, 0.03), "dev": (0.06, 0.10)},
    ...     gaps=[("variance", "train", "dev", 0.06, (0.04, 0.08), "high")],
    ...     error_name="1 - accuracy",
    ...     is_share=True,
    ... ).plot()
    >>> [label.get_text() for label in display.ax_[0].get_yticklabels()]
    ['train', 'variance', 'dev']
    """

    def __init__(
        self,
        *,
        errors: dict[str, float],
        intervals: dict[str, Any],
        gaps: Any,
        error_name: str,
        is_share: bool = False,
        baseline_error: float | None = None,
        threshold: float | None = None,
        learning_curve: Any = None,
    ) -> None:
        self.errors = errors
        self.intervals = intervals
        self.gaps = gaps
        self.error_name = error_name
        self.is_share = is_share
        self.baseline_error = baseline_error
        self.threshold = threshold
        self.learning_curve = learning_curve

    @classmethod
    def from_report(cls, report: Any, *, ax: Any = None) -> BiasVarianceDisplay:
        """Draw a report of `skdeep.model_selection.bias_variance_report`.

        Parameters
        ----------
        report : BiasVarianceReport
            What was measured.
        ax : matplotlib Axes or pair of them, default=None
            Where to draw, as for `plot`.

        Returns
        -------
        BiasVarianceDisplay
            The drawing.
        """
        display = cls(
            errors=report.errors,
            intervals=report.error_intervals,
            gaps=[(gap.name, gap.lower, gap.upper, gap.value, gap.interval, gap.verdict) for gap in report.gaps],
            error_name=report.error_name,
            is_share=report.is_share,
            baseline_error=report.baseline_error,
            threshold=report.threshold,
            learning_curve=report.learning_curve,
        )
        return display.plot(ax=ax)

    def plot(self, ax: Any = None) -> BiasVarianceDisplay:
        """Draw the ladder, and the learning curve if there is one.

        Parameters
        ----------
        ax : matplotlib Axes or pair of them, default=None
            Where to draw: one for the ladder alone, a pair where there is a learning curve; a new figure if None. The
            ladder has text on both sides, for which a figure with ``layout="constrained"`` makes room.

        Returns
        -------
        self
            This object, with `ax_` and `figure_`.

        Raises
        ------
        ValueError
            When the number of axes is another.
        """
        self.ax_ = self._axes(ax)
        self.figure_ = self.ax_[0].figure
        text = ErrorText.suited_to(self.errors.values(), self.is_share)
        ladder = Ladder(self.ax_[0], self.errors, self.intervals, self.gaps, text)
        self.points_, self.bars_ = ladder.draw_rungs(), ladder.draw_gaps()
        ladder.draw_references(self.threshold, self.baseline_error)
        ladder.dress(self.error_name)
        self.lines_ = []
        if self.learning_curve is not None:
            self.lines_ = draw_learning_curve(self.ax_[1], self.learning_curve, self.error_name, text)
        return self

    def _axes(self, ax: Any) -> Any:
        """One or two, as there is to draw."""
        n_axes = 1 if self.learning_curve is None else 2
        if ax is None:
            return np.ravel(new_axes(1.4 + 0.3 * (len(self.errors) + len(self.gaps)), n_columns=n_axes))
        if np.size(ax) != n_axes:
            wanted = "one axes, for the ladder" if n_axes == 1 else "a pair of axes, for ladder and learning curve"
            raise ValueError(f"ax must be {wanted}. Got {np.size(ax)}.")
        return np.ravel(ax)
