"""Data augmentation: every mini-batch is trained on in a slightly different form, so that no row is seen twice.

An augmenter is any callable ``(X_batch, y_batch, rng) -> None`` that changes the gathered mini-batch in place. It sees
training rows only: dev rows and predictions are never augmented, and neither is the X that was given to `fit`. The ones
here are scikit-learn estimators, so that a search can tune them: ``augment__scale`` of a network with
``augment=GaussianNoise()``.
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.base import BaseEstimator

from ._documentation_link import DocumentationLink
from ._rules import Rule, interval, is_count, is_number, is_sequence

__all__ = ["Compose", "GaussianNoise", "Mixup", "RandomFlip", "RandomShift"]

ROUNDING = 1e-3  # by which a blend of class targets may miss [0, 1] in float32

_NOT_NEGATIVE = interval("a finite number of at least 0", 0.0, closed="left")
_IMAGE_SHAPE = Rule(
    "(height, width) or (height, width, channels), all positive integers",
    lambda value: is_sequence(value) and len(value) in (2, 3) and all(map(is_count, value)),
)


class GaussianNoise(DocumentationLink, BaseEstimator):
    """Add normal noise to the inputs, the same amount to every feature, so scale the features first.

    To first order this penalises the squared gradient of the loss by the inputs (Bishop, 1995).

    Parameters
    ----------
    scale : float, default=0.1
        Standard deviation of the noise, in units of the (scaled) features; 0 turns it off.

    References
    ----------
    Bishop (1995), "Training with Noise is Equivalent to Tikhonov Regularization".

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.augmentation import GaussianNoise
    >>> X_batch, y_batch = np.zeros((1000, 3)), np.zeros((1000, 1))
    >>> GaussianNoise(scale=0.5)(X_batch, y_batch, np.random.default_rng(0))
    >>> round(float(X_batch.std()), 1)
    0.5
    """

    def __init__(self, scale: float = 0.1) -> None:
        self.scale = scale

    def __call__(self, X_batch: Any, y_batch: Any, rng: np.random.Generator) -> None:
        """Add the noise, in place.

        Parameters
        ----------
        X_batch : ndarray of shape (rows, n_features)
            Changed in place.
        y_batch : ndarray of shape (rows, n_outputs)
            Not used.
        rng : Generator
            Where the draws come from.
        """
        _NOT_NEGATIVE.require("scale", self.scale)
        if self.scale > 0:
            noise = rng.standard_normal(X_batch.shape, dtype=X_batch.dtype)
            noise *= float(self.scale)
            X_batch += noise


class Mixup(DocumentationLink, BaseEstimator):
    """Blend each row, target included, with another row of the mini-batch.

    Row i becomes ``w x_i + (1 - w) x_j`` and its target ``w y_i + (1 - w) y_j``, with j from a random permutation of
    the mini-batch and ``w ~ Beta(alpha, alpha)``, both drawn for each row. Between two classes the network so learns to
    be in doubt. A row keeps its own weight in the loss.

    Parameters
    ----------
    alpha : float, default=0.2
        Of the Beta distribution: near 0 most blends are nearly one of the two rows, at 1 all blends are as likely. 0
        turns it off.

    References
    ----------
    Zhang, Cisse, Dauphin & Lopez-Paz (2018), "mixup: Beyond Empirical Risk Minimization". They draw one w for each
    mini-batch; one for each row has the same mean and less variance.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.augmentation import Mixup
    >>> X_batch, y_batch = np.array([[0.0], [1.0], [5.0]]), np.eye(3)
    >>> Mixup(alpha=1.0)(X_batch, y_batch, np.random.default_rng(0))
    >>> y_batch.sum(axis=1)
    array([1., 1., 1.])
    """

    def __init__(self, alpha: float = 0.2) -> None:
        self.alpha = alpha

    def __call__(self, X_batch: Any, y_batch: Any, rng: np.random.Generator) -> None:
        """Blend rows and targets, in place.

        Parameters
        ----------
        X_batch : ndarray of shape (rows, n_features)
            Changed in place.
        y_batch : ndarray of shape (rows, n_outputs)
            Changed in place, by the same pairs and shares.
        rng : Generator
            Where the draws come from.
        """
        _NOT_NEGATIVE.require("alpha of Mixup", self.alpha)  # the network has an alpha of its own
        if self.alpha == 0:
            return
        n_rows = len(X_batch)
        other = rng.permutation(n_rows)
        share = rng.beta(float(self.alpha), float(self.alpha), size=(n_rows, 1)).astype(X_batch.dtype)
        for batch in (X_batch, y_batch):
            towards = batch[other]
            towards -= batch
            towards *= 1 - share
            batch += towards


class RandomShift(DocumentationLink, BaseEstimator):
    """Move each image by a random number of pixels up or down and left or right.

    Parameters
    ----------
    image_shape : tuple of int
        (height, width) or (height, width, channels): how the features of a row lie in the image, channels last.
    max_shift : int or tuple of (int, int), default=2
        The largest move, or that of each direction, (vertical, horizontal); every move up to it is as likely.
    fill_value : float, default=0.0
        What comes in at the edge. Behind a StandardScaler, 0 is each pixel's mean.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.augmentation import RandomShift
    >>> X_batch, y_batch = np.arange(1.0, 7.0).reshape(1, 6), np.zeros((1, 1))
    >>> RandomShift((2, 3), max_shift=(0, 1))(X_batch, y_batch, np.random.default_rng(0))
    >>> X_batch.reshape(2, 3)
    array([[2., 3., 0.],
           [5., 6., 0.]])
    """

    def __init__(self, image_shape: Any, max_shift: Any = 2, fill_value: float = 0.0) -> None:
        self.image_shape = image_shape
        self.max_shift = max_shift
        self.fill_value = fill_value

    def __call__(self, X_batch: Any, y_batch: Any, rng: np.random.Generator) -> None:
        """Shift every image, in place.

        Parameters
        ----------
        X_batch : ndarray of shape (rows, n_features)
            Changed in place.
        y_batch : ndarray of shape (rows, n_outputs)
            Not used.
        rng : Generator
            Where the draws come from.
        """
        images = _as_images(X_batch, self.image_shape)
        down, right = self._largest_moves()
        if not is_number(self.fill_value, -float("inf"), closed="neither"):
            raise ValueError(f"fill_value must be a finite number. Got {self.fill_value!r}.")
        n_rows, height, width, _ = images.shape
        margins = ((0, 0), (down, down), (right, right), (0, 0))
        padded = np.pad(images, margins, constant_values=self.fill_value)
        windows = sliding_window_view(padded, (height, width), axis=(1, 2))  # (row, top, left, channel, height, width)
        top, left = rng.integers(2 * down + 1, size=n_rows), rng.integers(2 * right + 1, size=n_rows)
        images[...] = np.moveaxis(windows[np.arange(n_rows), top, left], 1, -1)

    def _largest_moves(self) -> tuple[int, int]:
        moves = self.max_shift if is_sequence(self.max_shift) else (self.max_shift,) * 2
        if len(moves) != 2 or not all(is_count(move, low=0) for move in moves):
            raise ValueError(
                f"max_shift must be an integer of at least 0, or (vertical, horizontal). Got {self.max_shift!r}."
            )
        if any(move >= side for move, side in zip(moves, self.image_shape, strict=False)):
            raise ValueError(
                f"max_shift must be smaller than the image, image_shape={self.image_shape!r}. Got {self.max_shift!r}."
            )
        return int(moves[0]), int(moves[1])


class RandomFlip(DocumentationLink, BaseEstimator):
    """Mirror each image with a chance of one half.

    Parameters
    ----------
    image_shape : tuple of int
        (height, width) or (height, width, channels): how the features of a row lie in the image, channels last.
    axis : {0, 1}, default=1
        The axis of the image that is reversed: 1 swaps left and right, 0 turns it upside down.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.augmentation import RandomFlip
    >>> X_batch, y_batch = np.tile([1.0, 2.0, 3.0], (4, 1)), np.zeros((4, 1))
    >>> RandomFlip((1, 3))(X_batch, y_batch, np.random.default_rng(0))
    >>> X_batch
    array([[1., 2., 3.],
           [3., 2., 1.],
           [3., 2., 1.],
           [3., 2., 1.]])
    """

    def __init__(self, image_shape: Any, axis: int = 1) -> None:
        self.image_shape = image_shape
        self.axis = axis

    def __call__(self, X_batch: Any, y_batch: Any, rng: np.random.Generator) -> None:
        """Mirror the chosen images, in place.

        Parameters
        ----------
        X_batch : ndarray of shape (rows, n_features)
            Changed in place.
        y_batch : ndarray of shape (rows, n_outputs)
            Not used.
        rng : Generator
            Where the draws come from.
        """
        images = _as_images(X_batch, self.image_shape)
        if not is_count(self.axis, low=0) or self.axis > 1:
            raise ValueError(f"axis must be 0 (upside down) or 1 (left to right). Got {self.axis!r}.")
        chosen = rng.random(len(images)) < 0.5
        images[chosen] = np.flip(images[chosen], axis=1 + self.axis)


class Compose(DocumentationLink, BaseEstimator):
    """One augmenter after the other.

    The parameters of its augmenters can be searched by their class names in lower case, with a number where a class
    comes twice: ``augment__gaussiannoise__scale``, ``augment__randomshift-1__max_shift``.

    Parameters
    ----------
    augmenters : list of callable
        Each ``(X_batch, y_batch, rng) -> None``, in the order in which they act.

    Examples
    --------
    >>> from skdeep.augmentation import Compose, RandomFlip, RandomShift
    >>> augment = Compose([RandomShift((28, 28)), RandomFlip((28, 28))])
    >>> augment.set_params(randomshift__max_shift=1)
    Compose(augmenters=[RandomShift(image_shape=(28, 28), max_shift=1),
                        RandomFlip(image_shape=(28, 28))])
    """

    def __init__(self, augmenters: Any) -> None:
        self.augmenters = augmenters

    def __call__(self, X_batch: Any, y_batch: Any, rng: np.random.Generator) -> None:
        """Apply all augmenters, in place.

        Parameters
        ----------
        X_batch : ndarray of shape (rows, n_features)
            Changed in place.
        y_batch : ndarray of shape (rows, n_outputs)
            Changed in place by those that change targets.
        rng : Generator
            Where the draws come from, for one augmenter after the other.
        """
        if not isinstance(self.augmenters, list | tuple) or not all(map(is_augmenter, self.augmenters)):
            raise ValueError(
                "augmenters must be a list of callables (X_batch, y_batch, rng), objects and not classes. "
                f"Got {self.augmenters!r}."
            )
        for augment in self.augmenters:
            _apply_in_place(augment, X_batch, y_batch, rng)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters, and with `deep` those of the augmenters too.

        Parameters
        ----------
        deep : bool, default=True
            Whether to look into the augmenters.

        Returns
        -------
        dict
            Name to value.
        """
        parameters = super().get_params(deep=False)
        if deep:
            for name, augment in self._named():
                parameters[name] = augment
                parameters |= {f"{name}__{key}": value for key, value in augment.get_params().items()}
        return parameters

    def set_params(self, **params: Any) -> Compose:
        """Set parameters of this object, or of its augmenters by ``<name>__<parameter>``.

        Parameters
        ----------
        **params : dict
            Name to value; a name alone replaces that augmenter.

        Returns
        -------
        self
            This object.
        """
        if "augmenters" in params:
            self.augmenters = params.pop("augmenters")
        named = dict(self._named())
        if replaced := {name: params.pop(name) for name in named if name in params}:
            names = iter(named)
            self.augmenters = [
                replaced.get(next(names), augment) if _has_parameters(augment) else augment
                for augment in self.augmenters
            ]
            named |= replaced
        # By the names of before: a replacement may have renumbered the others.
        for key in [key for key in params if hasattr(named.get(key.partition("__")[0]), "set_params")]:
            name, _, parameter = key.partition("__")
            named[name].set_params(**{parameter: params.pop(key)})
        super().set_params(**params)
        return self

    def _named(self) -> list[tuple[str, Any]]:
        """Each augmenter that has parameters, with the name that they go by."""
        augmenters = self.augmenters if isinstance(self.augmenters, list | tuple) else []
        tunable = list(filter(_has_parameters, augmenters))
        kinds = [type(augment).__name__.lower() for augment in tunable]
        totals, numbers = Counter(kinds), {kind: count(1) for kind in kinds}
        names = [kind if totals[kind] == 1 else f"{kind}-{next(numbers[kind])}" for kind in kinds]
        return list(zip(names, tunable, strict=True))


