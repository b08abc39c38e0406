"""The tools of scikit-learn that users put around an estimator work with ours."""

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (switches the import below on)
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier, DeepMLPRegressor


def small(**parameters):
    settings = {"max_iter": 20, "batch_size": 32, "learning_rate_init": 0.01, "random_state": 0} | parameters
    return DeepMLPClassifier((8,), **settings)


def test_grid_search_tunes_alpha_and_keep_prob_in_a_pipeline(binary):
    X, y = binary
    grid = {"deepmlpclassifier__alpha": [0.1, 10.0], "deepmlpclassifier__keep_prob": [0.8, 1.0]}
    search = GridSearchCV(make_pipeline(StandardScaler(), small()), grid, cv=3).fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ > 0.93
    assert search.score(X, y) > 0.93


def test_grid_search_in_two_processes_finds_the_same(binary):
    searches = [GridSearchCV(small(), {"alpha": [0.1, 10.0]}, cv=3, n_jobs=n_jobs).fit(*binary) for n_jobs in (1, 2)]
    assert_array_equal(*(search.cv_results_["mean_test_score"] for search in searches))


def test_a_search_goes_on_past_a_candidate_that_cannot_be_fitted(binary):
    search = GridSearchCV(small(), {"keep_prob": [0.0, 1.0]}, cv=3)
    with pytest.warns(FitFailedWarning, match="keep_prob must be"), pytest.warns(UserWarning, match="non-finite"):
        search.fit(*binary)
    assert search.best_params_ == {"keep_prob": 1.0}


def test_cross_validate_returns_scores_and_fitted_estimators(binary):
    result = cross_validate(small(), *binary, cv=3, scoring=["accuracy", "neg_log_loss"], return_estimator=True)
    assert (result["test_accuracy"] > 0.9).all()
    assert (result["test_neg_log_loss"] > -0.3).all()
    assert [estimator.n_iter_ for estimator in result["estimator"]] == [20, 20, 20]


def test_cross_val_predict_gives_probabilities_of_every_row(multiclass):
    probabilities = cross_val_predict(small(), *multiclass, cv=3, method="predict_proba")
    assert probabilities.shape == (150, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


def test_halving_spends_epochs_as_its_resource(binary):
    search = HalvingGridSearchCV(
        small(), {"alpha": [0.1, 1.0, 10.0, 100.0]}, resource="max_iter", min_resources=5, max_resources=20, factor=2
    ).fit(*binary)
    assert search.n_resources_ == [5, 10, 20]
    assert search.best_estimator_.n_iter_ == 20


@pytest.mark.parametrize(
    "ensemble",
    [
        lambda model: BaggingClassifier(model, n_estimators=3, random_state=0),
        lambda model: VotingClassifier([("deep", model), ("linear", LogisticRegression())], voting="soft"),
        lambda model: StackingClassifier([("deep", model)], final_estimator=LogisticRegression(), cv=3),
    ],
    ids=["bagging", "voting", "stacking"],
)
def test_ensembles_of_string_classes(multiclass, ensemble):
    X, y = multiclass
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = ensemble(small(max_iter=80)).fit(X, names)
    assert model.score(X, names) > 0.85


def test_feature_selection_drives_the_regressor(regression):
    X, y = regression
    model = DeepMLPRegressor((8,), solver="lbfgs", max_iter=30, random_state=0)
    selector = SequentialFeatureSelector(model, n_features_to_select=1, cv=2).fit(X, y)
    correlation = [abs(np.corrcoef(column, y)[0, 1]) for column in X.T]
    assert selector.get_support().argmax() == np.argmax(correlation)


def test_sample_weight_is_routed_through_a_search(binary):
    """The winner is the model that the same weights give without a search."""
    X, y = binary
    weight = np.where(y == 1, 1.0, 0.1)
    with config_context(enable_metadata_routing=True):
        model = small().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(model, {"alpha": [2.0]}, cv=3).fit(X, y, sample_weight=weight)
    alone = small(alpha=2.0)
    assert_array_equal(search.predict_proba(X), alone.fit(X, y, sample_weight=weight).predict_proba(X))
    assert (search.predict_proba(X) != alone.fit(X, y).predict_proba(X)).any()


def test_joblib_keeps_predictions_to_the_bit(binary, tmp_path):
    X, _ = binary
    model = small().fit(*binary)
    joblib.dump(model, tmp_path / "model.joblib")
    assert_array_equal(joblib.load(tmp_path / "model.joblib").predict_proba(X), model.predict_proba(X))


def test_clone_has_the_parameters_and_nothing_learned(binary):
    model = small(keep_prob=[0.9], alpha=3.0).fit(*binary)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "coefs_")
