"""skdeep.core.differences and skdeep.core.step_ladder: checks of losses that are hard to take differences of."""

import math
import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from skdeep.core import check_gradient

PROBLEMS = runpy.run_path(str(Path(__file__).parents[1] / "gradient_problems.py"))
CASES = {name: (problem, theta) for name, problem, theta in PROBLEMS["cases"]()}
# Where the check once called a right gradient wrong, and every seventh of the others.
HARD = [
    *[f"schaffer_two, {where}" for where in ("random 0", "random 1", "random 2", "far")],
    *[f"trigonometric_two, {where}" for where in ("random 0", "random 1", "random 2", "near 0", "far")],
    *[f"whitley, {where}" for where in ("random 0", "random 1", "random 2")],
    *[f"{name}, minimum" for name in ("rosenbrock", "colville", "goldstein_price", "perm", "box_three", "biggs_six")],
    *["brown_badly_scaled, minimum", "michalewicz, far", "michalewicz, near 0", "pen_holder, far"],
]
NAMES = [*HARD, *[name for name in [*CASES][::7] if name not in HARD]]


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


def network(theta, dtype=np.float64):
    """Loss and gradient of a layer of tanh and a softmax, all in one precision."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(50, 6)).astype(dtype), np.eye(3, dtype=dtype)[rng.integers(3, size=50)]
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
LAYERS = {"W": slice(30), "b": slice(30, 35), "V": slice(35, 50), "c": slice(50, 53)}
NOISY = {
    "in float32": lambda t: float(network(t, np.float32)[0]),
    "rounded to six decimals": lambda t: round(float(network(t)[0]), 6),
    "a part in float32": lambda t: network(t)[0] - network(t[::-1])[0] + float(network(t[::-1], np.float32)[0]),
    "noise of 1e-8": lambda t: network(t)[0] * (1 + 1e-8 * math.sin(1e13 * t.sum())),
}


@pytest.mark.parametrize("kind", NOISY)
def test_a_right_gradient_of_a_noisy_loss_is_not_called_wrong(kind):
    """It is suspicious, and the report says why."""
    result = check_gradient(lambda t: (NOISY[kind](t), network(t)[1]), WEIGHTS, blocks=LAYERS)
    assert result.verdict == "suspicious"
    assert "wrong" not in result.block_verdicts.values()
    assert "The loss looks noisy, by about" in str(result)
    assert "noise is too large beside it to tell" in str(result)


def test_the_noise_is_measured_and_float32_suspected():
    """Float32 rounds to 1.2e-7."""
    result = check_gradient(lambda t: (NOISY["in float32"](t), network(t)[1]), WEIGHTS)
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

    def fun(theta):
        gradient = network(theta)[1]
        gradient[LAYERS["V"]] *= 2
        return NOISY[kind](theta), gradient

    verdicts = check_gradient(fun, WEIGHTS, blocks=LAYERS).block_verdicts
    assert [name for name, verdict in verdicts.items() if verdict == "wrong"] == ["V"]


@pytest.mark.parametrize("kind", NOISY)
@pytest.mark.parametrize("factor", [1.001, 2.0])
def test_a_wrong_gradient_of_a_noisy_loss_is_never_called_correct(kind, factor):
    """Whatever the noise hides."""
    planted = thousandth_off(network(WEIGHTS)[1])[0] if factor == 1.001 else factor * network(WEIGHTS)[1]
    assert check_gradient(lambda t: (NOISY[kind](t), planted), WEIGHTS).verdict != "correct"


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
    """No look is wasted where gradient and difference agree."""
    result, calls = counted(network, WEIGHTS)
    assert result
    assert calls <= 2 * len(WEIGHTS) + 4


def test_only_doubtful_entries_are_looked_at_again(counted):
    """One wrong entry of 2000 costs a few losses more, where it once cost four a parameter."""
    theta = np.random.default_rng(0).normal(size=2000)

    def fun(t):
        gradient = 3 * t**2
        gradient[7] *= 1.1
        return np.sum(t**3), gradient

    result, calls = counted(fun, theta)
    assert result.verdict == "wrong"
    assert calls <= 2 * 2000 + 4 + 100 * 2


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
