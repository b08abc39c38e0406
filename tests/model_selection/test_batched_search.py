"""BatchedGridSearchCV gives what GridSearchCV gives."""

import gc
import pickle
import re
import time
import warnings
import weakref

import numpy as np
import pandas as pd
import pytest
import sklearn
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA, KernelPCA
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, FitFailedWarning, NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.fixes import parse_version

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.model_selection import BatchedGridSearchCV

ESTIMATORS = {
    "binary": DeepMLPClassifier,
    "multiclass": DeepMLPClassifier,
    "multilabel": DeepMLPClassifier,
    "regression": DeepMLPRegressor,
    "multioutput": DeepMLPRegressor,
}


def small(estimator=DeepMLPClassifier, **parameters):
    common = {"hidden_layer_sizes": (6, 5), "max_iter": 6, "learning_rate_init": 0.02, "random_state": 0}
    return estimator(**common | parameters)


def piped(*steps, **parameters):
    """A network behind the steps, or a scaler."""
    return Pipeline([*(steps or [("scale", StandardScaler())]), ("net", small(**parameters))])


@pytest.fixture
def rows(multiclass):
    """90 rows of three classes."""
    return multiclass[0][:90], multiclass[1][:90]


def score_columns(results):
    return {name: values for name, values in results.items() if re.search("_(test|train)_", name)}


def assert_same_results(ours, theirs):
    """All columns but those of the times, to rounding."""
    assert list(ours) == list(theirs)
    assert ours["params"] == theirs["params"]
    assert score_columns(theirs)
    for name, expected in score_columns(theirs).items():
        assert_allclose(ours[name], expected, rtol=1e-5, atol=1e-5, err_msg=name)


def searches(estimator, grid, **options):
    """Ours and scikit-learn's."""
    options = {"cv": 2, **options}
    return tuple(search(estimator, grid, **options) for search in (BatchedGridSearchCV, GridSearchCV))


def assert_same_search(estimator, grid, X, y, *, fit_params=(), **options):
    """All that is fitted is the same; returns our search."""
    ours, theirs = (search.fit(X, y, **dict(fit_params)) for search in searches(estimator, grid, **options))
    assert_same_results(ours.cv_results_, theirs.cv_results_)
    assert ours.best_index_ == theirs.best_index_
    assert ours.best_params_ == theirs.best_params_
    assert_allclose(getattr(ours, "best_score_", 0.0), getattr(theirs, "best_score_", 0.0), rtol=1e-5, atol=1e-5)
    assert (ours.n_splits_, ours.multimetric_) == (theirs.n_splits_, theirs.multimetric_)
    if theirs.refit:
        assert type(ours.best_estimator_) is type(theirs.best_estimator_)
        assert_array_equal(ours.predict(X), theirs.predict(X))
    return ours


def fits_together(out):
    """How many of how many fits were done together, from what the search printed."""
    return tuple(map(int, re.search(r"(\d+) of (\d+) fits", out).groups()))


# What is searched -------------------------------------------------------------------------------------------


def ramp(rng, fan_in, fan_out):
    return rng.uniform(-1.0, 1.0, (fan_in, fan_out)) / fan_in


GRIDS = {
    "alpha": {"alpha": ["auto", 0.0, 1.0, 30.0]},
    "keep_prob": {"keep_prob": [1.0, 0.7, (0.9, 0.5)], "input_keep_prob": [1.0, 0.8]},
    "init": {"init": ["auto", "orthogonal", "he_uniform", ramp]},
    "learning_rate_init": {"learning_rate_init": [0.002, 0.05], "learning_rate": ["cosine", "constant", "adaptive"]},
    "activation": {"activation": ["tanh", "relu", ["silu", "relu"]]},
    "hidden_layer_sizes": {"hidden_layer_sizes": [(6, 5), (4,), 7, ()], "alpha": [0.1, 1.0]},
    "solver": {"solver": ["adam", "sgd", "lbfgs"], "alpha": [0.1, 1.0]},
    "early_stopping": {"early_stopping": [True], "scoring": ["loss", "accuracy"], "tol": [1e-4, 0.1]},
    "batch_size": {"batch_size": ["auto", 16], "max_iter": [2, 6]},
    "random_state": {"random_state": [0, 1, 2]},
    "one candidate": [{}],
    "list": [{"alpha": [0.1, 1.0]}, {"keep_prob": [0.5, 0.8], "max_iter": [3]}],
}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_a_grid_of_a_network_scores_the_same(rows, grid):
    assert_same_search(small(), grid, *rows, scoring="neg_log_loss")


@pytest.mark.parametrize("name", ["alpha", "keep_prob", "init", "hidden_layer_sizes", "early_stopping", "list"])
def test_a_grid_of_a_network_in_a_pipeline_scores_the_same(rows, name):
    """Behind a scaler."""
    grids = GRIDS[name] if isinstance(GRIDS[name], list) else [GRIDS[name]]
    grids = [{f"net__{parameter}": values for parameter, values in grid.items()} for grid in grids]
    assert_same_search(piped(), grids, *rows, scoring="neg_log_loss")


@pytest.mark.parametrize("pipeline", [False, True])
@pytest.mark.parametrize(("kind", "data"), [(kind, kind) for kind in ESTIMATORS], indirect=["data"])
def test_every_kind_of_target_scores_the_same(kind, data, pipeline):
    X, y = data[0][:100], data[1][:100]
    network = small(ESTIMATORS[kind])
    estimator, prefix = (
        (Pipeline([("scale", StandardScaler()), ("net", network)]), "net__") if pipeline else (network, "")
    )
    search = assert_same_search(estimator, {f"{prefix}alpha": [0.1, 10.0], f"{prefix}keep_prob": [0.8, 1.0]}, X, y)
    assert search.score(X, y) == search.best_estimator_.score(X, y)


