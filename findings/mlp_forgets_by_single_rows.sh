#!/usr/bin/env bash
# scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.
#
# Guess before the run: `MLPClassifier.partial_fit` adds a penalty that is divided by the rows of the call, so single rows
# should cost a well-regularised network a few points of accuracy.
# Seen: a network with alpha=1 that has learnt the digits (0.91 on other rows) is at chance (0.10) after 500 calls with one
# row each, rows that it was fitted on. Nothing is said. With the default alpha=1e-4 it stays where it is (0.90, 0.89).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install -q scikit-learn==1.9.1 numpy==2.4.6
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$folder/env/bin/python" - <<'EOF'
import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

X, y = load_digits(return_X_y=True)
X = X / 16.0
ends = {}
for alpha in (1e-4, 1.0):
    model = MLPClassifier((64,), alpha=alpha, max_iter=100, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X[:1400], y[:1400])
    fitted = model.score(X[1400:], y[1400:])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for row in range(500):
            model.partial_fit(X[row : row + 1], y[row : row + 1])
    ends[alpha] = model.score(X[1400:], y[1400:])
    print(f"alpha={alpha:g}: after fit {fitted:.3f}, after 500 known rows {ends[alpha]:.3f}, warnings {len(caught)}")
    assert fitted > 0.85
    assert not caught
assert ends[1e-4] > 0.85
assert ends[1.0] < 0.2
EOF
