"""scikit-learn's own checks of both estimators, over configurations that take different ways through the code."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import DeepMLPClassifier, DeepMLPRegressor

# Which rows are dropped, or validate, is drawn by position: weighted and repeated rows then agree in expectation only,
# which test_weights.py tests.
RANDOM_BY_ROW = dict.fromkeys(
    ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data"),
    "the draws go by row, so that weights and repeated rows agree in expectation only",
)

SMALL = {"hidden_layer_sizes": (32, 32), "learning_rate_init": 5e-3}  # and quick

CONFIGURATIONS = [
    {},
    {**SMALL, "solver": "sgd", "clip_norm": 1.0},  # rows of the checks are not scaled
    {**SMALL, "solver": "rmsprop", "learning_rate": "adaptive"},
    {"solver": "lbfgs", "hidden_layer_sizes": (16,), "activation": "silu"},
    {**SMALL, "keep_prob": 0.8, "input_keep_prob": 0.9},
    {**SMALL, "early_stopping": True},
    {**SMALL, "early_stopping": True, "scoring": None},
    {"dtype": "float64", "hidden_layer_sizes": (32, 32)},
    {"hidden_layer_sizes": (), "learning_rate_init": 0.01},
    # Two checks fit one object twice and compare, so its warm start must begin where nothing is left to do: smooth
    # enough for L-BFGS to end by its gradient, whose length it then knows from the very weights, kept in float64.
    {
        "warm_start": True,
        "solver": "lbfgs",
        "dtype": "float64",
        "tol": 1e-3,
        "hidden_layer_sizes": (16,),
        "activation": "tanh",
    },
]

MORE_CONFIGURATIONS = [
    {**SMALL, "solver": "adamw", "learning_rate": "cosine"},
    {"hidden_layer_sizes": (32, 32), "activation": ["gelu", "selu"]},
    {**SMALL, "activation": "elu", "learning_rate": "invscaling", "learning_rate_init": 0.01},
    {"hidden_layer_sizes": (32,), "activation": "tanh", "learning_rate_init": 0.01},
    {**SMALL, "activation": "leaky_relu", "max_norm": 3.0, "clip_norm": 5.0},
    {"hidden_layer_sizes": (32,), "batch_size": 64, "activation": "logistic", "learning_rate_init": 0.01},
]


def expected_failures(estimator):
    draws_by_row = estimator.keep_prob != 1.0 or estimator.early_stopping
    return RANDOM_BY_ROW if draws_by_row else {}


def both(configurations):
    return [kind(**parameters) for parameters in configurations for kind in (DeepMLPClassifier, DeepMLPRegressor)]


@pytest.mark.filterwarnings("ignore:All rows of the classes .* have weight 0", "ignore:y holds a single class")
@parametrize_with_checks(both(CONFIGURATIONS), expected_failed_checks=expected_failures)
def test_scikit_learn_check(estimator, check):
    """The estimator does what scikit-learn asks of every estimator."""
    check(estimator)


@pytest.mark.deep
@pytest.mark.filterwarnings("ignore:All rows of the classes .* have weight 0", "ignore:y holds a single class")
@parametrize_with_checks(both(MORE_CONFIGURATIONS), expected_failed_checks=expected_failures)
def test_scikit_learn_check_of_more_configurations(estimator, check):
    """So it does whatever its activations and rates."""
    check(estimator)
