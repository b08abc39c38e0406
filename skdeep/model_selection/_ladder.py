"""The ladder of errors, the gaps between its rungs, and how far rows and folds let either be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t

from ._evaluation import Evaluation, Units

HIGH, LOW, UNSETTLED, NOT_JUDGED = "high", "low", "cannot tell yet", "not judged"

#: Gap -> what it is called in a diagnosis when it is high.
PROBLEMS = {
    "avoidable bias": "high bias",
    "variance": "high variance",
    "data mismatch": "data mismatch",
    "overfit to dev": "overfit to dev",
}


@dataclass(frozen=True)
class Rung:
    """One error of the ladder.

    Attributes
    ----------
    name : str
        "target", "train", "train-dev", "dev" or "test".
    error : float
        Mean over the fits.
    by_fit : ndarray of shape (n_fits,)
        The error of each fit.
    units : Units or None
        What the rows are made of; None where only the errors of the fits are known.
    influence : ndarray of shape (n_units,) or None
        What each unit adds to the error's deviation from its expectation; NaN where that cannot be known, as from one
        unit alone.
    df : int
        Degrees of freedom of what the units say.
    floor : float
        What one more observation could change.
    ratio : float
        Training rows of a fit by its held-out rows; 0 with a single fit.
    """

    name: str
    error: float
    by_fit: Any
    units: Units | None = None
    influence: Any = None
    df: int = 0
    floor: float = 0.0
    ratio: float = 0.0

    @property
    def is_given(self) -> bool:
        """Whether it is a target that is a number, without rows."""
        return self.name == "target" and self.influence is None

    @property
    def row_variance(self) -> float:
        """Variance of the error for the rows being a sample, the fits given."""
        return float(np.sum(self.influence**2)) + 2 * self.floor**2  # without any error: about 3 / n (rule of three)

    @property
    def refit_variance(self) -> float:
        """Variance of a training error by the delete-d jackknife: each fit has left out some rows (Shao & Wu 1989)."""
        return self.ratio * float(np.var(self.by_fit))


@dataclass(frozen=True)
class Gap:
    """How far one rung stands above another.

    Attributes
    ----------
    name : str
        "avoidable bias", "variance", "data mismatch" or "overfit to dev".
    lower, upper : str
        Names of the two rungs.
    value : float
        Upper less lower error.
    interval : tuple of (float, float)
        At the report's confidence. Out of fold it is for the expectation over samples of as many rows; with own parts,
        for this very fit. Above a target that is a number it leaves out errors that cannot be, such as those below 0.
    verdict : str
        "high": measured above the threshold, and the interval leaves out 0. "low": measured at the threshold or below,
        and the interval leaves out twice the threshold. Else "cannot tell yet". "not judged" where one of the rungs is
        measured on rows that tell nothing, such as copies of training rows.
    rows_needed : int or None
        About how many rows of the upper rung would settle a "cannot tell yet", if the gap stays what it is.
    """

    name: str
    lower: str
    upper: str
    value: float
    interval: tuple[float, float]
    verdict: str
    rows_needed: int | None = None


def make_rung(
    name: str, evaluations: Sequence[Evaluation], units: Units, *, largest: float = np.inf, ratio: float = 0
) -> Rung:
    """The mean of the fits' errors on the rows of one rung, each fit on rows of its own.

    Parameters
    ----------
    name : str
        Of the rung.
    evaluations : sequence of Evaluation
        One for each fit.
    units : Units
        What the rows are made of.
    largest : float, default=inf
        The largest possible error.
    ratio : float, default=0
        Training rows of a fit by its held-out rows.

    Returns
    -------
    Rung
        With what each unit adds, how it moves a fit's error and which fits have it both counted.
    """
    by_fit = np.array([evaluation.error for evaluation in evaluations])
    error = float(by_fit.mean())
    influence = sum(fit.influence + fit.share * (fit.error - error) for fit in evaluations) / len(evaluations)
    n_present = int(np.count_nonzero(sum(fit.share for fit in evaluations)))
    influence = influence * (np.sqrt(n_present / (n_present - 1)) if n_present > 1 else np.nan)
    floor = largest / units.n_observations if np.isfinite(largest) else 0.0
    return Rung(name, error, by_fit, units, influence, min(n_present, units.n_observations) - 1, floor, ratio)


def error_variance(rung: Rung, train: Rung) -> tuple[float, int]:
    """Variance and degrees of freedom of one error.

    Parameters
    ----------
    rung : Rung
        Which error.
    train : Rung
        The training error of the same ladder.

    Returns
    -------
    tuple of (float, int)
        Over samples of as many rows.

    Notes
    -----
    Of a training error there are two estimates: by rows, with the fit held fixed, too small where the fit adapts to
    them; and by the jackknife over fits, right on average, but noisy: the larger is taken.
    An out-of-fold error varies by its rows and, as the gap above the training error does, by what they taught.
    """
    if rung.influence is None:
        n_fits = len(rung.by_fit)
        return (train.refit_variance if rung is train else _corrected(rung.by_fit, rung.ratio)), n_fits - 1
    variance = rung.row_variance
    if rung is train and len(rung.by_fit) > 1:
        variance = max(variance, rung.refit_variance)
    elif rung.units is train.units and rung.name != "target":
        variance += float(np.sum((rung.influence - train.influence) ** 2))
    return variance, rung.df


def gap_variance(lower: Rung, upper: Rung, train: Rung) -> tuple[float, int]:
    """Variance and degrees of freedom of the upper less the lower error.

    Parameters
    ----------
    lower, upper : Rung
        Which errors.
    train : Rung
        The training error of the same ladder.

    Returns
    -------
    tuple of (float, int)
        Over samples of as many rows.

    Notes
    -----
    Out of fold, row by row above the training error, each pair of rows in different folds is counted twice, once as
    test and training row and once the other way round, and the two agree (as in a degenerate U-statistic): the
    variance is twice what independent rows would have. Folds without rows: the correction of Nadeau & Bengio (2003).
    """
    if lower.is_given:
        return error_variance(upper, train)
    if lower.influence is None or upper.influence is None:
        return _corrected(upper.by_fit - lower.by_fit, upper.ratio), len(upper.by_fit) - 1
    if lower.units is not upper.units:
        parts = [error_variance(one, train) for one in (lower, upper)]
        return sum(variance for variance, _ in parts), min(df for _, df in parts)
    paired = float(np.sum((upper.influence - lower.influence) ** 2))
    twice = 2.0 if lower is train else 1.0
    return twice * paired + upper.floor**2, min(lower.df, upper.df)


def gain_variance(rung: Rung, constant: Rung, train: Rung) -> tuple[float, int]:
    """Variance and degrees of freedom of how far an error is below that of a constant prediction.

    Parameters
    ----------
    rung, constant, train : Rung
        The error, that of the constant on the same rows, and the training error of the same ladder.

    Returns
    -------
    tuple of (float, int)
        Over samples of as many rows: row by row, and out of fold by what the rows taught.
    """
    if rung.influence is None:
        return _corrected(rung.by_fit, rung.ratio), len(rung.by_fit) - 1
    variance = float(np.sum((rung.influence - constant.influence) ** 2)) + 2 * rung.floor**2
    if rung.units is train.units:
        variance += float(np.sum((rung.influence - train.influence) ** 2))
    return variance, rung.df


def _corrected(differences: Any, ratio: float) -> float:
    """Variance of a mean over folds that share training rows (Nadeau & Bengio 2003)."""
    return float(np.var(differences, ddof=1)) * (1 / len(differences) + 1 / ratio)


def interval(value: float, variance: float, df: int, confidence: float) -> tuple[float, float]:
    """The symmetric t interval; without end where the variance is not known."""
    half = float(t.ppf((1 + confidence) / 2, max(df, 1))) * np.sqrt(variance) if np.isfinite(variance) else np.inf
    return float(value - half), float(value + half)


def possible(low: float, high: float, largest: float, *, above: float = 0.0) -> tuple[float, float]:
    """An interval of errors, as seen from one of them, without those that cannot be: below 0, or above the largest."""
    return max(low, 0.0 - above), min(high, largest - above)


def judge(
    name: str, lower: Rung, upper: Rung, train: Rung, *, threshold: float, confidence: float, largest: float
) -> Gap:
    """The gap between two rungs, and whether it is high.

    Parameters
    ----------
    name : str
        Of the gap.
    lower, upper, train : Rung
        Between which rungs, and the training error of the same ladder.
    threshold : float
        A gap above it is high.
    confidence : float
        Of the interval.
    largest : float
        The largest possible error.

    Returns
    -------
    Gap
        With the verdict.
    """
    value = upper.error - lower.error
    low, high = interval(value, *gap_variance(lower, upper, train), confidence)
    if value > threshold:
        verdict, settled_by = (HIGH if low > 0 else UNSETTLED), value
    else:
        verdict, settled_by = (LOW if high < 2 * threshold or high <= 0 else UNSETTLED), 2 * threshold - value
    needed = _rows_needed(lower, upper, train, settled_by, confidence) if verdict == UNSETTLED else None
    if lower.is_given:
        low, high = possible(low, high, largest, above=lower.error)
    return Gap(name, lower.name, upper.name, value, (low, high), verdict, needed)


def _rows_needed(lower: Rung, upper: Rung, train: Rung, distance: float, confidence: float) -> int | None:
    """How many rows of the upper rung make half the interval as narrow as the distance, to two digits.

    None where no number of them would, because the rows of the lower rung leave too much open, or none is known.
    """
    if upper.units is None:
        return None
    variance, df = gap_variance(lower, upper, train)
    apart = lower.influence is not None and lower.units is not upper.units
    fixed = error_variance(lower, train)[0] if apart else 0.0
    allowed = (distance / float(t.ppf((1 + confidence) / 2, max(df, 1)))) ** 2 - fixed
    if not (allowed > 0 and np.isfinite(variance)):
        return None
    return int(float(f"{len(upper.units.of_row) * (variance - fixed) / allowed:.1e}"))
