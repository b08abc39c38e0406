"""A grid search that trains its networks together."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import chain
from typing import Any

import joblib
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.utils import get_tags, indexable
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.metaestimators import available_if

from .._documentation_link import DocumentationLink
from ._folds import KnownFolds, row_numbers
from ._row_checks.unseen import has_classes, unseen_in_folds, unseen_warnings
from ._searched_estimator import SearchedEstimator
from ._shared_fits import FitTask, Outcome, can_share, fit_tasks, n_processes

#: Fitted networks that are held at a time; with their moments, at most 0.8 MB each.
MOST_FITS = 500
#: Since scikit-learn 1.9: what they are handed is the search as its user knows it.
HAS_CALLBACKS = hasattr(GridSearchCV, "set_callbacks")


def _transforms(search: Any) -> bool:
    return hasattr(search.estimator, "transform")


class BatchedGridSearchCV(DocumentationLink, GridSearchCV):
    """`GridSearchCV`, with all small networks of one architecture trained in one loop.

    In a small network most of a training step is the price of the calls. Here candidates and folds whose networks have
    the same layers pay it together: each with its own rows, weights, seed and end, and with the scores that
    `GridSearchCV` would give. Everything else is that class: parameters, attributes, refit, scoring, routing.

    The estimator may be a `DeepMLPClassifier`, a `DeepMLPRegressor`, or a `Pipeline` that ends in one, whose earlier
    steps are then fitted once for each fold and distinct setting (in each process, with `n_jobs`) and shared. What
    cannot be trained in a stack is fitted as `GridSearchCV` fits it: other estimators and subclasses, networks with
    callbacks of their own, and networks too large to gain. Networks with ``solver="lbfgs"``, augmentation, a rate of
    the user's own, `verbose`, `record_norms` or ``on_interrupt="keep"`` are trained one by one. A fit that fails is
    repeated, for its error. Without seeds (``random_state=None``) the draws come in another order.

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
        1 prints a line for each stack of networks, beside what `GridSearchCV` prints; more, a line for each fit.
    pre_dispatch : int or str, default="2*n_jobs"
        For fits that are not trained in a stack.
    error_score : "raise" or float, default=nan
        The score of a fit that fails.
    return_train_score : bool, default=False
        Whether to score the training rows too.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        Scores and times of every candidate, as of `GridSearchCV`. The fit times of networks trained together are their
        fractions of the whole; that of earlier steps counts for the first candidate that needs them.
    best_estimator_ : estimator
        The best candidate, fitted on all rows; only with `refit`.
    best_score_ : float
        Its mean score over the folds; only where `refit` is no function.
    best_params_ : dict
        Its parameters.
    best_index_ : int
        Where it stands in `cv_results_`.
    scorer_ : callable or dict
        What scores; by name where there are several.
    n_splits_ : int
        Folds.
    refit_time_ : float
        Seconds of the refit; only with `refit`.
    multimetric_ : bool
        Whether there are several scores.
    classes_ : ndarray of shape (n_classes,)
        Labels; only of a classifier.
    n_features_in_ : int
        Columns that the best estimator was fitted on.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names; only where they are text.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep import DeepMLPClassifier
    >>> from skdeep.model_selection import BatchedGridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> network = DeepMLPClassifier((16, 16), learning_rate_init=0.01, max_iter=30, random_state=0)
    >>> pipeline = make_pipeline(StandardScaler(), network)
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
        self._validate_params()  # before the work is shared out
        before, n_workers = dict(vars(self)), n_processes(self.n_jobs)
        n_parts = n_workers if self._shares_all(X, y, params) else 1
        self._searched = SearchedEstimator(self, X, y, n_parts)
        # To score is all that is left then, and quicker here than elsewhere. No n_jobs=1: a cluster takes no notice.
        here = joblib.parallel_config("sequential") if n_parts > 1 else nullcontext()
        try:
            with here:
                super().fit(X, y, **params)
        finally:
            # What a callback raises after the search does not lose its results.
            if vars(self).get("cv_results_") is before.get("cv_results_"):
                self.__dict__ = before
            else:
                del self._searched
                self.set_params(cv=before["cv"])
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
        if getattr(X, "ndim", 0) != 2:  # such as texts, of which a step may make any number of columns
            return False
        try:
            fit_params = self._fit_params(params)
            candidates = _candidates(self.estimator, ParameterGrid(self.param_grid))
            return all(can_share(candidate, fit_params, X, y) for candidate in candidates)
        except Exception:  # whatever a parameter or its estimator may raise: the search will say it
            return False

    def _fit_params(self, params: Mapping[str, object]) -> Collection[str]:
        """The names of what goes to the fits: not to the splitter, nor to the scorer alone."""
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", **params).estimator.fit
        return params.keys() - {"groups"}

    def _get_routed_params_for_fit(self, params: Mapping[str, Any]) -> Any:
        self._searched.routed = super()._get_routed_params_for_fit(params)
        if not HAS_CALLBACKS:
            self.estimator = self._searched
            if isinstance(self.cv, Iterator):
                self.set_params(cv=list(self.cv))  # the splits are asked for twice
        return self._searched.routed

    def _check_input_parameters(self, X: object, y: object, split_params: object) -> None:
        """Called by scikit-learn 1.9 after the first callbacks, which see the search as it is, and before the clone."""
        self.estimator = self._searched

    def _run_search(self, evaluate_candidates: Callable[..., Any], callback_ctx: object = None) -> None:
        """Have all candidates scored, and fit them, some hundred at a time, when their turn comes."""
        searched = self._searched
        self.estimator = searched.estimator  # as it is again: what stands in for it has been taken for its clone
        X, y = indexable(searched.X, searched.y)
        cv = self._checked_cv_orig if HAS_CALLBACKS else check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        splits = list(cv.split(X, y, **searched.routed.splitter.split))
        _warn_of_unseen(self.estimator, y, splits)

        def evaluate(candidates: Iterable[Mapping[str, Any]], **told: object) -> object:
            searched.outcomes = _all_outcomes(searched, list(candidates), splits, X, y)
            return evaluate_candidates(candidates, cv=KnownFolds(splits), **told)

        super()._run_search(evaluate, **({"callback_ctx": callback_ctx} if HAS_CALLBACKS else {}))

    def _format_results(self, candidate_params: Any, n_splits: int, out: Any, more_results: Any = None) -> Any:
        for result, seconds in zip(out, self._searched.seconds, strict=True):
            if seconds is not None:
                result["fit_time"] = seconds
        return super()._format_results(candidate_params, n_splits, out, more_results)


