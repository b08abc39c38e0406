"""A grid search that trains its networks together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.utils import get_tags, indexable

from ._shared_fits import Outcome, Task, can_share, fit_tasks

#: Fitted networks that are held at a time; with their moments, at most 0.8 MB each.
MOST_FITS = 500


class BatchedGridSearchCV(GridSearchCV):
    """`GridSearchCV`, with all small networks of one architecture trained in one loop.

    In a small network most of a training step is the price of the calls. Here candidates and folds whose networks have
    the same layers pay it together: each with its own rows, weights, seed and end, and with the scores that
    `GridSearchCV` would give. Everything else is that class: parameters, attributes, refit, scoring, routing.

    The estimator may be a `DeepMLPClassifier`, a `DeepMLPRegressor`, or a `Pipeline` that ends in one, whose earlier
    steps are then fitted once for each fold and distinct setting. What cannot be trained in a stack is fitted as
    `GridSearchCV` fits it: other estimators and subclasses, and networks too large to gain. Networks with
    ``solver="lbfgs"``, augmentation, a rate of the user's own, `verbose` or `record_norms` are trained one by one.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    param_grid : dict or list of dict
        Parameter names and the values to try; as for `GridSearchCV`.
    scoring : str, callable, list, tuple or dict, default=None
        How to score; the estimator's own score if None.
    n_jobs : int, default=None
        Processes among which the fits are divided; 1 if None.
    refit : bool, str or callable, default=True
        Whether, or by which score, the best candidate is fitted again on all rows.
    cv : int, splitter or iterable, default=None
        The folds; 5 if None.
    verbose : int, default=0
        1 prints a line for each stack of networks; more, what `GridSearchCV` prints too.
    pre_dispatch : int or str, default="2*n_jobs"
        For fits that are not trained in a stack.
    error_score : "raise" or float, default=nan
        The score of a fit that fails.
    return_train_score : bool, default=False
        Whether to score the training rows too.

    Attributes
    ----------
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_, multimetric_
        As of `GridSearchCV`. The fit times of networks trained together are their shares of the whole.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep import DeepMLPClassifier
    >>> from skdeep.model_selection import BatchedGridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> pipeline = make_pipeline(StandardScaler(), DeepMLPClassifier((16, 16), max_iter=30, random_state=0))
    >>> grid = {"deepmlpclassifier__alpha": [0.1, 1.0], "deepmlpclassifier__keep_prob": [0.8, 1.0]}
    >>> search = BatchedGridSearchCV(pipeline, grid).fit(X, y)
    >>> bool(search.best_score_ > 0.9)
    True
    """

    def fit(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Score all candidates on all folds, and fit the best one on all rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target.
        **params : dict
            For the estimator's `fit`, the scorer and the splitter (`groups`), as in `GridSearchCV`.

        Returns
        -------
        self
            The fitted search.
        """
        own = self.get_params(deep=False)
        attempt = copy(self)
        attempt.estimator = stand = _Stand(self, X, y, params)
        if isinstance(self.cv, Iterator):
            attempt.cv = list(self.cv)  # the splits are asked for twice
        if self._shares_all(X, params):
            attempt.n_jobs = None  # to score is all that is left, and quicker here than elsewhere
        attempt.verbose = self.verbose if self.verbose > 1 else 0
        try:
            super(BatchedGridSearchCV, attempt).fit(X, y, **params)
        finally:
            stand.forget()
        self.__dict__ = {**vars(attempt), **own}
        return self

    def _shares_all(self, X: Any, params: Mapping[str, Any]) -> bool:
        """Whether every candidate is a network that can be trained with others."""
        fit_params = [name for name in params if name != "groups"]
        try:
            candidates = _candidates(self.estimator, ParameterGrid(self.param_grid))
            return all(can_share(candidate, fit_params, X) for candidate in candidates)
        except (TypeError, ValueError):
            return False  # the search will say what is wrong

    def _run_search(self, evaluate_candidates: Callable[..., Any]) -> None:
        """Fit all candidates, some hundred at a time, and have them scored."""
        stand: Any = self.estimator
        X, y = indexable(stand.X, stand.y)
        routed = self._get_routed_params_for_fit(stand.params)
        splits = list(check_cv(self.cv, y, classifier=is_classifier(stand)).split(X, y, **routed.splitter.split))
        candidates = list(ParameterGrid(self.param_grid))
        n_at_once = max(1, MOST_FITS // max(1, len(splits)))
        for start in range(0, len(candidates), n_at_once):
            some = candidates[start : start + n_at_once]
            stand.expect(_fit_all(stand.search, some, splits, X, y, routed.estimator.fit))
            evaluate_candidates(some, cv=check_cv(splits))

    def _format_results(self, candidate_params: Any, n_splits: int, out: Any, more_results: Any = None) -> Any:
        stand: Any = self.estimator
        for result, outcome in zip(out, stand.outcomes, strict=True):
            if outcome is not None:
                result["fit_time"] = outcome.seconds
        return super()._format_results(candidate_params, n_splits, out, more_results)


def _fit_all(
    search: GridSearchCV, candidates: Sequence[Mapping[str, Any]], splits: Sequence[Any], X: Any, y: Any, params: Any
) -> list[Outcome | None]:
    """Outcomes in the order of the search, candidate by candidate; None for fits that are left to it."""
    set_candidates = _candidates(search.estimator, candidates)
    shared = [number for number, candidate in enumerate(set_candidates) if can_share(candidate, params, X)]
    if search.verbose:
        _report(
            f"{len(candidates)} candidates on {len(splits)} folds: {len(shared) * len(splits)} of "
            f"{len(candidates) * len(splits)} fits are trained together"
        )
    # Fold by fold, for networks on the same rows share what is made of them.
    places = [(number, fold) for fold in range(len(splits)) for number in shared]
    tasks = [Task(candidates[number], splits[fold][0]) for number, fold in places]
    report = _report if search.verbose else None
    outcomes = fit_tasks(search.estimator, X, y, tasks, fit_params=params, n_jobs=search.n_jobs, report=report)
    at = dict(zip(places, outcomes, strict=True))
    return [at.get((number, fold)) for number in range(len(candidates)) for fold in range(len(splits))]


def _candidates(estimator: Any, candidates: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    """Clones of the estimator with each candidate's parameters."""
    for candidate in candidates:
        yield clone(estimator).set_params(**clone(dict(candidate), safe=False))


def _report(line: str) -> None:
    print(line, flush=True)  # noqa: T201 (what verbose is for)


class _Stand:
    """Stands in for the estimator of a search whose fits have been done: it clones into them, one after the other.

    Before and after those it clones into itself and into the estimator, and it looks like the estimator all the time.
    """

    def __init__(self, search: GridSearchCV, X: Any, y: Any, params: Mapping[str, Any]) -> None:
        self.search, self.estimator = search, search.estimator
        self.X, self.y, self.params = X, y, params
        self.outcomes: list[Outcome | None] = []
        self._next: Iterator[Outcome | None] | None = None

    def expect(self, outcomes: list[Outcome | None]) -> None:
        """Hand these out to the next clones."""
        self.outcomes += outcomes
        self._next = iter(outcomes)

    def forget(self) -> None:
        """Let go of all that only the search needs."""
        self.__dict__ = {"estimator": self.estimator}

    def __sklearn_clone__(self) -> Any:
        if self._next is None:
            return self
        outcome = next(self._next, None)
        return clone(self.estimator) if outcome is None else _Done(outcome, self.estimator)

    def __getattr__(self, name: str) -> Any:
        if name in ("estimator", "_next"):  # not there yet, or no more
            raise AttributeError(name)
        return getattr(self.estimator, name)

    def __getstate__(self) -> dict[str, Any]:
        return {"estimator": self.estimator}


class _Done:
    """Takes the place of an unfitted estimator whose fit has been done."""

    def __init__(self, outcome: Outcome, estimator: Any) -> None:
        self.outcome, self.estimator = outcome, estimator

    def set_params(self, **params: Any) -> Any:
        """The fitted estimator, or one whose fit fails as it failed."""
        try:
            return FrozenEstimator(self.outcome.fitted())
        except Exception:
            return _Failed(self.outcome, self.estimator)


class _Failed:
    """An estimator whose fit failed, and fails again in the same way."""

    def __init__(self, outcome: Outcome, estimator: Any) -> None:
        self.outcome, self.estimator = outcome, estimator

    def fit(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Raise what was raised."""
        self.outcome.fitted()

    def __sklearn_tags__(self) -> Any:
        return get_tags(self.estimator)
