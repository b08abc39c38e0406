"""skdeep.core.differences and skdeep.core.step_ladder: checks of losses that are hard to take differences of."""

import math
import runpy
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from skdeep.core import check_gradient

PROBLEMS = runpy.run_path(str(Path(__file__).parents[1] / "gradient_problems.py"))
CASES = {name: (problem, theta) for name, problem, theta in PROBLEMS["cases"]()}
# Where the check once called a right gradient wrong, and every eleventh of the others.
HARD = [
    *[f"schaffer_two, {where}" for where in ("random 0", "random 1", "random 2", "far")],
    *[f"trigonometric_two, {where}" for where in ("random 0", "random 1", "random 2", "near 0", "far")],
    *[f"whitley, {where}" for where in ("random 0", "random 1", "random 2")],
    *[f"{name}, minimum" for name in ("rosenbrock", "colville", "goldstein_price", "perm", "box_three", "biggs_six")],
    *["brown_badly_scaled, minimum", "michalewicz, far", "michalewicz, near 0", "pen_holder, far"],
]
NAMES = [*HARD, *[name for name in [*CASES][::11] if name not in HARD]]


def is_checkable(name):
    """Whether the gradient is more than a millionth of its loss."""
    problem, theta = CASES[name]
    loss, gradient = problem.fun(theta)
    return np.max(np.abs(gradient) * np.maximum(1, np.abs(theta))) >= 1e-6 * abs(loss) > 0


def thousandth_off(gradient):
    """The largest entry times 1.001, and which it is."""
    entry = int(np.argmax(np.abs(gradient)))
    return np.where(np.arange(len(gradient)) == entry, 1.001, 1.0) * gradient, entry


@pytest.fixture
def counted():
    """A check that counts how often the function is called."""

    def check(fun, theta, **arguments):
        calls = []

        def counting(t):
            calls.append(1)
            return fun(t)

        return check_gradient(counting, theta, **arguments), len(calls)

    return check


@pytest.mark.parametrize("name", NAMES)
def test_the_right_gradient_of_a_test_function_is_not_called_wrong(name):
    """Exact gradients by complex steps; correct wherever the gradient is not next to nothing beside its loss."""
    problem, theta = CASES[name]
    verdict = check_gradient(problem.fun, theta).verdict
    assert verdict == "correct" or (verdict == "suspicious" and not is_checkable(name))


@pytest.mark.parametrize("name", filter(is_checkable, NAMES))
def test_an_error_of_a_thousandth_in_the_largest_entry_is_found(name):
    """And the entry is named."""
    problem, theta = CASES[name]
    right = problem.fun(theta)[1]
    planted, entry = thousandth_off(right)
    result = check_gradient(lambda t: (problem.fun(t)[0], planted), theta)
    assert result.verdict != "correct"
    assert result.worst[0].index == entry


def test_complex_steps_are_a_gradient():
    """The oracle agrees with a gradient by formula."""
    theta = np.array([0.3, -1.2, 2.0])
    assert PROBLEMS["gradient"](PROBLEMS["rosenbrock"], theta) == pytest.approx(rosen_der(theta), rel=1e-13)


@pytest.mark.parametrize("n", [2, 7])
def test_a_right_gradient_at_a_minimum_of_zero_is_correct(n):
    """There rounding is that of the probes, for the loss itself is 0; an error beside it is still wrong."""
    assert check_gradient(lambda t: (rosen(t), rosen_der(t)), np.ones(n)).verdict == "correct"
    assert check_gradient(lambda t: (rosen(t), rosen_der(t) + 1e-6), np.ones(n)).verdict == "wrong"


@pytest.mark.parametrize("frequency", [1e2, 1e4, 1e6, 1e8])
def test_a_loss_that_swings_fast_is_met_at_small_steps(frequency):
    """Far faster than the first step can see."""
    theta = np.array([1.0, -2.0, 0.3])
    for factor, verdict in ((1.0, "correct"), (1.1, "wrong")):
        result = check_gradient(
            lambda t, factor=factor: (np.sum(np.sin(frequency * t)), factor * frequency * np.cos(frequency * t)), theta
        )
        assert result.verdict == verdict


