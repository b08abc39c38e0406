"""How errors are written on axes and beside marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np

LABEL_WIDTH = 32  # characters of an axis label in one line
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class ErrorText:
    """Shares of rows as percentages, other errors as plain numbers, all of one drawing alike.

    Attributes
    ----------
    is_share : bool
        Whether they are percentages.
    form : str
        Of the numbers, such as ".1f".
    """

    is_share: bool
    form: str

    @classmethod
    def suited_to(cls, errors: Iterable[float], is_share: bool) -> ErrorText:
        """Two digits of the largest error as a percentage, at least one after the point; three of another number."""
        largest = max((abs(error) for error in errors if np.isfinite(error)), default=0.0) * (100 if is_share else 1)
        exponent = int(np.floor(np.log10(largest))) if largest > 0 else 0
        if not -4 <= exponent < 6:
            return cls(is_share, ".2e")
        return cls(is_share, f".{max(1, 1 - exponent) if is_share else max(0, 2 - exponent)}f")

    def error(self, value: float, interval: Any) -> str:
        """An error and its interval."""
        return self._number(value) + (" %" if self.is_share else "") + self._interval(interval)

    def gap(self, value: float, interval: Any) -> str:
        """A difference of errors and its interval."""
        return self._number(value, "+") + (" points" if self.is_share else "") + self._interval(interval)

    def label(self, axis: Any, name: str) -> None:
        """Name what an axis of errors shows, with few ticks: they may be long, and an axis along has little room."""
        scale, unit = (100, " %") if self.is_share else (1, "")
        axis.get_major_locator().set_params(nbins=2 if axis.axis_name == "x" else 6, steps=[1, 2, 5, 10])
        axis.set_major_formatter(lambda error, _: f"{scale * error:.6g}{unit}".replace("-", MINUS))
        axis.set_label_text(fill(name, LABEL_WIDTH))
        axis.label.set_parse_math(False)  # a dollar sign in a name is one

    def _interval(self, interval: Any) -> str:
        """Nothing where there is none, as for a target that is a number."""
        if interval is None or not np.isfinite(interval).all() or interval[0] == interval[1]:
            return ""
        return f" ({self._number(interval[0])} to {self._number(interval[1])})"

    def _number(self, value: float, sign: str = "") -> str:
        """With a true minus, and none before a zero."""
        text = format(value * (100 if self.is_share else 1), f"{sign}z{self.form}")
        return text.replace("-", MINUS)
