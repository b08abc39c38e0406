"""A fitted model taken apart into plain data, which is what a file holds of it, and put together again.

Plain are dicts, lists, tuples, text, numbers, arrays and numpy's generators. So a file names no class of ours but the
estimator's: a reader that trusts by name, as skops does, has that one to trust, and an object of the core may move to
another module without the files noticing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from ..core import SGD, Activation, Adam, History, Network, ParameterVector, RMSProp, StopReason
from ..core.activations import get_activation
from ..core.losses import SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from ..core.schedules import Adaptive, Constant, Cosine, Exponential, InverseScaling, Restarted
from ._model import Model, Resume
from ._parameters import CheckedSchedule, Streams

#: The key under which a part says what it is.
KIND = "kind"

#: What is its fields and no more.
RECORDS: dict[str, type] = {
    record.__name__: record
    for record in (
        *(Model, Network, History, Resume, Streams),
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
    record: Any = object.__new__(RECORDS[name])
    record.__dict__.update(parts)
    return record
