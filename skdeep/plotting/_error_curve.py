"""The learning curve: errors by the number of training rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._axes import LEGEND_ABOVE
from ._error_text import ErrorText

WIDEST = 60  # where the sizes reach further apart, the names of the two last would overlap


def draw_learning_curve(ax: Any, curve: Any, error_name: str, text: ErrorText) -> list[Any]:
    """Draw what was measured, the power law through the dev errors and where it leads with twice the rows."""
    sizes, end = np.asarray(curve.sizes, dtype=float), 2 * curve.sizes[-1]
    along = np.geomspace(sizes[0], end, 100)
    ink = ax.xaxis.label.get_color()  # light in a dark style
    for size, interval in [*zip(sizes, curve.intervals, strict=True), (end, curve.doubled_interval)]:
        ax.plot([size] * 2, interval, color=ink, linewidth=1.5)
    lines = [
        *ax.plot(sizes, curve.errors, "o", color=ink, label="dev"),
        *ax.plot(sizes, curve.train_errors, "s-", color=ink, alpha=0.5, markersize=5, label="train"),
        *ax.plot(along, curve.predict(along), "--", color=ink, linewidth=1, label="power law"),
        *ax.plot(end, curve.doubled, "o", color=ink, fillstyle="none", label="twice the rows"),
    ]
    _dress(ax, curve.sizes, error_name, text)
    return lines


def _dress(ax: Any, sizes: Any, error_name: str, text: ErrorText) -> None:
    """Numbers at the first size, the last and its double; the sizes between are ticks alone."""
    ax.set_xscale("log")
    ends = [sizes[0], 2 * sizes[-1]]
    named = [*ends, sizes[-1]] if ends[1] <= WIDEST * ends[0] else ends
    ax.set_xticks(named, list(map(str, named)))
    ax.set_xticks(sizes, [""] * len(sizes), minor=True)
    ax.set_xlabel("training rows")
    text.label(ax.yaxis, error_name)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", alpha=0.3)
    ax.legend(ncols=2, **LEGEND_ABOVE)
