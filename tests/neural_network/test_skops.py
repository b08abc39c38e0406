"""Models in files of skops, which loads no class that is not trusted by name: of ours, one for each estimator."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.augmentation import Compose, GaussianNoise, Mixup, RandomFlip, RandomShift
from skdeep.core import ACTIVATIONS, SCHEDULES

skops_io = pytest.importorskip("skops.io", reason="skops is an extra")

AUGMENTERS = {
    "noise": GaussianNoise(scale=0.1),
    "mixup": Mixup(),
    "shift": RandomShift((5, 6), max_shift=1),
    "flip": RandomFlip((5, 6)),
    "compose": Compose([GaussianNoise(), Mixup()]),
}
VARIANTS = {
    "defaults": {},
    **{solver: {"solver": solver} for solver in ("adam", "adamw", "rmsprop", "sgd", "lbfgs")},
    **{schedule: {"learning_rate": schedule} for schedule in SCHEDULES},
    **{activation: {"activation": activation} for activation in ACTIVATIONS},
    **{name: {"augment": augment} for name, augment in AUGMENTERS.items()},
    "layers apart": {"hidden_layer_sizes": [6, 4], "activation": ["relu", "tanh"], "keep_prob": [0.9, 0.8]},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "dropout": {"keep_prob": 0.8, "input_keep_prob": 0.9},
    "limits": {"max_norm": 2.0, "clip_norm": 1.0},
    "dev rows": {"early_stopping": True, "record_norms": True},
    "dev rows, scored": {"early_stopping": True, "scoring": None},
    "restoring": {"on_divergence": "restore", "on_interrupt": "keep"},
    "float64": {"dtype": "float64"},
    "a type": {"dtype": np.float32},
    "random state": {"random_state": np.random.RandomState(0)},
    "no seed": {"random_state": None},
}
each_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
each_estimator = pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
NAMES = {
    DeepMLPClassifier: "skdeep.neural_network._classifier.DeepMLPClassifier",
    DeepMLPRegressor: "skdeep.neural_network._regressor.DeepMLPRegressor",
}


def small(estimator, **parameters):
    return estimator(**{"hidden_layer_sizes": (8,), "max_iter": 3, "random_state": 0} | parameters)


def untrusted(stored):
    return skops_io.get_untrusted_types(data=stored)


def through_skops(model):
    stored = skops_io.dumps(model)
    return skops_io.loads(stored, trusted=untrusted(stored))


@each_estimator
@each_variant
def test_a_pipeline_is_as_it_was(binary, estimator, variant):
    """In its weights, its history and what it predicts, to the last bit."""
    X, y = binary
    model = make_pipeline(StandardScaler(), small(estimator, **variant)).fit(X, y)
    back = through_skops(model)
    assert_array_equal(back[-1]._model.parameters.theta, model[-1]._model.parameters.theta)
    assert_array_equal(back.predict(X), model.predict(X))
    assert back[-1].history_ == model[-1].history_
    assert back[-1].stop_reason_ is model[-1].stop_reason_


@each_estimator
@each_variant
def test_the_estimator_and_its_augmenters_are_all_there_is_to_trust(binary, estimator, variant):
    model = make_pipeline(StandardScaler(), small(estimator, **variant)).fit(*binary)
    augment = variant.get("augment")
    augmenters = {type(part).__name__ for part in (augment, *getattr(augment, "augmenters", ())) if part is not None}
    expected = {NAMES[estimator], *(f"skdeep.augmentation.{name}" for name in augmenters)}
    assert set(untrusted(skops_io.dumps(model))) == expected


@each_estimator
@pytest.mark.parametrize("solver", ["adam", "adamw", "rmsprop", "sgd"])
@pytest.mark.parametrize("learning_rate", SCHEDULES)
def test_a_model_trains_on_as_the_original(multiclass, estimator, solver, learning_rate):
    """Its optimizer, schedule and random streams come with it."""
    model = small(estimator, solver=solver, learning_rate=learning_rate, keep_prob=0.8).fit(*multiclass)
    back = through_skops(model)
    assert_array_equal(back.partial_fit(*multiclass).coefs_[0], model.partial_fit(*multiclass).coefs_[0])


LABELS = {
    "text": np.array(["setosa", "versicolor", "virginica"]),
    "objects": np.array(["setosa", "versicolor", "virginica"], dtype=object),
    "numbers": np.array([-1.0, 2.0, 5.0]),
    "balanced": np.array([3, 4, 5]),
}


@pytest.mark.parametrize(("name", "labels"), LABELS.items(), ids=LABELS)
def test_classes_are_as_they_were(multiclass, name, labels):
    X, codes = multiclass
    model = small(DeepMLPClassifier, class_weight="balanced" if name == "balanced" else None).fit(X, labels[codes])
    back = through_skops(model)
    assert back.classes_.dtype == model.classes_.dtype
    assert_array_equal(back.predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("estimator", "data"), [(DeepMLPClassifier, "multilabel"), (DeepMLPRegressor, "multioutput")], indirect=["data"]
)
def test_several_outputs_are_as_they_were(data, estimator):
    model = small(estimator).fit(*data)
    assert_array_equal(through_skops(model).predict(data[0]), model.predict(data[0]))


@each_estimator
def test_an_estimator_that_is_not_fitted_is_as_it_was(estimator):
    model = small(estimator, hidden_layer_sizes=[3, 4], alpha=0.5)
    assert through_skops(model).get_params() == model.get_params()


def test_the_winner_of_a_search_is_as_it_was(multiclass):
    X, y = multiclass
    model = GridSearchCV(small(DeepMLPClassifier), {"alpha": [0.1, 1.0]}, cv=2).fit(X, y).best_estimator_
    assert_array_equal(through_skops(model).predict_proba(X), model.predict_proba(X))


def test_a_file_is_not_loaded_without_trust(multiclass):
    stored = skops_io.dumps(small(DeepMLPClassifier).fit(*multiclass))
    with pytest.raises(skops_io.exceptions.UntrustedTypesFoundException, match="DeepMLPClassifier"):
        skops_io.loads(stored)
