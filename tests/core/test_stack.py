"""skdeep.core.stack."""

from functools import partial

import numpy as np
import pytest

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
    Member,
    MiniBatches,
    Network,
    ParameterVector,
    RMSProp,
    Rows,
    Stack,
    StackedBatches,
    StopReason,
    Trainer,
    Workspace,
    mean_loss,
    networks_at_once,
    train,
)

SIZES, BATCH = (4, 6, 5, 3), 8


class Alone:
    """All that one network trains with; made twice from one seed, for the stack and for `train`."""

    def __init__(self, seed, make_network, *, keep_prob=(1.0, 0.7, 0.6), max_epochs=6, rate="constant"):
        rng = np.random.default_rng(seed)
        self.network = make_network(SIZES, "gelu", keep_prob=keep_prob)
        self.parameters = ParameterVector(SIZES, rng.normal(scale=0.6, size=ParameterVector(SIZES).theta.size))
        self.rows = Rows(rng.normal(size=(20, 4)), np.eye(3)[rng.integers(3, size=20)], None, np.arange(20))
        self.dev = Rows(rng.normal(size=(9, 4)), np.eye(3)[rng.integers(3, size=9)], None, np.arange(9))
        self.feed = partial(MiniBatches, self.rows, shuffle=np.random.default_rng([seed, 1]))
        self.dropout = Dropout(self.network, np.random.default_rng([seed, 2]), np.random.default_rng([seed, 3]))
        self.history, self.penalty, self.max_epochs = History(), L2(0.01 * (seed + 1)), max_epochs
        self.schedule = SCHEDULES[rate](0.02 * (seed + 1), 18)
        self.stopping = EarlyStopping("validation_loss", 1e-3, 2, keep_best=True)

    def validate(self, parameters, history):
        history.validation_loss.append(mean_loss(self.network, parameters, self.dev))

    def member(self):
        own = (self.penalty, self.schedule, self.max_epochs, self.stopping, self.validate)
        return Member(self.parameters, self.history, self.feed, self.dropout, *own)

    def train(self, optimizer, **more):
        optimizer.bind(self.parameters.theta)
        batches = self.feed(Workspace(self.network, BATCH, np.float64))
        trainer = Trainer(self.network, self.parameters, optimizer, self.schedule, self.penalty, self.dropout, **more)
        own = {"max_epochs": self.max_epochs, "stopping": self.stopping, "validate": self.validate}
        train(trainer, batches, self.history, **own)


@pytest.fixture
def alone(make_network):
    return partial(Alone, make_network=make_network)


