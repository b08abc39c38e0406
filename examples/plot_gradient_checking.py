"""
Gradient checking: is the backward pass right?
==============================================

A wrong gradient often still learns, only worse. Two-sided differences of the loss tell: for our networks, for somebody
else's, and for one written by hand with a mistake in it.
"""

# %%
# For every parameter the loss is computed a little above and a little below. The slope between the two is compared
# with the gradient that the backward pass returns, by ``|g - d| / (|g| + |d|)``. The course advises to do so at random
# initial weights and again after some training, with the penalty in, and with dropout's masks frozen.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from skdeep import DeepMLPClassifier
from skdeep.core import check_gradient
from skdeep.inspection import check_gradient as check_network

X, y = load_breast_cancer(return_X_y=True)
X, y = scale(X)[:100], y[:100]
network = DeepMLPClassifier((8, 6), activation="relu", keep_prob=0.8, max_iter=20, random_state=0)
print(check_network(network, X, y, random_state=0))
print()
print(check_network(network.fit(X, y), X, y, random_state=0))

# %%
# Somebody else's code: scikit-learn's ``MLPClassifier``. All that the check needs is a function from a vector to a loss
# and a gradient. Its private methods give one, after a fit of one iteration has set up its layers.
theirs = MLPClassifier((8,), alpha=1.0, activation="tanh", solver="lbfgs", max_iter=1, random_state=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    theirs.fit(X, y)


def scikit_learn(theta):
    """Loss and gradient of a fitted MLPClassifier at other weights."""
    units = [X.shape[1], 8, 1]
    activations = [X] + [np.empty((len(X), size)) for size in units[1:]]
    deltas = [np.empty_like(activation) for activation in activations[1:]]
    coef_grads, intercept_grads = (
        [np.empty_like(part) for part in parts] for parts in (theirs.coefs_, theirs.intercepts_)
    )
    arguments = (X, y.reshape(-1, 1).astype(bool), activations, deltas, coef_grads, intercept_grads)
    try:
        return theirs._loss_grad_lbfgs(theta, *arguments)
    except TypeError:  # since 1.7 it takes sample weights too
        return theirs._loss_grad_lbfgs(theta, *arguments[:2], None, *arguments[2:])


start = np.concatenate([part.ravel() for part in (*theirs.coefs_, *theirs.intercepts_)])
sizes = [part.size for part in (*theirs.coefs_, *theirs.intercepts_)]
ends = np.cumsum([0, *sizes])
names = ["layer 1 weights", "layer 2 weights", "layer 1 biases", "layer 2 biases"]
blocks = {name: slice(ends[i], ends[i + 1]) for i, name in enumerate(names)}
print()
print(check_gradient(scikit_learn, start, blocks=blocks))


# %%
# A network written by hand: one hidden layer of tanh, a logistic output, and an L1 term on the first layer's weights
# that went into the cost and was forgotten in the gradient.
def by_hand(theta):
    """Cost and gradient; the cost has a term more."""
    W1, b1, W2, b2 = theta[:240].reshape(30, 8), theta[240:248], theta[248:256], theta[256]
    A = np.tanh(X @ W1 + b1)
    z = A @ W2 + b2
    cost = np.mean(np.logaddexp(0, z) - y * z) + 0.01 * np.abs(W1).sum()
    error = (1 / (1 + np.exp(-z)) - y) / len(y)
    delta = np.outer(error, W2) * (1 - A**2)
    return cost, np.concatenate([(X.T @ delta).ravel(), delta.sum(axis=0), A.T @ error, [error.sum()]])


start = np.random.default_rng(0).normal(scale=0.3, size=257)
parts = {"layer 1 weights": slice(240), "layer 1 biases": slice(240, 248)}
parts |= {"layer 2 weights": slice(248, 256), "layer 2 biases": slice(256, 257)}
result = check_gradient(by_hand, start, blocks=parts)
print()
print(result)

# %%
# The same as a picture; the dotted line is where "correct" ends, the dashed one where "wrong" begins.
display = result.plot()
display.ax_.set_title("An L1 term in the cost and not in the gradient")
plt.show()

# %%
# How to read it. Our gradient and scikit-learn's agree with the differences to nine or ten digits. In the network by
# hand the biases and the second layer are right to as many digits, so the backward pass is right; only the first
# layer's weights are off, and they alone. What belongs to the weights of one layer and to nothing below or beside it is
# a penalty. The entries that are furthest off tell the rest: gradient and difference are 0.01 apart, the strength of
# the L1 term, up or down with the sign of the weight.
