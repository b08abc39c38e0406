"""The basic recipe: which advice for which problem, and that every piece of it can be followed."""

import itertools
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, ShuffleSplit
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.model_selection import bias_variance_report
from skdeep.model_selection._estimator_path import fitted_predictor, predictor_of
from skdeep.model_selection._hyperparameters import KNOBS, is_scale_sensitive
from skdeep.model_selection._recipe import RECIPE, Symptoms, advise

PROBLEMS = ("high bias", "high variance", "data mismatch", "overfit to dev", "cannot tell yet")
ALL_SYMPTOMS = Symptoms(True, True, "Column 0 is large.", True, True)
N_ROWS = 60
SMALL = {"n_estimators": 4, "random_state": 0}
NETWORK = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}
# One of every class in the table, small, to be quick; and some more, whose values move in other ways.
ONE_OF_EACH = [
    DeepMLPClassifier(**NETWORK),
    DeepMLPRegressor(**NETWORK),
    *(MLPClassifier(**NETWORK), MLPRegressor(**NETWORK)),
    *(LogisticRegression(max_iter=5), LinearSVC(), LinearSVR(), SVC(), SVR(), NuSVC(nu=0.2), NuSVR()),
    *(Ridge(), RidgeClassifier(), KernelRidge(), Lasso(), ElasticNet(), LinearRegression()),
    *(SGDClassifier(random_state=0), SGDRegressor(random_state=0)),
    *(DecisionTreeClassifier(random_state=0), DecisionTreeRegressor(random_state=0)),
    *(RandomForestClassifier(**SMALL), RandomForestRegressor(**SMALL)),
    *(ExtraTreesClassifier(**SMALL), ExtraTreesRegressor(**SMALL)),
    *(GradientBoostingClassifier(**SMALL), GradientBoostingRegressor(**SMALL)),
    HistGradientBoostingClassifier(max_iter=3),
    HistGradientBoostingRegressor(max_iter=3),
    *(AdaBoostClassifier(**SMALL), AdaBoostRegressor(**SMALL), BaggingClassifier(**SMALL), BaggingRegressor(**SMALL)),
    *(KNeighborsClassifier(), KNeighborsRegressor(), BernoulliNB(), ComplementNB(), MultinomialNB()),
]
MORE = [
    DeepMLPClassifier(
        (4, 3), keep_prob=[0.5, 0.9], alpha=1.0, init="he_normal", max_iter=2, learning_rate=lambda step: 1e-3
    ),
    DeepMLPClassifier((), solver="lbfgs", early_stopping=True, max_iter=2),
    *(MLPClassifier(5, solver="lbfgs", max_iter=2), SVC(kernel="linear", gamma=0.1), LogisticRegression(C=np.inf)),
    SGDClassifier(learning_rate="constant", eta0=0.1, penalty=None),
    DecisionTreeClassifier(max_depth=4, min_samples_leaf=5),
    DecisionTreeClassifier(max_leaf_nodes=5, ccp_alpha=0.01),
    RandomForestClassifier(max_features=1, **SMALL),
    HistGradientBoostingClassifier(max_iter=3, l2_regularization=1.0, early_stopping=True),
    AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), **SMALL),
]


@cache
def table():
    X, y = make_classification(N_ROWS, 4, n_informative=3, n_redundant=0, random_state=0)
    return MinMaxScaler().fit_transform(X), y  # not negative, for naive Bayes


@cache
def fitted_clone(estimator):
    return clone(estimator).fit(*table())


def get_advice(estimator, *problems, symptoms=None, fit=True, **facts):
    fitted = fitted_clone(estimator) if fit else None
    return advise(problems, symptoms or Symptoms(), estimator, fitted=fitted, n_rows=N_ROWS, **facts)


def changes(estimator, *problems, **options):
    """The parameters of all advice that has any, in order."""
    return [advice.parameters for advice in get_advice(estimator, *problems, **options) if advice.parameters]


def merged(*arguments, **options):
    """The first value advised for each parameter."""
    return {name: value for new in reversed(changes(*arguments, **options)) for name, value in new.items()}


def bare(estimator):
    return estimator


def in_pipeline(estimator):
    return Pipeline([("scale", MinMaxScaler()), ("model", estimator)])


