"""
Numerical gradients: one side or two, and how large a step
==========================================================

A difference of the loss is a gradient without any calculus. How exact it is depends on two choices: on which sides of a
weight the loss is computed, and how far away.
"""

# %%
# Logistic regression on a hundred rows, because its gradient is known by a formula. The loss computes in the precision
# of the weights that it gets.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import scale

from skdeep import DeepMLPClassifier
from skdeep.core import check_gradient
from skdeep.inspection import check_gradient as check_network

X, y = load_breast_cancer(return_X_y=True)
X, y = scale(X)[:100], y[:100]


def loss(w):
    """Mean cross-entropy."""
    z = X.astype(w.dtype) @ w
    return np.mean(np.logaddexp(0, z) - y.astype(w.dtype) * z)


def gradient(w):
    """Its derivatives, by the formula."""
    return X.T @ (1 / (1 + np.exp(-(X @ w))) - y) / len(y)


# %%
# The one-sided difference starts at the weight itself, the two-sided one goes as far below it as above. Both are
# computed for all thirty weights and compared with the gradient by ``|g - d| / (|g| + |d|)``.
w = np.random.default_rng(0).normal(scale=0.3, size=30)


def one_sided(w, h):
    return np.array([(loss(w + h * e) - loss(w)) / h for e in np.eye(30, dtype=w.dtype)])


def two_sided(w, h):
    return np.array([(loss(w + h * e) - loss(w - h * e)) / (2 * h) for e in np.eye(30, dtype=w.dtype)])


def relative_error(difference):
    g = gradient(w)
    return np.linalg.norm(g - difference) / (np.linalg.norm(g) + np.linalg.norm(difference))


STEPS = np.logspace(-1, -12, 45)
curves = {
    "one-sided": [relative_error(one_sided(w, h)) for h in STEPS],
    "two-sided": [relative_error(two_sided(w, h)) for h in STEPS],
    "two-sided, in float32": [relative_error(two_sided(w.astype(np.float32), np.float32(h))) for h in STEPS[:25]],
}
for name, errors in curves.items():
    best = np.argmin(errors)
    print(f"{name:21}  smallest error {errors[best]:.0e} at a step of {STEPS[best]:.0e}")

# %%
# Whole checks at steps of one's own: of a network of ours, of the gradient above, and of one in which a single of the
# thirty derivatives is 1 % too large.


def right(w):
    return loss(w), gradient(w)


def wrong(w):
    return loss(w), gradient(w) * np.r_[1.01, np.ones(29)]


network = DeepMLPClassifier((4,), random_state=0)
checks = {
    "a network of ours": lambda h: check_network(network, X, y, epsilon=h, random_state=0),
    "logistic regression": lambda h: check_gradient(right, w, epsilon=h),
    "one derivative 1 % off": lambda h: check_gradient(wrong, w, epsilon=h),
}
steps = np.logspace(-1, -12, 12)
results = {name: [check(h) for h in steps] for name, check in checks.items()}

# %%
# Errors against steps: of the differences on the left, of whole checks on the right.
default = np.cbrt(np.finfo(np.float64).eps)
fig, (ax_difference, ax_check) = plt.subplots(1, 2, figsize=(11, 4.8), sharey=True, layout="constrained")
for name, errors in curves.items():
    ax_difference.loglog(STEPS[: len(errors)], errors, ".-", label=name)
for name, found in results.items():
    ax_check.loglog(steps, [result.relative_error for result in found], ".-", label=name)
ax_check.axhline(1e-6, color="0.5", linestyle=":", label='"correct" up to here')
ax_check.axhline(1e-4, color="0.3", linestyle="--", label='"wrong" from here on')
for ax, title in ((ax_difference, "Differences of the loss"), (ax_check, "Checks of a gradient")):
    ax.axvline(default, color="C4", linewidth=1, label=f"skdeep's step, {default:.1e}")
    ax.axvline(1e-7, color="C5", linewidth=1, linestyle="-.", label="a step of 1e-7")
    ax.set(xlabel="step h", ylabel="relative error", title=title, ylim=(1e-15, 3))
    ax.legend(fontsize="small", loc="lower left")

for h in (1e-2, 1e-4, default, 1e-7, 1e-10):
    found = {name: check(h) for name, check in checks.items()}
    print(f"step {h:.1e}:", ", ".join(f"{name} {r.relative_error:.0e} ({r.verdict})" for name, r in found.items()))

plt.show()

# %%
# How to read the left side, from right to left. A large step cuts off what is curved in the loss: one-sided the error
# is of the order of the step, two-sided of its square, so that each step a tenth as long brings one digit, or two.
# Then both curves turn. The loss has sixteen digits, of which the two ends of a short step share nearly all, and what
# is left of their difference is rounding: an error of about 1e-16 divided by the step. The bottom of the V is where the
# two errors are equal, near the cube root of 1e-16 for two sides, and that is the step that skdeep takes. One side
# never gets below 1e-8 or so, and costs only half as much. In float32, with seven digits, all of it lies much higher:
# the best there is, 1e-5, is more than a correct gradient may be off.
#
# The right side is what follows for a check. Correct gradients have the V, a wrong one has its own error whatever the
# step, as soon as that is larger than the difference's. So steps from 1e-4 to 1e-6 tell them apart with orders of
# magnitude to spare, and at 1e-7, which is often recommended, there is less room than there could be. An error that
# moves with the step is the difference's; one that stays is the gradient's. (The verdicts printed above forgive what
# rounding alone explains: at 1e-10 the correct gradients are still called correct, above the dotted line.)
