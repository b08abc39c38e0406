"""Rules that a parameter must keep: what is allowed, in words and as a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

PLAIN_NUMBERS = (int, float)


@dataclass(frozen=True)
class Rule:
    """What a parameter must be, in words and as a test."""

    text: str
    holds: Callable[[Any], bool]
    per_layer: bool = False

    def require(self, name: str, value: Any) -> None:
        """Raise a ValueError that names the parameter, the rule and the value got, unless the value keeps the rule."""
        if not self.holds(value):
            raise ValueError(f"{name} must be {self.text}. Got {value!r}.")


def is_number(value: Any, low: float, high: float = float("inf"), *, closed: str = "both") -> bool:
    """Whether `value` is a real number, no bool, in the interval; NaN is in none."""
    # The plain types first: an abstract one takes ten times as long to ask.
    if type(value) not in PLAIN_NUMBERS and (not isinstance(value, Real) or isinstance(value, bool | np.bool_)):
        return False
    try:
        number = float(value)
    except OverflowError:  # an integer beyond every float
        return False
    above = low <= number if closed in ("both", "left") else low < number
    below = number <= high if closed in ("both", "right") else number < high
    return above and below


def is_count(value: Any, low: int = 1) -> bool:
    """Whether `value` is an integer, no bool, of at least `low`."""
    if type(value) is int:
        return value >= low
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_) and int(value) >= low


def is_sequence(value: Any) -> bool:
    """Whether `value` lists one entry per layer: a list, tuple or 1-d array."""
    if type(value) in PLAIN_NUMBERS or type(value) is str:
        return False
    return (isinstance(value, Sequence) and not isinstance(value, str | bytes)) or (
        isinstance(value, np.ndarray) and value.ndim == 1
    )


def boolean() -> Rule:
    """True or False, of Python or of numpy."""
    return Rule("True or False", lambda value: isinstance(value, bool | np.bool_))


def one_of(names: Sequence[str], *, or_callable: str = "") -> Rule:
    """One of some names, or a callable where `or_callable` says of what kind."""
    text = "one of " + ", ".join(map(repr, names))
    if or_callable:
        text += f", or {or_callable}"
    return Rule(
        text, lambda value: (isinstance(value, str) and value in names) or bool(or_callable and callable(value))
    )


def interval(
    text: str, low: float, high: float = float("inf"), *, closed: str = "both", optional: bool = False
) -> Rule:
    """A number in an interval, described by `text`; None too if `optional`."""
    return Rule(text, lambda value: (optional and value is None) or is_number(value, low, high, closed=closed))


def finite_positive(note: str = "", *, optional: bool = False) -> Rule:
    """A finite number above zero; None too if `optional`."""
    return interval("a positive, finite number" + note, 0.0, closed="neither", optional=optional)
