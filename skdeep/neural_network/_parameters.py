"""The estimators' parameters: one table of rules, the checks across parameters, and what each name stands for."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils import check_random_state

from .._rules import Rule, boolean, finite_positive, interval, is_count, is_number, is_sequence, one_of
from ..augmentation import apply_checked, is_augmenter
from ..core import (
    ACTIVATIONS,
    INITIALIZERS,
    L2,
    SCHEDULES,
    SGD,
    Activation,
    Adam,
    MaxNorm,
    Network,
    Optimizer,
    RMSProp,
)
from ..core.activations import get_activation
from ..core.batches import Augment
from ..core.losses import Loss
from ..core.parameters import Initializer
from ..core.schedules import Restarted, Schedule

#: The estimator's parameters by name.
Hyperparameters = dict[str, Any]

SOLVERS = ("adam", "adamw", "lbfgs", "rmsprop", "sgd")
DTYPES = ("float32", "float64")
AUTO_ALPHA = 3.2  # "auto" for one output, or two classes
PLANNED = ("cosine", "exponential", "warmup_cosine")  # schedules that need to know when the training ends


def _sizes_hold(value: Any) -> bool:
    return is_count(value) or (is_sequence(value) and all(map(is_count, value)))


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"


_KEEP_PROB = "in (0, 1]; 1.0 turns dropout off"

#: Every parameter of the estimators, once.
RULES: dict[str, Rule] = {
    "hidden_layer_sizes": Rule("a positive integer or a sequence of them, one per hidden layer", _sizes_hold),
    "activation": Rule(
        "one of " + ", ".join(map(repr, ACTIVATIONS)),
        lambda value: isinstance(value, str) and value in ACTIVATIONS,
        per_layer=True,
    ),
    "init": one_of(("auto", *INITIALIZERS), or_callable="a callable (rng, fan_in, fan_out) -> array"),
    "alpha": Rule(
        "'auto' or a finite number of at least 0", lambda value: _is_auto(value) or is_number(value, 0.0, closed="left")
    ),
    "keep_prob": Rule(_KEEP_PROB, lambda value: is_number(value, 0.0, 1.0, closed="right"), per_layer=True),
    "input_keep_prob": interval(_KEEP_PROB, 0.0, 1.0, closed="right"),
    "max_norm": finite_positive(" or None", optional=True),
    "label_smoothing": interval("in [0, 1)", 0.0, 1.0, closed="left"),
    "augment": Rule(
        "None or a callable (X_batch, y_batch, rng) that changes the mini-batch in place, an object and not a class",
        lambda value: value is None or is_augmenter(value),
    ),
    "class_weight": Rule(
        "None, 'balanced' or a dict of class -> weight",
        lambda value: value is None or isinstance(value, dict) or (isinstance(value, str) and value == "balanced"),
    ),
    "solver": one_of(SOLVERS),
    "learning_rate": one_of(tuple(SCHEDULES), or_callable="a callable step -> rate"),
    "learning_rate_init": finite_positive(),
    "momentum": interval("in [0, 1)", 0.0, 1.0, closed="left"),
    "nesterovs_momentum": boolean(),
    "beta_1": interval("in [0, 1)", 0.0, 1.0, closed="left"),
    "beta_2": interval("in [0, 1)", 0.0, 1.0, closed="left"),
    "epsilon": finite_positive(),
    "clip_norm": finite_positive(" or None", optional=True),
    "batch_size": Rule("'auto' or a positive integer", lambda value: _is_auto(value) or is_count(value)),
    "max_iter": Rule("a positive integer", is_count),
    "shuffle": boolean(),
    "tol": interval("a finite number of at least 0", 0.0, closed="left"),
    "n_iter_no_change": Rule(
        "a positive integer or np.inf", lambda value: is_count(value) or is_number(value, float("inf"))
    ),
    "early_stopping": boolean(),
    "validation_fraction": interval("in (0, 1)", 0.0, 1.0, closed="neither"),
    "scoring": Rule(
        "'loss', the name of a scorer, a callable scorer, or None for the estimator's own score",
        lambda value: value is None or callable(value) or (isinstance(value, str) and _is_scoring(value)),
    ),
    "warm_start": boolean(),
    "total_samples": finite_positive(" or None", optional=True),
    "record_norms": boolean(),
    "on_divergence": one_of(("raise", "restore")),
    "on_interrupt": one_of(("raise", "keep")),
    "dtype": Rule(
        "'float32' or 'float64'", lambda value: isinstance(value, str | type | np.dtype) and _is_dtype(value)
    ),
    "random_state": Rule(
        "None, an integer in [0, 2**32 - 1] or a numpy RandomState",
        lambda value: (
            value is None or isinstance(value, np.random.RandomState) or (is_count(value, 0) and value < 2**32)
        ),
    ),
    "verbose": Rule("a bool or an integer of at least 0", lambda value: isinstance(value, bool) or is_count(value, 0)),
}


def _is_scoring(name: str) -> bool:
    return name == "loss" or name in get_scorer_names()


def _is_dtype(value: Any) -> bool:
    try:
        return np.dtype(value).name in DTYPES and np.dtype(value).isnative
    except TypeError:
        return False


def check_parameters(parameters: Hyperparameters) -> None:
    """Hold every parameter against its rule, then against one another.

    Parameters
    ----------
    parameters : dict
        By name, those of the estimator that has them.

    Raises
    ------
    ValueError
        Naming the parameter, the rule and the value got.
    """
    for name, rule in RULES.items():
        if name not in parameters:  # as those of the classifier in a regressor
            continue
        value = parameters[name]
        if rule.per_layer and is_sequence(value):
            _check_per_layer(name, value, rule, len(hidden_sizes(parameters)))
        else:
            rule.require(name, value)
    if parameters["solver"] == "lbfgs":
        _check_deterministic(parameters)


def _check_per_layer(name: str, values: Sequence[Any], rule: Rule, n_hidden: int) -> None:
    if len(values) != n_hidden:
        raise ValueError(
            f"{name} must be one value, or one per hidden layer: hidden_layer_sizes has {n_hidden}. "
            f"Got {len(values)} values: {values!r}."
        )
    for layer, value in enumerate(values):
        if not rule.holds(value):
            raise ValueError(f"{name}[{layer}] must be {rule.text}. Got {value!r} in {values!r}.")


def _check_deterministic(parameters: Hyperparameters) -> None:
    """L-BFGS compares the objective between steps, so nothing may be drawn at random and no step changed."""
    off = {"input_keep_prob": 1.0, "augment": None, "max_norm": None, "clip_norm": None}
    for name, value in off.items():
        if parameters[name] != value:
            raise ValueError(f"{name} must be {value} with solver='lbfgs'. Got {parameters[name]!r}.")
    if any(keep_prob != 1.0 for keep_prob in np.atleast_1d(parameters["keep_prob"])):
        raise ValueError(
            "keep_prob must be 1.0 with solver='lbfgs', which needs an objective without random masks. "
            f"Got {parameters['keep_prob']!r}."
        )


def hidden_sizes(parameters: Hyperparameters) -> tuple[int, ...]:
    """Units per hidden layer; a single number is one layer."""
    sizes = parameters["hidden_layer_sizes"]
    RULES["hidden_layer_sizes"].require("hidden_layer_sizes", sizes)
    return tuple(int(size) for size in sizes) if is_sequence(sizes) else (int(sizes),)


def _each_layer(value: Any, n_hidden: int) -> tuple[Any, ...]:
    return tuple(value) if is_sequence(value) else (value,) * n_hidden


def hidden_activations(parameters: Hyperparameters) -> tuple[Activation, ...]:
    """The activation of every hidden layer."""
    names = _each_layer(parameters["activation"], len(hidden_sizes(parameters)))
    return tuple(map(get_activation, names))


def keep_probs(parameters: Hyperparameters) -> tuple[float, ...]:
    """The keep probability of the input, then of every hidden layer."""
    hidden = _each_layer(parameters["keep_prob"], len(hidden_sizes(parameters)))
    return tuple(map(float, (parameters["input_keep_prob"], *hidden)))


def layer_initializers(parameters: Hyperparameters) -> list[Initializer]:
    """One initializer per layer; "auto" takes what suits each hidden activation, and glorot for the output."""
    init = parameters["init"]
    activations = hidden_activations(parameters)
    if callable(init):
        return [init] * (len(activations) + 1)
    if init != "auto":
        return [INITIALIZERS[init]] * (len(activations) + 1)
    return [INITIALIZERS[activation.initializer] for activation in activations] + [INITIALIZERS["glorot_normal"]]


def penalty_strength(parameters: Hyperparameters, network: Network) -> float:
    """`alpha` as a number; "auto" keeps the penalty in step with the gradient of the loss."""
    if not _is_auto(parameters["alpha"]):
        return float(parameters["alpha"])
    if network.loss.out_activation != "softmax":
        return AUTO_ALPHA
    # At a guess the error p - y of one of K outputs is of the order of 1 / sqrt(K), and the gradient with it.
    return float(AUTO_ALPHA * (2.0 / network.layer_sizes[-1]) ** 0.5)


def make_penalty(parameters: Hyperparameters, alpha: float, total_weight: float) -> L2:
    """The L2 term of the objective of that `m`."""
    return L2(alpha / total_weight, decoupled=parameters["solver"] == "adamw")


def make_optimizer(parameters: Hyperparameters) -> Optimizer:
    """The stochastic solver by its name, not yet bound; AdamW is Adam beside a decoupled penalty."""
    beta_1, beta_2, epsilon = (float(parameters[name]) for name in ("beta_1", "beta_2", "epsilon"))
    # Within what the precision can hold, or a gradient of zero would be divided by zero.
    limits = np.finfo(parameters["dtype"])
    epsilon = min(max(epsilon, float(limits.tiny)), float(limits.max))
    solver = parameters["solver"]
    if solver == "sgd":
        return SGD(float(parameters["momentum"]), bool(parameters["nesterovs_momentum"]))
    if solver == "rmsprop":
        return RMSProp(decay=beta_2, epsilon=epsilon)
    return Adam(beta_1, beta_2, epsilon)


@dataclass(frozen=True)
class CheckedSchedule:
    """The user's own schedule, held to rates that training can use."""

    schedule: Schedule

    def __call__(self, step: int) -> float:
        """The rate of this step."""
        rate = self.schedule(step)
        if not is_number(rate, 0.0, closed="left"):
            raise ValueError(f"learning_rate must return a finite number of at least 0. Got {rate!r} at step {step}.")
        return float(rate)


