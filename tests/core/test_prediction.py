"""skdeep.core.prediction."""

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix

from skdeep.core import Workspace, dropout_moments, layer_outputs, raw_scores

SIZES = (4, 5, 3)


@pytest.fixture
def parameters(make_parameters):
    return make_parameters(SIZES)


def by_hand(parameters, X):
    (W1, W2), (b1, b2) = parameters.weights, parameters.biases
    return np.tanh(X @ W1 + b1) @ W2 + b2


@pytest.mark.parametrize("n_rows", [1, 2, 17])
def test_scores_are_those_of_the_formula(n_rows, parameters, make_network, rng):
    """Scores are tanh(X W + b) W + b, one row each."""
    X = rng.normal(size=(n_rows, 4))
    np.testing.assert_allclose(raw_scores(make_network(SIZES), parameters, X), by_hand(parameters, X), rtol=1e-12)


@pytest.mark.parametrize("block_values", [1, 36, 12 * 16, 12 * 17])
@pytest.mark.parametrize("make", [np.asarray, csr_array])
def test_block_size_does_not_change_the_scores(make, block_values, parameters, make_network, rng, monkeypatch):
    """Rows computed one, three, sixteen or all at a time give the same scores."""
    X = rng.normal(size=(17, 4))
    monkeypatch.setattr("skdeep.core.objective.BLOCK_VALUES", block_values)
    scores = raw_scores(make_network(SIZES), parameters, make(X))
    np.testing.assert_allclose(scores, by_hand(parameters, X), rtol=1e-12)


@pytest.mark.parametrize("make_sparse", [csr_array, csr_matrix])
def test_sparse_equals_dense(make_sparse, parameters, make_network, rng):
    """CSR rows give the scores of the same dense rows, zero rows included."""
    X = rng.normal(size=(9, 4)) * rng.integers(0, 2, (9, 4))
    X[3] = 0.0
    network = make_network(SIZES)
    sparse = raw_scores(network, parameters, make_sparse(X))
    np.testing.assert_array_equal(sparse, raw_scores(network, parameters, X))


@pytest.mark.parametrize("trained_in", [np.float32, np.float64])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_scores_have_the_precision_of_the_rows(dtype, tolerance, trained_in, parameters, make_network, rng):
    """The precision of X decides, not that of the training."""
    trained, X = parameters.astype(trained_in), rng.normal(size=(6, 4)).astype(dtype)
    scores = raw_scores(make_network(SIZES), trained, X)
    assert scores.dtype == dtype
    expected = by_hand(trained.astype(np.float64), X.astype(np.float64))
    np.testing.assert_allclose(scores, expected, rtol=tolerance, atol=tolerance)


def test_parameters_are_converted_before_they_are_used(parameters, make_network, rng):
    """Float32 rows meet float32 parameters: the scores are those of a network rounded first, bit for bit."""
    X = rng.normal(size=(50, 4)).astype(np.float32)
    scores = raw_scores(make_network(SIZES), parameters, X)
    np.testing.assert_array_equal(scores, raw_scores(make_network(SIZES), parameters.astype(np.float32), X))


def test_dropout_is_off(parameters, make_network, rng):
    """A network with dropout scores as one without."""
    X = rng.normal(size=(6, 4))
    dropping = raw_scores(make_network(SIZES, keep_prob=(0.5, 0.5)), parameters, X)
    np.testing.assert_array_equal(dropping, raw_scores(make_network(SIZES), parameters, X))


@pytest.mark.parametrize(
    "lay_out", [np.asfortranarray, lambda X: np.repeat(X, 2, axis=0)[::2], lambda X: X[::-1][::-1]]
)
def test_the_memory_layout_of_the_rows_does_not_matter(lay_out, parameters, make_network, rng):
    """Columns first or every second row of a table: the scores are those of the values."""
    X = rng.normal(size=(6, 4))
    scores = raw_scores(make_network(SIZES), parameters, lay_out(X))
    np.testing.assert_allclose(scores, by_hand(parameters, X), rtol=1e-12)


@pytest.mark.parametrize("layer_sizes", [SIZES, (4, 3)])
def test_the_rows_are_only_read(layer_sizes, make_parameters, make_network, rng):
    """X may be read-only, and the scores are an array of their own."""
    X = rng.normal(size=(6, 4))
    X.flags.writeable = False
    scores = raw_scores(make_network(layer_sizes), make_parameters(layer_sizes), X)
    assert not np.shares_memory(scores, X)


def test_no_rows_give_no_scores(parameters, make_network):
    """An empty table has scores of shape (0, n_outputs)."""
    assert raw_scores(make_network(SIZES), parameters, np.empty((0, 4))).shape == (0, 3)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("block_values", [36, 12 * 17])
def test_a_layer_hands_on_what_the_formula_gives(layer, block_values, parameters, make_network, rng, monkeypatch):
    """Layer 0 is the rows, layer 1 tanh(X W + b), whatever the blocks, and without dropout."""
    X = rng.normal(size=(17, 4))
    monkeypatch.setattr("skdeep.core.objective.BLOCK_VALUES", block_values)
    expected = [X, np.tanh(X @ parameters.weights[0] + parameters.biases[0])][layer]
    outputs = layer_outputs(make_network(SIZES, keep_prob=(0.5, 0.5)), parameters, X, layer)
    np.testing.assert_allclose(outputs, expected, rtol=1e-12)


def test_no_rows_have_no_moments(parameters, make_network, rng):
    """An empty table has means and deviations of shape (0, n_outputs)."""
    network = make_network(SIZES, keep_prob=(0.5, 0.5))
    for moment in dropout_moments(network, parameters, np.empty((0, 4)), np.copy, n_samples=2, rng=rng):
        assert moment.shape == (0, 3)


@pytest.mark.parametrize("n_samples", [1, 2, 30])
def test_dropout_moments_are_those_of_the_samples(n_samples, parameters, make_network, rng):
    """Mean and spread of the scores that the formula gives with the same masks, drawn input first."""
    X, network = rng.normal(size=(6, 4)), make_network(SIZES, keep_prob=(0.8, 0.5))
    draws, drawn = np.random.default_rng(1), Workspace(network, 6, np.float64)
    samples = []
    for _ in range(n_samples):
        network.draw_masks(drawn, draws)
        (W1, W2), (b1, b2) = parameters.weights, parameters.biases
        samples.append((np.tanh(X * drawn.masks[0] @ W1 + b1) * drawn.masks[1]) @ W2 + b2)
    mean, deviation = dropout_moments(
        network, parameters, X, np.copy, n_samples=n_samples, rng=np.random.default_rng(1)
    )
    np.testing.assert_allclose(mean, np.mean(samples, axis=0), rtol=1e-12)
    np.testing.assert_allclose(deviation, np.std(samples, axis=0), rtol=1e-9, atol=1e-15)
