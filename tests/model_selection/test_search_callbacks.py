"""What callbacks of scikit-learn 1.9 are handed by a batched search: the search itself, as GridSearchCV hands it."""

import copy
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import DeepMLPClassifier
from skdeep.model_selection import BatchedGridSearchCV

if not hasattr(GridSearchCV, "set_callbacks"):
    pytest.skip("scikit-learn has callbacks since 1.9", allow_module_level=True)

HOOKS = ("setup", "on_fit_task_begin", "on_fit_task_end", "teardown")
TASKS = ("fit", "search", "candidate-split-evaluation", "refit-with-best-params")


class Calls:
    """A callback that does something at every hook.

    Parameters
    ----------
    do : callable (hook, task_name, estimator) -> None
        What.
    """

    def __init__(self, do):
        self.do = do

    def setup(self, estimator, context):
        self.do("setup", context.task_name, estimator)

    def on_fit_task_begin(self, estimator, context):
        self.do("on_fit_task_begin", context.task_name, estimator)

    def on_fit_task_end(self, estimator, context):
        self.do("on_fit_task_end", context.task_name, estimator)

    def teardown(self, estimator, context):
        self.do("teardown", context.task_name, estimator)


def network(**parameters):
    return DeepMLPClassifier((4,), **{"max_iter": 2, "random_state": 0, **parameters})


ESTIMATORS = {
    "network": (network(), {"alpha": [0.1, 1.0]}),
    "pipeline": (make_pipeline(StandardScaler(), network()), {"deepmlpclassifier__alpha": [0.1, 1.0]}),
    "logistic regression": (LogisticRegression(), {"C": [0.1, 1.0]}),
}
OPTIONS = {
    "defaults": {},
    "verbose": {"verbose": 1},
    "no refit": {"refit": False},
    "two scores": {"scoring": ["accuracy", "f1_macro"], "refit": "f1_macro"},
    "iterator": {"cv": KFold(2)},
}


@pytest.fixture
def rows(multiclass):
    return multiclass[0][:60], multiclass[1][:60]


def searching(kind, name="network", **options):
    options = {"cv": 2, **options}
    if isinstance(options["cv"], KFold):
        options["cv"] = options["cv"].split(np.zeros((60, 1)))
    return kind(*ESTIMATORS[name], **options)


def calls_of(search, rows, note):
    """What is noted at every hook of a fit."""
    calls = []
    search.set_callbacks(Calls(lambda hook, task, estimator: calls.append((hook, task, note(estimator))))).fit(*rows)
    return calls


def text_of(parameters):
    return {name: value if name == "cv" else repr(value) for name, value in parameters.items()}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_hook_gets_the_search_itself(name, options, rows):
    search = searching(BatchedGridSearchCV, name, **options)
    calls = calls_of(search, rows, lambda estimator: estimator is search)
    assert all(is_search for *_, is_search in calls)
    assert {hook for hook, *_ in calls} == set(HOOKS)
    assert {task for _, task, _ in calls} == set(TASKS[: 3 if options.get("refit") is False else 4])


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_hooks_see_what_those_of_a_grid_search_see(name, options, rows):
    """In the same order: its parameters, the very estimator and folds of the user, and what is fitted so far."""
    seen = []
    for kind in (BatchedGridSearchCV, GridSearchCV):
        search = searching(kind, name, **options)
        estimator, cv = search.estimator, search.cv

        def note(search, estimator=estimator, cv=cv):
            fitted = sorted(attribute for attribute in vars(search) if attribute.endswith("_"))
            return (
                text_of(search.get_params(deep=False) | {"cv": 0}),
                search.estimator is estimator,
                search.cv is cv,
                fitted,
            )

        seen.append(calls_of(search, rows, note))
    assert seen[0] == seen[1]
    assert all(same_estimator and same_cv for *_, (_, same_estimator, same_cv, _) in seen[0])


@pytest.mark.parametrize("again", [clone, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("task", TASKS)
def test_a_hook_may_copy_the_search(task, again, rows):
    """At any time; the copy can be fitted, and finds the same."""
    copies = []

    def note(hook, name, estimator):
        if (hook, name) == ("on_fit_task_begin", task) and not copies:
            copies.append(again(estimator))

    search = searching(BatchedGridSearchCV).set_callbacks(Calls(note)).fit(*rows)
    found = copies[0].set_callbacks().fit(*rows)
    assert_array_equal(found.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"])


@pytest.mark.parametrize("name", ESTIMATORS)
def test_searches_with_callbacks_work_in_several_processes(name, rows):
    """Where scikit-learn sends the search to those that fit what is not trained together."""
    pytest.importorskip("rich", reason="ProgressBar needs rich: pip install rich")
    searches = [searching(BatchedGridSearchCV, name, n_jobs=n_jobs) for n_jobs in (1, 2)]
    for search in searches:
        search.set_callbacks(pytest.importorskip("sklearn.callback").ProgressBar()).fit(
            *rows
        )  # one that processes can import
    scores = [search.cv_results_["mean_test_score"] for search in searches]
    assert_array_equal(*scores)


def test_a_hook_may_predict_with_what_has_been_found(rows):
    """As soon as the refit is done."""
    predictions = []

    def note(hook, task, estimator):
        if (hook, task) == ("on_fit_task_end", "refit-with-best-params"):
            predictions.append(estimator.best_estimator_.predict(rows[0]))

    search = searching(BatchedGridSearchCV).set_callbacks(Calls(note)).fit(*rows)
    assert_array_equal(predictions[0], search.predict(rows[0]))


@pytest.mark.parametrize(("hook", "task"), [("setup", "fit"), *product(HOOKS[1:3], TASKS)])
@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize(
    "error", [RuntimeError("of a hook"), KeyboardInterrupt()], ids=lambda error: type(error).__name__
)
def test_a_hook_that_raises_leaves_the_search_as_it_was(hook, task, fitted, error, rows):
    """All of it, and it is torn down; but for the end of the fit, when all is found already, as in GridSearchCV."""
    torn_down = []

    def raising(at, name, estimator):
        torn_down.append(at == "teardown" and estimator is search)
        if (at, name) == (hook, task):
            raise error

    search = searching(BatchedGridSearchCV, error_score="raise")
    if fitted:
        search.fit(*rows)
    before = {**vars(search), "_skl_callbacks": [callback := Calls(raising)]}
    with pytest.raises(type(error)):
        search.set_callbacks(callback).fit(*rows)
    assert torn_down[-1]
    if (hook, task) == ("on_fit_task_end", "fit"):
        assert search.score(*rows) >= 0.0
    else:
        assert vars(search) == before


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("grid", [{"alfa": [1.0]}, {"alpha": [-1.0]}])
def test_a_search_that_fails_is_as_it_was(grid, fitted, rows):
    """To the last attribute."""
    search = searching(BatchedGridSearchCV, error_score="raise")
    if fitted:
        search.fit(*rows)
    before = {**vars(search.set_params(param_grid=grid))}
    with pytest.raises(ValueError, match=r"al[fp]"):
        search.fit(*rows)
    assert vars(search) == before
