"""
Data larger than memory
=======================

A file of rows is read block by block, and training holds no more than one: one pass teaches the scaler, each further
pass trains the network for an epoch. The order of the rows in the file matters.
"""

# %%
# Made-up rows of three classes in two files: in random order, and sorted by class. ``mmap_mode`` opens a file without
# reading it; a slice is read when it is used. Blocks of a dask array or of a parquet file do as well.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier

N_PASSES = 10
X, y = make_classification(
    16_000, 20, n_informative=8, n_classes=3, n_clusters_per_class=3, class_sep=1.2, scale=5.0, random_state=0
)
X, y, X_test, y_test = X[:12_000], y[:12_000], X[12_000:], y[12_000:]

folder = tempfile.TemporaryDirectory()
files = {}
for name, order in (("random order", slice(None)), ("sorted by class", np.argsort(y, kind="stable"))):
    files[name] = Path(folder.name) / name
    files[name].mkdir()
    np.save(files[name] / "X.npy", X[order])
    np.save(files[name] / "y.npy", y[order])


# %%
# ``partial_fit`` wants all the classes in its first call, for no block needs to hold them all. The blocks come in a new
# order in every pass. The batch size is set, for "auto" goes by the rows of a call. ``total_samples`` says how many
# rows there are in all, so that ``alpha`` means in every pass what it means for a ``fit`` on all rows.
def train_by_blocks(rows, labels, network, size=1000):
    """The error on the test rows after each pass."""
    starts, order = range(0, len(rows), size), np.random.default_rng(0)
    scaler, errors = StandardScaler(), []
    for start in starts:
        scaler.partial_fit(rows[start : start + size])
    for _ in range(N_PASSES):
        for start in order.permutation(starts):
            block = slice(start, start + size)
            network.partial_fit(scaler.transform(rows[block]), labels[block], classes=[0, 1, 2])
        errors.append(1 - network.score(scaler.transform(X_test), y_test))
    return errors


settings = {"alpha": 1.0, "total_samples": len(X), "learning_rate": "constant", "batch_size": 100, "random_state": 0}
errors = {}
for name, path in files.items():
    rows, labels = (np.load(path / file, mmap_mode="r") for file in ("X.npy", "y.npy"))
    errors[name] = train_by_blocks(rows, labels, DeepMLPClassifier((64, 64), **settings))

errors["all rows in memory"] = train_by_blocks(X, y, DeepMLPClassifier((64, 64), **settings), size=len(X))
del rows, labels  # closes the files
folder.cleanup()

# %%
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, curve in errors.items():
    ax.plot(range(1, N_PASSES + 1), curve, marker=".", label=name)
ax.set(xlabel="passes over the file", ylabel="error on test rows", title="Training by blocks of 1000 rows")
ax.legend()
for name, curve in errors.items():
    print(f"{name:20}" + " ".join(f"{error:6.1%}" for error in curve))

plt.show()

# %%
# How to read it. In random order the blocks teach as well as all rows at once: a mini-batch sees rows of every kind
# either way. Sorted by class, most blocks hold one class only, and each of them pulls the network towards that class:
# the error jumps from pass to pass. Shuffle such a file once, or take every block from several places of it.
#
# The learning rate of ``partial_fit`` is constant, as it cannot know how many calls will come; set
# ``learning_rate_init`` lower for the last passes. Early stopping is up to you, too: score a block that was held back.
