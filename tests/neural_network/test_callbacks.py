"""scikit-learn's callbacks: a task for each fit and each epoch, and a true answer that ends the training."""

import pickle
from itertools import product

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from skdeep import DeepMLPClassifier, DeepMLPRegressor
from skdeep.model_selection import BatchedGridSearchCV

HAS_CALLBACKS = parse_version(sklearn.__version__) >= parse_version("1.9")
needs_callbacks = pytest.mark.skipif(not HAS_CALLBACKS, reason="scikit-learn has callbacks since 1.9")

N_EPOCHS = 4
EPOCHS = [("epoch", number) for number in range(N_EPOCHS)]
HOOKS = ("setup", "on_fit_task_begin", "on_fit_task_end", "teardown")


class Recorder:
    """A callback that notes every call; at some task it answers true, and at some hook it raises.

    Parameters
    ----------
    stop_at : int, default=None
        The epoch, counted from 0, at whose end the training shall stop.
    error : Exception, default=None
        Raised by `hook`, of epoch 2 where that is a hook of tasks.
    hook : str, default=None
        Where.
    """

    def __init__(self, stop_at=None, error=None, hook=None):
        self.stop_at, self.error, self.hook = stop_at, error, hook
        self.calls, self.models, self.given = [], [], []

    def _note(self, hook, context):
        self.calls.append((hook, context.task_name, context.task_id))
        if hook == self.hook and (hook in ("setup", "teardown") or (context.task_name, context.task_id) == EPOCHS[2]):
            raise self.error

    def setup(self, estimator, context):
        self._note("setup", context)

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None):
        self._note("on_fit_task_begin", context)

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self._note("on_fit_task_end", context)
        self.models.append(fitted_estimator)
        self.given.append((X, y, metadata))
        fitted_estimator.score(X, y)  # as a callback would, to whom it must be of use
        return context.task_name == "epoch" and context.task_id == self.stop_at

    def teardown(self, estimator, context):
        self._note("teardown", context)


def network(kind=DeepMLPClassifier, **parameters):
    """Small and trained for a few epochs at a constant rate, so that fewer epochs are the beginning of more."""
    settings = {"hidden_layer_sizes": (6,), "learning_rate": "constant", "max_iter": N_EPOCHS, "random_state": 0}
    return kind(**{**settings, **parameters})


def weights(model):
    return np.concatenate([np.ravel(part) for part in (*model.coefs_, *model.intercepts_)])


def test_the_estimators_take_callbacks_where_scikit_learn_has_them():
    """Since scikit-learn 1.9; before, there is no `set_callbacks`, and all else is the same."""
    for kind in (DeepMLPClassifier, DeepMLPRegressor):
        assert hasattr(kind(), "set_callbacks") == HAS_CALLBACKS


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", [DeepMLPClassifier, DeepMLPRegressor])
def test_a_fit_is_a_task_of_epochs(kind, solver, multiclass):
    """Set up, begun, an epoch after the other begun and ended, ended, torn down."""
    recorder = Recorder()
    network(kind, solver=solver).set_callbacks(recorder).fit(*multiclass)
    epochs = [(f"on_fit_task_{what}", *epoch) for epoch in EPOCHS for what in ("begin", "end")]
    around = [(hook, "fit", 0) for hook in HOOKS]
    assert recorder.calls == [*around[:2], *epochs, *around[2:]]


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_each_epoch_has_the_model_of_a_fit_that_ends_there(solver, multiclass):
    """`fitted_estimator` predicts as if training had stopped, and later epochs do not change it."""
    recorder = Recorder()
    X, y = multiclass
    network(solver=solver).set_callbacks(recorder).fit(X, y)
    for n_epochs, model in enumerate(recorder.models[:N_EPOCHS], 1):
        shorter = network(solver=solver, max_iter=n_epochs).fit(X, y)
        probabilities = model.predict_proba(np.float32(X)), shorter.predict_proba(np.float32(X))
        np.testing.assert_allclose(*probabilities, rtol=1e-5)  # L-BFGS ends by rounding its weights
        assert model.n_iter_ == n_epochs


@needs_callbacks
@pytest.mark.parametrize("n_fits", [1, 2])
def test_the_model_of_an_epoch_goes_on_as_if_training_had_ended_there(n_fits, multiclass):
    """It can be pickled, doubts by dropout, and trains on: as a fit of so many epochs does, in a further fit, too."""
    more = {"keep_prob": 0.8, "warm_start": True}
    recorder, model, shorter = Recorder(), network(**more), network(max_iter=2, **more)
    for _ in range(n_fits - 1):
        model.fit(*multiclass)
        shorter.set_params(max_iter=N_EPOCHS).fit(*multiclass)
    model.set_callbacks(recorder).fit(*multiclass)
    shorter.set_params(max_iter=2).fit(*multiclass)
    after_two = pickle.loads(pickle.dumps(recorder.models[1].set_callbacks()))
    assert_array_equal(after_two.predict_std(multiclass[0]), shorter.predict_std(multiclass[0]))
    assert_array_equal(weights(after_two.partial_fit(*multiclass)), weights(shorter.partial_fit(*multiclass)))
    assert after_two.t_ == shorter.t_


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_callbacks_change_nothing_in_the_model(solver, multiclass):
    """Bit for bit the weights, and no attribute more."""
    plain = network(solver=solver).fit(*multiclass)
    called = network(solver=solver).set_callbacks(Recorder()).fit(*multiclass)
    assert_array_equal(weights(called), weights(plain))
    assert vars(called).keys() - vars(plain).keys() == {"_skl_callbacks"}