def _warn_of_unseen(estimator: Any, y: Any, splits: Sequence[Any]) -> None:
    """Where folds hold out classes that they do not train on."""
    if y is None or not has_classes(estimator, y):
        return
    folds = [tuple(map(row_numbers, fold)) for fold in splits]
    for sentence in unseen_warnings({"held-out": unseen_in_folds(y, folds)}):
        warnings.warn(sentence, UserWarning, stacklevel=5)


def _all_outcomes(
    searched: SearchedEstimator, candidates: Sequence[Mapping[str, Any]], splits: Sequence[Any], X: Any, y: Any
) -> Iterator[Outcome | None]:
    """In the order of the search, some hundred fits at a time."""
    n_at_once = max(1, MOST_FITS // max(1, len(splits)))
    parts = (candidates[start : start + n_at_once] for start in range(0, len(candidates), n_at_once))
    outcomes = chain.from_iterable(_outcomes(searched, some, splits, X, y) for some in parts)
    # Where other processes fit the rest, joblib asks for it from a thread that must not wait for long.
    yield from list(outcomes) if n_processes(searched.search.n_jobs) > 1 else outcomes


def _outcomes(
    searched: SearchedEstimator, candidates: Sequence[Mapping[str, Any]], splits: Sequence[Any], X: Any, y: Any
) -> list[Outcome | None]:
    """In the order of the search, candidate by candidate; None for fits that are left to it."""
    search, params = searched.search, searched.routed.estimator.fit
    set_candidates = _candidates(search.estimator, candidates)
    shared = [number for number, candidate in enumerate(set_candidates) if can_share(candidate, params, X, y)]
    if search.verbose:
        _report(f"{len(shared) * len(splits)} of {len(candidates) * len(splits)} fits together")
    # Fold by fold, for networks on the same rows share what is made of them.
    places = [(number, fold) for fold in range(len(splits)) for number in shared]
    tasks = [FitTask(candidates[number], splits[fold][0]) for number, fold in places]
    processes = {"parallel": searched.parallel, "n_parts": searched.n_parts}
    report = _report if search.verbose else None
    outcomes = fit_tasks(search.estimator, X, y, tasks, fit_params=params, report=report, **processes)
    at = dict(zip(places, outcomes, strict=True))
    return [at.get((number, fold)) for number in range(len(candidates)) for fold in range(len(splits))]


def _candidates(estimator: Any, candidates: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    """Clones of the estimator with each candidate's parameters."""
    for candidate in candidates:
        yield clone(estimator).set_params(**clone(dict(candidate), safe=False))


def _report(line: str) -> None:
    print(line + "\n", end="", flush=True)  # noqa: T201 (what verbose is for; in one piece, as processes may mix)
