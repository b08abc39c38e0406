"""skdeep.core.optimizers."""

from itertools import pairwise

import numpy as np
import pytest

from skdeep.core import SGD, Adam, RMSProp
from skdeep.core.parameters import PIECE

N_STEPS = 12
LONG = 2 * PIECE + 17  # two whole pieces and a part of one

OPTIMIZERS = {
    "plain": lambda: SGD(momentum=0.0),
    "momentum": lambda: SGD(momentum=0.8, nesterov=False),
    "nesterov": lambda: SGD(momentum=0.8),
    "rmsprop": lambda: RMSProp(decay=0.8, epsilon=1e-3),
    "adam": lambda: Adam(beta_1=0.7, beta_2=0.95, epsilon=1e-3),
}
each_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


def textbook(name, theta, gradients, rates):
    """The published rules on whole vectors, in the order of their publications."""
    theta, first, second = theta.astype(np.float64), np.zeros(theta.shape), np.zeros(theta.shape)
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        if name in {"plain", "momentum", "nesterov"}:
            momentum = 0.0 if name == "plain" else 0.8
            first = momentum * first - rate * g
            theta = theta + (momentum * first - rate * g if name == "nesterov" else first)
        elif name == "rmsprop":
            second = 0.8 * second + 0.2 * g**2
            theta = theta - rate * g / (np.sqrt(second) + 1e-3)
        else:
            first, second = 0.7 * first + 0.3 * g, 0.95 * second + 0.05 * g**2
            corrected = rate * np.sqrt(1.0 - 0.95**t) / (1.0 - 0.7**t)
            theta = theta - corrected * first / (np.sqrt(second) + 1e-3)
    return theta


def run(optimizer, theta, gradients, rates):
    optimizer.bind(theta)
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.step(theta, gradient.astype(theta.dtype), rate)
    return theta


@pytest.fixture
def draws(rng):
    """(size) -> a start, gradients and rates of several steps."""

    def draw(*shape):
        return rng.normal(size=shape), rng.normal(size=(N_STEPS, *shape)), rng.uniform(0.01, 0.1, N_STEPS)

    return draw


@pytest.mark.parametrize("size", [1, PIECE, LONG])
@each_optimizer
def test_steps_follow_the_textbook(name, size, draws):
    """Every entry takes the published steps, in one piece and across the boundaries of pieces."""
    theta, gradients, rates = draws(size)
    expected = textbook(name, theta, gradients, rates)
    np.testing.assert_allclose(run(OPTIMIZERS[name](), theta, gradients, rates), expected, rtol=1e-11, atol=1e-12)