def make_schedule(parameters: Hyperparameters, n_steps: int | None, *, start: int = 0) -> Schedule:
    """The learning rate over so many steps from `start` on; None, for no end, leaves a planned one constant."""
    schedule, initial = parameters["learning_rate"], float(parameters["learning_rate_init"])
    if callable(schedule):
        return CheckedSchedule(schedule)
    n_steps = None if n_steps is None else min(n_steps, sys.maxsize)  # a float can hold
    if schedule not in PLANNED:
        return SCHEDULES[schedule](initial, 0)
    if n_steps is None:
        return SCHEDULES["constant"](initial, 0)
    return Restarted(SCHEDULES[schedule](initial, n_steps), start)


def make_augment(parameters: Hyperparameters, loss: Loss) -> Augment | None:
    """The augmentation of the training rows, if any, held to what the loss can use."""
    augment = parameters["augment"]
    if augment is None:
        return None
    return partial(apply_checked, augment, targets=loss.out_activation)


def norm_limit(parameters: Hyperparameters, name: str) -> float | None:
    """`max_norm` or `clip_norm` as a number that the precision of the training can hold."""
    limit = parameters[name]
    return None if limit is None else min(float(limit), float(np.finfo(parameters["dtype"]).max))


def make_max_norm(parameters: Hyperparameters) -> MaxNorm | None:
    """The projection, if any."""
    limit = norm_limit(parameters, "max_norm")
    return None if limit is None else MaxNorm(limit)


