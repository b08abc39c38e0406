"""Activation functions: forward and derivative side by side, in place, with the initializer that suits each.

Every ``forward(Z, A, scratch)`` writes ``g(Z)`` into `A`; `A` may be `Z` itself where the derivative can be read
off the output. Every ``backward(delta, Z, A, scratch)`` multiplies `delta` by ``g'(Z)`` in place; it may use up `Z` and
`scratch`, but not `A`, of which the gradient may still have to be made, unless `scratch` is `A`. Forward, `scratch`
holds anything unless the activation asks for zeros; backward, unless it keeps what its forward pass left there. All
arrays have one shape and dtype, and no array is allocated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.special import erf, expit

from .parameters import Array

LEAKY_SLOPE = 0.01
# Klambauer et al. (2017), "Self-Normalizing Neural Networks": the fixed point of mean 0 and variance 1.
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
SQRT_HALF = float(np.sqrt(0.5))
INVERSE_SQRT_2PI = float(1.0 / np.sqrt(2.0 * np.pi))

#: The unsigned integer of each float's size, by its bytes.
UNSIGNED = {size: np.dtype(f"u{size}") for size in (2, 4, 8)}


@cache
def _zero(dtype: np.dtype[Any]) -> Array:
    """As an array: numpy would convert a Python number at every use."""
    return np.zeros((), dtype=dtype)


@dataclass(frozen=True)
class Activation:
    """An element-wise function of a hidden layer and its derivative.

    Attributes
    ----------
    name : str
        The name by which the estimators know it.
    forward : callable (Z, A, scratch) -> None
        Writes ``g(Z)`` into `A`.
    backward : callable (delta, Z, A, scratch) -> None
        Multiplies `delta` by ``g'(Z)``.
    initializer : str
        The initializer that keeps the signal's variance under this function.
    needs_input : bool
        Whether the derivative needs `Z` beside `A`, to read or to use up, so that `A` must not overwrite `Z`.
    keeps_scratch : bool
        Whether the derivative needs `scratch` as the forward pass left it.
    zero_scratch : bool
        Whether the `scratch` of the forward pass comes full of zeros, to be left as they are.
    has_kink : bool
        Whether the derivative jumps where z is 0, and with it `A`.
    """

    name: str
    forward: Callable[[Array, Array, Array], None]
    backward: Callable[[Array, Array, Array, Array], None]
    initializer: str
    needs_input: bool = False
    keeps_scratch: bool = False
    zero_scratch: bool = False
    has_kink: bool = False

    def __reduce__(self) -> tuple[Callable[[str], Activation], tuple[str]]:
        return get_activation, (self.name,)


def _identity_forward(Z: Array, A: Array, scratch: Array) -> None:
    if A is not Z:
        np.copyto(A, Z)


def _identity_backward(delta: Array, Z: Array, A: Array, scratch: Array) -> None:
    pass


def _logistic_forward(Z: Array, A: Array, scratch: Array) -> None:
    expit(Z, out=A)


def _logistic_backward(delta: Array, Z: Array, A: Array, scratch: Array) -> None:
    delta *= A
    np.subtract(1.0, A, out=scratch)
    delta *= scratch


def _tanh_forward(Z: Array, A: Array, scratch: Array) -> None:
    np.tanh(Z, out=A)


def _tanh_backward(delta: Array, Z: Array, A: Array, scratch: Array) -> None:
    np.multiply(A, A, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    delta *= scratch


def _relu_forward(Z: Array, A: Array, scratch: Array) -> None:
    np.maximum(Z, scratch, out=A)  # numpy compares an array and a number four times as slowly as with an array of zeros


def _relu_backward(delta: Array, Z: Array, A: Array, scratch: Array) -> None:
    # Read as unsigned integers, the bits of an output are 0 where it is 0.0; none is negative, NaN is active.
    # Signs of integers and products with them take two thirds of the time of a comparison, whose booleans have to be
    # converted.
    unsigned = UNSIGNED[A.itemsize]
    A_bits, delta_bits = A.view(unsigned), delta.view(unsigned)
    signs = A_bits if scratch is A else scratch.view(unsigned)
    np.sign(A_bits, out=signs)
    delta_bits *= signs


def _leaky_relu_forward(Z: Array, A: Array, scratch: Array) -> None:
    np.multiply(Z, LEAKY_SLOPE, out=scratch)
    np.maximum(Z, scratch, out=A)


def _leaky_relu_backward(delta: Array, Z: Array, A: Array, scratch: Array) -> None:
    np.greater(A, _zero(A.dtype), out=scratch)
    np.maximum(scratch, LEAKY_SLOPE, out=scratch)
    delta *= scratch


def _exponential_part(Z: Array, out: Array) -> None:
    """``exp(z) - 1`` where z is negative, 0 elsewhere."""
    # Quicker than expm1 in float32. Near 0 it loses digits of its own, but none that count beside the other values.
    np.minimum(Z, 0.0, out=out)
    np.exp(out, out=out)
    out -= 1.0


def _elu_forward(Z: Array, A: Array, scratch: Array) -> None:
    _exponential_part(Z, scratch)
    np.maximum(Z, 0.0, out=A)
    A += scratch


def _elu_backward(delta: Array, Z: Array, A: Array, scratch: Array) -> None:
    np.minimum(A, 0.0, out=scratch)
    scratch += 1.0
    delta *= scratch


def _selu_forward(Z: Array, A: Array, scratch: Array) -> None:
    _exponential_part(Z, scratch)
    scratch *= SELU_ALPHA
    np.maximum(Z, 0.0, out=A)
    A += scratch
    A *= SELU_SCALE


def _selu_backward(delta: Array, Z: Array, A: Array, scratch: Array) -> None:
    # g' = SCALE where z > 0 and A + SCALE ALPHA elsewhere, as min(A, 0) + SCALE ALPHA + [A > 0] SCALE (1 - ALPHA),
    # the last term in Z.
    np.greater(A, _zero(A.dtype), out=Z)
    Z *= SELU_SCALE * (1.0 - SELU_ALPHA)
    np.minimum(A, 0.0, out=scratch)
    scratch += SELU_SCALE * SELU_ALPHA
    scratch += Z
    delta *= scratch


def _gelu_forward(Z: Array, A: Array, scratch: Array) -> None:
    np.multiply(Z, SQRT_HALF, out=scratch)
    erf(scratch, out=scratch)
    scratch += 1.0
    scratch *= 0.5
    np.multiply(Z, scratch, out=A)


def _gelu_backward(delta: Array, Z: Array, A: Array, scratch: Array) -> None:
    # g' = z phi(z) + Phi(z), the second term in Z.
    np.multiply(Z, Z, out=scratch)
    scratch *= -0.5
    np.exp(scratch, out=scratch)
    scratch *= Z
    scratch *= INVERSE_SQRT_2PI
    Z *= SQRT_HALF
    erf(Z, out=Z)
    Z += 1.0
    Z *= 0.5
    scratch += Z
    delta *= scratch


def _silu_forward(Z: Array, A: Array, scratch: Array) -> None:
    # 1 / (1 + exp(-z)) by steps: half the time of expit and of tanh(z / 2). Where exp(-z) is infinite, 0 is right.
    with np.errstate(over="ignore"):
        np.negative(Z, out=scratch)
        np.exp(scratch, out=scratch)
    scratch += 1.0
    np.divide(1.0, scratch, out=scratch)
    np.multiply(Z, scratch, out=A)


def _silu_backward(delta: Array, Z: Array, A: Array, scratch: Array) -> None:
    # g' = s + A (1 - s) with s = sigmoid(z) as the forward pass left it, the second term in Z.
    np.subtract(1.0, scratch, out=Z)
    Z *= A
    scratch += Z
    delta *= scratch


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("identity", _identity_forward, _identity_backward, "lecun_normal"),
        Activation("logistic", _logistic_forward, _logistic_backward, "glorot_normal"),
        Activation("tanh", _tanh_forward, _tanh_backward, "glorot_normal"),
        Activation("relu", _relu_forward, _relu_backward, "he_normal", zero_scratch=True, has_kink=True),
        Activation("leaky_relu", _leaky_relu_forward, _leaky_relu_backward, "he_normal", has_kink=True),
        Activation("elu", _elu_forward, _elu_backward, "he_normal"),
        Activation("selu", _selu_forward, _selu_backward, "lecun_normal", needs_input=True, has_kink=True),
        Activation("gelu", _gelu_forward, _gelu_backward, "he_normal", needs_input=True),
        Activation("silu", _silu_forward, _silu_backward, "he_normal", needs_input=True, keeps_scratch=True),
    )
}


def get_activation(name: str) -> Activation:
    """The activation of that name; a key of `ACTIVATIONS`."""
    return ACTIVATIONS[name]
