"""What the displays share: axes of a new figure, and a legend that covers nothing."""

from __future__ import annotations

from typing import Any

from .._extras import optional

LEGEND_ABOVE = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2, "frameon": False}


def new_axes(height: float, n_columns: int = 1) -> Any:
    """Axes of a new figure, as high as what is drawn needs."""
    optional("matplotlib", caller="plot", extra="plot")
    import matplotlib.pyplot as plt

    size = (6 if n_columns == 1 else 10, min(max(height, 3.0), 10.0))
    return plt.subplots(1, n_columns, figsize=size, layout="constrained")[1]