def in_search(estimator):
    """A search over the first parameter that variance moves."""
    moved = list(merged(estimator, "high variance"))[:1]
    grid = {f"model__{name}": [estimator.get_params()[name]] for name in moved}
    return GridSearchCV(in_pipeline(estimator), grid, cv=ShuffleSplit(1, test_size=0.5, random_state=0))


CASES = [
    *itertools.product(ONE_OF_EACH, (bare, in_pipeline, in_search)),
    *itertools.product(MORE, (bare,)),
]


@pytest.mark.parametrize(("estimator", "wrap"), CASES, ids=lambda part: getattr(part, "__name__", type(part).__name__))
def test_all_advice_can_be_followed(estimator, wrap):
    """Whatever is advised, `set_params` takes it and a fit with it works."""
    wrapped = wrap(estimator)
    bias, variance = changes(wrapped, "high bias", symptoms=ALL_SYMPTOMS), changes(wrapped, "high variance")
    for parameters in (*bias, *variance):
        clone(wrapped).set_params(**parameters).fit(*table())


@pytest.mark.parametrize("wrap", [bare, in_pipeline, in_search])
def test_advice_can_be_written_as_json(wrap):
    """A scaler that is to be put before the model as its text; all else as it is."""
    found = get_advice(wrap(SVC()), "high bias", "high variance", symptoms=ALL_SYMPTOMS)
    written = json.loads(json.dumps([advice.to_dict() for advice in found]))
    expected = [json.loads(json.dumps(advice.parameters, default=str)) for advice in found]
    assert [entry["parameters"] for entry in written] == expected
    assert [entry["why"] for entry in written] == [advice.why for advice in found]


def test_every_entry_of_the_table_is_tried():
    assert set(KNOBS) == {type(estimator).__name__ for estimator in ONE_OF_EACH}


def test_every_knob_of_the_table_has_a_rule():
    """A knob that no rule turns, or a rule without any such knob, would be a typing error."""
    assert {knob for knobs in KNOBS.values() for knob in knobs} == {rule.knob for rule in RECIPE} - {
        "",
        "scale",
        "unweighted",
    }


@pytest.mark.parametrize("estimator", [*ONE_OF_EACH, *MORE], ids=lambda estimator: type(estimator).__name__)
def test_no_advice_is_given_twice(estimator):
    found = get_advice(estimator, *PROBLEMS, symptoms=ALL_SYMPTOMS)
    assert len({advice.action for advice in found}) == len(found)
    parameters = [str(advice.parameters) for advice in found if advice.parameters]
    assert len(set(parameters)) == len(parameters)


def test_nothing_wrong_needs_no_advice():
    assert get_advice(SVC()) == ()


def test_advice_follows_the_order_of_the_course():
    """What makes the errors unreadable first; then bias, variance, mismatch, and the dev set."""
    found = get_advice(DeepMLPClassifier(**NETWORK), *reversed(PROBLEMS), symptoms=ALL_SYMPTOMS)
    order = list(dict.fromkeys(advice.problem for advice in found))
    assert order == ["inputs not normalised", "diverged", "constant predictions", "not converged", *PROBLEMS]


def test_what_a_training_says_of_itself_comes_before_bias_and_leaves_out_more_iterations():
    symptoms = replace(ALL_SYMPTOMS, spoilt="Lower {this}.", not_converged=False, loss_still_falling=False)
    found = get_advice(DeepMLPClassifier(**NETWORK), *reversed(PROBLEMS), symptoms=symptoms)
    order = list(dict.fromkeys(advice.problem for advice in found))
    assert order[3:5] == ["training came to nothing", PROBLEMS[0]]
    assert "Lower {this}." in [advice.why for advice in found]
    assert not any("train longer" in advice.action for advice in found)


def test_a_network_with_bias_grows_first():
    network = DeepMLPClassifier((8, 8), alpha=0.1, max_iter=2)
    assert changes(network, "high bias") == [
        {"hidden_layer_sizes": (16, 16)},
        {"max_iter": 4},
        {"alpha": 0.01},
        {"hidden_layer_sizes": (8, 8, 8)},
    ]


def test_a_network_with_variance_is_regularised_before_it_shrinks():
    network = DeepMLPClassifier((32, 32), alpha=0.1, max_iter=2)
    assert changes(network, "high variance") == [
        {"alpha": 1.0},
        {"keep_prob": 0.8},
        {"early_stopping": True},
        {"hidden_layer_sizes": (16, 16)},
    ]


