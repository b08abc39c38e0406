"""skdeep.core.training."""

import tracemalloc

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from skdeep.core import (
    L2,
    LOSSES,
    SCHEDULES,
    SGD,
    Adam,
    DivergenceError,
    Dropout,
    EarlyStopping,
    History,
    MaxNorm,
    MiniBatches,
    Monitor,
    Network,
    Objective,
    ParameterVector,
    RMSProp,
    Rows,
    StopReason,
    Trainer,
    Workspace,
    mean_loss,
    train,
    train_lbfgs,
)
from skdeep.core import network as network_module

SIZES = (3, 4, 2)
PENALTY = L2(0.05)


def never():
    """A rule that stops nothing."""
    return EarlyStopping("loss", 0.0, 10**9)


class Ask(Monitor):
    """A monitor that asks to stop after some epochs."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def epoch_ended(self, history, parameters):
        return StopReason.CALLBACK if history.n_epochs >= self.n_epochs else None


@pytest.fixture
def make_rows(rng, make_targets):
    """(n, layer_sizes, loss) -> random rows with weights."""

    def make(n=12, sizes=SIZES, loss="multiclass", dtype=np.float64):
        X, Y = rng.normal(size=(n, sizes[0])), make_targets(loss, (n, sizes[-1]))
        return Rows(X.astype(dtype), Y.astype(dtype), rng.uniform(0.5, 2.0, n).astype(dtype), np.arange(n))

    return make


@pytest.fixture
def start(make_network, make_parameters, rng):
    """(rows, ...) -> a trainer bound to random parameters, and its mini-batches."""

    def make(rows, *, batch_size=100, optimizer=None, schedule=lambda step: 0.1, network=None, penalty=PENALTY, **more):
        network = network or make_network(SIZES)
        parameters = make_parameters(network.layer_sizes, rows.X.dtype)
        optimizer = optimizer or SGD()
        optimizer.bind(parameters.theta)
        trainer = Trainer(network, parameters, optimizer, schedule, penalty, Dropout(network, rng), **more)
        return trainer, MiniBatches(rows, Workspace(network, batch_size, rows.X.dtype))

    return make


# Epochs and steps.


def test_the_first_loss_of_a_full_batch_is_the_objective_at_the_start(start, make_rows):
    """With all rows in one batch loss[k] is the objective before step k, penalty included."""
    rows, history = make_rows(), History()
    trainer, batches = start(rows)
    objective = Objective(trainer.network, rows, trainer.penalty)
    expected = objective(trainer.parameters.theta)[0]
    train(trainer, batches, history, max_epochs=1, stopping=never())
    after = objective(trainer.parameters.theta)[0]
    train(trainer, batches, history, max_epochs=1, stopping=never())
    np.testing.assert_allclose(history.loss, [expected, after], rtol=1e-12)


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows(start, make_rows):
    """With a rate of zero a pass in batches of 5, 5 and 2 reports the objective of all rows."""
    rows, history = make_rows(12), History()
    trainer, batches = start(rows, batch_size=5, schedule=lambda step: 0.0)
    train(trainer, batches, history, max_epochs=1, stopping=never())
    expected, _ = Objective(trainer.network, rows, trainer.penalty)(trainer.parameters.theta)
    assert history.loss == [pytest.approx(expected, rel=1e-12)]


def test_a_plain_step_descends_along_the_gradient_of_the_objective(start, make_rows):
    """A full-batch step without momentum moves theta by minus rate times the gradient, penalty included."""
    rows = make_rows()
    trainer, batches = start(rows, optimizer=SGD(momentum=0.0))
    before = trainer.parameters.theta.copy()
    _, gradient = Objective(trainer.network, rows, trainer.penalty)(before)
    trainer.epoch(batches)
    np.testing.assert_allclose(trainer.parameters.theta, before - 0.1 * gradient, rtol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 5, 12])
def test_the_penalty_weighs_the_same_whatever_the_batch_size(batch_size, start, make_rows):
    """One plain step differs from the same step without penalty by rate * strength * W."""
    rows = make_rows(12)
    trainer, batches = start(rows, batch_size=batch_size, optimizer=SGD(momentum=0.0), penalty=L2(0.5))
    free, _ = start(rows, optimizer=SGD(momentum=0.0), penalty=L2(0.0))
    free.parameters.theta[...] = trainer.parameters.theta
    shrinkage = 0.1 * 0.5 * trainer.parameters.flat_weights
    batch = next(batches.epoch())
    trainer.step(batch)
    free.step(batch)
    np.testing.assert_allclose(trainer.parameters.flat_weights, free.parameters.flat_weights - shrinkage, rtol=1e-10)


def test_decoupled_decay_goes_past_the_moments(start, make_rows):
    """A decoupled penalty shrinks the weights by rate * strength beside a step of the plain gradient."""
    rows = make_rows()
    trainer, batches = start(rows, optimizer=Adam(), penalty=L2(0.5, decoupled=True))
    plain, plain_batches = start(rows, optimizer=Adam(), penalty=L2(0.0))
    plain.parameters.theta[...] = trainer.parameters.theta
    decay = 0.1 * 0.5 * trainer.parameters.flat_weights
    trainer.epoch(batches)
    plain.epoch(plain_batches)
    np.testing.assert_allclose(trainer.parameters.flat_weights, plain.parameters.flat_weights - decay, rtol=1e-12)


def test_steps_are_clipped(start, make_rows):
    """A plain step along a long gradient has the length rate * clip_norm."""
    trainer, batches = start(make_rows(), optimizer=SGD(momentum=0.0), clip_norm=1e-3)
    before = trainer.parameters.theta.copy()
    trainer.epoch(batches)
    assert np.linalg.norm(trainer.parameters.theta - before) == pytest.approx(0.1 * 1e-3, rel=1e-9)


def test_steps_are_projected(start, make_rows):
    """After a step no hidden unit's incoming weights are longer than max_norm."""
    trainer, batches = start(make_rows(), max_norm=MaxNorm(0.2))
    trainer.epoch(batches)
    np.testing.assert_allclose(np.linalg.norm(trainer.parameters.weights[0], axis=0), 0.2, rtol=1e-12)


