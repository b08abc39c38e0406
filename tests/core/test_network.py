"""skdeep.core.network."""

import gc
import weakref
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtr

from skdeep.core import (
    ACTIVATIONS,
    L2,
    LOSSES,
    SGD,
    Adam,
    MaxNorm,
    ParameterVector,
    RMSProp,
    Workspace,
    clip_norm,
)
from skdeep.core.network import draw_masks

each_loss = pytest.mark.parametrize("loss", LOSSES)
each_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
with_and_without_dropout = pytest.mark.parametrize("keep_prob", [(1.0, 1.0, 1.0), (0.8, 0.6, 0.7)])

ROW_LOSSES = {
    "multiclass": lambda y, z: -sum(y * np.log(np.exp(z) / np.exp(z).sum())),
    "binary": lambda y, z: -sum(y * np.log(1.0 / (1.0 + np.exp(-z))) + (1.0 - y) * np.log(1.0 / (1.0 + np.exp(z)))),
    "regression": lambda y, z: sum((z - y) ** 2) / 2.0,
}
ROW_LOSSES["multilabel"] = ROW_LOSSES["binary"]


def unpack(sizes, theta):
    """Weight matrices and biases as an independent reading of the layout: weights first, then biases."""
    pairs = list(pairwise(sizes))
    parts = np.split(theta, np.cumsum([i * o for i, o in pairs] + [o for _, o in pairs])[:-1])
    return [part.reshape(pair) for part, pair in zip(parts, pairs, strict=False)], parts[len(pairs) :]


def row_by_row(network, workspace, loss, g, theta):
    """The weighted loss by the textbook, one row and one unit at a time."""
    weights, biases = unpack(network.layer_sizes, theta)
    total = 0.0
    for row in range(workspace.n_rows):
        a = workspace.inputs[row].copy()
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
            if workspace.masks[layer] is not None:
                a = a * workspace.masks[layer][row]
            z = np.array([b[unit] + sum(a * W[:, unit]) for unit in range(W.shape[1])])
            a = g(z)
        total += workspace.row_weights[row] * ROW_LOSSES[loss](workspace.targets[row], z)
    return total


def copy_batch(source, target, network=...):
    """Give a workspace the rows and the masks of another, or of one network of a stack."""
    for name in ("inputs", "targets", "row_weights"):
        getattr(target, name)[...] = getattr(source, name)[network]
    for mask, drawn in zip(target.masks, source.masks, strict=True):
        if mask is not None:
            mask[...] = drawn[network]
    return target


def evaluate(network, parameters, workspace):
    gradient = ParameterVector(network.layer_sizes, np.full_like(parameters.theta, np.nan))
    return network.loss_and_gradient(parameters, gradient, workspace), gradient.theta


@with_and_without_dropout
@each_loss
@each_activation
def test_loss_and_gradient_equal_the_textbook_row_by_row(
    activation, loss, keep_prob, make_network, make_workspace, make_parameters, formulas, two_sided
):
    """The weighted loss equals a loop over rows, its gradient the two-sided difference of that loop."""
    network = make_network((3, 4, 3, 2), activation, loss, keep_prob)
    workspace, parameters = make_workspace(network, 4), make_parameters(network.layer_sizes)

    def oracle(theta):
        return row_by_row(network, workspace, loss, formulas[activation], theta)

    value, gradient = evaluate(network, parameters, workspace)
    assert value == pytest.approx(oracle(parameters.theta), rel=1e-12)
    np.testing.assert_allclose(gradient, two_sided(oracle, parameters.theta), rtol=1e-6, atol=1e-7)


@each_loss
def test_a_network_without_hidden_layers_equals_the_textbook(
    loss, make_network, make_workspace, make_parameters, two_sided
):
    """With no hidden layer the network is the linear model of its loss."""
    network = make_network((3, 2), loss=loss)
    workspace, parameters = make_workspace(network), make_parameters(network.layer_sizes)

    def oracle(theta):
        return row_by_row(network, workspace, loss, np.tanh, theta)

    value, gradient = evaluate(network, parameters, workspace)
    assert value == pytest.approx(oracle(parameters.theta), rel=1e-12)
    np.testing.assert_allclose(gradient, two_sided(oracle, parameters.theta), rtol=1e-6, atol=1e-7)


