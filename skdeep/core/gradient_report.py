"""What a gradient check found: errors by block, a verdict with its thresholds, and where to look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from html import escape
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from .._extras import optional
from .differences import NOISY, ROUNDING, SAFETY, Slope, norm
from .parameters import Array

#: A relative error up to the first is that of a correct gradient, above the second of a wrong one; between them the
#: gradient is suspicious.
CORRECT_BELOW, WRONG_ABOVE = 1e-6, 1e-4
#: The largest share of differences that may be set aside for their kinks before a gradient is called correct.
MOST_KINKS = 0.2
#: A block that noise hides is no alarm if it is a smaller share of the whole gradient than the first, or its gradient
#: smaller than the second share of that noise, which is zero.
NEGLIGIBLE, ZERO = 1e-6, 1e-3
#: A wrong entry alone makes a block suspicious if its error is at least this share of the block: the first where a
#: second look was to be had, the second at a single step, whose own error is of that order.
SMALLEST, SMALLEST_AT_ONE_STEP = 1e-10, 1e-8
#: How many of the entries that are furthest off a result lists.
N_WORST = 5
#: So many times the noise of a loss at one step is about the error of a slope.
NOISES = 4.0
#: Noise of a loss, relative to its size, between which a part of it is probably computed in float32.
LIKE_FLOAT32 = 1e-9, 1e-5
#: With such a loss a relative error up to this is suspicious, with a noisier one any: the noise may be swings.
CLEARLY_WRONG = 1e-2
SEVERITY = ("correct", "suspicious", "wrong")


class WorstEntry(NamedTuple):
    """An entry of the gradient that is far off.

    Attributes
    ----------
    block : str
        Name of its block.
    index : int or tuple of int
        Where in the block; along random directions the number of the direction.
    gradient, difference : float
        Both slopes.
    """

    block: str
    index: Any
    gradient: float
    difference: float


@dataclass(frozen=True, eq=False)
class BlockCheck:
    """The differences of one block of parameters that count.

    Attributes
    ----------
    indices : ndarray of shape (n_probes,)
        Which entries of the block they are.
    gradient, difference : ndarray of shape (n_probes,)
        Both slopes.
    n_kinks : int
        How many more were set aside.
    noise : ndarray of shape (n_probes,)
        How far off each difference may be: by rounding, about ``1e-16 |J| / h``, or where there was a second look by
        what other steps say against it.
    rounding : ndarray of shape (n_probes,)
        The part of the noise that float64 explains.
    smallest : float
        The error of a single entry counts from this share of the block on.
    """

    indices: Array
    gradient: Array
    difference: Array
    n_kinks: int
    noise: Array
    rounding: Array
    smallest: float = SMALLEST

    @classmethod
    def of(cls, gradient: Iterable[float], slopes: Iterable[Slope], smallest: float = SMALLEST) -> BlockCheck:
        """Set aside what crosses a kink."""
        difference, noise, rounding, _, crosses_kink, _ = (np.array(column) for column in zip(*slopes, strict=True))
        kept = np.flatnonzero(~crosses_kink)
        claimed = np.array(list(gradient))
        n_kinks = int(crosses_kink.sum())
        return cls(kept, claimed[kept], difference[kept], n_kinks, noise[kept], rounding[kept], smallest)

    @property
    def relative_error(self) -> float:
        """``||g - d|| / (||g|| + ||d||)``; 0 where both are 0."""
        return relative_error(self.gradient, self.difference)

    @property
    def size(self) -> float:
        """``||g|| + ||d||``."""
        return norm(self.gradient) + norm(self.difference)

    @property
    def is_unchecked(self) -> bool:
        """Whether all differences were set aside."""
        return len(self.indices) == 0

    @property
    def _error_beyond_noise(self) -> float:
        return relative_error(self.gradient, self.difference, SAFETY * self.noise)

    @property
    def _is_noisy(self) -> Array:
        """Which differences are noisier than float64 explains."""
        return self.noise > NOISY * self.rounding

    @property
    def _quiet_error(self) -> float:
        """What the others alone have of the error beyond noise, but for those that do not change the loss."""
        told = ~self._is_noisy & (self.difference != 0)
        return relative_error(self.gradient, self.difference, np.where(told, SAFETY * self.noise, np.inf))

    @property
    def is_zero(self) -> bool:
        """Whether the gradient is next to nothing beside what is rounded away."""
        return norm(self.gradient) <= ZERO * norm(self.noise) and not self.noise_of_loss

    def is_negligible(self, whole: float) -> bool:
        """Whether the block is zero, or next to nothing of a gradient of size `whole`."""
        return self.is_zero or self.size <= NEGLIGIBLE * whole

    def is_hidden(self, whole: float) -> bool:
        """Whether a wrong gradient could hide: in rounding that explains its error, or in any noise beyond rounding."""
        explained = self.relative_error > WRONG_ABOVE >= self._error_beyond_noise
        return (explained or self.noise_of_loss > 0) and not self.is_negligible(whole)

    def verdict(self, whole: float) -> str:
        """By the relative error beyond noise: "correct", "suspicious" or "wrong"."""
        error = self._error_beyond_noise
        if error > self.wrong_above or self._quiet_error > WRONG_ABOVE:
            return "wrong"
        known = np.isfinite([error, self.size, norm(self.noise)]).all() and not self.is_unchecked
        doubtful = error > CORRECT_BELOW or self.is_hidden(whole) or self._standing_out.any()
        return "correct" if known and not doubtful else "suspicious"

    @property
    def _standing_out(self) -> Array:
        """Which single entries are wrong, also where they are too small to show in the norms."""
        errors, sizes = np.abs(self.gradient - self.difference), np.abs(self.gradient) + np.abs(self.difference)
        return (errors > self.smallest * self.size + SAFETY * self.noise) & (errors > WRONG_ABOVE * sizes)

    def doubts(self, whole: float) -> tuple[Array, float, float]:
        """Which differences need another look, how exact, relative to their size, and from what size on."""
        is_nothing = self.is_zero or self.size <= self.smallest * whole
        if self.relative_error <= CORRECT_BELOW or (is_nothing and self._error_beyond_noise <= CORRECT_BELOW):
            return np.flatnonzero(self._standing_out), WRONG_ABOVE, self.smallest / WRONG_ABOVE * self.size
        sizes = np.abs(self.gradient) + np.abs(self.difference)
        off = np.abs(self.gradient - self.difference) > CORRECT_BELOW * sizes
        smaller = min(norm(self.gradient), norm(self.difference))
        return np.flatnonzero(off), CORRECT_BELOW, 2.0 * smaller / np.sqrt(len(sizes))

    @property
    def noise_of_loss(self) -> float:
        """How noisy the loss is, relative to its size, where that is more than float64's rounding and matters; or 0."""
        noisy = self._is_noisy
        if SAFETY * norm(self.noise[noisy]) <= CORRECT_BELOW * self.size:
            return 0.0
        return float(ROUNDING / NOISES * np.median(self.noise[noisy] / self.rounding[noisy]))

    @property
    def wrong_above(self) -> float:
        """From which relative error on the block is wrong: a larger one where noise could be swings of the loss."""
        noise = self.noise_of_loss
        return WRONG_ABOVE if not noise else CLEARLY_WRONG if noise <= LIKE_FLOAT32[1] else 1.0

    @property
    def factor(self) -> float | None:
        """The one number by which all differences must be multiplied for the gradient to be correct, or None."""
        size, allowance = norm(self.difference), SAFETY * norm(self.noise)
        if not allowance < size < np.inf:
            return None
        factor = float(self.gradient / size @ (self.difference / size))
        scaled = replace(self, difference=factor * self.difference, noise=abs(factor) * self.noise)
        explains = scaled.relative_error <= WRONG_ABOVE and scaled._error_beyond_noise <= CORRECT_BELOW
        differs = abs(factor - 1.0) > CORRECT_BELOW + allowance / size
        return factor if explains and differs and not scaled._standing_out.any() else None