def test_the_schedule_counts_steps(start, make_rows):
    """The schedule is asked for every step, counted from 0 and on through later runs."""
    asked = []
    trainer, batches = start(make_rows(12), batch_size=5, schedule=lambda step: asked.append(step) or 0.01)
    for _ in range(2):
        trainer.epoch(batches)
    assert asked == list(range(6))
    assert trainer.n_steps == 6


@pytest.mark.parametrize(("keep_prob", "differ"), [((0.5, 0.5), True), ((1.0, 1.0), False)])
def test_every_step_draws_fresh_masks(keep_prob, differ, start, make_rows, make_network):
    """With dropout the same parameters give another loss at the next step; without, the same."""
    network = make_network(SIZES, keep_prob=keep_prob)
    trainer, batches = start(make_rows(), network=network, schedule=lambda step: 0.0)
    assert bool(trainer.epoch(batches) != trainer.epoch(batches)) is differ


@pytest.mark.parametrize("make_optimizer", [SGD, lambda: SGD(momentum=0.0), RMSProp, Adam])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_lowers_the_objective(make_optimizer, dtype, start, make_rows):
    """Fifty epochs in mini-batches bring the objective down, in the precision that was chosen."""
    rows, history = make_rows(20, dtype=dtype), History()
    trainer, batches = start(rows, batch_size=8, optimizer=make_optimizer(), schedule=lambda step: 0.01)
    train(trainer, batches, history, max_epochs=50, stopping=never())
    assert history.loss[-1] < history.loss[0]
    assert trainer.parameters.theta.dtype == dtype


def peak_of_an_epoch(trainer, batches):
    """The most bytes that the third epoch holds at once above those before it; the first two are for warming up."""
    trainer.epoch(batches)
    tracemalloc.start()
    try:
        trainer.epoch(batches)
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        trainer.epoch(batches)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("loss", ["multiclass", "regression", "binary", "multilabel"])
@pytest.mark.parametrize("make_optimizer", [SGD, lambda: SGD(nesterov=False), RMSProp, Adam])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_no_step_allocates_an_array(activation, make_optimizer, loss, start, make_rows, make_network):
    """After the first epoch a step holds less at once than the smallest array has, one float32 per row."""
    sizes = (20, 30, 20, 1) if loss == "binary" else (20, 30, 20, 3)
    network = make_network(sizes, activation, loss, (0.9, 1.0, 0.5))
    trainer, batches = start(
        make_rows(10_000, sizes, loss, np.float32),
        network=network,
        batch_size=5000,
        optimizer=make_optimizer(),
        max_norm=MaxNorm(3.0),
        clip_norm=1.0,
    )
    # numpy converts between precisions in pieces of up to this many values: kept out of the count.
    size = np.setbufsize(16)
    try:
        assert peak_of_an_epoch(trainer, batches) < 4 * 5000
    finally:
        np.setbufsize(size)


