"""First-order optimizers over one flat vector: bind once to its shape, then step in place.

A step reads the gradient and may use it up. Each works through theta in pieces that fit the processor's cache, so
that the passes of one rule read main memory once. A rate is a float, or in a stack of networks an array (..., 1).
Threads share a step: one calls `begin`, then each part of the vector is moved by `move`, in any order.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any, Protocol, Self

import numpy as np

from .parameters import Array, in_pieces, piece_scratch

#: Which networks of a stack: a number, an array of numbers or booleans, or ... for all that there is.
Networks = int | Array | EllipsisType
#: What the rule of one step multiplies by, in the precision of theta.
Constants = tuple[Array, ...]


class Optimizer(Protocol):
    """What the training loop asks of an optimizer."""

    def bind(self, theta: Array) -> None:
        """Allocate the state for a vector of this shape and precision, all moments zero."""
        ...

    def step(self, theta: Array, gradient: Array, rate: float | Array) -> None:
        """Move `theta` in place; `gradient` is used up."""
        ...

    def begin(self, theta: Array, rate: float | Array) -> Constants:
        """Count a step whose parts `move` is to move; what it needs for that."""
        ...

    def move(
        self,
        theta: Array,
        gradient: Array,
        constants: Constants,
        part: slice | None = None,
        scratch: Array | None = None,
    ) -> None:
        """Move `theta`, or a part of it, in place; its `gradient` and `scratch`, of a piece's size, are used up."""
        ...

    def flush(self) -> None:
        """Set to zero what has decayed so far that it is about to become subnormal."""
        ...

    def select(self, networks: Networks) -> Self:
        """An optimizer of its own that goes on for one network of a stack, for some of them, or for all."""
        ...


#: By adding and subtracting it again, numbers below about 1e-27 (float32) or 1e-36 become zero, others move by less.
FIRST_FLOOR = 1e-20
#: The same for means of squares: 1e-37 and 1e-46, far below the square of any epsilon.
SQUARE_FLOOR = 1e-30


def _flush(moment: Array, floor: float) -> None:
    # A moment that decays by 0.9 a step never reaches zero: it stays at the smallest subnormal number, and on many
    # processors arithmetic on those takes ten times as long or more.
    for (piece,) in in_pieces(moment):
        piece += floor
        piece -= floor


def _select(optimizer: Any, names: tuple[str, ...], networks: Networks) -> Any:
    """A copy of the optimizer with copies of those networks' moments."""
    selected = copy(optimizer)
    for name in names:
        setattr(selected, name, getattr(optimizer, name)[networks].copy())
    return selected


def _constant(value: float | Array, like: Array) -> Array:
    """As an array, in the precision of a vector: numpy would convert a Python number at every use."""
    return np.asarray(value, dtype=like.dtype)


@dataclass(eq=False)
class SGD:
    """Gradient descent with momentum, ``v <- momentum v - rate g``, then ``theta += v``.

    Parameters
    ----------
    momentum : float, default=0.9
        In [0, 1); 0 is plain gradient descent.
    nesterov : bool, default=True
        Step by ``momentum v - rate g`` with the new `v` (Nesterov, 1983; Sutskever et al., 2013).
    """

    momentum: float = 0.9
    nesterov: bool = True
    _velocity: Array = field(init=False, repr=False)

    def bind(self, theta: Array) -> None:
        """Allocate a velocity of zeros in the shape and precision of `theta`."""
        self._velocity = np.zeros_like(theta)

    def step(self, theta: Array, gradient: Array, rate: float | Array) -> None:
        """Move `theta` in place; `gradient` is used up."""
        self.move(theta, gradient, self.begin(theta, rate))

    def begin(self, theta: Array, rate: float | Array) -> Constants:
        """What `move` needs for a step."""
        return _constant(rate, theta), _constant(self.momentum, theta)

    def move(
        self,
        theta: Array,
        gradient: Array,
        constants: Constants,
        part: slice | None = None,
        scratch: Array | None = None,
    ) -> None:
        """Move `theta`, or a part of it, in place; its `gradient` is used up."""
        (rates, momentum), velocities = constants, self._velocity
        if part is not None:
            theta, gradient, velocities = theta[part], gradient[part], velocities[part]
        for moved, step, velocity, rate in in_pieces(theta, gradient, velocities, rates):
            step *= rate
            velocity *= momentum
            velocity -= step
            if self.nesterov:
                moved -= step
                np.multiply(velocity, momentum, out=step)
                moved += step
            else:
                moved += velocity

    def flush(self) -> None:
        """Set to zero what has decayed so far that it is about to become subnormal."""
        _flush(self._velocity, FIRST_FLOOR)

    def select(self, networks: Networks) -> Self:
        """An optimizer of its own that goes on for one network of a stack, for some of them, or for all."""
        selected: Self = _select(self, ("_velocity",), networks)
        return selected


