"""skdeep.core.shared_pass, and the blocks and masks that it is made of."""

import numpy as np
import pytest

from skdeep.core import (
    ACTIVATIONS,
    L2,
    LOSSES,
    SGD,
    Adam,
    Dropout,
    MaxNorm,
    Objective,
    ParameterVector,
    RMSProp,
    Rows,
    Trainer,
)
from skdeep.core import network as network_module
from skdeep.core.crew import Crew
from skdeep.core.shared_pass import SharedPass, nothing

SIZES, N_ROWS = (7, 40, 30, 3), 170
each_number = pytest.mark.parametrize("n_threads", [1, 2, 4, 8])
with_and_without_dropout = pytest.mark.parametrize("keep_prob", [(1.0, 1.0, 1.0), (0.8, 0.6, 0.7)])


@pytest.fixture(autouse=True)
def small_steps_are_shared(monkeypatch):
    """Which in earnest are too small for it; and blocks are small, so that there are several."""
    monkeypatch.setattr(network_module, "SHARED_WORK", 0)
    monkeypatch.setattr(network_module, "BLOCK_ROWS", 32)


def shared(network, parameters, workspace, n_threads=2):
    """Loss and gradient by threads."""
    gradient = ParameterVector(network.layer_sizes, np.full_like(parameters.theta, np.nan))
    with Crew(n_threads) as crew:
        one = SharedPass(network, parameters, gradient, crew)
        loss = one.loss(workspace)
        one.make_gradient(workspace, nothing)
    return loss, gradient.theta