@each_optimizer
def test_float32_stays_float32(name, draws):
    """In single precision the steps are those of double precision, rounded, and theta stays single."""
    theta, gradients, rates = draws(LONG)
    found = run(OPTIMIZERS[name](), theta.astype(np.float32), gradients, rates)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, textbook(name, theta, gradients, rates), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 50), (3, PIECE // 2), (2, 2, PIECE)])
@each_optimizer
def test_a_stack_steps_as_its_networks_do_alone(name, shape, draws, rng):
    """With leading axes each network moves as alone, at a rate of its own."""
    theta, gradients, _ = draws(*shape)
    rates = rng.uniform(0.01, 0.1, (N_STEPS, *shape[:-1], 1))
    start = theta.copy()
    run(OPTIMIZERS[name](), theta, gradients, rates)
    for network in np.ndindex(*shape[:-1]):
        own = (slice(None), *network)
        expected = textbook(name, start[network], gradients[own], rates[own])
        np.testing.assert_allclose(theta[network], expected, rtol=1e-11, atol=1e-12)


@each_optimizer
def test_a_convex_quadratic_is_minimised(name):
    """Under falling rates every optimizer reaches the minimum of an ill-scaled bowl."""
    curvature, centre = np.array([1.0, 3.0, 10.0, 0.3]), np.array([1.0, -2.0, 0.5, 3.0])
    theta, optimizer = np.zeros(4), OPTIMIZERS[name]()
    optimizer.bind(theta)
    for step in range(3000):
        optimizer.step(theta, curvature * (theta - centre), 0.05 / (1.0 + step / 300.0))
    np.testing.assert_allclose(theta, centre, atol=1e-2)


@each_optimizer
def test_the_state_of_a_bound_optimizer_starts_at_zero(name, draws):
    """Binding again forgets the moments and the count of steps."""
    theta, gradients, rates = draws(20)
    optimizer = OPTIMIZERS[name]()
    run(optimizer, theta.copy(), gradients, rates)
    again = run(optimizer, theta.copy(), gradients, rates)
    np.testing.assert_array_equal(again, run(OPTIMIZERS[name](), theta.copy(), gradients, rates))


@each_optimizer
def test_a_zero_gradient_moves_nothing(name):
    """From rest, no gradient is no step, and no division by zero."""
    theta = np.ones(5)
    run(OPTIMIZERS[name](), theta, np.zeros((3, 5)), [0.1] * 3)
    np.testing.assert_array_equal(theta, 1.0)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_the_first_step_of_adam_is_the_rate_whatever_the_gradient(scale):
    """Bias correction makes the first step rate * sign(gradient)."""
    gradient = scale * np.array([3.0, -0.2, 1.0])
    moved = run(Adam(), np.zeros(3), gradient[None], [0.1])
    np.testing.assert_allclose(moved, -0.1 * np.sign(gradient), rtol=2e-2)


def test_momentum_carries_on_after_the_gradient_is_gone():
    """Without gradient each step is momentum times the last."""
    optimizer, theta = SGD(momentum=0.5, nesterov=False), np.zeros(1)
    optimizer.bind(theta)
    places = [0.0]
    for gradient in (-1.0, 0.0, 0.0, 0.0):
        optimizer.step(theta, np.array([gradient]), 1.0)
        places.append(theta.item())
    np.testing.assert_allclose([after - before for before, after in pairwise(places)], [1.0, 0.5, 0.25, 0.125])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make_optimizer", [SGD, RMSProp, Adam])
def test_flushed_moments_are_never_subnormal(make_optimizer, dtype):
    """Of gradients that were ordinary once and then vanish, or were tiny from the start."""
    theta, optimizer = np.ones(6, dtype=dtype), make_optimizer()
    optimizer.bind(theta)
    tiny = float(np.sqrt(np.finfo(dtype).tiny)) / 10  # its square is subnormal
    for step in range(3000):
        gradient = np.array([1.0, 1e-3, 1e-10, tiny, 0.0, 1.0], dtype=dtype)
        gradient[:-1] *= step < 10
        optimizer.step(theta, gradient, 1e-3)
        optimizer.flush()
    moments = [value for value in vars(optimizer).values() if isinstance(value, np.ndarray) and value.shape == (6,)]
    assert moments
    for moment in moments:
        assert not np.any((moment != 0) & (np.abs(moment) < np.finfo(dtype).tiny))


@pytest.mark.parametrize("make_optimizer", [SGD, RMSProp, Adam])
def test_flushing_does_not_change_the_steps(make_optimizer, rng):
    """Of ordinary gradients."""
    thetas = [np.ones(50), np.ones(50)]
    optimizers = [make_optimizer(), make_optimizer()]
    for theta, optimizer in zip(thetas, optimizers, strict=True):
        optimizer.bind(theta)
    for _ in range(200):
        gradient = rng.normal(size=50)
        for theta, optimizer in zip(thetas, optimizers, strict=True):
            optimizer.step(theta, gradient.copy(), 1e-2)
        optimizers[1].flush()
    np.testing.assert_allclose(*thetas, rtol=1e-12)


@pytest.mark.parametrize("make_optimizer", [SGD, RMSProp, Adam])
def test_a_step_part_by_part_is_a_step(make_optimizer, rng):
    """To the last bit, in whatever order the parts are moved, as threads do."""
    whole, cut = make_optimizer(), make_optimizer()
    thetas = [np.ones(50), np.ones(50)]
    whole.bind(thetas[0])
    cut.bind(thetas[1])
    for _ in range(20):
        gradients = [rng.normal(size=50)] * 2
        whole.step(thetas[0], gradients[0].copy(), 1e-2)
        gradient, constants = gradients[1].copy(), cut.begin(thetas[1], 1e-2)
        for part in (slice(30, 50), slice(0, 7), slice(7, 30)):
            cut.move(thetas[1], gradient, constants, part, np.empty(50))
        np.testing.assert_array_equal(*thetas)