def halves(X):
    return X[:, ::2]


PIPELINES = {
    "tuned step": (piped(("pca", PCA())), {"pca__n_components": [1, 2, 3], "net__alpha": [0.1, 1.0]}),
    "several steps": (
        piped(("scale", StandardScaler()), ("pca", PCA(2))),
        {"scale__with_mean": [True, False], "pca__n_components": [1, 3], "net__keep_prob": [0.8, 1.0]},
    ),
    "step left out": (piped(), {"scale": [StandardScaler(), "passthrough"], "net__alpha": [0.1, 1.0]}),
    "step exchanged": (piped(), {"scale": [StandardScaler(), MinMaxScaler(), None], "net__alpha": [0.1, 1.0]}),
    "network exchanged": (piped(), {"net": [small(), LogisticRegression()], "scale__with_std": [True, False]}),
    "networks": (piped(), {"net": [small(alpha=0.1), small(DeepMLPClassifier, hidden_layer_sizes=(3,))]}),
    "network and its parameter": (
        piped(),
        [{"net": [small()], "net__alpha": [0.1, 1.0]}, {"net": [LogisticRegression()]}],
    ),
    "function": (piped(("double", FunctionTransformer())), {"double__func": [None, np.abs, halves]}),
    "lambda": (piped(("double", FunctionTransformer())), {"double__func": [None, lambda X: X[:, :2]]}),
    "network with a lambda": (piped(), {"net": [small(init=lambda rng, n, m: rng.normal(size=(n, m))), small()]}),
    "no other step": (Pipeline([("net", small())]), {"net__alpha": [0.1, 1.0]}),
    "passthrough alone": (piped(("nothing", "passthrough")), {"net__alpha": [0.1, 1.0]}),
    "tuple of steps": (Pipeline((("scale", StandardScaler()), ("net", small()))), {"net__alpha": [0.1, 1.0]}),
    "nested": (make_pipeline(StandardScaler(), piped()), {"pipeline__net__alpha": [0.1, 1.0]}),
    "columns": (
        piped(("columns", make_column_transformer((PCA(1), [0, 1]), ("passthrough", [3])))),
        {"net__alpha": [0.1, 1.0]},
    ),
    "whole list of steps": (piped(), {"steps": [[("net", small())], [("pca", PCA(2)), ("last", small(alpha=1.0))]]}),
    "changes rows in place": (
        piped(("scale", StandardScaler(copy=False))),
        {"scale__with_mean": [True, False], "scale__with_std": [True, False]},
    ),
}


@pytest.mark.parametrize(("pipeline", "grid"), PIPELINES.values(), ids=PIPELINES)
def test_a_grid_over_a_pipeline_scores_the_same(rows, pipeline, grid):
    assert_same_search(pipeline, grid, *rows, scoring="neg_log_loss")


def test_a_pipeline_with_a_cache_scores_the_same(rows, tmp_path):
    """`memory` of the Pipeline is its own."""
    pipeline = piped(("pca", PCA(random_state=0))).set_params(memory=str(tmp_path))
    assert_same_search(pipeline, {"pca__n_components": [1, 2], "net__alpha": [0.1, 1.0]}, *rows)


def test_a_kernel_matrix_is_cut_on_both_sides(rows):
    """Where a step takes pairs of rows, the Pipeline is left to scikit-learn."""
    X, y = rows
    pipeline = piped(("kernel", KernelPCA(2, kernel="precomputed")))
    assert_same_search(pipeline, {"net__alpha": [0.1, 1.0]}, X @ X.T, y)


def test_splits_may_be_ranges(rows):
    """As `cv` takes any iterable of numbers."""
    cv = [(range(60), range(60, 90)), (range(30, 90), range(30))]
    assert_same_search(small(), {"alpha": [0.1, 1.0]}, *rows, cv=cv)


@pytest.mark.parametrize("backend", ["loky", "threading"])
@pytest.mark.parametrize("grid", [{"net__alpha": [0.1, 1.0]}, {"net": [small(), LogisticRegression()]}])
def test_the_backend_may_be_set_from_outside(rows, backend, grid):
    """A search takes its number of processes from joblib's context, as every search."""
    with parallel_config(backend=backend, n_jobs=2):
        assert_same_search(piped(), grid, *rows)


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_an_error_that_does_not_travel_fails_its_own_fits_alone(rows):
    """With two processes, too; classes of a function travel whole to another process."""

    class CodedError(Exception):
        """An error that a pickle cannot bring back."""

        def __init__(self, code, text):
            super().__init__(text)

    class Failing(StandardScaler):
        """A step that fails where it is told to."""

        def __init__(self, fails=False):
            self.fails = fails
            super().__init__()

        def fit(self, X, y=None):
            if self.fails:
                raise CodedError(3, "told to")
            return super().fit(X, y)

    grid = {"step__fails": [False, True], "net__alpha": [0.1, 1.0]}
    with pytest.warns(FitFailedWarning, match="4 fits failed out of a total of 8"):
        search = BatchedGridSearchCV(piped(("step", Failing())), grid, cv=2, n_jobs=2).fit(*rows)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True, False, True]


