"""Trainings that diverge or are interrupted: found at once, and ended as the user asked."""

import pickle
import subprocess
import sys
from textwrap import dedent

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from skdeep import DeepMLPClassifier, DeepMLPRegressor, DivergenceError
from skdeep.model_selection import BatchedGridSearchCV

N_EPOCHS = 6
STEPWISE = ("sgd", "adam", "adamw", "rmsprop")
UNBOUNDED = ("identity", "relu", "leaky_relu", "elu", "selu", "gelu", "silu")


def network(estimator=DeepMLPClassifier, **parameters):
    """A small one whose epochs have five steps of the 100 rows of `rows`."""
    fixed = {
        "hidden_layer_sizes": (8,),
        "activation": "relu",
        "batch_size": 20,
        "max_iter": N_EPOCHS,
        "random_state": 0,
    }
    return estimator(**fixed | {"learning_rate": "constant"} | parameters)


@pytest.fixture
def rows(binary):
    return binary[0][:100], binary[1][:100]


class AtStep:
    """A constant learning rate, until in one step something else happens."""

    def __init__(self, step, event, rate=1e-3):
        self.step, self.event, self.rate = step, event, rate

    def __call__(self, step):
        return self.event() if step == self.step else self.rate


def explode():
    """A rate from which no network comes back."""
    return 1e38


def interrupt():
    """As Ctrl-C does."""
    raise KeyboardInterrupt


def in_epoch(epoch, event):
    """A learning rate at which something happens in the second step of an epoch."""
    return AtStep(5 * (epoch - 1) + 1, event)


def huge_rows(epoch):
    """An augmenter whose rows are finite, and become too large in that epoch."""
    n_calls = 0

    def augment(X_batch, y_batch, rng):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 5 * (epoch - 1) + 1:
            X_batch.fill(np.finfo(X_batch.dtype).max)

    return augment


def huge_init(rng, fan_in, fan_out):
    """Weights whose products are too large."""
    return np.full((fan_in, fan_out), 1e30)


#: Descent that overflows only after some epochs, wherever it starts: without a hidden layer each step lengthens the
#: weights by about the same factor.
DIVERGES_SLOWLY = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0.0}
TOO_LARGE_A_RATE = 0.3

#: What to change of `network`, by how much to multiply the rows, and in which epoch it must be found.
WAYS = {
    **{
        f"rate, {solver}, {dtype}, epoch {epoch}": (
            {"solver": solver, "dtype": dtype, "learning_rate": in_epoch(epoch, explode)},
            1.0,
            epoch,
        )
        for solver in STEPWISE
        for dtype in ("float32", "float64")
        for epoch in (1, 3, N_EPOCHS)
    },
    **{
        f"augmentation, {solver}, epoch {epoch}": ({"solver": solver, "augment": (huge_rows, epoch)}, 1.0, epoch)
        for solver in STEPWISE
        for epoch in (1, 3, N_EPOCHS)
    },
    **{
        f"init, {solver}, {activation}": ({"solver": solver, "activation": activation, "init": huge_init}, 1.0, epoch)
        for solver, epoch in (("adam", 1), ("lbfgs", 0))
        for activation in UNBOUNDED
    },
    **{
        f"rows times {scale:g}, {solver}, {dtype}": (
            {"solver": solver, "dtype": dtype},
            scale,
            0 if solver == "lbfgs" else 1,
        )
        for dtype, scale in (("float32", 1e36), ("float64", 1e100), ("float64", 1e300))
        for solver in (*STEPWISE, "lbfgs")
    },
}  # fmt: skip


def made(parameters):
    """Fresh augmenters, since they count."""
    return {name: value[0](value[1]) if name == "augment" else value for name, value in parameters.items()}


@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
@pytest.mark.parametrize(("parameters", "scale", "epoch"), WAYS.values(), ids=WAYS)
def test_divergence_is_found_in_its_epoch_and_changes_nothing(rows, estimator, parameters, scale, epoch):
    """Whatever brings it about; the model that was there stays, to the last bit of its pickle."""
    X, y = rows
    model = network(estimator, max_iter=1).fit(X, y).set_params(max_iter=N_EPOCHS, **made(parameters))
    before = pickle.dumps((model._model, model._resume))
    with pytest.raises(DivergenceError, match=f"diverged in epoch {epoch}: "):
        model.fit(X * scale, y)
    assert pickle.dumps((model._model, model._resume)) == before