@pytest.mark.parametrize(
    ("estimator", "problem", "expected"),
    [
        (DeepMLPClassifier((4,), max_iter=2), "high variance", {"alpha": 32.0}),  # "auto" is 3.2 for two classes
        (DeepMLPClassifier((4, 4), keep_prob=[0.4, 0.9], max_iter=2), "high variance", {"keep_prob": [0.3, 0.7]}),
        (DeepMLPClassifier((4,), keep_prob=0.5, max_iter=2), "high bias", {"keep_prob": 0.7}),
        (DeepMLPClassifier((), max_iter=2), "high bias", {"hidden_layer_sizes": (100,)}),
        (DeepMLPClassifier((4,), max_iter=900, n_iter_no_change=1, tol=1), "high bias", {"n_iter_no_change": 3}),
        (DeepMLPClassifier((4, 40), max_iter=2), "high variance", {"hidden_layer_sizes": (4, 20)}),
        (LogisticRegression(), "high variance", {"C": 0.1}),
        (LogisticRegression(C=np.inf), "high variance", {"C": 1.0}),
        (SVC(kernel="linear"), "high bias", {"kernel": "rbf"}),
        (Ridge(alpha=1), "high bias", {"alpha": 0.1}),
        (DecisionTreeClassifier(max_depth=3), "high bias", {"max_depth": 6}),
        (DecisionTreeClassifier(), "high variance", {"min_samples_leaf": 5}),
        (RandomForestClassifier(4), "high variance", {"n_estimators": 12}),
        (KNeighborsClassifier(2), "high variance", {"n_neighbors": 6}),
        (KNeighborsClassifier(2), "high bias", {"n_neighbors": 1}),
        (AdaBoostClassifier(DecisionTreeClassifier(max_depth=1)), "high bias", {"estimator__max_depth": 2}),
    ],
    ids=str,
)
def test_values_move_from_where_they_are(estimator, problem, expected):
    assert expected in changes(estimator, problem)


def test_a_tree_of_any_depth_is_held_to_half_of_what_it_reached():
    tree = DecisionTreeClassifier(random_state=0)
    depth = fitted_clone(tree).get_depth()
    assert merged(tree, "high variance")["max_depth"] == depth // 2


