"""With metadata routing, what is asked for reaches the splitter, the fits and the scorer, in searches and reports."""

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import (
    BaseCrossValidator,
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.model_selection import BatchedGridSearchCV, TrainDevTestSplit, bias_variance_report


class InTime(BaseCrossValidator):
    """Trains on what was first, and holds out what came next: it cannot do without `time`."""

    def split(self, X, y=None, groups=None, time=None):
        order = np.argsort(time)
        for n_rows in (60, 80, 100):
            yield order[:n_rows], order[n_rows:]

    def get_n_splits(self, X=None, y=None, groups=None, time=None):
        return 3


def by_price(y, predictions, price=None):
    """The price of what is right, of all."""
    return np.average(y == predictions, weights=price)


@pytest.fixture(autouse=True)
def _routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 4))
    return X, (X[:, 0] + 0.5 * rng.normal(size=120) > 0).astype(int)


@pytest.fixture
def metadata():
    """A value for each row by every name that is asked for here."""
    rng = np.random.default_rng(1)
    return {"time": rng.permutation(120), "price": rng.random(120), "groups": np.arange(120) // 4}


def network():
    return DeepMLPClassifier((5,), learning_rate_init=0.02, max_iter=5, random_state=0)


SEARCHED = {
    "network": (network(), "alpha"),
    "pipeline": (make_pipeline(StandardScaler(), network()), "deepmlpclassifier__alpha"),
    "logistic regression": (LogisticRegression(), "C"),
}
#: What asks -> the options of a search, and the names of what is given.
ASKING = {
    "splitter": (lambda: {"cv": InTime().set_split_request(time=True)}, {"time": "time"}),
    "splitter, by another name": (lambda: {"cv": InTime().set_split_request(time="when")}, {"when": "time"}),
    "group splitter": (lambda: {"cv": GroupKFold(3)}, {"groups": "groups"}),
    "parts": (lambda: {"cv": TrainDevTestSplit(random_state=0), "refit": False}, {"groups": "groups"}),
    "scorer": (lambda: {"scoring": make_scorer(by_price).set_score_request(price=True)}, {"price": "price"}),
    "scorer, by another name": (
        lambda: {"scoring": make_scorer(by_price).set_score_request(price="time")},
        {"time": "price"},
    ),
    "both": (
        lambda: {
            "cv": InTime().set_split_request(time=True),
            "scoring": make_scorer(by_price).set_score_request(price=True),
        },
        {"time": "time", "price": "price"},
    ),
}


@pytest.mark.parametrize(("estimator", "parameter"), SEARCHED.values(), ids=SEARCHED)
@pytest.mark.parametrize(("options", "names"), ASKING.values(), ids=ASKING)
def test_a_search_hands_on_what_is_asked_for(options, names, estimator, parameter, rows, metadata):
    """And scores as GridSearchCV does."""
    given = {name: metadata[kind] for name, kind in names.items()}
    ours, theirs = (
        search(estimator, {parameter: [0.1, 10.0]}, **{"cv": 3, **options()}).fit(*rows, **given).cv_results_
        for search in (BatchedGridSearchCV, GridSearchCV)
    )
    for name in (name for name in theirs if "test_score" in name):
        assert_allclose(ours[name], theirs[name], rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_the_fits_do_not_get_does_not_keep_them_from_being_shared_out(n_jobs, rows, metadata, capsys):
    """Each worker trains its part together."""
    scoring = make_scorer(by_price).set_score_request(price=True)
    search = BatchedGridSearchCV(SEARCHED["pipeline"][0], {}, cv=KFold(4), scoring=scoring, verbose=1)
    with parallel_config(backend="threading", n_jobs=n_jobs):
        search.fit(*rows, price=metadata["price"])
    out = capsys.readouterr().out
    assert "4 of 4 fits together" in out
    assert out.count("stack 1/1") == n_jobs


def test_folds_that_are_given_may_come_from_an_iterator(rows):
    folds = list(KFold(3).split(rows[0]))
    ours, theirs = (
        search(network(), {"alpha": [0.1, 10.0]}, cv=iter(folds)).fit(*rows).cv_results_
        for search in (BatchedGridSearchCV, GridSearchCV)
    )
    assert_allclose(ours["mean_test_score"], theirs["mean_test_score"])


def test_what_nobody_asks_for_is_refused_by_a_search(rows, metadata):
    with pytest.raises(TypeError, match=r"unexpected argument.*time"):
        BatchedGridSearchCV(network(), {"alpha": [0.1]}, cv=3).fit(*rows, time=metadata["time"])


def report(rows, estimator=None, **options):
    return bias_variance_report(estimator or LogisticRegression(), *rows, learning_curve=False, **options)


def test_a_report_hands_its_splitter_what_it_asks_for(rows, metadata):
    """And measures what `cross_validate` measures."""
    cv = InTime().set_split_request(time=True)
    scores = cross_validate(LogisticRegression(), *rows, cv=cv, params={"time": metadata["time"]})["test_score"]
    counts = np.array([60, 40, 20])
    found = report(rows, cv=cv, fit_params={"time": metadata["time"]})
    assert found.errors["dev"] == pytest.approx(1 - scores @ counts / counts.sum(), abs=0.05)
    assert found.n_rows["dev"] == 60


@pytest.mark.parametrize("estimator", [estimator for estimator, _ in SEARCHED.values()], ids=SEARCHED)
@pytest.mark.parametrize("name", ["price", "value"])
def test_a_report_hands_its_scorer_what_it_asks_for(name, estimator, rows, metadata):
    """Cut to the rows of each fold: the mean of the folds' errors is that of `cross_validate`."""
    scoring = make_scorer(by_price).set_score_request(price=True if name == "price" else name)
    options = {"scoring": scoring, "cv": KFold(4)}
    given = {name: metadata["price"]}
    scores = cross_validate(estimator, *rows, params=given, return_train_score=True, **options)
    found = report(rows, estimator, fit_params=given, best_score=1.0, **options)
    assert found.errors["dev"] == pytest.approx(1 - scores["test_score"].mean(), abs=1e-6)
    assert found.errors["train"] == pytest.approx(1 - scores["train_score"].mean(), abs=1e-6)


def test_the_baseline_of_a_report_is_scored_with_what_the_scorer_asks_for(rows, metadata):
    """A constant is right in the price of its class, of all."""
    _, y = rows
    scoring = make_scorer(by_price).set_score_request(price=True)
    folds = list(KFold(4).split(rows[0]))
    found = report(rows, scoring=scoring, cv=folds, fit_params={"price": metadata["price"]}, best_score=1.0)
    right = [
        np.mean([by_price(y[held], np.full(len(held), label), metadata["price"][held]) for _, held in folds])
        for label in (0, 1)
    ]
    assert found.baseline_error == pytest.approx(1 - max(right))


def test_what_the_scorer_asks_for_has_no_place_beside_parts(rows, metadata):
    """Whose rows have none of it."""
    X, y = rows
    scoring = make_scorer(by_price).set_score_request(price=True)
    with pytest.raises(ValueError, match=r"price must not be routed to the scorer beside parts.*X_dev"):
        report(
            (X[:80], y[:80]),
            X_dev=X[80:],
            y_dev=y[80:],
            scoring=scoring,
            best_score=1.0,
            fit_params={"price": metadata["price"][:80]},
        )


SPLITTERS = {
    "KFold": lambda X: KFold(3),
    "StratifiedKFold": lambda X: StratifiedKFold(3),
    "folds": lambda X: list(KFold(3).split(X)),
    "iterator": lambda X: KFold(3).split(X),
}


@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
@pytest.mark.parametrize("cv", SPLITTERS.values(), ids=SPLITTERS)
def test_groups_of_a_report_are_for_its_intervals_though_the_splitter_knows_none(cv, rows, metadata):
    """As without routing."""
    found = report(rows, cv=cv(rows[0]), groups=metadata["groups"])
    with config_context(enable_metadata_routing=False):
        without = report(rows, cv=cv(rows[0]), groups=metadata["groups"])
    assert found.error_intervals == without.error_intervals
    assert found.error_intervals != report(rows, cv=cv(rows[0])).error_intervals


def test_groups_of_a_report_need_no_folds(rows, metadata):
    X, y = rows
    found = report((X[:80], y[:80]), X_dev=X[80:], y_dev=y[80:], groups=metadata["groups"][:80], cv=KFold(3))
    assert found.n_rows["dev"] == 40


def test_what_nobody_asks_for_is_refused_by_a_report(rows, metadata):
    """By its name, though there are groups that nobody asks for either."""
    with pytest.raises(TypeError, match=r"unexpected argument.*time"):
        report(rows, cv=KFold(3), groups=metadata["groups"], fit_params={"time": metadata["time"]})


class Undecided(KFold):
    """May make use of groups, or not."""

    __metadata_request__split = {"groups": None}  # noqa: RUF012


def test_groups_that_a_splitter_has_not_decided_on_are_refused(rows, metadata):
    """As by scikit-learn: left out without a word they would be cut."""
    with pytest.raises(ValueError, match=r"groups.*not explicitly set"):
        report(rows, cv=Undecided(3), groups=metadata["groups"])
