"""The slope of a loss from differences at many steps, where one does not tell, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from .differences import EPSILON, NOISY, ROUNDING, SAFETY, Line, Look, Slope
from .parameters import Array

# Between neighbouring steps. As far from any fraction as can be, so that a loss that is rounded to a grid does not give
# the same difference at two steps by chance.
RATIO = 2.0 + 5.0**0.5
# Rungs, as powers of RATIO times the first step: those climbed first, those beyond, those below.
FIRST, LARGER, SMALLER = (0, 2, 3, 4), (5, 6, 7), (1, *range(-1, -11, -1))
CLIMBED_DOWN = range(7, -1, -1)  # by a loss that is flat at the first
LARGEST = EPSILON * RATIO ** LARGER[-1]
ENOUGH = 4  # of the smallest steps tell noise, which is the same at any step, from swings, which fall with it
# A smooth loss leaves a slope by powers of the step. One that is farther away at once, by so many times the error, has
# a kink or jumps.
LEAP = 1e3
# Of the way between two steps, to see whether a leap is a kink: it falls with the way, a jump does not. The second
# number counts those that it takes to come nearer to a kink just short of the larger step.
HALVINGS, MOST_HALVINGS = 8, 40
SINGLE = float(np.finfo(np.float32).eps)
WELL_KNOWN = 1e-6  # relative to the slopes
TINY = float(np.finfo(np.float64).tiny)


def known_slope(line: Line, first: Slope, gradient: float, tolerance: float, scale: float) -> Slope:
    """By a ladder of steps, climbed until the slope is known well enough, or as well as it can be.

    Larger steps tell more where rounding hides the slope, smaller ones where the loss swings within a step. Well enough
    is an error below `tolerance` of the slopes, of an estimate that agrees with the gradient. One that does not must
    stand up to all steps: a loss of which a part is rounded seems to have the slope of the rest at small ones.

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
    ladder, best = _Ladder(line, max(abs(gradient), scale)), None
    for rung in ladder.rungs():
        leap = ladder.climb(rung)
        if leap is not None:
            return leap
        best = ladder.best
        if best is None:
            continue
        known = tolerance * max(abs(gradient) + abs(best.value), scale)
        if SAFETY * best.error <= known and abs(gradient - best.value) <= known:
            return best
    return best or ladder.constant or first


def looks_constant(line: Line) -> bool:
    """Whether a loss that one difference finds flat is flat: by one at a large step, or down to where it bends.

    What is rounded jumps where it begins to change; a unit that is dead comes to life with a kink.

    Parameters
    ----------
    line : Line
        The loss.

    Returns
    -------
    bool
        False where it jumps.
    """
    far = None
    for rung in CLIMBED_DOWN:
        look = line.try_look(EPSILON * RATIO**rung * line.scale)
        if look.is_usable and look.is_flat:
            zero = Slope(0.0, look.rounding, look.rounding, look.step)
            return far is None or _is_kink(line, zero, look, far, 3 * HALVINGS)  # what is off there may just turn round
        far = look if look.is_usable else far
    return far is None


def looks_noisy(line: Line, gradient: float) -> bool:
    """Whether the slope along a line is less exact than float64 explains.

    Then a first difference that agrees with its gradient tells nothing: where a part of the loss is rounded both may
    have the slope of the rest.

    Parameters
    ----------
    line : Line
        The loss.
    gradient : float
        What the gradient says; it decides how long to climb.

    Returns
    -------
    bool
        False too where no step tells.
    """
    slope = known_slope(line, Slope(0.0, 0.0, 0.0, 0.0), gradient, WELL_KNOWN, 0.0)
    return not slope.is_rounding and SAFETY * slope.error > WELL_KNOWN * (abs(gradient) + abs(slope.value))