def test_every_layer_has_its_own_activation(make_network, make_workspace, make_parameters, two_sided):
    """Layers of different functions, in place or not, each use theirs, forward and backward."""
    network = replace(make_network((3, 4, 5, 2)), activations=(ACTIVATIONS["gelu"], ACTIVATIONS["tanh"]))
    workspace, parameters = make_workspace(network), make_parameters(network.layer_sizes)

    def oracle(theta):
        (W1, W2, W3), (b1, b2, b3) = unpack(network.layer_sizes, theta)
        z = workspace.inputs @ W1 + b1
        scores = np.tanh(z * ndtr(z) @ W2 + b2) @ W3 + b3
        losses = [ROW_LOSSES["multiclass"](*row) for row in zip(workspace.targets, scores, strict=True)]
        return workspace.row_weights @ losses

    value, gradient = evaluate(network, parameters, workspace)
    assert value == pytest.approx(oracle(parameters.theta), rel=1e-12)
    np.testing.assert_allclose(gradient, two_sided(oracle, parameters.theta), rtol=1e-6, atol=1e-7)


@with_and_without_dropout
@each_activation
def test_float32_follows_float64(activation, keep_prob, make_network, make_workspace, make_parameters):
    """In single precision loss and gradient are those of double precision, rounded, and stay single."""
    network = make_network((4, 6, 5, 3), activation, keep_prob=keep_prob)
    double, parameters = make_workspace(network), make_parameters(network.layer_sizes)
    single = copy_batch(double, Workspace(network, double.n_rows, np.float32))
    value, gradient = evaluate(network, parameters.astype(np.float32), single)
    expected, expected_gradient = evaluate(network, parameters, double)
    assert gradient.dtype == np.float32
    assert value == pytest.approx(float(expected), rel=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-4, atol=1e-5)


@with_and_without_dropout
@each_activation
def test_equal_masks_give_equal_results(activation, keep_prob, make_network, make_workspace, make_parameters):
    """Forward and backward use up nothing they need: a second call gives the same, bit for bit."""
    network = make_network((4, 6, 5, 3), activation, keep_prob=keep_prob)
    workspace, parameters = make_workspace(network), make_parameters(network.layer_sizes)
    value, gradient = evaluate(network, parameters, workspace)
    again, gradient_again = evaluate(network, parameters, workspace)
    assert again == value
    np.testing.assert_array_equal(gradient_again, gradient)


@with_and_without_dropout
@each_loss
def test_weighted_loss_is_the_loss_without_the_gradient(loss, keep_prob, make_network, make_workspace, make_parameters):
    """`weighted_loss` returns what `loss_and_gradient` does."""
    network = make_network((4, 6, 5, 3), loss=loss, keep_prob=keep_prob)
    workspace, parameters = make_workspace(network), make_parameters(network.layer_sizes)
    assert network.weighted_loss(parameters, workspace) == evaluate(network, parameters, workspace)[0]


def test_a_row_of_weight_zero_counts_for_nothing(make_network, make_workspace, make_parameters):
    """Loss and gradient do not depend on a row whose weight is zero."""
    network = make_network()
    workspace, parameters = make_workspace(network), make_parameters(network.layer_sizes)
    workspace.row_weights[2] = 0.0
    value, gradient = evaluate(network, parameters, workspace)
    workspace.inputs[2] += 3.0
    changed, changed_gradient = evaluate(network, parameters, workspace)
    assert changed == value
    np.testing.assert_array_equal(changed_gradient, gradient)


# Dropout masks.


def test_a_layer_that_keeps_everything_has_no_mask(make_network, make_workspace):
    """masks[l] is None exactly where keep_prob is 1."""
    network = make_network((4, 6, 5, 3), keep_prob=(1.0, 0.5, 1.0))
    assert [mask is None for mask in make_workspace(network).masks] == [True, False, True]
    assert network.has_dropout
    assert not make_network().has_dropout


def test_without_dropout_nothing_is_drawn(make_network, make_workspace, rng):
    """Drawing masks for a network that keeps everything leaves the generator as it was."""
    network = make_network()
    workspace = make_workspace(network)
    before = rng.bit_generator.state
    network.draw_masks(workspace, rng)
    assert rng.bit_generator.state == before


def test_a_layer_that_keeps_everything_draws_nothing(make_network):
    """A hidden layer's masks are the same whether or not other layers exist that keep everything."""
    masks = []
    for sizes, keep_prob in [((4, 7, 3), (1.0, 0.5)), ((4, 9, 7, 3), (1.0, 1.0, 0.5))]:
        network = make_network(sizes, keep_prob=keep_prob)
        workspace = Workspace(network, 6, np.float64)
        network.draw_masks(workspace, np.random.default_rng(5))
        masks.append(workspace.masks[-1].copy())
    np.testing.assert_array_equal(*masks)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("keep_prob", [0.2, 0.5, 0.9])
