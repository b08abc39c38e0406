"""Is a gradient the derivative of its loss? Two-sided differences over all coordinates, or along random directions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from .differences import SAFETY, Line, ProbeFun, first_slope, norm
from .gradient_report import SMALLEST, SMALLEST_AT_ONE_STEP, BlockCheck, GradientCheckResult
from .parameters import Array
from .step_ladder import LARGEST, known_slope, looks_constant, looks_noisy

#: Returns the loss at theta, and its gradient in theta's shape.
Fun = Callable[[Any], tuple[Any, Any]]
MANY = 10_000  # above so many parameters random directions take the place of single coordinates
N_DIRECTIONS = 50
REST = "(in no block)"


def check_gradient(
    fun: Fun,
    theta: Any,
    *,
    epsilon: float | None = None,
    n_directions: int | None = None,
    blocks: Mapping[str, Any] | None = None,
    random_state: Any = None,
) -> GradientCheckResult:
    """Compare the gradient that a function returns with two-sided differences of its loss.

    With ``d_i = (J(theta + h e_i) - J(theta - h e_i)) / 2 h``, the relative error is ``||g - d|| / (||g|| + ||d||)``,
    over all coordinates and for each block. Where the two disagree, or rounding could hide that they do, the coordinate
    is measured again, at up to 18 steps between 3e-12 and 0.15. Two neighbouring ones give
    ``d(h) + (d(h) - d(q h)) / (q^2 - 1)``, with an error estimated from what smaller steps say against it, never from
    the gradient. So the noise of a loss, which weighs less the larger the step, is told from a wrong gradient, which
    stays wrong; and a loss that swings fast is met at small steps.

    Two kinds of agreement are doubted, too. A difference of exactly 0 may be rounded away: larger steps must not change
    the loss either, unless it goes on from there without a jump, as behind the kink of a dead unit. And where a part of
    the loss is rounded, small steps show the slope of the rest: a look across each block in a random direction, at four
    steps or more, tells, and then all of it is measured again.

    A single wrong entry that does not show in the norms is found where it is off by a ten-thousandth of itself, by
    1e-10 of its block's ``||g|| + ||d||``, and by ten times what rounding takes from the first difference, in all about
    ``4e-10 |J|``. Smaller errors pass: a part of theta with a gradient that much smaller than the rest should be a
    block of its own. That is judged by itself, and measured again unless it is less than 1e-10 of the whole.

    Parameters
    ----------
    fun : callable (theta) -> (loss, gradient)
        Deterministic; computes in float64; smooth within a step around theta, for beside a kink (``abs`` near 0) a
        difference has no gradient to agree with. Gets a fresh copy of theta at every call.
    theta : float or array-like of float
        Where to check: one array of any shape. Parameters in several are to be concatenated, and taken apart in
        `fun`; a list of arrays of one shape is an array with one axis more. float32 values are handed on in float64.
    epsilon : float, default=None
        The step ``h`` of every coordinate. If None ``6.06e-06 * max(1, |theta_i|)``, with the cube root of float64's
        rounding error: there what the difference cuts off, of the order of h squared, and what rounding takes from
        it, of the order of ``1e-16 / h``, are about the same. The course's 1e-7 rejects its own correct code. With a
        step of your own there is no second look, and a single entry counts from an error of 1e-8 of its block.
    n_directions : int, default=None
        Along how many random directions of length 1 to check instead of every coordinate, spread evenly over the
        blocks (at least one each). If None every coordinate is checked up to 10000 of them, 50 directions beyond.
    blocks : mapping of str to index, default=None
        Names parts of theta, each by what selects it in the flattened theta: a slice, integers or booleans. In the
        order of the forward pass, input first, so that the report can name the part where a backward pass went wrong
        first; what is in none of them is a block of its own. If None all of theta is one block, "theta".
    random_state : None, int or Generator, default=None
        Draws the directions; what `numpy.random.default_rng` takes.

    Returns
    -------
    GradientCheckResult
        True where the gradient is correct; print it.

    Raises
    ------
    TypeError
        When theta is not one array of floating-point numbers.
    ValueError
        When an argument breaks its rule, or `fun` returns another shape, values that are not finite or float32, gives
        two losses for one theta, or changes theta.

    References
    ----------
    Ng, "Improving Deep Neural Networks", week 1, "Gradient checking".

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.core import check_gradient
    >>> bool(check_gradient(lambda t: (t @ t, 2 * t), np.array([1.0, 2.0])))
    True
    >>> print(check_gradient(lambda t: (t @ t, t), np.array([1.0, 2.0])))
    Gradient check: wrong. Relative error 3.3e-01 over 2 parameters (correct up to 1e-06, wrong above 1e-04).
      theta  3.3e-01  wrong
    Look at theta first: its gradient is 0.5 times the difference throughout.
    Furthest off:
      theta[1]  gradient 2  difference 4
      theta[0]  gradient 1  difference 2
    """
    checked = CheckedFun(fun, theta)
    _, gradient = checked(checked.theta)
    return compare_gradient(
        gradient,
        lambda probe: (checked(probe)[0], b""),
        checked.theta,
        epsilon=epsilon,
        n_directions=n_directions,
        blocks=blocks,
        random_state=random_state,
    )


def compare_gradient(
    gradient: Array,
    probe: ProbeFun,
    theta: Array,
    *,
    epsilon: float | None = None,
    n_directions: int | None = None,
    blocks: Mapping[str, Any] | None = None,
    shapes: dict[str, tuple[int, ...]] | None = None,
    random_state: Any = None,
) -> GradientCheckResult:
    """As `check_gradient`, with the gradient known and a cheaper function for the probes that knows its kinks.

    Parameters
    ----------
    gradient : ndarray of shape (n_parameters,)
        What to check.
    probe : callable (theta) -> (loss, sides)
        The loss, and on which side of each kink of the loss theta lies. A difference whose two probes lie on different
        sides says nothing: it is counted and set aside.
    theta : ndarray of shape (n_parameters,), float64
        Where to check.
    epsilon : float, default=None
        As in `check_gradient`.
    n_directions : int, default=None
        As in `check_gradient`.
    blocks : mapping of str to index, default=None
        As in `check_gradient`.
    shapes : dict of str to tuple of int, default=None
        Shapes of blocks, for the indices of their entries.
    random_state : None, int or Generator, default=None
        As in `check_gradient`.

    Returns
    -------
    GradientCheckResult
        Of the comparison.
    """
    named = _block_indices(blocks, theta.size)
    _require(epsilon is None or _is_positive(epsilon, Real), "epsilon", "a positive, finite number or None", epsilon)
    known = n_directions is None or _is_positive(n_directions, Integral)
    _require(known, "n_directions", "a positive integer or None", n_directions)
    _require(bool(np.isfinite(gradient).all()), "the gradient", "finite", "NaN or infinity in it")
    if n_directions is None and theta.size > MANY:
        n_directions = N_DIRECTIONS
    rng = np.random.default_rng(random_state)
    shares = [None] * len(named) if n_directions is None else _shares(int(n_directions), len(named))
    loss = probe(theta.copy())[0]
    checks = {}
    for (name, indices), share in zip(named.items(), shares, strict=True):
        directions = _coordinates(indices) if share is None else _directions(indices, share, rng)
        directions += _directions(indices, 1, np.random.default_rng(0))  # across the block, the same at every call
        *lines, across = (Line(probe, theta, loss, *direction) for direction in directions)
        checks[name] = _Comparison(gradient, lines, across, epsilon)
    whole = norm(np.array([check.result.size for check in checks.values()]))
    if epsilon is None:
        for check in checks.values():
            check.look_again(whole)
        noises = [noise for check in checks.values() for noise in check.noises]
        for check in checks.values():
            check.allow_for(float(np.median(noises)) if noises else 0.0)
    results = {name: check.result for name, check in checks.items()}
    return GradientCheckResult(results, shapes or {}, along_directions=n_directions is not None)


class _Comparison:
    """The gradient of one block beside differences along lines."""

    def __init__(self, gradient: Array, lines: list[Line], across: Line, epsilon: float | None) -> None:
        self.lines, self.across, self.across_gradient = lines, across, across.along(gradient)
        self.gradient = [line.along(gradient) for line in lines]
        self.slopes = [first_slope(line, epsilon) for line in lines]
        self.smallest = SMALLEST if epsilon is None else SMALLEST_AT_ONE_STEP

    @property
    def result(self) -> BlockCheck:
        return BlockCheck.of(self.gradient, self.slopes, self.smallest)

    def look_again(self, whole: float) -> None:
        """At other steps, along the lines where gradient and difference may not agree, or the loss does not change."""
        result = self.result
        doubtful, tolerance, scale = result.doubts(whole)
        again = set(result.indices if looks_noisy(self.across, self.across_gradient) else result.indices[doubtful])
        again |= {i for i, slope in enumerate(self.slopes) if slope.is_flat and not looks_constant(self.lines[i])}
        for i in again:
            self.slopes[i] = known_slope(self.lines[i], self.slopes[i], self.gradient[i], tolerance, scale)

    @property
    def noises(self) -> list[float]:
        """Those of the loss, along the lines where float64 does not explain them."""
        return [slope.error * slope.step for slope in self.slopes if not slope.is_rounding]

    def allow_for(self, noise: float) -> None:
        """A noise that is seen elsewhere may hide what the gradient says here, at all steps."""
        for i, slope in enumerate(self.slopes):
            if slope.is_rounding and abs(slope.value - self.gradient[i]) > SAFETY * slope.error:
                hidden = noise / (LARGEST * self.lines[i].scale)
                self.slopes[i] = slope._replace(error=max(slope.error, hidden))


class CheckedFun:
    """The user's function, held at every call to what a check needs.

    Parameters
    ----------
    fun : callable (theta) -> (loss, gradient)
        The function.
    theta : float or array-like of float
        Gives the shape in which `fun` wants theta.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,), float64
        The starting point, flat.
    """

    def __init__(self, fun: Fun, theta: Any) -> None:
        _require(callable(fun), "fun", "a callable (theta) -> (loss, gradient)", fun)
        start = _one_array(theta)
        _require(start.size > 0, "theta", "at least one parameter", f"shape {start.shape}")
        _require(bool(np.isfinite(start).all()), "theta", "finite", "NaN or infinity in it")
        self.fun, self.shape = fun, start.shape
        self.theta = np.array(start, dtype=np.float64).ravel()
        first, second = (self(self.theta)[0] for _ in range(2))
        if first != second:
            raise ValueError(
                "fun must return the same loss for the same theta; freeze its random masks, if it has any. "
                f"Got {first!r} and {second!r}."
            )

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Loss and flat gradient at a flat theta."""
        shaped = theta.reshape(self.shape).copy()
        returned = self.fun(shaped)
        if not (isinstance(returned, tuple | list) and len(returned) == 2):
            raise ValueError(f"fun must return (loss, gradient). Got {type(returned).__name__}.")
        loss, gradient = map(_as_array, returned)
        if gradient.dtype == object:
            rule = f"fun must return its gradient as one array in theta's shape, {self.shape}"
            raise ValueError(f"{rule}. Got {_kind(returned[1])}.")
        if not np.array_equal(shaped.ravel(), theta):
            raise ValueError("fun must leave theta as it is. Got a changed theta: copy it before working on it.")
        for name, value, shape in (("loss", loss, ()), ("gradient", gradient, self.shape)):
            if value.shape != shape and not (shape == () and value.size == 1):
                raise ValueError(f"fun must return a {name} of shape {shape}. Got shape {value.shape}.")
            if value.dtype in (np.float16, np.float32):
                raise ValueError(
                    f"fun must compute in float64: in float32 no error below about 1e-3 can be told from rounding. "
                    f"Got a {name} in {value.dtype}."
                )
            _require(value.dtype.kind in "fiu", f"the {name} of fun", "real numbers", f"{value.dtype} values")
            if not np.isfinite(value).all():
                raise ValueError(f"fun must return a finite {name}, at theta and just beside it. Got NaN or infinity.")
        return float(loss.reshape(())), np.array(gradient, dtype=np.float64).ravel()


