"""
Train, dev and test: how many rows, and which
=============================================

The train rows fit the models, the dev rows choose between them, the test rows are looked at once. What the three are
worth depends on their sizes, and more still on which rows come to which part.
"""

# %%
# First the sizes. "auto" gives dev and test a fifth of the rows each, as long as that is no more than 10,000 rows. On
# 10,000 rows an error of 5 % is known to within 0.4 points, and all further rows are better used for training: beyond
# 50,000 rows the shares fall, down to 1 % at a million rows, where they stay.
import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import lfilter
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.model_selection import TrainDevTestSplit, train_dev_test_split

PARTS = ("train", "dev", "test")
in_order = TrainDevTestSplit(shuffle=False)
totals = [100, 300, 1000, 3000, 10_000, 30_000, 50_000, 100_000, 300_000, 1_000_000, 2_000_000]
sizes = np.array([[len(rows) for rows in in_order.parts(np.arange(n_rows)).values()] for n_rows in totals])
for n_rows, counts in zip(totals, sizes, strict=True):
    print(f"{n_rows:9,} rows:", "  ".join(f"{part} {n:9,}" for part, n in zip(PARTS, counts, strict=True)))

fig, (ax_rows, ax_shares) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
for part, counts, style in zip(PARTS, sizes.T, ("o-", "s-", "x--"), strict=True):
    ax_rows.loglog(totals, counts, style, label=part)
ax_shares.stackplot(totals, sizes.T / totals, labels=PARTS)
ax_rows.set(xlabel="rows of the table", ylabel="rows of the part", title="Rows")
ax_shares.set(xscale="log", xlabel="rows of the table", ylabel="share of the rows", title="Shares")
ax_shares.margins(0)
for ax in (ax_rows, ax_shares):
    ax.legend()

# %%
# Now the rows themselves: a table of 120 rows, six for each of twenty patients, the last five of whom have a rare
# disease. Five ways to cut it, drawn row by row. The fourth part of the last one, train-dev, comes from where the train
# rows come from and is not trained on; what it is good for is shown in the example on bias and variance.
table, patients = np.arange(120), np.repeat(np.arange(20), 6)
rare = (table >= 90).astype(int)
ways = {
    "at random": TrainDevTestSplit(random_state=1).parts(table),
    "stratified": TrainDevTestSplit(stratify=True, random_state=1).parts(table, rare),
    "in order of time": TrainDevTestSplit(shuffle=False).parts(table),
    "whole patients": TrainDevTestSplit(stratify=True, random_state=1).parts(table, rare, groups=patients),
    "four parts": TrainDevTestSplit(train_dev_size=12, random_state=1).parts(table),
}
COLOURS = {"train": "C0", "train_dev": "C4", "dev": "C1", "test": "C2"}
fig, ax = plt.subplots(figsize=(11, 3.2), layout="constrained")
for place, (way, parts) in enumerate(ways.items()):
    for part, rows in parts.items():
        label = part if way == "four parts" else None
        ax.bar(rows + 0.5, 0.7, width=1, bottom=place - 0.35, color=COLOURS[part], label=label)
    print(f"{way:17}", ", ".join(f"{part} {len(rows)} rows, {rare[rows].sum()} rare" for part, rows in parts.items()))
for end in range(6, 120, 6):
    ax.axvline(end, color="white", linewidth=2 if end == 90 else 0.8)
ax.set(xlabel="row (thin lines between patients; the rare disease right of the thick one)", ylabel="cut", xlim=(0, 120))
ax.set_yticks(range(len(ways)), ways)
ax.invert_yaxis()
ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1))

# %%
# Does it matter? Two tables whose rows are no strangers to each other. In the first, a value wanders about for 5000
# hours, and the model is to foretell the hours after the last. In the second, 200 patients have been examined ten times
# each, and the model is to tell which of the patients to come are ill. Both models look at the five nearest rows.
rng = np.random.default_rng(0)


def wander(n_hours):
    values = lfilter([1], [1, -0.98], rng.standard_normal(n_hours)) + rng.standard_normal(n_hours)
    return np.arange(n_hours)[:, None], values


def examine(n_patients):
    ill, patient = np.arange(n_patients) % 2, np.repeat(np.arange(n_patients), 10)
    traits = rng.standard_normal((n_patients, 10)) + 0.6 * ill[:, None]
    return traits[patient] + 0.3 * rng.standard_normal((10 * n_patients, 10)), ill[patient], patient


def wrong(model, X, y):
    return np.mean(np.abs(model.predict(X) - y))  # of classes 0 and 1, the share of the wrong ones


