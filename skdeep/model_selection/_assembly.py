"""From measured errors to a report: gaps and verdicts, the diagnosis, and the advice that follows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import norm
from sklearn.pipeline import Pipeline

from ._doubts import Doubt
from ._error import ACCURACY, ROUNDING, ErrorMeasure, format_error
from ._ladder import (
    HIGH,
    LOW,
    NOT_JUDGED,
    PROBLEMS,
    UNSETTLED,
    Gap,
    Rung,
    error_variance,
    gain_variance,
    interval,
    judge,
    possible,
)
from ._learning_curve import LearningCurve
from ._recipe import LEARNT_TOO_LITTLE, NO_BETTER, Advice, Flow, Symptoms, advise
from ._reference import Constant
from ._report import BiasVarianceReport

#: Errors in which each class counts as often as it occurs.
BY_SHARES = (ACCURACY, "log loss", "brier score")
#: Of the interval that tells whether errors seem better than a constant's: of 400 tasks of pure noise 22 seem so by the
#: threshold alone, 3 by both.
SEEMING = 0.8
#: Name of a gap, lower and upper rung; the variance is that of train-dev where it was measured.
GAPS = (
    ("avoidable bias", "target", "train"),
    ("variance", "train", "train-dev"),
    ("variance", "train", "dev"),
    ("data mismatch", "train-dev", "dev"),
    ("overfit to dev", "dev", "test"),
)

LARGER_RUNG = "the dev or train rows, the larger"
NO_BASELINE = "No constant prediction has an error of this kind: gaps are compared with the dev error instead."


def build_report(
    estimator: Any,
    measure: ErrorMeasure,
    rungs: Mapping[str, Rung],
    *,
    estimator_name: str = "",
    constant: Constant,
    compared: Constant | None = None,
    tolerance: float,
    confidence: float,
    doubts: Sequence[Doubt] = (),
    imbalance: str = "",
    n_rows: Mapping[str, int],
    dev_source: str,
    learning_curve: LearningCurve | None = None,
    symptoms: Symptoms | None = None,
    fitted: Any = None,
    measure_flow: Callable[..., Flow | None] | None = None,
    warnings: Sequence[str] = (),
    **remarks: Any,
) -> BiasVarianceReport:
    """Judge the gaps of a ladder and advise.

    Parameters
    ----------
    estimator : estimator or None
        What was evaluated.
    measure : ErrorMeasure
        Of which kind the errors are.
    rungs : dict of str to Rung
        The ladder, lowest rung first.
    estimator_name : str, default=""
        What was evaluated, where that is not the estimator.
    constant : Constant
        The constant prediction on the dev rows.
    compared : Constant, default=None
        The same on the rows that variance is measured on, where these are others.
    tolerance, confidence : float
        What is high, and how sure to be.
    doubts : sequence of Doubt, default=()
        Why some rungs tell nothing.
    imbalance : str, default=""
        Why the error hardly shows what is learnt, in a sentence.
    n_rows : dict of str to int
        Rows of each rung.
    dev_source : str
        Where the dev error comes from.
    learning_curve : LearningCurve, default=None
        If measured.
    symptoms : Symptoms, default=None
        What else was seen in the fits.
    fitted : estimator, default=None
        One that was fitted.
    measure_flow : callable (problem, scaled) -> Flow or None, default=None
        Asked where a network has learnt too little.
    warnings : sequence of str, default=()
        What makes the errors mean less.
    **remarks : dict
        What else the report holds.

    Returns
    -------
    BiasVarianceReport
        The report.
    """
    baseline, source = constant.error, constant.words
    if not baseline > 0:  # NaN: none; 0: also the usual one is perfect
        baseline, source = (
            max(rungs["train"].error, rungs["dev"].error),
            LARGER_RUNG,
        )
        warnings = [*warnings, NO_BASELINE]
    threshold = tolerance * baseline
    doubted = {rung for doubt in doubts for rung in doubt.rungs}
    gaps = _gaps(rungs, threshold, confidence, measure.largest, doubted)
    learnt = "train-dev" if "train-dev" in rungs else "dev"
    gain, gain_interval = _gain(rungs, learnt, compared or constant, confidence, doubted)
    diagnosis = _diagnose(gaps, doubts, verdict_on_gain=_judge_gain(gain, gain_interval, threshold, confidence))
    return BiasVarianceReport(
        estimator_name=estimator_name or describe(estimator),
        error_name=measure.name,
        is_share=measure.is_share,
        errors={name: rung.error for name, rung in rungs.items()},
        error_intervals=_error_intervals(rungs, measure.largest, confidence),
        gaps=gaps,
        baseline_error=baseline,
        baseline_source=source,
        tolerance=tolerance,
        threshold=threshold,
        confidence=confidence,
        n_rows=n_rows,
        dev_source=dev_source,
        diagnosis=diagnosis,
        advice=_advise(
            estimator,
            fitted,
            diagnosis,
            gaps,
            symptoms or Symptoms(),
            n_rows,
            learning_curve,
            measure_flow=measure_flow,
            by_shares=measure.name in BY_SHARES and rungs["train"].error > baseline,
            imbalance=imbalance,
            naming=sorted({place for doubt in doubts for place in doubt.columns}),
            rounding=next((doubt.rounding for doubt in doubts if doubt.rounding), ""),
        ),
        gain=gain,
        gain_interval=gain_interval,
        doubts=tuple(doubt.sentence for doubt in doubts),
        learning_curve=learning_curve,
        warnings=tuple(filter(None, (*warnings, imbalance))),
        **remarks,
    )


def _gain(
    rungs: Mapping[str, Rung], name: str, constant: Constant, confidence: float, doubted: Collection[str]
) -> tuple[float | None, tuple[float, float] | None]:
    """How far an error is below that of a constant prediction on the same rows; None where there is none to compare."""
    if constant.rung is None or name in doubted:
        return None, None
    value = constant.rung.error - rungs[name].error
    return value, interval(value, *gain_variance(rungs[name], constant.rung, rungs["train"]), confidence)


def _judge_gain(gain: float | None, ends: tuple[float, float] | None, threshold: float, confidence: float) -> str:
    """HIGH where an error is surely below that of a constant, LOW where it does not seem so; UNSETTLED between them.

    It seems so where it is by more than the threshold, and the interval at `SEEMING` leaves out 0 or is not known.
    """
    if gain is None or ends is None or ends[0] > ROUNDING * threshold:
        return HIGH
    half = (gain - ends[0]) * norm.ppf((1 + SEEMING) / 2) / norm.ppf((1 + confidence) / 2)
    return UNSETTLED if gain > threshold and (np.isinf(half) or gain > half) else LOW


def _gaps(
    rungs: Mapping[str, Rung], threshold: float, confidence: float, largest: float, doubted: Set[str]
) -> tuple[Gap, ...]:
    train, how = rungs["train"], {"threshold": threshold, "confidence": confidence, "largest": largest}
    found: dict[str, Gap] = {}
    for name, lower, upper in GAPS:
        if name not in found and lower in rungs and upper in rungs:
            found[name] = judge(name, rungs[lower], rungs[upper], train, **how)
            if doubted & {name, lower, upper}:
                found[name] = replace(found[name], verdict=NOT_JUDGED, rows_needed=None)
    return tuple(found.values())


def _advise(
    estimator: Any,
    fitted: Any,
    diagnosis: Sequence[str],
    gaps: Sequence[Gap],
    symptoms: Symptoms,
    n_rows: Mapping[str, int],
    curve: LearningCurve | None,
    measure_flow: Callable[..., Flow | None] | None,
    **facts: Any,
) -> tuple[Advice, ...]:
    symptoms = _relevant(symptoms, gaps)
    problem = next((name for name in LEARNT_TOO_LITTLE if name in {*diagnosis, *symptoms.problems}), "")
    flow = None
    if problem and measure_flow is not None:
        flow = measure_flow(problem=problem, scaled=not symptoms.not_normalised)
    return advise(
        diagnosis,
        symptoms,
        estimator,
        flow=flow,
        fitted=fitted,
        n_rows=n_rows.get("train"),
        doubling="" if curve is None else str(curve) if curve.pays else None,
        rows_needed=_rows_needed(gaps),
        **facts,
    )


def _relevant(symptoms: Symptoms, gaps: Sequence[Gap]) -> Symptoms:
    """Without an early end of training where the training error leaves nothing to wish for."""
    learnt = any(gap.name == "avoidable bias" and gap.verdict == LOW for gap in gaps)
    return replace(symptoms, not_converged=False, loss_still_falling=False) if learnt else symptoms


def _diagnose(gaps: Sequence[Gap], doubts: Sequence[Doubt], *, verdict_on_gain: str) -> tuple[str, ...]:
    """What makes errors tell nothing, whether anything is learnt, then what is high and what is open."""
    found = list(dict.fromkeys(doubt.problem for doubt in doubts))
    found += [NO_BETTER] * (verdict_on_gain == LOW)
    found += [PROBLEMS[gap.name] for gap in gaps if gap.verdict == HIGH]
    found += [UNSETTLED] * (UNSETTLED in (verdict_on_gain, *(gap.verdict for gap in gaps)))
    return tuple(found)


def _error_intervals(rungs: Mapping[str, Rung], largest: float, confidence: float) -> dict[str, tuple[float, float]]:
    """Of each rung; no limit where no error can be: below 0, or above the largest."""
    intervals = {}
    for name, rung in rungs.items():
        if rung.is_given:
            intervals[name] = (rung.error, rung.error)
        else:
            ends = interval(rung.error, *error_variance(rung, rungs["train"]), confidence)
            intervals[name] = possible(*ends, largest)
    return intervals


def _rows_needed(gaps: Sequence[Gap]) -> str:
    """What would settle the gaps that are not, in a sentence."""
    known = [gap for gap in gaps if gap.rows_needed is not None]
    parts = [f"about {gap.rows_needed} {gap.upper} rows in all to settle {gap.name}" for gap in known]
    return f"It would take {', '.join(parts)}." if parts else ""


def target_warning(rungs: Mapping[str, Rung], measure: ErrorMeasure) -> str:
    """A sentence where the estimator already does better than the target; empty elsewhere."""
    target, dev = rungs["target"].error, rungs["dev"].error
    if target <= dev:
        return ""
    return (
        f"The target error, {format_error(target, measure.is_share)}, is above the dev error, "
        f"{format_error(dev, measure.is_share)}: the estimator already does better than what was said to be the best "
        "one could hope for, so there is no avoidable bias to speak of; give a lower target."
    )


def describe(estimator: Any) -> str:
    """The estimator's class, and the classes of the steps of a pipeline or of what a search searches."""
    name = type(estimator).__name__
    if isinstance(estimator, Pipeline):
        return f"{name}({', '.join(describe(step) for _, step in estimator.steps)})"
    inner = getattr(estimator, "estimator", None)
    return f"{name}({describe(inner)})" if hasattr(inner, "fit") else estimator if isinstance(estimator, str) else name
