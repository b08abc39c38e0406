"""Random initial weights: one variance-scaling rule under its published names, and the odd ones out.

An initializer is a callable ``(rng, fan_in, fan_out) -> weights`` of shape ``(fan_in, fan_out)``. The variance that
keeps a signal's size through a layer is ``scale / fan``:

======= =============================== ==================================
name    variance                        source
======= =============================== ==================================
he      ``2 / fan_in``                  He et al. (2015), for rectifiers
lecun   ``1 / fan_in``                  LeCun et al. (1998)
glorot  ``2 / (fan_in + fan_out)``      Glorot & Bengio (2010); ``xavier``
======= =============================== ==================================
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .parameters import Array, Initializer

Variance = Callable[[int, int], float]


def _he(fan_in: int, fan_out: int) -> float:
    return 2.0 / fan_in


def _lecun(fan_in: int, fan_out: int) -> float:
    return 1.0 / fan_in


def _glorot(fan_in: int, fan_out: int) -> float:
    return 2.0 / (fan_in + fan_out)


def variance_scaling(variance: Variance, distribution: str) -> Initializer:
    """Weights of mean zero and the given variance.

    Parameters
    ----------
    variance : callable (fan_in, fan_out) -> float
        The variance of one weight.
    distribution : {"normal", "uniform"}
        Its shape; the uniform one spans ``+-sqrt(3 variance)``.

    Returns
    -------
    callable (rng, fan_in, fan_out) -> ndarray of shape (fan_in, fan_out)
        The initializer.
    """

    def draw(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
        deviation = np.sqrt(variance(fan_in, fan_out))
        if distribution == "normal":
            return rng.normal(0.0, deviation, (fan_in, fan_out))
        limit = np.sqrt(3.0) * deviation
        return rng.uniform(-limit, limit, (fan_in, fan_out))

    return draw


def normal(rng: np.random.Generator, fan_in: int, fan_out: int, *, scale: float = 0.01) -> Array:
    """Normal weights of one standard deviation whatever the layer's size: the classic that fails at depth.

    Parameters
    ----------
    rng : Generator
        Where the draws come from.
    fan_in, fan_out : int
        Shape of the weights.
    scale : float, default=0.01
        The standard deviation.

    Returns
    -------
    ndarray of shape (fan_in, fan_out)
        The weights.
    """
    return rng.normal(0.0, scale, (fan_in, fan_out))


def zeros(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """All weights zero: every hidden unit stays the same as every other, as the course shows."""
    return np.zeros((fan_in, fan_out))


def orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Orthonormal rows or columns, whichever are fewer (Saxe et al., 2014), uniformly distributed."""
    tall = rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out)))
    Q, R = np.linalg.qr(tall)
    Q = Q * np.sign(np.diag(R))  # without this the distribution would not be uniform (Mezzadri, 2007)
    return Q if fan_in >= fan_out else Q.T


INITIALIZERS: dict[str, Initializer] = {
    f"{name}_{distribution}": variance_scaling(variance, distribution)
    for name, variance in {"he": _he, "glorot": _glorot, "xavier": _glorot, "lecun": _lecun}.items()
    for distribution in ("normal", "uniform")
} | {"orthogonal": orthogonal, "normal": normal, "zeros": zeros}