@pytest.mark.parametrize(
    ("estimator", "problem", "name"),
    [
        (DeepMLPClassifier((4,), keep_prob=0.3, max_iter=2), "high variance", "keep_prob"),
        (DeepMLPClassifier((4,), keep_prob=0.125, max_iter=2), "high variance", "keep_prob"),
        (DeepMLPClassifier((4,), early_stopping=True, max_iter=2), "high variance", "early_stopping"),
        (DeepMLPClassifier((4,), solver="lbfgs", max_iter=2), "high variance", "keep_prob"),
        (DeepMLPClassifier((), max_iter=2), "high variance", "keep_prob"),
        (DeepMLPClassifier((4, 4), keep_prob=[1.0, 1.0], max_iter=900), "high bias", "keep_prob"),
        (LogisticRegression(max_iter=1000), "high bias", "max_iter"),  # it was done long before
        (KNeighborsClassifier(1), "high bias", "n_neighbors"),
        (KNeighborsClassifier(N_ROWS // 10), "high variance", "n_neighbors"),
        (RandomForestClassifier(max_features=1, **SMALL), "high variance", "max_features"),
        (Ridge(alpha=0), "high bias", "alpha"),
        (DecisionTreeClassifier(), "high bias", "max_depth"),
    ],
    ids=str,
)
def test_values_that_cannot_move_are_left_alone(estimator, problem, name):
    assert name not in merged(estimator, problem)


def test_what_cannot_be_known_without_a_fit_is_left_alone():
    """`alpha="auto"` and a depth without limit are numbers in a fitted estimator only."""
    assert "alpha" not in merged(DeepMLPClassifier(), "high bias", fit=False)
    assert "max_depth" not in merged(DecisionTreeClassifier(), "high variance", fit=False)


def test_what_moves_for_bias_does_not_move_back_for_variance():
    """With both, bias comes first: no advice to weaken the penalty and to strengthen it."""
    assert changes(Ridge(), "high bias", "high variance") == changes(Ridge(), "high bias")


@pytest.mark.parametrize("estimator", [DecisionTreeClassifier(), KNeighborsClassifier(), SVC(), Ridge()])
def test_only_networks_are_spoken_of_as_networks(estimator):
    text = " ".join(advice.action for advice in get_advice(estimator, *PROBLEMS, symptoms=ALL_SYMPTOMS))
    assert not any(word in text for word in ("network", "dropout", "layer"))


@pytest.mark.parametrize(
    "estimator",
    [
        DummyClassifier(),
        VotingClassifier([("svm", SVC())]),
        TransformedTargetRegressor(),
        make_pipeline(StandardScaler(), "passthrough"),
    ],
    ids=["unknown", "voting", "default", "passthrough"],
)
def test_what_cannot_be_followed_gets_general_advice(estimator):
    found = get_advice(estimator, *PROBLEMS, symptoms=Symptoms(not_converged=True), fit=False)
    assert {advice.problem for advice in found} == {"not converged", *PROBLEMS}
    assert not any(advice.parameters for advice in found)


class _MyRidge(Ridge):
    """A class of the user's own."""


def test_derived_classes_have_the_knobs_of_their_bases():
    assert changes(_MyRidge(), "high bias") == [{"alpha": 0.1}]


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (make_pipeline(StandardScaler(), Ridge()), "ridge__alpha"),
        (TransformedTargetRegressor(make_pipeline(Ridge())), "regressor__ridge__alpha"),
        (BaggingRegressor(make_pipeline(Ridge())), "estimator__ridge__alpha"),
        (OneVsRestClassifier(RidgeClassifier()), "estimator__alpha"),
        (CalibratedClassifierCV(RidgeClassifier(), cv=2), "estimator__alpha"),
        (
            GridSearchCV(Pipeline([("model", Ridge())]), {"model__fit_intercept": [True]}, cv=2),
            "estimator__model__alpha",
        ),
        (make_pipeline(BaggingRegressor(GridSearchCV(Ridge(), {"solver": ["svd"]}, cv=2))), None),
    ],
)
def test_names_lead_through_every_wrapper(estimator, name):
    name = name or "baggingregressor__estimator__estimator__alpha"
    assert merged(estimator, "high bias")[name] == 0.1
    assert type(predictor_of(estimator)) in (Ridge, RidgeClassifier)
    assert hasattr(fitted_predictor(fitted_clone(estimator)), "coef_")


GRID = {"svc__C": [1, 10], "svc__gamma": [0.1]}
HOPELESS = {"svc__C": [1], "svc__class_weight": [{0: 1e-9}]}  # predicts one class


@pytest.mark.parametrize("several", [False, True])
def test_a_search_gets_one_more_candidate(several):
    """Beyond the best one: `set_params` on the estimator inside would be overwritten."""
    search = GridSearchCV(make_pipeline(SVC()), [GRID, HOPELESS] if several else GRID, cv=2)
    assert fitted_clone(search).best_params_["svc__C"] == 10
    new = {**GRID, "svc__C": [1, 10, 100.0]}
    expected = {"param_grid": [new, HOPELESS] if several else new}
    assert expected in changes(search, "high bias")


def test_a_search_is_not_told_what_it_has_tried():
    """A candidate that lost is no advice."""
    search = GridSearchCV(Ridge(), {"alpha": np.logspace(-4, 4, 9)}, cv=2)
    assert fitted_clone(search).best_params_["alpha"] < 1e4
    assert not changes(search, "high variance")


def test_a_distribution_becomes_candidates_that_span_it():
    """A distribution cannot take one more value; one that already covers the value needs none."""
    ranges = {"alpha": loguniform(0.9, 1.1)}
    search = RandomizedSearchCV(Ridge(), ranges, n_iter=2, cv=2, random_state=0)
    (new,) = changes(search, "high bias")
    *old, value = new["param_distributions"]["alpha"]
    assert 0.09 < value < 0.11
    assert 0.9 <= min(old) < 0.92
    assert 1.08 < max(old) <= 1.1
    assert not changes(clone(search).set_params(param_distributions={"alpha": loguniform(1e-9, 1e9)}), "high bias")


class _Draws:
    """All that a randomised search asks of a distribution."""

    def rvs(self, random_state=None):
        return random_state.uniform()


def test_a_distribution_of_an_unknown_kind_is_left_alone():
    assert not changes(RandomizedSearchCV(Ridge(), {"alpha": _Draws()}, n_iter=2, cv=2, random_state=0), "high bias")


