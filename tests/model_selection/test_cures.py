"""Where bias comes from a network that lets nothing through, a report's advice has the cure that was measured."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, scale

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.inspection import gradient_flow
from skdeep.model_selection import BatchedGridSearchCV, bias_variance_report

X, Y = load_digits(return_X_y=True)
X, Y = X[:400] / 16, Y[:400]  # no more rows than are measured, so that gradient_flow measures the same
NUMBERS_X, NUMBERS = load_diabetes(return_X_y=True)
NUMBERS_X, NUMBERS = scale(NUMBERS_X)[:400], NUMBERS[:400]


def of_deviation(deviation):
    return lambda rng, *shape: rng.normal(0.0, deviation, shape)


def classifier(layers=(30,) * 12, **parameters):
    settings = {"max_iter": 30, "learning_rate_init": 0.003, "random_state": 0}
    return DeepMLPClassifier(layers, **{**settings, **parameters})


def regressor(layers=(30,) * 12, **parameters):
    return DeepMLPRegressor(layers, **{"max_iter": 30, "learning_rate_init": 0.003, "random_state": 0, **parameters})


#: Networks that let too little through, or too much, and the parameters that gradient_flow would set.
SICK = {
    "small weights, tanh": (classifier(activation="tanh", init="normal"), {"init": "auto"}),
    "small weights, relu": (classifier(activation="relu", init="normal"), {"init": "auto"}),
    "no weights": (classifier((30, 30), init="zeros"), {"init": "auto"}),
    "equal weights": (classifier((30, 30), init=lambda rng, *shape: np.full(shape, 0.1)), {"init": "auto"}),
    "large weights": (classifier((30,) * 4, activation="relu", init=of_deviation(1.5)), {"init": "auto"}),
    "saturated": (classifier((30,) * 4, activation="tanh", init=of_deviation(2.0)), {"init": "auto"}),
    "logistic": (classifier((30,) * 8, activation="logistic"), {"activation": "relu", "init": "auto"}),
    "steps too large": (classifier((30, 30), activation="relu", learning_rate_init=1.0), {"learning_rate_init": 0.01}),
    "regression, small weights": (regressor(activation="tanh", init="normal"), {"init": "auto"}),
    "regression, logistic": (
        regressor((30,) * 8, activation="logistic"),
        {"activation": "relu", "init": "auto"},
    ),
}


def rows_of(model):
    return (NUMBERS_X, NUMBERS) if isinstance(model, DeepMLPRegressor) else (X, Y)


def report_on(model, X, y, **options):
    return bias_variance_report(model, X, y, **{"learning_curve": False, "cv": 2, "random_state": 0, **options})


def cures(report):
    return [advice for advice in report.advice if "Measured with it" in advice.why or "Steps are in" in advice.why]


def error_of(model, X, y):
    """Of the very rows that it is fitted on."""
    return 1.0 - clone(model).fit(X, y).score(X, y)


@pytest.mark.parametrize(("model", "expected"), SICK.values(), ids=SICK)
def test_the_report_has_the_cure_that_gradient_flow_names(model, expected):
    """Its action, the problem and the outcome as measured, and before any advice on capacity."""
    X, y = rows_of(model)
    named = next(advice for advice in gradient_flow(model, X, y).advice)
    report = report_on(model, X, y)
    first = report.advice[0]
    assert "high bias" in report.diagnosis
    assert first.problem == "high bias"
    assert first.action == named.action
    assert first.why.lower() == f"{named.problem}. {named.outcome}".lower()
    assert first.parameters.keys() == named.parameters.keys() == expected.keys()
    assert first.parameters == named.parameters
    if "learning_rate_init" not in expected:
        assert first.parameters == expected


@pytest.mark.parametrize(("model", "expected"), SICK.values(), ids=SICK)
def test_the_cure_lowers_the_training_error(model, expected):
    """By a third at least, set on the very estimator."""
    X, y = rows_of(model)
    cured = clone(model).set_params(**report_on(model, X, y).advice[0].parameters)
    assert error_of(cured, X, y) < error_of(model, X, y) * 2 / 3


@pytest.mark.parametrize(("model", "expected"), SICK.values(), ids=SICK)
def test_what_was_measured_is_advised_once_and_not_guessed_again(model, expected):
    """No other advice sets the same parameter."""
    X, y = rows_of(model)
    first, *others = report_on(model, X, y).advice
    assert not any(first.parameters.keys() & advice.parameters.keys() for advice in others)
    assert first.action not in [advice.action for advice in others]


# Wrapped ------------------------------------------------------------------------------------------------------------

DEEP = classifier((20,) * 10, activation="tanh", init="normal")
DEEP_REGRESSOR = regressor((20,) * 10, activation="tanh", init="normal")
WRAPPED = {
    "pipeline": (make_pipeline(StandardScaler(), DEEP), "deepmlpclassifier__"),
    "pipelines": (Pipeline([("outer", StandardScaler()), ("inner", Pipeline([("net", DEEP)]))]), "inner__net__"),
    "search": (GridSearchCV(DEEP, {"alpha": [0.1, 1.0]}, cv=2), "estimator__"),
    "batched search": (BatchedGridSearchCV(DEEP, {"alpha": [0.1, 1.0]}, cv=2), "estimator__"),
    "search over a pipeline": (
        GridSearchCV(make_pipeline(StandardScaler(), DEEP), {"deepmlpclassifier__alpha": [0.1, 1.0]}, cv=2),
        "estimator__deepmlpclassifier__",
    ),
    "bag": (BaggingClassifier(DEEP, 2, max_features=0.5, random_state=0), "estimator__"),
    "calibrated": (CalibratedClassifierCV(DEEP, cv=2), "estimator__"),
    "one against the rest": (OneVsRestClassifier(DEEP), "estimator__"),
    "transformed target": (
        TransformedTargetRegressor(make_pipeline(StandardScaler(), DEEP_REGRESSOR), func=np.log, inverse_func=np.exp),
        "regressor__deepmlpregressor__",
    ),
    "scaled target": (TransformedTargetRegressor(DEEP_REGRESSOR, transformer=StandardScaler()), "regressor__"),
    "several outputs": (MultiOutputRegressor(DEEP_REGRESSOR), "estimator__"),
}


@pytest.mark.parametrize(("model", "prefix"), WRAPPED.values(), ids=WRAPPED)
def test_the_cure_has_the_names_of_the_estimator_that_was_passed(model, prefix):
    """However the network is wrapped; set there, it reaches the network, and the training error falls."""
    X_, y = (X, Y) if "class" in repr(model).lower() else (NUMBERS_X, NUMBERS)
    if isinstance(model, MultiOutputRegressor):
        y = np.column_stack([y, -y])
    report = report_on(model, X_, y)
    assert cures(report)[0].parameters == {f"{prefix}init": "auto"}
    cured = clone(model).set_params(**cures(report)[0].parameters)
    assert error_of(cured, X_, y) < error_of(model, X_, y)


def test_several_outputs_of_classes_have_a_cure():
    """Of which a network of ours takes none but one at a time."""
    model = MultiOutputClassifier(DEEP)
    report = report_on(
        model,
        X,
        np.column_stack([Y, Y % 3]),
        scoring=lambda model, X, y: (model.predict(X) == y).mean(),
        best_score=1.0,
    )
    assert cures(report)[0].parameters == {"estimator__init": "auto"}


def test_a_cure_that_a_search_tunes_becomes_one_more_candidate():
    search = GridSearchCV(DEEP, {"init": ["normal", "zeros"]}, cv=2)
    cure = cures(report_on(search, X, Y))[0]
    assert cure.parameters == {"param_grid": {"init": ["normal", "zeros", "auto"]}}
    assert cure.action.startswith("add to the search init='auto'")


def test_what_a_search_has_found_is_measured():
    """Not what it began with: of the two activations the better one lets the signal through."""
    network = classifier((20,) * 8, activation="logistic")
    search = GridSearchCV(network, {"activation": ["logistic", "relu"]}, cv=2)
    assert not cures(report_on(search, X, Y, target_error=0.0))


CONTAINERS = {
    "frame": (lambda X: pd.DataFrame(X).rename(columns=str), lambda y: pd.Series(y).map("class {}".format)),
    "lists": (np.ndarray.tolist, np.ndarray.tolist),
    "sparse": (csr_matrix, np.asarray),
    "column": (np.asarray, lambda y: y[:, np.newaxis]),
}


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
@pytest.mark.parametrize(("of_rows", "of_targets"), CONTAINERS.values(), ids=CONTAINERS)
def test_rows_and_targets_may_come_in_any_container(of_rows, of_targets):
    report = report_on(DEEP, of_rows(X), of_targets(Y))
    assert cures(report)[0].parameters == {"init": "auto"}


class FailsFirst(TransformerMixin, BaseEstimator):
    """Cannot be fitted on the rows of the first fold."""

    def fit(self, X, y=None):
        if len(X) == 150:
            raise ArithmeticError
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X


def test_a_cure_needs_no_fit_that_was_kept():
    """Where the first one failed, the steps before the network are fitted once more."""
    folds = [(np.arange(150), np.arange(150, 200)), *KFold(2).split(X)]
    with pytest.warns(FitFailedWarning, match="1 of 3 fits failed"):
        report = report_on(make_pipeline(FailsFirst(), DEEP), X, Y, cv=folds)
    assert cures(report)[0].parameters == {"deepmlpclassifier__init": "auto"}


# Inputs that are not normalised -------------------------------------------------------------------------------------

CANCER = load_breast_cancer(return_X_y=True)
UNSCALED = DeepMLPClassifier(
    (10,), activation="tanh", solver="sgd", learning_rate_init=0.05, max_iter=30, random_state=0
)


@pytest.mark.parametrize(
    "model", [UNSCALED, make_pipeline(FunctionTransformer(), UNSCALED)], ids=["network", "pipeline"]
)
def test_normalised_inputs_come_first_with_what_was_measured(model):
    report = report_on(model, *CANCER)
    first = report.advice[0]
    measured = next(advice for advice in gradient_flow(model, *CANCER).advice)
    assert measured.problem == "the inputs are not normalised"
    assert first.problem == "inputs not normalised"
    assert "Measured with it, before training: healthy" in first.why
    cured = clone(model).set_params(**first.parameters) if first.parameters else make_pipeline(StandardScaler(), model)
    assert error_of(cured, *CANCER) < error_of(model, *CANCER) / 2


def test_what_else_is_wrong_is_measured_on_normalised_inputs():
    """And comes after them: by itself it would not do."""
    X, y = CANCER
    model = classifier((20,) * 10, activation="tanh", init="normal")
    scaler, cure = report_on(model, X, y).advice[:2]
    assert scaler.problem == "inputs not normalised"
    assert cure.parameters == {"init": "auto"}
    both = make_pipeline(StandardScaler(), clone(model).set_params(**cure.parameters))
    assert error_of(both, X, y) < error_of(make_pipeline(StandardScaler(), model), X, y) / 2


# Where there is nothing to cure -------------------------------------------------------------------------------------

NOISE = np.random.default_rng(0).normal(size=(300, 8)), np.random.default_rng(1).integers(0, 2, 300)
HEALTHY = {
    "defaults": (DeepMLPClassifier(max_iter=3, random_state=0), X, Y),
    "few units": (DeepMLPClassifier((2,), max_iter=10, random_state=0), X, Y),
    "no hidden layer": (DeepMLPClassifier((), max_iter=5, random_state=0), X, Y),
    "relu": (classifier((10,) * 3, activation="relu", max_iter=3), X, Y),
    "tanh": (classifier((10,) * 3, activation="tanh", max_iter=3), X, Y),
    "selu, deep": (classifier((10,) * 10, activation="selu", max_iter=3), X, Y),
    "orthogonal": (classifier((10,) * 3, init="orthogonal", max_iter=3), X, Y),
    "dropout": (classifier((10,) * 3, keep_prob=0.3, max_iter=10), X, Y),
    "lbfgs": (DeepMLPClassifier((3,), solver="lbfgs", max_iter=10, random_state=0), X, Y),
    "sgd": (classifier((10,), solver="sgd", max_iter=5), X, Y),
    "regression": (DeepMLPRegressor((5,), max_iter=5, random_state=0), NUMBERS_X, NUMBERS),
    "noise": (DeepMLPClassifier((5,), max_iter=10, random_state=0), *NOISE),
    "noise, regression": (DeepMLPRegressor((5,), max_iter=10, random_state=0), NOISE[0], NOISE[0][:, 0] ** 2),
    "penalty": (DeepMLPClassifier((10, 10), alpha=300.0, max_iter=20, random_state=0), X, Y),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("model", "X", "y"), HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_network_has_bias_for_other_reasons(model, X, y):
    """No cure is advised that gradient_flow would not name, and no init."""
    report = report_on(model, X, y)
    assert "high bias" in report.diagnosis
    assert not gradient_flow(model, X, y).advice
    assert not cures(report)
    assert not any("init" in advice.parameters for advice in report.advice)


KILLED = {
    "activation": "relu",
    "init": "he_normal",
    "solver": "sgd",
    "learning_rate_init": 0.3,
    "clip_norm": 5.0,
    "max_iter": 30,
}


def test_initial_weights_are_not_blamed_where_they_were_measured():
    """They suit; steps that are too large have switched off all units."""
    report = report_on(DeepMLPClassifier((50,) * 5, **KILLED, random_state=0), X, Y)
    assert {"constant predictions", "training came to nothing"} & {advice.problem for advice in report.advice}
    assert not any("init" in advice.parameters for advice in report.advice)


def test_a_flow_that_was_lost_in_training_is_told_as_such():
    """Before it, it was healthy."""
    first = report_on(DeepMLPClassifier((50,) * 5, **KILLED, random_state=0), X, Y).advice[0]
    assert first.action == "train again, with a lower learning_rate_init, clip_norm or another alpha"
    assert "units are dead. It has come in training. Measured before: healthy" in first.why
    assert first.parameters == {}


def test_what_has_learnt_enough_is_not_measured():
    """Initial weights are drawn for the fits, and for no more."""
    drawn = []

    def counting(rng, fan_in, fan_out):
        drawn.append((fan_in, fan_out))
        return rng.normal(0.0, np.sqrt(2 / fan_in), (fan_in, fan_out))

    model = DeepMLPClassifier((100,), activation="relu", init=counting, max_iter=60, random_state=0)
    report = report_on(model, X, Y, cv=3)
    assert "high bias" not in report.diagnosis
    assert len(drawn) == 3 * 2


def test_a_network_of_another_library_has_the_advice_that_there_is():
    """Its flow cannot be measured."""
    model = MLPClassifier((20,) * 8, activation="logistic", max_iter=20, random_state=0)
    report = report_on(model, X, Y)
    assert report.advice
    assert not cures(report)


def test_equal_rows_have_no_flow():
    report = report_on(DEEP, np.ones((60, 3)), np.arange(60) % 2)
    assert report.advice
    assert not cures(report)