# The loop over epochs.


def test_the_history_has_one_entry_per_epoch(start, make_rows):
    """Loss, rate, time and what `validate` adds: one each per epoch, counted on by a second training."""
    dev, history = make_rows(), History()
    trainer, batches = start(make_rows(), batch_size=5, schedule=lambda step: 0.1 / (step + 1))

    def validate(parameters, history):
        history.validation_loss.append(mean_loss(trainer.network, parameters, dev))

    for _ in range(2):
        train(trainer, batches, history, max_epochs=3, stopping=never(), validate=validate)
    assert [len(column) for column in (history.loss, history.validation_loss, history.seconds)] == [6, 6, 6]
    assert history.validation_loss[-1] == mean_loss(trainer.network, trainer.parameters, dev)
    assert history.n_epochs == history.best_epoch == 6
    assert history.validation_score == []


def test_the_history_keeps_the_rate_of_the_last_step(start, make_rows):
    """With three steps an epoch the rates kept are those of steps 2, 5 and 8."""
    history = History()
    trainer, batches = start(make_rows(12), batch_size=5, schedule=lambda step: 0.1 / (step + 1))
    train(trainer, batches, history, max_epochs=3, stopping=never())
    np.testing.assert_allclose(history.learning_rate, [0.1 / 3, 0.1 / 6, 0.1 / 9])


def test_training_to_the_last_epoch_says_so(start, make_rows):
    """Without a reason to stop, all epochs are trained and the reason is max_iter."""
    history = History()
    train(*start(make_rows()), history, max_epochs=4, stopping=never())
    assert history.n_epochs == 4
    assert history.stop_reason is StopReason.MAX_ITER


def test_a_later_training_has_a_reason_of_its_own(start, make_rows):
    """The reason of an earlier training does not stay in the history."""
    history = History()
    trainer, batches = start(make_rows())
    train(trainer, batches, history, max_epochs=9, stopping=never(), monitors=[Ask(1)])
    train(trainer, batches, history, max_epochs=1, stopping=never())
    assert history.stop_reason is StopReason.MAX_ITER


def test_a_stalled_training_stops(start, make_rows):
    """With a rate of zero nothing improves: the training has converged once patience is over."""
    history = History()
    trainer, batches = start(make_rows(), schedule=lambda step: 0.0)
    train(trainer, batches, history, max_epochs=50, stopping=EarlyStopping("loss", 0.0, 3))
    assert history.n_epochs == 4
    assert history.stop_reason is StopReason.CONVERGED


@pytest.mark.parametrize("patience", [2, 100])
def test_the_best_weights_are_restored(patience, start, make_rows):
    """Early stopping gives the weights of the best dev epoch back, whether or not it ended the training."""
    history, seen = History(), []

    def validate(parameters, history):
        seen.append(parameters.theta.copy())
        history.validation_loss.append([3.0, 1.0, 2.0, 2.0, 2.0][len(seen) - 1])

    trainer, batches = start(make_rows())
    stopping = EarlyStopping("validation_loss", 0.0, patience, keep_best=True)
    train(trainer, batches, history, max_epochs=5, stopping=stopping, validate=validate)
    np.testing.assert_array_equal(trainer.parameters.theta, seen[1])
    assert history.best_epoch == 2
    assert history.stop_reason is (StopReason.EARLY_STOPPING if patience == 2 else StopReason.MAX_ITER)


@pytest.mark.parametrize(
    "schedule",
    [
        "constant",
        "adaptive",
    ],
)
def test_a_monitor_can_end_the_training(schedule, start, make_rows):
    """When the caller's monitor gives a reason, the training ends with it, whatever the schedule."""
    history = History()
    trainer, batches = start(make_rows(), schedule=SCHEDULES[schedule](0.1, 10))
    train(trainer, batches, history, max_epochs=10, stopping=never(), monitors=[Ask(3)])
    assert history.n_epochs == 3
    assert history.stop_reason is StopReason.CALLBACK


