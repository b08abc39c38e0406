"""
Decision boundaries: no regularisation, L2, dropout
===================================================

The same network, trained three times on the same few noisy points: as it is, with an L2 penalty, and with dropout.
"""

# %%
# Two half moons with so much noise that they overlap: even the best possible rule is wrong about 12 times in a hundred.
# There are 120 points to learn from, and 5000 new ones to judge the result by.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

from skdeep import DeepMLPClassifier

X_train, y_train = make_moons(120, noise=0.35, random_state=0)
X_test, y_test = make_moons(5000, noise=0.35, random_state=100)

# %%
# Three hidden layers are far more than these points need. All networks start from the same weights and train for 600
# epochs on all rows at once; only ``alpha`` (the lambda of the L2 penalty) and ``keep_prob`` (the chance that dropout
# keeps a hidden unit) differ.
settings = {
    "no regularisation": {"alpha": 0.0, "keep_prob": 1.0},
    "L2: alpha=1": {"alpha": 1.0, "keep_prob": 1.0},
    "dropout: keep_prob=0.5": {"alpha": 0.0, "keep_prob": 0.5},
}
networks = {}
for name, regularisation in settings.items():
    network = DeepMLPClassifier(
        (64, 64, 64),
        activation="relu",
        solver="adam",
        learning_rate="cosine",
        learning_rate_init=0.01,
        batch_size=len(X_train),
        max_iter=600,
        n_iter_no_change=600,
        early_stopping=False,
        random_state=0,
        **regularisation,
    )
    networks[name] = network.fit(X_train, y_train)

# %%
# The colour is the probability of the red class in steps of a tenth, the black line is where it is one half.
grid_x, grid_y = np.meshgrid(np.linspace(-2, 3, 150), np.linspace(-1.75, 2.25, 150))
grid = np.column_stack([grid_x.ravel(), grid_y.ravel()])
fig, axes = plt.subplots(1, 3, figsize=(11, 4), sharex=True, sharey=True, layout="constrained")
for ax, (name, network) in zip(axes, networks.items(), strict=True):
    red = network.predict_proba(grid)[:, 1].reshape(grid_x.shape)
    ax.contourf(grid_x, grid_y, red, levels=np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.6)
    ax.contour(grid_x, grid_y, red, levels=[0.5], colors="black")
    ax.scatter(*X_train.T, c=y_train, cmap="RdBu_r", edgecolors="white", s=25)
    train_error, test_error = 1 - network.score(X_train, y_train), 1 - network.score(X_test, y_test)
    ax.set(xlabel="first input", ylabel="second input")
    ax.set_title(f"{name}\ntrain error {train_error:.1%}, test error {test_error:.1%}")
    print(f"{name:22}  train error {train_error:5.1%}   test error {test_error:5.1%}")

plt.show()

# %%
# How to read it. Without regularisation the network has learned nearly all of its points by heart: it draws tongues and
# islands around single points, and it is certain of them, for the colour changes at once from one class to the other.
# New points do not lie there, so its test error is far above its train error. L2 keeps the weights small, and a network
# of small weights cannot turn sharply: the boundary becomes one smooth wave, with a broad band of doubt where the moons
# overlap. Dropout comes to much the same by another way: no unit can count on any other, so a tongue that takes many
# units working together does not survive. Both err more often on the training points than before, and less often on new
# ones. That is the exchange that regularisation makes, and a train error of nearly nil on such data would be a bad
# sign.
#
# Which of the two is ahead depends on the draw: here dropout by a hair, with every ``random_state`` one or two higher
# it is L2. In all three draws both beat the network without.
