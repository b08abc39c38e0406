"""skdeep.core.parameters."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdeep.core import INITIALIZERS, ParameterVector

SIZES = (2, 3, 4, 1)
N_WEIGHTS, N_PARAMETERS = 2 * 3 + 3 * 4 + 4 * 1, 2 * 3 + 3 * 4 + 4 * 1 + 3 + 4 + 1


def constant(value):
    return lambda rng, fan_in, fan_out: np.full((fan_in, fan_out), value)


def test_weights_come_first_and_in_order():
    """theta holds all weight matrices row by row, then all biases."""
    parameters = ParameterVector(SIZES, np.arange(N_PARAMETERS, dtype=float))
    pieces = [view.ravel() for view in (*parameters.weights, *parameters.biases)]
    np.testing.assert_array_equal(np.concatenate(pieces), np.arange(N_PARAMETERS))
    assert parameters.n_weights == N_WEIGHTS


@given(st.lists(st.integers(1, 6), min_size=2, max_size=5))
def test_views_share_the_memory_of_theta(sizes):
    """Every value of theta is in exactly one view, and writing a view writes theta."""
    parameters = ParameterVector(sizes)
    for view in (*parameters.weights, *parameters.biases):
        view += 1.0
    np.testing.assert_array_equal(parameters.theta, 1.0)


@pytest.mark.parametrize("stack", [(), (5,), (2, 3)])
def test_views_keep_the_leading_axes(stack):
    """A stack of networks has views of shape (..., fan_in, fan_out) and (..., 1, fan_out)."""
    parameters = ParameterVector(SIZES, np.zeros((*stack, N_PARAMETERS)))
    assert [W.shape for W in parameters.weights] == [(*stack, 2, 3), (*stack, 3, 4), (*stack, 4, 1)]
    assert [b.shape for b in parameters.biases] == [(*stack, 1, 3), (*stack, 1, 4), (*stack, 1, 1)]
    assert parameters.flat_weights.shape == (*stack, N_WEIGHTS)


def test_views_of_a_stack_share_its_memory():
    """Writing the weights of one network of a stack writes its theta and no other's."""
    parameters = ParameterVector(SIZES, np.zeros((3, N_PARAMETERS)))
    for view in (*parameters.weights, *parameters.biases):
        view[1] = 7.0
    np.testing.assert_array_equal(parameters.theta, [[0.0] * N_PARAMETERS, [7.0] * N_PARAMETERS, [0.0] * N_PARAMETERS])


def test_flat_weights_are_a_view_of_the_weights_alone():
    """Writing `flat_weights` changes every weight and no bias."""
    parameters = ParameterVector(SIZES)
    parameters.flat_weights[...] = 1.0
    assert all((W == 1.0).all() for W in parameters.weights)
    assert not any(b.any() for b in parameters.biases)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_theta_it_starts_at_zero(dtype):
    """Parameters made without a vector are zeros of the precision asked for."""
    theta = ParameterVector(SIZES, dtype=dtype).theta
    assert theta.dtype == dtype
    np.testing.assert_array_equal(theta, np.zeros(N_PARAMETERS))


def test_theta_is_not_copied():
    """A vector handed over is looked into, not copied."""
    theta = np.zeros(N_PARAMETERS)
    assert ParameterVector(SIZES, theta).theta is theta


@pytest.mark.parametrize("travel", [copy.deepcopy, copy.copy, lambda p: pickle.loads(pickle.dumps(p))])
@pytest.mark.parametrize("stack", [(), (3,)])
def test_views_survive_copies_and_pickles(travel, stack, rng):
    """After a pickle or a copy, writing theta still changes the weights and biases."""
    parameters = ParameterVector(SIZES, rng.normal(size=(*stack, N_PARAMETERS)))
    arrived = travel(parameters)
    np.testing.assert_array_equal(arrived.weights[1], parameters.weights[1])
    arrived.theta[...] = 5.0
    assert all((view == 5.0).all() for view in (*arrived.weights, *arrived.biases))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, ParameterVector.copy])
def test_a_copy_is_independent(duplicate):
    """Writing a copy leaves the original alone."""
    parameters = ParameterVector(SIZES)
    duplicate(parameters).theta[...] = 1.0
    assert not parameters.theta.any()


@pytest.mark.parametrize("n_values", [0, N_PARAMETERS - 1, N_PARAMETERS + 1])
def test_a_vector_of_the_wrong_size_is_refused(n_values):
    """The error names the size that the layers need and the one it got."""
    with pytest.raises(ValueError, match=rf"must hold {N_PARAMETERS} values .* Got {n_values}\."):
        ParameterVector(SIZES, np.zeros(n_values))


def test_initialize_draws_layer_by_layer_from_one_stream():
    """Layers are drawn in order, first layer first, each from where the last one left the generator."""
    parameters, rng = ParameterVector(SIZES), np.random.default_rng(4)
    parameters.initialize([INITIALIZERS["normal"]] * 3, np.random.default_rng(4))
    for W in parameters.weights:
        np.testing.assert_array_equal(W, rng.normal(0.0, 0.01, W.shape))


def test_initialize_gives_every_layer_its_own_initializer(rng):
    """The k-th initializer fills the k-th layer; biases become zero."""
    parameters = ParameterVector(SIZES, np.full(N_PARAMETERS, np.nan))
    parameters.initialize([constant(1.0), constant(2.0), constant(3.0)], rng)
    assert [np.unique(W).tolist() for W in parameters.weights] == [[1.0], [2.0], [3.0]]
    assert not any(b.any() for b in parameters.biases)


def test_initialize_accepts_lists(rng):
    """An initializer may return anything that makes an array."""
    parameters = ParameterVector((2, 1))
    parameters.initialize([lambda rng, fan_in, fan_out: [[1], [2]]], rng)
    np.testing.assert_array_equal(parameters.weights[0], [[1.0], [2.0]])


def test_initialize_refuses_a_wrong_shape(rng):
    """The error names the layer, the shape wanted and the shape returned."""
    transposed = [constant(1.0), lambda rng, fan_in, fan_out: np.ones((fan_out, fan_in)), constant(1.0)]
    with pytest.raises(ValueError, match=r"\(3, 4\) for layer 2\. Got float64 of shape \(4, 3\)"):
        ParameterVector(SIZES).initialize(transposed, rng)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_initialize_refuses_weights_that_are_not_finite(value, rng):
    """The error names the layer whose weights are not finite."""
    with pytest.raises(ValueError, match="NaN or infinity for layer 3"):
        ParameterVector(SIZES).initialize([constant(0.0), constant(0.0), constant(value)], rng)


def test_initialize_needs_one_initializer_per_layer(rng):
    """Too few initializers are an error, not a half-initialised network."""
    with pytest.raises(ValueError, match="zip"):
        ParameterVector(SIZES).initialize([constant(1.0)] * 2, rng)


def test_astype_of_the_same_precision_is_itself():
    """No copy is made where none is needed."""
    parameters = ParameterVector(SIZES, dtype=np.float32)
    assert parameters.astype(np.float32) is parameters


def test_astype_of_another_precision_is_a_copy(rng):
    """Another precision gives rounded values in memory of their own."""
    parameters = ParameterVector(SIZES, rng.normal(size=N_PARAMETERS))
    single = parameters.astype(np.float32)
    assert single.weights[0].dtype == np.float32
    np.testing.assert_array_equal(single.theta, parameters.theta.astype(np.float32))
