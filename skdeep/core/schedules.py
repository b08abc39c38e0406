"""The learning rate as a function of the step, counted from 0 over the whole training.

A schedule is any callable ``step -> rate``; these are the named ones. One that can do more when training stalls
than give up has a method ``lower() -> bool`` beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi

from .parameters import Array

Rate = float | Array
Schedule = Callable[[int], Rate]


@dataclass(frozen=True)
class Constant:
    """``initial`` at every step."""

    initial: Rate

    def __call__(self, step: int) -> Rate:
        """The rate of this step."""
        return self.initial


@dataclass(frozen=True)
class InverseScaling:
    """``initial / (step + 1)^power``."""

    initial: Rate
    power: float = 0.5

    def __call__(self, step: int) -> Rate:
        """The rate of this step."""
        return self.initial / (step + 1) ** self.power


@dataclass(frozen=True)
class Exponential:
    """``initial * final_share^(step / n_steps)``: the same factor at every step."""

    initial: Rate
    n_steps: int
    final_share: float = 0.01

    def __call__(self, step: int) -> Rate:
        """The rate of this step."""
        return self.initial * self.final_share ** (min(step, self.n_steps) / self.n_steps)


@dataclass(frozen=True)
class Cosine:
    """Linear warm-up over the first share of the steps, then half a cosine down to zero (Loshchilov & Hutter, 2017)."""

    initial: Rate
    n_steps: int
    warmup_share: float = 0.0

    def __call__(self, step: int) -> Rate:
        """The rate of this step."""
        n_warmup = int(self.warmup_share * self.n_steps)
        if step < n_warmup:
            return self.initial * ((step + 1) / (n_warmup + 1))
        progress = min(1.0, (step - n_warmup) / max(1, self.n_steps - n_warmup))
        return self.initial * (0.5 * (1.0 + cos(pi * progress)))


@dataclass(frozen=True)
class Restarted:
    """A schedule that begins anew at a later step (warm restarts: Loshchilov & Hutter, 2017)."""

    schedule: Schedule
    start: int

    def __call__(self, step: int) -> Rate:
        """The rate of this step."""
        return self.schedule(step - self.start)


@dataclass
class Adaptive:
    """The rate stays while training improves and is divided whenever it stalls, until it is `lowest` or less."""

    current: float
    divisor: float = 5.0
    lowest: float = 1e-6

    def __call__(self, step: int) -> Rate:
        """The rate of this step."""
        return self.current

    def lower(self) -> bool:
        """Divide the rate; False, and no change, where it is low enough."""
        if self.current <= self.lowest:
            return False
        self.current /= self.divisor
        return True


#: ``(initial rate, number of steps in the whole training) -> schedule``, by name.
SCHEDULES: dict[str, Callable[[float, int], Schedule]] = {
    "constant": lambda initial, n_steps: Constant(initial),
    "invscaling": lambda initial, n_steps: InverseScaling(initial),
    "exponential": Exponential,
    "cosine": Cosine,
    "warmup_cosine": lambda initial, n_steps: Cosine(initial, n_steps, warmup_share=0.05),
    "adaptive": lambda initial, n_steps: Adaptive(initial),
}