@cache
def rows(dtype):
    """Inputs and one-hot targets."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(50, 6)).astype(dtype), np.eye(3, dtype=dtype)[rng.integers(3, size=50)]


def network(theta, dtype=np.float64):
    """Loss and gradient of a layer of tanh and a softmax, all in one precision."""
    X, Y = rows(dtype)
    theta = theta.astype(dtype)
    W, b, V, c = theta[:30].reshape(6, 5), theta[30:35], theta[35:50].reshape(5, 3), theta[50:]
    A = np.tanh(X @ W + b)
    p = np.exp(A @ V + c)
    p /= p.sum(axis=1, keepdims=True)
    top = (p - Y) / dtype(50)
    down = (top @ V.T) * (1 - A * A)
    parts = X.T @ down, down.sum(axis=0), A.T @ top, top.sum(axis=0)
    return -np.mean(np.log((p * Y).sum(axis=1))), np.concatenate([part.ravel() for part in parts])


WEIGHTS = np.random.default_rng(1).normal(scale=0.4, size=53)
RIGHT = network(WEIGHTS)[1]
LAYERS = {"W": slice(30), "b": slice(30, 35), "V": slice(35, 50), "c": slice(50, 53)}
PENALTY = 1e-4
ACROSS = 10  # losses that the look across a block takes at least


def in_two_precisions(theta, gradient):
    """The network's loss in float32, and a penalty in float64, with any gradient."""
    return float(network(theta, np.float32)[0]) + PENALTY / 2 * float(theta @ theta), gradient


NOISY = {
    "in float32": lambda t: float(network(t, np.float32)[0]),
    "rounded to six decimals": lambda t: round(float(network(t)[0]), 6),
    "a part in float32": lambda t: network(t)[0] - network(t[::-1])[0] + float(network(t[::-1], np.float32)[0]),
    "noise of 1e-8": lambda t: network(t)[0] * (1 + 1e-8 * math.sin(1e13 * t.sum())),
}


@pytest.mark.parametrize("kind", NOISY)
def test_a_right_gradient_of_a_noisy_loss_is_not_called_wrong(kind):
    """It is suspicious, and the report says why."""
    result = check_gradient(lambda t: (NOISY[kind](t), RIGHT), WEIGHTS, blocks=LAYERS)
    assert result.verdict == "suspicious"
    assert "wrong" not in result.block_verdicts.values()
    assert "The loss looks noisy, by about" in str(result)
    assert "noise is too large beside it to tell" in str(result)


def test_the_noise_is_measured_and_float32_suspected():
    """Float32 rounds to 1.2e-7."""
    result = check_gradient(lambda t: (NOISY["in float32"](t), RIGHT), WEIGHTS)
    assert 1e-8 < result.noise_of_loss < 1e-6
    assert "Is a part of it computed in float32?" in str(result)
    assert result.to_dict()["noise_of_loss"] == result.noise_of_loss


def test_a_float64_loss_is_not_called_noisy():
    """Neither where the gradient is right nor where it is wrong."""
    for factor in (1.0, 1.001, 2.0):
        result = check_gradient(lambda t, factor=factor: (network(t)[0], factor * network(t)[1]), WEIGHTS)
        assert result.noise_of_loss == 0.0
        assert "noisy" not in str(result)


@pytest.mark.parametrize("kind", ["in float32", "rounded to six decimals", "noise of 1e-8"])
def test_a_clearly_wrong_gradient_of_a_noisy_loss_is_wrong(kind):
    """A factor of two is no noise, and only the block that has it is wrong."""
    wrong = RIGHT.copy()
    wrong[LAYERS["V"]] *= 2
    verdicts = check_gradient(lambda t: (NOISY[kind](t), wrong), WEIGHTS, blocks=LAYERS).block_verdicts
    assert [name for name, verdict in verdicts.items() if verdict == "wrong"] == ["V"]


@pytest.mark.parametrize("kind", NOISY)
def test_a_thousandth_beside_noise_is_never_called_correct(kind):
    """Whatever the noise hides."""
    planted = thousandth_off(RIGHT)[0]
    assert check_gradient(lambda t: (NOISY[kind](t), planted), WEIGHTS).verdict != "correct"


@pytest.mark.parametrize("blocks", [None, LAYERS], ids=["whole", "layers"])
def test_a_right_gradient_of_a_loss_in_two_precisions_is_not_called_wrong(blocks):
    """At small steps only the penalty changes the loss, without any noise."""
    right = RIGHT + PENALTY * WEIGHTS
    result = check_gradient(lambda t: in_two_precisions(t, right), WEIGHTS, blocks=blocks)
    assert set(result.block_verdicts.values()) == {"suspicious"}


@pytest.mark.parametrize("factor", [-1.0, 0.0, 2.0])
def test_a_wrong_gradient_of_a_loss_in_two_precisions_is_never_called_correct(factor):
    """With 0 it is that of the penalty alone, with which small steps agree."""
    wrong = factor * RIGHT + PENALTY * WEIGHTS
    assert check_gradient(lambda t: in_two_precisions(t, wrong), WEIGHTS).verdict != "correct"


