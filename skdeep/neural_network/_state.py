"""A fitted model taken apart into plain data, which is what a file holds of it, and put together again.

Plain are dicts, lists, tuples, text, numbers, arrays and numpy's generators. So a file names no class of ours but the
estimator's: a reader that trusts by name, as skops does, has that one to trust, and an object of the core may move to
another module without the files noticing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from .._input_scales import InputTotals
from ..core import SGD, Activation, Adam, History, Network, ParameterVector, RMSProp, RowTotals, StopReason
from ..core.activations import get_activation
from ..core.losses import SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from ..core.schedules import Adaptive, Constant, Cosine, Exponential, InverseScaling, Restarted
from ..core.subnormals import flushed
from ._judgement import Calls, Judgement
from ._model import Model, Resume
from ._parameters import CheckedSchedule, Streams

#: The attributes of an estimator that a file holds taken apart.
OURS = ("_model", "_resume")
#: What an estimator has while its fit is a task of callbacks: nothing for a file.
TRANSIENT = ("_callback_fit_ctx", "_skl_callbacks_to_teardown", "_parent_callback_ctx")
#: Attributes of earlier versions, and what they are now.
RENAMED = {"_y_mean": "y_mean_", "_y_scale": "y_scale_"}
#: The key under which a part says what it is.
KIND = "kind"

#: What is its fields and no more.
RECORDS: dict[str, type] = {
    record.__name__: record
    for record in (
        *(Model, InputTotals, Judgement, Calls, Network, History, Resume, RowTotals, Streams),
        *(SGD, RMSProp, Adam),
        *(Constant, InverseScaling, Exponential, Cosine, Restarted, Adaptive, CheckedSchedule),
    )
}

#: What is made anew, and the attributes that it is made of.
MADE: dict[type, tuple[Callable[..., Any], tuple[str, ...]]] = {
    Activation: (get_activation, ("name",)),
    ParameterVector: (ParameterVector, ("layer_sizes", "theta")),
    StopReason: (StopReason, ("value",)),
    **{loss: (loss, ()) for loss in (SoftmaxCrossEntropy, SigmoidCrossEntropy, SquaredError)},
}
MAKERS = {made.__name__: make for made, (make, _) in MADE.items()}


def take_apart(value: Any) -> Any:
    """A value with everything of ours in it as a dict; arrays are not copied, and what is the user's stays as it is."""
    kind = type(value)
    if kind is dict:
        return {name: take_apart(part) for name, part in value.items()}
    if kind is list or kind is tuple:
        return kind(map(take_apart, value))
    if kind in MADE:
        names = MADE[kind][1]
    elif RECORDS.get(kind.__name__) is kind:
        names = tuple(field.name for field in fields(kind))
    else:
        return value
    return {KIND: kind.__name__, **{name: take_apart(getattr(value, name)) for name in names}}


def put_together(value: Any) -> Any:
    """What `take_apart` was given."""
    kind = type(value)
    if kind is list or kind is tuple:
        return kind(map(put_together, value))
    if kind is not dict:
        return value
    parts = {name: put_together(part) for name, part in value.items()}
    if KIND not in parts:
        return parts
    name = parts.pop(KIND)
    if name in MAKERS:
        return MAKERS[name](**parts)
    if name == "Model" and "given" not in parts:
        parts["given"] = _given_before(parts)
    if name == "Resume":
        parts.setdefault("tails", [])
    record: Any = object.__new__(RECORDS[name])
    record.__dict__.update(parts)
    return record


class Stored(BaseEstimator):
    """The way of an estimator into a file and back, and of a copy."""

    def __copy__(self) -> Any:
        """With the same model, which no fit changes in place."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in super().__getstate__().items() if name not in TRANSIENT}
        state = {name: take_apart(value) if name in OURS else value for name, value in kept.items()}
        return {**state, "_skdeep_version": _version()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        written_by = state.pop("_skdeep_version", "an unknown version")
        if written_by != _version():
            warnings.warn(
                f"This {type(self).__name__} was written by skdeep {written_by} and is read by {_version()}: it may "
                "predict something else, or not work. Train it anew, or install the version that wrote it.",
                UserWarning,
                stacklevel=2,
            )
        state = {RENAMED.get(name, name): value for name, value in state.items()}
        whole = {name: put_together(value) if name in OURS else value for name, value in state.items()}
        if "_model" in whole and "tails" not in state["_resume"]:
            _flush(whole["_model"])
        super().__setstate__({**_new_parameters(type(self), whole), **whole})


def _flush(model: Model) -> None:
    """An earlier version may have left weights that have decayed to subnormal numbers."""
    model.parameters = ParameterVector(model.network.layer_sizes, flushed(model.parameters.theta))


def _new_parameters(kind: type, state: dict[str, Any]) -> dict[str, Any]:
    """The defaults of parameters that the version which wrote a file did not have."""
    parameters = signature(kind).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not one.empty and one.name not in state}


def _given_before(parts: dict[str, Any]) -> RowTotals:
    """What a model of a version that kept no totals was given: as many rows as it was last trained on, typical ones."""
    mean_weight, network = parts.pop("mean_weight", 0.0), parts["network"]
    for name in ("data_loss", "baseline_loss"):
        parts.pop(name, None)
    if not mean_weight:
        return RowTotals()
    n_outputs = network.layer_sizes[-1]
    mean = {"softmax": 1.0 / n_outputs, "logistic": 0.5}.get(network.loss.out_activation, 0.0)
    variance = mean * (1.0 - mean) or 1.0
    n_rows = round(parts["total_weight"] / mean_weight)
    return RowTotals(n_rows, mean_weight, np.full(n_outputs, mean), np.full(n_outputs, variance))


@cache
def _version() -> str:
    try:
        return version("skdeep")
    except PackageNotFoundError:  # a copy of the source on the path
        return "an unknown version"