hours, values = wander(6000)
X, y, patient = examine(200)
X_new, y_new, _ = examine(1000)
tables = {
    "Hours to come": (KNeighborsRegressor(), hours[:5000], values[:5000], hours[5000:], values[5000:]),
    "Patients to come": (KNeighborsClassifier(), X, y, X_new, y_new),
}
right_cuts = {
    "Hours to come": ("last hours", {"shuffle": False}),
    "Patients to come": ("other patients", {"groups": patient}),
}
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for ax, (name, (model, X, y, X_new, y_new)) in zip(axes, tables.items(), strict=True):
    kind, right_cut = right_cuts[name]
    errors = {}
    for cut, options in (("dev:\nat random", {}), (f"dev:\n{kind}", right_cut)):
        X_train, X_dev, _, y_train, y_dev, _ = train_dev_test_split(X, y, random_state=0, **options)
        errors[cut] = wrong(model.fit(X_train, y_train), X_dev, y_dev)
    errors["those to come:\nthe truth"] = wrong(model.fit(X, y), X_new, y_new)
    ax.bar_label(ax.bar(errors.keys(), errors.values(), color=("C3", "C1", "0.5")), fmt="%.3g", padding=2)
    ax.set(title=name, xlabel="rows that the error is measured on", ylim=(0, 1.15 * max(errors.values())))
    print(f"{name:16} ", ", ".join(" ".join(what.split()) + f" {error:.3g}" for what, error in errors.items()))
axes[0].set_ylabel("mean absolute error")
axes[1].set_ylabel("share of wrong predictions")

# %%
# Last, a search. ``TrainDevTestSplit`` is the same cut as a ``cv`` object: every candidate trains on the train rows and
# is scored on the dev rows, and the test rows are in neither. But a search fits its winner again, on *every* row that
# it was given, unless ``refit=False`` says not to. So: no refit; the winner is fitted to the train rows, and the test
# rows are looked at once.
X, y = load_digits(return_X_y=True)
network = DeepMLPClassifier((64,), learning_rate_init=0.01, max_iter=20, random_state=0)
pipeline = make_pipeline(StandardScaler(), network)
grid = {"deepmlpclassifier__alpha": [0.1, 1, 3, 10, 30, 100]}
cut = TrainDevTestSplit(stratify=True, random_state=0)

search = GridSearchCV(pipeline, grid, cv=cut, refit=False, return_train_score=True).fit(X, y)
rows = cut.parts(X, y)
best = clone(pipeline).set_params(**search.best_params_).fit(X[rows["train"]], y[rows["train"]])
test_error = 1 - best.score(X[rows["test"]], y[rows["test"]])

careless = clone(best).fit(X, y)  # what refit=True does
careless_error = 1 - careless.score(X[rows["test"]], y[rows["test"]])
print(f"{search.best_params_}: dev error {1 - search.best_score_:.1%}, test error {test_error:.1%}")
print(f"with refit=True the 'test error' is {careless_error:.1%}")

fig, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
alphas = grid["deepmlpclassifier__alpha"]
for part, key, style in (("train", "train", "o-"), ("dev", "test", "s-")):  # what a search calls test is the dev part
    ax.plot(alphas, 1 - search.cv_results_[f"mean_{key}_score"], style, label=part)
alpha = search.best_params_["deepmlpclassifier__alpha"]
ax.plot(alpha, test_error, "C2X", markersize=10, label="test, of the winner")
ax.plot(alpha, careless_error, "C3X", markersize=10, label="the same, with refit=True")
ax.set(xscale="log", xlabel="alpha", ylabel="error", title="A search on one dev part")
ax.legend()

plt.show()

# %%
# How to read it. **Sizes**: up to 50,000 rows the three lines run side by side, 60 to 20 to 20. Then dev and test stand
# still at 10,000 rows and the train rows get everything, up to a million, where dev and test begin to grow again.
#
# **Rows**: at random, the rare disease comes to the parts as it likes, and dev has nearly as many of its rows as train;
# stratified, a quarter of every part is of it. In order of time the parts are three blocks, and on this table that is
# the wrong cut: the patients stand in order of their disease, and the train rows hold not one that is rare. With whole
# patients the colour changes at the thin lines only, and still a quarter of every part is of the rare disease.
#
# **Does it matter?** With rows at random every dev row has its neighbours among the train rows: the hour before and the
# hour after, other visits of the same patient. Those know the answer, and the dev error says that all is well: a third
# of the error to come for the hours, next to nothing for the patients, of whom nearly three in ten will be judged
# wrongly. Cut as the job will be, last hours or other patients, dev errors are about what is to come. (No more than
# about: 1000 hours that hang together, or 400 visits of 40 patients, are worth far fewer rows that do not. With four
# other seeds the hours to come were between half and twice as hard as the last ones.) So the question before any split
# is: which rows will the model meet, and what will it know about them?
#
# **The search**: from 0.1 to 10 all values of ``alpha`` do the same but for a digit or so out of 359, so which of them
# wins is chance; only towards 100, where the train error rises too, is the penalty too strong. The test error of the
# winner lies above its dev error. A part of that is the choice, for the lowest of several dev errors is a little too
# low; most of it is chance, for on 359 rows an error of 4 % is known to within 2 points only. The red cross is what one
# gets for looking at the test rows with a winner that the search itself has fitted again: no error at all, on rows that
# it was trained on.
