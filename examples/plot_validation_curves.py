"""
Validation curves: how strong should L2 and dropout be?
=======================================================

One regulariser at a time, then both at once: curves of train and dev error over ``alpha`` and over ``keep_prob``, and a
map of the two together.
"""

# %%
# 400 digits, a fifth of whose labels were replaced by random ones, as if somebody had been in a hurry. A network can
# learn wrong labels by heart, and it will, if nothing keeps it from that. The other digits, with their right labels,
# are the test part.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import make_scorer, zero_one_loss
from sklearn.model_selection import StratifiedKFold, ValidationCurveDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import shuffle

from skdeep import DeepMLPClassifier
from skdeep.model_selection import BatchedGridSearchCV

X, y = shuffle(*load_digits(return_X_y=True), random_state=0)
X, y_right, X_test, y_test = X[:400], y[:400], X[400:], y[400:]
y = y_right.copy()
rng = np.random.default_rng(0)
hurried = rng.random(400) < 0.2
y[hurried] = rng.integers(10, size=hurried.sum())

print(f"wrong labels: {np.mean(y != y_right):.1%}")

network = DeepMLPClassifier(
    (32,), alpha=0.1, keep_prob=1.0, learning_rate_init=0.03, batch_size=80, max_iter=20, random_state=0
)
model = make_pipeline(StandardScaler(), network)
folds = StratifiedKFold(5, shuffle=True, random_state=0)

# %%
# One curve over ``alpha``, without dropout, and one over ``keep_prob``, with next to no penalty. The scaler is a part
# of the pipeline, so that it is fitted to the training rows of each fold alone.
fig, axes = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
ranges = {"alpha": [0.1, 1, 3, 10, 30, 100], "keep_prob": [0.2, 0.3, 0.5, 0.7, 0.9, 1.0]}
for ax, (name, values) in zip(axes, ranges.items(), strict=True):
    display = ValidationCurveDisplay.from_estimator(
        model,
        X,
        y,
        param_name=f"deepmlpclassifier__{name}",
        param_range=values,
        cv=folds,
        scoring=make_scorer(zero_one_loss),
        score_name="error",
        ax=ax,
    )
    ax.set(xlabel=name, ylim=(0, 0.7))
    ax.legend(display.lines_, ("train", "dev"))
    for value, train, dev in zip(values, display.train_scores, display.test_scores, strict=True):
        print(f"{name:9} {value:5g}  train error {train.mean():.1%}, dev error {dev.mean():.1%}")
axes[0].set_title("L2 alone: stronger to the right")
axes[1].set_title("dropout alone: stronger to the left")

# %%
# Both at once.
grid = {"deepmlpclassifier__alpha": [0.1, 3, 10, 30], "deepmlpclassifier__keep_prob": [0.3, 0.5, 0.8, 1.0]}
search = BatchedGridSearchCV(model, grid, cv=folds, return_train_score=True).fit(X, y)
errors = {
    part: 1 - search.cv_results_[f"mean_{key}_score"].reshape(4, 4)
    for part, key in (("train", "train"), ("dev", "test"))  # what a search calls test is the held-out part of a fold
}
fig, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
for ax, (part, table) in zip(axes, errors.items(), strict=True):
    ax.imshow(table, cmap="viridis_r", origin="lower")
    ax.set_xticks(range(4), grid["deepmlpclassifier__keep_prob"])
    ax.set_yticks(range(4), grid["deepmlpclassifier__alpha"])
    ax.set(xlabel="keep_prob", ylabel="alpha", title=f"{part} error")
    middle = (table.min() + table.max()) / 2
    for (row, column), error in np.ndenumerate(table):
        ax.text(column, row, f"{error:.1%}", ha="center", va="center", color="white" if error > middle else "black")
    row, column = divmod(search.best_index_, 4)
    ax.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="red", linewidth=4))

# %%
# What the winner is worth on digits with right labels, beside the network without regularisation.
print("best of the grid:", search.best_params_)
for name, fitted in (("no regularisation", clone(model).fit(X, y)), ("best of the grid", search.best_estimator_)):
    print(f"{name:18} train error {1 - fitted.score(X, y):.1%}, test error {1 - fitted.score(X_test, y_test):.1%}")

plt.show()

# %%
# How to read it. **The curves**: without regularisation, on the left of the first and on the right of the second, the
# network has learned nearly all of its labels, wrong ones included, and errs on one new digit in three. That gap is
# variance. As ``alpha`` grows, the train error rises towards the share of wrong labels, 17.5 %, and that is as it
# should be: the network no longer believes them. The dev error falls by ten points until ``alpha=10``, where the two
# curves have come near each other; at 100 both shoot up together, which is bias. The bands are one standard deviation
# of the five folds, and they are wide because some folds are harder than others; but the folds are the same at every
# value, so that points of one curve can be compared better than the bands suggest. ``keep_prob`` makes a valley too, a
# shallower one: dropout alone gains two thirds of what L2 alone does.
#
# The dev error cannot come down to zero here. Dev rows have wrong labels too, and a network that reads the digit right
# is counted as wrong there: 17.5 % of errors that have nothing to do with the network.
#
# **The map**: start at the lower right, without regularisation, where the dev error is darkest and the train error
# lightest. From there the dev error falls either way, upwards (L2) and to the left (dropout), but not twice: dropout
# takes off six points in the row of ``alpha=0.1``, and nothing in the row of ``alpha=10``. They are two cures for one
# disease. In the upper left corner, where both are strong, train and dev errors are high together. Two curves, each
# with its own best value, would have led to ``alpha=10`` with ``keep_prob=0.5``, and the map says that the penalty
# alone is enough.
#
# The red field is the winner, and not too much should be made of it: on 400 digits an error of 23 % is known to within
# 4 points, and 13 of the 16 fields lie no further off than that. With three other draws of digits and labels ``alpha``
# was 10 twice and 3 once, ``keep_prob`` 0.5 twice and 0.8 once. What was the same in all four is the shape: the errors
# are highest with neither or with too much of both, and in between lies a broad valley. That it is worth going there
# shows on the test digits, whose labels are right: the winner errs less than half as often as the network without
# regularisation, although it learned from the same wrong labels.
