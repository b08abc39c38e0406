"""The fitted attributes of the estimators, read off the one fitted model so that they can never disagree with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from ..core import History, StopReason
from ._model import Model


class LayerViews(list[npt.NDArray[Any]]):
    """One array for each layer, all views of the network's weights: what is assigned is written into them."""

    def __init__(self, name: str, views: Iterable[npt.NDArray[Any]]) -> None:
        super().__init__(views)
        self._name = name

    def __setitem__(self, layer: Any, values: Any) -> None:
        if not isinstance(layer, slice):
            self[layer][...] = self._checked(layer, values)
            return
        layers, given = range(*layer.indices(len(self))), list(values)
        if len(given) != len(layers):
            raise ValueError(f"{self._name} must get {len(layers)} arrays for these layers. Got {len(given)}.")
        # All are checked before the first is written.
        checked = [self._checked(number, value) for number, value in zip(layers, given, strict=True)]
        for number, value in zip(layers, checked, strict=True):
            self[number][...] = value

    def _checked(self, layer: Any, values: Any) -> npt.NDArray[Any]:
        """The values of one layer in its precision."""
        view, given = self[layer], np.asarray(values)
        fits = given.shape == view.shape and given.dtype.kind in "biuf"
        with np.errstate(over="ignore"):
            cast = given.astype(view.dtype) if fits else given
        if not fits or not np.isfinite(cast).all():
            raise ValueError(
                f"{self._name}[{layer}] must be finite real numbers of shape {view.shape}, in {view.dtype}. "
                f"Got {given.dtype} values of shape {given.shape}."
            )
        return cast

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{self._name} must keep its {len(self)} layers: assign to one of them. Got another number.")

    append = extend = insert = pop = remove = clear = sort = reverse = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce__(self) -> tuple[type[list[Any]], tuple[list[Any]]]:
        return list, (list(self),)  # elsewhere they are views of nothing


class FittedAttributes:
    """What `fit` leaves to look at; before it, every attribute raises NotFittedError, an AttributeError."""

    _model: Model
    early_stopping: bool

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    @property
    def _fitted(self) -> Model:
        check_is_fitted(self)
        return self._model

    @property
    def coefs_(self) -> list[Any]:
        """Weights per layer, views of shape (fan_in, fan_out); an assignment to one is written into the network."""
        return LayerViews("coefs_", self._fitted.parameters.weights)

    @property
    def intercepts_(self) -> list[Any]:
        """Biases per layer, views of shape (fan_out,); likewise."""
        return LayerViews("intercepts_", (b[0] for b in self._fitted.parameters.biases))

    @property
    def alpha_(self) -> float:
        """The `alpha` of the last training, "auto" resolved."""
        return self._fitted.alpha

    @property
    def history_(self) -> History:
        """The training, epoch by epoch."""
        return self._fitted.history

    @property
    def loss_curve_(self) -> list[float]:
        """The objective before each step, mean over an epoch; of L-BFGS, at the start and after each iteration."""
        return self._fitted.history.loss

    @property
    def loss_(self) -> float:
        """The last value of `loss_curve_`."""
        return self._fitted.history.loss[-1]

    @property
    def best_loss_(self) -> float:
        """The lowest value of `loss_curve_`."""
        return min(self._fitted.history.loss)

    @property
    def validation_loss_curve_(self) -> list[float] | None:
        """Mean loss on the dev rows after each epoch, without penalty; None without dev rows."""
        return self._fitted.history.validation_loss or None

    @property
    def validation_scores_(self) -> list[float] | None:
        """The scorer's value on the dev rows after each epoch; None without dev rows or with scoring='loss'."""
        return self._fitted.history.validation_score or None

    @property
    def best_validation_score_(self) -> float | None:
        """Of `validation_scores_` that of the weights which `early_stopping` kept, else the highest; or None."""
        history, scores = self._fitted.history, self._fitted.history.validation_score
        epoch = history.best_epoch - 1 - (history.n_epochs - len(scores))  # the first epochs may have had no dev rows
        return scores[epoch] if self.early_stopping and 0 <= epoch < len(scores) else max(scores, default=None)

    @property
    def best_iter_(self) -> int:
        """The epoch, counted from 1, whose weights the model has."""
        return self._fitted.history.best_epoch

    @property
    def n_iter_(self) -> int:
        """Epochs trained, those before a warm start included."""
        return self._fitted.history.n_epochs

    @property
    def t_(self) -> int:
        """Training rows seen, each as often as it was seen."""
        return self._fitted.n_samples_seen

    @property
    def stop_reason_(self) -> StopReason | None:
        """Why the training ended; compares equal to its text."""
        return self._fitted.history.stop_reason

    @property
    def n_layers_(self) -> int:
        """Layers, input and output included."""
        return len(self._fitted.network.layer_sizes)

    @property
    def n_outputs_(self) -> int:
        """Units of the output layer."""
        return self._fitted.network.layer_sizes[-1]

    @property
    def out_activation_(self) -> str:
        """The output function: "softmax", "logistic" or "identity"."""
        return self._fitted.network.loss.out_activation
