"""The same training by several libraries: relu layers, softmax, Adam, shuffled mini-batches, in float32.

Rows of float64 are trained as the library does by default. Each trainer is made for a workload and called with a
number of epochs; it trains a fresh network. A library that is not installed is left out.
"""

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
from sklearn.neural_network import MLPClassifier

from skdeep import DeepMLPClassifier

RATE, ALPHA = 1e-3, 1e-4


@dataclass(frozen=True)
class Task:
    """Rows, labels 0 to k - 1, and the network to train on them."""

    X: np.ndarray
    y: np.ndarray
    hidden: tuple
    batch_size: int
    keep_prob: float = 1.0

    @property
    def sizes(self):
        """Units of every layer."""
        return (self.X.shape[1], *self.hidden, int(self.y.max()) + 1)


def skdeep(task):
    """Ours, through the public `fit`."""

    def train(n_epochs):
        ours = {"activation": "relu", "keep_prob": task.keep_prob, "learning_rate": "constant"}
        return fit_quietly(DeepMLPClassifier(task.hidden, **ours, **settings(task, n_epochs)), task)

    return train


def scikit_learn(task):
    """`MLPClassifier`, which has no dropout."""

    def train(n_epochs):
        return fit_quietly(MLPClassifier(task.hidden, **settings(task, n_epochs)), task)

    return train


def settings(task, n_epochs):
    """What both have: neither stops before its last epoch."""
    return {
        "alpha": ALPHA,
        "learning_rate_init": RATE,
        "batch_size": task.batch_size,
        "max_iter": n_epochs,
        "tol": 0.0,
        "n_iter_no_change": n_epochs + 1,
        "random_state": 0,
    }


def fit_quietly(network, task):
    """Without a warning that the few epochs are too few, which is meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return network.fit(task.X, task.y)


def products(task):
    """The matrix products of forward and backward alone, in numpy: the limit."""
    rng, sizes = np.random.default_rng(0), task.sizes
    batches = [min(task.batch_size, len(task.X) - start) for start in range(0, len(task.X), task.batch_size)]
    W = [rng.standard_normal(shape).astype(np.float32) for shape in pairwise(sizes)]
    A = [rng.standard_normal((task.batch_size, units)).astype(np.float32) for units in sizes]
    out, gradients = [np.empty_like(a) for a in A], [np.empty_like(w) for w in W]

    def step(n):
        for layer in range(len(W)):
            np.dot(A[layer][:n], W[layer], out=out[layer + 1][:n])
        for layer in reversed(range(len(W))):
            np.dot(A[layer][:n].T, A[layer + 1][:n], out=gradients[layer])
            if layer > 0:
                np.dot(A[layer + 1][:n], W[layer].T, out=out[layer][:n])

    def train(n_epochs):
        for _ in range(n_epochs):
            for n in batches:
                step(n)

    return train


def torch_eager(task):
    """PyTorch's modules, one after another, with its fused Adam."""
    import torch

    X, y = torch.from_numpy(task.X.astype(np.float32)), torch.from_numpy(task.y)

    def train(n_epochs):
        torch.manual_seed(0)
        network = torch_network(task)
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE, weight_decay=ALPHA / len(X), fused=True)
        loss = torch.nn.CrossEntropyLoss()
        for _ in range(n_epochs):
            for rows in torch.randperm(len(X)).split(task.batch_size):
                optimizer.zero_grad()
                loss(network(X[rows]), y[rows]).backward()
                optimizer.step()
        return network

    return train


def torch_network(task):
    """A torch module of linear layers, relu and dropout."""
    from torch import nn

    layers = []
    for fan_in, fan_out in pairwise(task.sizes[:-1]):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
        layers += [nn.Dropout(1 - task.keep_prob)] if task.keep_prob < 1 else []
    return nn.Sequential(*layers, nn.Linear(*task.sizes[-2:]))


def skorch(task):
    """The torch network as a scikit-learn estimator."""
    import torch
    from skorch import NeuralNetClassifier

    X = task.X.astype(np.float32)

    def train(n_epochs):
        network = NeuralNetClassifier(
            torch_network(task),
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            optimizer__fused=True,
            lr=RATE,
            batch_size=task.batch_size,
            max_epochs=n_epochs,
            iterator_train__shuffle=True,
            train_split=None,
            verbose=0,
        )
        return network.fit(X, task.y)

    return train


def jax_scan(task, *, warm=True):
    """JAX: an epoch compiled as one scan over its whole mini-batches; warm leaves out the compilation."""
    import jax
    from jax import numpy as jnp

    X, y = jnp.asarray(task.X, jnp.float32), jnp.asarray(task.y)
    n_steps = len(X) // task.batch_size

    def loss(theta, X, y, key):
        A = X
        for layer, (W, b) in enumerate(theta):
            A = A @ W + b
            if layer + 1 < len(theta):
                A = jax.nn.relu(A)
                if task.keep_prob < 1:
                    key, mask_key = jax.random.split(key)
                    A = jnp.where(jax.random.bernoulli(mask_key, task.keep_prob, A.shape), A / task.keep_prob, 0.0)
        scores = jax.nn.log_softmax(A)
        penalty = sum((W**2).sum() for W, _ in theta) * (0.5 * ALPHA / len(task.X))
        return penalty - jnp.take_along_axis(scores, y[:, None], 1).mean()

    def step(state, rows):
        theta, first, second, t, key = state
        key, mask_key = jax.random.split(key)
        gradient = jax.grad(loss)(theta, X[rows], y[rows], mask_key)
        t += 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        rate = RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        theta = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-8), theta, first, second)
        return (theta, first, second, t, key), None

    def epoch(state):
        *parts, key = state
        key, order = jax.random.split(key)
        rows = jax.random.permutation(order, len(X))[: n_steps * task.batch_size].reshape(n_steps, -1)
        return jax.lax.scan(step, (*parts, key), rows)[0]

    def start():
        keys = jax.random.split(jax.random.key(0), len(task.sizes))
        theta = [
            (jax.random.normal(key, shape) * (2 / shape[0]) ** 0.5, jnp.zeros(shape[1]))
            for key, shape in zip(keys, pairwise(task.sizes), strict=False)
        ]
        zeros = jax.tree.map(jnp.zeros_like, theta)
        return theta, zeros, zeros, jnp.float32(0), jax.random.key(1)

    compiled = jax.jit(epoch).lower(start()).compile() if warm else None

    def train(n_epochs):
        run, state = compiled or jax.jit(lambda state: epoch(state)), start()
        for _ in range(n_epochs):
            state = run(state)
        return jax.block_until_ready(state)

    return train


TRAINERS = {"skdeep": skdeep, "scikit-learn": scikit_learn, "products": products}
TRAINERS |= {"torch": torch_eager} if find_spec("torch") else {}
TRAINERS |= {"skorch": skorch} if find_spec("skorch") else {}
TRAINERS |= {"jax": jax_scan} if find_spec("jax") else {}
