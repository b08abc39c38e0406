"""Slopes of a loss by two-sided differences, and how well each is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .parameters import Array

#: Returns the loss at theta, and on which side of each of its kinks theta lies: equal bytes, same sides.
ProbeFun = Callable[[Array], tuple[float, bytes]]

ROUNDING = float(np.finfo(np.float64).eps)
# The step that balances the two errors of a difference in float64: what is cut off grows as its square, what is
# rounded away as its inverse.
EPSILON = float(np.cbrt(ROUNDING))
NEARER = 100.0  # by which the first step is divided where it cannot be taken: for a kink, or the edge of the domain
#: An error within so many times its estimate may be none.
SAFETY = 10.0
#: An error beyond so many times what float64 rounds away has another cause: the loss is noisy, or swings fast.
NOISY = 100.0


class Look(NamedTuple):
    """A two-sided difference at one step.

    Attributes
    ----------
    step : float
        How far the two probes lie from theta.
    slope : float
        The difference of their losses over their distance; NaN outside of the loss's domain.
    rounding : float
        What float64 rounds away of it.
    crosses_kink : bool
        Whether the probes lie on different sides of a kink.
    is_flat : bool
        Whether both losses are the same.
    """

    step: float
    slope: float
    rounding: float
    crosses_kink: bool = False
    is_flat: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether it says anything of the slope."""
        return not self.crosses_kink and bool(np.isfinite([self.slope, self.rounding]).all())


class Slope(NamedTuple):
    """The derivative of the loss along a line.

    Attributes
    ----------
    value : float
        Its estimate.
    error : float
        How far off it may be, estimated from the loss alone.
    rounding : float
        The part of the error that float64 explains.
    step : float
        Of the difference that it comes from, or of that which tells its error.
    crosses_kink : bool
        Whether there is no estimate, because of a kink.
    is_flat : bool
        Whether it is 0 since one difference is: the loss may be rounded.
    """

    value: float
    error: float
    rounding: float
    step: float
    crosses_kink: bool = False
    is_flat: bool = False

    @property
    def is_rounding(self) -> bool:
        """Whether float64 explains the error."""
        return self.error <= NOISY * self.rounding


def norm(values: Array) -> float:
    """Euclidean norm, in units of the largest entry, so that no square overflows or underflows.

    Parameters
    ----------
    values : ndarray
        The entries.

    Returns
    -------
    float
        The norm.
    """
    largest = float(np.max(np.abs(values), initial=0.0))
    return largest * float(np.linalg.norm(np.ravel(values) / largest)) if largest > 0 else 0.0


class Line:
    """The loss along one direction through theta.

    Parameters
    ----------
    probe : callable (theta) -> (loss, sides)
        The loss.
    theta : ndarray of shape (n_parameters,)
        The point.
    loss : float
        The loss there.
    where : int or ndarray of int
        Which parameters move.
    direction : float or ndarray
        How far each.
    """

    def __init__(self, probe: ProbeFun, theta: Array, loss: float, where: Array, direction: Array) -> None:
        self.probe, self.theta, self.loss, self.where, self.direction = probe, theta, loss, where, direction
        # Steps are larger where theta is large.
        self.scale = max(1.0, norm(theta[where]) / np.sqrt(np.size(where)))

    def along(self, gradient: Array) -> float:
        """What a gradient says of the slope."""
        return float(np.sum(gradient[self.where] * self.direction))

    def look(self, step: float) -> Look:
        """The difference at a step.

        Parameters
        ----------
        step : float
            How far to go, up and down.

        Returns
        -------
        Look
            Its rounding has two parts: that of the losses, ``1e-16 |J| / h``, and that of theta, which counts where the
            slope changes fast.
        """
        up, down = self.theta.copy(), self.theta.copy()
        up[self.where] += step * self.direction
        down[self.where] -= step * self.direction
        # What was really moved, not what was asked for: near a large theta the two differ by rounding.
        width = float(np.sum((up[self.where] - down[self.where]) * self.direction))
        if not width > 0:
            raise ValueError(f"epsilon must be large enough to move every parameter. Got {step!r}.")
        (loss_up, sides_up), (loss_down, sides_down) = self.probe(up), self.probe(down)
        level, bend = max(map(abs, (self.loss, loss_up, loss_down))), abs(loss_up - self.loss + loss_down - self.loss)
        return Look(
            step,
            (loss_up - loss_down) / width,
            ROUNDING * (level + self.scale * bend / step) / step,
            sides_up != sides_down,
            loss_up == loss_down,
        )

    def try_look(self, step: float) -> Look:
        """As `look`, at a step that may leave the domain of the loss."""
        try:
            with np.errstate(all="ignore"):
                return self.look(step)
        except (ValueError, ArithmeticError):
            return Look(step, np.nan, np.nan)


def first_slope(line: Line, epsilon: float | None) -> Slope:
    """By one difference, of which only the rounding is known."""
    if epsilon is not None:
        look = line.look(float(epsilon))
    else:
        first = EPSILON * line.scale
        look = line.try_look(first)
        look = look if look.is_usable else line.try_look(first / NEARER)
        look = look if np.isfinite(look.slope) else line.look(first / NEARER**2)
    if not np.isfinite(look.slope):
        raise ValueError("the loss must be finite at every probe. Got NaN or infinity.")
    return Slope(look.slope, look.rounding, look.rounding, look.step, look.crosses_kink, look.is_flat)