def relative_error(gradient: Array, difference: Array, noise: float | Array = 0.0) -> float:
    """``||g - d|| / (||g|| + ||d||)``, with every ``|g_i - d_i|`` less by its noise.

    Parameters
    ----------
    gradient, difference : ndarray
        Both slopes, of one shape.
    noise : float or ndarray, default=0.0
        An error up to this counts as none.

    Returns
    -------
    float
        In [0, 1].
    """
    scale = float(max(np.max(np.abs(gradient), initial=0.0), np.max(np.abs(difference), initial=0.0)))
    if scale == 0:
        return 0.0
    gradient, difference = gradient / scale, difference / scale  # no square of what remains over- or underflows
    excess = norm(np.maximum(np.abs(gradient - difference) - noise / scale, 0.0))
    return excess / (norm(gradient) + norm(difference))


@dataclass(frozen=True, eq=False, repr=False)
class GradientCheckResult:
    """Whether a gradient is correct, and where it is not; true in a condition where it is.

    The relative error ``||g - d|| / (||g|| + ||d||)`` of a correct gradient is at most 1e-6, that of a wrong one above
    1e-4. Each block is judged by its error less ten times the noise of each difference: what rounding alone explains,
    or what looks at other steps say. "suspicious" is also a block whose error is above 1e-4 by rounding alone, unless
    it is zero or less than a millionth of the whole; one whose loss is noisier than float64's rounding, such as a loss
    with a part in float32, in which only an error above 1e-2 is a wrong one, or above 1e-4 of the entries without
    noise alone; one with figures that overflow; one with a single wrong entry that is too
    small to show in the norms; one that lies at a kink with all its entries; and the whole where more than a fifth of
    it does.

    Parameters
    ----------
    blocks : dict of str to BlockCheck
        The differences of each block, in the order of the forward pass.
    shapes : dict of str to tuple of int, default={}
        Shapes of the blocks whose entries have more than one index.
    along_directions : bool, default=False
        Whether the differences were taken along random directions.
    """

    blocks: dict[str, BlockCheck]
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    along_directions: bool = False

    @property
    def relative_error(self) -> float:
        """Over all that was checked."""
        gradient = np.concatenate([block.gradient for block in self.blocks.values()])
        difference = np.concatenate([block.difference for block in self.blocks.values()])
        return relative_error(gradient, difference)

    @property
    def block_errors(self) -> dict[str, float]:
        """Relative error of each block."""
        return {name: block.relative_error for name, block in self.blocks.items()}

    @property
    def block_verdicts(self) -> dict[str, str]:
        """Verdict on each block."""
        return {name: block.verdict(self._size) for name, block in self.blocks.items()}

    @property
    def _size(self) -> float:
        """That of the whole gradient, beside which a block may be negligible."""
        return norm(np.array([block.size for block in self.blocks.values()]))

    @property
    def n_checked(self) -> int:
        """How many differences counted."""
        return sum(len(block.indices) for block in self.blocks.values())

    @property
    def n_kinks(self) -> int:
        """How many were set aside, since their two probes lie on different sides of a kink."""
        return sum(block.n_kinks for block in self.blocks.values())

    @property
    def noise_of_loss(self) -> float:
        """How noisy the loss is, relative to its size, where that is more than float64's rounding; or 0."""
        return max(block.noise_of_loss for block in self.blocks.values())

    @property
    def has_too_many_kinks(self) -> bool:
        """Whether more than a fifth was set aside."""
        return self.n_kinks > MOST_KINKS * (self.n_checked + self.n_kinks)

    @property
    def verdict(self) -> str:
        """The worst of the blocks: "correct", "suspicious" or "wrong"; with too many kinks "suspicious" at best."""
        verdicts = [*self.block_verdicts.values(), "suspicious" if self.has_too_many_kinks else "correct"]
        return max(verdicts, key=SEVERITY.index)

    @property
    def suspect(self) -> str | None:
        """The block to look at first: the last of the worst, for there a backward pass went wrong first."""
        verdicts = self.block_verdicts
        worst = max(verdicts.values(), key=SEVERITY.index)
        return None if worst == "correct" else [name for name, found in verdicts.items() if found == worst][-1]

    @property
    def worst(self) -> list[WorstEntry]:
        """The entries that are furthest off, at most five: those of the suspected block first, then by their share."""
        suspect, entries = self.suspect, []
        for name, block in self.blocks.items():
            shares = np.abs(block.gradient - block.difference) / (block.size or 1.0)
            for number in np.argsort(-shares, kind="stable")[:N_WORST]:
                index = self._index(name, int(block.indices[number]))
                entry = WorstEntry(name, index, float(block.gradient[number]), float(block.difference[number]))
                entries.append((name != suspect, -float(shares[number]), entry))
        return [entry for _, _, entry in sorted(entries, key=lambda found: found[:2])[:N_WORST]]

    def _index(self, name: str, index: int) -> Any:
        if self.along_directions or name not in self.shapes:
            return index
        return tuple(map(int, np.unravel_index(index, self.shapes[name])))

    def __repr__(self) -> str:
        return f"GradientCheckResult(verdict={self.verdict!r}, relative_error={self.relative_error:.3g})"

    def __bool__(self) -> bool:
        return self.verdict == "correct"

    def __str__(self) -> str:
        width, verdicts = max(map(len, self.blocks)), self.block_verdicts
        lines = [self._summary()]
        for name, block in self.blocks.items():
            error = f"{block.relative_error:.1e}" if len(block.indices) else "no error"
            lines.append(f"  {name:{width}}  {error}  {verdicts[name]}{self._reason(block, verdicts[name])}")
        return "\n".join([*lines, *self._advice()])

    def _summary(self) -> str:
        what = "random directions" if self.along_directions else "parameters"
        text = f"Gradient check: {self.verdict}. Relative error {self.relative_error:.1e} over {self.n_checked} {what}"
        text += f" (correct up to {CORRECT_BELOW:.0e}, wrong above {WRONG_ABOVE:.0e})."
        if self.n_kinks:
            text += f"\n{self.n_kinks} more lie at a kink of an activation and are set aside."
        if self.has_too_many_kinks:
            text += " That is too many: check at other weights, or with a smooth activation."
        return text + self._noise()

    def _noise(self) -> str:
        """What to say of a noisy loss."""
        noise = self.noise_of_loss
        if not noise:
            return ""
        text = f"\nThe loss looks noisy, by about {noise:.0e} of its size, where float64 rounds to {ROUNDING:.0e}."
        like_float32 = LIKE_FLOAT32[0] < noise < LIKE_FLOAT32[1]
        return text + (" Is a part of it computed in float32?" if like_float32 else "")

    def _reason(self, block: BlockCheck, verdict: str) -> str:
        """Why the verdict is not the one that the error alone would give."""
        if block.is_unchecked:
            return ": not checked, all of it lies at a kink"
        cause = "noise" if block.noise_of_loss else "rounding"
        if verdict == "correct" and block.relative_error > CORRECT_BELOW:
            return f": the error is {cause}"
        hidden = verdict == "suspicious" and block.is_hidden(self._size)
        return f": {cause} is too large beside it to tell" if hidden else ""

    def _advice(self) -> list[str]:
        if self.suspect is None:
            return []
        advice = f"Look at {self.suspect} first"
        factor = self.blocks[self.suspect].factor
        digits = 4 if factor is None or abs(factor - 1.0) > 1e-2 else 8  # so that 1.00005 does not read as 1
        advice += "." if factor is None else f": its gradient is {factor:.{digits}g} times the difference throughout."
        names = list(self.blocks)
        before = [self.block_verdicts[name] for name in names[: names.index(self.suspect)]]
        if before and "correct" not in before:
            advice += " All before it are off too: the fault is in what the backward pass brings down to it."
        kind = " direction " if self.along_directions else ""
        entries = [f"  {entry.block}{kind}{np.atleast_1d(entry.index).tolist()}" for entry in self.worst]
        return [advice, "Furthest off:"] + [
            f"{name}  gradient {entry.gradient:.6g}  difference {entry.difference:.6g}"
            for name, entry in zip(entries, self.worst, strict=True)
        ]

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """All figures, as plain Python objects.

        Returns
        -------
        dict
            Attribute to value.
        """
        counts = ("n_checked", "n_kinks", "noise_of_loss")
        names = ("verdict", "relative_error", *counts, "suspect", "block_errors", "block_verdicts")
        return {name: getattr(self, name) for name in names} | {"worst": [entry._asdict() for entry in self.worst]}

    # The core itself knows neither pandas nor our plots: they are looked up when somebody who has them asks.

    def to_frame(self) -> Any:
        """One row for each block, as a pandas DataFrame.

        Returns
        -------
        DataFrame
            With the columns ``relative_error``, ``verdict``, ``n_checked`` and ``n_kinks``.
        """
        verdicts = self.block_verdicts
        rows = [
            (block.relative_error, verdicts[name], len(block.indices), block.n_kinks)
            for name, block in self.blocks.items()
        ]
        columns = ["relative_error", "verdict", "n_checked", "n_kinks"]
        pandas = optional("pandas", caller="to_frame", extra="report")
        return pandas.DataFrame(rows, columns=columns, index=[*self.blocks])

    def plot(self, ax: Any = None) -> Any:
        """Draw the error of each block beside the thresholds.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        GradientCheckDisplay
            The drawing.
        """
        return import_module("skdeep.plotting").GradientCheckDisplay.from_result(self, ax=ax)
