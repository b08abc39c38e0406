"""skdeep.core.activations."""

import pickle

import numpy as np
import pytest

from skdeep.core import ACTIVATIONS, INITIALIZERS

each_activation = pytest.mark.parametrize("name", ACTIVATIONS)
each_dtype = pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 3e-6), (np.float64, 1e-13)])

# Both sides of the kink, never on it.
POINTS = np.linspace(-6.0, 6.0, 52).reshape(4, 13)


def make_scratch(name, Z):
    """Zeros for those that ask for them, else nothing that a result could rest on."""
    return np.full_like(Z, 0.0 if ACTIVATIONS[name].zero_scratch else np.nan)


def forward(name, Z):
    """Activations, and the scratch as the pass left it."""
    A, scratch = np.empty_like(Z), make_scratch(name, Z)
    ACTIVATIONS[name].forward(Z, A, scratch)
    return A, scratch


@each_dtype
@each_activation
def test_forward_equals_the_formula(name, dtype, tolerance, formulas):
    """`forward` writes g(Z), in the precision of Z."""
    Z = POINTS.astype(dtype)
    A, _ = forward(name, Z)
    np.testing.assert_allclose(A, formulas[name](Z.astype(np.float64)), rtol=tolerance, atol=tolerance)


@each_activation
def test_forward_leaves_its_input_alone(name):
    """`forward` into another buffer does not change Z."""
    Z = POINTS.copy()
    forward(name, Z)
    np.testing.assert_array_equal(Z, POINTS)


@each_dtype
@each_activation
def test_backward_multiplies_by_the_derivative(name, dtype, tolerance, formulas, rng):
    """`backward` multiplies delta by the two-sided difference of g."""
    Z = POINTS.astype(dtype)
    delta = rng.normal(size=Z.shape).astype(dtype)
    difference = (formulas[name](POINTS + 1e-5) - formulas[name](POINTS - 1e-5)) / 2e-5
    expected = delta * difference
    ACTIVATIONS[name].backward(delta, Z, *forward(name, Z))
    np.testing.assert_allclose(delta, expected, rtol=1e-5, atol=1e-8 + tolerance)


@pytest.mark.parametrize("name", [name for name, activation in ACTIVATIONS.items() if not activation.needs_input])
def test_in_place_equals_separate_buffers(name, rng):
    """Where the derivative can be read off the output, A may be Z itself, forward and backward."""
    A, _ = forward(name, POINTS)
    separate = rng.normal(size=A.shape)
    shared, overwritten = separate.copy(), POINTS.copy()
    ACTIVATIONS[name].forward(overwritten, overwritten, make_scratch(name, A))
    np.testing.assert_array_equal(overwritten, A)
    ACTIVATIONS[name].backward(separate, POINTS.copy(), A, make_scratch(name, A))
    ACTIVATIONS[name].backward(shared, overwritten, overwritten, make_scratch(name, A))
    np.testing.assert_array_equal(shared, separate)


@pytest.mark.parametrize("name", [name for name, activation in ACTIVATIONS.items() if activation.zero_scratch])
def test_zeros_stay_zeros(name):
    """`forward` does not write on the zeros that an activation asks for: the next layer reads the same ones."""
    _, scratch = forward(name, POINTS)
    assert not scratch.any()


@each_activation
def test_backward_leaves_the_output_alone(name):
    """`backward` does not change A unless that is its scratch: the gradient by the next weights may come later."""
    A, scratch = forward(name, POINTS)
    before = A.copy()
    ACTIVATIONS[name].backward(np.ones_like(A), POINTS.copy(), A, scratch)
    np.testing.assert_array_equal(A, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_activation
def test_large_inputs_stay_finite(name, dtype):
    """Value and derivative are finite, and nothing overflows on the way, for sums of ±1e4."""
    Z = np.array([[-1e4, -1e2, 1e2, 1e4]], dtype=dtype)
    delta = np.ones_like(Z)
    A, scratch = forward(name, Z)
    assert np.isfinite(A).all()
    ACTIVATIONS[name].backward(delta, Z, A, scratch)
    assert np.isfinite(delta).all()


@each_activation
def test_a_pickle_gives_the_same_object_back(name):
    """An activation travels through a pickle by its name."""
    assert pickle.loads(pickle.dumps(ACTIVATIONS[name])) is ACTIVATIONS[name]


@each_activation
def test_each_names_itself_and_an_initializer(name):
    """An activation is listed under its own name and asks for an initializer that exists."""
    assert ACTIVATIONS[name].name == name
    assert ACTIVATIONS[name].initializer in INITIALIZERS


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_relu_passes_on_where_its_output_is_above_zero(dtype):
    """By the sign of Z alone, down to the smallest numbers; where Z is -0.0 or 0.0 nothing comes through."""
    tiny = np.finfo(dtype).smallest_subnormal
    Z = np.array([-1.0, -tiny, -0.0, 0.0, tiny, 1.0, np.inf], dtype=dtype)
    delta, A, relu = np.full(7, 3.0, dtype=dtype), np.empty_like(Z), ACTIVATIONS["relu"]
    relu.forward(Z, A, np.zeros_like(Z))
    relu.backward(delta, Z, A, np.zeros_like(Z))
    np.testing.assert_array_equal(delta, [0.0, 0.0, 0.0, 0.0, 3.0, 3.0, 3.0])