def test_callbacks_hear_of_every_fit(rows):
    """As those of GridSearchCV."""
    if not hasattr(GridSearchCV, "set_callbacks"):
        pytest.skip("callbacks came with scikit-learn 1.9")
    heard = []

    class Listener:
        max_propagation_depth = 0

        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            heard.append(context.task_name)

        def on_fit_task_end(self, estimator, context):
            pass

    counts = []
    for search in searches(small(), {"alpha": [0.1, 1.0]}):
        search.set_callbacks(Listener()).fit(*rows)
        counts.append(sorted(heard))
        heard.clear()
    assert counts[0] == counts[1]
    assert counts[0]


class Noise(TransformerMixin, BaseEstimator):
    """A step that draws whenever it transforms."""

    def fit(self, X, y=None):
        self.rng_ = np.random.default_rng(0)
        return self

    def transform(self, X):
        return X + self.rng_.normal(size=X.shape)


def refitting(estimator, X, y):
    """A scorer that does not leave the estimator as it was."""
    score = estimator.score(X, y)
    estimator.fit(X, y)
    return score


@pytest.mark.parametrize("scoring", ["neg_log_loss", refitting])
def test_no_candidate_sees_what_was_done_to_another(rows, scoring):
    """Though their steps are fitted once, they are scored with steps of their own."""
    pipeline = piped(("noise", Noise()), ("scale", StandardScaler()))
    theirs = GridSearchCV(pipeline, {"net__alpha": [0.1, 0.2, 1.0]}, cv=2, scoring=scoring).fit(*rows)
    ours = BatchedGridSearchCV(pipeline, {"net__alpha": [0.1, 0.2, 1.0]}, cv=2, scoring=scoring).fit(*rows)
    assert_same_results(ours.cv_results_, theirs.cv_results_)


def test_texts_of_many_words_are_searched():
    """A network that its steps make too large is left to scikit-learn, and scores the same."""
    texts = [" ".join(f"w{(i * j) % 997}" for j in range(12)) for i in range(40)]
    pipeline = make_pipeline(TfidfVectorizer(), small(hidden_layer_sizes=(600, 60), max_iter=1))
    assert_same_search(pipeline, {"deepmlpclassifier__alpha": [0.1, 1.0]}, texts, np.arange(40) % 2)


class OwnNetwork(DeepMLPClassifier):
    """A subclass, which may do anything in its `fit`."""

    def fit(self, X, y):
        return super().fit(-X, y)


OTHERS = {
    "logistic regression": (LogisticRegression(), {"C": [0.1, 1.0]}),
    "subclass": (OwnNetwork((6, 5), max_iter=3, random_state=0), {"alpha": [0.1, 1.0]}),
    "pipeline of others": (make_pipeline(PCA(), LogisticRegression()), {"pca__n_components": [1, 2]}),
    "large network": (small(hidden_layer_sizes=(600, 600), max_iter=1), {"alpha": [0.1, 1.0]}),
    "search": (GridSearchCV(small(max_iter=2), {"alpha": [0.1, 1.0]}, cv=2), {"estimator__keep_prob": [0.8, 1.0]}),
}


@pytest.mark.parametrize(("estimator", "grid"), OTHERS.values(), ids=OTHERS)
def test_what_cannot_be_trained_together_is_searched_all_the_same(rows, estimator, grid):
    assert_same_search(estimator, grid, *rows)


def test_a_regressor_that_is_not_ours_is_searched(regression):
    assert_same_search(Ridge(), {"alpha": [0.1, 10.0]}, *regression)


CONTAINERS = {
    "list": np.ndarray.tolist,
    "sparse": csr_matrix,
    "frame": lambda X: pd.DataFrame(X, columns=["a", "b", "c", "d"]),
}


@pytest.mark.parametrize("convert", CONTAINERS.values(), ids=CONTAINERS)
def test_rows_may_come_in_every_container(rows, convert):
    X, y = rows
    assert_same_search(small(), {"alpha": [0.1, 1.0], "keep_prob": [0.8, 1.0]}, convert(X), y, scoring="neg_log_loss")


def test_a_target_in_a_column_is_taken_with_a_warning(rows):
    """And gives the same."""
    X, y = rows
    ours, theirs = searches(small(), {"alpha": [0.1, 1.0]}, scoring="neg_log_loss")
    for search in (ours, theirs):
        with pytest.warns(DataConversionWarning, match="column-vector"):
            search.fit(X, y[:, None])
    assert_same_results(ours.cv_results_, theirs.cv_results_)


def test_a_model_without_target_is_searched(rows):
    X, _ = rows
    ours, theirs = (search.fit(X) for search in searches(PCA(), {"n_components": [1, 2]}))
    assert_same_results(ours.cv_results_, theirs.cv_results_)


def test_names_of_columns_reach_the_steps_and_the_search(rows):
    """And labels may be text."""
    X, y = pd.DataFrame(rows[0], columns=["a", "b", "c", "d"]), np.array(["x", "y", "z"])[rows[1]]
    pipeline = piped(("columns", make_column_transformer((StandardScaler(), ["b", "d"]))))
    search = assert_same_search(pipeline, {"net__alpha": [0.1, 1.0]}, X, y)
    assert_array_equal(search.feature_names_in_, ["a", "b", "c", "d"])


# How it is scored -------------------------------------------------------------------------------------------