@pytest.mark.parametrize("solver", STEPWISE)
@pytest.mark.parametrize("call", [1, 2])
def test_divergence_in_partial_fit_is_found_in_its_call(rows, solver, call):
    model = network(solver=solver, learning_rate=in_epoch(call, explode))
    for _ in range(call - 1):
        model.partial_fit(*rows, classes=[0, 1])
    with pytest.raises(DivergenceError, match=f"diverged in epoch {call}: "):
        model.partial_fit(*rows, classes=[0, 1])


def exploding(method, rows, max_iter=1, **parameters):
    """A linear network whose loss is still sound before the last step of the first epoch, and beyond 1e15 after it."""
    more = {"activation": "identity", "solver": "sgd", "learning_rate": AtStep(4, lambda: 1e6)}
    return getattr(network(DeepMLPRegressor, max_iter=max_iter, **more, **parameters), method)(*rows)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_weights_that_the_last_step_spoilt_are_a_divergence(rows, method):
    """The losses of the last epoch are those before its steps, and say nothing of what it leaves."""
    with pytest.raises(DivergenceError, match=r"diverged in epoch 1: the loss .* layer \d has the largest weight"):
        exploding(method, rows)


def test_weights_that_have_diverged_are_never_the_best(rows):
    """Not even in the first epoch, where there are no others."""
    with pytest.raises(DivergenceError, match="diverged in epoch"):
        exploding("fit", rows, max_iter=9, on_divergence="restore")


def test_partial_fit_says_that_the_scores_are_far_off(rows):
    X, y = rows
    with pytest.warns(ConvergenceWarning, match="the scores are far off"):
        network(learning_rate_init=1e3, batch_size=100).partial_fit(X, y, classes=[0, 1])


def test_weights_of_lbfgs_too_large_for_their_precision_are_an_error(rows):
    """It searches in float64."""
    X, y = rows
    linear = {
        "hidden_layer_sizes": (),
        "solver": "lbfgs",
        "alpha": 0.0,
        "init": lambda rng, *shape: np.full(shape, 1e100),
    }
    with pytest.raises(DivergenceError, match=r"dtype must be 'float64' to hold .* Got 'float32'"):
        network(DeepMLPRegressor, **linear).fit(X * 1e-100, y)


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
@pytest.mark.parametrize("solver", STEPWISE)
def test_in_a_stack_only_the_one_that_diverges_fails(rows, solver):
    rates = [1e-3, 1e30, 1e-4]
    search = BatchedGridSearchCV(network(solver=solver), {"learning_rate_init": rates}, cv=2, error_score=np.nan)
    with pytest.warns(Warning, match="2 fits failed"):
        search.fit(*rows)
    assert_array_equal(np.isnan(search.cv_results_["mean_test_score"]), [False, True, False])


# The best weights instead -------------------------------------------------------------------------------------------

ENDS = {"diverged": (explode, {"on_divergence": "restore"}), "interrupted": (interrupt, {"on_interrupt": "keep"})}
each_end = pytest.mark.parametrize(("reason", "event", "wanted"), [(end, *how) for end, how in ENDS.items()], ids=ENDS)


@each_end
@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
@pytest.mark.parametrize("solver", STEPWISE)
@pytest.mark.parametrize("epoch", [2, 4, N_EPOCHS])
def test_a_training_cut_short_is_the_one_that_ended_before(rows, estimator, solver, epoch, reason, event, wanted):
    """In weights and history: as if `max_iter` had been an epoch less, since here every epoch was better."""
    model = network(estimator, solver=solver, learning_rate=in_epoch(epoch, event), **wanted)
    with pytest.warns(ConvergenceWarning, match=f"weights of epoch {epoch - 1}, the best before"):
        model.fit(*rows)
    whole = network(estimator, solver=solver, learning_rate=in_epoch(99, event), max_iter=epoch - 1)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        whole.fit(*rows)
    assert model.stop_reason_ == reason
    assert model.n_iter_ == model.best_iter_ == epoch - 1
    assert model.loss_curve_ == whole.loss_curve_
    assert_array_equal(model._model.parameters.theta, whole._model.parameters.theta)


@each_end
def test_with_dev_rows_the_best_is_theirs(rows, reason, event, wanted):
    """The epoch of the least dev loss, as `early_stopping` would have it."""
    X, y = rows
    model = network(learning_rate=in_epoch(N_EPOCHS, event), early_stopping=True, n_iter_no_change=9, **wanted)
    with pytest.warns(ConvergenceWarning, match="the best before"):
        model.fit(X, y, X_val=X[:30], y_val=1 - y[:30])
    assert model.stop_reason_ == reason
    assert model.best_iter_ == np.argmin(model.validation_loss_curve_) + 1 < model.n_iter_ == N_EPOCHS - 1


