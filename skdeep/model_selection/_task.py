"""What a report is asked about: the estimator, its error, the rows and their parts, and which rows go where."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sklearn import get_config
from sklearn.metrics import check_scoring
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from .._score_needs import Need
from ._arguments import check_fit_params, check_part_targets
from ._defined import refuse_undefined_folds, refuse_undefined_parts, undefined_folds
from ._error import ErrorMeasure
from ._fits import Plan, Sample
from ._folds import cut_folds, fold_names, fold_plans, make_splitter, make_units, single_plan
from ._row_checks.data_checks import is_class_target


@dataclass(frozen=True)
class Task:
    """One question to an estimator.

    Attributes
    ----------
    estimator : estimator
        Is not changed.
    measure : ErrorMeasure
        Which error.
    sample : Sample
        The training rows.
    parts : dict of str to Sample
        The user's own parts by rung: "train-dev", "dev", "test".
    groups : array-like or None
        Of the training rows.
    folds : list of (train, held_out)
        Row numbers; empty with a dev part of the user's own.
    fit_params : dict
        For `fit`.
    undefined : dict of int to (Need, str)
        The folds that are left out, since the score is not defined on their rows.
    """

    estimator: Any
    measure: ErrorMeasure
    sample: Sample
    parts: Mapping[str, Sample]
    groups: Any
    folds: Sequence[tuple[Any, Any]]
    fit_params: Mapping[str, Any]
    undefined: Mapping[int, tuple[Need, str]] = field(default_factory=dict)

    @property
    def dev(self) -> Sample:
        """The sample that the dev error is measured on."""
        return self.parts.get("dev", self.sample)

    @property
    def samples(self) -> dict[str, Sample]:
        """All samples by the names that the plans use."""
        return {"train": self.sample, **self.parts}

    @cached_property
    def is_of_classes(self) -> bool:
        """Whether there is one class for each row to tell."""
        return is_class_target(self.estimator, self.sample.y)

    @property
    def dev_source(self) -> str:
        """Where the dev error comes from, in words."""
        return f"out of fold, {len(self.folds)} folds" if self.folds else "your dev part"

    def scored_folds(self, failures: Collection[str] = ()) -> list[tuple[Any, Any]]:
        """Training and held-out rows of the folds that the score is defined on, but for the fits that failed."""
        left = {plan.name for plan in self.plans()} - set(failures)
        return [fold for name, fold in zip(fold_names(len(self.folds)), self.folds, strict=True) if name in left]

    def plans(self) -> list[Plan]:
        """The full-size fits."""
        if self.folds:
            return fold_plans(self.folds, self.parts, self.undefined)
        return [single_plan(len(self.sample.units.of_row), self.parts)]


def make_task(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    groups: Any,
    parts: Mapping[str, tuple[Any, Any]],
    cv: Any,
    measure: ErrorMeasure,
    scoring: Any,
    fit_params: Any,
    random_state: Any,
) -> Task:
    """Cut the rows and send the metadata where they belong.

    Parameters
    ----------
    estimator : estimator
        Is not changed.
    X, y, groups : array-like
        The training rows.
    parts : dict of str to (X, y)
        The user's own.
    cv : int, splitter or iterable
        Not used with a dev part.
    measure : ErrorMeasure
        Which error.
    scoring : str, callable or None
        As given; None leaves the routing of weights to the estimator's own score.
    fit_params : dict or None
        Metadata.
    random_state : RandomState
        For folds and blocks.

    Returns
    -------
    Task
        Checked.
    """
    check_part_targets(y, parts, classes=is_class_target(estimator, y), both=measure.of_two_samples)
    splitter = make_splitter(cv, y, groups, estimator, random_state.randint(2**31 - 1))
    scorer = None if scoring is None else measure.scorer
    to_fit, to_split, to_score = _route(estimator, splitter, scorer, check_fit_params(fit_params), groups)
    _check_score_metadata(to_score, parts)
    sample = Sample(X, y, make_units(y, groups, measure, random_state=random_state), to_score)
    own = {
        name: Sample(X_part, y_part, make_units(y_part, None, measure, random_state=random_state))
        for name, (X_part, y_part) in parts.items()
    }
    folds = [] if "dev" in own else cut_folds(splitter, X, y, to_split)
    undefined = _check_score(measure, sample, own, folds)
    return Task(estimator, measure, sample, own, groups, folds, to_fit, undefined)


def _check_score(
    measure: ErrorMeasure, sample: Sample, parts: Mapping[str, Sample], folds: Sequence[tuple[Any, Any]]
) -> dict[int, tuple[Need, str]]:
    """The folds on which the score is not defined; a ValueError where it is on none, or not on a part."""
    scorer, targets = measure.scorer_in_need, {name: part.y for name, part in parts.items()}
    refuse_undefined_parts(measure.score_name, scorer, sample.y, targets)
    undefined = undefined_folds(scorer, sample.y, folds, sample.weights)
    refuse_undefined_folds(measure.score_name, undefined, len(folds))
    return undefined


def _check_score_metadata(metadata: Collection[str], parts: Collection[str]) -> None:
    """Raise a ValueError where only some of the rows would be scored with it."""
    if metadata and parts:
        name = next(iter(metadata))
        raise ValueError(
            f"{name} must not be routed to the scorer beside parts of your own, whose rows have none. "
            f"Got {name} and X_{next(iter(parts)).replace('-', '_')}."
        )


def _route(
    estimator: Any, splitter: Any, scorer: Any, fit_params: dict[str, Any], groups: Any
) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, object]]:
    """What of the metadata goes to `fit`, what to `split`, and what to the scorer."""
    if not get_config()["enable_metadata_routing"]:
        return fit_params, {"groups": groups}, {}
    scorer = check_scoring(estimator) if scorer is None else scorer
    steps = (("estimator", estimator, "fit"), ("splitter", splitter, "split"), ("scorer", scorer, "score"))
    router = MetadataRouter(owner="bias_variance_report")
    for name, consumer, method in steps:
        router.add(**{name: consumer}, method_mapping=MethodMapping().add(caller="fit", callee=method))
    try:
        routed = process_routing(router, "fit", **(fit_params if groups is None else {**fit_params, "groups": groups}))
    except TypeError:  # groups are of use to the intervals where nobody else knows them
        routed = process_routing(router, "fit", **fit_params)
    return routed.estimator.fit, routed.splitter.split, routed.scorer.score
