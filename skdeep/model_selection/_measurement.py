"""Runs the fits of a report and collects what they measured: the rungs of the ladder and the learning curve."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import FitFailedWarning

from ._failure import Failure
from ._fits import Fit, Plan, run_plans
from ._folds import smaller_plans
from ._ladder import Rung, error_variance, make_rung
from ._learning_curve import LearningCurve, fit_learning_curve
from ._task import Task
from ._words import is_or_are

#: Fewer sizes leave a power law of three parameters open.
FEWEST_SIZES = 3


@dataclass(frozen=True)
class Succeeded:
    """Plans and what came of them: the fits that succeeded, and what the others raised."""

    plans: tuple[Plan, ...]
    fits: tuple[Fit, ...]
    failures: Mapping[str, Failure]


@dataclass(frozen=True)
class Measured:
    """The rungs, the curve if any, and the fits that they come from."""

    rungs: Mapping[str, Rung]
    curve: LearningCurve | None
    fits: tuple[Fit, ...]
    failures: Mapping[str, Failure]


def measure_ladder(
    task: Task, fractions: Sequence[float], *, confidence: float, n_jobs: int | None, verbose: bool, random_state: Any
) -> Measured:
    """Run all fits in one go, so that they fill the workers, and take means.

    Parameters
    ----------
    task : Task
        What to fit and where to look.
    fractions : sequence of float
        Of the training rows, for the learning curve; fewest first.
    confidence : float
        Of the intervals.
    n_jobs : int or None
        Fits at a time.
    verbose : bool
        Whether each finished fit says so.
    random_state : RandomState
        For the smaller parts, and the draws of the learning curve.

    Returns
    -------
    Measured
        Of the fits that succeeded.
    """
    plans = task.plans()
    smaller = list(
        smaller_plans(
            plans,
            task.sample.y,
            fractions,
            task.groups,
            stratified=task.is_of_classes,
            scorer=task.measure.scorer,
            random_state=random_state,
        )
    )
    every = [*plans, *(plan for few in smaller for plan in few)]
    fits = run_plans(
        every, task.estimator, task.samples, task.measure, fit_params=task.fit_params, n_jobs=n_jobs, verbose=verbose
    )
    n = len(plans)
    full = collect(plans, fits[:n])
    of_smaller = [(few, fits[n * k : n * (k + 1)]) for k, few in enumerate(smaller, 1)]
    curve = learning_curve(full, of_smaller, task, confidence=confidence, random_state=random_state)
    return Measured(ladder(full, task), curve, full.fits, full.failures)


def collect(plans: Sequence[Plan], fits: Sequence[Fit]) -> Succeeded:
    """Tell failures apart, with a warning.

    Parameters
    ----------
    plans : sequence of Plan
        What was to be done.
    fits : sequence of Fit
        What came of it.

    Returns
    -------
    Succeeded
        With one fit at least.

    Raises
    ------
    ValueError
        When every fit failed.
    """
    failures = {fit.name: fit.failure for fit in fits if fit.failure is not None}
    pairs = [(plan, fit) for plan, fit in zip(plans, fits, strict=True) if fit.failure is None]
    if not pairs:
        raise _nothing_to_report(failures)
    for of_score, words, category in (
        (False, "failed", FitFailedWarning),
        (True, "could not be scored", UserWarning),
    ):
        told = [f"{name}: {failure.text}" for name, failure in failures.items() if failure.of_score is of_score]
        if told:
            warnings.warn(
                f"{len(told)} of {len(fits)} fits {words} and {is_or_are(len(told))} left out of the report. "
                f"{'; '.join(told)}",
                category,
                stacklevel=4,
            )
    planned, done = zip(*pairs, strict=True)
    return Succeeded(planned, done, failures)


def _nothing_to_report(failures: Mapping[str, Failure]) -> ValueError:
    """What to raise where no fit is left: whether the fits failed or their scores did, and the first reason."""
    n, n_unscored = len(failures), sum(failure.of_score for failure in failures.values())
    what = f"Of {n} fits {n - n_unscored} failed and {n_unscored} could not be scored"
    if n_unscored == 0:
        what = f"All {n} fits failed"
    elif n_unscored == n:
        what = f"None of the {n} fits could be scored"
    name, first = next(iter(failures.items()))
    error = ValueError(f"{what}, so there is nothing to report. {name.capitalize()}: {first.text}")
    error.__cause__ = first.error
    return error


def ladder(succeeded: Succeeded, task: Task) -> dict[str, Rung]:
    """The rungs that were measured, lowest first.

    Parameters
    ----------
    succeeded : Succeeded
        The full-size fits.
    task : Task
        What they were made for.

    Returns
    -------
    dict of str to Rung
        Means over the fits.
    """
    first, rungs = succeeded.plans[0], {}
    for name in ("train", "train-dev", "dev", "test"):
        if name in first.evaluate_on:
            rungs[name] = make_rung(
                name,
                [fit.evaluations[name] for fit in succeeded.fits],
                task.samples[first.evaluate_on[name][0]].units,
                largest=task.measure.largest,
                ratio=_ratio(succeeded.plans),
            )
    return rungs


def _ratio(plans: Sequence[Plan]) -> float:
    """Training rows by held-out rows of a fold; 0 with a single fit."""
    held_out = [len(rows) for _, rows in (plan.evaluate_on["dev"] for plan in plans) if rows is not None]
    return float(np.mean([len(plan.train) for plan in plans]) / np.mean(held_out)) if held_out else 0.0


def learning_curve(
    full: Succeeded,
    smaller: Sequence[tuple[Sequence[Plan], Sequence[Fit]]],
    task: Task,
    *,
    confidence: float,
    random_state: Any,
) -> LearningCurve | None:
    """The curve through the sizes at which the same fits succeeded; None with too few, or none whose spread is known.

    Parameters
    ----------
    full : Succeeded
        The full-size fits.
    smaller : sequence of (plans, fits)
        Those on fewer rows, fewest first, in the same order of folds.
    task : Task
        What they were made for.
    confidence : float
        Of the intervals.
    random_state : RandomState
        For the draws.

    Returns
    -------
    LearningCurve or None
        Of the dev error.
    """
    whole = [
        (plans, fits) for plans, fits in smaller if len(fits) == len(full.fits) and not any(f.failure for f in fits)
    ]
    if len(whole) + 1 < FEWEST_SIZES:
        return None
    ladders = [
        ladder(Succeeded(tuple(plans), tuple(fits), {}), task) for plans, fits in (*whole, (full.plans, full.fits))
    ]
    if not all(np.isfinite(error_variance(rungs["dev"], rungs["train"])[0]) for rungs in ladders):
        return None
    sizes = [round(float(np.mean([fit.n_train for fit in fits]))) for fits in (*(fits for _, fits in whole), full.fits)]
    return fit_learning_curve(
        sizes,
        [rungs["dev"] for rungs in ladders],
        [rungs["train"] for rungs in ladders],
        confidence=confidence,
        is_share=task.measure.is_share,
        random_state=random_state,
    )
