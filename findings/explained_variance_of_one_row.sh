#!/usr/bin/env bash
# scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.
#
# Guess before the run: explained variance of a single row is undefined, as R2 is (nan, with an UndefinedMetricWarning).
# Seen: it is 1.0 whatever is predicted, and nothing is said. So `cross_val_score(..., cv=LeaveOneOut(),
# scoring="explained_variance")` is 1.0 for a model that predicts the mean of pure noise.
# (Both variances of one value are 0, and 0 / 0 is taken for a perfect prediction before it is asked how many rows there
# are; r2_score asks first.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install -q scikit-learn==1.9.1 numpy==2.4.6
"$folder/env/bin/python" - <<'EOF'
import warnings

import numpy as np
from sklearn.dummy import DummyRegressor
from sklearn.metrics import explained_variance_score, r2_score
from sklearn.model_selection import LeaveOneOut, cross_val_score


def said(score):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return score([1.0], [5.0]), [one.category.__name__ for one in caught]


rng = np.random.default_rng(0)
X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
mean = cross_val_score(DummyRegressor(), X, y, cv=LeaveOneOut(), scoring="explained_variance").mean()
print("explained variance of one row:", *said(explained_variance_score))
print("R2 of one row:", *said(r2_score))
print("leave-one-out, explained variance of the mean on noise:", mean)
assert said(explained_variance_score) == (1.0, [])
value, warned = said(r2_score)
assert np.isnan(value)
assert warned == ["UndefinedMetricWarning"]
assert mean == 1.0
EOF
