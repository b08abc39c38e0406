"""What all tests share."""

import os

# Before scipy and scikit-learn are imported: without it scikit-learn skips one of its checks, the one that an estimator
# which does not dispatch to other array libraries works all the same where they are switched on.
os.environ["SCIPY_ARRAY_API"] = "1"

import numpy as np
import pytest
from hypothesis import settings
from sklearn.datasets import load_breast_cancer, load_iris, make_multilabel_classification, make_regression
from sklearn.preprocessing import scale

# How many examples a property is tried on: "suite" in `make test`, "deep" in `make test-deep`. No example has a
# deadline: what else runs on a machine would decide which test fails.
settings.register_profile("suite", max_examples=100, deadline=None)
settings.register_profile("deep", max_examples=10_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(scope="session")
def binary():
    """Two classes, 0 and 1: 569 rows, 30 scaled features."""
    X, y = load_breast_cancer(return_X_y=True)
    return _frozen(scale(X), y)


@pytest.fixture(scope="session")
def multiclass():
    """Three classes: 150 rows, 4 scaled features, in random order."""
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    return _frozen(scale(X)[order], y[order])


@pytest.fixture(scope="session")
def multilabel():
    """Four labels, any number of them per row: 120 rows, 6 scaled features."""
    X, y = make_multilabel_classification(120, 6, n_classes=4, n_labels=2, random_state=0)
    return _frozen(scale(X), y)


@pytest.fixture(scope="session")
def regression():
    """One noisy number: 120 rows, 6 features."""
    return _frozen(*make_regression(120, 6, noise=5.0, random_state=0))


@pytest.fixture(scope="session")
def multioutput():
    """Three noisy numbers: 120 rows, 6 features."""
    return _frozen(*make_regression(120, 6, n_targets=3, noise=5.0, random_state=0))


@pytest.fixture
def data(request):
    """The data set whose fixture is named by the parameter: use with ``indirect``."""
    return request.getfixturevalue(request.param)


def _frozen(X, y):
    """The arrays of a fixture that is shared: read-only, so that no test can change them for the next."""
    X.flags.writeable = y.flags.writeable = False
    return X, y