def test_an_adaptive_rate_is_lowered_before_the_training_ends(start, make_rows):
    """Each stall divides the rate and starts the patience anew; at the lowest rate the training ends."""
    history = History()
    trainer, batches = start(make_rows(), schedule=SCHEDULES["adaptive"](1e-4, 100))
    train(trainer, batches, history, max_epochs=100, stopping=EarlyStopping("loss", 10.0, 2))
    # The first epoch is better than none; from then on two epochs make a stall.
    rates = [1e-4] * 3 + [2e-5] * 2 + [4e-6] * 2 + [8e-7] * 2
    np.testing.assert_allclose(history.learning_rate, rates, rtol=1e-12)
    assert history.stop_reason is StopReason.CONVERGED


# Divergence.


def test_a_diverged_training_names_epoch_and_remedy(start, make_rows, make_network):
    """A huge rate raises in the epoch of the first number that is not finite, and says what to lower."""
    trainer, batches = start(
        make_rows(loss="regression"), network=make_network(SIZES, "relu", "regression"), schedule=lambda step: 1e6
    )
    history = History()
    with pytest.raises(DivergenceError, match=r"diverged in epoch (\d+).*Lower learning_rate_init") as caught:
        train(trainer, batches, history, max_epochs=500, stopping=never())
    assert f"epoch {history.n_epochs}:" in str(caught.value)
    assert np.isfinite(history.loss[:-1]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_diverged_training_names_the_layer(value, start, make_rows):
    """The error names the layers whose weights are not finite, in the epoch in which they became so."""
    trainer, batches = start(make_rows(), schedule=lambda step: 0.0)

    def break_second_layer(parameters, history):
        parameters.weights[1][0, 0] = value

    with pytest.raises(DivergenceError, match="in epoch 1: the weights of layer 2 became"):
        train(trainer, batches, History(), max_epochs=3, stopping=never(), validate=break_second_layer)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_dev_loss_that_is_not_finite_is_a_divergence(value, start, make_rows):
    """The error names the loss that is not finite, not the one beside it that is."""
    trainer, batches = start(make_rows())
    with pytest.raises(
        DivergenceError, match=r"the loss on the dev rows became non-finite, while that of the training rows is \d"
    ):
        train(
            trainer,
            batches,
            History(),
            max_epochs=3,
            stopping=never(),
            validate=lambda parameters, history: history.validation_loss.append(value),
        )


# L-BFGS.


@pytest.fixture
def logistic(make_rows, make_network):
    """A convex problem: L2-penalised logistic regression, as an objective and as the textbook's formula."""
    rows, network = make_rows(30, (3, 1), "binary"), make_network((3, 1), loss="binary")

    def textbook(theta):
        p = expit(rows.X @ theta[:3] + theta[3])
        losses = -(rows.Y[:, 0] * np.log(p) + (1.0 - rows.Y[:, 0]) * np.log1p(-p))
        return rows.weight @ losses / rows.weight.sum() + 0.1 / 2.0 * theta[:3] @ theta[:3]

    return Objective(network, rows, L2(0.1)), textbook


def lbfgs(objective, n_parameters=4, **options):
    parameters, history = ParameterVector((n_parameters - 1, 1), np.full(n_parameters, 2.0)), History()
    train_lbfgs(objective, parameters, history, **({"max_iter": 100, "tol": 1e-8} | options))
    return parameters, history


def test_lbfgs_finds_the_optimum_of_a_convex_problem(logistic):
    """It ends where another of scipy's methods ends on the formula of the textbook."""
    objective, textbook = logistic
    expected = minimize(textbook, np.zeros(4), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14})
    parameters, history = lbfgs(objective)
    np.testing.assert_allclose(parameters.theta, expected.x, atol=1e-4)
    assert history.loss[-1] == pytest.approx(expected.fun, abs=1e-9)
    assert history.stop_reason is StopReason.CONVERGED


@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-6, 1e-8])
def test_lbfgs_ends_with_a_gradient_within_tol(tol, logistic):
    """Converged means that no entry of the gradient is larger than tol, however small tol is."""
    objective, _ = logistic
    parameters, history = lbfgs(objective, tol=tol)
    assert history.stop_reason is StopReason.CONVERGED
    assert np.abs(objective(parameters.theta)[1]).max() <= tol


def test_the_history_of_lbfgs_has_the_start_and_every_iteration(logistic):
    """loss[0] is the objective at the start, loss[-1] that at the end; none is higher than the one before."""
    objective, textbook = logistic
    parameters, history = lbfgs(objective)
    assert history.loss[0] == pytest.approx(textbook(np.full(4, 2.0)), rel=1e-12)
    assert history.loss[-1] == pytest.approx(textbook(parameters.theta), rel=1e-12)
    assert (np.diff(history.loss) <= 0.0).all()
    assert history.n_epochs == history.best_epoch == len(history.seconds) == len(history.loss) - 1
    assert history.learning_rate == []