@dataclass
class Streams:
    """Separate random streams, so that turning one feature on does not change another's draws."""

    init: np.random.Generator
    shuffle: np.random.Generator
    dropout: np.random.Generator
    input_dropout: np.random.Generator
    augment: np.random.Generator
    split_seed: int
    mc_seed: int

    @classmethod
    def spawn(cls, random_state: Any) -> Streams:
        """All streams from one `random_state`."""
        entropy = check_random_state(random_state).randint(0, 2**32, size=4, dtype=np.uint32)
        seeds = np.random.SeedSequence(entropy.tolist()).spawn(7)
        init, shuffle, dropout, augment, split, mc, input_dropout = map(np.random.default_rng, seeds)
        split_seed, mc_seed = (int(stream.integers(2**32)) for stream in (split, mc))
        return cls(init, shuffle, dropout, input_dropout, augment, split_seed, mc_seed)

    def copy(self, drawn: Collection[str]) -> Streams:
        """Copies of the streams that are to be drawn from, by name; the others are shared."""
        copies: dict[str, Any] = {name: _copy_generator(getattr(self, name)) for name in drawn}
        return replace(self, **copies)


def drawn_streams(parameters: Hyperparameters, n_rows: int) -> list[str]:
    """The names of the streams that further training on so many rows may draw from."""
    drops = min(keep_probs(parameters)) < 1.0
    drawn = {
        "shuffle": n_rows > 1,
        "dropout": drops,
        "input_dropout": drops,
        "augment": parameters["augment"] is not None,
    }
    return [name for name, is_drawn in drawn.items() if is_drawn]


def _copy_generator(rng: np.random.Generator) -> np.random.Generator:
    # A third of the time of deepcopy, which calls of `partial_fit` on single rows notice.
    bits: Any = type(rng.bit_generator)(0)
    bits.state = rng.bit_generator.state
    return np.random.Generator(bits)