def test_masks_keep_their_share_and_a_mean_of_one(keep_prob, dtype, make_network, rng):
    """A mask is 0 or 1 / keep_prob; the share kept is within five standard errors of keep_prob, so its mean of one."""
    network = make_network((40, 3), keep_prob=(keep_prob,))
    workspace = Workspace(network, 500, dtype)
    network.draw_masks(workspace, rng)
    mask = workspace.masks[0]
    assert set(np.unique(mask)) == {dtype(0.0), dtype(1.0) / dtype(keep_prob)}
    error = 5.0 * np.sqrt(keep_prob * (1.0 - keep_prob) / mask.size)
    assert np.mean(mask > 0.0) == pytest.approx(keep_prob, abs=error)
    assert mask.mean(dtype=np.float64) == pytest.approx(1.0, abs=error / keep_prob)


def test_every_call_draws_fresh_masks(make_network, make_workspace, rng):
    """Two calls in a row give different masks."""
    network = make_network(keep_prob=(0.5, 0.5))
    workspace = make_workspace(network)
    before = [mask.copy() for mask in workspace.masks]
    network.draw_masks(workspace, rng)
    assert all((mask != old).any() for mask, old in zip(workspace.masks, before, strict=True))


def test_dropout_changes_nothing_at_prediction(make_network, make_workspace, make_parameters):
    """A workspace that is not for training has no masks and gives the scores of the network without dropout."""
    plain, dropping = make_network(), make_network(keep_prob=(0.5, 0.5))
    source, parameters = make_workspace(plain), make_parameters(plain.layer_sizes)
    workspace = Workspace(dropping, source.n_rows, np.float64, training=False)
    workspace.inputs[...] = source.inputs
    dropping.draw_masks(workspace, np.random.default_rng(0))
    np.testing.assert_array_equal(dropping.forward(parameters, workspace), plain.forward(parameters, source))


# The workspace.


@pytest.mark.parametrize("n_rows", [1, 3, 6])
@with_and_without_dropout
def test_leading_rows_give_what_a_workspace_of_their_size_gives(
    keep_prob, n_rows, make_network, make_workspace, make_parameters
):
    """A short batch in the leading rows of a large workspace is computed as in one made for it."""
    network = make_network((4, 6, 5, 3), "gelu", keep_prob=keep_prob)
    own, parameters = make_workspace(network, n_rows), make_parameters(network.layer_sizes)
    leading = copy_batch(own, Workspace(network, 6, np.float64).leading(n_rows))
    value, gradient = evaluate(network, parameters, leading)
    expected, expected_gradient = evaluate(network, parameters, own)
    assert value == expected
    np.testing.assert_array_equal(gradient, expected_gradient)


def test_leading_rows_live_in_the_same_memory(make_network):
    """`leading` allocates no buffers: it is made once per size, in the workspace's own block."""
    workspace = Workspace(make_network(), 6, np.float64)
    assert workspace.leading(6) is workspace
    assert workspace.leading(4) is workspace.leading(4)
    assert workspace.leading(4).memory is workspace.memory
    assert np.shares_memory(workspace.leading(4).inputs, workspace.memory)


def buffers(workspace):
    """Every buffer by its address, without the second names that one buffer has."""
    named = [workspace.inputs, workspace.targets, workspace.row_weights, workspace.row_losses, *workspace.sums]
    named += [*workspace.activations, *workspace.outputs, *workspace.deltas, workspace.scratch[-1]]
    named += [mask for mask in workspace.masks if mask is not None]
    return {buffer.__array_interface__["data"][0]: buffer for buffer in named}.values()


@pytest.mark.parametrize("stack", [(), (2,)])
@with_and_without_dropout
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_no_two_buffers_overlap(activation, keep_prob, stack, make_network):
    """The buffers are parts of one block, and no value belongs to two of them."""
    workspace = Workspace(make_network((4, 6, 5, 3), activation, keep_prob=keep_prob), 7, np.float64, stack=stack)
    counts = np.zeros_like(workspace.memory)
    workspace.memory[...] = 0.0
    for buffer in buffers(workspace):
        buffer += 1.0
    counts += workspace.memory
    assert counts.max() == 1.0
    assert counts.sum() == sum(buffer.size for buffer in buffers(workspace))


def test_point_at_reads_the_rows_of_the_caller(make_network, make_workspace, make_parameters):
    """`point_at` gives the scores of the rows in the buffer, without copying or changing the caller's."""
    network = make_network()
    workspace, parameters = make_workspace(network), make_parameters(network.layer_sizes)
    X = workspace.inputs.copy()
    X.flags.writeable = False
    expected = network.forward(parameters, workspace).copy()
    workspace.inputs[...] = np.nan
    workspace.point_at(X)
    np.testing.assert_array_equal(network.forward(parameters, workspace), expected)


