"""DeepMLPRegressor: squared error on a target that is standardised inside and mapped back."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import column_or_1d

from ..core import LOSSES
from ..core.losses import Loss
from ._base import BaseDeepMLP


class DeepMLPRegressor(RegressorMixin, BaseDeepMLP):
    """DOC"""

    def _check_target(self, y: Any) -> Any:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return y.astype(np.float64, copy=False)

    def _learn_target(self, y: Any, weight: Any, numbers: Any, classes: Any = None) -> None:
        target = _columns(y)[numbers]
        weight = None if weight is None else weight[numbers]
        with np.errstate(over="ignore", invalid="ignore"):
            self._y_mean = np.average(target, axis=0, weights=weight)
            deviation = np.sqrt(np.average((target - self._y_mean) ** 2, axis=0, weights=weight))
        if not np.isfinite(deviation).all():
            raise ValueError(f"y must have a finite variance. Got values from {y.min()} to {y.max()}.")
        # A constant column, up to the rounding of its mean, keeps its unit.
        constant = deviation <= 10 * np.finfo(np.float64).eps * np.abs(self._y_mean)
        self._y_scale = np.where(constant, 1.0, deviation)
        self._y_is_1d = y.ndim == 1

    @property
    def _loss(self) -> Loss:
        return LOSSES["regression"]

    def _encode(self, y: Any, name: str) -> Any:
        if self._y_is_1d != (y.ndim == 1) or _columns(y).shape[1] != len(self._y_mean):
            wanted = "1-d" if self._y_is_1d else f"2-d with {len(self._y_mean)} columns"
            raise ValueError(f"{name} must be {wanted}, as in the first fit. Got shape {y.shape}.")
        return ((_columns(y) - self._y_mean) / self._y_scale).astype(self._computing_dtype)

    def predict(self, X: Any) -> Any:
        """The predicted target.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the target's own units and the precision of X.
        """
        scores = self._raw_scores(X)
        predicted = (scores * self._y_scale + self._y_mean).astype(scores.dtype, copy=False)
        return predicted[:, 0] if self._y_is_1d else predicted

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _columns(y: Any) -> Any:
    return y[:, None] if y.ndim == 1 else y