def test_lbfgs_at_the_optimum_stays_there(logistic):
    """A start that is the optimum takes no iteration and has converged."""
    objective, _ = logistic
    parameters, _ = lbfgs(objective)
    theta, history = parameters.theta.copy(), History()
    train_lbfgs(objective, parameters, history, max_iter=10, tol=1e-3)
    np.testing.assert_array_equal(parameters.theta, theta)
    assert (history.n_epochs, history.stop_reason) == (0, StopReason.CONVERGED)


def test_lbfgs_takes_no_more_than_max_iter(logistic):
    """The iterations end at max_iter, and the reason says so."""
    _, history = lbfgs(logistic[0], max_iter=2)
    assert (history.n_epochs, history.stop_reason) == (2, StopReason.MAX_ITER)


def test_a_monitor_can_end_lbfgs(logistic):
    """A monitor's reason ends the iterations at the weights that it saw."""
    objective, textbook = logistic
    parameters, history = lbfgs(objective, monitors=[Ask(2)])
    assert (history.n_epochs, history.stop_reason) == (2, StopReason.CALLBACK)
    assert history.loss[-1] == pytest.approx(textbook(parameters.theta), rel=1e-12)


def test_a_later_run_of_lbfgs_has_a_reason_of_its_own(logistic):
    """The reason of an earlier run does not stay in the history."""
    parameters, history = lbfgs(logistic[0], monitors=[Ask(1)])
    train_lbfgs(logistic[0], parameters, history, max_iter=100, tol=1e-6)
    assert history.stop_reason is StopReason.CONVERGED


def test_lbfgs_restores_the_best_weights(logistic):
    """Early stopping works as in the other solvers: patience, then the weights of the best iteration."""
    seen = []

    def validate(parameters, history):
        seen.append(parameters.theta.copy())
        history.validation_loss.append([1.0, 2.0, 3.0][len(seen) - 1])

    stopping = EarlyStopping("validation_loss", 0.0, 2, keep_best=True)
    parameters, history = lbfgs(logistic[0], stopping=stopping, validate=validate)
    np.testing.assert_array_equal(parameters.theta, seen[0])
    assert (history.n_epochs, history.best_epoch) == (3, 1)
    assert history.stop_reason is StopReason.EARLY_STOPPING


def test_a_failed_line_search_is_named():
    """Where the gradient points the wrong way no step improves: the reason is the line search."""
    _, history = lbfgs(lambda theta: (theta @ theta, -2.0 * theta))
    assert history.stop_reason is StopReason.LINE_SEARCH


def test_lbfgs_refuses_a_start_that_is_not_finite():
    """An objective that is infinite at the start is a divergence, before any iteration."""
    with pytest.raises(DivergenceError, match="epoch 0: the loss"):
        lbfgs(lambda theta: (np.inf, theta))


@pytest.mark.parametrize("work", [0, np.inf], ids=["by threads", "alone"])
def test_tails_are_flushed_while_a_look_finds_some(work, monkeypatch):
    """Every 512th step looks; where its gradients are next to nothing, it and all up to the next look set them to 0."""
    monkeypatch.setattr(network_module, "SHARED_WORK", work)
    network = Network((2, 2), (), LOSSES["regression"], (1.0,))
    parameters, optimizer = ParameterVector((2, 2), dtype=np.float32), SGD(momentum=0.0)
    parameters.theta[...] = 1.0
    optimizer.bind(parameters.theta)
    workspace = Workspace(network, 70, np.float32)
    workspace.inputs[...], workspace.targets[...] = 1.0, 0.0
    trainer = Trainer(network, parameters, optimizer, lambda step: 1e18, L2(0.0), Dropout(network, None))

    def moves(row_weight):
        """Whether a step with rows of that weight moves the parameters."""
        before = parameters.theta.copy()
        workspace.row_weights[...] = row_weight
        trainer.step(workspace)
        has_moved = bool(np.any(parameters.theta != before))
        parameters.theta[...] = 1.0
        return has_moved

    tiny, ordinary = 1e-22, 1e-3
    assert [moves(tiny) for _ in range(512)] == [False] * 512
    assert [moves(ordinary), *(moves(tiny) for _ in range(511))] == [True] * 512
    assert not moves(tiny)
