"""Models in files: as they were, small, without rows, and with a warning where another version wrote them."""

import pickle
import subprocess
import sys
import warnings

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.augmentation import Compose, GaussianNoise, Mixup

#: Every kind of object that a model may hold.
VARIANTS = {
    "defaults": {},
    "dropout": {"keep_prob": 0.8, "input_keep_prob": 0.9},
    "sgd, adaptive": {"solver": "sgd", "learning_rate": "adaptive"},
    "rmsprop, warm-up": {"solver": "rmsprop", "learning_rate": "warmup_cosine"},
    "adamw, exponential": {"solver": "adamw", "learning_rate": "exponential"},
    "lbfgs": {"solver": "lbfgs"},
    "augmentation": {"augment": Compose([GaussianNoise(scale=0.1), Mixup()])},
    "dev rows": {"early_stopping": True, "record_norms": True},
}
each_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
each_estimator = pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])


def fitted(X, y, estimator=DeepMLPClassifier, **parameters):
    return estimator(**{"hidden_layer_sizes": (8,), "max_iter": 3, "random_state": 0} | parameters).fit(X, y)


def through_pickle(model, folder):
    return pickle.loads(pickle.dumps(model))


def through_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


@pytest.mark.parametrize("store", [through_pickle, through_joblib])
@each_estimator
@each_variant
def test_a_stored_pipeline_is_as_it_was(binary, estimator, variant, store, tmp_path):
    """In its weights, its history and what it predicts, to the last bit."""
    X, y = binary
    model = make_pipeline(StandardScaler(), estimator((8,), max_iter=3, random_state=0, **variant)).fit(X, y)
    back = store(model, tmp_path)
    assert_array_equal(back[-1]._model.parameters.theta, model[-1]._model.parameters.theta)
    assert_array_equal(back.predict(X), model.predict(X))
    assert back[-1].history_ == model[-1].history_


def test_a_model_of_another_version_warns(binary, monkeypatch):
    stored = pickle.dumps(fitted(*binary))
    monkeypatch.setattr("skdeep.neural_network._state._version", lambda: "99.0")
    with pytest.warns(UserWarning, match=r"DeepMLPClassifier was written by skdeep 0.* and is read by 99.0"):
        pickle.loads(stored)


def test_a_model_of_this_version_does_not_warn(binary):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.loads(pickle.dumps(fitted(*binary)))


@each_estimator
@each_variant
def test_the_file_does_not_grow_with_the_rows(binary, estimator, variant):
    """Beyond the digits of their number."""
    X, y = binary
    more = variant | {"batch_size": 20}
    few, many = (pickle.dumps(fitted(X[:n], y[:n], estimator, **more)) for n in (100, 569))
    assert abs(len(many) - len(few)) < 100


@each_estimator
@each_variant
def test_no_row_is_found_in_the_file(binary, estimator, variant):
    """Nor a target, in any precision."""
    X, y = binary
    y = y + np.linspace(0.0, 0.5, len(y)) if estimator is DeepMLPRegressor else y
    stored = pickle.dumps(fitted(X, y, estimator, **variant))
    for dtype in (np.float32, np.float64):
        rows = X.astype(dtype)
        assert not any(row[:4].tobytes() in stored for row in rows)
        if estimator is DeepMLPRegressor:
            assert y[:4].astype(dtype).tobytes() not in stored


def test_a_model_in_a_read_only_memory_map_predicts_and_trains_on(binary, tmp_path):
    """It copies its weights before it changes them."""
    X, y = binary
    model = fitted(X, y, warm_start=True)
    joblib.dump(model, tmp_path / "model.joblib")
    mapped = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
    assert_array_equal(mapped.predict_proba(X), model.predict_proba(X))
    assert_array_equal(mapped.fit(X, y).coefs_[0], model.fit(X, y).coefs_[0])


@pytest.mark.parametrize("solver", ["sgd", "adam", "rmsprop", "lbfgs"])
def test_a_model_in_a_memory_map_leaves_its_file_alone(binary, solver, tmp_path):
    X, y = binary
    joblib.dump(fitted(X, y, solver=solver, warm_start=True), tmp_path / "model.joblib")
    before = (tmp_path / "model.joblib").read_bytes()
    joblib.load(tmp_path / "model.joblib", mmap_mode="r").fit(X, y)
    assert (tmp_path / "model.joblib").read_bytes() == before


#: What a training may draw or carry on from one fit to the next.
INSTALMENTS = {
    **{solver: {"solver": solver} for solver in ("adam", "adamw", "sgd", "rmsprop")},
    "dropout": {"keep_prob": 0.7, "input_keep_prob": 0.9},
    "augmentation": {"augment": GaussianNoise(scale=0.1)},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive"},
    "dev rows": {"early_stopping": True, "n_iter_no_change": 100},
}

GO_ON = """
import pickle, sys
models, X, y = pickle.load(open(sys.argv[1], "rb"))
pickle.dump([model.fit(X, y)._model.parameters.theta for model in models], open(sys.argv[2], "wb"))
"""


@each_estimator
def test_a_new_process_goes_on_with_the_training_bitwise(binary, estimator, tmp_path):
    """Fitted for three epochs, stored, and fitted for three more elsewhere: as fitted for six at once."""
    X, y = binary
    fixed = {"batch_size": 40, "learning_rate": "constant", "tol": 0.0, "learning_rate_init": 1e-4}
    halves = [fitted(X, y, estimator, warm_start=True, **fixed | more) for more in INSTALMENTS.values()]
    (tmp_path / "halves").write_bytes(pickle.dumps((halves, X, y)))
    subprocess.run([sys.executable, "-c", GO_ON, tmp_path / "halves", tmp_path / "wholes"], check=True, timeout=120)
    continued = pickle.loads((tmp_path / "wholes").read_bytes())
    for name, theta in zip(INSTALMENTS, continued, strict=True):
        whole = fitted(X, y, estimator, max_iter=6, **fixed | INSTALMENTS[name])
        assert_array_equal(theta, whole._model.parameters.theta, err_msg=name)


def as_before_streams(model):
    """The state of a file written before there was `total_samples`, with what a model kept then."""
    state = model.__getstate__()
    del state["total_samples"]
    stored = state["_model"]
    totals = stored.pop("given")
    for name in ("judgement", "inputs", "remarks", "first_remarks"):
        del stored[name]
    stored |= {"data_loss": 0.1, "baseline_loss": 0.5, "total_weight": 120.0, "mean_weight": totals["mean_weight"]}
    read = type(model).__new__(type(model))
    read.__setstate__(state)
    return read


@pytest.mark.parametrize(("kind", "data"), [(DeepMLPClassifier, "multiclass"), (DeepMLPRegressor, "regression")])
def test_a_file_from_before_streams_predicts_and_goes_on(kind, data, request):
    """With the rows of its fit as those given: single rows that it knows leave it as good as it was."""
    X, y = (values[:120] for values in request.getfixturevalue(data))
    model = kind((16,), learning_rate_init=0.01, max_iter=60, random_state=0).fit(X, y)
    read = as_before_streams(model)
    assert read.get_params() == model.get_params()
    assert_array_equal(read.predict(X), model.predict(X))
    read.set_params(learning_rate_init=1e-4)
    for row in range(50):
        read.partial_fit(X[row : row + 1], y[row : row + 1])
    assert read.score(X, y) == pytest.approx(model.score(X, y), abs=0.02)
