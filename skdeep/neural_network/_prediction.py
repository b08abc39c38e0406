"""What a fitted network says of new rows: raw scores, hidden activations, and how sure dropout is of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from math import isfinite
from typing import Any, TypeVar

import numpy as np
from sklearn import get_config
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .._rules import Rule, is_count
from ..core import dropout_moments, layer_outputs, raw_scores
from ._model import Model, Resume
from ._threads import predicting_threads
from ._validation import ROWS, naming, refuse_dates, refuse_mask, require_finite, without_memory

Result = TypeVar("Result")
_MC_SAMPLES = Rule("a positive integer", is_count)


class Predictions(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """The ways of rows through the fitted network that do not depend on the kind of target."""

    _model: Model
    _resume: Resume
    n_features_in_: int

    def transform(self, X: Any, layer: int = -1) -> Any:
        """Activations of a hidden layer, so that a fitted network can feed another estimator.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        layer : int, default=-1
            Which hidden layer, counted from 0, or from the end if negative. -1 is what the output layer sees; in a
            network without hidden layers these are the rows themselves. The names of `get_feature_names_out`, and so
            the frames of `set_output`, are for -1.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            What the layer hands on, dropout off, in the precision of X.

        Raises
        ------
        ValueError
            When X breaks its rule, or holds rows so large that the layer overflows; when the network has no such layer,
            or `set_output` asks for a frame of another layer than the last.
        """
        with _quiet():
            X = self._validate_new_rows(X)
        network = self._model.network
        n_hidden = len(network.activations)
        if not (is_count(layer, low=-n_hidden) and layer < n_hidden) and not (n_hidden == 0 and layer == -1):
            raise ValueError(f"layer must be an integer in [{-n_hidden}, {n_hidden - 1}]. Got {layer!r}.")
        number = layer + 1 if layer >= 0 else n_hidden + 1 + layer
        container = getattr(self, "_sklearn_output_config", {}).get("transform", get_config()["transform_output"])
        if number != n_hidden and container != "default":
            raise ValueError(
                f"layer must be -1 where set_output asks for {container!r}, whose columns are its. Got {layer!r}."
            )
        with _quiet(), predicting_threads(network, X.shape[0]) as crew:
            outputs = self._in_memory(X, lambda: layer_outputs(network, self._model.parameters, X, number, crew=crew))
        require_finite(outputs)
        return outputs

    @property
    def _n_features_out(self) -> int:
        """Columns of `transform`."""
        return self._model.network.layer_sizes[-2]

    def predict_std(self, X: Any, mc_samples: int = 50) -> Any:
        """How far the predictions spread over random dropout masks: a measure of the network's own doubt.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        mc_samples : int, default=50
            How many sets of masks, the same as for the mean with as many `mc_samples` (MC dropout).

        Returns
        -------
        ndarray
            Standard deviation over the masks, in the shape, units and precision of the mean: of `predict_proba` in
            classification, of `predict` in regression.

        Raises
        ------
        ValueError
            When X breaks its rule, or holds rows so large that their scores overflow; when `mc_samples` is no positive
            integer, or no layer has dropout, so that there is nothing to spread.

        Notes
        -----
        In a Pipeline: ``pipeline[-1].predict_std(pipeline[:-1].transform(X))``.

        References
        ----------
        Gal & Ghahramani (2016), "Dropout as a Bayesian Approximation: Representing Model Uncertainty in Deep Learning".
        """
        return self._mc_moments(X, mc_samples)[1]

    @abstractmethod
    def _link(self, scores: Any) -> Any:
        """From raw scores to the prediction, which is what is averaged over dropout masks."""

    def _mc_moments(self, X: Any, mc_samples: Any) -> tuple[Any, Any]:
        """Mean and standard deviation of the linked scores over dropout masks, the same masks at every call."""
        with _quiet():
            X = self._validate_new_rows(X)
        _MC_SAMPLES.require("mc_samples", mc_samples)
        network = self._model.network
        if not network.has_dropout:
            raise ValueError(
                "mc_samples needs a network with dropout: fit with keep_prob or input_keep_prob below 1. "
                f"Got mc_samples={mc_samples} and keep probabilities {network.keep_prob}."
            )
        rng = np.random.default_rng(self._resume.streams.mc_seed)
        link = _of_finite(self._link)
        moments = partial(dropout_moments, network, self._model.parameters, X, link, n_samples=int(mc_samples), rng=rng)
        with _quiet(), predicting_threads(network, X.shape[0] * int(mc_samples)) as crew:
            return self._in_memory(X, partial(moments, crew=crew))

    def _from_scores(self, X: Any, link: Callable[[Any], Any]) -> Any:
        """What a function makes of the scores before the output function, in the precision of X, block by block."""
        with _quiet():
            X = self._validate_new_rows(X)
            network, parameters = self._model.network, self._model.parameters
            with predicting_threads(network, X.shape[0]) as crew:
                return self._in_memory(X, lambda: raw_scores(network, parameters, X, _of_finite(link), crew=crew))

    def _in_memory(self, X: Any, compute: Callable[[], Result]) -> Result:
        """What is computed of X, or an error that says that there is no room for it."""
        try:
            return compute()
        except MemoryError as error:
            what = f"What is asked of X, of shape {X.shape}, with {self._model.network.layer_sizes[-1]} outputs"
            raise without_memory(what, "predict fewer rows at a time", error) from error

    def _validate_new_rows(self, X: Any) -> Any:
        if not self.__sklearn_is_fitted__():
            check_is_fitted(self)
        if self._is_plain(X):
            return X
        with naming("X", ROWS):
            refuse_mask(X)
            refuse_dates(X)
            return validate_data(self, X, reset=False, accept_sparse="csr", dtype=(np.float64, np.float32))

    def _is_plain(self, X: Any) -> bool:
        """Whether X is a numpy array to which the full validation, most of the time of a single row, adds nothing."""
        if type(X) is not np.ndarray or X.dtype.type not in (np.float32, np.float64) or not X.dtype.isnative:
            return False
        if X.ndim != 2 or len(X) == 0 or X.shape[1] != self.n_features_in_ or hasattr(self, "feature_names_in_"):
            return False
        return isfinite(np.add.reduce(X, axis=None))


def _quiet() -> np.errstate:
    """Without numpy's warnings of what is answered by an error."""
    return np.errstate(over="ignore", under="ignore", invalid="ignore")


def _of_finite(link: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A link that answers scores which have overflowed."""

    def checked(scores: Any) -> Any:
        require_finite(scores)
        return link(scores)

    return checked
