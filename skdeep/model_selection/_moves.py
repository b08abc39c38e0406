"""How the value of a hyperparameter moves: up, down, on, off, as far as it makes sense."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

from ._estimator_path import Subject

#: No more dropout than this; it leaves too little of a layer to learn from.
LEAST_KEEP_PROB = 0.3
#: Neither a leaf nor a neighbourhood may hold more than this share of the rows: predictions would hardly differ.
MOST_OF_ROWS = 0.1

#: New values for some parameters of the predictor, {} for a change that is none of parameters, None for no change.
Moved = dict[str, Any] | None
Move = Callable[[Subject], Moved]


def _moved(value: float, factor: float, limit: float) -> float | None:
    """The value times the factor, no further than the limit; None where that is not the way the factor points."""
    new = min(value * factor, limit) if factor > 1 else max(value * factor, limit)
    return new if new != value and (new > value) == (factor > 1) else None


def number(name: str, factor: float, limit: float, start: float | None = None) -> Move:
    """Multiply a number; one that is zero becomes `start`. For "auto" it is what the fitted estimator made of it."""

    def move(subject: Subject) -> Moved:
        value = subject.parameters.get(name)
        if isinstance(value, str):
            value = getattr(subject.fitted, f"{name}_", None)
        if not isinstance(value, Real) or not isfinite(value):
            return None
        new = start if value == 0 else _moved(float(value), factor, limit)
        return None if new is None else {name: float(f"{new:.6g}")}

    return move


def count(name: str, factor: float, limit: float = 1) -> Move:
    """Multiply a whole number."""

    def move(subject: Subject) -> Moved:
        value = subject.parameters.get(name)
        new = _moved(int(value), factor, limit) if isinstance(value, Integral) else None
        return None if new is None else {name: round(new)}

    return move


def rows(name: str, factor: float) -> Move:
    """Multiply a number of rows, up to a share of those that there are."""

    def move(subject: Subject) -> Moved:
        limit = inf if subject.n_rows is None else int(subject.n_rows * MOST_OF_ROWS)
        return count(name, factor, limit)(subject)

    return move


def longer(name: str, factor: float, done: str = "n_iter_") -> Move:
    """Raise a number of iterations, where the last training needed all that it had."""

    def move(subject: Subject) -> Moved:
        used = getattr(subject.fitted, done, None)
        ran_out = subject.unfinished or used is None or np.max(used) >= (subject.parameters.get(name) or 0)
        return count(name, factor, 1_000_000)(subject) if ran_out else None

    return move


def ended_by_callback(subject: Subject) -> Moved:
    """A callback ended the last training: no parameter makes it longer."""
    return {} if getattr(subject.fitted, "stop_reason_", "") == "callback" else None


def unless(other: Move, move: Move) -> Move:
    """The move, where the other one is not possible."""
    return lambda subject: move(subject) if other(subject) is None else None


def switch(name: str, value: Any, *, present: tuple[Any, ...]) -> Move:
    """Set a parameter that now has one of the `present` values, of the same type: max_features=1 is not 1.0."""

    def move(subject: Subject) -> Moved:
        old = subject.parameters.get(name, inf)
        return {name: value} if any(type(old) is type(one) and old == one for one in present) else None

    return move


def first(*moves: Move) -> Move:
    """The first move that is possible."""
    return lambda subject: next((new for move in moves if (new := move(subject)) is not None), None)


def stochastic(move: Move) -> Move:
    """A move that means nothing to L-BFGS."""
    return lambda subject: None if subject.parameters.get("solver") == "lbfgs" else move(subject)


def advice_only(subject: Subject) -> Moved:
    """A change that no parameter makes."""
    return {}


def _sizes(subject: Subject) -> tuple[int, ...]:
    return tuple(int(size) for size in np.atleast_1d(subject.parameters["hidden_layer_sizes"]))


def layers(factor: float, limit: int) -> Move:
    """Multiply the units of every layer."""

    def move(subject: Subject) -> Moved:
        sizes = _sizes(subject)
        new = tuple(round(_moved(size, factor, limit) or size) for size in sizes)
        return {"hidden_layer_sizes": new} if new != sizes else None

    return move


def deeper(subject: Subject) -> Moved:
    """One layer more, where no other parameter lists the layers."""
    sizes = _sizes(subject)
    listed = any(np.ndim(subject.parameters.get(name, 0)) for name in ("activation", "keep_prob"))
    return None if listed or len(sizes) >= 8 else {"hidden_layer_sizes": (*sizes, *(sizes[-1:] or (100,)))}


def keep_prob(step: float) -> Move:
    """More or less dropout, in every layer."""

    limit = 1.0 if step > 0 else LEAST_KEEP_PROB

    def shifted(keep: float) -> float:
        return keep if (keep - limit) * step >= 0 else round(min(max(keep + step, LEAST_KEEP_PROB), 1.0), 2)

    def move(subject: Subject) -> Moved:
        old = subject.parameters["keep_prob"]
        new = list(map(shifted, old)) if np.ndim(old) else shifted(old)
        return {"keep_prob": new} if _sizes(subject) and np.any(np.not_equal(new, old)) else None

    return move


def slower_network(subject: Subject) -> Moved:
    """A tenth of the learning rate, unless it is a function."""
    planned = callable(subject.parameters["learning_rate"])  # the rate is the user's own function
    return None if planned else number("learning_rate_init", 0.1, 1e-6)(subject)


def suitable_init(subject: Subject) -> Moved:
    """Schemes that suit, unless they do already; what they are now may be a function."""
    return None if subject.parameters["init"] == "auto" else {"init": "auto"}


def constant_rate(subject: Subject) -> Moved:
    """SGDClassifier's "optimal" rate begins high and heeds no eta0."""
    optimal = subject.parameters["learning_rate"] == "optimal"
    return {"learning_rate": "adaptive", "eta0": 0.01} if optimal else number("eta0", 0.1, 1e-8)(subject)


def l2_penalty(subject: Subject) -> Moved:
    """The penalty that linear models mostly have, in place of none."""
    return {"penalty": "l2"} if subject.parameters.get("penalty", "") is None else None


def finite_c(subject: Subject) -> Moved:
    """C of 1 in place of infinity, which is no penalty."""
    return {"C": 1.0} if subject.parameters.get("C") == inf else None


def half_depth(subject: Subject) -> Moved:
    """Half of the depth that the fitted tree, or the deepest of a forest, has reached."""
    trees = getattr(subject.fitted, "estimators_", [subject.fitted])
    reached = max((tree.get_depth() for tree in trees if tree is not None), default=0)
    allowed = subject.parameters["max_depth"] or reached
    depth = min(allowed, reached or allowed) // 2
    return {"max_depth": int(depth)} if depth else None


def stop_trees_early(subject: Subject) -> Moved:
    """On, unless "auto" has it on already."""
    is_on = getattr(subject.fitted, "do_early_stopping_", False)
    return None if is_on else switch("early_stopping", True, present=(False, "auto"))(subject)
