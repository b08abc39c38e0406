"""skdeep.core.objective."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad
from scipy.sparse import csr_array, csr_matrix

from skdeep.core import L2, LOSSES, Network, Objective, ParameterVector, Rows, mean_loss

SIZES = (4, 5, 3)
each_loss = pytest.mark.parametrize("loss", LOSSES)


@pytest.fixture
def rows(rng, make_targets):
    return Rows(rng.normal(size=(11, 4)), make_targets("multiclass", (11, 3)), rng.uniform(0.5, 2, 11), np.arange(11))


@pytest.fixture
def theta(make_parameters):
    return make_parameters(SIZES).theta


def assert_same(one, other):
    assert one[0] == pytest.approx(other[0], rel=1e-13)
    np.testing.assert_allclose(one[1], other[1], rtol=1e-12, atol=1e-15)


def test_value_is_the_weighted_mean_loss_plus_the_penalty(rows, theta, make_network):
    """J = 1/m sum_i s_i loss_i + alpha / (2 m) ||W||^2 with m the sum of the weights."""
    W1, W2, b1, b2 = np.split(theta, [20, 35, 40])
    scores = np.tanh(rows.X @ W1.reshape(4, 5) + b1) @ W2.reshape(5, 3) + b2
    log_probabilities = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    m, alpha = rows.weight.sum(), 0.7
    expected = -(rows.weight @ (rows.Y * log_probabilities).sum(axis=1)) / m + alpha / (2 * m) * (W1 @ W1 + W2 @ W2)
    value, _ = Objective(make_network(SIZES), rows, L2(alpha / m))(theta)
    assert value == pytest.approx(expected, rel=1e-13)


@each_loss
@pytest.mark.parametrize("activation", ["tanh", "gelu", "silu", "logistic"])
def test_gradient_passes_the_check_of_scipy(activation, loss, rng, make_targets, make_network, theta):
    """The gradient, penalty included, belongs to the value."""
    rows = Rows(rng.normal(size=(6, 4)), make_targets(loss, (6, 3)), rng.uniform(0.5, 2.0, 6), np.arange(6))
    objective = Objective(make_network(SIZES, activation, loss), rows, L2(0.1))
    assert check_grad(lambda t: objective(t)[0], lambda t: objective(t)[1], theta) < 1e-6


def test_gradient_with_frozen_masks_passes_the_check_of_scipy(rows, theta, make_network, rng):
    """With dropout the workspace's masks are taken as they are, so the objective is a function of theta."""
    network = make_network(SIZES, keep_prob=(0.8, 0.5))
    objective = Objective(network, rows, L2(0.1))
    network.draw_masks(objective.workspace, rng)
    assert check_grad(lambda t: objective(t)[0], lambda t: objective(t)[1], theta) < 1e-6


