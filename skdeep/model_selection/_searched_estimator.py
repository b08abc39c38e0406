"""What a search clones in place of its estimator: fits that have been done already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.parallel import Parallel

from ._shared_fits import Outcome


class SearchedEstimator:
    """Stands in for the estimator of a search: it clones into the outcomes of its fits, one after the other.

    Before those it clones into itself, and after them into the estimator; it looks like the estimator all the time.

    Parameters
    ----------
    search : BatchedGridSearchCV
        Whose estimator it is.
    X, y : array-like
        All rows.
    n_parts : int
        Processes to share the fits; 1 where some are left to the search, which has its own at work.

    Attributes
    ----------
    parallel : Parallel
        The processes of joblib's configuration at this time.
    routed : Bunch
        What the search hands on to fits, splitter and scorer.
    outcomes : iterator of (Outcome or None)
        In the order in which the search clones; None until it begins.
    seconds : list of (float or None)
        What each fit took.
    """

    def __init__(self, search: GridSearchCV, X: Any, y: Any, n_parts: int) -> None:
        self.search, self.estimator, self.X, self.y, self.n_parts = search, search.estimator, X, y, n_parts
        self.parallel = Parallel(n_jobs=search.n_jobs)
        self.routed: Any = None
        self.outcomes: Iterator[Outcome | None] | None = None
        self.seconds: list[float | None] = []

    def __sklearn_clone__(self) -> Any:
        if self.outcomes is None:
            return self
        outcome = next(self.outcomes, None)
        self.seconds.append(None if outcome is None else outcome.seconds)
        return clone(self.estimator) if outcome is None else FittedClone(outcome)

    def __getattr__(self, name: str) -> Any:
        if name == "estimator":  # as while a copy in another process is being made
            raise AttributeError(name)
        return getattr(self.estimator, name)

    def __getstate__(self) -> dict[str, Any]:
        return {"estimator": self.estimator, "outcomes": None, "seconds": []}

    def __repr__(self) -> str:
        return repr(self.estimator)


class FittedClone:
    """Takes the place of an unfitted clone whose fit has been done."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def set_params(self, **params: Any) -> Any:
        """The fitted estimator, whose next `fit` does nothing."""
        expected = self.outcome.parameters
        if params.keys() != expected.keys() or any(map(_differ, params.values(), expected.values())):
            raise RuntimeError(f"The fit that comes next in the search is that of {expected}. Got {params}.")
        estimator = self.outcome.estimator

        def fit(X: Any, y: Any, **params: Any) -> Any:
            del estimator.fit
            return self.outcome.claim(X, y, params.get("sample_weight"))

        estimator.fit = fit
        return estimator


def _differ(value: Any, expected: Any) -> bool:
    """Whether two values of a plain type are surely not the same."""
    plain = isinstance(value, (bool, int, float, str))
    return plain and repr(value) != repr(expected)
