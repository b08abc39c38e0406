"""The same `random_state` gives the same model, bit for bit, however the rows come and whoever trains beside it."""

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import Parallel, delayed
from numpy.testing import assert_allclose, assert_array_equal

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.augmentation import GaussianNoise

#: What draws at random, or computes otherwise.
VARIANTS = {
    "adam": {},
    "sgd": {"solver": "sgd"},
    "adamw": {"solver": "adamw"},
    "rmsprop": {"solver": "rmsprop"},
    "lbfgs": {"solver": "lbfgs"},
    "dropout": {"keep_prob": 0.7, "input_keep_prob": 0.9},
    "augmentation": {"augment": GaussianNoise(scale=0.1)},
    "dev rows": {"early_stopping": True},
    "orthogonal": {"init": "orthogonal"},
    "float64": {"dtype": "float64"},
}
each_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
each_estimator = pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])


def theta_of(estimator, X, y, **parameters):
    """The weights of a small network after a few epochs."""
    fixed = {"hidden_layer_sizes": (8, 6), "max_iter": 4, "batch_size": 40, "random_state": 7}
    return estimator(**fixed | parameters).fit(X, y)._model.parameters.theta.copy()


@each_estimator
@each_variant
def test_again(binary, estimator, variant):
    assert_array_equal(theta_of(estimator, *binary, **variant), theta_of(estimator, *binary, **variant))


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
@each_variant
def test_under_every_backend(binary, backend, variant):
    """Two jobs at once each train the model that is trained alone."""
    X, y = binary

    def train_from(start):  # a function of this one alone: other processes do not know the tests' modules
        network = DeepMLPClassifier((8, 6), max_iter=4, random_state=7, **{"batch_size": 40, **variant})
        return network.fit(X[start:], y[start:])._model.parameters.theta

    with joblib.parallel_config(backend=backend):
        together = Parallel(n_jobs=2)(delayed(train_from)(start) for start in (0, 50))
    for start, theta in zip((0, 50), together, strict=True):
        assert_array_equal(theta, train_from(start))


def memory_mapped(X, folder):
    joblib.dump(np.array(X), folder / "rows.joblib")
    return joblib.load(folder / "rows.joblib", mmap_mode="r")


CONTAINERS = {
    "Fortran": lambda X, folder: np.asfortranarray(X),
    "strided": lambda X, folder: np.repeat(X, 2, axis=1)[:, ::2],
    "big-endian": lambda X, folder: X.astype(">f8"),
    "pandas": lambda X, folder: pd.DataFrame(X),
    "polars": lambda X, folder: pl.DataFrame(X, schema=[f"x{number}" for number in range(X.shape[1])]),
    "memory map": memory_mapped,
    "lists": lambda X, folder: X.tolist(),
}


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("variant", [{}, {"solver": "lbfgs"}], ids=["adam", "lbfgs"])
def test_from_every_container(binary, container, variant, tmp_path):
    X, y = binary
    expected = theta_of(DeepMLPClassifier, np.ascontiguousarray(X), y, **variant)
    assert_array_equal(theta_of(DeepMLPClassifier, container(X, tmp_path), y, **variant), expected)


def draw_and_do_nothing(X_batch, y_batch, rng):
    """An augmenter that leaves the mini-batch as it is."""
    rng.normal(size=100)


IDLE = {
    "augmentation": {"augment": draw_and_do_nothing},
    "norms": {"record_norms": True},
    "verbose": {"verbose": True},
    "restoring": {"on_divergence": "restore", "on_interrupt": "keep"},
}
ALMOST_IDLE = {"dropout": {"keep_prob": 1.0 - 2.0**-20}, "input dropout": {"input_keep_prob": 1.0 - 2.0**-20}}


@pytest.mark.parametrize("feature", IDLE.values(), ids=IDLE)
def test_a_feature_that_changes_nothing_changes_no_draw(binary, feature):
    """What it draws is its own."""
    assert_array_equal(theta_of(DeepMLPClassifier, *binary, **feature), theta_of(DeepMLPClassifier, *binary))


@pytest.mark.parametrize("feature", ALMOST_IDLE.values(), ids=ALMOST_IDLE)
def test_dropout_of_almost_nothing_changes_almost_nothing(binary, feature):
    """Its draws are its own: the initial weights and the order of the rows stay."""
    expected = theta_of(DeepMLPClassifier, *binary)
    assert_allclose(theta_of(DeepMLPClassifier, *binary, **feature), expected, rtol=1e-3, atol=1e-3)
