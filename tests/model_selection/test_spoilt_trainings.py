"""What a training says of itself that more iterations would not mend: the report hands it on, and first."""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep._input_scales import input_warnings, tells_of_inputs
from skdeep.model_selection import BatchedGridSearchCV, bias_variance_report
from skdeep.model_selection._shared_fits import can_share

SPOILT, NOT_CONVERGED, NO_BETTER = "training came to nothing", "not converged", "no better than a constant prediction"
X, y = make_classification(300, 6, random_state=0)


def large(rng, *shape):
    return rng.normal(0.0, 20.0, shape)


def rather_large(rng, *shape):
    return rng.normal(0.0, 3.0, shape)


def network(**parameters):
    return DeepMLPClassifier((8,), **{"max_iter": 5, "random_state": 0} | parameters)


def advice_on(model, X=X, y=y, **options):
    """And nothing is warned of: the report says it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return bias_variance_report(model, X, y, **{"learning_curve": False, "random_state": 0} | options).advice


def problems(advice):
    return [one.problem for one in advice]


SPOILING = {
    "first weights that are too large": (network(init=large), "choose an init with smaller weights"),
    "steps that are too small": (
        network(init=rather_large, learning_rate_init=1e-9),
        "the network knows no more than that",
    ),
    "class weights that are too small": (network(class_weight={0: 1e-4, 1: 1e-4}), "class_weight) sum to"),
}
WRAPPINGS = {
    "alone": lambda model: model,
    "a pipeline": lambda model: make_pipeline(StandardScaler(), model),
    "a search": lambda model: GridSearchCV(model, {"batch_size": [50]}, cv=2),
    "a batched search": lambda model: BatchedGridSearchCV(model, {"batch_size": [50]}, cv=2),
}


@pytest.mark.parametrize(("model", "words"), SPOILING.values(), ids=SPOILING)
@pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)
def test_what_a_training_says_of_itself_comes_first(model, words, wrap):
    """Before capacity, and before doubts of the rows; behind nothing but a cure that was measured."""
    advice = advice_on(wrap(model))
    first = next(one for one in advice if "Measured with it" not in one.why)
    assert first.problem == SPOILT
    assert words in first.why
    assert problems(advice).count(SPOILT) == 1


@pytest.mark.parametrize(("model", "words"), SPOILING.values(), ids=SPOILING)
def test_it_is_not_advised_to_go_on_with_a_training_that_comes_to_nothing(model, words):
    advice = advice_on(model)
    assert NOT_CONVERGED not in problems(advice)
    assert not any("train longer" in one.action for one in advice)


class Alone(DeepMLPClassifier):
    """Of a class that is not known to do what others do, so that it is not trained with others."""


@pytest.mark.parametrize(("kind", "stacked"), [(Alone, False), (DeepMLPClassifier, True)])
def test_networks_that_are_trained_together_are_heard_too(kind, stacked):
    model = kind((8,), init=large, max_iter=5, random_state=0)
    assert can_share(model, {}, X, y) is stacked
    assert SPOILT in problems(advice_on(model))


def test_candidates_of_a_search_that_come_to_nothing_are_no_fault_of_the_best():
    search = GridSearchCV(network(max_iter=40), {"alpha": [1e-3, 1e6]}, cv=2)
    assert SPOILT not in problems(advice_on(search))


class ThrownOff(ClassifierMixin, BaseEstimator):
    """Ends with a spike in its loss, of which it still comes down; of another library."""

    def __init__(self, max_iter=5, kind=ConvergenceWarning):
        self.max_iter = max_iter
        self.kind = kind

    def fit(self, X, y):
        self.classes_, self.n_iter_ = np.unique(y), self.max_iter
        self.loss_curve_ = [0.7, 0.2, 0.1, 9e3, 8e3]
        warnings.warn(f"Training got worse by {X[0, 0]:.3f}", self.kind, stacklevel=1)
        return self

    def predict(self, X):
        return self.classes_[(X[:, 0] > 0.3).astype(int)]


class OfItsOwn(ConvergenceWarning):
    pass


def test_a_training_that_was_thrown_off_is_not_said_to_be_on_its_way():
    advice = advice_on(ThrownOff(kind=OfItsOwn))
    assert advice[0].problem == SPOILT
    assert advice[0].why.startswith("Training got worse")
    assert NOT_CONVERGED not in problems(advice)


def test_a_warning_of_no_convergence_is_what_it_was():
    assert problems(advice_on(ThrownOff()))[0] == NOT_CONVERGED


def test_what_is_said_of_the_inputs_is_said_once():
    """By the rule that knows how to scale them."""
    found = problems(advice_on(network(max_iter=100), 20 * X))
    assert found[0] == "inputs not normalised"
    assert SPOILT not in found


@pytest.mark.parametrize("factors", [[1, 1e5], [30, 30], [1e-3, 1e-3]])
@pytest.mark.parametrize("shift", [0, 1e3])
def test_every_sentence_on_inputs_is_known_for_one(factors, shift):
    rows = np.random.default_rng(0).normal(size=(100, 2)) * factors + shift
    assert all(tells_of_inputs(sentence) for sentence in input_warnings(rows))
