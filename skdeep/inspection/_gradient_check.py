"""Checks the gradient that our estimators train by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..core import GradientCheckResult, ParameterVector, compare_gradient
from ..neural_network._objective import objective_of
from ._subject import network_and_rows

BIAS_DEVIATION = 0.1  # of the biases at which a network is checked that is not fitted


def check_gradient(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    epsilon: float | None = None,
    n_directions: int | None = None,
    random_state: Any = None,
) -> GradientCheckResult:
    """Compare the gradient that a network trains by with two-sided differences of its objective, layer by layer.

    The objective is that of `fit`, on all rows at once: sample and class weights, label smoothing and the L2 penalty
    included. Dropout stays on, with masks that are drawn once and then kept. Augmentation is left out. All is computed
    in float64 whatever `dtype` says.

    Parameters
    ----------
    estimator : DeepMLPClassifier, DeepMLPRegressor or Pipeline that ends in one
        Before `fit` its gradient is checked at freshly drawn weights, and at biases drawn beside them: at biases of
        zero, units that no input reaches would stand on relu's kink. After `fit` it is checked where the training
        ended. The course advises both. It is not changed.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows; a hundred are plenty.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Target.
    sample_weight : array-like of shape (n_samples,), default=None
        What each row counts.
    epsilon : float, default=None
        The step of the differences; see `skdeep.core.check_gradient`.
    n_directions : int, default=None
        Along how many random directions to check instead of every coordinate; see there.
    random_state : None, int or Generator, default=None
        Draws dropout's masks and the directions; what `numpy.random.default_rng` takes.

    Returns
    -------
    GradientCheckResult
        True where the gradient is correct; print it. Its blocks are the weights and the biases of each layer. Where a
        unit's input changes its side of the activation's kink between two probes (relu, leaky_relu, selu), the
        difference says nothing: it is counted in `n_kinks` and set aside.

    Raises
    ------
    TypeError
        When there is no network of ours to check.
    ValueError
        When a parameter of the estimator or an input breaks its rule.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DeepMLPClassifier
    >>> from skdeep.inspection import check_gradient
    >>> X, y = load_iris(return_X_y=True)
    >>> network = DeepMLPClassifier((8,), keep_prob=0.8, random_state=0)
    >>> result = check_gradient(network, X, y, random_state=0)
    >>> result.verdict, result.n_checked
    ('correct', 67)
    """
    network, X, _ = network_and_rows(estimator, X, y)
    objective, parameters = objective_of(network, X, y, sample_weight)
    # Weights that `fit` leaves at zero have a derivative all the same.
    objective.network = replace(objective.network, silent_inputs=())
    rng = np.random.default_rng(random_state)
    objective.network.draw_masks(objective.workspace, rng)
    if not network.__sklearn_is_fitted__():
        biases = parameters.theta[parameters.n_weights :]
        biases[...] = rng.normal(0.0, BIAS_DEVIATION, biases.size)
    return compare_gradient(
        objective(parameters.theta)[1],
        objective.probe,
        parameters.theta,
        epsilon=epsilon,
        n_directions=n_directions,
        blocks=layer_blocks(parameters),
        shapes={f"layer {layer} weights": W.shape for layer, W in enumerate(parameters.weights, start=1)},
        random_state=rng,
    )


def layer_blocks(parameters: ParameterVector) -> dict[str, slice]:
    """Where in theta the weights and the biases of each layer lie, first layer first."""
    weights, biases, blocks = 0, parameters.n_weights, {}
    for layer, (W, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True), start=1):
        blocks[f"layer {layer} weights"] = slice(weights, weights + W.size)
        blocks[f"layer {layer} biases"] = slice(biases, biases + b.size)
        weights, biases = weights + W.size, biases + b.size
    return blocks
