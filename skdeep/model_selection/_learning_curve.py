"""The learning curve: dev error by training rows, a power law through it, and what twice the data would buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._error import format_error
from ._ladder import Rung, error_variance, interval

N_DRAWS = 2000
#: Between a fall that hardly shows and 1 / n²: with no bounds four points would allow anything.
EXPONENTS = np.linspace(0.1, 2.0, 96)


@dataclass(frozen=True)
class LearningCurve:
    """Dev error as a function of the number of training rows: ``limit + scale * n ** -exponent``.

    Attributes
    ----------
    sizes : tuple of int
        Training rows, increasing; the last are all that a fit of the ladder has.
    errors, train_errors : tuple of float
        Mean dev and train error at each size.
    intervals : tuple of (float, float)
        Of the dev errors.
    limit, scale, exponent : float
        The power law; the limit is what endless data of the kind would leave.
    doubled : float
        The dev error of the power law at twice the rows.
    doubled_interval : tuple of (float, float)
        From power laws fitted to draws of the measured errors.
    gain : float
        By how much less than the power law's error at the present rows that is.
    gain_interval : tuple of (float, float)
        From the same draws.
    is_share : bool
        Whether errors read as percentages.
    """

    sizes: tuple[int, ...]
    errors: tuple[float, ...]
    train_errors: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    limit: float
    scale: float
    exponent: float
    doubled: float
    doubled_interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float]
    is_share: bool = False

    def predict(self, n: Any) -> Any:
        """The power law's dev error.

        Parameters
        ----------
        n : float or array-like
            Training rows.

        Returns
        -------
        float or ndarray
            Errors.
        """
        return self.limit + self.scale * np.asarray(n, dtype=float) ** -self.exponent

    @property
    def pays(self) -> bool:
        """Whether twice the data may bring the error down by what shows in print."""
        now, doubled = (format_error(float(self.predict(k * self.sizes[-1])), self.is_share) for k in (1, 2))
        return self.gain_interval[1] > 0 and now != doubled

    def to_dict(self) -> dict[str, Any]:
        """The figures, as plain Python objects.

        Returns
        -------
        dict
            Attribute to value.
        """
        return dict(vars(self))

    def __str__(self) -> str:
        now, doubled, low, high = (
            format_error(error, self.is_share)
            for error in (float(self.predict(self.sizes[-1])), self.doubled, *self.doubled_interval)
        )
        start = f"Twice the data ({self.sizes[-1]} to {2 * self.sizes[-1]} training rows)"
        if not self.pays:
            return f"{start} would hardly change the dev error of {now}: the curve has levelled out."
        doubt = "" if self.gain_interval[0] > 0 else ", perhaps nothing"
        return f"{start} would bring the dev error from {now} to about {doubled} ({low} to {high}){doubt}."


def fit_learning_curve(
    sizes: Sequence[int],
    dev: Sequence[Rung],
    train: Sequence[Rung],
    *,
    confidence: float,
    is_share: bool,
    random_state: Any,
) -> LearningCurve:
    """Fit the power law to the measured errors.

    Parameters
    ----------
    sizes : sequence of int
        Training rows.
    dev, train : sequence of Rung
        The errors at each size.
    confidence : float
        Of the intervals.
    is_share : bool
        Whether errors read as percentages.
    random_state : RandomState
        For the draws.

    Returns
    -------
    LearningCurve
        Errors of the same rows at several sizes hang together; the draws respect that.
    """
    n, errors = np.asarray(sizes, dtype=float), np.array([rung.error for rung in dev])
    variances = [error_variance(one, other) for one, other in zip(dev, train, strict=True)]
    covariance = _covariance(dev, np.array([variance for variance, _ in variances]))
    draws = random_state.multivariate_normal(errors, covariance, size=N_DRAWS)
    law, *laws = _power_laws(n, np.vstack([errors, draws]), np.sqrt(np.diag(covariance)))
    laws = np.array(laws)
    doubled, gains = _at(laws.T, 2 * n[-1]), _at(laws.T, n[-1]) - _at(laws.T, 2 * n[-1])
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    return LearningCurve(
        sizes=tuple(map(int, sizes)),
        errors=tuple(map(float, errors)),
        train_errors=tuple(rung.error for rung in train),
        intervals=tuple(
            _positive(rung.error, *variance, confidence) for rung, variance in zip(dev, variances, strict=True)
        ),
        limit=float(law[0]),
        scale=float(law[1]),
        exponent=float(law[2]),
        doubled=float(_at(law, 2 * n[-1])),
        doubled_interval=tuple(np.quantile(doubled, tails).tolist()),
        gain=float(_at(law, n[-1]) - _at(law, 2 * n[-1])),
        gain_interval=tuple(np.quantile(gains, tails).tolist()),
        is_share=is_share,
    )


def _positive(error: float, variance: float, df: int, confidence: float) -> tuple[float, float]:
    """The interval without what no error can be."""
    low, high = interval(error, variance, df, confidence)
    return max(low, 0.0), high


def _at(law: Any, n: float) -> Any:
    limit, scale, exponent = law
    return limit + scale * n**-exponent


def _power_laws(n: Any, errors: Any, spread: Any) -> Any:
    """Limit, scale and exponent by least squares, in units of the spread, for each row of errors.

    For an exponent limit and scale are a linear fit, neither negative: the best of the three that leave both, or one of
    the two, at work. The best exponent of a grid is taken.
    """
    spread = np.maximum(spread, 1e-3 * max(np.abs(errors).max(), 1e-12))
    fits = [_linear_fit(n**-exponent, errors, spread) for exponent in EXPONENTS]
    losses = np.array([loss for _, _, loss in fits])
    best, rows = losses.argmin(axis=0), np.arange(len(errors))
    limits, scales = (np.array([fit[k] for fit in fits])[best, rows] for k in (0, 1))
    return np.column_stack([limits, scales, EXPONENTS[best]])


def _linear_fit(fall: Any, errors: Any, spread: Any) -> tuple[Any, Any, Any]:
    """Limit and scale of ``limit + scale * fall``, not negative, and what is left of the squares, for each row."""
    weights = spread**-2.0
    mean, centre = errors @ weights / weights.sum(), fall @ weights / weights.sum()
    slope = np.maximum((errors - mean[:, None]) @ (weights * (fall - centre)) / (weights @ (fall - centre) ** 2), 0.0)
    through_zero = np.maximum(errors @ (weights * fall) / (weights @ fall**2), 0.0)
    limit = mean - slope * centre
    limit, scale = np.where(limit >= 0, limit, 0.0), np.where(limit >= 0, slope, through_zero)
    left = limit[:, None] + np.outer(scale, fall) - errors
    return limit, scale, left**2 @ weights


def _covariance(rungs: Sequence[Rung], variances: Any) -> Any:
    """Of errors of the same rows at several sizes: correlated as their influences are."""
    if rungs[0].influence is None:
        correlation = np.corrcoef([rung.by_fit for rung in rungs])
    else:
        influence = np.array([rung.influence for rung in rungs])
        products = influence @ influence.T
        spread = np.sqrt(np.maximum(np.diag(products), np.finfo(float).tiny))
        correlation = products / np.outer(spread, spread)
        np.fill_diagonal(correlation, 1.0)
    spread = np.sqrt(variances)
    return correlation * np.outer(spread, spread)
