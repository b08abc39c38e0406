"""The ladder of errors: a row for each rung, and between two rungs a row for the gap."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._axes import LEGEND_ABOVE
from ._error_text import ErrorText

# Told apart by the colour-blind, and of a lightness that shows on white and on black.
VERDICT_COLOURS = {"high": "#d5601a", "cannot tell yet": "#8a8a8a", "low": "#2d84c4", "not judged": "#c3c3c3"}
MOST_STRETCH = 2.0  # reference lines are left out where they would make the measured errors smaller than that
THRESHOLD, CONSTANT = "threshold", "constant prediction"


class Ladder:
    """A drawing on one axes: errors along, rows down.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    errors, intervals, gaps : dict, dict, list of tuple
        As `BiasVarianceDisplay` has them.
    text : ErrorText
        Writes the numbers.
    """

    def __init__(
        self, ax: Any, errors: dict[str, float], intervals: dict[str, Any], gaps: Any, text: ErrorText
    ) -> None:
        self.ax, self.errors, self.intervals, self.gaps, self.text = ax, errors, intervals, gaps, text
        self.ink = ax.xaxis.label.get_color()  # light in a dark style
        names = [name for rung in errors for name in (*(gap[0] for gap in gaps if gap[2] == rung), rung)]
        self.rows = {name: row for row, name in enumerate(names)}

    def draw_rungs(self) -> list[Any]:
        """Points with their intervals."""
        for name, interval in self.intervals.items():
            self._whisker(name, interval)
        return [self._line([error], name, "o", label=name) for name, error in self.errors.items()]

    def draw_gaps(self) -> list[Any]:
        """Bars from the lower to the upper error, in the colour of the verdict, with the interval about their ends."""
        return [self._bar(*gap) for gap in self.gaps]

    def _bar(self, name: str, lower: str, upper: str, value: float, interval: Any, verdict: str) -> Any:
        start = self.errors[lower]
        for error, rung in ((start, lower), (start + value, upper)):
            self.ax.plot([error] * 2, [self.rows[rung], self.rows[name]], ":", color=self.ink, linewidth=1, alpha=0.5)
        self._whisker(name, start + np.asarray(interval))
        style = {"color": VERDICT_COLOURS[verdict], "linewidth": 9, "solid_capstyle": "butt", "zorder": 1.5}
        return self._line([start, start + value], name, "-", label=name, **style)

    def _whisker(self, name: str, ends: Any) -> None:
        self._line(ends, name, "-", linewidth=1.5)

    def _line(self, errors: Any, name: str, form: str, **style: Any) -> Any:
        """One line or point in the row of a name."""
        return self.ax.plot(errors, [self.rows[name]] * len(errors), form, **{"color": self.ink, **style})[0]

    def draw_references(self, threshold: float | None, baseline: float | None) -> None:
        """How far a bar would reach at the threshold, as a pointer to it, and the error of a constant prediction."""
        low, high = self.ax.get_xlim()
        end = low + MOST_STRETCH * (high - low)
        if threshold is not None:
            limits = [(self.errors[lower] + threshold, self.rows[name] - 0.4) for name, lower, *_ in self.gaps]
            shown = np.array([limit for limit in limits if limit[0] < end]).reshape(-1, 2)
            self.ax.plot(*shown.T, "v", color=self.ink, markersize=5, label=THRESHOLD)
        if baseline is not None and low < baseline < end:
            self.ax.axvline(baseline, color=self.ink, linestyle="--", linewidth=1, label=CONSTANT)

    def dress(self, error_name: str) -> None:
        """Names on the left, numbers on the right, what the colours mean above."""
        self.ax.set(yticks=list(self.rows.values()), yticklabels=list(self.rows), ylim=(len(self.rows) - 0.4, -0.6))
        self.ax.tick_params(axis="y", length=0)
        for label in self.ax.get_yticklabels():
            label.set_fontweight("bold" if label.get_text() in self.errors else "normal")
        self.ax.spines[["left", "top", "right"]].set_visible(False)
        self.ax.grid(axis="x", alpha=0.3)
        self.text.label(self.ax.xaxis, error_name)
        for name, error in self.errors.items():
            self._number(name, self.text.error(error, self.intervals.get(name)))
        for name, _, _, value, interval, _ in self.gaps:
            self._number(name, self.text.gap(value, interval))
        self._legend()

    def _number(self, name: str, text: str) -> None:
        self.ax.text(1.03, self.rows[name], text, va="center", transform=self.ax.get_yaxis_transform())

    def _legend(self) -> None:
        from matplotlib.patches import Patch

        verdicts = [verdict for verdict in VERDICT_COLOURS if any(gap[-1] == verdict for gap in self.gaps)]
        references = [
            line for line in self.ax.lines if line.get_label() in (THRESHOLD, CONSTANT) and len(line.get_xdata())
        ]
        handles = [Patch(color=VERDICT_COLOURS[verdict], label=verdict) for verdict in verdicts] + references
        if handles:
            self.ax.legend(handles=handles, ncols=2, **LEGEND_ABOVE)
