"""Callbacks of scikit-learn on a fit and its epochs.

New and experimental in scikit-learn 1.9; before it the estimators have no `set_callbacks`, and all else is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import History, Monitor, ParameterVector, StopReason
from ._training import Training, so_far

__all__ = ["WRAPPED", "CallbackSupportMixin", "ObservedFit", "has_callbacks", "report_fit", "with_callbacks"]

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks

    #: How many frames `with_callbacks` puts between a method and its caller, for the stacklevel of a warning.
    WRAPPED = 1
except ImportError:
    WRAPPED = 0

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: this scikit-learn has no callbacks."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """The method as it is."""
        return method


def has_callbacks(estimator: Any) -> bool:
    """Whether callbacks are set on an estimator, by its user or by what it is a part of."""
    return bool(getattr(estimator, "_skl_callbacks", ()))


def _given(estimator: Any, X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
    """What every hook gets."""
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return {"estimator": estimator, "X": X, "y": y, "metadata": metadata}


class ObservedFit(Monitor):
    """The task "fit" of an estimator with callbacks, and below it a task "epoch" for each epoch.

    The hooks get rows and target as they were given to `fit`, and a ``fitted_estimator`` that has the weights of the
    moment.

    Parameters
    ----------
    estimator : estimator
        Whose callbacks are called; its `fit` is decorated by `with_callbacks`, which ends what this begins.
    X, y : array-like
        As given to `fit`.
    sample_weight : array-like or None
        Likewise; part of the hooks' ``metadata``.
    max_epochs : int
        How many epochs there may be.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any, max_epochs: int) -> None:
        self._given = _given(estimator, X, y, sample_weight)
        self._learnt: dict[str, Any] = {}
        self._epoch: Any = None
        self._fit = estimator._init_callback_context(max_subtasks=max_epochs)
        self._fit.call_on_fit_task_begin(**self._given)

    def trains(self, attempt: Any, training: Training) -> None:
        """Note what is trained: an estimator that has learnt all but its model, and the training of that."""
        self._learnt, self._training = vars(attempt), training
        self._n_epochs_before = training.model.history.n_epochs
        training.observer = self

    def epoch_begins(self, history: History, parameters: ParameterVector) -> None:
        """Tell the callbacks."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._given, reconstruction_attributes=self._snapshot)

    def epoch_ended(self, history: History, parameters: ParameterVector) -> StopReason | None:
        """Tell the callbacks; one that returns true ends the training."""
        epoch, self._epoch = self._epoch, None
        asked = epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=self._snapshot)
        return StopReason.CALLBACK if asked else None

    def ended(self, attempt: Any) -> None:
        """Tell the callbacks of the fitted estimator."""
        if self._epoch is not None:  # an epoch that was cut short, or an iteration in which L-BFGS found no step
            self._epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=lambda: vars(attempt))
        self._fit.call_on_fit_task_end(**self._given, reconstruction_attributes=lambda: vars(attempt))

    def _snapshot(self) -> dict[str, Any]:
        """What makes a copy of the estimator a fitted one that further training does not change."""
        model, resume = so_far(self._training, self._n_epochs_before)
        return {**self._learnt, "_model": model, "_resume": resume}


@with_callbacks
def report_fit(estimator: Any, X: Any, y: Any, sample_weight: Any) -> None:
    """Tell the callbacks of an estimator, such as those of the search that it is a part of, that it has been fitted."""
    if has_callbacks(estimator):
        fit, given = estimator._init_callback_context(), _given(estimator, X, y, sample_weight)
        fit.call_on_fit_task_begin(**given)
        fit.call_on_fit_task_end(**given, reconstruction_attributes={})