@pytest.mark.parametrize("stack", [(), (2,)])
def test_a_workspace_goes_with_its_last_name(stack, make_network):
    """No reference cycle keeps a workspace's memory until the garbage collector happens to run."""
    gc.disable()
    try:
        workspace = Workspace(make_network(), 6, np.float64, stack=stack)
        workspace.leading(4)
        if stack:
            workspace.slot(1).leading(4)
        gone = weakref.ref(workspace)
        del workspace
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("n_activations", "n_keep_prob", "message"),
    [(1, 3, r"activations .* \(2\)\. Got 1"), (2, 2, r"keep_prob .* \(3\)\. Got 2")],
)
def test_each_layer_needs_its_own_settings(n_activations, n_keep_prob, message, make_network):
    """Too few activations or keep probabilities are an error that says how many it takes."""
    network = make_network((4, 6, 5, 3))
    with pytest.raises(ValueError, match=message):
        type(network)(network.layer_sizes, network.activations[:n_activations], network.loss, (1.0,) * n_keep_prob)


# A stack of networks is one network with a leading axis.


def descend(network, parameters, workspace, optimizer, *, alpha, rate):
    """Five steps with everything on; returns the objective before each."""
    gradient = ParameterVector(network.layer_sizes, np.empty_like(parameters.theta))
    penalty, values = L2(alpha), []
    optimizer.bind(parameters.theta)
    for _ in range(5):
        value = network.loss_and_gradient(parameters, gradient, workspace)
        values.append(value + penalty.value(parameters))
        penalty.add_gradient(parameters, gradient)
        clip_norm(gradient.theta, 2.0)
        optimizer.step(parameters.theta, gradient.theta, rate)
        MaxNorm(1.2).project(parameters, scratch=gradient)
    return np.array(values)


@pytest.mark.parametrize("stack", [(3,), (2, 2)])
@pytest.mark.parametrize("make_optimizer", [SGD, lambda: SGD(nesterov=False), RMSProp, Adam])
@pytest.mark.parametrize(
    ("activation", "loss"), [("relu", "multiclass"), ("gelu", "multilabel"), ("selu", "regression")]
)
def test_a_stack_trains_as_its_networks_do_alone(
    activation, loss, make_optimizer, stack, make_network, make_workspace, make_parameters, rng
):
    """K networks with their own weights, rows, masks, alpha and rate take the steps of K separate ones."""
    alpha, rate, sizes = rng.uniform(0.0, 1.0, (*stack, 1)), rng.uniform(0.01, 0.1, (*stack, 1)), (4, 6, 5, 3)
    together = make_network(sizes, activation, loss, (0.7, 1.0, 0.6))
    workspace, parameters = make_workspace(together, stack=stack), make_parameters(sizes, stack=stack)
    separate = parameters.copy()
    values = descend(together, parameters, workspace, make_optimizer(), alpha=alpha, rate=rate)
    for index in np.ndindex(*stack):
        alone = ParameterVector(sizes, separate.theta[index])
        own = copy_batch(workspace, Workspace(together, workspace.n_rows, np.float64), index)
        settings = {"alpha": alpha[index].item(), "rate": rate[index].item()}
        expected = descend(together, alone, own, make_optimizer(), **settings)
        np.testing.assert_allclose(values[(slice(None), *index)], expected, rtol=1e-12)
        np.testing.assert_allclose(parameters.theta[index], alone.theta, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n_rows", [20, 7])
def test_networks_of_a_stack_draw_into_their_slots_what_they_draw_alone(n_rows, make_network):
    """Each has its own keep probability in a short batch too; one that keeps everything draws nothing."""
    keep_probs = [(0.3, 1.0), (1.0, 0.8), (1.0, 1.0)]
    stack = Workspace(make_network((30, 5, 3), keep_prob=(0.3, 0.8)), 20, np.float64, stack=(3,))
    for number, keep_prob in enumerate(keep_probs):
        network = make_network((30, 5, 3), keep_prob=keep_prob)
        slot, alone = stack.slot(number).leading(n_rows), Workspace(network, n_rows, np.float64)
        rng = np.random.default_rng(number)
        draw_masks([network], [slot], rng)
        network.draw_masks(alone, np.random.default_rng(number))
        for layer, mask in enumerate(alone.masks):
            drawn = stack.leading(n_rows).masks[layer][number]
            np.testing.assert_array_equal(drawn, 1.0 if mask is None else mask)
    np.testing.assert_equal(rng.bit_generator.state, np.random.default_rng(number).bit_generator.state)


def test_weighted_loss_of_a_stack_is_one_number_per_network(make_network, make_workspace, make_parameters):
    """Loss with and without the gradient agree, network by network."""
    network = make_network()
    workspace, parameters = make_workspace(network, stack=(3,)), make_parameters(network.layer_sizes, stack=(3,))
    values = network.weighted_loss(parameters, workspace)
    assert values.shape == (3,)
    np.testing.assert_array_equal(values, evaluate(network, parameters, workspace)[0])
