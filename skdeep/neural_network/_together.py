"""Fits of several networks at once: those of the same layers are trained as a stack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from time import perf_counter
from typing import Any

import numpy as np

from ..core import networks_at_once
from ._base import BaseDeepMLP
from ._parameters import check_parameters, hidden_sizes, keep_probs
from ._stack import optimise_together, stack_key
from ._training import FEWEST_ROWS, Training, computing_dtype, optimise


@dataclass(eq=False)
class NetworkFit:
    """One fit to be done.

    Parameters
    ----------
    network : DeepMLPClassifier or DeepMLPRegressor
        Not yet fitted; fitted in place.
    X, y : array-like
        As for its `fit`. Fits on the very same objects share what has been made of them.
    fit_params : dict
        What else `fit` takes: sample weights, dev rows.

    Attributes
    ----------
    error : Exception or None
        What went wrong in it; the network is then not fitted.
    seconds : float
        What it took, and of what several fits did together its share.
    """

    network: BaseDeepMLP
    X: Any
    y: Any
    fit_params: Mapping[str, Any] = field(default_factory=dict)
    error: Exception | None = field(default=None, init=False)
    seconds: float = field(default=0.0, init=False)


def pays_to_stack(network: BaseDeepMLP, n_features: int) -> bool:
    """Whether a network is small enough that a stack trains it faster than it would train alone.

    Parameters
    ----------
    network : DeepMLPClassifier or DeepMLPRegressor
        Not fitted.
    n_features : int
        About how many columns its rows will have.

    Returns
    -------
    bool
        True where its parameters are wrong, too: its fit will say so.
    """
    parameters = network._own_parameters()
    try:
        check_parameters(parameters)
    except ValueError:
        return True
    batch_size = FEWEST_ROWS if parameters["batch_size"] == "auto" else parameters["batch_size"]
    sizes = (n_features, *hidden_sizes(parameters), 1)
    return networks_at_once(sizes, batch_size, dropout=min(keep_probs(parameters)) < 1.0) > 1


def fit_together(fits: Sequence[NetworkFit], report: Callable[[str], None] | None = None) -> None:
    """Fit all networks: each is then as after its own `fit`, up to rounding and what a later fit would draw.

    Networks of the same layers on as many rows each are trained as a stack, with a leading axis over networks; the
    others one by one: L-BFGS, what calls the user's functions or prints in every epoch, and what Ctrl-C is to end with
    its best weights.

    Parameters
    ----------
    fits : sequence of NetworkFit
        Changed in place. Those on the same rows side by side.
    report : callable (line) -> None, default=None
        Hears of every stack that is done.
    """
    runs: dict[NetworkFit, Training] = {}
    validated: dict[Hashable, tuple[BaseDeepMLP, tuple[Any, Any, Any]]] = {}
    groups: dict[Hashable, list[NetworkFit]] = defaultdict(list)
    for fit in fits:
        started = perf_counter()
        try:
            runs[fit] = _start(fit, validated)
        except Exception as error:  # of this fit alone
            fit.error = error
        else:
            key = stack_key(runs[fit])
            groups[fit if key is None else key].append(fit)
        fit.seconds = perf_counter() - started
    stacks = [stack for group in groups.values() for stack in _cut(group, runs[group[0]])]
    for number, stack in enumerate(stacks, 1):
        started = perf_counter()
        layers = "-".join(map(str, runs[stack[0]].model.network.layer_sizes))
        _train(stack, [runs.pop(fit) for fit in stack])
        if report is not None:
            report(f"stack {number}/{len(stacks)}: {len(stack)} x {layers}, {perf_counter() - started:.1f} s")


def _start(fit: NetworkFit, validated: dict[Hashable, tuple[BaseDeepMLP, tuple[Any, Any, Any]]]) -> Training:
    """The training of a fit, on rows that are validated and converted once for all fits on them."""
    network, given = fit.network, dict(fit.fit_params)
    weight = given.pop("sample_weight", None)
    parameters = network._own_parameters()
    check_parameters(parameters)
    key = (type(network), id(fit.X), id(fit.y), id(weight), computing_dtype(parameters))
    if key not in validated:
        validated[key] = network, network._validate_rows(fit.X, fit.y, weight, reset=True)
    first, rows = validated[key]
    for name in ("n_features_in_", "feature_names_in_"):
        if hasattr(first, name):
            setattr(network, name, getattr(first, name))
    dev = {"X_val": None, "y_val": None, "sample_weight_val": None}
    return network._start_on(*rows, **{**dev, **given}, continues=False)


def _cut(group: Sequence[NetworkFit], training: Training) -> Iterator[Sequence[NetworkFit]]:
    """The fits in stacks, those on the same rows in one where they are not too many."""
    at_once = networks_at_once(training.model.network.layer_sizes, training.batch_size, dropout=True)
    stack: list[NetworkFit] = []
    for _, fits in groupby(group, key=lambda fit: id(fit.X)):
        run = list(fits)
        if stack and len(stack) + len(run) > at_once:
            yield stack
            stack = []
        if len(run) <= at_once:
            stack += run
            continue
        # The nearest number of stacks: one that is half as large again draws its masks and gathers its rows but once.
        for part in np.array_split(np.arange(len(run)), max(1, round(len(run) / at_once))):
            yield [run[number] for number in part]
    if stack:
        yield stack


def _train(fits: Sequence[NetworkFit], runs: Sequence[Training]) -> None:
    errors = optimise_together(runs) if len(fits) > 1 else [_error_of(partial(optimise, runs[0]))]
    for fit, training, error in zip(fits, runs, errors, strict=True):
        fit.seconds += sum(training.model.history.seconds)
        fit.error = error
        if error is None:
            fit.network._finish(training)


def _error_of(action: Callable[[], None]) -> Exception | None:
    """What an action raises: it ends one fit, and no other."""
    try:
        action()
    except Exception as error:
        return error
    return None