def _has_parameters(augment: Any) -> bool:
    return is_augmenter(augment) and hasattr(augment, "get_params")


def is_augmenter(value: Any) -> bool:
    """Whether `value` can be called on a mini-batch; a class cannot, only an object of it."""
    return callable(value) and not isinstance(value, type)


def apply_checked(
    augment: Any, X_batch: Any, y_batch: Any, rng: np.random.Generator, *, targets: str = "identity"
) -> None:
    """Augment the mini-batch in place, and hold the result to what training can use.

    Parameters
    ----------
    augment : callable (X_batch, y_batch, rng) -> None
        Perhaps the user's own.
    X_batch : ndarray of shape (rows, n_features)
        Changed in place.
    y_batch : ndarray of shape (rows, n_outputs)
        Changed in place.
    rng : Generator
        Where the draws come from.
    targets : {"identity", "logistic", "softmax"}, default="identity"
        The output function: any finite targets, each in [0, 1], or in each row a sum of 1 as well.

    Raises
    ------
    ValueError
        When the result is not in place, not finite or no target of the loss.
    """
    _apply_in_place(augment, X_batch, y_batch, rng)
    _require_within(augment, "finite values in X_batch", X_batch, -np.inf, np.inf)
    _require_within(augment, "finite values in y_batch", y_batch, -np.inf, np.inf)
    if targets != "identity":
        _require_within(augment, "class targets within [0, 1]", y_batch, -ROUNDING, 1 + ROUNDING)
    if targets == "softmax":
        totals = y_batch.sum(axis=1)
        _require_within(augment, "class targets that sum to 1 in every row", totals, 1 - ROUNDING, 1 + ROUNDING)


