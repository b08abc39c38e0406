#!/usr/bin/env bash
# scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.
#
# Expected: an indicator matrix of -1 and 1 in place of 0 and 1 is refused by `MLPClassifier`, or read as if it were 0
# and 1. (No guess: the first run was by chance.)
# Seen: it trains without a word, with -1 as a target probability. Every label is then predicted for every row, at a
# probability of 0.6 and more, where the same rows with 0 and 1 have 0.82 of them all right. `type_of_target` calls any
# two whole numbers a "multilabel-indicator".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install -q scikit-learn==1.9.1 numpy==2.4.6
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$folder/env/bin/python" - <<'END'
import warnings

import numpy as np
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import type_of_target

X, y = load_iris(return_X_y=True)
X, labels = StandardScaler().fit_transform(X), np.eye(3, dtype=int)[y]
right = {}
for name, Y in (("0 and 1", labels), ("-1 and 1", 2 * labels - 1)):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = MLPClassifier((16,), max_iter=300, random_state=0).fit(X, Y)
    predicted, p = model.predict(X), model.predict_proba(X)
    right[name] = (predicted == labels).all(axis=1).mean()
    print(f"{name}: {type_of_target(Y)}, rows right {right[name]:.2f}, least probability {p.min():.2f}")
    assert type_of_target(Y) == "multilabel-indicator"
    assert not caught
assert right["0 and 1"] > 0.7
assert right["-1 and 1"] == 0.0
assert (predicted == 1).all() and p.min() > 0.6
END
