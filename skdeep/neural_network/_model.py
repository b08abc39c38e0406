"""A fitted model, and what a further fit needs to resume it."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .._input_scales import InputTotals
from ..core import History, Network, ParameterVector, RowTotals
from ..core.schedules import Adaptive
from ._judgement import Judgement
from ._parameters import Hyperparameters, Streams, make_optimizer, make_schedule

SOLVER_PARAMETERS = ("solver", "dtype", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")


#: Before the first row.
NOTHING_GIVEN, NOT_JUDGED = RowTotals(), Judgement()


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
    given : RowTotals
        Of all rows that it was given to train on, those of a `fit` once.
    total_weight : float, default=0.0
        The `m` of the last training.
    judgement : Judgement
        What the last training has come to.
    inputs : InputTotals or None
        Of the first rows of a stream, until there are enough to judge their size.
    silent_values : tuple of float, default=()
        What the network's silent inputs held in every row so far.
    remarks, first_remarks : tuple of str, default=()
        What the user is to be warned of: of the dev rows, and of the scores of the first weights.
    """

    network: Network
    parameters: ParameterVector
    history: History
    alpha: float
    n_samples_seen: int = 0
    given: RowTotals = NOTHING_GIVEN
    total_weight: float = 0.0
    judgement: Judgement = NOT_JUDGED
    inputs: InputTotals | None = None
    silent_values: tuple[float, ...] = ()
    remarks: tuple[str, ...] = ()
    first_remarks: tuple[str, ...] = ()

    def in_unit(self, shift: Any, factor: Any, has_unit: Any) -> Model:
        """For targets less `shift`, divided by `factor`: the same predictions (van Hasselt et al., 2016).

        Parameters
        ----------
        shift, factor : ndarray of shape (n_outputs,)
            In the unit of now.
        has_unit : ndarray of shape (n_outputs,) of bool
            False for outputs whose targets were all equal so far. Their unit said nothing: the scores stay, and the
            predictions change, as if the new unit had been there from the first.

        Returns
        -------
        Model
            With an output layer and totals of its own.
        """
        parameters = self.parameters.copy()
        W, b = parameters.weights[-1], parameters.biases[-1]
        b -= np.where(has_unit, shift, 0.0)
        for values in (W, b):
            values /= np.where(has_unit, factor, 1.0)
        return replace(self, parameters=parameters, given=self.given.in_unit(shift, factor))


@dataclass
class Resume:
    """What a later fit needs to go on exactly where the last one stopped."""

    streams: Streams
    optimizer: Any = None
    schedule: Any = None
    n_steps: int = 0
    tails: list[str] = field(default_factory=list)
    made_from: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def copy(self, drawn: Collection[str]) -> Resume:
        """One that further training may use up; `drawn` names the streams that it draws from."""
        optimizer = None if self.optimizer is None else self.optimizer.select(...)
        return replace(
            self,
            streams=self.streams.copy(drawn),
            optimizer=optimizer,
            schedule=copy(self.schedule),
            made_from=dict(self.made_from),
            tails=list(self.tails),
        )

    def prepare(self, parameters: Hyperparameters, theta: ParameterVector, *, n_steps: int | None) -> None:
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
