#!/usr/bin/env bash
# scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.
#
# Expected: with classes "1" and "2", class_weight={"1": 1.0, "2": 5.0} is taken and {1: 1.0, 2: 5.0} is not.
# Seen: the other way round, and the message denies what is there: "The classes, [1, 2], are not in class_weight".
# `compute_class_weight` makes whole numbers of labels that read as such before it looks them up. So do all estimators
# that go by it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install -q scikit-learn==1.9.1 numpy==2.4.6
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$folder/env/bin/python" - <<'END'
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

X, y = load_iris(return_X_y=True)
X, labels = X[:100], np.array(["1", "2"])[y[:100]]
for kind in (LogisticRegression, SVC):
    kind(class_weight={1: 1.0, 2: 5.0}).fit(X, labels)
    try:
        kind(class_weight={"1": 1.0, "2": 5.0}).fit(X, labels)
    except ValueError as error:
        print(f"{kind.__name__}: {error}")
        assert "The classes, [1, 2], are not in class_weight" in str(error)
    else:
        raise AssertionError("the very labels are taken now")
    kind(class_weight={"a": 1.0, "b": 5.0}).fit(X, np.where(labels == "1", "a", "b"))
END
