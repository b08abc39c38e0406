"""
Notes on gradient checking: what fools a check
==============================================

Kinks and random masks make a right gradient look wrong, and weights at their start make a wrong one look right.
"""

# %%
# A network by hand with one hidden layer, an L2 penalty and, if asked for, dropout: its cost, its gradient, and on
# which side of relu's kink each unit is for each row.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import scale

from skdeep.core import check_gradient, compare_gradient

X, y = load_breast_cancer(return_X_y=True)
X, y = scale(X)[:100], y[:100]
ALPHA = 1.0
BLOCKS = {"layer 1 weights": slice(120), "layer 1 biases": slice(120, 124)}
BLOCKS |= {"layer 2 weights": slice(124, 128), "layer 2 biases": slice(128, 129)}


def network(theta, mask=1.0, penalised=slice(120)):
    """Cost, gradient and sides; the penalty is on the weights of the first layer, or on other parameters."""
    W1, b1, W2, b2 = theta[:120].reshape(30, 4), theta[120:124], theta[124:128], theta[128]
    Z = X @ W1 + b1
    A = np.maximum(Z, 0) * mask
    z = A @ W2 + b2
    penalty = ALPHA / (2 * len(y)) * np.sum(theta[penalised] ** 2)
    error = (1 / (1 + np.exp(-z)) - y) / len(y)
    delta = np.outer(error, W2) * mask * (Z > 0)
    gradient = np.concatenate([(X.T @ delta).ravel(), delta.sum(axis=0), A.T @ error, [error.sum()]])
    gradient[:120] += ALPHA / len(y) * theta[:120]
    return np.mean(np.logaddexp(0, z) - y * z) + penalty, gradient, (Z > 0).tobytes()


rng = np.random.default_rng(0)
theta = rng.normal(scale=0.3, size=129)

# %%
# **Kinks.** Where a step carries some unit over the kink of relu, the difference is the slope of neither side.
# ``compare_gradient`` is the check with a loss that also returns the sides: what crosses a kink is counted and set
# aside. ``skdeep.inspection.check_gradient`` does so for our networks.
STEPS = np.logspace(-1, -8, 8)
blind = [check_gradient(lambda t: network(t)[:2], theta, epsilon=h) for h in STEPS]
seeing = [
    compare_gradient(network(theta)[1], lambda t: network(t)[::2], theta, epsilon=h, blocks=BLOCKS) for h in STEPS
]

# %%
# **Masks.** Dropout with new masks at every call is another function at every call. The two ends of a difference then
# have nothing to do with each other, and a check of ours refuses. With one mask for all calls the function is smooth.
KEEP_PROB = 0.8


def draw_mask():
    return (rng.random((len(X), 4)) < KEEP_PROB) / KEEP_PROB


def error_with_fresh_masks(h):
    """The same check as a plain loop, which nothing keeps from nonsense."""
    moves = h * np.eye(len(theta))
    d = [(network(theta + m, draw_mask())[0] - network(theta - m, draw_mask())[0]) / (2 * h) for m in moves]
    g = network(theta, draw_mask())[1]
    return np.linalg.norm(g - d) / (np.linalg.norm(g) + np.linalg.norm(d))


fresh = [error_with_fresh_masks(h) for h in STEPS]
try:
    check_gradient(lambda t: network(t, draw_mask())[:2], theta)
except ValueError as error:
    print("fresh masks:", error)
mask = draw_mask()
frozen = check_gradient(lambda t: network(t, mask)[:2], theta, blocks=BLOCKS)
print(f"one mask: {frozen.verdict}, relative error {frozen.relative_error:.0e}")

# %%
# **When.** A bug that sleeps: the cost has a penalty on the biases too, the gradient has forgotten it. Biases start at
# zero, where the derivative of their penalty is zero. So the check is made before the training, by plain gradient
# descent, and again and again in its course.
EVERYTHING = slice(124)  # weights and biases of the first layer
trained = theta.copy()
trained[120:124] = 0.0
checks = {}
for step in range(201):
    if step in (0, 1, 3, 10, 30, 100, 200):
        checks[step] = check_gradient(lambda t: network(t, penalised=EVERYTHING)[:2], trained, blocks=BLOCKS)
    trained -= 0.1 * network(trained, penalised=EVERYTHING)[1]
for step in (0, 1, 200):
    print(f"after {step:3} steps: {checks[step].verdict}; suspect: {checks[step].suspect}")

# %%
# Errors by the step of the differences on the left, by the steps of the training on the right.
fig, (ax_step, ax_when) = plt.subplots(1, 2, figsize=(11, 4.8), sharey=True, layout="constrained")
ax_step.loglog(STEPS, fresh, ".-", color="C3", label="dropout, a new mask at every call")
ax_step.loglog(STEPS, [r.relative_error for r in blind], ".-", color="C1", label="relu, kinks counted in")
ax_step.loglog(STEPS, [r.relative_error for r in seeing], ".-", color="C0", label="relu, kinks set aside")
ax_step.set(xlabel="step of the differences", title="A right gradient")
for block, marker in (("layer 1 biases", "o-"), ("layer 1 weights", "s--"), ("layer 2 weights", "^--")):
    ax_when.plot(list(checks), [r.block_errors[block] for r in checks.values()], marker, label=block)
ax_when.set(xlabel="steps of training before the check", title="A wrong one: a penalty on the biases forgotten")
ax_when.set_xscale("symlog", linthresh=1)
for ax in (ax_step, ax_when):
    ax.axhline(1e-6, color="0.5", linestyle=":", label='"correct" up to here')
    ax.axhline(1e-4, color="0.3", linestyle="--", label='"wrong" from here on')
    ax.set(ylabel="relative error", ylim=(1e-15, 10))
    ax.legend(fontsize="small", loc="lower left")
for h, result in zip(STEPS, seeing, strict=True):
    print(f"step {h:.0e}: {result.n_kinks:3} of 129 differences cross a kink; without them {result.relative_error:.0e}")

plt.show()

# %%
# How to read the left side. All three curves belong to right gradients. With a new mask at every call the error is near
# 1 whatever the step: two losses of different networks, divided by a small number. At 0.001 and below no step carries a
# unit over its kink, and the two curves of relu are one. At 0.01 a quarter of them do, and the error is that of
# a wrong gradient, unless those are set aside; at 0.1 nearly all do, and there is next to nothing left to check. So a
# small step keeps off most kinks, and a check that counts them knows about the others. No step helps a unit that stands
# on its kink exactly: with biases of zero, one row of zeros is enough for that. Hence
# ``skdeep.inspection.check_gradient`` draws biases for a network that has not been trained yet.
#
# The right side is one and the same bug. At the start the gradient is correct to ten digits, because biases of zero
# have no penalty, with or without the bug. A single step of training moves them off zero, and the check finds it, and
# says where. Other bugs hide in the same way behind weights that are near zero, where every activation is a straight
# line. Once before the training and once after some of it costs two calls.