@with_and_without_dropout
@pytest.mark.parametrize(("loss", "n_rows"), [*((loss, N_ROWS) for loss in LOSSES), ("binary", 1), ("binary", 63)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_loss_and_gradient_are_those_of_one_pass(
    activation, loss, n_rows, keep_prob, make_network, make_workspace, make_parameters
):
    """All activations, as each uses the buffers in its own way; all losses; masks that are the same; a single block."""
    network = make_network(SIZES, activation, loss, keep_prob)
    parameters, workspace = make_parameters(SIZES), make_workspace(network, n_rows)
    assert len(workspace.blocks) == (5 if n_rows == N_ROWS else 1)
    by_threads = shared(network, parameters, workspace)
    gradient = ParameterVector(network.layer_sizes)
    total = network.loss_and_gradient(parameters, gradient, workspace)
    np.testing.assert_allclose(by_threads[0], total, rtol=1e-12)
    np.testing.assert_allclose(by_threads[1], gradient.theta, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("n_rows", [1, 63, 64, 65, 100, 129, 1000])
def test_blocks_hold_every_row_once(n_rows, make_network, make_workspace):
    """In their order, as views of the workspace of all."""
    workspace = make_workspace(make_network(SIZES), n_rows)
    np.testing.assert_array_equal(np.concatenate([block.inputs for block in workspace.blocks]), workspace.inputs)
    for block in workspace.blocks:
        block.sums[-1].fill(7.0)
    assert np.all(workspace.sums[-1] == 7.0)


def test_a_short_batch_has_blocks_of_its_own(make_network, make_workspace):
    """In the leading rows of the same memory."""
    workspace = make_workspace(make_network(SIZES), N_ROWS)
    leading = workspace.leading(100)
    assert sum(block.n_rows for block in leading.blocks) == 100
    assert np.shares_memory(leading.blocks[0].inputs, workspace.inputs)


def test_inputs_that_are_silent_get_no_gradient(make_network, make_workspace, make_parameters):
    """As in one pass."""
    network = network_module.replace(make_network(SIZES), silent_inputs=(0, 5))
    parameters, workspace = make_parameters(SIZES), make_workspace(network, N_ROWS)
    gradient = ParameterVector(SIZES, shared(network, parameters, workspace)[1])
    assert [not rows.any() for rows in gradient.weights[0]] == [number in (0, 5) for number in range(7)]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_masks_of_blocks_are_those_drawn_one_after_another(order, make_network, make_workspace):
    """In whatever order, or at once; and what is drawn next is no draw of these."""
    network = make_network(SIZES, keep_prob=(0.9, 0.5, 0.7))
    workspace, one_by_one = (make_workspace(network, 100) for _ in range(2))
    generators = [np.random.default_rng(seed) for seed in (1, 1, 2, 2)]
    blocks = [workspace.leading(n) for n in (10, 33, 100)]
    split = Dropout(network, generators[0], generators[2]).split(blocks)
    drawn = {}
    for number in order:
        split[number].draw(blocks[number])
        drawn[number] = [mask.copy() for mask in blocks[number].masks]
    for number, n_rows in enumerate((10, 33, 100)):
        block = one_by_one.leading(n_rows)
        Dropout(network, generators[1], generators[3]).draw(block)
        for mask, expected in zip(drawn[number], block.masks, strict=True):
            np.testing.assert_array_equal(mask, expected)
    assert generators[0].random() == generators[1].random()
    assert generators[2].random() == generators[3].random()


STEPS = {
    "sgd": (lambda: SGD(), L2(0.02), {}),
    "rmsprop": (lambda: RMSProp(), L2(0.02), {}),
    "adam": (lambda: Adam(), L2(0.02), {}),
    "adamw": (lambda: Adam(), L2(0.02, decoupled=True), {}),
    "limits": (lambda: Adam(), L2(0.02), {"clip_norm": 0.1, "max_norm": MaxNorm(1.0), "record_norms": True}),
}


def steps(name, network, start, workspace, n_threads, n=5):
    """Parameters and losses of some steps on the same rows, and the norms of the first gradient."""
    make_optimizer, penalty, options = STEPS[name]
    parameters, optimizer = start.copy(), make_optimizer()
    optimizer.bind(parameters.theta)
    dropout = Dropout(network, np.random.default_rng(3))
    trainer = Trainer(network, parameters, optimizer, lambda step: 1e-2, penalty, dropout, **options)
    trainer._records_next = trainer.record_norms
    with Crew(n_threads) as crew, np.errstate(all="ignore"):
        trainer.share_with(crew)
        losses = [trainer.step(workspace) for _ in range(n)]
    return parameters.theta, losses, trainer.gradient_norms


@pytest.mark.parametrize("name", STEPS)
def test_steps_are_those_of_one_thread_without_blocks(name, make_network, make_workspace, make_parameters, monkeypatch):
    """Objective and moved parameters, to rounding; norms are noted, gradients clipped and weights limited alike."""
    network = make_network(SIZES)
    start, workspace = make_parameters(SIZES), make_workspace(network, N_ROWS)
    by_threads = steps(name, network, start, workspace, 2)
    monkeypatch.setattr(network_module, "SHARED_WORK", np.inf)
    alone = steps(name, network, start, workspace, 1)
    for ours, theirs in zip(by_threads, alone, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", STEPS)
@each_number
def test_any_number_of_threads_gives_the_same_bits(
    n_threads, name, dtype, make_network, make_workspace, make_parameters
):
    """More than there are cores included, with dropout; each optimizer in both precisions."""
    network = make_network(SIZES, keep_prob=(0.9, 0.8, 0.8))
    start = make_parameters(SIZES, dtype)
    workspace = make_workspace(network, N_ROWS, dtype)
    expected = steps(name, network, start, workspace, 1)
    for ours, theirs in zip(steps(name, network, start, workspace, n_threads), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@each_number
def test_the_objective_has_the_same_bits(n_threads, make_network, make_parameters, make_targets, rng):
    """Of L-BFGS, which goes through all rows."""
    network = make_network(SIZES)
    X, Y = rng.normal(size=(N_ROWS, SIZES[0])), make_targets("multiclass", (N_ROWS, SIZES[-1]))
    rows, theta = Rows(X, Y, None, np.arange(N_ROWS)), make_parameters(SIZES).theta
    value, gradient = Objective(network, rows, L2(0.1))(theta)
    with Crew(n_threads) as crew:
        again = Objective(network, rows, L2(0.1), crew=crew)(theta)
    assert again[0] == value
    np.testing.assert_array_equal(again[1], gradient)