def test_a_search_over_estimators_is_not_set_from_outside():
    """The parameters of a candidate cannot be set: it takes the place of what they were set on."""
    search = GridSearchCV(Pipeline([("model", Ridge())]), {"model": [Ridge(), Lasso()]}, cv=2)
    assert not changes(search, "high bias", "high variance")


def test_a_search_that_is_not_fitted_is_left_alone():
    """Its best values are not known."""
    assert not changes(GridSearchCV(Ridge(), {"alpha": [1, 2]}), "high bias", fit=False)


def scaled(estimator, **symptoms):
    (advice,) = get_advice(estimator, symptoms=Symptoms(not_normalised="Column 0 is large.", **symptoms), fit=False)
    assert advice.why == "Column 0 is large."
    return advice


def test_a_scaler_goes_before_the_last_step():
    """With a name that is not taken, and leaving the user's own steps alone."""
    pipeline = make_pipeline(StandardScaler(), SVC())
    advice = scaled(GridSearchCV(pipeline, {"svc__C": [1]}, cv=2))
    names = [name for name, _ in advice.parameters["estimator__steps"]]
    assert names == ["standardscaler", "standardscaler-2", "svc"]
    assert advice.parameters["estimator__steps"][-1][1] is not pipeline[-1]


def test_a_bare_estimator_is_told_of_the_pipeline():
    advice = scaled(SVC())
    assert "make_pipeline(StandardScaler(), SVC(...))" in advice.action
    assert advice.parameters == {}


def test_sparse_inputs_are_not_centred():
    assert "with_mean=False" in scaled(SVC(), sparse=True).action


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (SVC(), True),
        (DeepMLPClassifier(), True),
        (Lasso(), True),
        (GridSearchCV(make_pipeline(KNeighborsClassifier()), {}), True),
        (RandomForestClassifier(), False),
        (BernoulliNB(), False),
        (DummyClassifier(), False),
    ],
)
def test_some_estimators_mind_the_scale(estimator, expected):
    assert is_scale_sensitive(estimator) is expected


@pytest.mark.parametrize(
    ("symptom", "expected"),
    [
        ("diverged", {"learning_rate_init": 1.5e-4}),
        ("constant", {"learning_rate_init": 1.5e-4}),
        ("diverged", {"init": "auto"}),
        ("not_converged", {"max_iter": 4}),
        ("loss_still_falling", {"max_iter": 4}),
    ],
)
def test_symptoms_have_their_own_advice(symptom, expected):
    network = DeepMLPClassifier((4,), init="normal", max_iter=2)
    assert expected in changes(network, symptoms=Symptoms(**{symptom: True}))


@pytest.mark.parametrize(
    ("problem", "fact"), [("high variance", {"doubling": "Twice {x}."}), ("cannot tell yet", {"rows_needed": "900."})]
)
def test_what_the_report_knows_is_said(problem, fact):
    """The sentences of the report are the reasons, whatever they hold."""
    (text,) = fact.values()
    assert text in {advice.why for advice in get_advice(Ridge(), problem, **fact)}


def test_advice_leaves_the_estimator_as_it_was():
    network = DeepMLPClassifier((4, 4), keep_prob=[0.9, 0.9], max_iter=2)
    search = GridSearchCV(make_pipeline(network), {"deepmlpclassifier__keep_prob": [[0.9, 0.9]]}, cv=2)
    before = repr(search.get_params())
    get_advice(search, *PROBLEMS, symptoms=ALL_SYMPTOMS)
    assert repr(search.get_params()) == before


class OneEpoch:
    """A callback that ends every training after its first epoch."""

    def setup(self, estimator, context):
        pass

    on_fit_task_begin = teardown = setup

    def on_fit_task_end(self, estimator, context):
        return context.task_name == "epoch"


@pytest.mark.skipif(not hasattr(DeepMLPClassifier, "set_callbacks"), reason="callbacks came with scikit-learn 1.9")
def test_a_training_that_a_callback_ended_gets_no_advice_on_parameters_that_did_not():
    X, y = make_classification(200, random_state=0)
    network = DeepMLPClassifier((4,), random_state=0).set_callbacks(OneEpoch())
    report = bias_variance_report(network, X, y, cv=2, learning_curve=False, random_state=0)
    of_training = [advice for advice in report.advice if "train longer" in advice.action]
    assert [advice.parameters for advice in of_training] == [{}]
    assert "a callback that ends the training later" in of_training[0].action
