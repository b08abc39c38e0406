"""What a gradient check should find, and what not: planted bugs, and correct networks at random.

The bugs are planted into a network written out here by hand, so that no part of the package checks itself.
"""

from dataclasses import dataclass, field

import numpy as np

from skdeep import DeepMLPClassifier
from skdeep.core import ACTIVATIONS, check_gradient
from skdeep.inspection import check_gradient as check_network

N_ROWS, N_UNITS, N_LAYERS = 12, 5, 4  # square layers, so that a transposed matrix fits
HIDDEN = range(1, N_LAYERS)
LAYERS = range(1, N_LAYERS + 1)

#: (what is wrong, the layer that has it; None where all have)
BUGS = [
    *[("weights doubled", layer) for layer in LAYERS],
    *[("biases doubled", layer) for layer in LAYERS],
    *[("biases forgotten", layer) for layer in LAYERS],
    *[("sign of the weights", layer) for layer in LAYERS],
    *[("sign of delta", layer) for layer in HIDDEN],
    *[("W in place of its transpose", layer) for layer in HIDDEN],
    *[("activations of the layer itself", layer) for layer in HIDDEN],
    *[("derivative of another activation", layer) for layer in HIDDEN],
    *[("derivative forgotten", layer) for layer in HIDDEN],
    *[("mask of the wrong layer", layer) for layer in HIDDEN],
    *[("mask forgotten", layer) for layer in HIDDEN],
    *[("dropout scale forgotten", layer) for layer in HIDDEN],
    *[("penalty forgotten", layer) for layer in LAYERS],
    *[("penalty doubled", layer) for layer in LAYERS],
    *[("penalty on the biases", layer) for layer in LAYERS],
    *[("one weight wrong by 1 %", layer) for layer in LAYERS],
    *[("one bias wrong by 1 %", layer) for layer in LAYERS],
    ("all penalties forgotten", None),
    ("penalty not divided by m", None),
    ("row weights forgotten", None),
    ("row weights not normalised", None),
    ("1 / m twice", None),
    ("targets not smoothed", None),
]