@pytest.mark.parametrize("estimator", [DeepMLPClassifier, DeepMLPRegressor])
def test_weights_that_the_last_step_spoilt_are_not_the_best(rows, estimator):
    """The loss of an epoch is that before its steps, so it says nothing of them."""
    X, y = rows
    descent = {"solver": "sgd", "batch_size": 100}
    rate = {"learning_rate": lambda step: 1e-3 if step < 4 else 1e6}  # spoils the fifth epoch, and overflows later
    model = network(estimator, on_divergence="restore", max_iter=30, **descent, **rate)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    whole = network(estimator, max_iter=4, **descent, **rate).fit(X, y)
    assert_array_equal(model.coefs_[0], whole.coefs_[0])


@pytest.mark.parametrize("period", [2, 3, 5, 7])
def test_the_best_weights_are_those_of_all_classes(period):
    """Where classes take turns, as many as a step through the rows might be."""
    n = 300 * period
    y = np.arange(n) % period
    X = np.random.default_rng(0).normal(size=(n, period)) + 4.0 * np.eye(period)[y]
    spoils = {"learning_rate": AtStep(90 * period, explode, 1e-2), "on_divergence": "restore", "max_iter": 30}
    with pytest.warns(ConvergenceWarning, match="the best before"):
        model = network(**spoils).fit(X, y)
    assert model.score(X, y) > 0.9