@needs_callbacks
def test_callbacks_get_the_rows_as_they_were_given(multiclass):
    """The very objects, and the weights as metadata."""
    X, y = multiclass
    sample_weight = np.ones(len(y))
    recorder = Recorder()
    network().set_callbacks(recorder).fit(X, y, sample_weight)
    for rows, target, metadata in recorder.given:
        assert rows is X
        assert target is y
        assert metadata["sample_weight"] is sample_weight


@needs_callbacks
@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_true_answer_ends_the_training(solver, multiclass):
    """After that epoch, without a warning, and with a reason that says so."""
    model = network(solver=solver).set_callbacks(Recorder(stop_at=1)).fit(*multiclass)
    assert model.n_iter_ == 2
    assert model.stop_reason_ == "callback"


@needs_callbacks
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_early_stopping_restores_the_best_weights_of_a_training_that_a_callback_ends(solver, multiclass):
    parameters = {"solver": solver, "early_stopping": True, "learning_rate_init": 0.5, "max_iter": 12, "tol": 0.0}
    model = network(**parameters).set_callbacks(Recorder(stop_at=9)).fit(*multiclass)
    assert model.stop_reason_ == "callback"
    assert model.best_iter_ == 1 + np.argmin(model.validation_loss_curve_) < model.n_iter_ == 10
    shorter = network(**{**parameters, "max_iter": model.best_iter_}).fit(*multiclass)
    assert_array_equal(weights(model), weights(shorter))


