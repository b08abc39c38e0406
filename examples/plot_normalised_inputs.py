"""
Why inputs should be normalised
===============================

The same network on the same wines, with the inputs as they were measured and with inputs of mean 0 and variance 1, each
at its best learning rate.
"""

# %%
# Thirteen measurements of 178 wines. Most are of the size of one; one of them, proline, goes beyond a thousand.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier

X, y = load_wine(return_X_y=True)
scaled = StandardScaler().fit_transform(X)
print(f"standard deviations of the inputs: from {X.std(axis=0).min():.2f} to {X.std(axis=0).max():.0f}")

# %%
# A rate that suits one scale does not suit the other, so a fair comparison gives each its own: every solver and scale
# is trained at eleven rates. The subject is how fast the training loss falls; there is no penalty and no dev set. At
# rates that are too high or too low ``fit`` warns that the scores are far off, as the figure will show.
warnings.simplefilter("ignore", ConvergenceWarning)
RATES = np.logspace(-6, -1, 11)
N_EPOCHS = 50


def train(solver, inputs, rate):
    network = DeepMLPClassifier(
        (32, 32),
        activation="relu",
        alpha=0.0,
        keep_prob=1.0,
        solver=solver,
        momentum=0.9,
        learning_rate="cosine",
        learning_rate_init=rate,
        batch_size=32,
        max_iter=N_EPOCHS,
        n_iter_no_change=N_EPOCHS,
        early_stopping=False,
        random_state=0,
    )
    return network.fit(inputs, y).loss_curve_


curves = {
    (solver, scale): np.array([train(solver, inputs, rate) for rate in RATES])
    for solver in ("sgd", "adam")
    for scale, inputs in (("as measured", X), ("normalised", scaled))
}

# %%
# On the left the training loss by epoch, at the rate that ended lowest. On the right where each rate ended.
fig, (ax_curve, ax_rate) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for (solver, scale), losses in curves.items():
    best = losses[:, -1].argmin()
    color, style = ("C1" if scale == "as measured" else "C0"), ("-" if solver == "sgd" else "--")
    name = f"{scale}, {solver}"
    ax_curve.semilogy(range(1, N_EPOCHS + 1), losses[best], style, color=color, label=name)
    ax_rate.loglog(RATES, losses[:, -1], style, color=color, marker=".", label=name)
    print(f"{name:18}  best rate {RATES[best]:.0e}, training loss after {N_EPOCHS} epochs {losses[best, -1]:.2g}")
for ax in (ax_curve, ax_rate):
    ax.axhline(np.log(3), color="0.6", linestyle=":", label="guessing")
ax_curve.set(xlabel="epoch", ylabel="training loss", title="At the best rate of each")
ax_rate.set(xlabel="learning_rate_init", ylabel=f"training loss after {N_EPOCHS} epochs", title="At every rate")
fig.suptitle("Wine, two hidden layers of 32")
fig.legend(*ax_curve.get_legend_handles_labels(), loc="outside lower center", ncols=5)

plt.show()

# %%
# How to read it. Normalised, the loss falls by a factor of more than a hundred within ten epochs. As measured, it
# begins far above the loss of guessing, because proline alone makes huge scores, and even at the best of the eleven
# rates it ends about where the normalised network was after its first or second epoch.
#
# The right side helps to see why. Along the weights of proline the loss is very steep, along those of small inputs it
# is nearly flat, and there is one rate for all. With plain SGD, a rate above 1e-4 makes the first steps so large that
# all units of a layer go dead (relu gives zero for every wine), and the loss stays at that of guessing. A rate that
# proline can bear is too small for the other inputs: with thirty times the epochs, at 1e-4, the loss is still about
# 0.15. There is no good rate in between. Adam divides each step by the size of its gradient, so one might think that
# scales do not matter to it: at its best rate it does better, but far from well. Normalised, one rate suits all inputs,
# and every rate from 0.003 up to 0.1 ends below 0.1, with either solver.
#
# In earnest put the scaler and the network into one ``make_pipeline(StandardScaler(), DeepMLPClassifier())``: the dev
# and the test rows are then scaled by the mean and the variance of the training rows.