class _Ladder:
    """The looks along a line, and what they say together."""

    def __init__(self, line: Line, scale: float) -> None:
        self.line, self.scale = line, scale
        self.looks: list[Look] = []
        self.edge = np.inf  # the step at which a kink comes into sight

    def rungs(self) -> Iterator[int]:
        """The order in which to climb, by what has been seen."""
        yield from FIRST
        if not self.looks[-1].is_flat and not (self.best and self.best.is_rounding):
            for rung in SMALLER:
                yield rung
                if self.looks[-1].is_flat:
                    break
        yield from LARGER

    def climb(self, rung: int) -> Slope | None:
        """Take a look. Returns what is left to know if the loss jumps."""
        self.looks.append(self.line.try_look(EPSILON * RATIO**rung * self.line.scale))
        leap = _leap(self.seen, self.estimates)
        if leap is not None:
            slope, near, far = leap
            if not _is_kink(self.line, slope, near, far):
                return slope._replace(error=abs(far.slope - slope.value), rounding=far.rounding)
            self.edge = far.step
        return None

    @property
    def seen(self) -> list[Look]:
        """What changes the loss, by its step."""
        return sorted(look for look in self.looks if look.is_usable and not look.is_flat and look.step < self.edge)

    @property
    def estimates(self) -> list[Slope]:
        """What the looks say together.

        A loss that does not change may be rounded, and says no more than that the slope is not much above that of the
        first step that changes it.
        """
        estimates = _estimates(self.seen)
        if self.seen and any(look.is_flat for look in self.looks):
            least = self.seen[0]
            error = RATIO * abs(least.slope) + least.rounding
            return [Slope(least.slope, error, least.rounding, least.step), *estimates]
        return estimates

    @property
    def best(self) -> Slope | None:
        """The estimate with the smallest error beside its size, of those that float64 explains if there are any.

        Its error reaches to all at smaller steps that contradict it.
        """
        estimates = self.estimates
        explained = [slope for slope in estimates if slope.is_rounding]
        best = min(
            explained or estimates,
            key=lambda slope: slope.error / max(self.scale, abs(slope.value), TINY),
            default=None,
        )
        if best is None:
            return None
        apart = [(abs(best.value - other.value), other) for other in estimates if other.step < best.step]
        contradict = [(gap, other.step) for gap, other in apart if gap > SAFETY * other.error]
        error, step = max([(best.error, best.step), *contradict])
        return best._replace(error=error, step=step)

    @property
    def constant(self) -> Slope | None:
        """Zero, where no step changes the loss, as exactly as its precision allows."""
        usable = [look for look in self.looks if look.is_usable]
        if not usable or not all(look.is_flat for look in usable):
            return None
        largest, is_single = max(usable), float(np.float32(self.line.loss)) == self.line.loss
        rounding = largest.rounding * (SINGLE / ROUNDING if is_single else 1.0)
        return Slope(0.0, rounding, rounding, largest.step)


def _estimates(seen: Sequence[Look]) -> list[Slope]:
    """What any two neighbouring steps say, without the error of the order of the step's square.

    Two smaller steps at least must have been seen, since one may agree by chance.
    """
    if len(seen) < 4:
        return []
    step, slope, rounding = (np.array(column) for column in list(zip(*seen, strict=True))[:3])
    square = (step[1:] / step[:-1]) ** 2
    value = (square * slope[:-1] - slope[1:]) / (square - 1.0)
    errors = [_error(np.abs(value[:i] - value[i]), step[:i]) for i in range(2, len(value))]
    columns = np.stack([value[2:], np.maximum(errors, rounding[2:-1]), rounding[2:-1], step[2:-1]], axis=1)
    return [Slope(value, error, rounding, step) for value, error, rounding, step in columns.tolist()]


def _error(disagreement: Array, step: Array) -> float:
    """Of an estimate with which those at smaller steps disagree so much.

    Rounding and noise are the same in every loss, so that their part of a slope falls as the step grows, and each
    disagreement counts by its step; what is cut off shows between neighbours. But where disagreement falls with the
    step there is no noise, but a loss that swings within the larger steps, and it counts in full.
    """
    noise = disagreement * step / step[-1]
    is_noise = noise[: max(1, min(ENOUGH, len(noise) // 2))].max() >= noise.max() / SAFETY
    return float(np.max(noise if is_noise else disagreement))


def _leap(seen: Sequence[Look], estimates: Sequence[Slope]) -> tuple[Slope, Look, Look] | None:
    """An estimate with which one step agrees, and from which the next is far off at once; and both looks."""
    for slope in estimates:
        for near, far in pairwise(look for look in seen if look.step >= slope.step):
            agrees = abs(near.slope - slope.value) <= SAFETY * slope.error
            if agrees and abs(far.slope - slope.value) > LEAP * slope.error:
                return slope, near, far
    return None


def _is_kink(line: Line, slope: Slope, near: Look, far: Look, left: int = HALVINGS) -> bool:
    """Whether the loss goes on from its slope at a leap, and does not jump.

    It jumps where a part of it is rounded: as long as that part does not change, it seems to have no slope.
    """
    first, small = far, abs(far.slope - slope.value) * far.step / NOISY
    for _ in range(MOST_HALVINGS):
        middle = line.try_look(float(np.sqrt(near.step * far.step)))
        if not middle.is_usable:
            return False
        if abs(middle.slope - slope.value) > SAFETY * slope.error:
            far = middle
        else:
            near = middle
        if abs(far.slope - near.slope) * far.step < small:
            return True
        left -= far is not first
        if not left:
            break
    return False