@dataclass(eq=False)
class RMSProp:
    """Steps scaled by a running mean of squares, ``theta -= rate g / (sqrt(v) + epsilon)`` (Hinton, 2012).

    Parameters
    ----------
    decay : float, default=0.9
        Of the running mean ``v <- decay v + (1 - decay) g^2``.
    epsilon : float, default=1e-8
        Keeps the quotient finite.
    """

    decay: float = 0.9
    epsilon: float = 1e-8
    _square: Array = field(init=False, repr=False)
    _scratch: Array = field(init=False, repr=False)

    def bind(self, theta: Array) -> None:
        """Allocate a mean square of zeros in the shape and precision of `theta`."""
        self._square = np.zeros_like(theta)
        self._scratch = piece_scratch(theta)

    def step(self, theta: Array, gradient: Array, rate: float | Array) -> None:
        """Move `theta` in place; `gradient` is used up."""
        self.move(theta, gradient, self.begin(theta, rate))

    def begin(self, theta: Array, rate: float | Array) -> Constants:
        """What `move` needs for a step."""
        return tuple(_constant(value, theta) for value in (rate, self.decay, 1.0 - self.decay, self.epsilon))

    def move(
        self,
        theta: Array,
        gradient: Array,
        constants: Constants,
        part: slice | None = None,
        scratch: Array | None = None,
    ) -> None:
        """Move `theta`, or a part of it, in place; its `gradient` and `scratch`, of a piece's size, are used up."""
        rates, decay, rest, epsilon = constants
        squares, scratch = self._square, self._scratch if scratch is None else scratch
        if part is not None:
            theta, gradient, squares = theta[part], gradient[part], squares[part]
        for moved, step, square, rate in in_pieces(theta, gradient, squares, rates):
            root = scratch[: step.size].reshape(step.shape)
            np.multiply(step, step, out=root)
            root *= rest
            square *= decay
            square += root
            np.sqrt(square, out=root)
            root += epsilon
            step /= root
            step *= rate
            moved -= step

    def flush(self) -> None:
        """Set to zero what has decayed so far that it is about to become subnormal."""
        _flush(self._square, SQUARE_FLOOR)

    def select(self, networks: Networks) -> Self:
        """An optimizer of its own that goes on for one network of a stack, for some of them, or for all."""
        selected: Self = _select(self, ("_square",), networks)
        selected._scratch = piece_scratch(selected._square)
        return selected


@dataclass(eq=False)
class Adam:
    """Adaptive moments (Kingma & Ba, 2015), bias corrections folded into the rate as at the end of their section 2.

    ``theta -= rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)``.

    Parameters
    ----------
    beta_1 : float, default=0.9
        Decay of the first moment ``m <- beta_1 m + (1 - beta_1) g``.
    beta_2 : float, default=0.999
        Decay of the second moment ``v <- beta_2 v + (1 - beta_2) g^2``.
    epsilon : float, default=1e-8
        Keeps the quotient finite.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    _first: Array = field(init=False, repr=False)
    _second: Array = field(init=False, repr=False)
    _constants: Constants = field(init=False, repr=False)
    _n_steps: int = field(init=False, default=0, repr=False)

    def bind(self, theta: Array) -> None:
        """Allocate moments of zeros in the shape and precision of `theta`."""
        self._first, self._second = np.zeros_like(theta), np.zeros_like(theta)
        # The moments are kept as m / (1 - beta_1) and v / (1 - beta_2); the two factors join the bias corrections
        # in the rate and in epsilon. That saves two of twelve passes over all parameters, and a buffer.
        epsilon = self.epsilon / (1.0 - self.beta_2) ** 0.5
        self._constants = tuple(_constant(value, theta) for value in (self.beta_1, self.beta_2, epsilon))
        self._n_steps = 0

    def step(self, theta: Array, gradient: Array, rate: float | Array) -> None:
        """Move `theta` in place; `gradient` is used up."""
        self.move(theta, gradient, self.begin(theta, rate))

    def begin(self, theta: Array, rate: float | Array) -> Constants:
        """Count a step; what `move` needs for it."""
        self._n_steps += 1
        root = ((1.0 - self.beta_2**self._n_steps) / (1.0 - self.beta_2)) ** 0.5
        rates = _constant(rate * (root * (1.0 - self.beta_1) / (1.0 - self.beta_1**self._n_steps)), theta)
        return rates, *self._constants

    def move(
        self,
        theta: Array,
        gradient: Array,
        constants: Constants,
        part: slice | None = None,
        scratch: Array | None = None,
    ) -> None:
        """Move `theta`, or a part of it, in place; its `gradient` is used up."""
        (rates, beta_1, beta_2, epsilon), firsts, seconds = constants, self._first, self._second
        if part is not None:
            theta, gradient, firsts, seconds = theta[part], gradient[part], firsts[part], seconds[part]
        for moved, step, first, second, rate in in_pieces(theta, gradient, firsts, seconds, rates):
            first *= beta_1
            first += step
            step *= step
            second *= beta_2
            second += step
            np.sqrt(second, out=step)
            step += epsilon
            np.divide(first, step, out=step)
            step *= rate
            moved -= step

    def flush(self) -> None:
        """Set to zero what has decayed so far that it is about to become subnormal."""
        _flush(self._first, FIRST_FLOOR)
        _flush(self._second, SQUARE_FLOOR)

    def select(self, networks: Networks) -> Self:
        """An optimizer of its own that goes on for one network of a stack, for some of them, or for all."""
        selected: Self = _select(self, ("_first", "_second"), networks)
        return selected
