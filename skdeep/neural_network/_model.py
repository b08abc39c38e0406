"""A fitted model, and what a further fit needs to resume it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core import History, Network, ParameterVector
from ..core.schedules import Adaptive
from ._parameters import Streams, make_optimizer, make_schedule

SOLVER_PARAMETERS = ("solver", "dtype", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")


@dataclass
class Model:
    """A network with its parameters and the story of its training.

    Parameters
    ----------
    network : Network
        Its shape.
    parameters : ParameterVector
        Its weights.
    history : History
        Epoch by epoch.
    alpha : float
        Of the last training, "auto" resolved.
    n_samples_seen : int, default=0
        In all epochs.
    data_loss, baseline_loss : float, default=0.0
        The mean loss of the weights, without penalty, and that of scores of zero, on training rows of the last call.
    total_weight, mean_weight : float, default=0.0
        Of these rows.
    """

    network: Network
    parameters: ParameterVector
    history: History
    alpha: float
    n_samples_seen: int = 0
    data_loss: float = 0.0
    baseline_loss: float = 0.0
    total_weight: float = 0.0
    mean_weight: float = 0.0


@dataclass
class Resume:
    """What a later fit needs to go on exactly where the last one stopped."""

    streams: Streams
    optimizer: Any = None
    schedule: Any = None
    n_steps: int = 0
    made_from: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def prepare(self, parameters: dict[str, Any], theta: ParameterVector, *, n_steps: int | None) -> None:
        """Have an optimizer and a schedule for `n_steps` more steps, None for no end; the old ones where they fit."""
        solver = tuple(parameters[name] for name in SOLVER_PARAMETERS)
        if self.made_from.get("optimizer") != solver:
            self.optimizer = make_optimizer(parameters)
            with np.errstate(over="ignore"):  # of an epsilon divided by a tiny 1 - beta_2
                self.optimizer.bind(theta.theta)
        rate = (parameters["learning_rate"], parameters["learning_rate_init"])
        if self.made_from.get("schedule") != rate or not isinstance(self.schedule, Adaptive):
            self.schedule = make_schedule(parameters, n_steps, start=self.n_steps)
        self.made_from = {"optimizer": solver, "schedule": rate}