def test_an_interrupt_after_the_last_epoch_keeps_the_training(rows, monkeypatch):
    """While what it leaves is being judged."""

    def interrupted(*_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr("skdeep.neural_network._training.judge", interrupted)
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model = network(on_interrupt="keep").fit(*rows)
    assert model.n_iter_ == N_EPOCHS


@each_end
def test_steps_of_an_epoch_that_is_forgotten_are_not_counted(rows, reason, event, wanted):
    """So that a learning rate that goes by them goes on where the weights are."""
    model = network(learning_rate=in_epoch(3, event), warm_start=True, **wanted)
    with pytest.warns(ConvergenceWarning, match="the best before"):
        model.fit(*rows)
    steps = []
    model.set_params(learning_rate=lambda step: steps.append(step) or 1e-3, max_iter=1).fit(*rows)
    assert min(steps) == 2 * 5


@pytest.mark.parametrize("solver", STEPWISE)
def test_a_scorer_does_not_see_what_has_diverged(rows, solver):
    """The error is that of the divergence, and the best weights can be had."""
    more = {"solver": solver, "early_stopping": True, "scoring": None, "learning_rate": in_epoch(4, lambda: 1e30)}
    with pytest.raises(DivergenceError, match="diverged in epoch"):
        network(**more).fit(*rows)
    with pytest.warns(ConvergenceWarning, match="the best before"):
        model = network(on_divergence="restore", **more).fit(*rows)
    assert model.stop_reason_ == "diverged"


@each_end
def test_in_the_first_epoch_there_is_nothing_to_keep(rows, reason, event, wanted):
    model = network(learning_rate=in_epoch(1, event), **wanted)
    with pytest.raises((DivergenceError, KeyboardInterrupt)):
        model.fit(*rows)
    assert not hasattr(model, "coefs_")


@each_end
def test_training_goes_on_after_it(rows, reason, event, wanted):
    """From the weights that were kept, with fresh moments."""
    model = network(learning_rate=in_epoch(3, event), warm_start=True, **wanted)
    with pytest.warns(ConvergenceWarning, match="the best before"):
        model.fit(*rows)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        model.set_params(learning_rate="constant").fit(*rows)
    assert model.n_iter_ == 2 + N_EPOCHS
    assert model.stop_reason_ == "max_iter"
    assert np.isfinite(model.loss_curve_).all()


def test_lbfgs_ends_with_its_best_weights(rows, monkeypatch):
    """Those of the last iteration, since each is better than the one before."""
    calls = []

    def interrupted(line, history, parameters):
        calls.append(None)
        if len(calls) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr("skdeep.neural_network._training.ProgressLine.epoch_ended", interrupted)
    model = network(solver="lbfgs", on_interrupt="keep", verbose=True)
    with pytest.warns(ConvergenceWarning, match="weights of epoch 3"):
        model.fit(*rows)
    whole = network(solver="lbfgs", max_iter=3)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        whole.fit(*rows)
    assert_array_equal(model._model.parameters.theta, whole._model.parameters.theta)
    assert model.loss_curve_ == whole.loss_curve_


def test_what_a_scorer_raises_ends_no_training_by_lbfgs(rows):
    """Not even StopIteration, which scipy takes for a wish to stop."""

    def scorer(estimator, X, y):
        raise StopIteration

    with pytest.raises(RuntimeError, match="scoring or a callback raised StopIteration"):
        network(solver="lbfgs", early_stopping=True, scoring=scorer).fit(*rows)


def test_a_stack_restores_what_diverges_in_it(rows):
    """With the score that it has alone, and its warning."""
    slowly = network(DeepMLPRegressor, on_divergence="restore", max_iter=60, **DIVERGES_SLOWLY)
    grid = {"learning_rate_init": [1e-3, TOO_LARGE_A_RATE]}
    with pytest.warns(ConvergenceWarning, match=r"diverged in epoch \d+: .* the best before"):
        together = BatchedGridSearchCV(slowly, grid, cv=2).fit(*rows)
    with pytest.warns(ConvergenceWarning, match=r"diverged in epoch \d+: .* the best before"):
        alone = GridSearchCV(slowly, grid, cv=2).fit(*rows)
    scores = [search.cv_results_["mean_test_score"] for search in (together, alone)]
    assert_allclose(*scores, rtol=1e-5)


@pytest.mark.parametrize("search", [GridSearchCV, BatchedGridSearchCV])
def test_an_interrupt_stops_a_search(rows, search):
    """And no candidate is fitted after it."""
    steps = []

    def interrupted(step):
        steps.append(step)
        raise KeyboardInterrupt

    searching = search(network(learning_rate=interrupted), {"alpha": [0.1, 1.0]}, cv=2)
    with pytest.raises(KeyboardInterrupt):
        searching.fit(*rows)
    assert len(steps) == 1
    assert not hasattr(searching, "best_estimator_")


# Real signals -------------------------------------------------------------------------------------------------------

INTERRUPTED = """
    import os, pickle, random, signal, threading, time, warnings
    import numpy as np
    from sklearn.model_selection import GridSearchCV
    from threadpoolctl import threadpool_info
    from skdeep import DeepMLPClassifier

    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell runs the tests in the background
    X = np.random.default_rng(0).normal(size=({n_rows}, 50)); y = (X[:, 0] > 0).astype(int)

    def threads():
        return [library["num_threads"] for library in threadpool_info()]

    def state():
        return pickle.dumps((model._model, model._resume)), model.predict_proba(X[:9]).tobytes(), threads()

    model = DeepMLPClassifier((32,), batch_size=10, max_iter=2, random_state=0, on_interrupt={on_interrupt!r})
    model.fit(X[:400], y[:400])
    model.set_params(max_iter=10**6, tol=0.0, n_iter_no_change=10**6, learning_rate="constant", warm_start={warm_start})
    moments, slowest, n_kept = random.Random({seed}), 0.0, 0
    for _ in range({n_signals}):
        before, sent = state(), []

        def send():
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(moments.uniform({earliest}, {earliest} + 0.2), send)
        try:
            timer.start()
            {fit}
        except KeyboardInterrupt:
            assert state() == before
        else:
            assert model.stop_reason_ == "interrupted" and np.isfinite(model.coefs_[0]).all()
            assert threads() == before[2]
            n_kept += 1
        slowest = max(slowest, time.perf_counter() - sent[0])
        timer.join()
    print(n_kept, slowest)
"""


def interrupt_fits(**how):
    """How many of the fits kept their weights, and the longest that one went on after its signal."""
    usual = {"on_interrupt": "raise", "n_rows": 400, "earliest": 0.0, "warm_start": False, "n_signals": 25}
    code = dedent(INTERRUPTED).format(**usual | {"fit": "model.fit(X, y)"} | how)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    n_kept, slowest = done.stdout.split()
    return int(n_kept), float(slowest)


@pytest.mark.parametrize(("on_interrupt", "fewest", "most"), [("raise", 0, 0), ("keep", 10, 25)])
def test_ctrl_c_ends_a_fit_at_any_moment(on_interrupt, fewest, most):
    """A real signal, 25 times: the fit ends, and estimator and threads are as before, or the best is kept."""
    keeps = on_interrupt == "keep"
    n_kept, _ = interrupt_fits(on_interrupt=on_interrupt, seed=int(keeps), warm_start=keeps)
    assert fewest <= n_kept <= most


def test_ctrl_c_does_not_wait_for_the_epoch():
    """Of 40000 steps, which takes seconds."""
    _, slowest = interrupt_fits(n_rows=400_000, earliest=0.5, seed=2, n_signals=2)
    assert slowest < 1.0


def test_ctrl_c_ends_a_search():
    """A real signal, and no candidate is fitted after it: each would go on for ever."""
    search = "GridSearchCV(model, {'alpha': [0.1, 1.0]}, cv=2).fit(X, y)"
    assert interrupt_fits(seed=3, n_signals=5, fit=search)[0] == 0
