"""
Bias and variance: four networks, a human, a crooked scanner
============================================================

A report on any estimator measures where its errors come from, says what is high, and what to change.
"""

# %%
# Digits of 8 by 8 pixels, which a human reads with hardly an error. Two networks, one of three linear units and one of
# 64 tanh units, learn from 200 digits and from all 1797. Train is the mean error of five fits on the rows that they
# were trained on, dev that on the rows that were held out.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.utils import shuffle

from skdeep import DeepMLPClassifier
from skdeep.augmentation import RandomShift
from skdeep.model_selection import bias_variance_report, train_dev_test_split

X, y = load_digits(return_X_y=True)
X, y = shuffle(X / 16, y, random_state=0)
options = {"alpha": 3.0, "learning_rate_init": 0.02, "max_iter": 30, "random_state": 0}
networks = {
    "3 linear units": DeepMLPClassifier((3,), activation="identity", **options),
    "64 tanh units": DeepMLPClassifier((64,), activation="tanh", **options),
}
reports = {}
for name, network in networks.items():
    for n_rows, batch_size in ((200, 20), (1797, 100)):
        network.set_params(batch_size=batch_size)
        report = bias_variance_report(network, X[:n_rows], y[:n_rows], learning_curve=False, random_state=0)
        reports[f"{name}, {n_rows} digits"] = report

for name, report in reports.items():
    print(f"{name}: {report.summary}")

# %%
# The four ladders of errors, on one scale.
fig, axes = plt.subplots(2, 2, figsize=(13, 7.5), layout="constrained")
for ax, (name, report) in zip(axes.flat, reports.items(), strict=True):
    report.plot(ax=ax)
    ax.set(xlim=(-0.02, 0.4), ylabel="errors and the gaps between")
    ax.set_title(f"{name}: {' and '.join(report.diagnosis) or 'neither'}", loc="left", pad=40)

# %%
# The note of the first one in full. What it recommends is ready for ``set_params``.
print(reports["3 linear units, 200 digits"])

# %%
# Now a task at which nobody could be perfect: points of three clouds that overlap. The best rule there is, and a human
# who looks at the drawing will find it, is the nearest of the three centres. Its predictions are the target.
CENTRES = np.array([[0.0, 0.0], [2.5, 0.0], [1.0, 2.0]])
points, cloud = make_blobs(1000, centers=CENTRES, cluster_std=1.0, random_state=0)
by_hand = np.argmin(((points[:, None] - CENTRES) ** 2).sum(axis=2), axis=1)
network = DeepMLPClassifier((16,), alpha=1.0, learning_rate_init=0.02, max_iter=20, batch_size=50, random_state=0)
targets = {"target 0": 0.0, "target: a human": by_hand}
fig, axes = plt.subplots(1, 2, figsize=(13, 3.8), layout="constrained")
for ax, (name, target) in zip(axes, targets.items(), strict=True):
    report = bias_variance_report(network, points, cloud, target_error=target, learning_curve=False, random_state=0)
    report.plot(ax=ax)
    ax.set(xlim=(-0.02, 0.3), ylabel="errors and the gaps between")
    ax.set_title(name, loc="left", pad=40)
    print(f"{name}: {report.summary}", *(f"- {advice.action}" for advice in report.advice[:2]), sep="\n")

# %%
# Last, a network that will be used with another scanner, which puts every digit one pixel further to the right. There
# are many digits of the old scanner to train on, and some of the new one to judge by. Those alone show only that dev
# errs more than train. So 300 digits of the old scanner are kept out of the training too: the train-dev part.
X_train, X_train_dev, X_dev, _, y_train, y_train_dev, y_dev, _ = train_dev_test_split(
    X, y, train_dev_size=300, dev_size=300, test_size=100, stratify=y, random_state=0
)
X_dev = np.roll(X_dev.reshape(-1, 8, 8), 1, axis=2).reshape(-1, 64)
train_dev = {"X_train_dev": X_train_dev, "y_train_dev": y_train_dev}

# %%
# The third network does what the report advises: digits like those of the new scanner are made by moving the old ones
# about. The fourth follows the advice of the third report: twice the units, four times the epochs, a weaker penalty.
network = networks["64 tanh units"]
shifted = clone(network).set_params(augment=RandomShift((8, 8), max_shift=1))
larger = clone(shifted).set_params(hidden_layer_sizes=(128,), max_iter=120, alpha=0.3)
rounds = {
    "without train-dev": (network, {}),
    "with train-dev": (network, train_dev),
    "trained on shifted digits": (shifted, train_dev),
    "and larger, for longer": (larger, train_dev),
}
fig, axes = plt.subplots(2, 2, figsize=(13, 8.5), layout="constrained")
for ax, (name, (estimator, parts)) in zip(axes.flat, rounds.items(), strict=True):
    report = bias_variance_report(estimator, X_train, y_train, X_dev=X_dev, y_dev=y_dev, learning_curve=False, **parts)
    report.plot(ax=ax)
    ax.set(xlim=(-0.02, 0.95), ylabel="errors and the gaps between")
    ax.set_title(name, loc="left", pad=40)
    print(f"{name}: {report.summary}", *(f"- {advice.action}" for advice in report.advice[:3]), sep="\n")

plt.show()

# %%
# How to read it. **Four networks**: an orange bar is a gap that is high, a blue one is low, a grey one is not settled,
# and the triangle is where high begins: at 2.7 points, 3 % of the error of a constant answer. Three linear units err on
# their own training digits, however many of those there are. That is bias, and the note advises a bigger network before
# anything else. On 200 digits they err half as often again on new ones, which is variance on top. 64 units learn their
# 200 digits nearly by heart and err on one new digit in twelve: variance alone, and the advice begins with more data.
# That it is right shows on the lower right, where the same network has all digits, and little of either.
#
# **A human**: the clouds overlap, and even the best rule is wrong at 16.3 % of these points. Held against a target of 0
# the network has a high bias, and one would go on to build larger and larger networks, for nothing. Held against the
# human it has none: the very same train error, and another verdict. So say what can be hoped for, as a number or, as
# here, as somebody's answers for the same rows. With answers the interval of the bias is much narrower too, for a point
# that is too hard for both says nothing about their difference.
#
# **A scanner**: without the train-dev part the gap goes by the name of variance, and the advice is more data, a
# stronger penalty, dropout: none of which would ever show a moved digit to the network. The train-dev part divides the
# gap. New digits of the old scanner are read almost as well as those trained on, so nearly all of it is mismatch, and
# the advice is another: look at what goes wrong, and make the training digits like those. Moving them about by up to a
# pixel does so. The dev error falls from 57 to 13 %, and what is left has a new name: bias, for the more varied digits
# are too much for this network in its 30 epochs. The advice on bias followed, it is 2.7 %, as little as on digits that
# nobody has moved. Each round has its own problem, and so its own advice.
