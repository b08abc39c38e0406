"""What users put around an estimator or beside it: each combination does what it is for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.model_selection import BatchedGridSearchCV, bias_variance_report


def small(estimator=DeepMLPClassifier, **parameters):
    settings = {
        "hidden_layer_sizes": (8,),
        "max_iter": 20,
        "batch_size": 32,
        "learning_rate_init": 0.01,
        "random_state": 0,
    } | parameters
    return estimator(**settings)


@pytest.fixture
def rare():
    """800 rows, one in ten of class 1: X_train, X_test, y_train, y_test."""
    X, y = make_classification(800, 8, weights=[0.9], class_sep=0.7, random_state=0)
    return train_test_split(X, y, stratify=y, random_state=0)


# imbalanced-learn ---------------------------------------------------------------------------------------------


def resampled(sampler):
    over_sampling = pytest.importorskip("imblearn.over_sampling", reason="imbalanced-learn is not installed")
    from imblearn.pipeline import make_pipeline

    sampler = getattr(over_sampling, sampler)(random_state=0)
    return make_pipeline(StandardScaler(), sampler, small())


@pytest.mark.parametrize("sampler", ["SMOTE", "RandomOverSampler"])
def test_oversampling_in_a_pipeline_of_imblearn_finds_more_of_the_rare_class(sampler, rare):
    X_train, X_test, y_train, y_test = rare
    plain = make_pipeline(StandardScaler(), small()).fit(X_train, y_train)
    scores = [
        balanced_accuracy_score(y_test, model.predict(X_test))
        for model in (plain, resampled(sampler).fit(X_train, y_train))
    ]
    assert scores[1] > scores[0] + 0.05


def test_a_batched_search_resamples_as_an_ordinary_search_does(rare):
    """Every fold has training rows of its own making, and test rows as they are."""
    X, _, y, _ = rare
    grid = {"deepmlpclassifier__alpha": [0.1, 10.0], "smote__k_neighbors": [3, 5]}
    searches = [
        search(resampled("SMOTE"), grid, cv=3, scoring="balanced_accuracy").fit(X, y)
        for search in (GridSearchCV, BatchedGridSearchCV)
    ]
    assert_array_equal(*(search.cv_results_["mean_test_score"] for search in searches))


# optuna -------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings(
    "ignore:OptunaSearchCV is experimental",
    "ignore:`optuna.terminator` module",  # which it uses itself
)
def test_optuna_searches_and_its_winner_is_the_fit_of_its_parameters(binary):
    optuna = pytest.importorskip("optuna", reason="optuna is not installed")
    integration = pytest.importorskip("optuna_integration", reason="optuna-integration is not installed")
    space = {
        "alpha": optuna.distributions.FloatDistribution(0.01, 100.0, log=True),
        "keep_prob": optuna.distributions.FloatDistribution(0.5, 1.0),
    }
    search = integration.OptunaSearchCV(small(), space, cv=3, n_trials=4, random_state=0).fit(*binary)
    assert search.best_score_ > 0.93
    alone = small(**search.best_params_).fit(*binary)
    assert_array_equal(search.predict_proba(binary[0]), alone.predict_proba(binary[0]))


# Frames -------------------------------------------------------------------------------------------------------


def test_polars_frames_go_through_a_pipeline_that_gives_polars_frames(multiclass):
    """The network sees the names of the columns, and predicts what it does of arrays."""
    polars = pytest.importorskip("polars", reason="polars is not installed")
    X, y = multiclass
    frame = polars.DataFrame(X, schema=["a", "b", "c", "d"])
    model = make_pipeline(StandardScaler(), small()).set_output(transform="polars").fit(frame, polars.Series(y))
    assert model[-1].feature_names_in_.tolist() == frame.columns
    on_arrays = make_pipeline(StandardScaler(), small()).fit(X, y)
    assert_allclose(model.predict_proba(frame), on_arrays.predict_proba(X), rtol=1e-12)


# scikit-learn -------------------------------------------------------------------------------------------------


def test_calibration_mends_the_log_loss_of_an_overconfident_network():
    """Three labels in ten are drawn at random, and the network learns them by heart."""
    X, y = make_classification(400, 20, flip_y=0.3, random_state=0)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    network = small(hidden_layer_sizes=(64, 64), alpha=0.0, max_iter=60)
    models = network, CalibratedClassifierCV(network, cv=5)
    losses = [log_loss(y_test, model.fit(X_train, y_train).predict_proba(X_test)) for model in models]
    assert losses[1] < 0.8 * losses[0]


def test_permutation_importance_is_nil_for_all_columns_but_the_informative_one():
    X = np.random.default_rng(0).standard_normal((400, 4))
    y = X[:, 2] ** 2
    model = small(DeepMLPRegressor, max_iter=100).fit(X, y)
    importance = permutation_importance(model, X, y, n_repeats=5, random_state=0).importances_mean
    assert importance[2] > 1.0
    assert np.delete(importance, 2).max() < 0.1


def test_soft_voting_takes_the_mean_of_the_probabilities(multiclass):
    X, y = multiclass
    model = VotingClassifier([("deep", small()), ("linear", LogisticRegression())], voting="soft").fit(X, y)
    members = [member.predict_proba(X) for member in model.estimators_]
    assert_allclose(model.predict_proba(X), np.mean(members, axis=0), rtol=1e-12)


def test_bagging_takes_the_mean_of_the_probabilities_of_networks_on_their_own_columns(multiclass):
    X, y = multiclass
    model = BaggingClassifier(small(), n_estimators=3, max_features=3, random_state=0).fit(X, y)
    columns = zip(model.estimators_, model.estimators_features_, strict=True)
    members = [member.predict_proba(X[:, some]) for member, some in columns]
    assert_allclose(model.predict_proba(X), np.mean(members, axis=0), rtol=1e-12)
    assert len({member.random_state for member in model.estimators_}) == 3


@pytest.mark.parametrize(
    "ensemble",
    [
        lambda network: VotingRegressor([("deep", network), ("deeper", clone(network).set_params(random_state=1))]),
        lambda network: BaggingRegressor(network, n_estimators=3, random_state=0),
    ],
    ids=["voting", "bagging"],
)
def test_ensembles_of_regressors_predict_the_mean_of_their_members(ensemble, regression):
    X, y = regression
    model = ensemble(small(DeepMLPRegressor)).fit(X, y)
    assert_allclose(model.predict(X), np.mean([member.predict(X) for member in model.estimators_], axis=0))


@pytest.mark.parametrize(
    ("stack", "network", "final", "method", "data"),
    [
        (StackingClassifier, small(), LogisticRegression(), "predict_proba", "binary"),
        (StackingRegressor, small(DeepMLPRegressor), Ridge(), "predict", "regression"),
    ],
    ids=["classifier", "regressor"],
    indirect=["data"],
)
def test_stacking_trains_its_last_estimator_on_predictions_out_of_fold(stack, network, final, method, data):
    X, y = data
    model = stack([("deep", network)], final_estimator=final, cv=3).fit(X, y)
    out_of_fold = cross_val_predict(network, X, y, cv=3, method=method)
    last = clone(final).fit(out_of_fold.reshape(len(X), -1)[:, -1:], y)
    assert_allclose(model.final_estimator_.coef_, last.coef_)


def test_a_tuned_threshold_finds_more_of_the_rare_class(rare):
    X_train, X_test, y_train, y_test = rare
    model = TunedThresholdClassifierCV(small(), scoring="balanced_accuracy", cv=5, random_state=0).fit(X_train, y_train)
    plain = small().fit(X_train, y_train)
    assert model.best_threshold_ < 0.5
    scores = [balanced_accuracy_score(y_test, one.predict(X_test)) for one in (plain, model)]
    assert scores[1] > scores[0] + 0.05


def test_adaboost_multiplies_alpha_by_the_number_of_rows(binary):
    """Its weights sum to 1, so that m = 1 in J = loss + alpha / (2m) |W|^2: divide alpha by the number of rows."""
    X, y = binary
    first = AdaBoostClassifier(small(alpha=3.0 / len(y)), n_estimators=2, random_state=0).fit(X, y).estimators_[0]
    alone = clone(first).set_params(alpha=3.0).fit(X, y)
    assert_allclose(first.predict_proba(X), alone.predict_proba(X), atol=1e-4)
    strangled = AdaBoostClassifier(small(alpha=3.0), n_estimators=2, random_state=0).fit(X, y).estimators_[0]
    assert np.ptp(strangled.predict_proba(X)[:, 1]) < 0.05


# skore --------------------------------------------------------------------------------------------------------


@pytest.mark.deep  # it runs all checks of skore
def test_our_verdict_is_a_check_of_skore(binary):
    """For a network that learns its few rows by heart it lists high variance among its issues: docs/neighbours.md."""
    skore = pytest.importorskip("skore", reason="skore is not installed")

    class BiasVarianceCheck(skore.Check):
        code, title, severity, slow = "SKDEEP01", "Bias and variance", "issue", True
        report_types = ["cross-validation"]  # noqa: RUF012 (skore wants a list)

        def check_function(self, report):
            ours = bias_variance_report(report.estimator_, report.X, report.y, cv=report.splitter, learning_curve=False)
            return ours.summary if ours.diagnosis else None

    X, y = make_classification(200, 20, n_informative=2, flip_y=0.2, random_state=0)
    report = skore.evaluate(small(hidden_layer_sizes=(64,), alpha=0.0, max_iter=100), X, y, splitter=5)
    report.checks.add([BiasVarianceCheck()])
    issues = report.checks.summarize().frame(section="issue").set_index("code")
    assert "high variance" in issues.loc["SKDEEP01", "explanation"]