SPLITTERS = {
    "number": 3,
    "None": None,
    "splitter": StratifiedKFold(3, shuffle=True, random_state=0),
    "list": [(np.arange(60), np.arange(60, 90)), (np.arange(30, 90), np.arange(30))],
    "lists": [(list(range(60)), list(range(60, 90)))],
    "masks": [(np.arange(90) % 3 != fold, np.arange(90) % 3 == fold) for fold in range(3)],
    "folds of two sizes": PredefinedSplit(np.arange(90) % 7 // 3 - 1),
    "generator of seeds": KFold(3, shuffle=True, random_state=np.random.RandomState(0)),
}


@pytest.mark.parametrize("cv", SPLITTERS.values(), ids=SPLITTERS)
def test_folds_may_be_given_in_every_way(rows, cv):
    ours, theirs = (clone(search) for search in searches(small(), {"alpha": [0.1, 1.0]}, cv=cv))
    assert_same_results(ours.fit(*rows).cv_results_, theirs.fit(*rows).cv_results_)


def test_folds_may_come_from_a_generator(rows):
    """Which can be read only once."""
    X, y = rows
    ours, theirs = searches(small(), {"alpha": [0.1, 1.0]})
    for search in (ours, theirs):
        search.set_params(cv=KFold(3).split(X)).fit(X, y)
    assert_same_results(ours.cv_results_, theirs.cv_results_)


class Remembers(TransformerMixin, BaseEstimator):
    """Knows the rows that it has been fitted on."""

    def fit(self, X, y=None):
        self.seen_ = set(X[:, 0])
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X


def share_seen(pipeline, X, y):
    return np.mean([value in pipeline.named_steps["step"].seen_ for value in X[:, 0]])


@pytest.mark.parametrize("cv", [KFold(3, shuffle=True), ShuffleSplit(3)], ids=["KFold", "ShuffleSplit"])
def test_random_folds_are_the_same_in_fits_and_scores(cv):
    """Though they have no seed: no dev row has been trained on, and every training row has."""
    X, y = np.random.default_rng(0).normal(size=(90, 4)), np.arange(90) % 3
    pipeline = piped(("step", Remembers()))
    options = {"cv": cv, "scoring": share_seen, "return_train_score": True}
    search = BatchedGridSearchCV(pipeline, {"net__alpha": [0.1, 1.0]}, **options).fit(X, y)
    assert_array_equal(search.cv_results_["mean_test_score"], 0.0)
    assert_array_equal(search.cv_results_["mean_train_score"], 1.0)


def test_folds_may_go_by_groups(rows):
    groups = np.arange(90) // 10
    for cv in (GroupKFold(3), LeaveOneGroupOut()):
        given = {"fit_params": {"groups": groups}, "cv": cv}
        assert_same_search(small(), {"alpha": [0.1, 1.0]}, *rows, scoring="neg_log_loss", **given)


def loss_of(network, X, y):
    return -log_loss(y, network.predict_proba(X), labels=[0, 1, 2])


def two_scores(network, X, y):
    return {"loss": loss_of(network, X, y), "accuracy": network.score(X, y)}


SCORINGS = {
    "name": {"scoring": "f1_macro"},
    "scorer": {"scoring": make_scorer(accuracy_score)},
    "callable": {"scoring": loss_of},
    "list": {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss"},
    "dict": {"scoring": {"own": loss_of, "f1": "f1_macro"}, "refit": "own"},
    "callable of two": {"scoring": two_scores, "refit": "loss"},
    "refit by a function": {"scoring": "neg_log_loss", "refit": lambda results: 1},
    "refit by a function of two": {
        "scoring": ["accuracy", "neg_log_loss"],
        "refit": lambda results: int(np.argmax(results["mean_test_accuracy"])),
    },
    "no refit": {"scoring": "neg_log_loss", "refit": False},
}


@pytest.mark.parametrize(("pipeline", "train"), [(False, False), (True, True)])
@pytest.mark.parametrize("options", SCORINGS.values(), ids=SCORINGS)
def test_scores_may_be_asked_for_in_every_way(rows, options, pipeline, train):
    estimator, name = (piped(), "net__alpha") if pipeline else (small(), "alpha")
    assert_same_search(estimator, {name: [0.1, 30.0]}, *rows, return_train_score=train, **options)


def test_two_scores_without_a_refit_have_no_best(rows):
    ours, theirs = searches(small(), {"alpha": [0.1, 1.0]}, scoring=["accuracy", "neg_log_loss"], refit=False)
    assert_same_results(ours.fit(*rows).cv_results_, theirs.fit(*rows).cv_results_)
    assert not hasattr(ours, "best_index_")
    assert not hasattr(ours, "predict")


INSIGHTS = {
    "parameters": lambda estimator, X, y: estimator.get_params()["net__alpha"],
    "type": lambda estimator, X, y: float(isinstance(estimator, Pipeline)),
    "step": lambda estimator, X, y: estimator.named_steps["net"].loss_,
    "last step": lambda estimator, X, y: estimator[-1].loss_,
    "other steps": lambda estimator, X, y: estimator[:-1].transform(X).sum(),
    "classes": lambda estimator, X, y: float(len(estimator.classes_)),
    "features": lambda estimator, X, y: float(estimator.n_features_in_),
    "clone": lambda estimator, X, y: clone(estimator).fit(X, y).score(X, y),
}


@pytest.mark.parametrize("scoring", INSIGHTS.values(), ids=INSIGHTS)
def test_a_scorer_may_look_into_the_estimator(rows, scoring):
    """It is given what GridSearchCV gives it."""
    assert_same_search(piped(), {"net__alpha": [0.1, 1.0]}, *rows, scoring=scoring)


# What is passed on ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sample_weight", "net__sample_weight", "scale__sample_weight"])
@pytest.mark.parametrize("scoring", ["neg_log_loss", None])
@pytest.mark.parametrize("of", [np.asarray, list])
def test_sample_weights_count_in_the_same_way(rows, name, scoring, of):
    """In fits and, where they go by their own name, in scores."""
    weight = of(np.random.default_rng(0).integers(0, 3, 90).astype(float))
    estimator, grid = (piped(), "net__alpha") if "__" in name else (small(), "alpha")
    assert_same_search(estimator, {grid: [0.1, 1.0]}, *rows, scoring=scoring, fit_params={name: weight})


@pytest.mark.parametrize("grid", [{"alpha": [0.1, 1.0]}, {"early_stopping": [True], "tol": [1e-4, 0.5]}])
def test_dev_rows_are_passed_on(multiclass, rows, grid):
    X, y = multiclass
    assert_same_search(small(), grid, *rows, fit_params={"X_val": X[90:], "y_val": y[90:]}, scoring="neg_log_loss")


def weighted(of=StandardScaler, *, wanted=True):
    """One that asks for weights or declines them; only while routing is enabled."""
    if parse_version(sklearn.__version__) < parse_version("1.7"):
        pytest.skip("before 1.7 a Pipeline passes no weights to the score of its last step")
    asking = of().set_fit_request(sample_weight=wanted)
    return asking.set_score_request(sample_weight=True) if of is small else asking


ROUTED = {
    "bare": (lambda: weighted(small), "alpha"),
    "pipeline": (lambda: Pipeline([("scale", weighted(wanted=False)), ("net", weighted(small))]), "net__alpha"),
    "weighted step": (lambda: Pipeline([("scale", weighted()), ("net", weighted(small))]), "net__alpha"),
    "declined": (lambda: weighted(small, wanted=False), "alpha"),
}


@pytest.mark.parametrize(("make", "name"), ROUTED.values(), ids=ROUTED)
def test_metadata_are_routed_to_who_asks_for_them(rows, make, name):
    given = {"sample_weight": np.random.default_rng(0).integers(0, 3, 90).astype(float), "groups": np.arange(90) // 10}
    with config_context(enable_metadata_routing=True):
        search = assert_same_search(make(), {name: [0.1, 1.0]}, *rows, fit_params=given, cv=GroupKFold(3))
        unweighted = clone(search).fit(*rows, groups=given["groups"])
    assert not np.allclose(search.cv_results_["mean_test_score"], unweighted.cv_results_["mean_test_score"])


def test_metadata_that_nobody_decided_on_are_refused(rows):
    """By the same error."""
    with config_context(enable_metadata_routing=True):
        assert_same_error(small(), {"alpha": [0.1, 1.0]}, *rows, fit_params={"sample_weight": np.ones(90)})


# Failures ---------------------------------------------------------------------------------------------------


def assert_same_error(estimator, grid, X, y, *, fit_params=(), **options):
    """Both raise, and the same but for the name of the search."""
    errors = []
    for search in searches(estimator, grid, **options):
        with pytest.raises(Exception) as raised:  # noqa: PT011 (whatever it is)
            search.fit(X, y, **dict(fit_params))
        errors.append(raised)
    assert errors[0].type is errors[1].type
    ours, theirs = (str(error.value).replace("BatchedGridSearchCV", "GridSearchCV") for error in errors)
    if "Below are more details" in theirs:  # tracebacks, which name lines of the package
        ours, theirs = (text[: text.index("Below are")] for text in (ours, theirs))
    assert re.sub(r"\s+", " ", ours) == re.sub(r"\s+", " ", theirs)


class Diverges(TransformerMixin, BaseEstimator):
    """Fails in some folds, or always."""

    def __init__(self, when="never"):
        self.when = when

    def fit(self, X, y=None):
        if self.when == "always" or (self.when == "first fold" and len(X) == 44):
            raise ArithmeticError(self.when)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X


FAILURES = {
    "parameter": (small(), {"alpha": [-1.0, 1.0]}),
    "parameter of the wrong type": (small(), {"hidden_layer_sizes": ["many", (4,)]}),
    "last candidate": (small(), {"keep_prob": [1.0, 0.8, 2.0]}),
    "divergence": (small(solver="sgd"), {"learning_rate_init": [0.01, 1e30]}),
    "step": (piped(("step", Diverges())), {"step__when": ["never", "always"], "net__alpha": [0.1, 1.0]}),
    "some folds": (piped(("step", Diverges())), {"step__when": ["first fold", "never"]}),
    "scorer of the network": (small(early_stopping=True), {"scoring": ["loss", "no such scorer"]}),
}


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
@pytest.mark.parametrize("error_score", [np.nan, -10.0])
@pytest.mark.parametrize(("estimator", "grid"), FAILURES.values(), ids=FAILURES)
def test_a_fit_that_fails_has_the_error_score(rows, estimator, grid, error_score):
    """And the search warns of it."""
    folds = [(np.arange(44), np.arange(44, 90)), (np.arange(45, 90), np.arange(45))]
    with pytest.warns(FitFailedWarning) as caught:
        assert_same_search(estimator, grid, *rows, cv=folds, error_score=error_score, scoring="neg_log_loss")
    ours, theirs = (str(told.message) for told in caught if told.category is FitFailedWarning)
    assert ours[: ours.index("Below")] == theirs[: theirs.index("Below")]


@pytest.mark.parametrize(("estimator", "grid"), FAILURES.values(), ids=FAILURES)
def test_a_fit_that_fails_raises_what_it_raises_if_asked_to(rows, estimator, grid):
    folds = [(np.arange(44), np.arange(44, 90)), (np.arange(45, 90), np.arange(45))]
    assert_same_error(estimator, grid, *rows, cv=folds, error_score="raise")


ERRORS = {
    "unknown parameter": ({"alfa": [1.0]}, {}),
    "no candidates": ([], {}),
    "no folds": ({"alpha": [1.0]}, {"cv": []}),
    "no values": ({"alpha": []}, {}),
    "no list of values": ({"alpha": 1.0}, {}),
    "no grid": ("alpha", {}),
    "unknown score": ({"alpha": [1.0]}, {"scoring": ["accuracy", "no such"], "refit": False}),
    "no refit of two": ({"alpha": [1.0]}, {"scoring": ["accuracy", "f1_macro"]}),
    "too many folds": ({"alpha": [1.0]}, {"cv": 100}),
    "one fold": ({"alpha": [1.0]}, {"cv": 1}),
    "error_score": ({"alpha": [1.0]}, {"error_score": "none"}),
    "all fits fail": ({"alpha": [-1.0]}, {}),
    "index of refit": ({"alpha": [1.0]}, {"refit": lambda results: 7}),
    "unknown argument": ({"alpha": [1.0]}, {"fit_params": {"weights": 3}, "error_score": "raise"}),
    "X too short": ({"alpha": [1.0]}, {"fit_params": {"X_val": [[1.0]]}, "error_score": "raise"}),
}


@pytest.mark.parametrize(("grid", "options"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_searched_is_answered_in_the_same_words(rows, grid, options):
    assert_same_error(small(), grid, *rows, **options)


@pytest.mark.parametrize("error_score", ["raise", np.nan])
def test_a_missing_target_is_answered_in_the_same_words(rows, error_score):
    """As the failure of every fit."""
    assert_same_error(small(), {"alpha": [0.1, 1.0]}, rows[0], None, error_score=error_score)


@pytest.mark.parametrize(
    "estimator", [None, "a string", DeepMLPClassifier, object()], ids=["None", "text", "class", "object"]
)
def test_what_is_no_estimator_is_answered_in_the_same_words(rows, estimator):
    if isinstance(estimator, type) and parse_version(sklearn.__version__) < parse_version("1.8"):
        pytest.skip("up to 1.7 a class is warned of before it is refused")
    assert_same_error(estimator, {"alpha": [1.0]}, *rows)


PIPELINE_ERRORS = {
    "unknown parameter of the network": (piped(), {"net__alfa": [1.0]}, {}),
    "unknown step": (piped(), {"other__alpha": [1.0]}, {}),
    "no transformer": (piped(("step", LogisticRegression())), {"net__alpha": [1.0]}, {}),
    "argument without step": (piped(), {"net__alpha": [1.0]}, {"sample_weight": np.ones(90)}),
    "argument of an unknown step": (piped(), {"net__alpha": [1.0]}, {"other__sample_weight": np.ones(90)}),
    "argument of an unknown step of one": (Pipeline([("net", small())]), {"net__alpha": [1.0]}, {"other__weight": 1}),
}


@pytest.mark.parametrize(("pipeline", "grid", "fit_params"), PIPELINE_ERRORS.values(), ids=PIPELINE_ERRORS)
def test_what_a_pipeline_cannot_do_is_answered_in_the_same_words(rows, pipeline, grid, fit_params):
    assert_same_error(pipeline, grid, *rows, fit_params=fit_params, error_score="raise")


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_searches_done_in_parts_are_the_same(rows, monkeypatch):
    """Where not all fitted networks are held at a time; though all fits of a part should fail."""
    monkeypatch.setattr("skdeep.model_selection._batched_search.MOST_FITS", 5)
    assert_same_search(small(), {"alpha": [0.1, 1.0, 3.0], "keep_prob": [0.8, 1.0]}, *rows, scoring="neg_log_loss")
    with pytest.warns(FitFailedWarning, match="4 fits failed out of a total of 8") as caught:
        assert_same_search(small(), {"alpha": [-2.0, -1.0, 1.0, 2.0]}, *rows)
    assert len([told for told in caught if told.category is FitFailedWarning]) == 2


def test_no_more_fitted_networks_are_held_than_allowed(rows, monkeypatch):
    """Those that have been scored are let go."""
    monkeypatch.setattr("skdeep.model_selection._batched_search.MOST_FITS", 4)
    held = []

    def count(network, X, y):
        gc.collect()
        held.append(sum(type(one) is DeepMLPClassifier and hasattr(one, "_model") for one in gc.get_objects()))
        return 0.0

    search = BatchedGridSearchCV(small(max_iter=1), {"alpha": [0.1, 0.2, 0.5, 1.0, 2.0, 5.0]}, cv=2, scoring=count)
    count(None, None, None)
    search.fit(*rows)
    n_before, *during = held
    assert len(during) == 12
    assert max(during) - n_before <= 4 + 1


def test_a_search_that_fails_leaves_the_last_one(rows):
    """As the fit of a network does."""
    search = BatchedGridSearchCV(small(), {"alpha": [0.1, 1.0]}, cv=2).fit(*rows)
    before = search.cv_results_
    with pytest.raises(ValueError, match="alfa"):
        search.set_params(param_grid={"alfa": [1.0]}).fit(*rows)
    assert search.cv_results_ is before
    assert search.param_grid == {"alfa": [1.0]}


@pytest.mark.parametrize("estimator", [small(learning_rate="constant"), piped(learning_rate="constant")])
def test_networks_that_have_not_converged_say_so(rows, estimator):
    """Each fit, as in GridSearchCV."""
    name = "net__alpha" if isinstance(estimator, Pipeline) else "alpha"
    counts = []
    for search in searches(estimator, {name: [0.1, 1.0]}):
        with pytest.warns(ConvergenceWarning, match="reached max_iter=6") as caught:
            search.fit(*rows)
        counts.append(len(caught))
    assert counts[0] == counts[1] == 5


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_warnings_that_are_errors_fail_the_same_fits(rows):
    assert_same_error(small(), {"learning_rate": ["cosine", "constant"]}, *rows, error_score="raise")


def test_a_scorer_without_weights_is_warned_of_as_often(rows):
    """And in the same words; not at all where scikit-learn does not."""
    told = []
    for search in searches(small(), {"alpha": [0.1, 1.0]}, scoring=loss_of):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            search.fit(*rows, sample_weight=np.ones(90))
        told.append([re.sub(r"\s+", "", str(one.message)).replace("BatchedGrid", "Grid") for one in caught])
    assert told[0] == told[1]


# The work ---------------------------------------------------------------------------------------------------

TOGETHER = {
    "network": (small(), {"alpha": [0.1, 1.0]}, (4, 4)),
    "pipeline": (piped(), {"net__alpha": [0.1, 1.0]}, (4, 4)),
    "wrong parameter": (small(), {"alpha": [0.1, -1.0]}, (4, 4)),
    "one of two": (piped(), {"net": [small(), LogisticRegression()]}, (2, 4)),
    "large network": (small(), {"hidden_layer_sizes": [(4,), (900, 900)], "max_iter": [1]}, (2, 4)),
    "no network": (LogisticRegression(), {"C": [0.1, 1.0]}, (0, 4)),
    "subclass": (OwnNetwork((4,), max_iter=2), {"alpha": [0.1, 1.0]}, (0, 4)),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning", "ignore:One or more of the test scores")
@pytest.mark.parametrize(("estimator", "grid", "counts"), TOGETHER.values(), ids=TOGETHER)
def test_small_networks_are_trained_together(rows, estimator, grid, counts, capsys):
    """And others not; verbose=1 tells how many."""
    BatchedGridSearchCV(estimator, grid, cv=2, verbose=1).fit(*rows)
    assert fits_together(capsys.readouterr().out) == counts


def test_a_line_tells_of_every_stack(rows, capsys):
    """With the number of networks and their layers."""
    grid = {"hidden_layer_sizes": [(6, 5), (4,)], "alpha": [0.1, 1.0, 2.0]}
    BatchedGridSearchCV(small(), grid, cv=2, verbose=1).fit(*rows)
    lines = re.findall(r"(\d+) x ([-\d]+)", capsys.readouterr().out)
    assert sorted(lines) == [("6", "4-4-3"), ("6", "4-6-5-3")]


@pytest.mark.parametrize("verbose", [0, 1, 2, 3, 10])
def test_more_is_printed_the_more_verbose_it_is(rows, verbose, capsys):
    """0 prints nothing; 2 and more a line for every fit, too."""
    search = BatchedGridSearchCV(small(), {"alpha": [0.1, 1.0]}, cv=2, verbose=verbose).fit(*rows)
    out = capsys.readouterr().out
    assert bool(out) == bool(verbose)
    assert len(re.findall(r"\[CV.*END", out)) == (4 if verbose > 1 else 0)
    assert search.verbose == verbose


class Counts(TransformerMixin, BaseEstimator):
    """Notes every fit, by its shift and the number of its rows."""

    fits: tuple = ()

    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y=None):
        type(self).fits += ((self.shift, len(X)),)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X + self.shift


COUNTED = {
    "alpha": ({"net__alpha": [0.1, 1.0, 2.0]}, 1),
    "own parameter": ({"step__shift": [0.0, 1.0], "net__alpha": [0.1, 1.0, 2.0]}, 2),
    "step": ({"step": [Counts(0.0), Counts(1.0)], "net__alpha": [0.1, 1.0]}, 2),
    "list of grids": ([{"net__alpha": [0.1, 1.0]}, {"net__keep_prob": [0.8, 0.9]}], 1),
    "exchanged networks": ({"net": [small(), small(alpha=1.0)], "net__keep_prob": [0.8, 1.0]}, 1),
}


@pytest.mark.parametrize(("grid", "n_settings"), COUNTED.values(), ids=COUNTED)
def test_earlier_steps_are_fitted_once_for_each_fold_and_setting(rows, grid, n_settings, monkeypatch):
    """And once more for the refit."""
    monkeypatch.setattr(Counts, "fits", ())
    BatchedGridSearchCV(
        piped(("step", Counts())), grid, cv=[(np.arange(n), np.arange(n, 90)) for n in (60, 70, 80)]
    ).fit(*rows)
    *searched, refitted = Counts.fits
    assert len(searched) == 3 * n_settings
    assert len(set(searched)) == 3 * n_settings
    assert refitted[1] == 90


def test_the_times_of_the_fits_are_shares_of_the_whole(rows):
    """Each takes some, and all no more than passed."""
    started = time.perf_counter()
    search = BatchedGridSearchCV(piped(), {"net__alpha": [0.1, 1.0], "net__max_iter": [2, 6]}, cv=3).fit(*rows)
    passed = time.perf_counter() - started
    times = search.cv_results_["mean_fit_time"]
    assert (times > 0.0).all()
    assert 3 * times.sum() < passed


@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (piped(), {"net__alpha": [0.1, 1.0, 2.0], "net__keep_prob": [0.8, 1.0]}),
        (piped(), {"net": [small(), LogisticRegression()], "scale__with_std": [True, False]}),
    ],
    ids=["networks", "others too"],
)
def test_several_processes_give_the_same(rows, estimator, grid):
    search = assert_same_search(estimator, grid, *rows, scoring="neg_log_loss", n_jobs=2)
    assert search.n_jobs == 2


# The search as an estimator ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "grid"),
    [(small(), {"alpha": [0.1, 1.0]}), (piped(), {"net__alpha": [0.1, 1.0]})],
    ids=["network", "pipeline"],
)
@pytest.mark.parametrize("scoring", [None, "accuracy", ["accuracy", "f1_macro"]], ids=str)
def test_a_fitted_search_can_be_pickled(rows, estimator, grid, scoring):
    X, y = rows
    refit = "accuracy" if isinstance(scoring, list) else True
    search = BatchedGridSearchCV(estimator, grid, cv=2, scoring=scoring, refit=refit).fit(X, y)
    again = pickle.loads(pickle.dumps(search))
    assert_array_equal(again.predict_proba(X), search.predict_proba(X))
    assert again.score(X, y) == search.score(X, y)
    assert_same_results(again.cv_results_, search.cv_results_)


def test_a_fitted_search_can_be_cloned_and_fitted_again(rows):
    search = BatchedGridSearchCV(piped(), {"net__alpha": [0.1, 1.0]}, cv=2).fit(*rows)
    again = clone(search)
    with pytest.raises(NotFittedError):
        again.predict(rows[0])
    assert repr(again) == repr(search)
    assert_same_results(again.fit(*rows).cv_results_, search.cv_results_)


def test_a_fit_changes_no_parameter(rows):
    """Neither of the search nor of its estimator, which is not fitted."""
    search = BatchedGridSearchCV(piped(), {"net__alpha": [0.1, 1.0]}, cv=2, n_jobs=1, verbose=0)
    before = search.get_params()
    search.fit(*rows)
    assert search.get_params() == before
    with pytest.raises(NotFittedError):
        search.estimator.predict(rows[0])


def test_a_search_has_the_attributes_of_a_grid_search(rows):
    """No fewer, no more."""
    ours, theirs = (search.fit(*rows) for search in searches(small(), {"alpha": [0.1, 1.0]}))
    assert set(vars(ours)) == set(vars(theirs))


def test_the_scorer_of_a_search_is_that_of_a_grid_search(rows):
    """It shows nothing of how the search goes about its work."""
    ours, theirs = (search.fit(*rows) for search in searches(small(), {"alpha": [0.1, 1.0]}))
    assert repr(ours.scorer_) == repr(theirs.scorer_)


@pytest.mark.parametrize("scoring", [None, {"own": None, "f1": "f1_macro"}])
@pytest.mark.parametrize("pickled", [False, True])
def test_a_fitted_search_does_not_hold_the_rows(pickled, scoring):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2000, 50)), np.arange(2000) % 2
    watched = weakref.ref(X)
    refit = "f1" if scoring else True
    grid = {"alpha": [0.1, 1.0]}
    search = BatchedGridSearchCV(small(max_iter=1), grid, cv=2, scoring=scoring, refit=refit).fit(X, y)
    if pickled:
        assert len(pickle.dumps(search)) < X.nbytes / 10
    del X
    gc.collect()
    assert watched() is None
    assert search.n_splits_ == 2