@pytest.mark.parametrize("block_values", [1, 24, 40, 12 * 11])
def test_block_size_does_not_change_the_result(block_values, rows, theta, make_network, monkeypatch):
    """Rows computed one, two, three or all at a time give the same objective, gradient and mean loss."""
    whole = Objective(make_network(SIZES), rows, L2(0.1))(theta)
    whole_mean = mean_loss(make_network(SIZES), ParameterVector(SIZES, theta), rows)
    monkeypatch.setattr("skdeep.core.objective.BLOCK_VALUES", block_values)
    objective = Objective(make_network(SIZES), rows, L2(0.1))
    assert objective.workspace.n_rows == min(11, max(1, block_values // 12))
    assert_same(objective(theta), whole)
    assert mean_loss(make_network(SIZES), ParameterVector(SIZES, theta), rows) == pytest.approx(whole_mean, rel=1e-13)


def test_masks_are_for_all_rows_whatever_the_block_size(rows, theta, make_network, monkeypatch):
    """With dropout all rows are one block: a mask belongs to its row."""
    monkeypatch.setattr("skdeep.core.objective.BLOCK_VALUES", 1)
    objective = Objective(make_network(SIZES, keep_prob=(0.8, 0.5)), rows, L2(0.1))
    assert objective.workspace.masks[0].shape == (11, 4)


def test_weights_equal_repeated_rows(rng, make_targets, make_network, theta):
    """A row of weight k counts as k rows."""
    X, Y, counts = rng.normal(size=(5, 4)), make_targets("multiclass", (5, 3)), np.array([1.0, 3.0, 2.0, 0.0, 1.0])
    repeated = np.repeat(np.arange(5), counts.astype(int))
    weighted = Objective(make_network(SIZES), Rows(X, Y, counts, np.arange(5)), L2(0.1))(theta)
    assert_same(weighted, Objective(make_network(SIZES), Rows(X, Y, None, repeated), L2(0.1))(theta))


@given(st.floats(1e-3, 1e3))
def test_only_the_ratio_of_weights_counts(factor):
    """Multiplying all weights by one number changes neither mean loss nor objective without penalty."""
    rng = np.random.default_rng(0)
    X, Y, weight = rng.normal(size=(6, 3)), rng.normal(size=(6, 2)), rng.uniform(0.5, 2.0, 6)
    network, theta = Network((3, 2), (), LOSSES["regression"], (1.0,)), rng.normal(size=8)
    plain, scaled = (Rows(X, Y, s, np.arange(6)) for s in (weight, factor * weight))
    assert_same(Objective(network, scaled, L2(0.0))(theta), Objective(network, plain, L2(0.0))(theta))


@pytest.mark.parametrize("make_sparse", [csr_array, csr_matrix])
def test_sparse_equals_dense(make_sparse, rng, make_targets, make_network, theta):
    """CSR rows give what the same dense rows give, zero rows included."""
    X, Y = rng.normal(size=(9, 4)) * rng.integers(0, 2, (9, 4)), make_targets("multiclass", (9, 3))
    X[4] = 0.0
    dense, sparse = (Rows(rows, Y, None, np.arange(9)) for rows in (X, make_sparse(X)))
    one = Objective(make_network(SIZES), sparse, L2(0.1))(theta)
    assert_same(one, Objective(make_network(SIZES), dense, L2(0.1))(theta))


def test_only_the_numbered_rows_count(rows, theta, make_network):
    """The objective over some numbers is that over a copy of those rows."""
    numbers = np.array([7, 2, 9])
    part = Objective(make_network(SIZES), Rows(rows.X, rows.Y, rows.weight, numbers), L2(0.1))(theta)
    copied = Rows(rows.X[numbers], rows.Y[numbers], rows.weight[numbers], np.arange(3))
    assert_same(part, Objective(make_network(SIZES), copied, L2(0.1))(theta))


def test_every_call_returns_a_gradient_of_its_own(rows, theta, make_network):
    """A later call does not write into the gradient of an earlier one."""
    objective = Objective(make_network(SIZES), rows, L2(0.1))
    _, gradient = objective(theta)
    before = gradient.copy()
    objective(theta + 1.0)
    np.testing.assert_array_equal(gradient, before)


def test_theta_is_only_read(rows, theta, make_network):
    """Evaluating the objective leaves theta alone."""
    theta.flags.writeable = False
    value, _ = Objective(make_network(SIZES), rows, L2(0.1))(theta)
    assert np.isfinite(value)


@pytest.mark.parametrize("keep_prob", [(1.0, 1.0), (0.5, 0.5)])
def test_mean_loss_is_the_objective_without_penalty_and_dropout(keep_prob, rows, theta, make_network):
    """`mean_loss` adds no penalty and drops no unit."""
    expected, _ = Objective(make_network(SIZES), rows, L2(0.0))(theta)
    found = mean_loss(make_network(SIZES, keep_prob=keep_prob), ParameterVector(SIZES, theta), rows)
    assert found == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("copy", [deepcopy, lambda objective: pickle.loads(pickle.dumps(objective))])
@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("activation", ["relu", "tanh", "silu"])
def test_a_copy_gives_the_same_and_leaves_the_original_alone(rows, theta, make_network, activation, used, copy):
    """Views do not survive a pickle or a deepcopy, so a workspace must make its own anew."""
    objective = Objective(make_network(SIZES, activation), rows, L2(0.1))
    expected = objective(theta)
    if not used:
        objective = Objective(make_network(SIZES, activation), rows, L2(0.1))
    copied = copy(objective)
    assert_same(copied(theta), expected)
    copied(theta + 1.0)
    assert_same(objective(theta), expected)