def test_a_slope_that_noise_elsewhere_may_hide_is_not_called_wrong():
    """Beside 3e4 float32 has no place for the right block, of which the penalty in float64 knows nothing."""

    def fun(t):
        data = np.float32(3e4 + np.sum(t[:4] ** 2) + 1e-3 * np.sum(t[4:]))
        return float(data) + 0.05 * float(t[:4] @ t[:4]), np.append(2.1 * t[:4], [1e-3, 1e-3])

    result = check_gradient(fun, np.arange(1.0, 7.0) / 3, blocks={"left": slice(4), "right": slice(4, 6)})
    assert result.block_verdicts == {"left": "suspicious", "right": "suspicious"}


ROUNDED = {
    "float32": lambda loss: float(np.float32(loss)),
    "six decimals": lambda loss: round(float(loss), 6),
    "four decimals": lambda loss: round(float(loss), 4),
}


@pytest.mark.parametrize("kind", ROUNDED)
def test_a_zero_gradient_is_not_correct_where_rounding_hides_the_slope(kind):
    """The first step does not change the loss, larger ones do."""
    theta = np.random.default_rng(0).normal(size=30)
    result = check_gradient(lambda t: (ROUNDED[kind](100 + 5e-3 * t @ t), 0 * t), theta)
    assert result.verdict != "correct"


def test_a_forgotten_bias_of_small_weights_in_float32_is_not_correct():
    """There the first step changes nothing."""
    wrong = network(1e-2 * WEIGHTS)[1]
    wrong[LAYERS["b"]] = 0
    result = check_gradient(lambda t: (NOISY["in float32"](t), wrong), 1e-2 * WEIGHTS, blocks=LAYERS)
    assert result.block_verdicts["b"] != "correct"


@pytest.mark.parametrize("distance", [1e-3, 0.1, 10.0])
def test_dead_units_are_correct_at_little_cost(distance, counted):
    """A relu is flat up to its kink, however near that is to the largest step."""

    def fun(t):
        alive = np.maximum(t - distance, 0)
        return np.sum(alive**2) + np.sum(alive) + t[0] ** 2, 2 * alive + (alive > 0) + 2 * t * (np.arange(6) == 0)

    theta = np.linspace(-1, 0, 6) * distance
    result, calls = counted(fun, theta)
    assert result.verdict == "correct"
    assert calls <= 2 * 6 + 4 + 40 * 6


@pytest.mark.parametrize("scale", [1e-200, 1e-160, 1e160, 1e300])
def test_neither_overflow_nor_underflow_hides_an_error(scale):
    """The squares of such entries are infinite, or 0."""
    theta = np.array([0.3, -1.2, 0.7])
    assert check_gradient(lambda t: (scale * (t @ t), 2 * scale * t), theta).verdict == "correct"
    result = check_gradient(lambda t: (scale * (t @ t), 7 * scale * t), theta)
    assert result.verdict == "wrong"
    assert result.relative_error == pytest.approx(5 / 9)


def test_a_kink_beside_one_entry_does_not_excuse_the_others():
    """It lies nearer than any step, so that its entry looks noisy; a factor of two on all is wrong."""
    theta = np.append(1e-10, np.linspace(1, 2, 19))

    def fun(t, factor):
        return np.abs(t[0]) + np.sum(t**2), factor * (2 * t + (np.arange(20) == 0) * np.sign(t))

    assert check_gradient(lambda t: fun(t, 1.0), theta).verdict != "wrong"
    assert check_gradient(lambda t: fun(t, 2.0), theta).verdict == "wrong"


@pytest.mark.parametrize("entry", [0, 4, 9])
def test_a_thousandth_in_a_loss_without_noise_is_wrong(entry):
    """In one of ten entries of one size, and not only suspicious."""
    theta = np.linspace(0.9, 1.1, 10)
    factor = np.where(np.arange(10) == entry, 1.001, 1.0)
    for loss, gradient in ((np.sin, np.cos), (np.exp, np.exp), (np.square, lambda t: 2 * t)):
        claimed = factor * gradient(theta)
        assert check_gradient(lambda t, f=loss, g=claimed: (np.sum(f(t)), g), theta).verdict == "wrong"


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "correct"), (1.1, "wrong")])
def test_a_small_loss_beside_a_large_constant_is_told_from_it_by_larger_steps(factor, verdict):
    """Of 1e9 the first step leaves no digit of it."""
    assert check_gradient(lambda t: (1e9 + network(t)[0], factor * network(t)[1]), WEIGHTS).verdict == verdict


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "correct"), (1.001, "wrong")])
def test_rounding_that_a_million_terms_add_up_is_no_error(factor, verdict):
    """A running sum of a million terms is off by far more than one rounding."""
    result = check_gradient(
        lambda t: (float(np.cumsum(np.full(10**6, t[0] ** 2))[-1]), np.array([factor * 2e6 * t[0]])), np.array([0.3])
    )
    assert result.verdict == verdict


