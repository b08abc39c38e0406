"""
Understanding dropout: spread weights and a noisy cost
======================================================

Dropout on the inputs makes a network rely on no single one of them; and the cost of a network that trains with dropout
goes up and down even where nothing is wrong.
"""

# %%
# Eight inputs measure the same hidden quantity: the first one well, the other seven badly. Four more have nothing to do
# with it. The class is the sign of the hidden quantity.
import matplotlib.pyplot as plt
import numpy as np

from skdeep import DeepMLPClassifier

rng = np.random.default_rng(0)


def sample(n_rows):
    hidden = rng.standard_normal(n_rows)
    noise = rng.standard_normal((n_rows, 8)) * np.r_[0.1, np.full(7, 0.5)]
    return np.hstack([hidden[:, None] + noise, rng.standard_normal((n_rows, 4))]), (hidden > 0).astype(int)


X_train, y_train = sample(1000)
X_test, y_test = sample(5000)
X_broken = X_test.copy()
X_broken[:, 0] = 0.0  # the good instrument has failed: its mean for every row

# %%
# The same small network with nothing, with dropout on the inputs, and with an L2 penalty. The initial weights are tiny
# ("normal" has a standard deviation of 0.01), so that what is measured afterwards was learned.
settings = {
    "no regularisation": {"alpha": 0.0, "input_keep_prob": 1.0},
    "input_keep_prob=0.5": {"alpha": 0.0, "input_keep_prob": 0.5},
    "alpha=10": {"alpha": 10.0, "input_keep_prob": 1.0},
}
shares = {}
for name, regularisation in settings.items():
    network = DeepMLPClassifier(
        (16,),
        activation="tanh",
        init="normal",
        keep_prob=1.0,
        solver="adam",
        learning_rate="cosine",
        learning_rate_init=0.01,
        batch_size=100,
        max_iter=60,
        n_iter_no_change=60,
        early_stopping=False,
        random_state=0,
        **regularisation,
    )
    network.fit(X_train, y_train)
    W = np.abs(network.coefs_[0])
    shares[name] = (W / W.sum(axis=0)).mean(axis=1)
    # (sum |w|)^2 / sum w^2 is 1 for a unit that listens to one input, and 8 for one that listens to eight equally.
    n_effective = np.median(W.sum(axis=0) ** 2 / (W**2).sum(axis=0))
    print(
        f"{name:19}  share of the best input {shares[name][0]:.2f}   effective number of inputs {n_effective:.1f}   "
        f"test error {1 - network.score(X_test, y_test):.1%}, "
        f"without the best input {1 - network.score(X_broken, y_test):.1%}"
    )

# %%
# Now the cost. Plain gradient descent on all rows at once, without momentum and at a small rate: what it minimises must
# fall with every step. ``loss_curve_`` is the cost with the masks that were drawn for the step. The training rows are
# passed as ``X_val`` too, so that ``validation_loss_curve_`` is the cost of the same rows without any mask.
N_EPOCHS = 300
costs = {}
for keep_prob in (0.5, 1.0):
    network = DeepMLPClassifier(
        (32, 32),
        activation="relu",
        alpha=0.0,
        keep_prob=keep_prob,
        solver="sgd",
        momentum=0.0,
        learning_rate="cosine",
        learning_rate_init=0.01,
        batch_size=len(X_train),
        max_iter=N_EPOCHS,
        n_iter_no_change=N_EPOCHS,
        early_stopping=False,
        random_state=0,
    )
    network.fit(X_train, y_train, X_val=X_train, y_val=y_train)
    if keep_prob < 1:
        costs["keep_prob=0.5, masks on"] = network.loss_curve_
        costs["keep_prob=0.5, masks off"] = network.validation_loss_curve_
    else:
        costs["keep_prob=1"] = network.validation_loss_curve_

# %%
# The weights on the left, the costs on the right.
fig, (ax_weights, ax_cost) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
inputs = np.arange(1, 13)
for k, (name, share) in enumerate(shares.items()):
    ax_weights.bar(inputs + 0.27 * (k - 1), share, width=0.27, label=name)
ax_weights.set(
    xlabel="input (1: good, 2 to 8: bad copies, 9 to 12: useless)",
    ylabel="share of a unit's |weights|",
    xticks=inputs,
    title="Where the weights of the first layer lie",
)
for name, cost in costs.items():
    ax_cost.plot(range(1, N_EPOCHS + 1), cost, label=name, linewidth=1)
    n_rises = np.count_nonzero(np.diff(cost) > 0)
    print(f"{name:24}  cost {cost[0]:.3f} -> {cost[-1]:.3f}, rose in {n_rises} of {N_EPOCHS - 1} steps")
ax_cost.set(xlabel="epoch (one step each)", ylabel="mean cross-entropy", title="Cost on the training rows")
for ax in (ax_weights, ax_cost):
    ax.legend()

plt.show()

# %%
# How to read the left side. Without regularisation two thirds of a unit's weight lie on the good input. With
# ``input_keep_prob=0.5`` the good input is missing from half of the steps, so the network has to be ready to do without
# it: the weights move over to the copies, though not to the useless inputs, and most of them still lie on the best one.
# When that instrument fails, the network trained with dropout errs less; while it works, the two err alike. An L2
# penalty spreads the weights as well, for two weights of one half have half the sum of squares of a single weight of
# one; this one even spreads them further, and pays with a higher test error. Dropout acts like an L2 penalty that is
# different for every input, by the size of its values. One thing is left out by textbooks: in a wide network that
# starts from ordinary weights, most weights stay near their random start, with dropout or without, and then this
# measure shows next to no difference.
#
# How to read the right side. With masks on, the cost rises in nearly every second step, and nothing is wrong: every
# step takes the cost of another network, the one that its masks left over. So that curve can neither show that the
# training works nor that it does not. With masks off it is the same network every time, and at a rate this small its
# cost falls in every step. (That it lies flat at the end is the learning rate, which falls to zero.) Strictly, theory
# promises this only for the third curve, of the network that trains without dropout: the gradients of the second belong
# to the thinned networks, and at a larger rate a few of its steps may go up. Hence the old advice: set ``keep_prob=1``,
# see that the cost falls step by step, and only then turn dropout on and watch a cost without masks.
