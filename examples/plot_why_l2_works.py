"""
Why an L2 penalty reduces overfitting
=====================================

A tanh network, trained with an ever larger ``alpha``: its weights shrink, its units leave the bends of tanh for the
straight part, and the network goes from overfitting through a good fit to little more than a linear model.
"""

# %%
# Two overlapping half moons: 120 points to train on, 5000 to measure the error.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

from skdeep import DeepMLPClassifier

X_train, y_train = make_moons(120, noise=0.35, random_state=0)
X_dev, y_dev = make_moons(5000, noise=0.35, random_state=100)

# %%
# One network per ``alpha``, all from the same initial weights, and a linear model (no hidden layer) to compare with.
ALPHAS = np.logspace(-3, 1, 9)


def fit(hidden_layer_sizes, alpha):
    network = DeepMLPClassifier(
        hidden_layer_sizes,
        activation="tanh",
        alpha=alpha,
        keep_prob=1.0,
        solver="adam",
        learning_rate="cosine",
        learning_rate_init=0.01,
        batch_size=len(X_train),
        max_iter=600,
        n_iter_no_change=600,
        early_stopping=False,
        random_state=0,
    )
    return network.fit(X_train, y_train)


networks = [fit((32, 32, 32), alpha) for alpha in ALPHAS]
linear = fit((), 0.0)

# %%
# Two numbers per hidden layer. The root mean square of its weights, and the share of its values ``z = a W + b``, before
# tanh, that lie within one half of zero. There tanh is nearly a straight line: it departs from ``z`` by less than 8 %.


def layer_by_layer(network):
    a, sizes, straight = X_train, [], []
    for W, b in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
        z = a @ W + b
        sizes.append(np.sqrt(np.mean(W**2)))
        straight.append(np.mean(np.abs(z) < 0.5))
        a = np.tanh(z)
    return sizes, straight


sizes, straight = np.array([layer_by_layer(network) for network in networks]).transpose(1, 2, 0)
train_error = np.array([1 - network.score(X_train, y_train) for network in networks])
dev_error = np.array([1 - network.score(X_dev, y_dev) for network in networks])
linear_error = 1 - linear.score(X_dev, y_dev)

# %%
# All of it by ``alpha``.
fig, (ax_error, ax_size, ax_straight) = plt.subplots(1, 3, figsize=(12, 4), sharex=True, layout="constrained")
ax_error.semilogx(ALPHAS, train_error, "o-", label="train")
ax_error.semilogx(ALPHAS, dev_error, "o-", label="dev")
ax_error.axhline(linear_error, color="0.6", linestyle=":", label="linear model, dev")
ax_error.set(xlabel="alpha", ylabel="error", ylim=(0, None), title="Errors")
for layer in range(3):
    ax_size.loglog(ALPHAS, sizes[layer], "o-", label=f"hidden layer {layer + 1}")
    ax_straight.semilogx(ALPHAS, straight[layer], "o-", label=f"hidden layer {layer + 1}")
ax_size.set(xlabel="alpha", ylabel="root mean square", ylim=(0.02, 1), title="Weights")
ax_straight.set(
    xlabel="alpha", ylabel="share with |z| < 0.5", ylim=(0, 1.05), title="Values in the straight part of tanh"
)
for ax in (ax_error, ax_size, ax_straight):
    ax.legend()

print("  alpha   train error   dev error   weights, layers 1-3   straight, layers 1-3")
for k, alpha in enumerate(ALPHAS):
    print(
        f"{alpha:7.3f}   {train_error[k]:11.1%}   {dev_error[k]:9.1%}  ",
        *(f"{size:6.3f}" for size in sizes[:, k]),
        "  ",
        *(f"{share:5.0%}" for share in straight[:, k]),
    )
print(f"linear model: dev error {linear_error:.1%}")

plt.show()

# %%
# How to read it, from left to right. With hardly any penalty the network learns the noise of its training points: a
# small train error, a dev error near that of the linear model. Its weights are large, and in the second hidden layer
# most values lie out where tanh bends and levels off; there the network can make the sharp turns that noise asks for.
# As ``alpha`` rises, the weights of every layer shrink, the values draw together around zero, where tanh is nearly a
# straight line, and the two errors meet. Between 0.3 and 1 the dev error is lowest. Beyond, all layers are straight
# lines; straight lines one after the other are a straight line, and the network is no better than the linear model: the
# penalty has traded variance for bias.
#
# The best network already has most of its units in the straight part, and yet it bends where the linear model cannot:
# "straight" is a matter of degree, and three layers that bend a little are enough for two moons. And the penalty says
# nothing before it is strong enough: up to 0.01 the dev error hardly moves, so search ``alpha`` in powers of ten. At
# 100 the weights would all go to zero, and the network would guess.
