"""The training of a network, epoch by epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._axes import new_axes


class LossCurveDisplay:
    """Loss on the training and the dev rows, epoch by epoch, with the best epoch marked.

    The losses are weighted as the objective is, by class weights too; a score of the dev rows is not among them.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        The objective on the training rows.
    validation_loss_curve : array-like of shape (n_epochs,), default=None
        Mean loss on the dev rows.
    best_epoch : int, default=None
        Counted from 1; marked if given.
    first_epoch : int, default=1
        After which epoch the first value of the training curve was taken; 0 where it is the start, as with L-BFGS.
    first_validation_epoch : int, default=1
        The same of the dev curve, which begins later where a warm start brought the first dev rows.
    name : str, default=None
        Stands before the labels, so that several networks can share axes.
    loss_name : str, default="loss"
        What stands at the vertical axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of the axes.
    lines_ : list of matplotlib Line2D
        The curve of the training rows, then that of the dev rows if any.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import DeepMLPClassifier
    >>> from skdeep.plotting import LossCurveDisplay
    >>> network = DeepMLPClassifier((10,), early_stopping=True, max_iter=20, random_state=0)
    >>> display = LossCurveDisplay.from_estimator(network.fit(*load_iris(return_X_y=True)))
    >>> display.ax_.get_xlabel()
    'epoch'
    """

    def __init__(
        self,
        *,
        loss_curve: Any,
        validation_loss_curve: Any = None,
        best_epoch: int | None = None,
        first_epoch: int = 1,
        first_validation_epoch: int = 1,
        name: str | None = None,
        loss_name: str = "loss",
    ) -> None:
        self.loss_curve = loss_curve
        self.validation_loss_curve = validation_loss_curve
        self.best_epoch = best_epoch
        self.first_epoch = first_epoch
        self.first_validation_epoch = first_validation_epoch
        self.name = name
        self.loss_name = loss_name

    @classmethod
    def from_estimator(cls, estimator: Any, *, name: str | None = None, ax: Any = None) -> LossCurveDisplay:
        """Draw the training of a fitted network.

        Parameters
        ----------
        estimator : DeepMLPClassifier, DeepMLPRegressor or Pipeline that ends in one
            Fitted. With dev rows the best epoch is marked: that whose weights were kept, or without `early_stopping`
            that of the lowest dev loss.
        name : str, default=None
            Stands before the labels.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        LossCurveDisplay
            The drawing.
        """
        network = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        if not hasattr(network, "record_norms"):
            raise TypeError(
                "estimator must be a DeepMLPClassifier, a DeepMLPRegressor or a Pipeline that ends in one. "
                f"Got {type(network).__name__}."
            )
        check_is_fitted(network)
        dev, best, first_dev = network.validation_loss_curve_, None, 1
        if dev is not None:
            first_dev = network.n_iter_ - len(dev) + 1
            best = network.best_iter_ if network.early_stopping else first_dev + int(np.argmin(dev))
        display = cls(
            loss_curve=network.loss_curve_,
            validation_loss_curve=dev,
            best_epoch=best,
            first_epoch=0 if network.solver == "lbfgs" else 1,
            first_validation_epoch=first_dev,
            name=name,
            loss_name="loss" if getattr(network, "class_weight", None) is None else "loss, with class weights",
        )
        return display.plot(ax=ax)

    def plot(self, ax: Any = None) -> LossCurveDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        self
            This object, with `ax_` and `figure_`.
        """
        self.ax_ = ax if ax is not None else new_axes(3.5)
        self.figure_ = self.ax_.figure
        prefix = "" if self.name is None else f"{self.name}: "
        curves = [
            ("training rows, with penalty", self.loss_curve, self.first_epoch),
            ("dev rows", self.validation_loss_curve, self.first_validation_epoch),
        ]
        self.lines_ = []
        for label, curve, first in curves:
            if curve is not None:
                epochs = np.arange(first, first + len(curve))
                self.lines_ += self.ax_.plot(epochs, curve, label=prefix + label)
        if self.best_epoch is not None:
            self.ax_.axvline(
                self.best_epoch, color="grey", linestyle=":", label=f"{prefix}best epoch ({self.best_epoch})"
            )
        self.ax_.set(xlabel="epoch", ylabel=self.loss_name)
        self.ax_.legend()
        return self
