"""A grid search that trains its networks together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.utils import get_tags, indexable
from sklearn.utils.metaestimators import available_if

from ._shared_fits import Outcome, Task, can_share, fit_tasks

#: Fitted networks that are held at a time; with their moments, at most 0.8 MB each.
MOST_FITS = 500


def _transforms(search: Any) -> bool:
    return hasattr(search.estimator, "transform")


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
        self._validate_params()
        get_tags(self.estimator)  # raises the errors of scikit-learn on what is no estimator
        own = self.get_params(deep=False)
        attempt = copy(self)
        attempt.estimator = stand = _Stand(self, X, y)
        if isinstance(self.cv, Iterator):
            attempt.cv = list(self.cv)  # the splits are asked for twice
        stand.shares_all = self._shares_all(X, y, params)
        if stand.shares_all:
            attempt.n_jobs = None  # to score is all that is left, and quicker here than elsewhere
        attempt.verbose = self.verbose if self.verbose > 1 else 0
        super(BatchedGridSearchCV, attempt).fit(X, y, **params)
        self.__dict__ = {**vars(attempt), **own}
        if self.scoring is None:
            self.scorer_ = check_scoring(self.estimator)  # the other one knows the stand-in, and with it the data
        return self

    @available_if(_transforms)
    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Fit, and transform the same rows with the best estimator.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target.
        **params : dict
            As for `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            What the best estimator's `transform` gives.
        """
        return self.fit(X, y, **params).transform(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags = get_tags(self.estimator).transformer_tags
        return tags

    def _shares_all(self, X: Any, y: Any, params: Mapping[str, Any]) -> bool:
        """Whether every candidate is a network that can be trained with others."""
        fit_params = [name for name in params if name != "groups"]
        try:
            candidates = _candidates(self.estimator, ParameterGrid(self.param_grid))
            return all(can_share(candidate, fit_params, X, y) for candidate in candidates)
        except (TypeError, ValueError):
            return False  # the search will say what is wrong

    def _get_routed_params_for_fit(self, params: Mapping[str, Any]) -> Any:
        stand: Any = self.estimator
        stand.routed = super()._get_routed_params_for_fit(params)
        return stand.routed

    def _run_search(self, evaluate_candidates: Callable[..., Any]) -> None:
        """Have all candidates scored, and fit them, some hundred at a time, when their turn comes."""
        stand: Any = self.estimator
        X, y = indexable(stand.X, stand.y)
        splits = list(check_cv(self.cv, y, classifier=is_classifier(stand)).split(X, y, **stand.routed.splitter.split))
        candidates = list(ParameterGrid(self.param_grid))
        n_at_once = max(1, MOST_FITS // max(1, len(splits)))
        parts = (candidates[start : start + n_at_once] for start in range(0, len(candidates), n_at_once))
        outcomes = (
            outcome
            for some in parts
            for outcome in _fit_all(stand.search, some, splits, X, y, stand.routed.estimator.fit)
        )
        # Where other processes fit the rest, joblib asks for it from a thread that must not wait for them.
        stand.outcomes = outcomes if stand.shares_all else iter(list(outcomes))
        evaluate_candidates(candidates, cv=check_cv(splits))

    def _format_results(self, candidate_params: Any, n_splits: int, out: Any, more_results: Any = None) -> Any:
        stand: Any = self.estimator
        for result, seconds in zip(out, stand.seconds, strict=True):
            if seconds is not None:
                result["fit_time"] = seconds
        return super()._format_results(candidate_params, n_splits, out, more_results)


def _fit_all(
    search: GridSearchCV, candidates: Sequence[Mapping[str, Any]], splits: Sequence[Any], X: Any, y: Any, params: Any
) -> list[Outcome | None]:
    """Outcomes in the order of the search, candidate by candidate; None for fits that are left to it."""
    set_candidates = _candidates(search.estimator, candidates)
    shared = [number for number, candidate in enumerate(set_candidates) if can_share(candidate, params, X, y)]
    if search.verbose:
        n_fits, n_shared = len(candidates) * len(splits), len(shared) * len(splits)
        _report(f"Fitting {len(candidates)} candidates on {len(splits)} folds: {n_shared} of {n_fits} fits together")
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
    """Stands in for the estimator of a search: it clones into the outcomes of its fits, one after the other.

    Before those it clones into itself, and after them into the estimator; it looks like the estimator all the time.

    Attributes
    ----------
    outcomes : iterator of (Outcome or None)
        In the order in which the search clones; None until it begins.
    seconds : list of (float or None)
        What each fit took.
    shares_all : bool
        Whether no fit is left to the search.
    """

    def __init__(self, search: GridSearchCV, X: Any, y: Any) -> None:
        self.search, self.estimator, self.X, self.y = search, search.estimator, X, y
        self.outcomes: Iterator[Outcome | None] | None = None
        self.seconds: list[float | None] = []
        self.shares_all = False

    def __sklearn_clone__(self) -> Any:
        if self.outcomes is None:
            return self
        outcome = next(self.outcomes, None)
        self.seconds.append(None if outcome is None else outcome.seconds)
        return clone(self.estimator) if outcome is None else _Done(outcome, self.estimator)

    def __getattr__(self, name: str) -> Any:
        if name == "estimator":  # as while a copy in another process is being made
            raise AttributeError(name)
        return getattr(self.estimator, name)

    def __getstate__(self) -> dict[str, Any]:
        return {"estimator": self.estimator}

    def __repr__(self) -> str:
        return repr(self.estimator)


class _Done:
    """Takes the place of an unfitted estimator whose fit has been done."""

    def __init__(self, outcome: Outcome, estimator: Any) -> None:
        self.outcome, self.estimator = outcome, estimator

    def set_params(self, **params: Any) -> Any:
        """The fitted estimator, whose next `fit` does nothing; or one whose fit fails as it failed."""
        estimator = clone(self.estimator) if self.outcome.estimator is None else self.outcome.estimator

        def fit(*args: Any, **kwargs: Any) -> Any:
            del estimator.fit
            return self.outcome.fitted()

        estimator.fit = fit
        return estimator