def assert_equal(one, other):
    np.testing.assert_allclose(one.parameters.theta, other.parameters.theta, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(one.history.loss, other.history.loss, rtol=1e-12)
    np.testing.assert_allclose(one.history.validation_loss, other.history.validation_loss, rtol=1e-12)
    for name in ("learning_rate", "n_epochs", "best_epoch", "stop_reason"):
        assert getattr(one.history, name) == getattr(other.history, name)


SETTINGS = [
    {"keep_prob": (1.0, 0.7, 0.6)},
    {"keep_prob": (1.0, 1.0, 1.0), "max_epochs": 2},
    {"keep_prob": (0.9, 0.5, 1.0), "rate": "cosine"},
    {"keep_prob": (1.0, 0.7, 0.6), "max_epochs": 40, "rate": "adaptive"},
]


@pytest.mark.parametrize("make_optimizer", [SGD, RMSProp, Adam])
def test_each_network_of_a_stack_ends_as_it_ends_alone(make_optimizer, alone):
    """Own rows, masks, penalties, rates, epochs and early stopping; networks leave at different times."""
    together = [alone(seed, **settings) for seed, settings in enumerate(SETTINGS)]
    Stack(BATCH, MaxNorm(1.5), 1.0).train([one.member() for one in together], make_optimizer())
    for seed, settings in enumerate(SETTINGS):
        expected = alone(seed, **settings)
        expected.train(make_optimizer(), max_norm=MaxNorm(1.5), clip_norm=1.0)
        assert_equal(together[seed], expected)
    assert len({one.history.n_epochs for one in together}) > 1


def test_networks_that_share_rows_and_draws_end_as_they_end_alone(alone):
    """Members with the very same feed, dropout or generators gather and draw once, and see the same as before."""
    keep_probs, together = [(1.0, 0.7, 0.6)] * 2 + [(1.0, 0.5, 0.9)], []
    first = alone(0)
    for keep_prob in keep_probs:
        one = alone(0, keep_prob=keep_prob)
        one.feed = first.feed
        same = keep_prob == first.network.keep_prob
        one.dropout = first.dropout if same else Dropout(one.network, first.dropout.rng, first.dropout.input_rng)
        one.penalty = L2(0.01 * len(together))
        together.append(one)
    Stack(BATCH).train([one.member() for one in together], Adam())
    for number, keep_prob in enumerate(keep_probs):
        expected = alone(0, keep_prob=keep_prob)
        expected.penalty = L2(0.01 * number)
        expected.train(Adam())
        assert_equal(together[number], expected)


def test_a_network_that_diverges_leaves_the_others_alone(alone):
    """It ends with its own DivergenceError, the others as without it."""
    good, bad, expected = alone(0), alone(1), alone(0)
    bad.schedule = lambda step: 1e200
    members = [bad.member(), good.member()]
    Stack(BATCH).train(members, SGD())
    expected.train(SGD())
    assert isinstance(members[0].error, DivergenceError)
    assert members[1].error is None
    assert_equal(good, expected)


def test_a_member_gets_its_own_moments(alone):
    """The optimizer of a network that left goes on as the one that trained it alone."""
    together, expected = [alone(0, max_epochs=2), alone(1, max_epochs=3)], alone(0, max_epochs=2)
    members, optimizer = [one.member() for one in together], Adam()
    Stack(BATCH).train(members, Adam())
    expected.train(optimizer)
    for one, adam in ((together[0], members[0].optimizer), (expected, optimizer)):
        adam.step(one.parameters.theta, np.ones_like(one.parameters.theta), 0.01)
    np.testing.assert_allclose(together[0].parameters.theta, expected.parameters.theta, rtol=1e-11)


def test_the_reason_of_every_end_is_told(alone):
    """MAX_ITER for the one out of epochs, EARLY_STOPPING for the one out of patience."""
    short, patient = alone(0, max_epochs=1), alone(1, max_epochs=200)
    Stack(BATCH).train([short.member(), patient.member()], Adam())
    assert [one.history.stop_reason for one in (short, patient)] == [StopReason.MAX_ITER, StopReason.EARLY_STOPPING]


@pytest.mark.parametrize(("sizes", "low", "high"), [((20, 32, 32, 10), 20, 500), ((784, 1024, 1024, 10), 1, 1)])
def test_small_networks_are_many_at_once_and_large_ones_alone(sizes, low, high):
    """A stack is cut to what a processor's cache can follow."""
    assert low <= networks_at_once(sizes, 32, dropout=True) <= high


@pytest.mark.parametrize("n_feeds", [1, 3])
@pytest.mark.parametrize("first", [1, 3])
def test_every_network_of_a_stack_gets_its_feeds_rows(first, n_feeds):
    """Short last batches too, and whether or not they shared one feed before in the same workspace."""
    network = Network((2, 1), (), LOSSES["regression"], (1.0,))
    workspace = Workspace(network, 4, np.float64, stack=(3,))

    def batches(n):
        rows = [
            Rows(np.full((10, 2), k) + np.arange(10)[:, None] / 100, np.ones((10, 1)), None, np.arange(10))
            for k in range(n)
        ]
        runs = [slice(0, 3)] if n == 1 else [slice(k, k + 1) for k in range(n)]
        feeds = [MiniBatches(one, workspace.slot(run.start)) for one, run in zip(rows, runs, strict=True)]
        return StackedBatches(workspace, feeds, runs)

    for _ in batches(first).epoch():
        pass
    for start, batch in zip((0, 4, 8), batches(n_feeds).epoch(), strict=True):
        numbers = np.arange(start, min(start + 4, 10)) / 100
        for k in range(3):
            expected = (0 if n_feeds == 1 else k) + numbers
            np.testing.assert_allclose(batch.inputs[k, :, 0], expected)
            np.testing.assert_allclose(batch.outputs_transposed[0][k, 0], expected)
