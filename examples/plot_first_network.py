"""
A first network and its loss curves
===================================

Train on one part of the digits, watch another part (the dev set) after every epoch, stop when the dev loss has stopped
falling, and read both curves.
"""

# %%
# Three parts of the data: the network learns from the training rows, the dev rows decide when to stop, and the test
# rows are kept for the end. The scaler learns from the training rows only.
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_rest, y_train, y_rest = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
X_dev, X_test, y_dev, y_test = train_test_split(X_rest, y_rest, test_size=0.5, stratify=y_rest, random_state=0)

scaler = StandardScaler().fit(X_train)
X_train, X_dev, X_test = map(scaler.transform, (X_train, X_dev, X_test))

# %%
# ``X_val`` and ``y_val`` are the dev set. With ``early_stopping`` the network takes the weights of its best epoch. The
# penalty is off (``alpha=0``) so that both curves show the same quantity, the mean cross-entropy.
network = DeepMLPClassifier(
    (64, 64), activation="relu", alpha=0.0, learning_rate="constant", early_stopping=True, random_state=0
)
network.fit(X_train, y_train, X_val=X_dev, y_val=y_dev)

# %%
# The curves, and the epoch whose weights the network has.
epochs = range(1, network.n_iter_ + 1)
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(epochs, network.loss_curve_, label="train")
ax.semilogy(epochs, network.validation_loss_curve_, label="dev")
ax.axvline(network.best_iter_, color="0.6", linestyle=":", label=f"best epoch: {network.best_iter_}")
ax.set(xlabel="epoch", ylabel="mean cross-entropy", title="Digits, two hidden layers of 64")
ax.legend()

for name, rows, classes in (("train", X_train, y_train), ("dev", X_dev, y_dev), ("test", X_test, y_test)):
    print(f"{name:5} error {1 - network.score(rows, classes):.1%}")
print(f"stopped after {network.n_iter_} epochs ({network.stop_reason_})")

plt.show()

# %%
# How to read it. Both curves fall together at first: whatever the network learns there is true of new digits as well.
# Later the train curve goes on towards zero while the dev curve lies nearly flat: from there on the network learns its
# training rows by heart. The space between the curves is the variance; the height of the train curve above the loss one
# could hope for is the bias. Here the train error is nil and the dev error is not: bias is no problem, so a larger
# network is not the first thing to try; a larger ``alpha``, a lower ``keep_prob`` or more data are.
