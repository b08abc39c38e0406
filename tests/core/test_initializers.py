"""skdeep.core.initializers."""

import numpy as np
import pytest

from skdeep.core import INITIALIZERS

FAN_IN, FAN_OUT = 300, 200
VARIANCES = {
    "he": 2.0 / FAN_IN,
    "lecun": 1.0 / FAN_IN,
    "glorot": 2.0 / (FAN_IN + FAN_OUT),
    "xavier": 2.0 / (FAN_IN + FAN_OUT),
}
# Five standard errors of the sample variance of that many normal draws.
VARIANCE_TOLERANCE = 5.0 * np.sqrt(2.0 / (FAN_IN * FAN_OUT))

each_scheme = pytest.mark.parametrize("scheme", VARIANCES)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@each_scheme
def test_variance_is_that_of_its_name(scheme, distribution, rng):
    """A scheme draws weights of the variance that its paper gives, whatever the distribution."""
    W = INITIALIZERS[f"{scheme}_{distribution}"](rng, FAN_IN, FAN_OUT)
    assert W.var() == pytest.approx(VARIANCES[scheme], rel=VARIANCE_TOLERANCE)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@each_scheme
def test_mean_is_zero(scheme, distribution, rng):
    """The mean lies within five standard errors of zero."""
    W = INITIALIZERS[f"{scheme}_{distribution}"](rng, FAN_IN, FAN_OUT)
    assert abs(W.mean()) < 5.0 * np.sqrt(VARIANCES[scheme] / W.size)


@each_scheme
def test_uniform_fills_its_bounds(scheme, rng):
    """Uniform weights reach, and never pass, the square root of three times the variance."""
    limit = np.sqrt(3.0 * VARIANCES[scheme])
    largest = np.abs(INITIALIZERS[f"{scheme}_uniform"](rng, FAN_IN, FAN_OUT)).max()
    assert 0.999 * limit < largest <= limit


@each_scheme
def test_normal_has_normal_tails(scheme, rng):
    """About 0.27 % of normal weights lie beyond three standard deviations, neither none nor many."""
    W = INITIALIZERS[f"{scheme}_normal"](rng, FAN_IN, FAN_OUT)
    beyond = np.mean(np.abs(W) > 3.0 * np.sqrt(VARIANCES[scheme]))
    assert beyond == pytest.approx(0.0027, rel=0.4)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_xavier_is_glorot(distribution):
    """Two names of one scheme draw the same weights."""
    xavier, glorot = (
        INITIALIZERS[f"{scheme}_{distribution}"](np.random.default_rng(1), 6, 4) for scheme in ("xavier", "glorot")
    )
    np.testing.assert_array_equal(xavier, glorot)


@pytest.mark.parametrize(("fan_in", "fan_out"), [(5, 5), (8, 3), (3, 8), (4, 1), (1, 4)])
def test_orthogonal_is_orthonormal(fan_in, fan_out, rng):
    """The rows or the columns, whichever are fewer, are orthonormal."""
    W = INITIALIZERS["orthogonal"](rng, fan_in, fan_out)
    product = W.T @ W if fan_in >= fan_out else W @ W.T
    np.testing.assert_allclose(product, np.eye(min(fan_in, fan_out)), atol=1e-14)


def test_orthogonal_prefers_no_sign(rng):
    """The first entry is positive as often as negative, within five standard errors: plain QR would fix its sign."""
    signs = [np.sign(INITIALIZERS["orthogonal"](rng, 3, 3)[0, 0]) for _ in range(400)]
    assert abs(sum(signs)) < 5.0 * np.sqrt(400)


@pytest.mark.parametrize(("fan_in", "fan_out"), [(300, 200), (30, 2000)])
def test_normal_ignores_the_size_of_the_layer(fan_in, fan_out, rng):
    """`normal` has a standard deviation of 0.01 in every layer."""
    W = INITIALIZERS["normal"](rng, fan_in, fan_out)
    assert W.std() == pytest.approx(0.01, rel=VARIANCE_TOLERANCE)


def test_zeros_are_zero_and_draw_nothing(rng):
    """`zeros` gives zeros and leaves the generator as it was."""
    before = rng.bit_generator.state
    assert not INITIALIZERS["zeros"](rng, 3, 2).any()
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("name", INITIALIZERS)
def test_shape_is_fan_in_by_fan_out(name, rng):
    """Every initializer returns one row per input and one column per unit."""
    assert INITIALIZERS[name](rng, 7, 4).shape == (7, 4)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_equal_seeds_draw_equal_weights(name):
    """The draws come from the generator handed over, and from nothing else."""
    first, second = (INITIALIZERS[name](np.random.default_rng(3), 5, 4) for _ in range(2))
    np.testing.assert_array_equal(first, second)