def _as_array(values: Any) -> Array:
    """An array, of objects where they do not fit into one of numbers."""
    try:
        return np.asarray(values)
    except ValueError:  # arrays of different shapes
        return np.asarray(None)


def _one_array(theta: Any) -> Array:
    """Theta as it is, if it is floating-point numbers in one array."""
    start = _as_array(theta)
    if start.dtype == object:
        raise TypeError(
            "theta must be one array of floating-point numbers: concatenate its parts, as in "
            f"np.concatenate([W.ravel(), b.ravel()]), and take them apart in fun. Got {_kind(theta)}."
        )
    if start.dtype.kind != "f":
        raise TypeError(f"theta must be floating-point, as by theta.astype(float). Got {start.dtype} values.")
    return start


def _kind(value: Any) -> str:
    """What an object is, in a word or two."""
    if isinstance(value, Mapping | list | tuple):
        return f"a {type(value).__name__} of length {len(value)}"
    return "None" if value is None else f"{type(value).__name__}, of objects"


def _is_positive(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and bool(0 < value < np.inf)  # type: ignore[operator]


def _require(holds: Any, name: str, rule: str, got: Any) -> None:
    if not holds:
        raise ValueError(f"{name} must be {rule}. Got {got!r}.")


def _block_indices(blocks: Mapping[str, Any] | None, n_parameters: int) -> dict[str, Array]:
    """The coordinates of each block."""
    if blocks is None:
        return {"theta": np.arange(n_parameters)}
    _require(isinstance(blocks, Mapping) and len(blocks) > 0, "blocks", "a mapping of name to index", blocks)
    everything = np.arange(n_parameters)
    indices, covered = {}, np.zeros(n_parameters, dtype=bool)
    for name, index in blocks.items():
        argument = f"blocks[{name!r}]"
        _require(isinstance(name, str) and name != REST, "blocks", f"named by strings other than {REST!r}", name)
        try:
            chosen = np.atleast_1d(everything[index])
        except (IndexError, TypeError) as error:
            raise ValueError(
                f"{argument} must select from {n_parameters} parameters. Got {index!r}: {error}."
            ) from error
        _require(chosen.ndim == 1 and chosen.size > 0, argument, "a slice or a list of at least one parameter", index)
        _require(np.unique(chosen).size == chosen.size, argument, "a list of different parameters", index)
        indices[name] = chosen
        covered[chosen] = True
    if not covered.all():
        indices[REST] = np.flatnonzero(~covered)
    return indices


def _shares(total: int, n_blocks: int) -> list[int]:
    """The number of directions of each block: as even as can be, at least one."""
    return [max(1, total // n_blocks + (number < total % n_blocks)) for number in range(n_blocks)]


Direction = tuple[Any, Any]  # which coordinates move, and how far each


def _coordinates(indices: Array) -> list[Direction]:
    """Each coordinate by itself."""
    return [(index, 1.0) for index in indices]


def _directions(indices: Array, n_directions: int, rng: np.random.Generator) -> list[Direction]:
    """Random directions of length 1 within the block."""
    drawn = rng.standard_normal((n_directions, indices.size))
    return [(indices, direction / np.linalg.norm(direction)) for direction in drawn]