@pytest.mark.parametrize("loss", [3.0, 0.1])
def test_a_slope_of_a_constant_loss_is_wrong(loss):
    """Where no step changes the loss the slope is zero."""
    assert check_gradient(lambda t: (loss, np.zeros(2)), np.ones(2)).verdict == "correct"
    result = check_gradient(lambda t: (loss, np.full(2, 1e-3)), np.ones(2))
    assert result.verdict == "wrong"
    assert result.noise_of_loss == 0.0


def test_a_slope_at_the_top_of_an_even_loss_is_wrong():
    """Both probes have the same loss there."""
    assert check_gradient(lambda t: (np.sum(np.cos(t)), np.full(2, 1e-3)), np.zeros(2)).verdict == "wrong"


@pytest.mark.parametrize("distance", [1e-8, 2e-6, 1e-4])
def test_beside_a_kink_steps_short_of_it_tell(distance):
    """Right is correct and wrong is wrong on either side of it, though the first step may see both."""
    theta = np.array([distance, -distance, 1.0])
    assert check_gradient(lambda t: (np.sum(np.abs(t) + t**2), np.sign(t) + 2 * t), theta).verdict == "correct"
    assert check_gradient(lambda t: (np.sum(np.abs(t) + t**2), 2 * np.sign(t) + 2 * t), theta).verdict == "wrong"


@pytest.mark.parametrize("theta", [1e-5, 1e-7, 1e-8])
def test_the_edge_of_the_domain_is_kept(theta):
    """A first step beyond it is divided."""
    with np.errstate(invalid="ignore"):
        assert check_gradient(lambda t: (np.log(t).sum(), 1 / t), np.array([theta]))
        assert check_gradient(lambda t: (np.log(t).sum(), 1.01 / t), np.array([theta])).verdict == "wrong"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "correct"), (2.0, "wrong")])
def test_steps_that_leave_the_domain_say_nothing(factor, verdict):
    """An exception or a warning at a larger step is no news."""
    for log in (math.log, np.log):
        result = check_gradient(
            lambda t, log=log: (1 + 1e-9 * log(t[0]), factor * 1e-9 / t),
            np.array([1e-2]),
        )
        assert result.verdict == verdict


def test_a_right_gradient_costs_two_losses_a_parameter(counted):
    """And one look across: none is wasted where gradient and difference agree."""
    result, calls = counted(network, WEIGHTS)
    assert result
    assert calls <= 2 * len(WEIGHTS) + 4 + ACROSS


def test_only_doubtful_entries_are_looked_at_again(counted):
    """One wrong entry of 2000 costs a few losses more, where it once cost four a parameter."""
    theta = np.random.default_rng(0).normal(size=2000)

    def fun(t):
        gradient = 3 * t**2
        gradient[7] *= 1.1
        return np.sum(t**3), gradient

    result, calls = counted(fun, theta)
    assert result.verdict == "wrong"
    assert calls <= 2 * 2000 + 4 + 100 * 2 + ACROSS


def test_a_step_of_your_own_is_the_only_one(counted):
    """No second look, right or wrong; rounding is that of the probes all the same."""
    result, calls = counted(lambda t: (rosen(t), rosen_der(t) + 1.0), np.array([0.5, 2.0]), epsilon=1e-5)
    assert result.verdict == "wrong"
    assert calls == 2 * 2 + 4
    assert check_gradient(lambda t: (t @ t - 2.0, 2 * t), np.ones(2), epsilon=1e-10).verdict == "correct"


@pytest.mark.parametrize("size", [1e-2, 1e-4, 1e-6])
def test_a_thousandth_of_a_small_entry_is_found(size):
    """Down to a millionth of the gradient, as documented."""
    result = check_gradient(lambda t: (t[0] + size * t[1], np.array([1.0, 1.001 * size])), np.ones(2))
    assert result.verdict == "suspicious"
    assert result.worst[0].index == 1


def test_an_entry_too_small_for_the_check_is_judged_in_a_block_of_its_own():
    """As documented: below 1e-10 of the block an error passes, and `blocks` is the remedy."""

    def fun(t):
        return t[0] + 1e-8 * t[1], np.array([1.0, 1.001e-8])

    assert check_gradient(fun, np.ones(2)).verdict == "correct"
    result = check_gradient(fun, np.ones(2), blocks={"large": [0], "small": [1]})
    assert result.block_verdicts == {"large": "correct", "small": "wrong"}


@pytest.mark.parametrize("factor", [1.0, 1.01])
def test_directions_are_looked_at_again_too(factor):
    """Along a direction, too, a fast loss is met at small steps."""
    theta = np.random.default_rng(0).normal(size=30)
    result = check_gradient(
        lambda t: (np.sum(np.sin(1e4 * t)), factor * 1e4 * np.cos(1e4 * t)), theta, n_directions=5, random_state=0
    )
    assert result.verdict == ("correct" if factor == 1.0 else "wrong")
