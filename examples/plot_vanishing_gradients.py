"""
Vanishing and exploding: how far do signal and gradient get?
============================================================

One pass forward and one back through networks that have not been trained yet tells which of them could be.
"""

# %%
# Each layer multiplies the signal by about the same factor, and each layer on the way back the gradient: both change as
# a power of the depth. ``gradient_flow`` measures them layer by layer. Twenty layers of a hundred relu units, three
# initialisations: "he_normal" has the variance 2 / fan_in, "glorot_normal" about half of it, and the third draws with a
# standard deviation of 1.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

from skdeep import DeepMLPClassifier
from skdeep.inspection import gradient_flow
from skdeep.plotting import LossCurveDisplay

X, y = load_digits(return_X_y=True)
X = scale(X)


def of_deviation_1(rng, fan_in, fan_out):
    """Weights that are far too large."""
    return rng.normal(size=(fan_in, fan_out))


INITS = {"he_normal": "he_normal", "glorot_normal": "glorot_normal", "deviation 1": of_deviation_1}
networks = {
    name: DeepMLPClassifier((100,) * 20, activation="relu", init=init, max_iter=10, random_state=0)
    for name, init in INITS.items()
}
reports = {name: gradient_flow(network, X[:300], y[:300]) for name, network in networks.items()}
print(reports["glorot_normal"])

# %%
# Spread of the activations and size of the deltas by layer, for all three.
fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for name, report in reports.items():
    layers = np.arange(1, len(report.layers) + 1)
    axes[0].plot(layers, [layer.spread for layer in report.layers], "o-", label=f"{name}: {report.signal_verdict}")
    axes[1].plot(layers, [layer.delta for layer in report.layers], "o-", label=f"{name}: {report.gradient_verdict}")
for ax, what in zip(axes, ("spread of the activations", "delta (derivative by a unit's input)"), strict=True):
    ax.set(yscale="log", xlabel="layer (the last is the output)", ylabel=what)
    ax.legend()

# %%
# The advice in the report is measured, not guessed: this is the network with it.
advice = reports["glorot_normal"].advice[0]
better = networks["glorot_normal"].set_params(**advice.parameters)
print(advice.action, "->", gradient_flow(better, X[:300], y[:300]).signal_verdict)

# %%
# Does it matter? Ten epochs with the weights that let the signal through, with the best epoch on the dev rows marked.
network = networks["he_normal"].fit(X[:1400], y[:1400], X_val=X[1400:], y_val=y[1400:])
LossCurveDisplay.from_estimator(network).ax_.set_title("he_normal")
print(f"dev accuracy of he_normal after ten epochs: {network.score(X[1400:], y[1400:]):.3f}")

# %%
# Inputs count as well: with one column in other units the report says which, and what scaling would give.
unscaled = X[:300].copy()
unscaled[:, 20] = 5000 * X[:300, 20] + 1e5
for warning in gradient_flow(networks["he_normal"], unscaled, y[:300]).input_warnings:
    print(warning)

plt.show()

# %%
# How to read it. With "glorot_normal" the spread of the activations falls by a factor of 0.7 in every layer, the root
# of the half that relu takes away: after twenty layers a thousandth is left, and as little of the gradient comes back.
# Weights of deviation 1 multiply by seven, the root of half the hundred units: the signal grows by fifteen orders of
# magnitude. He's variance makes up for what relu takes, so both curves stay level, and the network learns. The falling
# spread of the first layers of "he_normal" is no fault of its scale: relu makes the rows more alike from layer to
# layer.