def test_a_search_can_be_part_of_another_estimator(rows):
    """As in nested cross-validation, or a Pipeline."""
    ours, theirs = searches(small(), {"alpha": [0.1, 30.0]}, scoring="neg_log_loss")
    for wrap in (lambda search: search, lambda search: make_pipeline(StandardScaler(), search)):
        assert_allclose(*(cross_val_score(wrap(search), *rows, cv=2) for search in (ours, theirs)), rtol=1e-5)


SEARCHES = [
    BatchedGridSearchCV(small(network, max_iter=20), {"alpha": [0.1, 1.0]}, cv=2, error_score="raise")
    for network in (DeepMLPClassifier, DeepMLPRegressor)
]


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")  # of scikit-learn's folds of infinite targets
@pytest.mark.filterwarnings("ignore:All rows of the classes .* have weight 0", "ignore:y holds a single class")
@parametrize_with_checks(SEARCHES)
def test_scikit_learn_check(estimator, check):
    """The search does what scikit-learn asks of every estimator."""
    check(estimator)


def test_sparse_indicators_are_searched_as_dense_ones(multilabel):
    """With the scores of the one-by-one search, too."""
    X, Y = multilabel
    network, grid = DeepMLPClassifier((6,), max_iter=10, random_state=0), {"alpha": [0.1, 10.0]}
    searches = [(BatchedGridSearchCV, csr_matrix), (BatchedGridSearchCV, np.asarray), (GridSearchCV, csr_matrix)]
    scores = [search(network, grid, cv=3).fit(X, made(Y)).cv_results_["mean_test_score"] for search, made in searches]
    assert_allclose(scores, [scores[0]] * 3)
