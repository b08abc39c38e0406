"""
Why deep networks need well-scaled initial weights
==================================================

The same network of 25 hidden layers, trained three times in the same way; only the scale of the first weights differs.
"""

# %%
# Each layer multiplies by its weights. When they are so small that every layer makes the signal a little weaker, 25
# layers make it vanish, and the gradient on its way back vanishes with it. "he_normal" has the variance ``2 / fan_in``,
# which holds the size of the signal through layers of relu; "glorot_normal", made for tanh, has about half of that;
# "normal" draws with a standard deviation of 0.01, whatever the width.
from math import log

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_dev, y_train, y_dev = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_dev = scaler.transform(X_train), scaler.transform(X_dev)

# %%
# Stochastic gradient descent with momentum, at a rate that falls to zero over 40 epochs, without a penalty. The
# patience of ``n_iter_no_change`` keeps a network that does not learn from being stopped before the others.
N_EPOCHS = 40
INITS = ("he_normal", "glorot_normal", "normal")
networks = {}
for init in INITS:
    network = DeepMLPClassifier(
        (64,) * 25,
        activation="relu",
        init=init,
        alpha=0.0,
        solver="sgd",
        learning_rate="cosine",
        learning_rate_init=0.01,
        batch_size=64,
        max_iter=N_EPOCHS,
        n_iter_no_change=N_EPOCHS,
        scoring="accuracy",
        random_state=0,
    )
    networks[init] = network.fit(X_train, y_train, X_val=X_dev, y_val=y_dev)

# %%
# Training loss and dev accuracy by epoch; guessing has a loss of ``ln 10`` and an accuracy of one in ten.
epochs = range(1, N_EPOCHS + 1)
fig, (ax_loss, ax_accuracy) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for init, network in networks.items():
    ax_loss.plot(epochs, network.loss_curve_, label=init)
    ax_accuracy.plot(epochs, network.validation_scores_, label=init)
for ax, guessing in ((ax_loss, log(10)), (ax_accuracy, 0.1)):
    ax.axhline(guessing, color="0.6", linestyle=":", label="guessing")
    ax.set(xlabel="epoch")
ax_loss.set(ylabel="training loss")
ax_accuracy.set(ylabel="dev accuracy", ylim=(0, 1))
fig.suptitle("Digits, 25 hidden layers of 64, relu, SGD")
fig.legend(*ax_loss.get_legend_handles_labels(), loc="outside lower center", ncols=4)

for init, network in networks.items():
    loss, accuracy = network.loss_, network.validation_scores_[-1]
    print(f"{init:14} training loss {loss:.3f}   dev accuracy {accuracy:.3f}")

plt.show()

# %%
# How to read it. With "normal" the loss stays at that of guessing for all 40 epochs: no signal comes through, so no
# gradient comes back. With "glorot_normal" each layer halves the variance of the signal; the network finds a way out
# after some fifteen epochs, then runs out of time. With "he_normal" it learns from the first epoch on. ``init="auto"``,
# the default, takes "he_normal" for relu. A loss curve that lies flat at the value of guessing is the sign to look for:
# it speaks of the initialisation (or the learning rate), not of too little data.
