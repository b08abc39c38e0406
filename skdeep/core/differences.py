"""Slopes of a loss by two-sided differences, and how well each is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .parameters import Array

#: Returns the loss at theta, and on which side of each of its kinks theta lies: equal bytes, same sides.
ProbeFun = Callable[[Array], tuple[float, bytes]]

ROUNDING, SINGLE = float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)
# The step that balances the two errors of a difference in float64: what is cut off grows as its square, what is
# rounded away as its inverse.
EPSILON = float(np.cbrt(ROUNDING))
NEARER = 100.0  # by which the first step is divided where it cannot be taken: for a kink, or the edge of the domain
# Between neighbouring steps of a ladder. As far from any fraction as can be, so that a loss that is rounded to a grid
# does not give the same difference at two steps by chance.
RATIO = 2.0 + 5.0**0.5
# Rungs, as powers of RATIO times EPSILON: those climbed first, those beyond, those below.
FIRST_RUNGS, LARGER, SMALLER = (2, 3, 4), (5, 6, 7), (1, *range(-1, -11, -1))
# A smooth loss leaves a slope by powers of the step. One that is farther away at once, by so many times the error, has a
# kink or a rounded part, which has no slope as long as it does not change: all that is known is how far it jumps.
JUMP = 1e4
ENOUGH = 4  # of the smallest steps tell noise, which is the same at any step, from swings, which fall with it
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
    crosses_kink : bool
        Whether there is no estimate, because of a kink.
    """

    value: float
    error: float
    rounding: float
    crosses_kink: bool = False

    @property
    def is_rounding(self) -> bool:
        """Whether float64 explains the error."""
        return self.error <= NOISY * self.rounding


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
        self.scale = max(1.0, float(np.sqrt(np.mean(np.square(theta[where])))))

    def along(self, gradient: Array) -> float:
        """What a gradient says of the slope."""
        return float(np.sum(gradient[self.where] * self.direction))

    def look(self, step: float) -> Look:
        """The difference at a step.

        Rounding has two parts: that of the losses, ``1e-16 |J| / h``, and that of theta, which counts where the slope
        changes fast.
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
    return Slope(look.slope, look.rounding, look.rounding, look.crosses_kink)


def known_slope(line: Line, first: Slope, gradient: float, tolerance: float, scale: float) -> Slope:
    """By a ladder of steps, climbed until the slope is known well enough, or as well as it can be.

    Larger steps tell more where rounding hides the slope, smaller ones where the loss swings within a step. Well enough
    is an error that decides: far below that of the gradient, or below `tolerance` of the slopes.

    Parameters
    ----------
    line : Line
        The loss.
    first : Slope
        By one difference; returned where the ladder tells nothing, at kinks and at the edge of the domain.
    gradient : float
        What the gradient says. It decides how long to climb, and not which estimate is taken.
    tolerance : float
        Relative to the slopes, or to `scale` where that is larger.
    scale : float
        Slopes below it are small.

    Returns
    -------
    Slope
        The estimate with the smallest error.
    """

    def size(slope: Slope) -> float:
        return max(abs(gradient) + abs(slope.value), scale)

    looks: list[Look] = []
    best = None
    for rung in _rungs(looks):
        looks.append(line.try_look(EPSILON * RATIO**rung * line.scale))
        best = _best(_estimates(looks), size)
        if best and SAFETY * best.error <= tolerance * size(best):
            return best
        # A loss that swings within the steps looks noisy, so that what is not rounding waits for smaller steps.
        if best and SAFETY * best.error <= abs(gradient - best.value) / 2 and (best.is_rounding or rung in LARGER):
            return best
    return best or _constant(looks, line.loss) or first


def _best(estimates: Sequence[Slope], size: Callable[[Slope], float]) -> Slope | None:
    """The one with the smallest error beside its size, of those that float64 explains if there are any.

    Its error then reaches to all at smaller steps that contradict it.
    """
    if not estimates:
        return None
    explained = [i for i, slope in enumerate(estimates) if slope.is_rounding]
    chosen = min(explained or range(len(estimates)), key=lambda i: estimates[i].error / size(estimates[i]))
    best = estimates[chosen]
    apart = [(abs(best.value - other.value), other.error) for other in estimates[:chosen]]
    return best._replace(error=max([best.error, *(gap for gap, error in apart if gap > SAFETY * error)]))


def _rungs(looks: Sequence[Look]) -> Iterator[int]:
    """The order in which a ladder is climbed, by what has been seen of it."""
    yield from (0, *FIRST_RUNGS)
    best = min(_estimates(looks), key=lambda slope: slope.error, default=None)
    if not looks[-1].is_flat and not (best and best.is_rounding):
        for rung in SMALLER:
            yield rung
            if looks[-1].is_flat:
                break
    yield from LARGER


def _estimates(looks: Sequence[Look]) -> list[Slope]:
    """What any two neighbouring steps say, the smallest first, without the error of the order of the step's square.

    Two smaller steps at least must have been seen, since one may agree by chance. A loss that does not change says
    little, for it may be rounded: no more than that the slope is not much above that of the first step that changes it.
    """
    seen = sorted(look for look in looks if look.is_usable and not look.is_flat)
    if not seen:
        return []
    step, slope, rounding = (np.array(column) for column in list(zip(*seen, strict=True))[:3])
    square = (step[1:] / step[:-1]) ** 2
    value = (square * slope[:-1] - slope[1:]) / (square - 1.0)
    estimates = []
    if any(look.is_flat for look in looks):
        estimates.append(Slope(seen[0].slope, RATIO * abs(seen[0].slope) + seen[0].rounding, seen[0].rounding))
    for i in range(2, len(value)):
        error = max(_error(np.abs(value[:i] - value[i]), step[:i]), float(rounding[i]))
        distance = np.abs(slope[i + 1 :] - value[i])
        jumps = (distance[:-1] <= SAFETY * error) & (distance[1:] > JUMP * error)
        if jumps.any():
            jump = 1 + int(np.argmax(jumps))
            return [Slope(float(value[i]), float(distance[jump]), float(rounding[i + 1 + jump]))]
        estimates.append(Slope(float(value[i]), error, float(rounding[i])))
    return estimates


def _error(disagreement: Array, step: Array) -> float:
    """Of an estimate with which those at smaller steps disagree so much.

    Rounding and noise are the same in every loss, so that their part of a slope falls as the step grows, and each
    disagreement counts by its step; what is cut off shows between neighbours. But where disagreement falls with the step
    there is no noise, but a loss that swings within the larger steps, and it counts in full.
    """
    noise = disagreement * step / step[-1]
    is_noise = noise[: max(1, min(ENOUGH, len(noise) // 2))].max() >= noise.max() / SAFETY
    return float(np.max(noise if is_noise else disagreement))


def _constant(looks: Sequence[Look], loss: float) -> Slope | None:
    """Zero, where no step changes the loss, as exactly as its precision allows."""
    usable = [look for look in looks if look.is_usable]
    if not usable or not all(look.is_flat for look in usable):
        return None
    rounding = max(usable).rounding * (SINGLE / ROUNDING if float(np.float32(loss)) == loss else 1.0)
    return Slope(0.0, rounding, rounding)
