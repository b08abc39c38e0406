"""skdeep.core.penalties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skdeep.core import L2, MaxNorm, ParameterVector, clip_norm

SIZES = (3, 4, 2)
each_dtype = pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-13)])


def squares(parameters):
    return sum(float(w) ** 2 for W in parameters.weights for w in W.ravel())


@each_dtype
def test_l2_is_half_the_strength_times_the_squared_weights(dtype, tolerance, make_parameters):
    """The value counts every weight and no bias."""
    parameters = make_parameters(SIZES, dtype)
    assert L2(0.3).value(parameters) == pytest.approx(0.15 * squares(parameters), rel=tolerance)


@each_dtype
def test_l2_adds_its_gradient_to_the_weights(dtype, tolerance, make_parameters):
    """The gradient grows by strength times W; that of the biases stays."""
    parameters, gradient = make_parameters(SIZES, dtype), make_parameters(SIZES, dtype)
    before = gradient.copy()
    L2(0.3).add_gradient(parameters, gradient)
    for W, summed, old in zip(parameters.weights, gradient.weights, before.weights, strict=True):
        np.testing.assert_allclose(summed, old + dtype(0.3) * W, rtol=tolerance, atol=tolerance)
    for new, old in zip(gradient.biases, before.biases, strict=True):
        np.testing.assert_array_equal(new, old)


def test_l2_gradient_equals_the_two_sided_difference(make_parameters, two_sided):
    """Value and gradient belong together."""
    parameters = make_parameters(SIZES)
    gradient = ParameterVector(SIZES)
    L2(0.3).add_gradient(parameters, gradient)
    expected = two_sided(lambda theta: L2(0.3).value(ParameterVector(SIZES, theta)), parameters.theta)
    np.testing.assert_allclose(gradient.theta, expected, atol=1e-9)


def test_shrink_takes_a_share_off_the_weights(make_parameters):
    """The decoupled step multiplies weights by 1 - rate * strength and leaves biases alone."""
    parameters = make_parameters(SIZES)
    before = parameters.copy()
    L2(0.3, decoupled=True).shrink(parameters, 0.1)
    np.testing.assert_allclose(parameters.flat_weights, 0.97 * before.flat_weights, rtol=1e-14)
    np.testing.assert_array_equal(parameters.theta[parameters.n_weights :], before.theta[before.n_weights :])


@pytest.mark.parametrize("stack", [(3,), (2, 2)])
@pytest.mark.parametrize("shared", [True, False])
def test_l2_of_a_stack_is_that_of_each_network(shared, stack, make_parameters):
    """Value, gradient and shrinking per network; the strength is one number for all or one per network."""
    parameters = make_parameters(SIZES, stack=stack)
    gradient, strengths = ParameterVector(SIZES, np.zeros_like(parameters.theta)), np.full((*stack, 1), 0.3)
    if not shared:
        strengths += np.arange(strengths.size).reshape(strengths.shape)
    penalty = L2(0.3 if shared else strengths)
    values = penalty.value(parameters)
    penalty.add_gradient(parameters, gradient)
    shrunk = parameters.copy()
    penalty.shrink(shrunk, 0.1)
    for network in np.ndindex(*stack):
        alone, sums = ParameterVector(SIZES, parameters.theta[network].copy()), ParameterVector(SIZES)
        L2(strengths[network][0]).add_gradient(alone, sums)
        assert values[network] == pytest.approx(L2(strengths[network][0]).value(alone), rel=1e-14)
        L2(strengths[network][0]).shrink(alone, 0.1)
        np.testing.assert_allclose(gradient.theta[network], sums.theta, rtol=1e-14)
        np.testing.assert_allclose(shrunk.theta[network], alone.theta, rtol=1e-14)


def column_norms(W):
    return np.linalg.norm(W, axis=-2)


@pytest.mark.parametrize("stack", [(), (3,)])
@pytest.mark.parametrize("limit", [0.1, 1.0])
def test_max_norm_shortens_long_columns_to_the_limit(limit, stack, make_parameters):
    """After the projection a hidden unit's incoming weights have the norm min(norm, limit) and their old direction."""
    parameters = make_parameters((3, 6, 5, 2), stack=stack)
    before = parameters.copy()
    MaxNorm(limit).project(parameters, scratch=parameters.copy())
    for W, old in zip(parameters.weights[:-1], before.weights[:-1], strict=True):
        norms = column_norms(old)[..., None, :]
        np.testing.assert_allclose(W, old * np.minimum(norms, limit) / norms, rtol=1e-13)


def test_max_norm_leaves_short_columns_alone(make_parameters):
    """Columns within the limit keep their values bit for bit."""
    parameters = make_parameters((3, 6, 5, 2))
    before = parameters.copy()
    limit = np.median(column_norms(before.weights[0]))
    MaxNorm(limit).project(parameters, scratch=parameters.copy())
    short = column_norms(before.weights[0]) < limit
    assert short.any()
    np.testing.assert_array_equal(parameters.weights[0][:, short], before.weights[0][:, short])


def test_max_norm_leaves_output_layer_and_biases_alone(make_parameters):
    """Only the weights of hidden units are projected."""
    parameters = make_parameters((3, 6, 5, 2))
    before = parameters.copy()
    MaxNorm(1e-3).project(parameters, scratch=parameters.copy())
    np.testing.assert_array_equal(parameters.weights[-1], before.weights[-1])
    np.testing.assert_array_equal(parameters.theta[parameters.n_weights :], before.theta[before.n_weights :])


def test_max_norm_leaves_zero_weights_zero():
    """A column of zeros has no direction and divides by nothing."""
    parameters = ParameterVector(SIZES)
    MaxNorm(0.5).project(parameters, scratch=ParameterVector(SIZES))
    assert not parameters.theta.any()


@given(arrays(np.float64, (2, 5), elements=st.floats(-1e3, 1e3)), st.floats(0.01, 100.0))
def test_clip_norm_scales_to_the_limit_and_no_further(gradient, limit):
    """Each network's gradient gets the norm min(norm, limit) and keeps its direction."""
    clipped = gradient.copy()
    clip_norm(clipped, limit)
    norms = np.linalg.norm(gradient, axis=-1, keepdims=True)
    share = np.minimum(1.0, limit / np.maximum(norms, 1e-300))
    np.testing.assert_allclose(clipped, gradient * share, rtol=1e-12, atol=1e-150)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clip_norm_leaves_a_short_gradient_alone(dtype, rng):
    """A gradient within the limit keeps its values bit for bit, and its precision."""
    gradient = rng.normal(size=7).astype(dtype)
    before = gradient.copy()
    clip_norm(gradient, 100.0)
    assert gradient.dtype == dtype
    np.testing.assert_array_equal(gradient, before)