@dataclass
class PlantedNetwork:
    """Three hidden layers of tanh, softmax, dropout masks, row weights, smoothed targets, L2; and one bug, or none."""

    seed: int
    bug: str | None = None
    layer: int | None = None
    alpha: float = 0.7
    keep_prob: float = 0.7
    theta: np.ndarray = field(init=False)

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        self.X = rng.normal(size=(N_ROWS, N_UNITS))
        self.hard = np.eye(N_UNITS)[rng.integers(N_UNITS, size=N_ROWS)]
        self.Y = 0.9 * self.hard + 0.1 / N_UNITS
        self.weight = rng.uniform(0.5, 2.0, N_ROWS)
        self.masks = [(rng.random((N_ROWS, N_UNITS)) < self.keep_prob) / self.keep_prob for _ in LAYERS]
        self.W = [rng.normal(scale=N_UNITS**-0.5, size=(N_UNITS, N_UNITS)) for _ in LAYERS]
        self.b = [rng.normal(scale=0.3, size=N_UNITS) for _ in LAYERS]
        self.theta = np.concatenate([np.append(W, b) for W, b in zip(self.W, self.b, strict=True)])

    @property
    def blocks(self):
        """Layer by layer the weights, then the biases."""
        size, blocks = N_UNITS * (N_UNITS + 1), {}
        for layer in LAYERS:
            start = (layer - 1) * size
            blocks[f"layer {layer} weights"] = slice(start, start + N_UNITS**2)
            blocks[f"layer {layer} biases"] = slice(start + N_UNITS**2, start + size)
        return blocks

    def has(self, bug, layer=None):
        """Whether this bug is planted, in this layer."""
        return self.bug == bug and self.layer == layer

    def __call__(self, theta):
        """Loss, and the gradient with its bug."""
        parts = theta.reshape(N_LAYERS, N_UNITS + 1, N_UNITS)
        W, b = parts[:, :-1], parts[:, -1]
        m = self.weight.sum()
        inputs, activations = [self.X * self.masks[0]], []
        for layer in LAYERS:
            Z = inputs[-1] @ W[layer - 1] + b[layer - 1]
            activations.append(np.tanh(Z))
            inputs.append(activations[-1] * self.masks[layer % N_LAYERS])
        log_p = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
        loss = -(self.weight @ (self.Y * log_p).sum(axis=1)) / m + self.alpha / (2 * m) * np.sum(W**2)

        delta = np.exp(log_p) - (self.hard if self.has("targets not smoothed") else self.Y)
        delta *= (np.ones(N_ROWS) if self.has("row weights forgotten") else self.weight)[:, None]
        delta /= 1.0 if self.has("row weights not normalised") else m**2 if self.has("1 / m twice") else m
        gradient = np.empty_like(parts)
        for layer in reversed(LAYERS):
            gradient[layer - 1] = self.layer_gradient(layer, inputs, delta, W[layer - 1], b[layer - 1], m)
            if layer > 1:
                delta = self.delta_below(layer - 1, delta, W[layer - 1], activations[layer - 2])
        return loss, gradient.ravel()

    def layer_gradient(self, layer, inputs, delta, W, b, m):
        """Gradient of one layer's weights, and below them its biases."""
        own = self.has("activations of the layer itself", layer)
        dW, db = inputs[layer if own else layer - 1].T @ delta, delta.sum(axis=0)
        forgotten = self.has("penalty forgotten", layer) or self.has("all penalties forgotten")
        penalty = 0.0 if forgotten else 2.0 if self.has("penalty doubled", layer) else 1.0
        dW += penalty * self.alpha / (1.0 if self.has("penalty not divided by m") else m) * W
        if self.has("penalty on the biases", layer):
            db += self.alpha / m * b
        dW *= 2.0 if self.has("weights doubled", layer) else -1.0 if self.has("sign of the weights", layer) else 1.0
        db *= 2.0 if self.has("biases doubled", layer) else 0.0 if self.has("biases forgotten", layer) else 1.0
        dW[1, 2] *= 1.01 if self.has("one weight wrong by 1 %", layer) else 1.0
        db[1] *= 1.01 if self.has("one bias wrong by 1 %", layer) else 1.0
        return np.vstack([dW, db])

    def delta_below(self, layer, delta, W, A):
        """Delta of a hidden layer from that of the layer above."""
        delta = delta @ (W if self.has("W in place of its transpose", layer) else W.T)
        mask = self.masks[layer - 1 if self.has("mask of the wrong layer", layer) else layer]
        if self.has("dropout scale forgotten", layer):
            mask = mask * self.keep_prob
        if not self.has("mask forgotten", layer):
            delta = delta * mask
        if self.has("derivative of another activation", layer):
            return delta * A * (1 - A)
        slope = 1.0 if self.has("derivative forgotten", layer) else 1 - A**2
        return delta * slope * (-1.0 if self.has("sign of delta", layer) else 1.0)


def check_planted(bug, layer, seed):
    """The verdict on a planted bug, and whether the layer that has it is named."""
    network = PlantedNetwork(seed, bug, layer)
    result = check_gradient(network, network.theta, blocks=network.blocks)
    return result.verdict, layer is None or (result.suspect or "").startswith(f"layer {layer} ")


def check_correct(seed):
    """The verdict on a correct network of random activations, depth, widths, classes, penalty and dropout."""
    rng = np.random.default_rng(seed)
    depth, n_classes = int(rng.integers(1, 9)), int(rng.integers(2, 6))
    X, y = rng.normal(size=(20, 4)), np.append(np.arange(n_classes), rng.integers(n_classes, size=20 - n_classes))
    network = DeepMLPClassifier(
        rng.integers(4, 13, size=depth).tolist(),
        activation=rng.choice(sorted(ACTIVATIONS), size=depth).tolist(),
        init=str(rng.choice(["auto", "he_uniform", "glorot_normal", "orthogonal"])),
        alpha=float(rng.choice([0.0, 1.0, 10.0])),
        keep_prob=float(rng.choice([0.8, 1.0])),
        label_smoothing=float(rng.choice([0.0, 0.1])),
        random_state=seed,
    )
    return check_network(network, X, y, sample_weight=rng.uniform(0.5, 2, 20), random_state=seed).verdict
