"""What to change in a network whose signal or gradient does not get through, and what that would give: measured."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from .._input_scales import input_warnings
from ..neural_network._base import BaseDeepMLP
from ..neural_network._parameters import hidden_activations
from .layers import MOST_ALIKE, Advice, LayerFlow, flow_factors, flow_verdicts
from .measure import measure

#: A first step that moves a layer's weights by more than this share of their size.
LARGEST_STEP, GOOD_STEP = 0.3, 0.03
#: The share of a layer's units from which on dead or saturated units are a problem.
MOST_IDLE = 0.8
#: What to try where initial weights alone do not help.
ACTIVATIONS_TO_TRY = ("relu", "selu", "silu")
#: What sparse rows need whose means are far from 0.
MAKE_DENSE = "make the rows dense and put a StandardScaler before the network"
#: Sparse rows of so many values may be made dense to be centred: 800 MB.
MOST_DENSE = 10**8


def advise(
    network: BaseDeepMLP, X: Any, y: Any, sample_weight: Any, layers: tuple[LayerFlow, ...], *, scaled: bool
) -> tuple[Advice, ...]:
    """Advice for what is wrong, most important first.

    Parameters
    ----------
    network : DeepMLPClassifier or DeepMLPRegressor
        What was measured; not changed.
    X, y, sample_weight : array-like
        On which rows.
    layers : tuple of LayerFlow
        What was found.
    scaled : bool
        Whether the inputs are normalised.

    Returns
    -------
    tuple of Advice
        Empty where nothing is wrong.
    """
    found: list[Advice] = []
    if not scaled:
        # All that follows is for the inputs as they should be: nothing else makes up for them.
        X, action = _scale(X)
        measured = _measured(network, X, y, sample_weight, {})
        found.append(Advice("the inputs are not normalised", action, {}, _outcome(measured)))
        if measured is None:
            return tuple(found)
        network, layers = clone(network), measured
    if problem := flow_problem(layers):
        found += _initialise(network, X, y, sample_weight, problem)
    return (*found, *_slow_down(network, X, y, sample_weight, layers))


def is_network(estimator: object) -> bool:
    """Whether an estimator is one whose flow can be measured."""
    return isinstance(estimator, BaseDeepMLP)


def cures_of(network: BaseDeepMLP, X: Any, y: Any, *, scaled: bool) -> tuple[Advice, ...]:
    """What would help a network that has learnt too little, as far as the flow through it can tell.

    Parameters
    ----------
    network : DeepMLPClassifier or DeepMLPRegressor
        Fitted or not; not changed.
    X, y : array-like
        Some rows as they reach it; a few hundred are plenty.
    scaled : bool
        Whether the inputs are normalised.

    Returns
    -------
    tuple of Advice
        By the flow before training; where that is healthy and the one after it is not, by the latter.
    """
    fresh = clone(network)
    first = measure(fresh, X, y)
    found = advise(fresh, X, y, None, first, scaled=scaled)
    if found or not network.__sklearn_is_fitted__():
        return found
    problem = flow_problem(measure(network, X, y))
    return (_come_in_training(problem, first),) if problem else ()


def flow_problem(layers: tuple[LayerFlow, ...]) -> str:
    """What is wrong with the flow, in words; empty where it is healthy."""
    verdicts = zip(("signal", "gradient"), flow_verdicts(layers), strict=True)
    found = [f"the {what} is {verdict}" for what, verdict in verdicts if verdict != "healthy"]
    hidden = layers[:-1]
    for what in ("dead", "saturated"):
        share = max((getattr(layer, what) for layer in hidden), default=0.0)
        if share > MOST_IDLE:
            found.append(f"{share:.0%} of a layer's units are {what}")
    if (share := max(layer.alike for layer in layers)) > MOST_ALIKE:
        found.append(f"{share:.0%} of a layer's units have the same weights, and so the same gradient ever after")
    return ", ".join(found)


def _measured(
    network: BaseDeepMLP, X: Any, y: Any, sample_weight: Any, parameters: dict[str, Any]
) -> tuple[LayerFlow, ...] | None:
    """The figures of a network that is not fitted, with other parameters; None where these rows do not allow a fit."""
    try:
        return measure(clone(network).set_params(**parameters), X, y, sample_weight)
    except ValueError:
        return None


def _outcome(layers: tuple[LayerFlow, ...] | None) -> str:
    if layers is None:
        return "What it would give cannot be measured on these rows alone."
    return f"Measured with it, before training: {_state(layers)}."


def _state(layers: tuple[LayerFlow, ...]) -> str:
    signal, gradient = flow_factors(layers)
    return f"{flow_problem(layers) or 'healthy'} (signal x {signal:.2g}, gradient x {gradient:.2g})"


def _scale(X: Any) -> tuple[Any, str]:
    """The rows with their scales put right, and what does so."""
    if not issparse(X):
        return StandardScaler().fit_transform(X), "put a StandardScaler before the network"
    scaled = StandardScaler(with_mean=False).fit_transform(X)
    if np.prod(X.shape) <= MOST_DENSE and input_warnings(scaled, constants=False):
        dense = StandardScaler().fit_transform(X.toarray())
        return dense, MAKE_DENSE
    return scaled, "put a StandardScaler(with_mean=False) before the network"


def _initialise(network: BaseDeepMLP, X: Any, y: Any, sample_weight: Any, problem: str) -> Iterator[Advice]:
    """The initialisation that suits the activation; another activation where that does not help."""
    if network.__sklearn_is_fitted__():
        first = _measured(network, X, y, sample_weight, {})
        if first is not None and not flow_problem(first):
            yield _come_in_training(problem, first)
            return
    tries: list[tuple[str, dict[str, Any]]] = []
    if network.init != "auto":
        suits = ", ".join(dict.fromkeys(layer_schemes(network)))
        tries.append((f"set init='auto', which is {suits} here", {"init": "auto"}))
    for activation in ACTIVATIONS_TO_TRY:
        action = f"set activation={activation!r} with init='auto'"
        tries.append((action, {"activation": activation, "init": "auto"}))
    for action, parameters in tries:
        layers = _measured(network, X, y, sample_weight, parameters)
        if layers is not None and not flow_problem(layers):
            yield Advice(problem, action, parameters, _outcome(layers))
            return
    yield Advice(problem, "use fewer or wider layers", {}, "No initialisation and no activation tried helps by itself.")


def _come_in_training(problem: str, first: tuple[LayerFlow, ...]) -> Advice:
    action = "train again, with a lower learning_rate_init, clip_norm or another alpha"
    return Advice(problem, action, {}, f"It has come in training. Measured before: {_state(first)}.")


def layer_schemes(network: BaseDeepMLP) -> list[str]:
    """The names of the initialisations that suit the activation of each hidden layer."""
    return [activation.initializer for activation in hidden_activations(network.get_params(deep=False))]


def _slow_down(
    network: BaseDeepMLP, X: Any, y: Any, sample_weight: Any, layers: tuple[LayerFlow, ...]
) -> Iterator[Advice]:
    """A lower rate where a first step moves a layer too far; steps are in proportion to the rate."""
    if network.max_norm is not None and _largest_step(layers) > LARGEST_STEP:
        # What the projection does to the first weights is no matter of the rate.
        layers = measure(copy(network).set_params(max_norm=None), X, y, sample_weight)
    ratio = _largest_step(layers)
    if not LARGEST_STEP < ratio < float("inf"):
        return
    problem = f"the first step would move a layer's weights by {ratio:.0%} of their size"
    if callable(network.learning_rate):
        yield Advice(problem, "have learning_rate return less", {}, "Steps are in proportion to it.")
    else:
        rate = float(f"{network.learning_rate_init * GOOD_STEP / ratio:.1g}")
        outcome = f"Steps are in proportion to it: that would be {ratio * rate / network.learning_rate_init:.0%}."
        yield Advice(problem, f"set learning_rate_init={rate:g}", {"learning_rate_init": rate}, outcome)


def _largest_step(layers: tuple[LayerFlow, ...]) -> float:
    return max((layer.step_ratio for layer in layers if layer.weight_norm > 0), default=0.0)