@needs_callbacks
@pytest.mark.parametrize(
    ("hook", "error"),
    [*product(HOOKS, [RuntimeError("of a hook")]), *product(HOOKS[:3], [KeyboardInterrupt()])],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_callback_that_raises_fails_the_fit(hook, error, multiclass):
    """What was fitted stays as it was, and the callback is torn down."""
    model = network().fit(*multiclass)
    recorder = Recorder(hook=hook, error=error)
    before = {**vars(model), "_skl_callbacks": [recorder]}
    with pytest.raises(type(error)):
        model.set_callbacks(recorder).fit(*multiclass)
    assert vars(model) == before
    assert recorder.calls[-1][0] == "teardown"


@needs_callbacks
def test_an_interrupted_epoch_is_ended(multiclass):
    """With ``on_interrupt="keep"`` the epoch that Ctrl-C cuts short is ended, and the fit."""
    recorder = Recorder(hook="on_fit_task_begin", error=KeyboardInterrupt())
    model = network(on_interrupt="keep").set_callbacks(recorder)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model.fit(*multiclass)
    assert recorder.calls[-3:] == [
        ("on_fit_task_end", *EPOCHS[2]),
        ("on_fit_task_end", "fit", 0),
        ("teardown", "fit", 0),
    ]
    assert model.n_iter_ == 2


@needs_callbacks
def test_parameters_are_checked_before_a_callback_is_called(multiclass):
    recorder = Recorder()
    with pytest.raises(ValueError, match="max_iter"):
        network(max_iter=0).set_callbacks(recorder).fit(*multiclass)
    assert not recorder.calls


@needs_callbacks
@pytest.mark.parametrize("callback", [Recorder, "loss", None])
def test_only_a_callback_can_be_set(callback):
    with pytest.raises(TypeError, match="callbacks must be instances"):
        network().set_callbacks(callback)


@needs_callbacks
def test_a_clone_has_the_same_callbacks(multiclass):
    recorder = Recorder()
    clone(network().set_callbacks(recorder)).fit(*multiclass)
    assert recorder.calls[-1] == ("teardown", "fit", 0)


@needs_callbacks
def test_a_training_that_goes_on_is_a_fit_of_its_own(multiclass):
    """With `warm_start` the tasks of the second fit are numbered from 0 again."""
    recorder = Recorder()
    model = network(warm_start=True).set_callbacks(recorder).fit(*multiclass)
    n_calls = len(recorder.calls)
    model.fit(*multiclass)
    assert recorder.calls[n_calls:] == recorder.calls[:n_calls]
    assert model.n_iter_ == 2 * N_EPOCHS


# scikit-learn's own callbacks ---------------------------------------------------------------------------------------


def monitored(log, name="accuracy"):
    return [row[name] for row in log.data if row["task_name"] == "epoch"]


@pytest.fixture
def scoring_monitor():
    return pytest.importorskip("sklearn.callback").ScoringMonitor(scoring="accuracy")


@needs_callbacks
def test_a_scoring_monitor_has_the_score_of_every_epoch(multiclass, scoring_monitor):
    """Those of fits that end there."""
    network().set_callbacks(scoring_monitor).fit(*multiclass)
    shorter = [network(max_iter=n).fit(*multiclass).score(*multiclass) for n in range(1, N_EPOCHS + 1)]
    assert monitored(scoring_monitor.get_logs()) == shorter


@needs_callbacks
def test_a_scoring_monitor_works_in_a_pipeline(multiclass, scoring_monitor):
    """On the rows that reach the network."""
    X, y = multiclass
    make_pipeline(StandardScaler(), network().set_callbacks(scoring_monitor)).fit(X, y)
    scores = monitored(scoring_monitor.get_logs())
    network().set_callbacks(scoring_monitor).fit(StandardScaler().fit_transform(X), y)
    assert scores == monitored(scoring_monitor.get_logs())


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("search", [GridSearchCV, BatchedGridSearchCV])
def test_a_scoring_monitor_sees_every_fit_of_a_search(search, n_jobs, multiclass, scoring_monitor):
    """A network with callbacks is fitted alone, in whatever process."""
    pipeline = make_pipeline(StandardScaler(), network().set_callbacks(scoring_monitor))
    grid = {"deepmlpclassifier__alpha": [0.1, 1.0, 10.0]}
    search(pipeline, grid, cv=2, n_jobs=n_jobs).fit(*multiclass)
    assert len(monitored(scoring_monitor.get_logs())) == (3 * 2 + 1) * N_EPOCHS


class Weighed(Recorder):
    """A callback of a search that notes whether the fits in it have weights."""

    max_propagation_depth = None

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        self.given.append((context.task_name, metadata is not None))


class Untold(Recorder):
    """A callback that asks for nothing, so that anything may call it."""

    def on_fit_task_end(self, estimator, context):
        self._note("on_fit_task_end", context)


class Propagated(Untold):
    """A callback of a search that sees the fits in it, too."""

    max_propagation_depth = None


@needs_callbacks
@pytest.mark.parametrize("batched", [False, True])
def test_a_search_hears_of_every_fit_in_it(batched, multiclass):
    """Once, also of those that were done together: "evaluate" is the search's task that a fit is."""
    recorder = Propagated()
    kind = BatchedGridSearchCV if batched else GridSearchCV
    search = kind(network(), {"alpha": [0.1, 1.0, 10.0]}, cv=2).set_callbacks(recorder)
    search.fit(*multiclass)
    fits = [call for call in recorder.calls if call[:2] == ("on_fit_task_end", "fit")]
    assert len(fits) == 3 * 2 + 2  # and the last fit, and the search


@needs_callbacks
@pytest.mark.parametrize("search", [GridSearchCV, BatchedGridSearchCV])
def test_a_search_hears_of_the_weights(search, multiclass):
    """Of each fit in it: two candidates on two folds, the last one and the search."""
    recorder = Weighed()
    searching = search(network(), {"alpha": [0.1, 1.0]}, cv=2).set_callbacks(recorder)
    searching.fit(*multiclass, sample_weight=np.ones(len(multiclass[1])))
    assert [weighed for task, weighed in recorder.given if task == "fit"] == [True] * 6


@needs_callbacks
def test_a_step_with_callbacks_is_fitted_as_often_as_by_the_ordinary_search(multiclass):
    """Sharing its fits would keep them from it."""
    n_calls = []
    for search in (GridSearchCV, BatchedGridSearchCV):
        recorder = Untold()
        pipeline = make_pipeline(StandardScaler().set_callbacks(recorder), network())
        search(pipeline, {"deepmlpclassifier__alpha": [0.1, 1.0, 10.0]}, cv=2).fit(*multiclass)
        n_calls.append(recorder.calls.count(("setup", "fit", 0)) or len(recorder.calls))
    assert n_calls[0] == n_calls[1] > 0


@needs_callbacks
@pytest.mark.parametrize("search", [GridSearchCV, BatchedGridSearchCV])
def test_a_search_keeps_the_results_that_it_has(search, multiclass):
    """Where a callback raises once it is over."""
    recorder = Untold(hook="teardown", error=RuntimeError("of a hook"))
    searching = search(network(), {"alpha": [0.1, 1.0, 10.0]}, cv=2).set_callbacks(recorder)
    with pytest.raises(RuntimeError, match="of a hook"):
        searching.fit(*multiclass)
    assert len(searching.cv_results_["mean_test_score"]) == 3


@needs_callbacks
@pytest.mark.parametrize("search", [None, GridSearchCV, BatchedGridSearchCV])
def test_a_progress_bar_comes_to_its_end(search, multiclass, capfd):
    """On a Pipeline, and on searches in two processes."""
    pytest.importorskip("rich", reason="ProgressBar needs rich: pip install rich")
    model = make_pipeline(StandardScaler(), network())
    if search is not None:
        model = search(model, {"deepmlpclassifier__alpha": [0.1, 1.0, 10.0]}, cv=2, n_jobs=2)
    model.set_callbacks(pytest.importorskip("sklearn.callback").ProgressBar()).fit(*multiclass)
    lines = [line for line in capfd.readouterr().out.splitlines() if " - fit" in line]
    assert lines
    assert all("100%" in line for line in lines)