def _require_within(augment: Any, what: str, values: Any, low: float, high: float) -> None:
    # The two ends tell: NaN would be both of them, and they need no array of booleans.
    least, most = float(values.min()), float(values.max())
    if not low < least <= most < high:
        raise ValueError(f"augment must leave {what}. Got {least} to {most} from {augment!r}.")


def _apply_in_place(augment: Any, X_batch: Any, y_batch: Any, rng: np.random.Generator) -> None:
    """Call one augmenter; it may return nothing, or X_batch itself, and must leave the shapes alone."""
    shapes = X_batch.shape, y_batch.shape
    returned = augment(X_batch, y_batch, rng)
    if returned is not None and returned is not X_batch:
        shape = f" of shape {returned.shape}" if isinstance(returned, np.ndarray) else ""
        raise ValueError(
            f"augment must change the mini-batch of shape {shapes[0]} in place and return None. "
            f"Got {type(returned).__name__}{shape} from {augment!r}."
        )
    if (X_batch.shape, y_batch.shape) != shapes:
        raise ValueError(f"augment must keep the shapes {shapes}. Got {X_batch.shape} and {y_batch.shape}.")


def _as_images(X_batch: Any, image_shape: Any) -> Any:
    """The rows as images of shape (rows, height, width, channels): a view, never a copy."""
    _IMAGE_SHAPE.require("image_shape", image_shape)
    n_rows, n_features = X_batch.shape
    if prod(map(int, image_shape)) != n_features:
        raise ValueError(
            f"image_shape must multiply to the number of features, {n_features}. "
            f"Got {image_shape!r}, which is {prod(map(int, image_shape))}."
        )
    height, width, *channels = image_shape
    return X_batch.reshape(n_rows, height, width, *(channels or (1,)))
