"""What the core's tests share: small networks with rows in their workspace, and independent formulas."""

import numpy as np
import pytest
from scipy.special import ndtr

from skdeep.core import ACTIVATIONS, LOSSES, Network, ParameterVector, Workspace


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def formulas():
    """Every activation as its textbook formula, in float64 and with other functions than the package uses."""

    def exponential_part(z):
        return np.exp(np.minimum(z, 0.0)) - 1.0

    return {
        "identity": lambda z: z,
        "logistic": lambda z: (1.0 + np.tanh(z / 2.0)) / 2.0,
        "tanh": lambda z: np.sinh(z) / np.cosh(z),
        "relu": lambda z: np.where(z > 0.0, z, 0.0),
        "leaky_relu": lambda z: np.where(z > 0.0, z, 0.01 * z),
        "elu": lambda z: np.where(z > 0.0, z, exponential_part(z)),
        "selu": lambda z: 1.0507009873554805 * np.where(z > 0.0, z, 1.6732632423543772 * exponential_part(z)),
        "gelu": lambda z: z * ndtr(z),
        "silu": lambda z: z / (1.0 + np.exp(-z)),
    }


@pytest.fixture
def two_sided():
    """(fun, theta) -> the two-sided difference of fun by every entry of theta."""

    def gradient(fun, theta, step=1e-6):
        differences = np.empty(theta.size)
        for index in range(theta.size):
            up, down = theta.copy(), theta.copy()
            up.flat[index] += step
            down.flat[index] -= step
            differences[index] = (fun(up) - fun(down)) / (2.0 * step)
        return differences.reshape(theta.shape)

    return gradient


@pytest.fixture
def make_network():
    """A network of one activation; dropout off unless asked for."""

    def make(layer_sizes=(4, 5, 3), activation="tanh", loss="multiclass", keep_prob=None):
        n_hidden = len(layer_sizes) - 2
        keep_prob = (1.0,) * (n_hidden + 1) if keep_prob is None else keep_prob
        return Network(tuple(layer_sizes), (ACTIVATIONS[activation],) * n_hidden, LOSSES[loss], keep_prob)

    return make


@pytest.fixture
def make_targets(rng):
    """(loss, shape) -> random targets such as that loss expects; not only zeros and ones."""

    def make(loss, shape):
        values = rng.uniform(0.1, 1.0, shape)
        if loss == "multiclass":
            return values / values.sum(axis=-1, keepdims=True)
        return values if loss in {"binary", "multilabel"} else rng.normal(size=shape)

    return make


@pytest.fixture
def make_workspace(rng, make_targets):
    """(network, n_rows) -> a workspace full of random rows, targets, weights and, where the network drops, masks."""

    def make(network, n_rows=6, dtype=np.float64, stack=()):
        workspace = Workspace(network, n_rows, dtype, stack=stack)
        name = next(name for name, loss in LOSSES.items() if loss is network.loss)
        workspace.inputs[...] = rng.normal(size=workspace.inputs.shape)
        workspace.targets[...] = make_targets(name, workspace.targets.shape)
        workspace.row_weights[...] = rng.uniform(0.2, 2.0, workspace.row_weights.shape)
        network.draw_masks(workspace, rng)
        return workspace

    return make


@pytest.fixture
def make_parameters(rng):
    """(layer_sizes) -> random weights and biases."""

    def make(layer_sizes, dtype=np.float64, stack=()):
        n_parameters = ParameterVector(layer_sizes).theta.size
        return ParameterVector(layer_sizes, rng.normal(scale=0.7, size=(*stack, n_parameters)).astype(dtype))

    return make
