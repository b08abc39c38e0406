#!/usr/bin/env bash
# scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.
#
# Expected: a classifier that has seen a single class gives one column of probabilities, all 1.
# Seen: `MLPClassifier` gives two columns for the one entry of `classes_`, and the first, which is that class's by its
# place, can be 0.0, while `predict` gives the class. `RandomForestClassifier` gives one column of 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install -q scikit-learn==1.9.1 numpy==2.4.6
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$folder/env/bin/python" - <<'END'
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

X, y = load_breast_cancer().data[:50], np.full(50, 3)
warnings.simplefilter("ignore", ConvergenceWarning)
forest = RandomForestClassifier(5, random_state=0).fit(X, y)
network = MLPClassifier((8,), max_iter=200, random_state=0).fit(X, y)
for model in (forest, network):
    p = model.predict_proba(X)
    print(type(model).__name__, model.classes_.tolist(), p.shape, p[0].round(3).tolist(), set(model.predict(X).tolist()))
    assert model.classes_.tolist() == [3]
    assert set(model.predict(X).tolist()) == {3}
assert forest.predict_proba(X).shape == (50, 1)
assert network.predict_proba(X).shape == (50, 2)
assert (network.predict_proba(X)[:, 0] < 0.01).any()
END
